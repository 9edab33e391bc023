"""What stands behind a right: goods that its shop may sell, only of what it sells, and only as long as it needs them."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from core.catalog.models import BundleLine
from core.catalog.records import SkuSpec
from core.channels.models import Shop
from core.inventory import ledger
from core.inventory.batches import note_batch
from core.inventory.models import StockLevel, Warehouse
from core.inventory.quotas import acts
from core.inventory.quotas.models import Quota, QuotaCover
from core.inventory.quotas.states import Mode
from core.inventory.shifting import hold_batch
from core.runtime.errors import Refused
from core.runtime.ids import OrderLineId, SkuId
from tests.support.fake_shop import line
from tests.support.stock_platform import StockPlatform


def milk(world, **batches):
    """Tins in batches: code -> (days they last, units)."""
    spec = SkuSpec("MILK", "奶粉", is_batch_managed=True, life_days=400, warn_days=30)
    sku = world.desk.products.add(spec).sku_id
    world.skus["MILK"] = sku
    for batch, (days, qty) in batches.items():
        tins(world, batch, days, qty)


def tins(world, batch, days, qty):
    def book(uow):
        note_batch(uow, world.skus["MILK"], batch, (uow.now + timedelta(hours=8)).date() + timedelta(days=days))
        ledger.receive(uow, world.warehouse, world.skus["MILK"], qty, "delivery", f"in-{batch}", batch)

    world.do(book)


def promise(world, shop, days):
    world.do(lambda uow: uow.execute(update(Shop).where(Shop.id == shop).values(min_life_days=days)))


def levels(world):
    """Batch -> confirmed and allotted units of the tins."""
    columns = (StockLevel.batch, StockLevel.confirmed_qty, StockLevel.allotted_qty)
    return {row[0]: tuple(row[1:]) for row in world.rows(select(*columns).where(StockLevel.batch != ""))}


# --- goods that last -----------------------------------------------------------------------------------------------


def test_only_goods_that_last_as_long_as_the_shop_promises_are_granted_and_cover(world):
    milk(world, SOON=(30, 6), LATE=(300, 4))
    shop = world.add(StockPlatform(world.clock, code="MILK"))
    promise(world, shop, 180)
    world.plan(Mode.MANUAL, "MILK")
    world.turn(2)
    quota = world.quota_id(shop, "MILK")

    with pytest.raises(Refused) as refused:
        world.do(lambda uow: acts.grant(uow, quota, 5, "by hand"))
    assert refused.value.facts["available_qty"] == 4
    world.do(lambda uow: acts.grant(uow, quota, 4, "by hand"))

    world.deliver(shop)
    assert levels(world) == {"SOON": (0, 0), "LATE": (0, 4)}
    world.platforms[shop].buy(4)
    world.pull(shop)
    assert levels(world) == {"SOON": (0, 0), "LATE": (4, 0)}


def test_the_planner_grants_each_shop_what_it_may_sell(world):
    milk(world, SOON=(30, 60), LATE=(300, 40))
    careful = world.add(StockPlatform(world.clock, code="MILK"))
    other = world.add(StockPlatform(world.clock, code="MILK"))
    promise(world, careful, 180)
    world.plan(Mode.QUOTA, "MILK")
    world.turn(6)
    rights = world.rights("MILK")
    assert rights[careful] + rights[other] == 100
    assert (0 < rights[careful] <= 40, world.look("MILK").worst_qty) == (True, 0)
    for shop in (careful, other):
        for _ in range(rights[shop]):
            no = world.platforms[shop].buy(1)
        world.pull(shop)
        assert world.holds(no) == set()
    assert sum(confirmed for confirmed, _ in levels(world).values()) == 100


def test_a_shop_is_told_of_the_shared_stock_what_it_may_sell(world):
    milk(world, SOON=(30, 60), LATE=(300, 40))
    shop = world.add(StockPlatform(world.clock, code="MILK"))
    promise(world, shop, 180)
    world.plan(Mode.SHARED, "MILK")
    world.turn(3)
    assert world.platforms[shop].number == 40


def test_goods_that_do_not_last_long_enough_any_more_are_exchanged_or_the_shop_is_cut(world):
    milk(world, SOON=(200, 6))
    shop = world.add(StockPlatform(world.clock, number=6, code="MILK"))
    world.plan(Mode.MANUAL, "MILK")
    world.turn(2)
    assert levels(world) == {"SOON": (0, 6)}
    tins(world, "LATE", 390, 4)
    promise(world, shop, 250)
    world.run_planner()
    assert levels(world) == {"SOON": (0, 0), "LATE": (0, 4)}
    world.turn(3)
    assert (world.rights("MILK")[shop], world.platforms[shop].number, world.look("MILK").worst_qty) == (4, 4, 0)


def test_an_order_that_finds_other_goods_frees_what_stood_behind_its_right(world):
    """The cover does not last any more; what is free does."""
    milk(world, SOON=(200, 3))
    shop = world.add(StockPlatform(world.clock, number=3, code="MILK"))
    world.plan(Mode.MANUAL, "MILK")
    world.turn(2)
    promise(world, shop, 250)
    tins(world, "LATE", 390, 3)
    no = world.platforms[shop].buy(2)
    world.pull(shop)
    assert world.holds(no) == set()
    assert levels(world) == {"SOON": (0, 1), "LATE": (2, 0)}


# --- what one order has lent ---------------------------------------------------------------------------------------


def test_a_line_of_no_quota_gets_none_of_what_is_kept_for_another_order(world):
    """Its order's other line draws on the quota; the units of an order that waits are not on offer."""
    world.receive("BEAR", 3)
    world.receive("BAG", 1)
    shop = world.add(StockPlatform(world.clock, number=3))
    world.plan(Mode.MANUAL)
    world.turn(2)
    platform = world.platforms[shop]
    platform.edit(1)
    platform.place("W", line("1", "BEAR", 2), line("2", "CARD", 1))
    world.pull(shop)
    assert "short" in world.holds("W")
    platform.edit(0)
    platform.place("X", line("1", "BEAR", 1), line("2", "SET", 1))
    world.pull(shop)
    assert "short" in world.holds("X")
    assert world.level() == (3, 0, 0, 3)
    world.receive("CARD", 1)
    assert world.holds("W") == set()
    assert world.level() == (3, 0, 2, 1)


