"""Telling Pinduoduo that a parcel left: looked up before and after, because no key makes a repeat harmless there.

An order is told as sent once, with one number, whatever is in the parcel; more numbers are only shown to the buyer.
"""

from collections.abc import Callable

from core.channels.contract import (
    CANNOT,
    KEPT_BACK,
    ORDER_CLOSED,
    REFUND_OPEN,
    SHIPPED_OTHERWISE,
    UNKNOWN_ORDER,
    ChannelOrder,
    ShipmentNotice,
)
from core.channels.pdd.carriers import Companies
from core.channels.pdd.client import PddClient, Value
from core.channels.pdd.methods import EXTRA_PARCELS, OPEN_REFUNDS, SEND
from core.runtime.remote_errors import ChannelError, Rejected

#: the platform keeps the order back: `Rejected` with this code may be tried again when it lets go

_FIRST, _CHANGE = 1, 2
_PART = 1


class Sender:
    """Confirms shipments of one shop."""

    def __init__(
        self,
        client: PddClient,
        read: Callable[[str], ChannelOrder | None],
        companies: Callable[[], Companies],
    ) -> None:
        """`read` gives the newest state of an order, `companies` the platform's list of carriers."""
        self._client = client
        self._read = read
        self._companies = companies

    def send(self, notice: ShipmentNotice) -> None:
        """Say that the parcel left.

        Raises:
            ChannelError: as `Channel.confirm_shipment`.
        """
        order = self._known(notice)
        if _is_told(order, notice):
            return
        carrier = self._companies().id_of(notice.carrier_code)
        if not order.is_shipped:
            self._check_may_leave(order)
            self._tell(notice, lambda: self._send(notice, carrier, _FIRST))
        elif notice.replaces and order.shipped and notice.replaces == order.shipped[0].waybill_no:
            self._tell(notice, lambda: self._send(notice, carrier, _CHANGE))
        elif notice.replaces:
            raise Rejected("Pinduoduo does not have the number that shall be replaced", code=SHIPPED_OTHERWISE)
        elif _is_part(order, notice):
            self._tell(notice, lambda: self._add(notice, carrier))
        else:
            raise _otherwise()

    def _known(self, notice: ShipmentNotice) -> ChannelOrder:
        order = self._read(notice.order_no)
        if order is None:
            raise Rejected("Pinduoduo does not know this order", code=UNKNOWN_ORDER)
        return order

    def _check_may_leave(self, order: ChannelOrder) -> None:
        if order.is_closed:
            raise Rejected("Pinduoduo has closed this order", code=ORDER_CLOSED)
        if order.stopped_for:
            raise Rejected("Pinduoduo does not want this order sent yet", code=KEPT_BACK)
        if any(line.after_sale == "requested" for line in order.lines):
            raise _refund_open()
        # An order's own word may be older than a case: their list of open ones is what they tell to ask.
        asked = self._client.ask(OPEN_REFUNDS, {"order_sns": order.order_no})
        rows = asked.fields.rows("order_sns_exists_refund")
        if any(row.text_or_blank("order_sn") == order.order_no for row in rows):
            raise _refund_open()

    def _tell(self, notice: ShipmentNotice, write: Callable[[], None]) -> None:
        try:
            write()
        except ChannelError as error:
            # Lost or refused, somebody may have told it meanwhile, we ourselves above all.
            order = self._known(notice)
            if _is_told(order, notice):
                return
            if isinstance(error, Rejected):
                raise _reason(order, notice, error) from error
            raise

    def _send(self, notice: ShipmentNotice, carrier: str, kind: int) -> None:
        params: dict[str, Value] = {
            "order_sn": notice.order_no,
            "logistics_id": carrier,
            "tracking_number": notice.waybill_no,
            "redelivery_type": kind,
        }
        answer = self._client.tell(SEND, params)
        _check_done(answer.fields.flag("is_success"))

    def _add(self, notice: ShipmentNotice, carrier: str) -> None:
        track: dict[str, object] = {"shipping_id": int(carrier), "tracking_number": notice.waybill_no}
        answer = self._client.tell(
            EXTRA_PARCELS,
            {"order_sn": notice.order_no, "extra_track_type": _PART, "extra_track_list": [track]},
        )
        _check_done(answer.fields.flag("success"))


def _is_told(order: ChannelOrder, notice: ShipmentNotice) -> bool:
    return any(parcel.waybill_no == notice.waybill_no for parcel in order.shipped)


def _is_part(order: ChannelOrder, notice: ShipmentNotice) -> bool:
    """Whether a parcel holds only part of an order, so that another number for it may be one of our own parcels."""
    inside: dict[str, int] = {}
    for line_no, qty in notice.lines:
        inside[line_no] = inside.get(line_no, 0) + qty
    return any(inside.get(line.line_no, 0) < line.qty for line in order.lines if not line.is_gift)


def _check_done(is_done: bool) -> None:
    if not is_done:
        raise Rejected("Pinduoduo says that it did not take the parcel", code="not_done")


def _reason(order: ChannelOrder, notice: ShipmentNotice, error: Rejected) -> Rejected:
    """Why a parcel was refused, by what the order says now; else the platform's own code."""
    if order.is_closed:
        return Rejected("Pinduoduo has closed this order", code=ORDER_CLOSED)
    if order.shipped and not notice.replaces and not _is_part(order, notice):
        return _otherwise()
    if any(line.after_sale == "requested" for line in order.lines):
        return _refund_open()
    if notice.replaces:
        return Rejected(f"Pinduoduo does not take another number for this order: {error}", code=CANNOT)
    return error


def _otherwise() -> Rejected:
    return Rejected("Pinduoduo already has this order as sent, with another number", code=SHIPPED_OTHERWISE)


def _refund_open() -> Rejected:
    return Rejected("A refund is open for this order", code=REFUND_OPEN)
