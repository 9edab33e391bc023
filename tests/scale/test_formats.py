"""What scales send, byte for byte as their manuals print it; and that no bytes at all can hurt."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.scale.formats import FORMATS, decode
from desktop.scale.reading import FORMAT_NAMES, Reading
from tests.simulators.serial_scale import frame

#: format, bytes, what they say; from the manuals named in `desktop.scale.formats`
MANUALS = [
    ("ad", b"ST,+00012.5  g\r\n", Reading(12, is_stable=True)),
    ("ad", b"US,-00183.96  g\r\n", Reading(-184, is_stable=False)),
    ("ad", b"ST,GS,+   0.523kg\r\n", Reading(523, is_stable=True)),
    ("ad", b"ST,NT,+   0.523kg\r\n", Reading(523, is_stable=True, is_net=True)),
    ("ad", b"US,NT,-   1.000, lb\r\n", Reading(-454, is_stable=False, is_net=True)),
    ("ad", b"OL,+999999.9  g\r\n", Reading(0, is_stable=False, is_out=True)),
    ("ad", b"OL,GS,-             \r\n", Reading(0, is_stable=False, is_out=True)),
    ("wn", b"ww0015.000kg\r\n", Reading(15_000)),
    ("wn", b"wn0000.523kg\r\n", Reading(523, is_net=True)),
    ("wn", b"ww-015.000kg\r\n", Reading(-15_000)),
    ("wn", b"ww0001.000lb\r\n", Reading(454)),
    ("yaohua_reversed", b"=000.3000=", Reading(3000)),
    ("yaohua_reversed", b"=00.1000-=", Reading(-1000)),
    ("yaohua", b"=0003.000=", Reading(3000)),
    ("yaohua", b"=-0001.00=", Reading(-1000)),
    ("xk3190", b"\x02+00200021B\x03", Reading(20_000)),
    ("toledo", b"\x02\x2d\x30\x20   523000000\r\x00", Reading(523, is_stable=True)),
    ("toledo", b"\x02\x2d\x39\x20   523000100\r", Reading(523, is_stable=False, is_net=True)),
    ("toledo", b"\x02\x2d\x32\x20   523\r", Reading(-523, is_stable=True)),
    ("toledo", b"\x02\x2a\x30\x21   523000000\r", Reading(523, is_stable=True)),
    ("toledo", b"\x02\x2d\x34\x20999999000000\r", Reading(0, is_stable=False, is_out=True)),
    ("toledo", b"\x02\x2d\x20\x20  1000000000\r", Reading(454, is_stable=True)),
    ("sics", b"S S     100.00 g\r\n", Reading(100, is_stable=True, is_net=True)),
    ("sics", b"S D      0.523 kg\r\n", Reading(523, is_stable=False, is_net=True)),
    ("sics", b"S +\r\n", Reading(0, is_stable=False, is_out=True)),
]


def test_every_format_that_can_be_set_is_there():
    assert tuple(FORMATS) == FORMAT_NAMES


@pytest.mark.parametrize(("name", "data", "said"), MANUALS)
def test_a_message_as_the_manual_prints_it(name, data, said):
    assert decode(name, data).readings == (said,)


@pytest.mark.parametrize(("name", "data", "said"), MANUALS)
@given(cut=st.integers(0, 24), before=st.binary(max_size=12))
@settings(max_examples=15)
def test_a_message_in_two_pieces_behind_the_end_of_another(name, data, said, cut, before):
    # What came before may by chance be a beginning of its own; the message behind it is read all the same.
    first = decode(name, before + b"\r\n" + data[:cut])
    second = decode(name, first.rest + data[cut:])
    assert (first.readings + second.readings)[-1:] == (said,)


@pytest.mark.parametrize("name", FORMATS)
@given(pieces=st.lists(st.binary(max_size=80), max_size=8))
@settings(max_examples=60)
def test_no_bytes_can_break_a_format_or_make_it_keep_more_and_more(name, pieces):
    rest = b""
    for piece in pieces:
        decoded = decode(name, rest + piece)
        rest = decoded.rest
        assert len(rest) <= 64
        assert all(abs(reading.grams) <= 1_000_000 for reading in decoded.readings)


@pytest.mark.parametrize("name", FORMATS)
@given(grams=st.integers(-9_999, 29_999), is_stable=st.booleans())
@settings(max_examples=60)
def test_a_scale_of_each_kind_is_read_to_the_gram(name, grams, is_stable):
    sent = frame(name, grams, is_stable=is_stable)
    (reading, *_more) = decode(name, sent + sent).readings
    assert (reading.grams, reading.is_out) == (grams, False)
    assert reading.is_stable in {is_stable, None}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("talk", FORMATS)
def test_a_format_that_is_not_set_says_no_weight(name, talk):
    """The two that differ only in the direction of their figures cannot be told apart: a person chooses by the look."""
    if {name, talk} == {"yaohua", "yaohua_reversed"}:
        return
    readings = decode(name, frame(talk, 523, is_stable=True) * 3).readings
    assert (len(readings) > 0) == (name == talk)


def test_a_parity_bit_is_no_part_of_a_message():
    even = bytes(byte | (0x80 if byte.bit_count() % 2 else 0) for byte in frame("toledo", 523, is_stable=True))
    assert decode("toledo", even).readings == (Reading(523, is_stable=True),)


def test_a_broken_check_is_no_weight():
    assert decode("xk3190", b"\x02+00200021C\x03").readings == ()


def test_the_desk_says_the_unit_where_the_scale_cannot():
    assert decode("yaohua", b"=0000.500=", "lb").readings == (Reading(227),)
    assert decode("wn", b"ww0000.523kg\r\n", "g").readings == (Reading(1),)
    assert decode("yaohua", b"=0000523.=0000523.=", "g").readings == ()
