"""ZPL II, the language of Zebra and of many that emulate it: one ^GF a label, no printer fonts, no text.

Foreign text reaches the printer only as dots, written in hex digits, run lengths or base64: none of them has
a `^` or `~`, so it cannot carry commands.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from printing.bitmap import Bitmap
from printing.languages.contract import Language, StatusQuestion
from printing.languages.placing import page_of, placed
from printing.profile import PrinterProfile
from printing.status import PrinterState, PrinterStatus

STATUS_REQUEST = b"~HS"

#: of the first two strings of an answer, the fields that say something about paper
_PLACES = ((1, 2, 4, 5, 9, 10, 11), (2, 3, 7, 8))

_MEDIA = {"gap": "^MNY", "mark": "^MNM", "continuous": "^MNN"}
_SLOWEST = 2

#: the longest run that two count letters can name is 419; runs are cut at this column instead
_LONGEST_RUN = 400


def encode(bitmap: Bitmap, profile: PrinterProfile) -> bytes:
    """One label on the paper the profile names.

    Darkness 0 to 15 becomes ~SD 0 to 30. ^PR begins at 2 inches per second. The picture is turned before it is
    written: what ^POI does with ^LL and ^LH differs, and a viewer of ZPL leaves pictures as they are. ^LH takes
    no negative numbers: what an offset pushes over the left or upper edge is cut off the picture. ^JZY makes the
    printer itself repeat a label that paper-out interrupted.
    """
    page, part = page_of(profile), placed(bitmap, profile)
    picture = part.bitmap
    head = (
        f"~SD{profile.density * 2:02d}^XA^MM{'C' if profile.has_cutter else 'T'}{_MEDIA[profile.media]}"
        f"^PW{page.width_dots}^LL{page.height_dots}^PON"
        f"^PR{max(_SLOWEST, profile.speed)}^JZY^LH{part.x},{part.y}^FO0,0"
        f"^GFA,{len(picture.data)},{len(picture.data)},{picture.stride},"
    )
    return b"".join([head.encode("ascii"), _WRITERS[profile.zpl_encoding](picture), b"^FS^PQ1^XZ"])


def recovery(bitmap: Bitmap, profile: PrinterProfile) -> bytes:  # noqa: ARG001  # the same for all settings
    """Bytes before `bitmap`'s job when the job before it was cut.

    ~JX throws away the format that was not finished and touches no other. A printer that counts the
    characters of a picture instead of looking for commands takes the first one for pixels: it gets as many
    zeros as a whole picture has, which mean nothing outside a format, and then a second one.
    """
    return b"~JX" + b"0" * (2 * len(bitmap.data)) + b"~JX"


def parse_status(replies: Sequence[bytes], has_ribbon: bool) -> PrinterStatus:
    """The answer to ~HS: three strings of numbers. What is not such an answer is "unknown".

    A Zebra that is open or empty also says that it is paused, so those two are named first.
    """
    reply = replies[0]
    strings = [found.split(b",") for found in re.findall(rb"\x02([^\x02\x03]*)\x03", reply)]
    if len(strings) < 2:
        return PrinterStatus(PrinterState.UNKNOWN, reply)
    try:
        first, second = (
            {at: int(string[at]) for at in places} for string, places in zip(strings, _PLACES, strict=False)
        )
    except (ValueError, IndexError):
        return PrinterStatus(PrinterState.UNKNOWN, reply)
    findings = (
        (second[2], PrinterState.COVER_OPEN),
        (first[1], PrinterState.PAPER_OUT),
        (second[3] and has_ribbon, PrinterState.RIBBON_OUT),
        (first[9] or first[10] or first[11], PrinterState.ERROR),
        (first[2], PrinterState.PAUSED),
        # formats waiting, buffer full, a label to be taken, labels of the batch still to come
        (first[4] or first[5] or second[7] or second[8], PrinterState.PRINTING),
    )
    return PrinterStatus(next((state for is_so, state in findings if is_so), PrinterState.READY), reply)


def hex_digits(bitmap: Bitmap) -> bytes:
    """Two digits a byte, understood by every ZPL printer."""
    return bitmap.data.hex().upper().encode("ascii")


def run_lengths(bitmap: Bitmap) -> bytes:
    """Hex digits with counts before repeated ones, `,` for a white rest of a row, `:` for the row above again.

    Counts are letters: G to Y for 1 to 19, g to z for 20 to 400 in twenties. The `!` for a black rest is never
    written: there are readers that draw it wrongly.
    """
    rows = np.frombuffer(bitmap.data, dtype=np.uint8).reshape(bitmap.height_dots, bitmap.stride)
    is_new = np.ones(len(rows), dtype=np.bool_)
    is_new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    repeats = np.diff(np.append(np.flatnonzero(is_new), len(rows))) - 1

    kept = rows[is_new]
    nibbles = np.empty((len(kept), 2 * bitmap.stride), dtype=np.uint8)
    nibbles[:, 0::2], nibbles[:, 1::2] = kept >> 4, kept & 15
    begins = np.ones(nibbles.shape, dtype=np.bool_)
    begins[:, 1:] = nibbles[:, 1:] != nibbles[:, :-1]
    begins[:, ::_LONGEST_RUN] = True
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, nibbles.size))
    values = nibbles.ravel()[starts]
    return _written(lengths, values, (starts + lengths) % nibbles.shape[1] == 0, repeats)


def _written(
    lengths: npt.NDArray[np.intp],
    values: npt.NDArray[np.uint8],
    ends_row: npt.NDArray[np.bool_],
    repeats: npt.NDArray[np.intp],
) -> bytes:
    """The runs as characters: up to two counts and a digit each, then a colon for each repeated row."""
    is_rest = ends_row & (values == 0)
    twenties, ones = lengths // 20, lengths % 20
    has_twenties = (twenties > 0) & ~is_rest
    has_ones = (ones > 0) & (lengths > 1) & ~is_rest
    sizes = 1 + has_twenties + has_ones
    sizes[ends_row] += repeats
    at = np.cumsum(sizes) - sizes
    out = np.full(int(sizes.sum()), ord(":"), dtype=np.uint8)
    out[at[has_twenties]] = twenties[has_twenties] + (ord("g") - 1)
    at = at + has_twenties
    out[at[has_ones]] = ones[has_ones] + (ord("G") - 1)
    out[at + has_ones] = np.where(is_rest, ord(","), _DIGITS[values])
    return out.tobytes()


def packed(bitmap: Bitmap) -> bytes:
    """Z64: base64 of the zlib stream, with a CRC-16/XMODEM of the base64 characters."""
    text = base64.b64encode(zlib.compress(bitmap.data))
    return b":Z64:%b:%04X" % (text, binascii.crc_hqx(text, 0))


_DIGITS = np.frombuffer(b"0123456789ABCDEF", dtype=np.uint8)
_WRITERS: Mapping[str, Callable[[Bitmap], bytes]] = {"hex": hex_digits, "rle": run_lengths, "z64": packed}


def _is_whole(reply: bytes) -> bool:
    return reply.count(b"\x03") >= 3


ZPL = Language(
    key="zpl",
    encode=encode,
    recovery=recovery,
    status_questions=(
        StatusQuestion(
            STATUS_REQUEST,
            _is_whole,
            b"\x02030,0,0,1200,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n"
            b"\x021234,0\x03\r\n",
        ),
    ),
    parse_status=parse_status,
)
