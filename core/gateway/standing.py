"""How a reservation stands: read from its order and the order's claims, whoever changed them meanwhile.

The door's own row says when its time is up and what it last told; the order and the stock decide.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from core.catalog.models import Sku
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.gateway.models import DoorReservation
from core.inventory.claims import Claim
from core.inventory.holding import claims_seen, live_claims
from core.inventory.models import Warehouse
from core.inventory.states import HOLDING, ClaimState
from core.orders.models import Order, OrderLine
from core.orders.states import OPEN_STATES, Fulfilment, Payment
from core.runtime.ids import OrderLineId, SkuId

_ORDERS = select(
    Order.id,
    Order.customer_id,
    Order.payment,
    Order.fulfilment,
    Order.warehouse_id,
    Order.order_type,
    Order.ship_by_at,
    Order.channel_version,
    Order.modified_at,
    Warehouse.code.label("warehouse"),
).join(Warehouse, Warehouse.id == Order.warehouse_id)
_LINES = (
    select(
        OrderLine.id,
        OrderLine.order_id,
        OrderLine.line_no,
        OrderLine.sku_id,
        OrderLine.bundle_sku_id,
        OrderLine.qty,
        OrderLine.channel_qty,
        OrderLine.after_sale,
        Sku.code,
    )
    .outerjoin(Sku, Sku.id == OrderLine.sku_id)
    .where(OrderLine.order_id.in_(id_set("ids")), OrderLine.is_current)
    .order_by(OrderLine.id)
)
_CODES = select(Sku.id, Sku.code).where(Sku.id.in_(id_set("ids")))


class State(StrEnum):
    """What a mall reads."""

    RESERVED = "reserved"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Standing:
    """One reservation, its order and what the order's lines hold."""

    row: Any
    order: Any
    lines: Sequence[Any]
    #: units that each line holds or has carried away
    held: Mapping[OrderLineId, int]
    bundle_codes: Mapping[int, str]
    state: State

    @property
    def line_ids(self) -> list[OrderLineId]:
        """The lines that are to be sent."""
        return [OrderLineId(line.id) for line in self.lines if line.after_sale != "refunded"]

    @property
    def is_paid(self) -> bool:
        """Whether the money is there."""
        return self.order.payment in {Payment.PAID, Payment.PARTLY_REFUNDED}

    @property
    def has_left(self) -> bool:
        """Whether the order is on its way."""
        return self.order.fulfilment in {Fulfilment.SHIPPED, Fulfilment.COMPLETED}

    def missing(self) -> Mapping[SkuId, int]:
        """Units that the lines want and do not hold."""
        units: Counter[SkuId] = Counter()
        for line in self.lines:
            lacking = line.qty - self.held.get(OrderLineId(line.id), 0)
            if line.sku_id is not None and line.after_sale != "refunded" and lacking > 0:
                units[SkuId(line.sku_id)] += lacking
        return units

    def goods(self) -> Mapping[str, int]:
        """Merchant codes and quantities as the order's lines name them now; bundles count as what was bought."""
        found: dict[str, int] = {}
        seen: set[tuple[str, int]] = set()
        for line in self.lines:
            bundle = line.bundle_sku_id
            if bundle is None:
                code = line.code or ""
                found[code] = found.get(code, 0) + line.qty
            elif (line.line_no, bundle) not in seen:
                seen.add((line.line_no, bundle))
                code = self.bundle_codes[bundle]
                found[code] = found.get(code, 0) + line.channel_qty
        return found


def standings(uow: UnitOfWork, rows: Sequence[Any], *, is_locked: bool = False) -> list[Standing]:
    """How these reservations (rows of the table) stand now; with `is_locked`, their claims under their locks."""
    ids = {"ids": packed_ids([row.order_id for row in rows])}
    query = _ORDERS.where(Order.id.in_(id_set("ids")))
    orders = {order.id: order for order in uow.execute(query, ids)}
    lines: defaultdict[int, list[Any]] = defaultdict(list)
    for line in uow.execute(_LINES, ids):
        lines[line.order_id].append(line)
    every = [OrderLineId(line.id) for group in lines.values() for line in group]
    claims = (live_claims if is_locked else claims_seen)(uow, every)
    held = held_units(claims)
    codes = _bundle_codes(uow, {line.bundle_sku_id for group in lines.values() for line in group} - {None})
    return [
        Standing(
            row,
            orders[row.order_id],
            lines[row.order_id],
            held,
            codes,
            state_of(orders[row.order_id], lines[row.order_id], held, row.expires_at, uow.now),
        )
        for row in rows
    ]


def held_units(claims: Collection[Claim]) -> Mapping[OrderLineId, int]:
    """Units that each line holds or has carried away."""
    held: Counter[OrderLineId] = Counter()
    for claim in claims:
        if claim.state in HOLDING or claim.state is ClaimState.CONSUMED:
            held[claim.order_line_id] += claim.qty
    return held


def state_of(
    order: Any, lines: Sequence[Any], held: Mapping[OrderLineId, int], expires_at: datetime, now: datetime
) -> State:
    """The state that follows from the order; one that is paid for without its goods has expired for the mall too."""
    if order.fulfilment == Fulfilment.CANCELLED or order.payment == Payment.REFUNDED:
        return State.RELEASED
    if order.fulfilment not in OPEN_STATES:
        return State.CONFIRMED
    to_send = [line for line in lines if line.after_sale != "refunded"]
    if any(held.get(OrderLineId(line.id), 0) < line.qty for line in to_send):
        return State.EXPIRED
    if order.payment != Payment.UNPAID:
        return State.CONFIRMED
    return State.RESERVED if expires_at > now else State.EXPIRED


def _bundle_codes(uow: UnitOfWork, ids: set[int]) -> Mapping[int, str]:
    if not ids:
        return {}
    rows: Sequence[Any] = uow.execute(_CODES, {"ids": packed_ids(ids)}).all()
    return dict(rows)


_ROW = select(*DoorReservation.__table__.c)
_OF_ORDERS = _ROW.where(DoorReservation.order_id.in_(id_set("ids")))


def row_by_ref(uow: UnitOfWork, shop_id: int, ref: str) -> Any | None:
    """The reservation of a mall's order number."""
    here = (DoorReservation.shop_id == shop_id, DoorReservation.ref == ref)
    return uow.execute(_ROW.where(*here)).one_or_none()


def row_by_id(uow: UnitOfWork, shop_id: int, public_id: str) -> Any | None:
    """The reservation of a public id, if it is this shop's."""
    here = (DoorReservation.shop_id == shop_id, DoorReservation.public_id == public_id)
    return uow.execute(_ROW.where(*here)).one_or_none()


def rows_of_orders(uow: UnitOfWork, order_ids: Sequence[int]) -> Sequence[Any]:
    """The reservations of these orders, which have one each, in the order given."""
    rows: Sequence[Any] = uow.execute(_OF_ORDERS, {"ids": packed_ids(order_ids)}).all()
    found = {row.order_id: row for row in rows}
    return [found[order_id] for order_id in order_ids]
