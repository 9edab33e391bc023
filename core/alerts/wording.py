"""What people read in a message: words from the catalogue, facts made harmless."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.alerts.notifiers.contract import Message
from core.alerts.policy import RANK
from core.runtime.china import CHINA

#: language, code and facts -> the sentence; the code itself where the catalogue has none
Say = Callable[[str, str, Mapping[str, object]], str]

#: more than so many at once become one message
DIGEST_FROM: Final = 4
_DIGEST_LINES: Final = 12
_FACT_CHARS: Final = 60
_MOBILE: Final = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


@dataclass(frozen=True, slots=True)
class Saying:
    """One telling of one alert, with what the message needs of it."""

    alert_id: int
    turn: int
    event: str
    rule: str
    key: str
    severity: str
    facts: Mapping[str, Any]
    raised_at: datetime
    cleared_at: datetime | None


def no_words(_language: str, code: str, _facts: Mapping[str, object]) -> str:
    """Where no catalogue was given: the code says what it is."""
    return code


def harmless(value: object) -> object:
    """A fact as it may stand in a message: one short line of plain signs, nothing that looks like a person's number.

    Watches bring nothing personal; what a shop or a product is called is somebody's free text all the same.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    line = " ".join("".join(ch if ch.isprintable() else " " for ch in str(value)).split())
    line = _MAIL.sub("***", _MOBILE.sub("***", line))
    return line if len(line) <= _FACT_CHARS else f"{line[: _FACT_CHARS - 1]}…"


def sentence(say: Say, language: str, one: Saying) -> str:
    """What an alert is, in one sentence."""
    facts = {name: harmless(value) for name, value in one.facts.items()}
    code = f"alert.{one.rule}"
    said = say(language, code, facts)
    return say(language, "alert.unnamed", {"rule": one.rule, "key": harmless(one.key)}) if said == code else said


def single(say: Say, language: str, one: Saying, *, is_repeat: bool) -> Message:
    """The message about one alert."""
    head = say(language, f"alert.head.{_head(one)}", {})
    lines = [say(language, "alert.line.since", {"at": _time(one.raised_at)})]
    if one.cleared_at is not None and one.event == "clear":
        minutes = max(1, round((one.cleared_at - one.raised_at).total_seconds() / 60))
        lines = [say(language, "alert.line.lasted", {"at": _time(one.raised_at), "minutes": minutes})]
    else:
        lines.append(say(language, "alert.line.answer", {}))
    if is_repeat:
        lines.append(say(language, "alert.line.repeat", {}))
    return Message(f"{head}{sentence(say, language, one)}", tuple(lines))


def digest(say: Say, language: str, many: Sequence[Saying], *, is_repeat: bool) -> Message:
    """One message about several alerts, the gravest first; each alert once, as it was told last."""
    newest: dict[int, Saying] = {}
    for one in sorted(many, key=lambda one: one.turn):
        newest[one.alert_id] = one
    rows = sorted(newest.values(), key=lambda one: (one.event == "clear", -RANK.get(one.severity, 1), one.alert_id))
    counts = {"n": len(rows), "critical": sum(one.severity == "critical" and one.event != "clear" for one in rows)}
    lines = [f"· {say(language, f'alert.head.{_head(one)}', {})}{sentence(say, language, one)}" for one in rows][
        :_DIGEST_LINES
    ]
    if len(rows) > len(lines):
        lines.append(say(language, "alert.line.more", {"n": len(rows) - len(lines)}))
    if is_repeat:
        lines.append(say(language, "alert.line.repeat", {}))
    return Message(say(language, "alert.head.digest", counts), tuple(lines))


def _head(one: Saying) -> str:
    if one.event == "clear":
        return "clear"
    if one.event in {"worse", "again"}:
        return f"{one.event}.{one.severity}"
    return one.severity


def _time(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%m-%d %H:%M")
