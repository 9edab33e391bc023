"""The page of the drill without widgets."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from core.channels.stock_contract import WriteKind
from core.files.progress import Progress
from core.practice.drill.records import Goods, Listening, Mode, Plan, Result, Trouble, check_plan
from core.runtime.errors import Refused
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.drill.ports import DrillDesk
from desktop.texts import Phrase


class Line(StrEnum):
    """How well the lines to the shops are."""

    GOOD = "good"
    POOR = "poor"
    WILD = "wild"


LINES: Mapping[Line, Trouble] = MappingProxyType(
    {
        Line.GOOD: Trouble(),
        Line.POOR: Trouble(lost_before=0.03, lost_after=0.03, disordered=0.1, cancelled=0.03),
        Line.WILD: Trouble(
            lost_before=0.1,
            lost_after=0.1,
            overtaken=0.1,
            repeated=0.2,
            disordered=0.4,
            cancelled=0.08,
            unpaid=0.04,
        ),
    }
)
#: what a drill can be asked for most
MOST_SHOPS, MOST_UNITS = 8, 100_000
#: buyers for each unit, where a drill begins with a SKU of the shop
_DEMAND = 2
#: what a minute counts for while it is played: the modes have the same number of minutes
_MODES = tuple(Mode)


@dataclass(frozen=True, slots=True)
class DrillScreen:
    """What the page shows.

    Attributes:
        plan: the numbers in the fields.
        line: how well the lines are; makes `plan.trouble`.
        goods: the SKU of the shop they were taken from, None where they are anybody's.
        played: the plan that `results` are of; None before the first.
        results: of the modes that were played, in their order.
        chosen: the mode whose line is drawn strong and whose sentence is said.
        is_busy: modes are being played.
    """

    plan: Plan
    line: Line = Line.GOOD
    goods: Goods | None = None
    played: Plan | None = None
    results: tuple[Result, ...] = ()
    chosen: Mode = Mode.QUOTA
    is_busy: bool = False

    @property
    def result(self) -> Result | None:
        """Of the chosen mode."""
        return next((result for result in self.results if result.mode is self.chosen), None)


class DrillPresenter(ScreenPresenter[DrillScreen]):
    """Plays the modes one after the other in the lane of files: each takes seconds, and nothing else waits."""

    def __init__(self, desk: DrillDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(DrillScreen(Plan()), tell)
        self._desk = desk
        self._tasks = tasks
        self.progress = Progress()

    def change(self, **numbers: Any) -> None:
        """Other numbers; what was played stays on screen until it is played again."""
        self._show(plan=replace(self._screen.plan, **numbers))

    def choose_line(self, line: Line) -> None:
        """Better or worse lines to the shops."""
        self._show(line=line, plan=replace(self._screen.plan, trouble=LINES[line]))

    def choose_write(self, write: WriteKind) -> None:
        """How the shops take stock writes."""
        self.change(write=write)

    def choose_mode(self, mode: Mode) -> None:
        """Draw this mode strong."""
        self._show(chosen=mode)

    def take_goods(self, code: str) -> None:
        """Begin with the stock and the shops of one of our SKUs, by its barcode or code."""
        if code.strip():
            self._tasks.submit(
                lambda: self._desk.goods(code), lambda goods: self._on_goods(code, goods), self._fail, owner=self
            )

    def play(self) -> None:
        """Play every mode with the numbers in the fields."""
        screen = self._screen
        if screen.is_busy:
            return
        try:
            check_plan(screen.plan)
        except Refused as error:
            self._fail(error)
            return
        self.progress = Progress()
        self._show(is_busy=True, results=(), played=screen.plan)
        self._play_next(screen.plan, self.progress)

    def cancel(self) -> bool:
        """Stop playing; what is done stays. Whether anything was played."""
        if not self._screen.is_busy:
            return False
        self.progress.cancel()
        return True

    def _on_goods(self, code: str, goods: Goods | None) -> None:
        if goods is None:
            self._tell("notice", Phrase("drill.goods.unknown", {"code": code}), None)
            return
        stock = min(max(goods.available_qty, 1), MOST_UNITS)
        shops = min(max(goods.shops, 1), MOST_SHOPS)
        plan = replace(
            self._screen.plan, stock=stock, shops=shops, demand=min(stock * _DEMAND, MOST_UNITS), buffer=None
        )
        self._show(plan=plan, goods=goods)
        # The fields may show something else where the plan was the same before.
        self.on_screen()

    def _play_next(self, plan: Plan, progress: Progress) -> None:
        place = len(self._screen.results)
        mode = _MODES[place]

        def on_minute(done: int, total: int) -> None:
            progress.show(place * total + done, len(_MODES) * total)

        listening = Listening(on_minute, lambda: progress.is_cancelled)
        self._tasks.submit(
            lambda: self._desk.play(plan, mode, listening),
            lambda result: self._on_result(plan, progress, result),
            self._on_error,
            owner=self,
            key="play",
            lane=Lane.FILES,
        )

    def _on_result(self, plan: Plan, progress: Progress, result: Result) -> None:
        results = (*self._screen.results, result)
        is_over = len(results) == len(_MODES)
        self._show(results=results, is_busy=not is_over)
        if not is_over:
            self._play_next(plan, progress)

    def _on_error(self, error: Exception) -> None:
        self._show(is_busy=False)
        if getattr(error, "code", "") == "drill.cancelled":
            self._tell("notice", Phrase("error.drill.cancelled"), None)
        else:
            self._fail(error)
