"""A batch's last day as screens say it: how many days are left, in a word, a sign and a colour."""

from datetime import date, datetime, timedelta
from typing import Final

from desktop.texts import Phrase

#: days are counted where the shops are; China has had one time without summer time since 1992
_CHINA: Final = timedelta(hours=8)
_UTC_OFFSET: Final = timedelta(0)
#: fewer days than this are pressing whatever the goods are
_PRESSING: Final = 7


def today_in_china(now: datetime) -> date:
    """The day it is where the shops are."""
    offset = now.utcoffset() or _UTC_OFFSET
    return (now - offset + _CHINA).date()


def left_days(expires_on: date, now: datetime) -> int:
    """Whole days until the last day; negative once that is over."""
    return (expires_on - today_in_china(now)).days


def left_phrase(days: int | None) -> Phrase:
    """How many days are left, in words."""
    if days is None:
        return Phrase("batches.no_day")
    if days < 0:
        return Phrase("batches.ended", {"n": -days})
    return Phrase("batches.last_day") if days == 0 else Phrase("batches.left", {"n": days})


def left_tone(days: int | None, *, is_ending: bool, is_blocked: bool = False) -> str:
    """The tone of a state pill: each has a sign and a colour of its own."""
    if is_blocked or (days is not None and days < 0):
        return "stop"
    if is_ending or (days is not None and days < _PRESSING):
        return "notice"
    return "quiet" if days is None else "good"
