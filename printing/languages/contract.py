"""What every printer language offers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from printing.bitmap import Bitmap
from printing.profile import PrinterProfile
from printing.status import PrinterStatus


@dataclass(frozen=True, slots=True)
class StatusQuestion:
    """One question to a printer and how its answer ends.

    Attributes:
        request: bytes that ask.
        is_whole: whether what came so far is the whole answer.
        ready_reply: what a printer with nothing to complain of answers; the virtual printer says it.
    """

    request: bytes
    is_whole: Callable[[bytes], bool]
    ready_reply: bytes


@dataclass(frozen=True, slots=True)
class Language:
    """One language as pure functions.

    Attributes:
        key: one of `printing.languages.names.LANGUAGES`.
        encode: one label as bytes.
        recovery: bytes that bring a printer back to its command level after a job was cut, without printing.
        status_questions: asked one after the other; the first one without an answer ends the asking.
        parse_status: reads the answers, in the questions' order and at least one; the flag says whether the
            printer has a ribbon.
    """

    key: str
    encode: Callable[[Bitmap, PrinterProfile], bytes]
    recovery: Callable[[Bitmap, PrinterProfile], bytes]
    status_questions: Sequence[StatusQuestion]
    parse_status: Callable[[Sequence[bytes], bool], PrinterStatus]


def one_byte(reply: bytes) -> bool:
    """An answer of one byte is whole with its first."""
    return len(reply) >= 1
