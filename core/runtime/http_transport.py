"""The wire under `core.runtime.http`: a deadline over a whole exchange, and a look at who really answered.

`requests` counts its time-out per read, so a server that drips bytes holds a call for ever. Here a timer
shuts the socket down instead, whatever the call is doing: TLS handshake, headers or body.
"""

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

PeerAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class PeerError(Exception):
    """The name resolved to an address that this endpoint may not reach.

    No OSError, because the library would turn that into "cannot be reached".
    """


class Deadline:
    """One exchange's time limit; breaks the connection when it is over."""

    def __init__(self, seconds: float, admits: Callable[[PeerAddress], bool]) -> None:
        self._admits = admits
        self._lock = threading.Lock()
        self._lines: list[socket.socket] = []
        self._adopted: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self.is_expired = False

    def admit(self, line: socket.socket) -> None:
        """Refuse a peer address that the endpoint does not allow, before a byte is sent to it."""
        host = str(line.getpeername()[0]).partition("%")[0]
        if not self._admits(ipaddress.ip_address(host)):
            raise PeerError("address not allowed")

    def watch(self, line: socket.socket) -> None:
        """Break `line` (a duplicate of the connection's socket) when the time is over."""
        with self._lock:
            self._lines.append(line)
            if self.is_expired:
                _break_off(line)

    def adopt(self, line: socket.socket) -> None:
        """Close `line` at the end of the exchange: its connection is gone, its body is still being read."""
        with self._lock:
            self._adopted.append(line)

    def _expire(self) -> None:
        with self._lock:
            self.is_expired = True
            for line in self._lines:
                _break_off(line)

    def start(self) -> None:
        """Let the time run."""
        self._timer.start()

    def finish(self) -> None:
        """Stop the timer and close what was adopted."""
        self._timer.cancel()
        with self._lock:
            self._lines.clear()
            for line in self._adopted:
                line.close()
            self._adopted.clear()


def _break_off(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


_current: ContextVar[Deadline | None] = ContextVar("packdesk_http_deadline", default=None)


@contextmanager
def deadline(seconds: float, admits: Callable[[PeerAddress], bool]) -> Iterator[Deadline]:
    """A time limit for every connection this thread uses inside the block."""
    limit = Deadline(seconds, admits)
    token = _current.set(limit)
    limit.start()
    try:
        yield limit
    finally:
        _current.reset(token)
        limit.finish()


class _Guarded(HTTPConnection):
    """A connection with a second handle on its socket, so that a timer can shut it down even inside TLS."""

    _line: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        limit = _current.get()
        if limit is None:
            return sock
        try:
            limit.admit(sock)
            self._line = sock.dup()
        except (OSError, PeerError):
            sock.close()
            raise
        limit.watch(self._line)
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        limit = _current.get()
        if limit is not None and self._line is not None:
            limit.watch(self._line)
        super().request(*args, **kwargs)

    def close(self) -> None:
        line, self._line = self._line, None
        super().close()
        if line is None:
            return
        limit = _current.get()
        if limit is None:
            line.close()
        else:
            limit.adopt(line)


class _GuardedTls(_Guarded, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTls


class GuardedAdapter(HTTPAdapter):
    """The `requests` adapter that makes guarded connections and never retries by itself."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pools with our connection classes."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
