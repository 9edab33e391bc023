"""The USB wire on pyusb's own code, with printers below it that break in every way a cable can."""

import errno

import pytest
import usb.backend.libusb1

from printing.errors import NothingSent, PartlySent, ProfileError
from printing.ieee1284 import DeviceId, parse_device_id, parse_device_text
from printing.languages.registry import find_language
from printing.printer import Printer, open_printer
from printing.profile import PrinterProfile
from printing.resolution import Resolution
from printing.status import PrinterState
from printing.transports.usb import UsbTransport, read_device_id
from printing.transports.usb_bus import UsbAddress, find_printer, parse_usb_address, plugged_in
from tests.simulators.usb_printers import MODELS, Alternate, UsbBus, usb_printer
from tests.support.labels import example_label


def wire(bus, address=None, **changes):
    device = bus.devices[0]
    return UsbTransport(address or UsbAddress(device.vendor, device.product), bus, **{"busy_s": 0.02, **changes})


def printer_on(bus):
    device = bus.devices[0]
    profile = PrinterProfile(key="p", name="p", address=f"usb:{device.vendor:04x}:{device.product:04x}")
    return Printer(profile, wire(bus), find_language("tspl"))


@pytest.fixture(scope="module")
def label(renderer):
    bitmap = renderer.render(example_label(), "100x150", Resolution(8.0)).bitmap
    profile = PrinterProfile(key="p", name="p", address="memory:")
    return open_printer(profile, lambda: None).encode(bitmap), bitmap.to_array()


@pytest.mark.parametrize("model", MODELS)
def test_a_label_arrives_dot_for_dot_whatever_the_endpoints(model, label):
    data, picture = label
    device = usb_printer(model)
    receipt = wire(UsbBus(device)).send(data, "x")
    (paper,) = device.engine.papers
    assert (paper == picture).all()
    assert not receipt.is_confirmed
    assert (device.claimed, device.history[-2:]) == (set(), ["release", "close"])


def test_the_printer_is_found_wherever_it_stands_in_the_descriptors(label):
    data, picture = label
    keyboard = (Alternate(3, 1, (0x82,)),)
    settings = (Alternate(7, 4, (0x05, 0x86)), Alternate(7, 1, (0x04,)), Alternate(7, 2, (0x03, 0x84)))
    device = usb_printer("gprinter-zh380", interfaces=(keyboard, settings))
    wire(UsbBus(device)).send(data, "x")
    assert (device.engine.papers[0] == picture).all()
    assert device.chosen_alternates == {1: 2}


def test_what_is_no_printer_is_no_printer():
    scale = usb_printer(interfaces=((Alternate(3, 0, (0x81,)),),))
    one_way_in = usb_printer(interfaces=((Alternate(7, 1, (0x81,)),),))
    assert list(plugged_in(UsbBus(scale, one_way_in))) == []


def test_an_unconfigured_device_is_configured_and_a_configured_one_left_alone(label):
    fresh, used = usb_printer(is_configured=False), usb_printer()
    wire(UsbBus(fresh)).send(label[0], "x")
    wire(UsbBus(used)).send(label[0], "x")
    assert ("configure" in fresh.history, "configure" in used.history) == (True, False)


@pytest.mark.parametrize("most", [1000, 16_383])
def test_short_writes_lose_nothing(most, label):
    data, picture = label
    device = usb_printer(most_per_write=most)
    wire(UsbBus(device)).send(data, "x")
    assert (device.received, (device.engine.papers[0] == picture).all()) == (len(data), True)


