"""Labels: the only place where a QLabel is made, so that no text of a buyer is ever taken for markup."""

import math
from typing import Any, Final

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPixmap, QResizeEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from desktop.plain_text import MAX_SHOWN_CHARS, tooltip, visible
from desktop.texts import Phrase
from desktop.ui import Ui

#: at word boundaries, and inside a word only where it is longer than the line (the flags of `drawText` cannot say it)
_BREAKING: Final = QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere


def laid_out(text: str, font: QFont, width: int) -> tuple[QTextLayout, int]:
    """`text` broken into lines of `width` pixels, and how high they are together."""
    # A layout takes a line separator for the end of a line, and nothing else.
    layout = QTextLayout(text.replace("\n", "\u2028"), font)
    option = QTextOption()
    option.setWrapMode(_BREAKING)
    layout.setTextOption(option)
    layout.beginLayout()
    height = 0.0
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        height += line.height()
    layout.endLayout()
    return layout, math.ceil(height)


def explain(widget: QWidget, text: str) -> None:
    """Give a widget a tooltip; a tooltip guesses whether it got markup, so foreign text is escaped here."""
    widget.setToolTip(tooltip(text))


def set_look(widget: QWidget, **properties: str) -> None:
    """Choose how the style sheet draws `widget`: `look`, and `tone` for its states."""
    changed = False
    for name, value in properties.items():
        if widget.property(name) != value:
            widget.setProperty(name, value)
            changed = True
    if changed:
        style = widget.style()
        style.unpolish(widget)
        style.polish(widget)
        for child in widget.findChildren(QLabel):
            style.unpolish(child)
            style.polish(child)
        widget.update()


