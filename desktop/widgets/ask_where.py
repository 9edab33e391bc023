"""Where a table goes, and which one comes in: the system's own dialog, asked in one way."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

#: property of a window: the folder that was chosen last
_FOLDER: Final = "chosen_folder"
_WRITTEN: Final = (".xlsx", ".csv")


def ask_where(parent: QWidget, words: str, name: str, *, has_paper: bool = False) -> Path | None:
    """Where a table (or a page to print) is to be written; None where nobody wants it. Without an ending: xlsx."""
    endings = f"XLSX (*.xlsx){';;PDF (*.pdf)' if has_paper else ''};;CSV (*.csv)"
    chosen, _ = QFileDialog.getSaveFileName(parent, words, str(_folder(parent) / name), endings)
    if not chosen:
        return None
    path = _remembered(parent, Path(chosen))
    written = (*_WRITTEN, ".pdf") if has_paper else _WRITTEN
    return path if path.suffix.lower() in written else path.with_name(f"{path.name}.xlsx")


def ask_which(parent: QWidget, words: str, kinds: Sequence[str] = ("xlsx", "xls", "csv")) -> Path | None:
    """Which file is to be read; None for none."""
    endings = " ".join(f"*.{kind}" for kind in kinds)
    chosen, _ = QFileDialog.getOpenFileName(parent, words, str(_folder(parent)), f"{endings} ({endings})")
    return _remembered(parent, Path(chosen)) if chosen else None


def ask_several(parent: QWidget, words: str, endings: str) -> Sequence[Path]:
    """Which files are to be read; `endings` as the dialog wants them."""
    chosen, _ = QFileDialog.getOpenFileNames(parent, words, str(_folder(parent)), endings)
    return [_remembered(parent, Path(one)) for one in chosen]


def _folder(parent: QWidget) -> Path:
    """Where the dialog begins: where it ended last, else where people keep their files, never the program's."""
    known = parent.window().property(_FOLDER)
    usual = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    places = (Path(place) for place in (known, usual) if place)
    return next((place for place in places if place.is_dir()), Path.home())


def _remembered(parent: QWidget, path: Path) -> Path:
    parent.window().setProperty(_FOLDER, str(path.parent))
    return path
