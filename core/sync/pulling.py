"""Pulling a shop's orders: overlapping windows, stored page by page, the cursor moved only after the whole window.

Losing the connection, the process or the clock at any point costs a repeat, never an order: pages are idempotent and
the window starts again from the last finished one.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from core.channels.contract import UNKNOWN_ORDER, Channel, ChannelOrder, OrderPage
from core.customers.service import Digest
from core.db.leases import Freely
from core.db.unit_of_work import Store, UnitOfWork, Urgency, shared_now
from core.fulfilment.taking import slices, take_page
from core.runtime.errors import DomainError
from core.runtime.remote_errors import AuthExpired, ChannelError, ContractBroken, RateLimited, Rejected
from core.sync import gone, open_rounds, unread
from core.sync.cursors import CHANGED, move, reached_until
from core.sync.cut_short import CutShort, Reading
from core.sync.shop_views import NOT_STORED
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
    #: the shop's clock with its first answer
    server_time: datetime | None = None
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
        self._cut = CutShort()

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
        # The time all desks share: what is kept of the shop's clock is read by other desks too.
        started = self._shared_now()
        reached = self._read_changed(shop, channel, started, done)
        capabilities = channel.capabilities
        if capabilities.needs_state_poll or capabilities.deletes_orders:
            if all_open or self._store.read(lambda connection: open_rounds.is_due(connection, shop.id, started)):
                if reached is not None:
                    # It is known, whatever comes of the open ones.
                    done.hold.write(partial(_move, shop.id, reached))
                self._read_open(shop, channel, started, done)
            elif capabilities.needs_state_poll:
                self._ask_pressing(shop, channel, started, done.hold)
        first_answer = done.server_time
        if first_answer is not None and reached is not None and not self._is_cancelled():
            offset_ms = int((first_answer - started).total_seconds() * 1000)
            calls, until = done.open_calls, reached
            done.hold.write(lambda uow: _finish(uow, shop.id, until, offset_ms, calls))
        # Afterwards: a ban that it meets is no reason to read all the others again.
        self._ask_unread(shop, channel, done.hold)
        return done

    def _read_changed(self, shop: ShopRecord, channel: Channel, started: datetime, done: Pull) -> datetime | None:
        """Read what changed; gives up to when all of it is known now, None where the reading was cancelled."""
        reading = self._begun(shop, channel, started)
        since, whole_until = reading.since, None
        for page in self._pages(
            shop, channel, CHANGED, reading, done, lambda cursor: channel.pull_orders(since, cursor)
        ):
            self._store_page(shop, done, page)
            whole_until = page.whole_until or whole_until
            if page.whole_until is not None and page.next_cursor is not None:
                # A channel with windows of its own: after days offline a cut costs one window.
                reached = min(page.whole_until, self._shared_now())
                done.hold.write(partial(_move, shop.id, reached))
                reading.known_until = self._store.read(lambda connection: reached_until(connection, shop.id, CHANGED))
        if self._is_cancelled() or reading.first_answer is None:
            return None
        # The window reaches to the first answer: what changes while we page is the next window's.
        heard = reading.first_answer - timedelta(seconds=channel.capabilities.safety_lag_s)
        # Not beyond our own clock: one answer with a wrong Date would leave a gap for ever. A channel that cuts time
        # into windows knows best how far its own reach.
        return min(whole_until or heard, self._shared_now())

    def _begun(self, shop: ShopRecord, channel: Channel, started: datetime) -> Reading:
        """The reading that was cut short, or a new one from the watermark on."""
        until = self._store.read(lambda connection: reached_until(connection, shop.id, CHANGED))
        cut = self._cut.take(shop.id, CHANGED, until, started)
        if cut is not None:
            return cut
        if until is None:
            # Our own clock may be days ahead of the shop's.
            return Reading(started, min(started, channel.check()) - FIRST_WINDOW)
        return Reading(started, until - timedelta(seconds=channel.capabilities.overlap_s), until)

    def _read_open(self, shop: ShopRecord, channel: Channel, started: datetime, done: Pull) -> None:
        """Read all open orders. By state and not by time: how far it reached says nothing of the changed ones."""
        reading = self._cut.take(shop.id, open_rounds.OPEN, None, started) or Reading(started, started)
        for page in self._pages(shop, channel, open_rounds.OPEN, reading, done, channel.open_orders):
            self._store_page(shop, done, page)
        done.open_calls = reading.calls
        if channel.capabilities.deletes_orders:
            self._ask_unnamed(shop, channel, reading.begun_at, done.hold)

    def _ask_pressing(self, shop: ShopRecord, channel: Channel, now: datetime, hold: Freely) -> None:
        untold = {no for shop_id, no in self._untold if shop_id == shop.id}
        wanted = self._store.read(lambda connection: open_rounds.pressing(connection, shop.id, now, untold))
        for order_no in wanted:
            if self._is_cancelled():
                return
            hold.keep()
            try:
                is_told = self.refresh(shop, channel, order_no)
            except (Rejected, ContractBroken) as error:
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
            except (Rejected, ContractBroken) as error:
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
        unread.forget(uow, shop.id, order.order_no)
        # Also where nothing is new in it: the page shows how old our knowledge is.
        uow.changed("orders")

    def _pages(
        self,
        shop: ShopRecord,
        channel: Channel,
        feed: str,
        reading: Reading,
        done: Pull,
        ask: Callable[[str | None], OrderPage],
    ) -> Iterator[OrderPage]:
        """The pages of a reading, each handed out to be stored before the next one is asked for."""
        seen: set[str] = set()
        while not self._is_cancelled():
            try:
                page = ask(reading.cursor)
            except ChannelError:
                if channel.capabilities.resumes:
                    self._cut.keep(shop.id, feed, reading)
                raise
            done.hold.keep()
            done.server_time = done.server_time or page.server_time
            reading.first_answer = reading.first_answer or page.server_time
            reading.calls += 1
            yield page
            if page.next_cursor is None:
                return
            if page.next_cursor in seen:
                # The window is not whole, so the cursor must not move.
                raise ContractBroken("the shop's pages lead in a circle")
            seen.add(page.next_cursor)
            reading.cursor, reading.failures = page.next_cursor, 0

    def _store_page(self, shop: ShopRecord, done: Pull, page: OrderPage) -> None:
        if page.unread:
            self._note_unread(shop, done, {one.no: one.error for one in page.unread})
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
                self._note_unread(shop, done, {order.order_no: _not_stored(error)})

    def _take(self, shop: ShopRecord, done: Pull, orders: Sequence[ChannelOrder]) -> None:
        result = done.hold.write(lambda uow: take_page(uow, shop.facts, orders, self._digest, self._carrier_code))
        done.new_count += result.new_count
        done.updated_count += result.updated_count
        done.released_count += result.released_count

    # --- orders that could not be taken in --------------------------------------------------------------------------

    def _note_unread(self, shop: ShopRecord, done: Pull, errors: Mapping[str, Exception]) -> None:
        done.hold.write(lambda uow: unread.note(uow, shop.id, errors))

    def _ask_unread(self, shop: ShopRecord, channel: Channel, hold: Freely) -> None:
        """Ask for some of those that could not be taken in, each by itself.

        Raises:
            AuthExpired, RateLimited: what holds for one holds for all.
        """
        taken, left = self._store.read(
            lambda connection: (unread.came(connection, shop.id), unread.unread(connection, shop.id))
        )
        if taken:
            hold.write(lambda uow: unread.forget(uow, shop.id, *taken))
        if not left:
            return
        now = self._shared_now()
        for one in [one for one in left if one.due_at <= now and one.order_no not in taken][: unread.AT_ONCE]:
            if self._is_cancelled():
                return
            hold.keep()
            self._ask_unread_one(shop, channel, one, hold)

    def _ask_unread_one(self, shop: ShopRecord, channel: Channel, one: unread.Unread, hold: Freely) -> None:
        try:
            is_over = self.refresh(shop, channel, one.order_no) or unread.is_over(one, self._shared_now())
            error: Exception = Rejected("the shop lists it and does not know it", code=UNKNOWN_ORDER)
        except (AuthExpired, RateLimited):
            raise
        except ChannelError as said:
            is_over, error = False, said
        except DomainError:
            raise
        except Exception as defect:  # noqa: BLE001 - as above
            _log.exception("shop %s: an order cannot be stored", shop.id)
            is_over, error = False, _not_stored(defect)
        if is_over:
            hold.write(lambda uow: unread.forget(uow, shop.id, one.order_no))
        else:
            hold.write(lambda uow: unread.note(uow, shop.id, {one.order_no: error}))


def _not_stored(error: Exception) -> ContractBroken:
    # Its own words may be about people.
    return ContractBroken(f"it cannot be stored: {type(error).__name__}", code=NOT_STORED)


def _move(shop_id: int, reached: datetime, uow: UnitOfWork) -> None:
    move(uow, shop_id, CHANGED, reached)


def _finish(uow: UnitOfWork, shop_id: int, reached: datetime, offset_ms: int, open_calls: int) -> None:
    move(uow, shop_id, CHANGED, reached)
    if open_calls:
        open_rounds.note_read(uow, shop_id, open_calls, uow.now)
    note_good_pull(uow, shop_id, offset_ms)
