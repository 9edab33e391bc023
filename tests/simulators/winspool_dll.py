"""A stand-in for winspool.drv below ctypes: fills the same structures, keeps jobs, misbehaves on request.

Written from Microsoft's reference, not from a running Windows: it holds our calls to the reference, and cannot
know what real drivers add to it.
"""

import ctypes
from collections.abc import Callable
from ctypes import POINTER, cast, memmove, sizeof
from dataclasses import dataclass, field
from typing import Any

from printing.transports.winspool import JobInfo1, PrinterInfo2

_TOO_SMALL, _INVALID_PARAMETER, _INVALID_NAME, _DENIED = 122, 87, 1801, 5


@dataclass
class FakeJob:
    """One document."""

    title: str
    kind: str
    data: bytearray = field(default_factory=bytearray)
    is_ended: bool = False
    is_deleted: bool = False
    #: JOB_STATUS bits, one for each look; after the last the job has gone
    statuses: list[int] = field(default_factory=list)


class WinSpoolDll:
    """The calls of winspool.drv. Each stands for one `int f(...)` of the DLL: 0 fails, and says why in `error`."""

    def __init__(self, *queues: tuple[str, str, str]) -> None:
        self.queues = queues or (("GP-1324D", "USB001", "Gprinter GP-1324D"),)
        self.status = 0
        self.jobs: dict[int, FakeJob] = {}
        self.error = 0
        self.is_denied = False
        self.refuses_documents = False
        self.takes = 1 << 30
        self.fails_to_write = True
        self.statuses: list[int] = [0x8, 0x10]
        self.ends = True
        self.open_handles = 0
        self._kept: list[Any] = []

    def last_error(self) -> int:
        return self.error

    def _fail(self, number: int) -> int:
        self.error = number
        return 0

    def OpenPrinterW(self, name: Any, handle: Any, _defaults: Any) -> int:  # noqa: N802  # Windows' names
        if name.value not in [queue[0] for queue in self.queues]:
            return self._fail(_INVALID_NAME)
        if self.is_denied:
            return self._fail(_DENIED)
        self.open_handles += 1
        handle._obj.value = 77
        return 1

    def ClosePrinter(self, handle: Any) -> int:  # noqa: N802  the other side's name
        assert handle.value == 77
        self.open_handles -= 1
        return 1

    def GetPrinterW(self, handle: Any, level: Any, room: Any, size: Any, needed: Any) -> int:  # noqa: N802  the other side's name
        assert (handle.value, level.value) == (77, 2)
        return self._fill(room, size, needed, [self._printer(self.queues[0])])

    def EnumPrintersW(  # noqa: N802  the other side's name
        self, flags: Any, _name: Any, level: Any, room: Any, size: Any, needed: Any, count: Any
    ) -> int:
        assert (flags.value, level.value) == (6, 2)
        count._obj.value = len(self.queues)
        return self._fill(room, size, needed, [self._printer(queue) for queue in self.queues])

    def _printer(self, queue: tuple[str, str, str]) -> PrinterInfo2:
        info = PrinterInfo2(name=queue[0], port=queue[1], driver=queue[2], status=self.status)
        self._kept.append(info)
        return info

    def StartDocPrinterW(self, handle: Any, level: Any, info: Any) -> int:  # noqa: N802  the other side's name
        assert level.value == 1
        if self.refuses_documents:
            return self._fail(_DENIED)
        job = len(self.jobs) + 1
        self.jobs[job] = FakeJob(info._obj.name, info._obj.kind, statuses=list(self.statuses))
        return job

    def StartPagePrinter(self, _handle: Any) -> int:  # noqa: N802  the other side's name
        return 1

    def WritePrinter(self, _handle: Any, data: Any, size: Any, written: Any) -> int:  # noqa: N802  the other side's name
        job = self.jobs[len(self.jobs)]
        count = min(size.value, self.takes - len(job.data))
        job.data += data.raw[:count]
        written._obj.value = count
        return 1 if count or not self.fails_to_write else self._fail(1117)

    def EndPagePrinter(self, _handle: Any) -> int:  # noqa: N802  the other side's name
        return 1

    def EndDocPrinter(self, _handle: Any) -> int:  # noqa: N802  the other side's name
        if not self.ends:
            return self._fail(1117)
        self.jobs[len(self.jobs)].is_ended = True
        return 1

    def AbortPrinter(self, _handle: Any) -> int:  # noqa: N802  the other side's name
        if self.jobs:
            self.jobs[len(self.jobs)].is_deleted = True
        return 1

    def GetJobW(self, _handle: Any, job: Any, level: Any, room: Any, size: Any, needed: Any) -> int:  # noqa: N802  the other side's name
        assert level.value == 1
        known = self.jobs[job.value]
        if not known.statuses:
            needed._obj.value = 0
            return self._fail(_INVALID_PARAMETER)
        info = JobInfo1(job_id=job.value, document=known.title, status=known.statuses[0])
        self._kept.append(info)
        filled = self._fill(room, size, needed, [info])
        if filled and len(known.statuses) >= 1 and not (len(known.statuses) == 1 and known.statuses[0] & 1 << 31):
            known.statuses.pop(0)
        return filled

    def SetJobW(self, _handle: Any, job: Any, _level: Any, _info: Any, command: Any) -> int:  # noqa: N802  the other side's name
        assert command.value == 5
        self.jobs[job.value].is_deleted = True
        return 1

    def _fill(self, room: Any, size: Any, needed: Any, infos: list[Any]) -> int:
        width = sizeof(infos[0]) if infos else 0
        needed._obj.value = width * len(infos)
        if room is None or size.value < needed._obj.value:
            return self._fail(_TOO_SMALL)
        start = ctypes.addressof(cast(room, POINTER(ctypes.c_char)).contents)
        for number, info in enumerate(infos):
            memmove(start + number * width, ctypes.addressof(info), width)
        return 1


#: stays for ever
FOR_EVER = 1 << 31

Maker = Callable[[], WinSpoolDll]
