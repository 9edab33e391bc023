"""What can be wrong between us and shops or carriers."""

import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, and_, case, func, or_, select

from core.channels.models import Shop, is_called
from core.db.limits import limits_of
from core.db.models import Journal, Outbox
from core.db.since import first_id_since
from core.runtime.standing import Severity, Standing
from core.sync.cursors import CASES
from core.sync.grants import ENDING, ENDING_DAYS, LAST_DAY, grants
from core.sync.lane_names import lane_names
from core.sync.models import Cursor
from core.sync.shops import is_access_refused, is_practice

#: usual limits; seconds, seconds, seconds, orders an hour
SILENT_S: Final = 300.0
CLOCK_S: Final = 60.0
STUCK_S: Final = 300.0
EXPECTED: Final = 5.0
#: seconds for which after-sale cases may stay unread
UNREAD: Final = "after_sale.unread"
UNREAD_S: Final = 900.0
#: platforms refuse calls whose time is off by ten minutes
_CLOCK_STOP_S: Final = 300.0
#: messages to people have a watch of their own: an alert about an alert would come back the same way
_ALERTS: Final = "alert:"
_HOUR: Final = timedelta(hours=1)
_WEEKS: Final = 4


def shops_silent(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Shops that were not pulled well for longer than their limit, and those that do not let us in any more.

    One whose owner has not let us in yet is not pulled, and so is none of them: its card says what it waits for.
    The practice shop is closed with the program that plays it: that is worth a notice and no more.
    """
    silent = limits_of(connection, "shop.silent", SILENT_S)
    columns = (Shop.id, Shop.name, Shop.last_good_pull_at, Shop.created_at, Shop.last_error, Shop.settings)
    found = []
    for shop in connection.execute(select(*columns).where(is_called()).order_by(Shop.id)):
        key = f"shop:{shop.id}"
        if is_access_refused(shop.last_error):
            found.append(Standing("shop.access", key, Severity.CRITICAL, {"shop": shop.name}))
            continue
        age_s = (at - (shop.last_good_pull_at or shop.created_at)).total_seconds()
        if age_s > silent.of(key):
            facts = {"shop": shop.name, "minutes": int(age_s // 60)}
            severity = Severity.NOTICE if is_practice(shop.name, shop.settings) else Severity.CRITICAL
            found.append(Standing("shop.silent", key, severity, facts))
    return found


def access_ending(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Shops that somebody has to authorise again before long, because the program cannot renew them, or could not."""
    early = limits_of(connection, ENDING, ENDING_DAYS)
    shops = connection.execute(select(Shop.id, Shop.name).where(Shop.is_active)).all()
    names = {shop.id: shop.name for shop in shops}
    found = []
    for grant in grants(connection):
        ends_at = grant.ends_at
        if grant.shop_id not in names or ends_at is None:
            continue
        key = f"shop:{grant.shop_id}"
        left = ends_at - at
        if left <= timedelta(days=early.of(key)):
            severity = Severity.CRITICAL if left <= LAST_DAY else Severity.WARNING
            facts = {"shop": names[grant.shop_id], "days": max(left // timedelta(days=1), 0)}
            found.append(Standing(ENDING, key, severity, facts))
    return found


def cases_unread(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Shops whose orders come and whose after-sale cases do not."""
    limits = limits_of(connection, UNREAD, UNREAD_S)
    query = (
        select(Shop.id, Shop.name, Cursor.failing_since)
        .join(Cursor, Cursor.shop_id == Shop.id)
        .where(Shop.is_active, Cursor.feed == CASES, Cursor.failing_since.is_not(None))
        .order_by(Shop.id)
    )
    found = []
    for shop in connection.execute(query):
        key, age_s = f"shop:{shop.id}", (at - shop.failing_since).total_seconds()
        if age_s > limits.of(key):
            facts = {"shop": shop.name, "minutes": int(age_s // 60)}
            found.append(Standing(UNREAD, key, Severity.WARNING, facts))
    return found


def clock_wrong(connection: Connection, _at: datetime) -> Sequence[Standing]:
    """The machine's clock against the shops', who tell it with each answer."""
    limit_s = limits_of(connection, "clock.wrong", CLOCK_S).of("clock")
    offsets = connection.execute(select(Shop.clock_offset_ms).where(Shop.is_active)).scalars().all()
    worst_s = max((abs(offset) for offset in offsets), default=0) / 1000
    if worst_s <= limit_s:
        return []
    severity = Severity.CRITICAL if worst_s > max(_CLOCK_STOP_S, limit_s) else Severity.WARNING
    return [Standing("clock.wrong", "clock", severity, {"seconds": int(worst_s)})]


def outbox_stuck(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Lanes of the outbox in which something waits for too long, or was refused for good."""
    limits = limits_of(connection, "outbox.stuck", STUCK_S)
    # What was tried in vain waits since it was made; what was put off on purpose only from its time on.
    since = case((Outbox.attempts > 0, Outbox.created_at), else_=Outbox.not_before_at)
    query = (
        select(Outbox.lane, Outbox.state, func.count().label("n"), func.min(since).label("since"))
        .where(Outbox.state.in_(("waiting", "leased", "failed")), ~Outbox.lane.startswith(_ALERTS))
        .where(or_(Outbox.state == "failed", Outbox.attempts > 0, Outbox.not_before_at <= at))
        .group_by(Outbox.lane, Outbox.state)
    )
    rows = connection.execute(query).all()
    names = lane_names(connection) if rows else {}
    found: dict[tuple[str, str], Standing] = {}
    for row in rows:
        target = names.get(row.lane, row.lane)
        if row.state == "failed":
            facts = {"target": target, "n": row.n}
            found["outbox.failed", row.lane] = Standing("outbox.failed", row.lane, Severity.WARNING, facts)
            continue
        limit_s = limits.of(row.lane)
        age_s = (at - row.since).total_seconds()
        known = found.get(("outbox.stuck", row.lane))
        if age_s > limit_s and (known is None or known.facts["minutes"] < age_s // 60):
            severity = Severity.CRITICAL if age_s > 3 * limit_s else Severity.WARNING
            facts = {"target": target, "n": row.n, "minutes": int(age_s // 60)}
            found["outbox.stuck", row.lane] = Standing("outbox.stuck", row.lane, severity, facts)
    return list(found.values())


def orders_missing(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Shops that answer, but bring no order although this hour of the week usually does.

    Expected is the mean of the same hour in the four weeks before, of those weeks that the shop was here; it has to
    be at least the limit (5 an hour), and the hour has to be over without a single one.
    """
    limits = limits_of(connection, "shop.no_orders", EXPECTED)
    now = _taken(connection, at - _HOUR, at)
    before = [_taken(connection, at - _HOUR - week, at - week) for week in _weeks()]
    found = []
    columns = (Shop.id, Shop.name, Shop.created_at)
    for shop in connection.execute(select(*columns).where(is_called()).order_by(Shop.id)):
        weeks = [
            taken[shop.id]
            for taken, week in zip(before, _weeks(), strict=True)
            if at - _HOUR - week >= shop.created_at or taken[shop.id]
        ]
        expected = statistics.fmean(weeks) if weeks else 0.0
        key = f"shop:{shop.id}"
        if not now[shop.id] and expected >= limits.of(key):
            facts = {"shop": shop.name, "expected": round(expected)}
            found.append(Standing("shop.no_orders", key, Severity.WARNING, facts))
    return found


def _weeks() -> tuple[timedelta, ...]:
    return tuple(timedelta(weeks=number) for number in range(1, _WEEKS + 1))


def _taken(connection: Connection, begins_at: datetime, ends_at: datetime) -> Counter[int]:
    """Orders taken in a stretch of time, by shop."""
    first, last = (
        first_id_since(connection, Journal.id.expression, Journal.at.expression, at) for at in (begins_at, ends_at)
    )
    within = and_(Journal.id >= first, Journal.id < last)
    query = select(Journal.facts).where(within, Journal.action == "order.taken")
    return Counter(int(facts["shop_id"]) for facts in connection.execute(query).scalars() if "shop_id" in facts)
