"""Scanning out by labels alone (批量出库): every label is answered in its order, and none keeps the gun waiting.

A label on whose order the shop has been silent is judged again behind the others, once the shop was asked. What did
not leave stands on top until somebody has seen it.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Final

from core.access.rights import Right
from core.fulfilment.records import SHIPPED, OnOld, Tone, Verdict
from core.runtime.errors import Unavailable
from desktop.bridge.tasks import Lane, Tasks
from desktop.commands import Command
from desktop.errors import error_phrase, missing_right
from desktop.pages.packing.board import Board
from desktop.pages.packing.ports import PackingDesk
from desktop.pages.packing.screen import Burst, BurstRow, Mood, Sentence
from desktop.pages.packing.shop_word import once_asked, rule_of
from desktop.settings import DeskSettings
from desktop.texts import Phrase

#: labels that left are listed up to here; what did not leave is never dropped
_LISTED: Final = 12
#: nobody has touched it for so long: whoever comes next must not send parcels out unseen without knowing
_LEFT_ALONE_S: Final = 600.0
#: a scanner that ends its code with two Enters is faster than a clerk who means the key
_BOUNCE_S: Final = 0.8
#: what goes on beside a burst
_BESIDE: Final = frozenset({Command.LABEL_CAME, Command.LABEL_MISSING, Command.REFRESH})
#: the way out of other refusals speaks of a parcel that lies open
_OWN_WAYS: Final = ("burst.", "label.voided")
#: the line below the sentence says already what was scanned
_SAYS_WHICH: Final = frozenset({"label.unknown", "label.voided", "burst.slip", "burst.goods"})


@dataclass(frozen=True, slots=True)
class _Label:
    """A scanned label that is not answered yet."""

    row: int
    raw: str
    nonce: str
    #: which clerk's it is: a later one answers for none of it
    shift: int
    attempt: int = 1
    is_asked_about: bool = False


class Bursting:
    """The burst of this desk. Labels go to the lane of acts at once, so their order is that of the gun."""

    def __init__(
        self,
        board: Board,
        packing: PackingDesk,
        tasks: Tasks,
        settings: DeskSettings,
        *,
        now: Callable[[], datetime],
        may: Callable[[Right], bool],
        on_quiet: Callable[[], None],
    ) -> None:
        """Make it; nothing is on.

        Args:
            board: where its words are said.
            packing: core's packing desk.
            tasks: where labels are judged and shops are asked.
            settings: how old the shop's word may be, and what is done where it stays silent.
            now: aware current time.
            may: whether whoever is here has a right.
            on_quiet: every label is answered.
        """
        self._board = board
        self._packing = packing
        self._tasks = tasks
        self._settings = settings
        self._now = now
        self._may = may
        self._on_quiet = on_quiet
        self._ids = count(1)
        self._is_on = False
        self._shift = 0
        self._left: Counter[str] = Counter()
        self._last = ""
        self._rows: list[BurstRow] = []
        self._waiting: dict[str, _Label] = {}
        self._touched_at = now()
        self._scanned_at: datetime | None = None

    @property
    def is_on(self) -> bool:
        """Whether a label that is scanned now leaves without its goods being verified."""
        return self._is_on

    def takes(self, command: Command, *, is_desk_free: bool) -> bool:
        """Do what a key means for the burst; whether nobody else needs to look at it."""
        self._touched_at = self._now()
        if command is Command.SEEN:
            self._acknowledge()
        elif command is Command.BURST:
            self._turn(is_desk_free=is_desk_free)
        elif command is Command.BACK and self._is_way_out(is_desk_free=is_desk_free):
            self._back()
        elif self._is_on and command not in _BESIDE:
            self._board.refuse(Phrase("packing.burst.only_labels"))
        else:
            return False
        return True

    def scan(self, raw: str, nonce: str) -> None:
        """A label, or what was taken for one."""
        self._touched_at = self._scanned_at = self._now()
        self._board.disarm()
        label = _Label(next(self._ids), raw, nonce, self._shift)
        self._waiting[nonce] = label
        self._put(BurstRow(label.row, raw, "", "", "busy", Phrase("packing.burst.judging")))
        self._judge(label, OnOld.ASK)

    def tick(self) -> None:
        """Once a second: a burst that was left alone ends."""
        if self._is_on and (self._now() - self._touched_at).total_seconds() >= _LEFT_ALONE_S:
            self.end()

    def end(self, *, is_clerk_gone: bool = False) -> None:
        """End it without the clerk's key; what did not leave stays to be acknowledged.

        `is_clerk_gone`: what the shop is still asked about does not leave under another's name.
        """
        if is_clerk_gone:
            self._shift += 1
            for label in [one for one in self._waiting.values() if one.is_asked_about]:
                self._drop(label)
        if not self._is_on:
            return
        self._is_on = False
        self._show()
        self._board.say(Mood.NOTICE, Phrase("packing.burst.ended"), Phrase("packing.burst.ended.way"))

    # --- keys ---------------------------------------------------------------------------------------------------

    def _is_way_out(self, *, is_desk_free: bool) -> bool:
        """Whether Esc means the burst, or what an ended one has left on the page."""
        screen = self._board.screen
        return not screen.typed and (self._is_on or (is_desk_free and screen.burst.is_shown))

    def _turn(self, *, is_desk_free: bool) -> None:
        if self._is_on:
            self._back()
        elif not self._may(Right.SHIP_UNCHECKED):
            self._board.refuse(missing_right(Right.SHIP_UNCHECKED))
        elif not is_desk_free:
            self._board.refuse(Phrase("packing.burst.parcel_open"))
        else:
            self._is_on = True
            self._left, self._last = Counter(), ""
            self._rows = [row for row in self._rows if row.tone == "stop"]
            self._show()
            self._board.shipped("")
            self._board.acknowledge()

    def _back(self) -> None:
        """Leave; where something did not, the first press says so."""
        stopped = self._board.screen.burst.stopped
        is_meant = self._board.is_armed(Command.BURST)
        self._board.acknowledge()
        if stopped and not is_meant:
            self._board.arm(Command.BURST, "packing.burst.armed", n=stopped)
            return
        self._is_on = False
        self._rows.clear()
        self._show()

    def _acknowledge(self) -> None:
        """The topmost of what did not leave was put aside."""
        just_now = self._scanned_at is not None and (self._now() - self._scanned_at).total_seconds() < _BOUNCE_S
        first = next((row for row in self._rows if row.tone == "stop"), None)
        if first is None or just_now:
            return
        self._rows.remove(first)
        self._show()
        self._board.acknowledge()

    # --- judging ------------------------------------------------------------------------------------------------

    def _judge(self, label: _Label, on_old: OnOld) -> None:
        rule = rule_of(self._settings, on_old)
        self._tasks.submit(
            lambda: self._packing.burst(label.raw, label.nonce, rule),
            lambda verdict: self._on_verdict(label, verdict),
            lambda error: self._on_error(label, on_old, error),
            owner=self,
            lane=Lane.ACTS,
        )

    def _on_verdict(self, label: _Label, verdict: Verdict) -> None:
        parcel = verdict.parcel
        if verdict.code == "knowledge.ask" and parcel is not None:
            self._ask(label, parcel.id)
            return
        self._waiting.pop(label.nonce, None)
        facts = self._board.facts(verdict, label.raw)
        number = str(facts.get("number") or label.raw)
        # Its number stands in the same row.
        left = "packing.burst.gone" if verdict.code in SHIPPED else f"verdict.{verdict.code}"
        what = Phrase(left, facts)
        more = Phrase(f"verdict.{verdict.code}.more", facts)
        if verdict.code in SHIPPED:
            self._last = number
            self._left["" if parcel is None else parcel.carrier_name] += 1
            if verdict.code == "parcel.shipped_on_old":
                self._board.shipped(number, verdict.facts.get("age_s", 0))
        self._forget_stops(label, number)
        row = BurstRow(label.row, number, "", "", _tone_of(verdict), what, more)
        if parcel is not None:
            row = replace(row, carrier=parcel.carrier_name, order_nos=" ".join(parcel.order_nos))
        self._put(row)
        if self._is_on or row.tone == "stop":
            self._board.sound_verdict(verdict.tone)
            self._board.show(is_alarming=verdict.tone is Tone.STOP)
            self._board.say_over(self._words(verdict, row))
        self._look_if_quiet()

    def _words(self, verdict: Verdict, row: BurstRow) -> Sentence | None:
        """What is said large: of a label that left, the burst's own sentence tells."""
        if verdict.code == "parcel.shipped":
            return None
        is_refused = verdict.tone in {Tone.STOP, Tone.WRONG}
        has_own_way = verdict.code.startswith(_OWN_WAYS)
        way = Phrase(f"verdict.{verdict.code}.way") if has_own_way else Phrase("packing.burst.aside")
        # Beside the reason stands which label it is: by then the gun is at another.
        more = row.more
        if verdict.code not in _SAYS_WHICH:
            # Of an order refunded as a whole no line is named.
            is_whole = verdict.code == "line.refunded" and verdict.line_id is None
            code = "" if is_whole else f"verdict.{verdict.code}.more"
            why = Phrase(code, row.what.facts, otherwise=" ")
            more = Phrase("packing.burst.which", {"number": row.number, "why": why})
        what = Phrase(f"verdict.{verdict.code}", row.what.facts)
        return Sentence(Mood.STOP if is_refused else Mood.NOTICE, what, more, way if is_refused else None)

    def _ask(self, label: _Label, parcel_id: int) -> None:
        """The shop's word is too old: it is asked behind the next labels, and then this one is judged again."""
        asked = replace(label, is_asked_about=True)
        if label.shift != self._shift:
            self._drop(label)
            return
        self._waiting[label.nonce] = asked
        self._settle(asked, "busy", Phrase("packing.asking_shop"))

        def judge_again() -> None:
            if label.nonce in self._waiting:
                self._judge(asked, once_asked(self._settings))

        self._tasks.submit(
            lambda: self._packing.ask_shop(parcel_id),
            lambda _none: judge_again(),
            lambda error: self._on_error(asked, None, error),
            owner=self,
            lane=Lane.SHOPS,
        )

    def _on_error(self, label: _Label, on_old: OnOld | None, error: Exception) -> None:
        if label.nonce not in self._waiting:
            return
        is_first = label.attempt == 1 and label.shift == self._shift
        if on_old is not None and isinstance(error, Unavailable) and is_first:
            # Same nonce: if the first try was recorded after all, this is its answer and no second act.
            self._judge(replace(label, attempt=2), on_old)
            return
        del self._waiting[label.nonce]
        what, more = error_phrase(error), Phrase("packing.not_recorded", {"raw": label.raw})
        self._settle(label, "stop", what, more)
        self._board.sound("wrong")
        self._board.say_over(Sentence(Mood.STOP, what, more, Phrase("packing.try_again")))
        self._look_if_quiet()

    # --- what is shown ------------------------------------------------------------------------------------------

    def _drop(self, label: _Label) -> None:
        self._waiting.pop(label.nonce, None)
        self._settle(label, "stop", Phrase("packing.burst.dropped"))

    def _settle(self, label: _Label, tone: str, what: Phrase, more: Phrase | None = None) -> None:
        self._put(BurstRow(label.row, label.raw, "", "", tone, what, more))

    def _forget_stops(self, label: _Label, number: str) -> None:
        """The same label was stopped before: what is said of it now stands instead."""
        self._rows = [
            row
            for row in self._rows
            if row.tone != "stop" or row.id == label.row or row.number not in {label.raw, number}
        ]

    def _put(self, row: BurstRow) -> None:
        """List a label, or what is known of it by now, in its place."""
        rows = [row, *(one for one in self._rows if one.id != row.id)]
        rows.sort(key=lambda one: -one.id)
        stopped = [one for one in rows if one.tone == "stop"]
        others = [one for one in rows if one.tone != "stop"]
        self._rows = stopped + others[:_LISTED]
        self._show()

    def _show(self) -> None:
        carriers = tuple((name, n) for name, n in self._left.most_common() if name)
        self._board.show(
            burst=Burst(
                is_on=self._is_on,
                left=self._left.total(),
                by_carrier=carriers,
                waiting=len(self._waiting),
                last=self._last,
                rows=tuple(self._rows),
            )
        )
        self._board.render()

    def _look_if_quiet(self) -> None:
        if not self._waiting:
            self._on_quiet()


def _tone_of(verdict: Verdict) -> str:
    if verdict.code == "burst.again":
        return "quiet"
    if verdict.tone is Tone.SHIPPED:
        return "good" if verdict.code == "parcel.shipped" else "notice"
    # Goods are told as wrong; nothing was meant to leave with them, so there is nothing to put aside.
    return "notice" if verdict.code == "burst.goods" else "stop"
