"""Pulling a shop's orders: overlapping windows, stored page by page, the cursor moved only after the whole window.

Losing the connection, the process or the clock at any point costs a repeat, never an order: pages are idempotent and
the window starts again from the last finished one.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from core.channels.contract import Channel, ChannelOrder, OrderPage
from core.customers.service import Digest
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.fulfilment.taking import slices, take_page
from core.runtime.errors import DomainError
from core.runtime.remote_errors import ContractBroken
from core.sync.models import Cursor
from core.sync.shops import ShopRecord, note_good_pull

_log = logging.getLogger(__name__)

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
    server_time: datetime | None = None
    #: orders that could not be stored: our defect; the window is read again until they can
    not_taken: list[str] = field(default_factory=list)


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
        if until is None:
            # Our own clock may be days ahead of the shop's.
            since = min(started, channel.check()) - _FIRST_WINDOW
        else:
            since = until - timedelta(seconds=capabilities.overlap_s)
        self._drain(shop, done, lambda cursor: channel.pull_orders(since, cursor))
        if capabilities.needs_state_poll:
            self._drain(shop, done, channel.open_orders)
        if done.not_taken:
            raise ContractBroken(f"{len(done.not_taken)} orders could not be stored: {', '.join(done.not_taken[:3])}")
        first_answer = done.server_time
        if first_answer is not None and not self._is_cancelled():
            # Not beyond our own clock: one answer with a wrong Date would leave a gap for ever.
            now = self._store.clock.now()
            reached = min(first_answer, now) - timedelta(seconds=capabilities.safety_lag_s)
            offset_ms = int((first_answer - started).total_seconds() * 1000)
            self._store.write(lambda uow: _finish(uow, shop.id, reached, offset_ms), urgency=Urgency.LANE)
        return done

    def refresh(self, shop: ShopRecord, channel: Channel, order_no: str) -> bool:
        """Ask for the newest state of one order, when its parcel opens; False where the shop does not know it.

        Raises:
            ChannelError: the shop did not answer as it should; nothing was stored.
        """
        order = channel.get_order(order_no)
        if order is not None:
            self._store.write(lambda uow: self._take_word(uow, shop, order), urgency=Urgency.LANE)
        return order is not None

    def _take_word(self, uow: UnitOfWork, shop: ShopRecord, order: ChannelOrder) -> None:
        take_page(uow, shop.facts, [order], self._digest, self._carrier_code)
        # Also where nothing is new in it: the page shows how old our knowledge is.
        uow.changed("orders")

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
            if cursor is None:
                return
            if cursor in seen:
                # The window is not whole, so the cursor must not move.
                raise ContractBroken("the shop's pages lead in a circle")
            seen.add(cursor)

    def _store_page(self, shop: ShopRecord, done: Pull, page: OrderPage) -> None:
        if not page.orders:
            return
        done.pages += 1
        for part in slices(self._store, page.orders):
            try:
                self._take(shop, done, part)
            except DomainError:
                raise
            except Exception:  # noqa: BLE001 - one order that we cannot store must not keep all others out
                _log.exception("shop %s: a page cannot be stored, its orders are tried one by one", shop.id)
                self._take_singly(shop, done, part)

    def _take_singly(self, shop: ShopRecord, done: Pull, orders: Sequence[ChannelOrder]) -> None:
        for order in orders:
            try:
                self._take(shop, done, [order])
            except DomainError:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                done.not_taken.append(f"{order.order_no}: {type(error).__name__}")

    def _take(self, shop: ShopRecord, done: Pull, orders: Sequence[ChannelOrder]) -> None:
        result = self._store.write(
            lambda uow: take_page(uow, shop.facts, orders, self._digest, self._carrier_code), urgency=Urgency.LANE
        )
        done.new_count += result.new_count
        done.updated_count += result.updated_count
        done.released_count += result.released_count


def _cursor(connection: Connection, shop_id: int) -> datetime | None:
    query = select(Cursor.until_at).where(Cursor.shop_id == shop_id, Cursor.feed == _CHANGED)
    return connection.execute(query).scalar_one_or_none()


def _finish(uow: UnitOfWork, shop_id: int, reached: datetime, offset_ms: int) -> None:
    here = (Cursor.shop_id == shop_id, Cursor.feed == _CHANGED)
    moved = uow.count(update(Cursor).where(*here).values(until_at=reached))
    if not moved:
        uow.insert_many(Cursor, [{"shop_id": shop_id, "feed": _CHANGED, "until_at": reached}])
    note_good_pull(uow, shop_id, offset_ms)
