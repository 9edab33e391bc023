"""Pictures of goods come from their shop over HTTP, are checked, kept small, and never stand beside other goods."""

import zlib
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QImage

from core.practice.catalogue import practice_catalogue
from desktop.widgets.labels import PictureLabel
from desktop.widgets.pictures import PictureBook, fetch_picture, read_picture
from resources.paths import practice_pictures_dir
from tests.gui.conftest import ManualTasks

pytestmark = pytest.mark.gui
URL = "https://shop.example/pictures/milk.png?size=800"


def encoded(width: int = 900, height: int = 600, form: str = "PNG", color: str = "red") -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert image.save(buffer, form)
    return bytes(buffer.data().data())


def bomb() -> bytes:
    """A PNG of a few hundred bytes that claims 60,000 x 60,000 pixels."""
    head = (60_000).to_bytes(4, "big") * 2 + bytes((8, 0, 0, 0, 0))
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + len(head).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")


def opened_book(folder, tasks, fetch) -> PictureBook:
    book = PictureBook(tasks)
    book.open(folder, fetch)
    return book


@pytest.mark.parametrize("form", ["PNG", "JPG", "WEBP", "BMP"])
def test_a_fetched_picture_is_made_small_and_kept_as_our_own_drawing_of_it(tmp_path, form):
    data = encoded(form=form)
    found = fetch_picture(tmp_path, URL, lambda _url: data)
    assert (found.width(), found.height()) == (256, 170)
    (kept,) = (tmp_path / "fetched").iterdir()
    assert kept.read_bytes()[:4] == b"\x89PNG"
    assert kept.read_bytes() != data
    assert read_picture(tmp_path, f"fetched/{kept.name}").width() == 256


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>sign in</html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        encoded()[:60],
        bomb(),
    ],
    ids=["nothing", "page", "svg", "cut", "bomb"],
)
@pytest.mark.qt_log_ignore("libpng", "QImageIOHandler", "incomplete", "corrupt", "Read Error")
def test_what_is_no_picture_is_not_kept(tmp_path, data):
    assert fetch_picture(tmp_path, URL, lambda _url: data) is None
    assert not (tmp_path / "fetched").exists()


class Shop:
    """Answers with a colour per address, or not at all."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.is_up = True

    def fetch(self, url: str) -> bytes:
        self.calls.append(url)
        if not self.is_up:
            raise OSError("no network")
        return encoded(color="red" if "milk" in url else "blue")


def shown(label: PictureLabel) -> str:
    if label._picture is None:
        return ""
    return label._picture.toImage().pixelColor(5, 5).name()


def test_a_picture_is_fetched_once_for_all_who_want_it_and_is_there_offline(tmp_path, ui):
    shop, tasks = Shop(), ManualTasks()
    book = opened_book(tmp_path, tasks, shop.fetch)
    first, second = PictureLabel(ui, 100), PictureLabel(ui, 48)
    book.show_in(first, URL)
    book.show_in(second, URL)
    assert shown(first) == "", "nothing is waited for"
    tasks.run()
    assert (shown(first), shown(second), shop.calls) == ("#ff0000", "#ff0000", [URL])
    shop.is_up = False
    again = opened_book(tmp_path, tasks, shop.fetch)
    later = PictureLabel(ui, 100)
    again.show_in(later, URL)
    tasks.run()
    assert (shown(later), shop.calls) == ("#ff0000", [URL])


def test_a_picture_that_comes_late_does_not_stand_beside_other_goods(tmp_path, ui):
    shop, tasks = Shop(), ManualTasks()
    book, label = opened_book(tmp_path, tasks, shop.fetch), PictureLabel(ui, 100)
    book.show_in(label, URL)
    tasks.run(1)
    book.show_in(label, "")
    tasks.run()
    assert shown(label) == ""
    book.show_in(label, URL)
    assert shown(label) == "#ff0000"


def test_a_shop_that_does_not_answer_is_not_asked_by_every_line(tmp_path, ui, monkeypatch):
    shop, tasks, now = Shop(), ManualTasks(), [1000.0]
    monkeypatch.setattr("desktop.widgets.pictures.time.monotonic", lambda: now[0])
    shop.is_up = False
    book, label = opened_book(tmp_path, tasks, shop.fetch), PictureLabel(ui, 100)
    for _ in range(3):
        book.show_in(label, URL)
        tasks.run()
    assert shop.calls == [URL]
    shop.is_up, now[0] = True, 1700.0
    book.show_in(label, URL)
    tasks.run()
    assert (shown(label), len(shop.calls)) == ("#ff0000", 2)


def test_the_oldest_pictures_go_when_there_are_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr("desktop.widgets.pictures._MOST_FETCHED", 20)
    for number in range(50):
        fetch_picture(tmp_path, f"{URL}&n={number}", lambda _url: encoded(8, 8))
    assert len(list((tmp_path / "fetched").iterdir())) <= 20


def test_everything_the_practice_shop_sells_has_a_picture_of_its_own():
    seen = set()
    for sku in practice_catalogue():
        picture = QImage(str(practice_pictures_dir() / Path(sku.picture_path).name))
        assert min(picture.width(), picture.height()) >= 200, sku.code
        seen.add(bytes(picture.constBits()))
    assert len(seen) == len(practice_catalogue()), "two variants look the same"
