import base64
import binascii
import re
import tracemalloc
import zlib

import numpy as np
import pytest
import zebrafy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from printing.bitmap import Bitmap
from printing.decode.contract import DecodeError
from printing.decode.zpl import decode_zpl
from printing.languages.zpl import ZPL, encode, packed, parse_status, recovery, run_lengths
from printing.resolution import Resolution
from printing.status import PrinterState
from tests.simulators.zpl_engine import ZplEngine
from tests.support.labels import example_label
from tests.support.printing_variants import variant_profile
from tests.support.readers import read_with_zbar, read_with_zxing

BOX = np.array([[1] * 16, [1] + [0] * 14 + [1], [1] + [0] * 14 + [1], [1] * 16], dtype=np.bool_)
BOX_BITMAP = Bitmap.from_array(BOX)


def profile(encoding="hex", **changes):
    return variant_profile(f"zpl {encoding}", **changes)


def picture_in(job):
    return re.search(rb"\^GFA,[^^]*", job)[0]


def test_the_worked_example_byte_for_byte():
    assert encode(BOX_BITMAP, profile()) == (
        b"~SD16^XA^MMT^MNY^PW800^LL1200^PON^PR4^JZY^LH0,0^FO0,0^GFA,8,8,2,FFFF80018001FFFF^FS^PQ1^XZ"
    )
    assert picture_in(encode(BOX_BITMAP, profile("rle"))) == b"^GFA,8,8,2,JF8H01:JF"


def test_the_packed_example_opens_to_the_same_bytes_and_its_check_digits_are_right():
    """zlib may write the same bytes in more than one way, so they are opened and not compared."""
    assert binascii.crc_hqx(b"123456789", 0) == 0x31C3
    text, check = packed(BOX_BITMAP).removeprefix(b":Z64:").split(b":")
    assert zlib.decompress(base64.b64decode(text)) == bytes.fromhex("FFFF80018001FFFF")
    assert int(check, 16) == binascii.crc_hqx(text, 0)
    known = b"^XA^PW16^LL4^FO0,0^GFA,8,8,2,:Z64:eNr7/7+BsYHx/38AFv4E/w==:E762^FS^XZ"
    in_base64 = b"^XA^PW16^LL4^FO0,0^GFA,8,8,2,:B64://+AAYAB//8=:02EF^FS^XZ"
    for data in (known, in_base64):
        (paper,) = decode_zpl(data).papers
        assert (paper.to_array() == BOX).all()


def test_every_setting_reaches_the_printer():
    data = encode(
        BOX_BITMAP,
        profile(
            size="76x130",
            media="mark",
            direction=1,
            offset_x_dots=8,
            offset_y_dots=4,
            density=15,
            speed=6,
            has_cutter=True,
        ),
    )
    assert data.startswith(b"~SD30^XA^MMC^MNM^PW608^LL1040^PON^PR6^JZY^LH584,1032^FO0,0^GFA,8,8,2,")
    slow = encode(BOX_BITMAP, profile(media="continuous", density=0, speed=1))
    assert slow.startswith(b"~SD00^XA^MMT^MNN^PW800^LL1200^PON^PR2^")


def test_what_an_offset_pushes_over_the_edge_is_cut_off_the_picture():
    data = encode(BOX_BITMAP, profile(offset_x_dots=-8, offset_y_dots=-1))
    assert b"^LH0,0^FO0,0^GFA,3,3,1,0101FF^FS" in data


@settings(max_examples=150, deadline=None)
@given(black=npst.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 40)), elements=st.booleans()))
def test_run_lengths_are_read_back_by_others_and_never_say_rest_is_black(black):
    bitmap = Bitmap.from_array(black)
    text = run_lengths(bitmap)
    assert b"!" not in text
    head = f"^XA^PW{bitmap.stride * 8}^LL{bitmap.height_dots}^FO0,0^GFA,{len(bitmap.data)},{len(bitmap.data)},{bitmap.stride},"
    (paper,) = decode_zpl(head.encode() + text + b"^FS^XZ").papers
    assert (paper.to_array()[:, : bitmap.width_dots] == black).all()
    assert (_others_picture(head.encode() + text + b"^FS^XZ")[:, : bitmap.width_dots] == black).all()


@pytest.mark.parametrize("width", [8, 152, 160, 168, 1600, 1608, 1672, 1680, 3200, 3208])
@pytest.mark.parametrize("pattern", ["white", "black", "edge", "middle"])
def test_runs_of_every_length_count_right(width, pattern):
    row = np.zeros(width, dtype=np.bool_)
    if pattern == "black":
        row[:] = True
    elif pattern == "edge":
        row[-1] = True
    elif pattern == "middle":
        row[4:-4] = True
    black = np.stack([row, row, ~row, row])
    bitmap = Bitmap.from_array(black)
    size = len(bitmap.data)
    data = b"^XA^PW%d^LL4^FO0,0^GFA,%d,%d,%d,%b^FS^XZ" % (width, size, size, bitmap.stride, run_lengths(bitmap))
    (paper,) = decode_zpl(data).papers
    assert (paper.to_array() == black).all()
    assert (_others_picture(data) == black).all()


