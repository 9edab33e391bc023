"""Trades of Taobao by themselves: what they mean, and that nothing else comes out than an order or a broken contract."""

import copy
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.contract import ChannelOrder
from core.channels.fields import Fields
from core.channels.shop_contract import Flag
from core.channels.taobao.orders import order_of
from core.runtime.remote_errors import ContractBroken

Json = dict[str, Any]
BEIJING = timezone(timedelta(hours=8))


def line(oid: int = 2231958350000000001, **changes: Any) -> Json:
    row: Json = {
        "oid": oid,
        "status": "WAIT_SELLER_SEND_GOODS",
        "refund_status": "NO_REFUND",
        "num_iid": 640000000001,
        "sku_id": "5500000001",
        "outer_sku_id": "MF-101",
        "outer_iid": "MF",
        "title": "练习毛巾",
        "sku_properties_name": "颜色:红",
        "num": 2,
        "price": "99.00",
    }
    return {name: value for name, value in (row | changes).items() if value is not None}


def trade(*lines: Json, **changes: Any) -> Json:
    row: Json = {
        "tid": 2231958349000000001,
        "status": "WAIT_SELLER_SEND_GOODS",
        "type": "guarantee_trade",
        "created": "2026-11-24 10:00:00",
        "pay_time": "2026-11-24 10:01:00",
        "modified": "2026-11-24 10:01:02",
        "buyer_nick": "b**",
        "buyer_open_uid": "AAH-1",
        "payment": "204.00",
        "post_fee": "6.00",
        "receiver_name": "赵**",
        "receiver_mobile": "138****0001",
        "receiver_address": "****",
        "receiver_state": "浙江省",
        "receiver_city": "杭州市",
        "receiver_district": "余杭区",
        "receiver_zip": "311121",
        "oaid": "1oaid",
        "seller_flag": 1,
        "orders": {"order": list(lines or (line(),))},
    }
    return {name: value for name, value in (row | changes).items() if value is not None}


def mapped(raw: Json) -> ChannelOrder:
    return order_of(Fields(raw, "trade"))


def test_a_paid_trade() -> None:
    order = mapped(trade(buyer_message="请轻放", seller_memo="加急", delivery_time="2026-11-26 10:00:00"))

    assert (order.order_no, order.payment, order.channel_status) == (
        "2231958349000000001",
        "paid",
        "WAIT_SELLER_SEND_GOODS",
    )
    assert (order.amount_fen, order.freight_fen) == (20400, 600)
    assert order.placed_at == datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    assert order.ship_by_at == datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
    assert (order.buyer_key, order.buyer_name) == ("AAH-1", "b**")
    assert (order.buyer_note, order.seller_note, order.seller_flag) == ("请轻放", "加急", Flag.RED)
    (first,) = order.lines
    assert (first.merchant_code, first.qty, first.unit_price_fen, first.spec) == ("MF-101", 2, 9900, "颜色:红")
    receiver = order.consignee
    assert (receiver.name, receiver.phone, receiver.address, receiver.token) == (
        "赵**",
        "138****0001",
        "****",
        "1oaid",
    )
    assert receiver.is_masked
    assert (order.is_closed, order.is_shipped, order.stopped_for) == (False, False, "")


@pytest.mark.parametrize(
    ("status", "payment", "is_closed", "is_shipped", "is_completed", "stopped_for"),
    [
        ("TRADE_NO_CREATE_PAY", "unpaid", False, False, False, ""),
        ("WAIT_BUYER_PAY", "unpaid", False, False, False, ""),
        ("PAY_PENDING", "unpaid", False, False, False, ""),
        ("WAIT_PRE_AUTH_CONFIRM", "unpaid", False, False, False, ""),
        ("PAID_FORBID_CONSIGN", "paid", False, False, False, "PAID_FORBID_CONSIGN"),
        ("WAIT_SELLER_SEND_GOODS", "paid", False, False, False, ""),
        ("SELLER_CONSIGNED_PART", "paid", False, False, False, ""),
        ("WAIT_BUYER_CONFIRM_GOODS", "paid", False, True, False, ""),
        ("TRADE_BUYER_SIGNED", "paid", False, True, False, ""),
        ("TRADE_FINISHED", "paid", False, True, True, ""),
        ("TRADE_CLOSED", "refunded", True, False, False, ""),
        ("TRADE_CLOSED_BY_TAOBAO", "unpaid", True, False, False, ""),
        ("A_NEW_WORD", "paid", False, False, False, "A_NEW_WORD"),
    ],
)
def test_every_status_means_something(
    status: str, payment: str, is_closed: bool, is_shipped: bool, is_completed: bool, stopped_for: str
) -> None:
    order = mapped(trade(status=status))

    assert (order.payment, order.is_closed, order.is_shipped) == (payment, is_closed, is_shipped)
    assert (order.is_completed, order.stopped_for) == (is_completed, stopped_for)


