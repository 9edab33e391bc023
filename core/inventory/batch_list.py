"""Batches as a clerk lists them: what ends soonest first, how many days are left, what is here of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, func, or_, select, text, tuple_
from sqlalchemy.orm import aliased

from core.catalog import queries as catalogue
from core.catalog.models import Bin, Sku
from core.db.sets import id_set, packed_ids
from core.inventory.batches import BatchFacts, batch_of
from core.inventory.levels import FREE
from core.inventory.models import HAS_ENDING, Batch, StockLevel, Warehouse
from core.inventory.shelves import NEVER, day_of

#: filters of the list: what is here of any batch; ends within its goods' warning days; has ended; blocked; everything
BATCH_PILES: Final = ("here", "ending", "ended", "blocked", "all")


#: a chip that says "1 000+" is as good as one that counts what the years have used up
COUNT_CAP: Final = 1000


@dataclass(frozen=True, slots=True)
class BatchFilter:
    """What is listed: one of `BATCH_PILES`; and a piece of the goods' code or name, a barcode, or a batch's code."""

    pile: str = "here"
    search: str = ""
    sku_id: int | None = None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One batch with all that is here of it, in units over all warehouses.

    Attributes:
        left_days: whole days until its last day, negative once that is over; None where it has none.
        is_ending: it ends within the warning days of its goods.
        free_qty: what may be promised, were it neither ended nor blocked.
    """

    batch: BatchFacts
    sku_code: str
    sku_name: str
    left_days: int | None
    is_ending: bool
    on_hand_qty: int
    promised_qty: int
    free_qty: int
    sku_spec: str = ""


@dataclass(frozen=True, slots=True)
class BatchCursor:
    """The place after a row: by last day, then by id."""

    day: int
    batch_id: int


@dataclass(frozen=True, slots=True)
class BatchPage:
    """Rows, and where the next page starts (None at the end)."""

    rows: tuple[BatchRow, ...]
    next_after: BatchCursor | None


@dataclass(frozen=True, slots=True)
class BatchPlace:
    """What one warehouse has of a batch, and where it lies there."""

    batch_id: int
    warehouse_name: str
    bin: str
    on_hand_qty: int
    promised_qty: int
    quarantined_qty: int


_LAST = func.coalesce(Batch.expires_day, NEVER)
_PROMISED = StockLevel.reserved_qty + StockLevel.confirmed_qty
_ANYWHERE = aliased(Warehouse)
# The index of levels goes by goods, warehouse and batch: with the warehouses named it leads to the batch.
_OF_BATCH = and_(
    StockLevel.sku_id == Batch.sku_id,
    StockLevel.warehouse_id.in_(select(_ANYWHERE.id)),
    StockLevel.batch == Batch.code,
)
#: piles of what is here, and of those the ones that hold only what ends
_HERE_PILES: Final = frozenset({"here", "ending", "ended"})
_ENDING_PILES: Final = frozenset({"ending", "ended"})
# The very words of the partial index.
_HERE_AND_ENDS = and_(*(text(f"stock_level.{part}") for part in HAS_ENDING.split(" AND ")))
_IS_HERE = select(StockLevel.id).where(_OF_BATCH, StockLevel.on_hand_qty > 0).correlate(Batch).exists()


def _in_pile(pile: str, today: int) -> tuple[Any, ...]:
    here = (_IS_HERE,) if pile in _HERE_PILES else ()
    return (*here, *_of_pile(pile, today, Batch.expires_day))


def _of_pile(pile: str, today: int, day: Any) -> tuple[Any, ...]:
    """What a pile asks for besides being here; `day` is the column of the last day."""
    if pile == "ending":
        return (day >= today, day <= today + Sku.warn_days)
    if pile == "ended":
        return (day < today,)
    return (Batch.is_blocked,) if pile == "blocked" else ()


def batch_page(
    connection: Connection, wanted: BatchFilter, after: BatchCursor | None, limit: int, at: datetime
) -> BatchPage:
    """A page of the list by last day; batches that do not end are the last."""
    today = day_of(at)
    ids = _page_ids(connection, wanted, after, limit + 1, today)
    page = batch_rows(connection, ids[:limit], at)
    if len(ids) <= limit:
        return BatchPage(page, None)
    last = page[-1].batch
    return BatchPage(page, BatchCursor(NEVER if last.expires_on is None else last.expires_on.toordinal(), last.id))


def _page_ids(
    connection: Connection, wanted: BatchFilter, after: BatchCursor | None, limit: int, today: int
) -> list[int]:
    """Ids of a page in two walks, each along its index: of what ends by the last day, then of what does not."""
    binds = _binds(connection, wanted)
    ids: list[int] = []
    if after is None or after.day < NEVER:
        day, query = _ending_first(wanted.pile)
        query = _narrowed(query, wanted).where(*_of_pile(wanted.pile, today, day)).order_by(day, Batch.id)
        if after is not None:
            query = query.where(tuple_(day, Batch.id) > (after.day, after.batch_id))
        ids += connection.execute(query.limit(limit), binds).scalars()
    if len(ids) < limit and wanted.pile not in _ENDING_PILES:
        endless = _narrowed(select(Batch.id).join(Sku, Sku.id == Batch.sku_id), wanted)
        endless = endless.where(Batch.expires_day.is_(None), *_in_pile(wanted.pile, today)).order_by(Batch.id)
        if after is not None and after.day == NEVER:
            endless = endless.where(Batch.id > after.batch_id)
        ids += connection.execute(endless.limit(limit - len(ids)), binds).scalars()
    return ids


