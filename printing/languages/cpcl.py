"""CPCL, the language of mobile label printers: one picture a label, no printer fonts, no text.

Foreign text reaches the printer only as dots inside CG or EG, whose length is announced, so it cannot carry
commands.
"""

from collections.abc import Sequence

import numpy as np

from printing.bitmap import Bitmap
from printing.languages.contract import Language, StatusQuestion, one_byte
from printing.languages.placing import page_of, placed
from printing.profile import PrinterProfile
from printing.status import PrinterState, PrinterStatus

STATUS_REQUEST = b"\x1bh"

_BUSY, _PAPER, _COVER, _BATTERY = 0x01, 0x02, 0x04, 0x08
_KNOWN = _BUSY | _PAPER | _COVER | _BATTERY

_MIDDLE_DENSITY = 8
_FASTEST = 5
_MM_PER_INCH = 25.4


def encode(bitmap: Bitmap, profile: PrinterProfile) -> bytes:
    """One label on the paper the profile names.

    Darkness 8, the middle, is TONE 0 and each step 12.5, so 0 to 15 become -100 to 87. Speed: 1 inch per
    second is SPEED 0, each more is one more up to 5, the fastest there is. There is no cutter command. The
    picture is turned before it is written; FORM, which seeks the next label, is left out on continuous paper.
    """
    page, part = page_of(profile), placed(bitmap, profile)
    dpi = _dpi(profile)
    sense = {"gap": "GAP-SENSE\r\n", "mark": "BAR-SENSE\r\n", "continuous": ""}[profile.media]
    head = (
        f"! 0 {dpi} {dpi} {page.height_dots} 1\r\nPAGE-WIDTH {page.width_dots}\r\n{sense}"
        f"TONE {_tone(profile)}\r\nSPEED {min(_FASTEST, profile.speed - 1)}\r\n"
    )
    write = {"binary": _whole, "hex": _whole_in_hex, "rows": _row_by_row}[profile.cpcl_picture]
    form = b"" if profile.media == "continuous" else b"FORM\r\n"
    return b"".join([head.encode("ascii"), write(part.bitmap, part.x, part.y), form, b"PRINT\r\n"])


def recovery(bitmap: Bitmap, profile: PrinterProfile) -> bytes:
    """Bytes before `bitmap`'s job when the job before it was cut.

    A printer cut inside a picture takes what comes next for pixels: it gets as many white ones as a whole
    label has. ABORT ends the label that was begun, without printing it. A printer that waits for a label
    ignores NUL bytes, and is given one to abort, because it might print a line of text that stands alone.
    """
    white = b"0" * (2 * len(bitmap.data)) if profile.cpcl_picture == "hex" else b"\0" * len(bitmap.data)
    dpi = _dpi(profile)
    return white + b"! 0 %d %d 8 1\r\nABORT\r\n" % (dpi, dpi)


def parse_status(replies: Sequence[bytes], has_ribbon: bool) -> PrinterStatus:  # noqa: ARG001  # has no ribbon bit
    """The answer to `ESC h`: one byte, a bit mask. A low battery still prints. Anything else is "unknown"."""
    reply = replies[0]
    if len(reply) != 1 or reply[0] & ~_KNOWN:
        return PrinterStatus(PrinterState.UNKNOWN, reply)
    for bit, state in (
        (_COVER, PrinterState.COVER_OPEN),
        (_PAPER, PrinterState.PAPER_OUT),
        (_BUSY, PrinterState.PRINTING),
    ):
        if reply[0] & bit:
            return PrinterStatus(state, reply)
    return PrinterStatus(PrinterState.READY, reply)


def _dpi(profile: PrinterProfile) -> int:
    """The name CPCL has for a head: 200 for 8 dots/mm, 300 for 11.81 and for 12."""
    return round(profile.dots_per_mm * _MM_PER_INCH / 100) * 100


def _tone(profile: PrinterProfile) -> int:
    return int((profile.density - _MIDDLE_DENSITY) * 12.5)


def _whole(bitmap: Bitmap, x: int, y: int) -> bytes:
    return b"CG %d %d %d %d %b\r\n" % (bitmap.stride, bitmap.height_dots, x, y, bitmap.data)


def _whole_in_hex(bitmap: Bitmap, x: int, y: int) -> bytes:
    digits = bitmap.data.hex().upper().encode("ascii")
    return b"EG %d %d %d %d %b\r\n" % (bitmap.stride, bitmap.height_dots, x, y, digits)


def _row_by_row(bitmap: Bitmap, x: int, y: int) -> bytes:
    """One command a row, none for white rows."""
    stride = bitmap.stride
    rows = np.frombuffer(bitmap.data, dtype=np.uint8).reshape(bitmap.height_dots, stride)
    return b"".join(
        b"CG %d 1 %d %d %b\r\n" % (stride, x, y + row, bitmap.data[row * stride : (row + 1) * stride])
        for row in np.flatnonzero(rows.any(axis=1)).tolist()
    )


CPCL = Language(
    key="cpcl",
    encode=encode,
    recovery=recovery,
    status_questions=(StatusQuestion(STATUS_REQUEST, one_byte, b"\0"),),
    parse_status=parse_status,
)
