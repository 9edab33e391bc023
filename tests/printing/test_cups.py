"""Queues of CUPS: its programs as stand-ins always, a real server of our own where the machine has one."""

import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from printing.errors import NothingSent, PartlySent, ProfileError
from printing.printer import open_printer
from printing.profile import PrinterProfile
from printing.status import PrinterState
from printing.transports.cups import CupsTransport
from printing.transports.cups_end import CANCELLED, COMPLETED, job_state
from tests.simulators.cups_programs import CupsPrograms
from tests.simulators.label_printer import LabelPrinter
from tests.simulators.raw_server import RawServer, answer
from tests.support.cups import cups_server, may_run_cups

JOB = b"SIZE 10 mm,10 mm\r\nCLS\r\nPRINT 1,1\r\n"


@pytest.fixture
def cups(tmp_path, monkeypatch):
    programs = CupsPrograms(tmp_path)
    monkeypatch.setenv("PATH", programs.path)
    monkeypatch.setenv("CUPS_SERVER", str(tmp_path / "none"))
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    return programs


def test_the_job_arrives_byte_for_byte_and_is_followed_to_its_end(cups):
    receipt = CupsTransport("label").send(bytes(range(256)) * 400, "SF 139/12")
    assert cups.job == bytes(range(256)) * 400
    assert (cups.folder / "title").read_text() == "SF_139_12"
    assert int((cups.folder / "looks").read_text()) == 3, "nobody waited for the job to leave the queue"
    assert not receipt.is_confirmed


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"runs": False}, "wire.queue_absent"),
        ({"queues": {}}, "wire.queue_absent"),
        ({"stopped": True}, "wire.queue_stopped"),
        ({"rejects": True}, "wire.queue_rejects"),
    ],
)
def test_what_cups_would_keep_for_later_is_refused_before_sending(cups, fault, code):
    cups.set(**fault)
    with pytest.raises(NothingSent) as caught:
        CupsTransport("label").send(JOB, "x")
    assert (caught.value.code, cups.job) == (code, None)
    printer = open_printer(PrinterProfile(key="p", name="p", address="cups:label"), lambda: None)
    assert printer.status().state is PrinterState.OFFLINE


def test_a_queue_that_runs_is_unknown_because_it_has_no_way_back(cups):
    printer = open_printer(PrinterProfile(key="p", name="p", address="cups:label"), lambda: None)
    assert printer.status().state is PrinterState.UNKNOWN


@pytest.mark.parametrize(("state", "is_doubtful"), [(7, True), (8, True), (9, False), (None, False)])
def test_a_job_that_was_cancelled_or_failed_leaves_doubt(cups, monkeypatch, state, is_doubtful):
    body = b"\x02\x00\x00\x00\x00\x00\x00\x01\x02"
    if state is not None:
        body += b"\x23\x00\x09job-state\x00\x04" + state.to_bytes(4, "big") + b"\x03"
    with RawServer(lambda line, _request: line.sendall(answer(body))) as server:
        monkeypatch.setenv("CUPS_SERVER", f"127.0.0.1:{server.port}")
        transport = CupsTransport("label")
        if is_doubtful:
            with pytest.raises(PartlySent) as caught:
                transport.send(JOB, "x")
            assert caught.value.code == "wire.queue_cancelled"
        else:
            transport.send(JOB, "x")
        assert b"ipp://localhost/jobs/7\x42" in server.requests[0]


def test_a_job_that_stays_is_cancelled_so_that_it_does_not_come_out_later(cups):
    cups.set(looks_until_done=10_000)
    with pytest.raises(PartlySent) as caught:
        CupsTransport("label", deadline_s=0.5).send(JOB, "x")
    assert (caught.value.code, cups.cancelled) == ("wire.queue_stuck", "label-7\n")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"lp_hangs": True}, "wire.timeout"),
        ({"lp_breaks": True}, "wire.failed"),
        ({"forgets": True}, "wire.queue_silent"),
    ],
)
def test_what_nobody_can_know_leaves_doubt(cups, fault, code):
    cups.set(**fault)
    with pytest.raises(PartlySent) as caught:
        CupsTransport("label", deadline_s=1.5).send(JOB, "x")
    assert caught.value.code == code


def test_without_cups_the_sentence_names_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NothingSent, match="cups-client") as caught:
        CupsTransport("label").send(JOB, "x")
    assert caught.value.code == "wire.no_cups"


@pytest.mark.parametrize("name", ["", "-h", "a b", "a/b", "a,b", "x" * 200, "a#b"])
def test_no_queue_name_becomes_an_option_or_a_list(name):
    with pytest.raises(ProfileError):
        open_printer(PrinterProfile(key="p", name="p", address=f"cups:{name}"), lambda: None)


@pytest.fixture
def server(monkeypatch):
    if not may_run_cups():
        pytest.skip("no cupsd here, or not root")
    # Not under tmp_path: CUPS' backends run as another user, and a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="cups-") as home, cups_server(Path(home)) as address:
        monkeypatch.setenv("CUPS_SERVER", address)
        yield


def _administer(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr


@pytest.mark.usefixtures("server")
class TestRealServer:
    def queue(self, printer):
        _administer("lpadmin", "-p", "label", "-E", "-v", f"socket://127.0.0.1:{printer.port}", "-m", "raw")

    def test_a_job_comes_out_behind_a_raw_queue(self):
        with LabelPrinter() as printer:
            self.queue(printer)
            CupsTransport("label").send(JOB, "x")
            assert len(printer.wait_for_papers(1)) == 1
            assert job_state(1) == COMPLETED

    def test_a_stopped_or_rejecting_or_unknown_queue_is_refused(self):
        with LabelPrinter() as printer:
            self.queue(printer)
            for act, undo, code in [
                ("cupsdisable", "cupsenable", "wire.queue_stopped"),
                ("cupsreject", "cupsaccept", "wire.queue_rejects"),
            ]:
                _administer(act, "label")
                with pytest.raises(NothingSent) as caught:
                    CupsTransport("label").send(JOB, "x")
                assert caught.value.code == code
                _administer(undo, "label")
            with pytest.raises(NothingSent) as caught:
                CupsTransport("other").send(JOB, "x")
            assert (caught.value.code, printer.papers) == ("wire.queue_absent", ())

    def test_a_job_nobody_takes_is_cancelled_and_does_not_come_out_later(self):
        with LabelPrinter() as printer:
            self.queue(printer)
            printer.stop_reading()
            with pytest.raises(PartlySent) as caught:
                CupsTransport("label", deadline_s=1.0).send(JOB + b"\n" * 5_000_000, "x")
            assert caught.value.code == "wire.queue_stuck"
            left = subprocess.run(["lpstat", "-o", "label"], capture_output=True, text=True, check=False).stdout
            assert (left, job_state(1)) == ("", CANCELLED)

    def test_a_job_somebody_cancels_in_the_queue_leaves_doubt(self):
        with LabelPrinter() as printer:
            self.queue(printer)
            printer.stop_reading()
            cancels = threading.Timer(1.0, lambda: _administer("cancel", "label-1"))
            cancels.start()
            with pytest.raises(PartlySent) as caught:
                CupsTransport("label").send(JOB + b"\n" * 5_000_000, "x")
            cancels.join()
            assert caught.value.code == "wire.queue_cancelled"