def test_run_lengths_and_packing_are_shorter(renderer):
    bitmap = renderer.render(example_label(), "100x150", Resolution(8.0)).bitmap
    sizes = [len(encode(bitmap, profile(encoding))) for encoding in ("hex", "rle", "z64")]
    assert sizes[0] > 240_000
    assert sizes[1] < sizes[0] / 4
    assert sizes[2] < sizes[0] / 8


@pytest.mark.parametrize("encoding", ["hex", "rle", "z64"])
@pytest.mark.parametrize("size", ["100x150", "76x130"])
@pytest.mark.parametrize("dots_per_mm", [8.0, 11.81])
def test_a_reader_nobody_here_wrote_sees_the_preview(renderer, encoding, size, dots_per_mm):
    content = example_label()
    bitmap = renderer.render(content, size, Resolution(dots_per_mm)).bitmap
    seen = _others_picture(encode(bitmap, profile(encoding, size=size, dots_per_mm=dots_per_mm)))
    black = bitmap.to_array()
    assert (seen[:, : black.shape[1]] != black).sum() == 0
    wanted = {("code128", content.waybill_no), ("qr", content.qr_text)}
    assert read_with_zxing(seen) == wanted
    assert read_with_zbar(seen) in (wanted, None)


def _others_picture(data):
    (image,) = zebrafy.ZebrafyZPL(data.decode("ascii")).to_images()
    return np.array(image.convert("L")) < 128


class CountingEngine(ZplEngine):
    """A clone that takes the announced number of characters for a picture, whatever they are."""

    def _step(self, answer):
        head = re.match(rb"\^GFA,(\d+),\d+,\d+,", self._head())
        if head is None:
            return super()._step(answer)
        whole = head.end() + 2 * int(head[1])
        if len(self._bytes) < whole:
            return False
        self._command(self._taken(whole))
        return True


@pytest.mark.parametrize("missing", [1, 3, 30, 400, 2000])
def test_recovery_helps_a_printer_that_counts_characters_too(missing):
    black = np.zeros((120, 64), dtype=np.bool_)
    black[::3, ::2] = True
    bitmap = Bitmap.from_array(black)
    job = encode(bitmap, profile())
    engine = CountingEngine()
    engine.feed(job[:-missing])
    engine.feed(recovery(bitmap, profile()))
    assert engine.papers == []
    engine.feed(encode(BOX_BITMAP, profile()))
    (paper,) = engine.papers
    assert (paper[:4, :16] == BOX).all()
    assert paper.sum() == BOX.sum()


@pytest.mark.parametrize(
    ("setting", "x", "y"),
    [
        (b"^LH3,2", 3, 2),
        (b"^LS4", -4, 0),
        (b"^LS-4", 4, 0),
        (b"^LT5", 0, 5),
        (b"^LT-1", 0, -1),
        (b"^LH10,10^LS-2^LT-3", 12, 7),
    ],
)
def test_the_decoder_moves_a_label_in_all_the_ways_zpl_has(setting, x, y):
    data = b"^XA^PW40^LL20%b^FO2,1^GFA,8,8,2,FFFF80018001FFFF^FS^XZ" % setting
    (paper,) = decode_zpl(data).papers
    around = np.zeros((60, 80), dtype=np.bool_)
    around[21 + y : 25 + y, 22 + x : 38 + x] = BOX
    assert (paper.to_array() == around[20:40, 20:60]).all()


def test_the_decoder_repeats_turns_and_reads_a_binary_picture():
    raw = bytes.fromhex("5E7E800080000000")
    data = b"^XA^PW16^LL4^POI^FO0,0^GFB,8,8,2,%b^FS^PQ3^XZ" % raw
    job = decode_zpl(data)
    assert job.unknown_lines == ()
    assert len(job.papers) == 3
    bits = np.unpackbits(np.frombuffer(raw, dtype=np.uint8)).reshape(4, 16).astype(np.bool_)
    assert (job.papers[2].to_array() == bits[::-1, ::-1]).all()


def test_a_black_rest_of_a_row_is_read_though_never_written():
    (paper,) = decode_zpl(b"^XA^PW16^LL4^FO0,0^GFA,8,8,2,!8H01:!^FS^XZ").papers
    assert (paper.to_array() == BOX).all()


def test_what_the_decoder_does_not_know_it_says():
    job = decode_zpl(b"hello^XA^PW16^LL4^FDtext^FS^LHa,b^XZ")
    assert job.unknown_lines == (b"hello", b"^FDtext", b"^LHa,b")
    assert len(job.papers) == 1


