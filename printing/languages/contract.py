"""What every printer language offers."""

from collections.abc import Callable
from dataclasses import dataclass

from printing.bitmap import Bitmap
from printing.profile import PrinterProfile
from printing.status import PrinterStatus


@dataclass(frozen=True, slots=True)
class Language:
    """One language as pure functions.

    Attributes:
        key: one of `printing.languages.names.LANGUAGES`.
        encode: one label as bytes.
        recovery: bytes that bring a printer back to its command level after a job was cut, without printing.
        status_request: bytes that ask for the state.
        status_reply_bytes: length of the answer.
        parse_status: reads the answer; the flag says whether the printer has a ribbon.
    """

    key: str
    encode: Callable[[Bitmap, PrinterProfile], bytes]
    recovery: Callable[[Bitmap, PrinterProfile], bytes]
    status_request: bytes
    status_reply_bytes: int
    parse_status: Callable[[bytes, bool], PrinterStatus]
