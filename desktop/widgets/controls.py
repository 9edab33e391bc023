"""Buttons, chips, pills, fields: small things with a code for their words."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLocale, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.errors import missing_right
from desktop.plain_text import button_text, tooltip, visible
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.labels import IconLabel, PlainLabel, set_look

if TYPE_CHECKING:
    from core.access.rights import Right

#: sign for each tone of a state: never colour alone
SIGNS: Final = {
    "good": "circle-check",
    "busy": "circle-dot",
    "notice": "triangle-alert",
    "stop": "octagon-x",
    "quiet": "circle",
}
TONE_TOKENS: Final = {"good": "good", "busy": "accent", "notice": "notice", "stop": "stop", "quiet": "secondary"}


class ActionButton(QPushButton):
    """A button that says a code, and its key in the tooltip. `look` is main, plain or danger."""

    def __init__(
        self,
        ui: Ui,
        code: str,
        on_press: Callable[[], object],
        *,
        look: str = "plain",
        icon: str = "",
        key: str = "",
        name: str = "",
        takes_focus: bool = True,
        right: "Right | None" = None,
    ) -> None:
        """`right`: without it the button stands grey, and its tooltip says which right is missing."""
        super().__init__()
        self._ui = ui
        self._right = right
        self._phrase = Phrase(code)
        self._icon = icon
        self._key = key
        self.setProperty("look", look)
        self.setObjectName(name)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if takes_focus else Qt.FocusPolicy.NoFocus)
        self.clicked.connect(lambda _checked=False: on_press())
        ui.retranslated.connect(self._on_retranslated)
        ui.restyled.connect(self._on_restyled)
        if right is not None:
            ui.entitled.connect(self._on_entitled)
        self._on_entitled()

    @property
    def is_permitted(self) -> bool:
        """Whether whoever is here has the right that it takes."""
        return self._right is None or self._ui.may(self._right)

    def say_key(self, key: str) -> None:
        """Change the key that does the same; shown with the next `say`."""
        self._key = key

    def say(self, code: str, /, **facts: object) -> None:
        """Change what the button says."""
        self._phrase = Phrase(code, facts)
        self._on_retranslated()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Enter presses the button that has the focus, as Space does: Qt gives it Enter only inside dialogs."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.isAutoRepeat():
            self.click()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _on_retranslated(self) -> None:
        words = self._ui.texts.say(self._phrase)
        shown = f"{words}  {self._key}" if self._key else words
        self.setText(button_text(f" {shown}" if self._icon else shown))
        hint = self._ui.texts.say_if_known(Phrase(f"{self._phrase.code}.hint", self._phrase.facts))
        if self._right is not None and not self.is_permitted:
            self.setToolTip(tooltip(self._ui.texts.say(missing_right(self._right))))
        else:
            self.setToolTip(tooltip(f"{hint or words}" + (f" ({self._key})" if self._key else "")))
        self.setAccessibleName(visible(words))

    @Slot()
    def _on_entitled(self) -> None:
        if self._right is not None:
            self.setEnabled(self.is_permitted)
        self._on_retranslated()
        self._on_restyled()

    @Slot()
    def _on_restyled(self) -> None:
        if self._icon:
            look = str(self.property("look")) if self.is_permitted else "grey"
            token = {"main": "on_accent", "danger": "stop", "grey": "secondary"}.get(look, "text")
            self.setIcon(self._ui.icon(self._icon, token, 16))
            self.setIconSize(QSize(16, 16))


class StatePill(QFrame):
    """A state as colour, sign and word together."""

    def __init__(self, ui: Ui, name: str = "") -> None:
        super().__init__()
        self._sign = IconLabel(ui, "circle", "secondary", 14)
        self._word = PlainLabel(ui, "pill", name=name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._sign)
        row.addWidget(self._word)
        row.addStretch(1)
        self._word.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_state(self, tone: str, code: str, /, **facts: object) -> None:
        """Show a tone of `SIGNS` and the word of `code`."""
        self._sign.change(SIGNS[tone], TONE_TOKENS[tone])
        self._word.say(code, **facts)
        set_look(self._word, tone=tone)


class ChipRow(QScrollArea):
    """Filter chips with counts: one is chosen; arrow keys move. Where there is no room the row scrolls.

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
        # At once: else one frame shows the new words inside the old widths.
        self._row.activate()


class LightButton(QToolButton):
    """A light of the strip: sign, name and story; a press opens more."""

    def __init__(self, ui: Ui, name: str, on_press: Callable[[], None], icon: str = "") -> None:
        super().__init__()
        self._ui = ui
        self._icon = icon
        self._tone = "quiet"
        self._words: Callable[[], str] = str
        self._more: Callable[[], str] = str
        self.setObjectName(name)
        self.setProperty("look", "light")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(14, 14))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(lambda _checked=False: on_press())
        ui.retranslated.connect(self._refresh)
        ui.restyled.connect(self._refresh)

    def show_state(self, tone: str, words: Callable[[], str], more: Callable[[], str]) -> None:
        """Show a tone of `SIGNS`; the words are made again when the language changes."""
        self._tone, self._words, self._more = tone, words, more
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        words = " " + button_text(visible(self._words(), limit=40))
        if words != self.text():
            self.setText(words)
        self.setToolTip(tooltip(self._more()))
        self.setIcon(self._ui.icon(self._icon or SIGNS[self._tone], TONE_TOKENS[self._tone], 14))
        set_look(self, tone=self._tone)


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

    def offer(self, values: Sequence[str]) -> None:
        """Offer other values; those without a word are shown as themselves."""
        if [self.itemData(index) for index in range(self.count())] == list(values):
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
            self.setItemText(index, visible(self._ui.texts.word(self._family, str(self.itemData(index)))))


class NumberBox(QSpinBox):
    """A whole number; the wheel does nothing without focus, so that scrolling a page changes no setting."""

    def __init__(self, lowest: int, highest: int, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setRange(lowest, highest)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


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


class EmptyState(QWidget):
    """What a page shows when there is nothing: what this is, and what to do first."""

    def __init__(self, ui: Ui, icon: str, code: str, name: str, *buttons: QWidget) -> None:
        super().__init__()
        self.setObjectName(name)
        self._title = PlainLabel(ui, "heading", name=f"{name}.title")
        self._hint = PlainLabel(ui, "secondary", wraps=True, name=f"{name}.hint")
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setFixedWidth(ui.scaled(460))
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addStretch(2)
        column.addWidget(IconLabel(ui, icon, "secondary", 48), alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._title)
        # Centred by stretches: an alignment flag would cut a wrapped label to one line's height.
        words = QHBoxLayout()
        words.addStretch(1)
        words.addWidget(self._hint)
        words.addStretch(1)
        column.addLayout(words)
        row = QHBoxLayout()
        row.addStretch(1)
        for button in buttons:
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(3)
        self.say(code)

    def say(self, code: str, /, **facts: object) -> None:
        """Say `<code>` as title and `<code>.hint` below."""
        self._title.say(code, **facts)
        self._hint.say(f"{code}.hint", **facts)
