"""Orders whose labels other software prints (伴侣模式): numbers come in files or under the scanner.

What a file says of a number is judged before anything is written, so that a preview says the same as the import.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select, text, update
from sqlalchemy.engine import Connection

from core.channels.models import Shop
from core.db.sets import id_set, packed_ids, packed_texts, text_set
from core.db.unit_of_work import UnitOfWork
from core.fulfilment import foreign, packing
from core.fulfilment.foreign import Holder
from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.packing import Act, answer, find_waybill, lost, repeated
from core.fulfilment.parcels import release_ready
from core.fulfilment.records import Tone, Verdict
from core.fulfilment.states import OPEN
from core.orders import holds
from core.orders.models import Hold, Order
from core.orders.states import OPEN_STATES, Fulfilment, Payment
from core.runtime.errors import NotFound, Refused
from core.waybills import carriers
from core.waybills.models import ForeignNumber, Waybill, WaybillAccount
from core.waybills.numbers import LIVE

#: holds that a number lifts: there was none, and now there is
_LIFTED = ("masked", "waybill_failed")


@dataclass(frozen=True, slots=True)
class Said:
    """A number that somebody says belongs to an order. `carrier` is a name as people write it, or empty.

    `shop_id` decides where several shops have an order of that number.
    """

    order_no: str
    number: str
    carrier: str = ""
    shop_id: int | None = None


class Judgement(StrEnum):
    """What becomes of a number: taken, known already, or refused; refusals are codes below `files.reason`."""

    NEW = "new"
    SAME = "same"
    IMPOSSIBLE = "number_impossible"
    NO_ORDER = "order_unknown"
    TWO_ORDERS = "order_in_two_shops"
    ORDER_GONE = "order_gone"
    DIFFERS = "number_differs"
    HAS_OURS = "number_has_ours"
    WAS_OURS = "number_was_ours"
    TAKEN = "number_taken"


@dataclass(frozen=True, slots=True)
class _Known:
    """One order with everything that decides on its numbers."""

    id: int
    shop_id: int
    is_open: bool
    #: printed elsewhere, for the receiver it has now
    foreign: frozenset[str]
    #: of its boxes that have not left, with the live number of each, None where it has none of any worth
    boxes: Mapping[int, Any] = field(default_factory=dict)
    #: valid numbers of its boxes, also of those that left
    carried: frozenset[str] = frozenset()


def judge(connection: Connection, said: Sequence[Said]) -> tuple[Judgement, ...]:
    """What would become of each of these numbers; nothing is written.

    All numbers of an order have to be among them: they are judged together.
    """
    return tuple(judgement for judgement, _ in _judge(connection, said))


def _judge(connection: Connection, said: Sequence[Said]) -> list[tuple[Judgement, _Known | None]]:
    orders = _known_orders(connection, said)
    everybody = foreign.holders(connection, list({one.number for one in said}))
    together: dict[int, set[str]] = {}
    found: list[Sequence[_Known]] = []
    for one in said:
        mine = orders.get(one.order_no, ())
        if len(mine) > 1 and one.shop_id is not None:
            mine = [order for order in mine if order.shop_id == one.shop_id]
        found.append(mine)
        if len(mine) == 1:
            together.setdefault(mine[0].id, set()).add(one.number)
    return [
        (
            _judged(connection, one, mine, everybody.get(one.number), together),
            mine[0] if len(mine) == 1 else None,
        )
        for one, mine in zip(said, found, strict=True)
    ]


def _judged(
    connection: Connection,
    one: Said,
    mine: Sequence[_Known],
    holder: Holder | None,
    together: Mapping[int, set[str]],
) -> Judgement:
    if not carriers.is_number(one.number):
        return Judgement.IMPOSSIBLE
    if len(mine) != 1:
        return Judgement.TWO_ORDERS if mine else Judgement.NO_ORDER
    order = mine[0]
    if one.number in order.carried | order.foreign:
        return Judgement.SAME
    if not order.is_open:
        return Judgement.ORDER_GONE
    # Further numbers of an order are further boxes, where those that are known already are named with them.
    if order.foreign and not order.foreign <= together[order.id]:
        return Judgement.DIFFERS
    if _has_ours(order):
        return Judgement.HAS_OURS
    return _free_for(connection, order, holder)


def _has_ours(order: _Known) -> bool:
    ours = [box for box in order.boxes.values() if box is not None and box.state == "obtained" and not box.is_foreign]
    return bool(ours) and len(ours) == len(order.boxes)


def _free_for(connection: Connection, order: _Known, holder: Holder | None) -> Judgement:
    if holder is None:
        return Judgement.NEW
    if not holder.is_valid:
        return Judgement.NEW if holder.is_foreign else Judgement.WAS_OURS
    can_share = holder.is_foreign and holder.is_untouched and holder.shop_id == order.shop_id
    may = [foreign.may_share(connection, parcel_id, holder) for parcel_id in order.boxes]
    return Judgement.NEW if can_share and all(may) else Judgement.TAKEN


def _known_orders(connection: Connection, said: Sequence[Said]) -> Mapping[str, Sequence[_Known]]:
    columns = (Order.id, Order.order_no, Order.shop_id, Order.fulfilment, Order.consignee_id)
    # The index begins with the shop.
    here = (Order.shop_id.in_(select(Shop.id)), Order.order_no.in_(text_set("nos")))
    query = select(*columns).where(*here).order_by(Order.id)
    rows = connection.execute(query, {"nos": packed_texts({one.order_no for one in said})}).all()
    ids = {"ids": packed_ids(row.id for row in rows)}
    printed: dict[int, set[tuple[str, int]]] = {}
    for order_id, number, consignee_id in connection.execute(_PRINTED, ids):
        printed.setdefault(order_id, set()).add((number, consignee_id))
    boxes: dict[int, dict[int, Any]] = {}
    carried: dict[int, set[str]] = {}
    for box in connection.execute(_BOXES, ids):
        if box.parcel_state in OPEN:
            mine = boxes.setdefault(box.order_id, {})
            mine[box.parcel_id] = box if box.state in LIVE else mine.get(box.parcel_id)
        if box.state == "obtained" and box.number is not None:
            carried.setdefault(box.order_id, set()).add(box.number)
    found: dict[str, list[_Known]] = {}
    for row in rows:
        found.setdefault(row.order_no, []).append(
            _Known(
                row.id,
                row.shop_id,
                row.fulfilment in OPEN_STATES,
                frozenset(number for number, who in printed.get(row.id, ()) if who == row.consignee_id),
                boxes.get(row.id, {}),
                frozenset(carried.get(row.id, ())),
            )
        )
    return found


_PRINTED = select(ForeignNumber.order_id, ForeignNumber.number, ForeignNumber.consignee_id).where(
    ForeignNumber.order_id.in_(id_set("ids"))
)
_BOXES = (
    select(
        ParcelLine.order_id,
        ParcelLine.parcel_id,
        Parcel.state.label("parcel_state"),
        Waybill.state,
        Waybill.number,
        Waybill.is_foreign,
    )
    .distinct()
    .join(Parcel, Parcel.id == ParcelLine.parcel_id)
    .outerjoin(Waybill, Waybill.parcel_id == Parcel.id)
    .where(ParcelLine.order_id.in_(id_set("ids")), Parcel.state != "cancelled")
    .order_by(ParcelLine.parcel_id)
)


def take(uow: UnitOfWork, said: Sequence[Said], default_carrier: str) -> tuple[Judgement, ...]:
    """Take numbers in: onto the boxes that are there, and to the orders for those that will be.

    Orders that waited for nothing but a number are released.

    Args:
        uow: the open transaction.
        said: what a file says.
        default_carrier: the carrier of our own numbers.
    """
    if not said:
        return ()
    # Locked first, then judged: one that is cancelled right now is waited for, and gets no number.
    known = _known_orders(uow.connection, said)
    holds.lock_orders(uow, sorted({order.id for orders in known.values() for order in orders}))
    judged = _judge(uow.connection, said)
    accounts = [(row.carrier_code, row.carrier_name) for row in uow.rows(_ACCOUNTS)]
    verdicts: list[Judgement] = []
    taken: dict[int, set[str]] = {}
    for one, (judgement, order) in zip(said, judged, strict=True):
        verdict = judgement
        if order is not None and any(one.number in numbers for numbers in taken.values()):
            # Another order of the same file has it by now: whether both go into one box shows only here.
            siblings = [other for other in said if other.order_no == one.order_no]
            verdict = judge(uow.connection, siblings)[siblings.index(one)]
        verdicts.append(verdict)
        if order is not None and verdict is Judgement.NEW:
            foreign.remember(uow, order.id, one.number, carriers.code_of(one.carrier, one.number, accounts))
            taken.setdefault(order.id, set()).add(one.number)
            _onto_a_box(uow, order)
    for order_id in taken:
        holds.release(uow, order_id, _LIFTED)
    if taken:
        release_ready(uow, list(taken), default_carrier)
    return tuple(verdicts)


_ACCOUNTS = select(WaybillAccount.carrier_code, WaybillAccount.carrier_name)


def _onto_a_box(uow: UnitOfWork, order: _Known) -> None:
    """Give the order's numbers to those of its boxes that have none of any worth."""
    for parcel_id in order.boxes:
        waybill = foreign.live_waybill(uow.connection, parcel_id)
        if waybill is None or waybill.state != "obtained":
            foreign.give(uow, parcel_id, foreign.labelled_elsewhere(uow, [order.id])[order.id])
            return


