"""The batch of what goes into a box: asked for, judged, followed by the books, and remembered for a recall.

Goods that are kept by batch say theirs by their own code (GS1), or the clerk says it. Others never come here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select, update

from core.catalog.models import Sku
from core.catalog.records import ScannedSku
from core.channels.models import Shop
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.fulfilment.models import PackedBatch, Parcel, ParcelLine, Scan
from core.fulfilment.records import LineBatch
from core.inventory.batches import date_of, tidy_batch
from core.inventory.levels import FREE
from core.inventory.models import Batch, Reservation, StockLevel
from core.inventory.shelves import NEVER, day_of
from core.inventory.shifting import hold_batch
from core.orders.models import Order
from core.runtime.ids import LevelId, OrderLineId, SkuId, WarehouseId

#: the goods' own code named the batch, or a person did
BY_SCAN: Final = "scan"
BY_KEY: Final = "key"
_MOST_OFFERED: Final = 6

_CODES = (PackedBatch.parcel_line_id, Batch.id, Batch.code, Batch.expires_day, Batch.is_blocked, Batch.blocked_why)
_PACKED = (
    select(*_CODES, func.sum(PackedBatch.qty).label("qty"))
    .join(Batch, Batch.id == PackedBatch.batch_id)
    .where(PackedBatch.parcel_line_id.in_(id_set("ids")), PackedBatch.qty > 0)
    .group_by(*_CODES)
    .order_by(Batch.expires_day.is_(None), Batch.expires_day, Batch.code)
)
_CHOSEN = (Reservation.order_line_id, StockLevel.batch, StockLevel.expires_day, Batch.is_blocked, Batch.blocked_why)
_CLAIMED = (
    select(*_CHOSEN, func.sum(Reservation.qty).label("qty"))
    .join(StockLevel, StockLevel.id == Reservation.level_id)
    .outerjoin(Batch, (Batch.sku_id == StockLevel.sku_id) & (Batch.code == StockLevel.batch))
    .where(Reservation.order_line_id.in_(id_set("ids")), Reservation.state == "confirmed", StockLevel.batch != "")
    .group_by(*_CHOSEN)
    .order_by(StockLevel.expires_day.is_(None), StockLevel.expires_day, StockLevel.batch)
)
_MANAGED = select(ParcelLine.id, ParcelLine.order_line_id).join(Sku, Sku.id == ParcelLine.sku_id)
_MANAGED_OF_PARCEL = _MANAGED.where(ParcelLine.parcel_id == bindparam("id"), Sku.is_batch_managed)


# --- what a line asks for and has -----------------------------------------------------------------------------------


def batches_of_lines(
    connection: Any, lines: Mapping[int, int]
) -> tuple[dict[int, tuple[LineBatch, ...]], dict[int, tuple[LineBatch, ...]]]:
    """What the books have chosen for these lines and is not packed yet, and what is packed; both by line.

    `lines`: parcel line -> order line, of goods that are kept by batch.
    """
    packed: dict[int, tuple[LineBatch, ...]] = {}
    for row in connection.execute(_PACKED, {"ids": packed_ids(lines)}):
        one = _of_row(row, row.code)
        packed[row.parcel_line_id] = (*packed.get(row.parcel_line_id, ()), one)
    claimed: dict[int, list[LineBatch]] = {}
    for row in connection.execute(_CLAIMED, {"ids": packed_ids(set(lines.values()))}):
        one = _of_row(row, row.batch)
        claimed.setdefault(row.order_line_id, []).append(one)
    asked = {
        line: tuple(
            replace(one, qty=left)
            for one in claimed.get(order_line, ())
            if (left := one.qty - sum(other.qty for other in packed.get(line, ()) if other.code == one.code)) > 0
        )
        for line, order_line in lines.items()
    }
    return asked, packed


def _of_row(row: Any, code: str) -> LineBatch:
    is_blocked = bool(row.is_blocked)
    why = row.blocked_why if is_blocked else ""
    return LineBatch(code, date_of(row.expires_day), int(row.qty), is_blocked, why)


# --- judging a batch ------------------------------------------------------------------------------------------------


class Admission:
    """What becomes of a batch that is about to go into a parcel: `batch_id`, or a verdict's `code` and facts."""

    def __init__(self, batch_id: int | None = None, code: str = "", **facts: Any) -> None:
        self.batch_id = batch_id
        self.code = code
        self.facts = facts

    @property
    def is_stop(self) -> bool:
        """Whether the goods must not leave: to be said red."""
        return self.code in _STOPS


