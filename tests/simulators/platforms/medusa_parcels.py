"""Fulfilments of the simulated Medusa: packed, sent, delivered, called off, with Medusa's checks of each."""

from collections.abc import Mapping, Set
from typing import Any

from tests.simulators.platforms.medusa_facts import MAIN_LOCATION_ID
from tests.simulators.platforms.medusa_orders import Orders, check_not_cancelled
from tests.simulators.platforms.medusa_parts import inventory_id
from tests.simulators.platforms.medusa_shop import Fulfilment, MedusaShop
from tests.simulators.platforms.medusa_wire import (
    SaysNoError,
    body_of,
    broken,
    check_url,
    checked,
    not_found,
    query_of,
)
from tests.simulators.platforms.server import Answer, Call
from tests.simulators.platforms.shop import Order


class Parcels:
    """The calls about fulfilments. Every method is called with the shop's lock held."""

    def __init__(self, shop: MedusaShop, orders: Orders) -> None:
        self._shop = shop
        self._orders = orders

    def fulfil(self, call: Call, no: str) -> Answer:
        """`POST /admin/orders/:id/fulfillments`."""
        query = query_of(call, "", 1)
        body = body_of(
            call,
            "items:array",
            "shipping_option_id:string no_notification:boolean delivery_address:object",
            "location_id:string metadata:object additional_data:object",
        )
        items = _items(body, least=1)
        order = self._orders.found(no)
        check_not_cancelled(order)
        _check_in_order(order, items, self._known(order))
        location_id = body.get("location_id") or MAIN_LOCATION_ID
        for line_no, qty in items.items():
            self._check_may_fulfil(order, line_no, qty, location_id)
        one = self._shop.fulfil(no, {line_no: int(qty) for line_no, qty in items.items()}, location_id)
        one.metadata = body.get("metadata")
        return self._orders.shown(order, query)

    def _check_may_fulfil(self, order: Order, line_no: str, qty: float, location_id: str) -> None:
        shop, line = self._shop, order.line(line_no)
        reservation = shop.reservation_of(line_no)
        if reservation is not None:
            if qty > reservation.qty:
                message = f"Quantity to fulfill exceeds the reserved quantity for the item: {line_no}"
                raise SaysNoError("invalid_data", message)
            if location_id not in shop.locations:
                raise not_found("StockLocation", location_id)
            if shop.stocked(reservation.sku_id, location_id) is None:
                item = f"item {inventory_id(reservation.sku_id)} and location {location_id}"
                raise SaysNoError("not_found", f"Inventory level for {item} not found")
        elif line.goods.sku_id not in shop.uncounted:
            title = f"{line.goods.title} ({line.goods.spec or 'Default variant'})"
            raise SaysNoError("invalid_data", f"No stock reservation found for item {line_no} - {title}")
        if not qty:
            raise SaysNoError("invalid_data", f"Quantity to fulfill of item {line_no} is required.")
        if qty < 1:
            raise SaysNoError("invalid_data", f"Quantity of item {line_no} must be greater than 0.")
        if qty > shop.quantity(order, line) - shop.fulfilled(order, line_no):
            message = f"Cannot fulfill more items than what was ordered for item {line_no}."
            raise SaysNoError("invalid_data", message)

    def ship(self, call: Call, no: str, fulfilment_no: str) -> Answer:
        """`POST /admin/orders/:id/fulfillments/:id/shipments`: all of a fulfilment, whatever `items` says."""
        query = query_of(call, "", 1)
        body = body_of(
            call,
            "items:array",
            "labels:array no_notification:boolean",
            "metadata:object additional_data:object",
        )
        items = _items(body)
        labels = [_label(raw, place) for place, raw in enumerate(body.get("labels", []))]
        order = self._orders.found(no)
        check_not_cancelled(order)
        _check_in_order(order, items, self._known(order))
        one = self._fulfilment(order, fulfilment_no)
        if one is None:
            raise broken()
        if one.shipped_at is not None:
            raise SaysNoError("not_allowed", "Shipment has already been created")
        if one.canceled_at is not None:
            raise SaysNoError("not_allowed", "Cannot create shipment for a canceled fulfillment")
        self._shop.send(one, "", labels)
        return self._orders.shown(order, query)

    def unpack(self, call: Call, no: str, fulfilment_no: str) -> Answer:
        """`POST /admin/orders/:id/fulfillments/:id/cancel`."""
        query = query_of(call, "", 1)
        body_of(call, optional="no_notification:boolean", nullable="additional_data:object")
        order = self._orders.found(no)
        check_not_cancelled(order)
        one = self._fulfilment(order, fulfilment_no)
        if one is None:
            raise _not_in_order(fulfilment_no)
        if one.canceled_at is not None:
            raise SaysNoError("not_allowed", "The fulfillment is already canceled")
        if one.shipped_at is not None:
            message = "The fulfillment has already been shipped. Shipped fulfillments cannot be canceled"
            raise SaysNoError("not_allowed", message)
        self._shop.unpack(one)
        return self._orders.shown(order, query)

    def deliver(self, call: Call, no: str, fulfilment_no: str) -> Answer:
        """`POST /admin/orders/:id/fulfillments/:id/mark-as-delivered`."""
        query = query_of(call, "", 1)
        body_of(call, optional="no_notification:boolean")
        order = self._orders.found(no)
        check_not_cancelled(order)
        one = self._fulfilment(order, fulfilment_no)
        if one is None:
            raise _not_in_order(fulfilment_no)
        one.delivered_at = order.modified_at = self._shop.now()
        return self._orders.shown(order, query)

    def _known(self, order: Order) -> Set[str]:
        """Lines that are still in the order."""
        return {line.no for line in order.lines if self._shop.quantity(order, line)}

    def _fulfilment(self, order: Order, no: str) -> Fulfilment | None:
        return next((one for one in self._shop.fulfilments_of(order.no) if one.no == no), None)


def _items(body: Mapping[str, Any], least: int = 0) -> dict[str, float]:
    """Line -> units; of a line that stands twice the last counts."""
    if len(body["items"]) < least:
        message = f"Invalid request: Value for field 'items' too small, expected at least: '{least}'"
        raise SaysNoError("invalid_data", message)
    found: dict[str, float] = {}
    for place, raw in enumerate(body["items"]):
        item = checked(raw, "id:string quantity:number", path=["items", place], is_strict=False)
        found[item["id"]] = item["quantity"]
    return found


def _label(raw: object, place: int) -> tuple[str, str, str]:
    label = checked(
        raw, "tracking_number:string tracking_url:string label_url:string", path=["labels", place], is_strict=False
    )
    for name in ("tracking_url", "label_url"):
        check_url(label[name])
    return label["tracking_number"], label["tracking_url"], label["label_url"]


def _check_in_order(order: Order, items: Mapping[str, float], known: Set[str]) -> None:
    strange = [no for no in items if no not in known]
    if strange:
        message = f"Items with ids {', '.join(strange)} does not exist in order with id {order.no}."
        raise SaysNoError("invalid_data", message)


def _not_in_order(no: str) -> SaysNoError:
    return SaysNoError("invalid_data", f"Fulfillment with id {no} not found in the order")
