"""Finding orders by what a clerk types: complete at any depth, and quick in a file of a million.

Every way of finding gives the newest orders of all that match, so the newest of all ways together are the page. What
an index gives in the order of the pages (names, tails, goods) is taken as it comes. What it gives in another order is
read whole where it is short; what very many orders match, the newest orders match already.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, exists, func, literal_column, or_, select
from sqlalchemy.engine import Connection

from core.catalog.queries import sku_ids_called
from core.channels.models import Shop
from core.customers.models import Identity
from core.customers.service import account_key
from core.db.letters import contains, without_case
from core.db.sets import id_set, packed_ids
from core.orders import search_index
from core.orders.models import Hold, Order, OrderLine
from core.orders.numbers import ids_called, without_sign
from core.orders.search_index import Digest

#: orders that a waybill number belongs to
OrdersOfWaybill = Callable[[Connection, str], Sequence[int]]

#: an id above every order's: where the first page begins
NEWEST = 1 << 62
#: the id as an expression: by the bare one an engine may walk all ids from the newest down, through everybody's
#: history, instead of the few that are asked for
PLAIN_ID: ColumnElement[int] = literal_column("+orders.id", BigInteger)
#: nobody types more; an order number has up to 64 characters
_LONGEST = 100
#: shorter beginnings of order numbers mean nothing
_SHORTEST_PREFIX = 3
#: so many orders are read whole and sorted
_FEW = 1000
#: so many of the newest are looked through for what very many match
_RECENT = 3000
#: so many SKUs are looked up in the index without looking through the newest orders first
_MANY_SKUS = 40


def search(
    connection: Connection,
    typed: str,
    digest: Digest,
    before: int,
    limit: int,
    orders_of_waybill: OrdersOfWaybill,
) -> list[int]:
    """Ids below `before`, newest first, of orders that the typed text means.

    It may be a waybill number, an order number or its beginning, a buyer's id, the last four digits of a phone, part
    of a receiver's name, or part of what goods are called.
    """
    words = _searchable(typed)
    if not words:
        return []
    plain = unicodedata.normalize("NFKC", words)
    # As it was typed, and as it would have been typed without an input method's wide letters and digits.
    ways = dict.fromkeys((words, plain))
    below = {"before": before, "many": limit}
    found: set[int] = set()
    for number in dict.fromkeys((*ways, plain.upper())):
        found.update(orders_of_waybill(connection, number))
        found.update(_by_number(connection, number, before, limit))
    for way in ways:
        account = account_key(connection, way, digest)
        found.update(connection.execute(_OF_BUYER, {"key": account} | below).scalars())
        found.update(connection.execute(_UNMATCHED, {"piece": without_case(way)} | below).scalars())
    if len(plain) == 4 and plain.isascii() and plain.isdigit():
        found.update(search_index.ids_by_tail(connection, plain, digest, before, limit))
    found.update(search_index.ids_by_name(connection, words, digest, before, limit))
    found.update(_by_goods(connection, ways, before, limit))
    return sorted((order_id for order_id in found if order_id < before), reverse=True)[:limit]


def search_people(connection: Connection, typed: str, digest: Digest, before: int, limit: int) -> list[int]:
    """Ids below `before`, newest first, of orders whose buyer or receiver the typed text means.

    It may be part of a receiver's name, the last four digits of a phone, a buyer's id, or an order number or its
    beginning; what the goods are called is not looked at.
    """
    words = _searchable(typed)
    if not words:
        return []
    plain = unicodedata.normalize("NFKC", words)
    found: set[int] = set()
    for number in dict.fromkeys((words, plain, plain.upper())):
        found.update(_by_number(connection, number, before, limit))
    for way in dict.fromkeys((words, plain)):
        binds = {"key": account_key(connection, way, digest), "before": before, "many": limit}
        found.update(connection.execute(_OF_BUYER, binds).scalars())
    if len(plain) == 4 and plain.isascii() and plain.isdigit():
        found.update(search_index.ids_by_tail(connection, plain, digest, before, limit))
    found.update(search_index.ids_by_name(connection, words, digest, before, limit))
    return sorted((order_id for order_id in found if order_id < before), reverse=True)[:limit]


def _searchable(typed: str) -> str:
    """What was typed, at the length of a search, without what no database takes (NUL, half a surrogate pair)."""
    return "".join(ch for ch in typed if unicodedata.category(ch) not in {"Cc", "Cs"}).strip()[:_LONGEST]


# --- order numbers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Queries for orders whose number lies between two texts, compared by code points on either engine.

    Attributes:
        some: of one shop, at most `some` of them, the highest numbers where the engine can.
        recent: of all shops, the newest, found among the last `recent` orders.
        newest: of all shops, the newest from the id `floor` on.
    """

    some: Select[int]
    recent: Select[int]
    newest: Select[int]


