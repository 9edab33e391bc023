"""WooCommerce's JSON as canonical orders, goods and parcels; a record or a broken answer, nothing third."""

import copy
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.contract import ChannelOrder, Consignee, ShippedParcel
from core.channels.fields import Fields
from core.channels.woocommerce.carriers import code_of, names_of, title_of
from core.channels.woocommerce.goods import listings_of, stock_of
from core.channels.woocommerce.mapper import order_of, to_send, wants_refunds
from core.channels.woocommerce.parcels import OURS, written
from core.channels.woocommerce.provinces import PROVINCES
from core.channels.woocommerce.refunds import Back, backs_of
from core.runtime.remote_errors import ContractBroken
from resources import paths


def row(**changes: object) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": 727,
        "number": "B-0727",
        "status": "processing",
        "currency": "CNY",
        "date_created_gmt": "2026-01-08T01:00:00",
        "date_modified_gmt": "2026-01-08T01:03:00",
        "date_paid_gmt": "2026-01-08T01:01:00",
        "total": "64.70",
        "shipping_total": "5.00",
        "shipping_tax": "0.00",
        "customer_id": 12,
        "customer_note": "轻放",
        "payment_method": "alipay",
        "billing": {
            "first_name": "练习",
            "last_name": "赵",
            "email": "Someone@Example.com",
            "phone": "13800000001",
        },
        "shipping": {
            "first_name": "练习",
            "last_name": "赵",
            "company": "",
            "address_1": "练习路1号",
            "address_2": "3 单元",
            "city": "杭州市",
            "state": "CN12",
            "postcode": "311121",
            "country": "CN",
        },
        "line_items": [
            {
                "id": 315,
                "name": "蜂蜜 - 500g",
                "parent_name": "蜂蜜",
                "product_id": 93,
                "variation_id": 94,
                "quantity": 3,
                "subtotal": "59.70",
                "total": "59.70",
                "total_tax": "0.00",
                "price": 19.9,
                "sku": "MF-101",
                "meta_data": [
                    {"id": 1, "key": "pa_size", "value": "500g", "display_key": "规格", "display_value": "500 g"},
                    {"id": 2, "key": "_reduced_stock", "value": "3", "display_value": "3"},
                ],
            }
        ],
        "refunds": [],
        "meta_data": [],
    }
    told.update(changes)
    return told


def order(backs: dict[str, Back] | None = None, **changes: object) -> ChannelOrder:
    return order_of(Fields(row(**changes), "orders"), backs or {})


def test_an_order_arrives_whole() -> None:
    got = order()

    assert (got.order_no, got.payment, got.channel_status) == ("727", "paid", "processing")
    assert order(number="SO-1007").display_no == "SO-1007", "an extension's, which cannot be asked for"
    assert (got.is_closed, got.is_shipped, got.is_completed, got.stopped_for) == (False, False, False, "")
    assert got.modified_at == datetime(2026, 1, 8, 1, 3, tzinfo=UTC), "UTC although nothing says so"
    assert got.consignee == Consignee("赵练习", "13800000001", "浙江省", "杭州市", "", "练习路1号 3 单元", "311121")
    assert (got.amount_fen, got.freight_fen, got.buyer_key, got.buyer_note) == (6470, 500, "customer:12", "轻放")
    (line,) = got.lines
    assert (line.line_no, line.item_id, line.channel_sku_id, line.merchant_code) == ("315", "93", "94", "MF-101")
    assert (line.title, line.spec, line.qty, line.unit_price_fen) == ("蜂蜜", "500 g", 3, 1990)


