"""Pinduoduo's JSON as canonical orders: what may leave, what is what line, and nothing third besides a broken answer."""

import copy
import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState, ChannelAfterSale
from core.channels.contract import Consignee, ShippedParcel
from core.channels.fields import Fields
from core.channels.pdd.after_sales import case_of
from core.channels.pdd.carriers import Companies, Company, companies_of
from core.channels.pdd.goods import listings_of, stock_of
from core.channels.pdd.mapper import needs_companies, order_of, wants_cases
from core.channels.shop_contract import Flag
from core.channels.stock_contract import ListedSku, ListedStock
from core.runtime.remote_errors import ContractBroken, Rejected

COMPANIES = Companies(
    [
        Company("44", "SF", "顺丰快递", is_available=True),
        Company("85", "YTO", "圆通速递", is_available=True),
        Company("3", "HT", "百世快递", is_available=False),
        Company("700", "", "韵达快递", is_available=True),
        Company("999", "XNEW", "新快递", is_available=True),
    ]
)
NOBODY = Companies(())


def row(**changes: object) -> dict[str, Any]:
    told: dict[str, Any] = {
        "order_sn": "260108-000000000000001",
        "order_status": 1,
        "refund_status": 1,
        "confirm_status": 1,
        "group_status": 1,
        "risk_control_status": 0,
        "after_sales_status": 0,
        "trade_type": 0,
        "created_time": "2026-01-08 09:00:00",
        "pay_time": "2026-01-08 09:01:00",
        "confirm_time": "2026-01-08 09:02:00",
        "updated_at": "2026-01-08 09:03:00",
        "last_ship_time": "2026-01-10 09:02:00",
        "goods_amount": 57.7,
        "discount_amount": 3.0,
        "postage": 5.0,
        "pay_amount": 59.7,
        "item_list": [
            {
                "goods_id": 600000000001,
                "sku_id": 1500000000002,
                "outer_id": "MF-101",
                "goods_name": "蜂蜜",
                "goods_spec": "500g",
                "goods_count": 3,
                "goods_price": 19.9,
            }
        ],
        "gift_list": [],
        "buyer_memo": "轻放",
        "remark": "加急",
        "remark_tag": 2,
        "open_address_id": "A1",
        "open_address_id_2": "A2",
        "province": "浙江省",
        "city": "杭州市",
        "town": "余杭区",
        "receiver_name": "~AgAAname~0~",
        "receiver_phone": "~AgAAphone~0~",
        "receiver_address": "~AgAAaddress~0~",
        "receiver_name_mask": "赵**",
        "receiver_phone_mask": "138****0001",
        "receiver_address_mask": "仓前*****",
        "order_tag_list": [{"name": "free_sf", "value": 1}, {"name": "ship_hold", "value": 0}],
        "logistics_id": 0,
        "tracking_number": "",
        "extra_delivery_list": None,
    }
    return {**told, **changes}


def item(sku: int, count: int, price: float, **changes: object) -> dict[str, Any]:
    return {"goods_id": 6, "sku_id": sku, "goods_name": "货", "goods_count": count, "goods_price": price, **changes}


def case(fen: int, *lines: tuple[str, int]) -> ChannelAfterSale:
    at = datetime(2026, 1, 8, tzinfo=UTC)
    return ChannelAfterSale("1", "o", lines, AfterSaleKind.REFUND, AfterSaleState.DONE, "10", fen, at, at)


def test_an_order_in_whole() -> None:
    order = order_of(row(), NOBODY)

    assert (order.order_no, order.version, order.channel_status) == ("260108-000000000000001", 0, "1")
    assert order.placed_at == datetime(2026, 1, 8, 1, tzinfo=UTC)
    assert order.paid_at == datetime(2026, 1, 8, 1, 1, tzinfo=UTC)
    assert order.modified_at == datetime(2026, 1, 8, 1, 3, tzinfo=UTC)
    assert order.ship_by_at == datetime(2026, 1, 10, 1, 2, tzinfo=UTC)
    assert (order.payment, order.is_closed, order.is_shipped, order.is_completed) == ("paid", False, False, False)
    assert (order.amount_fen, order.freight_fen) == (5970, 500)
    assert (order.buyer_note, order.seller_note, order.seller_flag) == ("轻放", "加急", Flag.YELLOW)
    assert (order.merge_key, order.buyer_key, order.order_type) == ("A1", "A1", "normal")
    assert (order.stopped_for, order.shipped) == ("", ())
    assert order.raw == row()
    (line,) = order.lines
    assert (line.line_no, line.item_id, line.channel_sku_id) == (
        "600000000001-1500000000002",
        "600000000001",
        "1500000000002",
    )
    assert (line.merchant_code, line.title, line.spec, line.qty) == ("MF-101", "蜂蜜", "500g", 3)
    assert (line.unit_price_fen, line.after_sale, line.is_gift) == (1990, "none", False)


