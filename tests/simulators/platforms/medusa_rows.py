"""Orders and returns as Medusa writes them, whole; `medusa_wire.chosen` cuts them."""

from typing import Any

from tests.simulators.platforms.medusa_facts import (
    COUNTRY,
    CURRENCY,
    REGION_ID,
    SALES_CHANNEL_ID,
    SHIPPING_OPTION_ID,
)
from tests.simulators.platforms.medusa_parts import collection_row, fulfilment_row, payment_status
from tests.simulators.platforms.medusa_shop import MedusaShop, Money, is_return
from tests.simulators.platforms.medusa_wire import money, stamp
from tests.simulators.platforms.shop import Case, Line, Order, Person

_RETURN_STATES = {
    "requested": "requested",
    "to_return": "requested",
    "returning": "requested",
    "done": "received",
    "refused": "canceled",
    "closed": "canceled",
}


class Rows:
    """How a shop's orders look. `extra` of an order may hold `status`, `no_address` and `metadata`."""

    def __init__(self, shop: MedusaShop) -> None:
        self._shop = shop
        self.buyer_note_key = "buyer_note"
        self.seller_note_key = "seller_note"
        self.splits_names = False

    # --- orders ------------------------------------------------------------------------------------------------------

    def order(self, order: Order) -> dict[str, Any]:
        """All of an order."""
        address = None if order.extra.get("no_address") else self._address(order)
        paid = self._shop.money[order.no]
        return {
            "id": order.no,
            "display_id": order.extra["display_id"],
            "custom_display_id": None,
            "status": status_of(order),
            "version": self._shop.versions[order.no],
            "region_id": REGION_ID,
            "customer_id": f"cus_{order.buyer}",
            "sales_channel_id": SALES_CHANNEL_ID,
            "is_draft_order": False,
            "email": f"{order.buyer}@example.test",
            "currency_code": CURRENCY,
            "locale": None,
            "no_notification": False,
            "metadata": self.metadata(order) or None,
            "canceled_at": stamp(order.ended_at) if order.state == "cancelled" else None,
            "created_at": stamp(order.placed_at),
            "updated_at": stamp(order.modified_at),
            "deleted_at": None,
            "payment_status": payment_status(paid),
            "fulfillment_status": self._fulfilment_status(order),
            **self._totals(order, paid),
            "items": [self._item(order, line) for line in order.lines if self._shop.quantity(order, line)],
            "shipping_address": address,
            "billing_address": address and {**address, "id": f"{address['id']}B"},
            "shipping_methods": [self._shipping_method(order)],
            "payment_collections": [collection_row(order, paid)],
            "fulfillments": [fulfilment_row(order, one) for one in self._shop.fulfilments_of(order.no)],
            "returns": [self.return_row(case) for case in self._shop.cases_of(order.no) if is_return(case)],
            "credit_lines": _credits(order, paid),
            "customer": {"id": f"cus_{order.buyer}", "email": f"{order.buyer}@example.test", "has_account": False},
        }

    def metadata(self, order: Order) -> dict[str, Any]:
        """What the storefront and callers wrote beside the order."""
        found: dict[str, Any] = {}
        if order.buyer_note:
            found[self.buyer_note_key] = order.buyer_note
        if order.seller_note:
            found[self.seller_note_key] = order.seller_note
        written = order.extra.get("metadata")
        return {**found, **written} if isinstance(written, dict) else found

    def _fulfilment_status(self, order: Order) -> str:
        every, live = self._shop.fulfilments_of(order.no), self._shop.open_fulfilments(order.no)
        left = any(self._shop.fulfilled(order, line.no) < self._shop.quantity(order, line) for line in order.lines)
        for name, done in (
            ("delivered", [one for one in live if one.delivered_at]),
            ("shipped", [one for one in live if one.shipped_at and not one.delivered_at]),
            ("fulfilled", [one for one in live if not one.shipped_at and not one.delivered_at]),
        ):
            if done:
                return name if len(done) == len(live) and not left else f"partially_{name}"
        return "canceled" if every else "not_fulfilled"

    def _item(self, order: Order, line: Line) -> dict[str, Any]:
        shop, goods = self._shop, line.goods
        qty = shop.quantity(order, line)
        sent = sum(one.lines.get(line.no, 0) for one in shop.open_fulfilments(order.no) if one.shipped_at)
        came = sum(one.lines.get(line.no, 0) for one in shop.open_fulfilments(order.no) if one.delivered_at)
        asked = sent if any(line.no in case.line_nos for case in self._open_returns(order)) else 0
        detail = {
            "id": f"orditem_{line.no[6:]}",
            "version": shop.versions[order.no],
            "quantity": qty,
            "fulfilled_quantity": shop.fulfilled(order, line.no),
            "shipped_quantity": sent,
            "delivered_quantity": came,
            "return_requested_quantity": asked,
            "return_received_quantity": sent if line.no in shop.returned else 0,
            "return_dismissed_quantity": 0,
            "written_off_quantity": 0,
        }
        variant = {"id": goods.sku_id, "title": goods.spec or "Default variant", "sku": goods.code or None}
        return {
            "id": line.no,
            "title": goods.title,
            "subtitle": variant["title"],
            "thumbnail": None,
            "variant_id": goods.sku_id,
            "product_id": goods.item_id,
            "product_title": goods.title,
            "variant_sku": goods.code or None,
            "variant_barcode": goods.barcode or None,
            "variant_title": variant["title"],
            "variant_option_values": None,
            "requires_shipping": True,
            "is_giftcard": False,
            "is_tax_inclusive": False,
            "unit_price": money(line.price_fen),
            "raw_unit_price": _raw(line.price_fen),
            "compare_at_unit_price": None,
            "quantity": qty,
            "raw_quantity": {"value": str(qty), "precision": 20},
            "subtotal": money(line.price_fen * qty),
            "total": money(line.price_fen * qty - _share(order, line)),
            "discount_total": money(_share(order, line)),
            "metadata": {},
            "created_at": stamp(order.placed_at),
            "updated_at": stamp(order.modified_at),
            "detail": detail,
            "variant": {
                **variant,
                "barcode": goods.barcode or None,
                "manage_inventory": True,
                "product": {"id": goods.item_id, "title": goods.title, "status": "published"},
            },
            "tax_lines": [],
            "adjustments": _adjustments(order, line),
        }

    def _open_returns(self, order: Order) -> list[Case]:
        open_ones = ("requested", "to_return", "returning")
        return [case for case in self._shop.cases_of(order.no) if is_return(case) and case.state in open_ones]

    def _totals(self, order: Order, paid: Money) -> dict[str, Any]:
        items = sum(self._shop.quantity(order, line) * line.price_fen for line in order.lines)
        total = self._shop.total_fen(order)
        original = order.amount_fen + order.discount_fen
        summary = {
            "paid_total": money(paid.captured_fen),
            "refunded_total": money(paid.refunded_fen),
            "transaction_total": money(paid.captured_fen - paid.refunded_fen),
            "pending_difference": money(total - paid.captured_fen + paid.refunded_fen),
            "current_order_total": money(total),
            "original_order_total": money(order.amount_fen),
        }
        return {
            "summary": summary,
            "total": money(total),
            "subtotal": money(items + order.freight_fen),
            "tax_total": 0,
            "discount_total": money(order.discount_fen),
            "item_total": money(items - order.discount_fen),
            "item_subtotal": money(items),
            "shipping_total": money(order.freight_fen),
            "shipping_subtotal": money(order.freight_fen),
            "original_total": money(original),
            "credit_line_total": money(paid.credit_fen),
        }

    def _address(self, order: Order) -> dict[str, Any]:
        person = order.person
        last, first = (person.name[:1], person.name[1:]) if self.splits_names else ("", person.name)
        return {
            "id": f"ordaddr_{order.no[6:]}{order.address_changes}",
            "customer_id": None,
            "company": None,
            "first_name": first,
            "last_name": last,
            "address_1": street(person),
            "address_2": None,
            "city": person.city,
            "country_code": COUNTRY,
            "province": person.province,
            "postal_code": person.postcode,
            "phone": person.phone,
            "metadata": None,
            "created_at": stamp(order.placed_at),
            "updated_at": stamp(order.modified_at),
        }

    @staticmethod
    def _shipping_method(order: Order) -> dict[str, Any]:
        return {
            "id": f"ordsm_{order.no[6:]}",
            "name": "快递",
            "amount": money(order.freight_fen),
            "shipping_option_id": SHIPPING_OPTION_ID,
            "data": {},
            "tax_lines": [],
            "adjustments": [],
        }

    # --- returns -----------------------------------------------------------------------------------------------------

    def return_row(self, case: Case) -> dict[str, Any]:
        """A return; money that is paid back without goods is none."""
        order = self._shop.order(case.order_no)
        is_gone, is_back = case.state in ("refused", "closed"), case.state == "done"
        items = [
            {
                "id": f"retitem_{case.no[7:]}{place}",
                "item_id": line_no,
                "return_id": case.no,
                "quantity": order.sent(line_no),
                "received_quantity": order.sent(line_no) if is_back else 0,
                "damaged_quantity": 0,
                "note": case.reason,
                "metadata": None,
                "reason": None,
            }
            for place, line_no in enumerate(case.line_nos)
        ]
        return {
            "id": case.no,
            "order_id": case.order_no,
            "exchange_id": None,
            "claim_id": None,
            "display_id": self._shop.return_nos[case.no],
            "location_id": None,
            "order_version": self._shop.versions[case.order_no],
            "status": _RETURN_STATES[case.state],
            "metadata": None,
            "no_notification": None,
            "refund_amount": money(case.refund_fen) if is_back else None,
            "created_by": None,
            "created_at": stamp(case.requested_at),
            "updated_at": stamp(case.modified_at),
            "requested_at": stamp(case.requested_at),
            "canceled_at": stamp(case.modified_at) if is_gone else None,
            "received_at": stamp(case.modified_at) if is_back else None,
            "items": items,
        }


