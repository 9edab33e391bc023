"""The courier's hand-over (交接): what was scanned out leaves on a sheet, and nothing refunded goes with it.

A parcel waits for its carrier from the outbound scan on. It goes onto an open sheet, by its own scan or with all the
others, and with the sheet's closing it is gone. Parcels whose orders were refunded meanwhile (拦截) go onto no sheet;
somebody pulls them out, and their goods are ours again.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, text, update

from core.channels.models import Shop
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.handover_records import Taken
from core.fulfilment.models import Handover, Parcel, ParcelLine
from core.fulfilment.packing import find_waybill, orders_in
from core.fulfilment.parcels import cancel_parcels, has_shipped_parcel
from core.fulfilment.states import AWAITS_COURIER
from core.fulfilment.telling import MOMENTS, tell, tell_at_last
from core.inventory.returning import undo_sale
from core.orders import holds
from core.orders.lifecycle import move_where_possible
from core.orders.lines import claim, current_lines
from core.orders.models import Order, OrderLine
from core.orders.states import Event, Payment
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import OrderLineId
from core.waybills.models import WaybillAccount

_LONGEST_NAME = 40
#: what pulls a parcel out again, in the waybill's and the movement's story
PULLED_OUT = "pulled_out"

#: parcels that wait for a courier, in the words of their index
WAITS: ColumnElement[bool] = text(f"parcel.{AWAITS_COURIER}")  # type: ignore[assignment]  # a text stands for a condition


def is_intercepted() -> ColumnElement[bool]:
    """Whether something inside a parcel is refunded or to be, or its order changed, by the shop's last word."""
    after_sale = or_(OrderLine.after_sale != "none", Order.payment == Payment.REFUNDED.value, Order.hold_reason != "")
    inside = (
        select(ParcelLine.id)
        .join(OrderLine, OrderLine.id == ParcelLine.order_line_id)
        .join(Order, Order.id == ParcelLine.order_id)
        .where(ParcelLine.parcel_id == Parcel.id, ParcelLine.is_withdrawn.is_(False), after_sale)
    )
    return exists(inside)


def open_sheet(uow: UnitOfWork, carrier_code: str) -> int:
    """The open sheet of a carrier, begun where there is none.

    Raises:
        Refused: `handover.carrier_unknown`.
    """
    take_turn(uow, "handover")
    here = (Handover.carrier_code == carrier_code, Handover.state == "open")
    known = uow.execute(select(Handover.id).where(*here)).scalar_one_or_none()
    if known is not None:
        return int(known)
    account = select(WaybillAccount.carrier_code).where(WaybillAccount.carrier_code == carrier_code)
    waiting = select(Parcel.id).where(WAITS, Parcel.carrier_code == carrier_code).limit(1)
    if uow.execute(account).first() is None and uow.execute(waiting).first() is None:
        raise Refused("handover.carrier_unknown", f"nothing goes with a carrier {carrier_code}", carrier=carrier_code)
    day = f"JJ{uow.now:%m%d}-"
    count = uow.execute(select(func.count()).select_from(Handover).where(Handover.code.like(f"{day}%"))).scalar_one()
    year = uow.execute(select(Handover.id).where(Handover.code == f"{day}{count + 1:02d}")).first()
    code = f"{day}{count + 1:02d}" if year is None else f"{day}{uow.now:%y}-{count + 1:02d}"
    row = {
        "code": code,
        "carrier_code": carrier_code,
        "state": "open",
        "opened_at": uow.now,
        "opened_by": uow.actor.desk,
        "parcel_count": 0,
    }
    sheet_id = uow.insert(Handover, row)
    uow.record("handover.opened", "handover", sheet_id, carrier=carrier_code)
    return sheet_id


def scan(uow: UnitOfWork, sheet_id: int, raw: str) -> Taken:
    """Put the parcel whose label was scanned onto an open sheet; scanned again it stays there.

    Raises:
        NotFound: `handover.unknown`; `label.unknown`, no number of ours.
        Refused: `handover.closed`; `handover.not_out`, it was not scanned out yet; `handover.other_carrier`;
            `handover.intercepted`, something inside is refunded; `handover.gone`, it left with another sheet;
            `label.voided`.
    """
    sheet = _open_sheet(uow, sheet_id)
    waybill = find_waybill(uow, raw)
    if waybill is None:
        raise NotFound("label.unknown", "this is no number of ours")
    if waybill.state == "voided":
        raise Refused("label.voided", "this number was called off; take the label away", number=waybill.number)
    holds.lock_orders(uow, orders_in(uow, waybill.parcel_id))
    parcel = uow.execute(select(*Parcel.__table__.c).where(Parcel.id == waybill.parcel_id)).one()
    number = waybill.number
    if parcel.handover_id == sheet_id:
        return Taken(sheet.parcel_count, number, is_again=True)
    if parcel.state != "shipped":
        raise Refused("handover.not_out", "this parcel was not scanned out yet", number=number)
    if parcel.handover_id is not None or not parcel.awaits_courier:
        code = uow.execute(select(Handover.code).where(Handover.id == parcel.handover_id)).scalar_one_or_none()
        raise Refused("handover.gone", "this parcel stands on another sheet", number=number, sheet=code or "—")
    if parcel.carrier_code != sheet.carrier_code:
        raise Refused("handover.other_carrier", "this parcel goes with another carrier", carrier=parcel.carrier_code)
    if uow.execute(select(Parcel.id).where(Parcel.id == parcel.id, is_intercepted())).first() is not None:
        raise Refused("handover.intercepted", "something in this parcel is refunded: keep it here", number=number)
    return Taken(_put_on(uow, sheet_id, Parcel.id == parcel.id)[1], number)


