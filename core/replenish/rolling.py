"""The roll-up of what was wanted and moved, by day: follows the journal, and is made again whole each night.

A day is always computed from the orders and movements themselves and compared with what is kept; only what differs
is written. So a round may be repeated, interrupted or skipped, and the kept days are what a rebuild would give.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, bindparam, case, delete, func, select, tuple_

from core.catalog.models import Sku
from core.db.journal import OVERLAP, newest_id
from core.db.leases import Freely
from core.db.models import Journal
from core.db.sets import id_set, packed_ids
from core.db.settings import keep_setting, kept_setting
from core.db.since import first_id_since
from core.db.types import Instant
from core.db.unit_of_work import Store, UnitOfWork
from core.inventory.models import Movement, StockLevel
from core.inventory.shelves import day_of
from core.orders.models import Order, OrderLine
from core.orders.states import Fulfilment, Payment
from core.replenish.models import SkuDay
from core.runtime.china import CHINA

#: setting: how far the journal was followed, and on which day everything was last made again
_ROLLED: Final = "replenish.rolled"
#: days that are made again each night: what is older stands as it was
AGAIN_DAYS: Final = 100
KEPT_DAYS: Final = 400
#: rows of the journal that one round goes through
_MOST_ROWS: Final = 50_000


class Sums(NamedTuple):
    """One day of a SKU in a warehouse, in units."""

    demand: int = 0
    moved: int = 0
    came: int = 0


#: warehouse and SKU -> its day
Day = Mapping[tuple[int, int], Sums]

_WANTED: Select[*tuple[Any, ...]] = (
    select(Order.warehouse_id, OrderLine.sku_id, func.sum(OrderLine.qty))
    .join(OrderLine, OrderLine.order_id == Order.id)
    .join(Sku, Sku.id == OrderLine.sku_id)
    .where(
        Order.fulfilment != Fulfilment.CANCELLED.value,
        Order.payment.not_in((Payment.UNPAID.value, Payment.REFUNDED.value)),
        OrderLine.is_current,
        OrderLine.after_sale != "refunded",
        Sku.is_stock_managed,
        ~Sku.is_bundle,
    )
    .group_by(Order.warehouse_id, OrderLine.sku_id)
)
_SINCE, _UNTIL = bindparam("since", type_=Instant), bindparam("until", type_=Instant)
# Two questions, each with a partial index of its own: of some orders nobody ever said when they were paid.
_BY_PAYMENT = _WANTED.where(Order.paid_at >= _SINCE, Order.paid_at < _UNTIL)
_BY_PLACING = _WANTED.where(Order.paid_at.is_(None), Order.placed_at >= _SINCE, Order.placed_at < _UNTIL)
_MOVED = (
    select(
        StockLevel.warehouse_id,
        StockLevel.sku_id,
        func.sum(Movement.qty),
        func.sum(case((Movement.qty > 0, Movement.qty), else_=0)),
    )
    .join(StockLevel, StockLevel.id == Movement.level_id)
    .where(Movement.id >= bindparam("first"), Movement.id < bindparam("last"))
    .where(Movement.at >= _SINCE, Movement.at < _UNTIL)
    .group_by(StockLevel.warehouse_id, StockLevel.sku_id)
)
_TIMES = select(Order.paid_at, Order.placed_at).where(Order.id.in_(id_set("ids")))
#: transactions of one moment may get their ids in another order
_SLACK: Final = timedelta(minutes=10)


def fresh(connection: Connection, day: int) -> Day:
    """A day as the orders and movements say it now."""
    since = _begins(day)
    until = since + timedelta(days=1)
    sums: defaultdict[tuple[int, int], Sums] = defaultdict(Sums)
    for query in (_BY_PAYMENT, _BY_PLACING):
        for warehouse, sku, qty in connection.execute(query, {"since": since, "until": until}):
            was = sums[warehouse, sku]
            sums[warehouse, sku] = was._replace(demand=was.demand + int(qty))
    ids = {
        "first": first_id_since(connection, Movement.id.expression, Movement.at.expression, since - _SLACK),
        "last": first_id_since(connection, Movement.id.expression, Movement.at.expression, until + _SLACK),
    }
    for warehouse, sku, moved, came in connection.execute(_MOVED, {"since": since, "until": until} | ids):
        sums[warehouse, sku] = sums[warehouse, sku]._replace(moved=int(moved), came=int(came))
    return {place: one for place, one in sums.items() if one != Sums()}


def kept(connection: Connection, day: int) -> Day:
    """A day as it is kept."""
    columns = (SkuDay.warehouse_id, SkuDay.sku_id, SkuDay.demand_qty, SkuDay.moved_qty, SkuDay.in_qty)
    rows = connection.execute(select(*columns).where(SkuDay.day == day))
    return {(warehouse, sku): Sums(*numbers) for warehouse, sku, *numbers in rows}


def bring(store: Store, day: int, hold: Freely | None = None) -> bool:
    """See that a day is kept as it is; whether anything differed. `hold`: see `roll`."""
    hold = hold or Freely(store)
    hold.keep()
    if store.read(lambda connection: fresh(connection, day) == kept(connection, day)):
        return False
    hold.write(lambda uow: _write(uow, day))
    return True


def _write(uow: UnitOfWork, day: int) -> None:
    now, before = fresh(uow.connection, day), kept(uow.connection, day)
    changed = [place for place in before if now.get(place) != before[place]]
    if changed:
        places = tuple_(SkuDay.warehouse_id, SkuDay.sku_id)
        for start in range(0, len(changed), 400):
            uow.execute(delete(SkuDay).where(SkuDay.day == day, places.in_(changed[start : start + 400])))
    rows = [
        {
            "day": day,
            "warehouse_id": warehouse,
            "sku_id": sku,
            "demand_qty": one.demand,
            "moved_qty": one.moved,
            "in_qty": one.came,
        }
        for (warehouse, sku), one in now.items()
        if before.get((warehouse, sku)) != one
    ]
    uow.insert_many(SkuDay, rows)
    uow.changed("sku_day")


def rebuild(
    store: Store, days: Iterable[int], is_stopping: Callable[[], bool] = lambda: False, hold: Freely | None = None
) -> int:
    """Make these days again, one transaction each; gives how many differed. `hold`: see `roll`."""
    differed = 0
    for day in days:
        if is_stopping():
            break
        differed += bring(store, day, hold)
    return differed


def roll(store: Store, is_stopping: Callable[[], bool] = lambda: False, hold: Freely | None = None) -> int:
    """One round: the days of orders that changed, today and yesterday; once a day all of the last `AGAIN_DAYS`.

    Gives how many days differed.

    Raises:
        LeaseLost: another desk has taken it over from `hold`; how far it came is noted by that one.
    """
    hold = hold or Freely(store)
    today = day_of(store.clock.now())
    journal_id, whole_day = store.read(_rolled)
    if whole_day != today:
        reached = store.read(newest_id)
        differed = rebuild(store, range(today, today - AGAIN_DAYS, -1), is_stopping, hold)
        if is_stopping():
            return differed
        hold.write(lambda uow: _forget(uow, today - KEPT_DAYS))
        _note(hold, reached, today)
        return differed
    days, reached = store.read(lambda connection: _dirty(connection, journal_id))
    told = sorted({today, today - 1} | {day for day in days if day > today - KEPT_DAYS})
    differed = rebuild(store, told, hold=hold)
    if reached != journal_id:
        _note(hold, reached, today)
    return differed


def _dirty(connection: Connection, after_id: int) -> tuple[set[int], int]:
    """The days of orders that the journal tells of, and how far it was read."""
    reached = min(newest_id(connection), after_id + _MOST_ROWS)
    # Ids commit out of order: looking back costs little, because a day that is as it was writes nothing.
    here = (Journal.id > after_id - OVERLAP, Journal.id <= reached, Journal.subject == "orders")
    told = connection.execute(select(Journal.subject_id, Journal.action, Journal.facts).where(*here)).all()
    times = connection.execute(_TIMES, {"ids": packed_ids({row.subject_id for row in told})}).all()
    days = {day_of(at) for row in times for at in (row.paid_at, row.placed_at) if at is not None}
    days |= {
        day_of(datetime.fromisoformat(row.facts["paid_before"]))
        for row in told
        if row.action == "order.updated" and "paid_before" in row.facts
    }
    return days, reached


def _begins(day: int) -> datetime:
    return datetime.combine(date.fromordinal(day), time(), CHINA)


def _rolled(connection: Connection) -> tuple[int, int]:
    said: Any = kept_setting(connection, _ROLLED)
    return (0, 0) if not isinstance(said, Mapping) else (int(said.get("journal", 0)), int(said.get("day", 0)))


def rolled_day(connection: Connection) -> int | None:
    """The day on which everything was last made again; None before the first round."""
    return _rolled(connection)[1] or None


def _note(hold: Freely, journal_id: int, day: int) -> None:
    """Nobody's decision: it stands in no journal, which it would follow itself."""
    value = {"journal": journal_id, "day": day}

    def note(uow: UnitOfWork) -> None:
        keep_setting(uow, _ROLLED, value)

    hold.write(note)


def _forget(uow: UnitOfWork, before: int) -> None:
    uow.execute(delete(SkuDay).where(SkuDay.day < before))
