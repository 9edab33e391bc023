import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from printing.bitmap import Bitmap
from printing.decode.contract import DecodeError
from printing.decode.tspl import decode_tspl
from printing.languages.tspl import encode, parse_status, recovery
from printing.profile import PrinterProfile
from printing.resolution import Resolution
from printing.status import PrinterState
from tests.simulators.tspl_engine import TsplEngine
from tests.support.labels import example_label
from tests.support.readers import read_with_zbar, read_with_zxing

BOX = np.array([[1] * 16, [1] + [0] * 14 + [1], [1] + [0] * 14 + [1], [1] * 16], dtype=np.bool_)


def profile(**changes):
    return PrinterProfile(key="p", name="p", address="memory:", **changes)


def test_the_worked_example_byte_for_byte():
    assert encode(Bitmap.from_array(BOX), profile()) == (
        b"SIZE 100 mm,150 mm\r\nGAP 2 mm,0 mm\r\nDIRECTION 0,0\r\nREFERENCE 0,0\r\nDENSITY 8\r\nSPEED 4\r\n"
        b"SET TEAR ON\r\nSET REPRINT ON\r\nCLS\r\nBITMAP 0,0,2,4,0,"
        b"\x00\x00\x7f\xfe\x7f\xfe\x00\x00\r\nPRINT 1,1\r\n"
    )


def test_every_setting_reaches_the_printer():
    data = encode(
        Bitmap.from_array(BOX),
        profile(
            size="76x130",
            media="mark",
            gap_mm=3.5,
            direction=1,
            offset_x_dots=8,
            offset_y_dots=-4,
            density=12,
            speed=6,
            is_inverted=True,
        ),
    )
    assert data.startswith(
        b"SIZE 76 mm,130 mm\r\nBLINE 3.5 mm,0 mm\r\nDIRECTION 1,0\r\nREFERENCE 8,-4\r\nDENSITY 12\r\nSPEED 6\r\n"
    )
    assert b"\xff\xff\x80\x01\x80\x01\xff\xff" in data
    assert b"GAP 0,0\r\n" in encode(Bitmap.from_array(BOX), profile(media="continuous"))


@pytest.mark.parametrize("size", ["100x150", "76x130"])
@pytest.mark.parametrize("dots_per_mm", [8.0, 11.81, 12.0])
@pytest.mark.parametrize("is_inverted", [False, True])
def test_printer_bytes_decode_to_the_very_dots_and_both_readers_agree(renderer, size, dots_per_mm, is_inverted):
    chosen = profile(size=size, dots_per_mm=dots_per_mm, is_inverted=is_inverted)
    content = example_label()
    bitmap = renderer.render(content, size, Resolution(dots_per_mm)).bitmap
    job = decode_tspl(encode(bitmap, chosen), dots_per_mm, is_inverted=is_inverted)
    assert job.unknown_lines == ()
    (paper,) = job.papers
    assert (paper.to_array() != bitmap.to_array()).sum() == 0
    wanted = {("code128", content.waybill_no), ("qr", content.qr_text)}
    assert read_with_zxing(paper.to_array()) == wanted
    assert read_with_zbar(paper.to_array()) in (wanted, None)


@given(
    black=npst.arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 60))),
    is_inverted=st.booleans(),
    pieces=st.integers(1, 50),
)
def test_any_picture_comes_back_from_decoder_and_engine(black, is_inverted, pieces):
    bitmap = Bitmap.from_array(black)
    data = encode(bitmap, profile(is_inverted=is_inverted))
    (paper,) = decode_tspl(data, 8.0, is_inverted=is_inverted).papers
    assert (paper.to_array()[: black.shape[0], : black.shape[1]] == black).all()
    assert paper.to_array().sum() == black.sum()
    if not is_inverted:
        engine = TsplEngine()
        for start in range(0, len(data), pieces):
            engine.feed(data[start : start + pieces])
        assert not engine.errors
        assert (engine.papers[0] == paper.to_array()).all()