_STOPS: Final = frozenset({"batch.blocked", "batch.expired", "batch.short_life"})


def admit(
    uow: UnitOfWork, parcel_id: int, sku: ScannedSku, parts: Sequence[tuple[Any, int]], named: str = ""
) -> Admission:
    """Judge the batch of goods in hand, and let the claims of their lines follow it.

    Args:
        uow: the transaction.
        parcel_id: the box.
        sku: the goods as scanned; what their code says goes before what was named.
        parts: rows of `line_query` with the units that go into each.
        named: the batch as a person says it; empty where nobody has.
    """
    code = sku.label.batch if sku.label is not None and sku.label.batch else named
    code = tidy_batch(code)
    life = _life(uow, [line.order_id for line, _ in parts])
    warehouse = uow.execute(select(Parcel.warehouse_id).where(Parcel.id == parcel_id)).scalar_one()
    if not code:
        return Admission(code="batch.ask", batches=_offered(uow, warehouse, sku.sku_id, parts, life))
    batch = _known(uow, sku.sku_id, code)
    if batch is None:
        return Admission(code="batch.unknown", batch=code)
    stop = _stop(uow, batch, sku, life)
    if stop is not None:
        return stop
    lines = [line for line, _ in parts]
    packed = _packed_of_orders(uow, {line.order_id for line in lines})
    wanted: dict[OrderLineId, int] = {}
    others: dict[OrderLineId, dict[str, int]] = {}
    for line, units in parts:
        mine = packed.get(line.order_line_id, {})
        wanted[line.order_line_id] = units + mine.get(batch.code, 0)
        others[line.order_line_id] = {other: qty for other, qty in mine.items() if other != batch.code}
    place = (WarehouseId(warehouse), SkuId(sku.sku_id))
    if not hold_batch(uow, place, batch.code, wanted, others):
        return Admission(code="batch.not_free", batch=batch.code)
    return Admission(batch.id)


def only_batch_for(uow: UnitOfWork, parcel_id: int, sku: ScannedSku) -> str:
    """The batch of these goods where a parcel's warehouse has no other; empty where it has several, or none."""
    here = (
        select(StockLevel.batch)
        .join(Parcel, Parcel.warehouse_id == StockLevel.warehouse_id)
        .where(Parcel.id == parcel_id, StockLevel.sku_id == sku.sku_id, StockLevel.on_hand_qty > 0)
    )
    found = uow.execute(here.limit(2)).scalars().all()
    return found[0] if len(found) == 1 else ""


def _known(uow: UnitOfWork, sku_id: int, code: str) -> Any:
    """The batch of that code; written exactly so goes first, then one that differs in large and small letters."""
    same = (Batch.sku_id == sku_id, func.lower(Batch.code) == code.lower())
    rows: Sequence[Any] = uow.rows(select(*Batch.__table__.c).where(*same))
    exact = [row for row in rows if row.code == code]
    if exact:
        return exact[0]
    return rows[0] if len(rows) == 1 else None


def _stop(uow: UnitOfWork, batch: Any, sku: ScannedSku, life: int) -> Admission | None:
    """Why goods of this batch may not go: blocked, past their last day, or too short-lived for the shop.

    Where the goods' own code names another last day than the books, the earlier one counts.
    """
    if batch.is_blocked:
        return Admission(code="batch.blocked", batch=batch.code, blocked_why=batch.blocked_why)
    said = sku.label.expires_on if sku.label is not None else None
    days: list[int] = [day for day in (batch.expires_day, said and said.toordinal()) if isinstance(day, int)]
    if not days:
        return None
    last, today = min(days), day_of(uow.now)
    facts = {"batch": batch.code, "expires_on": str(date.fromordinal(last)), "left": last - today, "life": life}
    if last < today:
        return Admission(code="batch.expired", **facts)
    if last < today + life:
        return Admission(code="batch.short_life", **facts)
    return None


