"""Times, ages and money as the screens write them."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from desktop.texts import Phrase, Texts

#: names in the records that are nobody's: the program's own, and that of a desk where nobody signs in
_NOBODY: Final = frozenset({"system", "clerk"})
#: of a moment: year, month, day, hour, minute
_PARTS: Final = 5


def time_text(at: datetime, now: datetime, texts: Texts, zone: tzinfo | None = None) -> str:
    """`10:31` today, `昨天 10:31` yesterday, `01-06` this year, `2025-01-06` before; in the PC's zone by default."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if local.date() == (today - timedelta(days=1)).date():
        return texts.t("time.yesterday", at=f"{local:%H:%M}")
    return f"{local:%m-%d}" if local.year == today.year else f"{local:%Y-%m-%d}"


def deadline_text(at: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """`18:00` today, `11-24 18:00` on any other day: a deadline without its hour is none."""
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%m-%d %H:%M}"


def moment_text(at: datetime, zone: tzinfo | None = None) -> str:
    """`01-06 10:31`: for time lines, where both day and minute matter."""
    return f"{at.astimezone(zone):%m-%d %H:%M}"


def left_text(until: datetime | None, now: datetime, texts: Texts) -> str:
    """`还剩 12 分钟` until goods are given back; empty where they are kept without an end."""
    if until is None:
        return ""
    seconds = (until - now).total_seconds()
    return texts.t("time.left", n=-int(-seconds // 60)) if seconds > 0 else texts.t("time.run_out")


def age_text(at: datetime | None, now: datetime, texts: Texts) -> str:
    """`12 秒`, `6 分钟`, `3 小时`, `2 天` since `at`; a dash where it never happened."""
    return "—" if at is None else texts.say(age_phrase((now - at).total_seconds()))


def goods_text(name: str, spec: str) -> str:
    """Goods in one cell: many are told apart by their specification alone."""
    return f"{name}  {spec}" if spec else name


def person_text(name: str, texts: Texts) -> str:
    """Who did something: the program itself, and whoever works where nobody signs in, are no names."""
    return texts.t(f"person.{name}") if name in _NOBODY else name


def journal_code(action: str, facts: Mapping[str, object]) -> str:
    """The code of the words for a line of the journal; some facts make another sentence of it."""
    if action == "parcel.shipped" and facts.get("unchecked"):
        return "journal.parcel.shipped_unchecked"
    if action == "order.over_limit" and facts.get("needs_member"):
        return "journal.order.over_limit_member"
    return f"journal.{action}"


def age_phrase(seconds: float) -> Phrase:
    """An age before any language is chosen, for use inside another sentence."""
    whole = max(0, int(seconds))
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if whole >= size:
            return Phrase(f"age.{unit}", {"n": whole // size})
    return Phrase("age.second", {"n": whole})


def yuan(fen: int) -> str:
    """`¥1,299.00` of whole fen."""
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def kilograms(grams: int) -> str:
    """`2.10 kg` of whole grams."""
    return f"{grams / 1000:.2f} kg"


def number_text(number: str, most: int = 22) -> str:
    """An order number for a button: whole as platforms give them, its middle left out where it is longer."""
    return number if len(number) <= most else f"{number[: most - 9]}…{number[-8:]}"


def typed_moment(text: str, zone: tzinfo | None = None) -> datetime:
    """A moment as it is typed, `2025-01-06 10:31` with anything between, in the PC's zone. ValueError if none."""
    parts = [int(part) for part in re.findall(r"[0-9]+", text)]
    if len(parts) != _PARTS:
        raise ValueError(f"{text!r} is no moment")
    year, month, day, hour, minute = parts
    return datetime(year + (2000 if year < 100 else 0), month, day, hour, minute, tzinfo=zone).astimezone()


def typed_day(text: str) -> date | None:
    """A day as it is typed: year, month and day with anything between, or as 6 or 8 digits. ValueError if none."""
    if not text.strip():
        return None
    parts = re.findall(r"[0-9]+", text)
    if len(parts) == 1 and len(parts[0]) in {6, 8}:
        year, month, day = parts[0][:-4], parts[0][-4:-2], parts[0][-2:]
    elif len(parts) == 3:
        year, month, day = parts
    else:
        raise ValueError(f"{text!r} is no day")
    return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
