"""Douyin's signatures equal the published vectors; the parameters have one text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.douyin.signature import is_genuine_push, param_json, push_signature_of, signature_of

KEY = "7000000000000000001"
SECRET = "11111111-2222-3333-4444-555555555555"
SEARCH = {
    "update_time_start": 1767835800,
    "update_time_end": 1767837600,
    "size": 100,
    "page": 0,
    "order_by": "update_time",
    "order_asc": True,
}
SEARCH_TEXT = (
    '{"order_asc":true,"order_by":"update_time","page":0,"size":100,'
    '"update_time_end":1767837600,"update_time_start":1767835800}'
)
SHIP = {
    "remark": "加急<1>&2",
    "order_id": "6918490006302719314",
    "logistics_code": "SF1",
    "company_code": "shunfeng",
}

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("method", "params", "timestamp", "signature"),
    [
        (
            "order.searchList",
            SEARCH,
            "1767837600",
            "eb2d953e0558491e0dcaa9a506d2b4cbd0c1d138122f4a8b38dac298989360a2",
        ),
        (
            "order.searchList",
            SEARCH,
            "2026-01-08 10:00:00",
            "3898b9908c02353a798f7b4d62316dbcc68ff8a61364368a1d083aa945402d3b",
        ),
        (
            "order.logisticsAdd",
            SHIP,
            "1767837600",
            "8cdf08f738ee3cbad4b8d12cff712639f15494ca4158dc4dd7dfab6ab1bf0053",
        ),
    ],
)
def test_calls_are_signed_as_published(
    method: str, params: dict[str, object], timestamp: str, signature: str
) -> None:
    assert signature_of(SECRET, KEY, method, param_json(params), timestamp) == signature


def test_messages_are_signed_as_published() -> None:
    body = b'[{"tag":"100","msg_id":"1","data":{"p_id":1}}]'
    signature = "1b3701049c9bfd5001300f63ad68c166"

    assert push_signature_of(KEY, SECRET, body) == signature
    assert is_genuine_push(KEY, SECRET, body, signature)
    for wrong in ("", signature.upper(), signature[:-1], "ä\ud800"):
        assert not is_genuine_push(KEY, SECRET, body, wrong)
    assert not is_genuine_push(KEY, SECRET, body + b" ", signature)
    assert not is_genuine_push(KEY, "other", body, signature)


def test_names_are_sorted_at_every_level_and_nothing_is_escaped() -> None:
    assert param_json(SEARCH) == SEARCH_TEXT
    deep = {"b": [{"z": 1, "a": {"y": "加急<1>&/", "x": None}}], "a": False}
    assert param_json(deep) == '{"a":false,"b":[{"a":{"x":null,"y":"加急<1>&/"},"z":1}]}'


def test_half_characters_do_not_stop_a_call_and_fractions_do() -> None:
    assert param_json({"remark": "a\ud800b"}) == '{"remark":"a?b"}'
    for wrong in (1.0, {"a": 0.5}, [{"b": [2.5]}]):
        with pytest.raises(ValueError, match="fraction"):
            param_json({"x": wrong})


@given(st.dictionaries(st.text(), plain, max_size=5))
def test_the_text_says_the_same_and_does_not_depend_on_the_order(params: dict[str, object]) -> None:
    text = param_json(params)
    assert param_json(dict(reversed(params.items()))) == text
    assert json.loads(text) == params
    text.encode()
