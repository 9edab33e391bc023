"""The recovery code on a sheet of paper to be locked away."""

import os
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from desktop.pages.settings.sheet import write_page, write_text
from desktop.texts import Texts


def write_recovery_sheet(path: Path, code: str, texts: Texts, family: str, now: datetime) -> None:
    """Write the code as an A4 PDF that this user alone may read.

    Raises:
        OSError: the file cannot be written.
    """
    title = texts.t("welcome.sheet.title")

    def draw(painter: QPainter) -> None:
        write_text(painter, QRectF(20, 30, 170, 14), title, family, 8.0)
        # In two lines: copied by hand, a long one is lost in the middle.
        parts = code.split("-")
        half = (len(parts) + 1) // 2
        for row, line in enumerate(("-".join(parts[:half]), "-".join(parts[half:]))):
            write_text(painter, QRectF(10, 60 + row * 16, 190, 14), line, family, 8.0)
        write_text(painter, QRectF(25, 105, 160, 90), texts.t("welcome.sheet.text"), family, 5.0, wraps=True)
        write_text(painter, QRectF(20, 250, 170, 8), f"Packdesk  {now.astimezone():%Y-%m-%d}", family, 4.0)

    # Made empty before anything is written into it, so that nobody else can open it meanwhile.
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    write_page(path, title, draw)
