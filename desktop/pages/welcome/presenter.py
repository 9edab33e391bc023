"""The frame around the steps, without widgets: which one is open, what came of those behind, and the way out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.access.rights import Right
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.first_start import FirstStart, Scope, Source
from desktop.pages.welcome.ports import Standing, WelcomeDesk
from desktop.pages.welcome.steps import Outcome, Step, StepPresenter, steps_of
from desktop.texts import Phrase


@dataclass(frozen=True, slots=True)
class WelcomeScreen:
    """What the frame shows.

    Attributes:
        steps: those of this run; empty while it is not known where it stands.
        outcomes: of the steps behind.
        has_practice: there can be a practice shop.
    """

    steps: tuple[Step, ...] = ()
    step: Step = Step.LANGUAGE
    outcomes: Mapping[Step, Outcome] = field(default_factory=dict)
    source: Source = Source.NONE
    has_practice: bool = True

    @property
    def number(self) -> int:
        """Which step is open, from 1; the last page is no step."""
        return self.steps.index(self.step) + 1 if self.step in self.steps else 0

    @property
    def is_first(self) -> bool:
        """Whether there is no way back."""
        return self.number <= 1


class WelcomePresenter(ScreenPresenter[WelcomeScreen]):
    """Goes from step to step and remembers where it stands, so that nothing is asked twice after a kill."""

    def __init__(self, desk: WelcomeDesk, tasks: Tasks, tell: Tell, may: Callable[[Right], bool]) -> None:
        super().__init__(WelcomeScreen(), tell)
        self._desk = desk
        self._tasks = tasks
        self._may = may
        self._scope = Scope.AGAIN
        self._is_first_start = False
        self._entered: Step | None = None
        #: presenters of the steps that keep something; set by whoever builds the page
        self.steps: Mapping[Step, StepPresenter] = {}
        #: opens a page, or the form for a new shop (`shop_form`)
        self.on_go: Callable[[str], None] = lambda _page: None

    def begin(self, *, again: bool = False) -> None:
        """Go on where a first start stands; with `again`, or where none is under way, from the first step."""
        self._tasks.submit(
            self._desk.standing,
            lambda standing: self._begin(standing, again=again),
            self._fail,
            owner=self,
            key="begin",
        )

    def _begin(self, standing: Standing, *, again: bool) -> None:
        self._is_first_start = standing.state is not None
        is_known = bool(self._screen.steps) and not again
        state = standing.state or FirstStart(Scope.AGAIN, source=self._screen.source)
        self._scope = state.scope
        steps = steps_of(state.scope, self._may, standing.wants_recovery, state.outcomes)
        if is_known and self._screen.step in steps and self._screen.step is not Step.READY:
            # Somebody comes back to what lies open: nothing that was entered is thrown away.
            self._show(steps=steps)
            self._open(self._screen.step)
            return
        outcomes = {Step(name): Outcome(what) for name, what in state.outcomes.items() if name in set(Step)}
        step = Step(state.step) if state.step in steps else self._first_open(steps, outcomes)
        self._show(steps=steps, outcomes=outcomes, source=state.source, has_practice=standing.has_practice)
        self._open(step)

    @staticmethod
    def _first_open(steps: tuple[Step, ...], outcomes: Mapping[Step, Outcome]) -> Step:
        return next((step for step in steps if step not in outcomes), steps[0])

    def next(self) -> None:
        """Keep what the step holds and go on; a step that cannot says why and stays."""
        step = self._screen.step
        if not self._screen.steps:
            return  # it is not known yet where it stands
        if step is Step.READY:
            self.start_work()
            return
        presenter = self.steps.get(step)
        if presenter is None:
            self._settle(step, Outcome.DONE)
        else:
            presenter.finish(lambda: self._settle(step, Outcome.DONE))

    def skip(self) -> None:
        """Go on without it."""
        step = self._screen.step
        if self._screen.steps and step is not Step.READY:
            self._settle(step, Outcome.SKIPPED)

    def back(self) -> bool:
        """One step back; whether there is one."""
        if self._screen.is_first:
            return False
        self._open(self._screen.steps[self._screen.number - 2])
        return True

    def pause(self) -> None:
        """The page goes out of sight, whoever sent it there: nothing is listened to or looked for meanwhile."""
        self._leave_step()

    def resume(self) -> None:
        """The page comes back into sight."""
        if self._screen.steps and self._entered is None:
            self._enter(self._screen.step)

    def go_to(self, step: Step) -> None:
        """Open one of the steps again."""
        if step in self._screen.steps:
            self._open(step)

    def choose_source(self, source: Source) -> None:
        """Where the first orders come from."""
        self._show(source=source)

    def later(self) -> None:
        """Leave everything as it is; the steps can be opened again."""
        if self._screen.step is Step.READY:
            self.start_work()
            return
        self._leave_step()
        self._tell("notice", Phrase("welcome.later.said"), None)
        self.on_go("packing")

    def start_work(self) -> None:
        """All steps are through: to the desk, or to the form of the shop that is to be connected."""
        page = {Source.OWN: "shop_form", Source.FILES: "files"}.get(self._screen.source, "packing")
        self.go_through(page)

    def go_through(self, page: str) -> None:
        """Leave the last page for another one."""
        self._leave_step()
        if self._is_first_start:
            self._is_first_start = False
            self._write(self._desk.end)
        self.on_go(page)

    def _settle(self, step: Step, outcome: Outcome) -> None:
        if self._screen.step is not step:
            return  # an answer that came late: somebody has gone on meanwhile
        if outcome is Outcome.SKIPPED and self._screen.outcomes.get(step) is Outcome.DONE:
            outcome = Outcome.DONE  # what was kept is kept
        self._show(outcomes={**self._screen.outcomes, step: outcome})
        if step is Step.SOURCE and outcome is Outcome.SKIPPED and self._is_first_start:
            # Nobody asked for invented orders: they must not appear at the next start.
            self._show(source=Source.NONE)
            self._write(self._desk.leave_practice)
        self._open(self._screen.steps[self._screen.number])

    def _open(self, step: Step) -> None:
        self._leave_step()
        self._show(step=step)
        if self._is_first_start:
            screen = self._screen
            state = FirstStart(
                self._scope,
                step.value,
                {one.value: what.value for one, what in screen.outcomes.items()},
                screen.source,
            )
            self._write(lambda: self._desk.keep(state))
        self._enter(step)

    def _enter(self, step: Step) -> None:
        self._entered = step
        if step in self.steps:
            self.steps[step].enter()

    def _leave_step(self) -> None:
        entered, self._entered = self._entered, None
        if entered is not None and entered in self.steps:
            self.steps[entered].leave()

    def _write(self, work: Callable[[], None]) -> None:
        self._tasks.submit(work, lambda _none: None, self._fail, owner=self, lane=Lane.ACTS)
