"""The drawer on the right: a head that stays and a body that scrolls."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.labels import ElidedLabel

_WIDTH = 430
#: large type must leave room for the list
_WIDEST = 560


class Drawer(QFrame):
    """Shows the details of one thing beside the list it is in."""

    def __init__(self, ui: Ui, name: str, on_close: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("look", "drawer")
        self.setFixedWidth(min(ui.scaled(_WIDTH), _WIDEST))
        self.title = ElidedLabel(ui, "title", name=f"{name}.title")
        close = ActionButton(ui, "action.close", on_close, key="Esc", name=f"{name}.close")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(close)
        self.top = QVBoxLayout()
        self.top.setSpacing(8)
        self.top.addLayout(head)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 14, 10, 10)
        column.setSpacing(10)
        column.addLayout(self.top)
        column.addWidget(self._scroll, 1)

    def show_body(self, body: QWidget) -> None:
        """Put a new body in; the old one goes, the place in it is kept."""
        place = self._scroll.verticalScrollBar().value()
        self._scroll.setWidget(body)
        self._scroll.verticalScrollBar().setValue(place)
