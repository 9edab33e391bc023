"""Choosing whom an alert is told and on which way, and putting the message into the same transaction's outbox."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select, update

from core.alerts.models import Alert, AlertChannel, AlertContact, AlertNotice
from core.alerts.notifiers.ways import is_heard_by_all
from core.alerts.roster import Roster
from core.db.unit_of_work import UnitOfWork

#: kind of the outbox rows
TELL: Final = "alert.tell"


def lane_of(channel_id: int) -> str:
    """The outbox lane of a channel: a robot that hangs keeps no other waiting."""
    return f"alert:{channel_id}"


def key_of(alert_id: int, turn: int, channel_id: int, passed_on: int | None = None) -> str:
    """The one message that a telling puts into a channel, whoever decides it.

    `passed_on` is the notice that another channel did not take: it is a message of its own, because the channel may
    have carried the first one long ago.
    """
    key = f"{alert_id}:{turn}:{channel_id}"
    return key if passed_on is None else f"{key}:{passed_on}"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a person; `contact_id` is None where the group hears it and nobody is mentioned."""

    channel_id: int
    contact_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Ways:
    """Every way that works now: those of each person, and those into a group."""

    own: dict[int, tuple[Way, ...]]
    groups: tuple[Way, ...]

    def of(self, person_id: int, tried: Iterable[int] = ()) -> Way | None:
        """The first way to somebody that was not tried yet; a group where they have none of their own."""
        past = set(tried)
        return next((way for way in (*self.own.get(person_id, ()), *self.groups) if way.channel_id not in past), None)


def read_ways(connection: Connection) -> Ways:
    """The ways that are switched on and not broken, in the owner's order."""
    works = (AlertChannel.is_on, AlertChannel.broken_at.is_(None))
    columns = (AlertChannel.id, AlertChannel.name, AlertChannel.kind, AlertChannel.access)
    channels = connection.execute(select(*columns).where(*works).order_by(AlertChannel.rank, AlertChannel.id)).all()
    contacts = connection.execute(
        select(AlertContact.id, AlertContact.person_id, AlertContact.channel_id, AlertChannel.name)
        .join(AlertChannel, AlertChannel.id == AlertContact.channel_id)
        .where(*works)
        .order_by(AlertContact.rank, AlertContact.id)
    )
    own: dict[int, tuple[Way, ...]] = {}
    for row in contacts:
        own[row.person_id] = (*own.get(row.person_id, ()), Way(row.channel_id, row.id, row.name))
    groups = (Way(row.id, None, row.name) for row in channels if is_heard_by_all(row.kind, row.access))
    return Ways(own, tuple(groups))


@dataclass(frozen=True, slots=True)
class PassedOn:
    """What became of notices that a channel did not take.

    Attributes:
        notices: those that are settled here: somebody else carries them now, or the screen alone.
        unheard: alerts of which some telling has no way left to anybody.
    """

    notices: frozenset[int]
    unheard: frozenset[int]


def tell(uow: UnitOfWork, alert_ids: Sequence[int], event: str, people: Sequence[int], roster: Roster) -> bool:
    """Tell people of alerts, each on the first way that works; whether anybody is reached beyond the screen."""
    ways = read_ways(uow.connection)
    told = {person: ways.of(person) for person in dict.fromkeys(people)}
    turns = _take_turns(uow, alert_ids)
    notices = [
        _notice(uow, alert_id, turns[alert_id], event, person, roster.people.get(person, ""), way)
        for alert_id in alert_ids
        for person, way in told.items()
    ]
    uow.insert_many(AlertNotice, notices)
    _enqueue(uow, ((alert_id, turns[alert_id], way, None) for alert_id in alert_ids for way in told.values()))
    return any(way is not None for way in told.values())