@pytest.mark.parametrize(
    ("status", "is_paid", "payment", "stopped", "closed", "shipped"),
    [
        ("pending", False, "unpaid", "", False, False),
        ("failed", False, "unpaid", "", False, False),
        ("on-hold", False, "unpaid", "", False, False),
        ("on-hold", True, "paid", "on-hold", False, False),
        ("failed", True, "paid", "failed", False, False),
        ("pending", True, "paid", "pending", False, False),
        ("processing", True, "paid", "", False, False),
        ("processing", False, "paid", "", False, False),
        ("partial-shipped", True, "paid", "", False, False),
        ("completed", True, "paid", "", False, True),
        ("shipped", True, "paid", "", False, True),
        ("delivered", True, "paid", "", False, True),
        ("cancelled", False, "unpaid", "", True, False),
        ("cancelled", True, "paid", "", True, False),
        ("trash", True, "paid", "", True, False),
        ("refunded", True, "refunded", "", True, False),
        ("wc-anything", True, "paid", "wc-anything", False, False),
        ("wc-anything", False, "unpaid", "wc-anything", False, False),
    ],
)
def test_what_each_status_means(
    status: str, is_paid: bool, payment: str, stopped: str, closed: bool, shipped: bool
) -> None:
    got = order(status=status, date_paid_gmt="2026-01-08T01:01:00" if is_paid else None)

    assert (got.payment, got.stopped_for, got.is_closed, got.is_shipped) == (payment, stopped, closed, shipped)
    assert got.is_completed == (status == "delivered")
    assert {line.after_sale for line in got.lines} == {"refunded" if status == "refunded" else "none"}


def test_cash_on_delivery_may_go_unpaid() -> None:
    got = order(payment_method="cod", date_paid_gmt=None)
    assert (got.is_cod, got.payment, got.paid_at, got.stopped_for) == (True, "paid", None, "")


def test_another_currency_keeps_an_order_back() -> None:
    assert order(currency="USD").stopped_for == "USD"
    assert order(currency="USD").amount_fen == 6470


def test_amounts_are_with_tax_and_after_coupons_and_parts_of_a_fen_are_refused() -> None:
    line = {**row()["line_items"][0], "total": "10.00", "total_tax": "0.90"}
    got = order(line_items=[line], shipping_tax="0.45")
    assert (got.lines[0].unit_price_fen, got.freight_fen) == (363, 545)
    for odd in ("1.005", "-1.00", "abc", "NaN", True, [1]):
        with pytest.raises(ContractBroken):
            order(total=odd)


# --- what was paid back -------------------------------------------------------------------------------------------------


def refund(line: str = "315", qty: int = 0, total: str = "0.00", tax: str = "0.00") -> Fields:
    meta = [{"key": "_refunded_item_id", "value": line}]
    item = {"id": 9, "quantity": -qty, "total": f"-{total}", "total_tax": f"-{tax}", "meta_data": meta}
    return Fields({"id": 8, "amount": total, "line_items": [item]}, "refunds")


def test_only_an_open_order_is_asked_what_was_paid_back() -> None:
    refunds = [{"id": 8, "reason": "", "total": "-19.90"}]
    assert wants_refunds(Fields(row(refunds=refunds), "orders"))
    assert not wants_refunds(Fields(row(), "orders"))
    assert not wants_refunds(Fields(row(refunds=refunds, status="refunded"), "orders"))


@pytest.mark.parametrize(
    ("refunds", "after_sale", "left"),
    [
        ([refund(qty=3, total="59.70")], "refunded", 0),
        ([refund(qty=1, total="19.90"), refund(qty=2, total="39.80")], "refunded", 0),
        ([refund(qty=0, total="59.70")], "refunded", 0),
        ([refund(qty=1, total="19.90")], "requested", 2),
        ([refund(qty=0, total="5.00")], "none", 3),
        ([refund(line="999", qty=3, total="59.70")], "none", 3),
    ],
)
def test_units_or_all_the_money_pay_a_line_back(refunds: list[Fields], after_sale: str, left: int) -> None:
    backs = dict(backs_of(refunds))
    got = order(backs, refunds=[{"id": 8, "reason": "", "total": "-1.00"}])

    assert got.payment == "partly_refunded"
    assert (got.lines[0].after_sale, got.lines[0].qty) == (after_sale, 3)
    assert to_send(got, backs) == {"315": left}


