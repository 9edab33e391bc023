"""Telling a shop that knows no parcels that one left.

Three things are written, in an order in which any of them may be lost: the number where the buyer finds it (the
tracking plugin, or a note to the buyer), looked up before and after because neither has a key; then, in one write
that is the same however often it is made, our own list of what was told and, with the last goods, the order's
completion. The order comes last so that the mail about its completion shows the number.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from core.channels.contract import (
    KEPT_BACK,
    NOT_PAID,
    ORDER_CLOSED,
    SHIPPED_OTHERWISE,
    UNKNOWN_ORDER,
    ShipmentNotice,
    ShippedParcel,
)
from core.channels.fields import Fields
from core.channels.woocommerce.carriers import names_of, title_of
from core.channels.woocommerce.client import ORDERS, WooClient
from core.channels.woocommerce.errors import is_no_route
from core.channels.woocommerce.mapper import COMPLETED
from core.channels.woocommerce.parcels import told_of, tracked_of, written
from core.channels.woocommerce.reading import Found, OrderReader
from core.runtime.remote_errors import ChannelError, ContractBroken, Rejected

#: of Shipment Tracking, and of Advanced Shipment Tracking, which answers under the same name
_TRACKING: Final = "wc-shipment-tracking/v3"
#: where buyers look a number up whose carrier the plugin does not list
_LOOK_UP: Final = "https://www.kuaidi100.com/chaxun?nu=%1$s"


class Sender:
    """Confirms shipments of one shop."""

    def __init__(self, client: WooClient, orders: OrderReader) -> None:
        self._client = client
        self._orders = orders
        self._has_plugin: bool | None = None

    def send(self, notice: ShipmentNotice) -> None:
        """Say that the parcel left.

        Raises:
            ChannelError: as `Channel.confirm_shipment`.
        """
        found = self._known(notice.order_no)
        if _is_told(found, notice):
            return
        _check(found, notice)
        if self._is_tracking():
            self._track(found, notice)
        else:
            self._note(notice)
        self._mark(found, notice)

    def _known(self, order_no: str) -> Found:
        found = self._orders.one(order_no)
        if found is None:
            raise Rejected("The shop does not know this order", code=UNKNOWN_ORDER)
        return found

    # --- where the buyer reads it -----------------------------------------------------------------------------------

    def _is_tracking(self) -> bool:
        """Whether the shop has a plugin for tracking numbers; asked once."""
        if self._has_plugin is None:
            self._has_plugin = self._asked(f"/{_TRACKING}") is not None
        return self._has_plugin

    def _track(self, found: Found, notice: ShipmentNotice) -> None:
        path = f"/{_TRACKING}/orders/{notice.order_no}/shipment-trackings"
        rows = tracked_of(found.fields)
        if all(row.number != notice.waybill_no for row in rows):
            body = {**self._provider(path, notice.carrier_code), "tracking_number": notice.waybill_no}

            def is_there() -> bool:
                now = tracked_of(self._known(notice.order_no).fields)
                return any(row.number == notice.waybill_no for row in now)

            _once(lambda: self._client.tell("POST", path, body), is_there)
        for row in rows:
            if notice.replaces and row.number == notice.replaces and row.id:
                self._untrack(f"{path}/{quote(row.id, safe='')}", notice)

    def _untrack(self, path: str, notice: ShipmentNotice) -> None:
        def is_gone() -> bool:
            now = tracked_of(self._known(notice.order_no).fields)
            return all(row.number != notice.replaces for row in now)

        _once(lambda: self._client.tell("DELETE", path), is_gone)

    def _provider(self, path: str, carrier_code: str) -> Mapping[str, object]:
        """The carrier as the plugin's own list calls it; one of the shop's own where it is not on it."""
        listed = {name.casefold(): name for name in self._listed_providers(path)}
        for name in names_of(carrier_code):
            if name.casefold() in listed:
                return {"tracking_provider": listed[name.casefold()]}
        return {"custom_tracking_provider": title_of(carrier_code), "custom_tracking_link": _LOOK_UP}

    def _listed_providers(self, path: str) -> Sequence[str]:
        """Every region's; versions have the list at an order's parcels, or at the plugin's own place, or nowhere."""
        for place in (path, f"/{_TRACKING}/shipment-trackings"):
            groups = self._asked(f"{place}/providers")
            if groups is not None:
                return [name for group in groups.mapping.values() if isinstance(group, dict) for name in group]
        return ()

    def _asked(self, path: str) -> Fields | None:
        """What the site says at a place of the plugin's; None where it has no such place."""
        try:
            return self._client.one(path).fields
        except ContractBroken as error:
            if is_no_route(error):
                return None
            raise

    def _note(self, notice: ShipmentNotice) -> None:
        """A note that the buyer gets by mail; one with this number is enough, whoever wrote it."""
        path = f"{ORDERS}/{notice.order_no}/notes"

        def is_there() -> bool:
            notes = self._client.every(path, (("type", "customer"),))
            return any(notice.waybill_no in row.text_or_blank("note") for row in notes)

        if not is_there():
            text = f"已发货 Shipped: {title_of(notice.carrier_code)} {notice.waybill_no}"
            _once(lambda: self._client.tell("POST", path, {"note": text, "customer_note": True}), is_there)

    # --- what the order says ----------------------------------------------------------------------------------------

    def _mark(self, found: Found, notice: ShipmentNotice) -> None:
        told = [parcel for parcel in told_of(found.fields) if parcel.waybill_no != notice.replaces]
        told.append(ShippedParcel(notice.carrier_code, notice.waybill_no, tuple(notice.lines)))
        body: dict[str, object] = {"meta_data": [written(told)]}
        inside = _inside(told)
        if not found.order.is_shipped and all(inside[line] >= qty for line, qty in found.units.items()):
            body["status"] = COMPLETED
        _once(
            lambda: self._client.tell("PUT", f"{ORDERS}/{notice.order_no}", body),
            lambda: _is_told(self._known(notice.order_no), notice),
        )


