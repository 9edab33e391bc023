"""A stopped sale (停售) at shops that sell without asking: off sale where a link can be, nothing left where it cannot."""

import pytest
from sqlalchemy import select

from core.catalog.models import Listing
from core.channels.stock_contract import BelowZero, ListedStock, WriteKind
from core.desk.low_stock import LowStock
from core.inventory.pausing import pause_sale, resume_sale
from core.inventory.quotas import acts, links
from core.inventory.quotas.models import Quota
from core.inventory.quotas.states import ActKind, Mode
from core.inventory.stopping.records import Progress, Way
from core.inventory.stopping.watches import stops_refused
from core.runtime.errors import Refused
from core.runtime.remote_errors import Rejected
from core.sync.stock_lane import StockLane
from tests.support.stock_platform import StockPlatform, rules

#: every way of writing, with and without a pause
WAYS = [
    (WriteKind.KEYED_DELTA, False),
    (WriteKind.PLAIN_DELTA, False),
    (WriteKind.COMPARE_AND_SET, True),
    (WriteKind.ABSOLUTE, True),
    (WriteKind.ABSOLUTE, False),
]


def shop_with(world, kind=WriteKind.KEYED_DELTA, *, pauses=False, mode=Mode.MANUAL, number=10, stock=40, **more):
    world.receive("BEAR", stock)
    shop = world.add(StockPlatform(world.clock, rules(kind, pauses_sale=pauses, **more), number=number))
    world.plan(mode)
    world.turn(3)
    return shop


def stop(world, shop, sku="BEAR"):
    world.do(lambda uow: pause_sale(uow, shop, None if sku is None else world.skus[sku], "by hand"))


def go_on(world, shop, sku="BEAR"):
    world.do(lambda uow: resume_sale(uow, shop, None if sku is None else world.skus[sku]))


def is_for_sale(platform):
    return platform.is_on_sale and platform.number > 0


@pytest.mark.parametrize(("kind", "pauses"), WAYS)
def test_nothing_is_sold_until_it_goes_on_and_then_what_was_sold_before(world, kind, pauses):
    shop = shop_with(world, kind, pauses=pauses)
    platform = world.platforms[shop]
    assert is_for_sale(platform)
    stop(world, shop)
    world.turn(4)
    assert not is_for_sale(platform)
    assert platform.buy(1) == ""
    calls = len(platform.stock_calls)
    world.turn(3, seconds=5)
    assert len(platform.stock_calls) == calls, "once it is told it is left alone"

    go_on(world, shop)
    world.turn(6)
    row = world.quota(shop)
    assert is_for_sale(platform)
    assert (row.right_qty, platform.number, row.drift_qty, row.slack_qty) == (10, 10, None, 0)


@pytest.mark.parametrize(("kind", "pauses"), [WAYS[0], WAYS[2]])
def test_what_the_split_gave_goes_to_other_shops_and_is_split_anew_afterwards(world, kind, pauses):
    world.receive("BEAR", 40)
    shops = [world.add(StockPlatform(world.clock, rules(kind, pauses_sale=pauses))) for _ in range(2)]
    world.plan(Mode.QUOTA)
    world.turn(3)
    assert [world.rights()[shop] for shop in shops] == [20, 20]
    stop(world, shops[0])
    world.turn(5)
    assert [world.rights()[shop] for shop in shops] == [0, 40]
    assert not is_for_sale(world.platforms[shops[0]])
    go_on(world, shops[0])
    world.turn(6)
    assert [world.rights()[shop] for shop in shops] == [20, 20]
    assert all(is_for_sale(world.platforms[shop]) for shop in shops)


@pytest.mark.parametrize(("kind", "pauses"), [WAYS[0], WAYS[2]])
@pytest.mark.parametrize("everywhere", [True, False])
def test_a_stop_of_everything_holds_for_each_sku(world, kind, pauses, everywhere):
    shop = shop_with(world, kind, pauses=pauses)
    world.do(lambda uow: pause_sale(uow, None if everywhere else shop, None, "by hand"))
    world.turn(3)
    assert not is_for_sale(world.platforms[shop])


