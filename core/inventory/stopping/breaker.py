"""The breaker (熔断): what tripped it, what it does then, and when it is over.

A cause trips a rule once; the trip stands until the cause is over *by a margin and for some minutes*, so that a
number that wavers does not stop and start a sale. It lets go by itself only where its rule says so; else the sale
stays stopped until a person lets it go. Whoever says no, or lets go while the cause stands, is not asked again before
the cause was over once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from core.catalog.models import Sku
from core.channels.models import Shop, is_called
from core.db.sets import id_set, packed_ids
from core.db.turn import take_turn
from core.db.unit_of_work import Store, UnitOfWork, Urgency, shared_now
from core.inventory.models import StockLevel
from core.inventory.pausing import pause_sale, resume_cause
from core.inventory.quotas.models import SafetyStock
from core.inventory.shelves import day_of
from core.inventory.stopping.models import BreakerTrip
from core.inventory.stopping.progress import shops_by_hand
from core.inventory.stopping.records import Act, BreakerRuleRow, Cause, TripRow, TripState
from core.inventory.stopping.rules import breaker_rules, cause_of, shop_names
from core.runtime.errors import NotFound

#: from a cause to the stop no more than this passes, and the time of the look itself
EVERY_S: Final = 10.0
#: after a time in which nobody looked what is overdue is given so long to be done: a shop that was not asked all
#: night is asked in these seconds, and stops no sale
SETTLE_S: Final = 60.0

_LIVE = and_(
    StockLevel.is_blocked.is_(False),
    or_(StockLevel.expires_day.is_(None), StockLevel.expires_day >= bindparam("today")),
)
_PROMISED = StockLevel.reserved_qty + StockLevel.confirmed_qty + StockLevel.quarantined_qty
_AVAILABLE = (
    select(func.coalesce(func.sum(StockLevel.on_hand_qty - _PROMISED), 0))
    .where(StockLevel.sku_id == SafetyStock.sku_id, StockLevel.warehouse_id == SafetyStock.warehouse_id, _LIVE)
    .correlate(SafetyStock)
    .scalar_subquery()
)
_SAFETY = (
    select(
        SafetyStock.sku_id,
        Sku.code,
        func.sum(SafetyStock.qty).label("safety"),
        func.sum(_AVAILABLE).label("have"),
    )
    .join(Sku, Sku.id == SafetyStock.sku_id)
    .where(SafetyStock.qty > 0, Sku.is_stock_managed)
    .group_by(SafetyStock.sku_id, Sku.code)
)
_TRIPS = select(*BreakerTrip.__table__.c).where(BreakerTrip.closed_at.is_(None)).order_by(BreakerTrip.id)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rule sees of one SKU or shop: whether it trips, and whether that is over by the margin."""

    key: str
    sku_id: int | None
    trips: bool
    is_calm: bool
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be written: `what` is one of trip | stir | calm | over."""

    what: str
    rule: BreakerRuleRow
    seen: Seen | None
    trip: Any | None


class Breaker:
    """Looks every few seconds, and acts where its rules say so; two programs that look at once do it once."""

    def __init__(self, store: Store, *, settle_s: float = SETTLE_S) -> None:
        self._store = store
        self._settle_s = settle_s
        self._seen_at: datetime | None = None
        self._begins_at: datetime | None = None

    def work(self) -> float:
        """One look; gives the seconds until the next."""
        now, steps = self._store.read(self._look)
        if not self._is_settling(now) and steps:
            self._store.write(follow_rules, urgency=Urgency.LANE)
        return EVERY_S

    def _look(self, connection: Connection) -> tuple[datetime, Sequence[Step]]:
        now = shared_now(connection, self._store.clock)
        return now, steps_now(connection, now)

    def _is_settling(self, now: datetime) -> bool:
        gap = timedelta(seconds=max(self._settle_s, 3 * EVERY_S))
        if self._seen_at is None or now - self._seen_at > gap:
            self._begins_at = now + timedelta(seconds=self._settle_s)
        self._seen_at = now
        return self._begins_at is not None and now < self._begins_at


def steps_now(connection: Connection, now: datetime) -> tuple[Step, ...]:
    """What has to be written now; nothing where no rule is active and nothing has tripped."""
    rules = breaker_rules(connection, only_active=True)
    if not rules:
        return ()
    trips: dict[tuple[int, str], Any] = {(one.rule_id, one.key): one for one in connection.execute(_TRIPS)}
    low = _low(connection, now, rules, trips.values()) if any(rule.draft.cause is Cause.LOW for rule in rules) else []
    silent = _ages(connection, now) if any(rule.draft.cause is Cause.SILENT for rule in rules) else []
    steps = []
    for rule in rules:
        seen = _seen_low(rule, low) if rule.draft.cause is Cause.LOW else _seen_silent(rule, silent)
        mine = {key: trip for (rule_id, key), trip in trips.items() if rule_id == rule.id}
        for key in sorted(seen.keys() | mine.keys()):
            step = _step(rule, seen.get(key), mine.get(key), now)
            if step is not None:
                steps.append(step)
    return tuple(steps)


def _step(rule: BreakerRuleRow, seen: Seen | None, trip: Any | None, now: datetime) -> Step | None:
    trips = seen is not None and seen.trips
    if trip is None:
        return Step("trip", rule, seen, None) if trips else None
    # What is no longer looked at (a shop closed, a safety stock taken away) is over as well.
    is_calm = seen is None or seen.is_calm
    if not is_calm:
        return Step("stir", rule, seen, trip) if trip.calm_since is not None else None
    if trip.calm_since is None:
        if rule.draft.calm_minutes:
            return Step("calm", rule, seen, trip)
    elif now - trip.calm_since < timedelta(minutes=rule.draft.calm_minutes):
        return None
    stays = trip.state == TripState.ACTED and not rule.draft.resumes
    if stays:
        return Step("calm", rule, seen, trip) if trip.calm_since is None else None
    return Step("over", rule, seen, trip)


def _low(
    connection: Connection, now: datetime, rules: Sequence[BreakerRuleRow], trips: Iterable[Any]
) -> Sequence[Any]:
    """SKUs below their safety stock, and those that were when a rule tripped: of all, where a rule is for all."""
    binds: dict[str, Any] = {
        "today": day_of(now),
        "tripped": packed_ids(trip.sku_id for trip in trips if trip.sku_id),
    }
    wanted = [rule.sku_id for rule in rules if rule.draft.cause is Cause.LOW]
    named = {sku_id for sku_id in wanted if sku_id is not None}
    safety = _SAFETY
    if None not in wanted:
        safety = safety.where(SafetyStock.sku_id.in_(id_set("named")))
        binds["named"] = packed_ids(named)
    found = safety.subquery()
    matters = or_(found.c.have < found.c.safety, found.c.sku_id.in_(id_set("tripped")))
    return connection.execute(select(found).where(matters).order_by(found.c.sku_id), binds).all()


def _seen_low(rule: BreakerRuleRow, rows: Sequence[Any]) -> dict[str, Seen]:
    found = {}
    for row in rows:
        if rule.sku_id not in (None, row.sku_id):
            continue
        have, safety = int(row.have), int(row.safety)
        facts = {"sku": row.code, "n": have, "safety": safety}
        calm = have >= safety + rule.draft.margin_qty
        found[f"sku:{row.sku_id}"] = Seen(f"sku:{row.sku_id}", row.sku_id, have < safety, calm, facts)
    return found


def _ages(connection: Connection, now: datetime) -> Sequence[tuple[int, str, float]]:
    columns = (Shop.id, Shop.name, Shop.last_good_pull_at, Shop.created_at)
    rows: Sequence[Any] = connection.execute(select(*columns).where(is_called()).order_by(Shop.id)).all()
    return [(row.id, row.name, (now - (row.last_good_pull_at or row.created_at)).total_seconds()) for row in rows]


def _seen_silent(rule: BreakerRuleRow, rows: Sequence[tuple[int, str, float]]) -> dict[str, Seen]:
    found = {}
    for shop_id, name, age_s in rows:
        if rule.draft.shop_id in (None, shop_id):
            trips = age_s > rule.draft.minutes * 60
            facts = {"shop": name, "minutes": int(age_s // 60)}
            found[f"shop:{shop_id}"] = Seen(f"shop:{shop_id}", None, trips, not trips, facts)
    return found


# --- writing ------------------------------------------------------------------------------------------------------


def follow_rules(uow: UnitOfWork) -> int:
    """Do what the rules want now; gives how much was written. Looked at again under the breaker's turn."""
    take_turn(uow, "breaker")
    steps = steps_now(uow.connection, uow.now)
    for step in steps:
        if step.what == "trip" and step.seen is not None:
            _trip(uow, step.rule, step.seen)
        elif step.trip is not None and step.what == "over":
            _over(uow, step.trip.id)
        elif step.trip is not None:
            since = None if step.what == "stir" else uow.now
            uow.execute(update(BreakerTrip).where(BreakerTrip.id == step.trip.id).values(calm_since=since))
            uow.changed(BreakerTrip.__tablename__, step.trip.id)
    return len(steps)


