"""WeChat's JSON is read back unchanged, and hostile values are refused or read, never anything third."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState
from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee, ShippedParcel
from core.channels.fields import Fields
from core.channels.wechat.carriers import code_of, ids_of
from core.channels.wechat.case_mapper import case_of, listings_of
from core.channels.wechat.mapper import GIFT_WORDS, GROUP_WORDS, PAYING_WORDS, VIRTUAL_WORDS, order_of
from core.runtime.remote_errors import ContractBroken

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
CLOSED = (190, 200, 250)

texts = st.text(max_size=20)
ids = st.integers(1, 2**63).map(str)
seconds = st.integers(946_684_800, 4_102_444_800).map(lambda second: datetime.fromtimestamp(second, UTC))
lines = st.builds(
    ChannelOrderLine,
    line_no=st.just(""),
    item_id=ids,
    channel_sku_id=ids,
    merchant_code=texts,
    title=texts,
    spec=texts.filter(lambda text: not text or text.strip()),
    qty=st.integers(1, 1_000_000),
    unit_price_fen=st.integers(0, 10**12),
    after_sale=st.sampled_from(["none", "requested", "refunded"]),
    is_gift=st.booleans(),
)


@st.composite
def orders(draw: st.DrawFn) -> ChannelOrder:
    status = draw(st.sampled_from([10, 12, 13, 20, 21, 30, 100, *CLOSED]))
    paid_at = None if status == 10 else draw(seconds)
    bought = [
        replace(line, line_no=f"{line.item_id}-{line.channel_sku_id}")
        for line in draw(
            st.lists(lines, min_size=1, max_size=4, unique_by=lambda line: (line.item_id, line.channel_sku_id))
        )
    ]
    refunds = [line.after_sale == "refunded" for line in bought]
    payment = "unpaid" if paid_at is None else "refunded" if status in CLOSED or all(refunds) else "paid"
    if payment == "paid" and any(refunds):
        payment = "partly_refunded"
    place_key = draw(texts)
    name, phone, province, city, district, address, postcode = (draw(texts) for _ in range(7))
    receiver = Consignee(name, phone, province, city, district, address, postcode, token=place_key, is_masked=True)
    parcels = [ShippedParcel("ZTO", draw(ids), ((line.line_no, line.qty),)) for line in bought if draw(st.booleans())]
    number = draw(ids)
    return ChannelOrder(
        order_no=number,
        version=0,
        modified_at=draw(seconds),
        placed_at=draw(seconds),
        paid_at=paid_at,
        payment=payment,
        channel_status=str(status),
        is_closed=status in CLOSED,
        is_shipped=status in (30, 100),
        is_completed=status == 100,
        buyer_key=draw(texts) or f"order:{number}",
        buyer_name="",
        consignee=receiver,
        lines=tuple(bought),
        amount_fen=draw(st.integers(0, 10**12)),
        freight_fen=draw(st.integers(0, 10**12)),
        buyer_note=draw(texts),
        seller_note=draw(texts),
        order_type=draw(st.sampled_from(["normal", "presale"])),
        ship_by_at=draw(st.none() | seconds),
        stopped_for={12: GIFT_WORDS, 13: GROUP_WORDS}.get(status, ""),
        shipped=tuple(parcels),
        merge_key=place_key,
    )


def second(at: datetime | None) -> int:
    return 0 if at is None else int(at.timestamp())


def json_of(order: ChannelOrder) -> dict[str, Any]:
    """The platform's own writing of an order, after its page on `order/get`."""
    place = order.consignee
    products = [
        {
            "product_id": line.item_id,
            "sku_id": int(line.channel_sku_id) if index % 2 else line.channel_sku_id,
            "sku_code": line.merchant_code,
            "title": line.title,
            "sku_attrs": [{"attr_key": "规格", "attr_value": line.spec}] if line.spec else None,
            "sku_cnt": line.qty,
            "sale_price": line.unit_price_fen,
            "on_aftersale_sku_cnt": line.qty if line.after_sale == "requested" else 0,
            "finish_aftersale_sku_cnt": line.qty if line.after_sale == "refunded" else 0,
            "is_free_gift": line.is_gift,
            "delivery_deadline": second(order.ship_by_at),
            "sku_deliver_info": {"stock_type": 1 if order.order_type == "presale" else 0},
            "product_unique_id": f"{order.order_no}_{index:03}",
        }
        for index, line in enumerate(order.lines)
    ]
    parcels = [
        {
            "waybill_id": parcel.waybill_no,
            "delivery_id": "ZTO-1",
            "delivery_name": "中通快递",
            "delivery_time": 1,
            "product_infos": [
                {"product_id": no.split("-")[0], "sku_id": no.split("-")[1], "product_cnt": qty}
                for no, qty in parcel.lines
            ],
        }
        for parcel in order.shipped
    ]
    return {
        "order_id": order.order_no,
        "status": int(order.channel_status),
        "openid": "" if order.buyer_key == f"order:{order.order_no}" else order.buyer_key,
        "create_time": second(order.placed_at),
        "update_time": second(order.modified_at),
        "order_detail": {
            "product_infos": products,
            "pay_info": None if order.paid_at is None else {"pay_time": second(order.paid_at)},
            "price_info": {"order_price": order.amount_fen, "freight": order.freight_fen},
            "delivery_info": {
                "address_info": {
                    "user_name": place.name,
                    "tel_number": place.phone,
                    "province_name": place.province,
                    "city_name": place.city,
                    "county_name": place.district,
                    "detail_info": place.address,
                    "house_number": "",
                    "postal_code": place.postcode,
                    "hash_code": place.token,
                },
                "delivery_product_info": parcels,
            },
            "ext_info": {"customer_notes": order.buyer_note, "merchant_notes": order.seller_note},
        },
        "a_field_of_tomorrow": {"x": [1]},
    }


