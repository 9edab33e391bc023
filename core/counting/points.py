"""The moment of a count: what the books say of a place, and which of its units stand in boxes on the desks."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from core.counting.records import BoxRow, Point
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.models import PackedBatch, Parcel, ParcelLine
from core.fulfilment.states import IS_OPEN
from core.inventory.models import Batch, Movement, Reservation, StockLevel
from core.orders.models import SHOWN_NO, Order

_NOWHERE = Point(0, 0, 0)
# The very words of the partial index of open parcels.
_OPEN = text(f"parcel.{IS_OPEN}")
#: claims that say from which level a line's units come, those that still hold first
_CLAIM_STATES = ("confirmed", "reserved", "released")


def point_of(uow: UnitOfWork, warehouse_id: int, sku_id: int, batch: str) -> Point:
    """What the books say of these goods at this moment.

    The level is locked before anything is read: a parcel that leaves at this moment is either still on a desk and in
    the books, or in neither.
    """
    level = uow.execute(
        select(StockLevel.id, StockLevel.on_hand_qty)
        .where(StockLevel.sku_id == sku_id, StockLevel.warehouse_id == warehouse_id, StockLevel.batch == batch)
        .with_for_update(key_share=True)
    ).one_or_none()
    if level is None:
        return _NOWHERE
    moved = uow.execute(select(func.max(Movement.id)).where(Movement.level_id == level.id)).scalar_one()
    seen = seen_in_boxes(uow.connection, warehouse_id, sku_id)
    return Point(int(moved or 0), level.on_hand_qty, min(seen.get(level.id, 0), level.on_hand_qty))


def point_at(uow: UnitOfWork, warehouse_id: int, sku_id: int, batch: str, at: datetime) -> tuple[Point, int]:
    """What the books said at an earlier moment, and how many units have moved since.

    Which units stood in boxes then is not known any more: those that do now are taken for them.
    """
    now = point_of(uow, warehouse_id, sku_id, batch)
    level = select(StockLevel.id).where(
        StockLevel.sku_id == sku_id, StockLevel.warehouse_id == warehouse_id, StockLevel.batch == batch
    )
    since = uow.rows(
        select(Movement.qty)
        .where(Movement.level_id.in_(level), Movement.at > at, Movement.id <= now.movement_id)
        .order_by(Movement.id)
    )
    if not since:
        return now, 0
    before = select(func.max(Movement.id)).where(Movement.level_id.in_(level), Movement.at <= at)
    movement_id = int(uow.execute(before).scalar_one() or 0)
    book = now.book_qty - sum(row.qty for row in since)
    return Point(movement_id, book, min(now.away_qty, max(book, 0))), sum(abs(row.qty) for row in since)


def seen_in_boxes(connection: Connection, warehouse_id: int, sku_id: int) -> dict[int | None, int]:
    """Units of these goods that the scanner has seen go into boxes which have not left, by the level they are of.

    Where a batch was named it says the level, else the claims of the line do. A line may lie in several boxes: each
    of its claims stands for its units once.
    """
    rows = [row for row in _box_lines(connection, warehouse_id, sku_id) if row.verified_qty]
    if not rows:
        return {}
    claims = _claims(connection, {row.order_line_id for row in rows})
    named = _named(connection, warehouse_id, [row.id for row in rows])
    seen: defaultdict[int | None, int] = defaultdict(int)
    unsaid: defaultdict[int, int] = defaultdict(int)
    for row in rows:
        unsaid[row.order_line_id] += row.verified_qty
        for level_id, qty in named[row.id].items():
            part = min(qty, unsaid[row.order_line_id])
            _use_up(claims[row.order_line_id], part, level_id)
            seen[level_id] += part
            unsaid[row.order_line_id] -= part
    for order_line_id, left in unsaid.items():
        for level_id, part in _use_up(claims[order_line_id], left):
            seen[level_id] += part
            left -= part  # noqa: PLW2901  what is left of it
        seen[None] += left
    return dict(seen)


def _claims(connection: Connection, order_line_ids: set[int]) -> defaultdict[int, list[list[int]]]:
    """Level and units of each line's claims, those that still hold first."""
    query = select(Reservation.order_line_id, Reservation.level_id, Reservation.qty, Reservation.state).where(
        Reservation.order_line_id.in_(order_line_ids),
        Reservation.level_id.is_not(None),
        Reservation.state.in_(_CLAIM_STATES),
    )
    found: defaultdict[int, list[list[int]]] = defaultdict(list)
    rows: list[Any] = list(connection.execute(query.order_by(Reservation.id)))
    for claim in sorted(rows, key=lambda one: _CLAIM_STATES.index(one.state)):
        found[claim.order_line_id].append([claim.level_id, claim.qty])
    return found


def _use_up(claims: list[list[int]], qty: int, level_id: int | None = None) -> list[tuple[int, int]]:
    """Take so many units off claims (of one level, or of any); gives level and units."""
    used = []
    for claim in claims:
        part = min(qty, claim[1]) if level_id in (None, claim[0]) else 0
        if part:
            claim[1] -= part
            qty -= part
            used.append((claim[0], part))
    return used


def _named(connection: Connection, warehouse_id: int, line_ids: list[int]) -> defaultdict[int, dict[int, int]]:
    """Units of named batches in these parcel lines, by the level they are of."""
    query = (
        select(PackedBatch.parcel_line_id, StockLevel.id, func.sum(PackedBatch.qty))
        .join(Batch, Batch.id == PackedBatch.batch_id)
        .join(StockLevel, (StockLevel.sku_id == Batch.sku_id) & (StockLevel.batch == Batch.code))
        .where(PackedBatch.parcel_line_id.in_(line_ids), PackedBatch.qty > 0, StockLevel.warehouse_id == warehouse_id)
        .group_by(PackedBatch.parcel_line_id, StockLevel.id)
    )
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for line_id, level_id, qty in connection.execute(query):
        found[line_id][level_id] = int(qty)
    return found


def boxes_with(connection: Connection, warehouse_id: int, sku_id: int) -> tuple[BoxRow, ...]:
    """The orders in packing that hold units of these goods, or for which some may have been picked already.

    A box in a wave counts as being picked; one that waits in no wave has nothing in it.
    """
    rows = [
        BoxRow(row.order_no, row.parcel_id, row.verified_qty, 0 if row.is_withdrawn else row.qty - row.verified_qty)
        for row in _box_lines(connection, warehouse_id, sku_id)
        if row.verified_qty or row.wave_id is not None or row.state == "packing"
    ]
    return tuple(row for row in rows if row.seen_qty or row.to_come_qty)


def _box_lines(connection: Connection, warehouse_id: int, sku_id: int) -> list[Any]:
    query = (
        select(
            ParcelLine.id,
            ParcelLine.parcel_id,
            ParcelLine.order_line_id,
            ParcelLine.qty,
            ParcelLine.verified_qty,
            ParcelLine.is_withdrawn,
            Parcel.wave_id,
            Parcel.state,
            SHOWN_NO,
        )
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .join(Order, Order.id == ParcelLine.order_id)
        .where(_OPEN, Parcel.warehouse_id == warehouse_id, ParcelLine.sku_id == sku_id)
        .order_by(ParcelLine.parcel_id)
    )
    return list(connection.execute(query))
