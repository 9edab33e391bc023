"""What a mall does with a reservation: extend, confirm, release, look. Each repeats harmlessly, in any order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update

from core.customers.service import Digest
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.cancelling import cancel_order
from core.fulfilment.parcels import release_ready
from core.gateway.goods import capped, goods_by_id, promised_life, to_be_had
from core.gateway.models import DoorReservation
from core.gateway.problems import Answer, Problem
from core.gateway.purchase_limits import lock_customer_of, refuse_again
from core.gateway.shapes import instant
from core.gateway.standing import Standing, State, row_by_id, row_by_ref, standings
from core.inventory.holding import free_now, move_end
from core.orders.holds import lock_orders
from core.orders.lines import claim
from core.orders.paying import confirm_paid, note_paid
from core.runtime.errors import Refused
from core.runtime.ids import WarehouseId
from core.sync.shops import ShopRecord

#: how long a reservation may last in all, from its making on
MOST_IN_ALL: Final = timedelta(minutes=60)
#: a payment may be so far ahead of our clock
_AHEAD: Final = timedelta(minutes=5)

#: an act on a reservation: (uow, how it stands, body) -> answer
Act = Callable[[UnitOfWork, Standing, Mapping[str, Any]], Answer]


def look(uow: UnitOfWork, shop_id: int, *, public_id: str = "", ref: str = "") -> Answer:
    """How a reservation stands.

    Raises:
        Problem: `reservation_not_found`; one of another shop is not found either.
    """
    row = row_by_id(uow, shop_id, public_id) if public_id else row_by_ref(uow, shop_id, ref)
    if row is None:
        raise Problem("reservation_not_found")
    return view(standings(uow, [row])[0], 200)


def on_reservation(uow: UnitOfWork, shop_id: int, public_id: str) -> Standing:
    """The reservation with its order and its claims locked: nobody else changes what it stands on.

    Raises:
        Problem: `reservation_not_found`.
    """
    row = row_by_id(uow, shop_id, public_id)
    if row is None:
        raise Problem("reservation_not_found")
    return locked(uow, row)


def locked(uow: UnitOfWork, row: Any) -> Standing:
    """The reservation of a row that was read before, under the lock of its order."""
    lock_orders(uow, [row.order_id])
    columns = select(*DoorReservation.__table__.c)
    fresh = uow.execute(columns.where(DoorReservation.id == row.id)).one()
    return standings(uow, [fresh], is_locked=True)[0]


def extend(uow: UnitOfWork, one: Standing, body: Mapping[str, Any], shop: ShopRecord, digest: Digest) -> Answer:
    """Let it last `expires_in` seconds from now, or as long as it does already; what has run out is reserved anew.

    Raises:
        Problem: `reservation_closed`, `already_confirmed`, `extend_limit`, `expired_out_of_stock`,
            `purchase_limit`.
    """
    _refuse_closed(one)
    if one.state is State.CONFIRMED or one.is_paid:
        raise Problem("already_confirmed")
    until = uow.now + timedelta(seconds=body["expires_in"])
    limit = one.row.made_at + MOST_IN_ALL
    if until > limit:
        raise Problem("extend_limit", until=limit.isoformat(timespec="milliseconds"))
    if one.state is State.EXPIRED:
        reserve_again(uow, one, shop, digest)
    else:
        until = max(until, one.row.expires_at)
    move_end(uow, one.line_ids, until)
    return settle(uow, one, State.RESERVED, "door.extended", expires_at=until)


def confirm(uow: UnitOfWork, one: Standing, body: Mapping[str, Any], carrier_code: str) -> Answer:
    """The buyer has paid: the units are kept. What had run out is reserved anew, all of it or nothing.

    Raises:
        Problem: `reservation_closed`; `expired_out_of_stock`, nothing is changed and the mall has to pay back;
            `invalid`, a payment in the future.
    """
    _refuse_closed(one)
    if one.state is State.CONFIRMED:
        # By an earlier call, or by a copy of the order that came first.
        return settle(uow, one, State.CONFIRMED, "door.confirmed")
    paid_at = instant(body["paid_at"], "body.paid_at") if body.get("paid_at") else uow.now
    if paid_at > uow.now + _AHEAD:
        raise Problem("invalid", "body.paid_at: lies in the future")
    refuse_missing(uow, one, leaves_safety=False)
    note_paid(uow, one.order.id, paid_at, body.get("amount"))
    if not confirm_paid(uow, one.order.id):
        raise Problem("expired_out_of_stock")
    release_ready(uow, [one.order.id], carrier_code)
    return settle(uow, one, State.CONFIRMED, "door.confirmed")


def release(uow: UnitOfWork, one: Standing, body: Mapping[str, Any]) -> Answer:
    """Give the units back and call the order off; again it changes nothing.

    Raises:
        Problem: `already_confirmed`, it is paid and the reason is no refund; `already_shipped`.
    """
    reason = body["reason"]
    if one.state is State.RELEASED:
        return settle(uow, one, State.RELEASED, "door.released")
    if one.has_left:
        raise Problem("already_shipped")
    if one.is_paid and reason != "refund":
        raise Problem("already_confirmed")
    try:
        cancel_order(uow, one.order.id, reason, is_refunded=one.is_paid)
    except Refused as refusal:
        raise Problem("already_shipped") from refusal
    return settle(uow, one, State.RELEASED, "door.released", reason=reason)


def _refuse_closed(one: Standing) -> None:
    if one.state is State.RELEASED:
        raise Problem("reservation_closed")


def refuse_missing(
    uow: UnitOfWork, one: Standing, code: str = "expired_out_of_stock", *, leaves_safety: bool
) -> None:
    """Refuse where the units that the order does not hold (any more) are not there.

    Raises:
        Problem: by `code`, with what there is of each SKU.
    """
    missing = one.missing()
    if not missing:
        return
    life = promised_life(uow.connection, one.row.shop_id)
    free = free_now(
        uow,
        WarehouseId(one.order.warehouse_id),
        list(missing),
        life,
        leaves_safety=leaves_safety,
        shop_id=one.row.shop_id,
        sold_as={line.bundle_sku_id or line.sku_id for line in one.lines if line.sku_id is not None},
    )
    if leaves_safety:
        # Nothing is paid for yet.
        free = capped(uow.connection, one.row.shop_id, free, uow.now)
    lacking = [sku for sku, qty in missing.items() if free[sku] < qty]
    if lacking:
        known = goods_by_id(uow.connection, lacking)
        lines = [{"sku": known[sku].code, "available": to_be_had(known[sku], free)} for sku in lacking]
        raise Problem(code, lines=lines)


def reserve_again(
    uow: UnitOfWork, one: Standing, shop: ShopRecord, digest: Digest, code: str = "expired_out_of_stock"
) -> None:
    """Reserve what has run out, all of it or nothing.

    Raises:
        Problem: by `code`; `purchase_limit`, the buyer has bought meanwhile, or the goods have run low.
    """
    customer_id = lock_customer_of(uow, shop, one.order.customer_id, digest)
    refuse_missing(uow, one, code, leaves_safety=True)
    refuse_again(uow, one, customer_id)
    rows = [(line.id, line) for line in one.lines]
    claim(uow, one.order.id, one.order.warehouse_id, rows, is_paid=False)


def settle(uow: UnitOfWork, one: Standing, state: State, action: str, **facts: Any) -> Answer:
    """Write what the door now says of a reservation, and answer with it; the same again writes nothing.

    `facts` are columns of the row; they count only with a change of state, or a new end.
    """
    is_new = one.row.state != state or one.row.expires_at != facts.get("expires_at", one.row.expires_at)
    if is_new:
        settled = None if state is State.RESERVED else uow.now
        values = {"state": state.value, "settled_at": settled, "version": DoorReservation.version + 1}
        values |= facts | {"kept_until": None}
        uow.execute(update(DoorReservation).where(DoorReservation.id == one.row.id).values(**values))
        uow.record(action, "orders", one.order.id, reservation=one.row.public_id)
        uow.changed(DoorReservation.__tablename__, one.row.id)
    columns = select(*DoorReservation.__table__.c)
    row = uow.execute(columns.where(DoorReservation.id == one.row.id)).one()
    return view(standings(uow, [row])[0], 200)


@dataclass(frozen=True, slots=True)
class Noted:
    """A reservation about to be written: the door's own row of an order, as it is read afterwards but for its id."""

    shop_id: int
    ref: str
    order_id: int
    public_id: str
    expires_at: datetime
    asked: list[dict[str, Any]]
    version: int = 1


def write_rows(uow: UnitOfWork, noted: Sequence[Noted]) -> None:
    """Write the door's own rows."""
    columns: dict[str, Sequence[Any]] = {
        "public_id": [one.public_id for one in noted],
        "shop_id": [one.shop_id for one in noted],
        "ref": [one.ref for one in noted],
        "order_id": [one.order_id for one in noted],
        "asked": [one.asked for one in noted],
        "expires_at": [one.expires_at for one in noted],
        "version": [one.version for one in noted],
    }
    shared: dict[str, Any] = {"state": State.RESERVED.value, "made_at": uow.now, "reason": ""}
    shared |= {"settled_at": None, "kept_until": None}
    uow.insert_columns(DoorReservation, columns, **shared)


def view(one: Standing, status: int, **more: Any) -> Answer:
    """A reservation as a mall reads it."""
    body: dict[str, Any] = {
        "id": one.row.public_id,
        "ref": one.row.ref,
        "state": one.state.value,
        "expires_at": one.row.expires_at.isoformat(timespec="milliseconds"),
        "lines": [{"sku": sku, "qty": qty, "warehouse": one.order.warehouse} for sku, qty in one.goods().items()],
        "version": one.row.version,
    }
    return Answer(status, body | more)
