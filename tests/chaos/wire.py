"""What goes wrong between the program and the shops, by chance from one seed: faults of calls, cuts, bans, late lists.

A list shows an order as it was a while ago, or not at all yet, and some rows twice; single orders are told as they are.
That is how a platform behaves whose lists are read from a copy that lags behind.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from core.runtime.clock import ManualClock
from tests.simulators.platforms.shop import Order

#: how long a call takes on the way, in seconds
CALL_S = (0.02, 0.1)
#: of all acts, how many are told late, and of all lists, how many say rows twice
LATE = DOUBLED = 0.3
#: how long the same rows stand twice, in seconds
_DOUBLED_S = (1.0, 30.0)
#: how late the usual ones are, in seconds; a few use up nearly all that the overlap of the windows allows
_SOON_S = (2.0, 45.0)
_VERY_LATE = 0.1


class Trouble:
    """Takes the place of a simulator's faults: each call meets one by chance, and time passes with each.

    Attributes:
        p: of all calls, how many meet a fault.
        cut_until: the line is dead until then.
        calls: how many calls came, and how many of them met trouble.
    """

    def __init__(
        self,
        chance: random.Random,
        clock: ManualClock,
        own: Sequence[str],
        on_call: Callable[[], None],
        wire: Sequence[str],
    ) -> None:
        """Nothing goes wrong yet.

        Args:
            chance: of all of it.
            clock: moves with each call.
            own: the platform's own faults that pass by themselves.
            on_call: what happens while a call is on its way.
            wire: faults of the wire, the first of them a line that is dead.
        """
        self._chance, self._clock, self._on_call = chance, clock, on_call
        self._wire, self._names = wire, [*wire, *own]
        self.p = 0.0
        self.cut_until: datetime | None = None
        self.calls = self.troubled = 0

    def take(self, _call_name: str = "") -> str:
        """The fault of this call, `ok` for none."""
        self.calls += 1
        self._clock.advance(seconds=self._chance.uniform(*CALL_S))
        self._on_call()
        fault = self._fault()
        self.troubled += fault != "ok"
        return fault

    def _fault(self) -> str:
        if self.cut_until is not None and self._clock.now() < self.cut_until:
            return self._wire[0]
        return self._chance.choice(self._names) if self._chance.random() < self.p else "ok"


class Haze:
    """Which orders a shop's lists do not show as they are, and until when."""

    def __init__(self, chance: random.Random, now: Callable[[], datetime], reach_s: float) -> None:
        """`reach_s`: how late an order may come into a list and is still found, in seconds."""
        self._chance, self._now, self._reach_s = chance, now, reach_s
        self._old: dict[str, tuple[datetime, Any]] = {}
        self._doubled: list[str] = []
        self._doubled_until = now()
        self.is_on = False
        self.late_count = self.doubled_count = 0

    def note(self, no: str, before: Any, longest_s: float | None = None) -> float:
        """Something happened to an order; gives for how many seconds the lists go on as `before` (None: without it)."""
        if not self.is_on or self._chance.random() >= LATE:
            return self.left_s(no)
        reach_s = self._reach_s if longest_s is None else longest_s
        late_s = self._chance.uniform(*_SOON_S)
        if self._chance.random() < _VERY_LATE:
            late_s = self._chance.uniform(_SOON_S[1], max(_SOON_S[1], 0.8 * reach_s))
        if no not in self._current():
            self.late_count += 1
            self._old[no] = (self._now() + timedelta(seconds=min(late_s, 0.8 * reach_s)), before)
        return self.left_s(no)

    def left_s(self, no: str) -> float:
        """For how long the lists do not show this order as it is."""
        known = self._current().get(no)
        return 0.0 if known is None else (known[0] - self._now()).total_seconds()

    def old(self) -> dict[str, Any]:
        """Orders that lists show as they were; None: not at all."""
        return {no: before for no, (_until, before) in self._current().items()}

    def doubles(self, numbers: Sequence[str]) -> list[str]:
        """Which of the newest orders the lists say twice at the moment."""
        if not self.is_on:
            return []
        if self._now() >= self._doubled_until:
            is_double = bool(numbers) and self._chance.random() < DOUBLED
            self._doubled = self._chance.choices(numbers[-20:], k=2) if is_double else []
            self._doubled_until = self._now() + timedelta(seconds=self._chance.uniform(*_DOUBLED_S))
            self.doubled_count += len(self._doubled)
        return self._doubled

    def clear(self) -> None:
        """The lists are as new as everything else from now on."""
        self._old.clear()
        self.is_on = False

    def _current(self) -> dict[str, tuple[datetime, Any]]:
        now = self._now()
        self._old = {no: known for no, known in self._old.items() if known[0] > now}
        return self._old


class HazyOrders(dict[str, Order]):
    """A shop's orders as its lists see them; some of them stand twice among the values."""

    doubled: Sequence[str] = ()

    def values(self) -> Any:
        """The orders, doubled ones at the end once more."""
        return [*super().values(), *(self[no] for no in self.doubled if no in self)]


def hazy(orders: dict[str, Order], haze: Haze) -> HazyOrders:
    """The orders behind the haze."""
    old = haze.old()
    seen = HazyOrders(
        {no: old.get(no, order) for no, order in orders.items() if no not in old or old[no] is not None}
    )
    seen.doubled = haze.doubles(list(seen))
    return seen


def copied(order: Order) -> Order:
    """An order as it is now, whatever happens to it later."""
    lines = [replace(line) for line in order.lines]
    return replace(order, lines=lines, parcels=list(order.parcels), extra=dict(order.extra))