# --- at the desk --------------------------------------------------------------------------------------------------


def open_code(uow: UnitOfWork, act: Act, default_carrier: str) -> Verdict:
    """As `packing.open_code`; also by a number printed for a box to come, and of an order nobody could label."""
    seen = repeated(uow, act)
    if seen is not None:
        return seen
    if find_waybill(uow, act.raw) is None:
        order_no = foreign.waiting_order(uow.connection, carriers.tidied(act.raw))
        _take_up_masked(uow, order_no or act.raw, default_carrier)
        if order_no:
            act = Act(act.kind, order_no, act.nonce)
    return packing.open_code(uow, act)


def _take_up_masked(uow: UnitOfWork, order_no: str, default_carrier: str) -> None:
    """Somebody has an order in hand that waits only because nobody here can print its label: make its parcel."""
    paid = Order.payment.in_((Payment.PAID.value, Payment.PARTLY_REFUNDED.value))
    may_go = or_(Order.not_before_at.is_(None), Order.not_before_at <= uow.now)
    here = (text("orders.hold_reason <> ''"), Order.hold_reason == "masked", Order.order_no == order_no)
    waits = (Order.fulfilment == Fulfilment.TO_REVIEW.value, paid, may_go)
    order_id = uow.execute(select(Order.id).where(*here, *waits).limit(1)).scalar_one_or_none()
    if order_id is None:
        return
    others = (Hold.order_id == order_id, Hold.released_at.is_(None), Hold.reason != "masked")
    if uow.execute(select(Hold.id).where(*others).limit(1)).first() is None:
        holds.release(uow, order_id, ["masked"])
        release_ready(uow, [order_id], default_carrier)


