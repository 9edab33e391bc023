"""When the stock is planned: soon after something changed, and all of it once in a while; by one desk at a time."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Final

from core.channels.contract import Channel
from core.db import leases
from core.db.unit_of_work import Changes, Store, Urgency
from core.runtime.errors import DomainError
from core.sync.shops import ShopRecord
from core.sync.stock_log import forget_looks
from core.sync.stock_plan import StockPlanner

_log = logging.getLogger(__name__)

#: how often every SKU is planned anew, which also finds what other desks changed
_ALL_S: Final = 60.0
#: how soon what changed is planned: many changes make one round
_SOON_S: Final = 2.0
_LEASE_S: Final = 300.0
#: how often old looks at numbers are forgotten
_FORGET_S: Final = 3600.0
#: a changed shop may have new orders, which settle numbers
_TABLES: Final = ("stock_level", "quota", "sku_plan", "shop", "sale_pause")


class StockLane:
    """The body of the lane that plans."""

    def __init__(
        self,
        store: Store,
        open_channel: Callable[[ShopRecord], Channel],
        holder: str,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._holder = holder
        self._planner = StockPlanner(store, open_channel, is_cancelled)
        self._lock = threading.Lock()
        self._touched: defaultdict[str, set[int]] = defaultdict(set)
        self._is_cancelled = is_cancelled
        self._planned_s: float | None = None
        self._forgot_s: float | None = None

    def note(self, changes: Changes) -> None:
        """A commit of this program; only remembered, because whoever wrote must not wait for it."""
        if changes.touches(*_TABLES):
            with self._lock:
                for table in _TABLES:
                    if table in changes.tables:
                        self._touched[table] |= changes.tables[table]

    def work(self) -> float:
        """Plan what is due; gives the seconds until the next look."""
        try:
            self.plan()
        except DomainError as error:
            _log.info("the stock could not be planned: %s", error)
        return _SOON_S

    def plan(self) -> None:
        """Plan what changed since the last time, or everything when it is time, unless another desk does."""
        now = self._store.clock.monotonic()
        is_time = self._planned_s is None or now - self._planned_s >= _ALL_S
        if not (is_time or self._touched):
            return
        fence = self._store.write(lambda uow: leases.take(uow, "stock", self._holder, _LEASE_S), urgency=Urgency.LANE)
        if fence is None:
            return  # another desk plans; what this one has changed stays noted until it is our turn
        touched = self._take()
        try:
            # A sale that is stopped, or goes on, may be that of every SKU.
            is_time = is_time or "sale_pause" in touched
            changed = Changes({table: frozenset(ids) for table, ids in touched.items()})
            self._planner.run(None if is_time else self._planner.touched(changed))
            if is_time:
                self._planned_s = now
            if self._forgot_s is None or now - self._forgot_s >= _FORGET_S:
                self._forgot_s = now
                self._forget()
        finally:
            self._store.write(lambda uow: leases.release(uow, "stock", fence), urgency=Urgency.LANE)

    def _forget(self) -> None:
        while not self._is_cancelled():
            if not self._store.write(forget_looks, urgency=Urgency.BULK):
                return

    def _take(self) -> Mapping[str, set[int]]:
        with self._lock:
            touched, self._touched = self._touched, defaultdict(set)
        return touched