def test_a_receiver_is_a_token_of_ciphers_with_masks_to_show() -> None:
    who = order_of(row(), NOBODY).consignee

    assert (who.name, who.phone, who.address) == ("赵**", "138****0001", "仓前*****")
    assert (who.province, who.city, who.district, who.is_masked) == ("浙江省", "杭州市", "余杭区", True)
    assert json.loads(who.token) == {
        "order_sn": "260108-000000000000001",
        "receiver_name": "~AgAAname~0~",
        "receiver_phone": "~AgAAphone~0~",
        "receiver_address": "~AgAAaddress~0~",
    }


def test_a_receiver_may_be_a_phone_alone() -> None:
    blank = dict.fromkeys(("receiver_name", "receiver_phone", "receiver_address"), "")
    masks = dict.fromkeys(("receiver_name_mask", "receiver_phone_mask", "receiver_address_mask"), "")
    who = order_of(row(**blank, **masks, contact_mobile="~AgAAmobile~0~"), NOBODY).consignee

    assert json.loads(who.token)["contact_mobile"] == "~AgAAmobile~0~"
    assert who.is_masked


@pytest.mark.parametrize("blank", ["", None])
def test_a_receiver_that_was_taken_away_leaves_the_region_and_no_other_address(blank: str | None) -> None:
    gone = dict.fromkeys(("receiver_name", "receiver_phone", "receiver_address", "open_address_id"), blank)
    order = order_of(row(**gone, open_address_id_2=blank, order_status=2), NOBODY)

    assert order.consignee == Consignee("", "", "浙江省", "杭州市", "余杭区", "", is_masked=True)
    assert (order.merge_key, order.buyer_key) == ("", "order:260108-000000000000001")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"risk_control_status": 1}, "订单审核中"),
        ({"group_status": 0}, "拼团中"),
        ({"confirm_status": 0}, "未成交"),
        ({"group_status": 0, "confirm_status": 0, "risk_control_status": 1}, "订单审核中"),
        ({"order_tag_list": [{"name": "ship_hold", "value": 1}]}, "暂停发货"),
        ({"order_tag": {"ship_hold": 1}}, "暂停发货"),
        ({"order_tag": {"ship_hold": 0}}, ""),
        ({"trade_type": 1, "step_order_info": {"step_trade_status": 1}}, "尾款未付"),
        ({"trade_type": 1, "step_order_info": {"step_trade_status": 2}}, ""),
        ({"order_status": 0}, "发货状态 0"),
        ({"order_status": 77}, "发货状态 77"),
        ({"order_status": 2, "risk_control_status": 1}, ""),
    ],
)
def test_what_may_leave_and_why_not(changes: dict[str, object], reason: str) -> None:
    order = order_of(row(**changes), NOBODY)

    assert order.stopped_for == reason
    assert not order.is_closed


@pytest.mark.parametrize(
    ("refund", "payment", "is_closed", "after_sale"),
    [
        (1, "paid", False, "none"),
        (2, "paid", False, "requested"),
        (3, "paid", False, "requested"),
        (4, "refunded", True, "refunded"),
    ],
)
def test_a_refund_is_of_the_whole_order_where_nothing_else_is_said(
    refund: int, payment: str, is_closed: bool, after_sale: str
) -> None:
    order = order_of(row(refund_status=refund), NOBODY)

    assert (order.payment, order.is_closed, order.is_shipped) == (payment, is_closed, False)
    assert {line.after_sale for line in order.lines} == {after_sale}


@pytest.mark.parametrize("changes", [{"confirm_status": 2}, {"group_status": 2}])
def test_a_deal_that_was_called_off_is_closed_and_paid_back(changes: dict[str, object]) -> None:
    order = order_of(row(**changes), NOBODY)

    assert (order.payment, order.is_closed, order.stopped_for) == ("refunded", True, "")


