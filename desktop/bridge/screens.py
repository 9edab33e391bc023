"""What presenters have in common: a frozen screen, and whoever shows it is told where it differs."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from desktop.errors import error_phrase, missing_right
from desktop.texts import Phrase

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

S = TypeVar("S", bound="DataclassInstance")

#: says a sentence to the clerk: its tone, the sentence, what takes the act back (None where nothing does)
Tell = Callable[[str, Phrase, Callable[[], None] | None], None]


class ScreenPresenter(Generic[S]):
    """Holds what a page shows; the page hooks itself to `on_screen` and draws `screen`."""

    def __init__(self, screen: S, tell: Tell) -> None:
        self._screen = screen
        self._tell = tell
        self._wishes: dict[str, int] = {}
        self.on_screen: Callable[[], None] = lambda: None

    @property
    def screen(self) -> S:
        """What is to be shown now."""
        return self._screen

    def _wish(self, name: str) -> Callable[[], bool]:
        """Wish for something that comes later; the answer is whether it is still wished for when it comes.

        A later wish of that name, or `_unwish`, makes this one worthless: what was closed meanwhile stays closed.
        """
        number = self._wishes[name] = self._wishes.get(name, 0) + 1
        return lambda: self._wishes.get(name) == number

    def _unwish(self, *names: str) -> None:
        """Whatever of these is on its way is not wished for any more."""
        for name in names:
            self._wish(name)

    def _is_meant(self, question: str, words: Phrase) -> bool:
        """Whether this press is the second one, after the question was put; the screen has it as `asked`."""
        if getattr(self._screen, "asked", "") == question:
            return True
        self._show(asked=question)
        self._tell("notice", words, None)
        return False

    def _show(self, **changes: Any) -> None:
        self._show_whole(replace(self._screen, **changes))

    def _show_whole(self, screen: S) -> None:
        if screen != self._screen:
            self._screen = screen
            self.on_screen()

    def refuse(self, right: str) -> None:
        """Say that whoever is here has not got this right: their key would be answered by silence else."""
        self._tell("notice", missing_right(right), None)

    def _fail(self, error: Exception) -> None:
        self._tell("stop", error_phrase(error), None)