def take_all(uow: UnitOfWork, sheet_id: int) -> Taken:
    """Put everything that waits for the sheet's carrier onto it, but what is intercepted.

    Raises:
        NotFound, Refused: as `scan` says of the sheet.
    """
    sheet = _open_sheet(uow, sheet_id)
    here = and_(Parcel.carrier_code == sheet.carrier_code, Parcel.handover_id.is_(None), ~is_intercepted())
    added, count = _put_on(uow, sheet_id, here)
    return Taken(count, "", added=added)


def take_off(uow: UnitOfWork, sheet_id: int, parcel_id: int) -> None:
    """Take a parcel off an open sheet: it waits again.

    Raises:
        NotFound, Refused: as `scan` says of the sheet.
    """
    _open_sheet(uow, sheet_id)
    here = (Parcel.id == parcel_id, Parcel.handover_id == sheet_id)
    if uow.count(update(Parcel).where(*here).values(handover_id=None)):
        _count(uow, sheet_id, -1)
        uow.record("parcel.off_the_sheet", "parcel", parcel_id)


def close(uow: UnitOfWork, sheet_id: int, courier: str, counted: int) -> None:
    """The courier has counted and signed: what stands on the sheet is gone, and shops that wait for that are told.

    Raises:
        NotFound: `handover.unknown`.
        Refused: `handover.closed`; `handover.empty`; `handover.no_courier`; `handover.counts_differ`, facts hold
            `ours` and `counted`; `handover.intercepted`, something on it was refunded meanwhile.
    """
    sheet = _open_sheet(uow, sheet_id)
    name = " ".join(courier.split())
    if not name or len(name) > _LONGEST_NAME:
        raise Refused("handover.no_courier", f"the courier's name is missing, or over {_LONGEST_NAME} characters")
    on_it = uow.rows(select(Parcel.id).where(Parcel.handover_id == sheet_id).order_by(Parcel.id))
    if not on_it:
        raise Refused("handover.empty", "nothing stands on this sheet yet")
    if counted != len(on_it):
        raise Refused("handover.counts_differ", "the courier counted otherwise", ours=len(on_it), counted=counted)
    ids = [row.id for row in on_it]
    inside = select(ParcelLine.order_id).where(ParcelLine.parcel_id.in_(ids)).distinct()
    # A refund that is being stored right now is waited for, so that it is seen below.
    holds.lock_orders(uow, sorted(row.order_id for row in uow.rows(inside)))
    stopped = uow.rows(select(Parcel.id).where(Parcel.handover_id == sheet_id, is_intercepted()))
    if stopped:
        raise Refused("handover.intercepted", "something on this sheet is refunded: take it off", n=len(stopped))
    uow.execute(update(Parcel).where(Parcel.handover_id == sheet_id).values(awaits_courier=False))
    signed = {"state": "closed", "closed_at": uow.now, "closed_by": uow.actor.operator}
    facts = signed | {"courier": name, "counted": counted, "parcel_count": len(ids)}
    uow.execute(update(Handover).where(Handover.id == sheet_id).values(**facts))
    tell(uow, ids, "handover")
    uow.record("handover.closed", "handover", sheet_id, parcels=len(ids), code=sheet.code)
    uow.changed("parcel", *ids)


