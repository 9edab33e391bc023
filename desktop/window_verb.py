"""No verb: the window. It paints first; core, printers and practice shop are loaded behind it, in a lane."""

import argparse
import gc
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.options import Options, add_options, options_of
from desktop.system_libraries import has_screen

if TYPE_CHECKING:
    from types import TracebackType

    from core.config import CoreConfig
    from core.db.keys import KeySource
    from core.desk.first_page import FirstLook
    from core.runtime.lanes import Lane
    from core.waybills.contract import Sender
    from desktop.composition import Desk, Practice
    from desktop.first_start import FirstStart
    from desktop.pages.welcome.ports import Standing
    from desktop.settings import DeskSettings
    from desktop.shell.late import Late
    from desktop.shell.ports import DeskPorts
    from desktop.shell.start import StartQuestions
    from desktop.shell.window import DeskWindow
    from printing.render import LabelRenderer

_log = logging.getLogger(__name__)

#: where a machine without keyring keeps its key, once somebody has agreed to that
MACHINE_KEY = "machine.key"
_NO_SCREEN = 3
#: the window wants to be opened again
_AGAIN = 75


#: the performance counter and the CPU seconds of the process at one moment
Moment = tuple[float, float]


def run(argv: Sequence[str], started: Moment | None = None) -> int:
    """Open the window of a data folder; `started` is when the program began."""
    parser = argparse.ArgumentParser(prog="packdesk", description="Open the packing desk.")
    add_options(parser)
    parser.add_argument("--language", choices=("zh_CN", "en"), help="language of the window from now on")
    parser.add_argument("--no-practice", action="store_true", help="leave the practice shop closed")
    parser.add_argument("--no-welcome", action="store_true", help="do not set up a new desk step by step")
    parser.add_argument(
        "--measure-start", action="store_true", help="open the window, print how long it took, and exit"
    )
    wish = parser.parse_args(argv)
    measured = (started or (time.perf_counter(), time.process_time())) if wish.measure_start else None
    with_welcome = not (wish.measure_start or wish.no_welcome)
    wishes = _Wish(wish.language, not wish.no_practice, measured_from=measured, with_welcome=with_welcome)
    return _open(options_of(wish), wishes)


def run_demo(options: Options, orders: int, seed: int) -> int:
    """Open the window on a temporary data folder, with orders placed at the practice shop."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="packdesk-demo-") as temporary:
        folder = Path(temporary) / "data"
        place = replace(options, data=folder, key_file=Path(temporary) / "demo.key")
        return _open(place, _Wish(None, True, orders=orders, seed=seed))


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the command line asks of the window."""

    language: str | None
    with_practice: bool
    #: from when the start is measured
    measured_from: Moment | None = None
    #: a desk that has never been used is set up step by step
    with_welcome: bool = False
    orders: int = 0
    seed: int = 1


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def _open(options: Options, wish: _Wish) -> int:
    if sys.platform.startswith("linux") and not has_screen(os.environ):
        sys.stderr.write(
            "这里没有屏幕：请在桌面上启动，或运行 packdesk demo --headless --orders 20 --out demo-out --json\n"
            "There is no screen here: start it on a desktop, or run"
            " packdesk demo --headless --orders 20 --out demo-out --json\n"
        )
        return _NO_SCREEN
    from core.db.lock import DeskLock
    from core.runtime.errors import DomainError
    from core.runtime.log_file import kept_log

    try:
        options.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = DeskLock.take(options.data, name=options.operator, desk=options.desk, since=_now())
    except DomainError as error:
        sys.stderr.write(f"packdesk: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"packdesk: {options.data} cannot be used: {error.strerror}\n")
        return 1
    with lock, kept_log(options.data, "window"):
        code = _show(options, wish)
    if code == _AGAIN:
        _start_anew()
    return code


def _start_anew() -> None:
    """The same program with the same words; what is open in this one is closed with it."""
    command = [sys.executable, *sys.orig_argv[1:]]
    if sys.platform == "win32":
        import subprocess

        # Words with blanks do not come through there otherwise.
        subprocess.Popen(command)  # noqa: S603 - this very program
        return
    os.execv(sys.executable, command)  # noqa: S606 - this very program


def _show(options: Options, wish: _Wish) -> int:
    # PyPI's Qt speaks ibus only; fcitx understands it.
    if os.environ.get("QT_IM_MODULE") in {"fcitx", "fcitx5"}:
        os.environ["QT_IM_MODULE"] = "ibus"

    from PySide6.QtWidgets import QApplication

    from desktop.app import build_window
    from desktop.shell.window import Start

    app = QApplication(["packdesk"])
    app.setApplicationName("Packdesk")
    settings = _settings_of(options, wish)
    boot = Boot(options, settings, wish)
    start = Start(boot.load, boot.glance, boot.begin)
    window = build_window(app, settings, start=start, folder=options.data, now=_now)
    boot.attach(window)
    tell_defects(window.tell_defect)
    if wish.measured_from is not None:
        _measure(app, window, wish.measured_from)
    if wish.measured_from is None:
        window.show_fitting()
    else:
        window.show()  # at its own size, as the window it is measured against
    code = app.exec()
    boot.close()
    return _AGAIN if boot.wants_again else int(code)


def tell_defects(tell: Callable[[Exception], None]) -> None:
    """Tell the clerk of a defect in what the window does by itself or at a key: Qt goes on, and nobody else would.

    Qt hands what a slot raises to Python's hook, whose trace goes to a console that a desk has not got.
    """
    plain = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: "TracebackType | None") -> None:
        if isinstance(error, Exception):
            try:
                tell(error)
            except Exception:  # noqa: BLE001  what cannot be told is at least printed
                _log.warning("a defect could not be told")
            else:
                return
        plain(kind, error, trace)

    sys.excepthook = hook


