"""What belongs to the frame: strip, message bar, keys, scanner, sounds, and the pages with what they talk to."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
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
from desktop.shell.rail import PAGES, entrance
from desktop.shell.scale import ScaleAtDesk
from desktop.shell.sign_in import SignIn
from desktop.shell.strip import Strip
from desktop.sounds import Sounds
from desktop.texts import LANGUAGES, Phrase
from desktop.ui import Ui
from desktop.widgets.message_bar import Message, MessageBar
from desktop.widgets.pictures import PictureBook

if TYPE_CHECKING:
    from core.sync.records import StatusView
    from desktop.pages.printers.ports import PrinterView, SlipDraft
    from desktop.shell.alert_bar import AlertBar
    from desktop.shell.door import Door
    from desktop.shell.making import Pages
    from desktop.shell.ports import DeskPorts
    from desktop.shell.sign_in_page import SignInPage
    from desktop.shell.stop_bar import StopBar
    from desktop.shell.window import DeskWindow
    from desktop.widgets.key_sheet import KeySheet


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
        self._pages: Pages | None = None
        self.message_bar = MessageBar(ui)
        # What is critical is said here; a free desk pays nothing for it.
        self.alert_place = QWidget()
        self.alert_bar: AlertBar | None = None
        self.stop_place = QWidget()
        self.stop_bar: StopBar | None = None
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
        self._show_status(look.status)

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
        self._window.frame.offer(self.may_open)
        if ports.door is not None:
            from desktop.shell.door import Door, Idle

            self._door = Door(ports.door, self._tasks, Idle(), self)
            self.scanner.on_touch = self._door.idle.touch
            self._door.changed.connect(self._on_door)
            self._door.told.connect(self._on_told)
            self._ui.may = self._door.may
            self._ui.entitled.emit()
            self._window.frame.offer(self.may_open)
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
        optional = {
            "people": ports.people,
            "log": ports.audit,
            "welcome": ports.welcome,
            "door": ports.mall_door,
            "desks": ports.several,
        }
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
        window.frame.offer(self.may_open)
        self.strip.show_session(door.session)
        if door.is_locked:
            self.show_door()
            return
        may = [page for page in (entrance(place, self.may_open) for place in PAGES) if page]
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
        return self._make_packing() if name == "packing" else self.pages.make(name)

    def _make_packing(self) -> QWidget:
        self._packing = PackingPage(self._ui, self.packing, self._pictures)
        return self._packing

    @property
    def pages(self) -> "Pages":
        """The other pages' making: of no use before what is behind the window is there."""
        if self._pages is None:
            from desktop.shell.making import Around, Pages

            self._pages = Pages(
                Around(
                    ui=self._ui,
                    tasks=self._tasks,
                    tell=self.tell,
                    ports=self._ports,
                    window=self._window,
                    folder=self._folder,
                    packing=self.packing,
                    pictures=self._pictures,
                    scale=self._scale,
                    scanner=self.scanner,
                    play=self._sounds.play,
                    door=self._door,
                )
            )
        return self._pages

    def open_welcome(self, *, again: bool = False) -> None:
        """Go through the steps of a first start: on where it stands, or from the first one."""
        self.pages.open_welcome(again=again)

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

    @property
    def bars(self) -> tuple[QWidget, ...]:
        """What stands below the page, from above: stopped sales, alerts."""
        return self.stop_place, self.alert_place

    @Slot()
    def ask_status(self) -> None:
        """Read the strip's lights again."""
        self._tasks.submit(self._ports.status.status, self._show_status, self._ignore, owner=self, key="status")

    def _show_status(self, status: "StatusView") -> None:
        self.strip.show_status(status)
        self._window.frame.rail.show_count("alerts", status.alerts.open)
        if self.stop_bar is None and status.stopped:
            from desktop.shell.stop_bar import StopBar

            self.stop_bar = StopBar(self._ui, self._window.go, self.stop_place)
        if self.stop_bar is not None:
            self.stop_bar.show_count(0 if self.is_locked else status.stopped)
            if status.stopped:
                ask = self._ports.low_stock.by_hand
                self._tasks.submit(ask, self.stop_bar.show_shops, self._ignore, owner=self, key="stopped")
        if self.alert_bar is None and status.alerts.newest is not None:
            from desktop.shell.alert_bar import AlertBar

            self.alert_bar = AlertBar(self._ui, self._window.go, self._sounds.play_once, self.alert_place)
        if self.alert_bar is not None:
            self.alert_bar.show_alerts(status.alerts, is_locked=self.is_locked)

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
