"""The page for developers is complete and true: whatever is sent, the answer is one that the schema names."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.gateway.contract import BY_NAME, OPERATIONS, problems_of
from core.gateway.openapi import document
from core.gateway.page import page_html
from core.gateway.problems import KINDS, Problem
from core.gateway.shapes import check
from tests.support.door import PLENTY, Stand, line, open_door

#: words that mean something here, and words that mean trouble anywhere
WORDS = [
    "BEAR",
    "SET",
    "GIFT",
    "A1",
    "main",
    "cancelled",
    "refund",
    "timeout",
    "CNY",
    "latest",
    "0",
    "1",
    "5",
    "",
    "-1",
]
WORDS += [
    "' OR 1=1--",
    "%00",
    "../..",
    "x" * 300,
    "店",
    "2026-06-18T10:00:00+08:00",
    "9" * 30,
    "\u202e",
    "1e3",
    "null",
]
KNOWN = {"sku": ["BEAR", "SET", "GIFT", "BAG"], "ref": ["A1", "A2", "N1", "N2", "N3"], "warehouse": ["main"]}
KNOWN |= {"paid_at": ["2026-06-18T10:00:00+08:00"], "payment_no": ["p1"], "channel": ["m"], "buyer": ["b1"]}
VALUES = st.recursive(
    st.sampled_from(WORDS)
    | st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([0, 1, 2, 10, 60, 900, 3600, 100_000, 1.5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*WORDS[:5], "sku", "qty"]), inner),
    max_leaves=6,
)


@st.composite
def body_for(draw: Any, schema: dict[str, Any], word: str = "") -> Any:
    """Mostly what the schema asks for, with something else here and there."""
    if draw(st.integers(0, 24)) == 0:
        return draw(VALUES)
    if word in KNOWN and draw(st.integers(0, 9)):
        return draw(st.sampled_from(KNOWN[word]))
    kind = schema.get("type")
    if kind == "object":
        properties = schema.get("properties", {})
        names = [name for name in properties if name in schema.get("required", ()) or draw(st.booleans())]
        if draw(st.integers(0, 19)) == 0:
            names = names[1:]
        return {name: draw(body_for(properties[name], name)) for name in names}
    if kind == "array":
        return [draw(body_for(schema["items"])) for _ in range(draw(st.integers(0, 3)))]
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    if kind == "integer":
        return draw(st.integers(schema.get("minimum", 0), min(schema.get("maximum", 99), 5000)))
    if kind == "boolean":
        return draw(st.booleans())
    return draw(st.sampled_from(WORDS))


@st.composite
def calls(draw: Any, ids: list[str]) -> tuple[str, str, bytes, str]:
    operation = draw(st.sampled_from(OPERATIONS))
    path = operation.path
    for _ in operation.words:
        path = path.replace("{}", quote(draw(st.sampled_from([*ids, *WORDS])) or "x", safe=""), 1)
    pairs = [
        (one.name, str(draw(st.sampled_from([*WORDS, "0", "25"]))))
        for one in operation.parameters
        if one.name != "wait" and draw(st.integers(0, 3)) != 0
    ]
    target = f"{path}?{urlencode(pairs)}" if pairs else path
    raw = b""
    if operation.body is not None:
        raw = json.dumps(draw(body_for(dict(operation.body)))).encode("utf-8", "replace")
    key = (
        draw(st.sampled_from(["", "k1", "k2", "k3", "new", "other"])) if draw(st.booleans()) else draw(st.uuids()).hex
    )
    return operation.name, target, raw, key


@pytest.fixture(scope="module")
def busy(shared_world):
    with open_door(shared_world, PLENTY) as stand:
        made = [stand.mall.reserve(f"A{n}", [line("BEAR", n)])["id"] for n in (1, 2, 3)]
        stand.mall.confirm(made[1])
        stand.mall.release(made[2])
        yield stand, made


def conforms(stand: Stand, operation: Any, reply: Any) -> None:
    if reply.status < 400:
        check(dict(reply.body), operation.answers[reply.status], "answer")
        return
    assert reply.headers["content-type"] == "application/problem+json"
    check(dict(reply.body), document()["components"]["schemas"]["Problem"], "problem")
    assert reply.body["code"] in {*problems_of(operation), "unknown_path"}
    assert KINDS[reply.body["code"]].status == reply.status < 500
    assert ("retry-after" in reply.headers) == (
        reply.status in {423, 429, 503} or reply.body["code"].endswith("progress")
    )


def sent(stand: Stand, name: str, target: str, raw: bytes, key: str) -> Any:
    """The answer, which is one that the schema names."""
    operation = BY_NAME[name]
    headers = stand.mall.headers(operation.method, target, raw, key)
    reply = stand.mall.raw(operation.method, target, raw, headers)
    conforms(stand, operation, reply)
    return reply


#: a call of each operation for each kind of answer: name, path (`{}` stands for the id of a reservation), body, status
TYPICAL: list[tuple[str, str, Any, int]] = [
    ("reserve", "/v1/reservations", {"ref": "T1", "lines": [line("BEAR"), line("SET")]}, 201),
    ("reserve", "/v1/reservations", {"ref": "A1", "lines": [line("BEAR", 1)]}, 200),
    ("reserve", "/v1/reservations", {"ref": "A1", "lines": [line("BEAR", 9)]}, 409),
    ("reserve", "/v1/reservations", {"ref": "T2", "lines": [line("BEAR", 100_000)]}, 409),
    ("reserve", "/v1/reservations", {"ref": "T3", "lines": [line("NOPE")]}, 422),
    ("reserve", "/v1/reservations", [], 400),
    ("find", "/v1/reservations?ref=A1", None, 200),
    ("find", "/v1/reservations?ref=nobody", None, 404),
    ("find", "/v1/reservations", None, 400),
    ("look", "/v1/reservations/{}", None, 200),
    ("look", "/v1/reservations/nobody", None, 404),
    ("extend", "/v1/reservations/{}/extend", {"expires_in": 600}, 200),
    ("extend", "/v1/reservations/{}/extend", {"expires_in": 1}, 422),
    ("extend", "/v1/reservations/nobody/extend", {"expires_in": 600}, 404),
    ("confirm", "/v1/reservations/{}/confirm", {"payment_no": "p1"}, 200),
    ("extend", "/v1/reservations/{}/extend", {"expires_in": 600}, 409),
    ("release", "/v1/reservations/{}/release", {"reason": "cancelled"}, 409),
    ("release", "/v1/reservations/{}/release", {"reason": "refund"}, 200),
    ("confirm", "/v1/reservations/{}/confirm", {}, 409),
    ("put_order", "/v1/orders/T9", {"no": "T9"}, 422),
    ("stock", "/v1/stock?sku=BEAR&sku=GIFT&sku=NOPE", None, 200),
    ("stock", "/v1/stock?since=0", None, 200),
    ("stock", "/v1/stock?since=99999", None, 400),
    ("events", "/v1/events?after=latest", None, 200),
    ("events", "/v1/events?after=99999", None, 400),
]


def test_every_kind_of_answer_is_as_the_schema_says(file_stand):
    made = file_stand.mall.reserve("A1", [line("BEAR", 1)])["id"]
    for number, (name, path, body, status) in enumerate(TYPICAL):
        raw = b"" if body is None else json.dumps(body).encode()
        key = f"t{number}" if BY_NAME[name].key else ""
        reply = sent(file_stand, name, path.replace("{}", made), raw, key)
        assert reply.status == status, (name, path, reply.body)


def test_whatever_is_sent_the_answer_is_one_that_the_schema_names(busy):
    stand, made = busy

    # The same calls each time: what this run proves, the next one proves too.
    @settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(calls(made))
    def play(call: tuple[str, str, bytes, str]) -> None:
        sent(stand, *call)

    play()


def test_the_document_is_served_without_a_key_and_names_every_problem(file_stand):
    reply = file_stand.mall.raw("GET", "/openapi.json", b"", {})
    assert reply.status == 200
    served = reply.body
    assert served == json.loads(json.dumps(document()))
    text = json.dumps(served)
    assert [code for code in KINDS if f"`{code}`" not in text and code != "method_not_allowed"] == []
    for operation in OPERATIONS:
        path = operation.path
        for word in operation.words:
            path = path.replace("{}", f"{{{word}}}", 1)
        described = served["paths"][path][operation.method.lower()]
        codes = {KINDS[code].status for code in problems_of(operation)}
        assert {int(status) for status in described["responses"]} >= codes | set(operation.answers)


def test_the_page_needs_nothing_from_elsewhere(file_stand):
    import http.client

    line_ = http.client.HTTPConnection("127.0.0.1", file_stand.server.port, timeout=10)
    line_.request("GET", "/docs")
    answer = line_.getresponse()
    html = answer.read().decode()
    line_.close()
    assert html == page_html()
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script" not in html
    assert "http" not in html.replace("HTTP", "").replace("<!doctype html>", "").replace("<html", "").replace(
        "</html>", ""
    )
    for code in KINDS:
        assert code in html


@pytest.mark.parametrize("schema", [{"type": "object", "oneOf": []}])
def test_a_word_of_a_schema_that_is_not_checked_is_a_defect(schema):
    with pytest.raises(KeyError):
        check({}, schema)


@pytest.mark.parametrize(
    "text", ["2026-06-18T10:00:00", "yesterday", "0001-01-01T00:00:00+00:00", "10000-01-01T00:00:00Z"]
)
def test_times_have_an_offset_and_a_year_of_this_age(text):
    with pytest.raises(Problem):
        check(text, {"type": "string", "format": "date-time"})
