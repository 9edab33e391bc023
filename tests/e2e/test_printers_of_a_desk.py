"""The joint of core and printing: a printer is found, added, set up, tried and removed, down to its USB packets."""

import pytest
import serial.tools.list_ports
import usb.backend.libusb1

from core.app import CoreConfig, build
from core.runtime.errors import Refused
from desktop.pages.printers.ports import PrinterDraft, Search
from desktop.printers import PRINTERS, Printers
from tests.simulators.serial_printer import SerialPrinter
from tests.simulators.usb_printers import UsbBus, usb_printer
from tests.support.readers import read_with_zxing


@pytest.fixture
def bus(monkeypatch, tmp_path):
    made = UsbBus(usb_printer(device_id="MFG:Xprinter;CMD:TSPL;MDL:XP-P323B;"))
    monkeypatch.setattr(usb.backend.libusb1, "get_backend", lambda find_library=None: made)
    monkeypatch.setattr(serial.tools.list_ports, "comports", list)
    monkeypatch.setenv("PATH", str(tmp_path))
    return made


@pytest.fixture
def core(tmp_path):
    made = build(CoreConfig(folder=tmp_path / "data", key_file=tmp_path / "key"))
    yield made
    made.stop()


@pytest.fixture
def printers(core, bus, qapp, tmp_path):
    from printing.render import LabelRenderer

    made = Printers(core, LabelRenderer(), tmp_path / "labels")
    made.start()
    yield made
    made.stop()


def added(printers, **settings):
    (find,) = [one for one in printers.find(Search()).finds if one.kind == "usb"]
    return printers.add(PrinterDraft(find.name, find.address, "100x150", {"language": find.language, **settings}))


def test_what_is_found_and_added_is_not_found_again(printers):
    view = added(printers)
    assert (view.name, view.address, view.settings["language"]) == ("Xprinter XP-P323B", "usb:2d37:cbb4", "tspl")
    assert view.can_calibrate
    assert [one for one in printers.find(Search()).finds if one.kind == "usb"] == []


def test_every_setting_is_kept_and_reaches_the_printers_bytes(printers, bus, core):
    view = added(printers, density=13)
    settings = {"offset_x_dots": 16, "speed": 2}
    changed = printers.change(view.key, PrinterDraft("一号台", view.address, "76x130", settings))
    assert (changed.settings["density"], changed.settings["speed"], changed.size) == (13, 2, "76x130")
    printers.print_test(view.key)
    (paper,) = bus.devices[0].engine.papers
    assert paper.shape == (1040, 608)
    assert ("code128", "TEST0000000000") in read_with_zxing(paper)
    # Moved by 2 mm: nothing is left of it, and the frame stands where the template has it, 2 mm further.
    assert not paper[:, :16].any()
    assert paper[400, 16 + 16]
    stored = core.settings.get(PRINTERS.format(desk=core.desks.name), [])
    assert [one["density"] for one in stored if one["key"] == view.key] == [13]


def test_a_setting_out_of_range_is_refused_and_named_and_nothing_changes(printers):
    view = added(printers)
    with pytest.raises(Refused) as caught:
        printers.change(view.key, PrinterDraft("x", view.address, "100x150", {"density": 99}))
    assert (caught.value.code, caught.value.facts["field"]) == ("printer.setting_bad", "density")
    assert [one.settings["density"] for one in printers.printers() if one.key == view.key] == [8]


def test_calibrating_sends_the_languages_command_and_nothing_else(printers, bus):
    view = added(printers)
    device = bus.devices[0]
    printers.calibrate(view.key)
    assert (b"GAPDETECT" in device.engine.errors, device.engine.papers) == (True, [])
    printers.change(view.key, PrinterDraft("x", view.address, "100x150", {"media": "continuous"}))
    with pytest.raises(Refused) as caught:
        printers.calibrate(view.key)
    assert caught.value.code == "printer.no_calibration"


def test_a_printer_that_is_away_refuses_in_its_wires_words(printers, bus):
    view = added(printers)
    bus.devices[0].is_plugged_in = False
    for act in (printers.print_test, printers.calibrate):
        with pytest.raises(Refused) as caught:
            act(view.key)
        assert caught.value.code == "wire.absent"


def test_a_test_label_waits_until_the_lane_lets_go_of_the_wire(qtbot, printers, bus):
    with SerialPrinter() as port:
        # Its lane waits for an answer as long as it does for any.
        port.is_silent = True
        address = f"serial:{port.path}?baud=115200&flow=none"
        view = printers.add(PrinterDraft("串口", address, "100x150", {"language": "tspl"}))
        qtbot.waitUntil(lambda: bool(port.received), timeout=10_000)
        printers.print_test(view.key)
        port.wait_for_papers(1)
        printers.remove(view.key)
        printers.stop()


def test_the_virtual_printer_prints_the_test_label_too(printers):
    printers.print_test("virtual")
    assert [label.name for label in printers.newest_labels(4)] == ["TEST"]
