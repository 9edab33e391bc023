"""Every code of JD's table in its kind, and services' texts as the reasons all platforms share."""

from datetime import UTC, datetime

import pytest

from core.channels.jd.errors import gateway_error, judged, service_error
from core.runtime.http import Reply
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary

#: ten in the evening in Beijing
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)

TABLE: dict[type[ChannelError], str] = {
    Temporary: "43 65 66 67 69 70 78",
    RateLimited: "2",
    AuthExpired: "18 19 22 79 87 11 12 20 21",
    Rejected: "99904030005 4 5 7 8 14 15 23 24 25 28 64 71 72 73 74 75 77 80 88 89 92",
    ContractBroken: "13 16 17 60 61 62 63 68 83 85 86",
}


def judge(data: dict[str, object]) -> ChannelError | None:
    return judged(Reply(200, {}, data, NOW))


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in TABLE.items() for code in codes.split()])
def test_each_code_of_the_table(kind: type[ChannelError], code: str) -> None:
    refused = {"zh_desc": "不行", "code": code, "en_desc": "no"}

    error = judge({"error_response": refused})

    assert type(error) is kind
    assert error.code == code
    assert str(error)
    assert type(judge({"error_response": {**refused, "code": int(code)}})) is kind


def test_what_to_do_is_said_where_somebody_has_to_do_it() -> None:
    assert "relay" in str(gateway_error("73", "", NOW))
    assert "address" in str(gateway_error("80", "", NOW))
    assert "clock" in str(gateway_error("8", "", NOW))
    assert "owner" in str(gateway_error("19", "", NOW))


def test_a_code_nobody_knows_is_no() -> None:
    assert type(gateway_error("4711", "", NOW)) is Rejected
    assert type(gateway_error("", "", NOW)) is ContractBroken


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("调用次数超限,请60秒后重试", 60),
        ("call limited, retry in 7 seconds", 7),
        ("当日调用次数已达上限", 2 * 3600 + 1),
        ("come back tomorrow", 2 * 3600 + 1),
        ("限制访问次数", 10),
    ],
)
def test_a_ban_lasts_as_long_as_its_text_says(text: str, wait_s: float) -> None:
    error = gateway_error("2", text, NOW)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == wait_s


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("该订单已经发货", "shipped_otherwise"),
        ("订单已出库，请勿重复操作", "shipped_otherwise"),
        ("请勿重复发货", "shipped_otherwise"),
        ("订单不存在", "unknown_order"),
        ("未查询到该订单信息", "unknown_order"),
        ("订单已锁定，不能出库", "refund_open"),
        ("订单已取消", "order_closed"),
        ("物流公司不存在", "carrier_refused"),
        ("运单号格式错误", "waybill_refused"),
    ],
)
def test_reasons_in_a_services_text(text: str, reason: str) -> None:
    part = {"success": False, "error_code": "10", "chinese_err_code": text}
    error = judge({"jingdong_pop_order_shipment_responce": {"sopjosshipment_result": part, "code": "0"}})
    assert type(error) is Rejected
    assert error.code == reason


def test_a_services_own_text_is_kept_without_numbers_of_people() -> None:
    error = service_error({"success": False, "errorCode": "E9", "chineseErrCode": "手机13800000001不正确" * 20})
    assert error.code.startswith("E9 手机…不正确")
    assert "13800000001" not in error.code
    assert len(error.code) <= 80
    assert service_error({"success": False}).code == "refused"


def test_a_service_that_is_unwell_is_asked_again() -> None:
    assert type(service_error({"success": False, "errorCode": 999999})) is Temporary


def test_where_the_verdict_stands_makes_no_difference() -> None:
    part = {"success": False, "errorCode": "E1"}
    for body in (part, {"r": part}, {"r": {"apiResult": part}}):
        assert type(judge({"any_responce": {"code": "0", **body}})) is Rejected
    assert judge({"any_response": {"code": "0", "success": True}}) is None
    assert judge({"any_responce": {"apiResult": {"success": True}}}) is None
    assert type(judge({"any_responce": {"code": "19", "zh_desc": "无效access_token"}})) is AuthExpired


@pytest.mark.parametrize("data", [{}, {"x": 1}, {"x": []}, {"error_response": {}}, {"error_response": {"code": []}}])
def test_an_answer_that_holds_nothing_is_broken(data: dict[str, object]) -> None:
    assert type(judge(data)) is ContractBroken
