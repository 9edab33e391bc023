"""The order list and drawer as the desk asks for them."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, select

from core.access.gate import needs
from core.access.records import Unmasked
from core.access.rights import Right
from core.access.unmasking import unmask
from core.customers.service import Digest
from core.db.unit_of_work import Store, UnitOfWork
from core.desk.labels import orders_of_waybill, parcels_of, waybills_of
from core.fulfilment.elsewhere import close_elsewhere, reopen_elsewhere
from core.fulfilment.foreign import has_own_number, why_elsewhere
from core.fulfilment.models import Parcel
from core.fulfilment.parcels import open_parcels_of, release_ready
from core.fulfilment.part_sent import part_sent, send_rest, take_back
from core.fulfilment.resuming import goods_came, listings_matched
from core.inventory.models import Reservation
from core.inventory.states import ClaimState
from core.orders import holds, queries
from core.orders.lines import current_lines
from core.orders.models import Order
from core.orders.records import OrderDetail, OrderFilter, OrderPageView
from core.orders.states import OPEN_STATES
from core.runtime.errors import NotFound, Refused
from core.waybills import numbers


class Orders:
    """Looking at orders, holding and releasing them."""

    def __init__(self, store: Store, digest: Digest, carrier_code: str) -> None:
        self._store = store
        self._digest = digest
        self._carrier_code = carrier_code

    @needs(Right.SEE_ORDERS)
    def page(self, wanted: OrderFilter, after: int | None, limit: int) -> OrderPageView:
        """One page of the list, newest first."""
        return self._store.read(
            lambda connection: queries.order_page(
                connection, wanted, after, limit, self._digest, waybills_of, orders_of_waybill
            )
        )

    @needs(Right.SEE_ORDERS)
    def pile_counts(self) -> Mapping[str, int]:
        """How many orders each pile holds, counted up to a cap."""
        return self._store.read(queries.pile_counts)

    @needs(Right.SEE_ORDERS)
    def detail(self, order_id: int) -> OrderDetail | None:
        """Everything the drawer shows."""
        return self._store.read(lambda connection: _detail(connection, order_id))

    @needs(Right.UNMASK)
    def unmask(self, order_id: int, reason: str) -> Unmasked:
        """The receiver in clear, for one of `core.access.records.REASONS`; the look is recorded first.

        Raises:
            NotFound: `order.unknown`.
            Refused: `unmask.*`.
        """
        return self._store.write(lambda uow: unmask(uow, order_id, reason))

    @needs(Right.HOLD_ORDER)
    def hold(self, order_id: int, reason: str, note: str) -> None:
        """Stop an order's fulfilment.

        Raises:
            NotFound: `order.unknown`.
            Refused: `hold.reason_unknown`; `hold.not_open`, the order has left or is closed.
        """
        if reason not in holds.REASONS:
            raise Refused("hold.reason_unknown", f"there is no hold reason {reason}", reason=reason)
        self._store.write(lambda uow: _hold(uow, order_id, reason, note))

    @needs(Right.RELEASE_ORDER)
    def release_hold(self, order_id: int) -> None:
        """Lift what stands and send the order on its way.

        Raises:
            Refused: `hold.not_started`, its shop's owner has to bring it in (`core.desk.starting`);
                `hold.part_sent`, somebody has to say first what others have sent of it (`send_rest`);
                `hold.still_short`, goods are still missing; `hold.still_unmatched`, a listing has no SKU yet.
        """
        self._store.write(lambda uow: _release(uow, order_id, self._carrier_code, self._digest))

    @needs(Right.CLOSE_ORDER)
    def close_elsewhere(self, order_id: int, sent_by: str, *, left_our_shelf: bool) -> None:
        """Close an order that somebody else has sent; see `elsewhere.close_elsewhere` for `sent_by` and what follows.

        Raises:
            NotFound: `order.unknown`.
            Refused: `order.not_sent_elsewhere`; `elsewhere.reason_unknown`.
        """
        code = self._carrier_code
        self._store.write(lambda uow: close_elsewhere(uow, order_id, sent_by, code, left_our_shelf=left_our_shelf))

    @needs(Right.CLOSE_ORDER)
    def reopen_elsewhere(self, order_id: int) -> None:
        """Take such a closing back: the order stands held as before.

        Raises:
            NotFound: `order.unknown`.
            Refused: `order.not_closed_elsewhere`.
        """
        self._store.write(lambda uow: reopen_elsewhere(uow, order_id))

    @needs(Right.CLOSE_ORDER)
    def send_rest(self, order_id: int, sent: Mapping[int, int], *, left_our_shelf: bool) -> None:
        """Send only the rest of an order of which others have sent a part; see `part_sent.send_rest`.

        Raises:
            NotFound: `order.unknown`.
            Refused: `part_sent.not_held`; `part_sent.too_many`; `hold.still_unmatched`; `hold.not_started`.
        """
        code = self._carrier_code
        self._store.write(lambda uow: send_rest(uow, order_id, sent, code, left_our_shelf=left_our_shelf))

    @needs(Right.CLOSE_ORDER)
    def take_back_part_sent(self, order_id: int) -> None:
        """Take back what was said of the part that others sent: the order stands held as before.

        Raises:
            NotFound: `order.unknown`.
            Refused: `part_sent.not_said`; `part_sent.has_left`, a box of it has left from here.
        """
        self._store.write(lambda uow: take_back(uow, order_id))


def _detail(connection: Connection, order_id: int) -> OrderDetail | None:
    detail = queries.order_detail(connection, order_id, waybills_of, parcels_of)
    return None if detail is None else replace(detail, part_sent=part_sent(connection, order_id, detail.holds))


def _hold(uow: UnitOfWork, order_id: int, reason: str, note: str) -> None:
    _open_order(uow, order_id)
    holds.place_many(uow, [(order_id, reason)], note)


def _open_order(uow: UnitOfWork, order_id: int) -> None:
    state = uow.execute(select(Order.fulfilment).where(Order.id == order_id)).scalar_one_or_none()
    if state is None:
        raise NotFound("order.unknown", f"there is no order {order_id}")
    if state not in OPEN_STATES:
        raise Refused("hold.not_open", "the order has left or is closed", state=state)


def _release(uow: UnitOfWork, order_id: int, carrier_code: str, digest: Digest) -> None:
    _open_order(uow, order_id)
    if holds.stands(uow, order_id, holds.NOT_STARTED):
        raise Refused("hold.not_started", "its shop has not started here, or had not when it was paid")
    if holds.stands(uow, order_id, holds.PART_SENT):
        raise Refused("hold.part_sent", "others have sent a part of it: what is left has to be said first")
    # Matching and serving lift their own holds, and look at those of all orders that wait for the same.
    listings_matched(uow, carrier_code, digest, [order_id])
    lines = current_lines(uow, order_id)
    if any(line.sku_id is None for line in lines):
        raise Refused("hold.still_unmatched", "an item of this order matches no SKU of ours yet")
    goods_came(uow, carrier_code, {line.sku_id for line in lines})
    short = select(Reservation.id).where(
        Reservation.order_line_id.in_([line.id for line in lines]), Reservation.state == ClaimState.SHORT.value
    )
    if uow.execute(short.limit(1)).first() is not None:
        raise Refused("hold.still_short", "goods of this order are still missing")
    holds.release(uow, order_id)
    for parcel_id in open_parcels_of(uow, order_id):
        ask_again(uow, parcel_id)
    release_ready(uow, [order_id], carrier_code)


def ask_again(uow: UnitOfWork, parcel_id: int) -> None:
    """Ask for a number of a parcel whose number failed; nothing where one is there or on its way or unwanted."""
    if numbers.has_live_number(uow, parcel_id) or not has_own_number(uow.connection, parcel_id):
        return
    if why_elsewhere(uow.connection, parcel_id):
        return
    query = select(Parcel.consignee_id, Parcel.carrier_code).where(Parcel.id == parcel_id)
    parcel = uow.execute(query).one()
    numbers.replace_number(uow, parcel_id, parcel.consignee_id, parcel.carrier_code, "asked again")
    uow.changed("parcel", parcel_id)
