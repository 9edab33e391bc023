"""What follows from what stands now and what stood before. Pure: no database, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from core.alerts.policy import RANK, Policy
from core.runtime.standing import MOST, Severity, Standing

#: facts of a standing alert grow old (minutes of silence): so often they are written anew
FACTS_EVERY = timedelta(seconds=60)

Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Stood:
    """An alert that has not got its all-clear."""

    id: int
    rule: str
    key: str
    severity: str
    told_severity: str
    facts: Mapping[str, Any]
    seen_at: datetime
    gone_at: datetime | None
    is_acked: bool
    next_step_at: datetime | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the watches found.

    Attributes:
        standing: what stands.
        covered: rules that were looked at; of others it is unknown whether they stand.
        cut: of these rules there are more than are named: the largest number that was looked at.
        gathered: what stands of these rules is told as one condition of another rule.
    """

    standing: Sequence[Standing]
    covered: frozenset[str]
    cut: Mapping[str, int] = field(default_factory=dict)
    gathered: frozenset[str] = frozenset()

    def looked_at(self, rule: str, key: str) -> bool:
        """Whether a condition that is not named does not stand."""
        if rule not in self.covered:
            return False
        number = _number_of(key)
        return rule not in self.cut or (number is not None and number <= self.cut[rule])


@dataclass(frozen=True, slots=True)
class Mutes:
    """What nobody is told of now."""

    rules: frozenset[str] = frozenset()
    keys: frozenset[Name] = frozenset()

    def cover(self, rule: str, key: str) -> bool:
        """Whether this one is muted."""
        return rule in self.rules or (rule, key) in self.keys


