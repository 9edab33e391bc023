"""What belongs to the frame: strip, message bar, keys, scanner, sounds, and the pages with what they talk to."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QKeyEvent
from PySide6.QtWidgets import QWidget

from core.desk.first_page import FirstLook
from core.runtime.errors import Unavailable
from desktop.bridge.task_runner import TaskRunner
from desktop.bridge.tasks import Lane
from desktop.errors import error_phrase
from desktop.pages.packing.page import PackingPage
from desktop.pages.packing.presenter import PackingPresenter
from desktop.scanner import ScannerFilter
from desktop.shell.keys import Page, ShellKeys
from desktop.shell.late import Late
from desktop.shell.rail import PAGES
from desktop.shell.scale import ScaleAtDesk
from desktop.shell.sign_in import SignIn
from desktop.shell.strip import Strip
from desktop.sounds import Sounds
from desktop.texts import LANGUAGES, Phrase
from desktop.ui import Ui
from desktop.widgets.message_bar import Message, MessageBar
from desktop.widgets.pictures import PictureBook

if TYPE_CHECKING:
    from core.fulfilment.records import PickRow
    from core.fulfilment.wave_records import WaveProgress
    from desktop.pages.printers.ports import PrinterView, SlipDraft
    from desktop.shell.door import Door
    from desktop.shell.ports import DeskPorts
    from desktop.shell.sign_in_page import SignInPage
    from desktop.shell.window import DeskWindow
    from desktop.widgets.key_sheet import KeySheet


def open_file(path: Path) -> None:
    """Show a file in the program that this machine has for its kind; where it has none, nothing happens."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