def test_a_stop_of_a_component_stops_its_bundles(world):
    world.receive("BEAR", 20)
    world.receive("BAG", 10)
    shop = world.add(StockPlatform(world.clock, rules(WriteKind.COMPARE_AND_SET), number=8, code="SET"))
    world.plan(Mode.MANUAL, sku="SET")
    world.turn(3)
    stop(world, shop, "BAG")
    world.turn(2)
    assert not world.platforms[shop].is_on_sale


@pytest.mark.parametrize(("kind", "pauses"), [WAYS[0], WAYS[2], WAYS[4]])
def test_a_shared_number_is_not_on_sale_while_it_is_stopped(world, kind, pauses):
    shop = shop_with(world, kind, pauses=pauses, mode=Mode.SHARED)
    platform = world.platforms[shop]
    assert platform.number == 40
    stop(world, shop)
    world.turn(3)
    assert not is_for_sale(platform)
    world.receive("BEAR", 5)
    go_on(world, shop)
    sold = []
    real = platform.resume_sale
    platform.resume_sale = lambda listed: (sold.append(platform.number), real(listed))
    world.turn(4)
    assert is_for_sale(platform)
    assert platform.number == 45
    assert sold in ([], [45]), "brought up to date before anybody can buy"


def test_a_share_that_the_platform_would_not_take_back_at_once_is_given_later(world):
    shop = shop_with(world)
    platform = world.platforms[shop]
    stop(world, shop)
    world.turn(4)
    assert (platform.number, world.quota(shop).regrant_qty) == (0, 10)
    go_on(world, shop)
    real = platform.change_stock

    def no(listed, delta, key):
        raise Rejected("not now", code="locked")

    platform.change_stock = no
    world.turn(2)
    assert world.acts()[-1][:3] == ("grant", "refused", 10)
    platform.change_stock = real
    world.turn(4)
    assert (platform.number, world.rights()[shop], world.quota(shop).regrant_qty) == (10, 10, 0)


def test_what_is_given_by_hand_before_is_not_given_twice(world):
    shop = shop_with(world)
    stop(world, shop)
    world.turn(4)
    quota = world.quota_id(shop)
    go_on(world, shop)
    world.do(lambda uow: acts.grant(uow, quota, 4, "by hand"))
    world.turn(5)
    assert (world.platforms[shop].number, world.quota(shop).regrant_qty) == (10, 0)


def test_a_share_of_a_mode_that_is_over_is_not_given_again(world):
    shop = shop_with(world, mode=Mode.QUOTA)
    stop(world, shop)
    world.turn(4)
    assert world.quota(shop).regrant_qty == 0, "the split shares out anew by itself"
    world.plan(Mode.MANUAL)
    go_on(world, shop)
    world.turn(4)
    assert world.rights()[shop] == 0
    quota = world.quota_id(shop)
    world.do(lambda uow: acts.grant(uow, quota, 5, "by hand"))
    world.turn(2)
    stop(world, shop)
    world.turn(4)
    assert world.quota(shop).regrant_qty == 5
    world.plan(Mode.QUOTA)
    assert world.quota(shop).regrant_qty == 0


def test_a_share_is_given_again_up_to_a_cap(world):
    shop = shop_with(world)
    stop(world, shop)
    world.turn(4)
    sku = world.skus["BEAR"]
    world.do(lambda uow: pause_sale(uow, shop, sku, "few left", cause="breaker:1", cap_qty=4))
    go_on(world, shop)
    world.turn(6)
    assert (world.platforms[shop].number, world.rights()[shop]) == (4, 4)
    assert [act[0] for act in world.acts()].count("withdraw") == 1, "nothing is given to be taken back"


def test_the_number_of_nothing_left_is_not_called_off_again(world):
    shop = shop_with(world, mode=Mode.SHARED)
    stop(world, shop)
    for _ in range(3):
        world.run_planner()
    assert [act[:3] for act in world.acts()[-2:]] == [("push", "done", 40), ("push", "waiting", 0)]
    world.deliver(shop)
    assert world.platforms[shop].number == 0


def test_nothing_is_given_by_hand_and_what_waits_is_called_off(world):
    shop = shop_with(world)
    quota = world.quota_id(shop)
    world.do(lambda uow: acts.grant(uow, quota, 5, "by hand", delay_s=60))
    stop(world, shop)
    world.run_planner()
    assert world.acts()[-2][:2] == ("grant", "refused")
    assert world.quota(shop).open_act.kind is ActKind.WITHDRAW
    world.turn(3)
    with pytest.raises(Refused) as refused:
        world.do(lambda uow: acts.grant(uow, quota, 5, "by hand"))
    assert refused.value.code == "quota.stopped"


