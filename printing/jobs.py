"""What the spooler needs from whoever keeps the print jobs, and what it tells whoever watches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from printing.canvas import Warned
from printing.status import PrinterState
from printing.transports.contract import Receipt

#: routes of a job: our own picture over the printer's wire, or a platform's print component on the same printer
OWN: Final = "own"
COMPONENT: Final = "component"


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """One label to print, given to one lane.

    Attributes:
        job_id: the store's id.
        content: as a JSON object: by route label content (`printing.label`) or component content
            (`printing.components.content`).
        copy_no: 0 for the first copy, n for the n-th reprint; shown as 补打 n.
        size: template and paper, such as `100x150`; empty for whatever the printer holds.
        name: plain word for files and lists, such as the waybill number; nothing personal.
        route: `own` or `component`.
    """

    job_id: int
    content: Mapping[str, object]
    copy_no: int
    size: str
    name: str
    route: str = OWN


class JobStore(Protocol):
    """Keeps jobs through crashes. Every call is one committed transaction of its own and may raise.

    States: queued -> claimed -> sending -> sent -> confirmed, or failed, or unknown. A call that raised
    may have been committed all the same, so the spooler repeats it: a mark on a job already so marked
    changes nothing.
    """

    def recover(self, printer_key: str) -> int:
        """At start: claimed jobs of this printer go back to queued, sending ones become unknown.

        Returns:
            How many became unknown. They are never sent again without a person's word.
        """
        ...

    def claim(self, printer_key: str) -> ClaimedJob | None:
        """The next queued job, now claimed; None without one."""
        ...

    def mark_sending(self, job: ClaimedJob, sha256: str) -> bool:
        """Committed before the first byte leaves: from here on nobody may send this job again.

        Returns:
            False where the job is not claimed any more (cancelled meanwhile): then nothing is sent.
        """
        ...

    def mark_sent(self, job: ClaimedJob, receipt: Receipt) -> None:
        """Every byte left."""
        ...

    def mark_confirmed(self, job: ClaimedJob) -> None:
        """The paper is out, says the device."""
        ...

    def mark_failed(self, job: ClaimedJob, reason: str, *, is_retryable: bool) -> None:
        """No byte left, or a print component says that no paper came of it.

        Retryable: back to queued; else failed, until a person acts.
        """
        ...

    def hand_over(self, job: ClaimedJob, from_key: str, to_key: str) -> None:
        """No byte left, and another printer holds the paper this job wants: queue it there.

        A job that the first printer has not claimed (any more) stays where it is.
        """
        ...

    def mark_unknown(self, job: ClaimedJob, reason: str) -> None:
        """Whether paper came out, only a person can say."""
        ...


class JobState(Enum):
    """What happened to a job, as told to the listener."""

    SENDING = "sending"
    SENT = "sent"
    CONFIRMED = "confirmed"
    #: queued at another printer, which holds its paper
    MOVED = "moved"
    RETRIED = "retried"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class JobNews:
    """One step of one job. `reason` is a stable code, `warnings` come from drawing.

    `message` holds a print component's own words where it refused or failed, cleaned of what they may quote.
    """

    printer_key: str
    job_id: int
    state: JobState
    reason: str = ""
    warnings: Sequence[Warned] = ()
    receipt: Receipt | None = None
    message: str = ""


class Activity(Enum):
    """What a lane does."""

    IDLE = "idle"
    PRINTING = "printing"
    #: a job may wait, but the printer or the store cannot serve it now
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """What a desk shows about one printer. `reason` is a stable code where the lane waits, else empty."""

    printer_key: str
    activity: Activity
    printer: PrinterState
    reason: str = ""
    job_id: int | None = None


class Listener(Protocol):
    """Hears of every change, on the lane's thread; must return at once. Exceptions are only logged."""

    def printer_changed(self, status: LaneStatus) -> None:
        """The lane's or the printer's state is another one than before."""
        ...

    def job_changed(self, news: JobNews) -> None:
        """A job took a step, committed in the store."""
        ...
