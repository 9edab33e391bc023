"""The JSON of the simulated WooCommerce shop: how its orders, refunds, notes and parcels look from outside."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from tests.simulators.platforms.shop import Case, Line, Order, Person
from tests.simulators.platforms.woocommerce_facts import PROVINCES, TRACKING_PROVIDERS
from tests.simulators.platforms.woocommerce_papers import Meta, Note
from tests.simulators.platforms.woocommerce_refunds import paid_for, refunds_of
from tests.simulators.platforms.woocommerce_shop import WooShop
from tests.simulators.platforms.woocommerce_wire import both_stamps, money

Row = dict[str, object]

_CODES = {name: code for code, name in PROVINCES.items()}
_SUFFIXES = ("维吾尔自治区", "壮族自治区", "回族自治区", "特别行政区", "自治区", "省", "市")


def state_code(province: str) -> str:
    """The shop's code of a province; a province without one as it was typed."""
    short = province
    for suffix in _SUFFIXES:
        if province.endswith(suffix):
            short = province.removesuffix(suffix)
            break
    return _CODES.get(short, province)


def address_row(person: Person, *, splits_names: bool) -> Row:
    """`shipping` of an order."""
    return {
        "first_name": person.name[1:] if splits_names else person.name,
        "last_name": person.name[:1] if splits_names else "",
        "company": "",
        "address_1": f"{person.district}{person.town}{person.address}",
        "address_2": "",
        "city": person.city,
        "state": state_code(person.province),
        "postcode": person.postcode,
        "country": "CN",
        "phone": "",
    }


def _empty(row: Mapping[str, object]) -> Row:
    return dict.fromkeys(row, "")


def order_row(shop: WooShop, order: Order, site: "Look") -> Row:
    """One order. `order.extra["strange"]` lies over it, for what no document promises.

    With `order.extra["no_shipping"]` the shipping address is empty, as for an order that was typed in by hand.
    """
    address = address_row(order.person, splits_names=site.splits_names)
    billing = {**address, "email": f"{order.buyer}@example.com", "phone": order.person.phone}
    status = shop.status_of(order)
    completed_at: Any = order.extra.get("completed_at")
    strange = order.extra.get("strange", {})
    row: Row = {
        "id": int(order.no),
        "parent_id": 0,
        "number": str(order.extra.get("number", order.no)),
        "order_key": f"wc_order_practice{order.no}",
        "created_via": "checkout",
        "version": site.version,
        "status": status,
        "currency": site.currency,
        **both_stamps("date_created", order.placed_at, site.zone),
        **both_stamps("date_modified", order.modified_at, site.zone),
        "discount_total": money(order.discount_fen),
        "discount_tax": "0.00",
        "shipping_total": money(order.freight_fen),
        "shipping_tax": "0.00",
        "cart_tax": "0.00",
        "total": money(order.amount_fen),
        "total_tax": "0.00",
        "prices_include_tax": True,
        "customer_id": 0,
        "customer_ip_address": "203.0.113.7",
        "customer_user_agent": "",
        "customer_note": order.buyer_note,
        "billing": billing,
        "shipping": _empty(address) if order.extra.get("no_shipping") else address,
        "payment_method": "bacs" if status == "on-hold" else "alipay",
        "payment_method_title": "",
        "transaction_id": f"practice-{order.no}" if order.paid_at else "",
        **both_stamps("date_paid", order.paid_at, site.zone),
        **both_stamps("date_completed", completed_at, site.zone),
        "cart_hash": "",
        "meta_data": [meta_row(one) for one in shop.meta_of(order)],
        "line_items": [line_row(shop, order, line) for line in order.lines],
        "tax_lines": [],
        "shipping_lines": _shipping_rows(order),
        "fee_lines": [],
        "coupon_lines": _coupon_rows(order),
        "refunds": [
            {"id": int(case.no), "reason": case.reason, "total": f"-{money(case.refund_fen)}"}
            for case in reversed(refunds_of(shop, order))
        ],
        "payment_url": f"{site.home}/checkout/order-pay/{order.no}/",
        "is_editable": status in ("pending", "on-hold"),
        "needs_payment": status in ("pending", "failed"),
        "needs_processing": True,
        "currency_symbol": "¥",
    }
    return row | (strange if isinstance(strange, dict) else {})


class Look:
    """What every row of a shop shares.

    Attributes:
        home: the address that the shop believes to have.
        zone: the shop's own time zone.
        currency, version: as `GET system_status` tells them.
        splits_names: whether the checkout asks for a family name and a given name.
    """

    def __init__(self, home: str, zone: tzinfo) -> None:
        self.home = home
        self.zone = zone
        self.currency = "CNY"
        self.version = "9.8.5"
        self.splits_names = False


