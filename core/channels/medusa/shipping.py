"""Telling Medusa that a parcel left: a fulfilment is made, then marked as shipped with our number.

No key makes a repeat harmless there, so that the order is read before, and again after a lost answer or a refusal.
The number is also put into the fulfilment's `metadata` when it is made: one whose second step was lost is found and
finished.
"""

from collections.abc import Callable, Mapping
from typing import Final

from core.channels.contract import CANNOT, KEPT_BACK, NOT_PAID, ORDER_CLOSED, SHIPPED_OTHERWISE, ShipmentNotice
from core.channels.fields import Fields
from core.channels.medusa.client import MedusaClient
from core.channels.medusa.errors import unknown_order
from core.channels.medusa.mapper import CARRIER_KEY, WAYBILL_KEY, Parcel, Reading, order_of, parcels_of, units_of
from core.runtime.remote_errors import ContractBroken, Rejected, Temporary

#: stands in the setting's address for the waybill number
NUMBER_MARK: Final = "{number}"


class Sender:
    """Confirms shipments of one shop."""

    def __init__(
        self,
        client: MedusaClient,
        read: Callable[[str], Fields | None],
        reading: Reading,
        *,
        location_id: str = "",
        tracking_url: str = "",
    ) -> None:
        """`read` gives the newest state of an order, `tracking_url` the buyers' page of a parcel, or blank."""
        self._client = client
        self._read = read
        self._reading = reading
        self._location_id = location_id
        self._tracking_url = tracking_url

    def send(self, notice: ShipmentNotice) -> None:
        """Say that the parcel left.

        Raises:
            ChannelError: as `Channel.confirm_shipment`.
        """
        order = self._known(notice)
        parcel = _parcel_for(order, notice)
        if parcel is None:
            parcel = self._make(order, notice)
        if not parcel.is_shipped:
            self._mark_shipped(parcel, notice)

    def _known(self, notice: ShipmentNotice) -> Fields:
        order = self._read(notice.order_no)
        if order is None:
            raise unknown_order()
        return order

    def _make(self, order: Fields, notice: ShipmentNotice) -> Parcel:
        _refuse_impossible(order, self._reading, notice)
        body: dict[str, object] = {
            "items": [{"id": line_no, "quantity": qty} for line_no, qty in _asked(notice).items()],
            "metadata": {WAYBILL_KEY: notice.waybill_no, CARRIER_KEY: notice.carrier_code},
        }
        if self._location_id:
            body["location_id"] = self._location_id
        try:
            self._client.tell(f"/admin/orders/{notice.order_no}/fulfillments", body)
        except (Temporary, Rejected):
            # It may have arrived although the answer did not, or another desk was faster with the same parcel.
            parcel = _parcel_for(self._known(notice), notice)
            if parcel is None:
                raise
            return parcel
        parcel = _parcel_for(self._known(notice), notice)
        if parcel is None:
            raise ContractBroken("The shop made the parcel but does not show it", code="fulfillments")
        return parcel

    def _mark_shipped(self, parcel: Parcel, notice: ShipmentNotice) -> None:
        page = self._tracking_url.replace(NUMBER_MARK, notice.waybill_no)
        body = {
            "items": [{"id": line_no, "quantity": qty} for line_no, qty in parcel.lines.items()],
            "labels": [{"tracking_number": notice.waybill_no, "tracking_url": page, "label_url": ""}],
        }
        try:
            self._client.tell(f"/admin/orders/{notice.order_no}/fulfillments/{parcel.id}/shipments", body)
        except (Temporary, Rejected):
            now = _parcel_for(self._known(notice), notice)
            if now is None or not now.is_shipped:
                raise


def _parcel_for(order: Fields, notice: ShipmentNotice) -> Parcel | None:
    """The parcel this notice made before, or somebody made for exactly these goods and has not sent; None: none.

    Raises:
        Rejected: there is one with this number that holds other goods.
    """
    parcels = parcels_of(order)
    for parcel in parcels:
        if notice.waybill_no in parcel.numbers or (parcel.mark == notice.waybill_no and not parcel.is_shipped):
            if parcel.lines != _asked(notice):
                raise Rejected("The shop has this waybill number with other goods", code=SHIPPED_OTHERWISE)
            return parcel
    if notice.replaces or order_of(order.mapping, Reading()).is_closed:
        return None
    waiting = (one for one in parcels if not one.is_shipped and not one.mark and one.lines == _asked(notice))
    return next(waiting, None)


def _asked(notice: ShipmentNotice) -> Mapping[str, int]:
    asked: dict[str, int] = {}
    for line_no, qty in notice.lines:
        asked[line_no] = asked.get(line_no, 0) + qty
    return asked


def _refuse_impossible(order: Fields, reading: Reading, notice: ShipmentNotice) -> None:
    read = order_of(order.mapping, reading)
    if notice.replaces and any(parcel.waybill_no == notice.replaces for parcel in read.shipped):
        raise Rejected("Medusa does not change the number of a parcel that was told", code=CANNOT)
    if read.is_closed:
        raise Rejected("The shop has cancelled or refunded this order", code=ORDER_CLOSED)
    if read.stopped_for:
        raise Rejected(f"The shop keeps this order back: {read.stopped_for}", code=KEPT_BACK)
    if read.payment == "unpaid":
        # Medusa itself sends whatever it is told to.
        raise Rejected("The shop says that this order is not paid", code=NOT_PAID)
    asked, units = _asked(notice), units_of(order)
    if not asked or any(line_no not in units or qty < 1 for line_no, qty in asked.items()):
        raise Rejected("The shop does not have these goods in this order", code="line_not_found")
    if any(qty > units[line_no].bought - units[line_no].shipped for line_no, qty in asked.items()):
        raise Rejected("The shop has these goods as sent, with another number", code=SHIPPED_OTHERWISE)
