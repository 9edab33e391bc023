"""The stock against plain counters: any sequence of acts, every number predicted."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from core.inventory import ledger
from core.runtime.errors import Refused
from tests.inventory.order_model import QTY, WHICH, OrderRules
from tests.support.examples import so_many
from tests.support.inventory_world import World


class StockMachine(OrderRules):
    """Receive, reserve, pay, expire, cancel, ship, return, count, transfer, quarantine, and repeats of them."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.skus = [world.sku() for _ in range(2)]
        places = [(place, sku) for place in (World.main, World.second) for sku in self.skus]
        self.on_hand = dict.fromkeys(places, 0)
        self.aside = dict.fromkeys(places, 0)

    @rule(which=WHICH, qty=QTY, twice=st.booleans())
    def receive(self, which, qty, twice):
        sku, key = self.skus[which], self.world.key()
        for _ in range(1 + twice):
            self.world.do(lambda uow: ledger.receive(uow, World.main, sku, qty, "delivery", key))
        self.came(sku, qty)

    @rule(which=WHICH, qty=QTY, is_sellable=st.booleans())
    def take_back(self, which, qty, is_sellable):
        """Goods come back; what is not sellable is set aside in the same transaction."""
        sku, key = self.skus[which], self.world.key()

        def act(uow):
            ledger.book_in_hand(uow, World.main, sku, qty, "unwanted", key)
            if not is_sellable:
                ledger.quarantine(uow, World.main, sku, qty, "unwanted", key)

        self.world.do(act)
        self.came(sku, qty)
        self.aside[World.main, sku] += 0 if is_sellable else qty

    @rule(which=WHICH, qty=QTY)
    def transfer(self, which, qty):
        sku, key = self.skus[which], self.world.key()
        fits = self.free_to_promise(sku) >= qty
        try:
            self.world.do(lambda uow: ledger.transfer(uow, World.main, World.second, sku, qty, "fill up", key))
        except Refused:
            assert not fits
        else:
            assert fits
            self.came(sku, -qty)
            self.on_hand[World.second, sku] += qty

    @rule(which=WHICH, qty=QTY, is_back=st.booleans())
    def quarantine(self, which, qty, is_back):
        sku, key = self.skus[which], self.world.key()
        fits = qty <= (self.aside[World.main, sku] if is_back else self.free_to_promise(sku))
        act = ledger.unquarantine if is_back else ledger.quarantine
        try:
            self.world.do(lambda uow: act(uow, World.main, sku, qty, "damp", key))
        except Refused:
            assert not fits
        else:
            assert fits
            self.aside[World.main, sku] += -qty if is_back else qty

    @invariant()
    def numbers_are_as_predicted(self):
        self.world.check()
        for sku in self.skus:
            lines = self.lines_with(sku)
            reserved, confirmed = sum(line.reserved for line in lines), sum(line.confirmed for line in lines)
            expected = (self.on_hand[World.main, sku], reserved, confirmed, self.aside[World.main, sku])
            assert (self.world.level(sku) or (0, 0, 0, 0)) == expected
            assert (self.world.level(sku, World.second) or (0,))[0] == self.on_hand[World.second, sku]
            assert self.free_to_promise(sku) >= 0


@pytest.mark.slow
def test_stock_follows_plain_counters(world):
    # Each example adds to the tables that every step reads, so many examples cost more than they find.
    most = 25 if world.store.is_sqlite else 8
    run_state_machine_as_test(
        lambda: StockMachine(world),
        settings=settings(
            max_examples=so_many(most),
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            print_blob=True,
        ),
    )
