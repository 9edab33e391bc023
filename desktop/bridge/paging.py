"""A list that is read page by page: the first page anew or again, further ones where the view comes near the end."""

from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar

from desktop.bridge.screens import S, ScreenPresenter, Tell
from desktop.bridge.tasks import Tasks

PAGE_ROWS: Final = 100
#: so many rows are read again where so many were loaded; nobody looks at more at once
MOST_ROWS: Final = 1000

R_co = TypeVar("R_co", covariant=True)


class Page(Protocol[R_co]):
    """Some rows of a list, and the cursor of the next ones."""

    @property
    def rows(self) -> tuple[R_co, ...]:
        """The rows."""
        ...

    @property
    def next_after(self) -> object:
        """Where the next page begins, None at the end."""
        ...


class ListPresenter(ScreenPresenter[S]):
    """A presenter of a list; its screen has `is_loading` and `is_known_empty`.

    Everything is asked under one key, so that a newer wish makes an older answer worthless.
    """

    def __init__(self, screen: S, tasks: Tasks, tell: Tell) -> None:
        super().__init__(screen, tell)
        self._tasks = tasks
        self._loaded = 0
        #: rows from the first on, the cursor of the next page, and whether the same list is merely read again
        self.on_first: Callable[[tuple[Any, ...], Any, bool], None] = lambda _rows, _next, _again: None
        self.on_more: Callable[[tuple[Any, ...], Any], None] = lambda _rows, _next: None
        self.on_no_more: Callable[[], None] = lambda: None

    def _read_first(self, read: Callable[[int], Page[Any]], *, is_again: bool) -> None:
        """Read the first rows, `read` is told how many; again, as far down as they were loaded."""
        rows = min(max(self._loaded, PAGE_ROWS), MOST_ROWS) if is_again else PAGE_ROWS
        self._tasks.submit(
            lambda: read(rows),
            lambda page: self._on_first(page, is_again=is_again),
            self._on_failed,
            owner=self,
            key="page",
        )

    def _read_more(self, read: Callable[[int], Page[Any]], is_wanted: Callable[[], bool]) -> None:
        """Read the next rows; they are shown if the list `is_wanted` still when they come."""

        def arrived(page: Page[Any]) -> None:
            if is_wanted():
                self._on_more(page)

        def failed(error: Exception) -> None:
            self.on_no_more()
            self._fail(error)

        # As many as there are: a list that is walked to its end is there after a few steps, however long it is.
        rows = min(max(self._loaded, PAGE_ROWS), MOST_ROWS)
        self._tasks.submit(lambda: read(rows), arrived, failed, owner=self, key="page")

    def _on_first(self, page: Page[Any], *, is_again: bool) -> None:
        self._loaded = len(page.rows)
        self._show(is_loading=False, is_known_empty=not page.rows)
        self.on_first(page.rows, page.next_after, is_again)

    def _on_more(self, page: Page[Any]) -> None:
        self._loaded += len(page.rows)
        self.on_more(page.rows, page.next_after)

    def _on_failed(self, error: Exception) -> None:
        self._show(is_loading=False)
        self._fail(error)