def _numbers(number: Any, at_least: str, below: str, *highest_first: Any) -> _Numbers:
    def between(column: Any) -> tuple[Any, Any]:
        return column.op(at_least)(bindparam("low")), column.op(below)(bindparam("high"))

    last = select(Order.id, number.label("number")).where(Order.id < bindparam("before"))
    newest = last.order_by(Order.id.desc()).limit(bindparam("recent")).subquery("newest")
    recent = select(newest.c.id).where(*between(newest.c.number)).order_by(newest.c.id.desc())
    every = select(Order.id).where(*between(number), Order.id < bindparam("before"))
    some = every.where(Order.shop_id == bindparam("shop")).order_by(*highest_first)
    from_floor = every.where(Order.shop_id.in_(_SHOPS), bindparam("floor") <= PLAIN_ID).order_by(PLAIN_ID.desc())
    return _Numbers(
        some.limit(bindparam("some")), recent.limit(bindparam("many")), from_floor.limit(bindparam("many"))
    )


_SHOPS = select(Shop.id)
# LIKE 'abc%' uses the index on neither engine; on PostgreSQL the plain signs would sort by the server's language.
_NUMBERS = {
    "sqlite": tuple(_numbers(number, ">=", "<", number.desc()) for number in (Order.order_no, Order.display_no)),
    "postgresql": tuple(_numbers(number, "~>=~", "~<~") for number in (Order.order_no, Order.display_no)),
}


def _by_number(connection: Connection, number: str, before: int, limit: int) -> Sequence[int]:
    """By what the platform is asked by, and by what people see."""
    bare = without_sign(number)
    if len(bare) < _SHORTEST_PREFIX:
        return connection.execute(ids_called(number)).scalars().all()
    asked, shown = _NUMBERS[connection.dialect.name]
    return [*_in_range(connection, asked, number, before, limit), *_in_range(connection, shown, bare, before, limit)]


def _in_range(connection: Connection, queries: _Numbers, number: str, before: int, limit: int) -> Sequence[int]:
    binds = {"low": number, "high": number + "\U0010ffff", "before": before, "many": limit}
    few = max(_FEW, limit)
    found: list[int] = []
    for shop in connection.execute(_SHOPS).scalars().all():
        found += connection.execute(queries.some, binds | {"shop": shop, "some": few}).scalars().all()
        if len(found) >= few:
            break
    else:
        return found
    recent = connection.execute(queries.recent, binds | {"recent": _RECENT}).scalars().all()
    if len(recent) == limit:
        return recent
    # So many are known already: whatever lies below them is on no page. What remains is a mere pass over the range.
    floor = sorted(found, reverse=True)[:limit][-1]
    return connection.execute(queries.newest, binds | {"floor": floor}).scalars().all()


# --- buyers -----------------------------------------------------------------------------------------------------

# Hop from one account space to the next: the key alone would be looked for through everybody's accounts.
_FIRST_SPACE = select(func.min(Identity.channel).label("name")).cte("space", recursive=True)
_NEXT_SPACE = select(func.min(Identity.channel)).where(Identity.channel > _FIRST_SPACE.c.name).scalar_subquery()
_SPACES = _FIRST_SPACE.union_all(select(_NEXT_SPACE).where(_FIRST_SPACE.c.name.is_not(None)))
_BUYERS = select(Identity.customer_id).where(
    Identity.channel.in_(select(_SPACES.c.name)), Identity.buyer_key == bindparam("key")
)
_OF_BUYER = (
    select(Order.id)
    .where(Order.customer_id.in_(_BUYERS), Order.id < bindparam("before"))
    .order_by(Order.id.desc())
    .limit(bindparam("many"))
)

# --- goods ------------------------------------------------------------------------------------------------------

_LAST = (
    select(Order.id)
    .where(Order.id < bindparam("before"))
    .order_by(Order.id.desc())
    .limit(bindparam("recent"))
    .subquery("newest")
)
_HAS_GOODS = exists().where(
    OrderLine.order_id == _LAST.c.id,
    OrderLine.is_current,
    or_(OrderLine.sku_id.in_(id_set("skus")), OrderLine.bundle_sku_id.in_(id_set("skus"))),
)
_RECENT_GOODS = select(_LAST.c.id).where(_HAS_GOODS).order_by(_LAST.c.id.desc()).limit(bindparam("many"))
# Orders whose listing matches no SKU yet: few, and their goods have no name but the platform's.
_WAITING = select(Hold.order_id).where(Hold.reason == "unmatched", Hold.released_at.is_(None))
_UNMATCHED = (
    select(OrderLine.order_id)
    .where(
        OrderLine.order_id.in_(_WAITING),
        OrderLine.order_id < bindparam("before"),
        OrderLine.is_current,
        or_(*(contains(column, bindparam("piece")) for column in (OrderLine.title, OrderLine.spec))),
    )
    .distinct()
    .order_by(OrderLine.order_id.desc())
    .limit(bindparam("many"))
)


def _by_goods(connection: Connection, pieces: Iterable[str], before: int, limit: int) -> Sequence[int]:
    """Orders that hold goods whose names hold any of the pieces."""
    sku_ids = sorted({sku_id for piece in pieces for sku_id in sku_ids_called(connection, piece)})
    if len(sku_ids) > _MANY_SKUS:
        binds = {"before": before, "many": limit, "recent": _RECENT, "skus": packed_ids(sku_ids)}
        recent = connection.execute(_RECENT_GOODS, binds).scalars().all()
        if len(recent) == limit:
            return recent
    return search_index.ids_by_skus(connection, sku_ids, before, limit)
