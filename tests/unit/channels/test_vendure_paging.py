"""Paging against a model of Vendure's list: times as text in whole seconds, orders changing between pages."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.channels.vendure.mapper import updated_at
from core.channels.vendure.paging import Cursor, Window, page_options

START = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)
WINDOW = Window("updatedAt", {}, updated_at)


class ListModel:
    """Orders by id, with the list query as SQLite answers it: times without fraction, compared as text."""

    def __init__(self, seconds: list[int]) -> None:
        self.times = {str(number + 1): START + timedelta(seconds=s) for number, s in enumerate(seconds)}

    def ask(self, options: Mapping[str, Any]) -> list[Mapping[str, object]]:
        bounds = options["filter"]["updatedAt"]
        rows = [
            (at.strftime("%Y-%m-%d %H:%M:%S"), number)
            for number, at in self.times.items()
            if self._is_between(at.strftime("%Y-%m-%d %H:%M:%S"), bounds)
        ]
        by_id = "id" in options["sort"]
        rows.sort(key=lambda row: int(row[1]) if by_id else (row[0], -int(row[1])))
        page = rows[options["skip"] : options["skip"] + options["take"]]
        return [{"id": number, "updatedAt": at.replace(" ", "T") + ".000Z"} for at, number in page]

    @staticmethod
    def _is_between(at: str, bounds: Mapping[str, str]) -> bool:
        after = bounds["after"].replace("T", " ").removesuffix("Z")
        before = bounds.get("before", "9999").replace("T", " ").removesuffix("Z")
        return after < at < before

    def touch(self, number: str, second: int) -> None:
        """The order changes: its time moves to the end."""
        self.times[number] = START + timedelta(seconds=second)


@given(
    seconds=st.lists(st.integers(0, 5), max_size=25),
    page_size=st.integers(2, 5),
    since=st.integers(0, 5),
    touches=st.lists(st.lists(st.integers(0, 24), max_size=4), max_size=8),
)
def test_no_order_of_the_window_is_missed_whatever_changes_between_pages(
    seconds: list[int], page_size: int, since: int, touches: list[list[int]]
) -> None:
    shop = ListModel(seconds)
    due = {number for number, at in shop.times.items() if at >= START + timedelta(seconds=since)}
    changes = [[str(one + 1) for one in some if one < len(seconds)] for some in touches]

    assert due <= seen_by_paging(shop, START + timedelta(seconds=since), page_size, changes)


def seen_by_paging(shop: ListModel, since: datetime, page_size: int, changes: list[list[str]]) -> set[str]:
    """The ids that paging meets, some orders changing after each page."""
    seen: set[str] = set()
    at = Cursor.first(since)
    now = 6
    waiting = iter(changes)
    for _ in range(400):
        items = shop.ask(page_options(WINDOW, at, page_size))
        if at.is_moved(items):
            at = at.restarted()
            items = shop.ask(page_options(WINDOW, at, page_size))
        seen |= {str(item["id"]) for item in items}
        following = at.next(items, page_size, WINDOW)
        if following is None:
            return seen
        at = Cursor.parse(following.text())
        for number in next(waiting, []):
            now += 1
            shop.touch(number, now)
    raise AssertionError("the pages do not end")


def test_orders_leaving_a_crowded_second_do_not_hide_others() -> None:
    shop = ListModel([0] * 15)
    due = set(shop.times)

    # the first page finds the second crowded, the next two walk it by offset
    seen = seen_by_paging(shop, START, 3, [[], [], ["1", "2", "3"]])

    assert seen == due


def test_the_model_punishes_plain_offsets() -> None:
    """The twin: paging by offset alone misses an order, so that the test above can fail."""
    shop = ListModel([0, 1, 2, 3])
    options = {"filter": {"updatedAt": {"after": "2026-11-23T09:00:00.000Z"}}, "sort": {"updatedAt": "ASC"}}

    first = shop.ask({**options, "skip": 0, "take": 2})
    shop.touch(str(first[0]["id"]), 9)
    rest = shop.ask({**options, "skip": 2, "take": 9})

    assert {str(row["id"]) for row in (*first, *rest)} != set(shop.times)


def test_the_border_second_is_asked_for_a_second_early() -> None:
    shop = ListModel([0])

    assert shop.ask(page_options(WINDOW, Cursor.first(START), 10))
    assert not shop.ask(
        {"filter": {"updatedAt": {"after": "2026-11-23T10:00:00.000Z"}}, "sort": {"id": "ASC"}}
        | {"skip": 0, "take": 10}
    )
