"""The mapping by itself: shapes Vendure answers with, and anything else it might."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.contract import ChannelOrder
from core.channels.vendure.mapper import map_made_fulfilment, map_order
from core.runtime.remote_errors import ContractBroken

Json = dict[str, Any]


def reply() -> Json:
    """One order as the list query answers; invented people, shapes as measured on 3.7.3."""
    return {
        "id": "7",
        "code": "AX3GHMFVXF7RVAWM",
        "state": "PaymentSettled",
        "currencyCode": "CNY",
        "createdAt": "2026-11-23T04:45:01.000Z",
        "updatedAt": "2026-11-23T04:45:03.000Z",
        "orderPlacedAt": "2026-11-23T04:45:03.209Z",
        "totalWithTax": 9770,
        "shippingWithTax": 800,
        "customer": {"id": "3", "firstName": "四", "lastName": "李", "phoneNumber": "13800000000"},
        "shippingAddress": {
            "fullName": "李四",
            "company": None,
            "streetLine1": "幸福路 1 号",
            "streetLine2": None,
            "city": "杭州市",
            "province": "浙江省",
            "postalCode": "310000",
            "countryCode": "CN",
            "phoneNumber": "13900000000",
        },
        "lines": [line("11", 2, 2), line("12", 1, 1)],
        "payments": [payment("Settled", 9770)],
        "fulfillments": [],
        "events": {"totalItems": 6},
        "notes": {"items": []},
        "customFields": {"buyerNote": "当心"},
    }


def line(number: str, quantity: int, placed: int) -> Json:
    return {
        "id": number,
        "quantity": quantity,
        "orderPlacedQuantity": placed,
        "discountedUnitPriceWithTax": 2500 if quantity else 0,
        "unitPriceWithTax": 2990,
        "productVariant": {
            "id": f"1{number}",
            "sku": f"SKU-{number}",
            "name": "帆布包 红 大",
            "product": {"id": "5", "name": "帆布包"},
            "options": [{"name": "红"}, {"name": "大"}],
        },
    }


def payment(state: str, amount: int, refunds: tuple[Json, ...] = ()) -> Json:
    return {
        "id": "1",
        "state": state,
        "amount": amount,
        "updatedAt": "2026-11-23T04:45:04.000Z",
        "refunds": list(refunds),
    }


def refund(state: str, total: int, lines: tuple[tuple[str, int], ...] = ()) -> Json:
    return {
        "id": "1",
        "state": state,
        "total": total,
        "updatedAt": "2026-11-23T05:00:00.000Z",
        "lines": [{"orderLineId": number, "quantity": qty} for number, qty in lines],
    }


def parcel(state: str, *lines: tuple[str, int]) -> Json:
    return {
        "id": "1",
        "state": state,
        "method": "SF",
        "trackingCode": "SF1",
        "updatedAt": "2026-11-23T06:00:00.000Z",
        "lines": [{"orderLineId": number, "quantity": qty} for number, qty in lines],
    }


def mapped(**changes: object) -> ChannelOrder:
    return map_order({**reply(), **changes}, buyer_note_field="buyerNote")


def test_a_paid_order_is_mapped_field_by_field() -> None:
    order = mapped()

    assert order.order_no == "AX3GHMFVXF7RVAWM"
    assert (order.amount_fen, order.freight_fen, order.payment) == (9770, 800, "paid")
    assert order.paid_at == datetime(2026, 11, 23, 4, 45, 4, tzinfo=UTC)
    assert order.modified_at == datetime(2026, 11, 23, 4, 45, 4, tzinfo=UTC)
    assert (order.buyer_key, order.buyer_name, order.buyer_note) == ("3", "四 李", "当心")
    assert order.consignee.phone == "13900000000"
    assert order.consignee.address == "幸福路 1 号"
    first = order.lines[0]
    assert (first.line_no, first.item_id, first.channel_sku_id) == ("11", "5", "111")
    assert (first.title, first.spec, first.qty, first.unit_price_fen) == ("帆布包", "红 大", 2, 2500)
    assert order.raw == reply()


def test_the_version_rises_with_events_and_with_time() -> None:
    base = mapped().version

    assert mapped(events={"totalItems": 7}).version > base
    assert mapped(updatedAt="2026-11-23T04:45:05.000Z").version > base
    later_but_fewer = mapped(updatedAt="2099-01-01T00:00:00.000Z").version
    assert mapped(events={"totalItems": 7}).version > later_but_fewer


def test_a_cancelled_order_keeps_what_was_bought() -> None:
    order = mapped(state="Cancelled", totalWithTax=0, lines=[line("11", 0, 2), line("12", 0, 1)])

    assert order.is_closed
    assert [(one.qty, one.after_sale, one.unit_price_fen) for one in order.lines] == [
        (2, "refunded", 2990),
        (1, "refunded", 2990),
    ]
    assert order.amount_fen == 9770


def test_units_added_by_the_merchant_are_to_be_sent() -> None:
    order = mapped(lines=[line("11", 5, 2), line("12", 1, 0)])

    assert [one.qty for one in order.lines] == [5, 1]


@pytest.mark.parametrize(
    ("payments", "expected"),
    [
        ([payment("Authorized", 9770)], "unpaid"),
        ([payment("Declined", 9770)], "unpaid"),
        ([], "unpaid"),
        ([payment("Settled", 9770)], "paid"),
        ([payment("Settled", 9770, (refund("Settled", 500),))], "partly_refunded"),
        ([payment("Settled", 9770, (refund("Failed", 9770),))], "paid"),
        ([payment("Settled", 9770, (refund("Settled", 9000), refund("Settled", 770)))], "refunded"),
    ],
)
def test_payment_is_told_by_settled_money_alone(payments: list[Json], expected: str) -> None:
    order = mapped(payments=payments)

    assert order.payment == expected
    assert (order.paid_at is None) == (expected == "unpaid")
    assert order.is_closed == (expected == "refunded")


def test_an_order_for_nothing_is_paid() -> None:
    assert mapped(payments=[], totalWithTax=0).payment == "paid"


def test_more_money_owed_after_a_change_is_not_paid() -> None:
    assert mapped(totalWithTax=12_000).payment == "unpaid"


def test_refund_lines_stop_their_line_only() -> None:
    asked = mapped(payments=[payment("Settled", 9770, (refund("Pending", 2500, (("11", 1),)),))])
    done = mapped(payments=[payment("Settled", 9770, (refund("Settled", 5000, (("11", 2),)),))])
    partly = mapped(payments=[payment("Settled", 9770, (refund("Settled", 2500, (("11", 1),)),))])

    assert [one.after_sale for one in asked.lines] == ["requested", "none"]
    assert [one.after_sale for one in done.lines] == ["refunded", "none"]
    assert [one.after_sale for one in partly.lines] == ["none", "none"]


def test_a_full_refund_under_way_stops_every_line() -> None:
    order = mapped(payments=[payment("Settled", 9770, (refund("Pending", 9770),))])

    assert (order.payment, order.is_closed) == ("paid", False)
    assert [one.after_sale for one in order.lines] == ["requested", "requested"]


@pytest.mark.parametrize(
    ("parcels", "is_shipped"),
    [
        ([parcel("Shipped", ("11", 2), ("12", 1))], True),
        ([parcel("Shipped", ("11", 2)), parcel("Delivered", ("12", 1))], True),
        ([parcel("Shipped", ("11", 2))], False),
        ([parcel("Pending", ("11", 2), ("12", 1))], False),
        ([parcel("Cancelled", ("11", 2), ("12", 1))], False),
    ],
)
def test_shipped_means_every_unit_left(parcels: list[Json], is_shipped: bool) -> None:
    assert mapped(fulfillments=parcels, state="PartiallyDelivered").is_shipped is is_shipped


def test_a_parcel_moves_the_modified_time_although_the_row_stands_still() -> None:
    order = mapped(fulfillments=[parcel("Shipped", ("11", 2))])

    assert order.modified_at == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def test_private_notes_are_read_oldest_first_even_within_a_second() -> None:
    def note(number: str, text: str, *, public: bool = False) -> Json:
        at = "2026-11-23T05:00:00.000Z"
        return {"id": number, "createdAt": at, "isPublic": public, "data": {"note": text}}

    order = mapped(notes={"items": [note("10", "b"), note("9", "a"), note("11", "to you", public=True)]})

    assert order.seller_note == "a\nb"


def test_what_no_database_takes_is_replaced_visibly() -> None:
    raw = reply()
    raw["shippingAddress"]["fullName"] = json.loads('"a\\u0000b\\ud800c"')

    name = map_order(raw).consignee.name

    assert name == "a\ufffdb\ufffdc"
    assert name.encode()


def test_another_currency_is_refused_not_counted_as_fen() -> None:
    with pytest.raises(ContractBroken) as refusal:
        mapped(currencyCode="USD")

    assert refusal.value.code == "currency"


@pytest.mark.parametrize("amount", ["9770", 97.5, True, None, 2**60, float("inf")])
def test_an_amount_that_is_no_whole_number_is_refused(amount: object) -> None:
    with pytest.raises(ContractBroken):
        mapped(totalWithTax=amount)


@pytest.mark.parametrize(
    "at", ["yesterday", "2026-13-01T00:00:00Z", "2026-11-23T04:45:03", 5, "0001-01-01T00:00+23:00"]
)
def test_a_time_without_zone_or_sense_is_refused(at: object) -> None:
    with pytest.raises(ContractBroken):
        mapped(updatedAt=at)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _paths(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        found += [one for key in value for one in _paths(value[key], (*path, key))]
    elif isinstance(value, list):
        found += [one for index in range(len(value)) for one in _paths(value[index], (*path, index))]
    return found


def _full_reply() -> Json:
    raw = reply()
    raw["payments"] = [payment("Settled", 9770, (refund("Settled", 500, (("11", 1),)),))]
    raw["fulfillments"] = [parcel("Shipped", ("11", 1))]
    raw["notes"] = {
        "items": [{"id": "1", "createdAt": "2026-11-23T05:00:00Z", "isPublic": False, "data": {"note": "n"}}]
    }
    return raw


@given(st.data())
def test_any_value_anywhere_is_an_order_or_a_broken_contract(data: st.DataObject) -> None:
    raw: Any = copy.deepcopy(_full_reply())
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(_paths(raw)))
        parent = raw
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] = data.draw(JSON_VALUES)

    try:
        order = map_order(raw, buyer_note_field="buyerNote")
    except ContractBroken:
        return

    assert order.order_no
    assert all(one.qty >= 0 for one in order.lines)
    assert order.modified_at.tzinfo is not None
    assert abs(order.version) < 2**63
    hash((order.order_no, order.buyer_note, order.seller_note, order.consignee))


@given(st.dictionaries(st.text(), JSON_VALUES))
def test_a_stranger_object_is_a_broken_contract(raw: Json) -> None:
    with pytest.raises(ContractBroken):
        map_order(raw)


@pytest.mark.parametrize("made", [None, [], {}, {"id": ""}, {"id": "3", "state": 4}])
def test_a_made_parcel_of_another_shape_is_refused(made: object) -> None:
    with pytest.raises(ContractBroken):
        map_made_fulfilment(made, "SF1")


def test_numbers_as_some_strategies_write_them_are_understood() -> None:
    assert mapped(totalWithTax=9770.0).amount_fen == 9770
    assert map_made_fulfilment({"id": 3, "state": "Pending"}, "SF1").id == "3"
