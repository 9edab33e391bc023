import numpy as np
import pytest

from printing.bitmap import Bitmap
from printing.decode.contract import DecodeError
from printing.decode.cpcl import decode_cpcl
from printing.languages.cpcl import encode, parse_status
from printing.status import PrinterState
from tests.support.printing_variants import variant_profile

BOX = np.array([[1] * 16, [1] + [0] * 14 + [1], [1] + [0] * 14 + [1], [1] * 16], dtype=np.bool_)
BOX_BITMAP = Bitmap.from_array(BOX)


def profile(**changes):
    return variant_profile("cpcl", **changes)


def test_the_worked_example_byte_for_byte():
    assert encode(BOX_BITMAP, profile()) == (
        b"! 0 200 200 1200 1\r\nPAGE-WIDTH 800\r\nGAP-SENSE\r\nTONE 0\r\nSPEED 3\r\n"
        b"CG 2 4 0 0 \xff\xff\x80\x01\x80\x01\xff\xff\r\nFORM\r\nPRINT\r\n"
    )
    assert b"\r\nEG 2 4 0 0 FFFF80018001FFFF\r\nFORM" in encode(BOX_BITMAP, profile(cpcl_picture="hex"))


def test_rows_come_one_a_command_and_white_ones_not_at_all():
    black = np.vstack([BOX, np.zeros((3, 16), dtype=np.bool_), BOX[:1]])
    assert (
        b"SPEED 3\r\nCG 2 1 0 0 \xff\xff\r\nCG 2 1 0 1 \x80\x01\r\nCG 2 1 0 2 \x80\x01\r\n"
        b"CG 2 1 0 3 \xff\xff\r\nCG 2 1 0 7 \xff\xff\r\nFORM\r\n"
    ) in encode(Bitmap.from_array(black), profile(cpcl_picture="rows"))


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({"dots_per_mm": 8.0, "media": "mark"}, b"! 0 200 200 1200 1\r\nPAGE-WIDTH 800\r\nBAR-SENSE\r\nTONE"),
        ({"dots_per_mm": 11.81}, b"! 0 300 300 1772 1\r\nPAGE-WIDTH 1181\r\nGAP-SENSE\r\n"),
        ({"dots_per_mm": 12.0, "size": "76x130"}, b"! 0 300 300 1560 1\r\nPAGE-WIDTH 912\r\nGAP-SENSE\r\n"),
        ({"media": "continuous"}, b"! 0 200 200 1200 1\r\nPAGE-WIDTH 800\r\nTONE 0\r\n"),
    ],
)
def test_the_head_of_a_job_follows_the_paper_and_the_print_head(changes, start):
    data = encode(BOX_BITMAP, profile(**changes))
    assert data.startswith(start)
    assert (b"FORM" in data) == (changes.get("media") != "continuous")


@pytest.mark.parametrize(("density", "tone"), [(0, -100), (4, -50), (8, 0), (9, 12), (12, 50), (15, 87)])
def test_darkness_becomes_a_tone_around_the_middle(density, tone):
    assert b"\r\nTONE %d\r\n" % tone in encode(BOX_BITMAP, profile(density=density))


@pytest.mark.parametrize(("inches", "step"), [(1, 0), (2, 1), (4, 3), (6, 5), (14, 5)])
def test_speed_has_six_steps(inches, step):
    assert b"\r\nSPEED %d\r\n" % step in encode(BOX_BITMAP, profile(speed=inches))


def test_the_decoder_honours_header_offset_copies_and_long_names():
    data = (
        b"! 3 200 200 8 2\r\nPAGE-WIDTH 40\r\nEXPANDED-GRAPHICS 2 4 5 2 ffff80018001ffff\r\nTEXT 4 0 0 0 hello\r\n"
        b"FORM\r\nPRINT\r\n"
    )
    job = decode_cpcl(data)
    assert job.unknown_lines == (b"TEXT 4 0 0 0 hello",)
    wanted = np.zeros((8, 40), dtype=np.bool_)
    wanted[2:6, 8:24] = BOX
    assert [(paper.to_array() == wanted).all() for paper in job.papers] == [True, True]


def test_an_aborted_label_prints_nothing_and_lines_outside_are_told():
    job = decode_cpcl(b"hello\r\n! 0 200 200 8 1\r\nPAGE-WIDTH 16\r\nABORT\r\nPRINT\r\n")
    assert (job.papers, job.unknown_lines) == ((), (b"hello", b"PRINT"))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"! 0 200 200 8 1\r\n", "decode.cut"),
        (b"! 0 200 2", "decode.cut"),
        (b"! 0 200 200 8 1\r\nPRINT\r\n", "decode.no_size"),
        (b"! 0 200 200 8 1\r\nPAGE-WIDTH 16\r\nCG 2 4 0 0 \0\0", "decode.cut"),
        (b"! 0 200 200 8 1\r\nPAGE-WIDTH 16\r\nEG 1 1 0 0 GG\r\nPRINT\r\n", "decode.bad_picture"),
        (b"! 0 200 200 99999 1\r\nPAGE-WIDTH 99999\r\nPRINT\r\n", "decode.absurd_size"),
        (b"! 0 200 200 8 99999\r\n", "decode.absurd_count"),
    ],
)
def test_the_decoder_refuses_what_is_no_job(data, code):
    with pytest.raises(DecodeError) as caught:
        decode_cpcl(data)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("byte", "state"),
    [
        (0x00, PrinterState.READY),
        (0x01, PrinterState.PRINTING),
        (0x02, PrinterState.PAPER_OUT),
        (0x03, PrinterState.PAPER_OUT),
        (0x04, PrinterState.COVER_OPEN),
        (0x06, PrinterState.COVER_OPEN),
        (0x07, PrinterState.COVER_OPEN),
        (0x08, PrinterState.READY),
        (0x09, PrinterState.PRINTING),
        (0x0A, PrinterState.PAPER_OUT),
        (0x10, PrinterState.UNKNOWN),
        (0xFF, PrinterState.UNKNOWN),
    ],
)
def test_the_status_byte_is_a_mask_and_the_cover_comes_first(byte, state):
    assert parse_status([bytes([byte])], False).state is state


def test_a_strange_answer_is_unknown():
    assert parse_status([b"OK"], False).state is PrinterState.UNKNOWN
