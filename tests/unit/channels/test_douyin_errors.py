"""Douyin's refusals become the five kinds; its own words are kept, and long numbers are not."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.contract import (
    CARRIER_REFUSED,
    KEPT_BACK,
    ORDER_CLOSED,
    REFUND_OPEN,
    SHIPPED_OTHERWISE,
    UNKNOWN_ORDER,
    WAYBILL_REFUSED,
)
from core.channels.douyin import errors
from core.channels.douyin.errors import error_of, refusal_of
from core.runtime.http import ErrorReply
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

KINDS = (AuthExpired, RateLimited, Temporary, Rejected, ContractBroken)


def said(code: object, sub_code: object = "", sub_msg: object = "") -> dict[str, object]:
    return {"code": code, "msg": "x", "sub_code": sub_code, "sub_msg": sub_msg, "log_id": "1", "data": {}}


@pytest.mark.parametrize(
    ("code", "sub_code", "sub_msg", "kind", "kept"),
    [
        (10001, "", "服务打瞌睡了", Temporary, "10001"),
        (20000, "isp.service-error:9999", "系统异常", Temporary, "20000 isp.service-error:9999"),
        (20001, "", "", Temporary, "20001"),
        (90000, "", "", Temporary, "90000"),
        (50002, "isv.business-failed:8888", "系统繁忙，请稍后重试", Temporary, "50002 isv.business-failed:8888"),
        (50001, "isv.business-failed:1", "请稍后再试", Temporary, "50001 isv.business-failed:1"),
        (50002, "isv.business-failed:1", "不可以", Rejected, "50002 isv.business-failed:1"),
        (60000, "isp.traffic-limited", "", RateLimited, "60000 isp.traffic-limited"),
        (50002, "isv.business-failed:2010401", "请求被限流, 请稍后再试", RateLimited, None),
        (40003, "isv.access-token-expired", "", AuthExpired, "40003 isv.access-token-expired"),
        (40003, "isv.access-token-no-existed", "", AuthExpired, "40003 isv.access-token-no-existed"),
        (40003, "isv.access-token-invalid", "", AuthExpired, "40003 isv.access-token-invalid"),
        (40003, "isv.signature-invalid", "", AuthExpired, "40003 isv.signature-invalid"),
        (40003, "isv.timestamp-invalid", "", Rejected, errors.CLOCK_SKEW),
        (40003, "isv.idempotent-id-existed", "", Rejected, errors.DONE_BEFORE),
        (40003, "isv.parameter-format-invalid", "", Rejected, "40003 isv.parameter-format-invalid"),
        (30001, "dop.authorization-no-existed", "", AuthExpired, "30001 dop.authorization-no-existed"),
        (30001, "dop.authorization-closed", "", AuthExpired, "30001 dop.authorization-closed"),
        (30001, "isv.app-permissions-insufficient", "", Rejected, "30001 isv.app-permissions-insufficient"),
        (30002, "", "", Rejected, "30002"),
        (40001, "", "", Rejected, "40001"),
        (40002, "isv.missing-parameter", "", Rejected, "40002 isv.missing-parameter"),
        (40004, "isv.parameter-invalid:1", "参数错误", Rejected, "40004 isv.parameter-invalid:1"),
        (70000, "", "", ContractBroken, "70000"),
        (80000, "", "", Rejected, "80000"),
        (12345, "", "", Rejected, "12345"),
    ],
)
def test_every_code_of_the_table_has_its_kind(
    code: int, sub_code: str, sub_msg: str, kind: type[ChannelError], kept: str | None
) -> None:
    error = refusal_of(said(code, sub_code, sub_msg))

    assert type(error) is kind
    assert kept is None or error.code == kept


@pytest.mark.parametrize(
    ("meanings", "number", "expected"),
    [
        (errors.SENDING, "60033", UNKNOWN_ORDER),
        (errors.SENDING, "60021", ORDER_CLOSED),
        (errors.SENDING, "60068", ORDER_CLOSED),
        (errors.SENDING, "60040", REFUND_OPEN),
        (errors.SENDING, "60120", REFUND_OPEN),
        (errors.SENDING, "60110", SHIPPED_OTHERWISE),
        (errors.SENDING, "60018", CARRIER_REFUSED),
        (errors.SENDING, "60017", WAYBILL_REFUSED),
        (errors.REPLACING, "70011", errors.IN_PACKS),
        (errors.ORDERS, "20014", UNKNOWN_ORDER),
        (errors.NOTES, "20002", UNKNOWN_ORDER),
        (errors.NOTES, "50056", "note_too_long"),
        (errors.STOCK, "40010", errors.DONE_BEFORE),
        (errors.STOCK, "5", errors.UNKNOWN_LISTING),
        (errors.SALE, "2010021", errors.STATE_AS_IT_IS),
    ],
)
def test_a_number_means_what_its_call_says(meanings: Mapping[str, str], number: str, expected: str) -> None:
    answer = said(50002, f"isv.business-failed:{number}", "不可以")

    error = refusal_of(answer, meanings)

    assert type(error) is Rejected
    assert error.code == expected
    assert "不可以" in str(error)
    without = refusal_of(answer)
    assert without is not None
    assert without.code == f"50002 isv.business-failed:{number}"


def test_a_review_that_asks_to_come_back_is_no_trouble_of_the_service() -> None:
    words = "订单正在风控审核中，风控审核时效1~2小时，请等待订单变为“备货中”状态后重试"
    error = refusal_of(said(50002, "isv.business-failed:60109", words), errors.SENDING)
    assert type(error) is Rejected
    assert error.code == KEPT_BACK


def test_good_answers_are_no_errors_in_either_shape() -> None:
    assert refusal_of(said(10000)) is None
    assert refusal_of({"err_no": 0, "message": "success", "data": {}}) is None
    assert type(refusal_of({"err_no": 40003, "message": "x"})) is Rejected
    for strange in ({}, {"code": "10000"}, {"code": True}, {"code": None, "data": {}}, {"data": []}):
        assert type(refusal_of(strange)) is ContractBroken


def test_the_platforms_words_are_kept_without_phones_and_at_length() -> None:
    error = refusal_of(said(50002, "isv.business-failed:1", "电话 13800000001\n不一致" + "长" * 1000))

    assert "不一致" in str(error)
    assert "13800000001" not in str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 200
    hostile = refusal_of(said(50002, "赵练习 13800000001", "x"))
    assert hostile is not None
    assert hostile.code == "50002"


def test_errors_of_the_wire_are_told_by_status_where_nothing_is_said() -> None:
    assert type(error_of(ErrorReply(429, None, 7.0))) is RateLimited
    assert type(error_of(ErrorReply(502, None, None))) is Temporary
    assert type(error_of(ErrorReply(403, None, None))) is ContractBroken
    assert type(error_of(ErrorReply(400, said(40003, "isv.access-token-expired"), None))) is AuthExpired
    assert type(error_of(ErrorReply(500, {"message": "x"}, None))) is Temporary


@given(
    st.dictionaries(
        st.sampled_from(["code", "err_no", "sub_code", "sub_msg", "msg", "message"]),
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers(), max_size=2),
    )
)
def test_whatever_comes_is_one_of_the_kinds(answer: dict[str, object]) -> None:
    error = refusal_of(answer, errors.SENDING)
    assert error is None or type(error) in KINDS
