"""Icons from the bundled set, tinted by a token."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from resources.interface import icon_file


def draw_icon(name: str, color: str, size: int, *, is_dense: bool) -> QIcon:
    """The icon `name` in `color` (`#RRGGBB`), drawn for 100 % screens; for 200 % too where a screen `is_dense`.

    Raises:
        FileNotFoundError: there is no such icon in the set.
    """
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", color).encode()))
    icon = QIcon()
    for scale in (1, 2) if is_dense else (1,):
        pixmap = QPixmap(size * scale, size * scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, size * scale, size * scale))
        painter.end()
        pixmap.setDevicePixelRatio(scale)
        icon.addPixmap(pixmap)
    return icon


@lru_cache(maxsize=128)
def _source(name: str) -> str:
    return icon_file(name).read_text(encoding="utf-8")
