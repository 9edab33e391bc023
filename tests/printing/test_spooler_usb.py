"""The spooler on USB printers that stop, vanish, lie and come back: each ends in one sentence or one question."""

import threading
from datetime import UTC, datetime

import pytest

from printing.jobs import Activity, JobState
from printing.languages.registry import find_language
from printing.printer import Printer
from printing.profile import PrinterProfile
from printing.spooler import Lane, Spooler
from printing.transports.usb import UsbTransport
from printing.transports.usb_bus import UsbAddress
from tests.simulators.usb_printers import UsbBus, usb_printer
from tests.support.job_store import MemoryJobStore
from tests.support.labels import example_mapping
from tests.support.readers import read_with_zxing

#: a lane begins with white for a whole label, for it knows nothing of what the printer was left in
AFTER_RECOVERY = 120_000
NOW = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)


class Ear:
    def __init__(self):
        self.printers, self.jobs = [], []
        self.heard = threading.Condition()

    def printer_changed(self, status):
        with self.heard:
            self.printers.append(status)
            self.heard.notify_all()

    def job_changed(self, news):
        self.jobs.append(news)

    def wait_for(self, reason, timeout_s=10.0):
        with self.heard:
            assert self.heard.wait_for(
                lambda: any(one.reason == reason and one.activity is Activity.WAITING for one in self.printers),
                timeout_s,
            ), self.printers

    def questions(self):
        return [news.job_id for news in self.jobs if news.state is JobState.UNKNOWN]


def content(number):
    return example_mapping(waybill_no=f"SF{number:013d}")


def numbers_on(device):
    return [text for paper in device.engine.papers for kind, text in read_with_zxing(paper) if kind == "code128"]


class Desk:
    def __init__(self, renderer, *devices, **settings):
        self.bus = UsbBus(*devices)
        self.device = devices[0]
        self.store, self.ear = MemoryJobStore(), Ear()
        address = UsbAddress(self.device.vendor, self.device.product, **settings)
        profile = PrinterProfile(key="p", name="p", address=f"usb:{address}")
        wire = UsbTransport(address, self.bus, busy_s=0.05)
        self.printer = Printer(profile, wire, find_language("tspl"))
        self.lane = Lane(self.printer, self.store, renderer, lambda: NOW, self.ear)
        self.renderer = renderer

    def add(self, number):
        return self.store.add("p", content(number))

    def steps(self, count=4):
        for _ in range(count):
            self.lane.step()

    @property
    def reason(self):
        return self.lane.status.reason


@pytest.fixture
def desk(renderer):
    return Desk(renderer, usb_printer())


def test_unplugged_before_a_label_it_waits_with_a_reason_and_goes_on_by_itself(renderer):
    desk = Desk(renderer, usb_printer())
    desk.device.is_plugged_in = False
    spooler = Spooler(desk.store, renderer, lambda: NOW, desk.ear)
    spooler.put_printer(desk.printer)
    job = desk.add(1)
    spooler.wake()
    desk.ear.wait_for("wire.absent")
    assert desk.store.state(job) == "queued"
    desk.device.come_back()
    spooler.wake()
    desk.store.wait_for_state(job, "sent", "confirmed")
    assert spooler.stop(10)
    assert (numbers_on(desk.device), desk.ear.questions()) == (["SF0000000000001"], [])


def test_unplugged_at_the_first_packet_nothing_was_sent_and_the_label_comes_when_it_is_back(desk):
    # The status question goes through; the job's own first packet does not.
    desk.device.is_silent = True
    desk.device.unplug_after(len(b"\x1b!?"))
    job = desk.add(1)
    desk.steps(2)
    assert (desk.store.state(job), desk.ear.questions()) == ("queued", [])
    desk.device.come_back()
    desk.steps()
    assert desk.store.state(job) in {"sent", "confirmed"}
    assert numbers_on(desk.device) == ["SF0000000000001"]


