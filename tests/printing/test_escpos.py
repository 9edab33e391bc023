import numpy as np
import pytest

from printing.bitmap import Bitmap
from printing.decode.contract import DecodeError
from printing.decode.escpos import Roll, decode_escpos
from printing.languages.escpos import ESCPOS, band_heights, encode, parse_status, raster, recovery
from printing.status import PrinterState
from tests.support.printing_variants import variant_profile

BOX = np.array([[1] * 16, [1] + [0] * 14 + [1], [1] + [0] * 14 + [1], [1] * 16], dtype=np.bool_)
BOX_BITMAP = Bitmap.from_array(BOX)
BOX_BAND = bytes.fromhex("1D763000 0200 0400 FFFF80018001FFFF")
ENDLESS = Roll(16, 0)


def profile(**changes):
    return variant_profile("escpos", **changes)


def test_the_worked_example_byte_for_byte():
    assert raster(BOX_BITMAP) == BOX_BAND
    white = bytes(100 * 196)
    first = b"".join(bits + bytes(98) for bits in (b"\xff\xff", b"\x80\x01", b"\x80\x01", b"\xff\xff"))
    rest = b"".join(bytes.fromhex("1D763000 6400 C800") + bytes(100 * 200) for _ in range(5))
    assert encode(BOX_BITMAP, profile()) == (
        b"\x1b@" + bytes.fromhex("1D763000 6400 C800") + first + white + rest + b"\x1d\x0c"
    )


@pytest.mark.parametrize(
    ("changes", "ending"),
    [
        ({"media": "gap"}, b"\x1d\x0c"),
        ({"media": "mark", "has_cutter": True}, b"\x1d\x0c\x1dV\x42\0"),
        ({"media": "continuous", "has_cutter": True}, b"\0\x1dV\x42\0"),
        ({"media": "continuous", "feed_mm": 0.0}, b"\0\x1bJ\0"),
        ({"media": "continuous"}, b"\0\x1bJ\x60"),
        ({"media": "continuous", "feed_mm": 40.0}, b"\0\x1bJ\xff\x1bJ\x41"),
    ],
)
def test_the_end_of_a_job_follows_the_paper(changes, ending):
    assert encode(BOX_BITMAP, profile(**changes)).endswith(ending)


def test_no_band_has_a_height_that_some_printers_garble():
    for rows in range(1, 3000):
        heights = band_heights(rows)
        assert sum(heights) == rows
        assert all(height > 0 and height % 48 for height in heights)
        assert max(heights) <= 256
        assert all(height >= 128 for height in heights[:-1]) or rows < 200


def decoded(data, roll=ENDLESS):
    job = decode_escpos(data, roll)
    return [paper.to_array() for paper in job.papers], job.unknown_lines


def test_endless_paper_is_torn_after_a_feed_and_before_a_new_job():
    papers, unknown = decoded(BOX_BAND + b"\x1bJ\x10" + BOX_BAND + BOX_BAND + b"\x1b@" + BOX_BAND + b"\x1dV\0")
    assert [len(paper) for paper in papers] == [4, 8, 4]
    assert unknown == ()


def test_a_label_too_long_goes_on_on_the_next_one():
    papers, _ = decoded(BOX_BAND * 3 + b"\x1bd\x01\x1d\x0c", Roll(16, 10))
    assert [len(paper) for paper in papers] == [10] * 5
    assert (papers[0][8:] == BOX[:2]).all()
    assert (papers[1][:2] == BOX[2:]).all()
    assert not papers[1][2:].any()


def test_doubled_bands_are_drawn_large_and_wide_ones_cut_at_the_head():
    papers, _ = decoded(b"\x1dv0\x03" + BOX_BAND[4:] + b"\x1dVA\0", Roll(24, 0))
    assert (papers[0] == np.repeat(np.repeat(BOX, 2, axis=0), 2, axis=1)[:, :24]).all()


def test_text_and_unknown_commands_are_told():
    _, unknown = decoded(b"hello\n\x1bz\0" + BOX_BAND + b"\x1dV\0")
    assert unknown == (b"hello", b"\x1b", b"z")


