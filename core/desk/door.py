"""The door of own malls as its owner sees it: open or shut, the malls' keys, their last calls, stopped sales."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.access.gate import needs
from core.access.rights import Right
from core.channels.by_hand import UNCALLED
from core.channels.models import Shop
from core.db.unit_of_work import Store, UnitOfWork, shared_now
from core.gateway.call_log import CallCounts, CallView, counts, last_calls
from core.gateway.keeper import NodeView, nodes
from core.gateway.keys import KeyView, all_keys, make_key, revoke_key
from core.gateway.tidying import forget_gone_doors
from core.gateway.wishes import BEAT_S, DoorWish, put_wish, wish_of
from core.inventory.models import SalePause
from core.inventory.pausing import pause_sale, resume_sale
from core.runtime.errors import NotFound, Refused


@dataclass(frozen=True, slots=True)
class DoorShop:
    """A shop that may have a key. `is_paused`: its whole sale is stopped."""

    id: int
    name: str
    is_paused: bool


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secret: the only time that it is told."""

    key: str
    secret: str

    def __repr__(self) -> str:
        return f"NewKey({self.key!r})"


@dataclass(frozen=True, slots=True)
class DoorView:
    """Everything the page shows.

    Attributes:
        wish: what is wanted of this desk.
        node: this desk's door as it stands, None where none was ever open.
        others: doors of other desks.
        shops: shops that may have a key.
        keys: every key, live ones first.
        calls: the newest calls.
        counts: how the last hour went.
        at: when this was true.
    """

    wish: DoorWish
    node: NodeView | None
    others: tuple[NodeView, ...]
    shops: tuple[DoorShop, ...]
    keys: tuple[KeyView, ...]
    calls: tuple[CallView, ...]
    counts: CallCounts
    at: datetime

    @property
    def is_listening(self) -> bool:
        """Whether this desk's door is open at this moment."""
        node = self.node
        return node is not None and node.state == "open" and (self.at - node.at).total_seconds() < 3 * BEAT_S


class DoorDesk:
    """The owner's hand on the door."""

    def __init__(self, store: Store, desk_id: str) -> None:
        """`desk_id` says whose door is opened here."""
        self._store = store
        self._desk_id = desk_id

    @needs(Right.CHANGE_SETTINGS)
    def view(self) -> DoorView:
        """What the page shows, of one moment."""
        return self._store.read(self._view)

    def _view(self, connection: Connection) -> DoorView:
        at = shared_now(connection, self._store.clock)
        every = nodes(connection)
        mine = [node for node in every if node.node.partition("/")[0] == self._desk_id]
        # The one that listens, where a window and `serve` run at one desk.
        mine.sort(key=lambda node: (node.state == "open", node.at))
        others = tuple(node for node in every if node.node.partition("/")[0] != self._desk_id)
        return DoorView(
            wish_of(connection, self._desk_id),
            mine[-1] if mine else None,
            others,
            _shops(connection),
            all_keys(connection),
            last_calls(connection),
            counts(connection, at),
            at,
        )

    @needs(Right.CHANGE_SETTINGS)
    def set_wish(self, wish: DoorWish) -> None:
        """Open or shut the door of this desk; the program follows within a moment.

        Raises:
            Refused: `door.port_bad`.
        """
        if not 1024 <= wish.port <= 65535:
            raise Refused("door.port_bad", "a port is 1024 to 65535", least=1024, most=65535)

        def put(uow: UnitOfWork) -> None:
            put_wish(uow, self._desk_id, wish)
            forget_gone_doors(uow)

        self._store.write(put)

    @needs(Right.CHANGE_SETTINGS)
    def make_key(self, shop_id: int) -> NewKey:
        """A new key of a shop; its secret is told this once.

        Raises:
            NotFound: `shop.unknown`.
            Refused: `door.too_many_keys`.
        """
        made = self._store.write(lambda uow: make_key(uow, shop_id))
        return NewKey(made.key, made.secret)

    @needs(Right.CHANGE_SETTINGS)
    def revoke_key(self, key_id: int) -> None:
        """Let a key open nothing any more, at once and on every node.

        Raises:
            NotFound: `door.key_unknown`.
        """
        self._store.write(lambda uow: revoke_key(uow, key_id))

    @needs(Right.CHANGE_SETTINGS)
    def set_paused(self, shop_id: int, *, is_paused: bool) -> None:
        """Stop everything that a shop sells through the door, or let it sell again.

        Raises:
            NotFound: `shop.unknown`.
        """

        def act(uow: UnitOfWork) -> None:
            if uow.execute(select(Shop.id).where(Shop.id == shop_id)).first() is None:
                raise NotFound("shop.unknown", f"there is no shop {shop_id}")
            if is_paused:
                pause_sale(uow, shop_id, None, "by_hand")
            else:
                resume_sale(uow, shop_id, None)

        self._store.write(act)


def _shops(connection: Connection) -> tuple[DoorShop, ...]:
    # Its own switch; what stops more than this shop stands on the page of limits.
    paused = select(SalePause.shop_id).where(SalePause.sku_id.is_(None), SalePause.cause == "")
    stopped = set(connection.execute(paused).scalars())
    query = select(Shop.id, Shop.name).where(Shop.channel.not_in(UNCALLED)).order_by(Shop.id)
    return tuple(DoorShop(row.id, row.name, bool({row.id, None} & stopped)) for row in connection.execute(query))
