"""One bad order of a page keeps the others not out; a bad page or line is told as what it is."""

from collections.abc import Callable
from typing import Any

import pytest

from core.channels.singly import MOST_UNREAD, read_each
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected, Temporary


def _reader(errors: dict[str, ChannelError], asked: list[str]) -> Callable[[str], Any]:
    def read(no: str) -> Any:
        asked.append(no)
        if no in errors:
            raise errors[no]
        return None if no == "none" else f"order {no}"

    return read


@pytest.mark.parametrize("error", [Temporary("cut"), ContractBroken("odd", code="order.x"), Rejected("no", code="9")])
def test_a_bad_one_is_named_beside_the_others(error: ChannelError) -> None:
    orders, unread = read_each("abc", str, _reader({"b": error}, []))
    assert list(orders) == ["order a", "order c"]
    assert [(one.no, one.error) for one in unread] == [("b", error)]


def test_what_is_no_order_is_neither() -> None:
    assert read_each(["a", "none"], str, _reader({}, [])) == (("order a",), ())


@pytest.mark.parametrize("error", [AuthExpired("no key"), RateLimited("slower", retry_after_s=60)])
def test_what_holds_for_all_ends_the_page_at_once(error: ChannelError) -> None:
    asked: list[str] = []
    with pytest.raises(type(error)):
        read_each("abc", str, _reader({"b": error}, asked))
    assert asked == ["a", "b"]


def test_a_dead_line_is_not_tried_for_every_order() -> None:
    asked: list[str] = []
    numbers = [str(n) for n in range(100)]
    with pytest.raises(Temporary):
        read_each(numbers, str, _reader(dict.fromkeys(numbers[10:], Temporary("cut")), asked))
    assert len(asked) == 12


def test_calls_that_fail_apart_from_each_other_are_no_dead_line() -> None:
    orders, unread = read_each("abcdef", str, _reader(dict.fromkeys("ace", Temporary("cut")), []))
    assert (len(orders), len(unread)) == (3, 3)


def test_a_platform_that_changed_its_format_has_no_good_page() -> None:
    asked: list[str] = []
    numbers = [str(n) for n in range(100)]
    with pytest.raises(ContractBroken):
        read_each(numbers, str, _reader(dict.fromkeys(numbers, ContractBroken("odd")), asked))
    assert len(asked) == MOST_UNREAD + 1
    with pytest.raises(ContractBroken):
        read_each("ab", str, _reader(dict.fromkeys("ab", ContractBroken("odd")), []))


def test_a_page_of_one_bad_order_is_no_bad_page() -> None:
    orders, unread = read_each("a", str, _reader({"a": ContractBroken("odd")}, []))
    assert (orders, [one.no for one in unread]) == ((), ["a"])