def _life(uow: UnitOfWork, order_ids: Collection[int]) -> int:
    """Days that the shops of these orders promise their goods to last."""
    query = select(func.max(Shop.min_life_days)).join(Order, Order.shop_id == Shop.id)
    return int(uow.execute(query.where(Order.id.in_(set(order_ids)))).scalar_one() or 0)


def _offered(
    uow: UnitOfWork, warehouse_id: int, sku_id: int, parts: Sequence[tuple[Any, int]], life: int
) -> tuple[LineBatch, ...]:
    """Batches a clerk may have in hand: what the books have chosen first, then what is free and lasts long enough."""
    asked, _ = batches_of_lines(uow.connection, {line.id: line.order_line_id for line, _ in parts})
    # The claim on what was blocked stays with what lay in the box; taken out of it, that is nothing to take again.
    chosen = [one for line, _ in parts for one in asked.get(line.id, ()) if not one.is_blocked]
    last = func.coalesce(StockLevel.expires_day, NEVER)
    query = (
        select(StockLevel.batch, StockLevel.expires_day, FREE.label("qty"))
        .where(
            StockLevel.sku_id == sku_id,
            StockLevel.warehouse_id == warehouse_id,
            StockLevel.batch.not_in(["", *(one.code for one in chosen)]),
            StockLevel.is_blocked.is_(False),
            FREE > 0,
            last >= day_of(uow.now) + life,
        )
        .order_by(last, StockLevel.batch)
        .limit(_MOST_OFFERED)
    )
    others = [LineBatch(row.batch, date_of(row.expires_day), int(row.qty)) for row in uow.rows(query)]
    return tuple([*chosen, *others][:_MOST_OFFERED])


# --- remembering ----------------------------------------------------------------------------------------------------


def count_in(uow: UnitOfWork, parcel_line_id: int, batch_id: int, how: str, units: int) -> None:
    """So many units of the batch lie in the line's box."""
    here = {"parcel_line_id": parcel_line_id, "batch_id": batch_id, "how": how}
    uow.execute(insert_or_ignore(uow.connection, PackedBatch), here | {"qty": 0})
    uow.execute(update(PackedBatch).where(*_at(here)).values(qty=PackedBatch.qty + units))


def count_out(uow: UnitOfWork, parcel_line_id: int, batch_id: int, how: str, units: int) -> None:
    """They were taken out again."""
    here = {"parcel_line_id": parcel_line_id, "batch_id": batch_id, "how": how}
    uow.execute(update(PackedBatch).where(*_at(here), PackedBatch.qty >= units).values(qty=PackedBatch.qty - units))


def forget(uow: UnitOfWork, *conditions: Any) -> None:
    """Nothing of these parcel lines lies in their boxes any more; `conditions` pick them."""
    lines = select(ParcelLine.id).where(*conditions)
    uow.execute(delete(PackedBatch).where(PackedBatch.parcel_line_id.in_(lines)))


def forget_one(uow: UnitOfWork, parcel_line_id: int, said: str = "") -> str | None:
    """One unit of the line came out; gives its batch, None where nothing is known of it.

    That is the batch that was said, if some of it lies in the box; else that of the scan which came last.
    """
    query = (
        select(*PackedBatch.__table__.c, Batch.code)
        .join(Batch, Batch.id == PackedBatch.batch_id)
        .where(PackedBatch.parcel_line_id == parcel_line_id, PackedBatch.qty > 0)
    )
    rows = uow.rows(query.order_by(PackedBatch.batch_id))
    if not rows:
        return None
    scans = select(Scan.batch_id).where(
        Scan.parcel_line_id == parcel_line_id, Scan.qty > 0, Scan.is_undone.is_(False), Scan.batch_id.is_not(None)
    )
    last = uow.execute(scans.order_by(Scan.id.desc()).limit(1)).scalar_one_or_none()
    same = [row for row in rows if said and row.code.lower() == tidy_batch(said).lower()]
    row = (same or [row for row in rows if row.batch_id == last] or rows)[0]
    count_out(uow, parcel_line_id, row.batch_id, row.how, 1)
    return str(row.code)