def _settings_of(options: Options, wish: _Wish) -> "DeskSettings":
    """The settings of this desk; one that has never been used speaks the system's language and begins its steps."""
    from desktop.first_start import FirstStart, FirstStartFile, is_new_folder, language_of
    from desktop.settings import DeskSettings

    is_new = wish.with_welcome and is_new_folder(options.data)
    if is_new:
        # Before anything else is written: a start that is cut off goes on with its steps.
        try:
            FirstStartFile(options.data).keep(FirstStart())
        except OSError as error:
            _log.warning("the first start cannot be remembered: %s", error)
    settings = DeskSettings(options.data)
    if wish.language or is_new:
        settings.put("language", wish.language or language_of(_system_language()))
    return settings


def _measure(app: Any, window: Any, started: Moment) -> None:
    """Print the contract's three figures at the first page, and end once scans are answered, or with an error."""
    figures: dict[str, object] = {}
    cpu: dict[str, float] = {}

    def elapsed(name: str) -> float:
        cpu[name] = round((time.process_time() - started[1]) * 1000, 1)
        return round((time.perf_counter() - started[0]) * 1000, 1)

    def on_first_paint() -> None:
        figures["first_paint_ms"] = elapsed("first_paint")
        figures["modules_at_first_paint"] = len(sys.modules)

    def on_first_page() -> None:
        figures["first_page_ms"] = elapsed("first_page")
        order = ("first_paint_ms", "first_page_ms", "modules_at_first_paint")
        sys.stdout.write(json.dumps({name: figures[name] for name in order}) + "\n")
        sys.stdout.flush()
        end_when_done()

    def on_ready() -> None:
        figures["ready_ms"] = elapsed("ready")
        end_when_done()

    def end_when_done() -> None:
        if "ready_ms" in figures and "first_page_ms" in figures:
            sys.stderr.write(json.dumps({"ready_ms": figures["ready_ms"], "cpu_ms": cpu}) + "\n")
            window.close()
            app.quit()

    def on_failed(error: object) -> None:
        sys.stderr.write(f"packdesk: {error}\n")
        window.close()
        app.exit(1)

    window.first_paint.connect(on_first_paint)
    window.first_page.connect(on_first_page)
    window.ready.connect(on_ready)
    window.failed_to_start.connect(on_failed)


def _system_language() -> str:
    from PySide6.QtCore import QLocale

    return QLocale.system().name()


