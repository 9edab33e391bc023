"""Buttons, chips, pills, fields: small things with a code for their words."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
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

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  Qt's name
        """A button that can be pressed has its icon in another colour than one that cannot."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._on_restyled()

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
            look = str(self.property("look")) if self.isEnabled() else "grey"
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


class EmptyState(QWidget):
    """What a page shows when there is nothing: what this is, and what to do first."""

    def __init__(self, ui: Ui, icon: str, code: str, name: str, *buttons: QWidget) -> None:
        super().__init__()
        self.setObjectName(name)
        self._title = PlainLabel(ui, "heading", name=f"{name}.title")
        self._hint = PlainLabel(ui, "secondary", wraps=True, name=f"{name}.hint")
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setFixedWidth(ui.scaled(500))
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
