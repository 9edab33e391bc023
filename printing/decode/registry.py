"""Which languages can be read back."""

from collections.abc import Callable

from printing.decode.contract import DecodedJob
from printing.decode.tspl import decode_tspl
from printing.errors import LanguageNotThereYet
from printing.profile import PrinterProfile


def decode_job(data: bytes, profile: PrinterProfile) -> DecodedJob:
    """The papers that `data` prints on a printer with this profile.

    Raises:
        DecodeError: the bytes are no complete job.
        LanguageNotThereYet: this language cannot be read back yet.
    """
    readers: dict[str, Callable[[], DecodedJob]] = {
        "tspl": lambda: decode_tspl(data, profile.dots_per_mm, is_inverted=profile.is_inverted)
    }
    if profile.language not in readers:
        raise LanguageNotThereYet(
            "language.not_there_yet",
            f"{profile.language.upper()} cannot be read back yet",
            language=profile.language,
        )
    return readers[profile.language]()
