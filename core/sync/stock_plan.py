"""The planner behind the desk: settles what can be settled, covers what can be, and asks for what is right."""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, func, or_, select, text

from core.catalog.models import BundleLine, Listing
from core.channels.contract import Channel
from core.channels.models import Shop
from core.channels.stock_contract import StockChannel, StockRules
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import Changes, Store, UnitOfWork, Urgency, shared_now
from core.inventory.models import StockLevel
from core.inventory.pausing import is_anything_held, is_held
from core.inventory.quotas import acts, links
from core.inventory.quotas.covering import Free, cover_up, lock_for, tidy_covers, unsellable_covers
from core.inventory.quotas.models import Quota, SkuPlan, StockAct
from core.inventory.quotas.planning import plan
from core.inventory.quotas.queries import quotas_of
from core.inventory.quotas.records import ActRow, Planned, QuotaRow, SkuQuotas
from core.inventory.quotas.settling import Settled, settle
from core.inventory.quotas.states import COUNTED, IS_OPEN, PLANNED, ActKind, ActState, Mode, Turn
from core.inventory.shelves import day_of
from core.runtime.errors import DomainError, Refused
from core.runtime.ids import SkuId
from core.sync.known import known_until
from core.sync.shops import ShopRecord, active_shops

_log = logging.getLogger(__name__)

_PAGE: Final = 500

_NEXT_SKUS = (
    select(SkuPlan.sku_id)
    .where(SkuPlan.mode.in_(PLANNED), SkuPlan.sku_id > bindparam("after"))
    .order_by(SkuPlan.sku_id)
    .limit(_PAGE)
)
#: goods whose numbers are not written, of which a link is stopped, or off sale because of a stop that is over
_NEXT_HELD = (
    select(Listing.sku_id)
    .join(Shop, Shop.id == Listing.shop_id)
    .outerjoin(SkuPlan, SkuPlan.sku_id == Listing.sku_id)
    .outerjoin(Quota, Quota.listing_id == Listing.id)
    .where(
        Listing.sku_id > bindparam("after"),
        Shop.writes_stock,
        Shop.is_active,
        or_(SkuPlan.mode.is_(None), SkuPlan.mode.not_in(PLANNED)),
        or_(is_held(Listing.shop_id, Listing.sku_id), Quota.paused_at.is_not(None)),
    )
    .distinct()
    .order_by(Listing.sku_id)
    .limit(_PAGE)
)
_OF_LEVELS = select(StockLevel.sku_id).where(StockLevel.id.in_(id_set("ids"))).distinct()
_OF_QUOTAS = select(Quota.sku_id).where(Quota.id.in_(id_set("ids"))).distinct()
_BUNDLES_OF = select(BundleLine.bundle_sku_id).where(BundleLine.component_sku_id.in_(id_set("ids"))).distinct()
_LISTINGS = (
    select(Listing.id, Listing.shop_id, Listing.sku_id, Quota.sku_id.label("holder_sku_id"))
    .add_columns(and_(Shop.writes_stock, is_held(Listing.shop_id, Listing.sku_id)).label("is_stopped"))
    .join(Shop, Shop.id == Listing.shop_id)
    .outerjoin(Quota, Quota.listing_id == Listing.id)
    .where(Listing.sku_id.in_(id_set("sku_ids")))
    .order_by(Listing.id)
)
_TO_SETTLE = (
    select(Quota.id, Quota.shop_id, Quota.evidence_to).where(Quota.evidence_to.is_not(None)).order_by(Quota.id)
)
_UNSETTLED = select(StockAct.id).where(
    StockAct.quota_id == bindparam("quota_id"),
    text(f"stock_act.{IS_OPEN}"),
    StockAct.state == ActState.UNSETTLED.value,
)
_WAITING = (
    select(Quota.shop_id, func.count())
    .select_from(StockAct)
    .join(Quota, Quota.id == StockAct.quota_id)
    .where(text(f"stock_act.{IS_OPEN}"), StockAct.state == ActState.WAITING.value)
    .group_by(Quota.shop_id)
)


@dataclass
class Round:
    """What one round of the planner did."""

    settled: int = 0
    drifted: int = 0
    opened: int = 0
    recovered: int = 0
    asked: int = 0