def test_two_quotas_of_one_order_may_exchange_the_batches_that_cover_them(world):
    """Single tins and a box of two, each covered by another batch: whichever the lines find, the sums hold."""
    milk(world, A=(100, 2))
    box = SkuSpec("BOX", "奶粉两罐装", components=(("MILK", 2),))
    world.skus["BOX"] = world.desk.products.add(box).sku_id
    shop = world.add(StockPlatform(world.clock, number=1, code="BOX"))
    world.plan(Mode.MANUAL, "BOX")
    world.turn(2)
    tins(world, "B", 50, 1)
    tins(world, "C", 200, 1)

    def also_single(uow):
        quota = acts.open_quota(
            uow, shop, world.skus["MILK"], listing_id=None, cancelled_unit="platform", is_counted=True
        )

        facts = {"adopted_at": uow.now - timedelta(days=1), "granted_qty": 2}
        uow.execute(update(Quota).where(Quota.id == quota).values(**facts))
        return quota

    world.do(also_single)
    world.plan(Mode.MANUAL, "MILK")
    world.run_planner()
    assert levels(world) == {"A": (0, 2), "B": (0, 1), "C": (0, 1)}
    world.platforms[shop].edit(0)
    world.platforms[shop].place("N1", line("1", "MILK", 2), line("2", "BOX", 1))
    world.pull(shop)
    assert world.holds("N1") == set()
    assert levels(world) == {"A": (2, 0), "B": (1, 0), "C": (1, 0)}