# --- parcels ------------------------------------------------------------------------------------------------------------


def test_parcels_told_from_here_come_back_as_they_were_told() -> None:
    parcels = (ShippedParcel("ZTO", "731001", (("315", 2),)), ShippedParcel("SF", "SF1", (("315", 1),)))
    assert tuple(order(meta_data=[{"id": 1, **written(parcels)}]).shipped) == parcels


@pytest.mark.parametrize("shape", ["list", "table"])
def test_the_plugins_numbers_count_once_beside_ours(shape: str) -> None:
    items = [
        {"tracking_id": "a", "tracking_provider": "", "custom_tracking_provider": "中通快递", "tracking_number": "1"},
        {"tracking_id": "b", "tracking_provider": "sf-express", "tracking_number": "SF2"},
        {"tracking_id": "c", "tracking_provider": "ups", "tracking_number": " "},
    ]
    value: object = items if shape == "list" else {str(at): item for at, item in enumerate(items)}
    told = written((ShippedParcel("ZTO", "1", (("315", 3),)),))
    got = order(meta_data=[told, {"key": "_wc_shipment_tracking_items", "value": value}])

    assert tuple(got.shipped) == (ShippedParcel("ZTO", "1", (("315", 3),)), ShippedParcel("SF", "SF2"))


def test_a_field_of_ours_that_somebody_broke_is_no_parcel_or_a_broken_answer() -> None:
    assert tuple(order(meta_data=[{"key": OURS, "value": "x"}]).shipped) == ()
    with pytest.raises(ContractBroken):
        order(meta_data=[{"key": OURS, "value": [{"no": "1", "lines": [{"line": "1", "qty": "many"}]}]}])


def test_a_carrier_is_known_by_each_of_its_names() -> None:
    for code in ("ZTO", "YTO", "STO", "YD", "JTSD", "SF", "EMS", "YZPY", "JD", "DBL"):
        assert {code_of(name) for name in (*names_of(code), code, code.lower())} == {code}
        assert title_of(code) == names_of(code)[0]
    assert (code_of("Royal Mail"), title_of("XX")) == ("Royal Mail", "XX")


# --- receivers ----------------------------------------------------------------------------------------------------------


def test_every_province_is_one_of_our_table() -> None:
    ours = {province for province, _cities in json.loads(paths.regions_file().read_text(encoding="utf-8"))}
    assert len(set(PROVINCES.values())) == len(PROVINCES) == 32
    assert set(PROVINCES.values()) <= ours
    assert (PROVINCES["CN2"], PROVINCES["CN12"], PROVINCES["CN32"]) == ("北京市", "浙江省", "新疆维吾尔自治区")


def test_without_a_shipping_address_the_billing_one_counts_and_a_phone_of_its_own_comes_first() -> None:
    billing = {**row()["billing"], "address_1": "账单路2号", "city": "宁波市", "state": "CN12", "country": "CN"}
    got = order(billing=billing, shipping={"address_1": "", "city": "", "last_name": ""})
    assert (got.consignee.address, got.consignee.city, got.consignee.name) == ("账单路2号", "宁波市", "赵练习")
    shipping = {**row()["shipping"], "phone": "13900000002"}
    assert order(billing=billing, shipping=shipping).consignee.phone == "13900000002"


def test_names_and_places_abroad_stay_as_they_are_written_there() -> None:
    shipping = {"first_name": "Ann", "last_name": "Lee", "address_1": "1 High St", "state": "CA", "country": "US"}
    got = order(shipping=shipping).consignee
    assert (got.name, got.province, got.address) == ("Ann Lee", "CA", "US 1 High St")


