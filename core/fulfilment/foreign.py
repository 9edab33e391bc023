"""Parcels under numbers that other software has printed (面单在别处打印): carrying one, giving it up, sharing a box.

Such a number is scanned in and packed, verified and scanned out like one of ours. It is never asked for, printed or
given back by us, so a parcel that has one, or waits for one, wants no label here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.engine import Connection

from core.channels.models import Shop
from core.customers.models import ConsigneeRow
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.models import Parcel, ParcelLine
from core.orders.models import Order
from core.waybills import carriers
from core.waybills.models import ForeignNumber, Waybill
from core.waybills.numbers import LIVE, plan_numbers, void_numbers

#: (number, code of its carrier)
Numbered = tuple[str, str]

_NO_TOKEN = or_(ConsigneeRow.token.is_(None), ConsigneeRow.token == "")
#: nobody here can print a label for such a receiver: a carrier would take the stars for a name
IS_UNKNOWN_HERE = and_(ConsigneeRow.is_masked, _NO_TOKEN)
#: one statement for a whole page of orders, which finds hardly any where nothing is printed elsewhere
_ELSEWHERE = (
    select(Order.id, ForeignNumber.number, ForeignNumber.carrier_code)
    .join(Shop, Shop.id == Order.shop_id)
    .join(ConsigneeRow, ConsigneeRow.id == Order.consignee_id)
    .outerjoin(
        ForeignNumber,
        (ForeignNumber.order_id == Order.id) & (ForeignNumber.consignee_id == Order.consignee_id),
    )
    .where(Order.id.in_(id_set("ids")), or_(Shop.prints_elsewhere, IS_UNKNOWN_HERE, ForeignNumber.id.is_not(None)))
    .order_by(Order.id, ForeignNumber.id)
)


def labelled_elsewhere(uow: UnitOfWork, order_ids: Sequence[int]) -> Mapping[int, Sequence[Numbered]]:
    """Those of the orders that get no number of ours, with the numbers other software has printed for them so far."""
    found: dict[int, list[Numbered]] = {}
    for row in uow.execute(_ELSEWHERE, {"ids": packed_ids(order_ids)}):
        mine = found.setdefault(row.id, [])
        if row.number is not None:
            mine.append((row.number, row.carrier_code))
    return found


def why_elsewhere(connection: Connection, parcel_id: int) -> str:
    """Why no label of a parcel is made here: `shop`, its shop prints elsewhere; `masked`; empty where one is."""
    query = (
        select(Shop.prints_elsewhere, IS_UNKNOWN_HERE)
        .select_from(Parcel)
        .join(Shop, Shop.id == Parcel.shop_id)
        .join(ConsigneeRow, ConsigneeRow.id == Parcel.consignee_id)
        .where(Parcel.id == parcel_id)
    )
    by_shop, is_masked = connection.execute(query).one()
    return "shop" if by_shop else "masked" if is_masked else ""


@dataclass(frozen=True, slots=True)
class Holder:
    """The parcel that carries a number, as far as another order may share its box."""

    waybill_id: int
    parcel_id: int
    is_valid: bool
    is_foreign: bool
    shop_id: int
    warehouse_id: int
    is_untouched: bool
    #: its parcel was called off: a label of it in somebody's hand belongs to nothing that is to be sent
    is_called_off: bool

    @property
    def is_free(self) -> bool:
        """Whether the number was taken off a parcel by a clerk, who may put it on another."""
        return self.is_foreign and not (self.is_valid or self.is_called_off)


def holders(connection: Connection, numbers: Sequence[str]) -> Mapping[str, Holder]:
    """Who carries, or carried, each of these numbers; a valid one goes before one that was called off."""
    columns = (Waybill.number, Waybill.id, Waybill.parcel_id, Waybill.state, Waybill.is_foreign)
    of_parcel = (Parcel.shop_id, Parcel.warehouse_id, Parcel.state.label("parcel_state"), Parcel.box_count)
    query = select(*columns, *of_parcel)
    query = query.join(Parcel, Parcel.id == Waybill.parcel_id).where(Waybill.number.in_(numbers))
    rows = connection.execute(query.order_by(Waybill.state == "obtained", Waybill.id)).all()
    return {
        row.number: Holder(
            row.id,
            row.parcel_id,
            row.state == "obtained",
            row.is_foreign,
            row.shop_id,
            row.warehouse_id,
            row.parcel_state == "to_pack" and row.box_count == 1,
            row.parcel_state == "cancelled",
        )
        for row in rows
    }


def live_waybill(connection: Connection, parcel_id: int) -> Any:
    """Id, state, number and origin of the parcel's live number; None where it has none."""
    columns = (Waybill.id, Waybill.state, Waybill.number, Waybill.is_foreign)
    query = select(*columns).where(Waybill.parcel_id == parcel_id, Waybill.state.in_(LIVE))
    return connection.execute(query).one_or_none()


