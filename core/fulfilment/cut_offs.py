"""Cut-offs (截单时间): until when of a day a carrier takes parcels along, kept for all desks, China's time."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.db.models import Setting
from core.runtime.china import CHINA
from core.runtime.errors import Refused

_CLOCK: Final = re.compile(r"([01]?\d|2[0-3])[:：.]?([0-5]\d)")
#: the setting of a carrier is called so, with its code behind
PREFIX: Final = "cut_off."


def tidy_cut_off(text: str) -> str:
    """A time of day as `HH:MM`, from 1730, 17:30 or 17：30; empty for none.

    Raises:
        Refused: `wave.cut_off_bad`.
    """
    text = text.strip()
    if not text:
        return ""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise Refused("wave.cut_off_bad", "this is no time of day", raw=text[:20])
    return f"{int(found[1]):02d}:{found[2]}"


def cut_offs(connection: Connection) -> Mapping[str, str]:
    """Carrier code -> `HH:MM`, of those that have one."""
    query = select(Setting.name, Setting.value).where(Setting.name.startswith(PREFIX, autoescape=True))
    return {row.name.removeprefix(PREFIX): str(row.value) for row in connection.execute(query) if row.value}


def next_cut_off(at: str, now: datetime) -> datetime:
    """The next moment at which this cut-off comes."""
    hour, _, minute = at.partition(":")
    today = now.astimezone(CHINA).replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def last_due(at: str, now: datetime) -> datetime:
    """What has to be sent before this moment has to be with the carrier at its next cut-off: the one after it."""
    return next_cut_off(at, now) + timedelta(days=1)


def end_of_today(now: datetime) -> datetime:
    """Midnight."""
    today = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)
