"""What screens and checks ask about the stock; nothing here writes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, tuple_

from core.catalog.models import Sku
from core.db.models import Journal
from core.db.sets import id_set, packed_ids
from core.inventory.holders import holders_of_level
from core.inventory.models import Movement, Reservation, StockLevel, Warehouse
from core.inventory.quotas.models import QuotaCover
from core.orders.models import SHOWN_NO, Order, OrderLine
from core.runtime.errors import NotFound
from core.runtime.ids import LevelId, OrderId, OrderLineId, SkuId, WarehouseId

#: rows of a list a person reads; the sums beside it cover everything
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Quantities:
    """The four quantities of a place, in units."""

    on_hand_qty: int
    reserved_qty: int
    confirmed_qty: int
    quarantined_qty: int

    @property
    def available_qty(self) -> int:
        """What may still be promised."""
        return self.on_hand_qty - self.reserved_qty - self.confirmed_qty - self.quarantined_qty


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One line of the stock list."""

    level_id: LevelId
    sku_id: SkuId
    sku_code: str
    sku_name: str
    warehouse_id: WarehouseId
    warehouse_name: str
    batch: str
    quantities: Quantities


@dataclass(frozen=True, slots=True)
class LevelCursor:
    """The place after a row of the stock list."""

    sku_code: str
    level_id: LevelId


@dataclass(frozen=True, slots=True)
class MovementRow:
    """One movement of a level."""

    at: datetime
    qty: int
    kind: str
    reason: str
    reference: str
    operator: str


