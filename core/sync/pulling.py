"""Pulling a shop's orders: overlapping windows, stored page by page, the cursor moved only after the whole window.

Losing the connection, the process or the clock at any point costs a repeat, never an order: pages are idempotent and
the window starts again from the last finished one.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.channels.contract import Channel, ChannelOrder, OrderPage
from core.customers.service import Digest
from core.db.leases import Freely
from core.db.unit_of_work import Store, UnitOfWork, Urgency, shared_now
from core.fulfilment.taking import slices, take_page
from core.runtime.errors import DomainError
from core.runtime.remote_errors import ContractBroken, Rejected
from core.sync import gone, open_rounds
from core.sync.cursors import CHANGED, move, reached_until
from core.sync.shops import ShopRecord, note_good_pull

_log = logging.getLogger(__name__)

#: how far back the first pull of a new shop reads
FIRST_WINDOW = timedelta(days=7)


@dataclass
class Pull:
    """What one pull of a shop did; `hold` is how it writes."""

    hold: Freely = field(repr=False)
    new_count: int = 0
    updated_count: int = 0
    released_count: int = 0
    pages: int = 0
    server_time: datetime | None = None
    #: up to when the channel says that it has given everything
    whole_until: datetime | None = None
    #: orders that could not be stored: our defect; the window is read again until they can
    not_taken: list[str] = field(default_factory=list)
    #: calls in which all open orders were read; 0 where they were not
    open_calls: int = 0


class Puller:
    """Pulls one shop through its channel into the store."""

    def __init__(
        self, store: Store, digest: Digest, carrier_code: str, is_cancelled: Callable[[], bool] = lambda: False
    ) -> None:
        self._store = store
        self._digest = digest
        self._carrier_code = carrier_code
        self._is_cancelled = is_cancelled
        #: (shop, order) of which the shop says nothing when it is asked for that one alone
        self._untold: set[tuple[int, str]] = set()

    def pull(self, shop: ShopRecord, channel: Channel, done: Pull | None = None, *, all_open: bool = True) -> Pull:
        """One round: changed orders since the last finished window, then open orders where the channel needs it.

        Args:
            shop: whose orders.
            channel: the way to it.
            done: filled as it goes, for those who want to know how far a round came that was cut short, and with the
                lease by which this desk pulls the shop; None where there is no other desk.
            all_open: False leaves it to `core.sync.open_rounds` how many of the open ones are read this time.

        Raises:
            ChannelError: the shop did not answer as it should; what was stored stays, the cursor does not move.
            LeaseLost: another desk pulls this shop now; it goes on from the same cursor.
        """
        done = Pull(Freely(self._store)) if done is None else done
        capabilities = channel.capabilities
        until = self._store.read(lambda connection: reached_until(connection, shop.id, CHANGED))
        # The time all desks share: what is kept of the shop's clock is read by other desks too.
        started = self._shared_now()
        if until is None:
            # Our own clock may be days ahead of the shop's.
            since = min(started, channel.check()) - FIRST_WINDOW
        else:
            since = until - timedelta(seconds=capabilities.overlap_s)
        self._drain(shop, done, lambda cursor: channel.pull_orders(since, cursor))
        if capabilities.needs_state_poll or capabilities.deletes_orders:
            if all_open or self._store.read(lambda connection: open_rounds.is_due(connection, shop.id, started)):
                # Read by state and not by time: how far it reached says nothing of the changed ones.
                done.open_calls = self._drain(
                    shop, done, lambda cursor: replace(channel.open_orders(cursor), whole_until=None)
                )
                if capabilities.deletes_orders:
                    self._ask_unnamed(shop, channel, started, done.hold)
            elif capabilities.needs_state_poll:
                self._ask_pressing(shop, channel, started, done.hold)
        if done.not_taken:
            raise ContractBroken(f"{len(done.not_taken)} orders could not be stored: {', '.join(done.not_taken[:3])}")
        first_answer = done.server_time
        if first_answer is not None and not self._is_cancelled():
            # Not beyond our own clock: one answer with a wrong Date would leave a gap for ever.
            now = self._shared_now()
            # A channel that cuts time into windows knows best how far its own reach.
            heard = first_answer - timedelta(seconds=capabilities.safety_lag_s)
            reached = min(done.whole_until or heard, now)
            offset_ms = int((first_answer - started).total_seconds() * 1000)
            calls = done.open_calls
            done.hold.write(lambda uow: _finish(uow, shop.id, reached, offset_ms, calls))
        return done

    def _ask_pressing(self, shop: ShopRecord, channel: Channel, now: datetime, hold: Freely) -> None:
        untold = {no for shop_id, no in self._untold if shop_id == shop.id}
        wanted = self._store.read(lambda connection: open_rounds.pressing(connection, shop.id, now, untold))
        for order_no in wanted:
            if self._is_cancelled():
                return
            hold.keep()
            try:
                is_told = self.refresh(shop, channel, order_no)
            except Rejected as error:
                _log.info("shop %s, an order that presses: %s", shop.id, error)
                is_told = False
            if not is_told:
                # Asked for again and again it would stand in the way of the others.
                self._untold.add((shop.id, order_no))

    def _ask_unnamed(self, shop: ShopRecord, channel: Channel, since: datetime, hold: Freely) -> None:
        """Of our open orders that no reading named: whether the shop knows them at all."""
        for order_no in self._store.read(lambda connection: gone.unnamed(connection, shop.id, since)):
            if self._is_cancelled():
                return
            hold.keep()
            try:
                self.refresh(shop, channel, order_no)
            except Rejected as error:
                _log.info("shop %s, an order it did not list: %s", shop.id, error)

    def _shared_now(self) -> datetime:
        return self._store.read(lambda connection: shared_now(connection, self._store.clock))

    def refresh(self, shop: ShopRecord, channel: Channel, order_no: str) -> bool:
        """Ask for the newest state of one order, when its parcel opens; False where the shop does not know it.

        Where shops delete orders, one that it does not know is held.

        Raises:
            ChannelError: the shop did not answer as it should; nothing was stored.
        """
        order = channel.get_order(order_no)
        if order is not None:
            self._store.write(lambda uow: self._take_word(uow, shop, order), urgency=Urgency.LANE)
        elif channel.capabilities.deletes_orders:
            self._store.write(lambda uow: gone.hold(uow, shop.id, order_no), urgency=Urgency.LANE)
        return order is not None

    def _take_word(self, uow: UnitOfWork, shop: ShopRecord, order: ChannelOrder) -> None:
        take_page(uow, shop.facts, [order], self._digest, self._carrier_code)
        # Also where nothing is new in it: the page shows how old our knowledge is.
        uow.changed("orders")

    def _drain(self, shop: ShopRecord, done: Pull, ask: Callable[[str | None], OrderPage]) -> int:
        """Read and store all pages; gives how many calls it took."""
        cursor: str | None = None
        seen: set[str] = set()
        calls = 0
        while not self._is_cancelled():
            page = ask(cursor)
            done.hold.keep()
            calls += 1
            if done.server_time is None:
                # The window reaches to the first answer: what changes while we page is the next window's.
                done.server_time = page.server_time
            self._store_page(shop, done, page)
            cursor = page.next_cursor
            self._note_whole(shop, done, page)
            if cursor is None:
                return calls
            if cursor in seen:
                # The window is not whole, so the cursor must not move.
                raise ContractBroken("the shop's pages lead in a circle")
            seen.add(cursor)
        return calls

    def _note_whole(self, shop: ShopRecord, done: Pull, page: OrderPage) -> None:
        """Keep how far a channel with windows of its own has come: after days offline a cut costs one window."""
        if page.whole_until is None or done.not_taken:
            return
        done.whole_until = page.whole_until
        if page.next_cursor is not None:
            reached = min(page.whole_until, self._shared_now())
            done.hold.write(lambda uow: move(uow, shop.id, CHANGED, reached))

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
        result = done.hold.write(lambda uow: take_page(uow, shop.facts, orders, self._digest, self._carrier_code))
        done.new_count += result.new_count
        done.updated_count += result.updated_count
        done.released_count += result.released_count


def _finish(uow: UnitOfWork, shop_id: int, reached: datetime, offset_ms: int, open_calls: int) -> None:
    move(uow, shop_id, CHANGED, reached)
    if open_calls:
        open_rounds.note_read(uow, shop_id, open_calls, uow.now)
    note_good_pull(uow, shop_id, offset_ms)
