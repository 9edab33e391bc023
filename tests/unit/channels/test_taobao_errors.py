"""Taobao's codes as the five kinds: the tables of its documents, row by row, and anything else it might say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.taobao.errors import error_of, explain
from core.runtime.http import ErrorReply
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

Json = dict[str, Any]


def told(code: object, sub_code: object = None, sub_msg: object = None, msg: str = "Remote service error") -> Json:
    body = {"code": code, "msg": msg, "sub_code": sub_code, "sub_msg": sub_msg, "request_id": "r1"}
    return {"error_response": {name: value for name, value in body.items() if value is not None}}


def of(data: Json) -> ChannelError:
    error = error_of(data)
    assert error is not None
    return error


@pytest.mark.parametrize(
    ("code", "sub_code", "kind"),
    [
        (7, "accesscontrol.limited-by-app-access-count", RateLimited),
        (7, "accesscontrol.limited-by-api-access-count", RateLimited),
        (7, "accesscontrol.limited-by-app-api-access-count", RateLimited),
        (9, None, Rejected),
        (10, None, Temporary),
        (11, "isv.permission-api-package-limit", Rejected),
        (11, "isv.permission-api-package-empty", Rejected),
        (12, "isv.permission-api-package-not-allowed", Rejected),
        (13, "isv.permission-ip-whitelist-limit", Rejected),
        (15, "isp.top-remote-connection-timeout", Temporary),
        (15, "isp.remote-service-timeout", Temporary),
        (15, "isp.remote-service-error", Temporary),
        (15, "isp.service-unavailable", Temporary),
        (50, "isp.system-busy", Temporary),
        (15, "isv.trade-not-exist", Rejected),
        (50, "isv.trade-not-exist", Rejected),
        (530, "isv.something-new", Rejected),
        (15, None, Temporary),
        (999, None, Temporary),
        (21, None, Rejected),
        (22, None, Rejected),
        (23, None, Rejected),
        (24, None, Rejected),
        (25, None, AuthExpired),
        (26, None, AuthExpired),
        (27, "invalid-sessionkey", AuthExpired),
        (27, "session-expired", AuthExpired),
        (27, "sessionkey-not-generated-by-server", AuthExpired),
        (28, None, AuthExpired),
        (29, None, AuthExpired),
        (30, None, Rejected),
        (31, None, Temporary),
        (32, None, Rejected),
        (33, None, Rejected),
        (34, None, Rejected),
        (40, "isv.missing-parameter:tid", Rejected),
        (41, "isv.invalid-parameter:tid", Rejected),
        (42, None, Rejected),
        (43, None, Rejected),
    ],
)
def test_each_code_is_one_of_the_five_kinds(code: int, sub_code: str | None, kind: type[ChannelError]) -> None:
    for number in (code, str(code)):
        error = of(told(number, sub_code))
        assert type(error) is kind
        assert error.code == (sub_code or str(code))
        assert str(error)


@pytest.mark.parametrize(
    ("sub_code", "sub_msg", "wait"),
    [
        ("accesscontrol.limited-by-api-access-count", "This ban will last for 1 more seconds", 2.0),
        ("accesscontrol.limited-by-app-api-access-count", "This ban will last for 47 more seconds", 48.0),
        ("accesscontrol.limited-by-app-access-count", "This ban will last for 50399 more seconds", 50_400.0),
        ("accesscontrol.limited-by-app-access-count", "This ban will last for 9999999 more seconds", 86_400.0),
        ("accesscontrol.limited-by-app-access-count", None, 3600.0),
        ("accesscontrol.limited-by-api-access-count", "no number", 1.0),
    ],
)
def test_a_ban_is_waited_for_to_its_last_second(sub_code: str, sub_msg: str | None, wait: float) -> None:
    error = of(told(7, sub_code, sub_msg))
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == wait


@pytest.mark.parametrize("word", ["不支持全量修改", "该商品被系统锁定", "活动商品不能改", "互动商品"])
def test_locked_stock_is_said_as_such(word: str) -> None:
    error = of(told(15, "isv.item-quantity-update-error", f"商品 {word}"))
    assert "locked" in str(error)
    assert error.code == "isv.item-quantity-update-error"


def test_a_permission_that_is_missing_says_where_to_get_it() -> None:
    assert "console" in str(of(told(11, "isv.permission-api-package-limit")))
    assert "address" in str(of(told(11, "isv.permission-ip-whitelist-limit")))


def test_foreign_words_stay_out_of_errors() -> None:
    error = of(told(15, "张三 13800000001", "张三 13800000001 的订单", "张三"))
    assert error.code == "15"
    assert "张三" not in str(error)
    assert "1380" not in str(error) + error.code


@pytest.mark.parametrize("broken", [[], "x", 1, True])
def test_a_refusal_nobody_understands_is_a_broken_contract(broken: object) -> None:
    assert isinstance(error_of({"error_response": broken}), ContractBroken)


def test_a_good_answer_is_no_error() -> None:
    assert error_of({"trades_sold_get_response": {}}) is None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=2)))
def test_whatever_it_says_one_kind_comes_out(value: object) -> None:
    error = error_of({"error_response": {"code": value, "sub_code": value, "sub_msg": value}})
    assert isinstance(error, ChannelError)
    assert len(error.code) <= 96 or isinstance(value, int)


@pytest.mark.parametrize(
    ("status", "problem", "kind"),
    [
        (400, told(27, "session-expired"), AuthExpired),
        (429, None, RateLimited),
        (502, None, Temporary),
        (403, None, ContractBroken),
        (404, {"message": "no"}, Rejected),
    ],
)
def test_a_proxys_answer_is_sorted_too(status: int, problem: Json | None, kind: type[ChannelError]) -> None:
    assert type(explain(ErrorReply(status, problem, None))) is kind
