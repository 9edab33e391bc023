"""The search index of orders, and why it misses nothing.

A two-character Chinese name is the norm, and trigram indexes answer such searches with nothing. So names are indexed
by single characters and searched as a phrase (SQLite: a contentless FTS5 table inside the encrypted file; rowid is
the order) or by keyed digests of characters and pairs (PostgreSQL: a GIN array, because a clear name may not stand in
a column). Goods are found through the small SKU table and the tokens of the SKUs, not through their text.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import DDL, Connection, event, func, select, text

from core.customers.queries import consignees
from core.db.base import Base
from core.db.unit_of_work import UnitOfWork
from core.orders.models import Order, OrderLine

Digest = Callable[[str, str], str]

SQLITE_DDL = (
    "CREATE VIRTUAL TABLE order_search USING fts5(name, tokens, content='', contentless_delete=1,"
    " tokenize='ascii', detail=full)",
)
POSTGRES_DDL = (
    "CREATE TABLE order_search (order_id bigint PRIMARY KEY, terms bigint[] NOT NULL)",
    "CREATE INDEX ix_order_search_terms ON order_search USING gin (terms)",
    # A prefix is found through an index whatever the server's language sorts by.
    "CREATE INDEX ix_orders_order_no_prefix ON orders (shop_id, order_no text_pattern_ops)",
)

#: orders that are indexed with one statement when all are
_INDEXED_TOGETHER = 500
#: letters, numbers, private and unassigned characters
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Co", "Cn"})

for _statement in SQLITE_DDL:
    event.listen(Base.metadata, "after_create", DDL(_statement).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]  # the library has no types here
for _statement in POSTGRES_DDL:
    event.listen(Base.metadata, "after_create", DDL(_statement).execute_if(dialect="postgresql"))  # type: ignore[no-untyped-call]  # as above


@dataclass(frozen=True, slots=True)
class Searchable:
    """What can be searched of one order."""

    order_id: int
    name: str
    phone: str
    sku_ids: Sequence[int]


def index_orders(uow: UnitOfWork, orders: Sequence[Searchable], digest: Digest) -> None:
    """Add orders that are not in the index yet, with one statement."""
    if not orders:
        return
    if uow.is_sqlite:
        _insert_sqlite(uow, orders)
    else:
        values = [{"i": o.order_id, "t": sorted(_terms(o, digest))} for o in orders]
        uow.execute(text("INSERT INTO order_search(order_id, terms) VALUES (:i, :t)"), values)


def _insert_sqlite(uow: UnitOfWork, orders: Sequence[Searchable]) -> None:
    rows = [(o.order_id, _phrase(_characters(o.name)), " ".join(_tokens(o))) for o in orders]
    if rows:
        uow.connection.exec_driver_sql("INSERT INTO order_search(rowid, name, tokens) VALUES (?, ?, ?)", rows)


def drop_orders(uow: UnitOfWork, order_ids: Iterable[int]) -> None:
    """Take orders out, to be indexed anew."""
    column = "rowid" if uow.is_sqlite else "order_id"
    rows = [{"i": order_id} for order_id in order_ids]
    if rows:
        uow.execute(text(f"DELETE FROM order_search WHERE {column} = :i"), rows)  # noqa: S608 - one of two constants


def forget_people(uow: UnitOfWork, order_ids: Sequence[int]) -> None:
    """Take names and phones out, when a person is erased; the goods are still found."""
    if not uow.is_sqlite:
        kept = "ARRAY(SELECT term FROM unnest(terms) AS term WHERE term < 0)"
        rows = [{"i": order_id} for order_id in order_ids]
        if rows:
            uow.execute(text(f"UPDATE order_search SET terms = {kept} WHERE order_id = :i"), rows)  # noqa: S608 - constants
        return
    drop_orders(uow, order_ids)
    goods = [Searchable(order_id, "", "", _sku_ids(uow, order_id)) for order_id in order_ids]
    _insert_sqlite(uow, goods)
    # The full text keeps what was taken out until its parts are merged.
    uow.execute(text("INSERT INTO order_search(order_search) VALUES ('optimize')"))


def reindex(uow: UnitOfWork, order_id: int, digest: Digest) -> None:
    """Index an order anew, by its receiver and lines as they stand."""
    consignee_id = uow.execute(select(Order.consignee_id).where(Order.id == order_id)).scalar_one()
    who = consignees(uow.connection, [consignee_id])[consignee_id]
    drop_orders(uow, [order_id])
    index_orders(uow, [Searchable(order_id, who.name, who.phone, _sku_ids(uow, order_id))], digest)


def index_all(uow: UnitOfWork, digest: Digest, tell: Callable[[int, int], None]) -> None:
    """Make the whole index, in a database that has none yet; `tell` hears how many orders of how many are done."""
    total = int(uow.execute(select(func.count(Order.id))).scalar_one())
    done, after = 0, 0
    while True:
        page = uow.rows(
            select(Order.id, Order.consignee_id).where(Order.id > after).order_by(Order.id).limit(_INDEXED_TOGETHER)
        )
        if not page:
            return
        ids = [row.id for row in page]
        goods: dict[int, set[int]] = {order_id: set() for order_id in ids}
        of_lines = select(OrderLine.order_id, OrderLine.sku_id, OrderLine.bundle_sku_id)
        for order_id, *skus in uow.rows(of_lines.where(OrderLine.order_id.in_(ids), OrderLine.is_current)):
            goods[order_id] |= {sku_id for sku_id in skus if sku_id is not None}
        people = consignees(uow.connection, sorted({row.consignee_id for row in page}))
        found = [
            Searchable(row.id, people[row.consignee_id].name, people[row.consignee_id].phone, sorted(goods[row.id]))
            for row in page
        ]
        index_orders(uow, found, digest)
        done, after = done + len(page), ids[-1]
        tell(done, total)


def _sku_ids(uow: UnitOfWork, order_id: int) -> list[int]:
    here = (OrderLine.order_id == order_id, OrderLine.is_current)
    lines = uow.rows(select(OrderLine.sku_id, OrderLine.bundle_sku_id).where(*here))
    return sorted({sku_id for line in lines for sku_id in line if sku_id is not None})


def ids_by_name(connection: Connection, part: str, digest: Digest, before: int, limit: int) -> list[int]:
    """Orders below `before`, newest first, whose consignee name contains the part."""
    characters = _characters(part)
    if not characters:
        return []
    if connection.dialect.name == "sqlite":
        return _sqlite(connection, f'name : "{_phrase(characters)}"', before, limit)
    terms = [_number(digest("name", term)) for term in _grams(characters)]
    found: list[int] = []
    while True:
        offered = _postgres(connection, "@>", terms, before, limit)
        # Three and more characters are several pairs, which may stand apart in a name.
        found += offered if len(characters) < 3 else _named(connection, offered, characters)
        if len(offered) < limit or len(found) >= limit:
            return found[:limit]
        before = offered[-1]


def ids_by_tail(connection: Connection, tail: str, digest: Digest, before: int, limit: int) -> list[int]:
    """Orders below `before`, newest first, whose phone ends in these four digits."""
    if connection.dialect.name == "sqlite":
        return _sqlite(connection, f'tokens : "t{tail}"', before, limit)
    return _postgres(connection, "@>", [_number(digest("tail", tail))], before, limit)


def ids_by_skus(connection: Connection, sku_ids: Sequence[int], before: int, limit: int) -> list[int]:
    """Orders below `before`, newest first, that hold any of these SKUs."""
    if not sku_ids:
        return []
    if connection.dialect.name == "sqlite":
        any_of = " OR ".join(f'"g{sku_id}"' for sku_id in sku_ids)
        return _sqlite(connection, f"tokens : ({any_of})", before, limit)
    return _postgres(connection, "&&", [-sku_id for sku_id in sku_ids], before, limit)


def _named(connection: Connection, order_ids: Sequence[int], characters: Sequence[str]) -> list[int]:
    """Those of the orders whose consignee's name really contains the characters in a row."""
    query = select(Order.id, Order.consignee_id).where(Order.id.in_(order_ids)).order_by(Order.id.desc())
    orders = connection.execute(query).all()
    people = consignees(connection, [order.consignee_id for order in orders])
    part = "".join(characters)
    return [order.id for order in orders if part in "".join(_characters(people[order.consignee_id].name))]