def test_a_guest_is_known_by_mail_then_phone_and_nobody_is_nobody_elses() -> None:
    assert order(customer_id=0).buyer_key == "someone@example.com"
    assert order(customer_id=0, billing={"phone": "138"}).buyer_key == "138"
    assert order(customer_id=0, billing={}).buyer_key == "order:727"


# --- goods --------------------------------------------------------------------------------------------------------------


def product(**changes: object) -> Fields:
    told: dict[str, Any] = {
        "id": 93,
        "type": "simple",
        "status": "publish",
        "name": "蜂蜜",
        "sku": "MF",
        "price": "19.90",
        "manage_stock": True,
        "stock_quantity": 7,
        "global_unique_id": "6900000000012",
        "images": [{"src": "https://shop.example/a.png"}],
    }
    return Fields({**told, **changes}, "products")


def variation(**changes: object) -> Fields:
    told: dict[str, Any] = {
        "id": 94,
        "status": "publish",
        "sku": "MF-101",
        "price": "19.90",
        "manage_stock": "parent",
        "stock_quantity": 7,
        "attributes": [{"id": 1, "name": "规格", "option": "500g"}, {"id": 2, "name": "色", "option": "红"}],
        "image": {"src": "https://shop.example/b.png"},
    }
    return Fields({**told, **changes}, "variations")


def test_a_product_is_listed_itself_or_by_its_variations() -> None:
    (simple,) = listings_of(product(), ())
    assert (simple.item_id, simple.channel_sku_id, simple.merchant_code, simple.barcode) == (
        "93",
        "",
        "MF",
        "6900000000012",
    )
    assert (simple.price_fen, simple.qty, simple.is_on_sale) == (1990, 7, True)
    (choice,) = listings_of(product(type="variable"), [variation()])
    assert (choice.item_id, choice.channel_sku_id, choice.spec) == ("93", "94", "500g;红")
    assert choice.picture_url.endswith("b.png")
    assert listings_of(product(type="external"), ()) == ()
    assert not listings_of(product(status="draft", type="variable"), [variation()])[0].is_on_sale


@pytest.mark.parametrize(
    ("manage", "quantity", "qty", "listed"),
    [(True, 5, 5, 5), (True, -2, 0, 0), (True, None, 0, 0), ("parent", 3, 3, 3), (False, None, 0, None)],
)
def test_the_number_is_what_may_still_be_sold(
    manage: object, quantity: int | None, qty: int, listed: int | None
) -> None:
    sold = product(manage_stock=manage, stock_quantity=quantity, stock_status="outofstock")
    assert stock_of(sold, 0, None).qty == qty
    assert stock_of(sold, 4, None).qty == max(qty - 4, 0)
    assert stock_of(sold, 0, None).is_on_sale, "sold out is still on sale"
    assert listings_of(sold, ())[0].qty == listed


def test_a_price_that_is_none_is_left_out() -> None:
    for odd in ("", "1.005", "free", None):
        assert listings_of(product(price=odd), ())[0].price_fen is None


def test_two_lines_of_one_number_are_no_order() -> None:
    line = row()["line_items"][0]
    with pytest.raises(ContractBroken):
        order(line_items=[line, line])


# --- whatever comes -----------------------------------------------------------------------------------------------------

VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just([]) | st.just({})
NAMES = sorted(row())


@given(st.sampled_from(NAMES), VALUES)
def test_an_answer_that_is_not_as_promised_is_an_order_or_broken(name: str, value: object) -> None:
    told = copy.deepcopy(row())
    told[name] = value
    with suppress(ContractBroken):
        assert order_of(Fields(told, "orders")).order_no


@given(st.sampled_from(sorted(row()["line_items"][0])), VALUES)
def test_so_is_a_line(name: str, value: object) -> None:
    told = copy.deepcopy(row())
    told["line_items"][0][name] = value
    with suppress(ContractBroken):
        assert order_of(Fields(told, "orders")).lines
