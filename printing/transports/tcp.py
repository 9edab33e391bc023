"""Raw TCP, port 9100: bytes in, no framing, no login, no word when paper came out.

One connection a job: most printers accept one peer at a time, so an open socket would lock other desks out.
"""

import select
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from printing.transports.contract import LONGEST_REPLY, Receipt, digest
from printing.transports.failures import failure, refusal

DEFAULT_PORT = 9100

#: small enough that a printer's flow control and our deadline are noticed between two chunks
_CHUNK_BYTES = 16_384
_POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class TcpTransport:
    """One printer at `host`:`port`.

    Attributes:
        connect_timeout_s: to open the connection.
        deadline_s: for one whole job, connection included. A printer that stops reading cannot hold a
            lane longer.
        reply_timeout_s: for the answer to a query.
        settle_s: how long to watch for a late reset after the last byte.
        monotonic: seconds that never run backwards.
    """

    host: str
    port: int = DEFAULT_PORT
    connect_timeout_s: float = 3.0
    deadline_s: float = 30.0
    reply_timeout_s: float = 0.4
    settle_s: float = 0.1
    monotonic: Callable[[], float] = time.monotonic

    @property
    def is_stream(self) -> bool:
        """A printer keeps its place in the bytes between two jobs."""
        return True

    def send(self, data: bytes, name: str) -> Receipt:  # noqa: ARG002  # the name is for transports with files
        """Send one job and wait until the printer's side has taken every byte.

        Raises:
            NothingSent: no connection, or not one byte was taken.
            PartlySent: cut, reset or out of time later on.
        """
        ends_at = self.monotonic() + self.deadline_s
        with self._connect() as wire:
            sent = self._write(wire, data, ends_at)
            self._settle(wire, sent, ends_at)
        return Receipt(digest(data))

    def query(self, request: bytes, is_whole: Callable[[bytes], bool]) -> bytes | None:
        """Ask over a connection of its own; None where no whole answer comes within `reply_timeout_s`.

        Raises:
            NothingSent: no connection.
        """
        with self._connect() as wire:
            reply = b""
            try:
                wire.sendall(request)
                ends_at = self.monotonic() + self.reply_timeout_s
                while not is_whole(reply) and len(reply) < LONGEST_REPLY:
                    wire.settimeout(max(0.001, ends_at - self.monotonic()))
                    more = wire.recv(1)
                    if not more:
                        break
                    reply += more
            except OSError:
                return None
        return reply if is_whole(reply) else None

    def _connect(self) -> socket.socket:
        try:
            return socket.create_connection((self.host, self.port), timeout=self.connect_timeout_s)
        except OSError as error:
            raise failure(error, 0) from error

    def _write(self, wire: socket.socket, data: bytes, ends_at: float) -> int:
        view, sent = memoryview(data), 0
        while sent < len(data):
            left_s = ends_at - self.monotonic()
            if left_s <= 0:
                raise refusal("wire.timeout", "the printer stopped taking data", sent)
            wire.settimeout(left_s)
            try:
                sent += wire.send(view[sent : sent + _CHUNK_BYTES])
            except OSError as error:
                raise failure(error, sent) from error
        return sent

    def _settle(self, wire: socket.socket, sent: int, ends_at: float) -> None:
        """Bytes in our kernel are not yet in the printer: wait for its acknowledgement, then for a reset."""
        while _unacknowledged(wire):
            if self.monotonic() >= ends_at:
                raise refusal("wire.timeout", "the printer took the last bytes too slowly", sent)
            self._watch(wire, sent, _POLL_S)
        try:
            wire.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise failure(error, sent) from error
        self._watch(wire, sent, self.settle_s)

    def _watch(self, wire: socket.socket, sent: int, seconds: float) -> None:
        readable, _, _ = select.select([wire], [], [], seconds)
        if not readable:
            return
        wire.settimeout(0.001)
        try:
            if not wire.recv(4096) and _unacknowledged(wire):
                raise refusal("wire.broken", "the printer closed the connection too early", sent)
        except TimeoutError:
            return
        except OSError as error:
            raise failure(error, sent) from error


def _unacknowledged(wire: socket.socket) -> int:
    """Bytes the printer's side has not acknowledged; only Linux tells, elsewhere 0."""
    if sys.platform != "linux":
        return 0
    import fcntl
    import struct
    import termios

    answer = fcntl.ioctl(wire.fileno(), termios.TIOCOUTQ, b"\0" * 4)
    return int(struct.unpack("i", answer)[0])
