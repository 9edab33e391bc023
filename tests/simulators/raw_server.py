"""A TCP server whose answer is written byte by byte by the test: for what no HTTP library would send."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

#: gets the open line and the request as it came; closing is done afterwards
Script = Callable[[socket.socket, bytes], None]


class RawServer:
    """One thread, one connection at a time; `requests` keeps what came in."""

    def __init__(self, script: Script, wrap: Callable[[socket.socket], socket.socket] | None = None) -> None:
        self._script = script
        self._wrap = wrap
        self._door = socket.create_server(("127.0.0.1", 0))
        self._line: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="raw-server", daemon=True)
        self.requests: list[bytes] = []

    def __enter__(self) -> "RawServer":
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        for line in (self._door, self._line):
            if line is not None:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join(10)

    @property
    def port(self) -> int:
        """Where it listens."""
        name: tuple[str, int] = self._door.getsockname()
        return name[1]

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://127.0.0.1:{self.port}"

    def _serve(self) -> None:
        while True:
            try:
                line, _peer = self._door.accept()
            except OSError:
                return
            self._line = line
            with line, suppress(OSError):
                self._answer(line)

    def _answer(self, plain: socket.socket) -> None:
        line = plain if self._wrap is None else self._wrap(plain)
        with line:
            self.requests.append(_request_from(line))
            self._script(line, self.requests[-1])


def _request_from(line: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = line.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    for header in head.lower().split(b"\r\n"):
        if header.startswith(b"content-length:"):
            wanted = int(header.partition(b":")[2])
            while len(body) < wanted:
                body += line.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A whole answer with its length; says that the line is closed, or the next call would race with that."""
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers))
    return head.encode() + b"\r\n\r\n" + body
