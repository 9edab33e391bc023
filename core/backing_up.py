"""The daily backup, of a file here or of the server that several desks work with.

Of a server one desk makes it, under a lease, and it lies in that desk's folder; all of them see when and where.
"""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from core.db import leases
from core.db.backup import DAILY, MANUAL, Backup, Newest, backup_if_due, is_old, list_backups, make_backup, rotate
from core.db.copying import Tell
from core.db.open import OpenedStore
from core.db.server_backup import back_up_server
from core.db.settings import keep_setting, kept_setting
from core.db.unit_of_work import UnitOfWork, shared_now
from core.orders.search_index import index_all
from core.runtime.clock import Clock
from core.runtime.errors import Unavailable

#: when and where the newest backup of a server was made, for all its desks
_KEPT: Final = "backup.newest"
_LEASE: Final = "backup"
_LEASE_S: Final = 120.0
#: after each page of rows: whoever works at this desk comes first
_GIVE_WAY_S: Final = 0.005


def newest_backup(opened: OpenedStore) -> Newest | None:
    """When the newest one was made; None where there is none. Reads the disk, or the server."""
    if opened.server_url is None:
        made = next(iter(list_backups(opened.backup_root)), None)
        return None if made is None else Newest(made.at)
    return opened.store.read(_newest_of_server)


def _newest_of_server(connection: Connection) -> Newest | None:
    kept = kept_setting(connection, _KEPT)
    return None if kept is None else Newest(datetime.fromisoformat(kept["at"]), kept["desk"])


def back_up(opened: OpenedStore, root: Path, clock: Clock, holder: str) -> Backup:
    """A verified backup now, under `root`.

    Raises:
        Refused: `lease.lost`, another desk makes one of the same server.
        Unavailable: as `core.db.backup.make_backup` and `core.db.server_backup.back_up_server`.
    """
    if opened.server_url is None:
        return make_backup(opened.backup_source(), root, clock)
    made = _of_server(opened, opened.server_url, root, holder, MANUAL, lambda: False)
    if made is None:
        raise leases.LeaseLost(_LEASE)
    return made


def back_up_if_due(
    opened: OpenedStore, clock: Clock, holder: str, is_stopping: Callable[[], bool] = lambda: False
) -> Backup | None:
    """The daily backup where it is due and no other desk makes it; then this desk's old ones go.

    Raises:
        Unavailable, Refused: as `back_up`; `backup.stopped`, the program ends.
    """
    root = opened.backup_root
    if opened.server_url is None:
        return backup_if_due(opened.backup_source(), root, clock)
    made = _of_server(opened, opened.server_url, root, holder, DAILY, is_stopping)
    if made is not None:
        rotate(root)
    return made


def _of_server(
    opened: OpenedStore, url: str, root: Path, holder: str, reason: str, is_stopping: Callable[[], bool]
) -> Backup | None:
    store = opened.store
    with leases.held(store, _LEASE, holder, _LEASE_S) as hold:
        if hold is None or (reason == DAILY and not store.read(lambda connection: _is_due(connection, store.clock))):
            return None
        made = back_up_server(
            url,
            opened.key,
            root,
            reason,
            actor=store.actor,
            clock=store.clock,
            index=_index,
            tell=_keeping(hold, is_stopping),
        )
        hold.write(lambda uow: _note(uow, made))
        return made


def _is_due(connection: Connection, clock: Clock) -> bool:
    newest = _newest_of_server(connection)
    return is_old(None if newest is None else newest.at, shared_now(connection, clock))


def _keeping(hold: leases.Held, is_stopping: Callable[[], bool]) -> Tell:
    def tell(_table: str, _done: int, _total: int) -> None:
        if is_stopping():
            raise Unavailable("backup.stopped", "the program ends; the backup is made another time")
        hold.keep()
        time.sleep(_GIVE_WAY_S)

    return tell


def _index(uow: UnitOfWork, digest: Callable[[str, str], str], tell: Tell) -> None:
    index_all(uow, digest, lambda done, total: tell("order_search", done, total))


def _note(uow: UnitOfWork, made: Backup) -> None:
    keep_setting(uow, _KEPT, {"at": made.at.isoformat(), "desk": uow.actor.desk})
    uow.record("backup.made", "setting", 0, rows=sum(made.rows.values()))
