"""The mapper takes whole orders unchanged and refuses everything else; it never does anything third."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee
from core.channels.mall.mapper import order_of, page_of
from core.runtime.remote_errors import ContractBroken

EXAMPLE: dict[str, object] = {
    "no": "LX2611230000001",
    "version": 3,
    "state": "open",
    "payment": "partly_refunded",
    "updated_at": "2026-11-23T12:00:00.250+08:00",
    "placed_at": "2026-11-23T04:00:00Z",
    "currency": "CNY",
    "amount_fen": 27600,
    "freight_fen": 800,
    "buyer": {"key": "b-1"},
    "lines": [{"line_no": "1", "sku_id": "S-1", "title": "奶粉", "qty": 2, "unit_price_fen": 13400}],
}

texts = st.text(max_size=30)
names = st.text(min_size=1, max_size=30)
instants = st.integers(946_684_800_000, 4_102_444_800_000).map(
    lambda millis: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis)
)
zones = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
lines = st.builds(
    ChannelOrderLine,
    line_no=names,
    item_id=texts,
    channel_sku_id=names,
    merchant_code=texts,
    title=names,
    spec=texts,
    qty=st.integers(1, 1_000_000),
    unit_price_fen=st.integers(0, 10**12),
    after_sale=st.sampled_from(["none", "requested", "refunded"]),
    is_gift=st.booleans(),
)
consignees = st.builds(
    Consignee,
    texts,
    texts,
    texts,
    texts,
    texts,
    texts,
    postcode=texts,
    token=st.just(""),
    is_masked=st.just(False),
)


@st.composite
def orders(draw: st.DrawFn) -> ChannelOrder:
    state = draw(st.sampled_from(["open", "shipped", "completed", "cancelled", "部分发货", "weird"]))
    return ChannelOrder(
        order_no=draw(names),
        version=draw(st.integers(1, 2**53)),
        modified_at=draw(instants),
        placed_at=draw(instants),
        paid_at=draw(st.none() | instants),
        payment=draw(st.sampled_from(["unpaid", "paid", "partly_refunded", "refunded"])),
        channel_status=state,
        is_closed=state == "cancelled",
        is_shipped=state in {"shipped", "completed"},
        is_completed=state == "completed",
        buyer_key=draw(names),
        buyer_name=draw(texts),
        consignee=draw(consignees),
        lines=tuple(draw(st.lists(lines, min_size=1, max_size=4, unique_by=lambda line: line.line_no))),
        amount_fen=draw(st.integers(0, 10**12)),
        freight_fen=draw(st.integers(0, 10**12)),
        buyer_note=draw(texts),
        seller_note=draw(texts),
        order_type=draw(st.sampled_from(["normal", "presale", "custom", "cross_border", "reship"])),
        ship_by_at=draw(st.none() | instants),
        not_before_at=draw(st.none() | instants),
    )


def json_of(order: ChannelOrder, zone: timezone) -> dict[str, object]:
    """The mall's own writing of an order, after the contract's document."""

    def told(at: datetime | None) -> str | None:
        return None if at is None else at.astimezone(zone).isoformat(timespec="milliseconds")

    place = order.consignee
    return {
        "no": order.order_no,
        "version": order.version,
        "state": order.channel_status,
        "payment": order.payment,
        "type": order.order_type,
        "updated_at": told(order.modified_at),
        "placed_at": told(order.placed_at),
        "paid_at": told(order.paid_at),
        "ship_by_at": told(order.ship_by_at),
        "not_before_at": told(order.not_before_at),
        "currency": "CNY",
        "amount_fen": order.amount_fen,
        "freight_fen": order.freight_fen,
        "buyer": {"key": order.buyer_key, "name": order.buyer_name},
        "consignee": {
            "name": place.name,
            "phone": place.phone,
            "province": place.province,
            "city": place.city,
            "district": place.district,
            "address": place.address,
            "postcode": place.postcode,
        },
        "buyer_note": order.buyer_note,
        "seller_note": order.seller_note,
        "lines": [
            {
                "line_no": line.line_no,
                "item_id": line.item_id,
                "sku_id": line.channel_sku_id,
                "sku": line.merchant_code,
                "title": line.title,
                "spec": line.spec,
                "qty": line.qty,
                "unit_price_fen": line.unit_price_fen,
                "after_sale": line.after_sale,
                "is_gift": line.is_gift,
            }
            for line in order.lines
        ],
        "a_field_of_tomorrow": {"x": [1]},
    }


@given(orders(), zones)
def test_what_a_mall_writes_is_read_back_unchanged(order: ChannelOrder, zone: timezone) -> None:
    raw = json.loads(json.dumps(json_of(order, zone)))

    assert order_of(raw) == replace(order, raw=raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_whatever_stands_in_a_field_the_mapper_answers_or_refuses(data: st.DataObject) -> None:
    raw = json.loads(json.dumps(EXAMPLE))
    place = data.draw(st.sampled_from([raw, raw["lines"][0], raw["buyer"]]))
    name = data.draw(st.sampled_from(sorted([*place, "consignee", "paid_at", "is_gift", "after_sale", "type"])))
    place[name] = data.draw(json_values)

    with suppress(ContractBroken):
        order = order_of(raw)
        assert order.version >= 1
        assert order.order_no
        assert all(line.qty >= 1 and line.line_no for line in order.lines)


@given(json_values)
def test_anything_else_is_no_order(value: object) -> None:
    with pytest.raises(ContractBroken):
        order_of(value)


def test_only_the_promised_fields_are_needed() -> None:
    order = order_of(EXAMPLE)

    assert order.modified_at == order.placed_at + timedelta(milliseconds=250)
    assert order.consignee == Consignee("", "", "", "", "", "")
    assert (order.order_type, order.paid_at, order.lines[0].after_sale) == ("normal", None, "none")


@pytest.mark.parametrize("name", list(EXAMPLE))
def test_a_missing_promise_is_named(name: str) -> None:
    with pytest.raises(ContractBroken) as caught:
        order_of({key: value for key, value in EXAMPLE.items() if key != name})

    assert caught.value.code.startswith(f"order.{name}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 0),
        ("version", True),
        ("version", 3.0),
        ("version", "3"),
        ("amount_fen", -1),
        ("amount_fen", 276.5),
        ("amount_fen", 10**13),
        ("updated_at", "2026-11-23T12:00:00"),
        ("updated_at", "yesterday"),
        ("updated_at", "0001-01-01T00:00:00+14:00"),
        ("updated_at", 1763870400),
        ("payment", "half"),
        ("currency", "USD"),
        ("no", ""),
        ("no", 20261123),
        ("lines", []),
        ("lines", {}),
        ("buyer", None),
        ("buyer_note", ["x"]),
    ],
)
def test_a_value_outside_its_promise_is_refused(name: str, value: object) -> None:
    with pytest.raises(ContractBroken):
        order_of({**EXAMPLE, name: value})


def test_one_line_number_twice_is_refused() -> None:
    line = EXAMPLE["lines"]
    assert isinstance(line, list)
    with pytest.raises(ContractBroken):
        order_of({**EXAMPLE, "lines": [*line, *line]})


def test_a_cancelled_order_may_be_empty() -> None:
    assert order_of({**EXAMPLE, "state": "cancelled", "lines": []}).is_closed


@pytest.mark.parametrize(
    "page",
    [{}, {"orders": []}, {"next_cursor": None}, {"orders": None, "next_cursor": None}]
    + [{"orders": [], "next_cursor": bad} for bad in ("", 1, [])]
    + [{"orders": [EXAMPLE, {}], "next_cursor": None}],
)
def test_a_page_that_is_none_is_refused(page: dict[str, object]) -> None:
    with pytest.raises(ContractBroken):
        page_of(page)


def test_an_order_that_nobody_understands_is_named_beside_the_others() -> None:
    (orders, unread), _ = page_of(
        {"orders": [EXAMPLE, {**EXAMPLE, "no": "B", "currency": "USD"}], "next_cursor": None}
    )
    assert [order.order_no for order in orders] == [EXAMPLE["no"]]
    assert [(one.no, one.error.code) for one in unread] == [("B", "order.currency")]
