"""Hands for the tests: they find widgets by name, act by keys, and wait for what the screen says."""

import time
from dataclasses import dataclass, field
from math import ceil
from unittest.mock import patch

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop.shell.window import DeskWindow


def strike(char: str) -> None:
    """One key with this character; QTest itself knows only those of Latin 1."""
    target = QApplication.focusWidget()
    if char.isascii():
        QTest.keyClicks(target, char)
        return
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(target, QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, char))


@dataclass
class DeskRobot:
    """A clerk in front of the window."""

    qtbot: QtBot
    window: DeskWindow
    #: when each code was scanned last, and what came last: a hand, or the gun
    _shots: dict[str, float] = field(default_factory=dict)
    _was_hand: bool = True

    def _rest(self, since: float, ms: float) -> None:
        """Let so much time have passed: on a fast machine these hands are faster than any gun."""
        left = ms - (time.monotonic() - since) * 1000
        if left > 0:
            self.qtbot.wait(ceil(left))

    def _by_hand(self) -> None:
        # What comes right behind a scan is its own second end.
        self._rest(max(self._shots.values(), default=0), self.window.parts.scanner.parser.gap_ms + 10)
        self._was_hand = True

    def find(self, name: str, kind: type = QWidget):
        widget = self.window.findChild(kind, name)
        assert widget is not None, name
        return widget

    def stands_on(self, name: str, kind: type = QWidget):
        """Put the keyboard on a widget. One just put into a layout is shown a turn of the loop later: before that a
        focus comes to nothing, and the next key goes to whatever had it."""
        self.qtbot.waitUntil(lambda: (made := self.window.findChild(kind, name)) is not None and made.isVisible())
        widget = self.find(name, kind)
        widget.setFocus()
        assert widget.hasFocus(), name
        return widget

    def text(self, name: str) -> str:
        return self.find(name, QLabel).text()

    def sees(self, name: str, text: str) -> None:
        self.qtbot.waitUntil(lambda: text in self.text(name))

    def gun(self, code: str, terminator: Qt.Key = Qt.Key.Key_Return) -> None:
        """A scanner: fast keys into whatever has the focus, then the terminator.

        Nobody does something by hand and pulls the trigger on the same code again within a quarter of a second.
        """
        if self._was_hand:
            self._rest(self._shots.get(code, 0), self.window.parts.scanner.parser.debounce_ms + 10)
        self._was_hand = False
        self.fires(code, terminator)
        self._shots[code] = time.monotonic()

    def fires(self, code: str, terminator: Qt.Key | None) -> None:
        """The keys of one shot; a busy machine may rest between two of them for longer than any gun does."""
        scanner = self.window.parts.scanner
        began_ms = scanner._now_ms()
        with patch.object(scanner, "_now_ms", lambda: began_ms):
            for char in code:
                strike(char)
            if terminator is not None:
                QTest.keyClick(QApplication.focusWidget(), terminator)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """One key pressed by a hand."""
        self._by_hand()
        QTest.keyClick(QApplication.focusWidget(), key, modifiers)
        self.qtbot.waitUntil(lambda: not self.window.parts.scanner._held)

    def types(self, text: str) -> None:
        """A hand: each key stands alone before the next comes."""
        self._by_hand()
        for char in text:
            strike(char)
            self.qtbot.waitUntil(lambda: not self.window.parts.scanner._held)

    def goes_to(self, page: str) -> None:
        self.window.go(page)
        self.qtbot.waitUntil(lambda: self.window.current_page == page)
