"""What the alerts page needs from core; core's services satisfy these by shape."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from core.alerts.channels import ChannelView, ContactView
from core.alerts.notifiers.contract import Kind
from core.alerts.policy import SeverityPolicy
from core.alerts.records import AlertCursor, AlertDetail, AlertPage, MuteRow, PersonOnDuty, Quiet
from core.alerts.roster import Roster
from core.desk.alert_settings import RuleDraft, RuleView
from core.runtime.standing import Severity


class AlertDesk(Protocol):
    """Looking at alerts and answering them."""

    def page(self, pile: str, after: AlertCursor | None, limit: int) -> AlertPage:
        """A page of one pile: what stands with the gravest first."""
        ...

    def detail(self, alert_id: int) -> AlertDetail | None:
        """One alert with its story."""
        ...

    def counts(self) -> Mapping[str, int]:
        """How many nobody has answered, how many stand."""
        ...

    def quiet(self) -> Quiet:
        """What is watched, and since when nothing stands."""
        ...

    def on_duty(self) -> tuple[tuple[PersonOnDuty, ...], ...]:
        """Who is told first, who next."""
        ...

    def mutes(self) -> tuple[MuteRow, ...]:
        """What nobody is told of now."""
        ...

    def acknowledge(self, alert_id: int, note: str = "") -> bool:
        """Whoever acts looks after it."""
        ...

    def mute(self, rule: str, key: str, minutes: int, reason: str) -> int:
        """Tell nobody for so long."""
        ...

    def unmute(self, mute_id: int) -> bool:
        """Tell of it again."""
        ...


class AlertSettingsDesk(Protocol):
    """What the owner decides."""

    def rules(self) -> tuple[RuleView, ...]:
        """Every rule."""
        ...

    def put_rule(self, draft: RuleDraft) -> None:
        """Decide about a rule."""
        ...

    def severities(self) -> Mapping[Severity, SeverityPolicy]:
        """How long what waits."""
        ...

    def put_severity(self, severity: Severity, policy: SeverityPolicy) -> None:
        """Decide how long what waits."""
        ...

    def roster(self) -> Roster:
        """Who is on duty when."""
        ...

    def put_shift(self, weekdays: Sequence[int], begins_min: int, ends_min: int, person_id: int, rank: int) -> None:
        """Add a shift to the weekly plan."""
        ...

    def drop_shift(self, shift_id: int) -> None:
        """Take one out."""
        ...

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
        """Say what differs for a while."""
        ...

    def drop_change(self, change_id: int) -> None:
        """The plan counts again."""
        ...

    def kinds(self) -> tuple[Kind, ...]:
        """Kinds of channels."""
        ...

    def channels(self) -> tuple[ChannelView, ...]:
        """Robots and mail accounts."""
        ...

    def contacts(self) -> tuple[ContactView, ...]:
        """How everybody is reached."""
        ...

    def put_channel(self, channel_id: int | None, kind: str, name: str, entered: Mapping[str, str]) -> int:
        """Add or change a channel."""
        ...

    def set_channel_on(self, channel_id: int, is_on: bool) -> None:
        """Use a channel, or no longer."""
        ...

    def drop_channel(self, channel_id: int) -> None:
        """Forget its keys."""
        ...

    def put_contact(self, person_id: int, channel_id: int, address: str) -> None:
        """How somebody is reached."""
        ...

    def test(self, channel_id: int) -> None:
        """Send a test; waits for the network."""
        ...
