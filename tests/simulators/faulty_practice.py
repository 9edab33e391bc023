"""The practice server, badly behaved on demand: every fault is one that real platforms have shown."""

import gzip
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from core.practice.orders import cursor_text
from core.practice.refusal import RefusalError
from core.practice.server import PracticeSecrets, PracticeServer, Wire
from core.practice.web import Answer, Request, json_answer, problem_answer
from core.runtime.clock import Clock
from tests.support.mall_signing import independent_signature


class Faults:
    """What goes wrong next, in order; each fault is used up by one call to mall or carrier."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._waiting: deque[str] = deque()
        self._lock = threading.Lock()

    def next(self, *names: str) -> None:
        """Let the next calls meet these faults, `ok` for none."""
        for name in names:
            if name != "ok" and name not in self._names:
                raise ValueError(f"no such fault: {name}")
        with self._lock:
            self._waiting.extend(names)

    def take(self) -> str:
        """The fault of this call."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else "ok"

    @property
    def is_used_up(self) -> bool:
        """Whether every ordered fault has happened."""
        with self._lock:
            return not self._waiting


class FaultyPracticeServer(PracticeServer):
    """`faults.next(...)` orders trouble, `seen` keeps every request, `skew` moves the shop's clock."""

    def __init__(self, data_dir: Path, keys: PracticeSecrets, clock: Clock, seed: int = 1) -> None:
        super().__init__(data_dir, keys, clock, seed)
        self._keys = keys
        self._bad: Mapping[str, Callable[[Request, Wire], None]] = {
            "rate_limited": self._rate_limited,
            "unavailable": self._unavailable,
            "auth_expired": self._auth_expired,
            "drop": lambda _request, wire: wire.cut(),
            "slow": self._slow,
            "half_body": self._half_body,
            "half_head": lambda _request, wire: wire.raw(b"HTTP/1.1 200 OK\r\nContent-Ty"),
            "short_of_length": self._short_of_length,
            "html_500": lambda _request, wire: wire.reply(_html(500)),
            "html_403": lambda _request, wire: wire.reply(_html(403)),
            "html_200": lambda _request, wire: wire.reply(_html(200)),
            "empty_200": lambda _request, wire: wire.reply(Answer(200, b"", "application/json")),
            "list_200": lambda _request, wire: wire.reply(Answer(200, b"[]", "application/json")),
            "doubled_key": self._doubled_key,
            "nan": lambda _request, wire: wire.reply(
                Answer(200, b'{"orders": [], "next_cursor": null, "n": NaN}', "application/json")
            ),
            "gzip_bomb": self._gzip_bomb,
            "gzipped": self._gzipped,
            "done_but_silent": self._done_but_silent,
            "duplicate_page": self._duplicate_page,
            "empty_page_has_more": self._empty_page_has_more,
            "same_cursor": self._same_cursor,
        }
        self.faults = Faults(frozenset(self._bad))
        self.seen: list[Request] = []
        self.skew = timedelta()
        self.released = threading.Event()
        self._salt = 0

    def now(self) -> datetime:
        """The shop's clock, wrong by `skew`."""
        return super().now() + self.skew

    def stop(self) -> None:
        """Stop, letting slow answers go first."""
        self.released.set()
        super().stop()

    def exchange(self, request: Request, wire: Wire) -> None:
        """Answer, or meet the next fault."""
        if not request.path.startswith(("/v1/", "/carrier/")):
            super().exchange(request, wire)
            return
        self.seen.append(request)
        fault = self.faults.take()
        if fault == "ok":
            super().exchange(request, wire)
        else:
            self._bad[fault](request, wire)

    def unsigned(self) -> list[str]:
        """Targets of the calls whose signature a second implementation does not accept."""
        bad = []
        for request in self.seen:
            keys = self._keys.carrier if request.path.startswith("/carrier/") else self._keys.mall
            head = request.headers
            fitting = independent_signature(
                keys.secret,
                request.method,
                request.target,
                head["x-timestamp"],
                head["x-nonce"],
                request.body,
            )
            if head["x-key"] != keys.key or head["x-signature"] != fitting:
                bad.append(request.target)
        return bad

    def calls(self, method: str, ending: str) -> list[Request]:
        """The calls with this method whose path ends so."""
        return [call for call in self.seen if call.method == method and call.path.endswith(ending)]

    def _rate_limited(self, _request: Request, wire: Wire) -> None:
        refusal = RefusalError(429, "rate_limited", "too many", is_retryable=True, retry_after_s=2)
        wire.reply(problem_answer(refusal))

    def _unavailable(self, _request: Request, wire: Wire) -> None:
        refusal = RefusalError(503, "unavailable", "back soon", is_retryable=True, retry_after_s=1)
        wire.reply(problem_answer(refusal))

    def _auth_expired(self, _request: Request, wire: Wire) -> None:
        wire.reply(problem_answer(RefusalError(401, "bad_key", "revoked")))

    def _slow(self, request: Request, wire: Wire) -> None:
        self.released.wait(60)
        wire.cut()

    def _half_body(self, request: Request, wire: Wire) -> None:
        body = self.answer(request).body
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
        wire.raw(head + body[: len(body) // 2])

    def _short_of_length(self, request: Request, wire: Wire) -> None:
        body = self.answer(request).body
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        wire.raw(head.encode() + body[: len(body) // 2])

    def _doubled_key(self, request: Request, wire: Wire) -> None:
        body = self.answer(request).body
        wire.reply(Answer(200, b'{"orders": [], "next_cursor": null, ' + body[1:], "application/json"))

    def _gzip_bomb(self, _request: Request, wire: Wire) -> None:
        body = gzip.compress(b'{"orders": [' + b" " * (64 * 1024 * 1024) + b'], "next_cursor": null}')
        wire.reply(Answer(200, body, "application/json", {"Content-Encoding": "gzip"}))

    def _gzipped(self, request: Request, wire: Wire) -> None:
        good = self.answer(request)
        headers = {**good.headers, "Content-Encoding": "gzip"}
        wire.reply(Answer(good.status, gzip.compress(good.body), good.content_type, headers))

    def _done_but_silent(self, request: Request, wire: Wire) -> None:
        self.answer(request)
        wire.cut()

    def _page(self, request: Request) -> dict[str, Any]:
        page: dict[str, Any] = json.loads(self.answer(request).body)
        return page

    def _start_again(self, request: Request) -> str:
        """A cursor no one has seen that points before the first order of this call's page."""
        self._salt += 1
        query = request.query("updated_after", "state", "cursor", "limit")
        if "state" in query:
            return cursor_text("open", "", self._salt)
        return cursor_text("changed", 0, "", self._salt)

    def _duplicate_page(self, request: Request, wire: Wire) -> None:
        page = self._page(request)
        wire.reply(json_answer(200, {"orders": page["orders"], "next_cursor": self._start_again(request)}))

    def _same_cursor(self, request: Request, wire: Wire) -> None:
        query = request.query("updated_after", "state", "cursor", "limit")
        wire.reply(json_answer(200, {"orders": self._page(request)["orders"], "next_cursor": query["cursor"]}))

    def _empty_page_has_more(self, request: Request, wire: Wire) -> None:
        wire.reply(json_answer(200, {"orders": [], "next_cursor": self._start_again(request)}))


def _html(status: int) -> Answer:
    return Answer(status, "<html><body>请登录</body></html>".encode(), "text/html; charset=utf-8")
