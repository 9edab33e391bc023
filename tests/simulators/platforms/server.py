"""The HTTP side of a simulated platform: one thread a call, the shop's own clock in the Date header, faults on order."""

import gzip
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.simulators.platforms.faults import Faults
from tests.simulators.platforms.shop import Shop


@dataclass(frozen=True, slots=True)
class Call:
    """One request. Header names are lower case; `query` and `form` keep the order and doubled names."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> tuple[tuple[str, str], ...]:
        """The body as a form."""
        return tuple(parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    body: bytes
    status: int = 200
    content_type: str = "application/json;charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(data: object, status: int = 200, **headers: str) -> Answer:
    """JSON as platforms write it."""
    return Answer(json.dumps(data, ensure_ascii=False).encode(), status, headers=headers)


_HTML = b"<html><head><title>Sorry</title></head><body>Access denied</body></html>"


class PlatformServer:
    """Serves one `Shop` in a platform's words. A platform overrides `name_of` and `answer`.

    `faults` orders trouble, `seen` holds (name, fault) of every call, `skew` moves the platform's clock.
    """

    #: the platform's own faults, answered by `refuse`
    own_faults: frozenset[str] = frozenset()

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.faults = Faults(self.own_faults)
        self.seen: list[tuple[str, str]] = []
        self.skew = timedelta()
        self.released = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body are two packets: with the algorithm each answer waits 40 ms for the other side.
            disable_nagle_algorithm = True

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base's name
                """Say nothing."""

            def date_time_string(self, timestamp: float | None = None) -> str:
                del timestamp
                return owner.now().astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")

            def do_GET(self) -> None:
                owner._exchange(self)

            def do_POST(self) -> None:
                owner._exchange(self)

            def do_PUT(self) -> None:
                owner._exchange(self)

            def do_DELETE(self) -> None:
                owner._exchange(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def now(self) -> datetime:
        """The platform's clock."""
        return self.shop.now() + self.skew

    def count(self, name: str) -> int:
        """How many calls of this name came."""
        return sum(seen == name for seen, _fault in self.seen)

    # --- what a platform says ----------------------------------------------------------------------------------------

    def name_of(self, call: Call) -> str:
        """What a call is called: the platform's method or path."""
        return call.path

    def answer(self, call: Call) -> Answer:
        """The platform's answer; its own refusals are answers too."""
        raise NotImplementedError

    def refuse(self, fault: str, call: Call) -> Answer:
        """The answer of one of `own_faults`."""
        raise NotImplementedError

    # --- the wire ----------------------------------------------------------------------------------------------------

    def _exchange(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        call = Call(handler.command, unquote(parts.path), query, headers, body)
        name = self.name_of(call)
        fault = self.faults.take(name)
        self.seen.append((name, fault))
        try:
            self._meet(fault, call, handler)
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True

    def _meet(self, fault: str, call: Call, handler: BaseHTTPRequestHandler) -> None:
        if fault in self.own_faults:
            self._send(handler, self.refuse(fault, call))
        elif fault == "cut_before":
            self._cut(handler)
        elif fault == "cut_after":
            self.answer(call)
            self._cut(handler)
        elif fault == "half_body":
            answer = self.answer(call)
            self._head(handler, answer, len(answer.body))
            handler.wfile.write(answer.body[: len(answer.body) // 2])
            self._cut(handler)
        elif fault == "html_200":
            self._send(handler, Answer(_HTML, 200, "text/html"))
        elif fault == "html_403":
            self._send(handler, Answer(_HTML, 403, "text/html"))
        elif fault == "http_502":
            self._send(handler, Answer(_HTML, 502, "text/html"))
        elif fault == "empty_200":
            self._send(handler, Answer(b""))
        else:
            if fault == "slow":
                self.released.wait(60)
            self._send(handler, self.answer(call))

    def _send(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        body = answer.body
        packs = "gzip" in handler.headers.get("Accept-Encoding", "") and len(body) > 1000
        if packs:
            body = gzip.compress(body, 1)
        self._head(handler, answer, len(body), packs=packs)
        handler.wfile.write(body)

    def _head(self, handler: BaseHTTPRequestHandler, answer: Answer, length: int, *, packs: bool = False) -> None:
        handler.send_response(answer.status)
        handler.send_header("Content-Type", answer.content_type)
        handler.send_header("Content-Length", str(length))
        if packs:
            handler.send_header("Content-Encoding", "gzip")
        for name, value in answer.headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    @staticmethod
    def _cut(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.flush()