@pytest.mark.parametrize("forgets", [True, False], ids=["powered-by-usb", "with-power-of-its-own"])
@pytest.mark.parametrize("after", [500, 60_000, 180_000])
def test_unplugged_midway_one_question_and_the_next_label_comes_out_whole(desk, after, forgets):
    desk.device.unplug_after(after)
    first, second = desk.add(1), desk.add(2)
    desk.steps()
    assert (desk.store.state(first), desk.ear.questions()) == ("unknown", [first])
    assert desk.store.state(second) == "queued", "the next label waits while the printer is away"
    assert desk.reason == "wire.absent"
    desk.device.come_back(forgets=forgets)
    desk.steps(8)
    assert desk.store.state(second) in {"sent", "confirmed"}
    assert (numbers_on(desk.device), desk.ear.questions()) == (["SF0000000000002"], [first])


def test_a_printer_that_stops_midway_leaves_one_question_and_is_recovered(desk):
    desk.device.nak_after(AFTER_RECOVERY + 30_000)
    first, second = desk.add(1), desk.add(2)
    desk.steps(2)
    assert (desk.store.state(first), desk.store.rows[first].reason) == ("unknown", "wire.timeout")
    # It keeps its half a picture: without recovery the next label would be taken for the other half.
    assert desk.device.engine.is_inside_picture
    desk.device.come_back(forgets=False)
    desk.steps(8)
    assert (numbers_on(desk.device), desk.ear.questions()) == (["SF0000000000002"], [first])
    assert desk.store.state(second) in {"sent", "confirmed"}


def test_a_printer_that_says_ready_for_ever_is_never_taken_at_its_word(desk):
    job = desk.add(1)
    desk.steps(8)
    assert desk.store.state(job) == "sent", "nothing but the paper or a scan confirms it"


def test_another_program_has_it_the_lane_says_so_and_goes_on(desk):
    desk.device.is_held_by_another = True
    job = desk.add(1)
    desk.steps(2)
    assert (desk.store.state(job), desk.reason) == ("queued", "wire.busy")
    desk.device.is_held_by_another = False
    desk.steps()
    assert numbers_on(desk.device) == ["SF0000000000001"]


def test_a_twin_is_plugged_in_no_label_comes_out_of_the_wrong_one(desk):
    twin = usb_printer(ports=(2,))
    desk.bus.devices.append(twin)
    job = desk.add(1)
    desk.steps(2)
    assert (desk.store.state(job), desk.reason) == ("queued", "wire.ambiguous")
    assert (desk.device.received, twin.received) == (0, 0)
    twin.is_plugged_in = False
    desk.steps()
    assert (numbers_on(desk.device), numbers_on(twin)) == (["SF0000000000001"], [])


def test_paper_out_is_told_by_a_printer_that_answers_nothing_else(desk):
    desk.device.is_silent, desk.device.port_status = True, 0x30
    job = desk.add(1)
    desk.steps(2)
    assert (desk.store.state(job), desk.reason, desk.device.engine.papers) == ("queued", "printer.paper_out", [])
    desk.device.port_status = 0x18
    desk.steps()
    assert numbers_on(desk.device) == ["SF0000000000001"]


def test_random_breaks_never_print_a_label_twice_without_a_word(renderer):
    """Cut at many places in turn: every paper is of a job that was told sent, or asked about, and none comes twice."""
    desk = Desk(renderer, usb_printer())
    jobs = []
    for number, after in enumerate([0, 63, 64, 200, 5_000, 119_000, 120_200, 150_000, 240_000, 240_150]):
        desk.device.unplug_after(after)
        jobs.append(desk.add(number))
        desk.steps(3)
        desk.device.come_back()
        desk.steps(6)
    papers = numbers_on(desk.device)
    assert len(papers) == len(set(papers))
    for number, job in enumerate(jobs):
        state = desk.store.state(job)
        assert state in {"sent", "confirmed", "unknown"}
        if state != "unknown":
            assert f"SF{number:013d}" in papers
    assert sorted(desk.ear.questions()) == [job for job in jobs if desk.store.state(job) == "unknown"]