def carry(uow: UnitOfWork, parcel_id: int, number: str, carrier_code: str) -> None:
    """Put a parcel under a number that nobody else carries; one of ours that is still on its way is called off."""
    void_numbers(uow, [parcel_id], "printed_elsewhere")
    # A parcel that was called off leaves its number to the one that comes instead of it.
    gone = (Waybill.number == number, Waybill.state == "voided", Waybill.is_foreign)
    uow.execute(update(Waybill).where(*gone).values(number=None))
    consignee_id = uow.execute(select(Parcel.consignee_id).where(Parcel.id == parcel_id)).scalar_one()
    last = uow.execute(select(func.max(Waybill.attempt)).where(Waybill.parcel_id == parcel_id)).scalar_one()
    attempt = (last or 0) + 1
    row = {
        "parcel_id": parcel_id,
        "attempt": attempt,
        "key": f"foreign-{parcel_id}-{attempt}",
        "carrier_code": carrier_code,
        "state": "obtained",
        "number": number,
        "consignee_id": consignee_id,
        "obtained_at": uow.now,
        "is_foreign": True,
    }
    waybill_id = uow.insert(Waybill, row)
    uow.execute(update(Parcel).where(Parcel.id == parcel_id).values(carrier_code=carrier_code))
    uow.record("waybill.foreign", "waybill", waybill_id, number=number, carrier=carrier_code)
    uow.changed("parcel", parcel_id)


def give(uow: UnitOfWork, parcel_id: int, numbers: Sequence[Numbered]) -> None:
    """Put an untouched parcel under the first of these numbers that no other box carries.

    Where another untouched parcel of the shop carries it, both are one box, and this one is packed with it.
    """
    # Most parcels of a shop that prints elsewhere have none yet.
    known = holders(uow.connection, [number for number, _ in numbers]) if numbers else {}
    for number, carrier_code in numbers:
        holder = known.get(number)
        if holder is None or not holder.is_valid:
            if holder is None or holder.is_foreign:
                carry(uow, parcel_id, number, carrier_code)
                return
        elif may_share(uow.connection, parcel_id, holder) and _is_joined(uow, parcel_id, holder.parcel_id):
            return


def may_share(connection: Connection, parcel_id: int, holder: Holder) -> bool:
    """Whether what lies in a parcel may go into the box that carries the number already."""
    columns = (Parcel.state, Parcel.shop_id, Parcel.warehouse_id, Parcel.box_count)
    mine = connection.execute(select(*columns).where(Parcel.id == parcel_id)).one()
    is_untouched = mine.state == "to_pack" and mine.box_count == 1
    is_one_shelf = (mine.shop_id, mine.warehouse_id) == (holder.shop_id, holder.warehouse_id)
    return is_untouched and holder.is_untouched and holder.is_foreign and is_one_shelf


def _is_joined(uow: UnitOfWork, parcel_id: int, into_id: int) -> bool:
    """Put one parcel into another; a desk that has opened either at the same moment keeps it."""
    if parcel_id == into_id:
        return True
    untouched = (Parcel.id.in_((parcel_id, into_id)), Parcel.state == "to_pack", Parcel.box_count == 1)
    if len(uow.rows(select(Parcel.id).where(*untouched).order_by(Parcel.id).with_for_update())) != 2:
        return False
    void_numbers(uow, [parcel_id], "printed_elsewhere")
    uow.execute(update(ParcelLine).where(ParcelLine.parcel_id == parcel_id).values(parcel_id=into_id))
    due = select(Parcel.ship_by_at).where(Parcel.id.in_((parcel_id, into_id)), Parcel.ship_by_at.is_not(None))
    soonest = min(uow.execute(due).scalars(), default=None)
    uow.execute(update(Parcel).where(Parcel.id == into_id).values(ship_by_at=soonest))
    gone = {"state": "cancelled", "fence": Parcel.fence + 1}
    uow.execute(update(Parcel).where(Parcel.id == parcel_id).values(**gone))
    uow.record("parcel.joined", "parcel", parcel_id, into_parcel_id=into_id)
    uow.changed("parcel", into_id)
    return True


