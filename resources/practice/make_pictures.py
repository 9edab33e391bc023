# ruff: noqa: INP001  a script beside its products, not a package
"""Draws the goods of the practice shop: run it to write the PNG files beside it. They are ours.

Each picture tells its goods and its variant at 96 pixels: another shape for another thing, another colour and the
stage, size or flavour in large letters for another variant of the same.
"""

import os
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QImage,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
)

HERE = Path(__file__).parent
SIDE = 256
_CENTRE = Qt.AlignmentFlag.AlignCenter
Draw = Callable[["Easel"], None]


class Easel:
    """A painter with the few strokes these pictures need; coordinates of a 256 x 256 sheet."""

    def __init__(self, ground: str, family: str) -> None:
        self.image = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32_Premultiplied)
        self.image.fill(Qt.GlobalColor.transparent)
        self._family = family
        self.painter = QPainter(self.image)
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.box(0, 0, SIDE, SIDE, ground, 28)

    def box(self, x: float, y: float, w: float, h: float, fill: QBrush | str, radius: float = 0) -> None:
        """A filled rectangle with round corners."""
        self.painter.setBrush(QBrush(QColor(fill)) if isinstance(fill, str) else fill)
        self.painter.drawRoundedRect(QRectF(x, y, w, h), radius, radius)

    def oval(self, x: float, y: float, w: float, h: float, fill: QBrush | str) -> None:
        """A filled ellipse within a rectangle."""
        self.painter.setBrush(QBrush(QColor(fill)) if isinstance(fill, str) else fill)
        self.painter.drawEllipse(QRectF(x, y, w, h))

    def shape(self, fill: QBrush | str, *points: tuple[float, float]) -> None:
        """A filled polygon."""
        self.painter.setBrush(QBrush(QColor(fill)) if isinstance(fill, str) else fill)
        self.painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))

    def words(self, text: str, x: float, y: float, w: float, h: float, size: int, color: str) -> None:
        """Bold words in the middle of a rectangle."""
        font = QFont(self._family)
        font.setPixelSize(size)
        font.setBold(True)
        self.painter.setFont(font)
        self.painter.setPen(QColor(color))
        self.painter.drawText(QRectF(x, y, w, h), int(_CENTRE), text)
        self.painter.setPen(Qt.PenStyle.NoPen)

    def line(self, color: str, width: float, *points: tuple[float, float]) -> None:
        """A line with round ends through the points."""
        self.painter.setPen(
            QPen(QColor(color), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        )
        self.painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))
        self.painter.setPen(Qt.PenStyle.NoPen)

    def shadow(self, x: float, y: float, w: float) -> None:
        """What the thing stands on."""
        self.oval(x, y, w, 18, QBrush(QColor(0, 0, 0, 38)))

    def face(self, x: float, y: float, scale: float, fur: str, *, has_horns: bool = False) -> None:
        """A bear's head, or a kid's with horns and hanging ears."""
        if has_horns:
            for left, right in ((x - 16 * scale, x - 4 * scale), (x + 16 * scale, x + 4 * scale)):
                self.line("#8a6d4b", 6 * scale, (right, y - 16 * scale), (left, y - 38 * scale))
            for side in (-1, 1):
                self.oval(x + side * 32 * scale - 16 * scale, y - 12 * scale, 32 * scale, 16 * scale, fur)
        else:
            for side in (-1, 1):
                self.oval(x + side * 21 * scale - 12 * scale, y - 34 * scale, 24 * scale, 24 * scale, fur)
                self.oval(x + side * 21 * scale - 6 * scale, y - 28 * scale, 12 * scale, 12 * scale, "#f6d9c2")
        self.oval(x - 30 * scale, y - 26 * scale, 60 * scale, 54 * scale, fur)
        self.oval(x - 15 * scale, y - 2 * scale, 30 * scale, 24 * scale, "#fff6ec")
        self.oval(x - 5 * scale, y + 1 * scale, 10 * scale, 8 * scale, "#3b2a20")
        for side in (-1, 1):
            self.oval(x + side * 12 * scale - 3.5 * scale, y - 10 * scale, 7 * scale, 8 * scale, "#3b2a20")


def across(x: float, w: float, dark: str, light: str) -> QBrush:
    """Light that falls on something round from the left."""
    shade = QLinearGradient(x, 0, x + w, 0)
    for place, color in ((0.0, dark), (0.28, light), (0.6, dark), (1.0, QColor(dark).darker(125).name())):
        shade.setColorAt(place, QColor(color))
    return QBrush(shade)


def down(y: float, h: float, top: str, foot: str) -> QBrush:
    """From one colour above to another below."""
    shade = QLinearGradient(0, y, 0, y + h)
    shade.setColorAt(0, QColor(top))
    shade.setColorAt(1, QColor(foot))
    return QBrush(shade)