class PlainLabel(QLabel):
    """Plain text, always. Says a phrase (again, when the language changes) or shows foreign text."""

    def __init__(
        self,
        ui: Ui,
        look: str = "body",
        *,
        wraps: bool = False,
        keeps_lines: bool | None = None,
        limit: int = MAX_SHOWN_CHARS,
        name: str = "",
    ) -> None:
        """Make the label.

        Args:
            ui: words and colours.
            look: how the style sheet draws it.
            wraps: long text goes on in the next line.
            keeps_lines: line breaks of the text stay; by default where it wraps.
            limit: characters shown; the rest is in the tooltip.
            name: for robots.
        """
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.setWordWrap(wraps)
        self.setProperty("look", look)
        if name:
            self.setObjectName(name)
        self._ui = ui
        self._limit = limit
        self._keeps_lines = wraps if keeps_lines is None else keeps_lines
        self._phrase: Phrase | None = None
        self._measured: tuple[tuple[str, str, int], int] = (("", "", 0), 0)
        ui.retranslated.connect(self._on_retranslated)

    def say(self, code: str, /, **facts: object) -> None:
        """Say the phrase `code` with its facts, now and in any later language."""
        self.say_phrase(Phrase(code, facts))

    def say_phrase(self, phrase: Phrase) -> None:
        """The same for a made phrase."""
        self._phrase = phrase
        self._put(self._ui.texts.say(phrase))

    def show_text(self, text: str) -> None:
        """Show foreign text; what is longer than fits is in the tooltip."""
        self._phrase = None
        self._put(text)
        self.setToolTip(tooltip(text) if len(text) > self._limit else "")

    def setText(self, text: str) -> None:  # noqa: N802  Qt's name; kept so that nobody goes around `show_text`
        """Same as `show_text`."""
        self.show_text(text)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """A label that wraps may be as narrow as its place: one long word must not widen the page."""
        hint = super().minimumSizeHint()
        return QSize(24, self.fontMetrics().height()) if self.wordWrap() else hint

    def heightForWidth(self, width: int) -> int:  # noqa: N802  Qt's name
        """How high the text gets where words are broken if need be."""
        if not self.wordWrap():
            return super().heightForWidth(width)
        # Asked again and again while a page is laid out.
        about = (self.text(), self.font().key(), width)
        if self._measured[0] != about:
            self._measured = (about, laid_out(about[0], self.font(), max(width, 1))[1])
        return self._measured[1]

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Draw wrapped text so that a word without end is broken instead of cut."""
        if not self.wordWrap():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        option = QTextOption(self.alignment())
        option.setWrapMode(_BREAKING)
        painter.drawText(QRectF(self.contentsRect()), self.text(), option)
        painter.end()

    def _put(self, text: str) -> None:
        shown = visible(text, lines=self._keeps_lines, limit=self._limit)
        if shown != super().text():
            super().setText(shown)

    @Slot()
    def _on_retranslated(self) -> None:
        if self._phrase is not None:
            self._put(self._ui.texts.say(self._phrase))


class ElidedLabel(PlainLabel):
    """One line that ends in an ellipsis where there is no room; the whole text is in the tooltip."""

    def __init__(self, ui: Ui, look: str = "body", *, name: str = "") -> None:
        super().__init__(ui, look, name=name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(24)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Any width will do."""
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002  Qt's name and signature
        """Draw as much as there is room for."""
        painter = QPainter(self)
        area = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width())
        painter.setPen(self.palette().windowText().color())
        painter.drawText(area, int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Offer the whole text where it is cut."""
        super().resizeEvent(event)
        self._explain()

    def _put(self, text: str) -> None:
        super()._put(text)
        self._explain()

    def _explain(self) -> None:
        is_cut = self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()
        self.setToolTip(tooltip(self.text()) if is_cut else "")


class FitLabel(ElidedLabel):
    """One line in the largest size that fits, between the style sheet's size and 60 % of it; then it elides."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002  Qt's name and signature
        """Draw the whole line smaller before any of it is lost."""
        painter = QPainter(self)
        area = self.contentsRect()
        font = self.font()
        metrics = self.fontMetrics()
        wanted = metrics.horizontalAdvance(self.text())
        if wanted > area.width() > 0:
            font.setPixelSize(max(font.pixelSize() * 6 // 10, font.pixelSize() * area.width() // wanted))
            painter.setFont(font)
            metrics = painter.fontMetrics()
        painter.setPen(self.palette().windowText().color())
        text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()


class IconLabel(QLabel):
    """A picture of the icon set in a token's colour; follows the theme."""

    def __init__(self, ui: Ui, icon: str, tint: str = "secondary", size: int = 20) -> None:
        super().__init__()
        self._ui = ui
        self._what = (icon, tint, size)
        self.setFixedSize(size, size)
        ui.restyled.connect(self._on_restyled)
        self._on_restyled()

    def change(self, icon: str, token: str) -> None:
        """Another icon or colour, same size."""
        if self._what[:2] != (icon, token):
            self._what = (icon, token, self._what[2])
            self._on_restyled()

    @Slot()
    def _on_restyled(self) -> None:
        icon, token, size = self._what
        self.setPixmap(self._ui.pixmap(icon, token, size))


class PictureLabel(QLabel):
    """A picture scaled into a square, or a quiet stand-in where there is none."""

    def __init__(self, ui: Ui, side: int, name: str = "") -> None:
        super().__init__()
        self._ui = ui
        self._picture: QPixmap | None = None
        self._icon = "image"
        if name:
            self.setObjectName(name)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.set_side(side)
        ui.restyled.connect(self._on_restyled)

    def set_side(self, side: int) -> None:
        """Make the square `side` pixels wide."""
        self.setFixedSize(side, side)
        self._on_restyled()

    def show_picture(self, picture: QPixmap | None, icon: str = "image") -> None:
        """Show a picture, or the icon of what it would be."""
        self._picture = picture
        self._icon = icon
        self._on_restyled()

    @Slot()
    def _on_restyled(self) -> None:
        side = self.width()
        if self._picture is None or self._picture.isNull():
            self.setStyleSheet(f"background: {self._ui.tokens.raised}; border-radius: 6px;")
            self.setPixmap(self._ui.pixmap(self._icon, "secondary", max(16, side * 2 // 5)))
            return
        self.setStyleSheet("")
        ratio = self.devicePixelRatioF()
        picture = self._picture.scaled(
            round(side * ratio),
            round(side * ratio),
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        picture.setDevicePixelRatio(ratio)
        self.setPixmap(picture)


def named(widget: Any, name: str) -> Any:
    """The widget with its name for robots set (`page.area.widget`)."""
    widget.setObjectName(name)
    return widget
