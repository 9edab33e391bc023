"""Keeping the door: opened and shut as the owner says, its feeds written, its calls counted, its state told."""

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from core.customers.service import Digest
from core.db.unit_of_work import Changes, Store, UnitOfWork, Urgency, insert_or_ignore
from core.gateway import tidying
from core.gateway.call_log import CallLog, write_calls
from core.gateway.door import Door
from core.gateway.events import newest_event
from core.gateway.keys import door_shops
from core.gateway.limits import Rates
from core.gateway.models import DoorEvent, DoorNode
from core.gateway.reservations import Tools
from core.gateway.wishes import BEAT_S, DoorWish, wish_of
from core.runtime.collector import unwalked
from core.runtime.errors import DomainError, Unavailable

if TYPE_CHECKING:
    from core.gateway.server import DoorServer

_log = logging.getLogger(__name__)

_FEED_S: Final = 1.0
#: every number is compared so often, and after something happened that does not say whose number it changed
_WHOLE_EVERY_S: Final = 60.0
_UNSURE_EVERY_S: Final = 5.0
_SWEEP_EVERY_S: Final = 10.0
_FORGET_EVERY_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class NodeView:
    """A program that keeps a door, as all may see it."""

    node: str
    name: str
    state: str
    address: str
    error: str
    at: Any


def nodes(connection: Connection) -> tuple[NodeView, ...]:
    """Every program that keeps or kept a door lately."""
    columns = (DoorNode.node, DoorNode.name, DoorNode.state, DoorNode.address, DoorNode.error, DoorNode.at)
    return tuple(NodeView(*row) for row in connection.execute(select(*columns).order_by(DoorNode.node)))