class StockPlanner:
    """Plans on changes and once in a while; what it asks for goes through the outbox."""

    def __init__(
        self,
        store: Store,
        open_channel: Callable[[ShopRecord], Channel],
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._open_channel = open_channel
        self._is_cancelled = is_cancelled

    def run(self, sku_ids: Collection[int] | None = None) -> Round:
        """One round over these SKUs; None: over all that have a mode or whose sale is stopped, page by page."""
        done = Round()
        rules = self.rules()
        self._settle(rules, done)
        self._tidy(self._store.read(self._unsellable))
        if sku_ids is None:
            self._let_go_of_links(rules)
        wanted: list[Planned] = []
        for page in self._pages(sku_ids):
            if self._is_cancelled():
                break
            wanted += self._plan_page(page, rules, done)
            self._silence(page, rules)
        self._ask_in_turn(wanted, rules, done)
        return done

    def rules(self) -> Mapping[int, StockRules]:
        """The rules of every shop whose numbers can be reached from here."""
        found: dict[int, StockRules] = {}
        for shop in self._store.read(active_shops):
            try:
                channel = self._open_channel(shop)
            except DomainError as error:
                _log.info("shop %s: %s", shop.id, error)
                continue
            if isinstance(channel, StockChannel):
                found[shop.id] = channel.stock_rules
        return found

    def touched(self, changes: Changes) -> Sequence[int]:
        """The SKUs (and the bundles they are in) that a commit has touched, as far as anything hangs on them."""

        def look(connection: Connection) -> Sequence[int]:
            skus = set(changes.tables.get("sku_plan", ()))
            for table, query in (("stock_level", _OF_LEVELS), ("quota", _OF_QUOTAS)):
                ids = changes.tables.get(table, frozenset())
                if ids:
                    skus |= set(connection.execute(query, {"ids": packed_ids(ids)}).scalars())
            if skus:
                skus |= set(connection.execute(_BUNDLES_OF, {"ids": packed_ids(skus)}).scalars())
            planned = select(SkuPlan.sku_id).where(SkuPlan.sku_id.in_(id_set("ids")), SkuPlan.mode.in_(PLANNED))
            return connection.execute(planned, {"ids": packed_ids(skus)}).scalars().all()

        return self._store.read(look)

    # --- settling -----------------------------------------------------------------------------------------------

    def _settle(self, rules: Mapping[int, StockRules], done: Round) -> None:
        for quota_id, shop_id in self._store.read(lambda connection: _to_settle(connection, rules)):
            if not self._is_cancelled():
                self._write(partial(self._settle_one, quota_id, shop_id, rules[shop_id], done))

    @staticmethod
    def _settle_one(quota_id: int, shop_id: int, rules: StockRules, done: Round, uow: UnitOfWork) -> None:
        outcome = settle(uow, quota_id, known_until(uow.connection, shop_id, rules.orders_lag_s))
        done.settled += outcome in (Settled.EQUAL, Settled.FELL, Settled.ADOPTED)
        done.drifted += outcome is Settled.DRIFT
        if outcome is not Settled.BLURRED:
            return
        act_id = uow.execute(_UNSETTLED, {"quota_id": quota_id}).scalar_one_or_none()
        if act_id is not None:
            acts.ask_again(uow, act_id)
        else:
            acts.ask_number(uow, quota_id, "look", delay_s=acts.LOOK_S)

    def _unsellable(self, connection: Connection) -> Sequence[int]:
        return unsellable_covers(connection, day_of(shared_now(connection, self._store.clock)))

    def _tidy(self, quota_ids: Sequence[int]) -> None:
        """What stands behind quotas for nothing goes back to the pool; what that uncovers is taken back."""
        if quota_ids:
            self._write(lambda uow: tidy_covers(uow, quota_ids))

    # --- planning -----------------------------------------------------------------------------------------------

    def _pages(self, sku_ids: Collection[int] | None) -> Iterable[Sequence[int]]:
        if sku_ids is not None:
            ids = sorted(set(sku_ids))
            yield from (ids[place : place + _PAGE] for place in range(0, len(ids), _PAGE))
            return
        for find in (_next_skus, _next_held):
            after = 0
            while page := self._store.read(partial(find, after)):
                yield page
                after = page[-1]

    def _plan_page(self, sku_ids: Sequence[int], rules: Mapping[int, StockRules], done: Round) -> Sequence[Planned]:
        done.opened += self._open_quotas(sku_ids, rules)
        now, skus = self._look(sku_ids)
        stray = [one.quota_id for sku in skus for one in sku.quotas if one.stray_qty]
        if stray:
            self._tidy(stray)
            now, skus = self._look(sku_ids)
        bare = [one.quota_id for sku in skus for one in sku.quotas if one.uncovered_qty]
        stopped = [act.id for sku in skus for one in sku.quotas if (act := one.open_act) and _is_called_off(one, act)]
        if bare or stopped:
            for quota_id in bare:
                done.recovered += self._write(partial(_recover, quota_id))
            for act_id in stopped:
                self._write(partial(_call_off, act_id))
            now, skus = self._look(sku_ids)
        return [planned for sku in skus for planned in plan(sku, rules, now) if planned.is_written]

    def _let_go_of_links(self, rules: Mapping[int, StockRules]) -> None:
        """Links that lead to other goods by now, and such as need not be silent any more."""
        for quota_id, shop_id, writes in self._store.read(links.rematched):
            self._write(partial(links.wind_down, quota_id=quota_id, writes=writes and shop_id in rules))

        def look(connection: Connection) -> Sequence[links.Spare]:
            return links.released_links(connection, shared_now(connection, self._store.clock))

        for spare in self._store.read(look):
            if spare.shop_id in rules:
                self._write(partial(links.ask, spare=spare))

    def _silence(self, sku_ids: Sequence[int], rules: Mapping[int, StockRules]) -> None:
        """Other links of a shop to the same goods sell from no quota: nothing may be bought there."""

        def look(connection: Connection) -> Sequence[links.Spare]:
            return links.due_links(connection, sku_ids, shared_now(connection, self._store.clock))

        for spare in self._store.read(look):
            if spare.shop_id in rules:
                self._write(partial(links.ask, spare=spare))

    def _ask_in_turn(self, wanted: Sequence[Planned], rules: Mapping[int, StockRules], done: Round) -> None:
        """Ask for what is most urgent first, over all SKUs, and no more than each shop's platform takes.

        What waits already counts; what cannot wait is asked for all the same.
        """
        budget = self._store.read(_waiting) if wanted else Counter()
        for planned in sorted(wanted, key=_place):
            if self._is_cancelled():
                return
            a_minute, before = rules[planned.shop_id].calls_per_minute, budget[planned.shop_id]
            is_put_off = planned.turn is not Turn.AT_ONCE
            if is_put_off and before >= a_minute:
                continue
            budget[planned.shop_id] += 1
            done.asked += self._ask(planned, before * 60 / a_minute if is_put_off and before >= _AT_ONCE else 0)

    def _look(self, sku_ids: Sequence[int]) -> tuple[datetime, tuple[SkuQuotas, ...]]:
        def look(connection: Connection) -> tuple[datetime, tuple[SkuQuotas, ...]]:
            now = shared_now(connection, self._store.clock)
            return now, quotas_of(connection, sku_ids, now)

        return self._store.read(look)

    def _open_quotas(self, sku_ids: Sequence[int], rules: Mapping[int, StockRules]) -> int:
        """Every shop with a link to a planned SKU has a quota; the oldest of several links sells from it."""
        missing = self._store.read(lambda connection: _missing(connection, sku_ids, rules))
        if missing:
            self._write(lambda uow: _open(uow, missing, rules))
        return len(missing)

    def _ask(self, planned: Planned, delay_s: float) -> bool:
        try:
            self._write(lambda uow: ask(uow, planned, delay_s))
        except Refused as error:
            # Between the look and this transaction somebody else took the units, or asked first.
            _log.info("quota %s: %s", planned.quota_id, error)
            return False
        return True

    def _write(self, operation: Callable[[UnitOfWork], Any]) -> Any:
        return self._store.write(operation, urgency=Urgency.LANE)


#: so many acts of a round go out without waiting for each other
_AT_ONCE: Final = 5


def ask(uow: UnitOfWork, planned: Planned, delay_s: float = 0) -> int:
    """Ask for a planned act; gives its id.

    Raises:
        Refused, NotFound: as `core.inventory.quotas.acts`.
    """
    ways: Mapping[ActKind, Callable[[], int]] = {
        ActKind.GRANT: lambda: acts.grant(uow, planned.quota_id, planned.qty, planned.reason, delay_s=delay_s),
        ActKind.WITHDRAW: lambda: acts.withdraw(uow, planned.quota_id, planned.qty, planned.reason, delay_s=delay_s),
        ActKind.READ: lambda: acts.ask_number(uow, planned.quota_id, planned.reason, delay_s=delay_s),
        ActKind.PUSH: lambda: acts.push(uow, planned.quota_id, planned.qty, planned.reason, delay_s=delay_s),
        ActKind.MEND: lambda: acts.mend(uow, planned.quota_id, planned.reason),
        ActKind.PAUSE: lambda: acts.pause(uow, planned.quota_id, planned.reason),
        ActKind.RESUME: lambda: acts.resume(uow, planned.quota_id, planned.reason),
    }
    return ways[planned.kind]()


def _to_settle(connection: Connection, rules: Mapping[int, StockRules]) -> Sequence[tuple[int, int]]:
    """(quota, shop) whose orders may all be known by now: what has to wait takes no writer's turn."""
    rows = [row for row in connection.execute(_TO_SETTLE) if row.shop_id in rules]
    known = {
        shop_id: known_until(connection, shop_id, rules[shop_id].orders_lag_s)
        for shop_id in {row.shop_id for row in rows}
    }
    return [(row.id, row.shop_id) for row in rows if (at := known[row.shop_id]) is not None and at >= row.evidence_to]


def _is_called_off(quota: QuotaRow, act: ActRow) -> bool:
    """Nothing more is put on sale where the sale was stopped since; what was not said yet need not be waited for."""
    puts_on_sale = act.kind is ActKind.GRANT or (act.kind is ActKind.PUSH and act.qty > 0)
    return quota.is_stopped and act.state is ActState.WAITING and puts_on_sale


def _call_off(act_id: int, uow: UnitOfWork) -> None:
    acts.call_off(uow, act_id, "the sale was stopped")


def _waiting(connection: Connection) -> Counter[int]:
    """How many acts of each shop wait to be said."""
    return Counter({shop: int(number) for shop, number in connection.execute(_WAITING)})


def _place(planned: Planned) -> tuple[int, bool, float, int]:
    """What goes first: the more urgent, then the shop's number that is known longest."""
    at = planned.listed_at
    return planned.turn, at is not None, 0.0 if at is None else at.timestamp(), planned.quota_id


def _next_skus(after: int, connection: Connection) -> Sequence[int]:
    return connection.execute(_NEXT_SKUS, {"after": after}).scalars().all()


def _next_held(after: int, connection: Connection) -> Sequence[int]:
    """Nothing on almost every day."""
    if not is_anything_held(connection):
        paused = select(Quota.id).where(Quota.paused_at.is_not(None)).limit(1)
        if connection.execute(paused).first() is None:
            return ()
    found: Sequence[Any] = connection.execute(_NEXT_HELD, {"after": after}).scalars().all()
    return found


def _missing(
    connection: Connection, sku_ids: Sequence[int], rules: Mapping[int, StockRules]
) -> Sequence[tuple[int, int, int | None, bool]]:
    """(shop, SKU, link, is counted) of quotas that are missing or not as they should be."""
    binds = {"sku_ids": packed_ids(sku_ids)}
    plans = select(SkuPlan.sku_id, SkuPlan.mode).where(SkuPlan.sku_id.in_(id_set("sku_ids")))
    modes = {row.sku_id: Mode(row.mode) for row in connection.execute(plans, binds)}
    known = select(Quota.sku_id, Quota.shop_id, Quota.listing_id, Quota.cancelled_unit, Quota.is_counted, *_RIGHT)
    have = {
        (row.shop_id, row.sku_id): row
        for row in connection.execute(known.where(Quota.sku_id.in_(id_set("sku_ids"))), binds)
    }
    offered: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    stopped: set[tuple[int, int]] = set()
    for row in connection.execute(_LISTINGS, binds):
        if row.is_stopped:
            stopped.add((row.shop_id, row.sku_id))
        # A link that another quota still sells from is not to be had yet.
        if row.shop_id in rules and (row.holder_sku_id is None or row.holder_sku_id == row.sku_id):
            offered[row.shop_id, row.sku_id].append(row.id)
    wanted = []
    for (shop, sku), listings in offered.items():
        mode = modes.get(SkuId(sku), Mode.OFF)
        mine = have.get((shop, sku))
        if mine is None and mode is Mode.OFF and (shop, sku) not in stopped:
            continue
        # A right that stands is counted until it is gone, whatever the mode is by now.
        is_counted = mode in COUNTED or (mine is not None and mine.is_counted and _right(mine) > 0)
        link = listings[0] if mine is None or mine.listing_id is None else mine.listing_id
        facts = (link, rules[shop].cancelled_unit.value, is_counted)
        if mine is None or (mine.listing_id, mine.cancelled_unit, mine.is_counted) != facts:
            wanted.append((shop, sku, link, is_counted))
    return wanted


_RIGHT = (Quota.granted_qty, Quota.withdrawn_qty, Quota.sold_qty, Quota.restored_qty)


def _right(row: Any) -> int:
    return int(row.granted_qty - row.withdrawn_qty - row.sold_qty + row.restored_qty)


def _open(
    uow: UnitOfWork, missing: Sequence[tuple[int, int, int | None, bool]], rules: Mapping[int, StockRules]
) -> None:
    for shop, sku, listing, is_counted in sorted(missing):
        unit = rules[shop].cancelled_unit.value
        quota = acts.open_quota(uow, shop, sku, listing_id=listing, cancelled_unit=unit, is_counted=is_counted)
        links.take_over(uow, quota)


def _recover(quota_id: int, uow: UnitOfWork) -> int:
    """Put what is free behind a right that lacks cover; whether anything was."""
    book, levels = lock_for(uow, [quota_id])
    if not book.quotas[0].uncovered:
        return 0
    before = book.quotas[0].uncovered
    cover_up(book, book.quotas[0], Free(levels, {}, day_of(uow.now)))
    acts.write_book(uow, book)
    return int(book.quotas[0].uncovered < before)
