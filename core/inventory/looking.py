"""One look at all that a page of orders may meet, instead of a question for each.

Most orders meet nothing of it: their lines hold nothing yet, their goods are counted, no claim on them has run out,
no shop has a right to them. One statement says so, and all that would be asked after it is left out.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, exists, func, literal_column, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from core.catalog.models import Sku
from core.channels.models import Shop
from core.db.ready import ReadyStatement
from core.db.sets import has_row, id_set, packed_ids, stored_ms
from core.db.types import as_instant
from core.db.unit_of_work import UnitOfWork
from core.inventory.claims import LOCKED_LINES, lock_lines
from core.inventory.levels import LEVEL_COLUMNS
from core.inventory.models import Reservation, StockLevel
from core.inventory.quotas.models import Quota, SafetyStock
from core.inventory.records import OrderWants, Want
from core.runtime.ids import SkuId, WarehouseId

#: where goods are, and which
Place = tuple[WarehouseId, SkuId]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the look found; everything it did not rule out has to be asked for.

    Attributes:
        levels: those of the wanted goods with what they hold, in the order of their ids; None: to be asked for.
        has_claims: a line has rows already.
        has_uncounted: goods among them that nobody counts.
        has_due: reserved claims on the levels that have run out.
        has_quotas: a shop has a right to the goods.
        has_promises: a shop promises how long its goods last.
        has_safety: units are kept from whoever asks first; a sale may have them.
    """

    levels: Sequence[Any] | None = None
    has_claims: bool = True
    has_uncounted: bool = True
    has_due: bool = True
    has_quotas: bool = True
    has_promises: bool = True
    has_safety: bool = True

    @property
    def is_special(self) -> bool:
        """Whether anything may be in the way."""
        return self.has_claims or self.has_uncounted or self.has_due or self.has_quotas or self.has_promises

    def without_locks(self) -> "Seen":
        """What of it stays true although others write: no lock keeps whether goods are counted, or shops promise."""
        return Seen(has_uncounted=self.has_uncounted, has_promises=self.has_promises)


#: nobody has looked
UNSEEN: Final = Seen()


class _server_ms(GenericFunction[Any]):  # noqa: N801 - a function in SQL is named in lower case
    """The server's time in milliseconds; NULL in the file, which has none."""

    inherit_cache = True


@compiles(_server_ms, "sqlite")
def _on_sqlite(_element: _server_ms, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "NULL"


@compiles(_server_ms, "postgresql")
def _on_postgresql(_element: _server_ms, _compiler: SQLCompiler, **_kw: Any) -> str:
    # Not clock_timestamp: no index can be asked for what may change from row to row.
    return "CAST(extract(epoch from statement_timestamp()) * 1000 AS BIGINT)"


_NOW = func.coalesce(bindparam("now", type_=BigInteger), _server_ms(type_=BigInteger))
_WANTED = (StockLevel.sku_id.in_(id_set("sku_ids")), StockLevel.warehouse_id.in_(id_set("warehouse_ids")))


def _findings() -> tuple[ColumnElement[bool], ...]:
    # The literal state lets both engines use the partial index.
    is_reserved = text("reservation.state = 'reserved'")
    is_due = Reservation.expires_at.expression <= _NOW
    due = select(Reservation.id).where(Reservation.level_id == StockLevel.id, is_reserved, is_due)
    due_here = due.limit(literal_column("1")).correlate(StockLevel).scalar_subquery()
    return (
        has_row("line_ids", Reservation.order_line_id),
        has_row("sku_ids", Sku.id, Sku.is_stock_managed.is_(False)),
        exists().select_from(StockLevel).where(*_WANTED, due_here.is_not(None)),
        has_row("goods_ids", Quota.sku_id, Quota.is_counted),
        exists().where(text("shop.min_life_days > 0")).select_from(Shop),
        has_row("sku_ids", SafetyStock.sku_id),
    )


def _look() -> Select[*tuple[Any, ...]]:
    return select(*LEVEL_COLUMNS, *_findings(), _NOW).where(*_WANTED).order_by(StockLevel.id)


def _lock_and_look() -> Select[*tuple[Any, ...]]:
    # The lines are counted, and so locked, before the first level is read: nothing of a level hangs on it.
    lines = LOCKED_LINES.cte("lines")
    return _look().where(select(func.count()).select_from(lines).scalar_subquery() >= 0)


_LOOK = ReadyStatement(_look)
_LOCK_AND_LOOK = ReadyStatement(_lock_and_look)
_LOOK_UNDER_LOCKS = ReadyStatement(lambda: select(*_findings(), _NOW))


def look(uow: UnitOfWork, orders: Sequence[OrderWants], wants: Collection[Want]) -> Seen:
    """Lock the lines of a page, and say what it will meet.

    On SQLite all of it stays true, since nobody else writes. On PostgreSQL it is how things stood before any lock was
    held, those of the lines included: whoever acts on it has to look again, or let the write itself do so.
    """
    statement = _LOOK if uow.is_sqlite else _LOCK_AND_LOOK
    places, line_ids = places_of(orders), [want.order_line_id for want in wants]
    binds = _binds(uow, places, goods_of(wants), line_ids)
    rows: Sequence[Any] = statement.run(uow.connection, **binds).all()
    if not rows:
        lock_lines(uow, line_ids)
        return UNSEEN
    found = len(LEVEL_COLUMNS)
    levels = [row[:found] for row in rows]
    # A level that is missing is made by whoever locks them.
    is_whole = places <= {(row[1], row[2]) for row in levels}
    seen = _seen(uow, levels if is_whole else None, rows[0][found:])
    return replace(seen, levels=None) if seen.has_uncounted else seen


def look_under_locks(
    uow: UnitOfWork,
    levels: Sequence[Any],
    places: Collection[Place],
    goods_ids: Collection[int],
    line_ids: Collection[int] = (),
) -> Seen:
    """What a page meets whose lines and levels are locked, `levels` as they were read then: it stays true."""
    row: Any = _LOOK_UNDER_LOCKS.run(uow.connection, **_binds(uow, places, goods_ids, line_ids)).one()
    return _seen(uow, levels, row)


def places_of(orders: Iterable[OrderWants]) -> set[Place]:
    """Where the goods of these orders are wanted from."""
    return {(order.warehouse_id, want.sku_id) for order in orders for want in order.wants}


def goods_of(wants: Iterable[Want]) -> set[SkuId]:
    """What these lines were sold as: quotas are of bundles, not of what is in them."""
    return {want.bundle_sku_id or want.sku_id for want in wants}


def _binds(
    uow: UnitOfWork, places: Collection[Place], goods_ids: Collection[int], line_ids: Collection[int]
) -> Mapping[str, Any]:
    now = uow.now_as_known
    return {
        "line_ids": packed_ids(line_ids),
        "sku_ids": packed_ids({sku for _, sku in places}),
        "goods_ids": packed_ids(goods_ids),
        "warehouse_ids": packed_ids({warehouse for warehouse, _ in places}),
        "now": None if now is None else stored_ms(now),
    }


def _seen(uow: UnitOfWork, levels: Sequence[Any] | None, found: Sequence[Any]) -> Seen:
    *flags, at = found
    uow.learn_now(as_instant(at))
    return Seen(levels, *map(bool, flags))
