"""The drawer on the right: a head that stays and a body that scrolls."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.ui import Ui
from desktop.widgets.controls import ActionButton
from desktop.widgets.labels import ElidedLabel
from desktop.widgets.layouts import is_written_in, put_away

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

    def holds(self, widget: QWidget) -> bool:
        """Whether this stands in the body."""
        return self._scroll.isAncestorOf(widget)

    @property
    def focused(self) -> str:
        """Name of what has the keyboard in here, empty where nothing has."""
        focus = self.window().focusWidget()
        return focus.objectName() if focus is not None and self.isAncestorOf(focus) else ""

    def show_body(self, body: QWidget, focused: str | None = None) -> None:
        """Put a new body in; the old one goes, the place in it and the keyboard are kept.

        `focused` is what had the keyboard before parts of the old body were put into the new one.
        """
        place = self._scroll.verticalScrollBar().value()
        name = self.focused if focused is None else focused
        before = self._scroll.takeWidget()
        if before is not None:
            # Not at once: it may be one of its own buttons that asks for the new body.
            put_away(before)
        self._scroll.setWidget(body)
        self._scroll.verticalScrollBar().setValue(place)
        again = body.findChild(QWidget, name) if name else None
        if again is not None:
            again.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def is_written_in(self) -> bool:
        """Whether a hand is writing in the body."""
        body = self._scroll.widget()
        return body is not None and is_written_in(body)
