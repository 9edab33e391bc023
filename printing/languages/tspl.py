"""TSPL, the language of most desk printers in China: one BITMAP a label, no printer fonts, no text.

Foreign text reaches the printer only as dots inside BITMAP, whose length is announced, so it cannot carry
commands.
"""

from collections.abc import Sequence

import numpy as np

from printing.bitmap import Bitmap
from printing.languages.contract import Language, StatusQuestion, one_byte
from printing.profile import PrinterProfile
from printing.status import PrinterState, PrinterStatus
from printing.templates.sheets import find_sheet

STATUS_REQUEST = b"\x1b!?"

_COVER, _JAM, _PAPER, _RIBBON, _PAUSE, _BUSY, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x80

#: Sums occur, and some printers add "paper out" to an open cover with paper loaded: the cover is named first.
_PRECEDENCE = (
    (_COVER, PrinterState.COVER_OPEN),
    (_PAPER, PrinterState.PAPER_OUT),
    (_JAM, PrinterState.PAPER_JAM),
    (_PAUSE, PrinterState.PAUSED),
    (_RIBBON, PrinterState.RIBBON_OUT),
    (_OTHER, PrinterState.ERROR),
    (_BUSY, PrinterState.PRINTING),
)


def encode(bitmap: Bitmap, profile: PrinterProfile) -> bytes:
    """One label on the paper the profile names.

    CLS stands after SIZE because SIZE sets up the image buffer that CLS empties. `SET REPRINT ON` makes the
    printer itself repeat a label that paper-out interrupted, so that nobody has to send it again. Of paper wider
    than the head only the head's width is named: DIRECTION 1 turns about the middle of what is named.
    """
    sheet = find_sheet(profile.size)
    head_mm = profile.head_dots / profile.dots_per_mm
    width_mm = min(sheet.width_mm, head_mm) if profile.head_dots else sheet.width_mm
    head = "\r\n".join(
        [
            f"SIZE {width_mm:g} mm,{sheet.height_mm:g} mm",
            _media(profile),
            f"DIRECTION {profile.direction},0",
            f"REFERENCE {profile.offset_x_dots},{profile.offset_y_dots}",
            f"DENSITY {profile.density}",
            f"SPEED {profile.speed}",
            "SET CUTTER 1" if profile.has_cutter else "SET TEAR ON",
            "SET REPRINT ON",
            "CLS",
            f"BITMAP 0,0,{bitmap.stride},{bitmap.height_dots},0,",
        ]
    )
    return b"".join([head.encode("ascii"), _burned(bitmap, profile), b"\r\nPRINT 1,1\r\n"])


def recovery(bitmap: Bitmap, profile: PrinterProfile) -> bytes:
    """Bytes before `bitmap`'s job when the job before it was cut.

    A printer cut inside BITMAP takes what comes next for pixels: it gets as many white ones as a whole
    label has. A printer that waits for a command takes them for one unknown line. Then CLS throws the
    half picture away.
    """
    white = b"\x00" if profile.is_inverted else b"\xff"
    return white * len(bitmap.data) + b"\r\nCLS\r\n"


def parse_status(replies: Sequence[bytes], has_ribbon: bool) -> PrinterStatus:
    """The answer to `ESC ! ?`: one byte, a bit mask. Anything else is "unknown", never "error"."""
    reply = replies[0]
    if len(reply) != 1:
        return PrinterStatus(PrinterState.UNKNOWN, reply)
    bits = reply[0] if has_ribbon else reply[0] & ~_RIBBON
    for bit, state in _PRECEDENCE:
        if bits & bit:
            return PrinterStatus(state, reply)
    return PrinterStatus(PrinterState.READY if bits == 0 else PrinterState.UNKNOWN, reply)


def _media(profile: PrinterProfile) -> str:
    if profile.media == "mark":
        return f"BLINE {profile.gap_mm:g} mm,0 mm"
    if profile.media == "continuous":
        return "GAP 0,0"
    return f"GAP {profile.gap_mm:g} mm,0 mm"


def _burned(bitmap: Bitmap, profile: PrinterProfile) -> bytes:
    """In TSPL a 0 bit is burned; the padding at a row's end stays white."""
    if profile.is_inverted:
        return bitmap.data
    return (np.frombuffer(bitmap.data, dtype=np.uint8) ^ 0xFF).tobytes()


TSPL = Language(
    key="tspl",
    encode=encode,
    recovery=recovery,
    status_questions=(StatusQuestion(STATUS_REQUEST, one_byte, b"\0"),),
    parse_status=parse_status,
)
