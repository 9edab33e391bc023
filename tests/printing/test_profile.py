import json

import pytest

from printing.errors import ProfileError
from printing.profile import PrinterProfile, profile_from_mapping, profile_to_mapping
from printing.transports.device import DeviceTransport
from printing.transports.files import AppendTransport, FolderTransport, MemoryTransport
from printing.transports.registry import open_transport
from printing.transports.tcp import TcpTransport
from printing.transports.virtual import VirtualTransport

LEAST = {"key": "desk-1", "name": "一号机", "address": "tcp://127.0.0.1:9100"}


def test_a_profile_comes_back_from_json_the_same():
    profile = profile_from_mapping({**LEAST, "dots_per_mm": 12, "media": "mark", "is_inverted": True})
    assert profile_from_mapping(json.loads(json.dumps(profile_to_mapping(profile)))) == profile


@pytest.mark.parametrize("name", sorted(LEAST))
def test_key_name_and_address_are_needed(name):
    with pytest.raises(ProfileError, match=name):
        profile_from_mapping({key: value for key, value in LEAST.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "red"),
        ("density", 16),
        ("density", "8"),
        ("density", True),
        ("speed", 0),
        ("media", "paper"),
        ("language", "klingon"),
        ("size", "60x40"),
        ("dots_per_mm", float("nan")),
        ("dots_per_mm", 300.0),
        ("direction", 2),
        ("threshold", 0),
        ("is_inverted", 1),
        ("gap_mm", -1.0),
        ("name", "a\nb"),
        ("key", ""),
        ("offset_x_dots", 10_000),
        ("zpl_encoding", "gzip"),
        ("cpcl_picture", ""),
        ("has_cutter", "yes"),
        ("feed_mm", 61.0),
    ],
)
def test_a_wrong_setting_is_named(name, value):
    with pytest.raises(ProfileError) as caught:
        profile_from_mapping({**LEAST, name: value})
    assert caught.value.facts["field"] == name


def test_a_profile_saved_before_there_were_more_languages_still_loads():
    saved = {
        **LEAST,
        "language": "tspl",
        "size": "76x130",
        "dots_per_mm": 8.0,
        "head_dots": 0,
        "density": 10,
        "speed": 5,
        "media": "gap",
        "gap_mm": 3.0,
        "direction": 1,
        "offset_x_dots": -4,
        "offset_y_dots": 0,
        "is_inverted": False,
        "threshold": 150,
        "has_ribbon": True,
    }
    profile = profile_from_mapping(saved)
    assert profile_to_mapping(profile) == {
        **saved,
        "has_cutter": False,
        "feed_mm": 12.0,
        "zpl_encoding": "hex",
        "cpcl_picture": "binary",
        "cainiao_printer": "",
        "pdd_printer": "",
    }


def test_what_is_no_object_is_refused():
    with pytest.raises(ProfileError):
        profile_from_mapping([])


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("tcp://192.168.1.50", TcpTransport),
        ("tcp://[::1]:9101", TcpTransport),
        ("device:/dev/usb/lp0", DeviceTransport),
        ("file:/tmp/x", FolderTransport),
        ("append:/tmp/x", AppendTransport),
        ("virtual:/tmp/x", VirtualTransport),
        ("memory:", MemoryTransport),
    ],
)
def test_the_address_chooses_the_wire(address, kind):
    assert isinstance(open_transport(PrinterProfile(key="p", name="p", address=address), None), kind)


@pytest.mark.parametrize(
    "address",
    [
        "tcp://",
        "tcp://host:99999",
        "tcp://host:0",
        "tcp://u@host",
        "tcp://host/path",
        "http://host",
        "device:lp0",
        "file:relative",
        "file:",
        "nonsense",
        "tcp://[::1",
    ],
)
def test_an_address_that_makes_no_sense_is_refused(address):
    with pytest.raises(ProfileError) as caught:
        open_transport(PrinterProfile(key="p", name="p", address=address), None)
    assert caught.value.code == "printer.address_bad"
