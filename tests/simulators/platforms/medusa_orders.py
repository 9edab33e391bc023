"""Orders of the simulated Medusa: lists, details, and what callers write on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.simulators.platforms.medusa_facts import (
    COUNTRY,
    DETAIL_ADDS,
    LIST_ADDS,
    LIST_ADDS_TO,
    ORDER_FIELDS,
    ORDER_LIST_FIELDS,
    ORDERS_TO_PAGE,
    REGION_ID,
    SALES_CHANNEL_ID,
)
from tests.simulators.platforms.medusa_rows import Rows, status_of
from tests.simulators.platforms.medusa_shop import MedusaShop
from tests.simulators.platforms.medusa_wire import (
    Query,
    SaysNoError,
    body_of,
    broken,
    checked,
    choice,
    not_found,
    page_of,
    query_of,
    within,
)
from tests.simulators.platforms.server import Answer, Call, json_answer
from tests.simulators.platforms.shop import Order

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
        #: the next list leaves out each order's last line, where it has more than one
        self.is_next_short = False

    # --- reading -----------------------------------------------------------------------------------------------------

    def page(self, call: Call) -> Answer:
        """`GET /admin/orders`. Filters that it does not know are left out without a word, `payment_status` too."""
        names = "id status sales_channel_id region_id customer_id q created_at updated_at total"
        query = query_of(call, names, ORDERS_TO_PAGE, is_strict=False)
        found = self._sorted(self._fitting(query), query)
        wanted = [*page_of(found, query)]
        if self.is_next_empty:
            self.is_next_empty, wanted = False, []
        if self.is_next_doubled:
            self.is_next_doubled, wanted = False, [*wanted, *wanted[-1:]]
        asked = query.fields or ""
        adds = [LIST_ADDS, *(more for name, more in LIST_ADDS_TO.items() if name in asked)]
        cut = choice(query.fields, ORDER_LIST_FIELDS, ",".join(adds))
        rows = [_with_states(self.rows.order(order), cut) for order in wanted]
        if self.is_next_short:
            self.is_next_short = False
            for row in rows:
                row["items"] = row["items"][: max(1, len(row["items"]) - 1)]
        return json_answer({"orders": rows, "count": len(found), "offset": query.offset, "limit": query.limit})

    def _fitting(self, query: Query) -> Sequence[Order]:
        read: Mapping[str, Callable[[Order], str]] = {
            "id": lambda order: order.no,
            "status": status_of,
            "sales_channel_id": lambda _order: SALES_CHANNEL_ID,
            "region_id": lambda _order: REGION_ID,
            "customer_id": lambda order: f"cus_{order.buyer}",
        }
        wanted = [(read[name], values) for name in read if (values := query.values(name)) is not None]
        text = query.values("q")
        is_created, is_updated = within(query, "created_at"), within(query, "updated_at")
        return [
            order
            for order in self._shop.orders.values()
            if is_updated(order.modified_at)
            and is_created(order.placed_at)
            and all(value(order) in values for value, values in wanted)
            and (not text or text[0] in (str(order.extra["display_id"]), f"{order.buyer}@example.test"))
        ]

    def _sorted(self, orders: Sequence[Order], query: Query) -> Sequence[Order]:
        """Orders stand by age, which is by id."""
        name = (query.order or "id").removeprefix("-")
        keys: Mapping[str, Callable[[Order], Any]] = {
            "id": lambda order: order.no,
            "display_id": lambda order: order.extra["display_id"],
            "created_at": lambda order: order.placed_at,
            "updated_at": lambda order: order.modified_at,
        }
        if name not in keys:
            raise broken()
        start = orders[::-1] if self.is_tie_reversed else orders
        return sorted(start, key=keys[name], reverse=(query.order or "").startswith("-"))

    def get(self, call: Call, no: str) -> Answer:
        """`GET /admin/orders/:id`."""
        query = query_of(call, "version", 1)
        return self.shown(self.found(no), query, DETAIL_ADDS)

    def shown(self, order: Order, query: Query, adds: str = "id") -> Answer:
        """An order after a call; the two states that are counted stand in its detail alone."""
        cut, full = choice(query.fields, ORDER_FIELDS, adds), self.rows.order(order)
        return json_answer({"order": _with_states(full, cut) if adds == DETAIL_ADDS else cut(full)})

    def found(self, no: str) -> Order:
        """One order.

        Raises:
            SaysNoError: not_found.
        """
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
        order = self.found(no)
        check_not_cancelled(order)
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
        return self.shown(order, query)

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
        order = self.found(no)
        check_not_cancelled(order)
        if status_of(order) == "completed":
            message = "Cannot cancel a completed order. Please use the return process to handle refunds or exchanges."
            raise SaysNoError("not_allowed", message)
        if self._shop.open_fulfilments(no):
            raise SaysNoError("not_allowed", "All fulfillments must be canceled before canceling an order")
        self._shop.cancel(no)
        return self.shown(order, query)

    def mark(self, call: Call, no: str, status: str) -> Answer:
        """`POST /admin/orders/:id/complete` and `/archive`."""
        query = query_of(call, "", 1)
        order = self.found(no)
        order.extra["status"] = status
        order.modified_at = self._shop.now()
        return self.shown(order, query)


def check_not_cancelled(order: Order) -> None:
    """What is called off takes no more.

    Raises:
        SaysNoError: invalid_data.
    """
    if order.state == "cancelled":
        raise SaysNoError("invalid_data", f"Order with id {order.no} has been canceled.")


def _with_states(full: Mapping[str, Any], cut: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    return {**cut(full), **{name: full[name] for name in ("payment_status", "fulfillment_status")}}
