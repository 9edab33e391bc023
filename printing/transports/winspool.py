"""The few calls of winspool.drv that raw printing needs, through ctypes. It has not run on Windows yet.

The call names, structures and numbers are those of Microsoft's print spooler reference. Widths are spelled out,
because C's `long` is not as wide everywhere; so the tests can hold the structures on any system.
"""

import ctypes
from collections.abc import Callable, Sequence
from ctypes import POINTER, Structure, byref, c_uint16, c_uint32, c_void_p, c_wchar_p, sizeof
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from printing.errors import NothingSent

_LOCAL_AND_CONNECTED = 0x2 | 0x4
_JOB_DELETE = 5
_ERROR_INVALID_PARAMETER = 87


@dataclass(frozen=True, slots=True)
class WindowsQueue:
    """One printer as Windows lists it: name, port such as `USB001`, driver, status bits."""

    name: str
    port: str
    driver: str
    status: int


class Spool(Protocol):
    """Windows' print spooler. Calls that fail raise OSError with Windows' number as `errno`."""

    def open(self, queue: str) -> int:
        """A handle of a queue."""
        ...

    def close(self, handle: int) -> None:
        """Give a handle back."""
        ...

    def status(self, handle: int) -> int:
        """The queue's PRINTER_STATUS bits; many drivers leave them 0 for ever."""
        ...

    def start(self, handle: int, title: str) -> int:
        """Begin a RAW document and its page; the job's number."""
        ...

    def write(self, handle: int, data: bytes) -> int:
        """Hand bytes over; how many were taken."""
        ...

    def end(self, handle: int) -> None:
        """End page and document."""
        ...

    def abort(self, handle: int) -> None:
        """Drop the document that was begun."""
        ...

    def job_status(self, handle: int, job: int) -> int | None:
        """The job's JOB_STATUS bits; None once the queue does not know it any more."""
        ...

    def delete_job(self, handle: int, job: int) -> None:
        """Take a job out of the queue."""
        ...

    def queues(self) -> Sequence[WindowsQueue]:
        """Every queue of this machine and user."""
        ...


class _DocInfo(Structure):
    _fields_: ClassVar = [("name", c_wchar_p), ("output", c_wchar_p), ("kind", c_wchar_p)]


class _SystemTime(Structure):
    _fields_: ClassVar = [(f"part{number}", c_uint16) for number in range(8)]


class JobInfo1(Structure):
    """JOB_INFO_1."""

    _fields_: ClassVar = [
        ("job_id", c_uint32),
        ("printer", c_wchar_p),
        ("machine", c_wchar_p),
        ("user", c_wchar_p),
        ("document", c_wchar_p),
        ("kind", c_wchar_p),
        ("status_words", c_wchar_p),
        ("status", c_uint32),
        ("priority", c_uint32),
        ("position", c_uint32),
        ("pages", c_uint32),
        ("printed", c_uint32),
        ("submitted", _SystemTime),
    ]


class PrinterInfo2(Structure):
    """PRINTER_INFO_2."""

    _fields_: ClassVar = [
        ("server", c_wchar_p),
        ("name", c_wchar_p),
        ("share", c_wchar_p),
        ("port", c_wchar_p),
        ("driver", c_wchar_p),
        ("comment", c_wchar_p),
        ("location", c_wchar_p),
        ("device_mode", c_void_p),
        ("separator", c_wchar_p),
        ("processor", c_wchar_p),
        ("kind", c_wchar_p),
        ("parameters", c_wchar_p),
        ("security", c_void_p),
        ("attributes", c_uint32),
        ("priority", c_uint32),
        ("default_priority", c_uint32),
        ("start", c_uint32),
        ("until", c_uint32),
        ("status", c_uint32),
        ("jobs", c_uint32),
        ("pages_per_minute", c_uint32),
    ]


