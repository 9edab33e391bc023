"""The stock against plain counters: any sequence of acts, every number predicted."""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from core.inventory import ledger, service
from core.inventory.records import OrderWants
from core.runtime.errors import Refused
from tests.support.inventory_world import World, lines_of

QTY = st.integers(1, 6)
WHICH = st.integers(0, 2)


@dataclass
class ModelLine:
    """What one order line has: counters, nothing else."""

    sku: int
    reserved: int = 0
    confirmed: int = 0
    wanting: int = 0
    consumed: int = 0
    until: float = 0


@dataclass
class ModelOrder:
    wants: OrderWants
    lines: dict[int, ModelLine] = field(default_factory=dict)


class StockMachine(RuleBasedStateMachine):
    """Receive, reserve, pay, expire, cancel, ship, return, count, transfer, quarantine, and repeats of them."""

    orders = Bundle("orders")

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.skus = [world.sku() for _ in range(3)]
        self.on_hand = dict.fromkeys(self.skus, 0)
        self.aside = dict.fromkeys(self.skus, 0)
        self.elsewhere = dict.fromkeys(self.skus, 0)
        self.known: list[ModelOrder] = []
        self.last_ship = None

    def lines(self, sku):
        return [line for order in self.known for line in order.lines.values() if line.sku == sku]

    def free(self, sku):
        held = sum(line.reserved + line.confirmed for line in self.lines(sku))
        return self.on_hand[sku] - self.aside[sku] - held

    @property
    def now(self):
        return self.world.clock.monotonic()

    def sweep(self, lines):
        for line in lines:
            if line.reserved and line.until <= self.now:
                line.wanting += line.reserved
                line.reserved = 0

    def claim(self, order, wanted, is_paid):
        """All or none of {line id: units}; what the model says must happen."""
        for sku in {order.lines[line].sku for line in wanted}:
            self.sweep(self.lines(sku))
        need = dict.fromkeys(self.skus, 0)
        for line, qty in wanted.items():
            need[order.lines[line].sku] += qty
        fits = all(self.free(sku) >= qty for sku, qty in need.items() if qty)
        for number, qty in wanted.items():
            line = order.lines[number]
            line.wanting = 0 if fits else qty
            if fits and is_paid:
                line.confirmed += qty
            elif fits:
                line.reserved += qty
                line.until = self.now + 900
        return fits

    @rule(which=WHICH, qty=QTY, twice=st.booleans())
    def receive(self, which, qty, twice):
        sku, key = self.skus[which], self.world.key()
        for _ in range(1 + twice):
            self.world.do(lambda uow: ledger.receive(uow, World.main, sku, qty, "delivery", key))
        self.on_hand[sku] += qty

    @rule(target=orders, lines=st.lists(st.tuples(WHICH, QTY), min_size=1, max_size=3), is_paid=st.booleans())
    def reserve(self, lines, is_paid):
        wants = self.world.order(*((self.skus[which], qty) for which, qty in lines), is_paid=is_paid)
        order = ModelOrder(wants, {want.order_line_id: ModelLine(want.sku_id) for want in wants.wants})
        self.known.append(order)
        outcome = self.world.reserve(wants)[wants.order_id]
        asked = {want.order_line_id: want.qty for want in wants.wants}
        assert outcome.is_reserved == self.claim(order, asked, is_paid)
        return order

    @rule(order=orders)
    def pay(self, order):
        outcome = self.world.confirm(order.wants)
        self.sweep(order.lines.values())
        for line in order.lines.values():
            line.confirmed, line.reserved = line.confirmed + line.reserved, 0
        wanted = {number: line.wanting for number, line in order.lines.items() if line.wanting}
        is_claimed = not wanted or self.claim(order, wanted, is_paid=True)
        is_alive = all(line.confirmed + line.consumed + line.wanting for line in order.lines.values())
        assert outcome.is_reserved == (is_claimed and is_alive)

    @rule(seconds=st.sampled_from([1, 450, 900]), is_swept=st.booleans())
    def expire(self, seconds, is_swept):
        self.world.clock.advance(seconds=seconds)
        if is_swept:
            self.world.do(service.expire_due)
            for sku in self.skus:
                self.sweep(self.lines(sku))

    @rule(order=consumes(orders))
    def cancel(self, order):
        held = sum(line.reserved + line.confirmed for line in order.lines.values())
        assert self.world.release(order.wants) == held
        assert self.world.release(order.wants) == 0
        for line in order.lines.values():
            line.reserved = line.confirmed = line.wanting = 0

    @rule(order=orders, qty=QTY)
    def ship(self, order, qty):
        reference = self.world.key()
        parts = [(number, min(qty, line.confirmed)) for number, line in order.lines.items() if line.confirmed]
        for number, units in parts:
            line = order.lines[number]
            line.confirmed -= units
            line.consumed += units
            self.on_hand[line.sku] -= units
        self.world.do(lambda uow: service.consume(uow, parts, reference))
        self.last_ship = (parts, reference)

    @rule()
    def ship_again(self):
        if self.last_ship:
            parts, reference = self.last_ship
            assert self.world.do(lambda uow: service.consume(uow, parts, reference)).is_repeat

    @rule(order=orders, number=WHICH)
    def ship_too_much(self, order, number):
        line_id = lines_of(order.wants)[number % len(order.lines)]
        too_much = order.lines[line_id].confirmed + 1
        with pytest.raises(Refused):
            self.world.do(lambda uow: service.consume(uow, [(line_id, too_much)], self.world.key()))

    @rule(which=WHICH, qty=QTY, is_sellable=st.booleans())
    def take_back(self, which, qty, is_sellable):
        sku, key = self.skus[which], self.world.key()
        self.world.do(
            lambda uow: ledger.take_back(uow, World.main, sku, qty, "unwanted", key, is_sellable=is_sellable)
        )
        self.on_hand[sku] += qty
        self.aside[sku] += 0 if is_sellable else qty

    @rule(which=WHICH, counted=st.integers(0, 15))
    def count(self, which, counted):
        sku, key = self.skus[which], self.world.key()
        self.world.do(service.expire_due)
        for other in self.skus:
            self.sweep(self.lines(other))
        result = self.world.do(lambda uow: ledger.count(uow, World.main, sku, counted, "stocktake", key))
        assert result.variance_qty == counted - self.on_hand[sku]
        promised = sum(line.reserved + line.confirmed for line in self.lines(sku))
        excess = max(0, promised + self.aside[sku] - counted)
        taken = 0
        by_id = {number: line for order in self.known for number, line in order.lines.items()}
        for deficit in result.deficits:
            line, units = by_id[deficit.order_line_id], deficit.wanted_qty - deficit.available_qty
            assert deficit.wanted_qty == line.reserved + line.confirmed
            from_reserved = min(units, line.reserved)
            line.reserved -= from_reserved
            line.confirmed -= units - from_reserved
            line.wanting += units
            taken += units
        assert taken == min(excess, promised)
        self.aside[sku] -= excess - taken
        self.on_hand[sku] = counted

    @rule(which=WHICH, qty=QTY)
    def transfer(self, which, qty):
        sku, key = self.skus[which], self.world.key()
        fits = self.free(sku) >= qty
        try:
            self.world.do(lambda uow: ledger.transfer(uow, World.main, World.second, sku, qty, "fill up", key))
        except Refused:
            assert not fits
        else:
            assert fits
            self.on_hand[sku] -= qty
            self.elsewhere[sku] += qty

    @rule(which=WHICH, qty=QTY, is_back=st.booleans())
    def quarantine(self, which, qty, is_back):
        sku, key = self.skus[which], self.world.key()
        fits = qty <= (self.aside[sku] if is_back else self.free(sku))
        act = ledger.unquarantine if is_back else ledger.quarantine
        try:
            self.world.do(lambda uow: act(uow, World.main, sku, qty, "damp", key))
        except Refused:
            assert not fits
        else:
            assert fits
            self.aside[sku] += -qty if is_back else qty

    @rule(order=orders)
    def reserve_again(self, order):
        """A repeat of what everybody holds already writes nothing."""
        if all(line.confirmed + line.consumed and not line.wanting for line in order.lines.values()):
            before = self.world.stock()
            assert self.world.confirm(order.wants).is_reserved
            assert self.world.stock() == before

    @invariant()
    def numbers_are_as_predicted(self):
        self.world.check()
        for sku in self.skus:
            lines = self.lines(sku)
            reserved, confirmed = sum(line.reserved for line in lines), sum(line.confirmed for line in lines)
            expected = (self.on_hand[sku], reserved, confirmed, self.aside[sku])
            assert (self.world.level(sku) or (0, 0, 0, 0)) == expected
            assert (self.world.level(sku, World.second) or (0,))[0] == self.elsewhere[sku]
            assert self.free(sku) >= 0


@pytest.mark.slow
def test_stock_follows_plain_counters(world):
    # Each example adds to the tables that every step reads, so many examples cost more than they find.
    most = 40 if world.store.is_sqlite else 12
    run_state_machine_as_test(
        lambda: StockMachine(world),
        settings=settings(
            max_examples=min(settings().max_examples, most),
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            print_blob=True,
        ),
    )
