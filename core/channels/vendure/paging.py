"""Paging through a list that changes while it is read.

Vendure pages by offset, and an order that changes moves to the end of the list: what stood behind it moves up
and an offset misses it. So a page starts at the *time* of the last row of the page before (rows with that
very time come twice, which is harmless). Only where more rows than a page share one time is an offset used:
by id, inside that one second, reading the last row of the page before again, to see that nothing has moved.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from core.channels.vendure.mapper import text_id

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Which orders: `field` is the time they are listed by, `wanted` the other conditions."""

    field: str
    wanted: Mapping[str, object]
    time_of: Callable[[Mapping[str, object]], datetime]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins. `skip` and `last_id` are used only inside one crowded second."""

    start: datetime
    is_crowded: bool = False
    skip: int = 0
    last_id: str = ""

    @classmethod
    def first(cls, since: datetime) -> "Cursor":
        """The beginning of a window."""
        return cls(since.astimezone(UTC))

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The cursor `text` was made from."""
        start, is_crowded, skip, last_id = json.loads(text)
        return cls(datetime.fromisoformat(start), bool(is_crowded), int(skip), str(last_id))

    def text(self) -> str:
        """The cursor as core keeps it between two pages."""
        return json.dumps([self.start.isoformat(), self.is_crowded, self.skip, self.last_id])

    def is_moved(self, items: Sequence[Mapping[str, object]]) -> bool:
        """Whether the list changed under the offset: its first row is not the last row of the page before."""
        return self.skip > 0 and (not items or text_id(items[0]) != self.last_id)

    def restarted(self) -> "Cursor":
        """The beginning of the same crowded second."""
        return replace(self, skip=0, last_id="")

    def next(self, items: Sequence[Mapping[str, object]], page_size: int, window: Window) -> "Cursor | None":
        """Where the page after `items` begins, None where `items` end the window."""
        is_full = len(items) >= page_size
        if self.is_crowded:
            if is_full:
                return replace(self, skip=self.skip + len(items) - 1, last_id=text_id(items[-1]))
            return Cursor(self.start + _SECOND)
        if not is_full:
            return None
        newest = window.time_of(items[-1])
        return Cursor(newest) if newest > self.start else Cursor(self.start, is_crowded=True)


def page_options(window: Window, at: Cursor, page_size: int) -> Mapping[str, object]:
    """The list options for one page.

    `after` is strict, and on SQLite the shop compares "10:00:00" as text with "10:00:00.000", which is
    greater: a row of the border second itself would be missed. One second earlier finds it everywhere.
    """
    times: dict[str, object] = {"after": _iso(at.start - _SECOND)}
    if at.is_crowded:
        times["before"] = _iso(at.start + _SECOND)
    conditions = {**window.wanted, window.field: _joined(window.wanted.get(window.field), times)}
    sort = {"id": "ASC"} if at.is_crowded else {window.field: "ASC"}
    return {"take": page_size, "skip": at.skip, "sort": sort, "filter": conditions}


def _joined(present: object, times: Mapping[str, object]) -> Mapping[str, object]:
    return {**present, **times} if isinstance(present, dict) else times


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