def _trip(uow: UnitOfWork, rule: BreakerRuleRow, seen: Seen) -> None:
    facts = {
        "rule_id": rule.id,
        "key": seen.key,
        "sku_id": seen.sku_id,
        "state": TripState.PROPOSED.value,
        "at": uow.now,
        "acted_at": None,
        "acted_by": "",
        "calm_since": None,
        "closed_at": None,
        "facts": dict(seen.facts),
    }
    trip_id = uow.insert(BreakerTrip, facts)
    uow.record("breaker.tripped", "breaker_trip", trip_id, kind=rule.draft.cause.value, **seen.facts)
    if rule.draft.is_automatic:
        _act(uow, trip_id, rule, seen.sku_id)


def _act(uow: UnitOfWork, trip_id: int, rule: BreakerRuleRow, sku_id: int | None) -> None:
    cap = rule.draft.cap_qty if rule.draft.act is Act.CAP else None
    for shop_id in rule.draft.target_shop_ids or (None,):
        pause_sale(uow, shop_id, sku_id, f"breaker_{rule.draft.cause.value}", cause=cause_of(trip_id), cap_qty=cap)
    _settle(uow, trip_id, TripState.ACTED)
    uow.record("breaker.acted", "breaker_trip", trip_id, kind=rule.draft.cause.value, act=rule.draft.act.value)


