"""Callers who mean no good, or do it badly: the door says so and nothing else happens."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import event, select

from core.gateway.keys import revoke_key
from core.gateway.limits import Rate, Rates
from core.gateway.models import DoorNonce, DoorReservation
from core.runtime.errors import Unavailable
from tests.support.door import PLENTY, Stand, example, line, open_door

BODY = {"ref": "A1", "lines": [line("BEAR", 3)]}
TARGET = "/v1/reservations"


def code(reply) -> tuple[int, str]:
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.body["status"] == reply.status
    assert reply.body["type"] == f"urn:packdesk:door:{reply.body['code']}"
    return reply.status, reply.body["code"]


def signed(stand: Stand, method: str = "POST", target: str = TARGET, body=None, key: str = "k") -> tuple[bytes, dict]:
    raw = b"" if method == "GET" else json.dumps(BODY if body is None else body).encode()
    return raw, stand.mall.headers(method, target, raw, key)


def nothing_was_made(stand: Stand) -> bool:
    return stand.world.rows(select(DoorReservation.id)) == []


def talk(stand: Stand, data: bytes, *, patience_s: float = 10.0) -> bytes:
    """Send bytes as they are; everything that comes back before the line is cut."""
    with socket.create_connection(("127.0.0.1", stand.server.port), timeout=patience_s) as wire:
        wire.sendall(data)
        came = b""
        try:
            while piece := wire.recv(65536):
                came += piece
        except OSError:
            pass
        return came


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"X-Key": "pd-nobody"}, (401, "bad_key")),
        ({"X-Key": ""}, (401, "bad_key")),
        ({"X-Signature": "0" * 64}, (401, "bad_signature")),
        ({"X-Signature": ""}, (401, "bad_signature")),
        ({"X-Signature": "é"}, (401, "bad_signature")),
        ({"X-Nonce": "another-nonce"}, (401, "bad_signature")),
        ({"X-Timestamp": "1"}, (401, "bad_signature")),
    ],
)
def test_a_call_that_is_not_signed_right_does_nothing(file_stand, change, said):
    raw, headers = signed(file_stand)
    assert code(file_stand.mall.raw("POST", TARGET, raw, headers | change)) == said
    assert nothing_was_made(file_stand)


def test_the_signature_covers_method_path_query_and_body(file_stand):
    raw, headers = signed(file_stand)
    send = file_stand.mall.raw
    assert code(send("POST", TARGET, raw.replace(b"3", b"4"), headers)) == (401, "bad_signature")
    assert code(send("POST", "/v1/reservations/x/extend", raw, headers)) == (401, "bad_signature")
    _, look = signed(file_stand, "GET", "/v1/stock?sku=BEAR")
    assert code(send("GET", "/v1/stock?sku=BAG", b"", look)) == (401, "bad_signature")
    assert code(send("GET", "/v1/stock?sku=BEAR&sku=BAG", b"", look)) == (401, "bad_signature")
    assert send("GET", "/v1/stock?sku=BEAR", b"", look).status == 200


@pytest.mark.parametrize(
    ("off_s", "is_let_in"), [(-299, True), (299, True), (-302, False), (302, False), (-660, False)]
)
def test_a_clock_may_be_five_minutes_off(file_stand, off_s, is_let_in):
    file_stand.mall._ahead_s += off_s
    reply = file_stand.mall.send("GET", "/v1/stock?sku=BEAR")
    assert reply.status == 200 if is_let_in else code(reply) == (401, "clock_skew")
    if not is_let_in:
        # The client of the docs learns the time from the answer.
        assert file_stand.mall.stock("BEAR")["items"]


def test_a_nonce_is_used_once_also_after_a_restart_and_at_another_node(stand):
    raw, headers = signed(stand)
    send = stand.mall.raw
    assert send("POST", TARGET, raw, headers).status == 201
    assert code(send("POST", TARGET, raw, headers)) == (401, "nonce_replayed")
    # Refused calls use theirs up too.
    raw, bad = signed(stand, body={"ref": "A2"})
    assert code(send("POST", TARGET, raw, bad)) == (422, "invalid")
    assert code(send("POST", TARGET, raw, bad)) == (401, "nonce_replayed")
    raw, none = signed(stand, body={"ref": "A3", "lines": [line("BEAR", 100_000), line("BAG", 1)]}, key="k3")
    stand.mall.reserve("A9", [line("BEAR", 1)])
    assert code(send("POST", TARGET, raw, none)) == (409, "out_of_stock")
    assert code(send("POST", TARGET, raw, none)) == (401, "nonce_replayed")
    with open_door(stand.world) as another:
        other = another.client(stand.key)
        assert code(other.raw("POST", TARGET, signed(stand)[0], headers)) == (401, "nonce_replayed")


def test_nonces_are_forgotten_when_their_time_is_over(stand):
    from core.gateway.keys import forget_nonces

    stand.mall.stock("BEAR")
    stand.pass_time(seconds=600)
    stand.world.do(forget_nonces)
    assert len(stand.world.rows(select(DoorNonce.nonce))) == 1
    stand.pass_time(seconds=61)
    stand.world.do(forget_nonces)
    assert stand.world.rows(select(DoorNonce.nonce)) == []


def test_nonces_are_forgotten_a_few_at_a_time(stand):
    """A mall that calls all day leaves a quarter of a million: nobody who scans waits until all are gone."""
    from core.gateway.tidying import forget

    row = {"key_id": stand.key.id, "seen_at": stand.world.clock.now()}
    stand.world.do(lambda uow: uow.insert_many(DoorNonce, [row | {"nonce": f"n{n:04d}"} for n in range(1201)]))
    stand.pass_time(seconds=700)
    taken = []
    event.listen(
        stand.store.engines.writer,
        "after_cursor_execute",
        lambda _c, cursor, words, *_: (
            taken.append(cursor.rowcount) if words.startswith("DELETE FROM door_nonce") else None
        ),
    )
    forget(stand.store)
    assert taken == [500, 500, 201]
    assert stand.world.rows(select(DoorNonce.nonce)) == []


@pytest.mark.parametrize("nonce", ["short", "x" * 65, "with space here", "quote'--", "", "übernonce"])
def test_what_is_no_nonce_is_refused(file_stand, nonce):
    client = file_stand.mall
    module = example()
    original = module.secrets.token_hex
    module.secrets.token_hex = lambda _size: nonce
    try:
        headers = client.headers("GET", "/v1/stock?sku=BEAR", b"")
    finally:
        module.secrets.token_hex = original
    # The header travels as latin-1, so the signature of other letters does not fit.
    assert code(client.raw("GET", "/v1/stock?sku=BEAR", b"", headers)) in {
        (401, "nonce_replayed"),
        (401, "bad_signature"),
    }


def test_a_revoked_key_opens_nothing_from_the_next_call_on(stand):
    assert stand.mall.stock("BEAR")["items"]
    stand.world.do(lambda uow: revoke_key(uow, stand.key.id))
    assert code(stand.mall.send("GET", "/v1/stock?sku=BEAR")) == (401, "bad_key")
    assert code(stand.mall.send("POST", TARGET, BODY, key="k")) == (401, "bad_key")
    assert nothing_was_made(stand)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"ref":"A1","ref":"A2","lines":[{"sku":"BEAR","qty":1}]}', (400, "bad_json")),
        (b'{"ref":"A1","lines":[{"sku":"BEAR","qty":1,"qty":9}]}', (400, "bad_json")),
        (b'{"ref":"A1","lines":[{"sku":"BEAR","qty":NaN}]}', (400, "bad_json")),
        (b"[1]", (400, "bad_json")),
        (b"{", (400, "bad_json")),
        (b"\xff\xfe", (400, "bad_json")),
        (b"[" * 30000, (400, "bad_json")),
        (b'{"ref":"A1","lines":[]}', (422, "invalid")),
        (b'{"ref":"A1","lines":[{"sku":"BEAR","qty":1.0}]}', (422, "invalid")),
        (b'{"ref":"A1","lines":[{"sku":"BEAR","qty":true}]}', (422, "invalid")),
        (b'{"ref":"A1","lines":[{"sku":"BEAR","qty":"1"}]}', (422, "invalid")),
        (b'{"ref":"A1","lines":[{"sku":"BEAR","qty":1}],"hurry":true}', (422, "invalid")),
        (b'{"ref":"A\\u0000","lines":[{"sku":"BEAR","qty":1}]}', (422, "unknown")),
        (b'{"ref":"A1","expires_in":9,"lines":[{"sku":"BEAR","qty":1}]}', (422, "invalid")),
        (b'{"ref":"A1","expires_in":99999999999999999999,"lines":[{"sku":"BEAR","qty":1}]}', (422, "invalid")),
    ],
)
def test_bodies_are_read_strictly(file_stand, raw, said):
    headers = file_stand.mall.headers("POST", TARGET, raw, "k")
    reply = file_stand.mall.raw("POST", TARGET, raw, headers)
    if said[1] == "unknown":
        assert reply.status in {201, 422}  # a NUL becomes a mark, as in every text from outside
        return
    assert code(reply) == said
    assert nothing_was_made(file_stand)


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", None])
def test_a_reservation_needs_a_key_for_its_repeat(file_stand, key):
    raw = json.dumps(BODY).encode()
    headers = file_stand.mall.headers("POST", TARGET, raw)
    if key is not None:
        headers["Idempotency-Key"] = key
    assert code(file_stand.mall.raw("POST", TARGET, raw, headers)) == (400, "idempotency_key_bad")
    assert nothing_was_made(file_stand)


def test_headers_that_stand_twice_are_not_chosen_from(file_stand):
    raw, headers = signed(file_stand)
    twice = "".join(f"{name}: {value}\r\n" for name, value in [*headers.items(), ("X-Key", file_stand.key.key)])
    head = f"POST {TARGET} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(raw)}\r\n{twice}\r\n"
    assert b"401" in talk(file_stand, head.encode() + raw).split(b"\r\n")[0]
    assert nothing_was_made(file_stand)


@pytest.mark.parametrize(
    "target",
    [
        "/v1/reservations/../orders/x",
        "/v1/%72eservations",
        "//v1/reservations",
        "/v1/reservations/",
        "/V1/reservations",
        "/v1/reservations;x=1",
        "/v1/reservations/x/extend/..",
        "/v1/reservations/%FF/extend",
        "/",
        "/v1",
    ],
)
def test_paths_are_what_they_are(file_stand, target):
    reply = file_stand.mall.send("POST", target, BODY, key="k")
    assert code(reply) == (404, "unknown_path")


def test_an_order_number_may_hold_anything_when_it_is_encoded(file_stand):
    ref = "A/1?x=2&y %7E#店"
    made = file_stand.mall.reserve(ref, [line("BEAR")])
    assert file_stand.mall.find(ref)["id"] == made["id"]


def test_another_method_is_named(file_stand):
    reply = file_stand.mall.send("DELETE", TARGET)
    assert code(reply) == (405, "method_not_allowed")
    assert reply.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    "target",
    [
        "/v1/stock",
        "/v1/stock?sku=BEAR&since=0",
        "/v1/stock?skus=BEAR",
        "/v1/stock?since=x",
        "/v1/events?wait=26",
        "/v1/events?after=1&after=2",
        "/v1/stock?since=0&limit=0",
        "/v1/reservations",
        "/v1/stock?sku=%FF",
        "/v1/stock?&&",
    ],
)
def test_queries_are_read_strictly(file_stand, target):
    assert code(file_stand.mall.send("GET", target)) == (400, "bad_query")


@pytest.mark.parametrize("target", ["/v1/events?after=999999", "/v1/stock?since=999999"])
def test_a_cursor_nobody_gave_is_refused(file_stand, target):
    assert code(file_stand.mall.send("GET", target)) == (400, "bad_cursor")


def test_a_huge_body_is_refused_before_it_is_read(file_stand):
    head = f"POST {TARGET} HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n".encode()
    answer = talk(file_stand, head + b"x" * 1000)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()
    chunked = f"POST {TARGET} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n".encode()
    assert talk(file_stand, chunked).startswith(b"HTTP/1.1 411")


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET /v1/stock HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET " + b"/" * 20000,
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_a_problem_and_no_more(file_stand, data):
    answer = talk(file_stand, data)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in answer


def test_a_request_that_trickles_in_is_cut_and_keeps_nobody_out(file_world, monkeypatch):
    from core.gateway import server

    monkeypatch.setattr(server, "_READ_S", 1.0)
    with open_door(file_world) as stand:
        wires = [socket.create_connection(("127.0.0.1", stand.server.port), timeout=10) for _ in range(20)]
        began = time.monotonic()
        for wire in wires[:10]:
            wire.sendall(f"POST {TARGET} HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{{".encode())
        while time.monotonic() - began < 0.7:
            for wire in wires[10:]:
                wire.sendall(b"G")
            assert stand.mall.stock("BEAR")["items"]
            time.sleep(0.1)
        for wire in wires:
            wire.settimeout(10)
            with suppress(ConnectionError):
                assert wire.recv(1000) == b""
            wire.close()
        assert time.monotonic() - began < 5
        assert stand.mall.stock("BEAR")["items"]


def test_one_line_too_many_is_cut(file_world, monkeypatch):
    from core.gateway import server

    monkeypatch.setattr(server, "_CONNECTIONS", 5)
    with open_door(file_world) as stand:
        wires = [socket.create_connection(("127.0.0.1", stand.server.port), timeout=10) for _ in range(5)]
        time.sleep(0.1)
        with pytest.raises((OSError, Exception), match=r"(?i)reset|remote|closed|response"):
            stand.mall.stock("BEAR")
        for wire in wires:
            wire.close()
        time.sleep(0.1)
        assert stand.mall.stock("BEAR")["items"]


def test_a_mall_that_calls_too_often_is_asked_to_wait(file_world):
    with open_door(file_world, Rates(Rate(1, 3), PLENTY.everybody, PLENTY.stranger)) as stand:
        replies = [stand.mall.send("GET", "/v1/stock?sku=BEAR") for _ in range(4)]
        assert [reply.status for reply in replies] == [200, 200, 200, 429]
        assert code(replies[3]) == (429, "rate_limited")
        assert int(replies[3].headers["retry-after"]) >= 1
        assert replies[3].body["retryable"] is True
        stand.pass_time(seconds=2)
        assert stand.mall.send("GET", "/v1/stock?sku=BEAR").status == 200


def test_a_mall_with_two_keys_calls_no_oftener_and_keeps_no_other_out(file_world):
    from core.gateway.keys import make_key
    from core.sync.shops import add_shop

    with open_door(file_world, Rates(Rate(0.001, 2), PLENTY.everybody, PLENTY.stranger)) as stand:
        world = file_world
        second = stand.client(world.do(lambda uow: make_key(uow, world.shop_id)))
        shop_id = world.do(lambda uow: add_shop(uow, "fake", "二店", {}, "{}", world.warehouse))
        other = stand.client(world.do(lambda uow: make_key(uow, shop_id)))
        said = [
            one.send("GET", "/v1/stock?sku=BEAR").status for one in (stand.mall, second, stand.mall, second, other)
        ]
        assert said == [200, 200, 429, 429, 200]


def test_strangers_are_slowed_down_and_a_mall_behind_the_same_address_is_not(file_world):
    with open_door(file_world, Rates(PLENTY.mall, PLENTY.everybody, Rate(0.001, 2))) as stand:
        raw, headers = signed(stand)
        codes = [stand.mall.raw("POST", TARGET, raw, headers | {"X-Key": "x"}).body["code"] for _ in range(4)]
        assert codes == ["bad_key", "bad_key", "rate_limited", "rate_limited"]
        assert stand.mall.stock("BEAR")["items"]


@pytest.mark.expected_log("a call at the door met a defect: RuntimeError")
def test_a_defect_of_ours_tells_nothing_and_logs_nothing_of_the_caller(file_stand, monkeypatch, caplog):
    def broken(*_: object) -> None:
        raise RuntimeError("13800001234 张三")

    monkeypatch.setattr("core.gateway.door.reserve_page", broken)
    reply = file_stand.mall.send("POST", TARGET, BODY, key="k")
    assert code(reply) == (500, "defect")
    assert "nothing" not in reply.body["detail"], "nobody knows what was changed"
    assert "13800001234" not in caplog.text + json.dumps(reply.body)
    assert "RuntimeError" in caplog.text
    monkeypatch.undo()
    assert file_stand.mall.send("POST", TARGET, BODY, key="k").status == 201, "the defect was no first answer"


def test_calls_at_one_moment_with_one_key_make_one_reservation(stand):
    clients = [stand.client() for _ in range(8)]
    barrier = threading.Barrier(8)

    def call(client) -> tuple[int, str]:
        barrier.wait()
        reply = client.send("POST", TARGET, BODY, key="same")
        return reply.status, reply.body.get("id") or reply.body["code"]

    with ThreadPoolExecutor(8) as pool:
        said = set(pool.map(call, clients))
    made = {pair for pair in said if pair[0] == 201}
    assert len(made) == 1
    assert said - made <= {(409, "idempotency_in_progress")}
    assert len(stand.world.rows(select(DoorReservation.id))) == 1


def test_a_first_call_that_is_still_at_work_at_another_node_is_said(stand):
    """On PostgreSQL two nodes hold one key apart; SQLite has one writer, so the second gets the first answer."""
    with open_door(stand.world) as another:
        second = another.client(stand.key)
        inside, go_on = threading.Event(), threading.Event()
        from core.gateway import door as module

        original = module.reserve_page

        def slow(*words):
            answer = original(*words)
            inside.set()
            assert go_on.wait(20)
            return answer

        module_patch = pytest.MonkeyPatch()
        module_patch.setattr(module, "reserve_page", slow)
        try:
            with ThreadPoolExecutor(1) as pool:
                first = pool.submit(stand.mall.send, "POST", TARGET, BODY, key="same")
                assert inside.wait(20)
                here = stand.client().send("POST", TARGET, BODY, key="same")
                assert code(here) == (409, "idempotency_in_progress")
                assert here.headers["retry-after"] == "1"
                if not stand.store.is_sqlite:
                    assert code(second.send("POST", TARGET, BODY, key="same")) == (409, "idempotency_in_progress")
                go_on.set()
                assert first.result(20).status == 201
        finally:
            go_on.set()
            module_patch.undo()
        again = second.send("POST", TARGET, BODY, key="same")
        assert (again.status, again.headers["idempotency-replayed"]) == (201, "true")


def test_a_port_that_is_taken_is_said(file_stand):
    from core.gateway.server import DoorServer

    with pytest.raises(Unavailable) as caught:
        DoorServer(file_stand.door, file_stand.log, file_stand.store.clock, is_lan=False, port=file_stand.server.port)
    assert (caught.value.code, caught.value.facts["port"]) == ("door.port_taken", file_stand.server.port)


def test_a_shut_door_lets_waiting_callers_go_and_leaves_no_thread(file_world):
    before = {thread.name for thread in threading.enumerate()}
    with open_door(file_world) as stand, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(stand.client().events, "0", 25)
        time.sleep(0.5)
        began = time.monotonic()
        stand.server.stop()
        assert waiting.result(10)["events"] == []
        assert time.monotonic() - began < 5
    assert not [
        thread for thread in threading.enumerate() if thread.name.startswith("door") and thread.name not in before
    ]


def test_a_lost_commit_is_not_called_unchanged(file_stand, monkeypatch):
    """The mall hears that it is not known, and the same call again tells."""
    written = file_stand.store.write

    def lose(*words, **more):
        written(*words, **more)
        raise Unavailable("db.outcome_unknown", "the answer to the commit was lost")

    monkeypatch.setattr(file_stand.store, "write", lose)
    reply = file_stand.mall.send("POST", TARGET, BODY, key="k")
    assert code(reply) == (503, "outcome_unknown")
    monkeypatch.undo()
    again = file_stand.mall.send("POST", TARGET, BODY, key="k")
    assert (again.status, again.headers["idempotency-replayed"]) == (201, "true")


@pytest.mark.parametrize(
    ("host", "is_let_in"),
    [
        ("127.0.0.1", True),
        ("192.168.1.20", True),
        ("10.4.0.9", True),
        ("172.20.1.1", True),
        ("169.254.3.3", True),
        ("172.32.0.1", False),
        ("8.8.8.8", False),
        ("100.64.0.1", False),
        ("", False),
    ],
)
def test_only_neighbours_are_let_in(host, is_let_in):
    from core.gateway.patience import is_near

    assert is_near(host) is is_let_in


def test_a_caller_from_a_public_address_is_cut_before_a_word_is_read(file_stand, monkeypatch):
    raw, headers = signed(file_stand)
    lines = [f"POST {TARGET} HTTP/1.1", "Host: door", f"Content-Length: {len(raw)}", "Connection: close"]
    wire = "\r\n".join([*lines, *(f"{name}: {text}" for name, text in headers.items()), "", ""]).encode() + raw
    monkeypatch.setattr("core.gateway.patience.is_near", lambda _host: False)
    assert talk(file_stand, wire) == b""
    assert nothing_was_made(file_stand)
    monkeypatch.undo()
    assert talk(file_stand, wire).startswith(b"HTTP/1.1 201")
