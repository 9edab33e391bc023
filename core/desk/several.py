"""This desk alone, or several that work together: making this one the host, letting others join, joining them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.access.gate import needs
from core.access.models import Operator
from core.access.rights import Right
from core.catalog.models import Sku
from core.db.joining import Invitation, check_joining, invite, read_invitation
from core.db.open import OpenedStore
from core.db.pending import Act, Pending, keep_pending
from core.db.servers import ServerLook, look_at_server, make_database, server_url, shown_address
from core.db.unit_of_work import Store, UnitOfWork, shared_now
from core.orders.models import Order
from core.runtime.errors import NotFound, Refused
from core.sync.presence import NodeRow, forget, nodes, set_always_on

__all__ = ["Invitation", "ServerLook", "ServerWords", "Several", "Together"]


@dataclass(frozen=True, slots=True)
class Together:
    """How this desk works.

    Attributes:
        server: where the records are, without a password; blank for a desk alone.
        nodes: the programs that work with them.
        is_new: nothing is in this desk's own file that joining others would leave behind.
    """

    server: str
    nodes: Sequence[NodeRow]
    is_new: bool


@dataclass(frozen=True, slots=True)
class ServerWords:
    """The address of a database, as typed."""

    host: str
    port: int
    database: str
    user: str
    password: str

    def __repr__(self) -> str:
        """Without the password."""
        return f"ServerWords({self.host!r})"

    @property
    def url(self) -> str:
        """As the program uses it."""
        return server_url(self.host.strip(), self.port, self.database.strip(), self.user.strip(), self.password)


class Several:
    """What changes is done at the next start: call it, then start anew. Most of it waits for the network."""

    def __init__(self, store: Store, opened: OpenedStore) -> None:
        self._store = store
        self._opened = opened

    @needs(Right.CHANGE_SETTINGS)
    def standing(self) -> Together:
        """How this desk works now."""
        url = self._opened.server_url
        store = self._store
        is_new = url is None and not store.read(_has_own_records)
        found = store.read(lambda connection: nodes(connection, shared_now(connection, store.clock)))
        return Together("" if url is None else shown_address(url), found, is_new)

    @needs(Right.CHANGE_SETTINGS)
    def watch_over(self, node: str, *, is_always_on: bool) -> None:
        """Whether the others are to tell when this program falls silent."""
        known = {row.node: row.desk for row in self.standing().nodes}
        if node not in known:
            raise NotFound("node.unknown", "there is no such program")
        self._store.write(lambda uow: set_always_on(uow, node, known[node], is_always_on=is_always_on))

    @needs(Right.CHANGE_SETTINGS)
    def forget(self, node: str) -> None:
        """Take a program out of the list that is gone for good."""
        self._store.write(lambda uow: forget(uow, node))

    @needs(Right.CHANGE_SETTINGS)
    def try_server(self, words: ServerWords) -> ServerLook:
        """See whether a server can be worked with; nothing is written there.

        Raises:
            Refused: `server.field_bad` (facts `field`), and what `look_at_server` refuses.
            Unavailable: `server.unreachable`.
        """
        _refuse_blanks(words)
        return look_at_server(words.url)

    @needs(Right.CHANGE_SETTINGS)
    def make_database(self, words: ServerWords) -> ServerLook:
        """Make the empty database that is named there, on a server that is there; nothing of ours is written to it.

        Raises:
            Refused, Unavailable: as `try_server`, and what `make_database` refuses.
        """
        _refuse_blanks(words)
        return make_database(words.url)

    @needs(Right.CHANGE_SETTINGS)
    def become_host(self, words: ServerWords) -> None:
        """Move this desk's records to an empty server at the next start.

        Raises:
            Refused, Unavailable: as `try_server`; `move.not_empty`; `move.done_before`, it works with a server.
        """
        if self._opened.server_url is not None:
            raise Refused("move.done_before", "this desk works with a server already")
        if not self.try_server(words).is_empty:
            raise Refused("move.not_empty", "there are records in this database already")
        keep_pending(self._opened.folder, self._opened.key, Pending(Act.MOVE, words.url))

    @needs(Right.CHANGE_SETTINGS)
    def invite(self) -> Invitation:
        """A joining code and its PIN for another desk; written down in the journal, neither of them is.

        Raises:
            Refused: `join.alone`, this desk works alone.
        """
        url = self._opened.server_url
        if url is None:
            raise Refused("join.alone", "this desk works alone: make it the host first")
        self._store.write(_note_invited)
        return invite(url, self._opened.key)

    @needs(Right.CHANGE_SETTINGS)
    def join(self, code: str, pin: str, *, leaves_records: bool = False) -> None:
        """Join the desks of a code at the next start.

        Args:
            code: of the host.
            pin: that belongs to it.
            leaves_records: somebody has agreed that what is in this desk's own file is set aside.

        Raises:
            Refused: what `read_invitation`, `look_at_server` and `check_joining` refuse; `join.has_records`;
                `move.done_before`, it works with a server.
            Unavailable: `server.unreachable`.
        """
        if self._opened.server_url is not None:
            raise Refused("move.done_before", "this desk works with a server already")
        joining = read_invitation(code, pin)
        check_joining(joining)
        if not leaves_records and self._store.read(_has_own_records):
            raise Refused("join.has_records", "this desk has orders or goods of its own")
        keep_pending(self._opened.folder, self._opened.key, Pending(Act.JOIN, joining.url, joining.key))


def _refuse_blanks(words: ServerWords) -> None:
    for name in ("host", "database", "user"):
        text = getattr(words, name).strip()
        if not text or not text.isprintable() or any(char.isspace() for char in text):
            raise Refused("server.field_bad", f"{name} is missing or cannot be used", field=name)


def _note_invited(uow: UnitOfWork) -> None:
    uow.record("desk.invited", "setting", 0)


def _has_own_records(connection: Connection) -> bool:
    return any(connection.execute(select(model.id).limit(1)).first() is not None for model in (Order, Sku, Operator))
