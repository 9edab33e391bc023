"""The weight at the label scan: taken by itself where the scale can be believed, else one question.

The label scanned again is the second press: the parcel then goes as it is, and the journal says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.fulfilment.records import ParcelView, Verdict, WeightRule
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.packing.board import Board
from desktop.pages.packing.ports import PackingDesk, Scale
from desktop.pages.packing.screen import Asking, Mood
from desktop.scale.state import PASSING, Condition, ScaleState
from desktop.settings import DeskSettings
from desktop.texts import Phrase

#: a box that was just put down swings for a moment
_PATIENCE_S: Final = 3.0
#: a scanner that reads twice is faster than a clerk who means it
_BOUNCE_S: Final = 0.8
#: how long a question counts as asked: a parcel that comes back in the afternoon is asked about anew
_STANDS_S: Final = 120.0
#: the same weight again, for a hand that types and a scale that drifts
_SAME_G: Final = 20
_OFF: Final = frozenset({"weight.light", "weight.heavy"})


@dataclass(frozen=True, slots=True)
class _Doubt:
    """What the clerk was asked about a parcel, and by which act."""

    parcel_id: int
    nonce: str
    at: datetime
    why: str
    grams: int = 0


@dataclass(frozen=True, slots=True)
class _Taken:
    """The weight that was taken last, and how often the scale had been empty by then."""

    parcel_id: int
    grams: int
    emptied: int


@dataclass(frozen=True, slots=True)
class _Pending:
    """A label scan that waits for the scale to come to rest."""

    parcel: ParcelView
    nonce: str
    since: datetime
    go: Callable[[], None]
    stay: Callable[[], None]


class Weighing:
    """Stands between a label's scan and its verdict. Nothing here waits: the scale is looked at, never asked."""

    def __init__(
        self,
        board: Board,
        packing: PackingDesk,
        tasks: Tasks,
        settings: DeskSettings,
        scale: Scale,
        *,
        now: Callable[[], datetime],
        on_verdict: Callable[[Verdict], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Make it.

        Args:
            board: where its words are said.
            packing: core's packing desk.
            tasks: where its acts run.
            settings: the tolerance.
            scale: of this desk.
            now: aware current time.
            on_verdict: ends the clerk's act with a verdict that is not the expected one.
            on_error: ends it with an error.
        """
        self._board = board
        self._packing = packing
        self._tasks = tasks
        self._settings = settings
        self._scale = scale
        self._now = now
        self._on_verdict = on_verdict
        self._on_error = on_error
        self._doubt: _Doubt | None = None
        self._taken: _Taken | None = None
        self._pending: _Pending | None = None

    def follow(self) -> None:
        """The scale has changed, or time went on: show it, and look whether a label waits for it."""
        state = self._scale.look()
        self._board.show(scale=state)
        pending = self._pending
        if pending is None:
            return
        is_late = (self._now() - pending.since).total_seconds() >= _PATIENCE_S
        if state.condition not in PASSING or is_late:
            self._pending = None
            self._settle(pending, state)

    def before_label(
        self, parcel: ParcelView, raw: str, nonce: str, go: Callable[[], None], stay: Callable[[], None]
    ) -> None:
        """Take the parcel's weight, then `go`; `stay` where the clerk is asked something first."""
        state = self._scale.look()
        doubt = self._doubt_about(parcel)
        is_mine = raw.replace(" ", "").upper().split("-")[0] == parcel.waybill_no.upper()
        if not is_mine or parcel.weight_g is not None or (state.condition is Condition.OFF and doubt is None):
            go()
            return
        pending = _Pending(parcel, nonce, self._now(), go, stay)
        if state.condition in PASSING and doubt is None:
            self._pending = pending
            self._board.say(Mood.CALM, Phrase("packing.scale.settling"))
        else:
            self._settle(pending, state)

    def grams_by_key(self, parcel: ParcelView) -> int:
        """What the weighing key may take from the scale; 0 where the clerk has to type it."""
        state = self._scale.look()
        return state.grams if state.condition is Condition.STEADY and not self._why_not(parcel, state) else 0

    def weigh_by_key(self, parcel: ParcelView, grams: int, nonce: str) -> None:
        """Note a weight that was typed, or taken with the key; the same again is meant."""
        doubt = self._doubt_about(parcel)
        is_meant = doubt is not None and doubt.why in _OFF and abs(doubt.grams - grams) <= _SAME_G
        self._weigh(parcel, grams, nonce, is_meant=is_meant and self._is_again(doubt, nonce), then=None)

    # --- one label ----------------------------------------------------------------------------------------------

    def _settle(self, pending: _Pending, state: ScaleState) -> None:
        parcel, doubt = pending.parcel, self._doubt_about(pending.parcel)
        is_again = self._is_again(doubt, pending.nonce)
        why = self._why_not(parcel, state)
        if not why:
            is_meant = is_again and doubt is not None and doubt.why in _OFF
            self._weigh(parcel, state.grams, pending.nonce, is_meant=is_meant, then=pending.go)
        elif doubt is not None and is_again and doubt.why in _OFF and doubt.grams:
            self._weigh(parcel, doubt.grams, pending.nonce, is_meant=True, then=pending.go)
        elif doubt is not None and is_again:
            self._skip(parcel, why, pending)
        else:
            if doubt is None:
                self._ask(parcel, why, pending.nonce)
            pending.stay()

    def _why_not(self, parcel: ParcelView, state: ScaleState) -> str:
        """What keeps the figure on the scale from being this parcel's weight; empty where nothing does."""
        if state.condition is not Condition.STEADY:
            return str(state.condition)
        if state.is_empty:
            return "empty"
        taken = self._taken
        if taken is None or state.emptied < taken.emptied:
            # Nothing was taken since this reader began (a changed setting makes another one), and nobody knows how
            # long it has lain there: since yesterday, it may be.
            return "" if state.emptied else "not_emptied"
        if taken.parcel_id == parcel.id or state.emptied > taken.emptied:
            return ""
        return "same" if taken.grams == state.grams else "not_emptied"

    def _ask(self, parcel: ParcelView, why: str, nonce: str) -> None:
        self._doubt = _Doubt(parcel.id, nonce, self._now(), why)
        base = f"packing.scale.{why}"
        again = Phrase("packing.scale.again")
        self._board.say(Mood.NOTICE, Phrase(base), way=again, more=Phrase(f"{base}.way"))
        self._board.sound("wrong")

    def _doubt_about(self, parcel: ParcelView) -> _Doubt | None:
        doubt = self._doubt
        is_fresh = doubt is not None and (self._now() - doubt.at).total_seconds() <= _STANDS_S
        return doubt if doubt is not None and is_fresh and doubt.parcel_id == parcel.id else None

    def _is_again(self, doubt: _Doubt | None, nonce: str) -> bool:
        """Whether this is the second press: another act than the one that was asked about, and no bounce of it."""
        if doubt is None or doubt.nonce == nonce:
            return False
        return (self._now() - doubt.at).total_seconds() >= _BOUNCE_S

    # --- acts ---------------------------------------------------------------------------------------------------

    def _weigh(
        self, parcel: ParcelView, grams: int, nonce: str, *, is_meant: bool, then: Callable[[], None] | None
    ) -> None:
        settings, emptied = self._settings, self._scale.look().emptied
        rule = WeightRule(settings.number("weight_grams"), settings.number("weight_percent"), is_meant)
        own = nonce if then is None else f"{nonce}/weight"

        def weighed(verdict: Verdict) -> None:
            if verdict.code in _OFF:
                self._doubt = _Doubt(parcel.id, nonce, self._now(), verdict.code, grams)
            if verdict.code == "weight.ok":
                self._doubt = None
                self._taken = _Taken(parcel.id, grams, emptied)
            if verdict.code == "weight.ok" and then is not None:
                self._board.show(asking=Asking.NOTHING)
                self._adopt(verdict)
                then()
            else:
                self._on_verdict(verdict)

        self._tasks.submit(
            lambda: self._packing.weigh(parcel.id, parcel.fence, grams, own, rule),
            weighed,
            self._on_error,
            owner=self,
            lane=Lane.ACTS,
        )

    def _skip(self, parcel: ParcelView, why: str, pending: _Pending) -> None:
        def skipped(verdict: Verdict) -> None:
            self._doubt = None
            if verdict.code == "weight.skipped":
                pending.go()
            else:
                self._on_verdict(verdict)

        self._tasks.submit(
            lambda: self._packing.skip_weight(parcel.id, parcel.fence, why, f"{pending.nonce}/weight"),
            skipped,
            self._on_error,
            owner=self,
            lane=Lane.ACTS,
        )

    def _adopt(self, verdict: Verdict) -> None:
        mine, weighed = self._board.screen.parcel, verdict.parcel
        if mine is not None and weighed is not None and weighed.id == mine.id:
            self._board.adopt(weighed)