class TestBroken:
    @pytest.mark.parametrize("after", [64, 65, 20_000, 100_000])
    def test_a_printer_that_takes_no_more_leaves_doubt(self, after, label):
        device = usb_printer()
        device.nak_after(after)
        with pytest.raises(PartlySent) as caught:
            wire(UsbBus(device)).send(label[0], "x")
        assert (caught.value.code, device.engine.papers) == ("wire.timeout", [])
        assert (caught.value.facts["sent_bytes"], device.received) == (after, after)
        assert not device.claimed

    @pytest.mark.parametrize("after", [0, 63])
    def test_a_printer_that_takes_nothing_was_sent_nothing(self, after, label):
        device = usb_printer()
        device.nak_after(after)
        with pytest.raises(NothingSent) as caught:
            wire(UsbBus(device)).send(label[0], "x")
        assert (caught.value.code, device.received) == ("wire.timeout", 0)

    @pytest.mark.parametrize("gone_as", [errno.ENODEV, errno.EIO])
    @pytest.mark.parametrize(("after", "kind"), [(0, NothingSent), (64, PartlySent), (5_000, PartlySent)])
    def test_unplugged(self, after, kind, gone_as, label):
        device = usb_printer(gone_as=gone_as)
        device.unplug_after(after)
        bus = UsbBus(device)
        with pytest.raises(kind) as caught:
            wire(bus).send(label[0], "x")
        assert caught.value.code == ("wire.absent" if gone_as == errno.ENODEV else "wire.broken")
        with pytest.raises(NothingSent) as absent:
            wire(bus).send(label[0], "x")
        assert absent.value.code == "wire.absent"

    def test_a_whole_job_in_the_packet_that_failed_may_be_in_the_printer(self):
        device = usb_printer()
        device.unplug_after(0)
        with pytest.raises(PartlySent):
            wire(UsbBus(device)).send(b"PRINT 1,1\r\n", "x")

    def test_a_slow_printer_ends_in_doubt_by_the_deadline(self, label):
        seconds = iter(range(1000))
        device = usb_printer(most_per_write=100)
        with pytest.raises(PartlySent) as caught:
            wire(UsbBus(device), deadline_s=20.0, monotonic=lambda: next(seconds)).send(label[0], "x")
        assert (caught.value.code, device.received < 3000) == ("wire.timeout", True)

    @pytest.mark.parametrize(
        ("fault", "code"), [("is_forbidden", "wire.forbidden"), ("is_held_by_another", "wire.busy")]
    )
    def test_locked_or_busy_means_nothing_sent(self, fault, code, label):
        device = usb_printer(**{fault: True})
        with pytest.raises(NothingSent) as caught:
            wire(UsbBus(device)).send(label[0], "x")
        assert (caught.value.code, device.received) == (code, 0)

    def test_without_libusb_the_sentence_names_what_to_install(self, monkeypatch):
        monkeypatch.setattr(usb.backend.libusb1, "get_backend", lambda find_library=None: None)
        with pytest.raises(NothingSent, match=r"libusb-1\.0-0") as caught:
            UsbTransport(UsbAddress(1, 2)).send(b"x", "x")
        assert caught.value.code == "wire.no_libusb"


class TestKernelDriver:
    def test_it_is_detached_for_the_job_and_attached_again(self, label):
        device = usb_printer(is_held_by_kernel=True)
        wire(UsbBus(device)).send(label[0], "x")
        steps = [step for step in device.history if step != "close"]
        assert steps == ["detach", "claim", "release", "attach"]
        assert device.is_held_by_kernel

    def test_it_is_attached_again_after_a_failure_too(self, label):
        device = usb_printer(is_held_by_kernel=True)
        device.nak_after(1000)
        with pytest.raises(PartlySent):
            wire(UsbBus(device)).send(label[0], "x")
        assert device.is_held_by_kernel
        busy = usb_printer(is_held_by_kernel=True, is_held_by_another=True)
        with pytest.raises(NothingSent):
            wire(UsbBus(busy)).send(label[0], "x")
        assert busy.is_held_by_kernel

    def test_without_one_nothing_is_detached_or_attached(self, label):
        device = usb_printer()
        wire(UsbBus(device)).send(label[0], "x")
        assert not {"attach", "detach"} & set(device.history)

    def test_a_status_question_does_not_take_the_printer_from_it(self):
        device = usb_printer(is_held_by_kernel=True)
        assert printer_on(UsbBus(device)).status().state is PrinterState.UNKNOWN
        assert "detach" not in device.history


class TestStatus:
    def test_in_words(self):
        device = usb_printer()
        printer = printer_on(UsbBus(device))
        assert printer.status().state is PrinterState.READY
        device.engine.has_paper = False
        assert printer.status().state is PrinterState.PAPER_OUT
        device.is_plugged_in = False
        assert printer.status().state is PrinterState.OFFLINE

    def test_an_old_answer_is_not_taken_for_a_new_one(self):
        device = usb_printer()
        device.answer_late(b"\x04")
        assert printer_on(UsbBus(device)).status().state is PrinterState.READY

    @pytest.mark.parametrize(
        ("port_status", "state"),
        [(0x18, "unknown"), (0x30, "paper_out"), (0x38, "unknown"), (0x00, "unknown"), (None, "unknown")],
    )
    def test_a_silent_printers_port_tells_of_the_paper(self, port_status, state):
        device = usb_printer(is_silent=True, port_status=port_status)
        assert printer_on(UsbBus(device)).status().state.value == state

    def test_a_one_way_printer_is_unknown(self):
        device = usb_printer(interfaces=((Alternate(7, 1, (0x01,)),),))
        assert printer_on(UsbBus(device)).status().state is PrinterState.UNKNOWN