def _over(uow: UnitOfWork, trip_id: int) -> None:
    resume_cause(uow, cause_of(trip_id))
    uow.execute(update(BreakerTrip).where(BreakerTrip.id == trip_id).values(closed_at=uow.now))
    uow.changed(BreakerTrip.__tablename__, trip_id)
    uow.record("breaker.over", "breaker_trip", trip_id)


def _settle(uow: UnitOfWork, trip_id: int, state: TripState) -> None:
    facts = {"state": state.value, "acted_at": uow.now, "acted_by": uow.actor.operator}
    uow.execute(update(BreakerTrip).where(BreakerTrip.id == trip_id).values(**facts))
    uow.changed(BreakerTrip.__tablename__, trip_id)


# --- a person's word ----------------------------------------------------------------------------------------------


def accept(uow: UnitOfWork, trip_id: int) -> None:
    """Do what was proposed; again it changes nothing.

    Raises:
        NotFound: `breaker.trip_unknown`, it is over.
    """
    trip, rule = _open_trip(uow, trip_id)
    if trip.state != TripState.ACTED:
        _act(uow, trip_id, rule, trip.sku_id)


def let_go(uow: UnitOfWork, trip_id: int) -> None:
    """Say no to a proposal, or let a sale go on that was stopped; it is not proposed again until the cause was over.

    Raises:
        NotFound: `breaker.trip_unknown`.
    """
    trip, _ = _open_trip(uow, trip_id)
    if trip.state == TripState.DECLINED:
        return
    resume_cause(uow, cause_of(trip_id))
    _settle(uow, trip_id, TripState.DECLINED)
    uow.record("breaker.let_go", "breaker_trip", trip_id)


def open_trips(connection: Connection, asks_first: Collection[int] = ()) -> tuple[TripRow, ...]:
    """Trips that are not over, what stops a sale first; `asks_first` are the shops that ask us before they sell."""
    rows: Sequence[Any] = connection.execute(_TRIPS).all()
    if not rows:
        return ()
    rules = {rule.id: rule for rule in breaker_rules(connection)}
    names = shop_names(connection)
    found = [
        TripRow(
            row.id,
            row.rule_id,
            row.key,
            rules[row.rule_id].draft.cause,
            rules[row.rule_id].draft.act,
            rules[row.rule_id].draft.cap_qty,
            tuple(names.get(shop_id, "") for shop_id in rules[row.rule_id].draft.target_shop_ids),
            TripState(row.state),
            row.at,
            row.acted_at,
            row.acted_by,
            row.calm_since is not None,
            rules[row.rule_id].draft.resumes,
            row.facts,
            shops_by_hand(connection, row.sku_id, rules[row.rule_id].draft.target_shop_ids, asks_first)
            if row.state == TripState.ACTED
            else (),
        )
        for row in rows
    ]
    order = [TripState.ACTED, TripState.PROPOSED, TripState.DECLINED]
    return tuple(sorted(found, key=lambda trip: (order.index(trip.state), trip.id)))


def count_acted(connection: Connection) -> int:
    """How many sales the breaker holds stopped or capped now."""
    query = select(func.count()).where(BreakerTrip.closed_at.is_(None), BreakerTrip.state == TripState.ACTED.value)
    return int(connection.execute(query).scalar_one())


def _open_trip(uow: UnitOfWork, trip_id: int) -> tuple[Any, BreakerRuleRow]:
    take_turn(uow, "breaker")
    trip = uow.execute(_TRIPS.where(BreakerTrip.id == trip_id)).one_or_none()
    if trip is None:
        raise NotFound("breaker.trip_unknown", f"trip {trip_id} is over")
    rule = next(rule for rule in breaker_rules(uow.connection) if rule.id == trip.rule_id)
    return trip, rule
