"""What happens with an alert by its severity and rule: data that the owner edits, with values that work without."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, select

from core.db.limits import RULE_SETTING
from core.db.models import Setting
from core.runtime.china import CHINA
from core.runtime.standing import Severity

SEVERITY_SETTING: Final = "alerts.severity.{severity}"
#: the language of messages to people: there is no screen to ask
LANGUAGE_SETTING: Final = "alerts.language"
_PREFIX: Final = "alerts."

#: gravest last
RANK: Mapping[str, int] = MappingProxyType({"": -1, Severity.NOTICE: 0, Severity.WARNING: 1, Severity.CRITICAL: 2})


@dataclass(frozen=True, slots=True)
class SeverityPolicy:
    """How long what waits. Seconds; minutes of China's day for the quiet hours.

    Attributes:
        next_after_s: nobody reacted: the next in the chain is told after so long; 0 for never.
        repeat_s: the chain is through: everybody is told again each time so long has passed; 0 for never.
        clear_after_s: it has to be gone for so long before the all-clear, so that flapping tells nobody twice.
        again_after_s: after an all-clear the same thing is raised again no sooner.
        quiet: from and until, between which nobody is told; None for no such hours.
    """

    next_after_s: int
    repeat_s: int
    clear_after_s: int
    again_after_s: int
    quiet: tuple[int, int] | None = None

    def speaks_at(self, now: datetime) -> datetime:
        """When somebody may be told: now, or the end of the quiet hours that `now` lies in."""
        if self.quiet is None or self.quiet[0] == self.quiet[1]:
            return now
        here = now.astimezone(CHINA)
        begins, ends = self.quiet
        minute = here.hour * 60 + here.minute
        is_quiet = begins <= minute < ends if begins < ends else minute >= begins or minute < ends
        if not is_quiet:
            return now
        midnight = datetime.combine(here.date(), time(), CHINA)
        end = midnight + timedelta(minutes=ends)
        return (end if end > here else end + timedelta(days=1)).astimezone(now.tzinfo)


_HOUR: Final = 3600
DEFAULTS: Mapping[Severity, SeverityPolicy] = MappingProxyType(
    {
        Severity.CRITICAL: SeverityPolicy(300, 1800, 60, 120),
        Severity.WARNING: SeverityPolicy(1800, 4 * _HOUR, 120, 600, (23 * 60, 7 * 60)),
        Severity.NOTICE: SeverityPolicy(0, 0, 300, _HOUR, (21 * 60, 8 * 60)),
    }
)


@dataclass(frozen=True, slots=True)
class RulePolicy:
    """What the owner decided about a rule; `severity` is empty where the watch decides."""

    is_on: bool = True
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that counts at one moment."""

    severities: Mapping[Severity, SeverityPolicy] = field(default_factory=lambda: DEFAULTS)
    rules: Mapping[str, RulePolicy] = field(default_factory=dict)
    language: str = "zh_CN"

    def of(self, severity: str) -> SeverityPolicy:
        """The policy of a severity; one that only a later program knows is treated as a warning."""
        known = Severity(severity) if severity in set(Severity) else Severity.WARNING
        return self.severities[known]

    def rule(self, rule: str) -> RulePolicy:
        """The policy of a rule."""
        return self.rules.get(rule, RulePolicy())


def read_policy(connection: Connection) -> Policy:
    """What counts now; a setting that cannot be read counts as never made."""
    here = Setting.name.startswith(_PREFIX, autoescape=True)
    rows = connection.execute(select(Setting.name, Setting.value).where(here))
    values: dict[str, Any] = {row.name: row.value for row in rows}
    severities = {
        one: severity_from(values.get(SEVERITY_SETTING.format(severity=one)), DEFAULTS[one]) for one in Severity
    }
    prefix = RULE_SETTING.format(rule="")
    rules = {name.removeprefix(prefix): rule_from(value) for name, value in values.items() if name.startswith(prefix)}
    language = values.get(LANGUAGE_SETTING)
    return Policy(severities, rules, language if language in {"zh_CN", "en"} else "zh_CN")


def severity_from(value: Any, usual: SeverityPolicy) -> SeverityPolicy:
    """A severity's policy out of its setting."""
    if not isinstance(value, dict):
        return usual
    numbers = {
        name: max(0, int(value[name]))
        if isinstance(value.get(name), int) and not isinstance(value[name], bool)
        else getattr(usual, name)
        for name in ("next_after_s", "repeat_s", "clear_after_s", "again_after_s")
    }
    quiet = value.get("quiet", usual.quiet)
    pair = [one % 1440 for one in quiet if isinstance(one, int)] if isinstance(quiet, (list, tuple)) else []
    return SeverityPolicy(**numbers, quiet=(pair[0], pair[1]) if len(pair) == 2 else None)


def rule_from(value: Any) -> RulePolicy:
    """A rule's policy out of its setting."""
    if not isinstance(value, dict):
        return RulePolicy()
    severity = value.get("severity", "")
    return RulePolicy(value.get("on", True) is not False, severity if severity in set(Severity) else "")
