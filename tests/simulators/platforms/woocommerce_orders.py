"""Orders of the simulated WooCommerce shop: lists, changes, notes, refunds, and the parcels of a plugin."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.simulators.platforms.server import Answer
from tests.simulators.platforms.shop import Case, Order
from tests.simulators.platforms.woocommerce_facts import (
    HIDDEN_STATUSES,
    ORDERINGS,
    PROVINCES,
    STATUSES,
    TRACKING_PROVIDERS,
)
from tests.simulators.platforms.woocommerce_refunds import refunds_of
from tests.simulators.platforms.woocommerce_rows import (
    Look,
    note_row,
    order_row,
    refund_row,
    tracking_row,
)
from tests.simulators.platforms.woocommerce_shop import WooShop
from tests.simulators.platforms.woocommerce_wire import (
    ROWS,
    Asked,
    Kind,
    Params,
    Row,
    SaysNoError,
    bad_params,
    batched,
    listed,
    trimmed,
    wp_json,
    yes,
)

#: fields that, once sent, make the order a changed one
_SAVED = ("billing", "shipping", "customer_note", "meta_data")
#: fields of an address that a caller may change -> the story's word
_ADDRESS = {"city": "city", "postcode": "postcode", "address_1": "address", "first_name": "name", "phone": "phone"}


class Orders:
    """The calls about orders. Every method is called with the shop's lock held.

    Attributes:
        knows_modified: off in a shop before WooCommerce 5.8.
        plugin_statuses: statuses that plugins add.
    """

    def __init__(self, shop: WooShop, look: Look) -> None:
        self._shop = shop
        self._look = look
        self.knows_modified = True
        self.plugin_statuses: tuple[str, ...] = ()
        self._kind: Kind[Order] = Kind(
            lambda order: int(order.no),
            lambda order: order.placed_at,
            lambda order: order.modified_at,
            lambda order: order.no,
            lambda order: order_row(shop, order, look),
        )

    @property
    def statuses(self) -> Sequence[str]:
        """Every status an order of this shop may have."""
        return (*STATUSES, *self.plugin_statuses)

    def page(self, params: Params, link: str) -> Answer:
        """`GET orders`."""
        asked = Asked(self._look.zone, params, self.knows_modified)
        words = asked.each_of("status", "any", ("any", "trash", *self.statuses))
        is_any = "any" in words or not words
        asked.check()

        def keeps(order: Order) -> bool:
            status = self._shop.status_of(order)
            return status not in HIDDEN_STATUSES if is_any else status in words

        return listed(asked, self._kind, self._shop.orders.values(), ORDERINGS, link, keeps)

    def get(self, no: str, params: Params) -> Answer:
        """`GET orders/<id>`."""
        return wp_json(trimmed(order_row(self._shop, self._order(no), self._look), params))

    def put(self, no: str, params: Params) -> Answer:
        """`PUT orders/<id>`."""
        self._check_body(params)
        self._order(no, missing=400)
        return wp_json(self.change(no, params))

    def change(self, no: str, params: Params) -> Mapping[str, object]:
        """Change one order: meta data and address first, then the status, as the controller does."""
        order = self._order(no, missing=400)
        for address in ("billing", "shipping"):
            self._change_address(order, params.get(address))
        if isinstance(params.get("customer_note"), str):
            order.buyer_note = params["customer_note"]
        for meta in params.get("meta_data") or []:
            self._shop.write_meta(order, str(meta.get("key", "")), meta.get("value"), int(meta.get("id") or 0))
        if params.get("status"):
            self._shop.set_status(no, str(params["status"]).removeprefix("wc-"))
        if params.get("set_paid") is True and self._shop.status_of(order) in ("pending", "failed"):
            self._shop.set_status(no, "processing")
        if any(name in params for name in _SAVED):
            self._shop.touch(order)
        return order_row(self._shop, order, self._look)

    def batch(self, params: Params) -> Answer:
        """`POST orders/batch`."""
        return batched(params, self.change)

    def _check_body(self, params: Params) -> None:
        wrong: dict[str, str] = {}
        status = params.get("status")
        if status is not None and status not in self.statuses:
            wrong["status"] = f"status is not one of {', '.join(self.statuses)}."
        metas = params.get("meta_data")
        if metas is not None and (not isinstance(metas, list) or not all(isinstance(one, dict) for one in metas)):
            wrong["meta_data"] = "meta_data is not of type array."
        for name in ("billing", "shipping"):
            if name in params and not isinstance(params[name], dict):
                wrong[name] = f"{name} is not of type object."
        if wrong:
            raise bad_params(wrong)

    def _change_address(self, order: Order, fields: Any) -> None:
        if not isinstance(fields, dict):
            return
        changes = {_ADDRESS[name]: str(value) for name, value in fields.items() if name in _ADDRESS}
        if "address" in changes:
            changes |= {"district": "", "town": ""}
        if "state" in fields:
            changes["province"] = PROVINCES.get(str(fields["state"]), str(fields["state"]))
        order.person = replace(order.person, **changes)

    # --- notes -------------------------------------------------------------------------------------------------------

    def notes(self, no: str, params: Params) -> Answer:
        """`GET orders/<id>/notes`: all of them, newest first; there are no pages."""
        kind = str(params.get("type", "any"))
        if kind not in ("any", "customer", "internal"):
            raise bad_params({"type": "type is not one of any, customer, and internal."})
        order = self._order(no, words="Invalid order ID.")
        rows = [
            note_row(note, self._look)
            for note in reversed(self._shop.notes_of(order))
            if kind == "any" or note.is_for_customer == (kind == "customer")
        ]
        return wp_json([trimmed(row, params) for row in rows])

    def add_note(self, no: str, params: Params) -> Answer:
        """`POST orders/<id>/notes`: the same text twice is two notes."""
        if "note" not in params:
            missing = {"status": 400, "params": ["note"]}
            raise SaysNoError(400, "rest_missing_callback_param", "Missing parameter(s): note", missing)
        if not isinstance(params["note"], str):
            raise bad_params({"note": "note is not of type string."})
        order = self._order(no, code="woocommerce_rest_order_invalid_id", words="Invalid order ID.")
        author = "店主" if yes(params.get("added_by_user")) else "system"
        is_for_customer = yes(params.get("customer_note"))
        note = self._shop.add_note(order, params["note"], is_for_customer=is_for_customer, author=author)
        return wp_json(note_row(note, self._look), 201)

    def note(self, no: str, note_no: str) -> Answer:
        """`GET orders/<id>/notes/<id>`."""
        order = self._order(no, code="woocommerce_rest_order_invalid_id", words="Invalid order ID.")
        for note in self._shop.notes_of(order):
            if note.no == int(note_no):
                return wp_json(note_row(note, self._look))
        raise SaysNoError(404, "woocommerce_rest_invalid_id", "Invalid resource ID.")

    # --- refunds -----------------------------------------------------------------------------------------------------

    def refunds(self, no: str, params: Params, link: str) -> Answer:
        """`GET orders/<id>/refunds`: an order that is not there has none."""
        order = self._shop.orders.get(no)
        cases = [] if order is None else refunds_of(self._shop, order)
        rows = [self._refund_row(case) for case in cases]
        return listed(Asked(self._look.zone, params, self.knows_modified), ROWS, rows, ORDERINGS, link)

    def refund(self, no: str, refund_no: str) -> Answer:
        """`GET orders/<id>/refunds/<id>`."""
        case = self._shop.cases.get(refund_no)
        if case is None or case.state != "done":
            raise SaysNoError(404, "woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID.")
        if no not in self._shop.orders:
            raise SaysNoError(500, "woocommerce_rest_invalid_order_id", "Invalid order ID.", 404)
        if case.order_no != no:
            raise SaysNoError(500, "woocommerce_rest_invalid_order_refund_id", "Invalid order refund ID.", 404)
        return wp_json(refund_row(self._shop, self._shop.order(no), case, self._look))

    def all_refunds(self, params: Params, link: str) -> Answer:
        """`GET refunds`, of shops since 9.0: each names its order as `parent_id`."""
        rows = [
            self._refund_row(case, {"parent_id": int(case.order_no)})
            for case in self._shop.cases.values()
            if case.state == "done"
        ]
        return listed(Asked(self._look.zone, params, self.knows_modified), ROWS, rows, ORDERINGS, link)

    def _refund_row(self, case: Case, more: Mapping[str, object] | None = None) -> Row:
        order, at = self._shop.order(case.order_no), case.modified_at
        made = refund_row(self._shop, order, case, self._look)
        return Row(int(case.no), at, at, case.no, lambda: {**made, **(more or {})})

    # --- parcels of the plugin ---------------------------------------------------------------------------------------

    def trackings(self, no: str) -> Answer:
        """`GET orders/<id>/shipment-trackings`."""
        order = self._order(no, code="woocommerce_rest_order_invalid_id", words="Invalid order ID.")
        return wp_json([tracking_row(item) for item in self._shop.trackings_of(order)])

    def add_tracking(self, no: str, params: Params) -> Answer:
        """`POST orders/<id>/shipment-trackings`: the same parcel twice is two parcels; the status stays."""
        if not params.get("tracking_number"):
            missing = {"status": 400, "params": ["tracking_number"]}
            words = "Missing parameter(s): tracking_number"
            raise SaysNoError(400, "rest_missing_callback_param", words, missing)
        order = self._order(no, code="woocommerce_rest_order_invalid_id", words="Invalid order ID.")
        day = str(params.get("date_shipped", ""))
        try:
            at = datetime.fromisoformat(day).replace(tzinfo=UTC) if day else self._shop.now()
        except ValueError:
            at = self._shop.now()
        item = {
            "tracking_provider": str(params.get("tracking_provider", "")).lower().replace(" ", "-"),
            "custom_tracking_provider": str(params.get("custom_tracking_provider", "")),
            "custom_tracking_link": str(params.get("custom_tracking_link", "")),
            "tracking_number": str(params["tracking_number"]),
            "date_shipped": str(int(at.timestamp())),
        }
        return wp_json(tracking_row(self._shop.add_tracking(order, item)), 201)

    def tracking(self, no: str, tracking_no: str, *, drops: bool) -> Answer:
        """`GET` or `DELETE orders/<id>/shipment-trackings/<id>`."""
        order = self._order(no, code="woocommerce_rest_order_invalid_id", words="Invalid order ID.")
        for item in self._shop.trackings_of(order):
            if item.get("tracking_id") == tracking_no:
                if drops:
                    self._shop.drop_tracking(order, tracking_no)
                return wp_json(tracking_row(item))
        code = "woocommerce_rest_order_shipment_tracking_invalid_id"
        raise SaysNoError(404, code, "Invalid shipment tracking ID.")

    def providers(self) -> Answer:
        """`GET orders/<id>/shipment-trackings/providers`."""
        return wp_json({"United States": dict.fromkeys(TRACKING_PROVIDERS, "")})

    def _order(
        self,
        no: str,
        *,
        missing: int = 404,
        code: str = "woocommerce_rest_shop_order_invalid_id",
        words: str = "Invalid ID.",
    ) -> Order:
        order = self._shop.orders.get(no)
        if order is None:
            raise SaysNoError(missing, code, words)
        return order
