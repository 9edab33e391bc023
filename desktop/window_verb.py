"""No verb: the window. It paints first; core, printers and practice shop are loaded behind it, in a lane."""

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.options import Options, add_options, options_of
from desktop.system_libraries import has_screen

if TYPE_CHECKING:
    from desktop.composition import Desk
    from desktop.shell.ports import DeskPorts

_log = logging.getLogger(__name__)

#: where a machine without keyring keeps its key, once somebody has agreed to that
MACHINE_KEY = "machine.key"
_NO_SCREEN = 3


def run(argv: Sequence[str]) -> int:
    """Open the window of a data folder."""
    parser = argparse.ArgumentParser(prog="packdesk", description="Open the packing desk.")
    add_options(parser)
    parser.add_argument("--language", choices=("zh_CN", "en"), help="language of the window from now on")
    parser.add_argument("--no-practice", action="store_true", help="leave the practice shop closed")
    parser.add_argument(
        "--measure-start", action="store_true", help="open the window, print how long it took, and exit"
    )
    wish = parser.parse_args(argv)
    options = options_of(wish)
    return _open(options, _Wish(wish.language, not wish.no_practice, is_measured=wish.measure_start))


def run_demo(options: Options, orders: int, seed: int) -> int:
    """Open the window on a temporary data folder, with orders placed at the practice shop."""
    with tempfile.TemporaryDirectory(prefix="packdesk-demo-") as temporary:
        folder = Path(temporary) / "data"
        place = replace(options, data=folder, key_file=Path(temporary) / "demo.key")
        return _open(place, _Wish(None, True, orders=orders, seed=seed))


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the command line asks of the window."""

    language: str | None
    with_practice: bool
    is_measured: bool = False
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

    try:
        options.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = DeskLock.take(options.data, name=options.operator, desk=options.desk, since=_now())
    except DomainError as error:
        sys.stderr.write(f"packdesk: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"packdesk: {options.data} cannot be used: {error.strerror}\n")
        return 1
    with lock:
        return _show(options, wish)


def _show(options: Options, wish: _Wish) -> int:
    started = time.perf_counter()
    # PyPI's Qt speaks ibus only; fcitx understands it.
    if os.environ.get("QT_IM_MODULE") in {"fcitx", "fcitx5"}:
        os.environ["QT_IM_MODULE"] = "ibus"

    from PySide6.QtWidgets import QApplication

    from desktop.app import build_window
    from desktop.settings import DeskSettings

    app = QApplication(["packdesk"])
    app.setApplicationName("Packdesk")
    settings = DeskSettings(options.data)
    if wish.language:
        settings.put("language", wish.language)
    boot = Boot(options, settings, wish)
    window = build_window(app, settings, boot=boot.load, folder=options.data, now=_now)
    boot.attach(window)
    if wish.is_measured:
        _measure(app, window, started)
    window.show()
    code = app.exec()
    boot.close()
    return int(code)


def _measure(app: Any, window: Any, started: float) -> None:
    figures: dict[str, object] = {}

    def elapsed() -> float:
        return round((time.perf_counter() - started) * 1000, 1)

    def on_first_paint() -> None:
        figures["first_paint_ms"] = elapsed()
        figures["modules_at_first_paint"] = len(sys.modules)

    def on_first_page() -> None:
        figures["first_page_ms"] = elapsed()
        order = ("first_paint_ms", "first_page_ms", "modules_at_first_paint")
        sys.stdout.write(json.dumps({name: figures[name] for name in order}) + "\n")
        sys.stdout.flush()
        window.close()
        app.quit()

    def on_failed(error: object) -> None:
        sys.stderr.write(f"packdesk: {error}\n")
        window.close()
        app.exit(1)

    window.first_paint.connect(on_first_paint)
    window.first_page.connect(on_first_page)
    window.failed_to_start.connect(on_failed)


class Boot:
    """Loads what is behind the window, and says in the window what a person has to decide first."""

    def __init__(self, options: Options, settings: Any, wish: _Wish) -> None:
        self._options = options
        self._settings = settings
        self._wish = wish
        self._desk: Desk | None = None
        self._backups: Any = None
        self._window: Any = None

    def load(self) -> "DeskPorts":
        """Build the desk; runs in a lane, never on the window's thread (keyrings may ask their own questions)."""
        from core.runtime.lanes import Lane
        from desktop.composition import Desk, core_config
        from desktop.shell.ports import DeskPorts
        from printing.render import LabelRenderer

        options = self._with_agreed_key()
        clerk = self._settings.text("clerk") or options.operator
        config = core_config(replace(options, operator=clerk), works_as="window")
        desk = Desk(config, LabelRenderer(), virtual_folder=options.data / "labels")
        self._desk = desk
        desk.core.desks.settle(self._settings.text("desk_name"), options.desk)
        desk.start(with_practice=None if self._wish.with_practice else False)
        if self._wish.orders and desk.practice is not None:
            from core.practice.generator import generate_orders

            generate_orders(desk.practice.server.shop, self._wish.orders, self._wish.seed)
            desk.core.pull_now()
        self._backups = Lane("care", self._care)
        self._backups.start()
        printers = desk.printers
        if printers is None:
            raise RuntimeError("a window always has printers")
        return DeskPorts(
            packing=desk.core.packing,
            labels=desk.core.labels,
            orders=desk.core.orders,
            status=desk.core.status,
            printers=printers,
            listen=lambda listener: _subscribe(desk, listener),
            desks=desk.core.desks,
            pictures=options.data / "pictures",
            fetch_picture=desk.core.pictures.fetch,
            practice=desk.practice,
        )

    def _with_agreed_key(self) -> Options:
        agreed = self._options.data / MACHINE_KEY
        if self._options.key_file is None and agreed.exists():
            return replace(self._options, key_file=agreed)
        return self._options

    def _care(self) -> float:
        """After the first page: check the file and the sums; then the daily backup."""
        from core.db.backup import backup_if_due

        desk = self._desk
        if desk is None:
            return 60.0
        if desk.core.opened.database is not None:
            backup_if_due(desk.core.opened.backup_source(), desk.core.opened.backup_root, desk.core.config.clock)
        wrong = desk.core.stock.discrepancies()
        if wrong:
            _log.error("%s stock levels are not the sum of their movements; see packdesk doctor", len(wrong))
        return 3600.0

    def attach(self, window: Any) -> None:
        """Take part in the window's start: questions about the key and the recovery code."""
        from desktop.shell.start import StartQuestions

        self._window = window
        self._questions = StartQuestions(window, self)
        window.failed_to_start.connect(self._questions.on_failed)
        window.first_page.connect(self._questions.on_first_page)

    # --- what the start questions ask ---------------------------------------------------------------------------

    def keep_key_in_file(self) -> None:
        """Somebody agreed that this machine's key is kept in a file readable by this user alone."""
        self._options = replace(self._options, key_file=self._options.data / MACHINE_KEY)

    def recovery_code(self) -> str | None:
        """The code to show until its owner has typed it once; a new one where an older was never confirmed."""
        from core.db.keys import is_recovery_confirmed, renew_recovery_code

        desk = self._desk
        if desk is None or is_recovery_confirmed(desk.core.opened.folder):
            return None
        return desk.core.opened.new_recovery_code or renew_recovery_code(
            desk.core.opened.folder, desk.core.opened.key
        )

    def confirm_recovery_code(self, typed: str) -> None:
        """Raises `Refused` when it is not the code."""
        from core.db.keys import confirm_recovery_code

        if self._desk is not None:
            confirm_recovery_code(self._desk.core.opened.folder, typed)

    def close(self) -> None:
        """End everything behind the window."""
        if self._backups is not None:
            self._backups.stop()
        if self._desk is not None:
            self._desk.stop()


def _subscribe(desk: "Desk", listener: Callable[[Any], None]) -> None:
    desk.core.store.subscribe(listener)
