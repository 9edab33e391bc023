"""Leases: which desk does a job that only one may do. A fence number tells an old holder from the new one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import bindparam, or_, select, update

from core.db.models import Lease
from core.db.types import Instant
from core.db.unit_of_work import Store, UnitOfWork, Urgency, insert_or_ignore
from core.runtime.errors import Refused

T = TypeVar("T")

#: a job that writes nothing for this part of its lease's time holds it on by itself
_KEEP_PART = 0.25

# Made once: every write of a lane asks for its lease first.
_RENEW = (
    update(Lease)
    .where(Lease.name == bindparam("of"), Lease.fence == bindparam("with"))
    .values(until_at=bindparam("until", type_=Instant))
)


class LeaseLost(Refused):
    """Another desk has the job now: stop at once, nothing of this write has happened."""

    def __init__(self, name: str) -> None:
        super().__init__("lease.lost", f"another desk does {name} now")


class Freely:
    """How a job writes that needs no lease: nobody else does it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def write(self, operation: Callable[[UnitOfWork], T]) -> T:
        """Write as a lane does.

        Raises:
            LeaseLost: the job is another desk's; nothing was written.
        """
        return self._store.write(operation, urgency=Urgency.LANE)

    def keep(self) -> None:
        """Between two writes that may lie far apart. Raises `LeaseLost`."""


class Held(Freely):
    """How a long job writes under its lease: every transaction asks for it first, and holds it on by asking.

    A holder that was suspended or cut off for longer than its lease may find the job still its own, where nobody
    wanted it; where somebody did, its next write is refused, also one that was on its way when it fell asleep.
    """

    def __init__(self, store: Store, name: str, fence: int, seconds: float) -> None:
        super().__init__(store)
        self._name = name
        self._fence = fence
        self._seconds = seconds
        self._renewed_s = store.clock.monotonic()

    def write(self, operation: Callable[[UnitOfWork], T]) -> T:
        """As `Freely.write`, in the same transaction as the renewal."""

        def fenced(uow: UnitOfWork) -> T:
            self._renew(uow)
            return operation(uow)

        done = super().write(fenced)
        self._renewed_s = self._store.clock.monotonic()
        return done

    def keep(self) -> None:
        """Hold it on where the last write was a while ago."""
        if self._store.clock.monotonic() - self._renewed_s >= self._seconds * _KEEP_PART:
            self.write(lambda _uow: None)

    def _renew(self, uow: UnitOfWork) -> None:
        # The row stays locked until the write is stored: whoever takes over does so before it or after it.
        if not renew(uow, self._name, self._fence, self._seconds):
            raise LeaseLost(self._name)


@contextmanager
def held(store: Store, name: str, holder: str, seconds: float) -> Iterator[Held | None]:
    """Hold the lease while the block runs; None where another desk has it."""
    fence = store.write(lambda uow: take(uow, name, holder, seconds), urgency=Urgency.LANE)
    if fence is None:
        yield None
        return
    try:
        yield Held(store, name, fence, seconds)
    finally:
        store.write(lambda uow: release(uow, name, fence), urgency=Urgency.LANE)


def take(uow: UnitOfWork, name: str, holder: str, seconds: float) -> int | None:
    """Take the lease when nobody else holds it; the fence number, or None.

    The same holder may take it again at once (its program was restarted); the fence rises then too, so that what is
    left of its former self is turned away.
    """
    until = uow.now + timedelta(seconds=seconds)
    row = {"name": name, "holder": holder, "until_at": until, "fence": 1}
    if uow.count(insert_or_ignore(uow.connection, Lease), row):
        return 1
    is_free = or_(Lease.until_at <= uow.now, Lease.holder == holder)
    taking = (
        update(Lease).where(Lease.name == name, is_free).values(holder=holder, until_at=until, fence=Lease.fence + 1)
    )
    if uow.count(taking) == 0:
        return None
    return int(uow.execute(select(Lease.fence).where(Lease.name == name)).scalar_one())


def renew(uow: UnitOfWork, name: str, fence: int, seconds: float) -> bool:
    """Hold it for `seconds` from now; False when another one has it: stop the job.

    A lease that ran out but that nobody took is still ours: the fence says so.
    """
    return uow.count(_RENEW, {"of": name, "with": fence, "until": uow.now + timedelta(seconds=seconds)}) == 1


def is_held(uow: UnitOfWork, name: str, fence: int) -> bool:
    """Whether this fence still holds, asked inside the transaction that writes the job's result.

    Locks the lease row on PostgreSQL, so that nobody takes it before this transaction ends.
    """
    query = select(Lease.fence).where(Lease.name == name, Lease.until_at > uow.now).with_for_update()
    return uow.execute(query).scalar_one_or_none() == fence


def release(uow: UnitOfWork, name: str, fence: int) -> bool:
    """Let the next one take it at once; False when it was not ours any more."""
    return uow.count(update(Lease).where(Lease.name == name, Lease.fence == fence).values(until_at=uow.now)) == 1