@dataclass(frozen=True, slots=True)
class HolderRow:
    """One claim that binds units of a level."""

    order_line_id: OrderLineId
    order_id: OrderId
    order_no: str
    qty: int
    state: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One journal row about a level: quarantines and stocktakes, with who and why."""

    at: datetime
    operator: str
    action: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What makes a level's numbers.

    `moved_by_kind` sums every movement, so its values add up to the units on hand; `holders` are all claims, so they
    add up to reserved plus confirmed. `movements` and `notes` are the newest of their kind.
    """

    level_id: LevelId
    quantities: Quantities
    moved_by_kind: Mapping[str, int]
    movements: tuple[MovementRow, ...]
    holders: tuple[HolderRow, ...]
    notes: tuple[NoteRow, ...]


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A cached quantity that is not the sum of its detail rows. This must never be; the level should be frozen."""

    level_id: LevelId
    quantity: str
    cached_qty: int
    summed_qty: int


_QUANTITIES = (
    StockLevel.on_hand_qty,
    StockLevel.reserved_qty,
    StockLevel.confirmed_qty,
    StockLevel.quarantined_qty,
)


def availability(
    connection: Connection, sku_ids: Iterable[SkuId]
) -> Mapping[SkuId, Mapping[WarehouseId, Quantities]]:
    """Quantities per warehouse, the oldest warehouse first, batches summed; a SKU without any level has no entry.

    Claims past their time count as reserved until they are swept.
    """
    sums = [func.sum(column) for column in _QUANTITIES]
    rows: Sequence[Any] = connection.execute(
        select(StockLevel.sku_id, StockLevel.warehouse_id, *sums)
        .where(StockLevel.sku_id.in_(id_set("sku_ids")))
        .group_by(StockLevel.sku_id, StockLevel.warehouse_id)
        .order_by(StockLevel.sku_id, StockLevel.warehouse_id),
        {"sku_ids": packed_ids(set(sku_ids))},
    ).all()
    found: defaultdict[SkuId, dict[WarehouseId, Quantities]] = defaultdict(dict)
    for row in rows:
        found[row[0]][row[1]] = Quantities(*(int(qty) for qty in row[2:]))
    return dict(found)


def levels_page(
    connection: Connection,
    after: LevelCursor | None = None,
    *,
    warehouse_id: WarehouseId | None = None,
    limit: int = 100,
) -> tuple[tuple[LevelRow, ...], LevelCursor | None]:
    """A page of the stock list by SKU code, and where the next one starts (None at the end)."""
    query = (
        select(
            StockLevel.id,
            StockLevel.sku_id,
            Sku.code,
            Sku.name,
            StockLevel.warehouse_id,
            Warehouse.name,
            StockLevel.batch,
            *_QUANTITIES,
        )
        .join(Sku, Sku.id == StockLevel.sku_id)
        .join(Warehouse, Warehouse.id == StockLevel.warehouse_id)
        .order_by(Sku.code, StockLevel.id)
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(tuple_(Sku.code, StockLevel.id) > (after.sku_code, after.level_id))
    if warehouse_id is not None:
        query = query.where(StockLevel.warehouse_id == warehouse_id)
    rows: Sequence[Any] = connection.execute(query).all()
    page = tuple(
        LevelRow(id_, sku, code, name, warehouse, warehouse_name, batch, Quantities(*quantities))
        for id_, sku, code, name, warehouse, warehouse_name, batch, *quantities in rows[:limit]
    )
    if len(rows) <= limit:
        return page, None
    return page, LevelCursor(page[-1].sku_code, page[-1].level_id)


def why(connection: Connection, level_id: LevelId) -> Explanation:
    """Everything that makes the numbers of one level.

    Raises:
        NotFound: `stock.no_level`.
    """
    level = connection.execute(select(*_QUANTITIES).where(StockLevel.id == level_id)).one_or_none()
    if level is None:
        raise NotFound("stock.no_level", f"there is no stock level {level_id}", level_id=level_id)
    quantities = Quantities(*level)
    of_level = Movement.level_id == level_id
    kinds = connection.execute(
        select(Movement.kind, func.sum(Movement.qty)).where(of_level).group_by(Movement.kind)
    ).all()
    movements = connection.execute(
        select(Movement.at, Movement.qty, Movement.kind, Movement.reason, Movement.reference, Movement.operator)
        .where(of_level)
        .order_by(Movement.id.desc())
        .limit(_PAGE)
    ).all()
    notes = connection.execute(
        select(Journal.at, Journal.operator, Journal.action, Journal.facts)
        .where(Journal.subject == "stock_level", Journal.subject_id == level_id)
        .order_by(Journal.id.desc())
        .limit(_PAGE)
    ).all()
    return Explanation(
        level_id=level_id,
        quantities=quantities,
        moved_by_kind={kind: int(qty) for kind, qty in kinds},
        movements=tuple(MovementRow(*row) for row in movements),
        holders=_holder_rows(connection, level_id, quantities.reserved_qty + quantities.confirmed_qty),
        notes=tuple(NoteRow(*row) for row in notes),
    )


def _holder_rows(connection: Connection, level_id: LevelId, held_qty: int) -> tuple[HolderRow, ...]:
    claims = holders_of_level(connection, level_id, held_qty)
    rows: Sequence[Any] = connection.execute(
        select(OrderLine.id, Order.id, SHOWN_NO)
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.id.in_(id_set("line_ids"))),
        {"line_ids": packed_ids({claim.order_line_id for claim in claims})},
    ).all()
    orders = {line: (order, number) for line, order, number in rows}
    return tuple(
        HolderRow(claim.order_line_id, *orders[claim.order_line_id], claim.qty, claim.state, claim.expires_at)
        for claim in claims
    )


def check_sums(connection: Connection) -> list[Discrepancy]:
    """Every cached quantity that differs from its detail rows; an empty list is the only good answer.

    Reads all movements, claims and covers: for nightly checks, tests and drills.
    """
    moved = _sums(connection, select(Movement.level_id, func.sum(Movement.qty)).group_by(Movement.level_id))
    held = select(Reservation.level_id, func.sum(Reservation.qty)).group_by(Reservation.level_id)
    reserved = _sums(connection, held.where(Reservation.state == "reserved"))
    confirmed = _sums(connection, held.where(Reservation.state == "confirmed"))
    covers = select(QuotaCover.level_id, func.sum(QuotaCover.qty)).group_by(QuotaCover.level_id)
    allotted = _sums(connection, covers)
    columns = (StockLevel.id, *_QUANTITIES[:3], StockLevel.allotted_qty)
    levels: Sequence[Any] = connection.execute(select(*columns).order_by(StockLevel.id)).all()
    wrong = []
    for level, on_hand, has_reserved, has_confirmed, has_allotted in levels:
        for name, cached, summed in (
            ("on_hand_qty", on_hand, moved.get(level, 0)),
            ("reserved_qty", has_reserved, reserved.get(level, 0)),
            ("confirmed_qty", has_confirmed, confirmed.get(level, 0)),
            ("allotted_qty", has_allotted, allotted.get(level, 0)),
        ):
            if cached != summed:
                wrong.append(Discrepancy(level, name, cached, summed))
    return wrong


def _sums(connection: Connection, query: Any) -> dict[int, int]:
    return {level: int(qty) for level, qty in connection.execute(query)}