def _ending_first(pile: str) -> tuple[Any, Any]:
    """The batches that end, with the column of their last day; where they have to be here, by the levels they have.

    Levels carry their batch's last day, and have an index of what is here and ends: what the years have used up is
    not walked through.
    """
    if pile not in _HERE_PILES:
        query = select(Batch.id, Batch.expires_day).join(Sku, Sku.id == Batch.sku_id)
        return Batch.expires_day, query.where(Batch.expires_day.is_not(None))
    query = select(Batch.id, StockLevel.expires_day).select_from(StockLevel).join(Batch, _OF_BATCH)
    return StockLevel.expires_day, query.join(Sku, Sku.id == Batch.sku_id).where(_HERE_AND_ENDS).distinct()


def batch_counts(connection: Connection, wanted: BatchFilter, at: datetime) -> Mapping[str, int]:
    """How many batches each pile holds of what is searched; from `COUNT_CAP` on, that there are so many at least."""
    today = day_of(at)
    return {
        pile: len(_page_ids(connection, replace(wanted, pile=pile), None, COUNT_CAP, today)) for pile in BATCH_PILES
    }


def batch_rows(connection: Connection, batch_ids: Iterable[int], at: datetime) -> tuple[BatchRow, ...]:
    """These batches, what ends first in front."""
    query = select(*Batch.__table__.c, Sku.code.label("sku"), Sku.name, Sku.spec, Sku.warn_days)
    query = query.join(Sku, Sku.id == Batch.sku_id).where(Batch.id.in_(id_set("ids"))).order_by(_LAST, Batch.id)
    rows: Sequence[Any] = connection.execute(query, {"ids": packed_ids(set(batch_ids))}).all()
    sums = _sums(connection, [row.id for row in rows])
    return tuple(_row(row, sums.get(row.id, (0, 0, 0)), day_of(at)) for row in rows)


def batches_of_sku(connection: Connection, sku_id: int, codes: Iterable[str]) -> tuple[BatchFacts, ...]:
    """The batches of a SKU that have one of these codes."""
    query = select(*Batch.__table__.c).where(Batch.sku_id == sku_id, Batch.code.in_(list(codes)))
    return tuple(batch_of(row) for row in connection.execute(query.order_by(Batch.id)))


def batches_between(
    connection: Connection, sku_id: int, first: date | None, last: date | None, *, by_making: bool
) -> tuple[BatchFacts, ...]:
    """The batches of a SKU that were made, or end, within these days (both included; None: no bound)."""
    column = Batch.made_day if by_making else Batch.expires_day
    query = select(*Batch.__table__.c).where(Batch.sku_id == sku_id, column.is_not(None))
    if first is not None:
        query = query.where(column >= first.toordinal())
    if last is not None:
        query = query.where(column <= last.toordinal())
    return tuple(batch_of(row) for row in connection.execute(query.order_by(column, Batch.id)))


def places_of(connection: Connection, batch_ids: Iterable[int]) -> tuple[BatchPlace, ...]:
    """Where these batches are still here."""
    query = (
        select(
            Batch.id,
            Warehouse.name,
            func.coalesce(Bin.code, ""),
            StockLevel.on_hand_qty,
            _PROMISED.label("promised"),
            StockLevel.quarantined_qty,
        )
        .select_from(Batch)
        .join(StockLevel, _OF_BATCH)
        .join(Warehouse, Warehouse.id == StockLevel.warehouse_id)
        .outerjoin(Bin, (Bin.sku_id == StockLevel.sku_id) & (Bin.warehouse_id == StockLevel.warehouse_id))
        .where(Batch.id.in_(id_set("ids")), StockLevel.on_hand_qty > 0)
        .order_by(Warehouse.id, Batch.id)
    )
    rows: Sequence[Any] = connection.execute(query, {"ids": packed_ids(set(batch_ids))}).all()
    return tuple(BatchPlace(*row) for row in rows)


def _narrowed(query: Any, wanted: BatchFilter) -> Any:
    if wanted.sku_id is not None:
        query = query.where(Batch.sku_id == wanted.sku_id)
    piece = wanted.search.strip()
    if piece:
        query = query.where(or_(Batch.code == piece, Batch.sku_id.in_(id_set("found_ids"))))
    return query


def _binds(connection: Connection, wanted: BatchFilter) -> dict[str, str]:
    piece = wanted.search.strip()
    if not piece:
        return {}
    scanned = catalogue.by_scan(connection, piece)
    found = catalogue.sku_ids_called(connection, piece) if scanned is None else [scanned.sku_id]
    return {"found_ids": packed_ids(found)}


def _sums(connection: Connection, batch_ids: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    query = (
        select(Batch.id, func.sum(StockLevel.on_hand_qty), func.sum(_PROMISED), func.sum(FREE))
        .join(StockLevel, _OF_BATCH)
        .where(Batch.id.in_(id_set("ids")))
        .group_by(Batch.id)
    )
    rows: Sequence[Any] = connection.execute(query, {"ids": packed_ids(batch_ids)}).all()
    return {batch: (int(here), int(promised), int(free)) for batch, here, promised, free in rows}


def _row(row: Any, sums: tuple[int, int, int], today: int) -> BatchRow:
    left = None if row.expires_day is None else row.expires_day - today
    is_ending = left is not None and 0 <= left <= row.warn_days
    return BatchRow(batch_of(row), row.sku, row.name, left, is_ending, *sums, row.spec)