def test_an_order_that_left_stays_sent_whatever_comes_back() -> None:
    for status, refund in itertools.product((2, 3), (1, 2, 3, 4)):
        order = order_of(row(order_status=status, refund_status=refund), NOBODY)
        assert (order.is_shipped, order.is_completed, order.is_closed) == (True, status == 3, False)
        assert not wants_cases(row(order_status=status, refund_status=refund))


def test_the_cases_say_which_goods_still_go() -> None:
    raw = row(item_list=[item(1, 2, 10.0), item(2, 1, 30.0)], pay_amount=55.0, postage=5.0, refund_status=4)
    assert wants_cases(raw)

    def told(*cases: ChannelAfterSale) -> tuple[str, bool, list[str]]:
        order = order_of(raw, NOBODY, cases)
        return order.payment, order.is_closed, [line.after_sale for line in order.lines]

    whole = ("refunded", True, ["refunded", "refunded"])
    assert told() == whole, "nothing is known of it: the careful side"
    assert told(case(5000)) == whole
    assert told(case(100)) == whole, "for what, it does not say"
    assert told(case(3000, ("6-2", 1))) == ("partly_refunded", False, ["none", "refunded"])
    assert told(case(300, ("6-2", 1))) == ("partly_refunded", False, ["none", "requested"])
    assert told(case(2000, ("6-1", 2)), case(3000, ("6-2", 1))) == whole


def test_lines_have_the_same_number_in_whatever_order_they_come() -> None:
    rows = [item(1, 2, 10.0), item(2, 1, 30.0), item(1, 5, 10.0), item(1, 1, 12.0)]
    gifts = [item(1, 1, 0.0, goods_name="赠品"), item(3, 1, 9.0)]
    seen = set()
    for order in itertools.permutations(rows):
        mapped = order_of(row(item_list=list(order), gift_list=gifts), NOBODY)
        numbers = {(line.line_no, line.qty, line.unit_price_fen, line.is_gift) for line in mapped.lines}
        assert len({line.line_no for line in mapped.lines}) == 6
        seen.add(frozenset(numbers))

    assert seen == {
        frozenset(
            {
                ("6-1", 1, 1200, False),
                ("6-1-2", 5, 1000, False),
                ("6-1-3", 2, 1000, False),
                ("6-2", 1, 3000, False),
                ("gift-6-1", 1, 0, True),
                ("gift-6-3", 1, 0, True),
            }
        )
    }


def test_an_order_without_goods_is_broken_and_a_parcel_without_a_number_none() -> None:
    with pytest.raises(ContractBroken):
        order_of(row(item_list=[], gift_list=[]), NOBODY)
    sent = row(order_status=2, logistics_id=44, tracking_number="SF1", extra_delivery_list=[{"logistics_id": 85}])
    assert order_of(sent, COMPANIES).shipped == (ShippedParcel("SF", "SF1"),)


def test_parcels_are_named_as_we_name_carriers() -> None:
    raw = row(
        order_status=2,
        logistics_id=44,
        tracking_number="SF1",
        extra_delivery_list=[
            {"logistics_id": 85, "tracking_number": "YT2"},
            {"logistics_id": 44, "tracking_number": "SF1"},
            {"logistics_id": 700, "tracking_number": "YD3"},
        ],
        gift_delivery_list=[
            {"logistics_id": 999, "tracking_number": "X4"},
            {"logistics_id": 5, "tracking_number": "Y5"},
        ],
    )
    assert needs_companies(raw)
    assert not needs_companies(row())

    assert order_of(raw, COMPANIES).shipped == (
        ShippedParcel("SF", "SF1"),
        ShippedParcel("YTO", "YT2"),
        ShippedParcel("YD", "YD3"),
        ShippedParcel("新快递", "X4"),
        ShippedParcel("5", "Y5"),
    )


@pytest.mark.parametrize(
    ("carrier", "company"),
    [("SF", "44"), ("YTO", "85"), ("YD", "700"), ("XNEW", "999"), ("新快递", "999")],
)
def test_a_carrier_is_found_by_code_or_name(carrier: str, company: str) -> None:
    assert COMPANIES.id_of(carrier) == company


