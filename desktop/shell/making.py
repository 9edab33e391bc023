"""The pages but the first, each put together when it is first opened, and the ways that lead from one to another."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Tasks
from desktop.pages.packing.presenter import PackingPresenter
from desktop.scanner import ScannerFilter
from desktop.shell.keys import Page
from desktop.shell.ports import DeskPorts
from desktop.shell.rail import INSIDE, PAGES
from desktop.shell.scale import ScaleAtDesk
from desktop.ui import Ui
from desktop.widgets.pictures import PictureBook

if TYPE_CHECKING:
    from desktop.pages.entry.presenter import EntryPresenter
    from desktop.pages.orders.presenter import OrdersPresenter
    from desktop.shell.door import Door
    from desktop.shell.window import DeskWindow


@dataclass(frozen=True, slots=True)
class Around:
    """What the shell lends to the pages.

    Attributes:
        ui: words, colours and settings.
        tasks: where work runs.
        tell: says something in the message bar.
        ports: what is behind the window.
        window: leads from page to page.
        folder: of the installation; sheets are written below it.
        packing: the desk, which is never remade.
        pictures: of goods.
        scale: at this desk.
        scanner: what hears the gun.
        play: plays a sound by its name.
        door: who is signed in; None where nobody ever has to be.
    """

    ui: Ui
    tasks: Tasks
    tell: Tell
    ports: DeskPorts
    window: "DeskWindow"
    folder: Path
    packing: PackingPresenter
    pictures: PictureBook
    scale: ScaleAtDesk
    scanner: ScannerFilter
    play: Callable[[str], None]
    door: "Door | None"


class Pages:
    """Makes the pages by their names, and goes where one page sends to another."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._ui, self._tasks, self._tell = around.ui, around.tasks, around.tell
        self._ports, self._window = around.ports, around.window
        self._orders: OrdersPresenter | None = None
        self._entry: EntryPresenter | None = None
        self._makers: dict[str, Callable[[], QWidget]] = {
            "orders": self._make_orders,
            "after_sale": self._make_after_sale,
            "entry": self._make_entry,
            "waves": self._make_waves,
            "handover": self._make_handover,
            "day": self._make_day,
            "alerts": self._make_alerts,
            "reports": self._make_reports,
            "shops": self._make_shops,
            "door": self._make_door,
            "payments": self._make_payments,
            "files": self._make_files,
            "stock": self._make_stock,
            "quotas": self._make_quotas,
            "listings": self._make_listings,
            "replenish": self._make_replenish,
            "stocktake": self._make_stocktake,
            "limits": self._make_limits,
            "accident": self._make_accident,
            "recall": self._make_recall,
            "documents": self._make_documents,
            "drill": self._make_drill,
            "activity": self._make_activity,
            "customers": self._make_customers,
            "products": self._make_products,
            "printers": self._make_printers,
            "people": self._make_people,
            "log": self._make_log,
            "settings": self._make_settings,
            "desks": self._make_desks,
            "welcome": self._make_welcome,
        }

    def make(self, name: str) -> QWidget:
        """Build a page; its modules are loaded with it."""
        return self._makers[name]()

    def _make_orders(self) -> QWidget:
        from desktop.pages.orders.page import OrdersPage
        from desktop.pages.orders.presenter import OrdersPresenter

        ports = self._ports
        presenter = self._orders = OrdersPresenter(ports.orders, ports.labels, ports.notes, self._tasks, self._tell)
        presenter.on_copy = self._copy_order
        return OrdersPage(self._ui, presenter, lambda: self._window.go("entry"))

    def _make_after_sale(self) -> QWidget:
        from PySide6.QtGui import QGuiApplication

        from desktop.pages.after_sale.page import AfterSalePage
        from desktop.pages.after_sale.presenter import AfterSalePresenter

        presenter = AfterSalePresenter(self._ports.after_sales, self._tasks, self._tell)
        presenter.on_order = self._open_order
        presenter.on_documents = lambda: self._window.go("documents")
        presenter.on_copy = lambda text: QGuiApplication.clipboard().setText(text)
        return AfterSalePage(self._ui, presenter)

    def _make_entry(self) -> QWidget:
        from desktop.pages.entry.page import EntryPage
        from desktop.pages.entry.presenter import EntryPresenter

        self._entry = EntryPresenter(self._ports.entry, self._tasks, self._tell)
        return EntryPage(self._ui, self._entry)

    def _make_waves(self) -> QWidget:
        from desktop.pages.waves.making import make_page

        around = self._around
        return make_page(
            self._ui,
            self._tasks,
            self._tell,
            self._ports,
            pictures=around.pictures,
            folder=around.folder / "pick-lists",
            # Asked here: fonts of widgets belong to this thread.
            font=self._window.font(),
            on_pack=self._pack_wave,
        )

    def _make_handover(self) -> QWidget:
        from desktop.pages.handover.making import make_page

        around = self._around
        return make_page(
            self._ui,
            self._tasks,
            self._tell,
            self._ports,
            folder=around.folder / "handover",
            font=self._window.font(),
            on_sound=around.play,
            on_order=self._open_order,
        )

    def _make_day(self) -> QWidget:
        from desktop.pages.day.page import DayPage
        from desktop.pages.day.presenter import DayPresenter

        presenter = DayPresenter(self._ports.day, self._ports.printers, self._tasks, self._tell, self._around.scale)
        self._around.scale.changed.connect(presenter.look_at_scale)
        presenter.on_door = self._go_through
        return DayPage(self._ui, presenter, lambda: self._window.go("reports"))

    def _make_alerts(self) -> QWidget:
        from desktop.pages.alerts.making import make_page

        ports = self._ports
        return make_page(self._ui, self._tasks, self._tell, ports.alerts, ports.alert_settings, self._go_through)

    def _make_reports(self) -> QWidget:
        from desktop.pages.reports.page import ReportsPage
        from desktop.pages.reports.presenter import ReportsPresenter

        presenter = ReportsPresenter(self._ports.day, self._ports.files, self._tasks, self._tell, self._ui.now)
        return ReportsPage(self._ui, presenter, lambda: self._window.go("day"))

    def _make_shops(self) -> QWidget:
        from desktop.pages.shops.page import ShopsPage
        from desktop.pages.shops.presenter import ShopsPresenter
        from desktop.pages.shops.records_presenter import RecordsPresenter
        from desktop.pages.shops.start_presenter import StartPresenter

        ports = self._ports
        presenter = ShopsPresenter(ports.shops, ports.authorising, ports.pulling_now, self._tasks, self._tell)
        return ShopsPage(
            self._ui,
            presenter,
            StartPresenter(ports.starting, self._tasks, self._tell),
            RecordsPresenter(ports.shop_history, self._tasks, self._tell),
        )

    def _make_door(self) -> QWidget:
        from desktop.pages.door.making import make_page

        return make_page(self._ui, self._tasks, self._tell, self._ports)

    def _make_payments(self) -> QWidget:
        from desktop.pages.payments.making import make_page

        return make_page(self._ui, self._tasks, self._tell, self._ports, self._open_order, self._find_order)

    def _make_files(self) -> QWidget:
        from desktop.pages.files.page import FilesPage
        from desktop.pages.files.presenter import FilesPresenter

        presenter = FilesPresenter(self._ports.files, self._tasks, self._tell)
        return FilesPage(self._ui, presenter, self._window.go)

    def _make_stock(self) -> QWidget:
        from desktop.pages.stock.page import StockPage
        from desktop.pages.stock.presenter import StockPresenter

        presenter = StockPresenter(self._ports.stock, self._tasks, self._tell, lambda: secrets.token_hex(16))
        presenter.on_order = self._open_order
        presenter.on_stop = self._stop_sale
        presenter.on_document = self._find_document
        return StockPage(self._ui, presenter)

    def _make_quotas(self) -> QWidget:
        from desktop.pages.quotas.making import make_page

        return make_page(self._ui, self._tasks, self._tell, self._ports.quotas, self._stop_sale, self._start_shop)

    def _make_listings(self) -> QWidget:
        from desktop.pages.listings.making import make_page

        return make_page(self._ui, self._tasks, self._tell, self._ports.listings, self._open_order)

    def _make_replenish(self) -> QWidget:
        from desktop.pages.replenish.making import make_page

        return make_page(self._ui, self._tasks, self._tell, self._ports.replenish, self._find_document)

    def _make_stocktake(self) -> QWidget:
        from desktop.pages.stocktake.making import make_page

        return make_page(self._ui, self._tasks, self._tell, self._ports, self._around.play, self._open_order)

    def _make_limits(self) -> QWidget:
        from desktop.pages.limits.making import make_page

        return make_page(self._ui, self._tasks, self._tell, self._ports.low_stock, self._open_order)

    def _make_accident(self) -> QWidget:
        from desktop.pages.accident.making import make_page

        desk = self._ports.accidents
        return make_page(self._ui, self._tasks, self._tell, desk, self._open_order, self._open_document)

    def _make_recall(self) -> QWidget:
        from desktop.pages.recall.making import make_page

        return make_page(self._ui, self._tasks, self._tell, self._ports.batches, self._open_order)

    def _make_documents(self) -> QWidget:
        from desktop.pages.documents.making import make_page

        return make_page(self._ui, self._tasks, self._tell, self._ports.documents, self._open_order, self._find_goods)

    def _make_drill(self) -> QWidget:
        from desktop.pages.drill.making import make_page

        return make_page(self._ui, self._tasks, self._tell, self._ports.drill)

    def _make_activity(self) -> QWidget:
        from desktop.pages.activity.page import ActivityPage
        from desktop.pages.activity.presenter import ActivityPresenter

        presenter = ActivityPresenter(self._ports.activity, self._ports.labels, self._tasks, self._tell)
        presenter.on_order = self._find_order
        return ActivityPage(self._ui, presenter)

    def _make_customers(self) -> QWidget:
        from desktop.pages.customers.page import CustomersPage
        from desktop.pages.customers.presenter import CustomersPresenter

        presenter = CustomersPresenter(self._ports.customers, self._tasks, self._tell)
        presenter.on_order = self._open_order
        return CustomersPage(self._ui, presenter)

    def _make_products(self) -> QWidget:
        from desktop.pages.products.page import ProductsPage
        from desktop.pages.products.presenter import ProductsPresenter

        presenter = ProductsPresenter(self._ports.products, self._tasks, self._tell)
        return ProductsPage(self._ui, presenter, self._around.pictures)

    def _make_printers(self) -> QWidget:
        from desktop.pages.printers.page import PrintersPage
        from desktop.pages.printers.presenter import PrintersPresenter

        presenter = PrintersPresenter(self._ports.printers, self._tasks, self._tell)
        return PrintersPage(self._ui, presenter, self._around.pictures)

    def _make_people(self) -> QWidget:
        from desktop.pages.people.page import PeoplePage
        from desktop.pages.people.presenter import PeoplePresenter

        ports, door, texts = self._ports, self._around.door, self._ui.texts
        if ports.people is None or door is None:
            raise RuntimeError("this desk has no page of people")
        presenter = PeoplePresenter(
            ports.people, self._tasks, self._tell, ports.print_badge, lambda: texts.t("people.badge.caption")
        )
        return PeoplePage(self._ui, presenter, door.session)

    def _make_log(self) -> QWidget:
        from desktop.pages.log.page import AuditPage
        from desktop.pages.log.presenter import LogPresenter

        if self._ports.audit is None:
            raise RuntimeError("this desk has no log")
        return AuditPage(self._ui, LogPresenter(self._ports.audit, self._tasks, self._tell, self._ui.now))

    def _make_settings(self) -> QWidget:
        from desktop.pages.settings.page import SettingsPage

        again = None if self._ports.welcome is None else lambda: self.open_welcome(again=True)
        open_desks = None if self._ports.several is None else lambda: self._window.go("desks")
        return SettingsPage(
            self._ui,
            self._tasks,
            self._tell,
            self._around.play,
            self._around.folder,
            self._ports.practice,
            scale=self._around.scale,
            set_up_again=again,
            open_desks=open_desks,
        )

    def _make_desks(self) -> QWidget:
        from desktop.pages.desks.making import make_page

        return make_page(self._ui, self._tasks, self._tell, self._ports)

    def _make_welcome(self) -> QWidget:
        from desktop.pages.welcome.making import make_page

        def go(page: str) -> None:
            if page == "shop_form":
                self._window.go("shops")
                cast(Page, self._window.page("shops")).handle_command(Qt.Key.Key_F6, Qt.KeyboardModifier.NoModifier)
            else:
                self._window.go(page)

        door = self._around.door
        return make_page(
            self._ui,
            self._tasks,
            self._tell,
            self._ports,
            self._around.scanner,
            lambda right: door is None or door.may(right),
            go,
        )

    # --- ways from one page to another ------------------------------------------------------------------------------

    def _go_through(self, door: str) -> None:
        """Open a page, or the pile of the order list that is called so."""
        from core.orders.records import PILES

        if door in PAGES or door in INSIDE:
            self._window.go(door)
        elif door in PILES:
            self._window.go("orders")
            if self._orders is not None:
                self._orders.choose_pile(door)

    def _open_order(self, order_id: int) -> None:
        # A page just built reads its list; the order is asked for after it.
        self._window.go("orders")
        if self._orders is not None:
            self._orders.open(order_id)

    def _find_order(self, order_no: str) -> None:
        self._window.go("orders")
        cast(Page, self._window.page("orders")).handle_scan(order_no)

    def _stop_sale(self, sku_code: str) -> None:
        from desktop.pages.limits.page import LimitsPage

        self._window.go("limits")
        if self._window.can_open("limits"):
            cast(LimitsPage, self._window.page("limits")).begin_stop(sku_code)

    def _start_shop(self, shop_id: int, name: str) -> None:
        from desktop.pages.shops.page import ShopsPage

        self._window.go("shops")
        if self._window.can_open("shops"):
            cast(ShopsPage, self._window.page("shops")).open_start(shop_id, name)

    def _open_document(self, number: str) -> None:
        self._window.go("documents")
        if self._window.can_open("documents"):
            cast(Page, self._window.page("documents")).handle_scan(number)

    def _find_goods(self, code: str) -> None:
        self._window.go("stock")
        cast(Page, self._window.page("stock")).handle_scan(code)

    def _find_document(self, number: str) -> None:
        self._window.go("documents")
        cast(Page, self._window.page("documents")).handle_scan(number)

    def _copy_order(self, order_id: int, order_type: str) -> None:
        self._window.go("entry")
        if self._entry is not None:
            self._entry.start_copy(order_id, order_type)

    def _pack_wave(self, wave_id: int) -> None:
        self._window.go("packing")
        self._around.packing.look_at_wave(wave_id)

    def open_welcome(self, *, again: bool = False) -> None:
        """Go through the steps of a first start: on where it stands, or from the first one."""
        from desktop.pages.welcome.page import WelcomePage

        self._window.go("welcome")
        if self._window.can_open("welcome"):
            cast(WelcomePage, self._window.page("welcome")).begin(again=again)
