"""The practice shop and carrier as one HTTP server on this machine, with a memory of its own."""

import json
import logging
import os
import secrets
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from core.practice.carrier import PracticeCarrier
from core.practice.carrier_api import CarrierApi
from core.practice.catalogue import practice_catalogue
from core.practice.control_api import ControlApi
from core.practice.door import Door, RealmKey
from core.practice.mall_api import MallApi
from core.practice.mall_side import MallSide
from core.practice.page import Page
from core.practice.pictures import Pictures
from core.practice.refusal import RefusalError
from core.practice.shop import PracticeShop
from core.practice.store import Store
from core.practice.web import Answer, Request, Router, problem_answer
from core.runtime.clock import Clock

_log = logging.getLogger(__name__)
_LARGEST_BODY = 1024 * 1024
_IDLE_S = 30
_POLL_S = 0.1
_REALMS = (("/practice/", "control"), ("/carrier/", "carrier"), ("/v1/", "mall"))


@dataclass(frozen=True, slots=True)
class PracticeSecrets:
    """Key and secret of the three doors: the mall's, the carrier's and the scripts'."""

    mall: RealmKey
    carrier: RealmKey
    control: RealmKey

    @classmethod
    def fresh(cls) -> "PracticeSecrets":
        """New random ones."""
        mall, carrier, control = (
            RealmKey(f"{realm}-{secrets.token_hex(4)}", secrets.token_urlsafe(32))
            for realm in ("mall", "carrier", "control")
        )
        return cls(mall, carrier, control)


def kept_secrets(data_dir: Path) -> PracticeSecrets:
    """The secrets kept beside the practice shop's memory, made on the first call; readable by the owner only.

    They guard invented data on the loopback address, so a plain file is enough.
    """
    path = data_dir / "practice-secrets.json"
    with suppress(FileNotFoundError):
        kept = json.loads(path.read_text("utf-8"))
        return PracticeSecrets(**{realm: RealmKey(**pair) for realm, pair in kept.items()})
    data_dir.mkdir(parents=True, exist_ok=True)
    made = PracticeSecrets.fresh()
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(made), file)
    draft.replace(path)
    return made


class Wire:
    """The answering end of one request: `reply` it, or treat it badly through `raw` and `cut`."""

    def __init__(self, handler: "_Handler") -> None:
        self._handler = handler

    def reply(self, answer: Answer, *, is_head_only: bool = False) -> None:
        """Send a whole answer with its length; `is_head_only` keeps the body back."""
        handler = self._handler
        handler.send_response(answer.status)
        handler.send_header("Content-Type", answer.content_type)
        handler.send_header("Content-Length", str(len(answer.body)))
        handler.send_header("Cache-Control", "no-store")
        handler.send_header("X-Content-Type-Options", "nosniff")
        handler.send_header("Referrer-Policy", "no-referrer")
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if not is_head_only:
            handler.wfile.write(answer.body)

    def raw(self, data: bytes) -> None:
        """Send bytes as they are and hang up afterwards."""
        self._handler.close_connection = True
        self._handler.wfile.write(data)
        self._handler.wfile.flush()

    def cut(self) -> None:
        """Hang up without a word."""
        self._handler.close_connection = True
        with suppress(OSError):
            self._handler.connection.shutdown(socket.SHUT_RDWR)


