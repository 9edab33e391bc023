"""Pictures of goods: small, from one folder only, never in the way of a scan."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPixmap

from desktop.bridge.tasks import Tasks
from desktop.widgets.labels import PictureLabel

_SIDE: Final = 256
#: labels are shown larger, so that a person can read them
_LABEL_SIDE: Final = 600
_MAX_PIXELS: Final = 40_000_000
_FORMATS: Final = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})


class PictureBook(QObject):
    """Reads pictures in a lane and remembers them.

    A picture's name comes from a shop: it is looked up inside the picture folder and nowhere else, and a picture that
    claims to be enormous is not opened.
    """

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        self._tasks = tasks
        self._known: dict[str, QPixmap | None] = {}

    def open(self, folder: Path | None) -> None:
        """Read pictures from this folder from now on; None where there are none."""
        self._folder = None if folder is None else folder.resolve()

    def show_in(self, label: PictureLabel, name: str, icon: str = "package") -> None:
        """Show the picture called `name` in `label`, at once if it is known, later if it has to be read."""
        if name in self._known or not name or self._folder is None:
            label.show_picture(self._known.get(name), icon)
            return
        label.show_picture(None, icon)
        folder = self._folder

        def arrived(image: QImage | None) -> None:
            if len(self._known) > 500:
                self._known.clear()
            self._known[name] = None if image is None else QPixmap.fromImage(image)
            label.show_picture(self._known[name], icon)

        self._tasks.submit(
            lambda: read_picture(folder, name), arrived, lambda _error: None, owner=label, key="picture"
        )

    def show_file_in(self, label: PictureLabel, path: Path) -> None:
        """Show one of our own files (a label of the virtual printer)."""
        name = str(path)
        if name in self._known:
            label.show_picture(self._known[name])
            return

        def arrived(image: QImage | None) -> None:
            self._known[name] = None if image is None else QPixmap.fromImage(image)
            label.show_picture(self._known[name], "printer")

        folder = path.parent.resolve()
        self._tasks.submit(
            lambda: read_picture(folder, path.name, side=_LABEL_SIDE),
            arrived,
            lambda _error: None,
            owner=label,
            key="picture",
        )


def read_picture(folder: Path, name: str, side: int = _SIDE) -> QImage | None:
    """The picture `name` below `folder`, at most `side` pixels wide and high; None where it cannot be had."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder) or path.suffix.lower() not in _FORMATS or not path.is_file():
        return None
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > _MAX_PIXELS:
        return None
    reader.setScaledSize(size.scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    return None if image.isNull() else image
