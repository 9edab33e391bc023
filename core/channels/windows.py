"""Reading a long stretch of time from a platform that answers only short ones, a page at a time.

The place where a reading stands is its cursor: text that says all, so that any page can be asked for again. Both ends
of a window are inclusive; two windows share their border, and what is read twice is stored once.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from core.runtime.remote_errors import ContractBroken, Temporary

Row = TypeVar("Row")

_STEP = timedelta(seconds=1)
#: a window whose rows do not stop coming is read again so often, and left to the overlap of the next reading then
_MOST_AGAIN = 3


class WindowTooFullError(Temporary):
    """The platform tells no more rows than it has set itself: the window has to be shorter."""


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch that the platform answers; both ends belong to it, in whole seconds."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class WindowPage(Generic[Row]):
    """What one call of a reading gave.

    `next_cursor` is None at the end of the whole stretch. `whole_until`: with this page everything up to then has
    been given; None while its window is not finished.
    """

    rows: Sequence[Row]
    next_cursor: str | None
    whole_until: datetime | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """From when to when is to be read, and the longest window the platform answers (`span`)."""

    since: datetime
    until: datetime
    span: timedelta


def read_backward(
    stretch: Stretch,
    cursor: str | None,
    page_size: int,
    count: Callable[[Window], int],
    read: Callable[[Window, int], Sequence[Row]],
) -> WindowPage[Row]:
    """The next page, from a window's last page to its first.

    For lists that are sorted newest first and paged by number: what changes meanwhile leaves the window, and the rows
    behind it move to pages that are still to be read. Read forward, one of them would be skipped. What comes into the
    window late moves rows the other way, to pages that were read: a window that holds more at its end than at its
    beginning is read again, a few times at most.

    Args:
        stretch: what is to be read; on later pages the cursor's word stands.
        cursor: of the page before, None at the beginning.
        page_size: rows to a page.
        count: how many rows a window holds now.
        read: the rows of one page of a window, pages counted from 1.

    Raises:
        ContractBroken: the cursor is none of ours.
        ChannelError: what the calls raise.
    """
    at = _At.first(stretch) if cursor is None else _At.parse(cursor, stretch.span)
    place = _Place.parse(at.key) if at.key else _Place.last(count(at.window), page_size)
    rows = read(at.window, place.page_no) if place.page_no else ()
    if place.page_no > 1:
        return _page(rows, at, replace(place, page_no=place.page_no - 1).text())
    # Where all rows came in one call that had room for more, none can have been moved past it.
    if place.total >= page_size and place.again < _MOST_AGAIN:
        total = count(at.window)
        if total > place.total:
            return _page(rows, at, replace(_Place.last(total, page_size), again=place.again + 1).text())
    return _page(rows, at, "")


@dataclass(frozen=True, slots=True)
class _Place:
    """Which page is next, how many rows the window held when it was begun, and how often it was begun again."""

    page_no: int
    total: int
    again: int = 0

    @classmethod
    def last(cls, total: int, page_size: int) -> "_Place":
        return cls(-(-total // page_size), total)

    @classmethod
    def parse(cls, key: str) -> "_Place":
        try:
            return cls(*map(int, key.split("/")))
        except (ValueError, TypeError):
            raise ContractBroken("This is no place in the platform's pages", code="cursor") from None

    def text(self) -> str:
        return f"{self.page_no}/{self.total}/{self.again}"


def read_forward(
    stretch: Stretch, cursor: str | None, read: Callable[[Window, str], tuple[Sequence[Row], str]]
) -> WindowPage[Row]:
    """The next page, as the platform's own cursor leads through a window.

    Args:
        stretch: what is to be read; on later pages the cursor's word stands.
        cursor: of the page before, None at the beginning.
        read: the rows behind a key of the platform's, "" for the first, and the next key, "" at the window's end;
            `WindowTooFullError` makes the window half as long and begins it anew.

    Raises:
        WindowTooFullError: a window of one second is still too long.
        ContractBroken: the cursor is none of ours, or the platform's key does not move on.
        ChannelError: what the calls raise.
    """
    at = _At.first(stretch) if cursor is None else _At.parse(cursor, stretch.span)
    try:
        rows, key = read(at.window, at.key)
    except WindowTooFullError:
        if at.window.until - at.window.since <= _STEP:
            raise
        return read_forward(stretch, at.halved().text(), read)
    if key and key == at.key:
        raise ContractBroken("The platform's paging does not move on", code="next_key")
    return _page(rows, at, key)


def _page(rows: Sequence[Row], at: "_At", key: str) -> WindowPage[Row]:
    if key:
        return WindowPage(rows, at.on(key).text(), None)
    following = at.following()
    return WindowPage(rows, None if following is None else following.text(), at.window.until)


@dataclass(frozen=True, slots=True)
class _At:
    """Where a reading stands: in which window, where in it, and how far the whole of it goes."""

    window: Window
    key: str
    end: datetime
    span: timedelta

    @classmethod
    def first(cls, stretch: Stretch) -> "_At":
        since = stretch.since.replace(microsecond=0)
        end = max(stretch.until.replace(microsecond=0), since + _STEP)
        return cls(Window(since, min(since + stretch.span, end)), "", end, stretch.span)

    @classmethod
    def parse(cls, text: str, span: timedelta) -> "_At":
        try:
            since, until, end, key = json.loads(text)
            times = [datetime.fromtimestamp(second, UTC) for second in (since, until, end)]
        except (ValueError, TypeError, OverflowError, OSError):
            raise ContractBroken("This is no place in the platform's pages", code="cursor") from None
        return cls(Window(times[0], times[1]), str(key), times[2], span)

    def on(self, key: str) -> "_At":
        return _At(self.window, key, self.end, self.span)

    def halved(self) -> "_At":
        seconds = int((self.window.until - self.window.since).total_seconds())
        until = self.window.since + timedelta(seconds=max(seconds // 2, 1))
        return _At(Window(self.window.since, until), "", self.end, self.span)

    def following(self) -> "_At | None":
        if self.window.until >= self.end:
            return None
        since = self.window.until
        return _At(Window(since, min(since + self.span, self.end)), "", self.end, self.span)

    def text(self) -> str:
        times = (int(at.timestamp()) for at in (self.window.since, self.window.until, self.end))
        return json.dumps([*times, self.key], ensure_ascii=False, separators=(",", ":"))