class PracticeServer:
    """A small mall and carrier on 127.0.0.1; state in `data_dir`, so that it goes on after a restart.

    Args:
        data_dir: made if missing; holds `practice.sqlite3`.
        keys: who may call; `kept_secrets(data_dir)` keeps them.
        clock: gives order times, checks time stamps, fills the Date header.
        seed: of the waybill series and of the page's invented buyers.
        port: None takes the port of the last run, so that addresses stay good, or a free one.
        pictures: folder with `CODE.png` of what is sold; None shows none.
    """

    def __init__(
        self,
        data_dir: Path,
        keys: PracticeSecrets,
        clock: Clock,
        seed: int = 1,
        *,
        port: int | None = None,
        pictures: Path | None = None,
    ) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._wanted_port = port
        self._store = Store(data_dir / "practice.sqlite3")
        self.shop = PracticeShop(self._store, clock, practice_catalogue())
        self.carrier = PracticeCarrier(self._store, seed)
        self._door = Door(
            self._store, self.now, {"mall": keys.mall, "carrier": keys.carrier, "control": keys.control}
        )
        self._router = Router()
        MallApi(MallSide(self._store, self.shop)).add_to(self._router)
        CarrierApi(self.carrier).add_to(self._router)
        ControlApi(self.shop, self.carrier).add_to(self._router)
        Page(self.shop, self.carrier, seed).add_to(self._router)
        Pictures(pictures, practice_catalogue()).add_to(self._router)
        self._http: _HttpServer | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Base address of the mall side, and of the page; the carrier's is `carrier_url`."""
        if self._http is None:
            raise RuntimeError("the practice server is not started")
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def carrier_url(self) -> str:
        """Base address of the carrier."""
        return f"{self.url}/carrier"

    def start(self) -> None:
        """Open the port and answer from a thread of its own."""
        port = self._wanted_port if self._wanted_port is not None else self._store.number("port", 0)
        try:
            self._http = _HttpServer(self, port)
        except OSError:
            if self._wanted_port is not None:
                raise
            self._http = _HttpServer(self, 0)
        self._store.set_number("port", self._http.server_port)
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(_POLL_S,), name="practice-shop", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Answer nothing more, end every thread, close the memory. A stopped server is not started again."""
        if self._http is not None and self._thread is not None:
            self._http.shutdown()
            self._thread.join()
            self._http.hang_up()
            self._http.server_close()
        self._http = self._thread = None
        self._store.close()

    def now(self) -> datetime:
        """The shop's clock: in the Date header, and for checking time stamps."""
        return self._clock.now()

    def exchange(self, request: Request, wire: Wire) -> None:
        """Answer one request. A simulator overrides this to answer badly."""
        wire.reply(self.answer(request))

    def answer(self, request: Request) -> Answer:
        """The answer to one request."""
        try:
            self._admit(request)
            return self._router.answer(request)
        except RefusalError as refusal:
            return problem_answer(refusal)

    def _admit(self, request: Request) -> None:
        # a foreign site whose name was turned to this address must not reach the page
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        if host not in {"127.0.0.1", "localhost"}:
            raise RefusalError(421, "wrong_host", "this is not the host you asked for")
        for prefix, realm in _REALMS:
            if request.path.startswith(prefix):
                self._door.check(realm, request)


class _HttpServer(ThreadingHTTPServer):
    # on Windows this flag would let another program share the port
    allow_reuse_address = os.name != "nt"

    def __init__(self, shop_server: PracticeServer, port: int) -> None:
        self.shop_server = shop_server
        self._lock = threading.Lock()
        self._lines: dict[socket.socket, threading.Thread] = {}
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer from a thread that dies with the program, and that `hang_up` can wait for."""
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name="practice-line",
            daemon=True,
        )
        with self._lock:
            self._lines[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """Forget the line and close it."""
        with self._lock:
            self._lines.pop(request, None)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Wake the threads that wait on kept connections, and wait for their end."""
        with self._lock:
            lines = dict(self._lines)
        for line, thread in lines.items():
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            thread.join(_IDLE_S)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that hangs up in the middle is no defect; everything else is."""
        del request, client_address
        if not isinstance(sys.exc_info()[1], OSError):
            _log.exception("the practice server failed to answer")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "PracticeShop"
    sys_version = ""
    timeout = _IDLE_S
    # headers and body are two writes: without this each answer waits 40 ms for an acknowledgement
    disable_nagle_algorithm = True
    server: _HttpServer

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002  (the base class's shape)
        return format_datetime(self.server.shop_server.now(), usegmt=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's shape)
        """Nothing is logged: request lines hold what the log must not."""

    def _serve(self) -> None:
        wire = Wire(self)
        try:
            body = self._body()
        except RefusalError as refusal:
            # what is left of the body would be taken for the next request
            self.close_connection = True
            wire.reply(problem_answer(refusal))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.shop_server.exchange(Request(self.command, self.path, headers, body), wire)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815  (the base class's names)

    def _body(self) -> bytes:
        if "transfer-encoding" in self.headers:
            raise RefusalError(411, "length_required", "send a Content-Length")
        length = self.headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise RefusalError(400, "bad_length", "Content-Length is a number")
        if len(length) > 9 or int(length) > _LARGEST_BODY:
            raise RefusalError(413, "too_large", f"at most {_LARGEST_BODY} bytes")
        return self.rfile.read(int(length))
