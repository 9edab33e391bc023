"""The frame around the pages: rail, strip, message bar, and the place where one page stands."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from desktop.shell.rail import Rail
from desktop.shell.tabs import Tabs
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.labels import PlainLabel


class Frame(QWidget):
    """Shows one of its pages, or says that there is none yet."""

    def __init__(self, ui: Ui, go: Callable[[str], None]) -> None:
        super().__init__()
        self.setProperty("look", "ground")
        self.rail = Rail(ui, go)
        self.tabs = Tabs(ui, go)
        self._stack = QStackedWidget()
        # No page, however hostile its texts, may make the window larger than the screen.
        self._stack.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._placeholder = PlainLabel(ui, "title", name="shell.loading")
        self._placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._placeholder.setWordWrap(True)
        self._placeholder.say("shell.loading")
        self._stack.addWidget(self._placeholder)
        self._heads: tuple[QWidget, ...] = ()
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.tabs)
        self._column.addWidget(self._stack, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(self._column, 1)

    def mark(self, page: str) -> None:
        """Show in rail and tabs which page is open."""
        self.rail.mark(page)
        self.tabs.mark(page)

    def offer(self, may_open: Callable[[str], bool]) -> None:
        """Show the pages that whoever is here has something to do on."""
        self.rail.offer(may_open)
        self.tabs.offer(may_open)

    def add_heads(self, *heads: QWidget) -> None:
        """Put these above the page, in their order."""
        self._heads = heads
        for place, head in enumerate(heads):
            self._column.insertWidget(place, head)

    def show_page(self, page: QWidget) -> None:
        """Show a page, or anything else in the place of the pages."""
        if self._stack.indexOf(page) < 0:
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)

    def stand_alone(self, is_alone: bool) -> None:
        """Leave a page all the room: no rail, and of the heads above it only the last one, which has news."""
        self.rail.setVisible(not is_alone)
        for head in self._heads[:-1]:
            head.setVisible(not is_alone)

    def keep(self, page: QWidget) -> None:
        """Take a page without showing it yet."""
        self._stack.addWidget(page)

    def show_waiting(self, phrase: Phrase) -> None:
        """Say why there is no page."""
        self._placeholder.say_phrase(phrase)
        self._stack.setCurrentWidget(self._placeholder)
