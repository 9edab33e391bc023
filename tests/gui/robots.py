"""Hands for the tests: they find widgets by name, act by keys, and wait for what the screen says."""

from dataclasses import dataclass

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

    def find(self, name: str, kind: type = QWidget):
        widget = self.window.findChild(kind, name)
        assert widget is not None, name
        return widget

    def text(self, name: str) -> str:
        return self.find(name, QLabel).text()

    def sees(self, name: str, text: str) -> None:
        self.qtbot.waitUntil(lambda: text in self.text(name))

    def gun(self, code: str, terminator: Qt.Key = Qt.Key.Key_Return) -> None:
        """A scanner: fast keys into whatever has the focus, then the terminator."""
        for char in code:
            strike(char)
        QTest.keyClick(QApplication.focusWidget(), terminator)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """One key pressed by a hand."""
        QTest.keyClick(QApplication.focusWidget(), key, modifiers)
        self.qtbot.waitUntil(lambda: not self.window.parts.scanner._held)

    def types(self, text: str) -> None:
        """A hand: each key stands alone before the next comes."""
        for char in text:
            strike(char)
            self.qtbot.waitUntil(lambda: not self.window.parts.scanner._held)

    def goes_to(self, page: str) -> None:
        self.window.go(page)
        self.qtbot.waitUntil(lambda: self.window.current_page == page)
