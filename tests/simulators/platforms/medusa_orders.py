"""Orders, payments, fulfilments and returns of the simulated Medusa: its admin calls with their checks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.simulators.platforms.medusa_facts import (
    COUNTRY,
    DETAIL_ADDS,
    LIST_ADDS,
    MAIN_LOCATION_ID,
    ORDER_FIELDS,
    ORDER_LIST_FIELDS,
    ORDERS_TO_PAGE,
    PAYMENT_FIELDS,
    REGION_ID,
    RETURN_FIELDS,
    RETURN_LIST_FIELDS,
    ROWS_TO_PAGE,
    SALES_CHANNEL_ID,
)
from tests.simulators.platforms.medusa_rows import Rows, payment_row, status_of
from tests.simulators.platforms.medusa_shop import Fulfilment, MedusaShop, Money, is_return
from tests.simulators.platforms.medusa_wire import (
    Query,
    SaysNoError,
    body_of,
    broken,
    check_url,
    checked,
    chosen,
    fen_of,
    is_within,
    not_found,
    page_of,
    query_of,
)
from tests.simulators.platforms.server import Answer, Call, json_answer
from tests.simulators.platforms.shop import Case, Order, RuleError

_ADDRESS = (
    "first_name:string last_name:string phone:string company:string address_1:string address_2:string city:string"
    " country_code:string province:string postal_code:string metadata:object"
)


class Orders:
    """The calls about orders. Every method is called with the shop's lock held."""

    def __init__(self, shop: MedusaShop) -> None:
        self._shop = shop
        self.rows = Rows(shop)
        self.is_tie_reversed = False
        #: the next list is an empty page of many rows
        self.is_next_empty = False
        #: the next list says its last row twice
        self.is_next_doubled = False

    # --- reading -----------------------------------------------------------------------------------------------------

    def page(self, call: Call) -> Answer:
        """`GET /admin/orders`. Filters that it does not know are left out without a word, `payment_status` too."""
        names = "id status sales_channel_id region_id customer_id q created_at updated_at total"
        query = query_of(call, names, ORDERS_TO_PAGE, is_strict=False)
        found = self._sorted([order for order in self._shop.orders.values() if self._fits(order, query)], query)
        wanted = [*page_of(found, query)]
        if self.is_next_empty:
            self.is_next_empty, wanted = False, []
        if self.is_next_doubled:
            self.is_next_doubled, wanted = False, [*wanted, *wanted[-1:]]
        rows = [self._listed(order, query) for order in wanted]
        return json_answer({"orders": rows, "count": len(found), "offset": query.offset, "limit": query.limit})

    def _listed(self, order: Order, query: Query) -> dict[str, Any]:
        full = self.rows.order(order)
        row = chosen(full, query.fields, ORDER_LIST_FIELDS, LIST_ADDS)
        return {**row, **{name: full[name] for name in ("payment_status", "fulfillment_status")}}

    def _fits(self, order: Order, query: Query) -> bool:
        plain: Mapping[str, str] = {
            "id": order.no,
            "status": status_of(order),
            "sales_channel_id": SALES_CHANNEL_ID,
            "region_id": REGION_ID,
            "customer_id": f"cus_{order.buyer}",
        }
        for name, value in plain.items():
            wanted = query.values(name)
            if wanted is not None and value not in wanted:
                return False
        text = query.values("q")
        if text and text[0] not in (str(order.extra["display_id"]), f"{order.buyer}@example.test"):
            return False
        return is_within(query, "created_at", order.placed_at) and is_within(query, "updated_at", order.modified_at)

    def _sorted(self, orders: Sequence[Order], query: Query) -> Sequence[Order]:
        name = (query.order or "id").removeprefix("-")
        keys = {
            "id": lambda order: order.no,
            "display_id": lambda order: order.extra["display_id"],
            "created_at": lambda order: order.placed_at,
            "updated_at": lambda order: order.modified_at,
        }
        if name not in keys:
            raise broken()
        start = sorted(orders, key=lambda order: order.no, reverse=self.is_tie_reversed)
        return sorted(start, key=keys[name], reverse=(query.order or "").startswith("-"))

    def get(self, call: Call, no: str) -> Answer:
        """`GET /admin/orders/:id`."""
        query = query_of(call, "version", 1)
        return self._shown(self._order(no), query)

    def _shown(self, order: Order, query: Query, adds: str = DETAIL_ADDS) -> Answer:
        full = self.rows.order(order)
        row = chosen(full, query.fields, ORDER_FIELDS, adds)
        if adds == DETAIL_ADDS:
            row |= {name: full[name] for name in ("payment_status", "fulfillment_status")}
        return json_answer({"order": row})

    def _order(self, no: str) -> Order:
        found = self._shop.orders.get(no)
        if found is None:
            raise not_found("Order", no)
        return found

    # --- changing ----------------------------------------------------------------------------------------------------

    def update(self, call: Call, no: str) -> Answer:
        """`POST /admin/orders/:id`: addresses merge, metadata merges, and an empty text removes a key."""
        query = query_of(call, "", 1)
        body = body_of(
            call,
            optional="email:string shipping_address:object billing_address:object",
            nullable="locale:string metadata:object",
        )
        order = self._order(no)
        self._check_not_cancelled(order)
        changes: dict[str, str] = {}
        for name in ("shipping_address", "billing_address"):
            if name in body:
                address = checked(body[name], nullable=_ADDRESS, path=[name])
                if address.get("country_code") not in (None, COUNTRY):
                    raise SaysNoError("invalid_data", "Country code cannot be changed")
                changes |= self._changes(address) if name == "shipping_address" else {}
        if changes:
            order.person = replace(order.person, **changes)
            order.address_changes += 1
        if body.get("metadata"):
            self._merge(order, body["metadata"])
        order.modified_at = self._shop.now()
        return self._shown(order, query, "id")

    @staticmethod
    def _changes(address: Mapping[str, Any]) -> dict[str, str]:
        names = {
            "first_name": "name",
            "phone": "phone",
            "city": "city",
            "province": "province",
            "postal_code": "postcode",
        }
        found = {ours: str(address[theirs] or "") for theirs, ours in names.items() if theirs in address}
        if "address_1" in address:
            found |= {"district": "", "town": "", "address": str(address["address_1"] or "")}
        return found

    def _merge(self, order: Order, told: Mapping[str, Any]) -> None:
        merged = {**self.rows.metadata(order), **told}
        for name in [name for name, value in told.items() if value == ""]:
            del merged[name]
        order.buyer_note = str(merged.pop(self.rows.buyer_note_key, ""))
        order.seller_note = str(merged.pop(self.rows.seller_note_key, ""))
        order.extra["metadata"] = merged

    def cancel(self, call: Call, no: str) -> Answer:
        """`POST /admin/orders/:id/cancel`."""
        query = query_of(call, "", 1)
        order = self._order(no)
        self._check_not_cancelled(order)
        if status_of(order) == "completed":
            message = "Cannot cancel a completed order. Please use the return process to handle refunds or exchanges."
            raise SaysNoError("not_allowed", message)
        if self._shop.open_fulfilments(no):
            raise SaysNoError("not_allowed", "All fulfillments must be canceled before canceling an order")
        self._shop.cancel(no)
        return self._shown(order, query, "id")

    def mark(self, call: Call, no: str, status: str) -> Answer:
        """`POST /admin/orders/:id/complete` and `/archive`."""
        query = query_of(call, "", 1)
        order = self._order(no)
        order.extra["status"] = status
        order.modified_at = self._shop.now()
        return self._shown(order, query, "id")

    @staticmethod
    def _check_not_cancelled(order: Order) -> None:
        if order.state == "cancelled":
            raise SaysNoError("invalid_data", f"Order with id {order.no} has been canceled.")

    # --- parcels -----------------------------------------------------------------------------------------------------

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
        order = self._order(no)
        self._check_not_cancelled(order)
        _check_in_order(order, items)
        location_id = body.get("location_id") or MAIN_LOCATION_ID
        for line_no, qty in items.items():
            self._check_may_fulfil(order, line_no, qty, location_id)
        one = self._shop.fulfil(no, {line_no: int(qty) for line_no, qty in items.items()}, location_id)
        one.metadata = body.get("metadata")
        return self._shown(order, query, "id")

    def _check_may_fulfil(self, order: Order, line_no: str, qty: float, location_id: str) -> None:
        shop, line = self._shop, order.line(line_no)
        reservation = shop.reservation_of(line_no)
        if reservation is not None:
            if qty > reservation.qty:
                message = f"Quantity to fulfill exceeds the reserved quantity for the item: {line_no}"
                raise SaysNoError("invalid_data", message)
            if shop.stocked(reservation.sku_id, location_id) is None:
                sku = f"Inventory level for item {reservation.sku_id} and location {location_id} not found"
                raise SaysNoError("not_found", sku)
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
        order = self._order(no)
        self._check_not_cancelled(order)
        _check_in_order(order, items)
        one = self._fulfilment(order, fulfilment_no)
        if one is None:
            raise broken()
        if one.shipped_at is not None:
            raise SaysNoError("not_allowed", "Shipment has already been created")
        if one.canceled_at is not None:
            raise SaysNoError("not_allowed", "Cannot create shipment for a canceled fulfillment")
        self._shop.send(one, "", labels)
        return self._shown(order, query, "id")

    def unpack(self, call: Call, no: str, fulfilment_no: str) -> Answer:
        """`POST /admin/orders/:id/fulfillments/:id/cancel`."""
        query = query_of(call, "", 1)
        body_of(call, optional="no_notification:boolean", nullable="additional_data:object")
        order = self._order(no)
        self._check_not_cancelled(order)
        one = self._fulfilment(order, fulfilment_no)
        if one is None:
            raise _not_in_order(fulfilment_no)
        if one.canceled_at is not None:
            raise SaysNoError("not_allowed", "The fulfillment is already canceled")
        if one.shipped_at is not None:
            message = "The fulfillment has already been shipped. Shipped fulfillments cannot be canceled"
            raise SaysNoError("not_allowed", message)
        self._shop.unpack(one)
        return self._shown(order, query, "id")

    def deliver(self, call: Call, no: str, fulfilment_no: str) -> Answer:
        """`POST /admin/orders/:id/fulfillments/:id/mark-as-delivered`."""
        query = query_of(call, "", 1)
        body_of(call, optional="no_notification:boolean")
        order = self._order(no)
        self._check_not_cancelled(order)
        one = self._fulfilment(order, fulfilment_no)
        if one is None:
            raise _not_in_order(fulfilment_no)
        one.delivered_at = order.modified_at = self._shop.now()
        return self._shown(order, query, "id")

    def _fulfilment(self, order: Order, no: str) -> Fulfilment | None:
        return next((one for one in self._shop.fulfilments_of(order.no) if one.no == no), None)

    # --- payments ----------------------------------------------------------------------------------------------------

    def payments(self, call: Call) -> Answer:
        """`GET /admin/payments`."""
        query = query_of(call, "q id payment_session_id created_at updated_at deleted_at", ROWS_TO_PAGE)
        wanted = query.values("id")
        found = [
            paid
            for paid in self._shop.money.values()
            if paid.authorized_at is not None
            and (wanted is None or paid.no in wanted)
            and is_within(query, "created_at", paid.authorized_at)
        ]
        rows = [chosen(payment_row(paid), query.fields, PAYMENT_FIELDS) for paid in page_of(found, query)]
        return json_answer({"payments": rows, "count": len(found), "offset": query.offset, "limit": query.limit})

    def payment(self, call: Call, no: str) -> Answer:
        """`GET /admin/payments/:id`."""
        query = query_of(call, "", 1)
        return json_answer({"payment": chosen(payment_row(self._paid(no)[1]), query.fields, PAYMENT_FIELDS)})

    def capture(self, call: Call, no: str) -> Answer:
        """`POST /admin/payments/:id/capture`: what is captured already is no error."""
        query = query_of(call, "", 1)
        amount = _amount(body_of(call, optional="amount:number"))
        order_no, paid = self._paid(no)
        if paid.canceled_at is not None:
            raise SaysNoError("invalid_data", f"The payment: {no} has been canceled.")
        left = paid.amount_fen - paid.captured_fen
        if left:
            try:
                self._shop.capture(order_no, left if amount is None else amount)
            except RuleError:
                message = (
                    "You cannot capture more than the authorized amount substracted by what is already captured."
                )
                raise SaysNoError("invalid_data", message) from None
        return json_answer({"payment": chosen(payment_row(paid), query.fields, PAYMENT_FIELDS)})

    def refund(self, call: Call, no: str) -> Answer:
        """`POST /admin/payments/:id/refund`."""
        query = query_of(call, "", 1)
        body = body_of(call, optional="amount:number refund_reason_id:string note:string")
        order_no, paid = self._paid(no)
        amount = _amount(body)
        try:
            self._shop.refund(order_no, paid.amount_fen if amount is None else amount, body.get("note", ""))
        except RuleError:
            message = "You are not allowed to refund more than the captured amount"
            raise SaysNoError("invalid_data", message) from None
        return json_answer({"payment": chosen(payment_row(paid), query.fields, PAYMENT_FIELDS)})

    def _paid(self, no: str) -> tuple[str, Money]:
        for order_no, paid in self._shop.money.items():
            if paid.no == no and paid.authorized_at is not None:
                return order_no, paid
        raise not_found("Payment", no)

    # --- returns -----------------------------------------------------------------------------------------------------

    def page_of_returns(self, call: Call) -> Answer:
        """`GET /admin/returns`."""
        query = query_of(call, "id order_id status created_at updated_at deleted_at", ORDERS_TO_PAGE)
        found = []
        for case in self._shop.cases.values():
            row = self.rows.return_row(case) if is_return(case) else {}
            if row and self._return_fits(case, row, query):
                found.append(row)
        rows = [chosen(row, query.fields, RETURN_LIST_FIELDS) for row in page_of(found, query)]
        return json_answer({"returns": rows, "count": len(found), "offset": query.offset, "limit": query.limit})

    @staticmethod
    def _return_fits(case: Case, row: Mapping[str, Any], query: Query) -> bool:
        for name in ("id", "order_id", "status"):
            wanted = query.values(name)
            if wanted is not None and row[name] not in wanted:
                return False
        return is_within(query, "created_at", case.requested_at) and is_within(query, "updated_at", case.modified_at)

    def get_return(self, call: Call, no: str) -> Answer:
        """`GET /admin/returns/:id`."""
        query = query_of(call, "", 1)
        case = self._shop.cases.get(no)
        if case is None or not is_return(case):
            raise not_found("Return", no)
        return json_answer({"return": chosen(self.rows.return_row(case), query.fields, RETURN_FIELDS)})