def tin(
    stage: str, weight: str, dark: str, light: str, lid: str, *, has_horns: bool = False, is_small: bool = False
) -> Draw:
    """A milk-powder tin with its stage in large letters."""

    def draw(easel: Easel) -> None:
        x, w, top, foot = (74, 108, 88, 222) if is_small else (56, 144, 44, 226)
        easel.shadow(x - 6, foot - 2, w + 12)
        easel.box(x, top, w, foot - top, across(x, w, dark, light), 12)
        easel.oval(x, foot - 18, w, 24, QColor(dark).darker(125).name())
        easel.box(x - 4, top - 12, w + 8, 26, across(x - 4, w + 8, lid, "#ffffff"), 8)
        easel.oval(x - 4, top - 20, w + 8, 22, QColor(lid).lighter(118).name())
        band, height = (142, 38) if is_small else (130, 54)
        easel.face(x + w / 2, 124 if is_small else 96, 0.6 if is_small else 0.92, "#e8b98a", has_horns=has_horns)
        easel.box(x, band, w, height, "#ffffff")
        easel.words(stage, x, band - 1, w, height, 32 if is_small else 44, dark)
        easel.words(weight, x, band + height, w, 28, 22, "#ffffff")

    return draw


def carton(flavour: str, dark: str, light: str, fruit: Draw) -> Draw:
    """A box of rice cereal standing at an angle."""

    def draw(easel: Easel) -> None:
        easel.shadow(52, 222, 160)
        easel.shape(QColor(dark).darker(130).name(), (176, 40), (206, 54), (206, 218), (176, 230))
        easel.shape(down(40, 190, light, dark), (58, 40), (176, 40), (176, 230), (58, 230))
        easel.shape(QColor(light).lighter(112).name(), (58, 40), (88, 28), (206, 54), (176, 40))
        easel.box(70, 56, 94, 44, "#ffffff", 8)
        easel.words("米粉", 70, 55, 94, 44, 32, dark)
        fruit(easel)
        easel.words(flavour, 58, 186, 118, 40, 30, "#ffffff")

    return draw


def bowl(easel: Easel) -> None:
    """Plain cereal."""
    easel.oval(84, 116, 68, 24, "#fffdf5")
    easel.shape("#f7efdd", (84, 128), (152, 128), (138, 164), (98, 164))
    easel.oval(98, 156, 40, 14, "#f7efdd")


def pumpkin(easel: Easel) -> None:
    """A pumpkin."""
    for x in (78, 128, 92, 112):
        easel.oval(x, 118, 34, 52, "#f08a24" if x in (78, 128) else "#f59f3f")
    easel.line("#5b7f2b", 7, (118, 120), (124, 108))


def pouch(easel: Easel) -> None:
    """Fruit purée in a squeeze pouch."""
    easel.shadow(64, 224, 130)
    easel.box(112, 22, 32, 26, "#e23f3f", 6)
    easel.box(118, 46, 20, 16, "#f3f3f3")
    body = QPainterPath(QPointF(84, 60))
    body.lineTo(172, 60)
    body.cubicTo(176, 120, 196, 170, 192, 230)
    body.lineTo(64, 230)
    body.cubicTo(60, 170, 80, 120, 84, 60)
    easel.painter.setBrush(down(60, 170, "#fff1b8", "#f6c344"))
    easel.painter.drawPath(body)
    easel.oval(78, 112, 52, 52, "#d93b3b")
    easel.line("#5b7f2b", 6, (104, 114), (110, 100))
    easel.painter.setBrush(QBrush(QColor("#f7d21e")))
    banana = QPainterPath(QPointF(178, 106))
    banana.cubicTo(178, 150, 150, 172, 124, 166)
    banana.cubicTo(146, 158, 160, 138, 162, 108)
    easel.painter.drawPath(banana)
    easel.words("水果泥", 64, 176, 128, 30, 30, "#9a3412")
    easel.words("100g", 64, 204, 128, 24, 20, "#9a3412")


def nappies(size: str, count: str, dark: str, light: str) -> Draw:
    """A pack of nappies with its size."""

    def draw(easel: Easel) -> None:
        easel.shadow(34, 224, 188)
        easel.box(100, 22, 56, 40, QColor(dark).darker(115).name(), 18)
        easel.box(112, 32, 32, 30, "#eef3f6", 12)
        easel.box(34, 48, 188, 182, down(48, 182, light, dark), 26)
        easel.oval(52, 62, 74, 50, QBrush(QColor(255, 255, 255, 120)))
        easel.oval(88, 58, 66, 56, QBrush(QColor(255, 255, 255, 120)))
        easel.words("纸尿裤", 60, 62, 136, 44, 32, dark)
        easel.oval(80, 104, 96, 96, "#ffffff")
        easel.words(size, 80, 102, 96, 96, 72, dark)
        easel.words(count, 34, 198, 188, 28, 22, "#ffffff")

    return draw