@dataclass(frozen=True, slots=True)
class Decided:
    """What is to be done; empty where nothing is.

    Attributes:
        raised: new alerts.
        changed: alerts whose severity or facts are written anew.
        worse: of these, told again because they are graver than anybody was told.
        back: reported again before the all-clear.
        gone: not reported any more, since this round.
        cleared: gone for long enough; `off` those whose rule was switched off; `gathered` those that are told of as
            one of another rule from now on.
        due: nobody reacted in time.
    """

    raised: tuple[Standing, ...] = ()
    changed: tuple[tuple[int, Standing], ...] = ()
    worse: tuple[int, ...] = ()
    back: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()
    cleared: tuple[int, ...] = ()
    off: tuple[int, ...] = ()
    gathered: tuple[int, ...] = ()
    due: tuple[int, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether everything is as it was."""
        return self == _NOTHING

    def first(self, most: int) -> tuple["Decided", int]:
        """At most so many of each kind, and how many are left for the next time."""
        kept = {one.name: getattr(self, one.name)[:most] for one in fields(self)}
        left = sum(len(getattr(self, name)) - len(some) for name, some in kept.items())
        return Decided(**kept), left


_NOTHING = Decided()


@dataclass(slots=True)
class _Lists:
    """The same while it is found out."""

    raised: list[Standing] = field(default_factory=list)
    changed: list[tuple[int, Standing]] = field(default_factory=list)
    worse: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    cleared: list[int] = field(default_factory=list)
    off: list[int] = field(default_factory=list)
    gathered: list[int] = field(default_factory=list)
    due: list[int] = field(default_factory=list)


def by_policy(standing: Iterable[Standing], policy: Policy) -> dict[Name, Standing]:
    """What stands, by name, with the owner's severity; rules that are switched off do not stand."""
    found: dict[Name, Standing] = {}
    for one in standing:
        rule = policy.rule(one.rule)
        if not rule.is_on:
            continue
        meant = replace(one, severity=Severity(rule.severity)) if rule.severity else one
        known = found.get((one.rule, one.key))
        if known is None or RANK[meant.severity] > RANK[known.severity]:
            found[one.rule, one.key] = meant
    return found


def cut_off(standing: Sequence[Standing]) -> tuple[list[Standing], dict[str, int]]:
    """As many of each rule as are ever looked after at once, the lowest numbers first; and where each was cut."""
    by_rule: dict[str, list[Standing]] = {}
    for one in standing:
        by_rule.setdefault(one.rule, []).append(one)
    kept: list[Standing] = []
    cut: dict[str, int] = {}
    for rule, some in by_rule.items():
        if len(some) >= MOST:
            some = sorted(some, key=lambda one: (_number_of(one.key) or 0, one.key))[:MOST]  # noqa: PLW2901  fewer of the same
            cut[rule] = _number_of(some[-1].key) or 0
        kept += some
    return kept, cut


def _number_of(key: str) -> int | None:
    number = key.rpartition(":")[2]
    return int(number) if number.isdecimal() else None


def decide(
    stood: Sequence[Stood],
    seen: Seen,
    policy: Policy,
    mutes: Mutes,
    last_cleared: Mapping[Name, datetime],
    now: datetime,
) -> Decided:
    """What is to be done.

    Args:
        stood: every alert without an all-clear.
        seen: what the watches found.
        policy: what the owner decided.
        mutes: what nobody is told of.
        last_cleared: when what stands now got its last all-clear, where it ever did.
        now: this moment.
    """
    standing = by_policy(seen.standing, policy)
    found = _Lists()
    for alert in stood:
        now_is = standing.pop((alert.rule, alert.key), None)
        is_muted = mutes.cover(alert.rule, alert.key)
        if not policy.rule(alert.rule).is_on:
            found.off.append(alert.id)
            continue
        if now_is is not None:
            _goes_on(alert, now_is, is_muted, policy, now, found)
        elif alert.rule in seen.gathered:
            found.gathered.append(alert.id)
            continue
        elif seen.looked_at(alert.rule, alert.key):
            _goes_away(alert, policy, now, found)
            continue
        if not (is_muted or alert.id in found.worse) and _is_due(alert, now_is, policy, now):
            found.due.append(alert.id)
    for name, one in standing.items():
        quiet_since = last_cleared.get(name)
        rests = timedelta(seconds=policy.of(one.severity).again_after_s)
        if not mutes.cover(*name) and (quiet_since is None or now >= quiet_since + rests):
            found.raised.append(one)
    found.raised.sort(key=lambda one: (-RANK[one.severity], one.rule, one.key))
    return Decided(
        tuple(found.raised),
        tuple(found.changed),
        tuple(found.worse),
        tuple(found.back),
        tuple(found.gone),
        tuple(found.cleared),
        tuple(found.off),
        tuple(found.gathered),
        tuple(found.due),
    )


def _goes_on(alert: Stood, now_is: Standing, is_muted: bool, policy: Policy, now: datetime, found: _Lists) -> None:
    """It stands still; it may have become graver, and its facts grow old."""
    if alert.gone_at is not None:
        found.back.append(alert.id)
    is_other = now_is.severity != alert.severity
    if is_other or (dict(now_is.facts) != dict(alert.facts) and now - alert.seen_at >= FACTS_EVERY):
        found.changed.append((alert.id, now_is))
    # Against what was told, not against what was: a drop in between makes no new rise of it.
    is_graver = alert.told_severity and RANK[now_is.severity] > RANK[alert.told_severity]
    if is_graver and not is_muted and policy.of(now_is.severity).speaks_at(now) <= now:
        found.worse.append(alert.id)


def _is_due(alert: Stood, now_is: Standing | None, policy: Policy, now: datetime) -> bool:
    """Whether the next has to be told now: of nothing that somebody looks after, nor of what is gone already.

    What nobody was told yet waits for the end of quiet hours; once it is grave enough to speak in them it waits no
    longer.
    """
    if alert.is_acked or alert.next_step_at is None or (now_is is None and alert.gone_at is not None):
        return False
    severity = alert.severity if now_is is None else now_is.severity
    is_time = alert.next_step_at <= now or not alert.told_severity
    return is_time and policy.of(severity).speaks_at(now) <= now


def _goes_away(alert: Stood, policy: Policy, now: datetime, found: _Lists) -> None:
    """It was looked for and is not there: it gets its all-clear once it has been gone for long enough."""
    wait = timedelta(seconds=policy.of(alert.severity).clear_after_s)
    if alert.gone_at is None:
        found.gone.append(alert.id)
    if now - (alert.gone_at or now) >= wait:
        found.cleared.append(alert.id)
