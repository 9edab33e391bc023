"""Alerts as screens and messages see them. Nothing personal but names of operators, which the journal has too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.runtime.standing import Severity, Watch

#: where the owner is meant because nobody signs in
OWNER = 0


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """A rule that a watch reports.

    Attributes:
        rule: its name; the words are `alert.<rule>`.
        severity: how grave it usually is.
        limit: what counts where nobody has decided; None where there is nothing to choose.
        unit: of the limit: s | qty | days | mb | orders | hours.
        gathers: rules whose single conditions are not named any more while this one stands: it tells of them all.
    """

    rule: str
    severity: Severity
    limit: float | None = None
    unit: str = ""
    gathers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watched:
    """A watch with what it answers for: only what it covers may be given the all-clear when it names nothing."""

    name: str
    watch: Watch
    rules: tuple[RuleInfo, ...]
    #: seconds between two looks; for a watch that costs more than a glance
    every_s: float = 5.0


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert of the list. `state`: open | acked | clearing | past."""

    id: int
    rule: str
    key: str
    severity: str
    state: str
    facts: Mapping[str, Any]
    raised_at: datetime
    cleared_at: datetime | None
    acked_at: datetime | None
    acked_by: str
    step: int
    next_step_at: datetime | None
    is_muted: bool = False


#: how grave the last row of a page is, and its id
AlertCursor = tuple[int, int]


@dataclass(frozen=True, slots=True)
class AlertPage:
    """Rows and the cursor of the next page, None at the end."""

    rows: tuple[AlertRow, ...]
    next_after: AlertCursor | None


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One line of an alert's story, oldest first.

    Attributes:
        event: raised | worse | step | again | clear | acked | ack_dropped | muted | cleared.
        who: who was told, or who acted.
        way: name of the channel, empty for the screen.
        state: of a telling, as `AlertNotice.state`.
        error: why a telling failed: a code.
    """

    at: datetime
    event: str
    who: str = ""
    way: str = ""
    state: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class AlertDetail:
    """An alert with its story."""

    row: AlertRow
    story: tuple[StoryLine, ...]
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class MuteRow:
    """A mute that counts still."""

    id: int
    rule: str
    key: str
    until_at: datetime
    by: str
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Quiet:
    """What is watched, and since when nothing stands: what an empty list says.

    Attributes:
        watched: how many rules are looked at.
        rounds_at: when the last round was; None before the first: nobody is watching.
        since: when the last alert ended; None where there never was one.
    """

    watched: int
    rounds_at: datetime | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class PersonOnDuty:
    """Somebody in the chain; `via` is how they would be reached now, empty for the screen alone."""

    id: int
    name: str
    via: str = ""
