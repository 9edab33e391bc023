"""The top strip: is all well outside, and what waits."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from core.channels.models import Shop
from core.db.models import Outbox
from core.db.unit_of_work import Store
from core.sync.records import ShopLight, StatusView
from core.waybills.models import PrintJob

#: silence that is worth a look, and silence that is loud
NOTICE_AFTER = timedelta(minutes=2)
STOP_AFTER = timedelta(minutes=5)


class Status:
    """Lights and counts for the strip."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def status(self) -> StatusView:
        """All of it, in one snapshot."""
        now = self._store.clock.now()
        return self._store.read(lambda connection: _status(connection, now))


def _status(connection: Connection, now: datetime) -> StatusView:
    columns = (Shop.id, Shop.name, Shop.is_active, Shop.last_good_pull_at, Shop.last_error, Shop.created_at)
    shops = connection.execute(select(*columns).order_by(Shop.id)).all()
    depth = select(Outbox.state, func.count()).where(Outbox.state != "done").group_by(Outbox.state)
    outbox = {state: int(count) for state, count in connection.execute(depth)}
    unknown = select(func.count()).select_from(PrintJob).where(PrintJob.state == "unknown")
    return StatusView(
        shops=tuple(
            ShopLight(
                shop_id=shop.id,
                name=shop.name,
                state=_light(shop.is_active, shop.last_good_pull_at or shop.created_at, shop.last_error, now),
                last_good_pull_at=shop.last_good_pull_at,
                last_error=shop.last_error or "",
            )
            for shop in shops
        ),
        outbox_waiting=sum(count for state, count in outbox.items() if state != "failed"),
        outbox_failed=outbox.get("failed", 0),
        unknown_prints=int(connection.execute(unknown).scalar_one()),
        at=now,
    )


def _light(is_active: bool, last: datetime, error: str | None, now: datetime) -> str:
    if not is_active:
        return "off"
    silent = now - last
    if silent > STOP_AFTER:
        return "stop"
    return "notice" if silent > NOTICE_AFTER or error else "good"
