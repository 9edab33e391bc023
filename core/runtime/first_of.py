"""Lists that may be too long to be shown whole: the first rows, and how many there are in all."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


class FirstOf(tuple[T, ...]):
    """The first rows of a list; `of_all` is how many it has. To whoever does not ask it is those rows."""

    of_all: int

    def __new__(cls, rows: Iterable[T], of_all: int | None = None) -> "FirstOf[T]":
        """`of_all` None: these are all."""
        made = super().__new__(cls, rows)
        made.of_all = len(made) if of_all is None else of_all
        return made
