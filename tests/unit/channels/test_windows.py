"""Reading stretch by stretch gives every row, whatever moves between two pages; the plain way loses some."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels import windows
from core.channels.windows import Stretch, Window, WindowPage, WindowTooFullError, read_backward, read_forward
from core.runtime.remote_errors import ContractBroken

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SIZE = 3
HOUR = timedelta(hours=1)


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


@dataclass
class Table:
    """Rows by the second of their last change, listed newest first as such platforms do."""

    changed: dict[int, int]
    meanwhile: list[int] = field(default_factory=list)
    asked: list[Window] = field(default_factory=list)

    def inside(self, window: Window) -> list[int]:
        rows = [(second, row) for row, second in self.changed.items() if window.since <= at(second) <= window.until]
        return [row for _second, row in sorted(rows, reverse=True)]

    def count(self, window: Window) -> int:
        self.asked.append(window)
        return len(self.inside(window))

    def read(self, window: Window, page_no: int) -> Sequence[int]:
        rows = self.inside(window)[(page_no - 1) * SIZE : page_no * SIZE]
        if self.meanwhile:
            # changed after the page was answered: it leaves every window of this reading
            self.changed[self.meanwhile.pop()] = 10_000
        return rows


def walk(read: Callable[[str | None], WindowPage[int]]) -> tuple[list[int], list[datetime]]:
    rows: list[int] = []
    reached: list[datetime] = []
    cursor: str | None = None
    for _ in range(500):
        page = read(cursor)
        rows += page.rows
        if page.whole_until is not None:
            reached.append(page.whole_until)
        cursor = page.next_cursor
        if cursor is None:
            return rows, reached
    raise AssertionError("the reading does not end")


@given(
    st.lists(st.integers(0, 100), max_size=25),
    st.lists(st.integers(0, 24), max_size=12),
    st.integers(7, 120),
)
def test_backward_loses_no_row_that_stays_in_the_stretch(seconds: list[int], touched: list[int], span_s: int) -> None:
    table = Table(dict(enumerate(seconds)), [row for row in touched if row < len(seconds)])
    moved = set(table.meanwhile)
    stretch = Stretch(at(0), at(100), timedelta(seconds=span_s))

    rows, reached = walk(lambda cursor: read_backward(stretch, cursor, SIZE, table.count, table.read))

    assert set(table.changed) - moved <= set(rows)
    assert reached == sorted(reached)
    assert reached[-1] == at(100)
    assert all(window.until - window.since <= stretch.span for window in table.asked)


@pytest.mark.parametrize(("again", "lost"), [(3, set()), (0, {2})])
def test_rows_that_come_late_move_no_other_past_the_reading(
    again: int, lost: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the second look, the last row of a page moves to the page that was read before it."""
    monkeypatch.setattr(windows, "_MOST_AGAIN", again)
    table = Table({row: 50 - row for row in range(9)})
    read_pages: list[int] = []

    def read(window: Window, page_no: int) -> Sequence[int]:
        rows = table.read(window, page_no)
        read_pages.append(page_no)
        if len(read_pages) == 2:
            # told late: it changed before the window's end, and is in the list only now
            table.changed[99] = 60
        return rows

    rows, _reached = walk(
        lambda cursor: read_backward(Stretch(at(0), at(100), HOUR), cursor, SIZE, table.count, read)
    )

    assert set(range(9)) - set(rows) == lost
    assert read_pages == ([3, 2, 1, 4, 3, 2, 1] if again else [3, 2, 1])


def test_a_full_page_is_counted_again_before_it_is_taken_for_all() -> None:
    table = Table({row: 50 - row for row in range(3)})

    def read(window: Window, page_no: int) -> Sequence[int]:
        table.changed.setdefault(99, 60)
        return table.read(window, page_no)

    rows, _reached = walk(
        lambda cursor: read_backward(Stretch(at(0), at(100), HOUR), cursor, SIZE, table.count, read)
    )

    assert set(rows) == {0, 1, 2, 99}


def test_a_list_that_never_stops_growing_is_left_after_a_few_readings() -> None:
    table = Table(dict.fromkeys(range(5), 50))

    def read(window: Window, page_no: int) -> Sequence[int]:
        table.changed[len(table.changed)] = 40
        return table.read(window, page_no)

    rows, reached = walk(lambda cursor: read_backward(Stretch(at(0), at(100), HOUR), cursor, SIZE, table.count, read))

    assert set(range(5)) <= set(rows)
    assert reached == [at(100)]


