"""The alerts page: what stands, what was done about it, and what people do about it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from core.access.gate import needs
from core.access.rights import Right
from core.alerts import acting, queries
from core.alerts.engine import LEASE_S
from core.alerts.records import OWNER, AlertCursor, AlertDetail, AlertPage, MuteRow, PersonOnDuty, Quiet, RuleInfo
from core.alerts.roster import read_roster
from core.alerts.telling import read_ways
from core.db.unit_of_work import Store, shared_now


class Alerts:
    """Looking at alerts, answering them, keeping them quiet. Everybody at a desk may answer, and is named."""

    def __init__(self, store: Store, rules: Sequence[RuleInfo]) -> None:
        """`rules`: everything that is looked at."""
        self._store = store
        self._rules = rules

    @needs(Right.SEE_DESK)
    def page(self, pile: str, after: AlertCursor | None, limit: int) -> AlertPage:
        """A page of one of `queries.PILES`, see there for the order."""
        return self._store.read(
            lambda connection: queries.page(connection, pile, after, limit, shared_now(connection, self._store.clock))
        )

    @needs(Right.SEE_DESK)
    def detail(self, alert_id: int) -> AlertDetail | None:
        """One alert with its story."""
        return self._store.read(
            lambda connection: queries.detail(connection, alert_id, shared_now(connection, self._store.clock))
        )

    @needs(Right.SEE_DESK)
    def counts(self) -> Mapping[str, int]:
        """How many nobody has answered, how many stand."""
        return self._store.read(queries.counts)

    @needs(Right.SEE_DESK)
    def quiet(self) -> Quiet:
        """What is watched, and since when nothing stands."""
        return self._store.read(
            lambda connection: queries.quiet(
                connection, len(self._rules), LEASE_S, shared_now(connection, self._store.clock)
            )
        )

    @needs(Right.SEE_DESK)
    def on_duty(self) -> tuple[tuple[PersonOnDuty, ...], ...]:
        """The chain of this moment: who is told first, who next, and how they would be reached."""

        def look(connection: Connection) -> tuple[tuple[PersonOnDuty, ...], ...]:
            now = shared_now(connection, self._store.clock)
            roster, ways = read_roster(connection, now), read_ways(connection)
            chain = roster.chain(now)
            return tuple(
                tuple(
                    PersonOnDuty(
                        person,
                        "" if person == OWNER else roster.people.get(person, ""),
                        way.name if (way := ways.of(person)) is not None else "",
                    )
                    for person in link
                )
                for link in chain
            )

        return self._store.read(look)

    @needs(Right.SEE_DESK)
    def mutes(self) -> tuple[MuteRow, ...]:
        """What nobody is told of now."""
        return self._store.read(
            lambda connection: queries.mutes(connection, shared_now(connection, self._store.clock))
        )

    @needs(Right.SEE_DESK)
    def acknowledge(self, alert_id: int, note: str = "") -> bool:
        """Whoever acts looks after it; False where somebody had said so before.

        Raises:
            NotFound: `alert.unknown`. Refused: `alert.over`, `alert.note_long`.
        """
        return self._store.write(lambda uow: acting.acknowledge(uow, alert_id, note))

    @needs(Right.CHANGE_SETTINGS)
    def mute(self, rule: str, key: str, minutes: int, reason: str) -> int:
        """Tell nobody of a rule, or of one key of it, for so long; gives the mute's id.

        Raises:
            Refused: `alert.no_reason`, `alert.mute_time`.
        """
        return self._store.write(lambda uow: acting.mute(uow, rule, key, _later(uow.now, minutes), reason))

    @needs(Right.CHANGE_SETTINGS)
    def unmute(self, mute_id: int) -> bool:
        """Tell of it again."""
        return self._store.write(lambda uow: acting.unmute(uow, mute_id))


def _later(now: datetime, minutes: int) -> datetime:
    return now + timedelta(minutes=minutes)
