"""The packing page without widgets: one act at a time, in the order the clerk made them, and none lost."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from core.desk.first_page import FirstLook
from core.fulfilment.records import ParcelView, Tone, Verdict
from core.runtime.errors import DomainError, Unavailable
from core.waybills.records import PrintJobView
from desktop.bridge.tasks import Lane, Tasks
from desktop.commands import LABEL_REASONS, REASONS, Command, Order, is_command_like, parse_command
from desktop.pages.packing.ports import LabelDesk, PackingDesk
from desktop.pages.packing.screen import (
    PRINTED,
    Asking,
    Mood,
    PackingScreen,
    Sentence,
    idle_sentence,
    next_line,
    parcel_sentence,
    speakable,
    verdict_sentence,
    withdrawn_inside,
)
from desktop.settings import DeskSettings
from desktop.texts import Phrase

_log = logging.getLogger(__name__)

_MOODS: Final = {Tone.NOTICE: Mood.NOTICE, Tone.WRONG: Mood.STOP, Tone.STOP: Mood.STOP}
#: a second press within this many seconds means it
_ARMED_S: Final = 5.0
_MAX_TYPED: Final = 64
#: after these the desk is free
_ENDS: Final = frozenset({"parcel.shipped", "parcel.lost", "parcel.parked"})


@dataclass(frozen=True, slots=True)
class _Intent:
    """One thing the clerk wants: a scanned or typed text, or a command. The nonce is born with it."""

    raw: str
    order: Order | None
    nonce: str
    attempt: int = 1


class PackingPresenter:
    """Turns scans, keys and answers into `screen`, and tells its listener after each change.

    Every public method returns at once: acts run in the lane of the desk; what is scanned meanwhile waits in order.
    """

    def __init__(
        self,
        packing: PackingDesk,
        labels: LabelDesk,
        tasks: Tasks,
        settings: DeskSettings,
        *,
        now: Callable[[], datetime],
        nonce: Callable[[], str],
        on_sound: Callable[[str], None],
    ) -> None:
        """Make the presenter; nothing is asked before `start`.

        Args:
            packing: core's packing desk.
            labels: core's labels and print queue.
            tasks: where acts run.
            settings: way of working, automatic printing, automatic next.
            now: aware current time.
            nonce: a new unique text for each act.
            on_sound: plays a signal tone by name; "quiet" ends the stop tone.
        """
        self._packing = packing
        self._labels = labels
        self._tasks = tasks
        self._settings = settings
        self._now = now
        self._nonce = nonce
        self._on_sound = on_sound
        self._listener: Callable[[], None] = lambda: None
        self._intents: deque[_Intent] = deque()
        self._act: _Intent | None = None
        self._is_pumping = False
        self._armed: tuple[Command, datetime] | None = None
        self._override: Sentence | None = None
        self._last_shipped = ""
        self._preferred_line: int | None = None
        self._withdrawn: frozenset[int] = frozenset()
        self._screen = PackingScreen(idle_sentence(""))

    # --- what the page uses -------------------------------------------------------------------------------------

    @property
    def screen(self) -> PackingScreen:
        """What is to be shown now."""
        return self._screen

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each change of `screen`."""
        self._listener = listener

    def show_first(self, look: FirstLook) -> None:
        """Show what was read at the start, before anybody has asked."""
        self._see_jobs(look.jobs)
        self._show(recent=look.recent, waves=look.waves)

    def start(self) -> None:
        """Look for open questions, recent parcels and waves."""
        self._look_at_jobs()
        self._look_around()

    def scan(self, raw: str) -> None:
        """A barcode was read, whatever it means."""
        text = raw.strip()
        if not text:
            return
        self._intents.append(_Intent(text, parse_command(text), self._nonce()))
        self._pump()

    def press(self, command: Command, number: int = 0) -> None:
        """A key, a button or a command barcode."""
        self._intents.append(_Intent("", Order(command, number), self._nonce()))
        self._pump()

    def type_char(self, char: str) -> None:
        """A character typed slowly by hand: a digit may choose a reason, a space confirms by eye."""
        asking = self._screen.asking
        if asking not in {Asking.NOTHING, Asking.WEIGHT}:
            if char.isdecimal() and char.isascii():
                self.press(Command.REASON, int(char))
            return
        if char == " " and not self._screen.typed:
            self.press(Command.HAND)
        elif char == "*" and self._screen.typed.isdecimal():
            number = int(self._screen.typed)
            self._show(typed="")
            self.scan(f"PD-QTY-{number}")
        elif len(self._screen.typed) < _MAX_TYPED and char.isprintable():
            self._show(typed=self._screen.typed + char)

    def erase(self) -> None:
        """Backspace in what is typed."""
        self._show(typed=self._screen.typed[:-1])

    def enter(self) -> None:
        """Enter: what was typed counts as scanned."""
        typed, asking = self._screen.typed.strip(), self._screen.asking
        self._show(typed="")
        if asking is Asking.WEIGHT:
            self._show(asking=Asking.NOTHING)
            if typed.isdecimal() and len(typed) <= 5:
                self.press(Command.WEIGHT, int(typed))
        elif typed:
            self.scan(typed)

    def choose_line(self, step: int) -> None:
        """Move the highlight up (-1) or down (+1) among the lines that miss units."""
        parcel = self._screen.parcel
        if parcel is None:
            return
        ids = [line.id for line in parcel.lines if line.missing_qty]
        if not ids:
            return
        current = self._screen.current_line_id
        place = ids.index(current) + step if current in ids else 0
        self._preferred_line = ids[max(0, min(len(ids) - 1, place))]
        self._render()

    def close(self) -> None:
        """The window closes: put the parcel back, so that any desk can go on with it."""
        parcel = self._screen.parcel
        if parcel is not None:
            self._tasks.submit(
                lambda: self._packing.leave(parcel.id, parcel.fence),
                lambda _none: None,
                self._on_look_error,
                owner=self,
                lane=Lane.ACTS,
            )

    def start_wave(self) -> None:
        """Put waiting parcels into a new wave of the chosen way and size."""
        way, size = self._settings.text("way"), self._settings.number("wave_size")

        def started(wave: object) -> None:
            if wave is None:
                self._say(Mood.NOTICE, Phrase("packing.no_wave"), Phrase("packing.no_wave.way"))
            self._look_around()

        self._tasks.submit(
            lambda: self._packing.start_wave(way, size), started, self._on_side_error, owner=self, lane=Lane.ACTS
        )

    def tick(self) -> None:
        """Once a second: follow what moves without the clerk (number, print job)."""
        parcel = self._screen.parcel
        if parcel is not None and self._act is None and not self._intents and _is_moving(parcel):
            self.press(Command.REFRESH)
        self._look_at_jobs()

    def on_changed(self) -> None:
        """Something in the records changed: look again when the desk has a moment."""
        if self._screen.parcel is not None and self._act is None and not self._intents:
            self.press(Command.REFRESH)
        self._look_at_jobs()
        self._look_around()

    # --- one intent after the other -----------------------------------------------------------------------------

    def _pump(self) -> None:
        if self._is_pumping:
            return
        self._is_pumping = True
        try:
            while self._act is None and self._intents:
                self._begin(self._intents.popleft())
        finally:
            self._is_pumping = False
        self._show(waiting=len(self._intents) + (self._act is not None))

    def _begin(self, intent: _Intent) -> None:
        if intent.order is not None:
            self._command(intent, intent.order)
        elif is_command_like(intent.raw):
            self._refuse(Phrase("packing.command_unknown", {"raw": intent.raw}))
        else:
            self._scanned(intent)

    def _scanned(self, intent: _Intent) -> None:
        question = self._screen.question
        if question is not None and question.waybill_no and intent.raw == question.waybill_no:
            self._answer(question, came_out=True)
        parcel, raw, nonce = self._screen.parcel, intent.raw, intent.nonce
        if parcel is None:
            self._do(intent, lambda: self._packing.open_code(raw, nonce))
        elif parcel.missing_qty and raw != parcel.waybill_no:
            qty = self._screen.qty
            self._show(qty=1)
            self._do(intent, lambda: self._packing.scan_goods(parcel.id, parcel.fence, raw, nonce, qty))
        else:
            self._do(intent, lambda: self._packing.scan_label(parcel.id, parcel.fence, raw, nonce))

    def _command(self, intent: _Intent, order: Order) -> None:
        command = order.command
        parcel = self._screen.parcel
        if command in {Command.LABEL_CAME, Command.LABEL_MISSING}:
            self._answer_by_key(came_out=command is Command.LABEL_CAME)
        elif command is Command.BACK:
            self._back(parcel)
        elif command is Command.NEXT:
            self._next(intent, parcel)
        elif command is Command.REFRESH:
            self._refresh(intent, parcel)
        elif command is Command.WAVE:
            self.start_wave()
        elif parcel is None:
            self._refuse(Phrase("packing.nothing_open"))
        else:
            self._parcel_command(intent, order, parcel)

    def _parcel_command(self, intent: _Intent, order: Order, parcel: ParcelView) -> None:
        command, nonce = order.command, intent.nonce
        if command is Command.QTY:
            self._show(qty=order.number)
            self._on_sound("unit")
        elif command is Command.UNDO:
            self._do(intent, lambda: self._packing.undo(parcel.id, parcel.fence, nonce))
        elif command is Command.BOX:
            self._do(intent, lambda: self._packing.add_box(parcel.id, parcel.fence, nonce))
        elif command is Command.HAND:
            self._by_hand(intent, parcel)
        elif command is Command.WEIGHT:
            self._weigh(intent, order.number, parcel)
        elif command is Command.REASON:
            self._reason(intent, order.number, parcel)
        elif command is Command.EXCEPTION:
            self._show(asking=Asking.EXCEPTION)
        elif command is Command.NEW_NUMBER:
            self._show(asking=Asking.NEW_NUMBER)
        else:
            self._reprint(parcel)

    def _do(self, intent: _Intent, work: Callable[[], Verdict]) -> None:
        self._act = intent
        self._tasks.submit(work, self._on_verdict, self._on_error, owner=self, lane=Lane.ACTS)

    # --- commands -----------------------------------------------------------------------------------------------

    def _next(self, intent: _Intent, parcel: ParcelView | None) -> None:
        if parcel is None:
            self._do(intent, lambda: self._packing.open_next(intent.nonce))
            return
        if any(line.verified_qty for line in parcel.lines) and not self._is_armed(Command.NEXT):
            self._arm(Command.NEXT, "packing.leave_armed", missing=parcel.missing_qty, key="F12")
            return

        def open_and_leave() -> Verdict:
            # In this order: put back first, it would be the next one again.
            verdict = self._packing.open_next(intent.nonce, parcel.id)
            self._packing.leave(parcel.id, parcel.fence)
            return verdict

        self._adopt(None)
        self._do(intent, open_and_leave)

    def _back(self, parcel: ParcelView | None) -> None:
        screen = self._screen
        if screen.is_alarming or self._override is not None:
            self._clear_override()
        elif screen.typed or screen.asking is not Asking.NOTHING or screen.qty != 1:
            self._show(typed="", asking=Asking.NOTHING, qty=1)
        elif parcel is not None:
            self._leave(parcel)
        elif self._last_shipped:
            self._last_shipped = ""
        self._render()

    def _leave(self, parcel: ParcelView) -> None:
        if any(line.verified_qty for line in parcel.lines) and not self._is_armed(Command.BACK):
            self._arm(Command.BACK, "packing.leave_armed", missing=parcel.missing_qty, key="Esc")
            return
        self._adopt(None)
        self._tasks.submit(
            lambda: self._packing.leave(parcel.id, parcel.fence),
            lambda _none: self._look_around(),
            self._on_side_error,
            owner=self,
            lane=Lane.ACTS,
        )

    def _by_hand(self, intent: _Intent, parcel: ParcelView) -> None:
        inside = withdrawn_inside(parcel)
        if inside is not None:
            out = inside.id
            self._do(intent, lambda: self._packing.take_out(parcel.id, parcel.fence, out, intent.nonce))
            return
        line = next_line(parcel, self._screen.current_line_id)
        if line is None:
            self._refuse(Phrase("packing.nothing_missing"))
            return
        if not line.lacks_barcode and not self._is_armed(Command.HAND):
            self._arm(Command.HAND, "packing.hand_armed", name=line.short_name or line.name)
            return
        qty = min(self._screen.qty, line.missing_qty)
        self._show(qty=1)
        self._do(
            intent,
            lambda: self._packing.confirm_by_hand(parcel.id, parcel.fence, line.id, qty, intent.nonce),
        )

    def _weigh(self, intent: _Intent, grams: int, parcel: ParcelView) -> None:
        if not grams:
            self._show(asking=Asking.WEIGHT)
            return
        self._do(intent, lambda: self._packing.weigh(parcel.id, parcel.fence, grams, intent.nonce))

    def _reprint(self, parcel: ParcelView) -> None:
        if parcel.print_state == "none":
            self._print(parcel)
        elif parcel.waybill_id is None:
            self._refuse(Phrase("packing.nothing_to_reprint"))
        else:
            self._show(asking=Asking.REPRINT)

    def _reason(self, intent: _Intent, number: int, parcel: ParcelView) -> None:
        asking = self._screen.asking
        reasons = LABEL_REASONS if asking in {Asking.REPRINT, Asking.NEW_NUMBER} else REASONS
        if not 1 <= number <= len(reasons):
            return
        reason = reasons[number - 1]
        if asking is Asking.NOTHING and not intent.raw:
            return
        self._show(asking=Asking.NOTHING)
        if asking is Asking.REPRINT:
            self._print_again(parcel, reason)
        elif asking is Asking.NEW_NUMBER:
            self._new_number(parcel, reason)
        else:
            self._do(intent, lambda: self._packing.exception(parcel.id, parcel.fence, reason, intent.nonce))

    # --- labels -------------------------------------------------------------------------------------------------

    def _print(self, parcel: ParcelView) -> None:
        self._tasks.submit(
            lambda: self._labels.print_label(parcel.id),
            lambda _job: self.on_changed(),
            self._on_print_error,
            owner=self,
            lane=Lane.ACTS,
        )

    def _print_again(self, parcel: ParcelView, reason: str) -> None:
        waybill_id = parcel.waybill_id
        if waybill_id is None:
            return

        def printed(job: PrintJobView) -> None:
            what = Phrase("packing.reprinting", {"n": job.copy_no, "waybill_no": job.waybill_no})
            self._say(Mood.NOTICE, what, Phrase("packing.reprinting.way"))
            self.on_changed()

        self._tasks.submit(
            lambda: self._labels.reprint(waybill_id, reason),
            printed,
            self._on_print_error,
            owner=self,
            lane=Lane.ACTS,
        )

    def _new_number(self, parcel: ParcelView, reason: str) -> None:
        def asked(_none: None) -> None:
            self._say(Mood.NOTICE, Phrase("packing.new_number"), Phrase("packing.new_number.way"))
            self.on_changed()

        self._tasks.submit(
            lambda: self._labels.new_number(parcel.id, reason),
            asked,
            self._on_print_error,
            owner=self,
            lane=Lane.ACTS,
        )

    def _answer_by_key(self, *, came_out: bool) -> None:
        if self._screen.question is None:
            self._refuse(Phrase("packing.no_question"))
        else:
            self._answer(self._screen.question, came_out=came_out)

    def _answer(self, job: PrintJobView, *, came_out: bool) -> None:
        self._show(question=None)
        self._tasks.submit(
            lambda: self._labels.answer_unknown(job.id, came_out),
            lambda _job: self.on_changed(),
            self._on_side_error,
            owner=self,
            lane=Lane.ACTS,
        )

    def _look_at_jobs(self) -> None:
        self._tasks.submit(self._labels.open_jobs, self._see_jobs, self._on_look_error, owner=self, key="jobs")

    def _see_jobs(self, jobs: tuple[PrintJobView, ...]) -> None:
        unknown = [job for job in jobs if job.state == "unknown"]
        parcel = self._screen.parcel
        mine = [job for job in unknown if parcel is not None and job.waybill_no == parcel.waybill_no]
        question = next(iter(mine or unknown), None)
        if question != self._screen.question or len(unknown) != self._screen.questions:
            self._show(question=question, questions=len(unknown))

    def _look_around(self) -> None:
        def look() -> PackingScreen:
            return PackingScreen(idle_sentence(""), recent=self._packing.recent(), waves=self._packing.waves())

        self._tasks.submit(
            look,
            lambda seen: self._show(recent=seen.recent, waves=seen.waves),
            self._on_look_error,
            owner=self,
            key="around",
        )

    # --- answers ------------------------------------------------------------------------------------------------

    def _on_verdict(self, verdict: Verdict) -> None:
        act, self._act = self._act, None
        if act is None:
            return
        self._armed = None
        facts = self._facts(verdict, act.raw)
        self._follow(verdict)
        mood = _MOODS.get(verdict.tone)
        self._override = None if mood is None else verdict_sentence(verdict, facts, mood)
        self._sound(verdict.tone)
        self._show(is_alarming=verdict.tone is Tone.STOP, asking=Asking.NOTHING)
        self._tell_withdrawn()
        self._render()
        self._go_on(verdict)
        self._pump()

    def _follow(self, verdict: Verdict) -> None:
        """Take over the parcel of a verdict, if it is this desk's: refusals show other desks' parcels too."""
        mine, theirs = self._screen.parcel, verdict.parcel
        if verdict.code == "parcel.shipped":
            shipped = theirs or mine
            self._last_shipped = shipped.waybill_no if shipped is not None else ""
        if verdict.code == "parcel.opened" and theirs is not None:
            self._adopt(theirs)
        elif mine is not None and (
            verdict.code in _ENDS or (theirs is not None and theirs.id == mine.id and not _is_still(mine, theirs))
        ):
            self._adopt(None)
            self._look_around()
        elif mine is not None and theirs is not None and theirs.id == mine.id:
            self._preferred_line = verdict.line_id or self._preferred_line
            self._adopt(theirs)

    def _go_on(self, verdict: Verdict) -> None:
        """What follows without the clerk."""
        if verdict.code == "parcel.shipped" and self._settings.flag("auto_next") and not self._intents:
            self.press(Command.NEXT)

    def _refresh(self, intent: _Intent, parcel: ParcelView | None) -> None:
        if parcel is None:
            self._look_around()
            return
        self._act = intent
        self._tasks.submit(
            lambda: self._packing.refresh(parcel.id), self._on_refreshed, self._on_error, owner=self, lane=Lane.ACTS
        )

    def _on_refreshed(self, fresh: ParcelView | None) -> None:
        self._act = None
        mine = self._screen.parcel
        if mine is not None:
            if fresh is None or not _is_still(mine, fresh):
                self._lost(fresh)
            else:
                self._adopt(fresh)
                self._tell_withdrawn()
            self._render()
        self._pump()

    def _lost(self, fresh: ParcelView | None) -> None:
        code = "parcel.lost"
        if fresh is not None and fresh.state == "cancelled":
            is_refunded = all(line.is_withdrawn for line in fresh.lines)
            code = "line.refunded" if is_refunded else "parcel.recalled"
        verdict = Verdict(code, Tone.STOP, facts={"by": fresh.opened_by} if fresh is not None else {})
        self._adopt(None)
        self._override = verdict_sentence(verdict, verdict.facts, Mood.STOP)
        self._show(is_alarming=True)
        self._on_sound("stop")

    def _tell_withdrawn(self) -> None:
        """A line refunded while its goods lie in the box has to be taken out: said once per line, loudly."""
        parcel = self._screen.parcel
        if parcel is None:
            return
        out = frozenset(line.id for line in parcel.lines if line.is_withdrawn)
        new = out - self._withdrawn
        self._withdrawn = out
        for line in parcel.lines:
            if line.id in new:
                facts = {"name": line.short_name or line.name, "qty": line.verified_qty}
                code = "line.refunded" if line.verified_qty else "line.refunded_outside"
                verdict = Verdict(code, Tone.STOP, facts=facts)
                self._override = verdict_sentence(verdict, facts, Mood.STOP)
                self._show(is_alarming=True)
                self._on_sound("stop")
                return

    def _facts(self, verdict: Verdict, raw: str) -> dict[str, object]:
        parcel = verdict.parcel or self._screen.parcel
        facts: dict[str, object] = {"raw": raw}
        if parcel is not None:
            facts |= {
                "missing": parcel.missing_qty,
                "number": parcel.waybill_no,
                "order_no": " ".join(parcel.order_nos),
            }
            for line in parcel.lines:
                if line.id == verdict.line_id:
                    facts |= {"name": line.short_name or line.name, "spec": line.spec, "qty": line.qty}
        mine = self._screen.parcel
        wanted = None if mine is None else next_line(mine, self._preferred_line)
        if wanted is not None:
            facts["wanted"] = wanted.short_name or wanted.name
        return facts | speakable(verdict.facts, self._now())

    # --- trouble ------------------------------------------------------------------------------------------------

    def _on_error(self, error: Exception) -> None:
        act, self._act = self._act, None
        if act is not None and isinstance(error, Unavailable) and act.attempt == 1:
            # Same nonce: if the first try was recorded after all, this is its answer and no second act.
            self._intents.appendleft(replace(act, attempt=2))
            self._pump()
            return
        raw = act.raw if act is not None else ""
        self._fail(error, raw)
        if self._screen.parcel is not None and act is not None and not _is_refresh(act):
            self._intents.append(_Intent("", Order(Command.REFRESH), self._nonce(), attempt=2))
        self._pump()

    def _on_print_error(self, error: Exception) -> None:
        self._fail(error, "")
        self._pump()

    def _on_side_error(self, error: Exception) -> None:
        self._fail(error, "")
        self._look_at_jobs()

    def _on_look_error(self, error: Exception) -> None:
        """Looking around failed: what is shown stays, the next look tries again."""
        if not isinstance(error, DomainError):
            _log.error("a look at the records failed", exc_info=error)

    def _fail(self, error: Exception, raw: str) -> None:
        if isinstance(error, DomainError):
            facts = {"raw": raw, **speakable(error.facts, self._now())}
            what = Phrase(f"error.{error.code}", facts, otherwise=str(error))
        else:
            _log.error("an act of the packing desk failed", exc_info=error)
            what = Phrase("error.bug")
        more = Phrase("packing.not_recorded", {"raw": raw}) if raw else None
        self._override = Sentence(Mood.STOP, what, more, Phrase("packing.try_again"))
        self._on_sound("wrong")
        self._render()

    def _refuse(self, what: Phrase) -> None:
        self._say(Mood.NOTICE, what)
        self._on_sound("wrong")

    def _say(self, mood: Mood, what: Phrase, way: Phrase | None = None) -> None:
        self._override = Sentence(mood, what, way=way)
        self._render()

    # --- arming, state ------------------------------------------------------------------------------------------

    def _arm(self, command: Command, code: str, **facts: object) -> None:
        self._armed = (command, self._now())
        self._say(Mood.NOTICE, Phrase(code, facts))
        self._on_sound("wrong")

    def _is_armed(self, command: Command) -> bool:
        if self._armed is None:
            return False
        armed, since = self._armed
        self._armed = None
        return armed is command and (self._now() - since).total_seconds() <= _ARMED_S

    def _clear_override(self) -> None:
        armed = self._armed
        if armed is not None and armed[0] is Command.BACK:
            # Esc again after "press again to put it back" means just that.
            self._override = None
            if self._screen.parcel is not None:
                self._leave(self._screen.parcel)
            return
        self._armed = None
        self._override = None
        self._show(is_alarming=False)
        self._on_sound("quiet")

    def _adopt(self, parcel: ParcelView | None) -> None:
        previous = self._screen.parcel
        if parcel is None or previous is None or parcel.id != previous.id:
            self._preferred_line = None if parcel is None else self._preferred_line
            self._withdrawn = frozenset()
            self._override = None
            self._show(qty=1, asking=Asking.NOTHING)
        if parcel is not None:
            self._last_shipped = ""
        self._show(parcel=parcel)

    def _sound(self, tone: Tone) -> None:
        if self._screen.is_alarming and tone is not Tone.STOP:
            self._on_sound("quiet")
        self._on_sound(str(tone))

    def _render(self) -> None:
        parcel = self._screen.parcel
        line = None if parcel is None else next_line(parcel, self._preferred_line)
        if self._override is not None:
            sentence = self._override
        elif parcel is None:
            sentence = idle_sentence(self._last_shipped)
        else:
            sentence = parcel_sentence(parcel, line)
        self._show(sentence=sentence, current_line_id=None if line is None else line.id)

    def _show(self, **changes: Any) -> None:
        screen = replace(self._screen, **changes)
        if screen != self._screen:
            self._screen = screen
            self._listener()


def _is_still(mine: ParcelView, fresh: ParcelView) -> bool:
    """Whether the parcel that was read again is still this desk's open one."""
    return fresh.id == mine.id and fresh.fence == mine.fence and fresh.state not in {"shipped", "cancelled"}


def _is_moving(parcel: ParcelView) -> bool:
    """Whether number or label are on their way, so that looking again is worth it."""
    return not parcel.missing_qty and (
        parcel.waybill_state not in {"obtained", "failed"} or parcel.print_state not in PRINTED
    )


def _is_refresh(intent: _Intent) -> bool:
    return intent.order is not None and intent.order.command is Command.REFRESH
