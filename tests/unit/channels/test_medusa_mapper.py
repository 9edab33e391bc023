"""Medusa's orders as canonical ones, by rows as a running Medusa 2.21 gives them."""

import copy
import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.contract import ChannelOrder
from core.channels.fields import Fields
from core.channels.medusa.mapper import CARRIER_KEY, NOTE_KEY, Reading, fen_of, order_of, parcels_of, units_of
from core.runtime.remote_errors import ContractBroken

LINE: dict[str, Any] = {
    "id": "ordli_2",
    "product_id": "prod_1",
    "product_title": "帆布包",
    "title": "帆布包",
    "variant_id": "variant_1",
    "variant_sku": "BAG",
    "variant_title": "红色",
    "requires_shipping": True,
    "quantity": 2,
    "unit_price": 29.9,
    "total": 59.8,
    "detail": {
        "quantity": 2,
        "fulfilled_quantity": 0,
        "shipped_quantity": 0,
        "delivered_quantity": 0,
        "return_requested_quantity": 0,
        "return_received_quantity": 0,
        "return_dismissed_quantity": 0,
    },
}
RAW: dict[str, Any] = {
    "id": "order_1",
    "display_id": 7,
    "status": "pending",
    "currency_code": "cny",
    "email": "buyer@example.com",
    "customer_id": "cus_1",
    "metadata": {"note": "轻放", NOTE_KEY: "加急", "packdesk_flag": "red", "shown": True},
    "created_at": "2026-11-29T13:00:00.100Z",
    "updated_at": "2026-11-29T13:00:01.200Z",
    "total": 67.8,
    "shipping_total": 8,
    "payment_status": "captured",
    "fulfillment_status": "not_fulfilled",
    "items": [LINE],
    "shipping_address": {
        "first_name": "四",
        "last_name": "李",
        "address_1": "幸福路 1 号",
        "address_2": None,
        "company": "某公司",
        "city": "杭州市",
        "province": "浙江省",
        "postal_code": "310000",
        "phone": None,
    },
    "customer": {"first_name": "Ann", "last_name": "Lee", "phone": "13800000000"},
    "payment_collections": [
        {
            "status": "completed",
            "amount": 67.8,
            "updated_at": "2026-11-29T13:05:00.000Z",
            "payments": [
                {
                    "created_at": "2026-11-29T13:00:00.900Z",
                    "captured_at": "2026-11-29T13:05:00.000Z",
                    "updated_at": "2026-11-29T13:05:00.100Z",
                    "captures": [{"created_at": "2026-11-29T13:05:00.050Z"}],
                    "refunds": [],
                }
            ],
        }
    ],
    "fulfillments": [],
}


def raw(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(RAW), **changes}


def line(**changes: Any) -> dict[str, Any]:
    detail = {**LINE["detail"], **changes.pop("detail", {})}
    return {**LINE, **changes, "detail": detail}


def read(note_field: str = "note", *, counts_authorised: bool = False, **changes: Any) -> ChannelOrder:
    return order_of(raw(**changes), Reading(note_field, counts_authorised))


def parcel(**changes: Any) -> dict[str, Any]:
    made = {
        "id": "ful_1",
        "shipped_at": "2026-11-29T14:00:00.000Z",
        "delivered_at": None,
        "canceled_at": None,
        "metadata": {CARRIER_KEY: "ZTO"},
        "updated_at": "2026-11-29T14:00:00.500Z",
        "items": [{"line_item_id": "ordli_2", "quantity": 1}],
        "labels": [{"tracking_number": "Z1"}, {"tracking_number": ""}],
    }
    return {**made, **changes}


def test_a_paid_order() -> None:
    order = read()

    assert (order.order_no, order.payment, order.is_closed, order.is_shipped) == ("order_1", "paid", False, False)
    assert order.display_no == "7", "what people see"
    assert read(custom_display_id="MY-7").display_no == "MY-7", "the shop makes numbers of its own"
    assert order.modified_at.isoformat() == "2026-11-29T13:05:00.100000+00:00", (
        "the capture, not the order's own time"
    )
    assert order.paid_at is not None
    assert order.paid_at.isoformat() == "2026-11-29T13:05:00+00:00"
    assert (order.amount_fen, order.freight_fen) == (6780, 800)
    assert (order.buyer_note, order.seller_note, order.seller_flag) == ("轻放", "加急", "red")
    assert (order.buyer_key, order.buyer_name) == ("cus_1", "Ann Lee")
    assert (order.consignee.name, order.consignee.phone) == ("李四", "13800000000")
    assert order.consignee.address == "幸福路 1 号 某公司"
    (bag,) = order.lines
    assert (bag.merchant_code, bag.title, bag.spec, bag.qty, bag.unit_price_fen) == ("BAG", "帆布包", "红色", 2, 2990)


