"""Which programs of this database are awake, and which of them were to be awake always.

Being awake is a lease that a program takes again and again; nobody else wants it. Those that are to be always on
are named in a setting, so that the silence of one is told by the others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select, update

from core.db import leases
from core.db.limits import limits_of
from core.db.models import Lease
from core.db.settings import keep_setting, kept_setting
from core.db.unit_of_work import UnitOfWork
from core.runtime.standing import Severity, Standing

#: how often a program says that it is awake
BEAT_S: Final = 60.0
#: so long without a word and it counts as gone; longer than a restart takes, or an update of the system
SILENT_S: Final = 300.0
#: table name by which pages hear that the list has changed
NODES: Final = "node"
SILENT: Final = "node.silent"
_LEASE: Final = "awake:"
_SETTING: Final = "always_on"
#: a window that was closed for good stays in the list for so long
_LISTED: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A program that works with this database.

    Attributes:
        node: names it among all.
        desk: the desk it runs at, for people; `kind` is `window` or `serve`.
        heard_at: when it was last awake, None where it never was since it was named.
    """

    node: str
    desk: str
    kind: str
    heard_at: datetime | None
    is_always_on: bool


def beat(uow: UnitOfWork, node: str) -> None:
    """This program is awake at this moment. Pages hear of it where it was silent or never there before."""
    before = _heard(uow.connection, [node]).get(node)
    # A lease of no time: nobody is kept from anything, and its end is when the program was heard.
    leases.take(uow, f"{_LEASE}{node}", uow.actor.desk, 0)
    if before is None or uow.now - before[1] > timedelta(seconds=SILENT_S):
        uow.changed(NODES)


def set_always_on(uow: UnitOfWork, node: str, desk: str, *, is_always_on: bool) -> None:
    """Whether the others are to tell when this program falls silent."""
    named = dict(_named(uow.connection))
    if (node in named) == is_always_on and (not is_always_on or named[node] == desk):
        return
    if is_always_on:
        named[node] = desk
    else:
        del named[node]
    keep_setting(uow, _SETTING, named)
    uow.record("node.always_on" if is_always_on else "node.not_always_on", "setting", 0, node=node, desk=desk)
    uow.changed(NODES)


def forget(uow: UnitOfWork, node: str) -> None:
    """Take a program out of the list that is gone for good."""
    set_always_on(uow, node, "", is_always_on=False)
    uow.execute(update(Lease).where(Lease.name == f"{_LEASE}{node}").values(until_at=uow.now - 2 * _LISTED))
    uow.changed(NODES)


def nodes(connection: Connection, now: datetime) -> Sequence[NodeRow]:
    """Every program that was heard lately or is to be always on, the newest word first."""
    named = _named(connection)
    heard = _heard(connection)
    rows = []
    for node in {*named, *(node for node, (_, at) in heard.items() if at > now - _LISTED)}:
        desk, heard_at = heard.get(node, (named.get(node, ""), None))
        rows.append(NodeRow(node, desk, node.rpartition("/")[2], heard_at, node in named))
    return sorted(rows, key=lambda row: (row.heard_at is None, -(row.heard_at or now).timestamp(), row.node))


def node_silent(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Programs that were to be always on and have said nothing for too long."""
    limits = limits_of(connection, SILENT, SILENT_S)
    named = _named(connection)
    heard = _heard(connection, named)
    found = []
    for node, desk in sorted(named.items()):
        key = f"node:{node}"
        if node not in heard:
            continue
        age_s = (at - heard[node][1]).total_seconds()
        if age_s > limits.of(key):
            found.append(Standing(SILENT, key, Severity.CRITICAL, {"desk": desk, "minutes": int(age_s // 60)}))
    return found


def _named(connection: Connection) -> Mapping[str, str]:
    kept = kept_setting(connection, _SETTING)
    return {str(node): str(desk) for node, desk in kept.items()} if isinstance(kept, dict) else {}


def _heard(connection: Connection, of: Iterable[str] | None = None) -> Mapping[str, tuple[str, datetime]]:
    """Node -> the name of its desk and when it was last awake; of these nodes, or of all."""
    here = Lease.name.startswith(_LEASE, autoescape=True)
    if of is not None:
        here = Lease.name.in_([f"{_LEASE}{node}" for node in of])
    query = select(Lease.name, Lease.holder, Lease.until_at).where(here)
    return {row.name.removeprefix(_LEASE): (row.holder, row.until_at) for row in connection.execute(query)}