EXAMPLE = json_of(
    ChannelOrder(
        order_no="3705115058471208928",
        version=0,
        modified_at=NOW,
        placed_at=NOW - timedelta(hours=1),
        paid_at=NOW - timedelta(minutes=59),
        payment="paid",
        channel_status="20",
        is_closed=False,
        is_shipped=False,
        buyer_key="o-1",
        buyer_name="",
        consignee=Consignee("赵**", "138****0001", "浙江省", "杭州市", "余杭区", "练*", token="h-1", is_masked=True),
        lines=(ChannelOrderLine("1-2", "1", "2", "MF-101", "奶粉", "900g", 2, 13400),),
        amount_fen=26800,
        freight_fen=0,
    )
)


def changed(**detail: object) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(json.dumps(EXAMPLE))
    for name, value in detail.items():
        target, _, field = name.rpartition("__")
        place: Any = raw
        for step in target.split("__") if target else ():
            place = place[int(step)] if isinstance(place, list) else place[step]
        place[field] = value
    return raw


LINE = "order_detail__product_infos__0"


@given(orders())
def test_what_wechat_writes_is_read_back_unchanged(order: ChannelOrder) -> None:
    raw = json.loads(json.dumps(json_of(order)))
    # the mapper gives what our table calls the carrier, and reads zero as "never"
    assert order_of(raw) == replace(order, raw=raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_whatever_stands_in_a_field_the_mapper_answers_or_refuses(data: st.DataObject) -> None:
    raw = changed()
    detail = raw["order_detail"]
    delivery = detail["delivery_info"]
    delivery["delivery_product_info"] = [
        {
            "waybill_id": "SF1",
            "delivery_id": "SF",
            "product_infos": [{"product_id": "1", "sku_id": "2", "product_cnt": 9}],
        }
    ]
    spots = [raw, detail, delivery, delivery["address_info"], detail["product_infos"][0], detail["price_info"]]
    spots += [delivery["delivery_product_info"][0], detail["pay_info"], detail["ext_info"]]
    place = data.draw(st.sampled_from(spots))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(json_values)

    with suppress(ContractBroken):
        order = order_of(raw)
        assert order.order_no
        assert all(line.qty >= 1 and line.line_no for line in order.lines)


@given(json_values)
def test_anything_else_is_no_order_case_or_item(value: object) -> None:
    for read in (order_of, lambda raw: case_of(raw, NOW), listings_of):
        with pytest.raises(ContractBroken):
            read(value)


@pytest.mark.parametrize(
    ("status", "payment", "stopped_for", "is_closed"),
    [
        (10, "paid", PAYING_WORDS, False),
        (12, "paid", GIFT_WORDS, False),
        (13, "paid", GROUP_WORDS, False),
        (20, "paid", "", False),
        (21, "paid", "", False),
        (190, "refunded", "", True),
        (200, "refunded", "", True),
        (250, "refunded", "", True),
        (77, "paid", "平台状态 77", False),
    ],
)
def test_states_are_sorted_and_an_unknown_one_waits(
    status: int, payment: str, stopped_for: str, is_closed: bool
) -> None:
    order = order_of(changed(status=status))
    assert (order.payment, order.stopped_for, order.is_closed) == (payment, stopped_for, is_closed)
    assert order.channel_status == str(status)


def test_goods_without_a_parcel_are_never_packed() -> None:
    for status, words in ((20, VIRTUAL_WORDS), (21, VIRTUAL_WORDS), (30, ""), (250, "")):
        raw = changed(status=status, order_detail__delivery_info__deliver_method=1)
        assert order_of(raw).stopped_for == words


@pytest.mark.parametrize("status", [10, 190, 250])
def test_an_order_nobody_paid_is_unpaid(status: int) -> None:
    order = order_of(changed(status=status, order_detail__pay_info=None))
    assert (order.payment, order.paid_at, order.stopped_for) == ("unpaid", None, "")


@pytest.mark.parametrize(
    ("asked", "done", "after_sale", "payment"),
    [
        (0, 0, "none", "paid"),
        (2, 0, "requested", "paid"),
        (0, 2, "refunded", "refunded"),
        (0, 1, "requested", "partly_refunded"),
    ],
)
def test_a_line_of_which_units_are_paid_back_waits_for_a_person(
    asked: int, done: int, after_sale: str, payment: str
) -> None:
    order = order_of(changed(**{f"{LINE}__on_aftersale_sku_cnt": asked, f"{LINE}__finish_aftersale_sku_cnt": done}))
    assert (order.lines[0].after_sale, order.lines[0].qty, order.payment) == (after_sale, 2, payment)


@pytest.mark.parametrize("mark", [True, 1])
def test_a_gift_of_the_same_goods_is_a_line_of_its_own(mark: object) -> None:
    raw = changed()
    products = raw["order_detail"]["product_infos"]
    products.append({**products[0], "sku_cnt": 1, "sale_price": 0, "is_free_gift": mark})
    inside = [{"product_id": "1", "sku_id": "2", "product_cnt": 3}]
    raw["order_detail"]["delivery_info"]["delivery_product_info"] = [
        {"waybill_id": "SF1", "delivery_id": "SF", "product_infos": inside}
    ]

    order = order_of(raw)

    assert [(line.line_no, line.is_gift) for line in order.lines] == [("1-2", False), ("1-2#2", True)]
    assert order.shipped == (ShippedParcel("SF", "SF1", (("1-2", 2), ("1-2#2", 1))),)


def test_a_parcel_without_a_number_is_none_and_goods_of_no_line_are_named_as_they_are() -> None:
    raw = changed()
    inside = [{"product_id": "8", "sku_id": "9", "product_cnt": 3}]
    raw["order_detail"]["delivery_info"]["delivery_product_info"] = [
        {"waybill_id": "", "delivery_id": "SF", "product_infos": inside},
        {"waybill_id": "SF2", "delivery_id": "SF", "product_infos": inside},
    ]
    assert order_of(raw).shipped == (ShippedParcel("SF", "SF2", (("8-9", 3),)),)


def test_a_changed_price_and_freight_are_what_was_agreed() -> None:
    raw = changed(
        **{f"{LINE}__is_change_price": True, f"{LINE}__change_price": 100},
        order_detail__price_info={
            "order_price": 700,
            "freight": 900,
            "is_change_freight": True,
            "change_freight": 500,
        },
    )
    order = order_of(raw)
    assert (order.lines[0].unit_price_fen, order.freight_fen, order.amount_fen) == (100, 500, 700)


def test_an_order_without_a_receiver_is_read() -> None:
    order = order_of(changed(order_detail__delivery_info__address_info=None, status=12))
    assert order.consignee == Consignee("", "", "", "", "", "")
    assert order.merge_key == ""


@pytest.mark.parametrize("name", ["order_id", "create_time", "update_time", "order_detail"])
def test_a_missing_promise_is_named(name: str) -> None:
    with pytest.raises(ContractBroken) as caught:
        order_of({key: value for key, value in EXAMPLE.items() if key != name})
    assert caught.value.code == f"order.{name}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sku_cnt", 0),
        ("sku_cnt", -1),
        ("sku_cnt", "x"),
        ("sale_price", -1),
        ("product_id", None),
        ("product_id", 1.5),
        ("title", 7),
        ("delivery_deadline", -5),
        ("sku_attrs", "红色"),
    ],
)
def test_a_line_that_is_not_what_was_promised_is_refused_without_its_value(field: str, value: object) -> None:
    with pytest.raises(ContractBroken) as caught:
        order_of(changed(**{f"{LINE}__{field}": value}))
    assert caught.value.code == f"order.order_detail.product_infos.{field}"