def wipes(count: str, *, is_small: bool) -> Draw:
    """A soft pack of wipes; the small one is another colour and lies alone."""

    def draw(easel: Easel) -> None:
        dark, light = ("#0f766e", "#99e2d8") if is_small else ("#2563a8", "#a9d3f5")
        x, y, w, h = (58, 82, 140, 120) if is_small else (24, 70, 208, 140)
        easel.shadow(x, y + h - 8, w)
        easel.box(x, y, w, h, down(y, h, light, dark), 16)
        for edge in (x, x + w - 12):
            easel.box(edge, y + 6, 12, h - 12, QColor(dark).lighter(130).name(), 4)
        easel.box(x + w / 2 - 44, y + 14, 88, 40, "#ffffff", 18)
        easel.shape("#ffffff", (x + w / 2 - 18, y + 20), (x + w / 2, y - 26), (x + w / 2 + 22, y + 20))
        easel.words("湿巾", x, y + h - (66 if is_small else 78), w, 32, 26 if is_small else 32, "#ffffff")
        easel.words(count, x, y + h - (36 if is_small else 42), w, 32, 28 if is_small else 34, "#ffffff")

    return draw


def bottle(volume: str, glass: str, ring: str, scale: float) -> Draw:
    """A feeding bottle with its measure."""

    def draw(easel: Easel) -> None:
        w, foot = 92 * scale, 228
        x, top = 128 - w / 2, foot - 132 * scale
        easel.shadow(x - 8, foot - 10, w + 16)
        easel.oval(118, top - 62, 20, 34, "#f3d2a0")
        easel.oval(104, top - 42, 48, 40, "#f3d2a0")
        easel.box(x + 4, top - 24, w - 8, 30, across(x, w, ring, "#ffffff"), 8)
        easel.box(x, top, w, foot - top, across(x, w, glass, "#ffffff"), 24)
        easel.box(x + 8, top + 54, w - 16, foot - top - 62, QBrush(QColor(255, 253, 245, 235)), 18)
        for step in range(2):
            y = foot - 20 - step * 17
            easel.line(ring, 4, (x + w - 26, y), (x + w - 12, y))
        easel.words(volume, x - 6, top + 56, w + 12, 34, round(24 * scale) - 1, QColor(ring).darker(150).name())

    return draw


def cloths(name: str, top: str, foot: str, edge: str) -> Draw:
    """Five folded cloths, bound together."""

    def draw(easel: Easel) -> None:
        easel.shadow(38, 212, 180)
        for number in range(5):
            y = 186 - number * 30
            easel.box(42, y, 172, 34, down(y, 34, top, foot), 15)
            easel.line(edge, 3, (56, y + 26), (200, y + 26))
        easel.box(98, 62, 60, 160, QBrush(QColor(255, 250, 235, 245)), 6)
        easel.words(name, 98, 82, 60, 60, 27, "#4a5565")
        easel.words("5条", 98, 146, 60, 44, 24, "#4a5565")

    return draw


def knitted_bear(easel: Easel) -> None:
    """The bear that carries no barcode."""
    easel.shadow(64, 222, 128)
    wool = "#e3c79b"
    easel.oval(70, 128, 116, 104, wool)
    for x, y in ((46, 132), (166, 132), (62, 196), (148, 196)):
        easel.oval(x, y, 46, 40, "#d8b885")
    easel.face(128, 96, 1.7, wool)
    for row in range(4):
        for column in range(5):
            x, y = 92 + column * 16, 154 + row * 17
            easel.line("#c9a870", 3, (x - 5, y - 4), (x, y + 3), (x + 5, y - 4))


def sachet(easel: Easel) -> None:
    """A sample of milk powder."""
    easel.shadow(66, 226, 124)
    easel.shape(down(34, 196, "#ffe2b8", "#f08c2e"), (70, 44), (186, 44), (192, 230), (64, 230))
    for y in (34, 222):
        easel.box(64, y, 128, 14, "#c9651b")
    easel.face(128, 92, 0.85, "#e8b98a")
    easel.words("试用装", 66, 124, 124, 40, 34, "#7a3508")
    easel.words("3段", 66, 162, 124, 34, 30, "#ffffff")
    easel.words("25g", 66, 194, 124, 26, 22, "#ffffff")


