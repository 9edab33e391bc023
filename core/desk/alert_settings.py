"""What the owner decides about alerts: rules, severities, who is on duty, robots and mail accounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.access.gate import needs
from core.access.rights import Right
from core.alerts import channels, roster
from core.alerts.channels import ChannelView, ContactView
from core.alerts.notifiers.contract import Kind
from core.alerts.notifiers.ways import KINDS
from core.alerts.policy import LANGUAGE_SETTING, SEVERITY_SETTING, SeverityPolicy, read_policy
from core.alerts.queries import seen_rules
from core.alerts.records import RuleInfo
from core.alerts.roster import Roster
from core.alerts.sending import Carrier
from core.db.limits import RULE_SETTING, limits_in
from core.db.models import Setting
from core.db.unit_of_work import Store, UnitOfWork, shared_now
from core.desk.settings import put_setting
from core.runtime.errors import Refused
from core.runtime.standing import Severity

_LONGEST_S = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule as its page shows it.

    Attributes:
        info: what the watch says of it.
        severity: the owner's, empty where the watch decides.
        limit: what counts now; None where there is nothing to choose.
        own: limits of single keys.
    """

    info: RuleInfo
    is_on: bool
    severity: str
    limit: float | None
    own: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule as entered; `limits` by key, the empty key for the usual one."""

    rule: str
    is_on: bool
    severity: str
    limits: Mapping[str, float]


class AlertSettings:
    """Everything that has a default which works without any set-up."""

    def __init__(self, store: Store, rules: Sequence[RuleInfo], carrier: Carrier) -> None:
        """`rules`: everything that is looked at; `carrier` sends tests."""
        self._store = store
        self._rules = rules
        self._carrier = carrier

    # --- rules ----------------------------------------------------------------------------------------------------

    @needs(Right.CHANGE_SETTINGS)
    def rules(self) -> tuple[RuleView, ...]:
        """Every rule that is looked at or ever raised an alert."""
        return self._store.read(self._read_rules)

    @needs(Right.CHANGE_SETTINGS)
    def put_rule(self, draft: RuleDraft) -> None:
        """Decide about a rule.

        Raises:
            Refused: `alert.severity`, `alert.limit`.
        """
        if draft.severity not in {"", *Severity}:
            raise Refused("alert.severity", f"{draft.severity} is no severity", severity=draft.severity)
        if any(not 0 <= limit < 10**9 for limit in draft.limits.values()):
            raise Refused("alert.limit", "a limit is a number from 0 on")
        value = {"on": draft.is_on, "severity": draft.severity, "limits": dict(draft.limits)}

        def put(uow: UnitOfWork) -> None:
            put_setting(uow, RULE_SETTING.format(rule=draft.rule), value)
            uow.record("alert.rule_changed", "setting", 0, rule=draft.rule, on=draft.is_on, severity=draft.severity)

        self._store.write(put)

    @needs(Right.CHANGE_SETTINGS)
    def severities(self) -> Mapping[Severity, SeverityPolicy]:
        """How long what waits, by severity."""
        return self._store.read(read_policy).severities

    @needs(Right.CHANGE_SETTINGS)
    def put_severity(self, severity: Severity, policy: SeverityPolicy) -> None:
        """Decide how long what waits.

        Raises:
            Refused: `alert.wait`, longer than a week or less than nothing.
        """
        waits = (policy.next_after_s, policy.repeat_s, policy.clear_after_s, policy.again_after_s)
        if any(not 0 <= wait <= _LONGEST_S for wait in waits):
            raise Refused("alert.wait", "a wait lasts for a week at most")
        value: dict[str, Any] = {
            "next_after_s": policy.next_after_s,
            "repeat_s": policy.repeat_s,
            "clear_after_s": policy.clear_after_s,
            "again_after_s": policy.again_after_s,
            "quiet": None if policy.quiet is None else list(policy.quiet),
        }
        self._store.write(lambda uow: put_setting(uow, SEVERITY_SETTING.format(severity=severity), value))

    @needs(Right.CHANGE_SETTINGS)
    def put_language(self, language: str) -> None:
        """The language of messages.

        Raises:
            Refused: `alert.language`.
        """
        if language not in {"zh_CN", "en"}:
            raise Refused("alert.language", "this version writes Chinese or English")
        self._store.write(lambda uow: put_setting(uow, LANGUAGE_SETTING, language))

    @needs(Right.CHANGE_SETTINGS)
    def language(self) -> str:
        """The language of messages."""
        return self._store.read(read_policy).language

    # --- who is on duty ---------------------------------------------------------------------------------------------

    @needs(Right.CHANGE_SETTINGS)
    def roster(self) -> Roster:
        """The weekly plan, what differs from it, and who there is."""
        return self._store.read(
            lambda connection: roster.read_roster(connection, shared_now(connection, self._store.clock))
        )

    @needs(Right.CHANGE_SETTINGS)
    def put_shift(self, weekdays: Sequence[int], begins_min: int, ends_min: int, person_id: int, rank: int) -> None:
        """Add a shift on some days of each week. Raises as `core.alerts.roster.put_shift`."""
        self._store.write(
            lambda uow: [roster.put_shift(uow, day, begins_min, ends_min, person_id, rank) for day in weekdays]
        )

    @needs(Right.CHANGE_SETTINGS)
    def drop_shift(self, shift_id: int) -> None:
        """Take a shift out of the plan."""
        self._store.write(lambda uow: roster.drop_shift(uow, shift_id))

    @needs(Right.CHANGE_SETTINGS)
    def put_change(
        self,
        kind: str,
        begins_at: datetime,
        ends_at: datetime,
        *,
        person_id: int = 0,
        for_person_id: int | None = None,
        rank: int = 1,
    ) -> None:
        """Say what differs from the plan for a while. Raises as `core.alerts.roster.put_change`."""
        self._store.write(
            lambda uow: roster.put_change(
                uow, kind, begins_at, ends_at, person_id=person_id, for_person_id=for_person_id, rank=rank
            )
        )

    @needs(Right.CHANGE_SETTINGS)
    def drop_change(self, change_id: int) -> None:
        """The plan counts again."""
        self._store.write(lambda uow: roster.drop_change(uow, change_id))

    # --- channels ---------------------------------------------------------------------------------------------------

    @needs(Right.CHANGE_SETTINGS)
    def kinds(self) -> tuple[Kind, ...]:
        """Kinds of channels that can be added."""
        return tuple(KINDS.values())

    @needs(Right.CHANGE_SETTINGS)
    def channels(self) -> tuple[ChannelView, ...]:
        """Robots and mail accounts in the order in which they are tried; no secret is in them."""
        return self._store.read(channels.channels)

    @needs(Right.CHANGE_SETTINGS)
    def contacts(self) -> tuple[ContactView, ...]:
        """How everybody is reached."""
        return self._store.read(channels.contacts)

    @needs(Right.CHANGE_SETTINGS)
    def put_channel(self, channel_id: int | None, kind: str, name: str, entered: Mapping[str, str]) -> int:
        """Add or change a channel; gives its id. Raises as `core.alerts.channels.put_channel`."""
        return self._store.write(lambda uow: channels.put_channel(uow, channel_id, kind, name, entered))

    @needs(Right.CHANGE_SETTINGS)
    def set_channel_on(self, channel_id: int, is_on: bool) -> None:
        """Use a channel, or no longer."""
        self._store.write(lambda uow: channels.set_channel_on(uow, channel_id, is_on=is_on))

    @needs(Right.CHANGE_SETTINGS)
    def drop_channel(self, channel_id: int) -> None:
        """Forget a channel's keys and everybody's addresses on it."""
        self._store.write(lambda uow: channels.drop_access(uow, channel_id))

    @needs(Right.CHANGE_SETTINGS)
    def put_contact(self, person_id: int, channel_id: int, address: str) -> None:
        """How somebody is reached on a channel. Raises as `core.alerts.channels.put_contact`."""
        self._store.write(lambda uow: channels.put_contact(uow, person_id, channel_id, address))

    @needs(Right.CHANGE_SETTINGS)
    def test(self, channel_id: int) -> None:
        """Send a test message; waits for the network.

        Raises:
            ChannelError: it did not get through. NotFound: `alert.no_channel`.
        """
        self._carrier.test(channel_id, ())

    def _read_rules(self, connection: Connection) -> tuple[RuleView, ...]:
        policy = read_policy(connection)
        prefix = RULE_SETTING.format(rule="")
        query = select(Setting.name, Setting.value).where(Setting.name.startswith(prefix, autoescape=True))
        values = {row.name.removeprefix(prefix): row.value for row in connection.execute(query)}
        known = {info.rule: info for info in self._rules}
        others = [RuleInfo(rule, Severity.WARNING) for rule in seen_rules(connection) if rule not in known]
        found = []
        for info in (*known.values(), *others):
            one, limits = policy.rule(info.rule), limits_in(values.get(info.rule), info.limit or 0)
            limit = None if info.limit is None else limits.usual
            found.append(RuleView(info, one.is_on, one.severity, limit, limits.own))
        return tuple(found)