@pytest.mark.parametrize(
    ("word", "counts_authorised", "expected"),
    [
        ("captured", False, "paid"),
        ("authorized", False, "unpaid"),
        ("authorized", True, "paid"),
        ("partially_authorized", True, "unpaid"),
        ("partially_captured", True, "unpaid"),
        ("partially_refunded", False, "partly_refunded"),
        ("refunded", False, "refunded"),
        ("not_paid", False, "unpaid"),
        ("awaiting", False, "unpaid"),
        ("canceled", False, "unpaid"),
        ("requires_action", False, "unpaid"),
        ("a_word_to_come", False, "unpaid"),
    ],
)
def test_payments(word: str, counts_authorised: bool, expected: str) -> None:
    order = read(counts_authorised=counts_authorised, payment_status=word)

    assert order.payment == expected
    assert (order.paid_at is None) == (expected == "unpaid")


def test_what_is_only_authorised_counts_from_its_payment() -> None:
    collection = copy.deepcopy(RAW["payment_collections"])
    collection[0]["payments"][0]["captured_at"] = None
    order = read(counts_authorised=True, payment_status="authorized", payment_collections=collection)

    assert order.paid_at is not None
    assert order.paid_at.isoformat() == "2026-11-29T13:00:00.900000+00:00"


def test_an_order_that_costs_nothing_is_paid() -> None:
    items = [line(total=0, unit_price=0)]
    assert read(items=items, shipping_total=0, payment_status="not_paid", payment_collections=[]).payment == "paid"


@pytest.mark.parametrize(
    ("status", "shipped", "closed_shipped_completed_stopped"),
    [
        ("pending", 0, (False, False, False, "")),
        ("pending", 1, (False, False, False, "")),
        ("pending", 2, (False, True, False, "")),
        ("completed", 0, (False, True, True, "")),
        ("archived", 0, (True, False, False, "")),
        ("archived", 2, (False, True, True, "")),
        ("canceled", 0, (True, False, False, "")),
        ("requires_action", 0, (False, False, False, "requires_action")),
        ("a_word_to_come", 0, (False, False, False, "a_word_to_come")),
    ],
)
def test_states(status: str, shipped: int, closed_shipped_completed_stopped: tuple[bool, bool, bool, str]) -> None:
    # The list's own word may say that all is sent while a line is not: only the counts are believed.
    order = read(status=status, items=[line(detail={"shipped_quantity": shipped})], fulfillment_status="shipped")

    said = (order.is_closed, order.is_shipped, order.is_completed, order.stopped_for)
    assert said == closed_shipped_completed_stopped
    assert order.channel_status == f"{status}/captured/shipped"


def test_what_nobody_ships_is_not_waited_for() -> None:
    voucher = line(id="ordli_3", requires_shipping=False)
    sent = line(detail={"shipped_quantity": 2})
    assert read(items=[sent, voucher]).is_shipped
    assert not read(items=[line(), voucher]).is_shipped
    assert not read(items=[voucher]).is_shipped
    assert read(items=[voucher], fulfillment_status="delivered").is_shipped


def test_a_cancelled_paid_order_is_paid_back_with_its_price_and_units() -> None:
    order = read(status="canceled", payment_status="refunded", total=0)

    assert (order.payment, order.is_closed, order.amount_fen) == ("refunded", True, 6780)
    assert [(one.after_sale, one.qty) for one in order.lines] == [("refunded", 2)]


@pytest.mark.parametrize(
    ("detail", "total", "after_sale"),
    [
        ({"return_requested_quantity": 1}, 59.8, "requested"),
        ({"return_received_quantity": 1}, 29.9, "none"),
        ({"return_received_quantity": 2}, 0, "refunded"),
        ({"return_received_quantity": 1, "return_dismissed_quantity": 1}, 29.9, "refunded"),
    ],
)
def test_returned_units_keep_their_price(detail: dict[str, int], total: float, after_sale: str) -> None:
    order = read(items=[line(total=total, detail=detail)])

    (bag,) = order.lines
    assert (bag.after_sale, bag.qty, bag.unit_price_fen) == (after_sale, 2, 2990)
    assert order.amount_fen == 6780


def test_lines_that_were_taken_out_are_no_lines() -> None:
    order = read(items=[line(), line(id="ordli_1", quantity=0)])

    assert [one.line_no for one in order.lines] == ["ordli_2"]


def test_parts_of_a_fen_are_rounded() -> None:
    order = read(items=[line(quantity=3, total=10)], shipping_total=0)

    assert (order.lines[0].unit_price_fen, order.amount_fen) == (333, 1000)
    assert read(shipping_total=None).freight_fen == 0
    assert fen_of(Fields({"price": "12.345"}, "x"), "price") == 1235


