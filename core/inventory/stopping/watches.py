"""Sales that are stopped, and stops that wait for a person's word: nobody forgets one."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, func, or_, select, text

from core.catalog.models import Sku
from core.channels.models import Shop
from core.db.types import Instant
from core.inventory.pausing import is_anything_held, is_held
from core.inventory.quotas.acts import EMPTIED
from core.inventory.quotas.acts import STOPPED as STOPPED_ACT
from core.inventory.quotas.models import Quota, StockAct
from core.inventory.quotas.planning import MOST_PAUSES
from core.inventory.quotas.states import ActState
from core.inventory.stopping.models import BreakerRule, BreakerTrip, SaleStop
from core.inventory.stopping.progress import shops_by_hand
from core.runtime.standing import MOST, Severity, Standing

TRIPPED: Final = "sale.broken"
PROPOSED: Final = "sale.break_proposed"
STOPPED: Final = "sale.stopped"
REFUSED: Final = "sale.stop_refused"
#: refused so often, as often as a link is asked to go off sale
_OFTEN: Final = MOST_PAUSES
_RECENT: Final = timedelta(hours=1)
#: characters of names that a message shows whole
_ROOM: Final = 50
_SEVERITY: Final = {"acted": (TRIPPED, Severity.CRITICAL), "proposed": (PROPOSED, Severity.WARNING)}
# The words of the partial indexes, so that both engines use them.
_TRIPS = (
    select(BreakerTrip.id, BreakerTrip.state, BreakerTrip.sku_id, BreakerTrip.facts)
    .add_columns(BreakerRule.kind, BreakerRule.target_shop_ids)
    .join(BreakerRule, BreakerRule.id == BreakerTrip.rule_id)
    .where(text("breaker_trip.closed_at IS NULL"), BreakerTrip.state.in_(("acted", "proposed")))
    # As the index of open trips goes; by id the whole history would be walked through.
    .order_by(BreakerTrip.rule_id, BreakerTrip.key)
)
_STOPS = (
    select(*SaleStop.__table__.c, Sku.code)
    .outerjoin(Sku, Sku.id == SaleStop.sku_id)
    .where(text("sale_stop.closed_at IS NULL"), SaleStop.lifted_at.is_(None))
    .order_by(SaleStop.id)
)


_TIMES = (
    select(func.count())
    .select_from(StockAct)
    .where(
        StockAct.quota_id == Quota.id,
        StockAct.state == ActState.REFUSED.value,
        StockAct.reason.in_((STOPPED_ACT, EMPTIED)),
        StockAct.settled_at > bindparam("recent", type_=Instant),
    )
    .correlate(Quota)
    .scalar_subquery()
)
_IS_LOCKED = and_(Quota.locked_until.is_not(None), Quota.locked_until > bindparam("at", type_=Instant))
#: on sale still, though it is stopped. Whatever was refused of late is tried again soon, or is locked.
_REFUSED = (
    select(Quota.id, Sku.id.label("sku_id"), Sku.code, Sku.name, Shop.name.label("shop"))
    .join(Sku, Sku.id == Quota.sku_id)
    .join(Shop, Shop.id == Quota.shop_id)
    .where(
        Shop.writes_stock,
        or_(Quota.retry_at > bindparam("recent", type_=Instant), _IS_LOCKED),
        Quota.is_on_sale.is_not(False),
        func.coalesce(Quota.listed_qty, -1) != 0,
        is_held(Quota.shop_id, Quota.sku_id),
        or_(_TIMES >= _OFTEN, and_(_IS_LOCKED, _TIMES > 0)),
    )
    .order_by(Quota.id)
    .limit(MOST)
)
#: the shops that ask us before they sell
AsksFirst = Callable[[Connection], Collection[int]]


def breaker_tripped(asks_first: AsksFirst, connection: Connection, _at: datetime) -> Sequence[Standing]:
    """What the breaker stopped, and what it proposes; one alert each, until it is over or somebody decided.

    What it stopped names the shops where somebody has to see to it.
    """
    rows: Sequence[Any] = connection.execute(_TRIPS).all()
    asking = asks_first(connection) if rows else ()
    found = []
    for row in rows:
        rule, severity = _SEVERITY[row.state]
        facts = dict(row.facts)
        if rule == TRIPPED:
            facts |= named(shops_by_hand(connection, row.sku_id, row.target_shop_ids, asking))
        found.append(Standing(f"{rule}_{row.kind}", f"trip:{row.id}", severity, facts))
    return found


def sales_stopped(asks_first: AsksFirst, connection: Connection, _at: datetime) -> Sequence[Standing]:
    """Stops that somebody made and nobody has lifted, with the shops where somebody still has to see to it."""
    rows: Sequence[Any] = connection.execute(_STOPS).all()
    asking = asks_first(connection) if rows else ()
    return [
        Standing(
            STOPPED if row.code else f"{STOPPED}_all",
            f"stop:{row.id}",
            Severity.NOTICE,
            {"by": row.by}
            | ({"sku": row.code} if row.code else {})
            | named(shops_by_hand(connection, row.sku_id, row.shop_ids, {*asking, *row.done_shop_ids})),
        )
        for row in rows
    ]


def stops_refused(connection: Connection, at: datetime) -> Sequence[Standing]:
    """Links that a platform will not take off sale, though it was asked again and again: somebody has to do it."""
    if not is_anything_held(connection):
        return ()
    rows: Sequence[Any] = connection.execute(_REFUSED, {"at": at, "recent": at - _RECENT}).all()
    facts = [{"sku_id": row.sku_id, "code": row.code, "name": row.name, "shop": row.shop} for row in rows]
    return [
        Standing(REFUSED, f"quota:{row.id}", Severity.CRITICAL, one) for row, one in zip(rows, facts, strict=True)
    ]


def named(names: Sequence[str]) -> dict[str, str]:
    """The fact `by_hand`: as many names as a message has room for, and how many more there are; none where none."""
    if not names:
        return {}
    text = names[0][:_ROOM]
    for count, name in enumerate(names[1:], 1):
        if len(text) + len(name) + 3 > _ROOM:
            return {"by_hand": f"{text} +{len(names) - count}"}
        text = f"{text} / {name}"
    return {"by_hand": text}
