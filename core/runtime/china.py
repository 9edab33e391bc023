"""Days and clock times as the shops count them, wherever the machine stands."""

from datetime import date, datetime, timedelta, timezone
from typing import Final

#: China has had one time without summer time since 1992
CHINA: Final = timezone(timedelta(hours=8))


def china_day(at: datetime) -> date:
    """The day it is in China at this aware time."""
    return at.astimezone(CHINA).date()
