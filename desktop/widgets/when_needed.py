"""A part of a page that is shown only at times, built when it is first shown: no start waits for what nobody sees."""

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

W = TypeVar("W", bound=QWidget)


class WhenNeeded(QVBoxLayout, Generic[W]):
    """Its place in a layout; without the part it takes no room, nor the space around it.

    A stretch beside others is given to it only while the part is shown: Qt shares room out to empty layouts as well.
    """

    def __init__(self, make: Callable[[], W]) -> None:
        super().__init__()
        self._make = make
        #: the part, None while it has never been wanted
        self.made: W | None = None

    def look(self, *, is_wanted: bool) -> W | None:
        """The part where it is wanted now or was before, so that it can be told what to show."""
        if is_wanted and self.made is None:
            self.made = self._make()
            self.addWidget(self.made)
        return self.made