def test_a_format_that_is_cancelled_prints_nothing():
    assert decode_zpl(b"^XA^PW16^LL4^FO0,0^GFA,8,8,2,FFFF80018001FFFF^FS~JX^XZ").papers == ()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"^XA^XZ", "decode.no_size"),
        (b"^XA^PW16^LL4", "decode.cut"),
        (b"^XA^PW16^LL4^GFA,8,8,2,FFFF^FS^XZ", "decode.cut"),
        (b"^XA^PW16^LL4^GFB,8,8,2,\0\0", "decode.cut"),
        (b"^XA^PW16^LL4^GFA,8,8,2,:Z64:eNr7/7+BsYHx/38AFv4E/w==:E763^FS^XZ", "decode.bad_check"),
        (b"^XA^PW16^LL4^GFA,8,8,0,FF^FS^XZ", "decode.bad_picture"),
        (b"^XA^PW99999^LL99999^XZ", "decode.absurd_size"),
        (b"^XA^PW16^LL4^PQ99999^XZ", "decode.absurd_count"),
        (b"^XA^PW16^LL4^GFA,90000000,90000000,9000,^FS^XZ", "decode.absurd_size"),
    ],
)
def test_the_decoder_refuses_what_is_no_job(data, code):
    with pytest.raises(DecodeError) as caught:
        decode_zpl(data)
    assert caught.value.code == code


def test_a_picture_that_unpacks_to_far_too_much_is_refused_early():
    text = base64.b64encode(zlib.compress(b"\0" * 50_000_000, 9))
    data = b"^XA^PW16^LL4^GFA,8,8,2,:Z64:%b:%04X^FS^XZ" % (text, binascii.crc_hqx(text, 0))
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError) as caught:
            decode_zpl(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.code == "decode.cut"
    assert most < 5_000_000


def reply(**flags):
    """An answer to ~HS with some flags set."""
    first = ["030", "0", "0", "1200", "000", "0", "0", "0", "000", "0", "0", "0"]
    second = ["000", "0", "0", "0", "1", "2", "4", "0", "00000000", "1", "000"]
    places = {
        "paper": (first, 1),
        "pause": (first, 2),
        "formats": (first, 4),
        "full": (first, 5),
        "ram": (first, 9),
        "cold": (first, 10),
        "hot": (first, 11),
        "head": (second, 2),
        "ribbon": (second, 3),
        "taken": (second, 7),
        "left": (second, 8),
    }
    for name, value in flags.items():
        string, at = places[name]
        string[at] = str(value)
    return b"".join(b"\x02%b\x03\r\n" % ",".join(string).encode() for string in (first, second, ["1234", "0"]))


@pytest.mark.parametrize(
    ("flags", "state"),
    [
        ({}, PrinterState.READY),
        ({"head": 1}, PrinterState.COVER_OPEN),
        ({"paper": 1}, PrinterState.PAPER_OUT),
        ({"pause": 1}, PrinterState.PAUSED),
        ({"ribbon": 1}, PrinterState.READY),
        ({"hot": 1}, PrinterState.ERROR),
        ({"cold": 1}, PrinterState.ERROR),
        ({"ram": 1}, PrinterState.ERROR),
        ({"formats": "002"}, PrinterState.PRINTING),
        ({"full": 1}, PrinterState.PRINTING),
        ({"taken": 1}, PrinterState.PRINTING),
        ({"left": "00000003"}, PrinterState.PRINTING),
        ({"head": 1, "paper": 1, "pause": 1, "left": 1}, PrinterState.COVER_OPEN),
        ({"paper": 1, "pause": 1, "formats": 1}, PrinterState.PAPER_OUT),
        ({"hot": 1, "pause": 1}, PrinterState.ERROR),
        ({"pause": 1, "formats": 1}, PrinterState.PAUSED),
    ],
)
def test_the_strings_of_the_status_become_one_state(flags, state):
    assert parse_status([reply(**flags)], False).state is state


def test_an_empty_ribbon_matters_only_to_a_printer_that_has_one():
    assert parse_status([reply(ribbon=1)], True).state is PrinterState.RIBBON_OUT
    assert parse_status([reply(ribbon=1, paper=1)], True).state is PrinterState.PAPER_OUT


@pytest.mark.parametrize("framing", [b"\r\n", b"\n", b"", b"\r\n\r\n"])
def test_line_ends_of_an_answer_may_differ_or_come_late(framing):
    answer = reply(paper=1).replace(b"\r\n", framing)
    assert parse_status([b"\r\n" + answer], False).state is PrinterState.PAPER_OUT


def test_an_answer_ends_with_its_third_string():
    question = ZPL.status_questions[0]
    answer = reply().rstrip()
    assert question.is_whole(answer)
    assert not any(question.is_whole(answer[:length]) for length in range(len(answer)))


@pytest.mark.parametrize(
    "answer", [b"", b"\0", b"\x02030,1\x03", b"\x02a,b\x03\x02c\x03", reply().replace(b"0", b"x")]
)
def test_a_strange_answer_is_unknown_and_may_print(answer):
    status = parse_status([answer], False)
    assert (status.state, status.can_print) == (PrinterState.UNKNOWN, True)
