"""Reading a shop's after-sale cases: as its orders are pulled, with a cursor of their own.

A refund that was asked for stops its order by the order's own newest copy, which is asked for when a case changed:
there is one way by which orders change, and it is not this one.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from core.aftersale.service import forget_unasked, mark_asked, orders_to_ask, take_cases
from core.channels.aftersale_contract import AfterSaleChannel, AfterSalePage, ChannelAfterSale
from core.channels.contract import Channel
from core.db.leases import Freely, LeaseLost
from core.db.unit_of_work import Store, UnitOfWork, shared_now
from core.runtime.errors import DomainError
from core.runtime.remote_errors import ChannelError, ContractBroken, Rejected
from core.sync import cursors
from core.sync.cursors import CASES
from core.sync.pulling import FIRST_WINDOW
from core.sync.shops import ShopRecord

_log = logging.getLogger(__name__)

#: after days offline there may be hundreds of windows: so long the shop's orders wait for its cases, in seconds
_PATIENCE_S = 20.0


@dataclass
class CasesRead:
    """What one reading of a shop's cases did; `hold` is how it writes."""

    hold: Freely = field(repr=False)
    new_count: int = 0
    changed_count: int = 0
    asked_count: int = 0
    #: cases that could not be read, understood or stored; the window is read again until they can
    not_taken: list[str] = field(default_factory=list)


class CaseReader:
    """Reads one shop's cases into the store."""

    def __init__(
        self,
        store: Store,
        ask_order: Callable[[ShopRecord, Channel, str], bool],
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """`ask_order` stores the newest word on one order, as `core.sync.pulling.Puller.refresh`."""
        self._store = store
        self._ask_order = ask_order
        self._is_cancelled = is_cancelled

    def read(self, shop: ShopRecord, channel: Channel, hold: Freely | None = None) -> CasesRead | None:
        """One round: cases changed since the last whole window, then the orders that they change.

        None where the channel tells no cases apart from its orders. `hold` is the lease by which this desk pulls the
        shop, None where there is no other desk.

        Raises:
            ChannelError: the shop did not answer as it should; what was stored stays, the cursor does not move, and
                it is noted since when this is so.
            LeaseLost: another desk pulls this shop now, its cases too.
        """
        if not (channel.capabilities.tells_after_sales and isinstance(channel, AfterSaleChannel)):
            return None
        done = CasesRead(hold or Freely(self._store))
        try:
            self._read(shop, channel, channel, done)
            self._ask(shop, channel, done)
        except LeaseLost:
            raise
        except (ChannelError, DomainError) as error:
            bad, begins_at = error, self._shared_now() - FIRST_WINDOW
            done.hold.write(lambda uow: cursors.note_unread(uow, shop.id, CASES, bad, begins_at))
            raise
        if self._store.read(lambda connection: cursors.is_failing(connection, shop.id, CASES)):
            done.hold.write(lambda uow: cursors.note_read(uow, shop.id, CASES))
        return done

    def _read(self, shop: ShopRecord, channel: Channel, teller: AfterSaleChannel, done: CasesRead) -> None:
        overlap = timedelta(seconds=channel.capabilities.overlap_s)
        until = self._store.read(lambda connection: cursors.reached_until(connection, shop.id, CASES))
        # Our own clock may be days ahead of the shop's.
        since = min(self._shared_now(), channel.check()) - FIRST_WINDOW if until is None else until - overlap
        first: AfterSalePage | None = None
        whole_until = None
        cursor: str | None = None
        seen: set[str] = set()
        began_s = self._store.clock.monotonic()
        while not self._is_cancelled():
            page = teller.pull_after_sales(since, cursor)
            done.hold.keep()
            # The window reaches to the first answer: what changes while we page is the next window's.
            first = first or page
            self._store_page(shop, page.cases, done)
            done.not_taken += [f"{one.no}: {type(one.error).__name__} {one.error.code}" for one in page.unread]
            whole_until = page.whole_until or whole_until
            if page.whole_until is not None and page.next_cursor is not None and not done.not_taken:
                # After days offline a cut costs one window.
                reached = min(page.whole_until, self._shared_now())
                done.hold.write(partial(_move, shop.id, reached))
                is_further = reached - overlap > since
                if is_further and self._store.clock.monotonic() - began_s > _PATIENCE_S:
                    # The orders' turn: the next round begins later than this one did.
                    return
            cursor = page.next_cursor
            if cursor is None:
                break
            if cursor in seen:
                raise ContractBroken("the shop's pages of after-sale cases lead in a circle")
            seen.add(cursor)
        if done.not_taken:
            raise ContractBroken(f"{len(done.not_taken)} cases were not taken in: {', '.join(done.not_taken[:3])}")
        if first is None or self._is_cancelled():
            return
        heard = first.server_time - timedelta(seconds=channel.capabilities.safety_lag_s)
        # Not beyond our own clock: one answer with a wrong Date would leave a gap for ever.
        last = min(whole_until or heard, self._shared_now())
        done.hold.write(lambda uow: cursors.move(uow, shop.id, CASES, last))

    def _store_page(self, shop: ShopRecord, cases: Sequence[ChannelAfterSale], done: CasesRead) -> None:
        if not cases:
            return
        try:
            self._take(shop, cases, done)
        except DomainError:
            raise
        except Exception:  # noqa: BLE001 - one case that we cannot store must not keep all others out
            _log.exception("shop %s: a page of cases cannot be stored, they are tried one by one", shop.id)
            for case in cases:
                try:
                    self._take(shop, [case], done)
                except DomainError:
                    raise
                except Exception as error:  # noqa: BLE001 - as above
                    done.not_taken.append(f"{case.case_no}: {type(error).__name__}")

    def _take(self, shop: ShopRecord, cases: Sequence[ChannelAfterSale], done: CasesRead) -> None:
        taken = done.hold.write(lambda uow: take_cases(uow, shop.id, cases))
        done.new_count += taken.new_count
        done.changed_count += taken.changed_count

    def _ask(self, shop: ShopRecord, channel: Channel, done: CasesRead) -> None:
        bad: ChannelError | None = None
        # Elsewhere the changed orders tell it by themselves.
        with_left = channel.capabilities.needs_state_poll
        for order in self._store.read(lambda connection: orders_to_ask(connection, shop.id, with_left=with_left)):
            if self._is_cancelled():
                return
            try:
                self._ask_order(shop, channel, order.order_no)
            except (Rejected, ContractBroken) as error:
                # The others may well be told.
                bad = error
                continue
            done.hold.write(partial(_asked, order.case_ids))
            done.asked_count += 1
        if done.new_count or done.changed_count or done.asked_count:
            done.hold.write(lambda uow: forget_unasked(uow, shop.id, with_left=with_left))
        if bad is not None:
            raise bad

    def _shared_now(self) -> datetime:
        return self._store.read(lambda connection: shared_now(connection, self._store.clock))


def _move(shop_id: int, reached: datetime, uow: UnitOfWork) -> None:
    cursors.move(uow, shop_id, CASES, reached)


def _asked(case_ids: Sequence[int], uow: UnitOfWork) -> None:
    mark_asked(uow, case_ids)
