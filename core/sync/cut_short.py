"""Readings of shops that a trouble cut short, so that the next one goes on there and does not begin anew.

A busy shop's window may take hundreds of calls. Where each is answered badly now and then, a reading that begins anew
each time never comes to its end, and the orders on its last pages are not seen for hours. Kept in memory only: a
program that starts again reads its window from the beginning, as ever.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: nobody documents how long a platform's own paging key lives; what fails here begins anew soon
_KEPT: Final = timedelta(hours=1)
#: so often in a row the same page may fail before the reading is begun anew
_MOST_FAILURES: Final = 3


@dataclass
class Reading:
    """One walk through the pages of a feed.

    Attributes:
        begun_at: when, by the time all desks share.
        since: from when changes are read.
        known_until: the feed's watermark as this reading knows it; another desk may have moved it since.
        cursor: the page that is next, None for the first.
        calls: how many pages were read.
        first_answer: the shop's clock with the first of them.
        failures: how often in a row the next page could not be read.
    """

    begun_at: datetime
    since: datetime
    known_until: datetime | None = None
    cursor: str | None = None
    calls: int = 0
    first_answer: datetime | None = None
    failures: int = 0


class CutShort:
    """The cut readings of one program; a shop is read by one thread at a time."""

    def __init__(self) -> None:
        self._readings: dict[tuple[int, str], Reading] = {}

    def keep(self, shop_id: int, feed: str, reading: Reading) -> None:
        """This one could not go on."""
        reading.failures += 1
        if reading.cursor is not None and reading.failures < _MOST_FAILURES:
            self._readings[shop_id, feed] = reading

    def take(self, shop_id: int, feed: str, known_until: datetime | None, now: datetime) -> Reading | None:
        """The one to go on with; None where it has to begin anew."""
        reading = self._readings.pop((shop_id, feed), None)
        if reading is None or reading.known_until != known_until:
            return None
        return reading if timedelta() <= now - reading.begun_at <= _KEPT else None
