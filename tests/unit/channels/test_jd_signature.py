"""JD's signatures, by the vectors of its document and of independent implementations."""

from datetime import UTC, datetime

import pytest

from core.channels.jd.signature import router_sign, sp_sign, timestamp_text

OFFICIAL = {
    "360buy_param_json": (
        '{"end_date":null,"optional_fields":null,"order_state":"WAIT_SELLER_STOCK_OUT",'
        '"page":"1","page_size":"200","start_date":null}'
    ),
    "access_token": "yourtoken",
    "app_key": "yourappkey",
    "method": "jingdong.pop.order.search",
    "timestamp": "2021-05-07 09:20:39.683+0800",
    "v": "2.0",
}
SECOND = {
    "360buy_param_json": (
        '{"dateType":"0","end_date":"2026-01-08 10:00:00","optional_fields":"orderId,orderState,modified",'
        '"order_state":"WAIT_SELLER_STOCK_OUT","page":"1","page_size":"50","sortType":"1",'
        '"start_date":"2026-01-08 09:30:00"}'
    ),
    "access_token": "tok-jd-1",
    "app_key": "ABCDEF0123456789",
    "method": "jingdong.pop.order.search",
    "timestamp": "2026-01-08 10:00:00",
    "v": "2.0",
}


@pytest.mark.parametrize(
    ("params", "secret", "sign"),
    [
        (OFFICIAL, "yourappSecret", "D70825340F4084360B9362B60DFD7930"),
        (SECOND, "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "D982B8DED5AD652EFE263F1A78BD2C7C"),
    ],
)
def test_calls_to_routerjson(params: dict[str, str], secret: str, sign: str) -> None:
    assert router_sign(params, secret) == sign
    assert router_sign({**params, "sign": "whatever", "blank": ""}, secret) == sign
    assert router_sign({**params, "v": "2.1"}, secret) != sign


def test_calls_to_sp_api() -> None:
    headers = {
        "X-JOS-App-Key": "app-key",
        "X-JOS-Timestamp": "1711111111000",
        "X-JOS-Request-Identity": "vender",
        "X-JOS-Sign": "whatever",
    }
    sign = "A166567AB4DC2A06E824EB5029E1B2B8"
    assert sp_sign(headers, "secret", query={"page": "1"}) == sign
    assert sp_sign(headers, "secret", path={"page": "1"}, body="{}") == sign
    assert sp_sign(headers, "secret", query={"page": "1"}, body='{"a":1}') != sign


def test_the_time_is_written_with_its_offset_whatever_zone_it_is_told_in() -> None:
    assert timestamp_text(datetime(2026, 1, 8, 2, 0, 0, 683_999, tzinfo=UTC)) == "2026-01-08 10:00:00.683+0800"
