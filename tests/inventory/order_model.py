"""What orders do to a stock, against plain counters: rules for any machine that keeps the rest of the counters."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, rule

from core.inventory import ledger, service
from core.inventory.records import OrderWants
from core.runtime.errors import Refused
from core.runtime.ids import SkuId, WarehouseId
from tests.support.inventory_world import World, lines_of

QTY = st.integers(1, 6)
WHICH = st.integers(0, 1)
Place = tuple[WarehouseId, SkuId]


@dataclass
class ModelLine:
    """What one order line has: counters, nothing else."""

    sku: SkuId
    reserved: int = 0
    confirmed: int = 0
    wanting: int = 0
    consumed: int = 0
    until: float = 0


@dataclass
class ModelOrder:
    """An order of the model."""

    wants: OrderWants
    lines: dict[int, ModelLine] = field(default_factory=dict)


class OrderRules(RuleBasedStateMachine):
    """Reserve, pay, expire, cancel, ship and count in the main warehouse; `on_hand` and `aside` are by place."""

    orders = Bundle("orders")
    world: World
    skus: list[SkuId]
    on_hand: dict[Place, int]
    aside: dict[Place, int]

    def __init__(self, *rest: Any) -> None:
        super().__init__(*rest)
        self.known: list[ModelOrder] = []
        self.last_ship: tuple[list[tuple[Any, int]], str] | None = None

    def came(self, sku: SkuId, qty: int) -> None:
        """So many units came into the house, or left it."""
        self.on_hand[World.main, sku] += qty

    def free_to_promise(self, sku: SkuId) -> int:
        """What may still be promised."""
        held = sum(line.reserved + line.confirmed for line in self.lines_with(sku))
        return self.on_hand[World.main, sku] - self.aside[World.main, sku] - held

    def lines_with(self, sku):
        return [line for order in self.known for line in order.lines.values() if line.sku == sku]

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
            self.sweep(self.lines_with(sku))
        need = dict.fromkeys(self.skus, 0)
        for line, qty in wanted.items():
            need[order.lines[line].sku] += qty
        fits = all(self.free_to_promise(sku) >= qty for sku, qty in need.items() if qty)
        for number, qty in wanted.items():
            line = order.lines[number]
            line.wanting = 0 if fits else qty
            if fits and is_paid:
                line.confirmed += qty
            elif fits:
                line.reserved += qty
                line.until = self.now + 900
        return fits

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
                self.sweep(self.lines_with(sku))

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
            self.came(line.sku, -units)
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

    @rule(which=WHICH, counted=st.integers(0, 15))
    def count(self, which, counted):
        sku, key = self.skus[which], self.world.key()
        self.world.do(service.expire_due)
        for other in self.skus:
            self.sweep(self.lines_with(other))
        result = self.world.do(lambda uow: ledger.count(uow, World.main, sku, counted, "stocktake", key))
        assert result.variance_qty == counted - self.on_hand[World.main, sku]
        promised = sum(line.reserved + line.confirmed for line in self.lines_with(sku))
        excess = max(0, promised + self.aside[World.main, sku] - counted)
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
        self.aside[World.main, sku] -= excess - taken
        self.came(sku, result.variance_qty)

    @rule(order=orders)
    def reserve_again(self, order):
        """A repeat of what everybody holds already writes nothing."""
        if all(line.confirmed + line.consumed and not line.wanting for line in order.lines.values()):
            before = self.world.stock()
            assert self.world.confirm(order.wants).is_reserved
            assert self.world.stock() == before
