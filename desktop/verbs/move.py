"""`packdesk move` and `packdesk join`: the records to a PostgreSQL server, and a desk or node to those on one."""

import argparse
import getpass
import sys
from collections.abc import Sequence

from core.app import store_config
from core.db.joining import read_invitation
from core.db.keys import has_keys
from core.db.lock import DeskLock
from core.db.servers import look_at_server, make_database, shown_address
from core.moving import join_now, move
from core.runtime.errors import Refused
from desktop.composition import core_config
from desktop.options import add_options, database_url, options_of
from desktop.verbs.answer import OK, guarded, tell, warn


def run(argv: Sequence[str]) -> int:
    """Move everything, compare it, and lay the old file aside."""
    parser = argparse.ArgumentParser(
        prog="packdesk move",
        description="Move this desk's records to an empty PostgreSQL database. All of it or nothing; a backup first.",
    )
    add_options(parser)
    parser.add_argument("to", type=database_url, metavar="URL", help="postgresql://name:password@host:5432/database")
    parser.add_argument(
        "--create", action="store_true", help="make the database first, where the server has none by this name"
    )
    options = options_of(wish := parser.parse_args(argv))

    def act() -> int:
        # What is wrong with a server is told apart before anything is begun.
        (make_database if wish.create else look_at_server)(wish.to)
        done = move(store_config(core_config(options)), wish.to, _Progress(is_quiet=options.is_json).hear)
        facts = {
            "rows": dict(done.rows),
            "old_file": str(done.old_file),
            "backup": str(done.backup) if done.backup else None,
        }
        rows = sum(done.rows.values())
        tell(options, facts, f"{rows} rows moved and compared; the old file lies in {done.old_file.parent}")
        return OK

    return guarded(options, act)


def run_join(argv: Sequence[str]) -> int:
    """Let this desk, or an always-on node, work with the records of others."""
    parser = argparse.ArgumentParser(
        prog="packdesk join",
        description="Work with the records of other desks, by the joining code that one of them shows (Settings, "
        "Several desks).",
    )
    add_options(parser)
    parser.add_argument("code", metavar="CODE", help="the joining code, which begins with PDJ1-")
    parser.add_argument("--pin", metavar="PIN", help="its PIN (asked for where it is not given)")
    parser.add_argument(
        "--leave-records",
        action="store_true",
        help="set aside what is in the data folder already; nothing is deleted",
    )
    options = options_of(wish := parser.parse_args(argv))

    def act() -> int:
        joining = read_invitation(wish.code, wish.pin or _ask_pin())
        if has_keys(options.data) and not wish.leave_records:
            raise Refused("join.has_records", f"there are records in {options.data}; --leave-records sets them aside")
        config = store_config(core_config(options))
        config.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with DeskLock.take(config.folder, name="packdesk join", desk=options.desk, since=config.clock.now()):
            join_now(config, joining)
        server = shown_address(joining.url)
        tell(options, {"server": server}, f"this desk works with {server} from now on")
        return OK

    return guarded(options, act)


def _ask_pin() -> str:
    if not sys.stdin.isatty():
        raise Refused("join.pin", "give the PIN with --pin")
    return getpass.getpass("PIN: ")


class _Progress:
    """One line for each table that begins, beside the answer."""

    def __init__(self, *, is_quiet: bool) -> None:
        self._is_quiet = is_quiet
        self._last = ""

    def hear(self, table: str, done: int, total: int) -> None:
        if table != self._last and not self._is_quiet:
            self._last = table
            warn(f"{table}: {done} of {total}")
