"""Douyin's words become canonical records or `ContractBroken`; never anything third."""

import copy
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
from core.channels.douyin import mapper
from core.channels.douyin.cases import case_of
from core.channels.douyin.listings import listings_of, product_ids
from core.channels.douyin.mapper import order_of, packs_of, star_of
from core.channels.fields import Fields
from core.channels.shop_contract import Flag
from core.runtime.remote_errors import ContractBroken

LINE: dict[str, Any] = {
    "order_id": "6918490006302719315",
    "product_id": 3539925204033330668,
    "sku_id": 1737398770243598371,
    "item_num": 2,
    "origin_amount": 1990,
}
ORDER: dict[str, Any] = {
    "order_id": "6918490006302719314",
    "order_status": 2,
    "main_status": 2,
    "create_time": 1767835800,
    "update_time": 1767837600,
    "pay_time": 1767835860,
    "pay_amount": 3980,
    "sku_order_list": [LINE],
}

texts = st.text(max_size=20)
ids = st.integers(1, 9 * 10**18).map(str)
instants = st.integers(1, 4_102_444_800).map(
    lambda second: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
)
#: (words of after_sale_info, what they mean)
after_sales = st.sampled_from(
    [
        ({}, "none"),
        ({"after_sale_status": 0}, "none"),
        ({"after_sale_status": 6, "after_sale_type": 2, "refund_status": 1}, "requested"),
        ({"after_sale_status": 11, "after_sale_type": 0, "refund_status": 1}, "requested"),
        ({"after_sale_status": 12, "after_sale_type": 2, "refund_status": 3}, "refunded"),
        ({"after_sale_status": 51, "after_sale_type": 5, "refund_status": 3}, "refunded"),
        ({"after_sale_status": 27, "after_sale_type": 1, "refund_status": 4}, "none"),
        ({"after_sale_status": 28, "after_sale_type": 1, "refund_status": 1}, "none"),
        ({"after_sale_status": 6, "after_sale_type": 3}, "none"),
        ({"after_sale_status": 12, "after_sale_type": 6, "refund_status": 3}, "none"),
        ({"after_sale_status": 77, "after_sale_type": 2}, "requested"),
    ]
)


@st.composite
def lines(draw: st.DrawFn) -> tuple[ChannelOrderLine, dict[str, Any]]:
    words, meaning = draw(after_sales)
    spec = draw(st.lists(st.text("红蓝大小XL", min_size=1, max_size=3), max_size=2))
    line = ChannelOrderLine(
        line_no=draw(ids),
        item_id=draw(ids),
        channel_sku_id=draw(ids),
        merchant_code=draw(texts),
        title=draw(texts),
        spec=" ".join(spec),
        qty=draw(st.integers(1, 1_000_000)),
        unit_price_fen=draw(st.integers(0, 10**12)),
        after_sale=meaning,
        is_gift=draw(st.booleans()),
    )
    is_text = draw(st.booleans())
    told = {
        "order_id": line.line_no,
        "parent_order_id": "1",
        "product_id": int(line.item_id),
        **({"product_id_str": line.item_id} if is_text else {}),
        "sku_id": int(line.channel_sku_id),
        "code": line.merchant_code,
        "out_sku_id": "0",
        "product_name": line.title,
        "spec": [{"name": "规格", "value": word} for word in spec],
        "item_num": line.qty,
        "origin_amount": line.unit_price_fen,
        "after_sale_info": words,
        "given_product_type": "FREE" if line.is_gift else "MASTER",
    }
    return line, told


