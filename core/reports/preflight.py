"""Before work begins: are the shops heard, is the clock right, is there a backup, what did the night bring."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from core.channels.by_hand import UNCALLED
from core.channels.models import Shop
from core.db.backup import Newest
from core.db.models import Outbox
from core.fulfilment.models import Parcel
from core.fulfilment.parked import parked
from core.orders.models import Order
from core.orders.states import OPEN_STATES
from core.reports.day import day_begins
from core.reports.night import night_before
from core.reports.records import Check
from core.sync.shops import is_access_refused
from core.waybills.balances import Balance
from core.waybills.models import PrintJob, WaybillAccount

_NOTICE_SILENT, _STOP_SILENT = timedelta(minutes=2), timedelta(minutes=5)
#: platforms refuse calls whose time is off by more than ten minutes; well before that somebody should look
_CLOCK_NOTICE_MS, _CLOCK_STOP_MS = 60_000, 300_000
#: fewer numbers than this and somebody should pay for more: the day of a small shop
_FEW_NUMBERS = 200
_BACKUP_NOTICE, _BACKUP_STOP = timedelta(hours=26), timedelta(days=3)
#: goods that a courier should have taken yesterday
_FORGOTTEN = timedelta(hours=12)


def preflight(connection: Connection, now: datetime, newest_backup: Newest | None) -> tuple[Check, ...]:
    """Everything looked at, in the order in which it is mended."""
    return (
        *_shops(connection, now),
        _clock(connection),
        _carriers(connection),
        _backup(now, newest_backup),
        _night(connection, now),
        *_left_open(connection, now),
    )


def _shops(connection: Connection, now: datetime) -> tuple[Check, ...]:
    columns = (Shop.name, Shop.last_good_pull_at, Shop.created_at, Shop.last_error, Shop.awaits_owner)
    here = (Shop.is_active, Shop.channel.not_in(UNCALLED))
    shops = connection.execute(select(*columns).where(*here).order_by(Shop.id)).all()
    if not shops:
        return (Check("no_shop", "notice", page="settings"),)
    checks = []
    for shop in shops:
        silent = now - (shop.last_good_pull_at or shop.created_at)
        tone = "stop" if silent > _STOP_SILENT else "notice" if silent > _NOTICE_SILENT else "good"
        facts = {"shop": shop.name, "at": shop.last_good_pull_at}
        if shop.awaits_owner:
            checks.append(Check("shop_waits", "notice", facts, page="shops"))
            continue
        if is_access_refused(shop.last_error):
            code = "shop_refused" if shop.last_good_pull_at else "shop_refused_always"
            checks.append(Check(code, "stop", facts, page="shops"))
            continue
        checks.append(Check("shop_heard" if shop.last_good_pull_at else "shop_never", tone, facts))
    return tuple(checks)


def _clock(connection: Connection) -> Check:
    offsets = connection.execute(select(Shop.clock_offset_ms).where(Shop.is_active)).scalars().all()
    worst = max((abs(offset) for offset in offsets), default=0)
    tone = "stop" if worst > _CLOCK_STOP_MS else "notice" if worst > _CLOCK_NOTICE_MS else "good"
    return Check("clock", tone, {"seconds": worst // 1000})


def _carriers(connection: Connection) -> Check:
    count = int(connection.execute(select(func.count()).select_from(WaybillAccount)).scalar_one())
    return Check("carriers" if count else "no_carrier", "good" if count else "stop", {"n": count})


def balance_checks(balances: Sequence[Balance]) -> tuple[Check, ...]:
    """Accounts of which it is known: few numbers left is a notice, none stops the work."""
    return tuple(
        Check(
            "balance" if one.left else "balance_empty",
            "stop" if not one.left else "notice" if one.left < _FEW_NUMBERS else "good",
            {"carrier": one.carrier_name, "left": one.left},
        )
        for one in balances
    )


def _night(connection: Connection, now: datetime) -> Check:
    night = night_before(connection, now)
    facts = {"at": night.begins_at, "taken": night.taken, "ended": night.ended, "failed": night.failed}
    return Check("night", "notice" if night.failed else "good", facts, "activity" if night.failed else "")


def _backup(now: datetime, newest: Newest | None) -> Check:
    if newest is None:
        return Check("no_backup", "notice")
    age = now - newest.at
    tone = "stop" if age > _BACKUP_STOP else "notice" if age > _BACKUP_NOTICE else "good"
    # Of a server it lies in the folder of one desk: whoever needs it has to know of which.
    return Check("backup_at_desk" if newest.desk else "backup", tone, {"at": newest.at, "desk": newest.desk})


def _left_open(connection: Connection, now: datetime) -> tuple[Check, ...]:
    states = [state.value for state in OPEN_STATES]
    open_orders = (Order.fulfilment.in_(states),)
    tonight = day_begins(now) + timedelta(days=1)

    def count(table: type, *here: object) -> int:
        return int(connection.execute(select(func.count()).select_from(table).where(*here)).scalar_one())  # type: ignore[arg-type]  # conditions

    late = count(Order, *open_orders, Order.ship_by_at < now)
    today = count(Order, *open_orders, Order.ship_by_at >= now, Order.ship_by_at < tonight)
    held = count(Order, *open_orders, Order.hold_reason != "")
    failed = count(Outbox, Outbox.state == "failed")
    unknown = count(PrintJob, PrintJob.state == "unknown")
    ready = sum(row.can_go_on for row in parked(connection))
    forgotten = count(Parcel, Parcel.awaits_courier, Parcel.shipped_at < now - _FORGOTTEN)
    checks = [
        Check("late", "stop" if late else "good", {"n": late}, "orders" if late else ""),
        Check("due_today", "good", {"n": today}, "orders" if today else ""),
        Check("held", "notice" if held else "good", {"n": held}, "orders" if held else ""),
        Check("parked", "notice" if ready else "good", {"n": ready}, "packing" if ready else ""),
        Check("failed", "stop" if failed else "good", {"n": failed}, "activity" if failed else ""),
        Check("unknown_prints", "stop" if unknown else "good", {"n": unknown}, "packing" if unknown else ""),
        Check("forgotten", "stop" if forgotten else "good", {"n": forgotten}, "handover" if forgotten else ""),
    ]
    return tuple(checks)