class WinSpool:
    """`Spool` over winspool.drv."""

    def __init__(self, dll: Any, last_error: Callable[[], int]) -> None:
        """Take the loaded library (a stand-in in tests) and what tells the number of the last error."""
        self._dll = dll
        self._last_error = last_error

    def open(self, queue: str) -> int:
        """A handle of a queue."""
        handle = c_void_p()
        self._check(self._dll.OpenPrinterW(c_wchar_p(queue), byref(handle), None))
        return int(handle.value or 0)

    def close(self, handle: int) -> None:
        """Give a handle back."""
        self._dll.ClosePrinter(c_void_p(handle))

    def status(self, handle: int) -> int:
        """The status bits of PRINTER_INFO_2."""
        buffer = self._asked(
            lambda room, size, needed: self._dll.GetPrinterW(c_void_p(handle), c_uint32(2), room, size, needed)
        )
        return int(ctypes.cast(buffer, POINTER(PrinterInfo2)).contents.status)

    def start(self, handle: int, title: str) -> int:
        """Begin a RAW document and its page."""
        info = _DocInfo(title, None, "RAW")
        job = int(self._dll.StartDocPrinterW(c_void_p(handle), c_uint32(1), byref(info)))
        self._check(job)
        self._check(self._dll.StartPagePrinter(c_void_p(handle)))
        return job

    def write(self, handle: int, data: bytes) -> int:
        """Hand bytes over."""
        written = c_uint32()
        room = ctypes.create_string_buffer(data, len(data))
        self._check(self._dll.WritePrinter(c_void_p(handle), room, c_uint32(len(data)), byref(written)))
        return int(written.value)

    def end(self, handle: int) -> None:
        """End page and document."""
        self._check(self._dll.EndPagePrinter(c_void_p(handle)))
        self._check(self._dll.EndDocPrinter(c_void_p(handle)))

    def abort(self, handle: int) -> None:
        """Drop the document that was begun."""
        self._dll.AbortPrinter(c_void_p(handle))

    def job_status(self, handle: int, job: int) -> int | None:
        """The status bits of JOB_INFO_1; None where Windows calls the number a wrong parameter: it has gone."""
        try:
            buffer = self._asked(
                lambda room, size, needed: self._dll.GetJobW(
                    c_void_p(handle), c_uint32(job), c_uint32(1), room, size, needed
                )
            )
        except OSError as error:
            if error.errno == _ERROR_INVALID_PARAMETER:
                return None
            raise
        return int(ctypes.cast(buffer, POINTER(JobInfo1)).contents.status)

    def delete_job(self, handle: int, job: int) -> None:
        """Take a job out of the queue."""
        self._check(self._dll.SetJobW(c_void_p(handle), c_uint32(job), c_uint32(0), None, c_uint32(_JOB_DELETE)))

    def queues(self) -> Sequence[WindowsQueue]:
        """Every queue of this machine and user."""
        count = c_uint32()
        buffer = self._asked(
            lambda room, size, needed: self._dll.EnumPrintersW(
                c_uint32(_LOCAL_AND_CONNECTED), None, c_uint32(2), room, size, needed, byref(count)
            )
        )
        infos = ctypes.cast(buffer, POINTER(PrinterInfo2))
        found = [infos[number] for number in range(count.value)]
        return [WindowsQueue(one.name or "", one.port or "", one.driver or "", int(one.status)) for one in found]

    def _asked(self, call: Callable[[Any, Any, Any], int]) -> Any:
        """Ask twice, as Windows wants it: first for the size, then for the thing."""
        needed = c_uint32()
        call(None, c_uint32(0), byref(needed))
        if not needed.value and (number := self._last_error()):
            raise OSError(number, f"Windows error {number}")
        room = ctypes.create_string_buffer(max(int(needed.value), sizeof(PrinterInfo2)))
        self._check(call(room, c_uint32(len(room)), byref(needed)))
        return room

    def _check(self, result: Any) -> None:
        if not result:
            number = self._last_error()
            raise OSError(number, f"Windows error {number}")


def windows_spool() -> Spool:
    """The spooler of this machine.

    Raises:
        NothingSent: `wire.not_windows`.
    """
    if not hasattr(ctypes, "WinDLL"):
        raise NothingSent("wire.not_windows", "Windows queues exist on Windows only", sent_bytes=0)
    # Named as text: ctypes has both on Windows only.
    load, last_error = (getattr(ctypes, name) for name in ("WinDLL", "get_last_error"))
    return WinSpool(load("winspool.drv", use_last_error=True), last_error)