def tell_again(uow: UnitOfWork, alert_ids: Sequence[int], event: str, *, delay_s: float = 0) -> frozenset[int]:
    """Tell those who were told before, on the ways on which it reached them; gives the alerts that had anybody."""
    was = (
        select(AlertNotice.alert_id, AlertNotice.person_id, AlertNotice.person_name, AlertNotice.channel_id)
        .add_columns(AlertNotice.contact_id)
        .where(
            AlertNotice.alert_id.in_(alert_ids),
            AlertNotice.state.not_in(("failed", "dropped")),
            AlertNotice.event != "clear",
        )
        .order_by(AlertNotice.id.desc())
    )
    last: dict[tuple[int, int], Any] = {}
    for row in uow.rows(was):
        last.setdefault((row.alert_id, row.person_id), row)
    turns = _take_turns(uow, sorted({alert_id for alert_id, _ in last}))
    notices, sent = [], []
    for (alert_id, person), row in last.items():
        way = None if row.channel_id is None else Way(row.channel_id, row.contact_id, "")
        notices.append(_notice(uow, alert_id, turns[alert_id], event, person, row.person_name, way))
        sent.append((alert_id, turns[alert_id], way, None))
    uow.insert_many(AlertNotice, notices)
    _enqueue(uow, sent, delay_s=delay_s)
    return frozenset(alert_id for alert_id, _ in last)


def pass_on(uow: UnitOfWork, notice_ids: Collection[int], *, is_final: bool) -> PassedOn:
    """Whoever was to be told through a channel that did not take it is told on the next way that was not tried.

    Args:
        uow: the transaction.
        notice_ids: of one channel.
        is_final: this channel will never take them: where no way is left the screen has to do. Otherwise they stay
            as they are, because this one may work again.
    """
    of_these = select(AlertNotice.alert_id).where(AlertNotice.id.in_(notice_ids))
    rows = uow.rows(
        select(*AlertNotice.__table__.c).where(AlertNotice.alert_id.in_(of_these)).order_by(AlertNotice.id)
    )
    tried: dict[tuple[int, int, int], list[Any]] = {}
    for row in rows:
        tried.setdefault((row.alert_id, row.turn, row.person_id), []).append(row)
    ways = read_ways(uow.connection)
    settled, heard, mine, notices, sent = set(), set(), set(), [], []
    for row in rows:
        past = tried[row.alert_id, row.turn, row.person_id]
        # The last way tried is the one that decides: what was passed on already is not passed on again.
        if row.id not in notice_ids or past[-1].id != row.id:
            continue
        way = ways.of(row.person_id, (one.channel_id for one in past))
        if way is None and not is_final:
            continue
        mine.add((row.alert_id, row.turn))
        settled.add(row.id)
        notices.append(_notice(uow, row.alert_id, row.turn, row.event, row.person_id, row.person_name, way))
        sent.append((row.alert_id, row.turn, way, row.id))
        if way is not None:
            heard.add((row.alert_id, row.turn))
    uow.insert_many(AlertNotice, notices)
    _enqueue(uow, sent)
    return PassedOn(frozenset(settled), frozenset(alert_id for alert_id, _ in mine - heard))


def _take_turns(uow: UnitOfWork, alert_ids: Sequence[int]) -> dict[int, int]:
    if not alert_ids:
        return {}
    uow.execute(update(Alert).where(Alert.id.in_(alert_ids)).values(turns=Alert.turns + 1))
    return {row.id: row.turns for row in uow.rows(select(Alert.id, Alert.turns).where(Alert.id.in_(alert_ids)))}


def _notice(
    uow: UnitOfWork, alert_id: int, turn: int, event: str, person: int, name: str, way: Way | None
) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "turn": turn,
        "event": event,
        "at": uow.now,
        "person_id": person,
        "person_name": name,
        "channel_id": None if way is None else way.channel_id,
        "contact_id": None if way is None else way.contact_id,
        "state": "screen" if way is None else "queued",
        "message": "",
        "error": "",
    }


def _enqueue(uow: UnitOfWork, told: Iterable[tuple[int, int, Way | None, int | None]], *, delay_s: float = 0) -> None:
    """One message for each telling and channel, however many people it names."""
    lanes: dict[int, dict[tuple[int, int], tuple[str, dict[str, int]]]] = {}
    for alert_id, turn, way, passed_on in told:
        if way is not None:
            payload = {"alert_id": alert_id, "turn": turn, "channel_id": way.channel_id}
            key = key_of(alert_id, turn, way.channel_id, passed_on)
            lanes.setdefault(way.channel_id, {}).setdefault((alert_id, turn), (key, payload))
    for channel_id, messages in lanes.items():
        uow.enqueue_many(TELL, list(messages.values()), lane=lane_of(channel_id), delay_s=delay_s)
