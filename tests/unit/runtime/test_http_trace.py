"""The trace of calls shows their shape and nothing that they say."""

import json
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.runtime.http_trace import Exchange, masked_body, masked_call, masked_fields, masked_path
from core.sync.traces import MOST, Traces, support_text

NOW = datetime(2026, 6, 18, 2, 0, tzinfo=UTC)
_NAMES = st.text(st.sampled_from("张王李赵欣怡浩宇梓涵Ann Li"), min_size=2, max_size=6)
_PHONES = st.from_regex(r"1[3-9][0-9]{9}|0[1-9][0-9]{1,2}-?[0-9]{8}", fullmatch=True)
_TOKENS = st.from_regex(r"[A-Za-z0-9+/_=-]{20,60}", fullmatch=True)
_ADDRESSES = st.builds(lambda a, n: f"{a}路{n}号2幢301室", _NAMES, st.integers(1, 9999))
_SECRETS = st.one_of(_NAMES, _PHONES, _TOKENS, _ADDRESSES)
#: fields as platforms name them, those among them whose words are shown
_FIELDS = st.sampled_from(
    [
        *(
            "receiver_name",
            "receiver_mobile",
            "oaid",
            "address",
            "access_token",
            "session",
            "app_secret",
            "code",
            "msg",
        ),
        *(
            "status",
            "method",
            "type",
            "state",
            "sub_code",
            "errcode",
            "page_no",
            "total_results",
            "fields",
            "version",
        ),
    ]
)
_BODIES = st.recursive(
    st.one_of(_SECRETS, st.integers(10_000_000, 10**13)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_FIELDS, inner, max_size=5)),
    max_leaves=20,
)


def leaves(value):
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)
    else:
        yield str(value)


def shows(said, secret):
    """Whether a secret, or a part of it long enough to be known by, can be read in a text."""
    pieces = [secret] if len(secret) < 7 else [secret[at : at + 7] for at in range(len(secret) - 6)]
    return any(piece in said for piece in pieces)


def hidden(secret):
    """Words of a name that is a word of the platform's as well cannot be told from it; what else, must not be seen."""
    return not secret.isascii() or any(char.isdigit() for char in secret) or " " in secret


@given(body=st.dictionaries(_FIELDS, _BODIES, min_size=1, max_size=6), is_ascii=st.booleans(), cut=st.integers(0, 80))
@example(body={"a": "x" * 1492 + "13800001234"}, is_ascii=True, cut=0)
@example(body={"receiver_mobile": 13800001234}, is_ascii=True, cut=4)
def test_nothing_that_a_body_says_is_in_the_trace(body, is_ascii, cut):
    secrets = [one for one in leaves(body) if hidden(one)]
    whole = json.dumps(body, ensure_ascii=is_ascii)
    wire = whole.encode()
    form = urlencode({name: str(value) for name, value in body.items()})
    query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in body.items())
    sent = wire[: len(wire) - cut]
    exchange = Exchange("orders", "POST", "shop.example", "/v1/orders", query, form.encode(), 200, sent)
    said = support_text([masked_call(exchange, NOW)])
    for odd in (json.dumps([whole]).encode(), whole.encode("utf-16"), b"<html>" + wire):
        said += masked_body(odd)
    assert not [secret for secret in secrets if shows(said, secret)]


@given(secret=st.one_of(_NAMES, _PHONES, _TOKENS, _ADDRESSES))
def test_nothing_in_a_path_a_code_or_a_field_name_is_in_the_trace(secret):
    if not hidden(secret) or len(secret) < 4:
        return
    body = json.dumps({secret: 1, "a": {f"x{secret}": 2}}, ensure_ascii=False).encode()
    path = f"/v1/orders/{quote(secret, safe='')}/lines"
    exchange = Exchange("one", "GET", "shop.example", path, f"{quote(secret, safe='')}=1", b"", 200, body, 3)
    assert not shows(support_text([masked_call(exchange, NOW)]), secret)


def test_what_support_needs_is_there():
    body = {
        "error_response": {
            "code": 27,
            "sub_code": "isv.permission-ip-whitelist-limit",
            "msg": "Invalid session 张三",
        },
        "total_results": 3,
        "trade": {"status": "WAIT_SELLER_SEND_GOODS", "tid": 4611686018427387904, "created": "2026-06-18 10:00:00"},
    }
    assert masked_body(json.dumps(body, ensure_ascii=False).encode()) == (
        '{"error_response":{"code":27,"sub_code":"isv.permission-ip-whitelist-limit","msg":"‹18›"},"total_results":3,'
        '"trade":{"status":"WAIT_SELLER_SEND_GOODS","tid":‹19#›,"created":"2026-06-18 10:00:00"}}'
    )
    form = "method=taobao.trades.sold.get&page_no=2&session=6100b1f&start_modified=2026-06-18+10%3A00%3A00"
    assert masked_fields(form) == (
        "method=taobao.trades.sold.get&page_no=2&session=‹7›&start_modified=2026-06-18 10:00:00"
    )
    assert masked_path("/v1/orders/20260618-77/parcels") == "/v1/orders/‹11›/parcels"
    assert masked_body(b"") == ""


@pytest.mark.parametrize("body", [b'{"a":"\\', b'{"a":1380', b"[[[[", b'{"a" "b"}', b"\xff\xfe{", b"=", b'{"a":tru'])
def test_a_body_that_is_cut_or_nonsense_is_masked_all_the_same(body):
    assert "1380" not in masked_body(body)


def test_a_shop_keeps_its_last_calls_alone(file_world):
    traces = Traces(file_world.clock)
    for number in range(MOST + 5):
        traces.hearer(number % 2)(Exchange(f"call {number}"))
    assert [call.name for call in traces.calls(1)[:2]] == [f"call {MOST + 3}", f"call {MOST + 1}"]
    for _ in range(MOST):
        traces.hearer(1)(Exchange("more"))
    assert {call.name for call in traces.calls(1)} == {"more"}
    assert len(traces.calls(1)) == MOST
    assert traces.calls(7) == ()
