"""What decoders return and raise."""

from collections.abc import Sequence
from dataclasses import dataclass

from printing.bitmap import Bitmap
from printing.errors import PrintingError


class DecodeError(PrintingError):
    """The bytes are no complete job of this language."""


@dataclass(frozen=True, slots=True)
class DecodedJob:
    """What a printer would do with some bytes: the papers in order, and the lines it would not understand."""

    papers: Sequence[Bitmap]
    unknown_lines: Sequence[bytes]
