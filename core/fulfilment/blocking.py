"""Blocking a batch (召回, 冻结): what orders hold of it is picked anew from other batches, and nothing in silence.

Orders for which there is nothing else are short, and held for it. What lies in a box already stays with its parcel,
which is named: a person has to open it, and the outbound scan stops it until then.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select

from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.models import PackedBatch, Parcel, ParcelLine
from core.fulfilment.resuming import goods_came
from core.fulfilment.states import OPEN
from core.inventory.batches import locked_batch, set_blocked
from core.inventory.claims import Draft, claims_of_lines
from core.inventory.holders import holders_of_level
from core.inventory.levels import lock_levels
from core.inventory.models import StockLevel
from core.inventory.states import ClaimState
from core.orders import holds
from core.orders.models import SHOWN_NO, Order, OrderLine
from core.orders.shortages import serve_short
from core.runtime.ids import OrderLineId
from core.waybills.models import Waybill

# The index of parcel lines goes by their orders.
_ORDERS = select(OrderLine.order_id).where(OrderLine.id.in_(id_set("ids")))
_OF_LINES = and_(ParcelLine.order_id.in_(_ORDERS), ParcelLine.order_line_id.in_(id_set("ids")))
#: more orders than any batch has; serving is asked for all of them at once
_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class PackedWith:
    """A parcel that is still here and holds units of a blocked batch, verified already."""

    parcel_id: int
    order_no: str
    waybill_no: str
    qty: int


@dataclass(frozen=True, slots=True)
class Blocked:
    """What blocking a batch has changed.

    Attributes:
        is_new: it was not blocked before.
        repicked: numbers of the orders that have units of other batches now.
        short: numbers of the orders for which there were none.
        packed: parcels that have to be opened.
    """

    is_new: bool
    repicked: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    packed: tuple[PackedWith, ...] = ()


def block(uow: UnitOfWork, batch_id: int, why: str) -> Blocked:
    """Promise a batch to nobody any more, and go through what is promised of it.

    Raises:
        NotFound: `batch.unknown`.
    """
    is_new = set_blocked(uow, batch_id, is_blocked=True, why=why)
    served, left = _pick_anew(uow, locked_batch(uow, batch_id))
    numbers = _numbers(uow, [*served, *left])
    return Blocked(
        is_new,
        tuple(numbers[one] for one in served),
        tuple(numbers[one] for one in left),
        packed_with(uow, batch_id),
    )


def came_out(uow: UnitOfWork, batch_ids: Collection[int]) -> None:
    """Units of these batches came out of their box: of a blocked one they are picked anew, or their order is short.

    Until then the box held the claim, for `block` leaves alone what is packed; nobody else would ever give it up.
    """
    for batch_id in sorted(batch_ids):
        batch = locked_batch(uow, batch_id)
        if batch.is_blocked:
            _pick_anew(uow, batch)


def _pick_anew(uow: UnitOfWork, batch: Any) -> tuple[list[int], list[int]]:
    """Give up what is not in a box; gives the orders that have another batch now, and those that are short."""
    orders = _give_up(uow, batch)
    if not orders:
        return [], []
    found = set(serve_short(uow, [batch.sku_id], _ALL))
    served, left = [one for one in orders if one in found], sorted(set(orders) - found)
    holds.place_many(uow, [(order_id, "short") for order_id in left])
    uow.record("batch.repicked", "batch", batch.id, batch=batch.code, repicked=len(served), short=len(left))
    return served, left


def unblock(uow: UnitOfWork, batch_id: int, carrier_code: str) -> tuple[int, ...]:
    """Let a batch be promised again, and send the orders on that waited for it; gives them.

    Raises:
        NotFound: `batch.unknown`.
    """
    if not set_blocked(uow, batch_id, is_blocked=False, why=""):
        return ()
    return goods_came(uow, carrier_code, [locked_batch(uow, batch_id).sku_id])


def _give_up(uow: UnitOfWork, batch: Any) -> list[int]:
    """Take what is not in a box yet from the claims on the batch; gives the orders that lack it now."""
    query = select(StockLevel.id).where(StockLevel.sku_id == batch.sku_id, StockLevel.batch == batch.code)
    lacking: set[OrderLineId] = set()
    for level in lock_levels(uow, list(uow.execute(query).scalars())):
        claims = holders_of_level(uow.connection, level.id, level.reserved_qty + level.confirmed_qty)
        if not claims:
            continue
        lines = {claim.order_line_id for claim in claims}
        boxed: dict[int, int] = {}
        for (_, line), units in _in_boxes(uow, batch, lines).items():
            boxed[line] = boxed.get(line, 0) + units
        taken: dict[OrderLineId, int] = {}
        draft = Draft(claims_of_lines(uow, lines))
        for claim in claims:
            line = claim.order_line_id
            stays = min(claim.qty, boxed.get(line, 0))
            boxed[line] = boxed.get(line, 0) - stays
            if claim.qty - stays:
                taken[line] = taken.get(line, 0) + draft.step(claim, ClaimState.RELEASED, claim.qty - stays)
        draft.add([(line, level.sku_id, None, units) for line, units in taken.items()], ClaimState.SHORT)
        draft.write(uow)
        lacking |= taken.keys()
    return _orders_of(uow, lacking)


def _in_boxes(uow: UnitOfWork, batch: Any, order_line_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """Units of the batch that lie in boxes which are here, by parcel and order line.

    What was verified and nobody said the batch of counts as of this one: the books have chosen it.
    """
    named = (
        select(PackedBatch.parcel_line_id, func.sum(PackedBatch.qty).label("qty"))
        .join(ParcelLine, ParcelLine.id == PackedBatch.parcel_line_id)
        .where(_OF_LINES, PackedBatch.qty > 0)
        .group_by(PackedBatch.parcel_line_id)
    )
    any_batch = named.subquery("any_batch")
    of_this = named.where(PackedBatch.batch_id == batch.id).subquery("of_this")
    mine = func.coalesce(of_this.c.qty, 0)
    unsaid = ParcelLine.verified_qty - func.coalesce(any_batch.c.qty, 0)
    query = (
        select(ParcelLine.parcel_id, ParcelLine.order_line_id, mine + unsaid)
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .outerjoin(any_batch, any_batch.c.parcel_line_id == ParcelLine.id)
        .outerjoin(of_this, of_this.c.parcel_line_id == ParcelLine.id)
        .where(_OF_LINES, Parcel.state.in_(OPEN), ParcelLine.is_withdrawn.is_(False))
        .order_by(ParcelLine.parcel_id, ParcelLine.id)
    )
    rows: Sequence[Any] = uow.execute(query, {"ids": packed_ids(set(order_line_ids))}).all()
    return {(parcel, line): int(qty) for parcel, line, qty in rows if qty > 0}


def packed_with(uow: UnitOfWork, batch_id: int) -> tuple[PackedWith, ...]:
    """Parcels that are still here and hold verified units of the batch, said or chosen by the books."""
    batch = locked_batch(uow, batch_id)
    boxed = _in_boxes(uow, batch, _lines_claiming(uow, batch))
    query = (
        select(ParcelLine.parcel_id, ParcelLine.order_line_id, SHOWN_NO, Waybill.number)
        .join(Order, Order.id == ParcelLine.order_id)
        .outerjoin(Waybill, (Waybill.parcel_id == ParcelLine.parcel_id) & (Waybill.state == "obtained"))
        .where(ParcelLine.parcel_id.in_(id_set("ids")))
        .order_by(ParcelLine.parcel_id, ParcelLine.id)
    )
    rows: Sequence[Any] = uow.execute(query, {"ids": packed_ids({parcel for parcel, _ in boxed})}).all()
    return tuple(
        PackedWith(parcel, order_no, number or "", boxed[parcel, line])
        for parcel, line, order_no, number in rows
        if (parcel, line) in boxed
    )


def _lines_claiming(uow: UnitOfWork, batch: Any) -> list[int]:
    levels = select(StockLevel.id, StockLevel.reserved_qty, StockLevel.confirmed_qty)
    rows = uow.rows(levels.where(StockLevel.sku_id == batch.sku_id, StockLevel.batch == batch.code))
    return [
        claim.order_line_id
        for row in rows
        for claim in holders_of_level(uow.connection, row.id, row.reserved_qty + row.confirmed_qty)
    ]


def _orders_of(uow: UnitOfWork, line_ids: Collection[int]) -> list[int]:
    query = select(OrderLine.order_id).where(OrderLine.id.in_(id_set("ids"))).distinct().order_by(OrderLine.order_id)
    return list(uow.execute(query, {"ids": packed_ids(line_ids)}).scalars())


def _numbers(uow: UnitOfWork, order_ids: Sequence[int]) -> dict[int, str]:
    query = select(Order.id, SHOWN_NO).where(Order.id.in_(id_set("ids")))
    rows: Sequence[Any] = uow.execute(query, {"ids": packed_ids(order_ids)}).all()
    return dict(rows)