def attach(uow: UnitOfWork, parcel_id: int, fence: int, act: Act, carrier_code: str) -> Verdict:
    """Put the parcel on the desk under the number on the label in the clerk's hand, which other software printed."""
    seen = repeated(uow, act) or lost(uow, act, parcel_id, fence)
    if seen is not None:
        return seen
    number = carriers.tidied(act.raw)
    stop = _why_not(uow, parcel_id, number)
    if stop:
        return answer(uow, act, stop, Tone.WRONG, parcel_id=parcel_id, number=number)
    for order_id in packing.orders_in(uow, parcel_id):
        foreign.remember(uow, order_id, number, carrier_code)
    foreign.carry(uow, parcel_id, number, carrier_code)
    name = carriers.name_of(carrier_code)
    return answer(uow, act, "number.attached", Tone.COMPLETE, parcel_id=parcel_id, number=number, carrier=name)


def _why_not(uow: UnitOfWork, parcel_id: int, number: str) -> str:
    if not carriers.is_number(number):
        return "number.impossible"
    mine = foreign.live_waybill(uow.connection, parcel_id)
    if mine is not None and mine.state == "obtained":
        return "number.there_already"
    holder = foreign.holders(uow.connection, [number]).get(number)
    if holder is not None and not holder.is_free:
        return "number.elsewhere"
    return ""


def detach(uow: UnitOfWork, parcel_id: int, fence: int, act: Act, default_carrier: str) -> Verdict:
    """Take the foreign number off the parcel on the desk again."""
    seen = repeated(uow, act) or lost(uow, act, parcel_id, fence)
    if seen is not None:
        return seen
    number = foreign.take_off(uow, parcel_id, default_carrier)
    if not number:
        return answer(uow, act, "number.none_to_take_off", Tone.NOTICE, parcel_id=parcel_id)
    return answer(uow, act, "number.taken_off", Tone.NOTICE, parcel_id=parcel_id, number=number)


def detach_from(uow: UnitOfWork, parcel_id: int, default_carrier: str) -> None:
    """Take the foreign number off a parcel that has not left, wherever it lies.

    Raises:
        NotFound: `parcel.unknown`.
        Refused: `parcel.gone`; `waybill.not_foreign`, it has none that was printed elsewhere.
    """
    state = uow.execute(select(Parcel.state).where(Parcel.id == parcel_id)).scalar_one_or_none()
    if state is None:
        raise NotFound("parcel.unknown", f"there is no parcel {parcel_id}")
    if state not in OPEN:
        raise Refused("parcel.gone", "the parcel has left or was cancelled", state=state)
    if not foreign.take_off(uow, parcel_id, default_carrier):
        raise Refused("waybill.not_foreign", "this parcel carries no number that was printed elsewhere")


# --- the shop -----------------------------------------------------------------------------------------------------


def set_prints_elsewhere(uow: UnitOfWork, shop_id: int, *, is_on: bool, default_carrier: str) -> None:
    """Whether other software prints a shop's labels. What waited only because nobody here can print it goes on.

    Parcels that are made already keep the numbers they have.

    Raises:
        NotFound: `shop.unknown`.
    """
    if uow.count(update(Shop).where(Shop.id == shop_id).values(prints_elsewhere=is_on)) != 1:
        raise NotFound("shop.unknown", f"there is no shop {shop_id}")
    uow.record("shop.prints_elsewhere", "shop", shop_id, is_on=is_on)
    if not is_on:
        return
    waits = (Order.shop_id == shop_id, Hold.order_id == Order.id, Hold.reason == "masked", Hold.released_at.is_(None))
    ids = [row.id for row in uow.rows(select(Order.id).where(*waits).order_by(Order.id))]
    for order_id in ids:
        holds.release(uow, order_id, ["masked"])
    release_ready(uow, ids, default_carrier)