def test_a_new_word_for_an_unpaid_trade_is_not_taken_for_paid() -> None:
    assert mapped(trade(status="A_NEW_WORD", pay_time=None)).payment == "unpaid"


@pytest.mark.parametrize("name", ["top_hold", "team_buy_hold", "share_group_hold", "ofp_hold", "forbid_consign"])
@pytest.mark.parametrize(
    ("value", "is_held"), [(1, True), ("1", True), (True, True), (0, False), ("0", False)], ids=repr
)
def test_each_hold_keeps_the_trade_back(name: str, value: object, is_held: bool) -> None:
    assert mapped(trade(**{name: value})).stopped_for == (name if is_held else "")


@pytest.mark.parametrize(
    ("changes", "after_sale"),
    [
        ({"refund_status": None}, "none"),
        ({"refund_status": "NO_REFUND"}, "none"),
        ({"refund_status": "CLOSED"}, "none"),
        ({"refund_status": "SELLER_REFUSE_BUYER"}, "none"),
        ({"refund_status": "WAIT_SELLER_AGREE"}, "requested"),
        ({"refund_status": "WAIT_BUYER_RETURN_GOODS"}, "requested"),
        ({"refund_status": "WAIT_SELLER_CONFIRM_GOODS"}, "requested"),
        ({"refund_status": "A_NEW_WORD"}, "requested"),
        ({"refund_status": "SUCCESS"}, "refunded"),
        ({"status": "TRADE_CLOSED"}, "refunded"),
        ({"status": "TRADE_CLOSED_BY_TAOBAO"}, "refunded"),
    ],
)
def test_a_lines_refund_stops_what_it_must(changes: Json, after_sale: str) -> None:
    order = mapped(trade(line(1, **changes), line(2)))

    assert [one.after_sale for one in order.lines] == [after_sale, "none"]
    assert order.payment == ("partly_refunded" if after_sale == "refunded" else "paid")
    assert [one.qty for one in order.lines] == [2, 2]


@pytest.mark.parametrize(
    ("step", "status", "word", "payment"),
    [
        ("FRONT_NOPAID_FINAL_NOPAID", "WAIT_BUYER_PAY", "FRONT_NOPAID_FINAL_NOPAID", "unpaid"),
        ("FRONT_PAID_FINAL_NOPAID", "WAIT_BUYER_PAY", "FRONT_PAID_FINAL_NOPAID", "unpaid"),
        ("FRONT_PAID_FINAL_PAID", "WAIT_SELLER_SEND_GOODS", "WAIT_SELLER_SEND_GOODS", "paid"),
        ("FRONT_PAID_FRONT_FORFEITED", "TRADE_CLOSED_BY_TAOBAO", "TRADE_CLOSED_BY_TAOBAO", "unpaid"),
    ],
)
def test_a_presale_says_how_far_its_money_is(step: str, status: str, word: str, payment: str) -> None:
    order = mapped(trade(type="step", step_trade_status=step, status=status))

    assert (order.order_type, order.channel_status, order.payment) == ("presale", word, payment)


def test_buyers_whom_the_platform_does_not_name_are_not_one_person() -> None:
    assert mapped(trade(buyer_open_uid=None)).buyer_key == "order:2231958349000000001"


def test_cash_on_delivery_is_said() -> None:
    order = mapped(trade(type="cod", pay_time=None))
    assert (order.is_cod, order.payment) == (True, "paid")


def test_a_receiver_without_stars_and_token_is_clear() -> None:
    order = mapped(trade(oaid=None, receiver_name="赵", receiver_mobile="1", receiver_address="a"))
    assert not order.consignee.is_masked
    assert mapped(trade(oaid=None)).consignee.is_masked, "stars are stars, token or not"


def test_parcels_come_with_our_carriers() -> None:
    order = mapped(
        trade(
            line(1, invoice_no="73100000000017", logistics_company="中通快递"),
            line(2, invoice_no="73100000000017", logistics_company="中通快递"),
            line(3, invoice_no="X9", logistics_company="不认识的快递"),
            line(4),
        )
    )

    assert [(one.carrier_code, one.waybill_no, tuple(one.lines)) for one in order.shipped] == [
        ("ZTO", "73100000000017", (("1", 2), ("2", 2))),
        ("不认识的快递", "X9", (("3", 2),)),
    ]


