"""What a clerk types into or chooses from: fields, boxes, filter chips.

Apart from the buttons and pills, because their kinds take Qt 5 ms to make known to Python: the first page has none.
"""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QLocale, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from desktop.plain_text import button_text, visible
from desktop.ui import Ui


class ChipRow(QScrollArea):
    """Filter chips with counts: one is chosen; arrow keys move.

    Where there is no room the chips that count nothing give way; if that is not enough the row scrolls, by wheel too.

    Signals:
        chosen: the code of the chip the clerk took.
    """

    chosen = Signal(str)

    def __init__(self, ui: Ui, family: str, codes: tuple[str, ...], name: str) -> None:
        super().__init__()
        self._ui = ui
        self._family = family
        self._counts: Mapping[str, str] = {}
        self._group = QButtonGroup(self)
        self._chips: dict[str, QPushButton] = {}
        holder = QWidget()
        self.setWidget(holder)
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedHeight(ui.scaled(34))
        row = self._row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for code in codes:
            chip = QPushButton()
            chip.setCheckable(True)
            chip.setAutoDefault(False)
            chip.setProperty("look", "chip")
            chip.setObjectName(f"{name}.{code}")
            chip.clicked.connect(lambda _checked=False, code=code: self.chosen.emit(code))
            self._group.addButton(chip)
            self._chips[code] = chip
            row.addWidget(chip)
        row.addStretch(1)
        ui.retranslated.connect(self._on_retranslated)
        self._on_retranslated()

    def choose(self, code: str) -> None:
        """Mark a chip without telling anybody."""
        self._chips[code].setChecked(True)
        self._make_room()
        self.ensureWidgetVisible(self._chips[code])

    def show_counts(self, counts: Mapping[str, str]) -> None:
        """Show a count, already as text, on each chip that has one."""
        self._counts = counts
        self._on_retranslated()

    @Slot()
    def _on_retranslated(self) -> None:
        for code, chip in self._chips.items():
            word = self._ui.texts.word(self._family, code)
            count = self._counts.get(code, "")
            chip.setText(button_text(f"{word}  {count}" if count else word))
        self._make_room()
        # At once: else one frame shows the new words inside the old widths.
        self._row.activate()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """There may be room for fewer chips, or for more."""
        super().resizeEvent(event)
        self._make_room()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  Qt's name
        """A wheel has one direction, and so has the row."""
        turned = event.angleDelta().y() or event.angleDelta().x()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - turned)
        event.accept()

    def _make_room(self) -> None:
        """Hide the chips that count nothing while all of them together are wider than the row."""
        chips = self._chips.values()
        whole = sum(chip.sizeHint().width() for chip in chips) + self._row.spacing() * len(self._chips)
        is_tight = self.isVisible() and whole > self.viewport().width()
        for code, chip in self._chips.items():
            chip.setVisible(not is_tight or chip.isChecked() or self._counts.get(code) != "0")


class Field(QLineEdit):
    """A line of text with a placeholder by code."""

    def __init__(self, ui: Ui, code: str, name: str, *, is_latin: bool = False, limit: int = 200) -> None:
        super().__init__()
        self._ui = ui
        self._code = code
        self.setObjectName(name)
        self.setMaxLength(limit)
        self.setClearButtonEnabled(False)
        if is_latin:
            self.setInputMethodHints(Qt.InputMethodHint.ImhLatinOnly | Qt.InputMethodHint.ImhNoPredictiveText)
            self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, on=False)
        # What was finished is no longer being written, see `widgets.layouts.is_written_in`.
        self.editingFinished.connect(lambda: self.setModified(False))
        ui.retranslated.connect(self._on_retranslated)
        self._on_retranslated()

    @Slot()
    def _on_retranslated(self) -> None:
        words = self._ui.texts.t(self._code)
        self.setPlaceholderText(visible(words))
        self.setAccessibleName(visible(words))


class ChoiceBox(QComboBox):
    """Choose one of a few values; each has a word `<family>.<value>`.

    Signals:
        picked: the value the clerk took.
    """

    picked = Signal(str)

    def __init__(self, ui: Ui, family: str, values: tuple[str, ...], name: str) -> None:
        super().__init__()
        self._ui = ui
        self._family = family
        self._names: Mapping[str, str] = {}
        self.setObjectName(name)
        for value in values:
            self.addItem("", value)
        self.activated.connect(lambda index: self.picked.emit(str(self.itemData(index))))
        ui.retranslated.connect(self._on_retranslated)
        self._on_retranslated()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002  Qt's name and signature
        """The box, its text, and our own arrow: a style sheet cannot tint one."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        side = 14
        arrow = self._ui.icon("chevron-down", "secondary", side)
        arrow.paint(painter, self.width() - side - 8, (self.height() - side) // 2, side, side)
        painter.end()

    def value(self) -> str:
        """The chosen value."""
        return str(self.currentData())

    def choose(self, value: str) -> None:
        """Show a value without telling anybody."""
        self.setCurrentIndex(self.findData(value))

    def offer(self, values: Sequence[str], names: Mapping[str, str] | None = None) -> None:
        """Offer other values and stay on the chosen one if it is still there.

        `names` are what shops, people and places are called, in every language; of the others the word is said, and
        what has none is shown as itself.
        """
        is_same = [self.itemData(index) for index in range(self.count())] == list(values)
        if is_same and (names or {}) == self._names:
            return
        self._names = dict(names or {})
        if is_same:
            self._on_retranslated()
            return
        chosen = self.value()
        self.clear()
        for value in values:
            self.addItem("", value)
        self._on_retranslated()
        self.setCurrentIndex(max(self.findData(chosen), 0))

    @Slot()
    def _on_retranslated(self) -> None:
        for index in range(self.count()):
            value = str(self.itemData(index))
            name = self._names.get(value)
            self.setItemText(index, visible(self._ui.texts.word(self._family, value) if name is None else name))


class NumberBox(QSpinBox):
    """A whole number; the wheel does nothing without focus, so that scrolling a page changes no setting."""

    def __init__(self, lowest: int, highest: int, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setRange(lowest, highest)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.editingFinished.connect(lambda: self.lineEdit().setModified(False))


class DecimalBox(QDoubleSpinBox):
    """A number with two places at most; a point in every language, and no wheel, as `NumberBox`."""

    def __init__(self, lowest: float, highest: float, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setLocale(QLocale.c())
        self.setDecimals(2)
        self.setRange(lowest, highest)
        self.setSingleStep(0.1)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.editingFinished.connect(lambda: self.lineEdit().setModified(False))

    def textFromValue(self, value: float) -> str:  # noqa: N802  Qt's name
        """Without zeros that say nothing: 2, 0.5, 11.81."""
        return f"{value:.2f}".rstrip("0").rstrip(".")


class TickBox(QCheckBox):
    """Yes or no, with a word by code."""

    def __init__(self, ui: Ui, code: str, name: str) -> None:
        super().__init__()
        self._ui = ui
        self._code = code
        self.setObjectName(name)
        ui.retranslated.connect(self._on_retranslated)
        self._on_retranslated()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """The box, and our own tick in it: a style sheet cannot tint one."""
        super().paintEvent(event)
        if self.isChecked():
            option = QStyleOptionButton()
            self.initStyleOption(option)
            area = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
            painter = QPainter(self)
            self._ui.icon("check", "on_accent", 14).paint(painter, area)
            painter.end()

    @Slot()
    def _on_retranslated(self) -> None:
        self.setText(button_text(self._ui.texts.t(self._code)))