def test_a_grant_that_is_about_to_be_said_is_not_said(world):
    shop = shop_with(world)
    quota = world.quota_id(shop)
    world.do(lambda uow: acts.grant(uow, quota, 5, "by hand"))
    stop(world, shop)
    world.deliver(shop)
    assert (world.platforms[shop].number, world.rights()[shop]) == (10, 10)


def test_a_link_that_is_off_sale_for_a_number_stays_off_when_the_sale_is_stopped_meanwhile(world):
    shop = shop_with(world, WriteKind.ABSOLUTE, pauses=True)
    platform, quota = world.platforms[shop], world.quota_id(shop)
    world.do(lambda uow: acts.grant(uow, quota, 5, "by hand"))
    world.deliver(shop)
    assert not platform.is_on_sale
    stop(world, shop)
    world.turn(4)
    assert (platform.number, platform.is_on_sale) == (15, False)
    go_on(world, shop)
    world.turn(2)
    assert (platform.number, platform.is_on_sale) == (15, True)


def test_a_link_that_somebody_took_off_sale_before_is_not_put_back_by_us(world):
    shop = shop_with(world, WriteKind.COMPARE_AND_SET, pauses=True)
    platform = world.platforms[shop]
    platform.is_on_sale = False
    world.clock.advance(minutes=11)
    world.turn(2)
    stop(world, shop)
    world.turn(2)
    go_on(world, shop)
    world.turn(3)
    assert not platform.is_on_sale


def test_a_link_that_somebody_put_back_on_sale_is_taken_off_again(world):
    shop = shop_with(world, WriteKind.COMPARE_AND_SET, pauses=True)
    platform = world.platforms[shop]
    stop(world, shop)
    world.turn(2)
    platform.is_on_sale = True
    world.clock.advance(minutes=11)
    world.turn(3)
    assert not platform.is_on_sale


def test_what_the_platform_has_beyond_our_right_is_not_sold_either(world):
    shop = shop_with(world, below_zero=BelowZero.REFUSES)
    platform = world.platforms[shop]
    platform.edit(13)
    world.clock.advance(minutes=11)
    world.turn(3)
    assert world.quota(shop).drift_qty == 3
    stop(world, shop)
    world.turn(5)
    assert platform.number == 0


def test_a_refused_pause_is_not_taken_for_one(world):
    shop = shop_with(world, WriteKind.COMPARE_AND_SET, pauses=True)
    platform = world.platforms[shop]
    real = platform.pause_sale

    def no(listed):
        raise Rejected("not now", code="locked")

    platform.pause_sale = no
    stop(world, shop)
    world.turn(2)
    assert (world.quota(shop).is_paused, platform.is_on_sale) == (False, True)
    platform.pause_sale = real
    world.turn(4)
    assert not platform.is_on_sale


def test_the_lane_knows_of_a_stop_at_once_and_of_its_end(world):
    shop = shop_with(world, WriteKind.COMPARE_AND_SET, pauses=True)
    platform = world.platforms[shop]
    lane = StockLane(world.store, world.open_channel, "desk 1")
    world.store.subscribe(lane.note)
    lane.plan()
    for change, is_on_sale in ((stop, False), (go_on, True)):
        world.clock.advance(seconds=2)
        change(world, shop)
        lane.plan()
        world.deliver(shop)
        assert platform.is_on_sale is is_on_sale


def test_a_read_only_shop_is_told_nothing(world):
    world.receive("BEAR", 10)
    shop = world.add(StockPlatform(world.clock, rules(WriteKind.COMPARE_AND_SET), number=3), writes=False)
    world.plan(Mode.MANUAL)
    stop(world, shop)
    world.turn(3)
    assert world.platforms[shop].is_on_sale
    assert {call[0] for call in world.platforms[shop].stock_calls} == {"read"}


# --- goods whose numbers nobody writes ------------------------------------------------------------------------------


