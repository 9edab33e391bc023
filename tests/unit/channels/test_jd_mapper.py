"""JD's orders, cases and SKUs become canonical ones unchanged, and everything else is refused."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState
from core.channels.contract import ChannelOrder, ShippedParcel
from core.channels.fields import Fields
from core.channels.jd.case_mapper import refund_of, service_of
from core.channels.jd.mapper import ALL_STATES, listing_of, order_of, unpaid_order_of
from core.runtime.remote_errors import ContractBroken

EXAMPLE: dict[str, Any] = {
    "orderId": 300000000001,
    "orderType": "22",
    "payType": "4-在线支付",
    "orderPayment": "208.00",
    "freightPrice": "10.00",
    "orderState": "WAIT_SELLER_STOCK_OUT",
    "orderRemark": "轻放",
    "venderRemark": "加急",
    "orderStartTime": "2026-11-23 09:30:00",
    "paymentConfirmTime": "2026-11-23 09:31:00",
    "modified": "2026-11-23 09:31:05",
    "orderEndTime": "0001-01-01 00:00:00",
    "parentOrderId": 0,
    "waybill": "",
    "logisticsId": "",
    "open_id_buyer": "oid-1",
    "itemInfoList": [
        {
            "skuId": "1",
            "wareId": "9",
            "outerSkuId": "MF-101",
            "skuName": "奶粉",
            "jdPrice": "99.00",
            "itemTotal": "2",
        },
        {"skuId": "1", "wareId": "9", "outerSkuId": "MF-101", "skuName": "奶粉", "jdPrice": "0", "itemTotal": "1"},
    ],
    "consigneeInfo": {
        "fullname": "Y2lwaGVyLW5hbWU=",
        "mobile": "Y2lwaGVyLW1vYmlsZQ==",
        "telephone": "Y2lwaGVyLXRlbA==",
        "fullAddress": "Y2lwaGVyLWFkZHJlc3M=",
        "province": "浙江省",
        "city": "杭州市",
        "county": "余杭区",
        "town": "仓前街道",
        "desen_mobile": "138****0001",
        "desen_telephone": "138****0001",
    },
}
CODES = {"1499": "ZTO", "467": "SF"}


def mapped(**changes: object) -> ChannelOrder:
    return order_of(Fields({**EXAMPLE, **changes}, "order"), lambda number: CODES.get(number, number))


def test_the_example() -> None:
    order = mapped()

    assert (order.order_no, order.version) == ("300000000001", 0)
    assert order.paid_at == datetime(2026, 11, 23, 1, 31, tzinfo=UTC)
    assert order.modified_at == datetime(2026, 11, 23, 1, 31, 5, tzinfo=UTC)
    assert (order.payment, order.stopped_for, order.is_closed, order.is_shipped) == ("paid", "", False, False)
    assert (order.amount_fen, order.freight_fen) == (20800, 1000)
    assert (order.buyer_key, order.buyer_note, order.seller_note) == ("oid-1", "轻放", "加急")
    assert [(line.line_no, line.qty, line.unit_price_fen, line.is_gift) for line in order.lines] == [
        ("1", 2, 9900, False),
        ("1-2", 1, 0, True),
    ]
    assert order.raw == EXAMPLE


def test_the_receiver_is_shown_masked_and_kept_as_ciphertext() -> None:
    who = mapped().consignee

    assert (who.name, who.phone, who.is_masked) == ("****", "138****0001", True)
    assert (who.province, who.city, who.district, who.address) == ("浙江省", "杭州市", "余杭区", "仓前街道****")
    assert json.loads(who.token) == {
        "fullname": "Y2lwaGVyLW5hbWU=",
        "mobile": "Y2lwaGVyLW1vYmlsZQ==",
        "telephone": "Y2lwaGVyLXRlbA==",
        "fullAddress": "Y2lwaGVyLWFkZHJlc3M=",
    }


def test_a_receiver_that_came_masked_has_no_token() -> None:
    masked = {"fullname": "赵**", "mobile": "138****0001", "fullAddress": "浙江省****"}
    who = mapped(consigneeInfo=masked).consignee
    assert (who.name, who.token, who.is_masked) == ("赵**", "", True)


def test_a_receiver_in_clear_stays_so() -> None:
    clear = {"fullname": "赵练习", "mobile": "13800000001", "fullAddress": "练习路1号", "province": "浙江省"}
    who = mapped(consigneeInfo=clear).consignee
    assert (who.name, who.phone, who.address, who.is_masked, who.token) == (
        "赵练习",
        "13800000001",
        "练习路1号",
        False,
        "",
    )


@pytest.mark.parametrize("gone", [None, {}])
def test_a_receiver_that_is_not_told_is_nobody_in_clear(gone: object) -> None:
    who = mapped(consigneeInfo=gone).consignee
    assert (who.is_masked, who.token) == (True, "")


@pytest.mark.parametrize(
    ("state", "stopped", "closed", "shipped", "done"),
    [
        ("WAIT_SELLER_STOCK_OUT", False, False, False, False),
        ("WAIT_SELLER_DELIVERY", False, False, False, False),
        ("PAUSE", True, False, False, False),
        ("POP_ORDER_PAUSE", True, False, False, False),
        ("LOCKED", True, False, False, False),
        ("WAIT_GOODS_RECEIVE_CONFIRM", False, False, True, False),
        ("FINISHED_L", False, False, True, True),
        ("TRADE_CANCELED", False, True, False, False),
        ("A_WORD_OF_TOMORROW", True, False, False, False),
    ],
)
def test_each_state(state: str, stopped: bool, closed: bool, shipped: bool, done: bool) -> None:
    order = mapped(orderState=state)
    assert order.channel_status == state
    assert order.stopped_for == (state if stopped else "")
    assert (order.is_closed, order.is_shipped, order.is_completed) == (closed, shipped, done)


def test_money_of_a_cancelled_order_went_back_where_it_was_paid() -> None:
    assert mapped(orderState="TRADE_CANCELED").payment == "refunded"
    assert mapped(orderState="TRADE_CANCELED", paymentConfirmTime="0001-01-01 00:00:00").payment == "unpaid"


def test_an_order_that_is_paid_at_the_door_may_be_sent() -> None:
    order = mapped(payType="1-货到付款", paymentConfirmTime="0001-01-01 00:00:00")
    assert (order.is_cod, order.payment, order.paid_at) == (True, "paid", None)
    assert not mapped(payType="10-其他").is_cod


def test_people_that_jd_does_not_name_are_not_one_person() -> None:
    assert mapped(open_id_buyer="").buyer_key == "order:300000000001"


def test_several_parcels_are_told_with_bars_and_commas() -> None:
    order = mapped(waybill="731001,731002|SF1", logisticsId="1499|467", orderState="WAIT_GOODS_RECEIVE_CONFIRM")
    assert order.shipped == (
        ShippedParcel("ZTO", "731001"),
        ShippedParcel("ZTO", "731002"),
        ShippedParcel("SF", "SF1"),
    )
    assert mapped(waybill="1|2", logisticsId="1499").shipped == (ShippedParcel("ZTO", "1"), ShippedParcel("ZTO", "2"))
    assert mapped(waybill=None, logisticsId=None).shipped == ()
    assert mapped(waybill=731001, logisticsId="").shipped == (ShippedParcel("", "731001"),)


@pytest.mark.parametrize("name", ["orderId", "orderState", "orderStartTime", "modified", "itemInfoList"])
@pytest.mark.parametrize("value", [None, "", [], {}, True, 1.5])
def test_what_has_to_be_there_is_demanded(name: str, value: object) -> None:
    with pytest.raises(ContractBroken) as caught:
        mapped(**{name: value})
    assert caught.value.code == f"order.{name}"


@pytest.mark.parametrize("price", ["1.001", "-1", "NaN", "1e400", True, [], {}, "ja"])
def test_money_that_is_none_is_refused(price: object) -> None:
    with pytest.raises(ContractBroken):
        mapped(orderPayment=price)


@pytest.mark.parametrize("qty", ["0", "-1", "1.0", 1_000_001, True, None])
def test_a_quantity_that_is_none_is_refused(qty: object) -> None:
    lines = [{**EXAMPLE["itemInfoList"][0], "itemTotal": qty}]
    with pytest.raises(ContractBroken):
        mapped(itemInfoList=lines)


UNPAID: dict[str, Any] = {
    "orderId": 300000000002,
    "payment": 19800,
    "orderType": 22,
    "parentId": 0,
    "orderCreated": "2026-11-23 09:30:00",
    "status": 1,
    "itemList": [{"skuId": 1, "outerSkuId": "MF-101", "skuName": "奶粉", "jdPrice": "99.00", "itemTotal": 2}],
    "province": "浙江省",
}


def test_an_unpaid_order() -> None:
    order = unpaid_order_of(Fields(UNPAID, "order"))

    assert (order.order_no, order.payment, order.paid_at, order.amount_fen) == ("300000000002", "unpaid", None, 19800)
    assert order.buyer_key == "order:300000000002"
    assert order.modified_at == order.placed_at == datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    assert [(line.line_no, line.qty, line.unit_price_fen) for line in order.lines] == [("1", 2, 9900)]
    assert (order.consignee.province, order.consignee.is_masked, order.consignee.token) == ("浙江省", True, "")


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
numbers = st.integers(1, 2**63 - 1)
seconds = st.integers(946_684_800, 4_102_444_800)


def china(second: int) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second, hours=8)
    return at.strftime("%Y-%m-%d %H:%M:%S")


@given(
    number=numbers,
    state=st.sampled_from(ALL_STATES),
    times=st.tuples(seconds, seconds),
    notes=st.tuples(texts, texts),
    fen=st.integers(0, 10**12),
    lines=st.lists(st.tuples(numbers, st.integers(1, 10**6), st.integers(0, 10**12), texts), min_size=1, max_size=5),
    as_text=st.booleans(),
)
def test_whatever_jd_writes_comes_through_whole(
    number: int,
    state: str,
    times: tuple[int, int],
    notes: tuple[str, str],
    fen: int,
    lines: list[tuple[int, int, int, str]],
    as_text: bool,
) -> None:
    def written(value: int) -> object:
        return str(value) if as_text else value

    items = [
        {
            "skuId": written(sku),
            "outerSkuId": title,
            "skuName": title,
            "itemTotal": written(qty),
            "jdPrice": f"{price // 100}.{price % 100:02}",
        }
        for sku, qty, price, title in lines
    ]
    order = mapped(
        orderId=written(number),
        orderState=state,
        modified=china(times[0]),
        orderStartTime=china(times[1]),
        orderRemark=notes[0],
        venderRemark=notes[1],
        orderPayment=f"{fen // 100}.{fen % 100:02}",
        itemInfoList=items,
    )

    assert order.order_no == str(number)
    assert int(order.modified_at.timestamp()) == times[0]
    assert int(order.placed_at.timestamp()) == times[1]
    assert (order.buyer_note, order.seller_note, order.amount_fen) == (*notes, fen)
    assert [(line.qty, line.unit_price_fen, line.title) for line in order.lines] == [line[1:] for line in lines]
    assert len({line.line_no for line in order.lines}) == len(lines)
    assert [line.channel_sku_id for line in order.lines] == [str(line[0]) for line in lines]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(EXAMPLE)), json_values)
def test_a_hostile_value_is_taken_or_refused_and_nothing_third(name: str, value: object) -> None:
    with suppress(ContractBroken):
        assert isinstance(mapped(**{name: value}), ChannelOrder)


@given(json_values)
def test_hostile_rows(value: object) -> None:
    for read in (unpaid_order_of, listing_of, refund_of, service_of):
        with suppress(ContractBroken):
            read(Fields(value, "row"))


# --- cases and SKUs ------------------------------------------------------------------------------------------------

REFUND: dict[str, Any] = {
    "id": 800000001,
    "orderId": "300000000001",
    "applyTime": "2026-11-23 10:00:00",
    "checkTime": "",
    "applyRefundSum": 20800,
    "status": 0,
    "reason": "不想要了",
}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (0, AfterSaleState.REQUESTED),
        (1, AfterSaleState.AGREED),
        (2, AfterSaleState.REFUSED),
        (3, AfterSaleState.DONE),
        (4, AfterSaleState.REFUSED),
        (5, AfterSaleState.AGREED),
        (6, AfterSaleState.DONE),
        (7, AfterSaleState.UNKNOWN),
        (8, AfterSaleState.UNKNOWN),
        (9, AfterSaleState.DONE),
        (11, AfterSaleState.CLOSED),
        (18, AfterSaleState.CLOSED),
        ("99", AfterSaleState.UNKNOWN),
    ],
)
def test_a_refund_before_the_goods_left(status: object, state: AfterSaleState) -> None:
    case = refund_of(Fields({**REFUND, "status": status, "checkTime": "2026-11-23 11:00:00"}, "case"))

    assert (case.case_no, case.order_no) == ("R800000001", "300000000001")
    assert (case.kind, case.state, case.channel_state) == (AfterSaleKind.REFUND, state, str(status))
    assert (case.refund_fen, case.goods_were_sent) == (20800, False)
    assert case.modified_at - case.requested_at == timedelta(hours=1)


def test_a_refund_nobody_answered_changed_when_it_was_asked_for() -> None:
    case = refund_of(Fields(REFUND, "case"))
    assert case.modified_at == case.requested_at


@pytest.mark.parametrize(
    ("status", "approved", "state"),
    [
        (10, None, AfterSaleState.REQUESTED),
        (10, "2026-11-23 11:00:00", AfterSaleState.AGREED),
        (13, "2026-11-23 11:00:00", AfterSaleState.DONE),
        (14, "2026-11-23 11:00:00", AfterSaleState.CLOSED),
    ],
)
def test_a_service(status: int, approved: str | None, state: AfterSaleState) -> None:
    bill = {"serviceId": 7, "orderId": 300000000001, "applyTime": "2026-11-23 10:00:00", "approvedDate": approved}
    row = {"sameOrderServiceBill": bill, "status": status, "refoundAmount": "99.00"}

    case = service_of(Fields(row, "case"))

    assert (case.case_no, case.state, case.goods_were_sent, case.refund_fen) == ("7", state, True, 9900)
    with pytest.raises(ContractBroken):
        service_of(Fields({**row, "sameOrderServiceBill": {**bill, "applyTime": None, "approvedDate": None}}, "case"))


def test_a_sku() -> None:
    row = {
        "wareId": 9,
        "skuId": 1,
        "status": 2,
        "saleAttrs": [{"attrId": "1", "attrValueAlias": ["红", "色"]}, {"attrId": "2", "attrValueAlias": ["M"]}, {}],
        "jdPrice": 99.5,
        "outerId": "MF-101",
        "skuName": "奶粉 红",
        "wareTitle": "奶粉",
        "stockNum": 7,
        "logo": "jfs/t1/1.jpg",
    }
    listing = listing_of(Fields(row, "sku"))
    assert (listing.item_id, listing.channel_sku_id, listing.merchant_code) == ("9", "1", "MF-101")
    assert (listing.title, listing.spec, listing.price_fen, listing.qty) == ("奶粉", "红,色;M", 9950, 7)
    assert (listing.is_on_sale, listing.picture_url) == (False, "")
    bare = listing_of(Fields({"wareId": 9, "skuId": 1}, "sku"))
    assert (bare.price_fen, bare.qty, bare.is_on_sale) == (None, None, None)
