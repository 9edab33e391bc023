"""Comparing a shop's orders with ours, at night or when somebody asks: what every pull should have brought anyway.

The platform lists its orders of the last days anew, whatever the cursor says. What is missing here is taken in by the
usual intake, what differs is brought to the platform's newest word, and the report says what was found. A pull that
is behind comes first: what it has still to bring is no difference.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, select

from core.channels.contract import Channel, ChannelOrder, OrderPage
from core.channels.models import Shop
from core.customers.service import Digest
from core.db import leases
from core.db.unit_of_work import Store, UnitOfWork, Urgency, shared_now
from core.fulfilment.starting import Start, start_of
from core.fulfilment.taking import take_page
from core.orders.models import Order
from core.orders.states import Fulfilment
from core.runtime.china import CHINA
from core.runtime.errors import DomainError
from core.runtime.remote_errors import ChannelError, ContractBroken, RateLimited
from core.sync import reconciliations, unread
from core.sync.comparing import differences, ours_of
from core.sync.cursors import CHANGED, reached_until
from core.sync.pulling import FIRST_WINDOW
from core.sync.reconciliations import GONE, MISSING, MOST_LINES, SETTLED, STAYS, TAKEN, UNKNOWN, ReportLine
from core.sync.shops import ShopRecord
from core.sync.troubles import Trouble, kept_text, trouble_in

_log = logging.getLogger(__name__)

#: days that are listed at night, and that somebody may ask for
NIGHTLY_DAYS: Final = 3
DAYS: Final = (1, 3, 7, 30)
#: from which hour of China's clock; later where the computer slept
FROM_HOUR: Final = 3
#: a pull that has not reached so near to now is behind
BEHIND: Final = timedelta(minutes=15)
#: open orders are read again by state within so long
OPEN_APART: Final = timedelta(minutes=20)
#: orders of ours that were not listed and are asked for one by one, at most
MOST_ASKED: Final = 60
#: calls for listing what changed, in one comparison of more than the nightly days: thirty days at a platform that
#: answers half an hour at a time are more than a thousand. What is left is listed in the nights that follow
MOST_CALLS: Final = 300
#: how soon a shop is tried again that could not be compared
AGAIN_S: Final = 900.0
_LOOK_S: Final = 60.0
_LEASE_S: Final = 120.0
_TELL_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the comparison of one shop is, as this program knows of it.

    Attributes:
        state: `waiting` its turn, `running`, `done`, `partly` (the next night goes on), `cancelled`, `failed`,
            `behind` (its pull comes first), `elsewhere` (another desk is at it), `stopped` (the program ends, or
            another desk took it over).
        trouble: why it failed.
    """

    shop_id: int
    state: str
    listed_count: int = 0
    missing_count: int = 0
    difference_count: int = 0
    trouble: Trouble | None = None


