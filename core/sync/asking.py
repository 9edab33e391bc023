"""Asking shops for the newest word on single orders, behind the desk: when a parcel opens, and for a wave (P4).

A scan is never in the way of this and does not wait for it; only the outbound scan may wait a moment where the
knowledge is too old. A shop that did not answer is not waited for until it has answered again, so that a dead line
costs the desk nothing (P10).
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, bindparam, not_, select

from core.channels.by_hand import UNCALLED
from core.channels.models import Shop
from core.customers.models import ConsigneeRow
from core.db.unit_of_work import Store
from core.fulfilment.models import Parcel, ParcelLine
from core.orders.models import Order
from core.orders.states import OPEN_STATES
from core.runtime.errors import DomainError, Unavailable
from core.runtime.remote_errors import ChannelError, RateLimited, Rejected

_log = logging.getLogger(__name__)

#: an order that was heard of so lately is not asked for again
FRESH = timedelta(seconds=5)
#: how long the outbound scan waits for a shop
ANSWER_S = 3.0
_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 60.0
_IDLE_S = 3600.0

# Made once: a scan that opens a parcel waits for the first.
_BUYERS = (
    select(Order.shop_id, Order.customer_id)
    .join(ParcelLine, ParcelLine.order_id == Order.id)
    .join(ConsigneeRow, ConsigneeRow.id == Order.consignee_id)
    .where(ConsigneeRow.is_masked)
    .distinct()
)
_BUYERS_OF_PARCEL = _BUYERS.where(ParcelLine.parcel_id == bindparam("id"))
_BUYERS_OF_WAVE = _BUYERS.where(ParcelLine.parcel_id.in_(select(Parcel.id).where(Parcel.wave_id == bindparam("id"))))

#: asks a shop (id) which receivers of these customers (ids) are the same, and stores what it says; raises nothing
AskReceivers = Callable[[int, Collection[int]], object]

#: asks a shop (id) for one order (number) and stores what it says; raises `ChannelError` or `DomainError`
AskOne = Callable[[int, str], None]


@dataclass(slots=True)
class _Line:
    """What one shop is still to be asked: order id -> number. The desk's own parcel goes before a wave."""

    first: dict[int, str] = field(default_factory=dict)
    later: dict[int, str] = field(default_factory=dict)
    #: buyers with masked receivers, of whom it may say which are the same
    buyers: set[int] = field(default_factory=set)
    #: being asked at this moment
    current: int | None = None
    #: it did not answer when it was last asked
    is_silent: bool = False
    pause_s: float = _FIRST_PAUSE_S

    def holds(self, order_id: int) -> bool:
        return order_id == self.current or order_id in self.first or order_id in self.later

    def put(self, order_id: int, order_no: str, *, is_first: bool) -> None:
        if order_id == self.current:
            return
        if is_first:
            self.later.pop(order_id, None)
            self.first[order_id] = order_no
        elif order_id not in self.first:
            self.later[order_id] = order_no

    def take_buyers(self) -> set[int]:
        taken, self.buyers = self.buyers, set()
        return taken

    def take(self) -> tuple[int, str] | None:
        for waiting in (self.first, self.later):
            for order_id in waiting:
                self.current = order_id
                return order_id, waiting.pop(order_id)
        return None