def _sqlite(connection: Connection, match: str, before: int, limit: int) -> list[int]:
    query = text(
        "SELECT rowid FROM order_search WHERE order_search MATCH :m AND rowid < :b ORDER BY rowid DESC LIMIT :n"
    )
    return [row[0] for row in connection.execute(query, {"m": match, "b": before, "n": limit})]


def _postgres(connection: Connection, operator: str, terms: Sequence[int], before: int, limit: int) -> list[int]:
    query = text(
        f"SELECT order_id FROM order_search WHERE terms {operator} CAST(:t AS bigint[])"  # noqa: S608 - a constant
        " AND order_id < :b"
        " ORDER BY order_id DESC LIMIT :n"
    )
    return [row[0] for row in connection.execute(query, {"t": list(terms), "b": before, "n": limit})]


def _characters(name: str) -> list[str]:
    """The letters and digits of a name, without case and width.

    Characters that Python's tables do not know count as letters: the newest extensions of CJK, and the private ones
    that older systems use for rare names.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return [ch for ch in folded if unicodedata.category(ch) in _LETTERS]


def _phrase(characters: Sequence[str]) -> str:
    # Code points instead of characters: the tokeniser's own tables do not know every rare name character.
    return " ".join(f"c{ord(ch):x}" for ch in characters)


def _grams(characters: Sequence[str]) -> list[str]:
    if len(characters) == 1:
        return list(characters)
    return [a + b for a, b in pairwise(characters)]


def _tail(phone: str) -> str:
    plain = phone.isascii() and phone.isdigit()  # as nearly all are
    digits = phone if plain else "".join(ch for ch in unicodedata.normalize("NFKC", phone) if ch in "0123456789*")
    tail = digits[-4:]
    return tail if len(tail) == 4 and "*" not in tail else ""


def _tokens(order: Searchable) -> list[str]:
    tail = _tail(order.phone)
    return [f"g{sku_id}" for sku_id in sorted(set(order.sku_ids))] + ([f"t{tail}"] if tail else [])


def _terms(order: Searchable, digest: Digest) -> set[int]:
    characters = _characters(order.name)
    terms = {_number(digest("name", ch)) for ch in characters}
    terms |= {_number(digest("name", pair)) for pair in _grams(characters)} if characters else set()
    # Goods are nobody's secret, and below zero no digest is.
    terms |= {-sku_id for sku_id in order.sku_ids}
    tail = _tail(order.phone)
    if tail:
        terms.add(_number(digest("tail", tail)))
    return terms


def _number(hex_digest: str) -> int:
    """The first 63 bits of a digest as the array's element."""
    return int(hex_digest[:16], 16) >> 1
