"""The packing page without widgets: one act at a time, in the order the clerk made them, and none lost."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from core.access.rights import Right
from core.desk.first_page import FirstLook
from core.fulfilment.records import SHIPPED, Neighbours, OnOld, ParcelView, Tone, Verdict, WaveView
from core.runtime.errors import DomainError, Unavailable
from desktop.bridge.tasks import Lane, Tasks
from desktop.commands import LABEL_REASONS, REASONS, Command, Order, is_command_like, parse_command
from desktop.pages.packing.batch_asking import answered, question_of
from desktop.pages.packing.board import Board
from desktop.pages.packing.bursting import Bursting
from desktop.pages.packing.hand import Hand
from desktop.pages.packing.label_acts import LabelActs
from desktop.pages.packing.lookout import Lookout
from desktop.pages.packing.on_desk import OnDesk, is_moving
from desktop.pages.packing.parcel_acts import is_asked_first, plain_act
from desktop.pages.packing.ports import LabelDesk, PackingDesk, Scale
from desktop.pages.packing.screen import (
    TAKE_OVER_KEY,
    Asking,
    Mood,
    PackingScreen,
    Sentence,
    attachable_of,
    next_line,
    offer_of,
    speakable,
    verdict_sentence,
    withdrawn_inside,
)
from desktop.pages.packing.setting_aside import DAMAGED, SettingAside
from desktop.pages.packing.shop_word import once_asked, rule_of
from desktop.pages.packing.weighing import Weighing
from desktop.scale.state import NO_SCALE
from desktop.settings import DeskSettings
from desktop.texts import Phrase

if TYPE_CHECKING:
    from desktop.pages.printers.ports import PrintSlip

_log = logging.getLogger(__name__)

_MOODS: Final = {Tone.NOTICE: Mood.NOTICE, Tone.WRONG: Mood.STOP, Tone.STOP: Mood.STOP}


@dataclass(frozen=True, slots=True)
class _Intent:
    """One thing the clerk wants: a scanned or typed text, or a command. The nonce is born with it."""

    raw: str
    order: Order | None
    nonce: str
    attempt: int = 1
    #: the answer to the question for a batch; `raw` is what was asked about
    batch: str | None = None
    #: how many units it stood for
    qty: int = 1


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
        scale: Scale = NO_SCALE,
        print_slip: "PrintSlip | None" = None,
        say: Callable[[Phrase], str] = lambda phrase: phrase.code,
        may: Callable[[Right], bool] = lambda _right: True,
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
            scale: of this desk.
            print_slip: prints the slip of a parked parcel; None where nothing is printed.
            say: a phrase in the clerk's language, for what is printed.
            may: whether whoever is here has a right.
        """
        self._packing = packing
        self._tasks = tasks
        self._settings = settings
        self._now = now
        self._nonce = nonce
        self._intents: deque[_Intent] = deque()
        self._act: _Intent | None = None
        self._is_pumping = False
        self._board = Board(now, on_sound)
        self._lookout = Lookout(self._board, packing, labels, tasks)
        self._on_desk = OnDesk(self._board, self._lookout)
        self._labels = LabelActs(
            self._board, labels, tasks, now=now, on_done=self.on_changed, on_error=self._on_side_error
        )
        self._weighing = Weighing(
            self._board,
            packing,
            tasks,
            settings,
            scale,
            now=now,
            on_verdict=self._on_verdict,
            on_error=self._on_error,
        )
        self._aside = SettingAside(
            self._board,
            packing,
            tasks,
            settings,
            print_slip=print_slip,
            say=say,
            on_error=self._on_side_error,
        )
        self._burst = Bursting(
            self._board, packing, tasks, settings, now=now, may=may, on_quiet=self._lookout.look_around
        )
        self._hand = Hand(self._board, self.scan, self.press, self.say_batch)

    # --- what the page uses -------------------------------------------------------------------------------------

    @property
    def screen(self) -> PackingScreen:
        """What is to be shown now."""
        return self._board.screen

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each change of `screen`."""
        self._board.listen(listener)

    @property
    def hand(self) -> Hand:
        """Keys typed slowly by hand."""
        return self._hand

    def show_printer(self, trouble: Phrase | None) -> None:
        """What keeps the desk's printer from printing, in words; None while it is well."""
        self._board.show(printer_trouble=trouble)
        self._board.render()

    def follow_scale(self) -> None:
        """The scale shows something else than before."""
        self._weighing.follow()

    def show_first(self, look: FirstLook) -> None:
        """Show what was read at the start, before anybody has asked."""
        self._lookout.show_first(look)

    def start(self) -> None:
        """Look for open questions, recent parcels and waves."""
        self._lookout.look_at_jobs()
        self._lookout.look_around()

    def scan(self, raw: str) -> None:
        """A barcode was read, whatever it means."""
        text = raw.strip()
        if not text:
            return
        order = parse_command(text)
        question = self.screen.batch
        if order is None and question is not None and question.answer_by_scan(text):
            self.say_batch(question.answer_by_scan(text))
            return
        if order is None and self.screen.asking not in {Asking.WEIGHT, Asking.DAMAGED}:
            # At once, before its verdict: a second Enter of the scanner must not answer the question.
            self._board.show(asking=Asking.NOTHING, batch=None)
        self._intents.append(_Intent(text, order, self._nonce()))
        self._pump()

    def say_batch(self, typed: str) -> None:
        """The question for a batch is answered: nothing stands for what the books have chosen."""
        question = self.screen.batch
        batch = "" if question is None else question.answer_by_key(typed.strip())
        if question is None or not batch:
            return
        self._intents.append(_Intent(question.raw, None, self._nonce(), batch=batch))
        self._pump()

    def press(self, command: Command, number: int = 0) -> None:
        """A key, a button or a command barcode."""
        self._intents.append(_Intent("", Order(command, number), self._nonce()))
        self._pump()

    def choose_line(self, step: int) -> None:
        """Up (-1) or down (+1): among the lines that miss units, or among the waves while nothing is open."""
        if self.screen.parcel is None:
            self._lookout.choose_wave(step)
        else:
            self._board.choose_line(step)

    def look_at_wave(self, wave_id: int) -> None:
        """Work on this wave: its pick list is shown, and a rush is on if it is one."""
        self._board.show(wave_id=wave_id)
        self._lookout.look_around()

    def close(self) -> None:
        """The window closes: put the parcel back, so that any desk can go on with it."""
        parcel = self.screen.parcel
        if parcel is not None:
            self._tasks.submit(
                lambda: self._packing.leave(parcel.id, parcel.fence),
                lambda _none: None,
                self._lookout.on_error,
                owner=self,
                lane=Lane.ACTS,
            )

    def end_burst(self, *, is_clerk_gone: bool = False) -> None:
        """Nobody looks at this page any more, or somebody else does: no further label leaves without its goods."""
        self._burst.end(is_clerk_gone=is_clerk_gone)

    def start_wave(self) -> None:
        """Put waiting parcels into a new wave of the chosen way and size."""
        way, size = self._settings.text("way"), self._settings.number("wave_size")

        def started(wave: WaveView | None) -> None:
            if wave is None:
                code = "packing.no_rush" if way == "single_item" else "packing.no_wave"
                self._board.say(Mood.NOTICE, Phrase(code), Phrase(f"{code}.way"))
            else:
                self._board.show(wave_id=wave.id)
            self._lookout.look_around()

        self._tasks.submit(
            lambda: self._packing.start_wave(way, size), started, self._on_side_error, owner=self, lane=Lane.ACTS
        )

    def tick(self) -> None:
        """Once a second: follow what moves without the clerk (number, print job)."""
        self._weighing.follow()
        self._burst.tick()
        parcel = self.screen.parcel
        if parcel is not None and self._is_idle and is_moving(parcel):
            self.press(Command.REFRESH)
        self._lookout.look_at_jobs()

    def on_changed(self) -> None:
        """Something in the records changed: look again when the desk has a moment."""
        if self.screen.parcel is not None and self._is_idle:
            self.press(Command.REFRESH)
        self._lookout.look_at_jobs()
        self._lookout.look_around()

    # --- one intent after the other -----------------------------------------------------------------------------

    @property
    def _is_idle(self) -> bool:
        return self._act is None and not self._intents

    def _pump(self) -> None:
        if self._is_pumping:
            return
        self._is_pumping = True
        try:
            while self._act is None and self._intents:
                self._begin(self._intents.popleft())
        finally:
            self._is_pumping = False
        self._board.show(waiting=len(self._intents) + (self._act is not None))

    def _begin(self, intent: _Intent) -> None:
        if intent.batch is not None:
            self._with_batch(intent, intent.batch)
        elif intent.order is not None:
            self._command(intent, intent.order)
        elif is_command_like(intent.raw):
            self._board.refuse(Phrase("packing.command_unknown", {"raw": intent.raw}))
        else:
            self._scanned(intent)

    def _scanned(self, intent: _Intent) -> None:
        question = self.screen.question
        if question is not None and question.waybill_no and intent.raw == question.waybill_no:
            self._labels.answer(question, came_out=True)
        parcel, raw, nonce = self.screen.parcel, intent.raw, intent.nonce
        # A window that was out of sight has not looked at the clock meanwhile.
        self._burst.tick()
        if self._burst.is_on:
            self._burst.scan(raw, nonce)
        elif parcel is not None and self.screen.asking is Asking.DAMAGED:
            self._break(intent, parcel, raw)
        elif self.screen.rush is not None and (parcel is None or parcel.missing_qty):
            self._judge(intent, parcel, OnOld.ASK)
        elif parcel is None:
            self._do(intent, lambda: self._packing.open_code(raw, nonce))
        elif parcel.missing_qty and raw != parcel.waybill_no:
            qty = self.screen.qty
            self._board.show(qty=1)
            counted = replace(intent, qty=qty)
            self._do(counted, lambda: self._packing.scan_goods(parcel.id, parcel.fence, raw, nonce, qty))
        else:
            self._weigh_first(intent, parcel)

    def _with_batch(self, intent: _Intent, batch: str) -> None:
        """What was asked about goes in, with its batch; nothing where another scan came first."""
        parcel, question = self.screen.parcel, self.screen.batch
        if question is None:
            return
        self._board.show(asking=Asking.NOTHING, batch=None)
        if self.screen.rush is not None and (parcel is None or not parcel.missing_qty):
            self._judge(intent, parcel, OnOld.ASK, batch)
        elif parcel is not None:
            self._do(
                replace(intent, qty=question.qty), answered(self._packing, parcel, question, batch, intent.nonce)
            )

    def _weigh_first(self, intent: _Intent, parcel: ParcelView) -> None:
        """A scan with nothing missing: where it is the parcel's own label, its weight is taken before it leaves."""
        self._act = intent
        go = partial(self._judge, intent, parcel, OnOld.ASK)
        self._weighing.before_label(parcel, intent.raw, intent.nonce, go, self._end_act)

    def _break(self, intent: _Intent, parcel: ParcelView, raw: str = "") -> None:
        work = self._aside.broken(parcel, intent.nonce, raw)
        if work is None:
            self._board.refuse(Phrase("packing.nothing_missing"))
        else:
            self._do(intent, work)

    def _end_act(self) -> None:
        self._act = None
        self._pump()

    def _judge(self, intent: _Intent, parcel: ParcelView | None, on_old: OnOld, batch: str = "") -> None:
        """A scan that may send a parcel out: its label, or whatever is scanned while a rush is on."""
        rule = rule_of(self._settings, on_old)
        raw, nonce, rush = intent.raw, intent.nonce, self.screen.rush
        if rush is not None:
            on_desk = None if parcel is None else (parcel.id, parcel.fence)
            self._do(intent, lambda: self._packing.rush(rush.id, on_desk, raw, nonce, rule, batch))
        elif parcel is not None:
            self._do(intent, lambda: self._packing.scan_label(parcel.id, parcel.fence, raw, nonce, rule))
        else:
            # The rush was over before its shop had answered.
            self._do(intent, lambda: self._packing.open_code(raw, nonce))

    def _ask_shop_first(self, intent: _Intent, verdict: Verdict) -> None:
        """The shop's word is too old: ask it, and have the same scan judged again by what is known then."""
        on_desk = self.screen.parcel
        # In a rush the label may be that of a parcel that was put aside.
        parcel = verdict.parcel or on_desk
        if parcel is None:
            self._pump()
            return
        facts = self._board.facts(verdict, intent.raw)
        self._board.say(Mood.CALM, Phrase("packing.asking_shop"), more=Phrase("packing.asking_shop.more", facts))
        on_old = once_asked(self._settings)
        self._act = intent
        self._tasks.submit(
            lambda: self._packing.ask_shop(parcel.id),
            lambda _none: self._judge(intent, on_desk, on_old),
            self._on_error,
            owner=self,
            lane=Lane.SHOPS,
        )

    def _command(self, intent: _Intent, order: Order) -> None:
        command = order.command
        parcel = self.screen.parcel
        if self.screen.asking is Asking.DAMAGED and command not in {Command.HAND, Command.REFRESH, Command.BACK}:
            # Another act was chosen: the next scan names goods again.
            self._board.show(asking=Asking.NOTHING)
        if self._burst.takes(command, is_desk_free=parcel is None):
            self._board.render()
        elif command in {Command.LABEL_CAME, Command.LABEL_MISSING}:
            self._labels.answer_by_key(came_out=command is Command.LABEL_CAME)
        elif command is Command.BACK:
            self._back(parcel)
        elif command is Command.NEXT:
            self._next(intent, parcel)
        elif command is Command.REFRESH:
            self._refresh(intent, parcel)
        elif command is Command.WAVE:
            self.start_wave()
        elif command is Command.TAKE_OVER:
            self._take_over(intent)
        elif parcel is None:
            self._board.refuse(Phrase("packing.nothing_open"))
        else:
            self._parcel_command(intent, order, parcel)

    def _parcel_command(self, intent: _Intent, order: Order, parcel: ParcelView) -> None:
        command = order.command
        work = plain_act(self._packing, command, parcel, intent.nonce)
        if command is Command.QTY:
            self._board.show(qty=order.number)
            self._board.sound("unit")
        elif work is not None:
            if not is_asked_first(self._board, command, parcel):
                self._do(intent, work)
        elif command is Command.HAND:
            self._by_hand(intent, parcel)
        elif command is Command.WEIGHT:
            self._weigh(intent, order.number, parcel)
        elif command is Command.REASON:
            self._reason(intent, order.number, parcel)
        elif command is Command.EXCEPTION:
            self._board.show(asking=Asking.EXCEPTION, likeliest="")
        elif command is Command.NEW_NUMBER:
            self._new_number(intent, parcel)
        else:
            self._labels.print_or_ask(parcel)

    def _do(self, intent: _Intent, work: Callable[[], Verdict]) -> None:
        self._act = intent
        self._tasks.submit(work, self._on_verdict, self._on_error, owner=self, lane=Lane.ACTS)

    # --- commands -----------------------------------------------------------------------------------------------

    def _next(self, intent: _Intent, parcel: ParcelView | None) -> None:
        if parcel is None:
            self._do(intent, lambda: self._packing.open_next(intent.nonce))
            return
        if any(line.verified_qty for line in parcel.lines) and not self._board.is_armed(Command.NEXT):
            self._board.arm(Command.NEXT, "packing.leave_armed", missing=parcel.missing_qty, key="F12")
            return

        def open_and_leave() -> Verdict:
            # In this order: put back first, it would be the next one again.
            verdict = self._packing.open_next(intent.nonce, parcel.id)
            self._packing.leave(parcel.id, parcel.fence)
            return verdict

        self._board.adopt(None)
        self._do(intent, open_and_leave)

    def _back(self, parcel: ParcelView | None) -> None:
        screen = self.screen
        if self._board.has_something_over:
            # Esc again after "press again to put it back" means just that.
            if parcel is not None and self._board.awaits(Command.BACK):
                self._leave(parcel)
            else:
                self._board.acknowledge()
        elif screen.typed or screen.asking is not Asking.NOTHING or screen.qty != 1:
            self._board.show(typed="", asking=Asking.NOTHING, qty=1, batch=None)
        elif parcel is not None:
            self._leave(parcel)
        else:
            self._board.shipped("")
        self._board.render()

    def _leave(self, parcel: ParcelView) -> None:
        if any(line.verified_qty for line in parcel.lines) and not self._board.is_armed(Command.BACK):
            self._board.arm(Command.BACK, "packing.leave_armed", missing=parcel.missing_qty, key="Esc")
            return
        self._board.adopt(None)
        self._tasks.submit(
            lambda: self._packing.leave(parcel.id, parcel.fence),
            lambda _none: self._lookout.look_around(),
            self._on_side_error,
            owner=self,
            lane=Lane.ACTS,
        )

    def _take_over(self, intent: _Intent) -> None:
        """Another desk's parcel, on purpose: the first press says whose it is, the second takes it."""
        offer = self.screen.offer
        if offer is None:
            self._board.refuse(Phrase("packing.nothing_to_take"))
        elif self._board.is_armed(Command.TAKE_OVER):
            self._do(intent, lambda: self._packing.take_over(offer.parcel_id, offer.fence, intent.nonce))
        else:
            self._board.arm(Command.TAKE_OVER, "packing.take_armed", by=offer.by, key=TAKE_OVER_KEY)

    def _by_hand(self, intent: _Intent, parcel: ParcelView) -> None:
        if self.screen.asking is Asking.DAMAGED:
            self._break(intent, parcel)
            return
        inside = withdrawn_inside(parcel)
        if inside is not None:
            out = inside.id
            self._do(intent, lambda: self._packing.take_out(parcel.id, parcel.fence, out, intent.nonce))
            return
        line = next_line(parcel, self.screen.current_line_id)
        if line is None:
            self._board.refuse(Phrase("packing.nothing_missing"))
            return
        if not line.lacks_barcode and not self._board.is_armed(Command.HAND):
            self._board.arm(Command.HAND, "packing.hand_armed", name=line.short_name or line.name)
            return
        qty = min(self.screen.qty, line.missing_qty)
        self._board.show(qty=1)
        self._do(
            replace(intent, qty=qty),
            lambda: self._packing.confirm_by_hand(parcel.id, parcel.fence, line.id, qty, intent.nonce),
        )

    def _weigh(self, intent: _Intent, grams: int, parcel: ParcelView) -> None:
        weight_g = grams or self._weighing.grams_by_key(parcel)
        if not weight_g:
            self._board.show(asking=Asking.WEIGHT)
            return
        self._act = intent
        self._weighing.weigh_by_key(parcel, weight_g, intent.nonce)

    def _new_number(self, intent: _Intent, parcel: ParcelView) -> None:
        """Ours is voided for a reason; one that other software printed is taken off with a second press."""
        if not parcel.is_foreign:
            self._labels.ask_new_number()
        elif self._board.is_armed(Command.NEW_NUMBER):
            self._do(intent, lambda: self._packing.detach_number(parcel.id, parcel.fence, intent.nonce))
        else:
            self._board.arm(Command.NEW_NUMBER, "packing.take_off_armed", waybill_no=parcel.waybill_no)

    def _attach(self, intent: _Intent, number: int, parcel: ParcelView) -> None:
        offered = self.screen.attachable
        if offered is not None and 1 <= number <= len(offered.carriers):
            raw, carrier, nonce = offered.number, offered.carriers[number - 1], intent.nonce
            self._do(intent, lambda: self._packing.attach_number(parcel.id, parcel.fence, raw, carrier, nonce))

    def _reason(self, intent: _Intent, number: int, parcel: ParcelView) -> None:
        asking = self.screen.asking
        if asking is Asking.CARRIER:
            self._attach(intent, number, parcel)
            return
        if asking is Asking.BATCH:
            question = self.screen.batch
            if question is not None and 1 <= number <= len(question.offered):
                self._with_batch(intent, question.offered[number - 1].code)
            return
        reasons = LABEL_REASONS if asking in {Asking.REPRINT, Asking.NEW_NUMBER} else REASONS
        if not 1 <= number <= len(reasons):
            return
        reason = reasons[number - 1]
        if asking is Asking.NOTHING and not intent.raw:
            return
        self._board.show(asking=Asking.NOTHING)
        if reasons is REASONS and reason == DAMAGED:
            self._aside.ask_which()
        elif asking is Asking.REPRINT:
            self._labels.reprint(parcel, reason)
        elif asking is Asking.NEW_NUMBER:
            self._labels.new_number(parcel, reason)
        else:
            self._do(intent, lambda: self._packing.exception(parcel.id, parcel.fence, reason, intent.nonce))

    # --- answers ------------------------------------------------------------------------------------------------

    def _on_verdict(self, verdict: Verdict) -> None:
        act, self._act = self._act, None
        if act is None:
            return
        if verdict.code == "knowledge.ask":
            self._ask_shop_first(act, verdict)
            return
        self._board.disarm()
        facts = self._board.facts(verdict, act.raw)
        self._on_desk.follow(verdict)
        if verdict.code == "parcel.parked" and verdict.parcel is not None:
            self._aside.parked(verdict.parcel.id)
        if "companions" in verdict.facts:
            self._board.show(companions=verdict.facts["companions"], apart=verdict.facts.get("apart", ()))
        attachable = attachable_of(verdict)
        is_notice = verdict.code == "parcel.shipped_on_old" or attachable is not None
        mood = Mood.NOTICE if is_notice else _MOODS.get(verdict.tone)
        if verdict.facts.get("one_number"):
            mood = Mood.GOOD
        self._board.sound_verdict(verdict.tone)
        asking = Asking.NOTHING if attachable is None else Asking.CARRIER
        batch = question_of(verdict, act.raw, act.qty)
        if batch is not None:
            asking = Asking.BATCH
        is_alarming = verdict.tone is Tone.STOP
        offer = offer_of(verdict)
        self._board.show(is_alarming=is_alarming, asking=asking, offer=offer, attachable=attachable, batch=batch)
        self._board.say_over(None if mood is None else verdict_sentence(verdict, facts, mood))
        self._board.tell_withdrawn()
        self._go_on(verdict)
        self._pump()

    def _go_on(self, verdict: Verdict) -> None:
        """What follows without the clerk."""
        if self.screen.rush is not None:
            return  # the goods in hand say which is next
        if verdict.code in SHIPPED and self._settings.flag("auto_next") and not self._intents:
            self.press(Command.NEXT)

    def _refresh(self, intent: _Intent, parcel: ParcelView | None) -> None:
        if parcel is None:
            self._lookout.look_around()
            return
        self._act = intent
        # A platform that was asked about the receiver may have answered; where nobody waits, nothing is looked up.
        has_others = bool(self.screen.companions or self.screen.apart)
        self._tasks.submit(
            lambda: self._look_again(parcel.id, has_others),
            self._on_refreshed,
            self._on_error,
            owner=self,
            lane=Lane.ACTS,
        )

    def _look_again(self, parcel_id: int, has_others: bool) -> tuple[ParcelView | None, Neighbours | None]:
        fresh = self._packing.refresh(parcel_id)
        return fresh, self._packing.neighbours(parcel_id) if has_others and fresh is not None else None

    def _on_refreshed(self, seen: tuple[ParcelView | None, Neighbours | None]) -> None:
        self._act = None
        fresh, others = seen
        if others is not None:
            self._board.show(companions=others.companions, apart=others.apart)
        self._on_desk.refreshed(fresh)
        self._pump()

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
        if self.screen.parcel is not None and act is not None and not _is_refresh(act):
            self._intents.append(_Intent("", Order(Command.REFRESH), self._nonce(), attempt=2))
        self._pump()

    def _on_side_error(self, error: Exception) -> None:
        self._fail(error, "")
        self._lookout.look_at_jobs()

    def _fail(self, error: Exception, raw: str) -> None:
        if isinstance(error, DomainError):
            facts = {"raw": raw, **speakable(error.facts, self._now())}
            what = Phrase(f"error.{error.code}", facts, otherwise=str(error))
        else:
            _log.error("an act of the packing desk failed", exc_info=error)
            what = Phrase("error.bug")
        more = Phrase("packing.not_recorded", {"raw": raw}) if raw else None
        self._board.say_over(Sentence(Mood.STOP, what, more, Phrase("packing.try_again")))
        self._board.sound("wrong")


def _is_refresh(intent: _Intent) -> bool:
    return intent.order is not None and intent.order.command is Command.REFRESH
