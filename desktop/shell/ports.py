"""What the window is given once the program behind it is up."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.sync.records import StatusView
from desktop.bridge.task_runner import ChangesLike
from desktop.pages.accident.ports import AccidentDesk
from desktop.pages.activity.ports import ActivityDesk
from desktop.pages.after_sale.ports import AfterSaleDesk
from desktop.pages.alerts.ports import AlertDesk, AlertSettingsDesk
from desktop.pages.customers.ports import CustomerDesk
from desktop.pages.day.ports import DayDesk
from desktop.pages.desks.ports import SeveralDesk
from desktop.pages.documents.ports import DocumentDesk
from desktop.pages.door.ports import MallDoor
from desktop.pages.drill.ports import DrillDesk
from desktop.pages.entry.ports import EntryDesk
from desktop.pages.files.ports import FileDesk
from desktop.pages.handover.ports import HandoverDesk
from desktop.pages.limits.ports import LowStockDesk
from desktop.pages.listings.ports import ListingDesk
from desktop.pages.log.ports import AuditDesk
from desktop.pages.orders.ports import NoteDesk, OrderDesk
from desktop.pages.packing.ports import LabelDesk, PackingDesk
from desktop.pages.payments.ports import PaymentDesk
from desktop.pages.people.ports import PeopleDesk, PrintBadge
from desktop.pages.printers.ports import PrinterDesk, PrintSlip
from desktop.pages.products.ports import ProductDesk
from desktop.pages.quotas.ports import QuotaDesk
from desktop.pages.recall.ports import BatchDesk
from desktop.pages.replenish.ports import ReplenishDesk
from desktop.pages.settings.practice import PracticeDesk
from desktop.pages.shops.ports import AuthorisingDesk, HistoryDesk, PullingDesk, ShopDesk, StartDesk
from desktop.pages.stock.ports import StockDesk
from desktop.pages.stocktake.ports import CountingDesk, ReportDesk
from desktop.pages.waves.ports import WaveDesk
from desktop.pages.welcome.ports import WelcomeDesk
from desktop.shell.door import DoorDesk


class StatusDesk(Protocol):
    """The top strip's question."""

    def status(self) -> StatusView:
        """Lights of the shops, what waits for the outside, what needs an answer."""
        ...


class DeskNames(Protocol):
    """Who acts at this desk."""

    @property
    def name(self) -> str:
        """The name this desk acts under."""
        ...

    def rename(self, name: str) -> str:
        """Take another name at once; gives it. Raises `Refused` when another desk bears it."""
        ...

    def sign_in(self, operator: str) -> None:
        """From now on this person acts here. Raises `Refused` where people sign in."""
        ...


@dataclass(frozen=True, slots=True)
class DeskPorts:
    """Everything the pages talk to.

    Attributes:
        listen: hands over a listener that is called, from any thread, after each committed write.
        notes: seller's notes on orders.
        desks: who acts here.
        after_sales: what buyers want back.
        entry: where orders are entered by hand.
        waves: what goes into a wave, and how it gets on.
        handover: sheets for couriers.
        day: the morning's checks and where the day's orders stand.
        shops: adding shops, and what they may hear from us.
        authorising: letting the program in to them.
        starting: what a shop's owner switches on before the program sends for it.
        pulling_now: one round more of a shop, or of one order.
        shop_history: how a shop's pulls went, and whether its orders are ours.
        payments: gateways of own malls, what they were asked, and the daily comparison.
        stock: where stock is looked at and booked.
        quotas: what each shop may sell without asking.
        listings: what shops offer, and what of ours that is.
        low_stock: rules when stock runs low, and the button that stops a sale.
        accidents: orders without goods, until all are settled.
        replenish: what to order again.
        counting, count_reports: count sheets, the nightly comparison.
        batches: what ends when, and whom a batch went to.
        documents: where acts on stock are written, booked and taken back.
        drill: sales that never were.
        activity: what goes out, and onto paper.
        customers: the customer file.
        products: the catalogue.
        alerts, alert_settings: what is wrong, and what the owner decides about that.
        pictures: folder with pictures of goods; None where there are none.
        fetch_picture: gets a picture's bytes from its shop's address; waits for the network.
        practice: the practice shop, None where it is closed.
        files: tables in and out, None where there are none.
        door: who is signed in; None where nobody ever has to be.
        people, audit: their pages; None where there are none.
        print_badge, print_slip: print a badge, a slip; None where nothing is printed.
        mall_door: gives the door of own malls, loaded when its page is first opened; None where there is none.
        welcome: the steps of a first start; None where there are none.
        several: how this desk works with others; None where it cannot.
        restart: closes the program and opens it again.
    """

    packing: PackingDesk
    labels: LabelDesk
    orders: OrderDesk
    notes: NoteDesk
    status: StatusDesk
    printers: PrinterDesk
    listen: Callable[[Callable[[ChangesLike], None]], None]
    desks: DeskNames
    after_sales: AfterSaleDesk
    entry: EntryDesk
    waves: WaveDesk
    handover: HandoverDesk
    day: DayDesk
    shops: ShopDesk
    authorising: AuthorisingDesk
    starting: StartDesk
    pulling_now: PullingDesk
    shop_history: HistoryDesk
    payments: PaymentDesk
    stock: StockDesk
    quotas: QuotaDesk
    listings: ListingDesk
    low_stock: LowStockDesk
    accidents: AccidentDesk
    replenish: ReplenishDesk
    counting: CountingDesk
    count_reports: ReportDesk
    batches: BatchDesk
    documents: DocumentDesk
    drill: DrillDesk
    activity: ActivityDesk
    customers: CustomerDesk
    products: ProductDesk
    alerts: AlertDesk
    alert_settings: AlertSettingsDesk
    pictures: Path | None = None
    fetch_picture: Callable[[str], bytes] | None = None
    practice: PracticeDesk | None = None
    files: FileDesk | None = None
    door: DoorDesk | None = None
    people: PeopleDesk | None = None
    audit: AuditDesk | None = None
    print_badge: PrintBadge | None = None
    print_slip: PrintSlip | None = None
    mall_door: Callable[[], MallDoor] | None = None
    welcome: WelcomeDesk | None = None
    several: SeveralDesk | None = None
    restart: Callable[[], None] = lambda: None
