"""Orders that a shop names and that could not be taken in: kept, so that the shop's watermark need not wait for them.

Were the watermark held back, one order that nobody understands would have its shop read days of changes again each
minute. Here it is asked for by itself, less and less often, and a watch tells people of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, select, update

from core.channels.models import Shop, is_called
from core.db.limits import limits_of
from core.db.unit_of_work import UnitOfWork
from core.orders.models import Order
from core.runtime.errors import NotFound
from core.runtime.standing import Severity, Standing
from core.sync.cursors import CHANGED, reached_until
from core.sync.models import UnreadOrder
from core.sync.troubles import Trouble, kept_text, trouble_in

#: the rule, and seconds for which an order may stay unread
UNREAD: Final = "order.unread"
UNREAD_S: Final = 180.0
#: orders that are asked for by themselves in one round of a shop
AT_ONCE: Final = 5
#: it is asked for at once; the pauses before further tries double from the first to the last
_FIRST: Final = timedelta(seconds=20)
_LAST: Final = timedelta(hours=1)
#: what its list names and the shop itself does not know for so long is no order
_UNKNOWN_FOR: Final = timedelta(hours=1)
_AWAITED = (
    select(*UnreadOrder.__table__.c)
    .where(UnreadOrder.let_go_at.is_(None))
    .order_by(UnreadOrder.tried_at, UnreadOrder.order_no)
)
#: numbers that are said in one sentence
_SAID: Final = 3


@dataclass(frozen=True, slots=True)
class Unread:
    """One of them.

    Attributes:
        since_at: when it was met first.
        due_at: when it is asked for again.
        trouble: what came of the last try.
    """

    order_no: str
    since_at: datetime
    due_at: datetime
    trouble: Trouble | None


def note(uow: UnitOfWork, shop_id: int, errors: Mapping[str, Exception]) -> None:
    """These orders could not be taken in: order number -> what came of it."""
    for order_no, error in errors.items():
        here = (UnreadOrder.shop_id == shop_id, UnreadOrder.order_no == order_no)
        tried = {"tried_at": uow.now, "error": kept_text(error)}
        again = update(UnreadOrder).where(*here).values(**tried, try_count=UnreadOrder.try_count + 1)
        if not uow.count(again):
            known_until = reached_until(uow.connection, shop_id, CHANGED)
            first = {"since_at": uow.now, "try_count": 1, "known_until": known_until, "let_go_by": ""}
            uow.insert_many(UnreadOrder, [{"shop_id": shop_id, "order_no": order_no, **tried, **first}])
            uow.changed("unread_order")


def set_awaited(uow: UnitOfWork, shop_id: int, order_no: str, *, is_awaited: bool) -> None:
    """Whether the program waits for one. Should one come that nobody waits for, it is taken in as any other.

    Raises:
        NotFound: `order.unread_unknown`; it came meanwhile, or somebody else has said so before.
    """
    was_let_go = UnreadOrder.let_go_at.is_not(None) if is_awaited else UnreadOrder.let_go_at.is_(None)
    here = (UnreadOrder.shop_id == shop_id, UnreadOrder.order_no == order_no, was_let_go)
    values = {"let_go_at": None if is_awaited else uow.now, "let_go_by": "" if is_awaited else uow.actor.operator}
    if not uow.count(update(UnreadOrder).where(*here).values(values)):
        raise NotFound("order.unread_unknown", "this order is not waited for any more", number=order_no)
    uow.record("order.awaited" if is_awaited else "order.let_go", "shop", shop_id, order_no=order_no)
    uow.changed("unread_order")


def forget(uow: UnitOfWork, shop_id: int, *order_nos: str) -> None:
    """They came, or are no orders."""
    here = (UnreadOrder.shop_id == shop_id, UnreadOrder.order_no.in_(order_nos))
    if uow.count(delete(UnreadOrder).where(*here)):
        uow.changed("unread_order")


def came(connection: Connection, shop_id: int) -> Sequence[str]:
    """Those that came another way since they were tried: their shop named them again, or somebody asked."""
    is_same = and_(Order.shop_id == UnreadOrder.shop_id, Order.order_no == UnreadOrder.order_no)
    query = select(UnreadOrder.order_no).join(Order, is_same).where(UnreadOrder.shop_id == shop_id)
    return list(connection.execute(query.where(Order.seen_at > UnreadOrder.tried_at)).scalars())


def unread(connection: Connection, shop_id: int) -> Sequence[Unread]:
    """Those of a shop that are waited for, the one that was tried longest ago first."""
    return [_of(row) for row in connection.execute(_AWAITED.where(UnreadOrder.shop_id == shop_id))]


def unread_by_shop(connection: Connection) -> Mapping[int, Sequence[Unread]]:
    """The same of every shop that has any."""
    found: dict[int, list[Unread]] = {}
    for row in connection.execute(_AWAITED):
        found.setdefault(row.shop_id, []).append(_of(row))
    return found


def _of(row: Any) -> Unread:
    pause = timedelta() if row.try_count < 2 else min(_FIRST * 2 ** min(row.try_count - 2, 16), _LAST)
    return Unread(row.order_no, row.since_at, row.tried_at + pause, trouble_in(row.error))


def is_over(one: Unread, now: datetime) -> bool:
    """Whether an order that its shop does not know was waited for long enough."""
    return now - one.since_at > _UNKNOWN_FOR


def orders_unread(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Shops of which orders wait for longer than their limit to be taken in."""
    limits = limits_of(connection, UNREAD, UNREAD_S)
    query = (
        select(Shop.id, Shop.name, UnreadOrder.order_no, UnreadOrder.since_at)
        .join(UnreadOrder, UnreadOrder.shop_id == Shop.id)
        .where(is_called(), UnreadOrder.let_go_at.is_(None))
        .order_by(Shop.id, UnreadOrder.since_at, UnreadOrder.order_no)
    )
    found: dict[int, tuple[str, list[str]]] = {}
    for row in connection.execute(query):
        if (at - row.since_at).total_seconds() > limits.of(f"shop:{row.id}"):
            found.setdefault(row.id, (row.name, []))[1].append(row.order_no)
    return [
        Standing(
            UNREAD,
            f"shop:{shop_id}",
            Severity.CRITICAL,
            {"shop": name, "n": len(numbers), "numbers": ", ".join(numbers[:_SAID])},
        )
        for shop_id, (name, numbers) in found.items()
    ]
