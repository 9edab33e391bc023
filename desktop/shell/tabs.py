"""Tabs above a page that shares its place in the rail with others."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QWidget

from desktop.plain_text import button_text
from desktop.shell.rail import GROUPS, INSIDE
from desktop.ui import Ui
from desktop.widgets.labels import explain

#: beside a tab's word, as the theme says, and what a word's slanting ends need
_PADDING_PX: Final = 32
_SIDE_PX: Final = 16
#: every page that has a tab, in the order of the tabs
_ORDER: Final = tuple(page for pages in GROUPS.values() for page in pages)


class Tabs(QFrame):
    """The pages of the open page's group; Ctrl+Tab and Ctrl+Shift+Tab go round. Hidden where there is but one."""

    def __init__(self, ui: Ui, go: Callable[[str], None]) -> None:
        super().__init__()
        self._ui = ui
        self._go = go
        self._may_open: Callable[[str], bool] = lambda _page: True
        self._page = ""
        self._buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        self.setObjectName("shell.tabs")
        self.setProperty("look", "tabs")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(_SIDE_PX, 0, _SIDE_PX, 0)
        self._row.setSpacing(4)
        self._row.addStretch(1)
        self.hide()
        ui.retranslated.connect(self._on_retranslated)

    def offer(self, may_open: Callable[[str], bool]) -> None:
        """Show the pages that whoever is here has something to do on."""
        self._may_open = may_open
        self.mark(self._page)

    def mark(self, page: str) -> None:
        """Show which page is open, and the others of its group."""
        self._page = page
        beside = self._beside(page)
        # Made with the first page that has tabs: the first page of a start has none.
        for name in beside:
            if name not in self._buttons:
                self._add(name)
        for name, button in self._buttons.items():
            button.setVisible(name in beside)
        if page in self._buttons:
            self._buttons[page].setChecked(True)
        self.setVisible(len(beside) > 1)

    def _add(self, page: str) -> None:
        button = QPushButton()
        button.setCheckable(True)
        button.setObjectName(f"shell.tabs.{page}")
        button.setProperty("look", "tab")
        button.clicked.connect(lambda _checked=False: self._go(page))
        self._group.addButton(button)
        self._buttons[page] = button
        # In the order of the group, whichever of them was allowed first.
        left = [name for name in _ORDER[: _ORDER.index(page)] if name in self._buttons]
        self._row.insertWidget(len(left), button)
        # Tab goes from the rail through these to the page, whichever was made first.
        self.setTabOrder(self._buttons[left[-1]] if left else self._before_me(), button)
        self._name(page)

    def _before_me(self) -> QWidget:
        """What Tab comes from."""
        before = self.previousInFocusChain()
        while before is not None and before is not self and before.focusPolicy() == Qt.FocusPolicy.NoFocus:
            before = before.previousInFocusChain()
        return before or self

    def turn(self, step: int) -> bool:
        """Open the next page of the group (-1: the one before); whether there is one."""
        beside = self._beside(self._page)
        if len(beside) < 2:
            return False
        self._go(beside[(beside.index(self._page) + step) % len(beside)])
        return True

    def _beside(self, page: str) -> tuple[str, ...]:
        pages = GROUPS.get(INSIDE.get(page, page), ())
        return tuple(name for name in pages if self._may_open(name)) if page in pages else ()

    @Slot()
    def _on_retranslated(self) -> None:
        for page in self._buttons:
            self._name(page)

    def _name(self, page: str) -> None:
        words = self._ui.texts.t(f"page.{page}")
        button = self._buttons[page]
        button.setText(button_text(words))
        # The open page's word is bolder than the button's own measure knows, and would lose its edges.
        button.ensurePolished()
        font = button.font()
        font.setWeight(QFont.Weight.DemiBold)
        button.setMinimumWidth(QFontMetrics(font).horizontalAdvance(words) + self._ui.scaled(_PADDING_PX))
        explain(button, f"{words} (Ctrl+Tab)")