def test_a_promise_written_in_words_is_no_reason_to_refuse() -> None:
    assert mapped(trade(delivery_time="付款后48小时内")).ship_by_at is None


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"tid": None}, "trade.tid"),
        ({"status": ""}, "trade.status"),
        ({"modified": "yesterday"}, "trade.modified"),
        ({"created": None}, "trade.created"),
        ({"payment": "1.005"}, "trade.payment"),
        ({"payment": "-1"}, "trade.payment"),
        ({"payment": "NaN"}, "trade.payment"),
        ({"payment": True}, "trade.payment"),
        ({"orders": {"order": []}}, "trade.orders"),
        ({"orders": {}}, "trade.orders"),
        ({"orders": []}, "trade.orders"),
        ({"orders": {"order": [line(num=0)]}}, "trade.orders.order.num"),
        ({"orders": {"order": [line(num=1.5)]}}, "trade.orders.order.num"),
        ({"orders": {"order": [line(num_iid=1.5e20)]}}, "trade.orders.order.num_iid"),
    ],
)
def test_what_cannot_be_is_named_by_its_path(changes: Json, path: str) -> None:
    with pytest.raises(ContractBroken) as caught:
        mapped(trade(**changes))
    assert caught.value.code == path
    assert "204" not in str(caught.value)


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001  bounds of a strategy; China's time is added later
FENS = st.integers(0, 10**9)
TEXTS = st.text(max_size=20)
WORDS = st.sampled_from(["none", "requested", "refunded"])


@st.composite
def facts(draw: st.DrawFn) -> Json:
    """What a trade says, in our words."""
    lines = [
        {
            "oid": draw(st.integers(1, 2**63 - 1)),
            "qty": draw(st.integers(1, 10_000)),
            "fen": draw(FENS),
            "title": draw(TEXTS),
            "code": draw(st.text(max_size=12)),
            "after": draw(WORDS),
        }
        for _ in range(draw(st.integers(1, 4)))
    ]
    return {
        "tid": draw(st.integers(1, 2**63 - 1)),
        "fen": draw(FENS),
        "freight": draw(FENS),
        "note": draw(TEXTS),
        "modified": draw(MOMENTS),
        "created": draw(MOMENTS),
        "flag": draw(st.integers(0, 5)),
        "lines": lines,
    }


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


@given(facts())
def test_a_trade_comes_through_as_it_was_said(said: Json) -> None:
    words = {"none": "NO_REFUND", "requested": "WAIT_SELLER_AGREE", "refunded": "SUCCESS"}
    lines = [
        line(
            one["oid"],
            num=one["qty"],
            price=yuan(one["fen"]),
            title=one["title"],
            outer_sku_id=one["code"],
            outer_iid=None,
            refund_status=words[one["after"]],
        )
        for one in said["lines"]
    ]
    order = mapped(
        trade(
            *lines,
            tid=said["tid"],
            payment=yuan(said["fen"]),
            post_fee=yuan(said["freight"]),
            buyer_message=said["note"],
            modified=f"{said['modified']:%Y-%m-%d %H:%M:%S}",
            created=f"{said['created']:%Y-%m-%d %H:%M:%S}",
            seller_flag=said["flag"],
        )
    )

    assert (order.order_no, order.amount_fen, order.freight_fen) == (str(said["tid"]), said["fen"], said["freight"])
    assert order.buyer_note == said["note"]
    assert order.modified_at == said["modified"].replace(tzinfo=BEIJING)
    assert order.placed_at == said["created"].replace(tzinfo=BEIJING)
    assert order.seller_flag == list(Flag)[said["flag"]]
    assert [(one.line_no, one.qty, one.unit_price_fen, one.title, one.merchant_code, one.after_sale)
            for one in order.lines] == [
        (str(one["oid"]), one["qty"], one["fen"], one["title"], one["code"], one["after"]) for one in said["lines"]
    ]  # fmt: skip


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@given(st.data())
def test_whatever_stands_there_an_order_or_a_broken_contract_comes_out(data: st.DataObject) -> None:
    raw = copy.deepcopy(trade(line(1, invoice_no="X1", logistics_company="中通快递"), line(2)))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(
            st.sampled_from([raw, raw["orders"]["order"][0] if isinstance(raw["orders"], dict) else raw])
        )
        name = data.draw(st.sampled_from(sorted(place)))
        if name == "orders" and place is raw:
            continue
        place[name] = data.draw(JUNK)
    try:
        order = mapped(raw)
    except ContractBroken:
        return
    assert order.payment in {"unpaid", "paid", "partly_refunded", "refunded"}