@pytest.mark.parametrize("key", ["x", "1/2/3/4", "1/x", "/"])
def test_a_place_in_a_window_that_is_none_of_ours(key: str) -> None:
    table = Table({1: 5})
    cursor = read_backward(Stretch(at(0), at(10), HOUR), None, SIZE, table.count, table.read)
    assert cursor.next_cursor is None
    with pytest.raises(ContractBroken):
        read_backward(Stretch(at(0), at(10), HOUR), f'[0,1,2,"{key}"]', SIZE, table.count, table.read)


def test_read_forward_by_page_number_a_row_would_be_lost() -> None:
    """Why the pages are read from the last to the first."""
    table = Table({row: 50 - row for row in range(9)}, [0])
    window = Window(at(0), at(100))
    forward = [row for page_no in (1, 2, 3) for row in table.read(window, page_no)]

    assert set(range(1, 9)) - set(forward)


def test_a_place_says_all_so_that_a_page_can_be_asked_for_again() -> None:
    table = Table(dict.fromkeys(range(7), 5))
    stretch = Stretch(at(0), at(10), timedelta(minutes=30))
    first = read_backward(stretch, None, SIZE, table.count, table.read)
    second = read_backward(stretch, first.next_cursor, SIZE, table.count, table.read)
    later = Stretch(at(500), at(900), stretch.span)

    assert (len(first.rows), first.whole_until) == (1, None)
    assert read_backward(later, first.next_cursor, SIZE, table.count, table.read) == second


def test_forward_follows_the_platforms_key_and_cuts_the_stretch() -> None:
    asked: list[tuple[int, str]] = []

    def read(window: Window, key: str) -> tuple[Sequence[int], str]:
        asked.append((int((window.since - START).total_seconds()), key))
        return [len(asked)], "" if key == "二" else "二"

    stretch = Stretch(at(0), at(25), timedelta(seconds=20))
    rows, reached = walk(lambda cursor: read_forward(stretch, cursor, read))

    assert (rows, reached) == ([1, 2, 3, 4], [at(20), at(25)])
    assert asked == [(0, ""), (0, "二"), (20, ""), (20, "二")]


def test_a_key_that_does_not_move_on_is_no_endless_reading() -> None:
    stretch = Stretch(at(0), at(25), timedelta(seconds=20))
    cursor = read_forward(stretch, None, lambda _window, _key: ([], "same")).next_cursor

    with pytest.raises(ContractBroken, match="move on"):
        read_forward(stretch, cursor, lambda _window, _key: ([], "same"))


@pytest.mark.parametrize("cursor", ["", "[]", "[1,2]", '["a",2,3,""]', "[1,2,9e99,1]", "nonsense"])
def test_a_cursor_of_somebody_else_is_refused(cursor: str) -> None:
    stretch = Stretch(at(0), at(25), timedelta(seconds=20))

    with pytest.raises(ContractBroken):
        read_forward(stretch, cursor, lambda _window, _key: ([], ""))


def test_a_stretch_without_length_still_reads_one_second() -> None:
    table = Table({1: 0})
    page = read_backward(Stretch(at(0), at(0), timedelta(minutes=30)), None, SIZE, table.count, table.read)

    assert (page.rows, page.next_cursor, page.whole_until) == ([1], None, at(1))


def full_above(limit: int, table: Table) -> Callable[[Window, str], tuple[Sequence[int], str]]:
    """A platform that tells nothing of a window with more rows than it has set itself."""

    def read(window: Window, key: str) -> tuple[Sequence[int], str]:
        table.asked.append(window)
        rows = table.inside(window)
        if len(rows) > limit:
            raise WindowTooFullError("too many")
        start = int(key or 0)
        return rows[start : start + SIZE], str(start + SIZE) if start + SIZE < len(rows) else ""

    return read


def test_a_window_that_is_too_full_is_read_in_halves() -> None:
    table = Table({number: number * 10 for number in range(40)})
    stretch = Stretch(at(0), at(400), timedelta(seconds=400))

    rows, reached = walk(lambda cursor: read_forward(stretch, cursor, full_above(7, table)))

    assert set(rows) == set(range(40))
    assert reached == sorted(reached)
    assert reached[-1] == at(400)


def test_a_second_that_is_too_full_is_an_error() -> None:
    table = Table(dict.fromkeys(range(9), 5))
    stretch = Stretch(at(0), at(60), timedelta(seconds=60))

    with pytest.raises(WindowTooFullError):
        walk(lambda cursor: read_forward(stretch, cursor, full_above(7, table)))
