"""The one way out over HTTP: JSON calls with a total deadline, a byte cap and nothing followed blindly.

What leaves this module is a checked JSON object or one of the five errors of `core.runtime.remote_errors`.
Neither errors nor log lines carry headers, bodies, queries or paths: they may hold secrets or personal data.
"""

import copy
import http.client
import ipaddress
import json
import logging
import random
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Self
from urllib.parse import quote, urlsplit

import requests
import urllib3

from core.runtime.clock import Clock
from core.runtime.errors import Refused
from core.runtime.http_limiter import Limiter
from core.runtime.http_trace import Exchange
from core.runtime.http_transport import GuardedAdapter, PeerAddress, PeerError, deadline
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary
from core.runtime.strict_json import StrictJsonError, array_from_bytes, object_from_bytes

_log = logging.getLogger(__name__)
# urllib3 writes whole addresses, even at WARNING, and platforms want their tokens in the query
logging.getLogger("urllib3").setLevel(logging.CRITICAL)
_CHUNK = 64 * 1024
_LONGEST_RETRY_AFTER_S = 3600.0
_WIRE_FAULTS = (
    PeerError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A checked base address; made by `endpoint()` alone. `base` has no trailing slash."""

    base: str
    host: str
    is_loopback: bool
    allow_lan: bool

    def admits(self, peer: PeerAddress) -> bool:
        """Whether the address that the name resolved to may be talked to."""
        if self.is_loopback:
            return peer.is_loopback
        if self.allow_lan:
            return not (peer.is_link_local or peer.is_multicast or peer.is_unspecified)
        return peer.is_global


def endpoint(base_url: str, *, allow_lan: bool = False) -> Endpoint:
    """The endpoint of a base address typed by a person.

    https is required, except on this machine itself, or inside the local network when `allow_lan` says so.
    Whatever the name resolves to later is checked again on each connection.

    Raises:
        Refused: `http.address`; the address cannot be used, and the sentence says why.
    """
    try:
        parts = urlsplit(base_url.strip())
        port = parts.port
    except ValueError:
        raise _bad_address("it is not a web address") from None
    host = (parts.hostname or "").lower()
    if parts.scheme not in {"http", "https"} or not host:
        raise _bad_address("it must begin with https://")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise _bad_address("it must not contain a name, a password, ? or #")
    is_loopback, is_lan = _place_of(host)
    if is_lan and not allow_lan:
        raise _bad_address("it lies in the local network, which this shop does not allow")
    if parts.scheme == "http" and not (is_loopback or (allow_lan and is_lan)):
        raise _bad_address("it must begin with https://")
    shown = f"[{host}]" if ":" in host else host
    port_text = "" if port is None else f":{port}"
    path = quote(parts.path.rstrip("/"), safe="/-._~%")
    return Endpoint(f"{parts.scheme}://{shown}{port_text}{path}", host, is_loopback, allow_lan)


def _bad_address(reason: str) -> Refused:
    return Refused("http.address", f"This address cannot be used: {reason}.", reason=reason)


def _place_of(host: str) -> tuple[bool, bool]:
    """(this machine, local network) as far as the name alone tells."""
    if host == "localhost":
        return True, False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # a bare number is an address in disguise (2130706433 is 127.0.0.1): treat it as inside
        is_inner = "." not in host or host.endswith((".local", ".lan")) or host.replace(".", "").isdigit()
        return False, is_inner
    return address.is_loopback, not address.is_loopback and not address.is_global


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is about to be sent, for signing: `target` is path and query exactly as on the wire."""

    method: str
    target: str
    body: bytes
    #: our best knowledge of the server's clock
    server_now: datetime


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """An answer with status 400 or above. `problem` is None where the body is not a JSON object."""

    status: int
    problem: Mapping[str, object] | None
    retry_after_s: float | None


@dataclass(frozen=True, slots=True)
class Reply:
    """A checked answer. Header names are lower case; `server_time` is the Date header, else our own clock."""

    status: int
    headers: Mapping[str, str]
    data: Mapping[str, object]
    server_time: datetime

    @property
    def told_at(self) -> datetime | None:
        """The server's clock where it told it, in whole seconds; None where `server_time` is a guess of ours."""
        return self.server_time if self.headers.get("date") else None


@dataclass(frozen=True, slots=True)
class Signed:
    """A good answer as it came, for the check of its signature; header names are lower case."""

    headers: Mapping[str, str]
    body: bytes
    #: by our own clock: the answer's own word for it could be as old as the answer
    now: datetime


def plain_error(reply: ErrorReply) -> ChannelError:
    """The error of a platform without codes of its own: by status alone."""
    code = str(reply.status)
    if reply.status == 429:
        return RateLimited("Too many calls", code=code, retry_after_s=reply.retry_after_s or 1.0)
    if reply.status >= 500 or reply.status == 408:
        return Temporary("The platform does not answer properly at the moment", code=code)
    if reply.problem is None:
        return ContractBroken("The platform refused without saying why", code=code)
    if reply.status in {401, 403}:
        return AuthExpired("The platform does not accept the key", code=code)
    return Rejected("The platform refused", code=code)


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `name` stands for it in the log; `is_read` marks a POST that only reads (GraphQL)."""

    name: str
    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    #: sent as Idempotency-Key; makes a write repeatable
    idempotency_key: str = ""
    is_read: bool = False
    #: called anew for each attempt: time stamps and nonces must not repeat
    sign: Callable[[Outgoing], Mapping[str, str]] | None = None
    explain: Callable[[ErrorReply], ChannelError] = plain_error
    #: sent as a form instead of a JSON body
    form: Sequence[tuple[str, str]] = ()
    #: sent as a JSON body exactly as it is, where the signature is over this very text
    text: str = ""
    #: the answer is a JSON array; `Reply.data` holds it as `list`
    is_list: bool = False
    #: whose limits the call counts against, where several accounts share one address
    account: str = ""
    #: called anew for each attempt with the server's clock; gives the call with signed query or form
    renew: "Callable[[Call, datetime], Call] | None" = None
    #: for platforms that refuse with status 200: the error that a good answer is, None where it is none
    judge: "Callable[[Reply], ChannelError | None] | None" = None
    #: sees every good answer before anything is read from it; raises `ContractBroken` where it is not genuine
    verify: Callable[[Signed], None] | None = None

    @property
    def is_repeatable(self) -> bool:
        """Whether an unknown outcome may simply be tried again."""
        return self.method == "GET" or self.is_read or bool(self.idempotency_key)


@dataclass(frozen=True, slots=True)
class HttpPolicy:
    """Limits of a client; the deadline covers all attempts and the waits between them."""

    deadline_s: float = 30.0
    attempt_s: float = 20.0
    connect_s: float = 8.0
    max_bytes: int = 16 * 1024 * 1024
    attempts: int = 3
    first_pause_s: float = 0.5


class HttpClient:
    """JSON over HTTP for one shop or one service. Close it, or use it as a context manager."""

    def __init__(
        self,
        clock: Clock,
        *,
        policy: HttpPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._clock = clock
        self._policy = policy or HttpPolicy()
        self._sleep = sleep
        self._uniform = uniform
        self._limiters: dict[tuple[str, str], Limiter] = {}
        self._offsets: dict[str, timedelta] = {}
        self._hear: Callable[[Exchange], None] | None = None
        self._session = requests.Session()
        # proxies, .netrc and CA bundles out of the environment are a way in for others
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.clear()
        self._session.mount("http://", GuardedAdapter())
        self._session.mount("https://", GuardedAdapter())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()

    def heard_by(self, hear: Callable[[Exchange], None]) -> "HttpClient":
        """The same client, connections and limits shared, whose calls are told to `hear` when they ended.

        What it is told is not masked: it may be looked at, and not kept.
        """
        heard = copy.copy(self)
        heard._hear = hear  # noqa: SLF001  it is one of us
        return heard

    def server_now(self, place: Endpoint) -> datetime:
        """The server's clock as its last Date header told it; our own clock before the first answer."""
        return self._clock.now() + self._offsets.get(place.base, timedelta())

    def clock_offset(self, place: Endpoint) -> timedelta | None:
        """Server clock minus ours, whole seconds at best; None before the first answer."""
        return self._offsets.get(place.base)

    def call(self, place: Endpoint, call: Call) -> Reply:
        """The answer to one call; reads and writes with an idempotency key are tried again if that may help.

        Raises:
            ChannelError: one of the five kinds. For a write, `Temporary` means that the outcome is unknown.
        """
        give_up_at = self._clock.monotonic() + self._policy.deadline_s
        attempts = self._policy.attempts if call.is_repeatable else 1
        for attempt in range(1, attempts):
            try:
                return self._attempt(place, call, give_up_at)
            except (Temporary, RateLimited) as error:
                wished = error.retry_after_s if isinstance(error, RateLimited) else 0.0
                spread = self._policy.first_pause_s * 2 ** (attempt - 1)
                pause = max(wished, self._uniform(spread / 2, spread))
                if self._clock.monotonic() + pause >= give_up_at:
                    raise
            self._sleep(pause)
        return self._attempt(place, call, give_up_at)

    def download(
        self,
        place: Endpoint,
        target: str,
        max_bytes: int,
        *,
        accept: str = "image/*",
        sign: Callable[[Outgoing], Mapping[str, str]] | None = None,
    ) -> bytes:
        """What lies at `target` (path and query), as it is; tried once.

        Raises:
            ChannelError: one of the five kinds; larger than `max_bytes` is `ContractBroken`.
        """
        headers = {"User-Agent": "Packdesk", "Accept": accept, "Accept-Encoding": "gzip"}
        request = self._session.prepare_request(requests.Request("GET", f"{place.base}{target}", headers=headers))
        if sign is not None:
            request.headers.update(sign(Outgoing("GET", request.path_url, b"", self.server_now(place))))
        status, told, body = self._in_time(place, request, self._policy.attempt_s, max_bytes)
        if status >= 400:
            wait = self._retry_after(told, self.server_now(place))
            raise plain_error(ErrorReply(status, _problem_of(body), wait))
        if status != 200:
            raise ContractBroken("What was asked for is not there", code="http.redirect")
        return body

    def _attempt(self, place: Endpoint, call: Call, give_up_at: float) -> Reply:
        limiter = self._limiters.setdefault((place.base, call.account), Limiter())
        left = give_up_at - self._clock.monotonic()
        wait = limiter.book(self._clock.monotonic(), left)
        if wait > left:
            raise RateLimited("Too many calls; waiting", code="http.waiting", retry_after_s=wait)
        if wait > 0:
            self._sleep(wait)
        seconds = min(self._policy.attempt_s, give_up_at - self._clock.monotonic())
        started = self._clock.monotonic()
        exchange = Exchange(call.name, call.method, place.host, call.path)
        try:
            reply = self._exchange(place, call, max(seconds, 0.001), exchange)
        except ChannelError as error:
            exchange.error, exchange.code = type(error).__name__, error.code
            if isinstance(error, RateLimited):
                limiter.refused(self._clock.monotonic(), error.retry_after_s)
            _log.info("%s on %s: %s %s", call.name, place.host, type(error).__name__, error.code)
            raise
        finally:
            if self._hear is not None:
                exchange.took_ms = int((self._clock.monotonic() - started) * 1000)
                self._hear(exchange)
        limiter.answered()
        took_ms = (self._clock.monotonic() - started) * 1000
        _log.debug("%s on %s: %d in %.0f ms", call.name, place.host, reply.status, took_ms)
        return reply

    def _exchange(self, place: Endpoint, call: Call, seconds: float, exchange: Exchange) -> Reply:
        if call.renew is not None:
            call = call.renew(call, self.server_now(place))
        prepared = self._prepared(place, call)
        sent = prepared.body
        exchange.query = prepared.path_url.partition("?")[2]
        exchange.sent = sent if isinstance(sent, bytes) else (sent or "").encode()
        status, headers, body = self._in_time(place, prepared, seconds, self._policy.max_bytes)
        exchange.status, exchange.body = status, body
        server_time = self._noted_time(place, headers)
        if status >= 400:
            raise call.explain(ErrorReply(status, _problem_of(body), self._retry_after(headers, server_time)))
        if not 200 <= status < 300:
            raise ContractBroken("The platform sent us elsewhere; the address is not right", code="http.redirect")
        if call.verify is not None:
            call.verify(Signed(headers, body, self._clock.now()))
        reply = Reply(status, headers, _checked(call, status, body), server_time)
        refusal = None if call.judge is None else call.judge(reply)
        if refusal is not None:
            raise refusal
        return reply

    def _in_time(
        self, place: Endpoint, prepared: requests.PreparedRequest, seconds: float, max_bytes: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        with deadline(seconds, place.admits) as limit:
            try:
                answer = self._sent(prepared, min(seconds, self._policy.connect_s), seconds, max_bytes)
            except (ChannelError, *_WIRE_FAULTS) as fault:
                # what our own deadline cut short is told as what it is
                raise (_too_slow() if limit.is_expired else _wire_error(fault)) from None
            if limit.is_expired:
                raise _too_slow()
        return answer

    def _prepared(self, place: Endpoint, call: Call) -> requests.PreparedRequest:
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in call.query)
        url = f"{place.base}{call.path}" + (f"?{query}" if query else "")
        body = b"" if call.body is None else json.dumps(call.body, ensure_ascii=False, allow_nan=False).encode()
        if call.text:
            body = call.text.encode()
        if call.form:
            body = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in call.form).encode()
        headers = {"User-Agent": "Packdesk", "Accept": "application/json", "Accept-Encoding": "gzip"}
        if call.body is not None or call.text:
            headers["Content-Type"] = "application/json; charset=utf-8"
        if call.form:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        if call.idempotency_key:
            headers["Idempotency-Key"] = call.idempotency_key
        headers.update(call.headers)
        prepared = self._session.prepare_request(
            requests.Request(call.method, url, headers=headers, data=body or None)
        )
        if call.sign is not None:
            target = prepared.path_url
            prepared.headers.update(call.sign(Outgoing(call.method, target, body, self.server_now(place))))
        return prepared

    def _sent(
        self, prepared: requests.PreparedRequest, connect_s: float, read_s: float, max_bytes: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        with self._session.send(
            prepared, stream=True, timeout=(connect_s, read_s), allow_redirects=False, proxies={}
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            pieces = response.raw.stream(_CHUNK, decode_content=False)
            body = _bounded(pieces, headers.get("content-encoding", ""), max_bytes)
            return response.status_code, headers, body

    def _noted_time(self, place: Endpoint, headers: Mapping[str, str]) -> datetime:
        try:
            told = parsedate_to_datetime(headers.get("date", ""))
        except ValueError:
            return self.server_now(place)
        told = told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
        self._offsets[place.base] = told - self._clock.now()
        return told

    def _retry_after(self, headers: Mapping[str, str], server_time: datetime) -> float | None:
        text = headers.get("retry-after", "")
        if not text:
            return None
        if text.isascii() and text.isdigit():
            return min(float(text[:9]), _LONGEST_RETRY_AFTER_S)
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return None
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        return min(max((at - server_time).total_seconds(), 0.0), _LONGEST_RETRY_AFTER_S)


def _wire_error(fault: Exception) -> ChannelError:
    if isinstance(fault, ChannelError):
        return fault
    if isinstance(fault, PeerError):
        return ContractBroken("The name leads to an address inside this network", code="http.peer")
    if isinstance(fault, requests.exceptions.SSLError):
        return ContractBroken("The server's certificate is not trusted", code="http.tls")
    if isinstance(fault, (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)):
        return _too_slow()
    return Temporary("The platform cannot be reached", code="http.network")


def _too_slow() -> Temporary:
    return Temporary("The platform took too long", code="http.deadline")


def _checked(call: Call, status: int, body: bytes) -> Mapping[str, object]:
    if status == 204:
        return {}
    try:
        return {"list": array_from_bytes(body)} if call.is_list else object_from_bytes(body)
    except StrictJsonError as fault:
        if fault.is_cut:
            raise Temporary(f"The answer did not come whole ({fault})", code="http.cut") from None
        raise ContractBroken(f"The answer is not what was promised ({fault})", code="http.body") from None


def _problem_of(body: bytes) -> Mapping[str, object] | None:
    try:
        return object_from_bytes(body)
    except StrictJsonError:
        return None


def _bounded(pieces: Iterator[bytes], encoding: str, cap: int) -> bytes:
    """The body, unpacked here rather than by the library so that a bomb stops at `cap` bytes of output."""
    if encoding.strip().lower() in {"", "identity"}:
        return _joined(pieces, cap)
    if encoding.strip().lower() not in {"gzip", "x-gzip"}:
        raise ContractBroken("The answer is packed in a way we did not offer", code="http.encoding")
    unpacker = zlib.decompressobj(wbits=31)
    body = _joined(_unpacked(pieces, unpacker, cap), cap)
    if not unpacker.eof:
        raise Temporary("The answer did not come whole", code="http.cut")
    return body


def _unpacked(pieces: Iterator[bytes], unpacker: "zlib._Decompress", cap: int) -> Iterator[bytes]:
    for piece in pieces:
        try:
            yield unpacker.decompress(piece, cap + 1)
        except zlib.error:
            raise ContractBroken("The answer is packed wrongly", code="http.encoding") from None


def _joined(pieces: Iterator[bytes], cap: int) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > cap:
            raise ContractBroken("The answer is larger than anything that was promised", code="http.size")
    return bytes(body)
