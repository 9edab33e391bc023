"""A badge that was just made: shown as a picture and printed; the code is nowhere kept."""

from typing import Final

from PySide6.QtCore import QRect, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.access.records import NewBadge
from desktop.pages.people.presenter import PeoplePresenter
from desktop.paper import bars
from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.labels import PlainLabel

_QUIET_MODULES: Final = 10
_MODULE_PX: Final = 2
_BAR_PX: Final = 72


class BadgeCard(QFrame):
    """The bars large enough to be scanned from the screen, and the way to the printer."""

    def __init__(self, ui: Ui, presenter: PeoplePresenter) -> None:
        super().__init__()
        self.setObjectName("people.badge")
        self.setProperty("look", "card")
        self._title = PlainLabel(ui, "heading", name="people.badge.title")
        self._hint = PlainLabel(ui, "secondary", wraps=True, name="people.badge.hint")
        self._hint.say("people.badge.hint")
        self._bars = _Bars()
        row = QHBoxLayout()
        self._print = ActionButton(
            ui, "people.badge.print", presenter.print_badge, look="main", icon="printer", name="people.badge.print"
        )
        row.addWidget(self._print)
        row.addWidget(ActionButton(ui, "people.badge.done", presenter.close, key="Esc", name="people.badge.done"))
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(10)
        for widget in (self._title, self._hint, self._bars):
            column.addWidget(widget)
        column.addLayout(row)
        self._print.setVisible(presenter.can_print)
        self.hide()

    def show_badge(self, badge: NewBadge | None) -> None:
        """Show a badge, or forget it."""
        self.setVisible(badge is not None)
        if badge is None:
            self._bars.show_code("")
            return
        self._title.say("people.badge.title", name=badge.name)
        self._bars.show_code(badge.code)
        self._print.setFocus()


class _Bars(QWidget):
    """A Code 128 in whole pixels, black on white in any theme."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("people.badge.bars")
        self._modules: list[bool] = []
        self.setFixedHeight(_BAR_PX + 2 * _QUIET_MODULES)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_code(self, code: str) -> None:
        """Draw a code; nothing for an empty one."""
        self._modules = bars(code) if code else []
        self.setFixedWidth((len(self._modules) + 2 * _QUIET_MODULES) * _MODULE_PX)
        self.update()

    @Slot()
    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """White ground, black bars."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), "white")
        for place, is_dark in enumerate(self._modules):
            if is_dark:
                left = (_QUIET_MODULES + place) * _MODULE_PX
                painter.fillRect(QRect(left, _QUIET_MODULES, _MODULE_PX, _BAR_PX), "black")
        painter.end()
