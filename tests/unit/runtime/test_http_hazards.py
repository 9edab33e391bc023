"""Each server here does over a real socket what a real server has done; the client must not be taken in."""

import gzip
import ipaddress
import itertools
import json
import logging
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.runtime.clock import ManualClock, SystemClock
from core.runtime.errors import Refused
from core.runtime.http import Call, HttpClient, HttpPolicy, Outgoing, Reply, endpoint
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary
from tests.simulators.raw_server import RawServer, Script, answer

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
DATE = "Date: Mon, 23 Nov 2026 04:00:00 GMT"
GET = Call("test.get", "GET", "/v1/things")
GOOD = answer(b'{"things": []}', DATE)


class Waits(list[float]):
    """A sleep that writes down instead of sleeping, and moves the clock."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def __call__(self, seconds: float) -> None:
        self.append(seconds)
        self._clock.advance(seconds=seconds)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def waits(clock: ManualClock) -> Waits:
    return Waits(clock)


@pytest.fixture
def client(clock: ManualClock, waits: Waits) -> Iterator[HttpClient]:
    policy = HttpPolicy(attempts=1, max_bytes=1_000_000)
    with HttpClient(clock, policy=policy, sleep=waits, uniform=lambda low, high: high) as http:
        yield http


@pytest.fixture
def patient(clock: ManualClock, waits: Waits) -> Iterator[HttpClient]:
    with HttpClient(clock, sleep=waits, uniform=lambda low, high: high) as http:
        yield http


def always(data: bytes) -> Script:
    return lambda line, _request: line.sendall(data)


def in_turn(*answers: bytes) -> Script:
    left = itertools.chain(answers, itertools.repeat(answers[-1]))
    return lambda line, _request: line.sendall(next(left))


def failure(http: HttpClient, script: Script, call: Call = GET) -> ChannelError:
    with RawServer(script) as server, pytest.raises(ChannelError) as caught:
        http.call(endpoint(server.url), call)
    return caught.value


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        pytest.param(answer(b""), Temporary, "http.cut", id="empty 200"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + b'{"things": [', Temporary, "http.cut", id="cut, no length"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + '{"a": "好'.encode()[:-1], Temporary, "http.cut", id="cut char"),
        pytest.param(
            b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"things": []}',
            Temporary,
            "http.network",
            id="short of its length",
        ),
        pytest.param(
            b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n{"things": []}\r\n',
            Temporary,
            "http.network",
            id="chunks without an end",
        ),
        pytest.param(b"", Temporary, "http.network", id="hung up"),
        pytest.param(b"HTTP/1.1 200 OK\r\nDa", Temporary, "http.cut", id="half a head"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", Temporary, "http.network", id="no HTTP at all"),
        pytest.param(answer(b"[]"), ContractBroken, "http.body", id="list is not no orders"),
        pytest.param(answer(b"null"), ContractBroken, "http.body", id="null"),
        pytest.param(answer(b"<html>login</html>"), ContractBroken, "http.body", id="html 200"),
        pytest.param(answer(b'{"a": 1, "a": 2}'), ContractBroken, "http.body", id="key twice"),
        pytest.param(answer(b'{"a": NaN}'), ContractBroken, "http.body", id="NaN"),
        pytest.param(answer(b'{"a": -Infinity}'), ContractBroken, "http.body", id="Infinity"),
        pytest.param(answer(b'{"a": 1e999}'), ContractBroken, "http.body", id="overflow"),
        pytest.param(answer(b'{"id": 123456789012345678901.0}'), ContractBroken, "http.body", id="id as float"),
        pytest.param(
            answer(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), ContractBroken, "http.body", id="deep"
        ),
        pytest.param(answer(b'{"a": ' + b"9" * 5000 + b"}"), ContractBroken, "http.body", id="endless number"),
        pytest.param(answer(b'{"a": "\xff\xfe"}'), ContractBroken, "http.body", id="not UTF-8"),
        pytest.param(answer(b'{"a": 1} {"a": 1}'), ContractBroken, "http.body", id="two objects"),
        pytest.param(answer(b'{"a": 1}', "Content-Encoding: br"), ContractBroken, "http.encoding", id="br"),
        pytest.param(answer(b'{"a": 1}', "Content-Encoding: gzip"), ContractBroken, "http.encoding", id="no gzip"),
        pytest.param(
            answer(gzip.compress(b'{"a": 1}')[:-9], "Content-Encoding: gzip"),
            Temporary,
            "http.cut",
            id="cut gzip",
        ),
        pytest.param(answer(b"", status="503 x"), Temporary, "503", id="503"),
        pytest.param(answer(b"<html>", status="403 x"), ContractBroken, "403", id="html 403"),
        pytest.param(answer(b'{"x": 1}', status="403 x"), AuthExpired, "403", id="403"),
        pytest.param(answer(b'{"x": 1}', status="422 x"), Rejected, "422", id="422"),
        pytest.param(answer(b"", "Retry-After: 7", status="429 x"), RateLimited, "429", id="429"),
    ],
)
def test_a_bad_answer_is_an_error_and_never_an_empty_result(
    client: HttpClient, data: bytes, kind: type[ChannelError], code: str
) -> None:
    error = failure(client, always(data))

    assert type(error) is kind
    assert error.code == code


@pytest.mark.parametrize("data", [GOOD, b"HTTP/1.1 200 OK\r\nDa", b"", answer(b"<html>")])
def test_no_line_of_any_library_holds_the_address_with_its_token(
    client: HttpClient, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    caplog.set_level(logging.DEBUG)
    call = replace(GET, query=(("access_token", "hidden-token"),))

    with RawServer(always(data)) as server, suppress(ChannelError):
        client.call(endpoint(server.url), call)

    assert "test.get" in caplog.text
    assert "hidden-token" not in caplog.text


def test_a_body_larger_than_the_cap_is_not_taken(client: HttpClient) -> None:
    error = failure(client, always(answer(b'{"a": "' + b"x" * 1_000_001 + b'"}')))

    assert (type(error), error.code) == (ContractBroken, "http.size")


def test_a_gzip_bomb_stops_at_the_cap_while_unpacking(client: HttpClient) -> None:
    bomb = gzip.compress(b'{"a": "' + b"x" * 100_000_000 + b'"}', 1)
    tracemalloc.start()
    try:
        error = failure(client, always(answer(bomb, "Content-Encoding: gzip")))
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (type(error), error.code) == (ContractBroken, "http.size")
    assert peak < 10_000_000


def test_honest_gzip_is_read(client: HttpClient) -> None:
    with RawServer(always(answer(gzip.compress(b'{"a": 1}'), "Content-Encoding: gzip"))) as server:
        assert client.call(endpoint(server.url), GET).data == {"a": 1}


@pytest.mark.parametrize("status", ["301 x", "302 x", "303 x", "307 x", "308 x"])
def test_no_redirect_is_followed_and_the_other_port_sees_nothing(client: HttpClient, status: str) -> None:
    call = Call("test.post", "POST", "/v1/x", body={"token": "t"}, headers={"Authorization": "Bearer secret"})
    with RawServer(always(GOOD)) as other:
        error = failure(client, always(answer(b"", f"Location: {other.url}/v1/x", status=status)), call)
        assert other.requests == []

    assert (type(error), error.code) == (ContractBroken, "http.redirect")


def drip(data: bytes, gap_s: float, stop: threading.Event) -> Script:
    def script(line: socket.socket, _request: bytes) -> None:
        head, end, body = data.partition(b"\r\n\r\n")
        if end:
            # at once, so that the deadline falls into the body
            line.sendall(head + end)
        for byte in body if end else head:
            line.sendall(bytes([byte]))
            if stop.wait(gap_s):
                return

    return script


@pytest.mark.parametrize("part", ["head", "body", "unframed body"])
def test_the_deadline_covers_a_dripping_answer_as_a_whole(part: str) -> None:
    data = {
        "head": b"HTTP/1.1 200 OK\r\n" + b"X-Slow: aaaaaaaaaaaaaaaaaaaa\r\n" * 20,
        "body": answer(b'{"a": "' + b"x" * 400 + b'"}'),
        "unframed body": b'HTTP/1.1 200 OK\r\n\r\n{"a": "' + b"x" * 400 + b'"}',
    }[part]
    stop = threading.Event()
    policy = HttpPolicy(attempts=1, attempt_s=0.3)
    started = time.perf_counter()
    with HttpClient(SystemClock(), policy=policy) as http:
        error = failure(http, drip(data, 0.02, stop))
    stop.set()

    assert (type(error), error.code) == (Temporary, "http.deadline")
    assert time.perf_counter() - started < 3


def test_a_server_that_says_nothing_is_left(clock: ManualClock) -> None:
    with HttpClient(clock, policy=HttpPolicy(attempts=1, attempt_s=0.2)) as http:
        # the server waits until we hang up
        error = failure(http, lambda line, _request: print(line.recv(1)))

    assert (type(error), error.code) == (Temporary, "http.deadline")


def test_reads_are_tried_again_a_bounded_number_of_times(patient: HttpClient, waits: Waits) -> None:
    with RawServer(always(b"")) as server, pytest.raises(Temporary):
        patient.call(endpoint(server.url), GET)

    assert len(server.requests) == 3
    assert waits == [0.5, 1.0]


def test_a_write_without_a_key_is_sent_once(patient: HttpClient) -> None:
    call = Call("test.post", "POST", "/v1/x", body={})
    with RawServer(always(b"")) as server, pytest.raises(Temporary):
        patient.call(endpoint(server.url), call)

    assert len(server.requests) == 1


def test_a_write_with_a_key_repeats_with_the_same_key_and_a_new_signature(patient: HttpClient) -> None:
    nonces = itertools.count()

    def sign(_outgoing: Outgoing) -> dict[str, str]:
        return {"X-Nonce": f"n{next(nonces)}"}

    call = Call("test.post", "POST", "/v1/x", body={"a": "好"}, idempotency_key="k-1", sign=sign)
    with RawServer(in_turn(b"", GOOD)) as server:
        patient.call(endpoint(server.url), call)

    first, second = server.requests
    assert b"Idempotency-Key: k-1" in first
    assert b"X-Nonce: n0" in first
    assert second == first.replace(b"n0", b"n1")
    assert first.endswith('{"a": "好"}'.encode())


def test_what_is_signed_is_what_is_on_the_wire(client: HttpClient) -> None:
    signed: list[Outgoing] = []

    def sign(outgoing: Outgoing) -> dict[str, str]:
        signed.append(outgoing)
        return {}

    call = Call("test.get", "GET", "/v1/%E5%A5%BD%2F..%3F", query=(("q", "a b+c&ü~%"), ("e", "")), sign=sign)
    with RawServer(always(GOOD)) as server:
        client.call(endpoint(f"{server.url}/pre fix/"), call)

    assert server.requests[0].split(b" ")[1] == signed[0].target.encode()
    assert signed[0].target.startswith("/pre%20fix/v1/%E5%A5%BD%2F..%3F?q=a%20b%2Bc%26%C3%BC~%25&e=")


def test_a_refusal_for_speed_slows_the_next_calls_of_that_host(patient: HttpClient, waits: Waits) -> None:
    with RawServer(in_turn(answer(b"{}", "Retry-After: 7", status="429 x"), GOOD)) as server:
        place = endpoint(server.url)
        patient.call(place, GET)
        assert sum(waits) == 7
        patient.call(place, GET)
        patient.call(place, GET)

    # the learnt gap of a quarter second, shrinking with each success
    assert 0 < waits[-1] < waits[-2] <= 0.25


def test_a_wait_longer_than_the_deadline_is_told_at_once(patient: HttpClient, waits: Waits) -> None:
    with RawServer(always(answer(b"{}", "Retry-After: 600", status="429 x"))) as server:
        for _ in range(2):
            with pytest.raises(RateLimited) as caught:
                patient.call(endpoint(server.url), GET)

    assert len(server.requests) == 1
    assert caught.value.retry_after_s == 600
    assert waits == []


def test_retry_after_as_a_date_counts_from_the_servers_clock(client: HttpClient) -> None:
    late = answer(b"{}", DATE, "Retry-After: Mon, 23 Nov 2026 04:00:09 GMT", status="429 x")
    error = failure(client, always(late))

    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 9


def test_the_servers_clock_is_learnt_from_every_answer(client: HttpClient, clock: ManualClock) -> None:
    with RawServer(always(answer(b'{"a": 1}', "Date: Mon, 23 Nov 2026 04:10:00 GMT"))) as server:
        place = endpoint(server.url)
        assert client.clock_offset(place) is None
        assert client.call(place, GET).server_time == NOON + timedelta(minutes=10)
        clock.advance(seconds=30)
        assert client.server_now(place) == NOON + timedelta(minutes=10, seconds=30)


def test_proxies_and_netrc_of_the_environment_are_ignored(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with RawServer(always(GOOD)) as server, RawServer(always(GOOD)) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login a password b\n")
        monkeypatch.setenv("NETRC", str(netrc))
        client.call(endpoint(server.url), GET)

        assert proxy.requests == []
        assert b"authorization" not in server.requests[0].lower()


def test_cookies_are_not_kept(client: HttpClient) -> None:
    with RawServer(always(answer(b"{}", "Set-Cookie: session=1; Path=/"))) as server:
        client.call(endpoint(server.url), GET)
        client.call(endpoint(server.url), GET)

        assert all(b"cookie" not in request.lower() for request in server.requests)


def test_broken_characters_are_replaced_and_do_not_block(client: HttpClient) -> None:
    body = rb'{"note": "a\u0000b\ud83d", "fine": "\ud83d\ude00", "\ud800": [{"x": "\udc00"}]}'
    with RawServer(always(answer(body))) as server:
        data = client.call(endpoint(server.url), GET).data

    assert data == {"note": "a\ufffdb\ufffd", "fine": "😀", "\ufffd": [{"x": "\ufffd"}]}


def test_neither_log_nor_error_holds_secret_or_person(client: HttpClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "core")
    call = Call(
        "test.post",
        "POST",
        "/v1/orders/13800000001",
        query=(("phone", "13800000002"),),
        body={"name": "赵练习"},
        headers={"Authorization": "Bearer top-secret"},
    )
    problem = json.dumps({"code": "x", "detail": "赵练习 13800000003"}).encode()
    texts = []
    for script in (always(answer(problem, status="422 x")), always(b""), always(answer(b"{"))):
        error = failure(client, script, call)
        texts += [str(error), repr(error), str(error.__cause__)]
    with RawServer(always(GOOD)) as server:
        client.call(endpoint(server.url), call)

    everything = caplog.text + "".join(texts)
    assert "test.post" in caplog.text
    for private in ("1380000", "赵练习", "top-secret"):
        assert private not in everything


@pytest.mark.parametrize(
    "address",
    [
        "http://shop.example",
        "ftp://shop.example",
        "file:///etc/passwd",
        "shop.example",
        "https://",
        "https://user:pass@shop.example",
        "https://shop.example@evil.example/",
        "https://shop.example/?a=1",
        "https://shop.example/#a",
        "https://[::1",
        "https://shop.example:99999",
        "http://192.168.1.5",
        "https://192.168.1.5",
        "https://169.254.169.254",
        "https://2130706433",
        "http://0x7f.1",
        "https://router.local",
    ],
)
def test_an_address_that_could_lead_astray_is_refused(address: str) -> None:
    with pytest.raises(Refused) as caught:
        endpoint(address)

    assert caught.value.code == "http.address"


@pytest.mark.parametrize(
    ("address", "allow_lan", "base"),
    [
        ("https://shop.example/api/", False, "https://shop.example/api"),
        (" https://Shop.Example:8443 ", False, "https://shop.example:8443"),
        ("http://127.0.0.1:8080", False, "http://127.0.0.1:8080"),
        ("http://localhost:8080", False, "http://localhost:8080"),
        ("http://[::1]:8080", False, "http://[::1]:8080"),
        ("http://192.168.1.5:8080", True, "http://192.168.1.5:8080"),
        ("http://nas:8080", True, "http://nas:8080"),
    ],
)
def test_a_good_address_is_kept(address: str, allow_lan: bool, base: str) -> None:
    assert endpoint(address, allow_lan=allow_lan).base == base


def test_plain_http_to_the_internet_stays_refused_with_the_lan_switch() -> None:
    with pytest.raises(Refused):
        endpoint("http://shop.example", allow_lan=True)


def test_a_name_that_leads_inwards_is_left_before_a_byte_is_sent(client: HttpClient) -> None:
    with RawServer(always(GOOD)) as server:
        place = endpoint(server.url)
        # as if a public name had been checked and then turned to this machine
        outside = type(place)(place.base, "shop.example", is_loopback=False, allow_lan=False)
        with pytest.raises(ContractBroken) as caught:
            client.call(outside, GET)

        assert caught.value.code == "http.peer"
    assert all(request == b"" for request in server.requests)


def test_link_local_stays_closed_even_with_the_lan_switch() -> None:
    place = endpoint("https://nas.local", allow_lan=True)
    allowed = {
        text: place.admits(ipaddress.ip_address(text)) for text in ("192.168.1.5", "169.254.169.254", "8.8.8.8")
    }

    assert allowed == {"192.168.1.5": True, "169.254.169.254": False, "8.8.8.8": True}


LIST = Call("test.list", "GET", "/v1/things", is_list=True)


def test_an_array_is_read_where_the_platform_answers_arrays(client: HttpClient) -> None:
    with RawServer(always(answer(b'[{"id": 1}, "\\u0000"]'))) as server:
        reply = client.call(endpoint(server.url), LIST)

    assert reply.data == {"list": [{"id": 1}, "\ufffd"]}


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"", Temporary, "http.cut"),
        (b'[{"id": 1}, {"i', Temporary, "http.cut"),
        (b'{"id": 1}', ContractBroken, "http.body"),
        (b"[1] [2]", ContractBroken, "http.body"),
        (b'[{"a": 1, "a": 2}]', ContractBroken, "http.body"),
    ],
)
def test_a_bad_array_is_never_an_empty_one(
    client: HttpClient, body: bytes, kind: type[ChannelError], code: str
) -> None:
    error = failure(client, always(answer(body)), LIST)

    assert (type(error), error.code) == (kind, code)


def test_a_refusal_with_status_200_is_judged_tried_again_and_slows_the_account(
    patient: HttpClient, waits: Waits
) -> None:
    def judge(reply: Reply) -> ChannelError | None:
        return RateLimited("slow", code="7", retry_after_s=4.0) if "no" in reply.data else None

    call = Call("test.judged", "POST", "/router", text="{}", is_read=True, judge=judge, account="one")
    with RawServer(in_turn(answer(b'{"no": 1}'), answer(b'{"yes": 1}'))) as server:
        place = endpoint(server.url)
        assert patient.call(place, call).data == {"yes": 1}
        assert sum(waits) >= 4.0
        waits.clear()
        patient.call(place, replace(call, account="another"))

    assert not waits


def test_a_call_is_renewed_for_each_attempt_by_the_servers_clock(patient: HttpClient) -> None:
    asked: list[datetime] = []

    def renew(call: Call, now: datetime) -> Call:
        asked.append(now)
        return replace(call, form=(*call.form, ("timestamp", now.isoformat())))

    call = Call("test.renewed", "POST", "/router", form=(("a", "1"),), is_read=True, renew=renew)
    late = answer(b"", "Date: Mon, 23 Nov 2026 05:00:00 GMT", status="503 x")
    with RawServer(in_turn(late, GOOD)) as server:
        patient.call(endpoint(server.url), call)

    first, second = server.requests
    assert b"timestamp=2026-11-23T04" in first
    assert b"timestamp=2026-11-23T05" in second
    assert len(asked) == 2
