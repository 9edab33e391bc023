"""Reading what shops offer: a whole list a few times a day, or when somebody asks for it.

Pages are written one by one; what a whole reading has not named is looked for a second time before it is marked as
gone, because platforms move rows between pages while they are read.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update

from core.catalog.listings import Taken, begin_reading, has_missing, last_listing, mark_vanished, take_listings
from core.channels.contract import Channel
from core.channels.listing_contract import ChannelListing, ListingChannel, ListingPage
from core.customers.service import Digest
from core.db import leases
from core.db.unit_of_work import Store, UnitOfWork, Urgency, shared_now
from core.fulfilment.matched import resume_waiting
from core.runtime.errors import DomainError
from core.runtime.remote_errors import ChannelError, ContractBroken, RateLimited
from core.sync.models import Cursor
from core.sync.shops import ShopRecord

_log = logging.getLogger(__name__)

#: name of the cursor that says when a shop's list was last read whole
LISTINGS: Final = "listings"
#: how often a list is read by itself
EVERY: Final = timedelta(hours=6)
#: how soon a shop is tried again that did not answer
_AGAIN_S: Final = 900.0
#: how soon the lane looks whether a list is due
_LOOK_S: Final = 60.0
_LEASE_S: Final = 120.0
#: rows that are written in one transaction
_TOGETHER: Final = 50
#: how often screens are told while a list is read
_TELL_S: Final = 1.0
#: table name by which pages hear how far a reading is
PROGRESS: Final = "listing_round"


@dataclass(frozen=True, slots=True)
class Round:
    """The reading of one shop's list, running or done.

    Attributes:
        state: `waiting` its turn, `running`, `done`, `cancelled`, `failed`, `elsewhere` (another desk reads it).
        seen_count: listings read so far.
        matched_count: of them matched by their code now; `released_count` orders went on by it.
        error: why it failed: the platform's own words.
    """

    shop_id: int
    state: str
    seen_count: int = 0
    new_count: int = 0
    changed_count: int = 0
    matched_count: int = 0
    released_count: int = 0
    vanished_count: int = 0
    error: str = ""


class ListingRounds:
    """Reads shops' lists, one shop after the other; `work` is the body of a lane."""

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
        """Nothing is read yet.

        Args:
            store: the records.
            digest: the keyed digest of this installation.
            carrier_code: the carrier of our own numbers.
            holder: who takes the leases.
            shops: shops that are pulled.
            open_channel: the way to a shop, its token renewed where that is due.
            is_stopping: whether the program ends.
        """
        self._store = store
        self._digest = digest
        self._carrier_code = carrier_code
        self._holder = holder
        self._shops = shops
        self._open_channel = open_channel
        self._is_stopping = is_stopping
        self._lock = threading.Lock()
        self._rounds: dict[int, Round] = {}
        self._asked: set[int] = set()
        self._cancelled: set[int] = set()
        self._told_s = 0.0
        #: shop -> when it may be tried again, by the monotonic clock
        self._not_before: dict[int, float] = {}

    # --- what pages ask -----------------------------------------------------------------------------------------

    def ask(self, shop_ids: Sequence[int]) -> None:
        """Have these lists read next."""
        with self._lock:
            for shop_id in shop_ids:
                before = self._rounds.get(shop_id)
                if before is None or before.state not in {"running", "waiting"}:
                    self._rounds[shop_id] = Round(shop_id, "waiting")
                    self._asked.add(shop_id)
                    self._cancelled.discard(shop_id)

    def cancel(self) -> None:
        """Stop the readings that run or wait; what was written stays."""
        with self._lock:
            for one in list(self._rounds.values()):
                if one.state in {"running", "waiting"}:
                    self._cancelled.add(one.shop_id)
                if one.state == "waiting":
                    self._rounds[one.shop_id] = replace(one, state="cancelled")
                    self._asked.discard(one.shop_id)

    def rounds(self) -> tuple[Round, ...]:
        """The newest reading of each shop, as this program knows of it."""
        with self._lock:
            return tuple(self._rounds[shop_id] for shop_id in sorted(self._rounds))

    # --- the lane -----------------------------------------------------------------------------------------------

    def work(self) -> float:
        """Read what was asked for and what is due; gives the seconds until the next look."""
        for shop in self._shops():
            if self._is_stopping():
                break
            if self._is_due(shop.id):
                try:
                    self.read(shop)
                except (ChannelError, DomainError) as error:
                    _log.info("shop %s: its list could not be read: %s", shop.id, error)
        return _LOOK_S

    def _is_due(self, shop_id: int) -> bool:
        with self._lock:
            if shop_id in self._asked:
                return True
            if self._store.clock.monotonic() < self._not_before.get(shop_id, 0.0):
                return False
        last = self._store.read(
            lambda connection: connection.execute(
                select(Cursor.until_at).where(Cursor.shop_id == shop_id, Cursor.feed == LISTINGS)
            ).scalar_one_or_none()
        )
        return last is None or self._now() - last >= EVERY

    def read(self, shop: ShopRecord) -> Round | None:
        """Read one shop's list now; None where its platform tells no list.

        Raises:
            ChannelError: the shop did not answer as it should; what was written stays, nothing is marked as gone.
            DomainError: the shop cannot be asked.
        """
        with self._lock:
            self._asked.discard(shop.id)
            self._cancelled.discard(shop.id)
        name = f"list:{shop.id}"
        fence = self._store.write(lambda uow: leases.take(uow, name, self._holder, _LEASE_S), urgency=Urgency.LANE)
        if fence is None:
            self._later(shop.id, _AGAIN_S)
            return self._note(Round(shop.id, "elsewhere"))
        try:
            channel = self._open_channel(shop)
            if not (isinstance(channel, ListingChannel) and channel.capabilities.lists_items):
                with self._lock:
                    self._rounds.pop(shop.id, None)
                self._later(shop.id, EVERY.total_seconds())
                return None
            self._note(Round(shop.id, "running"))
            return self._read(_Reading(shop, channel, name, fence))
        except (ChannelError, DomainError) as error:
            self._later(shop.id, max(_AGAIN_S, error.retry_after_s if isinstance(error, RateLimited) else 0.0))
            before = self._round(shop.id)
            self._note(replace(before, state="failed", error=f"{error}"[:300]))
            raise
        finally:
            self._store.write(lambda uow: leases.release(uow, name, fence), urgency=Urgency.LANE)

    def _read(self, reading: "_Reading") -> Round:
        shop_id = reading.shop.id
        started = self._store.read(
            lambda connection: begin_reading(connection, shop_id, shared_now(connection, self._store.clock))
        )
        last_id = self._store.read(lambda connection: last_listing(connection, shop_id))
        is_whole = self._drain(reading, started)
        if is_whole and self._store.read(lambda connection: has_missing(connection, shop_id, started, last_id)):
            # A row that moved to an earlier page while we read is not gone: what is really gone is missing twice.
            is_whole = self._drain(reading, started)
        if not is_whole:
            self._later(shop_id, _AGAIN_S)
            return self._note(replace(self._round(shop_id), state="cancelled"))
        gone = self._store.write(lambda uow: _finish(uow, shop_id, started, last_id), urgency=Urgency.LANE)
        return self._note(replace(self._round(shop_id), state="done", vanished_count=gone))

    def _drain(self, reading: "_Reading", started: datetime) -> bool:
        """Read the list from its beginning to its end; False where that was stopped."""
        self._note(replace(self._round(reading.shop.id), seen_count=0))
        cursor: str | None = None
        seen: set[str] = set()
        while True:
            if self._is_stopped(reading):
                return False
            page: ListingPage = reading.channel.pull_listings(cursor)
            for first in range(0, len(page.listings), _TOGETHER):
                if self._is_given_up(reading):
                    return False
                self._take(reading.shop.id, page.listings[first : first + _TOGETHER], started)
            cursor = page.next_cursor
            if cursor is None:
                return True
            if cursor in seen:
                raise ContractBroken("the shop's pages lead in a circle")
            seen.add(cursor)

    def _is_given_up(self, reading: "_Reading") -> bool:
        with self._lock:
            return reading.shop.id in self._cancelled or self._is_stopping()

    def _is_stopped(self, reading: "_Reading") -> bool:
        """Whether to stop before the next page: somebody wants it, or the lease went to another desk."""
        return self._is_given_up(reading) or not self._store.write(
            lambda uow: leases.renew(uow, reading.lease, reading.fence, _LEASE_S), urgency=Urgency.LANE
        )

    def _take(self, shop_id: int, piece: Sequence[ChannelListing], started: datetime) -> None:
        is_told = self._is_news_due()

        def write(uow: UnitOfWork) -> Taken:
            if is_told:
                _tell(uow, shop_id)
            return take_listings(uow, shop_id, piece, started)

        taken = self._store.write(write, urgency=Urgency.BULK)
        released = 0
        if taken.matched_ids:
            released, _ = resume_waiting(self._store, self._digest, self._carrier_code, taken.matched_ids)
        before = self._round(shop_id)
        self._note(
            replace(
                before,
                seen_count=before.seen_count + len(piece),
                new_count=before.new_count + taken.new_count,
                changed_count=before.changed_count + taken.changed_count,
                matched_count=before.matched_count + taken.matched_count,
                released_count=before.released_count + released,
            )
        )

    def _is_news_due(self) -> bool:
        """Whether screens look again after this piece: not at every one of hundreds."""
        now_s = self._store.clock.monotonic()
        if now_s - self._told_s < _TELL_S:
            return False
        self._told_s = now_s
        return True

    def _round(self, shop_id: int) -> Round:
        with self._lock:
            return self._rounds.get(shop_id) or Round(shop_id, "running")

    def _note(self, one: Round) -> Round:
        with self._lock:
            self._rounds[one.shop_id] = one
        return one

    def _later(self, shop_id: int, seconds: float) -> None:
        with self._lock:
            self._not_before[shop_id] = self._store.clock.monotonic() + seconds

    def _now(self) -> datetime:
        return self._store.read(lambda connection: shared_now(connection, self._store.clock))


@dataclass(frozen=True, slots=True)
class _Reading:
    shop: ShopRecord
    channel: ListingChannel
    lease: str
    fence: int


def _finish(uow: UnitOfWork, shop_id: int, started: datetime, last_id: int) -> int:
    gone = mark_vanished(uow, shop_id, started, last_id)
    here = (Cursor.shop_id == shop_id, Cursor.feed == LISTINGS)
    if not uow.count(update(Cursor).where(*here).values(until_at=started)):
        uow.insert_many(Cursor, [{"shop_id": shop_id, "feed": LISTINGS, "until_at": started}])
    _tell(uow, shop_id)
    return gone


def _tell(uow: UnitOfWork, shop_id: int) -> None:
    uow.changed(PROGRESS, shop_id)
    uow.changed("listing", 0)
