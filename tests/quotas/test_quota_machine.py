"""I11: whatever platforms lose, delay, clamp and refuse, nobody can buy what is not there."""

from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from core.channels.stock_contract import BelowZero, CancelledUnit, WriteKind
from core.inventory.pausing import pause_sale, resume_sale
from core.inventory.quotas import acts
from core.inventory.quotas.states import Mode
from core.runtime.errors import Refused
from tests.support.fake_shop import line
from tests.support.quota_world import QuotaWorld
from tests.support.stock_platform import StockPlatform, rules

WHICH = st.integers(0, 1)
FAULTS = st.lists(st.sampled_from(["", "", "lost_after", "lost_before", "late", "refuse"]), max_size=4)


class QuotaMachine(RuleBasedStateMachine):
    """Two platforms, one pool. The platforms' counters and their buyers are the judge, never our ledger."""

    make_world = None

    @initialize(
        kinds=st.tuples(st.sampled_from(WriteKind), st.sampled_from(WriteKind)),
        below=st.sampled_from(BelowZero),
        unit=st.sampled_from(CancelledUnit),
        pauses=st.booleans(),
        stock=st.integers(0, 25),
        early=st.lists(st.integers(1, 3), max_size=3),
    )
    def furnish(self, kinds, below, unit, pauses, stock, early):
        self.world: QuotaWorld = type(self).make_world()
        self.on_hand = stock
        self.asked = 0
        if stock:
            self.world.receive("BEAR", stock)
        self.shops = [
            self.world.add(
                StockPlatform(
                    self.world.clock,
                    rules(kind, below_zero=below, cancelled_unit=unit, pauses_sale=pauses),
                )
            )
            for kind in kinds
        ]
        self.orders = []
        # Sold before anybody counted: such orders are called off later like all others.
        self.platform(0).edit(min(stock, sum(early)))
        for qty in early:
            self.buy(0, qty, is_paid=True)
        self.pull(0)
        self.world.clock.advance(minutes=20)
        self.world.plan(Mode.QUOTA)
        self.world.turn(2)

    def platform(self, which) -> StockPlatform:
        return self.world.platforms[self.shops[which]]

    @rule(which=WHICH, qty=st.integers(1, 4), is_paid=st.booleans())
    def order(self, which, qty, is_paid):
        self.buy(which, qty, is_paid=is_paid)

    def buy(self, which, qty, *, is_paid):
        no = self.platform(which).buy(qty, is_paid=is_paid)
        if no:
            self.orders.append((which, no))

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def call_off(self, data):
        which, no = data.draw(st.sampled_from(self.orders))
        self.orders.remove((which, no))
        self.platform(which).call_off(no)

    @rule(qty=st.integers(1, 3))
    def ask_first(self, qty):
        """Somebody who takes a no for an answer, as an own mall at the door."""
        no = f"door {self.world.key_no()}"
        self.world.shop.place(no, line("1", "BEAR", qty))
        self.world.sync(no)
        if self.world.holds(no):
            self.world.shop.cancel(no)
            self.world.sync(no)
        else:
            self.asked += qty

    @rule(qty=st.integers(1, 6))
    def receive(self, qty):
        self.world.receive("BEAR", qty)
        self.on_hand += qty

    @rule(which=WHICH)
    def pull_one(self, which):
        self.pull(which)

    def pull(self, which):
        self.world.pull(self.shops[which])

    @rule()
    def plan(self):
        self.world.run_planner()

    @rule(which=WHICH, faults=FAULTS)
    def deliver(self, which, faults):
        self.platform(which).stock_faults = list(faults)
        self.world.deliver(self.shops[which])
        self.platform(which).stock_faults = []

    @rule(seconds=st.sampled_from([1, 6, 40, 700]))
    def wait(self, seconds):
        self.world.clock.advance(seconds=seconds)
        for platform in self.world.platforms.values():
            platform.arrive()

    @rule(which=WHICH, qty=st.integers(-6, 6))
    def by_hand(self, which, qty):
        try:
            quota = self.world.quota_id(self.shops[which])
            if qty > 0:
                self.world.do(lambda uow: acts.grant(uow, quota, qty, "by hand"))
            elif qty < 0:
                self.world.do(lambda uow: acts.withdraw(uow, quota, -qty, "by hand"))
        except Refused:
            pass

    @rule(which=WHICH, goes_on=st.booleans())
    def stop(self, which, goes_on):
        change = resume_sale if goes_on else partial(pause_sale, reason="by hand")
        self.world.do(lambda uow: change(uow, self.shops[which], self.world.sku))

    @rule(times=st.integers(1, 3))
    def turn(self, times):
        self.world.turn(times)

    @invariant()
    def nobody_can_buy_what_is_not_there(self):
        if not hasattr(self, "world"):
            return
        numbers = [one.number for one in self.world.platforms.values()]
        promised = self.world.owed + sum(numbers) + self.asked
        assert promised <= self.on_hand, (promised, self.on_hand, numbers)

    @invariant()
    def sums_hold(self):
        if hasattr(self, "world"):
            self.world.check_stock()

    def teardown(self):
        if hasattr(self, "world"):
            # Left alone for a while it comes to rest: nothing in doubt, no drift, and nothing lies about unsold.
            for platform in self.world.platforms.values():
                platform.stock_faults = []
            for shop in self.shops:
                self.world.do(lambda uow, shop=shop: resume_sale(uow, shop, self.world.sku))
            self.world.turn(30, seconds=45)
            # Sales that leave the window of the last hour may just now have moved units once more: that ends as well.
            for _ in range(15):
                if all(row.open_act is None for row in self.world.look().quotas):
                    break
                self.world.turn(1, seconds=45)
            for row in self.world.look().quotas:
                assert (row.slack_qty, row.drift_qty, row.overdrawn_qty, row.uncovered_qty) == (0, None, 0, 0), row
                platform = self.world.platforms[row.shop_id]
                assert row.right_qty == platform.number
                assert (platform.is_on_sale, row.is_paused) == (True, False)
            # Every unit that nobody has is on sale somewhere, or free for whoever asks.
            assert sum(self.world.rights().values()) == self.world.level()[3] if self.on_hand else True
            self.nobody_can_buy_what_is_not_there()
            self.world.close()


def _run(make_world, examples, steps=25):
    machine = type("Machine", (QuotaMachine,), {"make_world": staticmethod(make_world)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            # A failing example of so many real transactions takes minutes to shrink; the seed is printed.
            phases=[Phase.generate],
            print_blob=True,
        ),
    )


@pytest.fixture
def make_world(spine_address, tmp_path):
    """Worlds one after the other on the same database, emptied in between."""
    import shutil

    from tests.support.world import Address

    pristine = tmp_path / "pristine.db"
    if spine_address.sqlite_path:
        shutil.copy(spine_address.sqlite_path, pristine)
    counter = iter(range(10**6))

    def make():
        if spine_address.sqlite_path:
            path = tmp_path / f"world{next(counter)}.db"
            shutil.copy(pristine, path)
            return QuotaWorld(Address(sqlite_path=str(path)))
        from sqlalchemy import NullPool, create_engine

        engine = create_engine(spine_address.postgres_url, poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            names = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
            connection.execute(text(";".join(f'DELETE FROM "{name}"' for name in names.all())))
        engine.dispose()
        return QuotaWorld(spine_address)

    return make


def test_nobody_can_buy_what_is_not_there(make_world):
    _run(make_world, examples=10)