class Keeper:
    """The door of one running program. Nothing of it is loaded while the door is shut."""

    def __init__(
        self,
        store: Store,
        digest: Digest,
        carrier_code: str,
        *,
        desk_id: str,
        holder: str,
        rates: Rates | None = None,
        new_id: Callable[[], str] = lambda: f"rsv_{secrets.token_urlsafe(15)}",
    ) -> None:
        """Make it; shut.

        Args:
            store: the records.
            digest: for personal data on the way in.
            carrier_code: of our own numbers.
            desk_id: whose setting counts.
            holder: tells this program from all others.
            rates: how often malls may call.
            new_id: makes a reservation's public id.
        """
        self._store = store
        self._desk_id = desk_id
        self._holder = holder
        self._log = CallLog()
        self._door = Door(store, Tools(digest, carrier_code, new_id), rates)
        self._feeds = tidying.Feeds(store)
        self._server: DoorServer | None = None
        self._open_for = DoorWish()
        self._told = ("", "", "")
        self._heard = 0
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()
        self._levels: set[int] = set()
        self._levels_lock = threading.Lock()
        self._unsubscribe = store.subscribe(self._on_changes)

    @property
    def address(self) -> str:
        """Where the door is open, empty where it is shut."""
        server = self._server
        return "" if server is None else f"http://127.0.0.1:{server.port}"

    def stop(self) -> None:
        """Shut the door and hear nothing more."""
        self._unsubscribe()
        with self._lock:
            was_open = self._server is not None
            self._shut()
            if was_open or self._told[0] == "failed":
                self._flush()
                self._tell("closed", "", "")

    def _on_changes(self, changes: Changes) -> None:
        server = self._server
        if server is None:
            return
        if changes.touches(DoorEvent.__tablename__):
            server.bell.ring()
        with self._levels_lock:
            self._levels |= changes.tables.get("stock_level", frozenset())

    def work(self) -> float:
        """Do what is due: for a lane. Gives the seconds until there may be more."""
        with self._lock:
            self._follow()
            if self._server is None:
                return BEAT_S
            self._flush()
            self._feed()
        return _FEED_S

    def _follow(self) -> None:
        wish = self._store.read(lambda connection: wish_of(connection, self._desk_id))
        server = self._server
        if server is not None and (wish != self._open_for or not server.is_alive):
            self._shut()
        if not wish.is_open:
            if self._told[0] in {"open", "failed"}:
                self._tell("closed", "", "")
            return
        if self._server is None:
            self._open(wish)
        if self._server is not None and self._is_time("beat", BEAT_S):
            self._tell("open", _address(wish, self._server.port), "", is_beat=True)

    def _open(self, wish: DoorWish) -> None:
        # Its modules stay: no later pass of the collector, which holds every answer up, has to walk them.
        with unwalked():
            from core.gateway.server import DoorServer

        try:
            server = DoorServer(self._door, self._log, self._store.clock, is_lan=wish.is_lan, port=wish.port)
            server.start()
        except Unavailable as error:
            if not self._is_kept_by_a_sister(wish):
                self._tell("failed", "", error.code, is_beat=self._is_time("beat", BEAT_S))
            return
        self._server, self._open_for = server, wish
        self._tell("open", _address(wish, server.port), "")

    def _is_kept_by_a_sister(self, wish: DoorWish) -> bool:
        """Whether another program of this desk has the port: a window beside `serve` is no failure."""

        def look(connection: Connection) -> bool:
            fresh = self._store.clock.now() - timedelta(seconds=3 * BEAT_S)
            query = select(DoorNode.node).where(
                DoorNode.state == "open",
                DoorNode.node != self._holder,
                DoorNode.node.startswith(f"{self._desk_id}/", autoescape=True),
                DoorNode.at > fresh,
                DoorNode.address.endswith(f":{wish.port}", autoescape=True),
            )
            return connection.execute(query.limit(1)).first() is not None

        return self._store.read(look)

    def _shut(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def _flush(self) -> None:
        rows = self._log.take()
        if rows:
            self._store.write(lambda uow: write_calls(uow, rows), urgency=Urgency.LANE)

    def _feed(self) -> None:
        try:
            if self._store.read(door_shops):
                with self._levels_lock:
                    levels, self._levels = self._levels, set()
                every_s = _UNSURE_EVERY_S if self._feeds.is_unsure else _WHOLE_EVERY_S
                self._feeds.write(levels, is_whole=self._is_time("whole", every_s))
                if self._is_time("sweep", _SWEEP_EVERY_S):
                    tidying.sweep_all(self._store)
            if self._is_time("forget", _FORGET_EVERY_S):
                tidying.forget(self._store)
            newest = self._store.read(newest_event)
        except DomainError as error:
            _log.info("the door's feeds could not be written: %s", error)
            return
        if newest != self._heard and self._server is not None:
            # Another node wrote it.
            self._heard = newest
            self._server.bell.ring()

    def _is_time(self, what: str, every_s: float) -> bool:
        now = self._store.clock.monotonic()
        if now - self._last.get(what, -every_s) < every_s:
            return False
        self._last[what] = now
        return True

    def _tell(self, state: str, address: str, error: str, *, is_beat: bool = False) -> None:
        said = (state, address, error)
        if said == self._told and not is_beat:
            return
        is_new, self._told = said != self._told, said
        self._store.write(lambda uow: self._write(uow, said, is_new=is_new), urgency=Urgency.LANE)

    def _write(self, uow: UnitOfWork, said: tuple[str, str, str], *, is_new: bool) -> None:
        state, address, error = said
        facts = {"name": uow.actor.desk, "state": state, "address": address, "error": error, "at": uow.now}
        if not uow.count(update(DoorNode).where(DoorNode.node == self._holder).values(**facts)):
            uow.count(insert_or_ignore(uow.connection, DoorNode), {"node": self._holder, **facts})
        if is_new:
            uow.record(f"door.{state}", "setting", 0, address=address, error=error)
            uow.changed(DoorNode.__tablename__)


def _address(wish: DoorWish, port: int) -> str:
    if not wish.is_lan:
        return f"http://127.0.0.1:{port}"
    return f"http://{_own_address()}:{port}"


def _own_address() -> str:
    """This machine's address in its network; nothing is sent for it."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
