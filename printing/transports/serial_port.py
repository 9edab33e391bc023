"""A printer at a serial port, its own or a USB adapter's, through pyserial.

A label is 120 kB of dots: at 115,200 baud it takes ten seconds, at 9,600 two minutes.
"""

import errno
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from printing.errors import NothingSent, PartlySent
from printing.transports.contract import LONGEST_REPLY, Receipt, digest
from printing.transports.failures import failure, refusal

if TYPE_CHECKING:
    import serial

BAUDS = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
FLOWS = ("rtscts", "xonxoff", "none")

_CHUNK_BYTES = 4096
_POLL_S = 0.01
_BITS_A_BYTE = 10


@dataclass(frozen=True, slots=True)
class SerialAddress:
    """Which port and how it is set.

    Attributes:
        port: `/dev/ttyUSB0`, `COM5`.
        baud: one of `BAUDS`; must be the printer's own.
        flow: one of `FLOWS`. Without any, a printer whose buffer is full loses dots.
    """

    port: str
    baud: int = 9600
    flow: str = "rtscts"


def parse_serial_address(text: str) -> SerialAddress | None:
    """Read `PORT?baud=115200&flow=rtscts`; None where it is none."""
    port, _, query = text.partition("?")
    try:
        settings = dict(parse_qsl(query, strict_parsing=True)) if query else {}
        baud, flow = int(settings.pop("baud", "9600")), settings.pop("flow", "rtscts")
    except ValueError:
        return None
    is_port = port.startswith("/dev/") or (port.startswith("COM") and port[3:].isascii() and port[3:].isdigit())
    if settings or not is_port or baud not in BAUDS or flow not in FLOWS:
        return None
    return SerialAddress(port, baud, flow)


@dataclass(frozen=True, slots=True)
class SerialTransport:
    """One printer at one port.

    Attributes:
        address: which port.
        stall_s: how long the printer may hold the flow; it does so while the paper is out.
        slack_s: what a whole job may take beyond the time its bytes need on the line.
        reply_timeout_s: for the answer to a query.
        monotonic: seconds that never run backwards.
    """

    address: SerialAddress
    stall_s: float = 10.0
    slack_s: float = 30.0
    reply_timeout_s: float = 0.5
    monotonic: Callable[[], float] = time.monotonic

    @property
    def is_stream(self) -> bool:
        """A printer keeps its place in the bytes between two jobs."""
        return True

    def send(self, data: bytes, name: str) -> Receipt:  # noqa: ARG002  # the name is for transports with files
        """Write one job and wait until the last byte has left this machine.

        Raises:
            NothingSent: absent, locked, busy, or not one byte was taken.
            PartlySent: unplugged or out of time later on.
        """
        ends_at = self.monotonic() + self.slack_s + len(data) * _BITS_A_BYTE / self.address.baud
        with self._open() as port:
            try:
                self._write(port, data, ends_at)
                self._run_dry(port, len(data), ends_at)
            except (NothingSent, PartlySent):
                # What lies in our own buffer must not come out later, and would hold the closing for half a minute.
                _forget(port)
                raise
        return Receipt(digest(data))

    def query(self, request: bytes, is_whole: Callable[[bytes], bool]) -> bytes | None:
        """Ask, and wait up to `reply_timeout_s`; None from a silent printer.

        Raises:
            NothingSent: the port cannot be opened.
        """
        with self._open() as port:
            ends_at = self.monotonic() + self.reply_timeout_s
            with suppress(Exception):  # termios has an error of its own; what breaks now breaks again below
                port.reset_input_buffer()
            try:
                self._write(port, request, ends_at)
                return self._read(port, is_whole, ends_at)
            except (OSError, NothingSent, PartlySent):
                _forget(port)
                return None

    @contextmanager
    def _open(self) -> Iterator["serial.Serial"]:
        import serial

        try:
            port = serial.Serial(
                self.address.port,
                self.address.baud,
                timeout=0,
                write_timeout=0 if os.name == "posix" else self.stall_s,
                rtscts=self.address.flow == "rtscts",
                xonxoff=self.address.flow == "xonxoff",
                exclusive=True if os.name == "posix" else None,
            )
        except (OSError, ValueError) as error:
            raise _not_opened(error) from error
        try:
            yield port
        finally:
            with suppress(OSError):
                port.close()

    def _write(self, port: "serial.Serial", data: bytes, ends_at: float) -> None:
        import serial

        view, sent = memoryview(data), 0
        while sent < len(data):
            left_s = min(self.stall_s, ends_at - self.monotonic())
            if left_s <= 0 or not _takes(port, left_s):
                raise refusal("wire.timeout", "the printer stopped taking data", sent)
            chunk = bytes(view[sent : sent + _CHUNK_BYTES])
            try:
                sent += port.write(chunk) or 0
            except serial.SerialTimeoutException as error:
                # Only where the port cannot be asked first; pyserial does not tell how much of the chunk went.
                raise refusal("wire.timeout", "the printer stopped taking data", sent or 1) from error
            except OSError as error:
                raise failure(_cause(error), sent) from error

    def _run_dry(self, port: "serial.Serial", sent: int, ends_at: float) -> None:
        """Bytes in our kernel are not yet in the printer."""
        stalls_at, before = self.monotonic() + self.stall_s, sent
        try:
            while left := port.out_waiting:
                now = self.monotonic()
                if left < before:
                    stalls_at, before = now + self.stall_s, left
                if now >= min(stalls_at, ends_at):
                    raise refusal("wire.timeout", "the printer took the last bytes too slowly", sent)
                time.sleep(_POLL_S)
        except OSError as error:
            raise failure(_cause(error), sent) from error

    def _read(self, port: "serial.Serial", is_whole: Callable[[bytes], bool], ends_at: float) -> bytes | None:
        reply = b""
        while not is_whole(reply):
            left_s = ends_at - self.monotonic()
            if left_s <= 0 or len(reply) >= LONGEST_REPLY:
                return None
            port.timeout = left_s
            reply += port.read(1)  # no byte of the next answer
        return reply


def _forget(port: "serial.Serial") -> None:
    """Drop what lies in our own buffer, as far as there still is a port."""
    with suppress(Exception):  # termios has an error of its own, and the first error is the one to tell
        port.reset_output_buffer()


def _takes(port: "serial.Serial", seconds: float) -> bool:
    """Whether the port takes bytes within so many seconds; where it cannot be asked, writing finds out."""
    if os.name != "posix":
        return True
    return bool(select.select([], [port.fileno()], [], seconds)[1])


def _not_opened(error: Exception) -> NothingSent:
    words = str(error)
    # pyserial wraps termios' errors without their number.
    under = error.__context__
    number = getattr(error, "errno", None) or (under.args[0] if under is not None and under.args else None)
    if number in {errno.EAGAIN, errno.EBUSY} or "PermissionError" in words:
        return NothingSent("wire.busy", "another program uses the serial port", sent_bytes=0)
    if number == errno.ENOTTY:
        return NothingSent("wire.no_device", "this is no serial port", sent_bytes=0)
    if "FileNotFoundError" in words:
        number = errno.ENOENT
    told = failure(OSError(number if isinstance(number, int) else 0, "the serial port cannot be opened"), 0)
    return NothingSent(told.code, str(told), **told.facts)


def _cause(error: OSError) -> OSError:
    """The system's error, which pyserial wraps in one of its own without its number."""
    under = error.__context__
    return under if error.errno is None and isinstance(under, OSError) else error
