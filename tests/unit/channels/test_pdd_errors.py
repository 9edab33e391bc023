"""Pinduoduo's refusals, each as one of the five kinds, with its codes kept and nobody's numbers in the words."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.pdd.errors import error_of, explain, judge, number_in
from core.runtime.http import ErrorReply, Reply
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

TABLE: dict[type[ChannelError], tuple[int, ...]] = {
    RateLimited: (52101, 70031, 70036),
    Temporary: (50000, 50002, 52001, 52002, 52102, 52103, 70033, 50001),
    # a wrong client and a wrong signature are keys that are not accepted: a person has to see to it
    AuthExpired: (10019, 20032, 10016, 20004),
    Rejected: (
        *(10017, 20005, 20031, 20034, 20035, 30000, 30001, 70032, 70034, 70035),
        *(10000, 10001, 21001, 21002, 52004),
    ),
}
CODES = [(kind, code) for kind, codes in TABLE.items() for code in codes]


def refusal(code: object, **more: object) -> dict[str, object]:
    return {"error_msg": "", "sub_msg": "", "sub_code": None, "error_code": code, "request_id": "1", **more}


@pytest.mark.parametrize(("kind", "code"), CODES)
def test_each_code_of_the_table_is_of_its_kind(kind: type[ChannelError], code: int) -> None:
    for told in (code, str(code)):
        error = error_of(refusal(told))
        assert (type(error), error.code, number_in(error)) == (kind, str(code), code)
        assert str(error)


def test_a_ban_says_how_long_it_lasts() -> None:
    waits = {code: error_of(refusal(code)) for code in (52101, 70031, 70036)}

    seconds = [error.retry_after_s for error in waits.values() if isinstance(error, RateLimited)]
    assert seconds == sorted(set(seconds))
    assert seconds[-1] >= 600, "an app that is not released yet has so many calls a day"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("", Temporary),
        ("系统内部异常，请稍后重试", Temporary),
        ("Service timeout", Temporary),
        ("商品在资源位上，不能减少库存", Rejected),
        ("订单已发货", Rejected),
    ],
)
def test_a_service_behind_the_gateway_is_unwell_or_says_no(words: str, kind: type[ChannelError]) -> None:
    error = error_of(refusal(50001, error_msg="业务服务错误" if words else "", sub_msg=words))

    assert type(error) is kind
    assert words in str(error)


def test_the_sub_code_is_kept_and_nothing_else_passes_for_one() -> None:
    assert error_of(refusal(50001, sub_code="isv.order-shipped", sub_msg="已发货")).code == "50001/isv.order-shipped"
    assert error_of(refusal(50001, sub_code=20001, sub_msg="已发货")).code == "50001/20001"
    for odd in ("赵练习 13800000001", "a b", "x" * 99, True, [], {}):
        assert error_of(refusal(50001, sub_code=odd, sub_msg="已发货")).code == "50001"


def test_the_platforms_words_stay_without_anybodys_numbers() -> None:
    said = "运单号 SF1234567890123 已被订单 260108-123456789012345 使用，电话 138****0001"
    error = error_of(refusal(50001, sub_msg=said))

    assert "运单号" in str(error)
    for private in ("SF1234567890123", "260108-123456789012345", "138****0001"):
        assert private not in str(error)
    assert len(str(error_of(refusal(50001, sub_msg="长" * 10_000)))) < 200
    assert "\n" not in str(error_of(refusal(50001, sub_msg="甲\r\n乙")))


def test_codes_nobody_told_us_of() -> None:
    assert type(error_of(refusal(51234))) is Temporary, "a service behind the gateway"
    assert type(error_of(refusal(12345, sub_msg="新的限制"))) is Rejected


def test_an_answer_with_status_200_is_judged() -> None:
    def reply(data: dict[str, object]) -> Reply:
        return Reply(200, {}, data, datetime(2026, 1, 8, tzinfo=UTC))

    assert judge(reply({"order_info_get_response": {}})) is None
    assert type(judge(reply({"error_response": refusal(10019)}))) is AuthExpired
    for odd in ("", [], 7, {}):
        assert isinstance(judge(reply({"error_response": odd})), ChannelError)


def test_other_statuses_are_a_proxys_or_the_platforms_own() -> None:
    assert type(explain(ErrorReply(502, None, None))) is Temporary
    assert type(explain(ErrorReply(403, None, None))) is ContractBroken
    assert type(explain(ErrorReply(400, {"error_response": refusal(10019)}, None))) is AuthExpired


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["error_code", "sub_code", "sub_msg", "error_msg"]), JSON_VALUES) | JSON_VALUES
)
def test_whatever_is_told_is_one_of_the_five_kinds(told: object) -> None:
    error = error_of(json.loads(json.dumps(told)))

    assert type(error) in {AuthExpired, RateLimited, Temporary, Rejected, ContractBroken}
    assert error.code.isascii()
