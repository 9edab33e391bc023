"""What keys and scans mean anywhere in the window."""

from typing import TYPE_CHECKING, Protocol, cast

from PySide6.QtCore import QObject, Qt, Slot

from core.access.badges import is_badge_like
from desktop.commands import is_command_like
from desktop.shell.page_facts import PAGE_FACTS, Codes
from desktop.shell.rail import KEYED, PAGES, entrance
from desktop.texts import Phrase

if TYPE_CHECKING:
    from desktop.shell.window import DeskWindow


class Page(Protocol):
    """What the shell knows of a page."""

    def handle_scan(self, raw: str) -> None:
        """A code was read while the page is open."""
        ...

    def handle_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """A function key or a key with Ctrl; whether the page used it."""
        ...

    def handle_changed(self) -> None:
        """Records changed; only told while the page is visible."""
        ...


class ShellKeys(QObject):
    """Sends function keys and scans to the page they belong to."""

    def __init__(self, window: "DeskWindow") -> None:
        super().__init__(window)
        self._window = window

    def on_command(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """A function key or a key with Ctrl or Alt, once it is known to come from a hand; whether it was used."""
        window = self._window
        if modifiers == Qt.KeyboardModifier.AltModifier and key == Qt.Key.Key_F4:
            window.close()
            return True
        if window.is_locked:
            return False
        if modifiers == Qt.KeyboardModifier.ControlModifier and 0 <= key - Qt.Key.Key_1 < min(len(PAGES), KEYED):
            place = tuple(PAGES)[key - Qt.Key.Key_1]
            window.go(entrance(place, window.may_open) or place)
            return True
        if key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab) and modifiers & Qt.KeyboardModifier.ControlModifier:
            return window.frame.tabs.turn(-1 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1)
        if modifiers == Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_L:
            return window.leave()
        if key == Qt.Key.Key_F1:
            window.parts.toggle_keys()
            return True
        if window.is_covered:
            return self._uncover(key, modifiers)
        if self._hand_over(window.current_page, key, modifiers):
            return True
        return self._anywhere(key, modifiers)

    def _uncover(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Nothing is done behind somebody's back: a function key first brings its page into sight."""
        is_plain = not modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        if not is_plain or not self._window.can_open(self._window.current_page):
            return False
        self._window.go(self._window.current_page)
        return self.on_command(key, modifiers)

    def _anywhere(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Keys that mean the same on every page, even where the page does not know them."""
        is_find = key == Qt.Key.Key_F and modifiers == Qt.KeyboardModifier.ControlModifier
        if key == Qt.Key.Key_F2 or is_find:
            self._window.go("orders")
            return self._hand_over("orders", Qt.Key.Key_F2, Qt.KeyboardModifier.NoModifier)
        if key == Qt.Key.Key_N and modifiers == Qt.KeyboardModifier.ControlModifier:
            self._window.go("entry")
            return True
        if key == Qt.Key.Key_R and modifiers == Qt.KeyboardModifier.ControlModifier:
            self._window.go("reports")
            return True
        if key == Qt.Key.Key_F12:
            self._window.go("packing")
            return self._hand_over("packing", key, modifiers)
        return False

    def _hand_over(self, page: str, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        return self._window.can_open(page) and self._page(page).handle_command(key, modifiers)

    @Slot(str)
    def on_scanned(self, raw: str) -> None:
        """The scan is the main verb: it leads to the desk, or onto what the open page is about."""
        window = self._window
        if is_badge_like(raw):
            window.sign_in(raw)
            return
        page = window.current_page
        codes = PAGE_FACTS[page].codes
        takes_it = codes is Codes.ALL_TAKEN or (codes is Codes.TAKEN and not is_command_like(raw))
        if takes_it and window.can_open(page) and not window.is_covered:
            self._page(page).handle_scan(raw)
            return
        if window.is_covered and not window.can_open("packing"):
            return  # the question over the pages comes first: nothing could be answered yet
        if window.current_page != "packing" or window.is_covered:
            window.go("packing")
        if window.may_open("packing"):
            self._page("packing").handle_scan(raw)

    @Slot(str)
    def on_unterminated(self, raw: str) -> None:
        """A burst without terminator: the scanner wants setting up."""
        is_looked_at = PAGE_FACTS[self._window.current_page].codes is Codes.ALL_TAKEN and not self._window.is_covered
        if not (self._window.is_locked or is_badge_like(raw) or is_looked_at):
            self._window.parts.tell("notice", Phrase("scanner.unterminated", {"raw": raw}))

    def _page(self, name: str) -> Page:
        return cast(Page, self._window.page(name))