def expected_batch(uow: UnitOfWork, parcel_line_id: int, order_line_id: int) -> str | None:
    """The batch that the books have chosen for the line's next unit; None where they have chosen none."""
    asked, _ = batches_of_lines(uow.connection, {parcel_line_id: order_line_id})
    return next((one.code for one in asked[parcel_line_id]), None)


def _at(here: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(getattr(PackedBatch, name) == value for name, value in here.items())


def _packed_of_orders(uow: UnitOfWork, order_ids: Collection[int]) -> dict[OrderLineId, dict[str, int]]:
    """Units by batch that lie in boxes which are still here, for each line of these orders."""
    query = (
        select(ParcelLine.order_line_id, Batch.code, func.sum(PackedBatch.qty).label("qty"))
        .join(PackedBatch, PackedBatch.parcel_line_id == ParcelLine.id)
        .join(Batch, Batch.id == PackedBatch.batch_id)
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .where(
            ParcelLine.order_id.in_(order_ids),
            ParcelLine.is_withdrawn.is_(False),
            Parcel.state.not_in(("shipped", "cancelled")),
        )
        .group_by(ParcelLine.order_line_id, Batch.code)
    )
    found: dict[OrderLineId, dict[str, int]] = {}
    for row in uow.rows(query):
        found.setdefault(row.order_line_id, {})[row.code] = int(row.qty)
    return found


# --- leaving --------------------------------------------------------------------------------------------------------


def stopped_inside(uow: UnitOfWork, parcel_id: int) -> Admission | None:
    """What of a box must not leave: a batch that was blocked, or has ended, since it was packed or chosen.

    Where nobody has said which batch was packed, the one that the books have chosen is judged.
    """
    rows: Sequence[Any] = uow.execute(_MANAGED_OF_PARCEL, {"id": parcel_id}).all()
    lines = {row.id: row.order_line_id for row in rows}
    if not lines:
        return None
    today = day_of(uow.now)
    packed = uow.execute(_PACKED, {"ids": packed_ids(lines)}).all()
    unsaid = {order_line for line, order_line in lines.items() if line not in {row.parcel_line_id for row in packed}}
    chosen = select(StockLevel.sku_id, StockLevel.batch).join(Reservation, Reservation.level_id == StockLevel.id)
    pairs = uow.rows(
        chosen.where(Reservation.order_line_id.in_(unsaid), Reservation.state == "confirmed", StockLevel.batch != "")
    )
    ids = {row.id for row in packed}
    for batch in uow.rows(select(*Batch.__table__.c).where(Batch.id.in_(ids))):
        stop = _ended(batch, today)
        if stop is not None:
            return stop
    for sku_id, code in pairs:
        batch = _known(uow, sku_id, code)
        stop = None if batch is None else _ended(batch, today)
        if stop is not None:
            return stop
    return None


def _ended(batch: Any, today: int) -> Admission | None:
    if batch.is_blocked:
        return Admission(code="batch.blocked", batch=batch.code, blocked_why=batch.blocked_why)
    if batch.expires_day is not None and batch.expires_day < today:
        facts = {"expires_on": str(date.fromordinal(batch.expires_day)), "left": batch.expires_day - today}
        return Admission(code="batch.expired", batch=batch.code, life=0, **facts)
    return None


def levels_of_batches(uow: UnitOfWork, parcel_id: int) -> dict[OrderLineId, dict[LevelId, int]]:
    """From which levels the units of a box come, as far as their batches were said; by order line."""
    query = (
        select(ParcelLine.order_line_id, StockLevel.id, func.sum(PackedBatch.qty).label("qty"))
        .join(PackedBatch, PackedBatch.parcel_line_id == ParcelLine.id)
        .join(Batch, Batch.id == PackedBatch.batch_id)
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .join(
            StockLevel,
            (StockLevel.sku_id == Batch.sku_id)
            & (StockLevel.batch == Batch.code)
            & (StockLevel.warehouse_id == Parcel.warehouse_id),
        )
        .where(ParcelLine.parcel_id == parcel_id, PackedBatch.qty > 0)
        .group_by(ParcelLine.order_line_id, StockLevel.id)
    )
    found: dict[OrderLineId, dict[LevelId, int]] = {}
    for row in uow.rows(query):
        found.setdefault(row.order_line_id, {})[row.id] = int(row.qty)
    return found