def street(person: Person) -> str:
    """What of a Chinese address has no field of its own."""
    return f"{person.district}{person.town}{person.address}"


def status_of(order: Order) -> str:
    """`status`: it ends by hand alone, however far the goods are."""
    if order.state == "cancelled":
        return "canceled"
    return str(order.extra.get("status", "pending"))


def _raw(fen: int) -> dict[str, Any]:
    return {"value": str(money(fen)), "precision": 20}


def _share(order: Order, line: Line) -> int:
    """What of the order's discount falls on a line: the dearest takes it, the next what is left."""
    left = order.discount_fen
    for one in sorted(order.lines, key=lambda one: -one.qty * one.price_fen):
        part = min(left, one.qty * one.price_fen)
        if one.no == line.no:
            return part
        left -= part
    return 0


def _adjustments(order: Order, line: Line) -> list[dict[str, Any]]:
    fen = _share(order, line)
    return [{"id": f"ordliadj_{line.no[6:]}", "code": "PRACTICE", "amount": money(fen)}] if fen else []


def _credits(order: Order, paid: Money) -> list[dict[str, Any]]:
    if not paid.credit_fen:
        return []
    return [{"id": f"ordcl_{order.no[6:]}", "reference": "payment_collection", "amount": money(paid.credit_fen)}]
