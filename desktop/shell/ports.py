"""What the window is given once the program behind it is up."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.sync.records import StatusView
from desktop.bridge.task_runner import ChangesLike
from desktop.pages.activity.ports import ActivityDesk
from desktop.pages.customers.ports import CustomerDesk
from desktop.pages.day.ports import DayDesk
from desktop.pages.entry.ports import EntryDesk
from desktop.pages.files.ports import FileDesk
from desktop.pages.handover.ports import HandoverDesk
from desktop.pages.log.ports import AuditDesk
from desktop.pages.orders.ports import OrderDesk
from desktop.pages.packing.ports import LabelDesk, PackingDesk
from desktop.pages.people.ports import PeopleDesk, PrintBadge
from desktop.pages.printers.ports import PrinterDesk, PrintSlip
from desktop.pages.products.ports import ProductDesk
from desktop.pages.settings.practice import PracticeDesk
from desktop.pages.shops.ports import ShopDesk
from desktop.pages.stock.ports import StockDesk
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
        desks: who acts here.
        entry: where orders are entered by hand.
        waves: what goes into a wave, and how it gets on.
        handover: sheets for couriers.
        day: the morning's checks and where the day's orders stand.
        shops: adding shops, and what they may hear from us.
        stock: where stock is looked at and booked.
        activity: what goes out, and onto paper.
        customers: the customer file.
        products: the catalogue.
        pictures: folder with pictures of goods; None where there are none.
        fetch_picture: gets a picture's bytes from its shop's address; waits for the network.
        practice: the practice shop, None where it is closed.
        files: tables in and out, None where there are none.
        door: who is signed in; None where nobody ever has to be.
        people, audit: their pages; None where there are none.
        print_badge, print_slip: print a badge, a slip; None where nothing is printed.
        welcome: the steps of a first start; None where there are none.
    """

    packing: PackingDesk
    labels: LabelDesk
    orders: OrderDesk
    status: StatusDesk
    printers: PrinterDesk
    listen: Callable[[Callable[[ChangesLike], None]], None]
    desks: DeskNames
    entry: EntryDesk
    waves: WaveDesk
    handover: HandoverDesk
    day: DayDesk
    shops: ShopDesk
    stock: StockDesk
    activity: ActivityDesk
    customers: CustomerDesk
    products: ProductDesk
    pictures: Path | None = None
    fetch_picture: Callable[[str], bytes] | None = None
    practice: PracticeDesk | None = None
    files: FileDesk | None = None
    door: DoorDesk | None = None
    people: PeopleDesk | None = None
    audit: AuditDesk | None = None
    print_badge: PrintBadge | None = None
    print_slip: PrintSlip | None = None
    welcome: WelcomeDesk | None = None
