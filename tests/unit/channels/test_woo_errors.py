"""WooCommerce's refusals, each as one of the five kinds, with code and words kept and nobody's numbers in them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.woocommerce.errors import explain, is_not_there
from core.channels.woocommerce.plugin import PLUGIN
from core.runtime.http import ErrorReply
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary


def told(status: int, code: object = "", message: object = "", wait: float | None = None) -> ChannelError:
    return explain(ErrorReply(status, {"code": code, "message": message, "data": {"status": status}}, wait))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "woocommerce_rest_authentication_error", AuthExpired),
        (401, "woocommerce_rest_cannot_view", AuthExpired),
        (403, "woocommerce_rest_cannot_edit", Rejected),
        (403, "rest_forbidden", Rejected),
        (404, "woocommerce_rest_shop_order_invalid_id", Rejected),
        (404, "rest_no_route", ContractBroken),
        (400, "rest_invalid_param", Rejected),
        (410, "woocommerce_rest_already_trashed", Rejected),
        (429, "too_many_requests", RateLimited),
        (500, "internal_server_error", Temporary),
        (503, "wp_die", Temporary),
    ],
)
def test_each_refusal_is_of_its_kind_and_keeps_its_code_and_words(
    status: int, code: str, kind: type[ChannelError]
) -> None:
    error = told(status, code, "抱歉，不行。")
    assert (type(error), error.code) == (kind, code)
    assert "抱歉，不行。" in str(error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, ContractBroken),
        (403, ContractBroken),
        (404, ContractBroken),
        (408, Temporary),
        (429, RateLimited),
        (500, Temporary),
        (502, Temporary),
        (503, Temporary),
    ],
)
def test_a_page_instead_of_an_answer_is_a_host_that_is_unwell_or_something_before_the_shop(
    status: int, kind: type[ChannelError]
) -> None:
    assert type(explain(ErrorReply(status, None, None))) is kind


def test_a_wait_is_the_hosts_or_a_guess() -> None:
    waits = [error.retry_after_s for error in (told(429, wait=37.0), told(429)) if isinstance(error, RateLimited)]
    assert waits[0] == 37.0
    assert waits[1] > 1


def test_what_is_not_there_is_told_from_what_is_forbidden() -> None:
    for code in (
        "woocommerce_rest_shop_order_invalid_id",
        "woocommerce_rest_product_invalid_id",
        "woocommerce_rest_product_variation_invalid_id",
    ):
        assert is_not_there(told(404, code))
    assert not is_not_there(told(403, "woocommerce_rest_cannot_view"))


def test_what_a_clerk_mends_is_explained() -> None:
    assert PLUGIN.meaning_of("woocommerce_rest_cannot_edit") == "key_rights"
    assert PLUGIN.meaning_of("woocommerce_rest_authentication_error/read_only") == "key_rights"
    assert PLUGIN.meaning_of("woocommerce_rest_authentication_error") == ""


def test_the_shops_words_stay_without_marks_and_anybodys_numbers() -> None:
    said = "<p>订单 <b>13812345678</b> 不存在：someone@example.com</p>\r\n"
    error = told(400, "x", said)
    assert "不存在" in str(error)
    for private in ("13812345678", "someone@example.com", "<b>", "\n"):
        assert private not in str(error)
    assert len(str(told(400, "x", "长" * 10_000))) < 250


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.integers(400, 599), st.dictionaries(st.sampled_from(["code", "message", "data"]), JSON_VALUES))
def test_whatever_is_told_is_one_of_the_five_kinds(status: int, problem: dict[str, object]) -> None:
    error = explain(ErrorReply(status, json.loads(json.dumps(problem)), None))
    assert type(error) in {AuthExpired, RateLimited, Temporary, Rejected, ContractBroken}
    assert error.code.isascii()
