"""What the clerk types slowly by hand: digits that choose, a space that confirms, a code that ends with Enter."""

from collections.abc import Callable
from typing import Final

from desktop.commands import Command
from desktop.pages.packing.board import Board
from desktop.pages.packing.screen import Asking

_MAX_TYPED: Final = 64


class Hand:
    """Keys that are not a scanner's. They become the same scans and commands."""

    def __init__(
        self,
        board: Board,
        scan: Callable[[str], None],
        press: Callable[[Command, int], None],
        say_batch: Callable[[str], None],
    ) -> None:
        self._board = board
        self._scan = scan
        self._say_batch = say_batch
        self._press = press

    def type_char(self, char: str) -> None:
        """A digit may choose a reason, a space confirms by eye, a star makes what was typed a quantity."""
        screen = self._board.screen
        if screen.asking not in {Asking.NOTHING, Asking.WEIGHT, Asking.DAMAGED, Asking.BATCH}:
            if char.isdecimal() and char.isascii():
                self._press(Command.REASON, int(char))
            return
        if screen.asking is Asking.BATCH and screen.typed and len(screen.typed) < _MAX_TYPED:
            self._board.show(typed=screen.typed + char)
        elif char == " " and not screen.typed:
            self._press(Command.HAND, 0)
        elif char == "*" and screen.typed.isdecimal():
            self._board.show(typed="")
            self._scan(f"PD-QTY-{int(screen.typed)}")
        elif len(screen.typed) < _MAX_TYPED and char.isprintable():
            self._board.show(typed=screen.typed + char)

    def erase(self) -> None:
        """Backspace in what is typed."""
        self._board.show(typed=self._board.screen.typed[:-1])

    def enter(self) -> None:
        """What was typed counts as scanned; else Enter takes the likeliest reason, or has seen what stands there."""
        typed, asking = self._board.screen.typed.strip(), self._board.screen.asking
        self._board.show(typed="")
        if asking is Asking.WEIGHT:
            self._board.show(asking=Asking.NOTHING)
            if typed.isdecimal() and len(typed) <= 5:
                self._press(Command.WEIGHT, int(typed))
        elif asking is Asking.BATCH:
            self._say_batch(typed)
        elif typed:
            self._scan(typed)
        elif asking is Asking.REPRINT:
            self._press(Command.REPRINT, 0)
        elif asking is Asking.NOTHING:
            self._press(Command.SEEN, 0)