@pytest.mark.parametrize("carrier", ["HT", "百世快递", "ZTO", "", "PX"])
def test_a_carrier_that_may_not_be_used_is_refused(carrier: str) -> None:
    with pytest.raises(Rejected) as caught:
        COMPANIES.id_of(carrier)

    assert caught.value.code == "carrier_refused"


def test_the_list_of_carriers_is_read_as_it_comes() -> None:
    rows = [{"id": 44, "code": "SF", "logistics_company": "顺丰快递", "available": 1}, {"id": "9", "available": 0}]
    companies = companies_of(Fields({"logistics_companies": rows}, "x"))

    assert (companies.id_of("SF"), companies.code_of("9")) == ("44", "9")
    with pytest.raises(ContractBroken):
        companies_of(Fields({"logistics_companies": {}}, "x"))


# --- after sale, goods --------------------------------------------------------------------------------------------------


def refund(**changes: object) -> dict[str, Any]:
    told = {
        "id": 100000001,
        "order_sn": "260108-000000000000001",
        "after_sales_status": 2,
        "after_sales_type": 1,
        "after_sale_reason": "不想要了",
        "created_time": "2026-01-08 10:00:00",
        "updated_time": "2026-01-08 10:05:00",
        "refund_amount": "19.90",
        "goods_id": 600000000001,
        "sku_id": "1500000000002",
        "goods_number": "2",
        "tracking_number": "",
        "shipping_name": "",
    }
    return {**told, **changes}


def test_a_case_in_whole() -> None:
    found = case_of(refund())

    assert (found.case_no, found.order_no, found.channel_state) == ("100000001", "260108-000000000000001", "2")
    assert (found.kind, found.state, found.refund_fen) == (AfterSaleKind.REFUND, AfterSaleState.REQUESTED, 1990)
    assert found.lines == (("600000000001-1500000000002", 2),)
    assert found.lines[0][0] == order_of(row(), NOBODY).lines[0].line_no
    assert found.modified_at == datetime(2026, 1, 8, 2, 5, tzinfo=UTC)
    assert case_of(refund(sku_id="", goods_number="")).lines == ()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *((code, AfterSaleState.REQUESTED) for code in (2, 3, 8, 14, 21)),
        *((code, AfterSaleState.AGREED) for code in (4, 5, 18, 27, 31, 32, 33)),
        *((code, AfterSaleState.CLOSED) for code in (0, 9, 11, 12, 13, 17, 24)),
        *((code, AfterSaleState.DONE) for code in (10, 16, 25)),
        *((code, AfterSaleState.TO_RETURN) for code in (7, 22)),
        (6, AfterSaleState.REFUSED),
        *((code, AfterSaleState.UNKNOWN) for code in (1, 15, 19, 99)),
    ],
)
def test_each_state_of_a_case(status: int, state: AfterSaleState) -> None:
    assert case_of(refund(after_sales_status=status)).state is state


def test_goods_on_their_way_back_are_told_with_their_number() -> None:
    found = case_of(refund(after_sales_status=7, after_sales_type=2, tracking_number="SF9", shipping_name="顺丰快递"))

    assert (found.kind, found.state) == (AfterSaleKind.RETURN, AfterSaleState.RETURNING)
    assert (found.return_carrier, found.return_waybill_no) == ("顺丰快递", "SF9")


@pytest.mark.parametrize(
    ("number", "kind"),
    [(1, "refund"), (2, "return"), (3, "exchange"), (4, "resend"), (5, "repair"), (0, "other"), (9, "other")],
)
def test_each_kind_of_a_case(number: int, kind: str) -> None:
    assert case_of(refund(after_sales_type=number)).kind == AfterSaleKind(kind)


def test_goods_are_listed_by_their_skus() -> None:
    goods = {
        "goods_id": 6,
        "goods_name": "蜂蜜",
        "is_onsale": 1,
        "thumb_url": "https://img.example/6.jpg",
        "sku_list": [
            {"sku_id": 1, "outer_id": "A", "spec": "大", "sku_quantity": 5, "is_sku_onsale": 1},
            {"sku_id": "2", "outer_id": None, "spec": "小", "sku_quantity": "7", "is_sku_onsale": 0},
        ],
    }
    first, second = listings_of(Fields({"goods_list": [goods]}, "x"))

    assert (first.item_id, first.channel_sku_id, first.merchant_code, first.qty) == ("6", "1", "A", 5)
    assert (first.is_on_sale, first.price_fen, first.picture_url) == (True, None, "https://img.example/6.jpg")
    assert (second.channel_sku_id, second.merchant_code, second.qty, second.is_on_sale) == ("2", "", 7, False)
    assert not any(one.is_on_sale for one in listings_of(Fields({"goods_list": [{**goods, "is_onsale": 0}]}, "x")))