def meta_row(meta: Meta) -> Row:
    """One meta value."""
    return {"id": meta.no, "key": meta.key, "value": meta.value}


def line_row(shop: WooShop, order: Order, line: Line) -> Row:
    """One of `line_items`: units and money as they were bought, whatever was refunded since."""
    goods = line.goods
    is_simple = shop.is_simple(goods.item_id)
    paid_fen = paid_for(order, line)
    meta: list[Row] = []
    if not is_simple and goods.spec:
        words = {"key": "规格", "value": goods.spec, "display_key": "规格", "display_value": goods.spec}
        meta.append({"id": int(line.no) * 10, **words})
    if order.extra.get("is_reduced"):
        number = str(line.qty)
        words = {"key": "_reduced_stock", "value": number, "display_key": "_reduced_stock", "display_value": number}
        meta.append({"id": int(line.no) * 10 + 1, **words})
    return {
        "id": int(line.no),
        "name": goods.title if is_simple else f"{goods.title} - {goods.spec}",
        "product_id": int(goods.item_id),
        "variation_id": 0 if is_simple else int(goods.sku_id),
        "quantity": line.qty,
        "tax_class": "",
        "subtotal": money(line.qty * line.price_fen),
        "subtotal_tax": "0.00",
        "total": money(paid_fen),
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": meta,
        "sku": None if goods.sku_id in shop.deleted else goods.code,
        "price": paid_fen / 100 / line.qty,
        "image": {"id": "", "src": ""},
        "parent_name": None if is_simple else goods.title,
    }


def _shipping_rows(order: Order) -> Sequence[Row]:
    row: Row = {
        "id": int(order.no) * 10,
        "method_title": "Flat rate",
        "method_id": "flat_rate",
        "instance_id": "1",
        "total": money(order.freight_fen),
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [],
    }
    return [row]


def _coupon_rows(order: Order) -> Sequence[Row]:
    if not order.discount_fen:
        return []
    row: Row = {
        "id": int(order.no) * 10 + 1,
        "code": "practice",
        "discount": money(order.discount_fen),
        "discount_tax": "0.00",
        "meta_data": [],
        "discount_type": "fixed_cart",
        "nominal_amount": order.discount_fen / 100,
        "free_shipping": False,
    }
    return [row]


# --- refunds -----------------------------------------------------------------------------------------------------------


def refund_row(shop: WooShop, order: Order, case: Case, site: Look) -> Row:
    """One of `GET orders/<id>/refunds`; units and money of its lines are negative, a sum alone has no lines."""
    lines: list[Row] = []
    for no in case.line_nos:
        line = order.line(no)
        qty = shop.part_units.get(case.no, line.qty)
        back = money(-case.refund_fen if case.no in shop.part_units else -paid_for(order, line))
        key = "_refunded_item_id"
        meta = {"id": int(no) * 10 + 2, "key": key, "value": no, "display_key": key, "display_value": no}
        changed = {"id": int(case.no) * 10 + len(lines), "quantity": -qty, "subtotal": back, "total": back}
        lines.append(line_row(shop, order, line) | changed | {"meta_data": [meta]})
    return {
        "id": int(case.no),
        **both_stamps("date_created", case.modified_at, site.zone),
        "amount": money(case.refund_fen),
        "reason": case.reason,
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": [],
        "line_items": lines,
        "shipping_lines": [],
        "tax_lines": [],
        "fee_lines": [],
    }


# --- notes and parcels -------------------------------------------------------------------------------------------------


def note_row(note: Note, site: Look) -> Row:
    """One order note."""
    return {
        "id": note.no,
        "author": note.author,
        **both_stamps("date_created", note.at, site.zone),
        "note": note.text,
        "customer_note": note.is_for_customer,
    }


def tracking_row(item: Mapping[str, Any]) -> Row:
    """One parcel as the Shipment Tracking plugin tells it, made of what lies in the order's meta data."""
    custom = str(item.get("custom_tracking_provider", ""))
    slug = str(item.get("tracking_provider", ""))
    names = {name.lower(): name for name in TRACKING_PROVIDERS}
    return {
        "tracking_id": item.get("tracking_id", ""),
        "tracking_provider": custom or names.get(slug, slug),
        "tracking_link": item.get("custom_tracking_link", ""),
        "tracking_number": item.get("tracking_number", ""),
        "date_shipped": datetime.fromtimestamp(int(item.get("date_shipped") or 0), UTC).strftime("%Y-%m-%d"),
    }