class ShellParts(QObject):
    """Made behind the first paint. The packing desk takes scans at once; they are answered when core is there."""

    def __init__(self, ui: Ui, tasks: TaskRunner, folder: Path, window: "DeskWindow") -> None:
        super().__init__(window)
        self._ui = ui
        self._tasks = tasks
        self._folder = folder
        self._window = window
        self._behind: Late[DeskPorts] = Late()
        self._sounds = Sounds(ui.settings, self)
        keys = ShellKeys(window)
        self.scanner = ScannerFilter(keys.on_command, self)
        self.scanner.scanned.connect(keys.on_scanned)
        self.scanner.unterminated.connect(keys.on_unterminated)
        self._configure_scanner("scanner_gap_ms")
        ui.settings.listen(self._configure_scanner)
        self._packing: PackingPage | None = None
        self.message_bar = MessageBar(ui)
        self.strip = Strip(ui, self._tell_story, window.go, self._change_language, window.leave)
        self._keys: KeySheet | None = None
        self._pictures = PictureBook(tasks, self)
        self._scale = ScaleAtDesk(ui.settings, self)
        self.packing = PackingPresenter(
            self._behind.stand_in(lambda ports: ports.packing),
            self._behind.stand_in(lambda ports: ports.labels),
            tasks,
            ui.settings,
            now=ui.now,
            nonce=lambda: secrets.token_hex(16),
            on_sound=self._sounds.play,
            scale=self._scale,
            print_slip=self._print_slip,
            say=ui.texts.say,
            may=lambda right: ui.may(right),  # noqa: PLW0108  another answers once people sign in
        )
        self._scale.changed.connect(self.packing.follow_scale)
        ui.settings.run_later = self._run_later
        self._sign_in: SignIn | None = None
        self._door: Door | None = None
        self._door_page: SignInPage | None = None

    # --- start --------------------------------------------------------------------------------------------------

    def show_first(self, look: FirstLook) -> None:
        """Show what was read, on the packing page and in the strip."""
        self.packing.show_first(look)
        self.strip.show_status(look.status)

    def load(self, load: "Callable[[], DeskPorts]", *, with_look: bool) -> "tuple[DeskPorts, FirstLook | None]":
        """Load what is behind the window, in a lane; acts that wait in that lane are answered right after."""
        ports = self._behind.make(load)
        if not with_look:
            return ports, None
        if ports.door is not None and ports.door.session().is_locked:
            return ports, None
        packing, labels = ports.packing, ports.labels
        waves = packing.waves()
        picks = packing.pick_list(waves[0].id) if waves else ()
        status, to_pack = ports.status.status(), packing.to_pack()
        return ports, FirstLook(packing.recent(), waves, picks, labels.open_jobs(), status, to_pack)

    def join(self, ports: "DeskPorts") -> None:
        """What is behind the window is there."""
        self._ports = ports
        self._scale.start()
        self._pictures.open(ports.pictures, ports.fetch_picture)
        self._sign_in = SignIn(self._ui.settings, ports.desks, self._tasks, self.tell, self)
        self._window.frame.rail.offer(self.may_open)
        if ports.door is not None:
            from desktop.shell.door import Door, Idle

            self._door = Door(ports.door, self._tasks, Idle(), self)
            self.scanner.on_touch = self._door.idle.touch
            self._door.changed.connect(self._on_door)
            self._door.told.connect(self._on_told)
            self._ui.may = self._door.may
            self._ui.entitled.emit()
            self._window.frame.rail.offer(self.may_open)
            self.strip.show_session(self._door.session)

    def _print_slip(self, slip: "SlipDraft") -> str:
        """In a lane: waits for what is behind the window."""
        print_slip = self._behind.get().print_slip
        return "" if print_slip is None else print_slip(slip)

    # --- who is here --------------------------------------------------------------------------------------------

    @property
    def door(self) -> "Door | None":
        """Who is signed in, None where nobody ever has to be."""
        return self._door

    @property
    def is_locked(self) -> bool:
        """Whether somebody has to sign in first."""
        return self._door is not None and self._door.is_locked

    def may_open(self, page: str) -> bool:
        """Whether the page is there, and whoever is here has something to do on it."""
        ports = self._ports
        optional = {"people": ports.people, "log": ports.audit, "welcome": ports.welcome}
        if page in optional and optional[page] is None:
            return False
        return self._door is None or self._door.may_open(page)

    def scan_badge(self, code: str) -> None:
        """A badge was scanned, whatever is on screen."""
        if self._door is not None:
            self._door.scan(code)

    def leave(self) -> bool:
        """Lock the desk; whether people sign in here at all."""
        if self._door is None or not self._door.session.is_guarded:
            return False
        self._door.leave()
        return True

    def is_door(self, widget: QWidget) -> bool:
        """Whether this is the way in."""
        return widget is self._door_page

    def show_door(self) -> None:
        """Show nothing but the way in."""
        if self._door is None:
            return
        if self._door_page is None:
            from desktop.shell.sign_in_page import SignInPage

            self._door_page = SignInPage(self._ui, self._door)
        self.message_bar.dismiss()
        if self._keys is not None:
            self._keys.hide()
        self._window.show_over(self._door_page)

    @Slot()
    def _on_door(self) -> None:
        """Somebody came, went, or may do something else than before."""
        door, window = self._door, self._window
        if door is None:
            return
        self._ui.entitled.emit()
        window.frame.rail.offer(self.may_open)
        self.strip.show_session(door.session)
        if door.is_locked:
            self.show_door()
            return
        may = [page for page in PAGES if self.may_open(page)]
        was_covered = window.is_covered
        # Not every page stands on the rail.
        if not self.may_open(window.current_page) and may:
            window.go(may[0])
        elif was_covered:
            window.go(window.current_page)
        if was_covered and self.may_open("packing"):
            self.packing.on_changed()

    @Slot(object)
    def _on_told(self, phrase: Phrase) -> None:
        """A locked desk says it on the way in; else it is said where everything is."""
        if not self.is_locked:
            self.tell("notice", phrase)

    def make_page(self, name: str) -> QWidget:
        """Build a page; each but the first is loaded when it is first opened."""
        return {
            "packing": self._make_packing,
            "orders": self._make_orders,
            "entry": self._make_entry,
            "waves": self._make_waves,
            "handover": self._make_handover,
            "day": self._make_day,
            "reports": self._make_reports,
            "shops": self._make_shops,
            "files": self._make_files,
            "stock": self._make_stock,
            "activity": self._make_activity,
            "customers": self._make_customers,
            "products": self._make_products,
            "printers": self._make_printers,
            "people": self._make_people,
            "log": self._make_log,
            "settings": self._make_settings,
            "welcome": self._make_welcome,
        }[name]()

    def _make_packing(self) -> QWidget:
        self._packing = PackingPage(self._ui, self.packing, self._pictures)
        return self._packing

    def _make_orders(self) -> QWidget:
        from desktop.pages.orders.page import OrdersPage
        from desktop.pages.orders.presenter import OrdersPresenter

        presenter = self._orders = OrdersPresenter(self._ports.orders, self._ports.labels, self._tasks, self.tell)
        presenter.on_copy = self._copy_order
        return OrdersPage(self._ui, presenter, lambda: self._window.go("entry"))

    def _make_entry(self) -> QWidget:
        from desktop.pages.entry.page import EntryPage
        from desktop.pages.entry.presenter import EntryPresenter

        self._entry = EntryPresenter(self._ports.entry, self._tasks, self.tell)
        return EntryPage(self._ui, self._entry)

    def _copy_order(self, order_id: int, order_type: str) -> None:
        self._window.go("entry")
        self._entry.start_copy(order_id, order_type)

    def _make_waves(self) -> QWidget:
        from desktop.pages.waves.page import WavesPage
        from desktop.pages.waves.presenter import WavesPresenter

        settings = self._ui.settings
        # Asked here: fonts of widgets belong to this thread.
        self._font = self._window.font()
        way, limit = settings.text("way"), settings.number("wave_size")
        presenter = WavesPresenter(self._ports.waves, self._tasks, self.tell, self._write_picks, way=way, limit=limit)
        presenter.on_pack = self._pack_wave
        return WavesPage(self._ui, presenter, self._pictures)

    def _pack_wave(self, wave_id: int) -> None:
        self._window.go("packing")
        self.packing.look_at_wave(wave_id)

    def _write_picks(self, wave: "WaveProgress", rows: "tuple[PickRow, ...]") -> Path:
        """Runs in a lane."""
        from desktop.pages.waves.sheet import write_pick_sheet
        from desktop.widgets.pictures import kept_picture

        path = self._folder / "pick-lists" / f"{wave.code}.pdf"
        folder = self._ports.pictures
        write_pick_sheet(path, wave, rows, self._ui.texts, self._font, lambda name: kept_picture(folder, name))
        return path

    def _make_handover(self) -> QWidget:
        from desktop.pages.handover.page import HandoverPage
        from desktop.pages.handover.paper import SheetPapers
        from desktop.pages.handover.presenter import HandoverPresenter

        font = self._window.font()
        presenter = HandoverPresenter(
            self._ports.handover,
            self._tasks,
            self.tell,
            now=self._ui.now,
            papers=SheetPapers(self._folder / "handover", self._ui.texts, font, self._ports.print_slip),
            open_file=open_file,
            on_sound=self._sounds.play,
        )
        presenter.on_order = self._open_order
        return HandoverPage(self._ui, presenter)

    def _make_day(self) -> QWidget:
        from desktop.pages.day.page import DayPage
        from desktop.pages.day.presenter import DayPresenter

        presenter = DayPresenter(self._ports.day, self._ports.printers, self._tasks, self.tell, self._scale)
        self._scale.changed.connect(presenter.look_at_scale)
        presenter.on_door = self._go_through
        return DayPage(self._ui, presenter, lambda: self._window.go("reports"))

    def _make_reports(self) -> QWidget:
        from desktop.pages.reports.page import ReportsPage
        from desktop.pages.reports.presenter import ReportsPresenter

        presenter = ReportsPresenter(self._ports.day, self._ports.files, self._tasks, self.tell, self._ui.now)
        return ReportsPage(self._ui, presenter, lambda: self._window.go("day"))

    def _make_shops(self) -> QWidget:
        from desktop.pages.shops.page import ShopsPage
        from desktop.pages.shops.presenter import ShopsPresenter

        return ShopsPage(self._ui, ShopsPresenter(self._ports.shops, self._tasks, self.tell))

    def _go_through(self, door: str) -> None:
        """Open a page, or the pile of the order list that is called so."""
        from core.orders.records import PILES

        if door in PAGES:
            self._window.go(door)
        elif door in PILES:
            self._window.go("orders")
            self._orders.choose_pile(door)

    def _make_files(self) -> QWidget:
        from desktop.pages.files.page import FilesPage
        from desktop.pages.files.presenter import FilesPresenter

        presenter = FilesPresenter(self._ports.files, self._tasks, self.tell)
        return FilesPage(self._ui, presenter, self._window.go)

    def _make_stock(self) -> QWidget:
        from desktop.pages.stock.page import StockPage
        from desktop.pages.stock.presenter import StockPresenter

        presenter = StockPresenter(self._ports.stock, self._tasks, self.tell, lambda: secrets.token_hex(16))
        presenter.on_order = self._open_order
        return StockPage(self._ui, presenter)

    def _make_activity(self) -> QWidget:
        from desktop.pages.activity.page import ActivityPage
        from desktop.pages.activity.presenter import ActivityPresenter

        presenter = ActivityPresenter(self._ports.activity, self._ports.labels, self._tasks, self.tell)
        presenter.on_order = self._find_order
        return ActivityPage(self._ui, presenter)

    def _make_customers(self) -> QWidget:
        from desktop.pages.customers.page import CustomersPage
        from desktop.pages.customers.presenter import CustomersPresenter

        presenter = CustomersPresenter(self._ports.customers, self._tasks, self.tell)
        presenter.on_order = self._open_order
        return CustomersPage(self._ui, presenter)

    def _make_products(self) -> QWidget:
        from desktop.pages.products.page import ProductsPage
        from desktop.pages.products.presenter import ProductsPresenter

        presenter = ProductsPresenter(self._ports.products, self._tasks, self.tell)
        return ProductsPage(self._ui, presenter, self._pictures)

    def _find_order(self, order_no: str) -> None:
        self._window.go("orders")
        cast(Page, self._window.page("orders")).handle_scan(order_no)

    def _open_order(self, order_id: int) -> None:
        # A page just built reads its list; the order is asked for after it.
        self._window.go("orders")
        self._orders.open(order_id)

    def _make_printers(self) -> QWidget:
        from desktop.pages.printers.page import PrintersPage
        from desktop.pages.printers.presenter import PrintersPresenter

        presenter = PrintersPresenter(self._ports.printers, self._tasks, self.tell)
        return PrintersPage(self._ui, presenter, self._pictures)

    def _make_people(self) -> QWidget:
        from desktop.pages.people.page import PeoplePage
        from desktop.pages.people.presenter import PeoplePresenter

        ports, door, texts = self._ports, self._door, self._ui.texts
        if ports.people is None or door is None:
            raise RuntimeError("this desk has no page of people")
        presenter = PeoplePresenter(
            ports.people, self._tasks, self.tell, ports.print_badge, lambda: texts.t("people.badge.caption")
        )
        return PeoplePage(self._ui, presenter, door.session)

    def _make_log(self) -> QWidget:
        from desktop.pages.log.page import AuditPage
        from desktop.pages.log.presenter import LogPresenter

        if self._ports.audit is None:
            raise RuntimeError("this desk has no log")
        return AuditPage(self._ui, LogPresenter(self._ports.audit, self._tasks, self.tell, self._ui.now))

    def _make_settings(self) -> QWidget:
        from desktop.pages.settings.page import SettingsPage

        again = None if self._ports.welcome is None else lambda: self.open_welcome(again=True)
        return SettingsPage(
            self._ui,
            self._tasks,
            self.tell,
            self._sounds.play,
            self._folder,
            self._ports.practice,
            scale=self._scale,
            set_up_again=again,
        )

    def open_welcome(self, *, again: bool = False) -> None:
        """Go through the steps of a first start: on where it stands, or from the first one."""
        from desktop.pages.welcome.page import WelcomePage

        self._window.go("welcome")
        if self._window.can_open("welcome"):
            cast(WelcomePage, self._window.page("welcome")).begin(again=again)

    def _make_welcome(self) -> QWidget:
        from desktop.pages.welcome.making import make_page

        def go(page: str) -> None:
            if page == "shop_form":
                self._window.go("shops")
                cast(Page, self._window.page("shops")).handle_command(Qt.Key.Key_F6, Qt.KeyboardModifier.NoModifier)
            else:
                self._window.go(page)

        door = self._door
        return make_page(
            self._ui,
            self._tasks,
            self.tell,
            self._ports,
            self.scanner,
            lambda right: door is None or door.may(right),
            go,
        )

    # --- while it runs ------------------------------------------------------------------------------------------

    def tell(self, tone: str, phrase: Phrase, undo: Callable[[], None] | None = None) -> None:
        """Show a message with an offer to take it back; it is not for whoever stands before a locked desk."""
        if self.is_locked:
            return
        self.message_bar.show_message(Message(tone, phrase, undo=undo))

    def toggle_keys(self) -> None:
        """Open or close the key sheet."""
        if self._keys is None:
            from desktop.widgets.key_sheet import KeySheet

            self._keys = KeySheet(self._ui, self._window.centralWidget(), self._window.focus_page)
        if self._keys.isVisible():
            self._keys.hide()
            self._window.focus_page()
        else:
            self._keys.open()

    @Slot()
    def ask_status(self) -> None:
        """Read the strip's lights again."""
        self._tasks.submit(self._ports.status.status, self.strip.show_status, self._ignore, owner=self, key="status")

    @Slot()
    def ask_printer(self) -> None:
        """Read the printers' states again."""
        self._tasks.submit(
            self._ports.printers.printers,
            self._on_printers,
            self._ignore,
            owner=self,
            key="printers",
            lane=Lane.PRINTERS,
        )

    @Slot(object)
    def on_failed(self, error: Exception) -> None:
        """An error nobody else wanted."""
        self.tell("stop", error_phrase(error))

    def puts_away(self, event: QKeyEvent) -> bool:
        """Whether this is an Esc that put the message away."""
        return event.key() == Qt.Key.Key_Escape and self.message_bar.dismiss()

    @staticmethod
    def tell_changed(page: QWidget) -> None:
        """Records that a page shows have changed."""
        cast(Page, page).handle_changed()

    def close(self) -> None:
        """The window closes: nobody waits any longer for what is not there yet."""
        self.packing.close()
        self._scale.stop()
        self._sounds.stop()
        self._behind.give_up(Unavailable("desk.closed", "the window was closed"))

    def _configure_scanner(self, name: str) -> None:
        if name.startswith("scanner_"):
            settings = self._ui.settings
            self.scanner.configure(
                settings.number("scanner_gap_ms"),
                settings.text("scanner_terminator"),
                settings.number("scanner_debounce_ms"),
            )

    def _on_printers(self, views: "tuple[PrinterView, ...]") -> None:
        from desktop.pages.printers.presenter import printer_tone, printer_words

        view = next((one for one in views if one.is_default), views[0] if views else None)
        if view is None:
            self.strip.show_printer("stop", "", Phrase("printer.none"))
            return
        self.strip.show_printer(printer_tone(view), view.name, printer_words(view))
        if self._packing is not None:
            self._packing.show_printer(printer_tone(view), printer_words(view))

    def _tell_story(self, tone: str, phrase: Phrase, details: str) -> None:
        self.message_bar.show_message(Message(tone, phrase, details))

    def _change_language(self) -> None:
        place = LANGUAGES.index(self._ui.texts.language)
        self._ui.settings.put("language", LANGUAGES[(place + 1) % len(LANGUAGES)])

    def _run_later(self, work: Callable[[], None]) -> None:
        self._tasks.submit(work, lambda _none: None, self.on_failed, owner=self, lane=Lane.ACTS)

    def _ignore(self, error: Exception) -> None:
        """A look that failed is tried again by the timer; what is shown grows old visibly."""
