"""Letting a printer measure its paper: it feeds a few labels and finds the gap or mark by itself.

Wrong gap settings are the usual cause of "prints on every second label". The commands are those of the TSPL and ZPL
manuals; the other languages have none that all printers share.
"""

from printing.profile import PrinterProfile


def calibration(profile: PrinterProfile) -> bytes:
    """The command for this printer and paper; empty where there is none."""
    if profile.media == "continuous":
        return b""
    if profile.language == "tspl":
        return b"GAPDETECT\r\n" if profile.media == "gap" else b"BLINEDETECT\r\n"
    if profile.language == "zpl":
        return b"~JC\r\n"
    return b""
