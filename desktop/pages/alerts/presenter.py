"""The alerts page's list without widgets: what is listed, what is open, what is answered or kept quiet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.alerts.records import AlertCursor, AlertDetail, AlertRow, MuteRow, PersonOnDuty, Quiet
from desktop.bridge.paging import ListPresenter
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.alerts.ports import AlertDesk
from desktop.pages.alerts.words import door_of
from desktop.texts import Phrase


@dataclass(frozen=True, slots=True)
class AlertsScreen:
    """What the page shows beside the rows.

    Attributes:
        pile: one of `words.PILES`.
        counts: texts for the chips.
        detail: what is open.
        is_muting: the form that asks why it should be kept quiet is open.
        chain: who is on duty now, and who after them.
        mutes: what nobody is told of.
        is_saving: an act is on its way; a further press is none.
    """

    pile: str = "open"
    is_loading: bool = False
    is_known_empty: bool = False
    counts: Mapping[str, str] = field(default_factory=dict)
    detail: AlertDetail | None = None
    is_muting: bool = False
    quiet: Quiet | None = None
    chain: tuple[tuple[PersonOnDuty, ...], ...] = ()
    mutes: tuple[MuteRow, ...] = ()
    is_saving: bool = False

    @property
    def mute(self) -> MuteRow | None:
        """What keeps the open alert quiet."""
        if self.detail is None:
            return None
        row = self.detail.row
        return next((one for one in self.mutes if one.rule == row.rule and one.key in {"", row.key}), None)


class AlertsPresenter(ListPresenter[AlertsScreen]):
    """Reads in the lane of reads, a newer wish makes an older answer worthless; acts are acts."""

    def __init__(self, alerts: AlertDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(AlertsScreen(), tasks, tell)
        self._alerts = alerts
        self._wished: int | None = None
        #: opens a page or a pile of orders
        self.on_door: Callable[[str], None] = lambda _door: None

    # --- the list -----------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read again what is shown, as far down as it was loaded."""
        self._list(self._screen.pile, is_again=True)

    def choose_pile(self, pile: str) -> None:
        """Show another pile."""
        self._wished = None
        self._show(detail=None, is_muting=False)
        self._list(pile)

    def more(self, after: AlertCursor) -> None:
        """The list was scrolled near its end."""
        pile = self._screen.pile
        self._read_more(lambda rows: self._alerts.page(pile, after, rows), lambda: pile == self._screen.pile)

    def open(self, row: AlertRow) -> None:
        """Show an alert with its story."""
        if row.id != self._wished:
            self._show(is_muting=False)
        self._wished = row.id
        self._read_detail(row.id)

    def close(self) -> bool:
        """Close the form, else the drawer; whether one was open."""
        if self._screen.is_muting:
            self._show(is_muting=False)
            return True
        was_open = self._screen.detail is not None
        self._wished = None
        self._show(detail=None)
        return was_open

    # --- acts ---------------------------------------------------------------------------------------------------

    def acknowledge(self, row: AlertRow | None = None, note: str = "") -> None:
        """Whoever is here looks after the open alert, or after a row of the list."""
        about = row or (None if self._screen.detail is None else self._screen.detail.row)
        if about is not None and about.state in {"open", "clearing"} and about.acked_at is None:
            self._act(
                lambda: self._alerts.acknowledge(about.id, note.strip()),
                lambda is_first: Phrase("alerts.acked" if is_first else "alerts.acked_before"),
            )

    def ask_mute(self) -> None:
        """Ask why it should be kept quiet, or tell of it again."""
        mute = self._screen.mute
        if mute is not None:
            self._act(lambda: self._alerts.unmute(mute.id), lambda _met: Phrase("alerts.unmuted"))
        elif self._screen.detail is not None:
            self._show(is_muting=True)

    def mute(self, scope: str, minutes: int, reason: str) -> None:
        """Keep the open alert quiet (`scope` key), or its whole rule."""
        if self._screen.detail is None:
            return
        row = self._screen.detail.row
        key = row.key if scope == "key" else ""
        self._act(
            lambda: self._alerts.mute(row.rule, key, minutes, reason),
            lambda _id: Phrase("alerts.muted", {"time": Phrase(f"alerts.mute.time.{minutes}")}),
        )

    def go(self) -> None:
        """Open what can mend it."""
        if self._screen.detail is not None:
            door = door_of(self._screen.detail.row.rule)
            if door:
                self.on_door(door)

    # --- within -------------------------------------------------------------------------------------------------

    def _act(self, work: Callable[[], Any], told: Callable[[Any], Phrase]) -> None:
        if self._screen.is_saving:
            return
        self._show(is_saving=True)

        def finished(result: Any) -> None:
            self._show(is_saving=False, is_muting=False)
            self._tell("good", told(result), None)
            self.reload()

        def failed(error: Exception) -> None:
            self._show(is_saving=False)
            self._fail(error)
            self.reload()

        self._tasks.submit(work, finished, failed, owner=self, lane=Lane.ACTS)

    def _list(self, pile: str, *, is_again: bool = False) -> None:
        self._show(pile=pile, is_loading=True)
        self._read_first(lambda rows: self._alerts.page(pile, None, rows), is_again=is_again)
        self._tasks.submit(self._aside, self._on_aside, lambda _error: None, owner=self, key="aside")
        if self._wished is not None:
            self._read_detail(self._wished)

    def _aside(self) -> tuple[Mapping[str, int], Quiet, tuple[tuple[PersonOnDuty, ...], ...], tuple[MuteRow, ...]]:
        return self._alerts.counts(), self._alerts.quiet(), self._alerts.on_duty(), self._alerts.mutes()

    def _on_aside(self, aside: tuple[Mapping[str, int], Quiet, Any, tuple[MuteRow, ...]]) -> None:
        counts, quiet, chain, mutes = aside
        texts = {pile: str(number) for pile, number in counts.items()}
        self._show(counts=texts, quiet=quiet, chain=chain, mutes=mutes)

    def _read_detail(self, alert_id: int) -> None:
        def came(detail: AlertDetail | None) -> None:
            # Closed, or another one chosen, while it was on its way.
            if self._wished == alert_id:
                self._show(detail=detail)

        self._tasks.submit(lambda: self._alerts.detail(alert_id), came, self._fail, owner=self, key="detail")