class TestWhich:
    def twins(self, **changes):
        return UsbBus(usb_printer(ports=(1, 2), **changes), usb_printer(ports=(1, 3), **changes))

    def test_two_of_a_kind_are_never_guessed(self, label):
        bus = self.twins()
        with pytest.raises(NothingSent) as caught:
            wire(bus).send(label[0], "x")
        assert (caught.value.code, [device.received for device in bus.devices]) == ("wire.ambiguous", [0, 0])

    def test_the_place_tells_them_apart(self, label):
        bus = self.twins()
        wire(bus, UsbAddress(0x2D37, 0xCBB4, place="1.1.3")).send(label[0], "x")
        assert [len(device.engine.papers) for device in bus.devices] == [0, 1]

    def test_the_serial_number_tells_them_apart_and_equal_ones_do_not(self, label):
        bus = self.twins()
        bus.devices[0].strings[3], bus.devices[1].strings[3] = "A1", "A2"
        wire(bus, UsbAddress(0x2D37, 0xCBB4, serial="A2")).send(label[0], "x")
        assert [len(device.engine.papers) for device in bus.devices] == [0, 1]
        bus.devices[0].strings[3] = "A2"
        with pytest.raises(NothingSent, match="several"):
            wire(bus, UsbAddress(0x2D37, 0xCBB4, serial="A2")).send(label[0], "x")

    def test_a_locked_printer_that_cannot_tell_its_number_is_called_locked(self):
        bus = UsbBus(usb_printer(is_forbidden=True, strings={3: "A1"}))
        with pytest.raises(NothingSent) as caught:
            wire(bus, UsbAddress(0x2D37, 0xCBB4, serial="A1")).send(b"x" * 100, "x")
        assert caught.value.code == "wire.forbidden"
        bus.devices[0].is_forbidden = False
        with pytest.raises(NothingSent) as caught:
            wire(bus, UsbAddress(0x2D37, 0xCBB4, serial="other")).send(b"x" * 100, "x")
        assert caught.value.code == "wire.absent"

    def test_empty_strings_are_no_serial_number(self):
        assert find_printer(UsbAddress(0x2D37, 0xCBB4), UsbBus(usb_printer())).serial() == ""

    @pytest.mark.parametrize(
        "text", ["2d37:cbb4", "2d37:cbb4:SN 1:2@3", "2d37:cbb4@1.2.3"], ids=["plain", "serial", "place"]
    )
    def test_addresses_read_back(self, text):
        address = parse_usb_address(text)
        assert str(address) == text
        assert open_printer(PrinterProfile(key="p", name="p", address=f"usb:{text}"), lambda: None)

    @pytest.mark.parametrize("text", ["", "2d37", "2d37:cbb", "2d37:cbb4:", "2d37:cbb4@1", "2d37:cbb4@x.1"])
    def test_nonsense_is_refused(self, text):
        with pytest.raises(ProfileError):
            open_printer(PrinterProfile(key="p", name="p", address=f"usb:{text}"), lambda: None)


class TestDeviceId:
    @pytest.mark.parametrize(
        ("text", "known", "language"),
        [
            ("MFG:Gprinter;CMD:TSPL,ESC/POS;MDL:GP-1324D;", ("Gprinter", "GP-1324D"), "tspl"),
            ("MANUFACTURER:Zebra ;COMMAND SET:ZPL,EPL;MODEL:GK888t;", ("Zebra", "GK888t"), "zpl"),
            ("MFG:Rollo;CMD:XPP,XL;MDL:X1038;", ("Rollo", "X1038"), "tspl"),
            ("MFG:HPRT;CMD:CPCL;MDL:A300;", ("HPRT", "A300"), "cpcl"),
            ("MFG:EPSON;CMD:ESC/POS;MDL:TM;", ("EPSON", "TM"), "escpos"),
            ("MFG:Vevor;CMD:;MDL:Y428BT;", ("Vevor", "Y428BT"), ""),
            ("MFG:Old;CMD:EPL;", ("Old", ""), ""),
            ("no id at all", ("", ""), ""),
        ],
    )
    def test_languages(self, text, known, language):
        device_id = parse_device_text(text)
        assert ((device_id.maker, device_id.model), device_id.language) == (known, language)

    def test_over_the_wire(self):
        device = usb_printer(device_id="MFG:Xprinter;CMD:TSPL;MDL:XP-P323B\x00junk;")
        (found,) = plugged_in(UsbBus(device))
        assert read_device_id(found) == DeviceId("Xprinter", "XP-P323B", "TSPL")
        device.device_id = ""
        assert read_device_id(found) == DeviceId()

    def test_hostile_bytes_become_one_short_line(self):
        raw = b"\xff\xff" + b"MFG:" + b"A\r\n\x1b[2J" * 500 + b";"
        maker = parse_device_id(raw).maker
        assert maker.isprintable()
        assert len(maker) <= 200
