"""The left rail: one button a page, or a group of pages that share one place."""

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout

from desktop.plain_text import button_text
from desktop.shell.curtain import RAIL_PX
from desktop.ui import Ui
from desktop.widgets.labels import explain

#: pages in their order, with their icons
PAGES: Final = {
    "packing": "package",
    "orders": "clipboard-list",
    "stock": "boxes",
    "products": "layers",
    "customers": "users",
    "files": "folder-open",
    "waves": "waves",
    "handover": "truck",
    "day": "calendar-check",
    "alerts": "bell",
    "activity": "cloud-upload",
    "shops": "store",
    "printers": "printer",
    "people": "user",
    "log": "scroll-text",
    "settings": "settings",
}
#: pages that share the place of the first of them; tabs above the page lead from one to the other
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "orders": ("orders", "after_sale"),
    "stock": ("stock", "documents", "stocktake", "quotas", "replenish", "limits", "accident", "recall", "drill"),
    "products": ("products", "listings"),
    "shops": ("shops", "door", "payments"),
    "settings": ("settings", "desks"),
}
#: pages that are opened from another one, under which the rail shows them
INSIDE: Final = {"entry": "orders", "reports": "day", "welcome": "settings"} | {
    page: place for place, pages in GROUPS.items() for page in pages
}
#: pages that have a key of their own
KEYED: Final = 9
_BUTTON_PX: Final = 43
_ICON_PX: Final = 16


def entrance(place: str, may_open: Callable[[str], bool]) -> str:
    """The page that a place of the rail opens: the first of its group that may be opened; empty where none may."""
    return next((page for page in GROUPS.get(place, (place,)) if may_open(page)), "")


class Rail(QFrame):
    """Icon over word; Ctrl+1 to Ctrl+9 do the same."""

    def __init__(self, ui: Ui, go: Callable[[str], None]) -> None:
        super().__init__()
        self._ui = ui
        self._go = go
        self._may_open: Callable[[str], bool] = lambda _page: True
        self.setObjectName("shell.rail")
        self.setProperty("look", "rail")
        self.setFixedWidth(ui.scaled(RAIL_PX))
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        self._counts: dict[str, int] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(0)
        for page in PAGES:
            button = QToolButton()
            button.setCheckable(True)
            button.setObjectName(f"shell.rail.{page}")
            button.setProperty("look", "rail")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setIconSize(QSize(_ICON_PX, _ICON_PX))
            # Bold and plain words ask for different heights: the others would move when a page is chosen.
            button.setFixedHeight(ui.scaled(_BUTTON_PX))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked=False, page=page: self._enter(page))
            self._group.addButton(button)
            self._buttons[page] = button
            column.addWidget(button)
        column.addStretch(1)
        ui.retranslated.connect(self._on_retranslated)
        ui.restyled.connect(self.draw_icons)
        self._on_retranslated()

    def mark(self, page: str) -> None:
        """Show which page is open."""
        self._buttons[INSIDE.get(page, page)].setChecked(True)
        self.draw_icons()

    def offer(self, may_open: Callable[[str], bool]) -> None:
        """Show the places where whoever is here has something to do, on whichever page of them."""
        self._may_open = may_open
        for place, button in self._buttons.items():
            button.setVisible(bool(entrance(place, may_open)))

    def _enter(self, place: str) -> None:
        # A place without any page is hidden; should it be asked for all the same, the window says why not.
        self._go(entrance(place, self._may_open) or place)

    def show_count(self, page: str, count: int) -> None:
        """Say beside a page's word how much waits there; nothing for none."""
        if self._counts.get(page, 0) != count:
            self._counts[page] = count
            self._on_retranslated()

    @Slot()
    def draw_icons(self) -> None:
        """Draw the icons in the colours of this moment."""
        for page, button in self._buttons.items():
            token = "accent" if button.isChecked() else "secondary"
            button.setIcon(self._ui.icon(PAGES[page], token, _ICON_PX))

    @Slot()
    def _on_retranslated(self) -> None:
        for number, (page, button) in enumerate(self._buttons.items(), 1):
            words = self._ui.texts.t(f"page.{page}")
            count = self._counts.get(page, 0)
            button.setText(button_text(f"{words} {min(count, 99)}" if count else words))
            explain(button, f"{words} (Ctrl+{number})" if number <= KEYED else words)
