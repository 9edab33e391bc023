"""Every refusal of WeChat's is one of the five kinds, with its code and `rid`, and without its own text."""

import pytest

from core.channels.contract import CANNOT, CARRIER_REFUSED, REFUND_OPEN, UNKNOWN_ORDER, WAYBILL_REFUSED
from core.channels.wechat.errors import (
    ADDRESS_NOT_LISTED,
    IN_AUDIT,
    ORDER_STATE,
    TOO_FEW,
    UNKNOWN_LISTING,
    TokenRefusedError,
    error_for,
    error_of,
    refusal,
)
from core.channels.windows import WindowTooFullError
from core.runtime.http import ErrorReply, Reply
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary
from tests.unit.channels.test_windows import START


@pytest.mark.parametrize(
    ("errcode", "kind", "code"),
    [
        (-1, Temporary, "-1"),
        (40001, TokenRefusedError, "40001"),
        (40014, TokenRefusedError, "40014"),
        (42001, TokenRefusedError, "42001"),
        (41001, TokenRefusedError, "41001"),
        (40013, AuthExpired, "40013"),
        (40125, AuthExpired, "40125"),
        (48001, AuthExpired, "48001"),
        (50002, AuthExpired, "50002"),
        (61004, AuthExpired, ADDRESS_NOT_LISTED),
        (45035, AuthExpired, ADDRESS_NOT_LISTED),
        (45009, RateLimited, "45009"),
        (45011, RateLimited, "45011"),
        (31042, WindowTooFullError, "31042"),
        (40097, ContractBroken, "40097"),
        (43001, ContractBroken, "43001"),
        (43002, ContractBroken, "43002"),
        (47001, ContractBroken, "47001"),
        (606006, ContractBroken, "606006"),
        (100002, Rejected, UNKNOWN_ORDER),
        (101100, Rejected, ORDER_STATE),
        (108009, Rejected, REFUND_OPEN),
        (606003, Rejected, "no_return_address"),
        (606004, Rejected, CARRIER_REFUSED),
        (606005, Rejected, WAYBILL_REFUSED),
        (606034, Rejected, CANNOT),
        (606040, Rejected, CANNOT),
        (606041, Rejected, CANNOT),
        (10020052, Rejected, UNKNOWN_LISTING),
        (10020217, Rejected, IN_AUDIT),
        (10020219, Rejected, TOO_FEW),
        (987654, Rejected, "987654"),
    ],
)
def test_every_code_has_its_kind(errcode: int, kind: type[ChannelError], code: str) -> None:
    error = error_for(errcode, "whatever rid: 64d98c4d-1fe4b778-17268d99")

    assert type(error) is kind
    assert error.code == code
    assert str(errcode) in str(error)
    assert "64d98c4d-1fe4b778-17268d99" in str(error)


@pytest.mark.parametrize(("errcode", "wait_s"), [(45009, 3600.0), (45011, 60.0)])
def test_a_ban_says_how_long_it_lasts(errcode: int, wait_s: float) -> None:
    error = error_for(errcode)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == wait_s


def test_the_platforms_text_stays_out_of_the_error() -> None:
    error = error_for(47001, "data format error, near 赵练习 13800000001 rid: not-one")
    assert "赵练习" not in str(error)
    assert "13800000001" not in str(error)
    assert "rid" not in str(error_for(-1, None))


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (ErrorReply(403, None, None), AuthExpired, ADDRESS_NOT_LISTED),
        (ErrorReply(403, {"errcode": 48001, "errmsg": "x"}, None), AuthExpired, "48001"),
        (ErrorReply(412, {"errcode": -1}, None), Temporary, "-1"),
        (ErrorReply(429, None, 7.0), RateLimited, "429"),
        (ErrorReply(408, None, None), Temporary, "408"),
        (ErrorReply(502, None, None), Temporary, "502"),
        (ErrorReply(404, None, None), ContractBroken, "404"),
        (ErrorReply(401, {"message": "relay"}, None), ContractBroken, "401"),
    ],
)
def test_an_answer_with_an_error_status_is_sorted_too(reply: ErrorReply, kind: type[ChannelError], code: str) -> None:
    error = error_of(reply)
    assert (type(error), error.code) == (kind, code)


def test_an_address_that_is_not_on_the_list_is_said_plainly() -> None:
    assert "IP list" in str(error_of(ErrorReply(403, None, None)))


@pytest.mark.parametrize("data", [{}, {"errcode": 0}, {"errcode": 0, "errmsg": "ok"}])
def test_a_good_answer_is_no_refusal(data: dict[str, object]) -> None:
    assert refusal(Reply(200, {}, data, START)) is None


@pytest.mark.parametrize("errcode", ["0", "40001", None, True, 1.5, []])
def test_a_code_that_is_no_number_is_broken(errcode: object) -> None:
    assert isinstance(refusal(Reply(200, {}, {"errcode": errcode}, START)), ContractBroken)