def pull_out(uow: UnitOfWork, parcel_id: int) -> None:
    """Keep a parcel that was scanned out already: its number goes back, its goods are ours again.

    Its orders stand to be looked at: what is refunded stays out, what is not is claimed anew.

    Raises:
        NotFound: `parcel.unknown`.
        Refused: `handover.gone`, it left; `handover.on_sheet`, it stands on an open sheet: take it off first;
            `handover.split`, one of its lines lies in several boxes that were scanned out.
    """
    parcel = uow.execute(select(*Parcel.__table__.c).where(Parcel.id == parcel_id)).one_or_none()
    if parcel is None:
        raise NotFound("parcel.unknown", f"there is no parcel {parcel_id}")
    order_ids = orders_in(uow, parcel_id)
    holds.lock_orders(uow, order_ids)
    kept = (Parcel.id == parcel_id, Parcel.state == "shipped", WAITS, Parcel.handover_id.is_(None))
    if parcel.handover_id is not None and parcel.awaits_courier:
        raise Refused("handover.on_sheet", "this parcel stands on a sheet; take it off first")
    mine = select(ParcelLine.order_line_id).where(ParcelLine.parcel_id == parcel_id)
    others = (
        select(ParcelLine.id)
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .where(ParcelLine.order_line_id.in_(mine), ParcelLine.parcel_id != parcel_id, Parcel.state == "shipped")
    )
    if uow.rows(others.limit(1)):
        raise Refused("handover.split", "one of its lines lies in several boxes that were scanned out")
    if uow.count(update(Parcel).where(*kept).values(awaits_courier=False)) != 1:
        raise Refused("handover.gone", "this parcel has left, or does not wait for a courier")
    line_ids = [OrderLineId(row.order_line_id) for row in uow.rows(mine)]
    undo_sale(uow, line_ids, PULLED_OUT)
    cancel_parcels(uow, [parcel_id], PULLED_OUT)
    uow.record("parcel.pulled_out", "parcel", parcel_id)
    for order_id in order_ids:
        _stand_again(uow, order_id)


def _stand_again(uow: UnitOfWork, order_id: int) -> None:
    """An order whose box stayed here: held where something is still to be sent, over where nothing is."""
    order = uow.execute(select(Order.fulfilment, Order.payment, Order.warehouse_id).where(Order.id == order_id)).one()
    lines = current_lines(uow, order_id)
    wanted = [(line.id, line) for line in lines if line.sku_id is not None and line.after_sale != "refunded"]
    if has_shipped_parcel(uow, order_id):
        # Another box of it has left; only what was in this one is open again.
        wanted = []
    if order.fulfilment == "shipped" and not has_shipped_parcel(uow, order_id):
        move_where_possible(uow, [order_id], Event.REOPEN)
        uow.execute(update(Order).where(Order.id == order_id).values(shipped_at=None))
    if order.payment == Payment.REFUNDED or not wanted:
        move_where_possible(uow, [order_id], Event.CANCEL)
        return
    holds.place_many(uow, [(order_id, "refund_requested")])
    claim(uow, order_id, order.warehouse_id, wanted, is_paid=order.payment != Payment.UNPAID)


def set_confirm_at(uow: UnitOfWork, shop_id: int, moment: str) -> None:
    """When a shop is told that a parcel leaves. Parcels that wait for a later moment are told at once.

    Raises:
        Refused: `shop.moment_unknown`.
        NotFound: `shop.unknown`.
    """
    if moment not in MOMENTS:
        raise Refused("shop.moment_unknown", f"there is no such moment: {moment}", moment=moment)
    if uow.count(update(Shop).where(Shop.id == shop_id).values(confirm_at=moment)) != 1:
        raise NotFound("shop.unknown", f"there is no shop {shop_id}")
    uow.record("shop.confirm_at_set", "shop", shop_id, moment=moment)
    tell_at_last(uow, shop_id, moment, WAITS)


def _open_sheet(uow: UnitOfWork, sheet_id: int) -> Any:
    query = select(*Handover.__table__.c).where(Handover.id == sheet_id)
    if not uow.is_sqlite:
        query = query.with_for_update()
    sheet = uow.execute(query).one_or_none()
    if sheet is None:
        raise NotFound("handover.unknown", f"there is no sheet {sheet_id}")
    if sheet.state != "open":
        raise Refused("handover.closed", "this sheet is signed already", sheet=sheet.code)
    return sheet


def _put_on(uow: UnitOfWork, sheet_id: int, here: ColumnElement[bool]) -> tuple[int, int]:
    """How many parcels went onto the sheet, and how many stand on it now."""
    mine: Sequence[Any] = uow.execute(
        update(Parcel)
        .where(WAITS, Parcel.handover_id.is_(None), here)
        .values(handover_id=sheet_id)
        .returning(Parcel.id)
    ).all()
    uow.changed("parcel", *(row[0] for row in mine))
    if mine:
        uow.record("handover.taken", "handover", sheet_id, parcels=len(mine))
    return len(mine), _count(uow, sheet_id, len(mine))


def _count(uow: UnitOfWork, sheet_id: int, more: int) -> int:
    grown = update(Handover).where(Handover.id == sheet_id).values(parcel_count=Handover.parcel_count + more)
    uow.changed("handover", sheet_id)
    return int(uow.execute(grown.returning(Handover.parcel_count)).scalar_one())
