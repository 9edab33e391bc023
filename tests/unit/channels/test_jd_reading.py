"""Several lists over one stretch: each whole, in turn, from any place again."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from core.channels.jd.reading import Feed, read_in_turn
from core.channels.windows import Stretch, WindowPage
from core.runtime.remote_errors import ContractBroken

SINCE = datetime(2026, 11, 23, tzinfo=UTC)
STRETCH = Stretch(SINCE, SINCE + timedelta(hours=5), timedelta(hours=2))


def feed(*pages: Sequence[str]) -> Feed[str]:
    """A list of pages whose cursor is the page's number; the stretch is what it was at the beginning."""

    def read(stretch: Stretch, cursor: str | None) -> WindowPage[str]:
        assert (stretch.since, stretch.until) == (STRETCH.since, STRETCH.until)
        place = int(cursor or 0)
        is_last = place + 1 >= len(pages)
        return WindowPage(pages[place], None if is_last else str(place + 1), stretch.until if is_last else None)

    return read


def walked(feeds: Sequence[Feed[str]]) -> list[tuple[list[str], datetime | None]]:
    found = []
    cursor: str | None = None
    later = Stretch(SINCE + timedelta(days=1), SINCE + timedelta(days=2), STRETCH.span)
    for _ in range(20):
        page = read_in_turn(feeds, STRETCH if cursor is None else later, cursor)
        found.append((list(page.rows), page.whole_until))
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("it does not end")


def test_only_the_last_list_moves_the_watermark() -> None:
    assert walked([feed("a", "b"), feed("c"), feed("d", "e")]) == [
        (["a"], None),
        (["b"], None),
        (["c"], None),
        (["d"], None),
        (["e"], STRETCH.until),
    ]


def test_lists_without_rows_cost_no_page() -> None:
    assert walked([feed(""), feed(""), feed("a")]) == [(["a"], STRETCH.until)]
    assert walked([feed("a"), feed(""), feed("")]) == [(["a"], None), ([], STRETCH.until)]
    assert walked([feed("")]) == [([], STRETCH.until)]


def test_an_empty_page_within_a_list_is_no_end_of_it() -> None:
    assert walked([feed("", "a"), feed("b")]) == [([], None), (["a"], None), (["b"], STRETCH.until)]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "[]",
        "{}",
        "[0,1,2]",
        "[5,1,2,null]",
        "[-1,1,2,null]",
        '["0",1,2,null]',
        "[0,1e400,2,null]",
        "[0,1,2,3]",
    ],
)
def test_a_cursor_that_is_none_of_ours(cursor: str) -> None:
    with pytest.raises(ContractBroken):
        read_in_turn([feed("a"), feed("b")], STRETCH, cursor)
