"""The recall list (召回): who got a batch, who may have got it, which open parcels hold it, and what is still here.

What was said at the packing desk is certain. Where nobody said, the batch that the books sent out for a line is the
best that is known: such parcels are listed apart.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from core.channels.models import Shop
from core.customers.masking import masked_name, masked_phone
from core.customers.queries import consignees
from core.db.sets import id_set, packed_ids
from core.fulfilment.models import PackedBatch, Parcel, ParcelLine
from core.inventory.batch_list import BatchPlace, BatchRow, batch_rows, places_of
from core.inventory.holders import holders_of_level
from core.inventory.models import Batch, Movement, StockLevel
from core.inventory.states import MovementKind
from core.orders.models import SHOWN_NO, Order, OrderLine
from core.waybills.models import Waybill

#: how sure it is: the goods' code said so, the clerk did, or only the books chose it
BY_SCAN: Final = "scan"
BY_KEY: Final = "key"
BY_BOOKS: Final = "books"


@dataclass(frozen=True, slots=True)
class RecallRow:
    """Units of a recalled batch in one order of one parcel; the receiver masked.

    Attributes:
        parcel_id: None where no parcel of ours carried it (sent elsewhere, off our shelf).
        state: of the parcel; shipped for those that left.
        is_here: scanned out, and the courier has not taken it yet.
        how: one of `BY_SCAN`, `BY_KEY`, `BY_BOOKS`.
    """

    batch_id: int
    batch: str
    parcel_id: int | None
    order_id: int
    order_no: str
    shop_name: str
    state: str
    shipped_at: datetime | None
    is_here: bool
    waybill_no: str
    qty: int
    how: str
    consignee_id: int
    receiver: str
    phone: str


@dataclass(frozen=True, slots=True)
class Recall:
    """Everything that is known of where these batches went.

    Attributes:
        gone: parcels that left with them for certain.
        maybe: those that may have had them, by what the books sent out.
        inside: parcels that are still here and hold them, or are to get them.
        places: what is left on the shelves.
    """

    batches: tuple[BatchRow, ...]
    gone: tuple[RecallRow, ...]
    maybe: tuple[RecallRow, ...]
    inside: tuple[RecallRow, ...]
    places: tuple[BatchPlace, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """Units before their order is looked up."""

    batch_id: int
    order_line_id: int
    parcel_id: int | None
    qty: int
    how: str


def recall(connection: Connection, batch_ids: Collection[int], at: datetime) -> Recall:
    """Follow these batches to everybody who got them."""
    batches = batch_rows(connection, batch_ids, at)
    codes = {one.batch.id: one.batch.code for one in batches}
    said = _said(connection, codes)
    left = _left(connection, codes, said)
    waiting = _waiting(connection, codes, said)
    rows = _rows(connection, [*said, *left, *waiting], codes)
    gone = tuple(row for row in rows if row.how != BY_BOOKS and row.state == "shipped")
    maybe = tuple(row for row in rows if row.how == BY_BOOKS and row.state == "shipped")
    inside = tuple(row for row in rows if row.state != "shipped")
    return Recall(batches, gone, maybe, inside, places_of(connection, codes))


def _said(connection: Connection, batch_ids: Iterable[int]) -> list[_Found]:
    """What was said at the desk: certain."""
    query = (
        select(PackedBatch.batch_id, ParcelLine.order_line_id, ParcelLine.parcel_id, PackedBatch.qty, PackedBatch.how)
        .join(ParcelLine, ParcelLine.id == PackedBatch.parcel_line_id)
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .where(
            PackedBatch.batch_id.in_(id_set("ids")),
            PackedBatch.qty > 0,
            Parcel.state != "cancelled",
            ParcelLine.is_withdrawn.is_(False),
        )
        .order_by(PackedBatch.batch_id, ParcelLine.parcel_id, ParcelLine.id)
    )
    rows: Sequence[Any] = connection.execute(query, {"ids": packed_ids(batch_ids)}).all()
    return [_Found(*row) for row in rows]


def _left(connection: Connection, batch_ids: Iterable[int], said: Sequence[_Found]) -> list[_Found]:
    """What the books sent out of these batches, less what was said: nobody knows it better."""
    query = (
        select(Batch.id, Movement.reference, Movement.key, Movement.qty, Movement.kind)
        .join(StockLevel, (StockLevel.sku_id == Batch.sku_id) & (StockLevel.batch == Batch.code))
        .join(Movement, Movement.level_id == StockLevel.id)
        .where(Batch.id.in_(id_set("ids")), Movement.kind.in_((MovementKind.SALE.value, MovementKind.RETURN.value)))
        .order_by(Movement.id)
    )
    sent: dict[tuple[int, int, int | None], int] = {}
    for batch, reference, key, qty, kind in connection.execute(query, {"ids": packed_ids(batch_ids)}):
        whose = _whose(kind, reference, key)
        if whose is not None:
            sent[batch, *whose] = sent.get((batch, *whose), 0) - qty
    for one in said:
        place = (one.batch_id, one.order_line_id, one.parcel_id)
        if place in sent:
            sent[place] -= one.qty
    return [_Found(batch, line, parcel, qty, BY_BOOKS) for (batch, line, parcel), qty in sent.items() if qty > 0]


def _whose(kind: str, reference: str, key: str) -> tuple[int, int | None] | None:
    """Order line and parcel of a movement: its key ends with the line and the level (see `service.consume`).

    What was sent elsewhere has no parcel of ours, and comes back by its line when that is undone.
    """
    about, _, number = reference.partition(":")
    if kind == MovementKind.RETURN.value:
        return (int(number), None) if about == "line" and number.isdigit() else None
    line = key.rsplit(":", 2)[-2]
    return int(line), int(number) if about == "parcel" else None


def _waiting(connection: Connection, codes: Mapping[int, str], said: Sequence[_Found]) -> list[_Found]:
    """What orders hold of these batches and is in no box yet, or in one without a word."""
    levels = (
        select(Batch.id, StockLevel.id, StockLevel.reserved_qty, StockLevel.confirmed_qty)
        .join(StockLevel, (StockLevel.sku_id == Batch.sku_id) & (StockLevel.batch == Batch.code))
        .where(Batch.id.in_(id_set("ids")), StockLevel.reserved_qty + StockLevel.confirmed_qty > 0)
    )
    held: dict[tuple[int, int], int] = {}
    rows: Sequence[Any] = connection.execute(levels, {"ids": packed_ids(codes)}).all()
    for batch, level, reserved, confirmed in rows:
        for claim in holders_of_level(connection, level, reserved + confirmed):
            place = (batch, claim.order_line_id)
            held[place] = held.get(place, 0) + claim.qty
    lines = {line for _, line in held}
    boxes = (
        select(ParcelLine.order_line_id, func.min(ParcelLine.parcel_id))
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .where(
            # The index of parcel lines goes by their orders.
            ParcelLine.order_id.in_(select(OrderLine.order_id).where(OrderLine.id.in_(id_set("ids")))),
            ParcelLine.order_line_id.in_(id_set("ids")),
            Parcel.state.not_in(("shipped", "cancelled")),
        )
        .group_by(ParcelLine.order_line_id)
    )
    found: Sequence[Any] = connection.execute(boxes, {"ids": packed_ids(lines)}).all()
    parcel_of: dict[int, int] = dict(found)
    open_parcels = set(parcel_of.values())
    for one in said:
        if one.parcel_id in open_parcels and (one.batch_id, one.order_line_id) in held:
            held[one.batch_id, one.order_line_id] -= one.qty
    return [_Found(batch, line, parcel_of.get(line), qty, BY_BOOKS) for (batch, line), qty in held.items() if qty > 0]


_ORDER_COLUMNS = (
    OrderLine.id,
    Order.id.label("order_id"),
    SHOWN_NO,
    Order.consignee_id,
    Order.fulfilment,
    Order.shipped_at,
    Shop.name,
)


def _rows(connection: Connection, found: Sequence[_Found], codes: Mapping[int, str]) -> tuple[RecallRow, ...]:
    orders = {
        row.id: row
        for row in connection.execute(
            select(*_ORDER_COLUMNS)
            .join(Order, Order.id == OrderLine.order_id)
            .join(Shop, Shop.id == Order.shop_id)
            .where(OrderLine.id.in_(id_set("ids"))),
            {"ids": packed_ids({one.order_line_id for one in found})},
        )
    }
    ids = {"ids": packed_ids({one.parcel_id for one in found if one.parcel_id is not None})}
    columns = (Parcel.id, Parcel.state, Parcel.shipped_at, Parcel.awaits_courier)
    parcels = {row.id: row for row in connection.execute(select(*columns).where(Parcel.id.in_(id_set("ids"))), ids)}
    numbers = select(Waybill.parcel_id, Waybill.number).where(
        Waybill.parcel_id.in_(id_set("ids")), Waybill.state == "obtained"
    )
    waybills: dict[int, str] = dict(connection.execute(numbers, ids).all())  # type: ignore[arg-type]
    people = consignees(connection, sorted({row.consignee_id for row in orders.values()}))
    rows = []
    for one in found:
        order = orders[one.order_line_id]
        parcel = None if one.parcel_id is None else parcels[one.parcel_id]
        who = people[order.consignee_id]
        is_gone = order.fulfilment in ("shipped", "completed")
        rows.append(
            RecallRow(
                batch_id=one.batch_id,
                batch=codes[one.batch_id],
                parcel_id=one.parcel_id,
                order_id=order.order_id,
                order_no=order.order_no,
                shop_name=order.name,
                state=parcel.state if parcel is not None else ("shipped" if is_gone else "waiting"),
                shipped_at=parcel.shipped_at if parcel is not None else order.shipped_at,
                is_here=parcel is not None and bool(parcel.awaits_courier),
                waybill_no="" if one.parcel_id is None else waybills.get(one.parcel_id) or "",
                qty=one.qty,
                how=one.how,
                consignee_id=order.consignee_id,
                receiver=who.name if who.is_masked else masked_name(who.name),
                phone=who.phone if who.is_masked else masked_phone(who.phone),
            )
        )
    return tuple(rows)
