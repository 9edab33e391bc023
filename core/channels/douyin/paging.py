"""Reading a stretch of time from Douyin's lists, which end after so many rows: too full a window is cut in two.

Pages are read from the last to the first: a row that changes leaves the window, and what stood before it moves to
pages that are still to be read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from core.channels.fields import Fields
from core.channels.windows import Stretch, Window, WindowPage, read_backward
from core.runtime.remote_errors import ContractBroken

PAGE_SIZE: Final = 100
_SHORTEST: Final = timedelta(seconds=1)

#: asks for one page (counted from 0, so many rows) of a window; gives the answer's data
Ask = Callable[[Window, int, int], object]


class _TooFullError(Exception):
    """More rows than the list ever gives."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window = window


@dataclass(frozen=True, slots=True)
class FullList:
    """One of Douyin's lists.

    Attributes:
        ask: gives a page.
        rows: the name of the list in the answer.
        cap: rows that can be reached in one window.
        span: the window to begin with.
        page_size: rows to a page.
    """

    ask: Ask
    rows: str
    cap: int
    span: timedelta
    page_size: int = PAGE_SIZE

    def page(self, since: datetime, until: datetime, cursor: str | None) -> WindowPage[object]:
        """One page of everything between two moments.

        Raises:
            ContractBroken: the cursor is none of ours, or one second holds more than the list gives.
            ChannelError: what asking raises.
        """
        end, span, inner = (until, self.span, None) if cursor is None else _parsed(cursor)
        stretch = Stretch(since, end, span)
        while True:
            try:
                found = read_backward(stretch, inner, self.page_size, self._count, self._read)
            except _TooFullError as full:
                span = timedelta(seconds=(full.window.until - full.window.since) // (2 * _SHORTEST))
                if span < _SHORTEST:
                    raise ContractBroken("One second holds more than the list gives", code="page") from None
                stretch, inner = Stretch(full.window.since, end, span), None
            else:
                following = found.next_cursor
                if found.whole_until is not None:
                    # a crowded hour is over: longer windows again
                    span = min(2 * span, self.span)
                text = None if following is None else _text(end, span, following)
                return WindowPage(found.rows, text, found.whole_until)

    def _count(self, window: Window) -> int:
        # a page of one row tells the number of all; most windows are empty
        total = Fields(self.ask(window, 0, 1), "page").whole_or("total", 0)
        # a page that reaches beyond the cap is refused as a whole
        if total > self.cap // self.page_size * self.page_size:
            raise _TooFullError(window)
        return total

    def _read(self, window: Window, page_no: int) -> Sequence[object]:
        data = Fields(self.ask(window, page_no - 1, self.page_size), "page")
        return [row.mapping for row in data.rows(self.rows)]


def _text(end: datetime, span: timedelta, inner: str) -> str:
    return f"{int(end.timestamp())} {int(span.total_seconds())} {inner}"


def _parsed(text: str) -> tuple[datetime, timedelta, str]:
    try:
        end, span, inner = text.split(" ", 2)
        return datetime.fromtimestamp(int(end), UTC), timedelta(seconds=max(int(span), 1)), inner
    except (ValueError, OverflowError, OSError):
        raise ContractBroken("This is no place in the platform's pages", code="cursor") from None
