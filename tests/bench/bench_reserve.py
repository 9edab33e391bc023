"""Reservation alone: CPU per order of the product against hand-tuned sqlcipher3 on the same file, key and rows.

    python -m tests.bench.bench_reserve [--quick] [--pages 30] [--rounds 5] [--skus 2000]

Both sides reserve pages of 100 paid and unpaid orders with 3 lines each, leave the same reservation rows and the same
journal row, and commit with synchronous=FULL. The yardstick reads the level ids of the page, updates each level under
the guard with one executemany and inserts the rows with another. Rounds are interleaved; medians are printed.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.db.driver import connect_sqlite
from core.inventory import service
from core.inventory.records import OrderWants, Want
from core.runtime.ids import OrderId, OrderLineId, SkuId
from tests.bench.reservable import write_reservable
from tests.support.inventory_world import START, World
from tests.support.world import KEY, Address, make_tables

_PAGE = 100
_LINES = 3
_NOW = int(START.timestamp() * 1000)


def _seed(world: World, sku_count: int, order_count: int, rng: random.Random) -> list[OrderWants]:
    orders = [
        OrderWants(
            OrderId(number),
            World.main,
            tuple(
                Want(OrderLineId(number * _LINES - place), SkuId(rng.randint(1, sku_count)), rng.randint(1, 3))
                for place in range(_LINES)
            ),
            is_paid=number % 5 != 0,
        )
        for number in range(1, order_count + 1)
    ]

    write_reservable(world, [10_000_000] * sku_count, orders)
    return orders


def _by_hand(connection: Any, orders: list[OrderWants]) -> None:
    """What a careful person writes who needs nothing but this one case."""
    reserved: defaultdict[int, int] = defaultdict(int)
    confirmed: defaultdict[int, int] = defaultdict(int)
    for order in orders:
        bucket = confirmed if order.is_paid else reserved
        for want in order.wants:
            bucket[want.sku_id] += want.qty
    skus = sorted(reserved.keys() | confirmed.keys())
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    marks = ",".join("?" * len(skus))
    levels = dict(
        cursor.execute(
            f"SELECT sku_id, id FROM stock_level WHERE warehouse_id = 1 AND sku_id IN ({marks})",
            skus,
        )
    )
    cursor.executemany(
        "UPDATE stock_level SET reserved_qty = reserved_qty + ?1, confirmed_qty = confirmed_qty + ?2"
        " WHERE id = ?3 AND on_hand_qty - reserved_qty - confirmed_qty - quarantined_qty >= ?1 + ?2",
        [(reserved[sku], confirmed[sku], levels[sku]) for sku in skus],
    )
    assert cursor.rowcount == len(skus)
    until = _NOW + 900_000
    cursor.executemany(
        "INSERT INTO reservation (order_line_id, sku_id, level_id, qty, state, attempt, created_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, 1, ?, ?)",
        [
            (
                want.order_line_id,
                want.sku_id,
                levels[want.sku_id],
                want.qty,
                "confirmed" if order.is_paid else "reserved",
                _NOW,
                None if order.is_paid else until,
            )
            for order in orders
            for want in order.wants
        ],
    )
    facts = json.dumps({"order_ids": [order.order_id for order in orders], "short_ids": []})
    cursor.execute(
        "INSERT INTO journal (at, operator, desk, action, subject, subject_id, facts)"
        " VALUES (?, 'clerk', 'desk 1', 'stock.reserved', 'reservation', 0, ?)",
        (_NOW, facts),
    )
    cursor.execute("COMMIT")
    cursor.close()


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print CPU microseconds per order of both sides and their ratio; there is no bar of its own to miss."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--pages", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--skus", type=int, default=2000)
    options = parser.parse_args(arguments)
    if options.quick:
        options.pages, options.rounds = 10, 3
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bench.db")
        make_tables(Address(sqlite_path=str(path)))
        world = World(Address(sqlite_path=str(path)))
        per_round = options.pages * _PAGE
        orders = _seed(world, options.skus, per_round * 2 * (options.rounds + 1), random.Random(618))
        connection = connect_sqlite(path, KEY.file_key)
        cpu: dict[str, list[float]] = {"product": [], "by hand": []}
        wall: dict[str, list[float]] = {"product": [], "by hand": []}
        place = 0
        for number in range(options.rounds + 1):
            for name in ("product", "by hand") if number % 2 else ("by hand", "product"):
                pages = [orders[at : at + _PAGE] for at in range(place, place + per_round, _PAGE)]
                place += per_round
                world.clock.advance(seconds=1)

                def run(name: str = name, pages: list[list[OrderWants]] = pages) -> None:
                    for page in pages:
                        if name == "product":
                            world.do(lambda uow, page=page: service.reserve_page(uow, page))
                        else:
                            _by_hand(connection, page)

                spent, passed = _timed(run)
                if number:  # the first round warms the caches of both
                    cpu[name].append(spent / per_round * 1e6)
                    wall[name].append(passed / per_round * 1e6)
        world.check()
        connection.close()
        world.close()
    middle = {name: statistics.median(values) for name, values in cpu.items()}
    for name, spent in middle.items():
        print(f"{name:8}  CPU {spent:6.1f} us/order   wall {statistics.median(wall[name]):6.1f} us/order")
    print(f"ratio     {middle['by hand'] / middle['product']:.2f} of hand-tuned (CPU)")
    return True


if __name__ == "__main__":
    main()
