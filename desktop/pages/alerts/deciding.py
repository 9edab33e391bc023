"""What the owner decides about alerts, without widgets: each tab looks, and each act is told and looked at again."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from core.alerts.channels import ChannelView, ContactView
from core.alerts.notifiers.contract import Kind
from core.alerts.policy import SeverityPolicy
from core.alerts.roster import Roster
from core.desk.alert_settings import RuleView
from core.runtime.china import CHINA
from core.runtime.standing import Severity
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.errors import error_phrase
from desktop.pages.alerts.ports import AlertSettingsDesk
from desktop.texts import Phrase


@dataclass(frozen=True, slots=True)
class DecidingScreen:
    """Everything the three tabs show; a tab that was not looked at yet has nothing."""

    roster: Roster | None = None
    rules: tuple[RuleView, ...] = ()
    severities: tuple[tuple[Severity, SeverityPolicy], ...] = ()
    kinds: tuple[Kind, ...] = ()
    channels: tuple[ChannelView, ...] = ()
    contacts: tuple[ContactView, ...] = field(default=(), repr=False)
    trouble: Phrase | None = None
    #: the question that was put; the same press again means it, and any other act takes it away
    asked: str = ""
    is_saving: bool = False


class DecidingPresenter(ScreenPresenter[DecidingScreen]):
    """One for each tab: it looks at what its tab shows."""

    def __init__(self, desk: AlertSettingsDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(DecidingScreen(), tell)
        self.desk = desk
        self._tasks = tasks
        #: what was written into fields while something was on its way
        self._waiting: deque[Callable[[], None]] = deque()

    def look_at_duty(self) -> None:
        """Read plan and changes."""
        self._look(lambda: {"roster": self.desk.roster()})

    def look_at_rules(self) -> None:
        """Read rules and waits."""
        self._look(
            lambda: {"rules": self.desk.rules(), "severities": tuple(self.desk.severities().items())},
        )

    def look_at_channels(self) -> None:
        """Read channels, contacts and people."""
        self._look(
            lambda: {
                "kinds": self.desk.kinds(),
                "channels": self.desk.channels(),
                "contacts": self.desk.contacts(),
                "roster": self.desk.roster(),
            }
        )

    def act(
        self,
        work: Callable[[], object],
        look: Callable[[], None],
        done: Phrase | None = None,
        *,
        lane: Lane = Lane.ACTS,
        undo: Callable[[], None] | None = None,
        on_done: Callable[[], None] = lambda: None,
        waits: bool = False,
    ) -> None:
        """Do something, say so, and look again; what is refused is said where it was entered.

        While something else is on its way a press is none; what was written into a field (`waits`) is saved after it.
        """
        if self._screen.is_saving:
            if waits:
                self._waiting.append(lambda: self.act(work, look, done, lane=lane, undo=undo, on_done=on_done))
            return
        self._show(is_saving=True, trouble=None, asked="")

        def finished(_result: object) -> None:
            self._show(is_saving=False)
            if done is not None:
                self._tell("good", done, undo)
            on_done()
            self._go_on(look)

        def failed(error: Exception) -> None:
            self._show(is_saving=False, trouble=error_phrase(error))
            self._go_on(look)

        self._tasks.submit(work, finished, failed, owner=self, lane=lane)

    def _go_on(self, look: Callable[[], None]) -> None:
        """What waits comes next, and is looked at with it."""
        if self._waiting:
            self._waiting.popleft()()
        else:
            look()

    def test(self, channel: ChannelView) -> None:
        """Send a test; waits for the network, and says what came of it."""
        self.act(
            lambda: self.desk.test(channel.id),
            self.look_at_channels,
            Phrase("alerts.channels.tested", {"name": channel.name}),
            lane=Lane.SHOPS,
        )

    def drop(self, channel: ChannelView) -> None:
        """Forget a channel with its keys, which cannot be brought back: asked about first."""
        facts: dict[str, object] = {"name": channel.name}
        if self._is_meant(f"drop:{channel.id}", Phrase("alerts.channels.sure", facts)):
            done = Phrase("alerts.channels.dropped", facts)
            self.act(lambda: self.desk.drop_channel(channel.id), self.look_at_channels, done)

    def refuse_entry(self, code: str) -> None:
        """What was typed cannot be read."""
        self._show(trouble=Phrase(code))

    def forget_trouble(self) -> None:
        """Nothing is wrong with what stands there, and nothing was asked."""
        self._show(trouble=None, asked="")

    def _look(self, read: Callable[[], dict[str, Any]]) -> None:
        self._tasks.submit(read, lambda found: self._show(**found), self._fail, owner=self, key="look")


def minutes_of(text: str) -> int | None:
    """Minutes of the day of `8:00` or `0800`; 24:00 is the day's end; None where it cannot be read."""
    hours, _, minutes = text.strip().replace("：", ":").partition(":")
    if not minutes and len(hours) == 4:
        hours, minutes = hours[:2], hours[2:]
    if not (hours.isdigit() and hours.isascii() and (not minutes or (minutes.isdigit() and minutes.isascii()))):
        return None
    found = int(hours) * 60 + int(minutes or 0)
    return found if int(minutes or 0) < 60 and found <= 24 * 60 else None


def clock_of(minutes: int) -> str:
    """`08:00` of minutes of the day."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def day_of(text: str, *, is_last: bool = False) -> datetime | None:
    """The begin of a day in China, the end of it where it is the last one; None where it cannot be read."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    begins = datetime(day.year, day.month, day.day, tzinfo=CHINA)
    return begins + timedelta(days=1) if is_last else begins


def quiet_of(text: str) -> tuple[int, int] | None:
    """Quiet hours of `23:00-07:00`; None for none.

    Raises:
        ValueError: it cannot be read.
    """
    if not text.strip():
        return None
    begins, _, ends = text.replace("–", "-").replace("~", "-").partition("-")
    pair = minutes_of(begins), minutes_of(ends)
    if pair[0] is None or pair[1] is None:
        raise ValueError("no hours")
    return pair[0] % 1440, pair[1] % 1440
