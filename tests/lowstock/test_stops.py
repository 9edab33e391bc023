"""The one button: what it stops at which shop, how far each has come, and the way back."""

import json

import pytest
from sqlalchemy import select, update

from core.catalog.models import Listing
from core.channels.models import Shop
from core.db.models import Journal
from core.gateway.keys import door_shops, make_key
from core.inventory.models import SalePause
from core.inventory.quotas.models import Quota, SpareLink, StockAct
from core.inventory.quotas.plans import PlanDraft, set_plan
from core.inventory.quotas.safety import set_safety
from core.inventory.quotas.states import Mode
from core.inventory.stopping.breaker import follow_rules
from core.inventory.stopping.records import Cause, Progress, RuleDraft, Way
from core.inventory.stopping.rules import put_breaker_rule
from core.inventory.stopping.stops import stop_sale
from core.inventory.stopping.watches import breaker_tripped, named, sales_stopped
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import SkuId
from core.sync.shops import add_shop
from tests.support.door import line


def shop(world, name, *, writes=False, channel="fake", links=("BEAR",)):
    """A shop with links to these goods."""

    def make(uow):
        shop_id = add_shop(uow, channel, name, {}, json.dumps({}), world.warehouse)
        uow.execute(update(Shop).where(Shop.id == shop_id).values(writes_stock=writes))
        for number, code in enumerate(links):
            link = {"shop_id": shop_id, "item_id": f"item {number}", "channel_sku_id": "", "merchant_code": code}
            uow.insert(Listing, link | {"title": f"链接 {code}", "spec": "", "sku_id": world.skus[code]})
        return shop_id

    return world.do(make)


@pytest.fixture
def shops(world):
    """A mall that asks first, a shop we write to, one we do not, and one whose orders come in files."""
    world.do(lambda uow: make_key(uow, world.shop_id))
    found = {
        "mall": world.shop_id,
        "written": shop(world, "天猫", writes=True),
        "by hand": shop(world, "京东", links=("BEAR", "SET", "BAG")),
        "file": shop(world, "表格店", channel="file", links=()),
    }
    world.do(lambda uow: set_plan(uow, SkuId(world.skus["BEAR"]), PlanDraft(Mode.QUOTA)))
    (link,) = world.rows(select(Listing.id).where(Listing.shop_id == found["written"]))
    quota = dict.fromkeys(column.name for column in Quota.__table__.c if column.nullable)
    quota |= {"shop_id": found["written"], "sku_id": world.skus["BEAR"], "listing_id": link.id}
    world.do(lambda uow: uow.insert(Quota, quota | {"is_counted": True, "cancelled_unit": "shop"}))
    return found


def listed(world, qty, *, is_on_sale=True):
    facts = {"listed_qty": qty, "is_on_sale": is_on_sale}
    world.do(lambda uow: uow.execute(update(Quota).values(**facts)))


def by_name(shops, rows):
    names = {shop_id: name for name, shop_id in shops.items()}
    return {names[row.shop_id]: row for row in rows}


def test_before_it_is_pressed_it_says_what_will_happen_where(world, shops):
    seen = world.desk.low_stock.preview(" BEAR ", [])
    assert (seen.sku_code, seen.sku_id) == ("BEAR", world.skus["BEAR"])
    found = by_name(shops, seen.shops)
    assert {name: (row.way, row.told_count, row.by_hand_count) for name, row in found.items()} == {
        "mall": (Way.ASKS, 0, 0),
        "written": (Way.TOLD, 1, 0),
        # The link to the set cannot be sold either.
        "by hand": (Way.BY_HAND, 0, 2),
        "file": (Way.NOTHING, 0, 0),
    }
    assert [(link.item_id, link.title) for link in found["by hand"].links] == [
        ("item 0", "链接 BEAR"),
        ("item 1", "链接 SET"),
    ]
    everything = by_name(shops, world.desk.low_stock.preview("", []).shops)
    assert (everything["by hand"].by_hand_count, everything["written"].told_count) == (3, 1)
    assert [row.shop_id for row in world.desk.low_stock.preview("BAG", [shops["written"]]).shops] == [
        shops["written"]
    ]
    with pytest.raises(NotFound, match="no SKU"):
        world.desk.low_stock.preview("NONE", [])


