"""Claims of order lines: reading them under their locks, and writing a batch of changes with a few statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, select, text, update

from core.db.sets import RowStatement, id_set, insert_into, packed_ids, stored_ms
from core.db.types import Instant
from core.db.unit_of_work import UnitOfWork
from core.inventory.levels import Delta, LevelsChanged, apply, lock_levels
from core.inventory.models import Reservation
from core.inventory.states import HOLDING, STEPS, ClaimState
from core.orders.models import OrderLine
from core.runtime.ids import LevelId, OrderLineId, ReservationId, SkuId

#: a claim to be written: line, SKU, level (None where nothing is counted or nothing was found), units
NewRow = tuple[OrderLineId, SkuId, LevelId | None, int]
#: the same with the number of the try
_Fresh = tuple[OrderLineId, SkuId, LevelId | None, int, int]


@dataclass(slots=True)
class Claim:
    """One reservation row as read; `qty` and `state` follow what a draft does with it."""

    id: ReservationId
    order_line_id: OrderLineId
    sku_id: SkuId
    level_id: LevelId | None
    qty: int
    state: ClaimState
    attempt: int
    expires_at: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Whether its time has run out, swept or not."""
        return self.state is ClaimState.RESERVED and self.expires_at is not None and self.expires_at <= now


_CLAIM = select(
    Reservation.id,
    Reservation.order_line_id,
    Reservation.sku_id,
    Reservation.level_id,
    Reservation.qty,
    Reservation.state,
    Reservation.attempt,
    Reservation.expires_at,
).order_by(Reservation.id)
_OF_LINES = _CLAIM.where(Reservation.order_line_id.in_(id_set("line_ids")))
_BY_ID = _CLAIM.where(Reservation.id.in_(id_set("ids")))
# The literal state lets both engines use the partial index.
_IS_RESERVED = text("reservation.state = 'reserved'")
_DUE_ON_LEVELS = _CLAIM.where(
    Reservation.level_id.in_(id_set("level_ids")),
    _IS_RESERVED,
    Reservation.expires_at <= bindparam("now", type_=Instant),
)
LEVELS_OF_LINES = select(Reservation.level_id).where(
    Reservation.order_line_id.in_(id_set("line_ids")),
    Reservation.level_id.is_not(None),
    Reservation.state.in_(("reserved", "confirmed")),
)
#: no longer lock than this: the foreign keys of new claims point at a locked line
LOCKED_LINES = (
    select(OrderLine.id)
    .where(OrderLine.id.in_(id_set("line_ids")))
    .order_by(OrderLine.id)
    .with_for_update(key_share=True)
)
_STEP = (
    update(Reservation)
    .where(Reservation.id.in_(id_set("ids")), Reservation.state == bindparam("from_state"))
    .values(state=bindparam("to_state"), settled_at=bindparam("settled", type_=Instant))
)
_SHRINK = RowStatement(
    lambda part: (
        update(Reservation)
        .where(Reservation.id == part.claim_id, Reservation.qty > part.units)
        .values(qty=Reservation.qty - part.units)
    ),
    {"claim_id": BigInteger, "units": BigInteger},
)


_FRESH = {
    "order_line_id": BigInteger,
    "sku_id": BigInteger,
    "level_id": BigInteger,
    "qty": BigInteger,
    "attempt": BigInteger,
}


def _insert_with(*times: str) -> RowStatement:
    """An INSERT of new rows that all stand in one state; `times` are what rows of that state have besides."""
    common = {"state": Text, "created_at": BigInteger} | dict.fromkeys(times, BigInteger)
    return RowStatement(insert_into(Reservation), _FRESH, common)


# A column that would be NULL in every row is not named: binding it costs more than the rest of the row.
_INSERT_OPEN = _insert_with()
_INSERT_EXPIRING = _insert_with("expires_at")
_INSERT_SETTLED = _insert_with("settled_at")

#: states in which a new row is settled from the start (a part that was split off)
_SETTLED = frozenset({ClaimState.CONSUMED, ClaimState.RELEASED})


def hold_lines(uow: UnitOfWork, line_ids: Collection[int], also: Collection[LevelId] = ()) -> list[Claim]:
    """Lock the lines, every level they hold and those named `also`, then read all their claims.

    After this nobody else can claim for these lines, sweep them or take their units away.
    """
    binds = {"line_ids": packed_ids(line_ids)}
    lock_lines(uow, line_ids)
    if not uow.is_sqlite:
        lock_levels(uow, {*uow.execute(LEVELS_OF_LINES, binds).scalars(), *also})
    return _read(uow, _OF_LINES, binds)


def lock_lines(uow: UnitOfWork, line_ids: Collection[int]) -> None:
    """Keep other desks from claiming for these lines at the same time; SQLite has one writer anyway."""
    if not uow.is_sqlite:
        uow.execute(LOCKED_LINES, {"line_ids": packed_ids(line_ids)})


def claims_of_lines(uow: UnitOfWork, line_ids: Collection[int]) -> list[Claim]:
    """All claims of these lines, oldest first."""
    return _read(uow, _OF_LINES, {"line_ids": packed_ids(line_ids)})


def claims_by_id(uow: UnitOfWork, ids: Collection[int]) -> list[Claim]:
    """These claims as they are now."""
    return _read(uow, _BY_ID, {"ids": packed_ids(ids)})


def due_on_levels(uow: UnitOfWork, level_ids: Collection[int]) -> list[Claim]:
    """Reserved claims on these (locked) levels whose time has run out."""
    return _read(uow, _DUE_ON_LEVELS, {"level_ids": packed_ids(level_ids), "now": uow.now})