@st.composite
def orders(draw: st.DrawFn) -> tuple[ChannelOrder, dict[str, Any]]:
    pairs = draw(st.lists(lines(), min_size=1, max_size=4, unique_by=lambda pair: pair[0].line_no))
    told_lines = [line for line, _words in pairs]
    state = draw(st.sampled_from([1, 105, 2, 101, 3, 4, 5]))
    is_paid = state != 1 and (state != 4 or draw(st.booleans()))
    paid_at = draw(instants) if is_paid else None
    refunded = [line.after_sale == "refunded" for line in told_lines if not line.is_gift] or [False]
    if not is_paid:
        payment = "unpaid"
    elif all(refunded) or state == 4:
        payment = "refunded"
    else:
        payment = "partly_refunded" if any(refunded) else "paid"
    name, phone, detail = draw(texts), draw(texts), draw(texts)
    token = {"name": draw(texts), "phone": draw(texts), "address": draw(texts)}
    province, city, town, street = (draw(texts) for _ in range(4))
    amount = draw(st.integers(1, 10**12 - 5))
    stars = draw(st.integers(0, 5))
    sent = draw(st.lists(st.sampled_from(["zhongtong", "shunfeng", "newcomer"]), max_size=2))
    packs = [
        {
            "tracking_no": f"N{place}",
            "company": company,
            "delivery_id": str(place),
            "product_info": [{"sku_order_id": told_lines[0].line_no, "product_count": 1}],
        }
        for place, company in enumerate(sent)
    ]
    codes = {"zhongtong": "ZTO", "shunfeng": "SF", "newcomer": "newcomer"}
    buyer, order_no = draw(st.just("") | ids), draw(ids)
    ship_by, not_before = draw(st.none() | instants), draw(st.none() | instants)
    raw: dict[str, Any] = {
        "order_id": order_no,
        "order_status": state,
        "main_status": state,
        "order_status_desc": "审核中",
        "create_time": int(draw(instants).timestamp()),
        "update_time": int(draw(instants).timestamp()),
        "pay_time": 0 if paid_at is None else int(paid_at.timestamp()),
        "exp_ship_time": 0 if ship_by is None else int(ship_by.timestamp()),
        "appointment_ship_time": 0 if not_before is None else int(not_before.timestamp()),
        "pay_amount": amount if is_paid else 0,
        "order_amount": amount + 5,
        "promotion_amount": 5,
        "post_amount": 600,
        "pay_type": draw(st.integers(0, 9)),
        "buyer_words": draw(texts),
        "seller_words": draw(texts),
        "seller_remark_stars": stars,
        "doudian_open_id": buyer,
        "open_address_id": draw(texts),
        "encrypt_post_receiver": token["name"],
        "encrypt_post_tel": token["phone"],
        "mask_post_receiver": name,
        "mask_post_tel": phone,
        "post_addr": {
            **{key: {"name": value, "id": "1"} for key, value in (("province", province), ("city", city))},
            **{key: {"name": value, "id": "1"} for key, value in (("town", town), ("street", street))},
            "detail": "",
            "encrypt_detail": token["address"],
        },
        "mask_post_addr": {"detail": detail},
        "logistics_info": packs,
        "sku_order_list": [words for _line, words in pairs],
        "a_field_of_tomorrow": {"x": [1]},
    }
    flags = {0: "", 1: "purple", 2: "blue", 3: "green", 4: "yellow", 5: "red"}
    order = ChannelOrder(
        order_no=order_no,
        version=0,
        modified_at=datetime.fromtimestamp(raw["update_time"], UTC),
        placed_at=datetime.fromtimestamp(raw["create_time"], UTC),
        paid_at=paid_at,
        payment=payment,
        channel_status=str(state),
        is_closed=state == 4 or payment == "refunded",
        is_shipped=state in (3, 5),
        is_completed=state == 5,
        buyer_key=buyer or f"order:{order_no}",
        buyer_name=name,
        consignee=Consignee(
            name,
            phone,
            province,
            city,
            town,
            street + detail,
            token=json.dumps(token, ensure_ascii=False, separators=(",", ":")) if any(token.values()) else "",
            is_masked=True,
            identity=f"{order_no} {raw['open_address_id']}" if raw["open_address_id"] else "",
        ),
        lines=tuple(told_lines),
        amount_fen=amount,
        freight_fen=600,
        buyer_note=raw["buyer_words"],
        seller_note=raw["seller_words"],
        ship_by_at=ship_by,
        not_before_at=not_before,
        stopped_for="审核中" if state == 105 else "",
        shipped=[
            ShippedParcel(codes[company], f"N{place}", ((told_lines[0].line_no, 1),))
            for place, company in enumerate(sent)
        ],
        merge_key=raw["open_address_id"],
        seller_flag=flags[stars],
        is_cod=raw["pay_type"] == 0,
        raw=raw,
    )
    return order, raw


@given(orders())
def test_an_order_comes_whole_through_the_wire(pair: tuple[ChannelOrder, dict[str, Any]]) -> None:
    order, raw = pair
    assert order_of(json.loads(json.dumps(raw))) == order


def broken_variants() -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [
        ("nothing", None),
        ("list", []),
        ("no lines", {**ORDER, "sku_order_list": []}),
        ("no line list", {**ORDER, "sku_order_list": {}}),
        ("same line twice", {**ORDER, "sku_order_list": [LINE, LINE]}),
        ("a line of text", {**ORDER, "sku_order_list": ["x"]}),
    ]
    strange: list[Any] = [None, "", [], {}, True, 1.5]
    names = ("order_id", "create_time", "update_time")
    found += [(f"{name}={value}", {**ORDER, name: value}) for name in names for value in strange]
    for name, value in (
        ("item_num", 0),
        ("item_num", -1),
        ("item_num", 1.5),
        ("item_num", "x"),
        ("item_num", 10**9),
        ("origin_amount", -1),
        ("origin_amount", "1.5"),
        ("order_id", ""),
        ("order_id", 1.5),
        ("after_sale_info", []),
        ("spec", "x"),
    ):
        found.append((f"line {name}={value}", {**ORDER, "sku_order_list": [{**LINE, name: value}]}))
    for name, value in (
        ("pay_amount", 10**13),
        ("pay_time", -1),
        ("pay_time", 10**15),
        ("post_addr", "x"),
        ("post_addr", {"province": "x"}),
        ("buyer_words", 5),
        ("logistics_info", [{"tracking_no": 5}]),
    ):
        found.append((f"{name}={value}", {**ORDER, name: value}))
    return found