def _items(body: Mapping[str, Any], least: int = 0) -> dict[str, float]:
    """Line -> units; of a line that stands twice the last counts."""
    if len(body["items"]) < least:
        message = f"Invalid request: Value for field 'items' too small, expected at least: '{least}'"
        raise SaysNoError("invalid_data", message)
    found: dict[str, float] = {}
    for place, raw in enumerate(body["items"]):
        item = checked({**raw} if isinstance(raw, dict) else raw, "id:string quantity:number", path=["items", place])
        found[item["id"]] = item["quantity"]
    return found


def _label(raw: object, place: int) -> tuple[str, str, str]:
    label = checked(raw, "tracking_number:string tracking_url:string label_url:string", path=["labels", place])
    for name in ("tracking_url", "label_url"):
        check_url(label[name])
    return label["tracking_number"], label["tracking_url"], label["label_url"]


def _check_in_order(order: Order, items: Mapping[str, float]) -> None:
    strange = [no for no in items if no not in {line.no for line in order.lines}]
    if strange:
        message = f"Items with ids {', '.join(strange)} does not exist in order with id {order.no}."
        raise SaysNoError("invalid_data", message)


def _not_in_order(no: str) -> SaysNoError:
    return SaysNoError("invalid_data", f"Fulfillment with id {no} not found in the order")


def _amount(body: Mapping[str, Any]) -> int | None:
    if "amount" not in body:
        return None
    if body["amount"] <= 0:
        raise SaysNoError(
            "invalid_data", "Invalid request: Value for field 'amount' too small, expected at least: '0'"
        )
    return fen_of(body["amount"])
