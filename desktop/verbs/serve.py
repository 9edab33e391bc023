"""`packdesk serve`: the always-on node without a window; pulls shops, buys numbers, tells shops, keeps backups."""

import argparse
import gc
import logging
import signal
import threading
from collections.abc import Callable, Sequence
from types import FrameType

from core.db.key_sources import FILE_WARNING
from core.db.lock import SERVE_LOCK_FILE, DeskLock
from core.runtime.clock import SystemClock
from core.runtime.lanes import Lane
from core.runtime.log_file import kept_log
from core.sync.presence import set_always_on
from desktop.composition import Desk, core_config
from desktop.options import add_options, options_of
from desktop.verbs.answer import OK, guarded, tell, warn

_log = logging.getLogger(__name__)

#: a year; longer is no limit
_LONGEST_S = 31_536_000


def run(argv: Sequence[str]) -> int:
    """Work until told to stop (Ctrl+C, SIGTERM)."""
    parser = argparse.ArgumentParser(prog="packdesk serve", description="Work in the background, without a window.")
    add_options(parser)
    parser.add_argument("--practice", action="store_true", help="open the practice shop too")
    parser.add_argument("--seconds", type=_seconds, metavar="S", help="stop by itself after S seconds")
    options = options_of(wish := parser.parse_args(argv))

    def act() -> int:
        options.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Two of them would take each other for themselves, and what the other one holds for their own.
        lock = DeskLock.take(
            options.data,
            name="packdesk serve",
            desk=options.desk,
            since=SystemClock().now(),
            file_name=SERVE_LOCK_FILE,
        )
        with lock, kept_log(options.data, "serve"):
            return work()

    def work() -> int:
        if options.key_file is not None:
            warn(FILE_WARNING.format(path=options.key_file))
        config = core_config(options, works_as="serve")
        desk = Desk(config, None, virtual_folder=options.data / "labels")
        if desk.core.opened.new_recovery_code:
            warn(f"Recovery code, shown this once, write it down: {desk.core.opened.new_recovery_code}")
        ended = threading.Event()

        def stop(_signal: int, _frame: FrameType | None) -> None:
            ended.set()

        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, stop)
        if wish.seconds is None:
            # Who starts it without an end means it to run; the other desks tell when it does not.
            desk.core.store.write(lambda uow: set_always_on(uow, config.holder, uow.actor.desk, is_always_on=True))
        desk.start(with_practice=wish.practice)
        backups = Lane("backup", lambda: _back_up(desk, lambda: backups.is_stopping))
        backups.start()
        shops = [shop.name for shop in desk.core.shops()]
        facts = {"serving": str((options.database_url and "postgresql") or options.data), "shops": shops}
        tell(options, facts, f"serving {len(shops)} shop(s); Ctrl+C stops")
        # What the start has made stays: a pass of the collector over it holds every write up, for 80 ms.
        gc.freeze()
        ended.wait(wish.seconds)
        backups.stop()
        desk.stop()
        return OK

    return guarded(options, act)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds


def _back_up(desk: Desk, is_stopping: Callable[[], bool]) -> float:
    desk.core.back_up_if_due(is_stopping)
    return 3600.0