def second_link(world, shop, item="second"):
    """Another link of the shop to the same goods; its id."""
    link = {
        "shop_id": shop,
        "item_id": item,
        "channel_sku_id": item,
        "merchant_code": "BEAR",
        "title": "",
        "spec": "",
    }
    return world.do(lambda uow: uow.insert(Listing, link | {"sku_id": world.skus["BEAR"]}))


def untold(world, kind=WriteKind.KEYED_DELTA, *, pauses, name="", writes=True):
    """A shop that sells goods of which nobody has said how they are told: mode off."""
    platform = StockPlatform(world.clock, rules(kind, pauses_sale=pauses), number=10)
    return world.add(platform, name, writes=writes)


def progress(world, shop):
    (row,) = [one for one in LowStock(world.store).view().stops[-1].shops if one.shop_id == shop]
    return row


@pytest.mark.parametrize("everything", [True, False])
def test_a_stop_takes_links_off_sale_whose_numbers_nobody_writes_and_puts_them_back(world, everything):
    world.receive("BEAR", 40)
    shop, other = untold(world, pauses=True), untold(world, pauses=True, name="other")
    world.turn(2)
    assert world.rows(select(Quota.id)) == [], "nothing is planned for them otherwise"
    desk = LowStock(world.store)
    made = desk.stop("" if everything else "BEAR", [shop], "")
    assert progress(world, shop).progress is Progress.WAITING
    world.turn(2)
    assert [world.platforms[one].is_on_sale for one in (shop, other)] == [False, True]
    assert world.platforms[shop].number == 10, "the number is the seller's own"
    assert progress(world, shop).progress is Progress.DONE
    assert [row.shop_id for row in world.rows(select(Quota.shop_id))] == [shop]
    assert (world.rights()[shop], world.level()[3]) == (0, 0), "what it may sell is no right of ours to give"
    world.platforms[shop].is_on_sale = True
    world.clock.advance(minutes=11)
    world.turn(3)
    assert not world.platforms[shop].is_on_sale, "somebody put it back by hand"
    desk.lift(made)
    world.turn(2)
    assert (world.platforms[shop].is_on_sale, world.platforms[shop].number) == (True, 10)
    assert progress(world, shop).progress is Progress.DONE
    calls = len(world.platforms[shop].stock_calls)
    world.clock.advance(minutes=30)
    world.turn(3)
    assert len(world.platforms[shop].stock_calls) == calls, "and nothing more is written or read"


@pytest.mark.parametrize("kind", [WriteKind.KEYED_DELTA, WriteKind.PLAIN_DELTA, WriteKind.ABSOLUTE])
def test_where_a_link_cannot_be_paused_its_number_goes_to_nothing_and_a_person_gives_it_back(world, kind):
    shop = untold(world, kind, pauses=False)
    desk = LowStock(world.store)
    made = desk.stop("BEAR", [], "")
    world.turn(3)
    assert (world.platforms[shop].number, progress(world, shop).progress) == (0, Progress.DONE)
    desk.lift(made)
    world.turn(3)
    row = progress(world, shop)
    assert (world.platforms[shop].number, row.way, row.progress, row.by_hand_count) == (
        0,
        Way.BY_HAND,
        Progress.TO_DO,
        1,
    )


def test_a_stop_leaves_a_shop_alone_that_is_not_written_to(world):
    shop = untold(world, pauses=True, writes=False)
    LowStock(world.store).stop("BEAR", [], "")
    world.turn(2)
    assert (world.platforms[shop].is_on_sale, progress(world, shop).progress) == (True, Progress.TO_DO)
    assert world.platforms[shop].stock_calls == []


def test_other_links_to_the_same_goods_are_stopped_and_put_back_as_well(world):
    shop = untold(world, pauses=True)
    link = second_link(world, shop)
    platform, off = world.platforms[shop], set()
    platform.pause_sale = lambda listed: off.add(listed.item_id)
    platform.resume_sale = lambda listed: off.discard(listed.item_id)
    platform.read_stock = lambda listed: ListedStock(10, None, listed.item_id not in off, world.clock.now())
    desk = LowStock(world.store)
    made = desk.stop("BEAR", [], "")
    world.turn(3)
    assert off == {"item-BEAR", "second"}
    assert progress(world, shop).progress is Progress.DONE
    desk.lift(made)
    world.turn(2, seconds=150)
    assert off == set()
    assert world.store.read(lambda c: links.link_of(c, link)) is None


