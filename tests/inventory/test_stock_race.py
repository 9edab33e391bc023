"""487 buyers for 300 units, by processes and threads; in pairs, because a race test must be able to fail."""

import multiprocessing
import os
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from core.db.unit_of_work import UnitOfWork
from core.inventory.records import OrderWants
from core.runtime.clock import SystemClock
from tests.support.inventory_buyers import buy, buy_carelessly, shop
from tests.support.inventory_world import store_order

pytestmark = pytest.mark.race

UNITS, BUYERS = 300, 487
SPAWN = multiprocessing.get_context("spawn")


def orders_for(world, sku, how_many: int) -> list[OrderWants]:
    def store(uow: UnitOfWork) -> list[OrderWants]:
        return [store_order(uow, [(sku, 1)], number=f"B{n:05}", is_paid=True) for n in range(how_many)]

    return world.do(store)


def shares(orders: Sequence[OrderWants], how_many: int) -> list[Sequence[OrderWants]]:
    return [orders[start::how_many] for start in range(how_many)]


def start(world, share, meet=None):
    ours, theirs = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=shop, args=(world.address, share, theirs, meet))
    process.start()
    theirs.close()
    return process, ours


def outcomes(process, pipe) -> list[bool]:
    heard = []
    try:
        while True:
            heard.append(pipe.recv())
    except EOFError:
        process.join(60)
        return heard


def units_promised(world) -> int:
    return sum(row[4] for row in world.stock()["reservation"] if row[5] == "confirmed")


def test_processes_and_threads_sell_exactly_what_is_there(world):
    sku = world.stocked(UNITS)
    four = shares(orders_for(world, sku, BUYERS), 4)
    running = [start(world, four[:2]), start(world, four[2:])]
    won = [is_won for process, pipe in running for is_won in outcomes(process, pipe)]

    assert [process.exitcode for process, _ in running] == [0, 0]
    assert (len(won), sum(won)) == (BUYERS, UNITS)
    assert units_promised(world) == UNITS
    assert world.level(sku) == (UNITS, 0, UNITS, 0)


def test_without_the_guard_processes_and_threads_oversell(address):
    from tests.support.inventory_world import World

    world = World(address)
    sku = world.stocked(UNITS)
    four = shares(orders_for(world, sku, BUYERS // 4 * 4), 4)
    meet = SPAWN.Barrier(4)
    running = [start(world, four[:2], meet), start(world, four[2:], meet)]
    won = [is_won for process, pipe in running for is_won in outcomes(process, pipe)]

    assert [process.exitcode for process, _ in running] == [0, 0]
    assert sum(won) > UNITS
    assert units_promised(world) == sum(won)
    on_hand, _, confirmed, _ = world.level(sku)
    assert confirmed <= on_hand  # the counter looks healthy; only the sum of the claims shows the damage
    world.close()


def test_i3_of_many_buyers_of_one_unit_exactly_one_wins(world):
    store = world.address.store(SystemClock())
    for _ in range(5):
        sku = world.stocked(1)
        orders = world.do(
            lambda uow, sku=sku: [store_order(uow, [(sku, 1)], number=f"{sku}-{n}", is_paid=True) for n in range(40)]
        )
        ready = Barrier(8)

        def run(share, ready=ready):
            ready.wait(60)
            return [buy(store, order) for order in share]

        with ThreadPoolExecutor(8) as threads:
            won = [is_won for result in threads.map(run, shares(orders, 8)) for is_won in result]
        assert (len(won), sum(won)) == (40, 1)
        assert world.level(sku) == (1, 0, 1, 0)
    store.engines.dispose()


def test_i3_without_the_guard_two_threads_sell_one_unit_twice(address):
    from tests.support.inventory_world import World

    world = World(address)
    sku = world.stocked(1)
    orders = orders_for(world, sku, 2)
    meet = Barrier(2)
    with ThreadPoolExecutor(2) as threads:
        won = list(threads.map(lambda order: buy_carelessly(world.store, order, meet), orders))
    assert won == [True, True]
    assert units_promised(world) == 2
    world.close()


def test_a_killed_process_leaves_nothing_half_done_and_its_orders_can_be_repeated(world):
    sku = world.stocked(UNITS)
    orders = orders_for(world, sku, BUYERS)
    victims, others = shares(orders, 2)
    victim, its_pipe = start(world, [victims])
    other, other_pipe = start(world, [others])
    for _ in range(20):
        its_pipe.recv()
    os.kill(victim.pid, signal.SIGKILL)
    victim.join(60)
    assert victim.exitcode == -signal.SIGKILL
    won = sum(outcomes(other, other_pipe))
    world.check()

    store = world.address.store(SystemClock())
    won += sum(buy(store, order) for order in victims)
    store.engines.dispose()

    assert won == UNITS
    assert units_promised(world) == UNITS
    assert world.level(sku) == (UNITS, 0, UNITS, 0)


def test_crosswise_orders_of_two_desks_never_wait_for_each_other(world):
    """Levels are locked in one order whatever order the lines have."""
    first, second = world.stocked(100), world.stocked(100)

    def store_all(uow: UnitOfWork) -> list[OrderWants]:
        pairs = [[(first, 1), (second, 1)], [(second, 1), (first, 1)]]
        return [store_order(uow, pairs[n % 2], number=f"X{n}", is_paid=True) for n in range(80)]

    two = shares(world.do(store_all), 2)
    store = world.address.store(SystemClock())
    with ThreadPoolExecutor(2) as threads:
        won = list(threads.map(lambda share: sum(buy(store, order) for order in share), two))
    store.engines.dispose()
    assert won == [40, 40]
    assert world.level(first) == world.level(second) == (100, 0, 80, 0)
