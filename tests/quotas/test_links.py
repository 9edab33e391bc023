"""Several links of one shop to the same goods, and links that lead to other goods than before."""

import pytest
from sqlalchemy import select, update

from core.catalog.models import Listing
from core.channels.models import Shop
from core.channels.stock_contract import BelowZero, WriteKind
from core.inventory.quotas import acts
from core.inventory.quotas.links import spare_links
from core.inventory.quotas.models import Quota, SpareLink
from core.inventory.quotas.states import Mode
from core.runtime.remote_errors import Rejected
from tests.quotas.test_stops import WAYS, go_on, stop
from tests.support.stock_platform import StockPlatform, rules


class TwoLinks:
    """A shop with a second link: each link has a counter of its own behind one way in."""

    def __init__(self, world, way, *, code="BEAR", number=5, **more):
        kind, pauses = way
        facts = rules(kind, pauses_sale=pauses, **more)
        self.world, self.stock_rules = world, facts
        self.main = StockPlatform(world.clock, facts, number=10)
        self.second = StockPlatform(world.clock, facts, number=number, code=code)
        self.shop = world.add(self.main, "天猫")
        link = {"shop_id": self.shop, "item_id": "second", "channel_sku_id": "second", "merchant_code": code}
        self.link = world.do(lambda uow: uow.insert(Listing, link | _words(world, code)))
        for name in ("read_stock", "change_stock", "set_stock", "pause_sale", "resume_sale"):
            setattr(self.main, name, self._by_link(name))

    def _by_link(self, name):
        own, other = getattr(self.main, name), getattr(self.second, name)
        return lambda listed, *more: (other if listed.item_id == "second" else own)(listed, *more)

    def buy(self, qty=1):
        """Somebody buys over the second link; the order comes with the shop's others."""
        no = self.second.buy(qty)
        if no:
            self.main.orders[no] = self.second.orders[no]
        return no

    @property
    def sells(self):
        return self.second.is_on_sale and self.second.number > 0

    def standing(self):
        now = self.world.clock.now()
        return [one.facts["title"] for one in self.world.store.read(lambda connection: spare_links(connection, now))]


def _words(world, code):
    return {"title": "第二个链接", "spec": "", "sku_id": world.skus[code]}


def two_links(world, way, *, mode=Mode.MANUAL, **more):
    world.receive("BEAR", 40)
    made = TwoLinks(world, way, **more)
    world.plan(mode)
    return made


@pytest.mark.parametrize("way", WAYS)
def test_a_second_link_sells_nothing_and_the_first_goes_on(world, way):
    shop = two_links(world, way)
    world.turn(4)
    assert not shop.sells
    assert (shop.main.number, shop.main.is_on_sale, world.rights()[shop.shop]) == (10, True, 10)
    assert world.quota(shop.shop).link_count == 1
    assert shop.standing() == []
    calls = len(shop.second.stock_calls)
    world.turn(3, seconds=20)
    assert len(shop.second.stock_calls) == calls, "it is not asked again and again"


def test_a_clamped_repeat_and_a_lost_answer_do_no_harm(world):
    shop = two_links(world, WAYS[0], below_zero=BelowZero.CLAMPS)
    world.run_planner()
    shop.second.stock_faults = ["", "lost_after"]
    world.turn(4)
    assert not shop.sells
    assert world.rows(select(SpareLink.state))[0].state == "quiet"


def test_what_comes_back_there_is_taken_off_again(world):
    shop = two_links(world, WAYS[0])
    world.turn(3)
    shop.second.edit(3)
    world.clock.advance(minutes=11)
    world.turn(3)
    assert not shop.sells


def test_what_was_sold_there_before_is_counted(world):
    shop = two_links(world, WAYS[0])
    no = shop.buy(2)
    world.turn(4)
    assert no
    assert world.level()[2] == 2


@pytest.mark.parametrize("way", [WAYS[0], WAYS[2]])
def test_a_shared_number_is_told_to_one_link_and_sold_by_one(world, way):
    shop = two_links(world, way, mode=Mode.SHARED, number=999)
    world.turn(4)
    assert (shop.main.number, shop.main.is_on_sale, shop.sells) == (40, True, False)
    assert world.quota(shop.shop).link_count == 1


def test_a_silent_link_stays_so_when_the_right_is_gone_and_one_number_is_shared(world):
    shop = two_links(world, WAYS[2], number=999)
    world.turn(3)
    world.plan(Mode.SHARED)
    world.turn(4)
    world.clock.advance(minutes=3)
    world.turn(3)
    assert (world.rights(), shop.main.number, shop.sells) == ({shop.shop: 0}, 40, False)


def test_nothing_is_written_to_a_read_only_shop(world):
    world.receive("BEAR", 40)
    shop = TwoLinks(world, WAYS[2])
    world.do(lambda uow: uow.execute(update(Shop).where(Shop.id == shop.shop).values(writes_stock=False)))
    world.plan(Mode.MANUAL)
    world.turn(3)
    assert shop.sells
    assert world.quota(shop.shop).link_count == 2


def test_a_link_the_platform_will_not_silence_is_told_to_people_until_it_is(world):
    shop = two_links(world, WAYS[2])

    def no(listed):
        raise Rejected("not this one", code="locked")

    real, shop.second.pause_sale = shop.main.pause_sale, no
    shop.main.pause_sale = lambda listed: no(listed) if listed.item_id == "second" else real(listed)
    world.turn(2)
    assert shop.standing() == ["第二个链接"]
    assert world.quota(shop.shop).link_count == 2
    shop.main.pause_sale = lambda listed: StockPlatform.pause_sale(shop.second, listed)
    world.clock.advance(minutes=3)
    world.turn(3)
    assert not shop.sells
    assert shop.standing() == []