@pytest.mark.parametrize(("what", "raw"), broken_variants(), ids=[what for what, _raw in broken_variants()])
def test_what_is_not_promised_is_refused_without_its_value(what: str, raw: Any) -> None:
    with pytest.raises(ContractBroken) as caught:
        order_of(raw)
    assert caught.value.code


def test_what_the_app_may_not_see_is_left_out() -> None:
    order = order_of(ORDER)

    assert order.consignee == Consignee("", "", "", "", "", "", token="", is_masked=True)
    assert (order.buyer_key, order.merge_key, order.seller_flag) == ("order:6918490006302719314", "", "")
    assert (order.payment, order.amount_fen, order.is_cod) == ("paid", 3980, False)
    (line,) = order.lines
    assert (line.line_no, line.item_id, line.channel_sku_id) == (
        "6918490006302719315",
        "3539925204033330668",
        "1737398770243598371",
    )


def test_an_order_to_be_sent_is_paid_whatever_the_app_sees_of_its_payment() -> None:
    order = order_of({**ORDER, "pay_time": 0})
    assert (order.payment, order.paid_at) == ("paid", None)


def test_a_state_nobody_knows_stops_the_order() -> None:
    order = order_of({**ORDER, "order_status": 107, "main_status": 103})
    assert order.stopped_for
    assert order.channel_status == "107/103"
    assert not order.is_closed
    assert not order_of({**ORDER, "main_status": 103}).stopped_for


@pytest.mark.parametrize("main", [21, 22, 39])
def test_an_order_closed_by_a_refund_is_closed(main: int) -> None:
    assert order_of({**ORDER, "main_status": main}).is_closed


def test_presale_is_told() -> None:
    raw = {**ORDER, "sku_order_list": [{**LINE, "pre_sale_type": 1}]}
    assert order_of(raw).order_type == "presale"


def test_every_flag_has_a_star_and_comes_back() -> None:
    for flag in Flag:
        assert order_of({**ORDER, "seller_remark_stars": star_of(flag)}).seller_flag == flag
    assert order_of({**ORDER, "seller_remark_stars": 9}).seller_flag == ""


def test_parcels_say_what_they_hold_where_the_platform_does() -> None:
    row = {"tracking_no": "N1", "company": "zhongtong", "delivery_id": 69184900063027193140, "product_info": None}
    raw = {**ORDER, "logistics_info": [row, {"tracking_no": ""}]}
    assert packs_of(raw) == [mapper.Pack("69184900063027193140", "zhongtong", "N1", {})]
    assert order_of(raw).shipped == [ShippedParcel("ZTO", "N1", ())]

    inside = [{"sku_order_id": "7", "product_count": 2}, {"sku_order_id": "8", "product_count": 0}]
    raw = {**ORDER, "logistics_info": [{**row, "product_info": inside}]}
    assert packs_of(raw)[0].lines == {"7": 2}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_any_value_anywhere_is_a_record_or_a_broken_contract(data: st.DataObject) -> None:
    _order, raw = data.draw(orders())
    raw = copy.deepcopy(raw)
    at: Any = raw
    for _ in range(data.draw(st.integers(0, 4))):
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(at[key], (dict, list)) or data.draw(st.booleans()):
            at[key] = data.draw(anything)
            break
        at = at[key]
    with suppress(ContractBroken):
        order_of(raw)


# --- cases and listings -----------------------------------------------------------------------------------------------

CASE: dict[str, Any] = {
    "aftersale_info": {
        "aftersale_id": 7012345678901230001,
        "aftersale_type": 0,
        "aftersale_status": 11,
        "apply_time": 1767835800,
        "update_time": 1767837600,
        "status_deadline": 1767841200,
        "refund_amount": 1990,
        "refund_post_amount": 600,
        "return_logistics_code": "78100000000017",
        "return_logistics_company_name": "中通快递",
    },
    "order_info": {
        "shop_order_id": "6918490006302719314",
        "related_order_info": [
            {"sku_order_id": "6918490006302719315", "item_num": 2, "aftersale_item_num": 1},
            {"sku_order_id": "6918490006302719316", "item_num": 3},
            {"sku_order_id": "", "item_num": 3},
        ],
    },
    "text_part": {"reason_text": "不想要了"},
}


