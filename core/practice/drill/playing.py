"""Playing a drill: the world, our lanes, and what came of it. Seconds of the machine for hours of a sale."""

import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, func, select

from core.channels.stock_contract import BelowZero, StockRules, WriteKind
from core.db.unit_of_work import Changes
from core.inventory import queries
from core.orders.models import Order
from core.practice.drill.buyers import Buyers
from core.practice.drill.house import CARRIER, House, build_house
from core.practice.drill.plain_pushing import DifferencePushing, FullPushing, Pushing
from core.practice.drill.quota_pushing import QuotaLanes
from core.practice.drill.records import Listening, Mode, Plan, Result, check_plan
from core.practice.drill.shop import SimulatedShop
from core.practice.drill.timeline import Timeline
from core.practice.drill.wire import Wire
from core.runtime.clock import ManualClock
from core.runtime.errors import DomainError, Refused
from core.runtime.remote_errors import ChannelError
from core.runtime.standing import Severity, Standing, Watch
from core.sync.pulling import Puller

#: any day: a drill looks at no calendar
_START = datetime(2026, 6, 18, 2, 0, tzinfo=UTC)
#: on top of the lag: what the shops are to be told before the sale begins is told by then
_BEFORE_S = 300.0
#: after the last buyer, on top of the lag: until everything that was sold is known and whoever watches has seen it
_AFTER_S = 120.0
#: when the shops are told for the first time
_FIRST_S = 5.0
_PULL_S = 30.0
#: how soon after a change it is looked at, and how often what only time changes
_WATCH_S, _WATCH_ALL_S = 5.0, 60.0
#: tables that change with every pull and tell nothing new
_IDLE = frozenset({"shop", "lease", "outbox"})


def play(plan: Plan, mode: Mode, watches: Sequence[Watch] = (), listening: Listening | None = None) -> Result:
    """Play one sale in one mode, in a folder of its own that is gone afterwards.

    Args:
        plan: what is played.
        mode: how the shops are told.
        watches: what looks for trouble while it is played; the first that finds any gives `first_alert_s`.
        listening: gets the progress, and may stop it.

    Raises:
        Refused: `drill.out_of_range`; `drill.cancelled`.
        Unavailable: the temporary folder cannot be used.
    """
    check_plan(plan)
    with tempfile.TemporaryDirectory(prefix="packdesk-drill-", ignore_cleanup_errors=True) as folder:
        drill = _Drill(plan, mode, watches, Path(folder))
        try:
            drill.run(listening or Listening())
            return drill.result()
        finally:
            drill.house.store.close()


