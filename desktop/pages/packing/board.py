"""What stands on the packing page at the moment: the parcel, the sentence over it, and what a second press means."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from core.fulfilment.records import ParcelView, Tone, Verdict
from desktop.commands import Command
from desktop.formats import age_phrase
from desktop.pages.packing.screen import (
    PRINTED,
    Asking,
    Mood,
    PackingScreen,
    Sentence,
    burst_sentence,
    damaged_sentence,
    idle_sentence,
    next_line,
    parcel_sentence,
    speakable,
    verdict_sentence,
)
from desktop.texts import Phrase

#: a second press within this many seconds means it
_ARMED_S: Final = 5.0
#: as many as the page lists of what left last
_ON_OLD_KEPT: Final = 8


class Board:
    """Holds the one `PackingScreen` and tells the listener after each change. Acts write here and nowhere else.

    The sentence follows from the parcel, unless something was said over it: that stands until the next act.
    """

    def __init__(self, now: Callable[[], datetime], on_sound: Callable[[str], None]) -> None:
        self.sound = on_sound
        self._now = now
        self._listener: Callable[[], None] = lambda: None
        self._over: Sentence | None = None
        self._armed: tuple[Command, datetime] | None = None
        self._last_shipped = ""
        self._preferred_line: int | None = None
        self._withdrawn: frozenset[int] = frozenset()
        self._screen = PackingScreen(idle_sentence(""))

    @property
    def screen(self) -> PackingScreen:
        """What is to be shown now."""
        return self._screen

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each change of `screen`."""
        self._listener = listener

    def show(self, **changes: Any) -> None:
        """Change fields of the screen."""
        screen = replace(self._screen, **changes)
        if screen != self._screen:
            self._screen = screen
            self._listener()

    # --- sentences ----------------------------------------------------------------------------------------------

    def say_over(self, sentence: Sentence | None) -> None:
        """Put a sentence over the parcel's own, or take it away (None)."""
        self._over = sentence
        self.render()

    def say(self, mood: Mood, what: Phrase, way: Phrase | None = None, more: Phrase | None = None) -> None:
        """Say something over the parcel's own sentence."""
        self.say_over(Sentence(mood, what, more, way))

    def refuse(self, what: Phrase) -> None:
        """Say no to a key that means nothing now."""
        self.say(Mood.NOTICE, what)
        self.sound("wrong")

    def alarm(self, verdict: Verdict, facts: Mapping[str, object]) -> None:
        """Fill the page red and sound until somebody acknowledges."""
        self.show(is_alarming=True)
        self.sound("stop")
        self.say_over(verdict_sentence(verdict, facts, Mood.STOP))

    def sound_verdict(self, tone: Tone) -> None:
        """The signal of a verdict; it ends a stop tone that still sounds."""
        if self._screen.is_alarming and tone is not Tone.STOP:
            self.sound("quiet")
        self.sound(str(tone))

    @property
    def has_something_over(self) -> bool:
        """Whether a sentence stands over the parcel's own."""
        return self._over is not None or self._screen.is_alarming

    def acknowledge(self) -> None:
        """The clerk has read what stands over the parcel."""
        self._armed = None
        self._over = None
        if self._screen.asking in {Asking.CARRIER, Asking.BATCH}:
            # It was asked by the very sentence that is put away.
            self.show(asking=Asking.NOTHING, attachable=None, batch=None)
        self.show(is_alarming=False, offer=None)
        self.sound("quiet")
        self.render()

    def render(self) -> None:
        """Say what the parcel wants next, unless something stands over it."""
        parcel = self._screen.parcel
        line = None if parcel is None else next_line(parcel, self._preferred_line)
        if self._over is not None:
            sentence = self._over
        elif self._screen.asking is Asking.DAMAGED:
            sentence = damaged_sentence()
        elif self._screen.burst.is_on:
            sentence = burst_sentence(self._screen.burst)
        elif parcel is None:
            sentence = idle_sentence(self._last_shipped, self._screen.to_pack, self._screen.rush)
        else:
            sentence = parcel_sentence(parcel, line, self._screen.printer_trouble)
            if self._screen.rush is not None and parcel.print_state in PRINTED:
                sentence = replace(sentence, way=Phrase("packing.rush.next"))
        self.show(sentence=sentence, current_line_id=None if line is None else line.id)

    # --- the parcel ---------------------------------------------------------------------------------------------

    def adopt(self, parcel: ParcelView | None) -> None:
        """The parcel on the desk from now on, or the same one as it is by now."""
        previous = self._screen.parcel
        if parcel is None or previous is None or parcel.id != previous.id:
            self._preferred_line = None if parcel is None else self._preferred_line
            self._withdrawn = frozenset()
            self._over = None
            self.show(qty=1, asking=Asking.NOTHING, offer=None, companions=(), apart=(), batch=None)
        if parcel is not None:
            self._last_shipped = ""
        self.show(parcel=parcel)

    def shipped(self, waybill_no: str, age_s: object = None) -> None:
        """Remember what left last, to say it while the desk is free; empty to forget it.

        `age_s`: how old the shop's word was where it was older than it should be, else None.
        """
        self._last_shipped = waybill_no
        if isinstance(age_s, int):
            old = (*self._screen.shipped_on_old, (waybill_no, age_phrase(age_s)))
            self.show(shipped_on_old=old[-_ON_OLD_KEPT:])

    def prefer(self, line_id: int | None) -> None:
        """Ask for this line before the others while it misses units; None changes nothing."""
        self._preferred_line = line_id or self._preferred_line

    def choose_line(self, step: int) -> None:
        """Move the highlight up (-1) or down (+1) among the lines that miss units."""
        parcel = self._screen.parcel
        ids = [] if parcel is None else [line.id for line in parcel.lines if line.missing_qty]
        if not ids:
            return
        current = self._screen.current_line_id
        place = ids.index(current) + step if current in ids else 0
        self._preferred_line = ids[max(0, min(len(ids) - 1, place))]
        self.render()

    def tell_withdrawn(self) -> None:
        """A line refunded while its goods lie in the box has to be taken out: said once per line, loudly."""
        parcel = self._screen.parcel
        if parcel is None:
            return
        out = frozenset(line.id for line in parcel.lines if line.is_withdrawn)
        new = out - self._withdrawn
        self._withdrawn = out
        line = next((line for line in parcel.lines if line.id in new), None)
        if line is not None:
            code = "line.refunded" if line.verified_qty else "line.refunded_outside"
            facts = {"name": line.short_name or line.name, "qty": line.verified_qty}
            self.alarm(Verdict(code, Tone.STOP), facts)

    def facts(self, verdict: Verdict, raw: str) -> dict[str, object]:
        """What a verdict's sentence may speak of."""
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

    # --- what a second press means ------------------------------------------------------------------------------

    def arm(self, command: Command, code: str, **facts: object) -> None:
        """Ask for the same press again before anything is done."""
        self._armed = (command, self._now())
        self.say(Mood.NOTICE, Phrase(code, facts))
        self.sound("wrong")

    def is_armed(self, command: Command) -> bool:
        """Whether this press is the second one; asking ends the arming."""
        if self._armed is None:
            return False
        armed, since = self._armed
        self._armed = None
        return armed is command and (self._now() - since).total_seconds() <= _ARMED_S

    def awaits(self, command: Command) -> bool:
        """Whether a first press of this command stands; leaves it standing."""
        return self._armed is not None and self._armed[0] is command

    def disarm(self) -> None:
        """The next press is a first one again."""
        self._armed = None