@given(cut=st.integers(0, 400))
def test_after_a_cut_anywhere_recovery_brings_exactly_the_next_label(cut):
    first, second = np.ones((16, 16), dtype=np.bool_), BOX
    start = encode(Bitmap.from_array(first), profile())[:cut]
    is_whole = cut >= len(encode(Bitmap.from_array(first), profile()))
    engine = TsplEngine()
    bitmap = Bitmap.from_array(second)
    # A label as high as the paper: what is missing is never more than one whole label.
    engine.feed(start)
    tall = Bitmap.from_array(np.pad(second, ((0, 40), (0, 0))))
    engine.feed(recovery(tall, profile()) + encode(bitmap, profile()))
    assert len(engine.papers) == 1 + is_whole
    assert (engine.papers[-1][:4, :16] == BOX).all()
    assert engine.papers[-1].sum() == BOX.sum()


def test_without_recovery_the_next_label_is_eaten_as_pixels():
    engine = TsplEngine()
    bitmap = Bitmap.from_array(np.ones((400, 80), dtype=np.bool_))
    engine.feed(encode(bitmap, profile())[:300])
    engine.feed(encode(Bitmap.from_array(BOX), profile()))
    assert engine.papers == []


@pytest.mark.parametrize(
    ("byte", "state"),
    [
        (0x00, PrinterState.READY),
        (0x01, PrinterState.COVER_OPEN),
        (0x02, PrinterState.PAPER_JAM),
        (0x03, PrinterState.COVER_OPEN),
        (0x04, PrinterState.PAPER_OUT),
        (0x05, PrinterState.COVER_OPEN),
        (0x06, PrinterState.PAPER_OUT),
        (0x07, PrinterState.COVER_OPEN),
        (0x08, PrinterState.READY),
        (0x0C, PrinterState.PAPER_OUT),
        (0x10, PrinterState.PAUSED),
        (0x20, PrinterState.PRINTING),
        (0x30, PrinterState.PAUSED),
        (0x80, PrinterState.ERROR),
        (0xA0, PrinterState.ERROR),
        (0x40, PrinterState.UNKNOWN),
    ],
)
def test_the_status_byte_is_a_mask_and_the_cover_comes_first(byte, state):
    assert parse_status([bytes([byte])], False).state is state


def test_a_cutter_takes_the_place_of_the_tear_bar():
    data = encode(Bitmap.from_array(BOX), profile(has_cutter=True))
    assert (b"\r\nSET CUTTER 1\r\n" in data, b"SET TEAR" in data) == (True, False)


def test_a_mirrored_direction_is_drawn_as_a_printer_does():
    data = encode(Bitmap.from_array(BOX[:2]), profile()).replace(b"DIRECTION 0,0", b"DIRECTION 0,1")
    (paper,) = decode_tspl(data, 8.0).papers
    assert (paper.to_array()[:2, -16:] == BOX[:2]).all()


def test_an_empty_ribbon_matters_only_to_a_printer_that_has_one():
    assert parse_status([b"\x08"], True).state is PrinterState.RIBBON_OUT
    assert parse_status([b"\x08"], False).state is PrinterState.READY


@pytest.mark.parametrize("reply", [b"", b"\x00\x00", b"@@@@"])
def test_a_strange_answer_is_unknown_and_may_print(reply):
    status = parse_status([reply], False)
    assert (status.state, status.can_print, status.code) == (PrinterState.UNKNOWN, True, "printer.unknown")


@pytest.mark.parametrize(
    "data",
    [
        b"PRINT 1,1\r\n",
        b"SIZE 100 mm,150 mm\r\nCLS\r\nBITMAP 0,0,2,4,0,\x00\x00",
        b"SIZE 10 mm,10 mm\r\nCLS\r\nBITMAP 0,0,1,1,0,\x00\r\nPRINT ",
        b"SIZE 99999 mm,99999 mm\r\nCLS\r\n",
        b"SIZE 10 mm,10 mm\r\nPRINT 9999,9999\r\n",
    ],
)
def test_the_decoder_refuses_what_is_no_job(data):
    with pytest.raises(DecodeError):
        decode_tspl(data, 8.0)


@given(data=st.binary(max_size=300))
def test_the_decoder_survives_any_bytes(data):
    try:
        job = decode_tspl(b"SIZE 10 mm,10 mm\r\n" + data, 8.0)
    except DecodeError:
        return
    assert all(paper.width_dots == 80 for paper in job.papers) or b"SIZE" in data
