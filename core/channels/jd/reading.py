"""Reading JD's lists: a window from its last page to its first, and several lists over the same time in turn."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from core.channels.fields import Fields
from core.channels.windows import Stretch, Window, WindowPage, read_backward
from core.runtime.remote_errors import ContractBroken

Row = TypeVar("Row")

#: the next page of one list in a stretch
Feed = Callable[[Stretch, str | None], WindowPage[Row]]


#: the rows of one page of a window, counted from 1, and how many rows the window holds
AskPage = Callable[[Window, int], tuple[Sequence[Row], int]]


def read_pages(stretch: Stretch, cursor: str | None, page_size: int, ask: AskPage[Row]) -> WindowPage[Row]:
    """The next page of a list that tells how many rows a window holds.

    What changes meanwhile leaves the window, and the rows behind it move to pages that are still to be read. A window
    of one page costs one call: JD counts them.

    Raises:
        ContractBroken: the cursor is none of ours.
        ChannelError: what the calls raise.
    """
    only: list[Sequence[Row]] = []

    def count(window: Window) -> int:
        rows, total = ask(window, 1)
        if total <= page_size:
            only.append(rows)
        return total

    def read(window: Window, page_no: int) -> Sequence[Row]:
        return only.pop() if only else ask(window, page_no)[0]

    return read_backward(stretch, cursor, page_size, count, read)


def read_in_turn(feeds: Sequence[Feed[Row]], stretch: Stretch, cursor: str | None) -> WindowPage[Row]:
    """The next page of the first list that is not at its end; lists without rows are passed by.

    Only the last list moves `whole_until`: what it has given, the others had given before.

    Raises:
        ContractBroken: the cursor is none of ours.
        ChannelError: what the calls raise.
    """
    place, inner = 0, None
    if cursor is not None:
        place, stretch, inner = _parsed(cursor, stretch, len(feeds))
    page = feeds[place](stretch, inner)
    while not page.rows and page.next_cursor is None and place < len(feeds) - 1:
        place += 1
        page = feeds[place](stretch, None)
    is_last = place == len(feeds) - 1
    if page.next_cursor is not None:
        following: str | None = _text(place, stretch, page.next_cursor)
    else:
        following = None if is_last else _text(place + 1, stretch, None)
    return WindowPage(page.rows, following, page.whole_until if is_last else None)


def total_of(fields: Fields, name: str) -> int:
    """How many rows a list holds.

    Raises:
        ContractBroken: it does not say: an empty list says 0.
    """
    total = fields.whole_or(name, -1)
    if total < 0:
        raise fields.broken(name)
    return total


def _text(place: int, stretch: Stretch, inner: str | None) -> str:
    times = (int(stretch.since.timestamp()), int(stretch.until.timestamp()))
    return json.dumps([place, *times, inner], ensure_ascii=False, separators=(",", ":"))


def _parsed(cursor: str, stretch: Stretch, feeds: int) -> tuple[int, Stretch, str | None]:
    try:
        place, since, until, inner = json.loads(cursor)
        times = [datetime.fromtimestamp(second, UTC) for second in (since, until)]
    except (ValueError, TypeError, OverflowError, OSError):
        raise _no_cursor() from None
    if type(place) is not int or not 0 <= place < feeds or not isinstance(inner, (str, type(None))):
        raise _no_cursor()
    return place, Stretch(times[0], times[1], stretch.span), inner


def _no_cursor() -> ContractBroken:
    return ContractBroken("This is no place in JD's lists", code="cursor")
