"""The stock list as a clerk reads it: goods with their places, filtered, searched, added up; nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, case, false, func, or_, select, text, tuple_, type_coerce
from sqlalchemy.types import BigInteger

from core.catalog import queries as catalogue
from core.catalog.models import Sku
from core.db.counting import first_rows
from core.db.models import Journal
from core.db.sets import id_set, packed_ids
from core.inventory.models import Movement, Reservation, StockLevel, Warehouse
from core.inventory.queries import Quantities
from core.inventory.states import MovementKind
from core.runtime.first_of import FirstOf
from core.runtime.ids import LevelId, SkuId, WarehouseId

#: filters of the list: everything; nothing left or orders wait for it; promised; set aside
STOCK_PILES: Final = ("all", "lacking", "reserved", "quarantined")
#: rows of the list of goods in hand
_MOST_IN_HAND = 200
#: what `ledger.review_in_hand` leaves in the journal
REVIEWED: Final = "stock.in_hand_reviewed"


@dataclass(frozen=True, slots=True)
class StockFilter:
    """What is listed: one of `STOCK_PILES`, and a piece of code, name or spec, or a barcode."""

    pile: str = "all"
    search: str = ""


@dataclass(frozen=True, slots=True)
class StockRow:
    """Goods in one place. `level_id` is None for goods that were never booked in; their place is the first warehouse.

    `wanted_qty` is how many units orders wait for, in all places together.
    """

    sku_id: SkuId
    level_id: LevelId | None
    code: str
    name: str
    spec: str
    warehouse_id: WarehouseId
    warehouse_name: str
    batch: str
    quantities: Quantities
    wanted_qty: int
    #: last day of the batch; None where it has none
    expires_on: date | None = None
    #: the batch may be promised to nobody
    is_blocked: bool = False
    #: goods that come in name their batch
    is_batch_managed: bool = False
    #: free units that cover what shops may sell
    allotted_qty: int = 0


@dataclass(frozen=True, slots=True)
class StockCursor:
    """The place after a row."""

    code: str
    level_id: int


@dataclass(frozen=True, slots=True)
class StockPage:
    """Rows, and where the next page starts (None at the end)."""

    rows: tuple[StockRow, ...]
    next_after: StockCursor | None


@dataclass(frozen=True, slots=True)
class StockTotals:
    """How many rows each pile holds of what is searched, and the sums over the pile that is shown.

    `allotted_qty` of what is available cover what shops may sell.
    """

    counts: tuple[tuple[str, int], ...]
    quantities: Quantities
    wanted_qty: int
    allotted_qty: int = 0


@dataclass(frozen=True, slots=True)
class WarehouseRow:
    """A place goods may be booked into."""

    id: WarehouseId
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class InHandRow:
    """Goods somebody held and booked on the spot, not reviewed yet."""

    movement_id: int
    level_id: LevelId
    sku_id: SkuId
    code: str
    name: str
    qty: int
    at: datetime
    operator: str
    reason: str


# The literal state lets both engines use the partial index; few lines are short at any time.
_SHORT = (
    select(Reservation.sku_id, func.sum(Reservation.qty).label("qty"))
    .where(text("reservation.state = 'short'"))
    .group_by(Reservation.sku_id)
    .subquery("short")
)
_WANTED = func.coalesce(_SHORT.c.qty, 0)
_LEVEL = func.coalesce(StockLevel.id, 0)
_ON_HAND, _RESERVED, _CONFIRMED, _QUARANTINED = (
    func.coalesce(column, 0)
    for column in (
        StockLevel.on_hand_qty,
        StockLevel.reserved_qty,
        StockLevel.confirmed_qty,
        StockLevel.quarantined_qty,
    )
)
_ALLOTTED = func.coalesce(StockLevel.allotted_qty, 0)
_IN_PILE = {
    "lacking": or_(_ON_HAND - _RESERVED - _CONFIRMED - _QUARANTINED <= 0, _WANTED > 0),
    "reserved": _RESERVED + _CONFIRMED > 0,
    "quarantined": _QUARANTINED > 0,
}
_FIRST_WAREHOUSE = select(func.min(Warehouse.id)).scalar_subquery()


def stock_page(connection: Connection, wanted: StockFilter, after: StockCursor | None, limit: int) -> StockPage:
    """A page of the list by code."""
    query = _in_pile(_rows(), wanted.pile).order_by(Sku.code, _LEVEL).limit(limit + 1)
    if after is not None:
        # The first comparison is the one an index answers.
        query = query.where(Sku.code >= after.code, tuple_(Sku.code, _LEVEL) > (after.code, after.level_id))
    rows = [_row(found) for found in _run(connection, query, wanted.search)]
    page = tuple(rows[:limit])
    if len(rows) <= limit:
        return StockPage(page, None)
    return StockPage(page, StockCursor(page[-1].code, page[-1].level_id or 0))


def stock_totals(connection: Connection, wanted: StockFilter) -> StockTotals:
    """Counts and sums of everything that is searched."""
    here = _IN_PILE.get(wanted.pile)

    def total(value: Any) -> Any:
        return func.coalesce(func.sum(value if here is None else case((here, value), else_=0)), 0)

    piles = [func.coalesce(func.sum(case((_IN_PILE[pile], 1), else_=0)), 0) for pile in STOCK_PILES[1:]]
    sums = [total(value) for value in (_ON_HAND, _RESERVED, _CONFIRMED, _QUARANTINED)]
    query = _from(select(func.count(), *piles, *sums, total(_WANTED), total(_ALLOTTED)))
    found = [int(value) for value in _run(connection, query, wanted.search)[0]]
    split = len(STOCK_PILES)
    counts = tuple(zip(STOCK_PILES, found[:split], strict=True))
    return StockTotals(counts, Quantities(*found[split : split + 4]), *found[split + 4 :])


def stock_row(connection: Connection, sku_id: SkuId, level_id: LevelId | None) -> StockRow | None:
    """One row again; without a level the first place of these goods."""
    query = _rows().where(Sku.id == sku_id).order_by(_LEVEL).limit(1)
    if level_id is not None:
        query = query.where(StockLevel.id == level_id)
    found = connection.execute(query).one_or_none()
    return None if found is None else _row(found)


def warehouses(connection: Connection) -> tuple[WarehouseRow, ...]:
    """Every place, the first one first."""
    query = select(Warehouse.id, Warehouse.code, Warehouse.name).order_by(Warehouse.id)
    rows: Sequence[Any] = connection.execute(query).all()
    return tuple(WarehouseRow(*row) for row in rows)


def in_hand(connection: Connection) -> FirstOf[InHandRow]:
    """Goods that were booked on the spot (实物在手) and nobody has reviewed yet, the newest of them first."""
    reviewed = select(Journal.id).where(
        Journal.subject == "movement", Journal.subject_id == Movement.id, Journal.action == REVIEWED
    )
    query = (
        select(
            Movement.id,
            Movement.level_id,
            Sku.id.label("sku_id"),
            Sku.code,
            Sku.name,
            Movement.qty,
            Movement.at,
            Movement.operator,
            Movement.reason,
        )
        .join(StockLevel, StockLevel.id == Movement.level_id)
        .join(Sku, Sku.id == StockLevel.sku_id)
        .where(Movement.kind == MovementKind.UNBOOKED_RECEIPT.value, ~reviewed.exists())
        .order_by(Movement.id.desc())
    )
    rows, of_all = first_rows(connection, query, _MOST_IN_HAND)
    return FirstOf((InHandRow(*row) for row in rows), of_all)


def _from(query: Any) -> Any:
    """Counted goods with their levels, if any, and the place each stands in."""
    return (
        query.select_from(Sku)
        .outerjoin(StockLevel, StockLevel.sku_id == Sku.id)
        .join(Warehouse, Warehouse.id == func.coalesce(StockLevel.warehouse_id, _FIRST_WAREHOUSE))
        .outerjoin(_SHORT, _SHORT.c.sku_id == Sku.id)
        .where(or_(and_(Sku.is_stock_managed, ~Sku.is_bundle), StockLevel.id.is_not(None)))
    )


def _rows() -> Any:
    return _from(
        select(
            Sku.id,
            StockLevel.id,
            Sku.code,
            Sku.name,
            Sku.spec,
            Warehouse.id,
            Warehouse.name,
            func.coalesce(StockLevel.batch, ""),
            _ON_HAND,
            _RESERVED,
            _CONFIRMED,
            _QUARANTINED,
            type_coerce(_WANTED, BigInteger),
            _ALLOTTED,
            StockLevel.expires_day,
            func.coalesce(StockLevel.is_blocked, false()),
            Sku.is_batch_managed,
        )
    )


def _in_pile(query: Select[Any], pile: str) -> Select[Any]:
    here = _IN_PILE.get(pile)
    return query if here is None else query.where(here)


def _run(connection: Connection, query: Select[Any], search: str) -> Sequence[Any]:
    piece = search.strip()
    if not piece:
        return connection.execute(query).all()
    scanned = catalogue.by_scan(connection, piece)
    found = catalogue.sku_ids_called(connection, piece) if scanned is None else [scanned.sku_id]
    searched = query.where(Sku.id.in_(id_set("found_ids")))
    return connection.execute(searched, {"found_ids": packed_ids(found)}).all()


def _row(found: Any) -> StockRow:
    sku, level, code, name, spec, warehouse, place, batch, *numbers, expires, blocked, managed = found
    *quantities, wanted, allotted = (int(number) for number in numbers)
    row = StockRow(sku, level, code, name, spec, warehouse, place, batch, Quantities(*quantities), wanted)
    last = None if expires is None else date.fromordinal(expires)
    return replace(
        row,
        expires_on=last,
        is_blocked=bool(blocked),
        is_batch_managed=bool(managed),
        allotted_qty=allotted,
    )