@pytest.mark.parametrize(
    "data",
    [BOX_BAND[:-1] + b"", BOX_BAND, b"\x1dv0\0\x02", b"\x1d", b"\x1bJ", b"\x1dV", b"\x1dVB", BOX_BAND + b"\x1d\x0c"],
)
def test_a_cut_job_is_refused_and_a_mark_means_nothing_on_endless_paper(data):
    with pytest.raises(DecodeError) as caught:
        decode_escpos(data, ENDLESS)
    assert caught.value.code == "decode.cut"


def test_absurd_paper_is_refused():
    band = b"\x1dv0\0\x01\0\xff\xff" + bytes(65535)
    with pytest.raises(DecodeError, match="absurd"):
        decode_escpos(band * 20 + b"\x1dV\0", Roll(832, 0))


def test_recovery_moves_half_a_label_out_of_the_way():
    chosen = profile(size="76x130")
    whole = encode(BOX_BITMAP, chosen)
    job = decode_escpos(whole[:20_000] + recovery(BOX_BITMAP, chosen) + whole, Roll(608, 1040))
    assert [paper.height_dots for paper in job.papers] == [1040, 1040]
    assert (job.papers[1].to_array()[:4, :16] == BOX).all()


OK = 0x12


@pytest.mark.parametrize(
    ("first", "second", "third", "fourth", "state"),
    [
        (0x00, 0x00, 0x00, 0x00, PrinterState.READY),
        (0x04, 0x00, 0x00, 0x00, PrinterState.READY),
        (0x08, 0x00, 0x00, 0x00, PrinterState.PAUSED),
        (0x20, 0x00, 0x00, 0x00, PrinterState.PAUSED),
        (0x40, 0x08, 0x00, 0x00, PrinterState.PAUSED),
        (0x08, 0x04, 0x00, 0x00, PrinterState.COVER_OPEN),
        (0x08, 0x20, 0x00, 0x00, PrinterState.PAPER_OUT),
        (0x08, 0x40, 0x00, 0x00, PrinterState.ERROR),
        (0x08, 0x00, 0x08, 0x00, PrinterState.ERROR),
        (0x08, 0x00, 0x20, 0x00, PrinterState.ERROR),
        (0x08, 0x00, 0x40, 0x00, PrinterState.ERROR),
        (0x00, 0x00, 0x00, 0x0C, PrinterState.READY),
        (0x08, 0x00, 0x00, 0x60, PrinterState.PAPER_OUT),
        (0x08, 0x00, 0x00, 0x6C, PrinterState.PAPER_OUT),
        (0x08, 0x64, 0x68, 0x60, PrinterState.COVER_OPEN),
        (0x08, 0x60, 0x68, 0x60, PrinterState.PAPER_OUT),
    ],
)
def test_four_answers_become_one_state(first, second, third, fourth, state):
    replies = [bytes([OK | bits]) for bits in (first, second, third, fourth)]
    assert parse_status(replies, False).state is state


@pytest.mark.parametrize("reply", [b"", b"\x00", b"\xff", b"\x16\x12", b"\x13", b"\x92", b"\x02", b"\x10"])
def test_a_byte_without_the_fixed_bits_makes_all_unknown(reply):
    good = [bytes([OK])] * 3
    assert parse_status([reply, *good], False).state is PrinterState.UNKNOWN
    assert parse_status([*good, reply], False).state is PrinterState.UNKNOWN


def test_a_printer_that_answers_only_the_first_question_is_judged_by_it():
    assert parse_status([bytes([OK])], False).state is PrinterState.READY
    assert parse_status([bytes([OK | 0x08])], False).state is PrinterState.PAUSED


def test_the_four_questions():
    assert [question.request for question in ESCPOS.status_questions] == [
        b"\x10\x04\x01",
        b"\x10\x04\x02",
        b"\x10\x04\x03",
        b"\x10\x04\x04",
    ]