class Reconciler:
    """Compares shops, one after the other; `work` is the body of a lane."""

    def __init__(
        self,
        store: Store,
        digest: Digest,
        carrier_code: str,
        *,
        holder: str,
        shops: Callable[[], Sequence[ShopRecord]],
        open_channel: Callable[[ShopRecord], Channel],
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """Nothing is compared yet; the arguments are those of `core.sync.listing_rounds.ListingRounds`."""
        self._store = store
        self._digest = digest
        self._carrier_code = carrier_code
        self._holder = holder
        self._shops = shops
        self._open_channel = open_channel
        self._is_stopping = is_stopping
        self._lock = threading.Lock()
        self._progress: dict[int, Progress] = {}
        #: shop -> days that somebody asked for
        self._asked: dict[int, int] = {}
        self._cancelled: set[int] = set()
        #: shop -> when it may be tried again, by the monotonic clock
        self._not_before: dict[int, float] = {}

    # --- what pages ask -----------------------------------------------------------------------------------------

    def ask(self, shop_id: int, days: int) -> None:
        """Have a shop compared next."""
        with self._lock:
            before = self._progress.get(shop_id)
            if before is None or before.state not in {"running", "waiting"}:
                self._progress[shop_id] = Progress(shop_id, "waiting")
                self._asked[shop_id] = days
                self._cancelled.discard(shop_id)

    def serves(self, shop_id: int) -> bool:
        """Whether a shop is compared at all: it is pulled."""
        return any(shop.id == shop_id for shop in self._shops())

    def cancel(self, shop_id: int) -> None:
        """Stop the comparison of a shop; what it has taken in stays, and so does its report."""
        with self._lock:
            one = self._progress.get(shop_id)
            if one is None or one.state not in {"running", "waiting"}:
                return
            self._cancelled.add(shop_id)
            if one.state == "waiting":
                self._progress[shop_id] = replace(one, state="cancelled")
                self._asked.pop(shop_id, None)

    def progress(self, shop_id: int) -> Progress | None:
        """How far the newest one of a shop is; None where this program knows of none."""
        with self._lock:
            return self._progress.get(shop_id)

    # --- the lane -----------------------------------------------------------------------------------------------

    def work(self) -> float:
        """Compare what was asked for and what is due; gives the seconds until the next look."""
        for shop in self._shops():
            if self._is_stopping():
                break
            days = self._due_days(shop.id)
            since = self._goes_on_from(shop.id) if days is None else None
            if days is None and since is None:
                continue
            try:
                self.reconcile(shop, days or 0, is_nightly=days == 0, since=since)
            except (ChannelError, DomainError) as error:
                _log.info("shop %s: its orders could not be compared: %s", shop.id, error)
        return _LOOK_S

    def _due_days(self, shop_id: int) -> int | None:
        """The days that were asked for, 0 where the night's is due, None for nothing."""
        with self._lock:
            if shop_id in self._asked:
                return self._asked[shop_id]
            if self._store.clock.monotonic() < self._not_before.get(shop_id, 0.0):
                return None
        now = self._now()
        if now.astimezone(CHINA).hour < FROM_HOUR:
            return None
        is_due = self._store.read(lambda connection: reconciliations.is_due(connection, shop_id, now))
        return 0 if is_due else None

    def _goes_on_from(self, shop_id: int) -> datetime | None:
        """Where a long comparison goes on tonight; asked when the night's own is made."""
        with self._lock:
            if self._store.clock.monotonic() < self._not_before.get(shop_id, 0.0):
                return None
        now = self._now()
        if now.astimezone(CHINA).hour < FROM_HOUR:
            return None
        return self._store.read(lambda connection: reconciliations.goes_on_from(connection, shop_id, now))

    def reconcile(
        self, shop: ShopRecord, days: int, *, is_nightly: bool = False, since: datetime | None = None
    ) -> Progress:
        """Compare one shop now: these days, or from where a long comparison came.

        Raises:
            ChannelError: the shop did not answer as it should; what was taken in stays, the report says so.
            DomainError: the shop cannot be asked.
        """
        with self._lock:
            self._asked.pop(shop.id, None)
            self._cancelled.discard(shop.id)
        name = f"reconcile:{shop.id}"
        fence = self._store.write(lambda uow: leases.take(uow, name, self._holder, _LEASE_S), urgency=Urgency.LANE)
        if fence is None:
            return self._put_off(shop.id, "elsewhere")
        try:
            channel = self._open_channel(shop)
            if self._is_behind(shop.id, channel):
                return self._put_off(shop.id, "behind")
            run = self._begin(shop, channel, days or NIGHTLY_DAYS, name, fence, is_nightly=is_nightly, go_on=since)
            return self._run(run)
        except (ChannelError, DomainError) as error:
            banned_s = error.retry_after_s if isinstance(error, RateLimited) else 0.0
            self._later(shop.id, max(AGAIN_S, banned_s))
            before = self.progress(shop.id) or Progress(shop.id, "failed")
            self._note(replace(before, state="failed", trouble=trouble_in(kept_text(error))))
            raise
        finally:
            self._store.write(lambda uow: leases.release(uow, name, fence), urgency=Urgency.LANE)

    def _put_off(self, shop_id: int, state: str) -> Progress:
        self._later(shop_id, AGAIN_S)
        return self._note(Progress(shop_id, state))

    def _is_behind(self, shop_id: int, channel: Channel) -> bool:
        """Whether the shop's pull fails, or has not yet come near to now."""

        def look(connection: Connection) -> bool:
            query = select(Shop.last_error).where(Shop.id == shop_id)
            if connection.execute(query).scalar_one() is not None:
                return True
            until = reached_until(connection, shop_id, CHANGED)
            lag = BEHIND + timedelta(seconds=channel.capabilities.safety_lag_s)
            return until is None or shared_now(connection, self._store.clock) - until > lag

        return self._store.read(look)

    def _begin(
        self,
        shop: ShopRecord,
        channel: Channel,
        days: int,
        lease: str,
        fence: int,
        *,
        is_nightly: bool,
        go_on: datetime | None,
    ) -> "_Run":
        def put(uow: UnitOfWork) -> _Run:
            created_at: datetime = uow.execute(select(Shop.created_at).where(Shop.id == shop.id)).scalar_one()
            first_at = created_at - FIRST_WINDOW
            horizon = reached_until(uow.connection, shop.id, CHANGED) or first_at
            if channel.capabilities.needs_state_poll:
                # What no time tells comes with the readings of the open ones, see `core.sync.open_rounds`.
                horizon -= OPEN_APART
            since = max(uow.now - timedelta(days=days) if go_on is None else go_on, first_at)
            report_id = reconciliations.begin(uow, shop.id, since, is_nightly=is_nightly)
            start = start_of(uow.connection, shop.id)
            calls = None if go_on is None and days <= NIGHTLY_DAYS else MOST_CALLS
            return _Run(shop, channel, lease, fence, report_id, since, horizon, first_at, start, calls)

        run = self._store.write(put, urgency=Urgency.LANE)
        self._note(Progress(shop.id, "running"))
        return run

    def _run(self, run: "_Run") -> Progress:
        state, error = "failed", ""
        try:
            state = self._list(run)
        except (ChannelError, DomainError) as bad:
            error = kept_text(bad)
            raise
        finally:
            ending = partial(
                _end, run=run, state=state if state in {"done", "partly", "cancelled"} else "failed", error=error
            )
            self._store.write(ending, urgency=Urgency.LANE)
        # As often as somebody likes, but by itself not before a while: the report of a whole one stops it for a day.
        self._later(run.shop.id, AGAIN_S)
        return self._note(replace(self._counted(run), state=state))

    # --- listing and comparing ----------------------------------------------------------------------------------

    def _list(self, run: "_Run") -> str:
        """Read what changed since, and what is open; then ask for what of ours was not named. Gives how it ended."""
        for ask, is_bounded in (
            (lambda cursor: run.channel.pull_orders(run.since, cursor), True),
            # By its state, however old it is.
            (run.channel.open_orders, False),
        ):
            stopped = self._drain(run, ask, is_bounded=is_bounded)
            if stopped:
                return stopped
        return self._ask_for_ours(run) or ("done" if run.reached_at is None else "partly")

    def _drain(self, run: "_Run", ask: Callable[[str | None], OrderPage], *, is_bounded: bool) -> str:
        cursor: str | None = None
        seen: set[str] = set()
        while True:
            stopped = self._stopped(run)
            if stopped:
                return stopped
            page = ask(cursor)
            self._compare(run, page.orders)
            self._note_unread(run, page)
            cursor = page.next_cursor
            if cursor is None:
                return ""
            if run.calls_left is not None and is_bounded:
                run.calls_left -= 1
                if run.calls_left <= 0 and page.whole_until is not None:
                    # Only between two windows is it known how far it came.
                    run.reached_at = page.whole_until
                    return ""
            if cursor in seen:
                raise ContractBroken("the shop's pages lead in a circle")
            seen.add(cursor)

    def _stopped(self, run: "_Run") -> str:
        """Why to stop before the next call; empty to go on."""
        with self._lock:
            if run.shop.id in self._cancelled:
                return "cancelled"
        if self._is_stopping():
            return "stopped"
        if self._is_behind(run.shop.id, run.channel):
            return "behind"
        now_s = self._store.clock.monotonic()
        is_told = now_s - run.told_s >= _TELL_S
        if is_told:
            run.told_s = now_s

        def renew(uow: UnitOfWork) -> bool:
            if is_told:
                uow.changed(reconciliations.REPORTS, run.shop.id)
            return leases.renew(uow, run.lease, run.fence, _LEASE_S)

        return "" if self._store.write(renew, urgency=Urgency.LANE) else "stopped"

    def _compare(self, run: "_Run", page: Sequence[ChannelOrder]) -> None:
        orders = {order.order_no: order for order in page if order.order_no not in run.named}
        run.named.update(orders)
        # What moved since the pull came by is the next pull's: it is no difference.
        known = {no: order for no, order in orders.items() if _moved_at(order) <= run.horizon}
        lines = self._found(run, known) if known else []
        self._store_found(run, lines)

    def _note_unread(self, run: "_Run", page: OrderPage) -> None:
        if page.unread:
            # Asked once more in here they would be unread again, and end the comparison of the others.
            errors = {one.no: one.error for one in page.unread}
            run.named.update(errors)
            self._store.write(partial(unread.note, shop_id=run.shop.id, errors=errors), urgency=Urgency.LANE)

    def _found(self, run: "_Run", orders: Mapping[str, ChannelOrder]) -> list[ReportLine]:
        shop_id = run.shop.id
        ours = self._store.read(lambda connection: ours_of(connection, shop_id, list(orders)))
        found: list[ReportLine] = []
        for no, order in orders.items():
            if no not in ours:
                found += self._missing(run, order)
                continue
            before = differences(ours[no], order)
            if not before:
                continue
            self._take(run, order)
            now = self._store.read(partial(_ours_now, shop_id=shop_id, order_no=no))
            still = {one.kind for one in differences(now, order)} if now is not None else set()
            found += [
                ReportLine(no, one.kind, one.ours, one.theirs, STAYS if one.kind in still else SETTLED)
                for one in before
            ]
        return found

    def _missing(self, run: "_Run", order: ChannelOrder) -> Sequence[ReportLine]:
        """An order that is not here: a pull should have brought it, or it is older than all that was ever pulled.

        What was paid before the shop's cut-over is another program's to send: nobody has to look at it. Its units
        are claimed all the same, see `core.fulfilment.starting`.
        """
        theirs = f"{order.payment}|{order.channel_status}|{order.placed_at.isoformat(timespec='seconds')}"
        is_strange = run.start.is_before(order)
        if _moved_at(order) < run.first_at and not run.channel.capabilities.needs_state_poll:
            return () if is_strange else (ReportLine(order.order_no, UNKNOWN, "", theirs, STAYS),)
        is_taken = self._take(run, order)
        _log.info("shop %s: order %s was missing, taken in: %s", run.shop.id, order.order_no, is_taken)
        if is_strange:
            return ()
        return (ReportLine(order.order_no, MISSING, "", theirs, TAKEN if is_taken else STAYS),)

    def _take(self, run: "_Run", order: ChannelOrder) -> bool:
        try:
            self._store.write(
                lambda uow: take_page(uow, run.shop.facts, [order], self._digest, self._carrier_code),
                urgency=Urgency.LANE,
            )
        except DomainError:
            raise
        except Exception:  # noqa: BLE001 - one order that we cannot store must not end the comparison of the others
            _log.exception("shop %s: order %s cannot be stored", run.shop.id, order.order_no)
            return False
        return True

    def _ask_for_ours(self, run: "_Run") -> str:
        """Of ours that were not named: whether the platform knows them at all."""
        unnamed = [no for no in self._store.read(partial(_ours_within, run=run)) if no not in run.named]
        for no in unnamed[:MOST_ASKED]:
            stopped = self._stopped(run)
            if stopped:
                return stopped
            order = run.channel.get_order(no)
            if order is not None:
                self._compare(run, [order])
                continue
            now = self._store.read(partial(_ours_now, shop_id=run.shop.id, order_no=no))
            if now is not None:
                stands = f"{now.payment}|{now.channel_status}|{now.fulfilment}|{now.after_sale}"
                self._store_found(run, [ReportLine(no, GONE, stands, "", STAYS)])
        run.unasked_count = max(len(unnamed) - MOST_ASKED, 0)
        return ""

    def _store_found(self, run: "_Run", lines: Sequence[ReportLine]) -> None:
        run.missing_count += sum(line.kind == MISSING for line in lines)
        run.difference_count += len(lines)
        if lines:
            kept = lines[: max(MOST_LINES - run.kept_count, 0)]
            run.kept_count += len(kept)
            noting = partial(_note_found, run=run, lines=kept)
            self._store.write(noting, urgency=Urgency.LANE)
        self._note(self._counted(run))

    def _counted(self, run: "_Run") -> Progress:
        return Progress(run.shop.id, "running", len(run.named), run.missing_count, run.difference_count)

    def _note(self, one: Progress) -> Progress:
        with self._lock:
            self._progress[one.shop_id] = one
        return one

    def _later(self, shop_id: int, seconds: float) -> None:
        with self._lock:
            self._not_before[shop_id] = self._store.clock.monotonic() + seconds

    def _now(self) -> datetime:
        return self._store.read(lambda connection: shared_now(connection, self._store.clock))


@dataclass(slots=True)
class _Run:
    """One comparison: `horizon` is up to when the pulls had read everything, `first_at` where they began."""

    shop: ShopRecord
    channel: Channel
    lease: str
    fence: int
    report_id: int
    since: datetime
    horizon: datetime
    first_at: datetime
    start: Start
    #: calls for what changed that are left; None: as many as it takes
    calls_left: int | None = None
    #: where it stopped because they were used up
    reached_at: datetime | None = None
    named: set[str] = field(default_factory=set)
    missing_count: int = 0
    difference_count: int = 0
    unasked_count: int = 0
    kept_count: int = 0
    told_s: float = float("-inf")

    def counts(self) -> dict[str, int]:
        return {
            "listed_count": len(self.named),
            "missing_count": self.missing_count,
            "difference_count": self.difference_count,
            "unasked_count": self.unasked_count,
        }


def _moved_at(order: ChannelOrder) -> datetime:
    """When an order moved last: of some platforms a payment leaves the modified time where it is."""
    return max(order.modified_at, order.placed_at, order.paid_at or order.placed_at)


def _ours_now(connection: Connection, *, shop_id: int, order_no: str) -> Any:
    return ours_of(connection, shop_id, [order_no]).get(order_no)


def _ours_within(connection: Connection, *, run: _Run) -> Sequence[str]:
    """Numbers of ours that were paid, or placed and never paid, while orders were listed, and that still count.

    By the indexes of these times: the shop's own would lead through all that it ever sold.
    """
    found: list[str] = []
    for at, here in ((Order.paid_at, Order.paid_at.is_not(None)), (Order.placed_at, Order.paid_at.is_(None))):
        query = select(Order.order_no).where(
            here,
            at.between(run.since, run.horizon),
            Order.shop_id + 0 == run.shop.id,
            Order.fulfilment != Fulfilment.CANCELLED.value,
        )
        if run.reached_at is not None:
            # What changed later was not listed yet.
            query = query.where(Order.modified_at < run.reached_at)
        found += connection.execute(query.order_by(at)).scalars()
    return found


def _note_found(uow: UnitOfWork, *, run: _Run, lines: Sequence[ReportLine]) -> None:
    reconciliations.note(uow, run.report_id, run.counts(), lines)


def _end(uow: UnitOfWork, *, run: _Run, state: str, error: str) -> None:
    reconciliations.note(uow, run.report_id, run.counts(), ())
    reconciliations.finish(uow, run.report_id, state, error, reached_at=run.reached_at if state == "partly" else None)
