"""Leases: which desk does a job that only one may do. A fence number tells an old holder from the new one."""

from datetime import timedelta

from sqlalchemy import or_, select, update

from core.db.models import Lease
from core.db.unit_of_work import UnitOfWork, insert_or_ignore


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
    until = uow.now + timedelta(seconds=seconds)
    return uow.count(update(Lease).where(Lease.name == name, Lease.fence == fence).values(until_at=until)) == 1


def is_held(uow: UnitOfWork, name: str, fence: int) -> bool:
    """Whether this fence still holds, asked inside the transaction that writes the job's result.

    Locks the lease row on PostgreSQL, so that nobody takes it before this transaction ends.
    """
    query = select(Lease.fence).where(Lease.name == name, Lease.until_at > uow.now).with_for_update()
    return uow.execute(query).scalar_one_or_none() == fence


def release(uow: UnitOfWork, name: str, fence: int) -> bool:
    """Let the next one take it at once; False when it was not ours any more."""
    return uow.count(update(Lease).where(Lease.name == name, Lease.fence == fence).values(until_at=uow.now)) == 1
