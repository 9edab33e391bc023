"""Pictures of goods: small, kept in one folder, never in the way of a scan."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader, QPixmap
from shiboken6 import isValid

from desktop.bridge.tasks import Lane, Tasks
from desktop.widgets.labels import PictureLabel

_SIDE: Final = 256
#: labels are shown larger, so that a person can read them
_LABEL_SIDE: Final = 600
_MAX_PIXELS: Final = 40_000_000
_FORMATS: Final = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
#: what may come from a shop, by its content; a drawing (SVG) is a program and is not among them
_FETCHED_FORMATS: Final = frozenset({b"png", b"jpeg", b"webp", b"bmp"})
#: below the picture folder: what was fetched, made small by us
_FETCHED: Final = "fetched"
#: some 40 KB each; beyond so many the oldest go
_MOST_FETCHED: Final = 2000
#: held in memory, a quarter of a megabyte each
_MOST_KNOWN: Final = 500
#: a picture that could not be had is asked for again after so long
_AGAIN_S: Final = 600.0

#: gets the bytes at an address; waits for the network
Fetch = Callable[[str], bytes]


class PictureBook(QObject):
    """Reads pictures in a lane and remembers them.

    A picture's name comes from a shop. A file name is looked up inside the picture folder and nowhere else. What lies
    at an address is fetched once, checked to be a picture, and kept small in that folder: it is there offline too.

    Signals:
        came: a picture that somebody asked for is known by now.
    """

    came = Signal()

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        self._tasks = tasks
        self._fetch: Fetch | None = None
        self._known: dict[str, QPixmap | None] = {}
        #: what each label wants to show by now: a picture that comes late must not stand beside other goods
        self._wanted: WeakKeyDictionary[PictureLabel, tuple[str, str]] = WeakKeyDictionary()
        self._asked: set[str] = set()
        self._failed: dict[str, float] = {}

    def open(self, folder: Path | None, fetch: Fetch | None = None) -> None:
        """Read pictures from this folder from now on, None where there are none; `fetch` gets those at an address."""
        self._folder = None if folder is None else folder.resolve()
        self._fetch = fetch

    def show_in(self, label: PictureLabel, name: str, icon: str = "package") -> None:
        """Show the picture called `name` in `label`: at once if it is known, else when it has come."""
        self._wanted[label] = (name, icon)
        label.show_picture(self.pixmap(name), icon)

    def pixmap(self, name: str) -> QPixmap | None:
        """The picture called `name`, None where there is none or it has not come yet; it is asked for then."""
        self._ask(name)
        return self._known.get(name)

    def _ask(self, name: str) -> None:
        folder = self._folder
        if name in self._known or not name or folder is None or name in self._asked:
            return
        self._asked.add(name)
        kept = _kept(name)

        def arrived(image: QImage | None) -> None:
            if image is None and _is_address(name):
                self._fetch_later(folder, name)
            else:
                self._show(name, image)

        self._tasks.submit(lambda: read_picture(folder, kept), arrived, lambda _error: self._miss(name), owner=self)

    def _fetch_later(self, folder: Path, name: str) -> None:
        fetch = self._fetch
        failed_at = self._failed.get(name)
        if fetch is None or (failed_at is not None and time.monotonic() - failed_at < _AGAIN_S):
            self._asked.discard(name)
            return
        self._tasks.submit(
            lambda: fetch_picture(folder, name, fetch),
            lambda image: self._miss(name) if image is None else self._show(name, image),
            lambda _error: self._miss(name),
            owner=self,
            lane=Lane.PICTURES,
        )

    def _miss(self, name: str) -> None:
        self._asked.discard(name)
        self._failed[name] = time.monotonic()

    def _show(self, name: str, image: QImage | None) -> None:
        self._asked.discard(name)
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        self._known[name] = None if image is None else QPixmap.fromImage(image)
        for label, (wanted, icon) in list(self._wanted.items()):
            if wanted == name and isValid(label):
                label.show_picture(self._known[name], icon)
        self.came.emit()

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


def kept_picture(folder: Path | None, name: str) -> QImage | None:
    """A picture as it lies in `folder` already, for paper; nothing is fetched for it."""
    return None if folder is None else read_picture(folder.resolve(), _kept(name))


def read_picture(folder: Path, name: str, side: int = _SIDE) -> QImage | None:
    """The picture `name` below `folder`, at most `side` pixels wide and high; None where it cannot be had."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder) or path.suffix.lower() not in _FORMATS or not path.is_file():
        return None
    return _scaled(QImageReader(str(path)), side)


def fetch_picture(folder: Path, address: str, fetch: Fetch) -> QImage | None:
    """Fetch a picture from its shop and keep it below `folder`; None where what came is no picture.

    Raises:
        Exception: whatever `fetch` says.
    """
    buffer = QBuffer()
    buffer.setData(QByteArray(fetch(address)))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    # What it is called says nothing: its first bytes decide.
    reader.setDecideFormatFromContent(True)
    if bytes(reader.format().data()) not in _FETCHED_FORMATS:
        return None
    image = _scaled(reader, _SIDE)
    if image is not None:
        _keep(folder / _FETCHED, _file_of(address), image)
    return image


def _scaled(reader: QImageReader, side: int) -> QImage | None:
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > _MAX_PIXELS:
        return None
    reader.setScaledSize(size.scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    return None if image.isNull() else image


def _kept(name: str) -> str:
    """Where a picture lies below the folder: what came from an address under a name of ours."""
    return f"{_FETCHED}/{_file_of(name)}" if _is_address(name) else name


def _is_address(name: str) -> bool:
    return name.startswith(("https://", "http://"))


def _file_of(address: str) -> str:
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:40] + ".png"


def _keep(folder: Path, name: str, image: QImage) -> None:
    """Keep what we drew from the picture, never the bytes that came; a full disk only means asking again."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _forget_oldest(folder)
    except OSError:
        return
    beside = folder / f"new-{name}"
    if image.save(str(beside)):
        beside.replace(folder / name)
    else:
        beside.unlink(missing_ok=True)


def _forget_oldest(folder: Path) -> None:
    kept = [entry for entry in os.scandir(folder) if entry.name.endswith(".png")]
    if len(kept) < _MOST_FETCHED:
        return
    kept.sort(key=lambda entry: entry.stat().st_mtime)
    for entry in kept[: _MOST_FETCHED // 10]:
        Path(entry.path).unlink(missing_ok=True)
