"""Orders of which somebody else has sent a part (别处已发一部分): only the rest is packed here.

The platform tells numbers that are not ours: the order is held, wherever it stands. A person says what of each line
went there and whether it came off our shelf, and the rest goes on. What was said can be taken back as long as nothing
of the order has left from here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import Connection

from core.channels.contract import ShippedParcel
from core.db.models import Journal
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.parcels import drop_parcels, has_shipped_parcel, lines_to_send, release_ready
from core.fulfilment.resuming import goods_came
from core.fulfilment.telling import TOLD
from core.inventory.claims import claims_of_lines
from core.inventory.models import Reservation
from core.inventory.quotas.releasing import SHIPPED_ELSEWHERE
from core.inventory.returning import undo_sale
from core.inventory.service import confirm, consume, release
from core.inventory.states import ClaimState
from core.orders import holds
from core.orders.holds import MISSING_GOODS, NOT_STARTED, PART_SENT
from core.orders.lifecycle import move_where_possible
from core.orders.lines import claim, current_lines
from core.orders.models import Order, OrderLine, PlatformParcel, SentElsewhere
from core.orders.part_sent import sent_units, told_units
from core.orders.records import PartSent, PartSentLine
from core.orders.states import OPEN_STATES, Event, Payment
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import OrderLineId
from core.waybills.carriers import tidied
from core.waybills.models import ForeignNumber, Waybill

#: journal: a person said what of an order others have sent
SAID = "order.part_sent"
#: journal: and took it back
TAKEN_BACK = "order.part_sent_taken_back"


# --- what the platform tells --------------------------------------------------------------------------------------


def note_strangers(uow: UnitOfWork, order_id: int, shipped: Sequence[ShippedParcel]) -> bool:
    """Keep what the platform tells of parcels that are not ours; True where one of them is news.

    What it has told before is no news: a person may have dealt with it since.
    """
    numbers = {tidied(one.waybill_no): one for one in shipped if tidied(one.waybill_no)}
    if not numbers:
        return False
    strange = sorted(numbers.keys() - _ours(uow, order_id, list(numbers)))
    if not strange:
        return False
    query = select(PlatformParcel.waybill_no).where(PlatformParcel.order_id == order_id)
    known = {row.waybill_no for row in uow.rows(query)}
    for number in strange:
        parcel = numbers[number]
        _keep(uow, order_id, number, parcel)
    fresh = [number for number in strange if number not in known]
    if fresh:
        uow.record("order.strange_parcel", "orders", order_id, numbers=fresh)
    return bool(fresh)


def _keep(uow: UnitOfWork, order_id: int, number: str, parcel: ShippedParcel) -> None:
    row = {"order_id": order_id, "waybill_no": number, "carrier_code": parcel.carrier_code, "told_at": uow.now}
    pieces: dict[str, int] = {}
    for line_no, qty in parcel.lines:
        pieces[line_no] = pieces.get(line_no, 0) + qty
    inserting = insert_or_ignore(uow.connection, PlatformParcel)
    for line_no, qty in pieces.items() or (("", 0),):
        uow.execute(inserting, [row | {"line_no": line_no, "qty": qty}])
        here = (PlatformParcel.order_id == order_id, PlatformParcel.waybill_no == number)
        uow.execute(update(PlatformParcel).where(*here, PlatformParcel.line_no == line_no).values(qty=qty))


def _ours(uow: UnitOfWork, order_id: int, numbers: Sequence[str]) -> set[str]:
    """Those numbers that came from here, called off since or not, or that we know to be on a parcel of ours."""
    known = [
        select(Waybill.number).where(Waybill.number.in_(numbers)),
        select(ForeignNumber.number).where(ForeignNumber.number.in_(numbers)),
    ]
    found = {str(row.number) for query in known for row in uow.rows(query)}
    told = select(Journal.facts).where(
        Journal.subject == "orders", Journal.subject_id == order_id, Journal.action == TOLD
    )
    return found | {tidied(str(row.facts.get("number", ""))) for row in uow.rows(told.order_by(Journal.id))}


# --- what a person says -------------------------------------------------------------------------------------------


def part_sent(connection: Connection, order_id: int, standing: Sequence[str]) -> PartSent | None:
    """What is known and can be said of the part that others sent; None where there is none.

    `standing` are the order's holds.
    """
    sent = sent_units(connection, order_id)
    if PART_SENT not in standing and not sent:
        return None
    query = select(PlatformParcel.waybill_no).where(PlatformParcel.order_id == order_id).distinct()
    numbers = connection.execute(query.order_by(PlatformParcel.waybill_no)).scalars()
    told = told_units(connection, order_id)
    gone = _left_from_here(connection, order_id)
    return PartSent(
        is_open=PART_SENT in standing,
        can_take_back=bool(sent) and not gone,
        is_told=bool(told),
        numbers=tuple(numbers),
        lines=tuple(
            PartSentLine(
                id=line.id,
                title=line.title,
                spec=line.spec,
                qty=line.qty,
                sent_qty=sent.get(line.id, 0),
                told_qty=min(left, max(0, told.get(line.id, 0) - sent.get(line.id, 0))),
                left_qty=left,
            )
            for line in _sendable(connection, order_id)
            if (left := line.qty - sent.get(line.id, 0) - gone.get(line.id, 0)) >= 0
        ),
    )


def _sendable(connection: Connection, order_id: int) -> Sequence[Any]:
    columns = (OrderLine.id, OrderLine.title, OrderLine.spec, OrderLine.qty, OrderLine.sku_id)
    here = (OrderLine.order_id == order_id, OrderLine.is_current, OrderLine.after_sale != "refunded")
    return connection.execute(select(*columns).where(*here).order_by(OrderLine.id)).all()


def _left_from_here(connection: Connection, order_id: int) -> Mapping[int, int]:
    query = (
        select(ParcelLine.order_line_id, func.sum(ParcelLine.qty).label("qty"))
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .where(ParcelLine.order_id == order_id, Parcel.state == "shipped", ParcelLine.is_withdrawn.is_(False))
        .group_by(ParcelLine.order_line_id)
    )
    return {row.order_line_id: int(row.qty) for row in connection.execute(query)}


def send_rest(
    uow: UnitOfWork, order_id: int, sent: Mapping[int, int], carrier_code: str, *, left_our_shelf: bool
) -> None:
    """Write down what others have sent of each line, and let the rest go on; nothing left ends the order as sent.

    Args:
        uow: the open transaction.
        order_id: an order under the hold `part_sent`.
        sent: order line -> units that went there, beside those said before; none at all: nothing was sent.
        carrier_code: who carries the rest.
        left_our_shelf: units that did leave the books; others are free for other orders.

    Raises:
        NotFound: `order.unknown`.
        Refused: `part_sent.not_held`; `part_sent.too_many`, a line has fewer units left, or is not of this order;
            `hold.still_unmatched`, a line has no SKU yet; `hold.not_started`.
    """
    holds.lock_orders(uow, [order_id])
    _open_order(uow, order_id)
    if not holds.stands(uow, order_id, PART_SENT):
        raise Refused("part_sent.not_held", "nobody says that a part of this order was sent elsewhere")
    if holds.stands(uow, order_id, NOT_STARTED):
        raise Refused("hold.not_started", "its shop has not started here, or had not when it was paid")
    view = part_sent(uow.connection, order_id, (PART_SENT,))
    left = {line.id: line.left_qty for line in view.lines} if view is not None else {}
    units = {line_id: qty for line_id, qty in sent.items() if qty}
    for line_id, qty in units.items():
        if not 0 < qty <= left.get(line_id, 0):
            raise Refused("part_sent.too_many", "a line has fewer units left", left=left.get(line_id, 0))
    lines = current_lines(uow, order_id)
    if any(line.sku_id is None for line in lines):
        raise Refused("hold.still_unmatched", "an item of this order matches no SKU of ours yet")
    others = drop_parcels(uow, order_id, PART_SENT)
    move_where_possible(uow, [*others, order_id], Event.RECALL)
    _write(uow, order_id, units, left_our_shelf=left_our_shelf)
    holds.release(uow, order_id, [PART_SENT])
    uow.record(SAID, "orders", order_id, units=sum(units.values()), left_our_shelf=left_our_shelf)
    if not lines_to_send(uow, [order_id]):
        event = Event.SHIP if has_shipped_parcel(uow, order_id) else Event.SHIP_ELSEWHERE
        _end(uow, order_id, event)
    goods_came(uow, carrier_code, {line.sku_id for line in lines})
    _lift_shortage(uow, order_id, [line.id for line in lines])
    release_ready(uow, [order_id, *others], carrier_code)


def _end(uow: UnitOfWork, order_id: int, event: Event) -> None:
    """Nothing of it is left to be sent: what of it went last decides how it ended."""
    if event is Event.SHIP:
        # It was recalled to be planned anew: the way to `shipped` leads over the desk again.
        move_where_possible(uow, [order_id], Event.RELEASE)
    move_where_possible(uow, [order_id], event)
    holds.release(uow, order_id)


def _open_order(uow: UnitOfWork, order_id: int) -> None:
    state = uow.execute(select(Order.fulfilment).where(Order.id == order_id)).scalar_one_or_none()
    if state is None:
        raise NotFound("order.unknown", f"there is no order {order_id}")
    if state not in OPEN_STATES:
        raise Refused("part_sent.not_held", "this order has left or is closed", state=state)


def _write(uow: UnitOfWork, order_id: int, units: Mapping[int, int], *, left_our_shelf: bool) -> None:
    for line_id, qty in sorted(units.items()):
        row = {"order_line_id": line_id, "left_our_shelf": left_our_shelf, "order_id": order_id, "qty": qty}
        here = (SentElsewhere.order_line_id == line_id, SentElsewhere.left_our_shelf.is_(left_our_shelf))
        if not uow.count(update(SentElsewhere).where(*here).values(qty=SentElsewhere.qty + qty, at=uow.now)):
            uow.insert_many(SentElsewhere, [row | {"at": uow.now, "by": uow.actor.operator}])
        over = qty - (_take_off_the_books(uow, line_id, qty) if left_our_shelf else 0)
        if over:
            release(uow, [OrderLineId(line_id)], SHIPPED_ELSEWHERE, over)


def _take_off_the_books(uow: UnitOfWork, line_id: int, qty: int) -> int:
    """Units of the line that leave; what the books never had cannot leave them."""
    line = OrderLineId(line_id)
    confirm(uow, [line])
    claims = claims_of_lines(uow, [line])
    held = sum(one.qty for one in claims if one.state is ClaimState.CONFIRMED)
    leaving = min(held, qty)
    if leaving:
        # Said, taken back and said again: each leaves a newer claim behind, so each has a reference of its own.
        consume(uow, [(line, leaving)], f"part_sent:{line_id}:{max(one.id for one in claims)}")
    return leaving


def _lift_shortage(uow: UnitOfWork, order_id: int, line_ids: Sequence[int]) -> None:
    """Where only what others sent was missing, nothing is."""
    short = select(Reservation.id).where(
        Reservation.order_line_id.in_(line_ids), Reservation.state == ClaimState.SHORT.value
    )
    if uow.execute(short.limit(1)).first() is None:
        holds.release(uow, order_id, MISSING_GOODS)


def take_back(uow: UnitOfWork, order_id: int) -> None:
    """Take back what was said: the units are claimed again, and the order stands held as before.

    Raises:
        NotFound: `order.unknown`.
        Refused: `part_sent.not_said`, nothing was said; `part_sent.has_left`, a box of it has left from here.
    """
    holds.lock_orders(uow, [order_id])
    columns = (Order.fulfilment, Order.payment, Order.warehouse_id)
    order = uow.execute(select(*columns).where(Order.id == order_id)).one_or_none()
    if order is None:
        raise NotFound("order.unknown", f"there is no order {order_id}")
    said = sent_units(uow.connection, order_id)
    if not said or order.fulfilment in ("cancelled", "completed"):
        raise Refused("part_sent.not_said", "nobody has said what of this order was sent elsewhere")
    if has_shipped_parcel(uow, order_id):
        raise Refused("part_sent.has_left", "a box of this order has left from here")
    others = drop_parcels(uow, order_id, PART_SENT)
    move_where_possible(uow, [*others, order_id], Event.RECALL)
    if order.fulfilment == "shipped":
        move_where_possible(uow, [order_id], Event.REOPEN)
        uow.execute(update(Order).where(Order.id == order_id).values(shipped_at=None))
    undo_sale(uow, [OrderLineId(line_id) for line_id in sorted(said)], PART_SENT)
    uow.execute(delete(SentElsewhere).where(SentElsewhere.order_id == order_id))
    holds.place_many(uow, [(order_id, PART_SENT)])
    uow.record(TAKEN_BACK, "orders", order_id, units=sum(said.values()))
    numbered = [(line.id, line) for line in current_lines(uow, order_id)]
    claim(uow, order_id, order.warehouse_id, numbered, is_paid=order.payment != Payment.UNPAID)
