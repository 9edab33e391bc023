"""A Linux printer device such as /dev/usb/lp0 (kernel module usblp), read back where it answers."""

import errno
import os
import select
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass

from printing.transports.contract import LONGEST_REPLY, Receipt, digest
from printing.transports.failures import failure, refusal

_CHUNK_BYTES = 8192


@dataclass(frozen=True, slots=True)
class DeviceTransport:
    """One device file.

    Attributes:
        path: the device; a regular file is refused, it would swallow labels silently.
        deadline_s: for one whole job. A blocking write would hang for as long as the paper is out.
        reply_timeout_s: for the answer to a query.
        monotonic: seconds that never run backwards.
    """

    path: str
    deadline_s: float = 30.0
    reply_timeout_s: float = 0.4
    monotonic: Callable[[], float] = time.monotonic

    @property
    def is_stream(self) -> bool:
        """A printer keeps its place in the bytes between two jobs."""
        return True

    def send(self, data: bytes, name: str) -> Receipt:  # noqa: ARG002  # the name is for transports with files
        """Write one job within the deadline.

        Raises:
            NothingSent: absent, forbidden, busy, or not one byte was taken.
            PartlySent: unplugged, full or out of time later on.
        """
        handle = self._open(os.O_WRONLY)
        try:
            self._write(handle, data)
        finally:
            os.close(handle)
        return Receipt(digest(data))

    def query(self, request: bytes, is_whole: Callable[[bytes], bool]) -> bytes | None:
        """Ask, and wait up to `reply_timeout_s`; None from a silent or one-way device.

        Raises:
            NothingSent: the device cannot be opened.
        """
        handle = self._open(os.O_RDWR)
        try:
            return self._ask(handle, request, is_whole)
        except OSError:
            return None
        finally:
            os.close(handle)

    def _open(self, mode: int) -> int:
        try:
            handle = os.open(self.path, mode | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            raise failure(error, 0) from error
        kind = os.fstat(handle).st_mode
        if not (stat.S_ISCHR(kind) or stat.S_ISFIFO(kind)):
            os.close(handle)
            raise refusal("wire.no_device", "this path is a file, not a printer device", 0)
        return handle

    def _write(self, handle: int, data: bytes) -> None:
        view, sent = memoryview(data), 0
        ends_at = self.monotonic() + self.deadline_s
        while sent < len(data):
            left_s = ends_at - self.monotonic()
            if left_s <= 0 or not _ready(handle, select.POLLOUT, left_s):
                raise refusal("wire.timeout", "the printer stopped taking data", sent)
            try:
                sent += os.write(handle, view[sent : sent + _CHUNK_BYTES])
            except BlockingIOError:
                continue
            except OSError as error:
                raise failure(error, sent) from error

    def _ask(self, handle: int, request: bytes, is_whole: Callable[[bytes], bool]) -> bytes | None:
        ends_at = self.monotonic() + self.reply_timeout_s
        if not _ready(handle, select.POLLOUT, self.reply_timeout_s):
            return None
        _drain(handle)
        os.write(handle, request)
        reply = b""
        while not is_whole(reply):
            if len(reply) >= LONGEST_REPLY:
                return None
            left_s = ends_at - self.monotonic()
            if left_s <= 0 or not _ready(handle, select.POLLIN, left_s):
                return None
            try:
                more = os.read(handle, 1)  # no byte of the next answer
            except BlockingIOError:
                continue
            if not more:
                return None
            reply += more
        return reply


def _drain(handle: int) -> None:
    """Throw away answers nobody waited for: late ones, and those to dots that happened to spell a question."""
    while _ready(handle, select.POLLIN, 0.0):
        try:
            if not os.read(handle, LONGEST_REPLY):
                return
        except BlockingIOError:
            return


def _ready(handle: int, event: int, timeout_s: float) -> bool:
    """Whether the device takes or gives bytes; an unplugged one counts as ready: the call then says why."""
    poll = select.poll()
    poll.register(handle, event)
    try:
        return bool(poll.poll(max(1, int(timeout_s * 1000))))
    except OSError as error:
        if error.errno == errno.EINTR:
            return False
        raise
