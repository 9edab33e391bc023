"""One websocket to a program on this machine: bounded in time and bytes, whatever the far end does.

`websocket-client` reads without a limit and waits anew for every piece; the socket beneath it keeps both limits.
"""

import socket
import time
from typing import Any

import websocket

from printing.errors import PrintingError

#: components listen on this machine only, and nobody else is called
_HOST = "127.0.0.1"
#: of one message; a list of printers has a few thousand
MAX_MESSAGE_BYTES = 1_000_000


class WireError(PrintingError):
    """The line broke; whether anything had been handed over, its user knows."""


class _TooMuchError(Exception):
    """The far end sends more than a message can have."""


class _BoundedSocket(socket.socket):
    """Counts what goes out, and ends what takes too long or grows too large."""

    def __init__(self) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        # A message is small and waited for: it must not lie about until the last one is acknowledged.
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ends_at = 0.0
        self.sent_bytes = 0
        self.allowance = MAX_MESSAGE_BYTES

    def _left_s(self) -> float:
        left_s = self.ends_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("out of time")
        return left_s

    def recv(self, size: int, flags: int = 0) -> bytes:
        if self.allowance <= 0:
            raise _TooMuchError
        self.settimeout(self._left_s())
        piece = super().recv(min(size, self.allowance), flags)
        self.allowance -= len(piece)
        return piece

    def send(self, data: Any, flags: int = 0) -> int:
        self.settimeout(self._left_s())
        sent = super().send(data, flags)
        self.sent_bytes += sent
        return sent


class Wire:
    """An open websocket. Used by one thread."""

    def __init__(self, port: int, connect_s: float) -> None:
        """Connect and shake hands within `connect_s`.

        Raises:
            WireError: `component.absent`, nobody listens; `component.garbled`, it is no websocket.
        """
        self._socket = _BoundedSocket()
        self._socket.ends_at = time.monotonic() + connect_s
        self._websocket = websocket.WebSocket()
        try:
            self._socket.settimeout(connect_s)
            self._socket.connect((_HOST, port))
        except OSError as error:
            self._socket.close()
            raise WireError("component.absent", "the print component does not run", port=port) from error
        try:
            # With a socket of ours no proxy of the environment is asked, and a redirect leads nowhere.
            url = f"ws://{_HOST}:{port}/"
            self._websocket.connect(url, socket=self._socket, redirect_limit=0)  # type: ignore[no-untyped-call]
        except Exception as error:  # whatever answers there, the library may stumble in any way
            self._socket.close()
            raise WireError("component.garbled", "no print component answers there", port=port) from error
        self._socket.allowance = MAX_MESSAGE_BYTES

    def send(self, text: str, timeout_s: float) -> None:
        """Send one message.

        Raises:
            WireError: `component.closed`; facts hold `sent_bytes`.
        """
        self._socket.ends_at = time.monotonic() + timeout_s
        before = self._socket.sent_bytes
        try:
            self._websocket.send(text)
        except Exception as error:  # noqa: BLE001  # as above
            sent = self._socket.sent_bytes - before
            # The library's error may quote what was to be sent.
            raise WireError("component.closed", f"the line broke: {type(error).__name__}", sent_bytes=sent) from None

    def receive(self, timeout_s: float) -> str | None:
        """The next message; empty where it is no text, None where none came in time.

        Raises:
            WireError: `component.closed`; `component.garbled`, no websocket frame or far too large.
        """
        self._socket.ends_at = time.monotonic() + timeout_s
        try:
            opcode, data = self._websocket.recv_data()
        except websocket.WebSocketTimeoutException:
            return None
        except (websocket.WebSocketConnectionClosedException, OSError) as error:
            raise WireError("component.closed", f"the line broke: {type(error).__name__}") from None
        except Exception as error:  # noqa: BLE001  # as above
            raise WireError("component.garbled", f"no message: {type(error).__name__}") from None
        self._socket.allowance = MAX_MESSAGE_BYTES
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise WireError("component.closed", "the component hung up")
        if opcode != websocket.ABNF.OPCODE_TEXT:
            return ""
        return data.decode("utf-8", "replace") if isinstance(data, bytes) else str(data)

    def close(self) -> None:
        """Hang up at once."""
        self._socket.close()