def test_one_press_stops_it_everywhere_and_each_shop_says_how_far_it_is(world, shops, stand):
    listed(world, 5)
    stop = world.desk.low_stock.stop("BEAR", [], " zu viel \n verkauft ")
    assert world.desk.low_stock.stop("BEAR", [], "again") == stop, "the same stop again is the one that stands"
    refused = stand.mall.send("POST", "/v1/reservations", {"ref": "A1", "lines": [line("BEAR")]}, key="k")
    assert (refused.status, refused.body["code"]) == (423, "sale_paused")
    (row,) = world.desk.low_stock.view().stops
    assert (row.sku_code, row.is_everywhere, row.reason, row.by, row.is_done) == (
        "BEAR",
        True,
        "zu viel verkauft",
        "clerk",
        False,
    )
    found = by_name(shops, row.shops)
    assert {name: one.progress for name, one in found.items()} == {
        "mall": Progress.DONE,
        "written": Progress.WAITING,
        "by hand": Progress.TO_DO,
        "file": Progress.DONE,
    }
    assert found["written"].waiting_count == 1
    listed(world, 0)
    world.desk.low_stock.mark_shop(stop, shops["by hand"], is_done=True)
    (row,) = world.desk.low_stock.view().stops
    assert row.is_done
    world.desk.low_stock.mark_shop(stop, shops["by hand"], is_done=False)
    assert not world.desk.low_stock.view().stops[0].is_done
    assert (world.desk.low_stock.standing(), world.listed()) == (1, [])


def test_the_way_back_is_followed_as_well(world, shops, stand):
    stop = world.desk.low_stock.stop("", [], "")
    with pytest.raises(Refused, match="lifted before"):
        world.desk.low_stock.close(stop)
    world.desk.low_stock.mark_shop(stop, shops["by hand"], is_done=True)
    listed(world, 0, is_on_sale=False)
    at = world.clock.now()
    standing = world.store.read(lambda c: sales_stopped(door_shops, c, at))
    assert [(one.rule, one.severity.value, one.facts) for one in standing] == [
        ("sale.stopped_all", "notice", {"by": "clerk"})
    ]
    world.desk.low_stock.lift(stop)
    world.desk.low_stock.lift(stop)
    assert world.store.read(lambda c: sales_stopped(door_shops, c, at)) == []
    assert world.rows(select(SalePause.id)) == []
    assert stand.mall.reserve("A1", [line("BEAR")])["state"] == "reserved"
    (row,) = world.desk.low_stock.view().stops
    found = by_name(shops, row.shops)
    assert row.lifted_at is not None
    assert (found["written"].progress, found["by hand"].progress) == (Progress.WAITING, Progress.TO_DO)
    assert world.desk.low_stock.standing() == 0, "it is sold again; what is left is on the page"
    world.desk.low_stock.close(stop)
    assert world.desk.low_stock.view().stops == ()
    with pytest.raises(NotFound, match="no stop"):
        world.desk.low_stock.lift(stop)


def test_stops_of_chosen_shops_and_of_a_sku_hold_each_for_themselves(world, shops, stand):
    here = world.desk.low_stock.stop("BEAR", [shops["mall"]], "")
    world.desk.low_stock.stop("", [shops["by hand"]], "")
    everywhere = world.desk.low_stock.stop("BEAR", [], "")
    assert [stop.is_everywhere for stop in world.desk.low_stock.view().stops] == [False, False, True]
    world.desk.low_stock.lift(here)
    refused = stand.mall.send("POST", "/v1/reservations", {"ref": "A1", "lines": [line("BEAR")]}, key="k")
    assert refused.status == 423, "the stop everywhere still holds"
    world.desk.low_stock.lift(everywhere)
    assert stand.mall.reserve("A1", [line("BEAR")])["state"] == "reserved"
    told = world.rows(select(Journal.action).where(Journal.action.in_(("stop.made", "stop.lifted"))))
    assert len(told) == 5