def remember(uow: UnitOfWork, order_id: int, number: str, carrier_code: str) -> None:
    """Keep a number with its order, for the parcel that is made of it."""
    consignee_id = uow.execute(select(Order.consignee_id).where(Order.id == order_id)).scalar_one()
    mine = (ForeignNumber.order_id == order_id, ForeignNumber.number == number)
    told = {"carrier_code": carrier_code, "consignee_id": consignee_id}
    if not uow.count(update(ForeignNumber).where(*mine).values(**told)):
        uow.insert(ForeignNumber, told | {"order_id": order_id, "number": number, "created_at": uow.now})
    uow.record("order.number_attached", "orders", order_id, number=number)


def take_off(uow: UnitOfWork, parcel_id: int, carrier_code: str) -> str:
    """Take a foreign number off a parcel and forget it; gives the number, empty where there is none.

    `carrier_code` is the carrier of our own numbers, with which the parcel goes from then on.
    """
    waybill = live_waybill(uow.connection, parcel_id)
    if waybill is None or not waybill.is_foreign:
        return ""
    void_numbers(uow, [parcel_id], "taken_off")
    uow.execute(update(Parcel).where(Parcel.id == parcel_id).values(carrier_code=carrier_code))
    inside = select(ParcelLine.order_id).where(ParcelLine.parcel_id == parcel_id).distinct()
    order_ids = [row.order_id for row in uow.rows(inside)]
    uow.execute(
        delete(ForeignNumber).where(ForeignNumber.order_id.in_(order_ids), ForeignNumber.number == waybill.number)
    )
    for order_id in order_ids:
        uow.record("order.number_taken_off", "orders", order_id, number=waybill.number)
    uow.changed("parcel", parcel_id)
    return str(waybill.number)


#: carriers from whom a clerk chooses with one key
_OFFERED = 6


def offer(connection: Connection, parcel_id: int, raw: str) -> dict[str, Any]:
    """What a scan may be that stands for nothing here: a number printed elsewhere, for a parcel that has none.

    Facts for its verdict: `attachable`, the number, and `carriers`, codes from whom it may be, the likeliest first;
    empty where it cannot be one.
    """
    number = carriers.tidied(raw)
    if not carriers.is_number(number):
        return {}
    mine = live_waybill(connection, parcel_id)
    if mine is not None and mine.state == "obtained":
        return {}
    holder = holders(connection, [number]).get(number)
    if holder is not None and not holder.is_free:
        return {}
    return {"attachable": number, "carriers": carriers.suggested(number, _OFFERED)}


def number_rest_of(uow: UnitOfWork, box: Any, parcels: Sequence[int]) -> None:
    """Numbers for parcels that come out of a box: of ours, or what other software has printed for their orders."""
    if has_own_number(uow.connection, box.id):
        whose = select(Parcel.id, Parcel.consignee_id).where(Parcel.id.in_(parcels)).order_by(Parcel.id)
        plan_numbers(uow, [(row.id, row.consignee_id) for row in uow.rows(whose)], box.carrier_code)
        return
    for parcel_id in parcels:
        inside = select(ParcelLine.order_id).where(ParcelLine.parcel_id == parcel_id).distinct()
        known = labelled_elsewhere(uow, [row.order_id for row in uow.rows(inside)])
        give(uow, parcel_id, [one for numbers in known.values() for one in numbers])


def has_own_number(connection: Connection, parcel_id: int) -> bool:
    """Whether a number of ours is there, on its way, or failed."""
    query = select(Waybill.id).where(
        Waybill.parcel_id == parcel_id, Waybill.is_foreign.is_(False), Waybill.state.in_((*LIVE, "failed"))
    )
    return connection.execute(query.limit(1)).first() is not None


def waiting_order(connection: Connection, number: str) -> str:
    """The number of an order for which this was printed and which no box carries yet; empty where there is none."""
    carried = select(Waybill.id).where(Waybill.number == ForeignNumber.number, Waybill.state == "obtained")
    query = (
        select(Order.order_no)
        .join(ForeignNumber, ForeignNumber.order_id == Order.id)
        .where(ForeignNumber.number == number, ~carried.exists())
    )
    return connection.execute(query.order_by(Order.id).limit(1)).scalar_one_or_none() or ""
