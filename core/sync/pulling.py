"""Pulling a shop's orders: overlapping windows, stored page by page, the cursor moved only after the whole window.

Losing the connection, the process or the clock at any point costs a repeat, never an order: pages are idempotent and
the window starts again from the last finished one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from core.channels.contract import Channel, ChannelOrder, OrderPage
from core.customers.service import Digest
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.fulfilment.taking import PageResult, slices, take_page
from core.sync.models import Cursor
from core.sync.shops import ShopRecord, note_good_pull

#: how far back the first pull of a new shop reads
_FIRST_WINDOW = timedelta(days=7)
_CHANGED = "changed"


@dataclass
class Pull:
    """What one pull of a shop did."""

    new_count: int = 0
    updated_count: int = 0
    released_count: int = 0
    pages: int = 0
    server_time: datetime | None = field(default=None)


class Puller:
    """Pulls one shop through its channel into the store."""

    def __init__(
        self, store: Store, digest: Digest, carrier_code: str, is_cancelled: Callable[[], bool] = lambda: False
    ) -> None:
        self._store = store
        self._digest = digest
        self._carrier_code = carrier_code
        self._is_cancelled = is_cancelled

    def pull(self, shop: ShopRecord, channel: Channel) -> Pull:
        """One round: changed orders since the last finished window, then open orders where the channel needs it.

        Raises:
            ChannelError: the shop did not answer as it should; what was stored stays, the cursor does not move.
        """
        done = Pull()
        capabilities = channel.capabilities
        until = self._store.read(lambda connection: _cursor(connection, shop.id))
        started = self._store.clock.now()
        since = (until or started - _FIRST_WINDOW) - timedelta(seconds=capabilities.overlap_s if until else 0)
        self._drain(shop, done, lambda cursor: channel.pull_orders(since, cursor))
        if capabilities.needs_state_poll:
            self._drain(shop, done, channel.open_orders)
        first_answer = done.server_time
        if first_answer is not None and not self._is_cancelled():
            reached = first_answer - timedelta(seconds=capabilities.safety_lag_s)
            offset_ms = int((first_answer - started).total_seconds() * 1000)
            self._store.write(lambda uow: _finish(uow, shop.id, reached, offset_ms), urgency=Urgency.LANE)
        return done

    def refresh(self, shop: ShopRecord, channel: Channel, order_no: str) -> Pull:
        """Ask for the newest state of one order: before its parcel is opened or handed over."""
        done = Pull()
        order = channel.get_order(order_no)
        if order is not None:
            self._store_page(shop, done, OrderPage([order], None, self._store.clock.now()))
        return done

    def _drain(self, shop: ShopRecord, done: Pull, ask: Callable[[str | None], OrderPage]) -> None:
        cursor: str | None = None
        seen: set[str] = set()
        while not self._is_cancelled():
            page = ask(cursor)
            if done.server_time is None:
                # The window reaches to the first answer: what changes while we page is the next window's.
                done.server_time = page.server_time
            self._store_page(shop, done, page)
            cursor = page.next_cursor
            if cursor is None or cursor in seen:
                return
            seen.add(cursor)

    def _store_page(self, shop: ShopRecord, done: Pull, page: OrderPage) -> None:
        if not page.orders:
            return
        done.pages += 1
        for orders in slices(self._store, page.orders):
            result = self._take(shop, orders)
            done.new_count += result.new_count
            done.updated_count += result.updated_count
            done.released_count += result.released_count

    def _take(self, shop: ShopRecord, orders: Sequence[ChannelOrder]) -> PageResult:
        return self._store.write(
            lambda uow: take_page(uow, shop.facts, orders, self._digest, self._carrier_code),
            urgency=Urgency.LANE,
        )


def _cursor(connection: Connection, shop_id: int) -> datetime | None:
    query = select(Cursor.until_at).where(Cursor.shop_id == shop_id, Cursor.feed == _CHANGED)
    return connection.execute(query).scalar_one_or_none()


def _finish(uow: UnitOfWork, shop_id: int, reached: datetime, offset_ms: int) -> None:
    here = (Cursor.shop_id == shop_id, Cursor.feed == _CHANGED)
    moved = uow.count(update(Cursor).where(*here).values(until_at=reached))
    if not moved:
        uow.insert_many(Cursor, [{"shop_id": shop_id, "feed": _CHANGED, "until_at": reached}])
    note_good_pull(uow, shop_id, offset_ms)
