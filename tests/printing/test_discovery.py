"""Finding printers: on a bus of our own, in folders of our own, and on the loopback network."""

import sys
import threading

import pytest
import serial.tools.list_ports
import usb.backend.libusb1
from serial.tools.list_ports_common import ListPortInfo

from printing.discovery import Find, Machine, find_here, find_on_network, neighbours
from printing.printer import open_printer
from printing.profile import PrinterProfile
from printing.transports.winspool import WinSpool
from tests.simulators.cups_programs import CupsPrograms
from tests.simulators.label_printer import LabelPrinter
from tests.simulators.usb_printers import UsbBus, usb_printer
from tests.simulators.winspool_dll import WinSpoolDll


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """A machine with nothing: no programs on its path, no serial ports."""
    (tmp_path / "path").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(serial.tools.list_ports, "comports", list)


def machine(tmp_path, *devices, **changes):
    return Machine(UsbBus(*devices), tmp_path / "usb", tmp_path / "sys", **changes)


def node(tmp_path, name, place, device_id):
    """A device file of usblp with what Linux tells about it."""
    (tmp_path / "usb").mkdir(exist_ok=True)
    (tmp_path / "usb" / name).write_bytes(b"")
    home = tmp_path / "sys" / "devices" / "pci" / f"{place}:1.0"
    home.mkdir(parents=True)
    (home / "ieee1284_id").write_text(device_id)
    (tmp_path / "sys" / "class" / "usbmisc" / name).mkdir(parents=True)
    (tmp_path / "sys" / "class" / "usbmisc" / name / "device").symlink_to(home)


def test_nothing_anywhere_is_nothing(tmp_path):
    assert find_here(machine(tmp_path)).finds == ()


def test_what_a_printer_says_of_itself_is_surer_than_its_maker(tmp_path):
    found = find_here(
        machine(
            tmp_path,
            usb_printer("gprinter-zh380", device_id="MFG:Gprinter;CMD:ESC/POS;MDL:ZH-380;"),
            usb_printer("hprt-a300s", strings={1: "HPRT", 2: "HM-A300S", 3: "SN77"}),
            usb_printer("detong-dp30s"),
        )
    ).finds
    assert found == (
        Find("usb:6868:0500", "Gprinter ZH-380", "escpos", "says"),
        Find("usb:20d1:7007:SN77", "HPRT HM-A300S", "tspl", "maker"),
        Find("usb:0483:5a19", "", "", "unknown"),
    )
    for find in found:
        assert open_printer(PrinterProfile(key="p", name="p", address=find.address), lambda: None)


def test_twins_get_addresses_that_stay_their_own(tmp_path):
    twins = [usb_printer(ports=(1, number), strings={3: "0001"}) for number in (2, 3)]
    found = find_here(machine(tmp_path, *twins)).finds
    assert [find.address for find in found] == ["usb:2d37:cbb4@1.1.2", "usb:2d37:cbb4@1.1.3"]
    assert all(not device.claimed for device in twins)


def test_a_printer_this_user_may_not_use_is_found_and_says_so(tmp_path):
    (found,) = find_here(machine(tmp_path, usb_printer(is_forbidden=True))).finds
    assert (found.address, found.problem) == ("usb:2d37:cbb4", "wire.forbidden")


def test_one_printer_with_a_device_file_is_found_once(tmp_path):
    node(tmp_path, "lp0", "1-1", "MFG:Xprinter;CMD:TSPL;MDL:XP-P323B;")
    found = find_here(machine(tmp_path, usb_printer(ports=(1,), is_held_by_kernel=True))).finds
    assert found == (Find(f"device:{tmp_path}/usb/lp0", "Xprinter XP-P323B", "tspl", "says"),)


def test_two_printers_are_not_told_apart_by_the_order_of_plugging_in(tmp_path):
    node(tmp_path, "lp0", "1-2", "MFG:A;CMD:TSPL;MDL:1;")
    node(tmp_path, "lp1", "1-3", "MFG:B;CMD:ZPL;MDL:2;")
    found = find_here(machine(tmp_path, usb_printer(ports=(2,)), usb_printer(ports=(3,)))).finds
    assert [find.kind for find in found] == ["usb", "usb"]


def test_without_libusb_the_search_says_so_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(usb.backend.libusb1, "get_backend", lambda find_library=None: None)
    node(tmp_path, "lp0", "1-2", "MFG:A;CMD:TSPL;MDL:1;")
    findings = find_here(Machine(None, tmp_path / "usb", tmp_path / "sys"))
    assert ([find.kind for find in findings.finds], findings.problems) == (["device"], ("wire.no_libusb",))


def test_a_serial_adapter_may_be_anything(tmp_path, monkeypatch):
    adapter, board = ListPortInfo("/dev/ttyUSB0"), ListPortInfo("/dev/ttyS0")
    adapter.vid, adapter.pid, adapter.product = 0x1A86, 0x7523, "USB Serial"
    monkeypatch.setattr(serial.tools.list_ports, "comports", lambda: [adapter, board])
    (found,) = find_here(machine(tmp_path)).finds
    assert (found.address, found.is_certain) == ("serial:/dev/ttyUSB0", False)


@pytest.mark.skipif(sys.platform == "win32", reason="CUPS")
def test_queues_for_paper_and_no_others(tmp_path, monkeypatch):
    programs = CupsPrograms(tmp_path)
    programs.set(queues={"label": "usb://Gprinter/GP-1324D?serial=1", "PDF": "cups-pdf:/", "Office": "ipp://office/"})
    monkeypatch.setenv("PATH", programs.path)
    assert find_here(machine(tmp_path)).finds == (Find("cups:label", "label", "tspl", "maker"),)


def test_windows_queues(tmp_path, monkeypatch):
    dll = WinSpoolDll(("面单机", "USB001", "Gprinter GP-1324D"), ("Microsoft Print to PDF", "PORTPROMPT:", "x"))
    monkeypatch.setattr(sys, "platform", "win32")
    found = find_here(machine(tmp_path, spool=lambda: WinSpool(dll, dll.last_error))).finds
    assert found == (Find("windows:面单机", "面单机", "tspl", "maker"),)


class TestNetwork:
    def test_a_printer_on_the_network_is_found_and_nothing_is_said_to_it(self):
        with LabelPrinter() as printer:
            seen = []
            found = find_on_network(
                ["127.0.0.1", "127.0.0.2", "127.0.0.3"],
                on_progress=lambda done, total: seen.append((done, total)),
                port=printer.port,
            )
            assert found == (Find(printer.address, "127.0.0.1"),)
            assert (seen, printer.received) == ([(1, 3), (2, 3), (3, 3)], 0)

    def test_it_can_be_cancelled(self):
        stop = threading.Event()
        stop.set()
        with LabelPrinter() as printer:
            assert find_on_network(["127.0.0.1"], is_cancelled=stop.is_set, port=printer.port) == ()

    def test_only_private_neighbours_are_asked(self):
        hosts = neighbours("192.168.1.7")
        assert (len(hosts), hosts[0], hosts[-1]) == (253, "192.168.1.1", "192.168.1.254")
        assert "192.168.1.7" not in hosts
        for elsewhere in ("8.8.8.8", "127.0.0.1", "169.254.1.1", "", "fe80::1"):
            assert neighbours(elsewhere) == []
