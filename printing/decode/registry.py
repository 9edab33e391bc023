"""Printer bytes back to papers, for every language."""

from collections.abc import Callable

from printing.decode.contract import DecodedJob
from printing.decode.cpcl import decode_cpcl
from printing.decode.escpos import Roll, decode_escpos
from printing.decode.tspl import decode_tspl
from printing.decode.zpl import decode_zpl
from printing.profile import PrinterProfile
from printing.templates.sheets import find_sheet


def decode_job(data: bytes, profile: PrinterProfile) -> DecodedJob:
    """The papers that `data` prints on a printer with this profile.

    Raises:
        DecodeError: the bytes are no complete job.
    """
    readers: dict[str, Callable[[], DecodedJob]] = {
        "tspl": lambda: decode_tspl(data, profile.dots_per_mm, is_inverted=profile.is_inverted),
        "zpl": lambda: decode_zpl(data),
        "cpcl": lambda: decode_cpcl(data),
        "escpos": lambda: decode_escpos(data, _roll(profile)),
    }
    return readers[profile.language]()


def _roll(profile: PrinterProfile) -> Roll:
    """A receipt printer is told nothing about its paper, so it must be known."""
    sheet = find_sheet(profile.size)
    width, height = (int(side * profile.dots_per_mm + 0.5) for side in (sheet.width_mm, sheet.height_mm))
    return Roll(
        width_dots=min(width, profile.head_dots or width),
        label_rows=0 if profile.media == "continuous" else height,
    )