def test_an_open_order_has_lines() -> None:
    with pytest.raises(ContractBroken):
        order_of(changed(order_detail__product_infos=[]))
    assert order_of(changed(order_detail__product_infos=None, status=250)).lines == ()


CASE: dict[str, Any] = {
    "after_sale_order_id": "2000000234115377",
    "order_id": "3716062235564049920",
    "status": "MERCHANT_PROCESSING",
    "type": "REFUND",
    "product_info": {"product_id": "1", "sku_id": "2", "count": 1},
    "refund_info": {"amount": 9900},
    "create_time": second(NOW) - 60,
    "update_time": second(NOW),
    "reason": "OTHERS",
    "reason_text": "不想要了",
    "deadline": 3600,
}


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("MERCHANT_PROCESSING", AfterSaleState.REQUESTED),
        ("USER_WAIT_RETURN", AfterSaleState.TO_RETURN),
        ("MERCHANT_WAIT_RECEIPT", AfterSaleState.RETURNING),
        ("PLATFORM_REFUNDING", AfterSaleState.AGREED),
        ("MERCHANT_REFUND_SUCCESS", AfterSaleState.DONE),
        ("MERCHANT_RETURN_SUCCESS", AfterSaleState.DONE),
        ("MERCHANT_REJECT_REFUND", AfterSaleState.REFUSED),
        ("USER_CANCELD", AfterSaleState.CLOSED),
        ("RETURN_CLOSED", AfterSaleState.CLOSED),
        ("MERCHANT_FAIL", AfterSaleState.CLOSED),
        ("A_WORD_OF_TOMORROW", AfterSaleState.UNKNOWN),
    ],
)
def test_the_words_of_cases_are_sorted(word: str, state: AfterSaleState) -> None:
    case = case_of({**CASE, "status": word}, NOW)
    assert (case.state, case.channel_state) == (state, word)