# --- another batch was packed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [300, 30])
def test_goods_packed_of_the_batch_behind_the_shops_own_right_are_exchanged(world, days):
    """What the books had chosen covers the right then, if the shop may sell it."""
    milk(world, A=(days, 2), B=(400, 3))
    shop = world.add(StockPlatform(world.clock, number=5, code="MILK"))
    world.plan(Mode.MANUAL, "MILK")
    world.turn(2)
    no = world.platforms[shop].buy(2)
    world.pull(shop)
    assert levels(world) == {"A": (2, 0), "B": (0, 3)}
    promise(world, shop, 100)
    (row,) = world.lines(no)
    place = (world.warehouse, SkuId(world.skus["MILK"]))

    assert world.do(lambda uow: hold_batch(uow, place, "B", {OrderLineId(row.id): 2}, {}))

    assert levels(world) == {"A": (0, 2 if days > 100 else 0), "B": (2, 1)}
    assert world.rights("MILK")[shop] == 3


def test_goods_of_a_batch_behind_another_shops_right_are_not_taken(world):
    milk(world, A=(300, 2), B=(400, 3))
    shop = world.add(StockPlatform(world.clock, number=5, code="MILK"))
    world.plan(Mode.MANUAL, "MILK")
    world.turn(2)
    no = world.platforms[shop].buy(2)
    world.pull(shop)
    other = world.add(StockPlatform(world.clock, number=0, code="MILK"))
    quota = world.quota_id(shop, "MILK")
    world.do(lambda uow: uow.execute(update(Quota).where(Quota.id == quota).values(shop_id=other)))
    (row,) = world.lines(no)
    place = (world.warehouse, SkuId(world.skus["MILK"]))
    assert not world.do(lambda uow: hold_batch(uow, place, "B", {OrderLineId(row.id): 2}, {}))
    assert levels(world) == {"A": (2, 0), "B": (0, 3)}


# --- what stands there for nothing ---------------------------------------------------------------------------------


def test_a_bundle_that_is_put_together_anew_gives_back_what_it_does_not_need(world):
    world.receive("BEAR", 10)
    world.receive("BAG", 5)
    world.receive("CARD", 5)
    shop = world.add(StockPlatform(world.clock, number=3, code="SET"))
    world.plan(Mode.MANUAL, "SET")
    world.turn(2)
    assert (world.level()[3], world.level("BAG")[3]) == (6, 3)

    def anew(uow):
        of_set = BundleLine.bundle_sku_id == world.skus["SET"]
        uow.execute(delete(BundleLine).where(of_set, BundleLine.component_sku_id == world.skus["BAG"]))
        uow.execute(update(BundleLine).where(of_set).values(qty=1))
        uow.insert(
            BundleLine,
            {"bundle_sku_id": world.skus["SET"], "component_sku_id": world.skus["CARD"], "qty": 1},
        )

    world.do(anew)
    world.run_planner()

    assert (world.level()[3], world.level("BAG")[3], world.level("CARD")[3]) == (3, 0, 3)
    assert (world.quota(shop, "SET").stray_qty, world.look("SET").worst_qty) == (0, 0)


def test_what_a_sold_order_waits_for_stays_until_the_quota_is_counted_no_more(world):
    world.receive("BEAR", 4)
    shop = world.add(StockPlatform(world.clock, number=4))
    world.plan(Mode.MANUAL)
    world.turn(2)
    platform = world.platforms[shop]
    platform.edit(0)
    platform.place("N1", line("1", "BEAR", 4), line("2", "CARD", 1))
    world.pull(shop)
    world.turn(2)
    assert (world.quota(shop).stray_qty, world.level()[3]) == (4, 4), "kept for the order"
    world.plan(Mode.SHARED)
    world.turn(3)
    assert world.quota(shop).is_counted is False
    assert (world.rows(select(QuotaCover.qty)), world.level()[3]) == ([], 0)


def test_what_stands_in_a_place_that_the_shop_has_left_is_given_back(world):
    world.receive("BEAR", 5)
    shop = world.add(StockPlatform(world.clock, number=5))
    world.plan(Mode.MANUAL)
    world.turn(2)
    assert world.level()[3] == 5

    def move(uow):

        place = uow.insert(Warehouse, {"code": "W2", "name": "second"})
        uow.execute(update(Shop).where(Shop.id == shop).values(warehouse_id=place))

    world.do(move)
    world.turn(3)
    assert world.rights()[shop] == world.platforms[shop].number == 0
    assert world.level()[3] == 0