def _read(uow: UnitOfWork, statement: Any, binds: dict[str, Any]) -> list[Claim]:
    rows: Sequence[Any] = uow.execute(statement, binds).all()
    return [
        Claim(id_, line, sku, level, qty, ClaimState(state), attempt, expires_at)
        for id_, line, sku, level, qty, state, attempt, expires_at in rows
    ]


class Draft:
    """Changes to claims and levels, gathered in memory under the locks and written together at the end.

    Every step of a claim goes through `step`, every new claim through `add`; both keep the levels' side in balance,
    so that cached sums and detail rows cannot part.
    """

    def __init__(self, claims: Iterable[Claim] = ()) -> None:
        """`claims`: every row of the lines that will be split or claimed anew, for their attempt numbers."""
        self._attempts: dict[int, int] = {}
        for claim in claims:
            self._attempts[claim.order_line_id] = max(self._attempts.get(claim.order_line_id, 0), claim.attempt)
        self.deltas: defaultdict[LevelId, Delta] = defaultdict(Delta)
        self._steps: defaultdict[tuple[ClaimState, ClaimState], list[int]] = defaultdict(list)
        self._shrunk: defaultdict[int, int] = defaultdict(int)
        #: by state and, of reserved ones, by the seconds they last
        self._fresh: defaultdict[tuple[ClaimState, float], list[_Fresh]] = defaultdict(list)

    def _next_attempt(self, line_id: OrderLineId) -> int:
        """The line's next free number: every part split off gets one, as every try does."""
        number = self._attempts[line_id] = self._attempts.get(line_id, 0) + 1
        return number

    def step(self, claim: Claim, to: ClaimState, qty: int | None = None) -> int:
        """Move the claim, or `qty` units of it, to another state; gives the units moved.

        A part becomes a row of its own with the line's next attempt number; the rest stays where it is.
        """
        if to not in STEPS[claim.state]:
            raise ValueError(f"no step from {claim.state} to {to}")
        part = claim.qty if qty is None else min(qty, claim.qty)
        self._balance(claim.level_id, claim.state, -part)
        self._balance(claim.level_id, to, part)
        if part == claim.qty:
            self._steps[claim.state, to].append(claim.id)
            claim.state = to
        else:
            self._shrunk[claim.id] += part
            claim.qty -= part
            attempt = self._next_attempt(claim.order_line_id)
            self._fresh[to, 0].append((claim.order_line_id, claim.sku_id, claim.level_id, part, attempt))
        return part

    def add(self, rows: Iterable[NewRow], state: ClaimState, hold_s: float = 0) -> None:
        """Claim anew, one try per line: parts of a line over several levels share the attempt's number.

        Reserved claims run out after `hold_s` seconds, never where it is 0.
        """
        last, deltas, fresh = self._attempts, self.deltas, self._fresh[state, hold_s]
        is_reserved, is_holding = state is ClaimState.RESERVED, state in HOLDING
        for line, sku, level, qty in rows:
            fresh.append((line, sku, level, qty, last.get(line, 0) + 1))
            if level is None or not is_holding:
                continue
            if is_reserved:
                deltas[level].reserved += qty
            else:
                deltas[level].confirmed += qty

    def _balance(self, level_id: LevelId | None, state: ClaimState, qty: int) -> None:
        if level_id is None:
            return
        if state is ClaimState.RESERVED:
            self.deltas[level_id].reserved += qty
        elif state is ClaimState.CONFIRMED:
            self.deltas[level_id].confirmed += qty
        elif state is ClaimState.CONSUMED:
            self.deltas[level_id].on_hand -= qty

    def write(self, uow: UnitOfWork) -> None:
        """Write everything gathered; levels first, because their guard decides.

        Raises:
            LevelsChanged: a level or a claim was not what it was under its lock; nothing may be committed.
        """
        apply(uow, self.deltas)
        for (before, after), ids in self._steps.items():
            settled = None if after is ClaimState.CONFIRMED else uow.now
            binds = {"ids": packed_ids(ids), "from_state": before, "to_state": after, "settled": settled}
            _expect(uow.count(_STEP, binds), len(ids))
        if self._shrunk:
            _expect(_SHRINK.run(uow.connection, list(self._shrunk.items())), len(self._shrunk))
        for state in ClaimState:
            for (of, hold_s), rows in self._fresh.items():
                if of is state:
                    self._insert(uow, state, rows, hold_s)
        if self._fresh or self._steps:
            uow.changed("reservation")

    def _insert(self, uow: UnitOfWork, state: ClaimState, rows: Sequence[_Fresh], hold_s: float) -> None:
        # The driver binds a plain str several times faster than an enum's member.
        common = {"state": state.value, "created_at": stored_ms(uow.now)}
        if state is ClaimState.RESERVED and hold_s > 0:
            # Only what binds a level can run out; a claim on uncounted goods has nothing to give back.
            binding = [row for row in rows if row[2] is not None]
            rows = [row for row in rows if row[2] is None]
            until = stored_ms(uow.now + timedelta(seconds=hold_s))
            _INSERT_EXPIRING.run(uow.connection, binding, **common, expires_at=until)
            _INSERT_OPEN.run(uow.connection, rows, **common)
        elif state in _SETTLED:
            _INSERT_SETTLED.run(uow.connection, rows, **common, settled_at=common["created_at"])
        else:
            _INSERT_OPEN.run(uow.connection, rows, **common)


def _expect(met: int, wanted: int) -> None:
    if met != wanted:
        raise LevelsChanged(f"{wanted - met} of {wanted} claims changed under their lock")


def by_line(claims: Iterable[Claim]) -> dict[OrderLineId, list[Claim]]:
    """Claims grouped by their line."""
    groups: defaultdict[OrderLineId, list[Claim]] = defaultdict(list)
    for claim in claims:
        groups[claim.order_line_id].append(claim)
    return dict(groups)
