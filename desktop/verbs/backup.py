"""`packdesk backup` and `packdesk restore`."""

import argparse
import getpass
import sys
from collections.abc import Sequence
from pathlib import Path

from core.app import build
from core.db.key_sources import FILE_WARNING
from core.db.keys import has_keys
from core.db.postgres_backup import dump_postgres
from core.db.restore import restore
from core.runtime.clock import SystemClock
from core.runtime.errors import Refused
from desktop.composition import core_config
from desktop.options import add_options, options_of
from desktop.verbs.answer import OK, guarded, tell, warn


def run_backup(argv: Sequence[str]) -> int:
    """Make a verified copy of the data now."""
    parser = argparse.ArgumentParser(prog="packdesk backup", description="Make a verified copy of the data.")
    add_options(parser)
    parser.add_argument("--to", type=Path, metavar="DIR", help="where (default: backups in the data folder)")
    parser.add_argument("--dump", action="store_true", help="of a server: by its own pg_dump, for its administrator")
    wish = parser.parse_args(argv)
    options = options_of(wish)

    def act() -> int:
        if options.database_url is None and not has_keys(options.data):
            # Opening would make an empty database and call a copy of nothing a backup.
            raise Refused("backup.nothing_here", f"there is no data in {options.data}; name its folder with --data")
        core = build(core_config(options))
        try:
            root = (wish.to or core.opened.backup_root).expanduser().absolute()
            server = core.opened.server_url
            if wish.dump and server is not None:
                dump = dump_postgres(server, root, core.config.clock)
                tell(options, {"file": str(dump.file)}, f"{dump.file}: PostgreSQL dump written")
                return OK
            made = core.back_up(root)
        finally:
            core.stop()
        facts = {"folder": str(made.folder), "bytes": made.size, "revision": made.revision, "rows": dict(made.rows)}
        tell(options, facts, f"{made.folder}: verified, {sum(made.rows.values())} rows, {made.size // 1024} KB")
        return OK

    return guarded(options, act)


def run_restore(argv: Sequence[str]) -> int:
    """Bring a backup back, on this or another machine."""
    parser = argparse.ArgumentParser(prog="packdesk restore", description="Bring a backup back into a data folder.")
    add_options(parser)
    parser.add_argument("backup", type=Path, metavar="BACKUP", help="folder made by `packdesk backup`")
    options = options_of(wish := parser.parse_args(argv))

    def act() -> int:
        if not wish.backup.expanduser().exists():
            raise Refused("backup.not_ours", f"there is no backup at {wish.backup}")
        code = options.recovery_code or _ask_code()
        config = core_config(options)
        if options.key_file is not None:
            warn(FILE_WARNING.format(path=options.key_file))
        back = restore(wish.backup.expanduser().absolute(), code, options.data, config.key_source, SystemClock())
        facts = {
            "folder": str(back.folder),
            "backup_at": back.backup_at,
            "revision": back.revision,
            "rows": dict(back.rows),
            "set_aside": str(back.set_aside) if back.set_aside else None,
        }
        aside = f"; what was there lies in {back.set_aside}" if back.set_aside else ""
        tell(options, facts, f"{back.folder}: restored, {sum(back.rows.values())} rows{aside}")
        return OK

    return guarded(options, act)


def _ask_code() -> str:
    if not sys.stdin.isatty():
        raise Refused("key.recovery_needed", "give the recovery code with --recovery-code or PACKDESK_RECOVERY_CODE")
    return getpass.getpass("Recovery code: ")
