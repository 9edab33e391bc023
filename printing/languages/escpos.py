"""ESC/POS, the language of receipt printers: a label as bands of `GS v 0`, no printer fonts, no text.

Foreign text reaches the printer only as dots inside a band, whose length is announced, so it cannot carry
commands. There is no page: the printer prints each band as it comes, and a job that is cut leaves half a
label on the paper. Darkness and speed have no common command: the printer's own settings hold.
"""

from collections.abc import Sequence

from printing.bitmap import Bitmap
from printing.languages.contract import Language, StatusQuestion, one_byte
from printing.languages.placing import filled_page, page_of
from printing.profile import PrinterProfile
from printing.status import PrinterState, PrinterStatus

_RESET = b"\x1b@"
_BAND = b"\x1dv0\0"
_TO_NEXT_MARK = b"\x1d\x0c"
_FEED_AND_CUT = b"\x1dV\x42\0"
_STATUS_REQUEST = b"\x10\x04"

#: small enough for the buffers of cheap printers, and no multiple of `_TROUBLE_ROWS`
_BAND_ROWS = 200
#: some printers print garbage when a band's height is a multiple of this
_TROUBLE_ROWS = 48
_LONGEST_FEED_DOTS = 255

#: what every real answer looks like: bits 1 and 4 set, bits 0 and 7 not
_MASK, _PATTERN = 0x93, 0x12

#: question number, bits, state; the first that holds is what matters most
_FINDINGS = (
    (2, 0x04, PrinterState.COVER_OPEN),
    (4, 0x60, PrinterState.PAPER_OUT),
    (2, 0x20, PrinterState.PAPER_OUT),
    # the cutter, and what only switching off helps against
    (3, 0x28, PrinterState.ERROR),
    # a head too hot comes back by itself
    (3, 0x40, PrinterState.ERROR),
    (2, 0x40, PrinterState.ERROR),
    # off line, waiting for a person, or feeding by the key
    (1, 0x68, PrinterState.PAUSED),
)


def encode(bitmap: Bitmap, profile: PrinterProfile) -> bytes:
    """One label on the paper the profile names; turned and moved before it is written."""
    return _RESET + raster(filled_page(bitmap, profile)) + _ending(profile)


def raster(page: Bitmap) -> bytes:
    """A picture from the left edge on as bands: bytes a row and rows, low byte first, then the dots."""
    parts, top = [], 0
    for rows in band_heights(page.height_dots):
        parts.append(_BAND + page.stride.to_bytes(2, "little") + rows.to_bytes(2, "little"))
        parts.append(page.data[top * page.stride : (top + rows) * page.stride])
        top += rows
    return b"".join(parts)


def recovery(bitmap: Bitmap, profile: PrinterProfile) -> bytes:  # noqa: ARG001  # bands are as wide as the paper
    """Bytes before a job when the job before it was cut.

    A printer cut inside a band takes what comes next for its pixels: it gets as many white ones as the
    largest band has, which mean nothing to a printer that waits for a command. Then the half label on the
    paper is moved out of the next one's way; a printer that stands at a mark already does not move.
    """
    page = page_of(profile)
    return b"\0" * ((page.width_dots + 7) // 8 * _BAND_ROWS) + _RESET + _ending(profile)


def parse_status(replies: Sequence[bytes], has_ribbon: bool) -> PrinterStatus:  # noqa: ARG001  # has no ribbon
    """The answers to `DLE EOT 1` to `4`, a byte each. One that does not look like it makes all "unknown".

    A printer that answers fewer questions is judged by those: the first one already says whether it is on line.
    """
    raw = b"".join(replies)
    if not raw or any(len(reply) != 1 or reply[0] & _MASK != _PATTERN for reply in replies):
        return PrinterStatus(PrinterState.UNKNOWN, raw)
    for number, bits, state in _FINDINGS:
        if number <= len(raw) and raw[number - 1] & bits:
            return PrinterStatus(state, raw)
    return PrinterStatus(PrinterState.READY, raw)


def band_heights(rows: int) -> Sequence[int]:
    """`rows` in bands, none of them a multiple of `_TROUBLE_ROWS` high."""
    heights = [_BAND_ROWS] * (rows // _BAND_ROWS)
    rest = rows % _BAND_ROWS
    if rest and rest % _TROUBLE_ROWS == 0:
        if heights:
            heights[-1] -= 1
            rest += 1
        else:
            heights, rest = [rest - 1], 1
    return [*heights, rest] if rest else heights


def _ending(profile: PrinterProfile) -> bytes:
    """To the next label's start; on continuous paper far enough to be torn, or to the cutter and cut."""
    seek = b"" if profile.media == "continuous" else _TO_NEXT_MARK
    if profile.has_cutter:
        return seek + _FEED_AND_CUT
    return seek or _feed(int(profile.feed_mm * profile.dots_per_mm + 0.5))


def _feed(dots: int) -> bytes:
    """At least one command, which prints what the printer may still hold."""
    whole, rest = divmod(dots, _LONGEST_FEED_DOTS)
    return b"\x1bJ\xff" * whole + b"\x1bJ" + bytes([rest])


ESCPOS = Language(
    key="escpos",
    encode=encode,
    recovery=recovery,
    status_questions=tuple(
        StatusQuestion(_STATUS_REQUEST + bytes([number]), one_byte, bytes([_PATTERN])) for number in (1, 2, 3, 4)
    ),
    parse_status=parse_status,
)