def stickers(easel: Easel) -> None:
    """A sheet of stickers."""
    easel.shadow(52, 222, 156)
    easel.box(48, 32, 160, 198, "#ffffff", 10)
    easel.face(92, 86, 0.8, "#e8b98a")
    easel.face(164, 90, 0.8, "#f1e4d4", has_horns=True)
    star = ((92, 132), (101, 153), (124, 155), (107, 170), (112, 192), (92, 180), (72, 192), (77, 170), (60, 155))
    easel.shape("#f7c325", *star, (83, 153))
    easel.oval(142, 138, 46, 46, "#ef6f8e")
    easel.words("贴纸", 48, 190, 160, 38, 30, "#7c5cc4")


def gift(words: str, dark: str, light: str) -> Draw:
    """A present: several things sold together."""

    def draw(easel: Easel) -> None:
        easel.shadow(40, 218, 176)
        easel.box(46, 104, 164, 122, down(104, 122, light, dark), 10)
        easel.box(36, 76, 184, 38, dark, 10)
        easel.box(114, 76, 28, 150, "#ffe08a")
        for side in (-1, 1):
            easel.oval(128 + side * 28 - 28, 40, 56, 40, "#ffe08a")
            easel.oval(128 + side * 28 - 14, 50, 28, 20, dark)
        easel.box(62, 142, 132, 48, "#ffffff", 10)
        easel.words(words, 62, 141, 132, 48, 32, dark)

    return draw


PICTURES: dict[str, tuple[str, Draw]] = {
    "MF-101": ("#e8f1fb", tin("1段", "800g", "#1d63b8", "#6aa7ea", "#d9b45b")),
    "MF-102": ("#e9f6ec", tin("2段", "800g", "#1f8a4c", "#6cc791", "#d9b45b")),
    "MF-103": ("#fdf0e3", tin("3段", "800g", "#d2691e", "#f6a765", "#d9b45b")),
    "MF-113": ("#fdf0e3", tin("3段", "400g", "#d2691e", "#f6a765", "#b9bec6", is_small=True)),
    "MF-201": ("#f3ecfb", tin("1段", "700g", "#6b3fa8", "#a983da", "#e7e3da", has_horns=True)),
    "MF-202": ("#e6f5f5", tin("2段", "700g", "#12787d", "#58b6ba", "#e7e3da", has_horns=True)),
    "MF-301": ("#fdeaf0", tin("孕妇", "800g", "#c23a6b", "#ee86aa", "#f5d3df")),
    "FS-101": ("#f5f1e6", carton("原味", "#a87b3c", "#dcbf8e", bowl)),
    "FS-102": ("#fff3e0", carton("南瓜", "#c65a11", "#f5b26b", pumpkin)),
    "FS-201": ("#fdf6df", pouch),
    "ZN-201": ("#e9f6ec", nappies("S", "58片", "#2f9150", "#a6dfb8")),
    "ZN-202": ("#e8f1fb", nappies("M", "50片", "#2368b5", "#a3cbf3")),
    "ZN-203": ("#f3ecfb", nappies("L", "44片", "#7140b0", "#cdb3ec")),
    "SJ-401": ("#e8f1fb", wipes("80抽", is_small=False)),
    "SJ-402": ("#e6f6f3", wipes("25抽", is_small=True)),
    "NP-301": ("#edf4f8", bottle("240ml", "#cfe3ee", "#3b82b6", 0.92)),
    "NP-302": ("#fbf1e2", bottle("300ml", "#f0c27b", "#d9772b", 1.16)),
    "KS-501": ("#eceff3", cloths("白色", "#ffffff", "#e7eaee", "#c4ccd6")),
    "KS-502": ("#e6f0fa", cloths("浅蓝", "#cfe6fb", "#9cc8ef", "#6ea6d8")),
    "WJ-601": ("#f7f0e4", knitted_bear),
    "ZP-901": ("#fdf0e3", sachet),
    "ZP-902": ("#f3ecfb", stickers),
    "ZH-001": ("#fdeaf0", gift("新生儿", "#c23a6b", "#f08fb0")),
    "ZH-002": ("#e9f6ec", gift("2段×3", "#1f8a4c", "#7fd0a0")),
}


def main() -> None:
    """Write every picture."""
    application = QGuiApplication([])
    font = QFontDatabase.addApplicationFont(str(HERE.parent / "fonts" / "NotoSansSC-Bold.ttf"))
    family = QFontDatabase.applicationFontFamilies(font)[0]
    for code, (ground, draw) in PICTURES.items():
        easel = Easel(ground, family)
        draw(easel)
        easel.painter.end()
        easel.image.convertToFormat(QImage.Format.Format_RGBA8888).save(str(HERE / f"{code}.png"))
    application.shutdown()


if __name__ == "__main__":
    main()
