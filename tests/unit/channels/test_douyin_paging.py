"""Lists that end after so many rows are read whole, while their rows move."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.douyin.paging import FullList
from core.channels.windows import Window
from core.runtime.remote_errors import ContractBroken

START = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Rows:
    """A list sorted newest first that gives no more than `cap` rows of a window; between pages, rows may leave."""

    def __init__(self, seconds: list[int], cap: int, leaving: list[int] | None = None) -> None:
        self.at = dict(enumerate(seconds))
        self.cap = cap
        self.leaving = list(leaving or ())
        self.asked = 0

    def ask(self, window: Window, page: int, size: int) -> Mapping[str, object]:
        assert (page + 1) * size <= max(self.cap, size)
        self.asked += 1
        since, until = ((at - START).total_seconds() for at in (window.since, window.until))
        found = sorted((-at, row) for row, at in self.at.items() if since <= at <= until)
        rows = [{"row": row} for _at, row in found[page * size : (page + 1) * size]]
        if size > 1 and self.leaving:
            # it changed: its time is now, far behind every window
            self.at[self.leaving.pop()] = 10**9
        return {"total": len(found), "rows": rows}


def read(rows: Rows, until: datetime, page_size: int = 3) -> list[int]:
    found: list[int] = []
    cursor: str | None = None
    whole = START
    full = FullList(rows.ask, "rows", rows.cap, HOUR, page_size)
    for _ in range(2000):
        page = full.page(START, until, cursor)
        found += [row["row"] for row in page.rows]  # type: ignore[index]
        if page.whole_until is not None:
            assert page.whole_until >= whole
            whole = page.whole_until
        cursor = page.next_cursor
        if cursor is None:
            assert whole == until
            return found
    raise AssertionError("the pages do not end")


@given(
    st.lists(st.integers(0, 3 * 3600), max_size=40, unique=True),
    st.integers(1, 5),
    st.integers(1, 4),
)
def test_every_row_is_read_once_or_at_a_border_twice(seconds: list[int], pages: int, page_size: int) -> None:
    rows = Rows(seconds, pages * page_size + 2)

    found = read(rows, START + 3 * HOUR, page_size)

    assert set(found) == set(range(len(seconds)))
    assert all(found.count(row) <= 2 for row in found)


@given(st.lists(st.integers(0, 3 * 3600), min_size=1, max_size=30), st.data())
def test_no_row_is_lost_while_others_leave(seconds: list[int], data: st.DataObject) -> None:
    leaving = data.draw(st.lists(st.sampled_from(range(len(seconds))), max_size=10, unique=True))
    rows = Rows(seconds, 1000, leaving)

    found = read(rows, START + 3 * HOUR)

    assert set(range(len(seconds))) - set(leaving) <= set(found)


def test_an_empty_stretch_costs_one_call_a_window() -> None:
    rows = Rows([], 100)
    assert read(rows, START + 3 * HOUR) == []
    assert rows.asked == 3


def test_a_second_that_is_fuller_than_the_list_is_said_and_not_skipped() -> None:
    with pytest.raises(ContractBroken):
        read(Rows([5] * 20, 10), START + HOUR)


@pytest.mark.parametrize("cursor", ["", "x", "1 2", "1 x []", "99999999999999999999 1 []", "1764000000 60 {}"])
def test_a_cursor_of_somebody_else_is_refused(cursor: str) -> None:
    with pytest.raises(ContractBroken):
        FullList(Rows([], 10).ask, "rows", 10, HOUR).page(START, START + HOUR, cursor)


@pytest.mark.parametrize("answer", [None, [], {"total": "x", "rows": []}, {"total": 1, "rows": {}}])
def test_an_answer_that_is_no_page_is_refused(answer: object) -> None:
    with pytest.raises(ContractBroken):
        FullList(lambda *_asked: answer, "rows", 10, HOUR).page(START, START + HOUR, None)