def test_a_link_that_sells_nothing_beside_another_is_left_to_nobody(world, shops):
    """Put back on sale by hand it would sell what the shop's other link sells already."""

    def second(uow):
        link = {"shop_id": shops["written"], "item_id": "second", "channel_sku_id": "", "merchant_code": "BEAR"}
        uow.insert(Listing, link | {"title": "链接", "spec": "", "sku_id": world.skus["BEAR"]})

    world.do(second)

    def row():
        return by_name(shops, world.desk.low_stock.view().stops[0].shops)["written"]

    (quota,) = world.rows(select(Quota.id))
    (link,) = world.rows(select(Listing.id).where(Listing.item_id == "second"))
    stop = world.desk.low_stock.stop("BEAR", [], "")
    assert (row().told_count, row().waiting_count, row().by_hand_count) == (2, 2, 0), "nobody has silenced it yet"
    facts = {"listing_id": link.id, "quota_id": quota.id, "asked_at": world.clock.now(), "error": ""}
    world.do(lambda uow: uow.insert_many(SpareLink, [facts | {"state": "quiet", "is_paused": True}]))
    listed(world, 0, is_on_sale=False)
    assert (row().told_count, row().by_hand_count, row().progress) == (1, 0, Progress.DONE)
    world.desk.low_stock.lift(stop)
    assert (row().way, row().by_hand_count, row().progress) == (Way.TOLD, 0, Progress.WAITING)


def test_goods_that_only_a_person_hands_out_are_told_to_the_shop_as_well(world, shops):
    world.do(lambda uow: set_plan(uow, SkuId(world.skus["BEAR"]), PlanDraft(Mode.MANUAL)))
    found = by_name(shops, world.desk.low_stock.preview("BEAR", []).shops)["written"]
    assert (found.way, found.told_count, found.by_hand_count) == (Way.TOLD, 1, 0)


def test_what_the_breaker_holds_counts_in_the_bar_as_well(world):
    draft = RuleDraft(Cause.SILENT, minutes=1, is_automatic=True)
    rule = world.desk.low_stock.put_breaker_rule(None, draft)
    world.clock.advance(minutes=2)
    from core.inventory.stopping.breaker import follow_rules

    world.do(follow_rules)
    view = world.desk.low_stock.view()
    assert (world.desk.low_stock.standing(), len(view.trips), [one.id for one in view.rules]) == (1, 1, [rule])
    world.desk.low_stock.let_go(view.trips[0].id)
    assert world.desk.low_stock.standing() == 0
    world.desk.low_stock.accept(view.trips[0].id)
    assert world.desk.low_stock.standing() == 1
    world.desk.low_stock.drop_breaker_rule(rule)
    assert world.desk.low_stock.standing() == 0


def test_goods_that_went_meanwhile_are_not_stopped(world):
    with pytest.raises(NotFound, match="no SKU"):
        world.do(lambda uow: stop_sale(uow, SkuId(10**6), [], ""))


@pytest.mark.parametrize(
    ("sku", "shop_ids", "reason", "code"),
    [
        ("NONE", [], "", "limit.sku_unknown"),
        ("BEAR", [99], "", "shop.unknown"),
        ("", [], "x" * 201, "stop.reason_long"),
    ],
)
def test_a_stop_of_nothing_is_refused_and_nothing_stops(world, sku, shop_ids, reason, code):
    with pytest.raises((NotFound, Refused)) as caught:
        world.desk.low_stock.stop(sku, shop_ids, reason)
    assert caught.value.code == code
    assert world.rows(select(SalePause.id)) == []


# --- shops that need a hand ---------------------------------------------------------------------------------------


def trip_low(world):
    """The breaker stops the bear everywhere."""
    world.do(lambda uow: put_breaker_rule(uow, None, RuleDraft(Cause.LOW, "BEAR", is_automatic=True)))
    world.do(lambda uow: set_safety(uow, SkuId(world.skus["BEAR"]), world.warehouse, 200))
    world.do(follow_rules)


