"""Who is on duty (值班): a weekly plan by China's clock, what differs from it for a while, the owner behind all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from core.access.gate import active_people
from core.access.rights import Right
from core.alerts.models import RosterChange, RosterShift
from core.alerts.records import OWNER
from core.db.unit_of_work import UnitOfWork
from core.runtime.china import CHINA
from core.runtime.errors import NotFound, Refused

_DAY_MIN = 24 * 60
RANKS = (1, 2)
CHANGE_KINDS = ("absent", "closed", "shift", "stands_in")
_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift of the weekly plan; minutes of China's day. It ends on the next day where `ends_min` is not later."""

    id: int
    weekday: int
    begins_min: int
    ends_min: int
    person_id: int
    rank: int

    def covers(self, now: datetime) -> bool:
        """Whether it runs at a moment."""
        here = now.astimezone(CHINA)
        minute = here.hour * 60 + here.minute
        ends = self.ends_min if self.ends_min > self.begins_min else self.ends_min + _DAY_MIN
        days_ago = (here.weekday() - self.weekday) % 7
        return self.begins_min <= minute + days_ago * _DAY_MIN < ends


@dataclass(frozen=True, slots=True)
class Change:
    """What differs from the plan, see `RosterChange`."""

    id: int
    kind: str
    begins_at: datetime
    ends_at: datetime
    person_id: int
    for_person_id: int | None
    rank: int


@dataclass(frozen=True, slots=True)
class Roster:
    """The plan, what differs now, who is here at all, and who owns the shop.

    `people` are those who may sign in, by id; `owners` those of them who may change everything, the first first.
    """

    shifts: tuple[Shift, ...]
    changes: tuple[Change, ...]
    people: Mapping[int, str]
    owners: tuple[int, ...]

    def chain(self, now: datetime) -> tuple[tuple[int, ...], ...]:
        """Who is told first, who next, who last: each person once, and never nobody.

        Somebody who is absent, or cannot sign in any more, is passed over: the next moves up. Where the plan names
        nobody the owners are on duty, and where nobody signs in the owner is whoever sits at the desk.
        """
        if not self.people:
            return ((OWNER,),)
        here = [change for change in self.changes if change.begins_at <= now < change.ends_at]
        absent = {change.person_id for change in here if change.kind == "absent"}
        stand_ins = {change.for_person_id: change.person_id for change in here if change.kind == "stands_in"}
        is_closed = any(change.kind == "closed" for change in here)
        planned = [] if is_closed else [shift for shift in self.shifts if shift.covers(now)]
        wanted = [(change.rank, 0, change.person_id) for change in here if change.kind == "shift"]
        wanted += [(shift.rank, 1, shift.person_id) for shift in planned]

        def able(person: int) -> bool:
            return person in self.people and person not in absent

        links: list[tuple[int, ...]] = []
        told: set[int] = set()
        ranks = sorted({rank for rank, _, _ in wanted})
        for rank in ranks:
            people = [stand_ins.get(person, person) for one, _, person in sorted(wanted) if one == rank]
            link = tuple(dict.fromkeys(person for person in people if able(person) and person not in told))
            told.update(link)
            if link:
                links.append(link)
        owners = tuple(person for person in self.owners if able(person) and person not in told)
        if owners:
            links.append(owners)
        # All away: an alert to somebody on holiday is better than to nobody.
        return tuple(links) or ((self.owners or tuple(self.people)),)


def read_roster(connection: Connection, now: datetime) -> Roster:
    """Everything that says who is on duty around a moment."""
    people = active_people(connection)
    shifts = connection.execute(
        select(*RosterShift.__table__.c).order_by(RosterShift.weekday, RosterShift.begins_min)
    )
    coming = select(*RosterChange.__table__.c).where(RosterChange.ends_at > now).order_by(RosterChange.begins_at)
    return Roster(
        tuple(Shift(**row) for row in shifts.mappings()),
        tuple(Change(**row) for row in connection.execute(coming).mappings()),
        {person.id: person.name for person in people.values()},
        tuple(sorted(person.id for person in people.values() if Right.CHANGE_SETTINGS in person.rights)),
    )