def test_a_link_we_took_off_sale_goes_back_when_nobody_counts_any_more(world):
    shop = two_links(world, WAYS[2])
    world.turn(3)
    assert not shop.second.is_on_sale
    stop(world, shop.shop)
    world.turn(2)
    quota = world.quota_id(shop.shop)
    world.plan(Mode.OFF)
    world.clock.advance(minutes=3)
    world.turn(3)
    assert not shop.second.is_on_sale, "what may still be sold over there is sold by one"
    world.do(lambda uow: acts.withdraw(uow, quota, 10, "by hand"))
    world.turn(2)
    world.clock.advance(minutes=3)
    world.turn(3)
    assert not shop.second.is_on_sale, "the sale is stopped"
    go_on(world, shop.shop)
    world.turn(3)
    assert shop.second.is_on_sale
    assert world.rows(select(SpareLink.state)) == []


def test_a_stop_that_comes_while_a_link_waits_to_go_back_holds_it(world):
    shop = two_links(world, WAYS[2])
    world.turn(3)
    quota = world.quota_id(shop.shop)
    world.do(lambda uow: acts.withdraw(uow, quota, 10, "by hand"))
    world.turn(2)
    world.plan(Mode.OFF)
    world.clock.advance(minutes=3)
    world.run_planner()
    stop(world, shop.shop)
    world.deliver(shop.shop)
    assert not shop.second.is_on_sale
    go_on(world, shop.shop)
    world.clock.advance(minutes=3)
    world.turn(2)
    assert shop.second.is_on_sale


@pytest.mark.parametrize("way", [WAYS[0], WAYS[2], WAYS[3]])
def test_a_link_that_sells_other_goods_now_is_emptied_for_the_old_ones_first(world, way):
    world.receive("BEAR", 40)
    world.receive("BAG", 40)
    kind, pauses = way
    platform = StockPlatform(world.clock, rules(kind, pauses_sale=pauses), number=10)
    shop = world.add(platform)
    world.plan(Mode.MANUAL)
    world.plan(Mode.MANUAL, sku="BAG")
    world.turn(3)
    assert world.rights() == {shop: 10}

    def rematch(uow):
        uow.execute(update(Listing).where(Listing.shop_id == shop).values(sku_id=world.skus["BAG"]))

    world.do(rematch)
    seen = []
    for _ in range(8):
        world.turn(1)
        holders = world.rows(select(Quota.sku_id).where(Quota.listing_id.is_not(None)))
        seen.append(len(holders))
    assert max(seen) == 1, "never two that write the same number"
    assert world.rights() == {shop: 0}
    assert world.level()[3] == 0
    assert world.acts()[1][:2] == ("withdraw", "done")
    row = world.quota(shop, "BAG")
    assert (row.is_adopted, row.right_qty, row.covered_qty, platform.number) == (True, 0, 0, 0)
    bag = world.quota_id(shop, "BAG")
    world.do(lambda uow: acts.grant(uow, bag, 7, "by hand"))
    world.turn(4)
    assert (world.quota(shop, "BAG").right_qty, platform.number, platform.is_on_sale) == (7, 7, True)


@pytest.mark.parametrize("is_stopped", [True, False])
@pytest.mark.parametrize("mode", [Mode.MANUAL, Mode.SHARED, None])
def test_a_link_that_we_took_off_sale_goes_back_when_it_leads_to_other_goods(world, mode, is_stopped):
    world.receive("BEAR", 40)
    world.receive("BAG", 40)
    kind, pauses = WAYS[2]
    platform = StockPlatform(world.clock, rules(kind, pauses_sale=pauses), number=10)
    shop = world.add(platform)
    world.plan(Mode.MANUAL)
    if mode:
        world.plan(mode, sku="BAG")
    world.turn(3)
    stop(world, shop)
    if is_stopped:
        stop(world, shop, "BAG")
    world.turn(2)
    assert not platform.is_on_sale

    def rematch(uow):
        uow.execute(update(Listing).where(Listing.shop_id == shop).values(sku_id=world.skus["BAG"]))

    world.do(rematch)
    platform.code = "BAG"
    world.turn(8)
    assert world.rights() == {shop: 0}
    if is_stopped:
        assert not platform.is_on_sale, "the new goods are stopped as well"
        go_on(world, shop, "BAG")
    world.clock.advance(minutes=3)
    world.turn(4)
    assert platform.is_on_sale
    assert world.rows(select(SpareLink.state)) == []


def test_a_link_of_other_goods_that_cannot_be_emptied_is_let_go_all_the_same(world):
    """Its buyers have taken the number as the new goods: what is left is adopted by those."""
    world.receive("BEAR", 40)
    world.receive("BAG", 40)
    platform = StockPlatform(world.clock, rules(WriteKind.KEYED_DELTA), number=10)
    shop = world.add(platform)
    world.plan(Mode.MANUAL)
    world.plan(Mode.MANUAL, sku="BAG")
    world.turn(3)
    world.do(lambda uow: uow.execute(update(Listing).where(Listing.shop_id == shop).values(sku_id=world.skus["BAG"])))
    platform.code = "BAG"
    platform.buy(4)
    world.turn(8)
    assert (world.rights(), world.level()[3]) == ({shop: 0}, 0)
    row = world.quota(shop, "BAG")
    assert (row.is_adopted, row.right_qty, row.covered_qty, row.drift_qty) == (True, 6, 6, None)