def _once(write: Callable[[], object], is_done: Callable[[], bool]) -> None:
    """Make a write once; lost or refused, it may have been made all the same, by us or by another."""
    try:
        write()
    except ChannelError:
        if not is_done():
            raise


def _is_told(found: Found, notice: ShipmentNotice) -> bool:
    return any(parcel.waybill_no == notice.waybill_no for parcel in told_of(found.fields))


def _check(found: Found, notice: ShipmentNotice) -> None:
    """Refuse what cannot be told.

    Raises:
        Rejected: with the reason.
    """
    order, asked = found.order, Counter[str]()
    for line_no, qty in notice.lines:
        asked[line_no] += qty
    if order.is_closed:
        raise Rejected("The shop has closed this order", code=ORDER_CLOSED)
    if not asked or any(line_no not in found.units or qty < 1 for line_no, qty in asked.items()):
        raise Rejected("The shop does not have these goods in this order", code="line_not_found")
    if notice.replaces:
        if all(parcel.waybill_no != notice.replaces for parcel in order.shipped):
            raise Rejected("The shop does not have the number that shall be replaced", code=SHIPPED_OTHERWISE)
        return
    _check_goods(found, notice.waybill_no, asked)
    if order.stopped_for:
        raise Rejected(f"The shop keeps this order back: {order.stopped_for}", code=KEPT_BACK)
    if order.payment == "unpaid" and not order.is_cod:
        # Completing it would count it as paid there.
        raise Rejected("The shop says that this order is not paid", code=NOT_PAID)


def _check_goods(found: Found, waybill_no: str, asked: Mapping[str, int]) -> None:
    """Whether these units are still to be sent; `Rejected` where they are not."""
    told = told_of(found.fields)
    ours = {parcel.waybill_no for parcel in told} | {waybill_no}
    if any(parcel.waybill_no not in ours for parcel in found.order.shipped):
        # Somebody else's parcel, of which nobody says what is inside.
        raise _otherwise()
    inside = _inside(told)
    for line_no, qty in asked.items():
        if found.units[line_no] < qty:
            raise Rejected("The shop has paid goods of this parcel back", code=ORDER_CLOSED)
        if found.units[line_no] - inside[line_no] < qty:
            raise _otherwise()


def _inside(parcels: Sequence[ShippedParcel]) -> Counter[str]:
    inside: Counter[str] = Counter()
    for parcel in parcels:
        for line_no, qty in parcel.lines:
            inside[line_no] += qty
    return inside


def _otherwise() -> Rejected:
    return Rejected("The shop already has these goods as sent, with another number", code=SHIPPED_OTHERWISE)
