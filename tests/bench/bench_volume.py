"""A million random acts of the stock, one after the other: after each of them every number is the one predicted.

    python -m tests.bench.bench_volume [--quick] [--acts 1000000] [--seed 1]

The acts and the plain counters are those of the stock's Hypothesis machine, on two dozen SKUs; each act is a committed
transaction. After each one the levels it can have touched are compared with the counters, and the rows that promise
their units are summed; every 10,000 acts all sums of the whole file are made anew. It is about sums, not about speed
or disks, so nothing waits for the disk here.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select, text

from core.db.sets import id_set, packed_ids
from core.inventory import queries
from core.inventory.models import Reservation, StockLevel
from tests.bench.measure import verdict
from tests.inventory.test_stock_machine import StockMachine
from tests.support.inventory_world import World
from tests.support.world import Address, make_tables

_SKUS, _LIVE = 24, 60
_WHOLE_EVERY = 10_000
#: how often each act comes, in parts
_SHARES = {
    "receive": 10, "take_back": 4, "transfer": 4, "quarantine": 6, "reserve": 30, "pay": 14, "expire": 4, "cancel": 8,
    "ship": 18, "ship_again": 2, "count": 2,
}  # fmt: skip

# Made once: building them anew costs as much as running them.
_LEVELS = select(
    StockLevel.sku_id,
    StockLevel.warehouse_id,
    StockLevel.on_hand_qty,
    StockLevel.reserved_qty,
    StockLevel.confirmed_qty,
    StockLevel.quarantined_qty,
    StockLevel.id,
).where(StockLevel.sku_id.in_(id_set("sku_ids")))
_LIVE_ROWS = text(
    "CREATE INDEX bench_live ON reservation (level_id, state, qty) WHERE state IN ('reserved', 'confirmed')"
)
_SUMS = (
    select(Reservation.level_id, Reservation.state, func.sum(Reservation.qty))
    .join(StockLevel, StockLevel.id == Reservation.level_id)
    .where(StockLevel.sku_id.in_(id_set("sku_ids")), text("reservation.state IN ('reserved', 'confirmed')"))
    .group_by(Reservation.level_id, Reservation.state)
)


class Volume:
    """The machine, driven by chance instead of by Hypothesis."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.rng = random.Random(seed)
        self.machine: Any = StockMachine(world)
        self.machine.skus += [world.sku() for _ in range(_SKUS - len(self.machine.skus))]
        places = [(place, sku) for place in (World.main, World.second) for sku in self.machine.skus]
        self.machine.on_hand = dict.fromkeys(places, 0)
        self.machine.aside = dict.fromkeys(places, 0)
        self.done = dict.fromkeys(_SHARES, 0)

    def step(self) -> None:
        """One act, and a look at what it can have touched."""
        rng, machine = self.rng, self.machine
        (name,) = rng.choices(list(_SHARES), list(_SHARES.values()))
        touched = [rng.randrange(_SKUS)]
        qty = rng.randint(1, 6)
        if name == "receive":
            machine.receive(which=touched[0], qty=qty, twice=rng.random() < 0.2)
        elif name == "take_back":
            machine.take_back(which=touched[0], qty=qty, is_sellable=rng.random() < 0.5)
        elif name == "transfer":
            machine.transfer(which=touched[0], qty=qty)
        elif name == "quarantine":
            machine.quarantine(which=touched[0], qty=qty, is_back=rng.random() < 0.5)
        elif name == "count":
            machine.count(which=touched[0], counted=rng.randint(0, 15))
            touched = list(range(_SKUS))
        elif name == "expire":
            machine.expire(seconds=rng.choice((1, 60, 450)), is_swept=True)
            touched = list(range(_SKUS))
        elif name == "reserve":
            touched = [rng.randrange(_SKUS) for _ in range(rng.randint(1, 3))]
            machine.reserve(lines=[(which, rng.randint(1, 6)) for which in touched], is_paid=rng.random() < 0.5)
        elif name == "ship_again":
            machine.ship_again()
        elif machine.known:
            order = rng.choice(machine.known)
            touched = [machine.skus.index(line.sku) for line in order.lines.values()]
            if name == "ship":
                machine.ship(order=order, qty=qty)
            else:
                getattr(machine, name)(order=order)
        self.done[name] += 1
        self._let_go(rng)
        self._compare([machine.skus[which] for which in set(touched)])

    def _let_go(self, rng: random.Random) -> None:
        """Orders that want and hold nothing any more are forgotten; of too many some are cancelled."""
        known = self.machine.known
        if len(known) > _LIVE:
            self.machine.cancel(order=rng.choice(known))
            self.machine.known = [
                order
                for order in known
                if any(line.reserved or line.confirmed or line.wanting for line in order.lines.values())
            ]

    def _compare(self, skus: Sequence[int]) -> None:
        machine = self.machine
        binds = {"sku_ids": packed_ids(skus)}
        rows: Any = self.world.store.read(lambda c: (c.execute(_LEVELS, binds).all(), c.execute(_SUMS, binds).all()))
        promised = {(level, state): int(qty) for level, state, qty in rows[1]}
        found = {(place, sku): tuple(figures) for sku, place, *figures, _ in rows[0]}
        for sku, place, _, reserved, confirmed, _, level in rows[0]:
            by_rows = promised.get((level, "reserved"), 0), promised.get((level, "confirmed"), 0)
            assert by_rows == (reserved, confirmed), f"SKU {sku} in {place}: {by_rows} by its rows"
        for sku in skus:
            lines = machine.lines_with(sku)
            held = sum(one.reserved for one in lines), sum(one.confirmed for one in lines)
            expected = (machine.on_hand[World.main, sku], *held, machine.aside[World.main, sku])
            assert found.get((World.main, sku), (0, 0, 0, 0)) == expected, f"SKU {sku}: expected {expected}"
            assert found.get((World.second, sku), (0,))[0] == machine.on_hand[World.second, sku]


def main(arguments: Sequence[str] | None = None) -> bool:
    """Run it; whether every number was right every time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--acts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    wish = parser.parse_args(arguments)
    acts = 3_000 if wish.quick else wish.acts
    with tempfile.TemporaryDirectory() as folder:
        address = Address(sqlite_path=str(Path(folder) / "volume.db"))
        make_tables(address)
        world = World(address)
        # The bench alone asks for the rows of a level after every act; without an index it would read all that ever were.
        world.store.write(lambda uow: uow.connection.execute(_LIVE_ROWS))
        event.listen(world.store.engines.writer, "connect", _without_waiting)
        world.store.engines.writer.dispose()
        volume = Volume(world, wish.seed)
        began, right = time.perf_counter(), 0
        for number in range(1, acts + 1):
            volume.step()
            if number % _WHOLE_EVERY == 0 or number == acts:
                assert world.store.read(queries.check_sums) == []
                spent = time.perf_counter() - began
                print(f"  {number:,} acts, all sums equal; {number / spent:.0f} acts/s", flush=True)
            right = number
        world.close()
    print("  " + ", ".join(f"{name} {times:,}" for name, times in volume.done.items()))
    return verdict("acts after which every number was right", right, acts, higher_is_better=True)


def _without_waiting(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


if __name__ == "__main__":
    main()
