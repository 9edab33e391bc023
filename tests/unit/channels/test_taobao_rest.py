"""Refunds, carriers and the memory of Taobao's adapter by themselves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState, ChannelAfterSale
from core.channels.fields import Fields
from core.channels.taobao.carriers import Company, company_for, our_code
from core.channels.taobao.client import TopKey
from core.channels.taobao.memory import Memories, ShopMemory
from core.channels.taobao.refunds import case_of
from core.runtime.remote_errors import ContractBroken

Json = dict[str, Any]
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def refund(**changes: Any) -> Json:
    row: Json = {
        "refund_id": "770010000000000010",
        "tid": 2231958349000000001,
        "oid": 2231958350000000001,
        "status": "WAIT_SELLER_AGREE",
        "order_status": "WAIT_SELLER_SEND_GOODS",
        "good_status": "BUYER_NOT_RECEIVED",
        "has_good_return": False,
        "refund_fee": "99.00",
        "reason": "不想要了",
        "num": 2,
        "dispute_type": "REFUND",
        "created": "2026-11-24 10:00:00",
        "modified": "2026-11-24 10:00:05",
    }
    return {name: value for name, value in (row | changes).items() if value is not None}


def mapped(**changes: Any) -> ChannelAfterSale:
    return case_of(Fields(refund(**changes), "refund"))


def test_a_refund_with_its_line_and_money() -> None:
    case = mapped()

    assert (case.case_no, case.order_no) == ("770010000000000010", "2231958349000000001")
    assert case.lines == (("2231958350000000001", 2),)
    assert (case.refund_fen, case.reason, case.goods_were_sent) == (9900, "不想要了", False)
    assert case.modified_at == NOW + timedelta(seconds=5)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("WAIT_SELLER_AGREE", AfterSaleState.REQUESTED),
        ("WAIT_BUYER_RETURN_GOODS", AfterSaleState.TO_RETURN),
        ("WAIT_SELLER_CONFIRM_GOODS", AfterSaleState.RETURNING),
        ("SELLER_REFUSE_BUYER", AfterSaleState.REFUSED),
        ("CLOSED", AfterSaleState.CLOSED),
        ("SUCCESS", AfterSaleState.DONE),
        ("WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS", AfterSaleState.AGREED),
        ("WAIT_SELLER_CONSIGN_GOODS", AfterSaleState.AGREED),
        ("EXCHANGE_TRANSFORM_TO_REFUND", AfterSaleState.REQUESTED),
        ("A_NEW_WORD", AfterSaleState.UNKNOWN),
    ],
)
def test_every_state(status: str, state: AfterSaleState) -> None:
    case = mapped(status=status)
    assert (case.state, case.channel_state) == (state, status)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"dispute_type": "REFUND"}, AfterSaleKind.REFUND),
        ({"dispute_type": "REFUND_AND_RETURN"}, AfterSaleKind.RETURN),
        ({"dispute_type": "TMALL_EXCHANGE"}, AfterSaleKind.EXCHANGE),
        ({"dispute_type": "TAOBAO_EXCHANGE"}, AfterSaleKind.EXCHANGE),
        ({"dispute_type": "REPAIR"}, AfterSaleKind.REPAIR),
        ({"dispute_type": "RESHIPPING"}, AfterSaleKind.RESEND),
        ({"dispute_type": "OTHERS"}, AfterSaleKind.OTHER),
        ({"dispute_type": "A_NEW_WORD"}, AfterSaleKind.OTHER),
        ({"dispute_type": None, "has_good_return": True}, AfterSaleKind.RETURN),
        ({"dispute_type": None}, AfterSaleKind.REFUND),
    ],
)
def test_every_kind(changes: Json, kind: AfterSaleKind) -> None:
    assert mapped(**changes).kind is kind


@pytest.mark.parametrize(
    ("changes", "was_sent"),
    [
        ({}, False),
        ({"order_status": "WAIT_BUYER_CONFIRM_GOODS"}, True),
        ({"order_status": "TRADE_CLOSED"}, None),
        ({"order_status": None}, None),
        ({"order_status": "TRADE_CLOSED", "good_status": "BUYER_RECEIVED"}, True),
        ({"order_status": "TRADE_CLOSED", "refund_phase": "aftersale"}, True),
    ],
)
def test_whether_the_goods_had_left(changes: Json, was_sent: bool | None) -> None:
    assert mapped(**changes).goods_were_sent is was_sent


JUNK = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.lists(st.integers(), max_size=2)


@given(st.sampled_from(sorted(refund())), JUNK)
def test_whatever_stands_there_a_case_or_a_broken_contract_comes_out(name: str, value: object) -> None:
    try:
        case = mapped(**{name: value})
    except ContractBroken:
        return
    assert case.state in set(AfterSaleState)


COMPANIES = (
    Company("ZTO", "中通快递", ""),
    Company("YUNDA", "韵达快递", ""),
    Company("HTKY", "极兔速递", ""),
    Company("WND", "WnDirect", ""),
)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("ZTO", "ZTO"), ("YD", "YUNDA"), ("JTSD", "HTKY"), ("WND", "WND"), ("WnDirect", "WND"), ("PX", None)],
)
def test_our_carriers_are_found_in_the_platforms_list(ours: str, theirs: str | None) -> None:
    found = company_for(ours, COMPANIES)
    assert (None if found is None else found.code) == theirs


def test_a_carrier_nobody_knows_keeps_its_name() -> None:
    assert (our_code("韵达快递"), our_code("新来的快递")) == ("YD", "新来的快递")


def test_a_trade_is_remembered_until_it_changes_or_grows_old() -> None:
    memory = ShopMemory()
    modified = NOW - timedelta(seconds=30)
    memory.keep_trade("1", {"tid": 1}, modified, NOW)

    assert memory.trade("1", modified, NOW) == {"tid": 1}
    assert memory.trade("2", modified, NOW) is None
    assert memory.trade("1", modified + timedelta(seconds=1), NOW) is None, "it changed since"
    assert memory.trade("1", modified, NOW + timedelta(minutes=14)) is not None
    assert memory.trade("1", modified, NOW + timedelta(minutes=15)) is None, "notes change without a sign"
    assert memory.trade("1", modified, NOW - timedelta(seconds=1)) is None, "clocks that go back prove nothing"


def test_a_trade_read_in_the_second_of_its_change_is_read_again() -> None:
    memory = ShopMemory()
    memory.keep_trade("1", {"tid": 1}, NOW, NOW + timedelta(seconds=1))
    assert memory.trade("1", NOW, NOW + timedelta(seconds=5)) is None


def test_the_memory_does_not_grow_for_ever() -> None:
    memory = ShopMemory()
    modified = NOW - timedelta(seconds=30)
    for number in range(2001):
        memory.keep_trade(str(number), {}, modified, NOW)
    assert memory.trade("0", modified, NOW) is None
    assert memory.trade("2000", modified, NOW) == {}


def test_each_shop_has_a_memory_of_its_own() -> None:
    memories = Memories()
    one = memories.of("https://a.example", TopKey("k", "s", "t"))
    assert memories.of("https://a.example", TopKey("k", "s", "t")) is one
    assert memories.of("https://a.example", TopKey("k", "s", "other")) is not one
    assert memories.of("https://b.example", TopKey("k", "s", "t")) is not one


def test_secrets_are_in_no_text() -> None:
    assert "hidden" not in repr(TopKey("k", "hidden", "hidden too"))