def test_a_case_is_told_with_its_goods_money_and_the_time_to_answer() -> None:
    case = case_of(CASE, NOW)
    assert (case.kind, case.lines, case.refund_fen) == (AfterSaleKind.REFUND, (("1-2", 1),), 9900)
    assert (case.answer_by_at, case.reason) == (NOW + timedelta(hours=1), "不想要了")
    assert case_of({**CASE, "deadline": None}, NOW).answer_by_at is None
    assert case_of({**CASE, "status": "USER_CANCELD"}, NOW).answer_by_at is None
    assert case_of({**CASE, "product_info": None}, NOW).lines == ()


def test_an_item_is_listed_by_its_skus() -> None:
    red = {"sku_id": 7, "sku_code": "", "out_sku_id": "R", "sale_price": 5900, "stock_num": 0, "sku_attrs": []}
    blue = {"sku_id": "8", "sku_code": "B", "sku_attrs": [{"attr_key": "颜色", "attr_value": "蓝"}], "status": 11}
    item = {"product_id": "6", "title": "T 恤", "status": 5, "head_imgs": ["https://x/1.jpg"], "skus": [red, blue]}

    first, second_ = listings_of(item)

    assert (first.channel_sku_id, first.merchant_code, first.qty, first.is_on_sale) == ("7", "R", 0, True)
    assert (second_.spec, second_.qty, second_.is_on_sale, second_.picture_url) == (
        "蓝",
        None,
        False,
        "https://x/1.jpg",
    )
    assert listings_of({"product_id": "6"}) == ()


def test_carriers_are_matched_by_name_and_told_by_the_shops_own_ids() -> None:
    rows = [
        Fields({"delivery_id": "X-9", "delivery_name": "中通快递"}, "c"),
        Fields({"delivery_id": "SF", "delivery_name": "顺丰速运"}, "c"),
        Fields({"delivery_id": "LOCAL", "delivery_name": "同城小哥"}, "c"),
        Fields({"delivery_id": "X-8", "delivery_name": "中通"}, "c"),
    ]
    found = ids_of(rows)
    assert (found["ZTO"], found["SF"], found["LOCAL"]) == ("X-9", "SF", "LOCAL")
    assert [code_of("X-9", "中通快递"), code_of("YUNDA", ""), code_of("WHO", "谁")] == ["ZTO", "YD", "WHO"]
