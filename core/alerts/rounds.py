"""The rounds: every few seconds one program looks at everything that can be wrong, and only that one."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from core.alerts import engine
from core.alerts.deciding import Seen, cut_off
from core.alerts.records import RuleInfo, Watched
from core.db import leases
from core.db.models import Lease
from core.db.unit_of_work import Store, UnitOfWork, Urgency, shared_now
from core.runtime.errors import DomainError, Unavailable
from core.runtime.standing import Severity, Standing

_log = logging.getLogger(__name__)

#: from a cause to its alert no more than this passes, and the time of the looks themselves
EVERY_S: Final = 5.0
#: after a time in which nobody watched (a start, a machine that slept) what is overdue is given so long to be done:
#: a shop that was not asked all night is asked in these seconds, and is no alert
SETTLE_S: Final = 60.0
FAILED: Final = RuleInfo("alerts.watch_failed", Severity.WARNING)


class Rounds:
    """One program's rounds. What a watch found counts until it looks again; one that failed says nothing."""

    def __init__(self, store: Store, watched: Sequence[Watched], holder: str, *, settle_s: float = SETTLE_S) -> None:
        self._store = store
        self._watched = watched
        self._holder = holder
        self._fence: int | None = None
        self._held_at = 0.0
        self._broke_off_at = ""
        self._settle_s = settle_s
        self._seen_at: datetime | None = None
        self._begins_at: datetime | None = None
        self._found: dict[str, tuple[float, Sequence[Standing] | None]] = {}

    @property
    def is_watching(self) -> bool:
        """Whether this program has the job."""
        return self._fence is not None

    def work(self) -> float:
        """One round if this program has the job; gives the seconds until the next."""
        try:
            return self._go()
        except Unavailable as error:
            # The database itself: nothing is known of anything, which is no alert about every single watch.
            _log.info("a round was broken off: %s", error)
            return EVERY_S

    def _go(self) -> float:
        if not self._holds():
            self._found.clear()
            return EVERY_S
        if self._is_settling():
            return EVERY_S
        seen = self._look()
        if seen is None:
            return EVERY_S
        # A round in which nothing changed takes no writer's turn.
        if self._store.read(lambda connection: self._is_quiet(connection, seen)):
            return EVERY_S
        fence = self._fence
        if fence is None:
            return EVERY_S
        begun = self._store.clock.monotonic()
        left = self._store.write(lambda uow: engine.evaluate(uow, seen, fence), urgency=Urgency.LANE)
        self._held_at = begun
        if left is None:
            self._fence = None
        return 0.0 if left else EVERY_S

    def stop(self) -> None:
        """Let another program go on at once."""
        fence, self._fence = self._fence, None
        if fence is not None:
            try:
                self._store.write(lambda uow: leases.release(uow, engine.LEASE, fence), urgency=Urgency.LANE)
            except DomainError as error:
                _log.info("the rounds could not be handed on: %s", error)

    def _is_quiet(self, connection: Connection, seen: Seen) -> bool:
        return engine.look(connection, seen, shared_now(connection, self._store.clock))[0].is_empty

    def _is_settling(self) -> bool:
        """Whether nobody has watched until a moment ago."""
        if not self._settle_s:
            return False
        now, last = self._store.clock.now(), self._seen_at
        self._seen_at = now
        settle = timedelta(seconds=self._settle_s)
        if last is None or now - last > settle or now < last:
            self._begins_at = now + settle
            # What was found before the machine slept is old.
            self._found.clear()
        return self._begins_at is not None and now < self._begins_at

    def _holds(self) -> bool:
        elapsed = self._store.clock.monotonic()
        fence = self._fence
        if fence is not None and elapsed - self._held_at < engine.LEASE_S / 3:
            return True
        if fence is not None and self._store.write(
            lambda uow: leases.renew(uow, engine.LEASE, fence, engine.LEASE_S), urgency=Urgency.LANE
        ):
            self._held_at = elapsed
            return True
        self._fence, was_watched = self._store.write(self._take, urgency=Urgency.LANE)
        self._held_at = elapsed
        # Taken over from a program that watched until just now: nothing has to be waited for.
        self._seen_at = self._store.clock.now() if was_watched else None
        self._begins_at = None
        return self._fence is not None

    def _take(self, uow: UnitOfWork) -> tuple[int | None, bool]:
        until: datetime | None = uow.execute(
            select(Lease.until_at).where(Lease.name == engine.LEASE)
        ).scalar_one_or_none()
        was_watched = until is not None and uow.now - until < timedelta(seconds=self._settle_s)
        return leases.take(uow, engine.LEASE, self._holder, engine.LEASE_S), was_watched

    def _look(self) -> Seen | None:
        """What stands; None where another program has the job by now."""
        standing: list[Standing] = []
        covered, gathered = {FAILED.rule}, set[str]()
        for one in self._watched:
            if self._fence is not None and not self._holds():
                return None  # the looks took so long that another program goes on
            found = self._ask(one)
            if found is None:
                standing.append(Standing(FAILED.rule, one.name, FAILED.severity, {"watch": one.name}))
                continue
            standing += found
            covered.update(rule.rule for rule in one.rules)
            stands = {standing.rule for standing in found}
            gathered.update(name for rule in one.rules if rule.rule in stands for name in rule.gathers)
        kept, cut = cut_off(standing)
        return Seen(kept, frozenset(covered), cut, frozenset(gathered))

    def _ask(self, one: Watched) -> Sequence[Standing] | None:
        elapsed = self._store.clock.monotonic()
        known = self._found.get(one.name)
        if known is not None and elapsed - known[0] < one.every_s:
            return known[1]
        found: Sequence[Standing] | None
        try:
            found = self._store.read(
                lambda connection: one.watch(connection, shared_now(connection, self._store.clock))
            )
        except Unavailable:
            # Once is the database's hiccup, whoever was asking then; a second time at the same watch is its own.
            if self._broke_off_at != one.name:
                self._broke_off_at = one.name
                raise
            return None
        except Exception as error:  # noqa: BLE001 - one watch's defect must not blind all the others
            if known is None or known[1] is not None:
                _log.warning("the watch %s failed: %s", one.name, type(error).__name__)
            found = None
        if self._broke_off_at == one.name:
            self._broke_off_at = ""
        self._found[one.name] = (elapsed, found)
        return found


def rules_of(watched: Sequence[Watched]) -> tuple[RuleInfo, ...]:
    """Every rule that is looked at, each once."""
    found = {rule.rule: rule for one in watched for rule in one.rules}
    return (*found.values(), FAILED)