def put_shift(uow: UnitOfWork, weekday: int, begins_min: int, ends_min: int, person_id: int, rank: int) -> int:
    """Add a shift to the weekly plan; gives its id.

    Raises:
        Refused: `roster.times`, no such day or minute; `roster.rank`. NotFound: `people.unknown`.
    """
    _check_rank(rank)
    if not (0 <= weekday < 7 and 0 <= begins_min < _DAY_MIN and 0 <= ends_min <= _DAY_MIN):
        raise Refused("roster.times", "a shift begins and ends within days of the week")
    _check_person(uow, person_id)
    row = {
        "weekday": weekday,
        "begins_min": begins_min,
        "ends_min": ends_min % _DAY_MIN,
        "person_id": person_id,
        "rank": rank,
    }
    same = select(RosterShift.id).where(*(getattr(RosterShift, name) == value for name, value in row.items()))
    known = uow.execute(same).scalar()
    if known is not None:
        return int(known)
    shift_id = uow.insert(RosterShift, row)
    uow.record("roster.shift_added", "roster_shift", shift_id, **row)
    return shift_id


def drop_shift(uow: UnitOfWork, shift_id: int) -> None:
    """Take a shift out of the plan; one that is gone already is no error."""
    if uow.count(delete(RosterShift).where(RosterShift.id == shift_id)):
        uow.record("roster.shift_dropped", "roster_shift", shift_id)


def put_change(
    uow: UnitOfWork,
    kind: str,
    begins_at: datetime,
    ends_at: datetime,
    *,
    person_id: int = OWNER,
    for_person_id: int | None = None,
    rank: int = 1,
) -> int:
    """Say what differs from the plan for a while; gives its id.

    Raises:
        Refused: `roster.kind`; `roster.times`, it ends before it begins or is over, or lasts for more than a year;
            `roster.rank`; `roster.same_person`. NotFound: `people.unknown`.
    """
    if kind not in CHANGE_KINDS:
        raise Refused("roster.kind", f"{kind} is nothing that can differ", kind=kind)
    if not begins_at < ends_at or ends_at <= uow.now or ends_at - begins_at > _LONGEST:
        raise Refused("roster.times", "it has to end after it begins, in the future and within a year")
    _check_rank(rank)
    if kind != "closed":
        _check_person(uow, person_id)
    if kind == "stands_in":
        if for_person_id is None or for_person_id == person_id:
            raise Refused("roster.same_person", "somebody stands in for somebody else")
        _check_person(uow, for_person_id)
    row: dict[str, Any] = {
        "kind": kind,
        "begins_at": begins_at,
        "ends_at": ends_at,
        "person_id": OWNER if kind == "closed" else person_id,
        "for_person_id": for_person_id if kind == "stands_in" else None,
        "rank": rank,
    }
    same = select(RosterChange.id).where(*(getattr(RosterChange, name) == value for name, value in row.items()))
    known = uow.execute(same).scalar()
    if known is not None:
        return int(known)
    change_id = uow.insert(RosterChange, row)
    facts = row | {"begins_at": begins_at.isoformat(), "ends_at": ends_at.isoformat()}
    uow.record("roster.change_added", "roster_change", change_id, **facts)
    return change_id


def drop_change(uow: UnitOfWork, change_id: int) -> None:
    """The plan counts again; a change that is gone already is no error."""
    if uow.count(delete(RosterChange).where(RosterChange.id == change_id)):
        uow.record("roster.change_dropped", "roster_change", change_id)


def hand_over(uow: UnitOfWork, from_person: int, to_person: int, until_at: datetime) -> int:
    """Whoever is on duty gives the duty to somebody else from now on; the plan counts again at `until_at`."""
    return put_change(uow, "stands_in", uow.now, until_at, person_id=to_person, for_person_id=from_person)


def _check_rank(rank: int) -> None:
    if rank not in RANKS:
        raise Refused("roster.rank", "somebody is told first or second")


def _check_person(uow: UnitOfWork, person_id: int) -> None:
    if person_id not in active_people(uow.connection):
        raise NotFound("people.unknown", f"there is no operator {person_id}")