def test_parcels() -> None:
    waiting = parcel(id="ful_2", shipped_at=None, metadata={"packdesk_waybill": "Z2"}, labels=[])
    rows = [parcel(), waiting, parcel(id="ful_3", canceled_at="2026-11-29T15:00:00.000Z")]
    order = read(fulfillments=rows)

    assert [(one.carrier_code, one.waybill_no, list(one.lines)) for one in order.shipped] == [
        ("ZTO", "Z1", [("ordli_2", 1)])
    ]
    assert order.modified_at.isoformat() == "2026-11-29T14:00:00.500000+00:00"
    fields = Fields(raw(fulfillments=rows), "order")
    assert [(one.id, one.mark, one.is_shipped) for one in parcels_of(fields)] == [
        ("ful_1", "", True),
        ("ful_2", "Z2", False),
    ]
    assert units_of(fields)["ordli_2"].bought == 2


def test_what_is_left_blank_is_blank() -> None:
    order = read(note_field="", metadata=None, customer=None, customer_id=None, payment_collections=[])

    assert (order.buyer_note, order.seller_note, order.seller_flag) == ("", "", "")
    assert (order.buyer_key, order.buyer_name) == ("buyer@example.com", "李四")
    assert read(note_field="shown").buyer_note == ""
    assert read(metadata={"packdesk_flag": "pink"}).seller_flag == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"currency_code": "usd"},
        {"currency_code": None},
        {"id": None},
        {"items": "none"},
        {"items": [line(total="much")]},
        {"items": [line(total=True)]},
        {"items": [line(total=-1)]},
        {"items": [line(total=10**12)]},
        {"items": [line(quantity=2_000_000)]},
        {"items": [line(quantity=0.5)]},
        {"items": [line(quantity=1000, unit_price=10**9, detail={"return_received_quantity": 1000})]},
        {"created_at": "yesterday"},
        {"fulfillments": [parcel(items=[{"line_item_id": "x", "quantity": -1}])]},
    ],
)
def test_the_unexpected_is_a_broken_contract(changes: dict[str, Any]) -> None:
    with pytest.raises(ContractBroken):
        read(**changes)


# --- generated payloads ---------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
COUNTS = st.integers(0, 5)
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.just([]) | st.just({}) | st.just([{}])
LINES = st.builds(
    lambda number, qty, fen, shipped: (number, qty, fen, min(shipped, qty)),
    st.integers(1, 99),
    st.integers(1, 50),
    st.integers(0, 10**7),
    st.integers(0, 50),
)


@given(st.lists(LINES, min_size=1, max_size=6, unique_by=lambda one: one[0]), st.integers(0, 10**5), TEXTS, TEXTS)
def test_what_was_bought_comes_out_as_it_went_in(
    bought: list[tuple[int, int, int, int]], freight_fen: int, note: str, street: str
) -> None:
    items = [
        line(
            id=f"ordli_{number}",
            variant_sku=f"S{number}",
            quantity=qty,
            total=float(Decimal(fen * qty) / 100),
            detail={"quantity": qty, "shipped_quantity": shipped},
        )
        for number, qty, fen, shipped in bought
    ]
    address = {**RAW["shipping_address"], "address_1": street, "company": None}
    told = raw(items=items, shipping_total=float(Decimal(freight_fen) / 100), shipping_address=address)
    told["metadata"]["note"] = note

    order = order_of(json.loads(json.dumps(told)), Reading("note"))

    assert {one.line_no: (one.merchant_code, one.qty, one.unit_price_fen) for one in order.lines} == {
        f"ordli_{number}": (f"S{number}", qty, fen) for number, qty, fen, _ in bought
    }
    assert order.amount_fen == sum(qty * fen for _, qty, fen, _ in bought) + freight_fen
    assert (order.freight_fen, order.buyer_note, order.consignee.address) == (freight_fen, note, street)
    assert order.is_shipped == all(shipped == qty for _, qty, _, shipped in bought)


@given(st.sampled_from(sorted(RAW)), VALUES)
def test_an_answer_that_is_not_as_promised_is_an_order_or_broken(name: str, value: object) -> None:
    with suppress(ContractBroken):
        assert order_of(raw(**{name: value}), Reading("note")).order_no


@given(st.sampled_from(sorted({*LINE, *LINE["detail"]})), VALUES)
def test_so_is_a_line(name: str, value: object) -> None:
    odd = {**LINE, name: value} if name in LINE else line(detail={name: value})
    with suppress(ContractBroken):
        assert all(one.qty > 0 for one in order_of(raw(items=[odd]), Reading()).lines)


@given(st.sampled_from(sorted(parcel())), VALUES, COUNTS)
def test_so_is_a_parcel(name: str, value: object, units: int) -> None:
    odd = {**parcel(items=[{"line_item_id": "ordli_2", "quantity": units}]), name: value}
    with suppress(ContractBroken):
        assert all(one.waybill_no for one in order_of(raw(fulfillments=[odd]), Reading()).shipped)
