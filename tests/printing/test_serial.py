"""The serial wire over real pseudo-terminals."""

import os
import pty
import select
from contextlib import suppress

import pytest
import serial

from printing.errors import NothingSent, PartlySent, ProfileError
from printing.languages.registry import find_language
from printing.printer import Printer, open_printer
from printing.profile import PrinterProfile
from printing.resolution import Resolution
from printing.status import PrinterState
from printing.transports.serial_port import SerialAddress, SerialTransport, parse_serial_address
from tests.simulators.serial_printer import SerialPrinter
from tests.support.labels import example_label

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals")


@pytest.fixture
def port():
    with SerialPrinter() as printer:
        yield printer


@pytest.fixture(scope="module")
def label(renderer):
    bitmap = renderer.render(example_label(), "100x150", Resolution(8.0)).bitmap
    profile = PrinterProfile(key="p", name="p", address="memory:")
    return open_printer(profile, lambda: None).encode(bitmap), bitmap.to_array()


def wire(port, flow="none", **changes):
    return SerialTransport(SerialAddress(port.path, 115200, flow), **{"stall_s": 0.3, **changes})


@pytest.mark.parametrize("flow", ["none", "xonxoff"])
def test_a_label_arrives_dot_for_dot(port, label, flow):
    data, picture = label
    receipt = wire(port, flow).send(data, "x")
    port.wait_for_papers(1)
    assert ((port.engine.papers[0] == picture).all(), receipt.is_confirmed) == (True, False)


def test_a_printer_that_holds_the_flow_ends_in_doubt_and_nothing_follows_later(port, label, monkeypatch):
    # A pseudo-terminal hands its bytes on at once, so only the call can be seen here, not what it drops.
    dropped = []
    monkeypatch.setattr(serial.Serial, "reset_output_buffer", lambda self: dropped.append(self.port))
    port.stop_reading()
    with pytest.raises(PartlySent) as caught:
        wire(port).send(label[0], "x")
    assert caught.value.code == "wire.timeout"
    assert 0 < caught.value.facts["sent_bytes"] < len(label[0])
    assert dropped == [port.path], "half a label would come out after somebody has answered for it"


def test_a_pulled_cable_leaves_doubt(port, label):
    port.hang_up_after(10_000)
    with pytest.raises(PartlySent):
        wire(port).send(label[0], "x")


def test_a_slow_line_gets_its_time_and_no_more():
    seconds = SerialTransport(SerialAddress("/dev/none", 9600), slack_s=1.0)
    assert seconds.slack_s + 120_000 * 10 / 9600 > 100


def test_status_in_words(port):
    printer = Printer(
        PrinterProfile(key="p", name="p", address=f"serial:{port.path}"), wire(port), find_language("tspl")
    )
    assert printer.status().state is PrinterState.READY
    port.engine.has_paper = False
    assert printer.status().state is PrinterState.PAPER_OUT
    port.is_silent = True
    assert printer.status().state is PrinterState.UNKNOWN


def test_absent_or_no_port_means_nothing_sent(tmp_path):
    for path, code in [("/dev/none", "wire.absent"), ("/dev/null", "wire.no_device")]:
        with pytest.raises(NothingSent) as caught:
            SerialTransport(SerialAddress(path)).send(b"x", "x")
        assert caught.value.code == code


def test_a_port_in_use_is_busy(port):
    with serial.Serial(port.path, exclusive=True), pytest.raises(NothingSent) as caught:
        wire(port).send(b"x" * 100, "x")
    assert caught.value.code == "wire.busy"


def test_a_port_that_takes_nothing_was_sent_nothing():
    near, far = pty.openpty()
    try:
        name = os.ttyname(far)
        os.set_blocking(far, False)
        while select.select([], [far], [], 0.3)[1]:
            with suppress(BlockingIOError):
                os.write(far, b"x" * 4096)
        transport = SerialTransport(SerialAddress(name, 115200, "none"), stall_s=0.1)
        with pytest.raises(NothingSent) as caught:
            transport.send(b"y" * 1000, "x")
        assert caught.value.code == "wire.timeout"
    finally:
        os.close(near)
        os.close(far)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/dev/ttyUSB0", ("/dev/ttyUSB0", 9600, "rtscts")),
        ("/dev/ttyUSB0?baud=115200", ("/dev/ttyUSB0", 115200, "rtscts")),
        ("COM5?baud=9600&flow=xonxoff", ("COM5", 9600, "xonxoff")),
    ],
)
def test_addresses(text, expected):
    found = parse_serial_address(text)
    assert (found.port, found.baud, found.flow) == expected


@pytest.mark.parametrize(
    "text", ["", "ttyUSB0", "/dev/x?baud=1", "/dev/x?speed=9600", "COM", "COMx", "/dev/x?flow=all", "/dev/x?baud"]
)
def test_nonsense_is_refused(text):
    with pytest.raises(ProfileError):
        open_printer(PrinterProfile(key="p", name="p", address=f"serial:{text}"), lambda: None)