class _Drill:
    """One sale that is being played."""

    def __init__(self, plan: Plan, mode: Mode, watches: Sequence[Watch], folder: Path) -> None:
        self._plan = plan
        self._mode = mode
        self._watches = watches
        self._clock = ManualClock(_START)
        self._timeline = Timeline(self._clock)
        self._alerts: dict[str, float] = {}
        self._is_changed, self._watched_s = True, 0.0
        self.house: House = build_house(folder, self._clock, plan.stock, plan.shops)
        rules = _rules(plan, mode)
        self._shops = [SimulatedShop(number, rules, self._clock) for number in range(1, plan.shops + 1)]
        self._wires = [self._wire(shop) for shop in self._shops]
        self._opens_s = plan.lag_s + _BEFORE_S
        self._buyers = Buyers(plan, self._shops, self._timeline, self._opens_s)
        self._puller = Puller(self.house.store, self.house.digest, CARRIER)

    def _wire(self, shop: SimulatedShop) -> Wire:
        plan = self._plan
        rng = random.Random(f"wire {plan.seed} {shop.number}")  # noqa: S311 - a drill
        return Wire(shop, self._timeline, plan.trouble, plan.lag_s, rng, tells_lag=not plan.hides_lag)

    def _start_pushing(self) -> None:
        if self._mode is Mode.QUOTA:
            wires = {shop.id: wire for shop, wire in zip(self.house.shops, self._wires, strict=True)}
            QuotaLanes(self.house, wires, self._timeline).start(_FIRST_S)
            return
        pushing: Pushing = (
            DifferencePushing(self._plan, self.house, self._wires)
            if self._mode is Mode.INCREMENTAL
            else FullPushing(self._plan, self._mode, self.house, self._wires)
        )
        self._timeline.add_lane("push", pushing.work, _FIRST_S)

    # --- playing --------------------------------------------------------------------------------------------------

    def run(self, listening: Listening) -> None:
        """From before the sale to after its last order is known."""
        self._buyers.line_up()
        for place in range(len(self._shops)):
            self._timeline.add_lane(f"pull:{place}", partial(self._pull, place), 1.0 + place)
        self._start_pushing()
        if self._watches:
            self.house.store.subscribe(self._note)
            self._timeline.add_lane("watch", self._watch, 2.0)
        end_s = self._opens_s + self._plan.sale_s + self._plan.lag_s + _AFTER_S
        minutes = int(end_s // 60) + 1
        for minute in range(1, minutes + 1):
            self._timeline.run(min(minute * 60.0, end_s), listening.is_cancelled)
            if listening.is_cancelled():
                raise Refused("drill.cancelled", "the drill was stopped")
            listening.on_minute(minute, minutes)

    def _pull(self, place: int) -> float:
        try:
            self._puller.pull(self.house.shops[place], self._wires[place])
        except (ChannelError, DomainError):
            return _PULL_S / 4
        # All shops at the same beat: what follows from new orders is then done once for all of them.
        return _PULL_S - self._timeline.now_s % _PULL_S

    def _note(self, changes: Changes) -> None:
        self._is_changed = self._is_changed or not changes.tables.keys() <= _IDLE

    def _watch(self) -> float:
        if not self._is_changed and self._timeline.now_s < self._watched_s + _WATCH_ALL_S:
            return _WATCH_S
        self._is_changed, self._watched_s = False, self._timeline.now_s
        at = self._clock.now()
        for watch in self._watches:
            for standing in self.house.store.read(partial(_seen, watch, at)):
                if standing.severity is not Severity.NOTICE:
                    self._alerts.setdefault(standing.rule, self._timeline.now_s - self._opens_s)
        return _WATCH_S

    # --- counting -------------------------------------------------------------------------------------------------

    def result(self) -> Result:
        """What the buyers have now, and what it took."""
        plan, count, sold = self._plan, self._buyers.count, self._buyers.sold_qty
        alerts = {rule: round(at_s, 1) for rule, at_s in sorted(self._alerts.items())}
        hours = (self._opens_s + plan.sale_s + plan.lag_s + _AFTER_S) / 3600
        return Result(
            mode=self._mode,
            stock=plan.stock,
            demand=plan.demand,
            sold=sold,
            oversold=max(sold - plan.stock, 0),
            worst_oversold=count.worst_oversold,
            refused=count.refused,
            turned_away=count.turned_away,
            unsold=max(plan.stock - sold, 0),
            cancelled=count.cancelled,
            first_alert_s=min(alerts.values(), default=None),
            alerts=alerts,
            pushes=sum(wire.tally.writes for wire in self._wires),
            calls=sum(wire.tally.calls for wire in self._wires),
            calls_per_hour=round(max(wire.tally.calls for wire in self._wires) / hours),
            known_orders=self.house.store.read(_order_count),
            is_ledger_whole=not self.house.store.read(queries.check_sums),
            sold_by_shop=tuple(shop.sold_qty for shop in self._shops),
            story=tuple(count.story),
        )


def _order_count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(Order)).scalar_one())


def _seen(watch: Watch, at: datetime, connection: Connection) -> Sequence[Standing]:
    return watch(connection, at)


def _rules(plan: Plan, mode: Mode) -> StockRules:
    """How the simulated shops take writes: a mode uses the interface that it needs."""
    rules = StockRules(
        write=plan.write,
        below_zero=plan.below_zero,
        cancelled_unit=plan.cancelled_unit,
        reads_back=True,
        pauses_sale=True,
        calls_per_minute=plan.calls_per_minute,
        orders_lag_s=0,
        source="drill",
    )
    if mode is Mode.QUOTA:
        return rules
    write = WriteKind.PLAIN_DELTA if mode is Mode.INCREMENTAL else WriteKind.ABSOLUTE
    return replace(rules, write=write, below_zero=BelowZero.CLAMPS)
