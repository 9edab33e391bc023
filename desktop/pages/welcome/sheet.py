"""The recovery code on a sheet of paper to be locked away."""

import os
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont

from desktop.paper import CENTRE, a4_pdf
from desktop.texts import Texts


def write_recovery_sheet(path: Path, code: str, texts: Texts, family: str, now: datetime) -> None:
    """Write the code as an A4 PDF that this user alone may read.

    Raises:
        OSError, Unavailable: the file cannot be written.
    """
    title = texts.t("welcome.sheet.title")
    # Made empty before anything is written into it, so that nobody else can open it meanwhile.
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with a4_pdf(path, title, QFont(family)) as paper:
        paper.text(QRectF(20, 30, 170, 14), title, 8.0, CENTRE)
        # In two lines: copied by hand, a long one is lost in the middle.
        parts = code.split("-")
        half = (len(parts) + 1) // 2
        for row, line in enumerate(("-".join(parts[:half]), "-".join(parts[half:]))):
            # Smaller where it must be, but whole: half a code opens nothing.
            paper.text(QRectF(10, 60 + row * 16, 190, 14), line, 8.0, CENTRE, smallest=0.2)
        paper.paragraph(QRectF(25, 105, 160, 90), texts.t("welcome.sheet.text"), 5.0)
        paper.text(QRectF(20, 250, 170, 8), f"Packdesk  {now.astimezone():%Y-%m-%d}", 4.0, CENTRE)
