"""The day page without widgets."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.reports.records import Check, DayReport
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.formats import time_text
from desktop.pages.day.ports import DayDesk
from desktop.pages.packing.ports import Scale
from desktop.pages.packing.scale_card import scale_tone, scale_word
from desktop.pages.printers.ports import PrinterDesk
from desktop.pages.printers.presenter import printer_tone, printer_words
from desktop.scale.state import NO_SCALE, Condition
from desktop.texts import Phrase, Texts

#: the parts of the page
VIEWS = ("start", "orders", "work")
_GRAVITY = {"stop": 0, "notice": 1, "good": 2}


@dataclass(frozen=True, slots=True)
class DayScreen:
    """What the page shows; `printers`, `scale` and `carriers` are checks too, asked where the answers are."""

    view: str = "start"
    checks: tuple[Check, ...] = ()
    printers: tuple[Check, ...] = ()
    scale: tuple[Check, ...] = ()
    carriers: tuple[Check, ...] = ()
    report: DayReport | None = None
    is_known: bool = False

    @property
    def all_checks(self) -> tuple[Check, ...]:
        """What has to be seen to first, then what is well."""
        checks = (*self.checks, *self.carriers, *self.printers, *self.scale)
        return tuple(sorted(checks, key=lambda check: _GRAVITY.get(check.tone, 1)))

    @property
    def worst(self) -> str:
        """The gravest tone of all checks."""
        return min((check.tone for check in self.all_checks), key=lambda tone: _GRAVITY.get(tone, 1), default="good")


class DayPresenter(ScreenPresenter[DayScreen]):
    """Looks in the lane of reads."""

    def __init__(
        self, day: DayDesk, printers: PrinterDesk, tasks: Tasks, tell: Tell, scale: Scale = NO_SCALE
    ) -> None:
        """`printers` is asked for the state of each printer, `scale` for its own."""
        super().__init__(DayScreen(), tell)
        self._day = day
        self._printers = printers
        self._scale = scale
        self._tasks = tasks
        #: opens a page, or a pile of the order list
        self.on_door: Callable[[str], None] = lambda _door: None

    def look(self) -> None:
        """Look at everything again."""
        self._tasks.submit(
            lambda: (self._day.checks(), self._day.report()), self._on_seen, self._fail, owner=self, key="look"
        )
        self._tasks.submit(self._look_at_printers, self._on_printers, self._fail, owner=self, key="printers")
        # A slow carrier keeps nothing else waiting.
        self._tasks.submit(
            self._day.carriers, self._on_carriers, self._fail, owner=self, key="carriers", lane=Lane.SHOPS
        )
        self.look_at_scale()

    def look_at_scale(self) -> None:
        """Whether the scale of this desk answers; a desk without one is asked nothing."""
        state = self._scale.look()
        tone = scale_tone(state)
        is_well = tone in {"good", "busy"}
        facts = {"state": Phrase(f"state.scale.{scale_word(state)}")}
        check = Check("scale", "good" if is_well else tone, facts, "" if is_well else "settings")
        seen = () if state.condition is Condition.OFF else (check,)
        if seen != self.screen.scale:
            self._show(scale=seen)

    def show_part(self, view: str) -> None:
        """Show another part of the page."""
        self._show(view=view)
        self.look()

    def _look_at_printers(self) -> tuple[Check, ...]:
        return tuple(
            Check(
                "printer",
                {"busy": "good"}.get(printer_tone(view), printer_tone(view)),
                {"name": view.name, "state": printer_words(view)},
                "" if printer_tone(view) in {"good", "busy"} else "printers",
            )
            for view in self._printers.printers()
        )

    def _on_seen(self, seen: tuple[tuple[Check, ...], DayReport]) -> None:
        self._show(checks=seen[0], report=seen[1], is_known=True)

    def _on_carriers(self, checks: tuple[Check, ...]) -> None:
        self._show(carriers=checks)

    def _on_printers(self, checks: tuple[Check, ...]) -> None:
        self._show(printers=checks)


def check_words(check: Check, now: datetime, texts: Texts) -> Phrase:
    """A check as a sentence: moments as the screens write them."""
    facts = {
        name: time_text(value, now, texts) if isinstance(value, datetime) else value
        for name, value in check.facts.items()
    }
    is_fine = check.facts.get("n") == 0
    return Phrase(f"day.check.{check.code}.none" if is_fine else f"day.check.{check.code}", facts)
