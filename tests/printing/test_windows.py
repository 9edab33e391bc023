"""Queues of Windows, on a stand-in below ctypes: the structures and the bookkeeping are held, the drivers are not."""

import ctypes
import itertools
import sys

import pytest

from printing.errors import NothingSent, PartlySent, ProfileError
from printing.languages.registry import find_language
from printing.printer import Printer, open_printer
from printing.profile import PrinterProfile
from printing.status import PrinterState
from printing.transports.windows import WindowsTransport
from printing.transports.winspool import JobInfo1, PrinterInfo2, WindowsQueue, WinSpool
from tests.simulators.winspool_dll import FOR_EVER, WinSpoolDll

DATA = bytes(range(256)) * 700


def wire(dll, queue="GP-1324D", **changes):
    return WindowsTransport(queue, lambda: WinSpool(dll, dll.last_error), **changes)


def soon(dll, **changes):
    return wire(dll, deadline_s=1.0, monotonic=itertools.count().__next__, **changes)


def test_the_structures_are_as_wide_as_microsofts():
    if ctypes.sizeof(ctypes.c_void_p) == 8:
        assert (ctypes.sizeof(JobInfo1), ctypes.sizeof(PrinterInfo2)) == (96, 136)


def test_a_job_goes_raw_byte_for_byte_and_is_followed_until_it_is_gone():
    dll = WinSpoolDll()
    receipt = wire(dll).send(DATA, "SF139")
    job = dll.jobs[1]
    assert (bytes(job.data), job.kind, job.title, job.is_ended) == (DATA, "RAW", "SF139", True)
    assert (job.statuses, dll.open_handles, receipt.is_confirmed) == ([], 0, False)


def test_a_kept_job_counts_once_it_is_printed():
    dll = WinSpoolDll()
    dll.statuses = [0x10, 0x2080 | FOR_EVER]
    assert wire(dll).send(DATA, "x")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"queues": (("other", "", ""),)}, "wire.queue_absent"),
        ({"is_denied": True}, "wire.forbidden"),
        ({"refuses_documents": True}, "wire.queue_rejects"),
        ({"takes": 0}, "wire.queue_rejects"),
        ({"status": 0x1}, "wire.queue_stopped"),
        ({"status": 0x80}, "wire.absent"),
        ({"status": 0x400000}, "printer.cover_open"),
    ],
)
def test_what_fails_before_the_first_byte_was_not_sent(fault, code):
    dll = WinSpoolDll()
    for name, value in fault.items():
        setattr(dll, name, value)
    with pytest.raises(NothingSent) as caught:
        wire(dll).send(DATA, "x")
    assert (caught.value.code, dll.open_handles) == (code, 0)
    assert all(job.is_deleted for job in dll.jobs.values())


@pytest.mark.parametrize("fault", [{"takes": 70_000}, {"takes": 70_000, "fails_to_write": False}, {"ends": False}])
def test_a_job_windows_did_not_take_whole_is_dropped_and_leaves_doubt(fault):
    dll = WinSpoolDll()
    for name, value in fault.items():
        setattr(dll, name, value)
    with pytest.raises(PartlySent) as caught:
        wire(dll).send(DATA, "x")
    assert (caught.value.code, dll.jobs[1].is_deleted, dll.open_handles) == ("wire.broken", True, 0)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (0x40, "wire.full"),
        (0x20, "wire.broken"),
        (0x2, "wire.broken"),
        (0x200, "wire.queue_stuck"),
        (0, "wire.queue_stuck"),
    ],
)
def test_a_job_that_stays_is_deleted_and_leaves_doubt(status, code):
    dll = WinSpoolDll()
    dll.statuses = [status | FOR_EVER]
    with pytest.raises(PartlySent) as caught:
        soon(dll).send(DATA, "x")
    assert (caught.value.code, dll.jobs[1].is_deleted) == (code, True)


def test_paper_that_is_loaded_in_time_needs_no_question():
    dll = WinSpoolDll()
    dll.statuses = [0x40, 0x40, 0x10]
    assert wire(dll).send(DATA, "x")


def test_a_job_somebody_deleted_leaves_doubt():
    dll = WinSpoolDll()
    dll.statuses = [0x10, 0x104]
    with pytest.raises(PartlySent) as caught:
        wire(dll).send(DATA, "x")
    assert caught.value.code == "wire.queue_cancelled"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (0, PrinterState.UNKNOWN),
        (0x10, PrinterState.PAPER_OUT),
        (0x1, PrinterState.OFFLINE),
        (0x400, PrinterState.UNKNOWN),
    ],
)
def test_a_drivers_hint_is_a_hint(status, state):
    dll = WinSpoolDll()
    dll.status = status
    profile = PrinterProfile(key="p", name="p", address="windows:GP-1324D")
    assert Printer(profile, wire(dll), find_language("tspl")).status().state is state


def test_every_queue_is_listed():
    dll = WinSpoolDll(("一号打印机", "USB001", "GP"), ("Fax", "SHRFAX:", "Fax"))
    assert WinSpool(dll, dll.last_error).queues() == [
        WindowsQueue("一号打印机", "USB001", "GP", 0),
        WindowsQueue("Fax", "SHRFAX:", "Fax", 0),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has queues")
def test_other_systems_say_so():
    with pytest.raises(NothingSent, match="Windows only") as caught:
        WindowsTransport("GP-1324D").send(b"x", "x")
    assert caught.value.code == "wire.not_windows"


def test_a_queue_needs_a_name():
    with pytest.raises(ProfileError):
        open_printer(PrinterProfile(key="p", name="p", address="windows: "), lambda: None)
