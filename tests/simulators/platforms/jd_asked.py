"""Parameters of JD's methods, read as its frame reads them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tests.simulators.platforms.jd_words import time_of

LONGEST: Final = timedelta(days=30)
LARGEST_PAGE: Final = 50

Asked = Mapping[str, Any]


class Broken(Exception):
    """A parameter that JD's frame refuses before the method sees it."""


def text(asked: Asked, name: str) -> str:
    """A parameter as text; blank where it is not there."""
    value = asked.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Broken(name)
    return str(value)


def whole(asked: Asked, name: str, default: int | None = None) -> int:
    """A whole number, written as a number or as text."""
    told = text(asked, name)
    if not told and default is not None:
        return default
    if not told.lstrip("-").isdigit():
        raise Broken(name)
    return int(told)


def page_of(asked: Asked, no: str, size: str) -> tuple[int, int]:
    """Which page, and how many rows to it."""
    page, page_size = whole(asked, no, 1), whole(asked, size, 20)
    if page < 1 or not 1 <= page_size <= LARGEST_PAGE:
        raise Broken(size)
    return page, page_size


def times(asked: Asked, since: str, until: str) -> tuple[datetime, datetime]:
    """A stretch of time that JD answers."""
    try:
        start, end = time_of(asked.get(since)), time_of(asked.get(until))
    except ValueError:
        raise Broken(since) from None
    if not timedelta(0) <= end - start <= LONGEST:
        raise Broken(until)
    return start, end


def whole_seconds(at: datetime) -> datetime:
    """As JD writes times."""
    return at.replace(microsecond=0)


def cut(rows: Sequence[Any], page: int, size: int) -> list[Any]:
    """The rows of one page."""
    return list(rows[(page - 1) * size : page * size])
