"""The chart of a drill: what each mode had sold minute by minute, against what was really there."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.practice.drill.records import Mode, Result
from desktop.plain_text import visible
from desktop.ui import Ui

#: colour and dashes of each mode's line: never colour alone
_LINES: Final = {
    Mode.NAIVE: ("stop", Qt.PenStyle.SolidLine),
    Mode.BUFFER: ("notice", Qt.PenStyle.DashLine),
    Mode.INCREMENTAL: ("accent", Qt.PenStyle.DashDotLine),
    Mode.QUOTA: ("good", Qt.PenStyle.SolidLine),
}
_TICKS: Final = 4
_LEFT, _TOP, _BOTTOM = 52, 14, 30
#: between the ends of two lines, so that their words do not cover each other
_WORD_GAP: Final = 3
_LEAST_PX: Final = QSize(360, 180)


class SoldChart(QWidget):
    """Units sold over the minutes of the sale. Above the line of the stock lies what does not exist."""

    def __init__(self, ui: Ui, name: str) -> None:
        super().__init__()
        self._ui = ui
        self._results: Sequence[Result] = ()
        self._chosen = Mode.QUOTA
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        ui.restyled.connect(self._on_words)
        ui.retranslated.connect(self._on_words)

    def show_results(self, results: Sequence[Result], chosen: Mode) -> None:
        """Draw these; the chosen one strong, with its area beyond the stock filled."""
        self._results, self._chosen = results, chosen
        self._on_words()

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Small enough for the smallest screen, large enough to be read."""
        return _LEAST_PX

    @Slot()
    def _on_words(self) -> None:
        texts = self._ui.texts
        # Who cannot see it hears the same.
        said = [f"{texts.t(f'drill.mode.{result.mode.value}')} {result.sold}" for result in self._results]
        self.setAccessibleName(visible(f"{texts.t('drill.chart')}: {', '.join(said)}"))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002  Qt's name and signature
        """Everything anew: a handful of lines."""
        if not self._results:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _Drawing(self._ui, painter, self._results, self._chosen, QRectF(self.rect()), self.font()).draw()
        painter.end()


class _Drawing:
    """One painting of the chart."""

    def __init__(
        self, ui: Ui, painter: QPainter, results: Sequence[Result], chosen: Mode, area: QRectF, font: QFont
    ) -> None:
        self._ui = ui
        self._painter = painter
        self._results = results
        self._chosen = chosen
        self._minutes = max(len(results[0].story) - 1, 1)
        self._stock = results[0].stock
        highest = max(self._stock, *(moment.sold for result in results for moment in result.story))
        self._step = _nice(highest / _TICKS)
        self._highest = max(self._step * -(-highest // self._step), 1)
        painter.setFont(font)
        self._line_px = painter.fontMetrics().height()
        words = [self._end_words(result) for result in results]
        right = max(painter.fontMetrics().horizontalAdvance(text) for text in words) + 14
        left = max(_LEFT, painter.fontMetrics().horizontalAdvance(f"{self._highest:,}") + 16)
        self._plot = QRectF(
            left, _TOP, area.width() - left - right, area.height() - _TOP - max(_BOTTOM, self._line_px + 12)
        )

    def draw(self) -> None:
        """Ground first, the chosen line last."""
        self._draw_grid()
        self._draw_stock()
        for result in sorted(self._results, key=lambda result: result.mode is self._chosen):
            self._draw_line(result)
        self._draw_ends()

    def _at(self, minute: float, units: float) -> QPointF:
        plot = self._plot
        return QPointF(
            plot.left() + plot.width() * minute / self._minutes,
            plot.bottom() - plot.height() * units / self._highest,
        )

    def _draw_grid(self) -> None:
        painter, plot, ui = self._painter, self._plot, self._ui
        for units in range(0, self._highest + 1, self._step):
            y = self._at(0, units).y()
            painter.setPen(QPen(_color(ui, "line"), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(_color(ui, "secondary"))
            place = QRectF(0, y - self._line_px / 2, plot.left() - 8, self._line_px)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{units:,}")
        step = max(_nice(self._minutes / 6), 1)
        for minute in range(0, self._minutes + 1, step):
            x = self._at(minute, 0).x()
            place = QRectF(x - 40, plot.bottom() + 6, 80, self._line_px)
            text = ui.texts.t("drill.minute", n=minute) if minute else "0"
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), visible(text))

    def _draw_stock(self) -> None:
        painter, plot, ui = self._painter, self._plot, self._ui
        y = self._at(0, self._stock).y()
        ground = _color(ui, "stop")
        ground.setAlphaF(0.07)
        painter.fillRect(QRectF(plot.left(), plot.top(), plot.width(), y - plot.top()), ground)
        painter.setPen(QPen(_color(ui, "text"), 1.4))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        words = visible(ui.texts.t("drill.chart.stock", n=self._stock))
        # On the right, where every line has turned flat; the other in the corner that no line reaches.
        below = QRectF(plot.left(), y + 4, plot.width() - 8, self._line_px)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), words)
        if y - plot.top() > self._line_px * 1.5:
            painter.setPen(_color(ui, "stop"))
            corner = QPointF(plot.left() + 8, plot.top() + self._line_px)
            painter.drawText(corner, visible(ui.texts.t("drill.chart.beyond")))

    def _draw_line(self, result: Result) -> None:
        painter = self._painter
        token, dashes = _LINES[result.mode]
        is_chosen = result.mode is self._chosen
        color = _color(self._ui, token)
        points = [self._at(moment.minute, moment.sold) for moment in result.story]
        if is_chosen and result.oversold:
            top = self._at(0, self._stock).y()
            beyond = [QPointF(point.x(), min(point.y(), top)) for point in points]
            filled = QColor(color)
            filled.setAlphaF(0.22)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(filled)
            painter.drawPolygon(QPolygonF([QPointF(points[0].x(), top), *beyond, QPointF(points[-1].x(), top)]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(
            QPen(color, 2.6 if is_chosen else 1.5, dashes, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        )
        painter.drawPolyline(QPolygonF(points))

    def _draw_ends(self) -> None:
        """Each line's word at its end; words that would cover each other move apart."""
        painter, gap = self._painter, self._line_px + _WORD_GAP
        ends = sorted(self._results, key=lambda result: -result.story[-1].sold)
        places = [self._at(self._minutes, result.story[-1].sold).y() for result in ends]
        for place in range(1, len(places)):
            places[place] = max(places[place], places[place - 1] + gap)
        overhang = max(places[-1] - self._plot.bottom(), 0)
        for place in range(len(places) - 1, -1, -1):
            lowest = self._plot.bottom() if place == len(places) - 1 else places[place + 1] - gap
            places[place] = min(places[place], lowest) if overhang else places[place]
        for result, y in zip(ends, places, strict=True):
            font = QFont(painter.font())
            font.setBold(result.mode is self._chosen)
            painter.setFont(font)
            painter.setPen(_color(self._ui, _LINES[result.mode][0]))
            painter.drawText(QPointF(self._plot.right() + 6, y + self._line_px * 0.35), self._end_words(result))

    def _end_words(self, result: Result) -> str:
        return visible(f"{self._ui.texts.t(f'drill.mode.{result.mode.value}')} {result.story[-1].sold:,}")


def _color(ui: Ui, token: str) -> QColor:
    return QColor(ui.tokens.color(token))


def _nice(wish: float) -> int:
    """The smallest round number not below the wish: 1, 2 or 5 with zeros."""
    size = 1
    while True:
        for digit in (1, 2, 5):
            if digit * size >= wish:
                return digit * size
        size *= 10