class Boot:
    """Loads what is behind the window, and says in the window what a person has to decide first."""

    def __init__(self, options: Options, settings: "DeskSettings", wish: _Wish) -> None:
        self._options = options
        self._settings = settings
        self._wish = wish
        self._source: KeySource | None = None
        self._desk: Desk | None = None
        self._begun: Late[Desk] | None = None
        self._check_lane: Lane | None = None
        self._care_lane: Lane | None = None
        self._questions: StartQuestions | None = None
        self._has_asked = False
        #: the program is to be opened again after it has closed
        self.wants_again = False
        #: what failed in this start is what had been put off until it
        self._was_put_off = False
        #: how far a move to a server is; heard in a lane
        self._tell_progress: Callable[[str, int, int], None] = lambda *_: None
        #: where an unfinished first start stands; read when core is loaded
        self._first: FirstStart | None = None

    # Each of the next three runs in a lane, never on the window's thread: keyrings may ask their own questions.

    def glance(self) -> "FirstLook | None":
        """What the first page shows, read before core is loaded; never where several desks share a server."""
        from core.db.home import PENDING_FILE, has_server
        from core.desk.glance import glance

        folder = self._options.data
        if self._options.database_url is not None or has_server(folder) or (folder / PENDING_FILE).exists():
            return None
        return glance(self._options.data, self._key_source(), _now())

    def load(self) -> "DeskPorts":
        """Open core: from here on scans are answered."""
        from core.runtime.collector import unwalked

        # Half a second of modules and models, all of which stay: no pass over them finds anything.
        with unwalked():
            return self._load()

    def _load(self) -> "DeskPorts":
        from desktop.composition import Desk, core_config, wants_practice
        from desktop.shell.late import Late
        from desktop.shell.ports import DeskPorts

        options = self._with_agreed_key()
        clerk = self._settings.text("clerk") or options.operator
        config = replace(
            core_config(replace(options, operator=clerk), works_as="window"), asked=self._key_source(), signs_in=True
        )
        self._do_what_was_put_off(config)
        # Asked anew by the next try, after somebody has decided or unlocked something.
        self._source = None
        desk = Desk(config, _label_renderer, virtual_folder=options.data / "labels")
        self._desk = desk
        self._options = replace(self._options, recovery_code=None)
        desk.core.desks.settle(self._settings.text("desk_name"), options.desk)
        begun: Late[Desk] = Late()
        self._begun = begun
        self._first = self._look_at_first_start(desk)
        has_practice = self._wish.with_practice and wants_practice(desk.core)
        return DeskPorts(
            packing=desk.core.packing,
            labels=desk.core.labels,
            orders=desk.core.orders,
            notes=desk.core.notes,
            after_sales=desk.core.after_sales,
            entry=desk.core.order_entry,
            waves=desk.core.waves,
            handover=desk.core.handover,
            day=desk.core.day,
            shops=desk.core.shop_desk,
            authorising=desk.core.authorising,
            starting=desk.core.starting,
            pulling_now=desk.core.pulling_now,
            shop_history=desk.core.shop_history,
            payments=desk.core.payments,
            stock=desk.core.stock,
            quotas=desk.core.quotas,
            listings=desk.core.listings,
            low_stock=desk.core.low_stock,
            accidents=desk.core.accidents,
            replenish=desk.core.replenish,
            counting=desk.core.counting,
            count_reports=desk.core.count_reports,
            batches=desk.core.batches,
            documents=desk.core.documents,
            drill=desk.core.drill,
            activity=desk.core.activity,
            customers=desk.core.customers,
            products=desk.core.products,
            status=desk.core.status,
            printers=begun.stand_in(lambda desk: desk.printers),
            listen=lambda listener: _subscribe(desk, listener),
            desks=desk.core.desks,
            pictures=options.data / "pictures",
            fetch_picture=desk.core.pictures.fetch,
            practice=begun.stand_in(self._practice_of) if has_practice else None,
            files=begun.stand_in(lambda desk: desk.core.files),
            door=desk.core.sign_in,
            people=desk.core.people,
            audit=desk.core.audit,
            mall_door=lambda: desk.core.door,
            print_badge=begun.stand_in(lambda desk: desk.printers).print_badge,
            print_slip=begun.stand_in(lambda desk: desk.printers).print_slip,
            welcome=self,
            several=desk.core.several,
            restart=self.restart,
            alerts=begun.stand_in(lambda desk: desk.core.alerts),
            alert_settings=begun.stand_in(lambda desk: desk.core.alert_settings),
        )

    def _do_what_was_put_off(self, config: "CoreConfig") -> None:
        """Move to a server or join others: while the records are closed."""
        from core.db.home import PENDING_FILE

        if (config.folder / PENDING_FILE).exists():
            from core.app import store_config
            from core.moving import do_pending

            self._was_put_off = True
            do_pending(store_config(config), self._tell_progress)
        self._was_put_off = False

    def restart(self) -> None:
        """Close the program and open it again."""
        from PySide6.QtWidgets import QApplication

        self.wants_again = True
        QApplication.quit()

    def _look_at_first_start(self, desk: "Desk") -> "FirstStart | None":
        """Where it stands; whose it is, is found out before anything else is written."""
        from desktop.first_start import FirstStartFile, Scope

        file = FirstStartFile(self._options.data)
        state = file.read()
        if state is not None and state.scope is Scope.UNKNOWN:
            state = replace(state, scope=Scope.SHOP if desk.core.set_up.is_new() else Scope.DESK)
            try:
                file.keep(state)
            except OSError as error:
                _log.warning("the first start cannot be remembered: %s", error)
        return state

    def _may_open_practice(self) -> bool:
        """Whether the practice shop may open by itself: not before an owner has said where the orders come from."""
        from desktop.first_start import Scope, Source

        first = self._first
        is_open_question = first is not None and first.scope is Scope.SHOP and first.source is Source.NONE
        return self._wish.with_practice and not is_open_question

    def _practice_of(self, desk: "Desk") -> "Practice":
        from core.runtime.errors import Unavailable

        if desk.practice is not None:
            return desk.practice
        if self._may_open_practice():
            raise Unavailable("practice.closed", "the practice shop could not be opened; the log says why")
        raise Unavailable("practice.not_chosen", "nobody has chosen the practice shop yet")

    def begin(self) -> None:
        """Start printers, practice shop, lanes and care, once the pages can talk."""
        begun = self._begun
        if begun is None:
            raise RuntimeError("a desk is loaded before it begins")
        begun.make(self._begin)

    def _begin(self) -> "Desk":
        from core.runtime.lanes import Lane

        desk = self._desk
        if desk is None:
            raise RuntimeError("a desk is loaded before it begins")
        desk.start(with_practice=None if self._may_open_practice() else False)
        if self._wish.orders and desk.practice is not None:
            from core.practice.generator import generate_orders

            generate_orders(desk.practice.server.shop, self._wish.orders, self._wish.seed)
            desk.core.pull_now()
        self._check_lane = Lane("check", self._check)
        self._check_lane.start()
        self._care_lane = Lane("care", self._care)
        self._care_lane.start()
        return desk

    def _key_source(self) -> "KeySource":
        """This machine's secret, asked for once in a start."""
        from core.db.key_sources import AskedOnce, key_source

        if self._source is None:
            self._source = AskedOnce(key_source(self._with_agreed_key().key_file))
        return self._source

    def _with_agreed_key(self) -> Options:
        agreed = self._options.data / MACHINE_KEY
        if self._options.key_file is None and agreed.exists():
            return replace(self._options, key_file=agreed)
        return self._options

    def _check(self) -> float:
        """After the first page: is the file whole? Writing is refused from the moment it is known not to be."""
        desk = self._desk
        if desk is not None:
            for finding in desk.core.opened.check().findings:
                _log.error("the database file is damaged: %s", finding)
        return threading.TIMEOUT_MAX  # once in a start

    def _care(self) -> float:
        """Every hour: the daily backup where it is due, and whether the sums agree."""
        desk = self._desk
        if desk is None:
            return 60.0
        lane = self._care_lane
        desk.core.back_up_if_due(lambda: lane is not None and lane.is_stopping)
        with desk.core.gate.as_system():
            wrong = desk.core.stock.discrepancies()
        if wrong:
            _log.error("%s stock levels are not the sum of their movements; see packdesk doctor", len(wrong))
        return 3600.0

    def attach(self, window: "DeskWindow") -> None:
        """Take part in the window's start: questions about the key and the recovery code."""

        def questions() -> "StartQuestions":
            from desktop.shell.start import StartQuestions

            # Kept: what it shows in the window calls it back.
            self._questions = self._questions or StartQuestions(window, self)
            return self._questions

        def on_failed(error: object) -> None:
            questions().on_failed(error, was_put_off=self._was_put_off)

        def on_somebody() -> None:
            # Once in a start: asking makes another code.
            if self._has_asked:
                return
            if self._first is not None and self._wish.with_welcome:
                # Its own steps ask for the code.
                if window.may_open("welcome") and not window.is_locked:
                    self._has_asked = True
                    window.parts.open_welcome()
            elif self.wants_recovery_code():
                self._has_asked = True
                questions().on_ready()

        def on_ready() -> None:
            # What the start has made stays: no pass of the collector, which holds scans up, has to walk it.
            gc.freeze()
            on_somebody()
            if window.parts.door is not None:
                window.parts.door.changed.connect(on_somebody)

        window.failed_to_start.connect(on_failed)
        self._tell_progress = window.tell_moving
        window.ready.connect(on_ready)

    # --- what the start questions ask ---------------------------------------------------------------------------

    def keep_key_in_file(self) -> None:
        """Somebody agreed that this machine's key is kept in a file readable by this user alone."""
        self._options = replace(self._options, key_file=self._options.data / MACHINE_KEY)

    def open_with(self, recovery_code: str) -> None:
        """The next try opens the records with this code, and gives this machine a key of its own."""
        self._options = replace(self._options, recovery_code=recovery_code)

    def wants_recovery_code(self) -> bool:
        """Whether the owner has not proved yet to have the code, and it may be shown to whoever is here."""
        from core.access.rights import Right
        from core.db.keys import is_recovery_confirmed

        desk = self._desk
        if desk is None or not desk.core.sign_in.session().may(Right.MANAGE_PEOPLE):
            return False
        return not is_recovery_confirmed(desk.core.opened.folder)

    def recovery_code(self) -> str | None:
        """The code to show until its owner has typed it once; a new one where an older was never confirmed."""
        desk = self._desk
        # Asked again here: whoever it was meant for may have left meanwhile.
        if desk is None or not self.wants_recovery_code():
            return None
        return desk.core.opened.new_recovery_code or desk.core.opened.renew_recovery_code()

    def confirm_recovery_code(self, typed: str) -> None:
        """Raises `Refused` when it is not the code."""
        from core.db.keys import confirm_recovery_code

        if self._desk is not None:
            confirm_recovery_code(self._desk.core.opened.folder, typed)

    # --- what the first start asks (`WelcomeDesk`) --------------------------------------------------------------

    def standing(self) -> "Standing":
        """Where the first start stands."""
        from desktop.first_start import FirstStartFile
        from desktop.pages.welcome.ports import Standing

        state = FirstStartFile(self._options.data).read()
        return Standing(state, self.wants_recovery_code(), self._wish.with_practice)

    def keep(self, state: "FirstStart") -> None:
        """Remember where it stands."""
        from core.runtime.errors import Unavailable
        from desktop.first_start import FirstStartFile

        try:
            FirstStartFile(self._options.data).keep(state)
        except OSError as error:
            raise Unavailable("welcome.not_kept", f"how far set-up has come was not written: {error}") from error

    def end(self) -> None:
        """All steps are through."""
        from desktop.first_start import FirstStartFile

        FirstStartFile(self._options.data).end()

    def open_practice(self) -> None:
        """Open the practice shop now and at each start."""
        from desktop.composition import want_practice

        desk = self._running()
        want_practice(desk.core, is_wanted=True)
        desk.open_practice()

    def leave_practice(self) -> None:
        """From the next start on the practice shop stays closed."""
        from desktop.composition import want_practice

        want_practice(self._running().core, is_wanted=False)

    def sender(self) -> "Sender | None":
        """Who sends."""
        return self._running().core.set_up.sender()

    def keep_sender(self, sender: "Sender") -> None:
        """Print this as the sender. Raises `Refused`."""
        self._running().core.set_up.keep_sender(sender)

    def _running(self) -> "Desk":
        """The desk once its own work has begun; waits for that."""
        if self._begun is None:
            raise RuntimeError("a desk is loaded before it is set up")
        return self._begun.get()

    def close(self) -> None:
        """End everything behind the window."""
        if self._check_lane is not None:
            # It only reads, and a large file takes minutes: nobody waits for it.
            self._check_lane.stop(0)
        if self._care_lane is not None:
            self._care_lane.stop()
        if self._desk is not None:
            self._desk.stop()


def _label_renderer() -> "LabelRenderer":
    from printing.render import LabelRenderer

    return LabelRenderer()


def _subscribe(desk: "Desk", listener: Callable[[Any], None]) -> None:
    """Tell the window what is written, here or elsewhere."""
    desk.core.store.subscribe(listener)
    desk.core.behind.elsewhere.listen(listener)
