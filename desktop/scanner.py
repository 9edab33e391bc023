"""The scanner at window level: feeds every key to `ScanParser` before any widget or shortcut sees it.

Keys that turn out to be typed by hand are given back in order.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from shiboken6 import isValid

from desktop.scan_parser import (
    GROUP_SEPARATOR,
    UNTERMINATED_CHARS,
    Answer,
    Key,
    Ruling,
    ScanParser,
    Stroke,
    normalised,
)

_TERMINATORS: Final = {
    "either": (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab),
    "enter": (Qt.Key.Key_Return, Qt.Key.Key_Enter),
    "tab": (Qt.Key.Key_Tab,),
}
_MODIFIER_KEYS: Final = frozenset(
    {
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_Alt,
        Qt.Key.Key_Meta,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
    }
)
_COMMANDING: Final = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)


@dataclass(frozen=True, slots=True)
class _Held:
    """A key kept until it is clear whose it is."""

    event: QKeyEvent | QInputMethodEvent
    target: QWidget
    is_command: bool


class ScannerFilter(QObject):
    """The event filter in front of the focused widget; it stays out of the way of slow keys.

    Signals:
        scanned: a complete code, whichever widget had the focus.
        unterminated: a burst without terminator was given back as typing; the scanner wants setting up.
    """

    scanned = Signal(str)
    unterminated = Signal(str)

    def __init__(
        self,
        on_command: Callable[[Qt.Key, Qt.KeyboardModifier], bool],
        parent: QObject | None = None,
        now_ms: Callable[[], float] = lambda: time.monotonic() * 1000,
    ) -> None:
        """Make the filter.

        Args:
            on_command: gets function keys and keys with Ctrl or Alt once they are known to come from a hand; says
                whether it used the key. An unused one goes on to the focused widget.
            parent: Qt's owner.
            now_ms: elapsed milliseconds, for events that carry no time of their own.
        """
        super().__init__(parent)
        self.parser = ScanParser()
        self.terminators: tuple[Qt.Key, ...] = _TERMINATORS["either"]
        #: called for every key, whoever it is for: somebody is here
        self.on_touch: Callable[[], None] = lambda: None
        #: looks at every character and end as it comes, before it is clear whose it is; None while nobody looks
        self.on_stroke: Callable[[Stroke], None] | None = None
        self._on_command = on_command
        self._now_ms = now_ms
        self._held: list[_Held] = []
        self._swallowed_presses: set[int] = set()
        self._is_replaying = False
        self._was_quiet_once = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_quiet)

    def configure(self, gap_ms: int, terminator: str, debounce_ms: int) -> None:
        """Take over the settings of this desk's scanner."""
        self.parser.gap_ms = gap_ms
        self.parser.debounce_ms = debounce_ms
        self.terminators = _TERMINATORS[terminator]

    def watch(self, app: QApplication, window: QWidget) -> None:
        """Look at the keys of whatever has the focus, and of `window` while nothing has.

        Only the focused widget is watched: a filter on the whole application would see (and wrap) every event of
        every object, also of those being destroyed.
        """
        window.installEventFilter(self)
        app.focusChanged.connect(self._on_focus_changed)
        focused = app.focusWidget()
        if focused is not None:
            focused.installEventFilter(self)

    def unwatch(self, app: QApplication, window: QWidget) -> None:
        """Let all keys go: the window closes."""
        self._timer.stop()
        self._held.clear()
        app.focusChanged.disconnect(self._on_focus_changed)
        window.removeEventFilter(self)
        focused = app.focusWidget()
        if focused is not None:
            focused.removeEventFilter(self)

    @Slot(QWidget, QWidget)
    def _on_focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None and isValid(old) and not old.isWindow():
            old.removeEventFilter(self)
        if new is not None:
            new.removeEventFilter(self)  # never twice
            new.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Look at every key on its way to the focused widget."""
        kind = event.type()
        if self._is_replaying or not _is_target(watched, kind):
            return False
        if isinstance(watched, QWidget) and isinstance(watched.window(), QDialog):
            # The name of a file, pasted or typed quickly, is no scan.
            self.on_touch()
            return False
        if isinstance(event, QKeyEvent):
            if kind == QEvent.Type.ShortcutOverride:
                if QApplication.activePopupWidget() is not None and not self._held:
                    return False  # an open list takes its choice by this very event
                # Accepted: the key comes as a press instead of firing a shortcut a scanner might have hit.
                event.accept()
                return True
            if kind == QEvent.Type.KeyRelease:
                return self._release(event)
            self.on_touch()
            return isinstance(watched, QWidget) and self._press(event, watched)
        if isinstance(event, QInputMethodEvent) and isinstance(watched, QWidget):
            return self._committed(event, watched)
        return False

    def _press(self, event: QKeyEvent, target: QWidget) -> bool:
        key = _key(event)
        if key in _MODIFIER_KEYS:
            return False
        kind, char = self._kind(key, event)
        if self.on_stroke is not None and not event.isAutoRepeat():
            self._show_stroke(key, event)
        if event.isAutoRepeat():
            if kind in {Key.COMMAND, Key.TERMINATOR} and key != Qt.Key.Key_Tab:
                return True  # a held Enter or function key is one act
            kind = Key.OTHER
        at_ms = float(event.timestamp()) or self._now_ms()
        answer = self.parser.key(kind, char, at_ms)
        self._settle(answer)
        if answer.ruling is Ruling.PASS:
            return False
        self._swallowed_presses.add(event.key())
        if answer.ruling is Ruling.HOLD:
            self._hold(_copied(event), target, is_command=kind in {Key.COMMAND, Key.SEPARATOR})
        if answer.scan:
            self.scanned.emit(answer.scan)
        return True

    def _release(self, event: QKeyEvent) -> bool:
        if event.isAutoRepeat() or event.key() not in self._swallowed_presses:
            return False
        self._swallowed_presses.discard(event.key())
        return True

    def _committed(self, event: QInputMethodEvent, target: QWidget) -> bool:
        """Some input methods turn a scanner's keys into committed text."""
        text = event.commitString()
        if self.on_stroke is not None:
            for made in text or event.preeditString()[-1:]:
                self.on_stroke(Stroke(made, self._now_ms(), by_input_method=True))
        chars = [normalised(char) for char in text]
        if not text or event.preeditString() or not all(chars):
            self._settle(self.parser.key(Key.OTHER, "", self._now_ms()))
            return False
        answers = [self.parser.key(Key.CHAR, char, self._now_ms()) for char in chars]
        self._settle(answers[0])
        kept = QInputMethodEvent()
        kept.setCommitString(text, event.replacementStart(), event.replacementLength())
        self._hold(kept, target, is_command=False)
        return True

    def _kind(self, key: Qt.Key, event: QKeyEvent) -> tuple[Key, str]:
        if event.text() == GROUP_SEPARATOR or (
            key == Qt.Key.Key_BracketRight and event.modifiers() & _COMMANDING == Qt.KeyboardModifier.ControlModifier
        ):
            return Key.SEPARATOR, ""
        if event.modifiers() & _COMMANDING:
            return Key.COMMAND, ""
        if key in self.terminators and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return Key.TERMINATOR, ""
        if Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35:
            return Key.COMMAND, ""
        char = normalised(event.text())
        return (Key.CHAR, char) if char else (Key.OTHER, "")

    def _show_stroke(self, key: Qt.Key, event: QKeyEvent) -> None:
        ends = next((name for name in ("enter", "tab") if key in _TERMINATORS[name]), "")
        text = "" if ends or not event.text().isprintable() else event.text()
        if self.on_stroke is not None and (ends or text) and not event.modifiers() & _COMMANDING:
            self.on_stroke(Stroke(text, float(event.timestamp()) or self._now_ms(), ends))

    def _hold(self, event: QKeyEvent | QInputMethodEvent, target: QWidget, *, is_command: bool) -> None:
        self._held.append(_Held(event, target, is_command))
        self._was_quiet_once = False
        self._timer.start(self.parser.gap_ms + 5)

    def _settle(self, answer: Answer) -> None:
        if answer.releases:
            self._give_back()
        elif answer.drops:
            self._held.clear()
            self._timer.stop()

    @Slot()
    def _on_quiet(self) -> None:
        if not self._was_quiet_once:
            # After a stall keys and timer are due together: look once more, so that no code is cut in two.
            self._was_quiet_once = True
            self._timer.start(0)
            return
        chars = self.parser.quiet()
        self._give_back()
        if len(chars) >= UNTERMINATED_CHARS:
            self.unterminated.emit(chars)

    def _give_back(self) -> None:
        held, self._held = self._held, []
        self._timer.stop()
        for one in held:
            event = one.event
            if one.is_command and isinstance(event, QKeyEvent):
                modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
                if self._on_command(_key(event), modifiers):
                    continue
            if not isValid(one.target):
                continue
            self._is_replaying = True
            try:
                self._replay(event, one.target)
            finally:
                self._is_replaying = False

    @staticmethod
    def _replay(event: QKeyEvent | QInputMethodEvent, target: QWidget) -> None:
        QApplication.sendEvent(target, event)
        if isinstance(event, QKeyEvent) and isValid(target):
            up = QKeyEvent(QEvent.Type.KeyRelease, event.key(), event.modifiers(), event.text())
            QApplication.sendEvent(target, up)


def _copied(event: QKeyEvent) -> QKeyEvent:
    """The press as an event of our own: Qt's lives only as long as its delivery."""
    return QKeyEvent(QEvent.Type.KeyPress, event.key(), event.modifiers(), event.text())


def _key(event: QKeyEvent) -> Qt.Key:
    """The key by name; scanners and odd keyboards send codes Qt has no name for."""
    try:
        return Qt.Key(event.key())
    except ValueError:
        return Qt.Key.Key_unknown


_WATCHED: Final = frozenset(
    {QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride, QEvent.Type.InputMethod}
)


def _is_target(watched: QObject, kind: QEvent.Type) -> bool:
    """Whether this is the first widget the event comes to: the focused one, or the window when none is."""
    if kind not in _WATCHED or not isinstance(watched, QWidget):
        return False
    focused = QApplication.focusWidget()
    return watched is focused if focused is not None else watched.isWindow()