def changed(**info: Any) -> dict[str, Any]:
    return {**CASE, "aftersale_info": {**CASE["aftersale_info"], **info}}


def test_a_case_says_who_what_and_how_far() -> None:
    case = case_of(CASE)

    assert (case.case_no, case.order_no) == ("7012345678901230001", "6918490006302719314")
    assert case.lines == (("6918490006302719315", 1), ("6918490006302719316", 3))
    assert (case.kind, case.state, case.channel_state) == (AfterSaleKind.RETURN, AfterSaleState.RETURNING, "11")
    assert (case.refund_fen, case.goods_were_sent, case.reason) == (2590, True, "不想要了")
    assert case.answer_by_at == datetime.fromtimestamp(1767841200, UTC)
    assert (case.return_carrier, case.return_waybill_no) == ("中通快递", "78100000000017")


@pytest.mark.parametrize(
    ("kind", "expected", "was_sent"),
    [
        (0, AfterSaleKind.RETURN, True),
        (1, AfterSaleKind.REFUND, True),
        (2, AfterSaleKind.REFUND, False),
        (3, AfterSaleKind.EXCHANGE, True),
        (6, AfterSaleKind.OTHER, None),
        (7, AfterSaleKind.RESEND, True),
        (8, AfterSaleKind.REPAIR, True),
        (99, AfterSaleKind.OTHER, None),
    ],
)
def test_every_kind_of_case_is_known_or_another(kind: int, expected: AfterSaleKind, was_sent: bool | None) -> None:
    case = case_of(changed(aftersale_type=kind))
    assert (case.kind, case.goods_were_sent) == (expected, was_sent)


@pytest.mark.parametrize(
    ("state", "refund", "expected"),
    [
        (6, 1, AfterSaleState.REQUESTED),
        (7, 1, AfterSaleState.TO_RETURN),
        (11, 1, AfterSaleState.RETURNING),
        (8, 1, AfterSaleState.AGREED),
        (12, 1, AfterSaleState.AGREED),
        (12, 2, AfterSaleState.AGREED),
        (12, 3, AfterSaleState.DONE),
        (13, 1, AfterSaleState.AGREED),
        (14, 1, AfterSaleState.DONE),
        (27, 4, AfterSaleState.REFUSED),
        (29, 4, AfterSaleState.REFUSED),
        (28, 4, AfterSaleState.CLOSED),
        (51, 4, AfterSaleState.CLOSED),
        (777, 1, AfterSaleState.UNKNOWN),
    ],
)
def test_every_state_of_a_case_is_known_or_shown_to_a_person(
    state: int, refund: int, expected: AfterSaleState
) -> None:
    case = case_of(changed(aftersale_status=state, refund_status=refund))
    assert case.state is expected
    assert (case.answer_by_at is not None) == (state in (6, 8, 11))


@pytest.mark.parametrize("raw", [None, {}, {**CASE, "order_info": None}, changed(aftersale_id=None)])
def test_a_case_without_its_numbers_is_refused(raw: Any) -> None:
    with pytest.raises(ContractBroken):
        case_of(raw)


def test_listings_are_named_as_order_lines_are() -> None:
    products = product_ids(
        {
            "data": [
                {
                    "product_id": 3539925204033330668,
                    "status": 0,
                    "check_status": 3,
                    "name": "蜂蜜",
                    "img": "https://x",
                },
                {"product_id": 5, "status": 2, "name": "没有了"},
            ]
        }
    )
    (product,) = products
    skus = [
        {"id": 1737398770243598371, "code": "MF-101", "price": 1990, "stock_num": 5, "spec_detail_name1": "500g"},
        {"id": 2, "sell_properties": [{"value_name": "红"}, {"value_name": "大"}], "spec_detail_name1": "旧"},
    ]

    first, second = listings_of(product, skus)

    assert (first.item_id, first.channel_sku_id) == ("3539925204033330668", "1737398770243598371")
    assert (first.merchant_code, first.title, first.spec, first.price_fen, first.qty, first.is_on_sale) == (
        "MF-101",
        "蜂蜜",
        "500g",
        1990,
        5,
        True,
    )
    assert (second.spec, second.price_fen, second.qty) == ("红 大", None, None)
    waiting = Fields({"product_id": 1, "status": 0, "check_status": 2}, "product")
    assert listings_of(waiting, skus)[0].is_on_sale is False
    for wrong in (None, {}, [None], [{"code": "x"}]):
        with pytest.raises(ContractBroken):
            listings_of(product, wrong)


def test_an_order_shows_nothing_of_its_receiver_by_itself() -> None:
    order = order_of({**ORDER, "encrypt_post_tel": "##cipher##"})
    assert "cipher" in order.consignee.token
    assert replace(order.consignee, token="") == Consignee("", "", "", "", "", "", is_masked=True)
