"""The driver: lives at every shop in virtual time, the program's rounds between them, trouble, and kills."""

import heapq
import logging
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from core.runtime.clock import ManualClock
from core.runtime.errors import DomainError
from core.runtime.remote_errors import ChannelError
from tests.chaos import child
from tests.chaos.centre import Centre, Change, new_file
from tests.chaos.figures import Figures
from tests.chaos.lives import Step, life
from tests.chaos.oracle import Deeds, Fault, difference, faults_of
from tests.chaos.platforms import KINDS, Played, opened
from tests.chaos.wire import Trouble

_log = logging.getLogger(__name__)

START = datetime(2026, 11, 23, 1, 30, 0, 250_000, tzinfo=UTC)
#: how often a lane pulls its shop, and how soon again when that failed: as `core.behind` does it
PULL_S, AGAIN_S = 10.0, 30.0
#: of all calls, how many meet trouble while there is any
P_CALL = 0.12
#: lives that begin at one shop together at most, within how many seconds, and how long it is quiet afterwards
_BURST, _BURST_S, _QUIET_S = 60, 60.0, (300.0, 900.0)
#: rounds of ten seconds after a burst; what is not on the screen then is awaited in longer steps
_ROUNDS, _STEP_S = 10, 60.0
_TRIES = 40
#: what is still to be told at the end waits for a quarter of an hour at most
_LAST_ROUNDS, _LAST_STEP_S, _RETRY_IN, _AT_LEAST = 40, 240.0, 3, 6
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played.

    Attributes:
        lives: how many, over all shops.
        seed: of all chance.
        kinds: which shops.
        kills: how many times a pulling program is killed.
        page_size: rows to a page of the shops' lists.
    """

    lives: int
    seed: int = 1
    kinds: Sequence[str] = KINDS
    kills: int = 0
    page_size: int = 7
    has_trouble: bool = True


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    faults: list[Fault]
    figures: dict[str, Figures]
    kills: int
    virtual_s: float
    verdicts: Counter[str] = field(default_factory=Counter)


@dataclass(order=True, slots=True)
class _Due:
    """The next act of a life."""

    at: datetime
    serial: int
    life: "_Life" = field(compare=False)


@dataclass(slots=True)
class _Life:
    shop: Played
    number: int
    steps: list[Step]
    no: str = ""


def play(plan: Plan, folder: Path, change: Change = lambda channel: channel) -> Outcome:
    """Play it all; gives what is wrong at the end, and the figures.

    `change` is done to each channel as it is opened: a twin takes a guard away there.
    """
    chance, clock = random.Random(plan.seed), ManualClock(START)
    path = folder / "packdesk.db"
    new_file(path)
    with opened(plan.kinds, folder, chance, clock) as shops:
        centre = Centre(path, clock, page_size=plan.page_size, change=change)
        try:
            return _Story(plan, chance, clock, shops, centre).play()
        finally:
            centre.close()


class _Story:
    def __init__(
        self, plan: Plan, chance: random.Random, clock: ManualClock, shops: list[Played], centre: Centre
    ) -> None:
        self._plan, self._chance, self._clock, self._shops, self._centre = plan, chance, clock, shops, centre
        self._serial = count()
        self._due: list[_Due] = []
        self._to_pack: dict[tuple[str, str], int] = {}
        self._next_pull: dict[str, datetime] = {}
        #: (kind, order) -> when it was acted upon, and when the lists tell it at the earliest
        self._unseen: dict[tuple[str, str], tuple[datetime, datetime]] = {}
        self._deeds = Deeds()
        self._figures = {shop.kind: Figures() for shop in shops}
        self._kills = 0
        self._round_began = clock.now()
        self._victim: tuple[int, int] | None = None
        centre.furnish(shops)
        for shop in shops:
            shop.join(Trouble(chance, clock, shop.own_faults, self._meanwhile, shop.wire))

    # --- the whole of it ---------------------------------------------------------------------------------------------

    def play(self) -> Outcome:
        """Burst after burst, then everything is let settle and looked at."""
        left, number = self._plan.lives, 0
        bursts = -(-left // (_BURST * len(self._shops)))
        size = -(-left // (bursts * len(self._shops)))
        killed_in = {int((place + 0.5) * bursts / max(1, self._plan.kills)) for place in range(self._plan.kills)}
        for burst in range(bursts):
            _log.info("burst %s of %s, %s lives left", burst + 1, bursts, left)
            self._set_trouble(is_on=self._plan.has_trouble)
            for shop in self._shops:
                for _ in range(min(size, left)):
                    left, number = left - 1, number + 1
                    self._begin(shop, number)
            for place in range(_ROUNDS):
                self._round(PULL_S)
                if place == _ROUNDS // 3 and burst in killed_in:
                    self._killed_round()
            self._pass_by(self._chance.uniform(*_QUIET_S))
        self._settle()
        for shop in self._shops:
            figures = self._figures[shop.kind]
            figures.calls, figures.troubled = shop.trouble.calls, shop.trouble.troubled
            figures.late, figures.doubled = shop.haze.late_count, shop.haze.doubled_count
        verdicts = sum((one.verdicts for one in self._figures.values()), Counter[str]())
        faults = faults_of(self._centre, self._shops, self._deeds)
        virtual_s = (self._clock.now() - START).total_seconds()
        return Outcome(faults, self._figures, self._kills, virtual_s, verdicts)

    def _set_trouble(self, *, is_on: bool) -> None:
        for shop in self._shops:
            shop.haze.is_on = is_on
            shop.trouble.p = P_CALL if is_on else 0.0
            shop.trouble.cut_until = None
            if is_on and self._chance.random() < 0.1:
                shop.trouble.cut_until = self._clock.now() + timedelta(seconds=self._chance.uniform(20, 1200))

    def _begin(self, shop: Played, number: int) -> None:
        steps = life(self._chance, shop.verbs)
        at = self._clock.now() + timedelta(seconds=self._chance.uniform(0, _BURST_S))
        self._figures[shop.kind].lives += 1
        heapq.heappush(self._due, _Due(at, next(self._serial), _Life(shop, number, steps)))

    def _pass_by(self, seconds: float) -> None:
        """A quiet time: one round a minute while something is missing, then hours in one step."""
        until = self._clock.now() + timedelta(seconds=seconds)
        while self._clock.now() < until:
            is_busy = bool(self._due or self._unseen or self._to_pack)
            self._round(_STEP_S if is_busy else max(1.0, (until - self._clock.now()).total_seconds()))

    def _settle(self) -> None:
        """No more trouble: everything that was begun comes to its end."""
        self._set_trouble(is_on=False)
        while self._due:
            self._round(_STEP_S)
        self._close_unpaid()
        for shop in self._shops:
            shop.haze.clear()
        for place in range(_LAST_ROUNDS):
            self._round(_STEP_S)
            self._clock.advance(seconds=_LAST_STEP_S)
            if place == _RETRY_IN:
                self._centre.retry_failed()
            if place > _AT_LEAST and not (self._unseen or self._to_pack or self._centre.waiting()):
                break
        for shop in self._shops:
            self._pull(shop, all_open=True)
        self._centre.behind.tidy()

    def _close_unpaid(self) -> None:
        for shop in self._shops:
            for no in shop.numbers():
                truth = shop.truth(no)
                if truth.payment == "unpaid" and not truth.is_cancelled:
                    self._do(shop, "cancel", no)

    # --- what people do ----------------------------------------------------------------------------------------------

    def _meanwhile(self) -> None:
        """While a call is on its way: the program has not heard of any of this yet. And a program may die."""
        self._act_until(self._clock.now())
        if self._victim is not None:
            pid, left = self._victim
            self._victim = (pid, left - 1)
            if left == 0:
                os.kill(pid, signal.SIGKILL)
                self._victim = None

    def _act_until(self, until: datetime) -> None:
        while self._due and self._due[0].at <= until:
            due = heapq.heappop(self._due)
            self._act(due.life)

    def _act(self, one: _Life) -> None:
        step = one.steps.pop(0)
        if step.verb == "place":
            one.no = one.shop.place(one.number)
            self._note(one.shop, one.no)
        elif step.verb == "pack":
            self._to_pack[one.shop.kind, one.no] = _TRIES
        else:
            self._do(one.shop, step.verb, one.no)
        if one.steps:
            at = self._clock.now() + timedelta(seconds=one.steps[0].after_s)
            heapq.heappush(self._due, _Due(at, next(self._serial), one))

    def _do(self, shop: Played, verb: str, no: str) -> None:
        if shop.do(verb, no):
            self._note(shop, no)
        else:
            self._figures[shop.kind].refused += 1

    def _note(self, shop: Played, no: str) -> None:
        now = self._clock.now()
        self._figures[shop.kind].acts += 1
        told_at = now + timedelta(seconds=shop.haze.left_s(no))
        first, _told = self._unseen.get((shop.kind, no), (now, told_at))
        self._unseen[shop.kind, no] = (first, told_at)

    # --- what the program does ---------------------------------------------------------------------------------------

    def _round(self, seconds: float) -> None:
        """Let time pass, people act, and do what every lane has to do by then."""
        until = max(self._clock.now(), self._round_began + timedelta(seconds=seconds))
        self._round_began = until
        while self._due and self._due[0].at <= until:
            at = self._due[0].at
            self._advance_to(at)
            self._act_until(at)
        self._advance_to(until)
        for shop in self._shops:
            if self._next_pull.get(shop.kind, self._clock.now()) <= self._clock.now():
                self._pull(shop)
            self._look(shop)
        self._centre.buy_numbers()
        self._pack()
        for shop in self._shops:
            self._centre.tell(shop.kind)

    def _advance_to(self, at: datetime) -> None:
        self._clock.advance(seconds=max(0.0, (at - self._clock.now()).total_seconds()))

    def _pull(self, shop: Played, *, all_open: bool = False) -> None:
        figures = self._figures[shop.kind]
        figures.pulls += 1
        pause_s = PULL_S
        try:
            self._centre.pull(shop.kind, all_open=all_open)
        except (ChannelError, DomainError) as error:
            _log.debug("pull of %s: %r", shop.kind, error)
            figures.failed_pulls += 1
            pause_s = AGAIN_S
        self._next_pull[shop.kind] = self._clock.now() + timedelta(seconds=pause_s - 1)

    def _look(self, shop: Played) -> None:
        """Which acts are on the screen by now."""
        waiting = [no for kind, no in self._unseen if kind == shop.kind]
        if not waiting:
            return
        seen = self._centre.seen(shop.kind, waiting)
        now = self._clock.now()
        for no in waiting:
            key = (shop.kind, no)
            if difference(shop.truth(no), seen.get(no), self._deeds.shipped.get(key, "")):
                continue
            acted_at, told_at = self._unseen.pop(key)
            self._figures[shop.kind].act_s.append((now - acted_at).total_seconds())
            self._figures[shop.kind].told_s.append(max(0.0, (now - told_at).total_seconds()))

    def _pack(self) -> None:
        for (kind, no), tries in list(self._to_pack.items()):
            number = self._centre.number_of(kind, no)
            verdict, laid = self._centre.pack(kind, no, number) if number else ("parcel.none", {})
            if laid:
                self._deeds.shipped[kind, no] = number
                self._deeds.left.update(laid)
                self._figures[kind].shipped += 1
            else:
                self._figures[kind].verdicts[verdict] += 1
            if laid or tries <= 1:
                del self._to_pack[kind, no]
            else:
                self._to_pack[kind, no] = tries - 1

    def _killed_round(self) -> None:
        """Another process of the same program works until it is killed in the middle of something."""
        centre = self._centre
        process = _SPAWN.Process(target=child.work, args=(str(centre.path), self._clock.now(), self._plan.page_size))
        self._victim = None
        process.start()
        assert process.pid is not None
        self._victim = (process.pid, self._chance.randrange(3, 60))
        began_s = time.monotonic()
        while self._victim is not None and process.is_alive() and time.monotonic() - began_s < 60:
            time.sleep(0.002)
        self._victim = None
        process.kill()
        process.join(60)
        assert process.exitcode in (0, -signal.SIGKILL), f"the child broke: {process.exitcode}"
        self._kills += process.exitcode == -signal.SIGKILL
        centre.restarted()