def test_units_that_are_put_by_may_still_be_sold() -> None:
    answer = Fields(
        {"status": 1, "sku_list": [{"sku_id": 1, "out_sku_sn": "A", "quantity": 5, "reserve_quantity": 2}]}, "x"
    )
    at = datetime(2026, 1, 8, tzinfo=UTC)

    assert stock_of(answer, ListedSku("6", "1", ""), at) == ListedStock(7, is_on_sale=False, at=at)
    assert stock_of(answer, ListedSku("6", "", "A"), None) == ListedStock(7, is_on_sale=False)
    assert stock_of(answer, ListedSku("6", "2", "A"), at) is None


# --- generated answers --------------------------------------------------------------------------------------------------

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001  local there
items = st.builds(
    item,
    st.integers(1, 10**15),
    st.integers(1, 10**6),
    st.integers(0, 10**7).map(lambda fen: fen / 100),
    outer_id=texts,
    goods_name=texts,
    goods_spec=texts,
)


@given(
    st.lists(items, min_size=1, max_size=4),
    st.fixed_dictionaries({"buyer_memo": texts, "remark": texts, "receiver_name": texts, "open_address_id": texts}),
    st.integers(0, 10**9),
    moments,
)
def test_what_a_generated_order_says_arrives_unchanged(
    rows: list[dict[str, Any]], told: dict[str, str], paid_fen: int, updated: datetime
) -> None:
    raw = row(item_list=rows, **told, pay_amount=paid_fen / 100, updated_at=f"{updated:%Y-%m-%d %H:%M:%S}")
    order = order_of(json.loads(json.dumps(raw)), NOBODY)

    assert sorted((line.qty, line.unit_price_fen) for line in order.lines) == sorted(
        (one["goods_count"], round(one["goods_price"] * 100)) for one in rows
    )
    assert [line.channel_sku_id for line in order.lines] == [str(one["sku_id"]) for one in rows]
    assert len({line.line_no for line in order.lines}) == len(rows)
    assert (order.buyer_note, order.seller_note) == (told["buyer_memo"], told["remark"])
    assert order.amount_fen == paid_fen
    assert (order.modified_at.hour - updated.hour) % 24 == 16
    if told["receiver_name"]:
        assert json.loads(order.consignee.token)["receiver_name"] == told["receiver_name"]


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, child in inner for path in ((*here, key), *paths(child, (*here, key)))]


FULL = row(
    order_status=2,
    tracking_number="SF1",
    extra_delivery_list=[{"logistics_id": 85, "tracking_number": "YT2"}],
    gift_list=[item(3, 1, 0.0)],
    step_order_info={"step_trade_status": 2},
    trade_type=1,
)


@given(st.data())
def test_any_value_anywhere_is_an_order_or_a_broken_answer(data: st.DataObject) -> None:
    raw: Any = copy.deepcopy(FULL)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths(raw)))
        parent = raw
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] = data.draw(JSON_VALUES)

    try:
        order = order_of(raw, COMPANIES, [case(1, ("6-3", 1))])
    except ContractBroken:
        return
    assert order.order_no
    assert order.lines
    assert len({line.line_no for line in order.lines}) == len(order.lines)
    assert order.modified_at.tzinfo is not None


@given(st.data())
def test_any_value_in_a_case_is_a_case_or_a_broken_answer(data: st.DataObject) -> None:
    raw = refund()
    raw[data.draw(st.sampled_from(sorted(raw)))] = data.draw(JSON_VALUES)

    try:
        found = case_of(raw)
    except ContractBroken:
        return
    assert found.case_no


@given(JSON_VALUES)
def test_a_stranger_is_a_broken_answer(raw: object) -> None:
    for read in (lambda: order_of(raw, NOBODY), lambda: case_of(raw)):
        with pytest.raises(ContractBroken):
            read()