def test_another_link_that_cannot_be_paused_is_left_to_a_person(world):
    shop = untold(world, pauses=False)
    second_link(world, shop)
    LowStock(world.store).stop("BEAR", [], "")
    world.turn(2)
    row = progress(world, shop)
    assert (row.way, row.told_count, row.by_hand_count) == (Way.BY_HAND, 1, 1)
    assert [one.item_id for one in row.links] == ["second"]


# --- links that will not go off sale --------------------------------------------------------------------------------


def no(_listed):
    raise Rejected("not now", code="locked")


@pytest.mark.parametrize("mode", [Mode.MANUAL, Mode.QUOTA, Mode.SHARED, Mode.OFF])
@pytest.mark.parametrize("kind", [WriteKind.KEYED_DELTA, WriteKind.COMPARE_AND_SET, WriteKind.ABSOLUTE])
def test_a_link_that_refuses_to_go_off_sale_is_brought_to_nothing_after_a_while(world, kind, mode):
    shop = shop_with(world, kind, pauses=True, mode=mode)
    platform = world.platforms[shop]
    before = platform.number
    platform.pause_sale = no
    stop(world, shop)
    world.turn(3, seconds=61)
    assert platform.number == before, "at first it is asked again"
    refused = [act[:2] for act in world.acts() if act[0] == "pause"]
    assert refused == [("pause", "refused")] * 3
    at = world.clock.now()
    (said,) = world.store.read(lambda c: stops_refused(c, at))
    assert (said.rule, said.severity.value, said.facts["code"]) == ("sale.stop_refused", "critical", "BEAR")
    world.turn(3, seconds=61)
    assert (platform.number, platform.is_on_sale) == (0, True)
    at = world.clock.now()
    assert world.store.read(lambda c: stops_refused(c, at)) == []
    assert platform.buy(1) == ""
    assert sum(act[0] == "pause" for act in world.acts()) == 3
    go_on(world, shop)
    del platform.pause_sale
    world.turn(6)
    if mode is not Mode.OFF:
        assert platform.number == before
    assert world.quota(shop).drift_qty is None


@pytest.mark.parametrize("kind", [WriteKind.KEYED_DELTA, WriteKind.ABSOLUTE])
def test_a_number_that_is_only_told_never_becomes_a_right_and_differs_from_none(world, kind):
    """It was taken over, withdrawn to nothing and told again; every look after that said that it differs."""
    shop = shop_with(world, kind, pauses=True, mode=Mode.SHARED)
    assert [act[0] for act in world.acts()] == ["push"]
    world.clock.advance(minutes=11)
    world.turn(3)
    assert [act[0] for act in world.acts()] == ["push", "read"]
    assert (world.rights()[shop], world.quota(shop).drift_qty, world.level()[3]) == (0, None, 0)


def test_a_platform_that_refuses_both_is_told_to_people_for_as_long_as_it_sells(world):
    shop = shop_with(world, WriteKind.COMPARE_AND_SET, pauses=True)
    platform = world.platforms[shop]
    platform.pause_sale = no
    platform.stock_faults = []
    real = platform.set_stock
    platform.set_stock = lambda listed, qty, if_version=None: no(listed)
    stop(world, shop)
    world.turn(6, seconds=61)
    at = world.clock.now()
    assert [one.rule for one in world.store.read(lambda c: stops_refused(c, at))] == ["sale.stop_refused"]
    go_on(world, shop)
    assert world.store.read(lambda c: stops_refused(c, at)) == ()
    platform.set_stock = real
    world.turn(3)


def test_another_link_that_refuses_to_go_off_sale_is_brought_to_nothing(world):
    shop = shop_with(world, WriteKind.COMPARE_AND_SET, pauses=True)
    platform, numbers = world.platforms[shop], {"item-BEAR": 10, "second": 5}
    second_link(world, shop)
    platform.pause_sale = no
    platform.read_stock = lambda listed: ListedStock(numbers[listed.item_id], 1, True, world.clock.now())

    def put(listed, qty, _version=None):
        numbers[listed.item_id] = qty
        return platform.read_stock(listed)

    platform.set_stock = put
    world.turn(2, seconds=130)
    assert numbers["second"] == 0
    assert numbers["item-BEAR"] == 10
