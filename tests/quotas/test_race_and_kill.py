"""Threads of several desks on one SKU, and programs that die between the commit and the answer."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from core.channels.stock_contract import WriteKind
from core.fulfilment.taking import take_page
from core.inventory.quotas import acts
from core.inventory.quotas.models import Quota
from core.inventory.quotas.states import Mode
from core.runtime.errors import Refused, Unavailable
from core.sync.delivering import Deliverer
from core.sync.handlers import Handlers
from core.sync.shops import shop_of
from core.sync.stock_plan import StockPlanner
from tests.support.fake_shop import line
from tests.support.quota_world import CARRIER
from tests.support.stock_platform import StockPlatform, rules


class _Killed(BaseException):
    """The program is gone, whatever it was doing."""


@pytest.mark.race
def test_desks_that_grant_sell_and_promise_at_once_never_give_a_unit_twice(world):
    on_hand = 40
    world.receive("BEAR", on_hand)
    shops = [world.add(StockPlatform(world.clock)) for _ in range(2)]
    world.plan(Mode.QUOTA)
    world.turn(3)
    stores = [world.new_store(f"desk {n}") for n in range(2, 6)]
    lock, promised = threading.Lock(), []

    def planner(store):
        for _ in range(6):
            StockPlanner(store, world.open_channel).run()
            for shop in shops:
                handlers = Handlers(store, {}, world.open_channel)
                Deliverer(store, store.actor.desk, handlers.by_kind(), handlers.give_ups()).drain(acts.lane_of(shop))

    def sales(store, shop):
        record = store.read(lambda connection: shop_of(connection, shop))
        for _ in range(15):
            with lock:
                no = world.platforms[shop].buy(1)
                order = world.platforms[shop].orders.get(no)
            if order is not None:
                store.write(lambda uow, o=order: take_page(uow, record.facts, [o], world.digest, CARRIER))

    def door(store):
        record = store.read(lambda connection: shop_of(connection, world.shop_id))
        for n in range(20):
            order = world.shop.place(f"D{store.actor.desk}-{n}", line("1", "BEAR", 1))
            store.write(lambda uow, o=order: take_page(uow, record.facts, [o], world.digest, CARRIER))
            with lock:
                promised.append(order.order_no)

    with ThreadPoolExecutor(4) as threads:
        jobs = [
            threads.submit(planner, stores[0]),
            threads.submit(sales, stores[1], shops[0]),
            threads.submit(sales, stores[2], shops[1]),
            threads.submit(door, stores[3]),
        ]
        for job in jobs:
            job.result(120)
    kept = sum(1 for no in promised if not world.holds(no))
    assert world.owed + kept >= on_hand // 2, "there was a sale"
    numbers = sum(one.number for one in world.platforms.values())
    assert world.owed + numbers + kept <= on_hand
    assert not any(world.holds(no) for one in world.platforms.values() for no in one.sold), "what they sold is there"
    on, reserved, confirmed, allotted = world.level()
    assert on == on_hand
    assert reserved + confirmed + allotted <= on_hand
    # Nothing of it was lost between the desks: whoever comes now is served.
    world.turn(4)
    for platform in world.platforms.values():
        platform.buy(platform.number)
    world.turn(4)
    assert world.owed + kept >= 0.9 * on_hand
    assert world.owed + kept <= on_hand


@pytest.mark.race
def test_two_who_grant_the_last_units_get_them_once(world):
    world.receive("BEAR", 5)
    shops = [world.add(StockPlatform(world.clock)) for _ in range(2)]
    world.plan(Mode.MANUAL)
    world.turn(2)
    stores = [world.new_store(f"desk {n}") for n in (2, 3)]
    meet = threading.Barrier(2)

    def give(store, shop):
        quota = store.read(
            lambda connection: connection.execute(select(Quota.id).where(Quota.shop_id == shop)).scalar_one()
        )
        meet.wait(30)
        try:
            store.write(lambda uow: acts.grant(uow, quota, 4, "by hand"))
            return 4
        except (Refused, Unavailable):
            return 0

    with ThreadPoolExecutor(2) as threads:
        given = [job.result(60) for job in [threads.submit(give, *pair) for pair in zip(stores, shops, strict=True)]]
    assert sorted(given) == [0, 4]
    assert world.level()[3] == 4


@pytest.mark.parametrize("kind", list(WriteKind))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_program_that_dies_while_it_tells_a_platform_costs_no_unit(world, kind, moment):
    """Killed before the first byte, or after the platform has applied it: the next program settles it."""
    world.receive("BEAR", 30)
    shop = world.add(StockPlatform(world.clock, rules(kind), number=6))
    world.plan(Mode.MANUAL)
    world.turn(2)
    platform, quota = world.platforms[shop], world.quota_id(shop)
    for act, qty in ((acts.grant, 4), (acts.withdraw, 3)):
        world.do(lambda uow, act=act, qty=qty: act(uow, quota, qty, "by hand"))
        name = "change_stock" if "delta" in kind else "set_stock"
        real = getattr(platform, name)

        def dies(*arguments, real=real):
            if moment == "after":
                real(*arguments)
            raise _Killed

        setattr(platform, name, dies)
        for _ in range(8):
            try:
                world.deliver(shop)
            except _Killed:
                break
            world.pull(shop)
            world.clock.advance(seconds=10)
        setattr(platform, name, real)
        platform.buy(1)
        world.clock.advance(seconds=130)  # its lease runs out
        for _ in range(8):
            world.pull(shop)
            world.deliver(shop, holder="desk 2")
            world.run_planner()
            world.clock.advance(seconds=40)
        row = world.quota(shop)
        assert row.right_qty == platform.number
        assert (row.slack_qty, row.drift_qty, row.open_act) == (0, None, None)
        assert platform.is_on_sale
        assert world.level()[3] == row.right_qty
