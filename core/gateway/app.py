"""The door as an ASGI application: bodies with their limits, work in a few threads, waiting in none."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from email.utils import format_datetime
from typing import Any, Final, TypeVar

from core.gateway.bell import Bell
from core.gateway.call_log import CallLog
from core.gateway.calls import Call, route_of
from core.gateway.contract import BODY_BYTES, Operation
from core.gateway.door import Asked, Door, problem_of, safely
from core.gateway.openapi import document
from core.gateway.page import PAGE_HEADERS, page_html
from core.gateway.problems import Answer, Problem, answer_of
from core.runtime.clock import Clock

T = TypeVar("T")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


class App:
    """Answers HTTP; one for each server."""

    def __init__(self, door: Door, bell: Bell, log: CallLog, clock: Clock, workers: ThreadPoolExecutor) -> None:
        self._door = door
        self._bell = bell
        self._log = log
        self._clock = clock
        self._workers = workers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["raw_path"].decode("latin-1")
        if scope["method"] in {"GET", "HEAD"} and path in {"/docs", "/openapi.json"}:
            await self._send_page(path, send, is_head=scope["method"] == "HEAD")
            return
        began = self._clock.monotonic()
        operation, shop_id, answer = await self._served(scope, path, receive)
        name = "" if operation is None else operation.name
        took_ms = int((self._clock.monotonic() - began) * 1000)
        self._log.note(self._clock.now(), shop_id, name, answer.status, answer.code, took_ms)
        await self._send_json(answer, send, is_head=scope["method"] == "HEAD")

    async def _served(self, scope: Scope, path: str, receive: Receive) -> tuple[Operation | None, int | None, Answer]:
        operation: Operation | None = None
        address = (scope.get("client") or ("?",))[0]
        try:
            operation = route_of(scope["method"], path).operation
            headers = _headers(scope)
            body = await _body(headers, receive, operation)
        except Problem as problem:
            # What is left of the body would be taken for the next request.
            said = answer_of(problem)
            return operation, None, replace(said, headers={**said.headers, "Connection": "close"})
        query = scope["query_string"].decode("latin-1")
        call = Call(scope["method"], f"{path}?{query}" if query else path, headers, body)
        # Before the look: what comes after it rings.
        heard = self._bell.count
        try:
            asked = await self._in_thread(lambda: self._door.ask(call, address))
        except Problem as problem:
            return operation, problem.shop_id, answer_of(problem)
        answer = await self._done(asked)
        if answer.status == 200 and operation.name == "events" and not answer.body["events"]:
            answer = await self._wait(asked, answer, heard)
        return operation, asked.shop.id, answer

    async def _done(self, asked: Asked) -> Answer:
        """What became of a call; the transaction is shared with those that came meanwhile."""
        try:
            outcome = await self._in_thread(lambda: self._entered(asked))
            answer: Answer | None = await asyncio.wrap_future(outcome)
            return answer if answer is not None else await self._in_thread(lambda: self._door.look(asked))
        except Exception as error:  # noqa: BLE001 - a defect of ours must not tell the caller anything
            return answer_of(problem_of(error))

    def _entered(self, asked: Asked) -> "Future[Answer | None]":
        """Line a call up; whoever leads does so even if its caller leaves this moment."""
        outcome, leads = self._door.enter(asked)
        if leads:
            try:
                self._workers.submit(self._door.lead)
            except RuntimeError:
                # The server is going; the door outlives it, and nobody would lead it any more.
                self._door.lead()
        return outcome

    async def _wait(self, asked: Asked, answer: Answer, heard: int) -> Answer:
        """Wait for an event without holding a thread or a transaction; a closing door lets everybody go."""
        end = self._clock.monotonic() + asked.query["wait"]
        after = asked.query["after"]
        while not answer.body["events"] and after != "latest" and not self._bell.is_closing:
            left = end - self._clock.monotonic()
            if left <= 0:
                break
            heard = await self._bell.next_ring(heard, left)
            try:
                answer = await self._in_thread(lambda: self._door.look(asked))
            except Problem as problem:
                return answer_of(problem)
        return answer

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Do it in one of the door's threads.

        Raises:
            Problem: whatever went wrong.
        """
        return await asyncio.get_running_loop().run_in_executor(self._workers, safely, work)

    async def _send_json(self, answer: Answer, send: Send, *, is_head: bool) -> None:
        body = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode()
        kind = "application/problem+json" if answer.status >= 400 else "application/json"
        headers = {"Content-Type": kind, **answer.headers}
        if answer.code == "method_not_allowed":
            headers["Allow"] = ", ".join(answer.body["allow"])
        await self._send(answer.status, headers, body, send, is_head=is_head)

    async def _send_page(self, path: str, send: Send, *, is_head: bool) -> None:
        if path == "/docs":
            await self._send(200, PAGE_HEADERS, page_html().encode(), send, is_head=is_head)
        else:
            body = json.dumps(document(), ensure_ascii=False).encode()
            await self._send(200, {"Content-Type": "application/json"}, body, send, is_head=is_head)

    async def _send(self, status: int, headers: Mapping[str, str], body: bytes, send: Send, *, is_head: bool) -> None:
        date = format_datetime(self._clock.now(), usegmt=True)
        every = {**_HEADERS, "Date": date, **headers, "Content-Length": str(len(body))}
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in every.items()]
        with suppress(OSError):
            await send({"type": "http.response.start", "status": status, "headers": raw})
            await send({"type": "http.response.body", "body": b"" if is_head else body})


def _headers(scope: Scope) -> Mapping[str, str]:
    """Header names in lower case; a signing header or a length that stands twice says nothing certain.

    Raises:
        Problem: `bad_signature`.
    """
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        word = name.decode("latin-1").lower()
        if word in headers and (word.startswith("x-") or word == "idempotency-key"):
            raise Problem("bad_signature", f"{word} stands twice")
        headers[word] = value.decode("latin-1")
    return headers


async def _body(headers: Mapping[str, str], receive: Receive, operation: Operation) -> bytes:
    """The body, never more of it than the operation allows.

    Raises:
        Problem: `length_required`, `too_large`.
    """
    most = operation.largest if operation.body is not None else BODY_BYTES
    if "transfer-encoding" in headers:
        raise Problem("length_required")
    if int(headers.get("content-length", "0")) > most:
        raise Problem("too_large", f"at most {most} bytes")
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > most:
            raise Problem("too_large", f"at most {most} bytes")
        if not message.get("more_body", False):
            return bytes(body)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
