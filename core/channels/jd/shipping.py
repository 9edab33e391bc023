"""Telling JD that a parcel left.

JD takes an order once and whole: the first parcel that is told sends all of it, and a number that was told stays. So
the order is looked at before each try and after each trouble: JD itself cannot tell a repeat from another parcel.
"""

from core.channels.contract import (
    KEPT_BACK,
    NOT_PAID,
    ORDER_CLOSED,
    REFUND_OPEN,
    SHIPPED_OTHERWISE,
    UNKNOWN_ORDER,
    ChannelOrder,
    ShipmentNotice,
)
from core.channels.jd import methods
from core.channels.jd.carriers import Carriers
from core.channels.jd.client import JdClient
from core.channels.jd.mapper import LOCKED
from core.channels.jd.orders import JdOrders
from core.runtime.remote_errors import Rejected, Temporary


class JdShipping:
    """Confirms the shipments of one shop."""

    def __init__(self, client: JdClient, carriers: Carriers, orders: JdOrders) -> None:
        self._client = client
        self._carriers = carriers
        self._orders = orders

    def confirm(self, notice: ShipmentNotice) -> None:
        """As `Channel.confirm_shipment`."""
        if self._is_told(notice):
            return
        params = {
            "orderId": notice.order_no,
            "logiCoprId": self._carriers.id_of(notice.carrier_code),
            "logiNo": notice.waybill_no,
        }
        try:
            self._client.tell(methods.SHIP, params)
        except (Temporary, Rejected):
            # the request may have arrived although its answer did not, or somebody in JD's pages was faster
            if not self._is_told(notice):
                raise

    def _is_told(self, notice: ShipmentNotice) -> bool:
        """Whether JD has the order as sent with this number.

        Raises:
            Rejected: nothing may be told for this order, or something else was.
        """
        order = self._orders.one(notice.order_no)
        if order is None:
            raise Rejected("JD does not know this order", code=UNKNOWN_ORDER)
        if notice.waybill_no in {parcel.waybill_no for parcel in order.shipped}:
            return True
        _refuse_what_cannot(order)
        return False


def _refuse_what_cannot(order: ChannelOrder) -> None:
    if order.is_closed:
        raise Rejected("JD has cancelled this order", code=ORDER_CLOSED)
    if order.is_shipped or order.shipped:
        sentence = "JD has this order as sent with another number; it takes one once: add or change it in JD's pages"
        raise Rejected(sentence, code=SHIPPED_OTHERWISE)
    if order.stopped_for == LOCKED:
        raise Rejected("The buyer asked JD to cancel this order", code=REFUND_OPEN)
    if order.stopped_for:
        raise Rejected(f"JD keeps this order back: {order.stopped_for}", code=KEPT_BACK)
    if order.payment == "unpaid":
        raise Rejected("JD says that this order is not paid", code=NOT_PAID)
