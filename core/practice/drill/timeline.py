"""Virtual time: one clock, and what happens at which moment of it."""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from core.runtime.clock import ManualClock

#: so long after it asked to be called again a lane is called, at least: no lane stops the time
_LEAST_PAUSE_S = 0.05


@dataclass(slots=True)
class _Lane:
    """Work of ours that runs again and again; `ticket` tells its next call, `due_s`, from those called off."""

    work: Callable[[], float]
    ticket: int = 0
    due_s: float = math.inf


@dataclass(slots=True)
class Timeline:
    """Two kinds of happenings share one clock.

    The world's (buyers, what is under way on the wire) happen at their moment, also while one of our own calls waits
    for its answer. Our lanes run one after the other: one whose time comes while another waits runs right after it,
    as lanes do that share one database. Nothing depends on the machine: the same happenings come in the same order.
    """

    clock: ManualClock
    _world: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _due: list[tuple[float, int, str]] = field(default_factory=list)
    _lanes: dict[str, _Lane] = field(default_factory=dict)
    _order: "count[int]" = field(default_factory=count)

    @property
    def now_s(self) -> float:
        """Seconds since the drill began."""
        return self.clock.monotonic()

    def at(self, moment_s: float, happening: Callable[[], None]) -> None:
        """The world does something at a moment; what lies in the past happens next."""
        heapq.heappush(self._world, (moment_s, next(self._order), happening))

    def add_lane(self, name: str, work: Callable[[], float], first_s: float) -> None:
        """A lane of ours: `work` gives the seconds until it wants to be called again."""
        self._lanes[name] = _Lane(work)
        self._line_up(name, first_s)

    def wake(self, name: str) -> None:
        """There is work for this lane now."""
        lane = self._lanes.get(name)
        if lane is not None and self.now_s < lane.due_s:
            self._line_up(name, self.now_s)

    def pass_time(self, seconds: float) -> None:
        """Wait inside a call of ours: the world goes on meanwhile."""
        self._world_until(self.now_s + seconds)

    def run(self, until_s: float, is_cancelled: Callable[[], bool] = lambda: False) -> None:
        """Let everything happen up to a moment, or until somebody wants to stop."""
        while self._due and self._due[0][0] <= until_s and not is_cancelled():
            moment_s, ticket, name = heapq.heappop(self._due)
            lane = self._lanes[name]
            if lane.ticket != ticket:
                continue
            self._world_until(moment_s)
            # From here on a reason to come again is a new one.
            lane.due_s = math.inf
            pause_s = lane.work()
            if lane.ticket == ticket:
                self._line_up(name, self.now_s + max(pause_s, _LEAST_PAUSE_S))
        if not is_cancelled():
            self._world_until(until_s)

    def _line_up(self, name: str, moment_s: float) -> None:
        lane = self._lanes[name]
        lane.ticket, lane.due_s = next(self._order), moment_s
        heapq.heappush(self._due, (moment_s, lane.ticket, name))

    def _world_until(self, moment_s: float) -> None:
        while self._world and self._world[0][0] <= moment_s:
            at_s, _, happening = heapq.heappop(self._world)
            self._advance(at_s)
            happening()
        self._advance(moment_s)

    def _advance(self, moment_s: float) -> None:
        if moment_s > self.now_s:
            self.clock.advance(seconds=moment_s - self.now_s)