class Asking:
    """Keeps what is to be asked, each order once; `work` is the body of one lane per shop."""

    def __init__(
        self,
        store: Store,
        ask: AskOne,
        wake: Callable[[int], None],
        is_cancelled: Callable[[], bool] = lambda: False,
        answer_s: float = ANSWER_S,
        ask_receivers: AskReceivers = lambda _shop_id, _customer_ids: None,
    ) -> None:
        """Make it; nothing is asked before a shop is served.

        Args:
            store: the records.
            ask: asks one shop for one order and stores the answer.
            wake: tells the lane of a shop that there is work.
            is_cancelled: whether the program ends.
            answer_s: how long `ask_now` waits at most.
            ask_receivers: asks one shop which receivers are the same and stores the answer.
        """
        self._store = store
        self._ask = ask
        self._wake = wake
        self._is_cancelled = is_cancelled
        self._answer_s = answer_s
        self._ask_receivers = ask_receivers
        self._lines: dict[int, _Line] = {}
        self._moved = threading.Condition()

    def serve(self, shop_id: int) -> None:
        """This shop has a lane that calls `work`; others cannot be asked and are not waited for."""
        with self._moved:
            self._lines.setdefault(shop_id, _Line())

    def parcel_opened(self, parcel_id: int) -> None:
        """Ask for the orders of this parcel next, unless they were heard of a moment ago."""
        self._want(ParcelLine.parcel_id == parcel_id, is_first=True)
        self._want_receivers(_BUYERS_OF_PARCEL, parcel_id)

    def wave_started(self, wave_id: int) -> None:
        """Ask for every order of the wave when nothing more urgent is to be asked."""
        inside = select(Parcel.id).where(Parcel.wave_id == wave_id)
        self._want(ParcelLine.parcel_id.in_(inside), is_first=False)
        self._want_receivers(_BUYERS_OF_WAVE, wave_id)

    def ask_now(self, parcel_id: int) -> None:
        """Ask for the orders of this parcel and wait until they are answered, as long as a clerk can wait.

        Returns at once where a shop has no lane or did not answer the last time; it is asked again all the same.
        """
        wanted = self._want(ParcelLine.parcel_id == parcel_id, is_first=True)
        with self._moved:
            lines = [(self._lines.get(shop_id), order_id) for shop_id, order_id in wanted]

            def is_over() -> bool:
                return any(line is None or line.is_silent for line, _ in lines) or not any(
                    line.holds(order_id) for line, order_id in lines if line is not None
                )

            if not self._moved.wait_for(is_over, self._answer_s):
                for line, order_id in lines:
                    if line is not None and line.holds(order_id):
                        line.is_silent = True

    def work(self, shop_id: int) -> float:
        """Ask what is to be asked of one shop; gives the seconds until the next try."""
        line = self._lines[shop_id]
        while not self._is_cancelled():
            with self._moved:
                wanted = line.take()
                buyers = line.take_buyers() if wanted is None else set()
            if buyers:
                self._about_receivers(shop_id, buyers)
            elif wanted is None:
                return _IDLE_S
            if wanted is None:
                continue
            pause_s = self._ask_for(shop_id, line, *wanted)
            if pause_s is not None:
                return pause_s
        return _IDLE_S

    def _ask_for(self, shop_id: int, line: _Line, order_id: int, order_no: str) -> float | None:
        """Ask for one order; the pause the shop needs, None where it answered."""
        is_silent, comes_again, pause_s = line.is_silent, False, None
        try:
            if self._due(Order.id == order_id):
                self._ask(shop_id, order_no)
                is_silent, line.pause_s = False, _FIRST_PAUSE_S
        except (ChannelError, Unavailable) as error:
            _log.info("shop %s, order %s: %s", shop_id, order_id, error)
            if not isinstance(error, Rejected):
                is_silent, comes_again, pause_s = True, True, line.pause_s
                if isinstance(error, RateLimited):
                    pause_s = max(pause_s, error.retry_after_s)
                line.pause_s = min(line.pause_s * 2, _LONGEST_PAUSE_S)
        except DomainError as error:
            _log.info("shop %s, order %s: %s", shop_id, order_id, error)
        except Exception:  # noqa: BLE001 - one order that we cannot store must not keep the others from being asked
            _log.exception("shop %s, order %s: the answer cannot be stored", shop_id, order_id)
        finally:
            with self._moved:
                line.current, line.is_silent = None, is_silent
                if comes_again:
                    line.first[order_id] = order_no
                self._moved.notify_all()
        return pause_s

    def _about_receivers(self, shop_id: int, customer_ids: Collection[int]) -> None:
        try:
            self._ask_receivers(shop_id, customer_ids)
        except Unavailable as error:
            _log.info("shop %s, which receivers are the same: %s", shop_id, error)
        except Exception:  # noqa: BLE001 - it must not keep orders from being asked for; unsaid means not merged
            _log.exception("shop %s, which receivers are the same: the answer cannot be stored", shop_id)

    def _want_receivers(self, query: Select[int, int], of_id: int) -> None:
        """Line up the buyers behind masked receivers: what else waits for them may be theirs or a neighbour's."""
        rows = self._store.read(lambda connection: connection.execute(query, {"id": of_id}).all())
        with self._moved:
            for shop_id, customer_id in rows:
                line = self._lines.get(shop_id)
                if line is not None:
                    line.buyers.add(customer_id)
        self._wake_all({shop_id for shop_id, _ in rows})

    def _want(self, here: ColumnElement[bool], *, is_first: bool) -> Sequence[tuple[int, int]]:
        """Line up the due orders of the parcel lines picked by a condition; gives (shop id, order id) of each."""
        inside = select(ParcelLine.order_id).where(here)
        due = self._due(Order.id.in_(inside))
        with self._moved:
            for shop_id, order_id, order_no in due:
                line = self._lines.get(shop_id)
                if line is not None:
                    line.put(order_id, order_no, is_first=is_first)
        self._wake_all({shop_id for shop_id, _, _ in due})
        return [(shop_id, order_id) for shop_id, order_id, _ in due]

    def _wake_all(self, shop_ids: Iterable[int]) -> None:
        for shop_id in shop_ids:
            if shop_id in self._lines:
                self._wake(shop_id)

    def _due(self, here: ColumnElement[bool]) -> Sequence[tuple[int, int, str]]:
        """(shop id, order id, number) of those orders that may still be sent and were not heard of just now.

        Nobody is asked for orders that were entered here or came in a file.
        """
        now = self._store.clock.now()
        # On both sides of now: a desk whose own clock is wrong asks too often rather than never.
        just_now = Order.seen_at.between(now - FRESH, now + FRESH)
        query = select(Order.shop_id, Order.id, Order.order_no).join(Shop, Shop.id == Order.shop_id)
        query = query.where(
            here,
            Shop.channel.not_in(UNCALLED),
            not_(just_now),
            Order.fulfilment.in_([state.value for state in OPEN_STATES]),
        )
        rows = self._store.read(lambda connection: connection.execute(query.order_by(Order.id)).all())
        return [(shop_id, order_id, order_no) for shop_id, order_id, order_no in rows]
