"""A USB printer without a driver: libusb through pyusb, one claim a job.

pyusb gives back the count when time runs out after the first byte, and raises when not one went: both are
heeded here, or half a label would pass for a whole one. The first write is one packet, because an error during
a longer one hides how much of it arrived.
"""

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from printing.ieee1284 import DeviceId, parse_device_id
from printing.transports.contract import LONGEST_REPLY, Receipt, digest
from printing.transports.failures import failure, refusal
from printing.transports.usb_bus import UsbAddress, UsbPrinter, find_backend, find_printer

_CHUNK_BYTES = 16_384
#: short enough to hold no picture dots: a printer that has it and no more waits inside one command line
_FIRST_BYTES = 64
_REPLY_BYTES = 512
_POLL_S = 0.005

# Requests of the USB printer class.
_CLASS_IN = 0xA1
_GET_DEVICE_ID, _GET_PORT_STATUS = 0, 1
_PAPER_EMPTY, _NO_ERROR = 0x20, 0x08


@dataclass(frozen=True, slots=True)
class UsbTransport:
    """One USB printer.

    A printer that the Linux driver usblp holds is taken from it for each job and given back afterwards. It is
    not asked for its state then: that happens every few seconds, and each time /dev/usb/lp0 would come and go.
    `device:` asks through that driver.

    Attributes:
        address: which printer.
        backend: pyusb's; None looks for libusb when first needed.
        chunk_timeout_s: how long a printer may take no byte at all; it does so while the paper is out.
        deadline_s: for one whole job.
        busy_s: how long another program may keep the printer before that is an error.
        reply_timeout_s: for the answer to a query.
        monotonic: seconds that never run backwards.
    """

    address: UsbAddress
    backend: Any = None
    chunk_timeout_s: float = 5.0
    deadline_s: float = 30.0
    busy_s: float = 1.0
    reply_timeout_s: float = 0.4
    monotonic: Callable[[], float] = time.monotonic

    @property
    def is_stream(self) -> bool:
        """A printer keeps its place in the bytes between two jobs."""
        return True

    def send(self, data: bytes, name: str) -> Receipt:  # noqa: ARG002  # the name is for transports with files
        """Write one job within the deadline.

        Raises:
            NothingSent: absent, locked, busy, or not one byte was taken.
            PartlySent: unplugged or out of time later on.
        """
        ends_at = self.monotonic() + self.deadline_s
        with self._found() as printer, self._claimed(printer):
            self._write(printer, data, ends_at)
        return Receipt(digest(data))

    def query(self, request: bytes, is_whole: Callable[[bytes], bool]) -> bytes | None:
        """Ask, and wait up to `reply_timeout_s`; None from a silent or one-way printer, or one usblp holds.

        Raises:
            NothingSent: absent, locked or busy.
        """
        import usb.core

        with self._found() as printer:
            if not printer.in_endpoint or _is_held_by_kernel(printer):
                return None
            with self._claimed(printer):
                try:
                    return self._ask(printer, request, is_whole)
                except usb.core.USBError:
                    return None

    def paper_is_out(self) -> bool | None:
        """What the port status says of the paper, for printers that answer nothing else; None without a word.

        Only "empty and in error" together are believed: cheap printers send one value for ever.

        Raises:
            NothingSent: absent, locked or busy.
        """
        import usb.core

        with self._found() as printer:
            if _is_held_by_kernel(printer):
                return None
            with self._claimed(printer):
                try:
                    reply = printer.device.ctrl_transfer(
                        _CLASS_IN, _GET_PORT_STATUS, 0, printer.interface, 1, _ms(self.reply_timeout_s)
                    )
                except usb.core.USBError:
                    return None
        return bool(reply[0] & _PAPER_EMPTY and not reply[0] & _NO_ERROR) if len(reply) == 1 else None

    @contextmanager
    def _found(self) -> Iterator[UsbPrinter]:
        """The printer, looked for anew each time: after an unplugging the old device is worth nothing."""
        import usb.core

        try:
            printer = find_printer(self.address, self.backend or find_backend())
        except usb.core.USBError as error:
            raise failure(error, 0) from error
        try:
            yield printer
        finally:
            with suppress(usb.core.USBError):
                printer.close()

    @contextmanager
    def _claimed(self, printer: UsbPrinter) -> Iterator[None]:
        """Hold the interface, and leave it to the kernel's driver as it was.

        What fails while it is given back does not matter any more: the job is out, or its outcome is known.
        """
        import usb.core
        import usb.util

        was_held = False
        try:
            was_held = self._take(printer)
            yield
        finally:
            with suppress(usb.core.USBError):
                usb.util.release_interface(printer.device, printer.interface)
            if was_held:
                with suppress(usb.core.USBError, NotImplementedError):
                    printer.device.attach_kernel_driver(printer.interface)

    def _take(self, printer: UsbPrinter) -> bool:
        """Configure, detach, claim; whether the kernel's driver had it."""
        import usb.core
        import usb.util

        was_held = False
        try:
            _configure(printer)
            if _is_held_by_kernel(printer):
                printer.device.detach_kernel_driver(printer.interface)
                was_held = True
            self._claim(printer)
            if printer.has_alternates:
                printer.device.set_interface_altsetting(printer.interface, printer.alternate)
        except usb.core.USBError as error:
            usb.util.dispose_resources(printer.device)
            if was_held:
                with suppress(usb.core.USBError, NotImplementedError):
                    printer.device.attach_kernel_driver(printer.interface)
            raise failure(error, 0) from error
        return was_held

    def _claim(self, printer: UsbPrinter) -> None:
        """Claim the interface; our own status question or test label may have it for a moment."""
        import usb.core
        import usb.util

        ends_at = self.monotonic() + self.busy_s
        while True:
            try:
                usb.util.claim_interface(printer.device, printer.interface)
            except usb.core.USBError as error:
                if error.errno != errno.EBUSY or self.monotonic() >= ends_at:
                    raise
                time.sleep(_POLL_S)
            else:
                return

    def _write(self, printer: UsbPrinter, data: bytes, ends_at: float) -> None:
        import usb.core

        view, sent = memoryview(data), 0
        while sent < len(data):
            left_s = ends_at - self.monotonic()
            if left_s <= 0:
                raise refusal("wire.timeout", "the printer stopped taking data", sent)
            chunk = view[sent : sent + (_CHUNK_BYTES if sent else min(_FIRST_BYTES, printer.packet_bytes))]
            try:
                count = printer.device.write(
                    printer.out_endpoint, bytes(chunk), _ms(min(self.chunk_timeout_s, left_s))
                )
            except usb.core.USBTimeoutError as error:
                raise refusal("wire.timeout", "the printer stopped taking data", sent) from error
            except usb.core.USBError as error:
                # A whole job inside the one packet that failed may be in the printer all the same.
                raise failure(error, sent or (len(data) if len(chunk) == len(data) else 0)) from error
            if not count:
                raise refusal("wire.timeout", "the printer stopped taking data", sent)
            sent += count

    def _ask(self, printer: UsbPrinter, request: bytes, is_whole: Callable[[bytes], bool]) -> bytes | None:
        self._drain(printer)
        if printer.device.write(printer.out_endpoint, request, _ms(self.reply_timeout_s)) != len(request):
            return None
        ends_at = self.monotonic() + self.reply_timeout_s
        reply, coming = b"", b""
        while not is_whole(reply):
            if not coming:
                left_s = ends_at - self.monotonic()
                if left_s <= 0 or len(reply) >= LONGEST_REPLY:
                    return None
                coming = bytes(printer.device.read(printer.in_endpoint, _REPLY_BYTES, _ms(left_s)))
                if not coming:
                    time.sleep(_POLL_S)  # some answer with empty packets until they have something to say
            # A packet may hold more than the answer: what is behind it belongs to nothing that was asked.
            reply, coming = reply + coming[:1], coming[1:]
        return reply

    def _drain(self, printer: UsbPrinter) -> None:
        """Throw away what answers an earlier question: it would pass for the answer to this one."""
        import usb.core

        with suppress(usb.core.USBTimeoutError):
            for _ in range(8):
                if not len(printer.device.read(printer.in_endpoint, _REPLY_BYTES, 1)):
                    return