def refuse(world, reason="stopped", **more):
    """The platform refuses what a stop asks of the one quota."""
    (quota,) = world.rows(select(Quota.id))
    now = world.clock.now()
    act = {"quota_id": quota.id, "kind": "pause", "state": "refused", "qty": 0, "step": "", "error": "promotion"}
    act |= {"reason": reason, "key": f"act {reason}", "created_at": now, "settled_at": now}
    world.do(lambda uow: uow.insert(StockAct, act | more))


def told(world):
    at = world.clock.now()
    (one,) = world.store.read(lambda c: breaker_tripped(door_shops, c, at))
    return one.facts


def test_a_trip_says_which_shops_need_a_hand(world, shops):
    trip_low(world)
    listed(world, 5)
    assert told(world) == {"sku": "BEAR", "n": 110, "safety": 200, "by_hand": "京东"}
    assert world.desk.low_stock.view().trips[0].by_hand == ("京东",)
    assert world.desk.low_stock.by_hand() == ("京东",)
    world.do(lambda uow: uow.execute(update(Shop).where(Shop.id == shops["written"]).values(writes_stock=False)))
    assert told(world)["by_hand"] == "天猫 / 京东", "writing to it was switched off"
    world.desk.low_stock.let_go(world.desk.low_stock.view().trips[0].id)
    assert (world.desk.low_stock.view().trips[0].by_hand, world.desk.low_stock.by_hand()) == ((), ())


def test_a_shop_that_refuses_its_stop_needs_a_hand_until_it_has_followed(world, shops):
    trip_low(world)
    listed(world, 5)
    refuse(world, "split", kind="grant")
    assert told(world)["by_hand"] == "京东", "that was no part of the stop"
    refuse(world)
    assert told(world)["by_hand"] == "天猫 / 京东"
    stop = world.desk.low_stock.stop("BEAR", [shops["written"]], "")
    row = by_name(shops, world.desk.low_stock.view().stops[0].shops)["written"]
    assert (row.way, row.progress, row.told_count, row.by_hand_count) == (Way.BY_HAND, Progress.TO_DO, 0, 1)
    assert [link.item_id for link in row.links] == ["item 0"]
    world.desk.low_stock.mark_shop(stop, shops["written"], is_done=True)
    row = by_name(shops, world.desk.low_stock.view().stops[0].shops)["written"]
    assert row.progress is Progress.DONE
    listed(world, 5, is_on_sale=False)
    assert told(world)["by_hand"] == "京东", "the platform says by now that nothing can be bought"
    refuse(world, "resume", kind="resume")
    world.desk.low_stock.lift(stop)
    row = by_name(shops, world.desk.low_stock.view().stops[0].shops)["written"]
    assert (row.progress, row.by_hand_count) == (Progress.TO_DO, 1), "it would not be put back on sale"


def test_a_stop_that_somebody_made_names_them_too_until_they_were_seen_to(world, shops):
    stop = world.desk.low_stock.stop("BEAR", [], "")

    def facts():
        at = world.clock.now()
        return world.store.read(lambda c: sales_stopped(door_shops, c, at))[0].facts

    assert facts() == {"by": "clerk", "sku": "BEAR", "by_hand": "京东"}
    assert world.desk.low_stock.by_hand() == ("京东",)
    world.desk.low_stock.mark_shop(stop, shops["by hand"], is_done=True)
    assert facts() == {"by": "clerk", "sku": "BEAR"}
    assert world.desk.low_stock.by_hand() == ()


def test_many_shops_are_named_as_far_as_a_message_has_room():
    names = [f"很长很长的店铺名字第{number}号" for number in range(6)]
    assert named([]) == {}
    assert named(names[:1]) == {"by_hand": names[0]}
    text = named(names)["by_hand"]
    assert text.startswith(f"{names[0]} / {names[1]}")
    assert text.endswith(" +3")
    assert len(text) <= 60