def read_device_id(printer: UsbPrinter) -> DeviceId:
    """What the printer says of itself; empty where it does not answer or another driver holds it."""
    import usb.core
    import usb.util

    place = (printer.interface << 8) | printer.alternate
    try:
        raw = printer.device.ctrl_transfer(
            _CLASS_IN, _GET_DEVICE_ID, printer.configuration_index, place, 1024, _ms(0.5)
        )
    except usb.core.USBError:
        return DeviceId()
    finally:
        usb.util.dispose_resources(printer.device)
    return parse_device_id(bytes(raw))


def _configure(printer: UsbPrinter) -> None:
    """Choose the printer's configuration only where it is not chosen: doing it again resets the device."""
    import usb.core

    try:
        now = printer.device.get_active_configuration().bConfigurationValue
    except usb.core.USBError as error:
        if error.errno is not None:
            raise
        now = 0  # pyusb's way to say that none is chosen
    if now != printer.configuration:
        printer.device.set_configuration(printer.configuration)


def _is_held_by_kernel(printer: UsbPrinter) -> bool:
    import usb.core

    try:
        return bool(printer.device.is_kernel_driver_active(printer.interface))
    except NotImplementedError:
        return False  # a system where drivers cannot be asked has none to detach
    except usb.core.USBError as error:
        if error.errno == errno.ENOSYS:
            return False
        raise failure(error, 0) from error


def _ms(seconds: float) -> int:
    """Whole milliseconds, never 0: libusb takes that for "wait for ever"."""
    return max(1, int(seconds * 1000))
