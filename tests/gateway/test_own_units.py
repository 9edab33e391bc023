"""A mall that has a quota besides: at the door it gets its own units too, and nobody else's."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.gateway import tidying
from core.gateway.keys import make_key
from core.gateway.models import DoorReservation
from core.inventory.figures.opening import open_figure
from core.inventory.figures.records import Figure, Name
from core.inventory.models import Reservation, StockLevel
from core.inventory.quotas import acts
from core.inventory.quotas.models import Quota, QuotaSale, StockAct
from core.inventory.quotas.safety import set_safety
from core.inventory.service import let_go
from core.runtime.ids import OrderLineId, SkuId, WarehouseId
from core.sync.shops import add_shop
from tests.support.door import example, line
from tests.support.fake_shop import line as bought
from tests.support.world import World


@pytest.fixture
def world(spine_address):
    """Ten of each."""
    world = World(spine_address, stock=10)
    yield world
    world.check_stock()
    world.close()


def allot(world, code, qty, shop_id=None):
    """Give a shop the right to so many units; they are covered."""

    def open_it(uow):
        quota = acts.open_quota(
            uow,
            shop_id or world.shop_id,
            world.skus[code],
            listing_id=None,
            cancelled_unit="platform",
            is_counted=True,
        )
        uow.execute(update(Quota).where(Quota.id == quota).values(adopted_at=uow.now))
        acts.grant(uow, quota, qty, "test")
        return quota

    made = world.do(open_it)
    world.clock.advance(seconds=5)
    return made


def another_shop(world):
    return world.do(lambda uow: add_shop(uow, "fake", "other", {}, "{}", int(world.warehouse)))


def told(stand, code):
    return stand.mall.stock(code)["items"][0]["available"]


def allotted(world, code="BEAR"):
    columns = (StockLevel.reserved_qty, StockLevel.allotted_qty)
    (row,) = world.rows(select(*columns).where(StockLevel.sku_id == world.skus[code]))
    return tuple(row)


def test_a_mall_gets_its_own_units_and_what_is_free_and_not_those_of_others(stand):
    world = stand.world
    allot(world, "BEAR", 4)
    allot(world, "BEAR", 5, another_shop(world))
    assert told(stand, "BEAR") == 5
    with pytest.raises(example().DoorError, match="out_of_stock") as refusal:
        stand.mall.reserve("A0", [line("BEAR", 6)])
    assert refusal.value.body["lines"] == [{"sku": "BEAR", "available": 5}]

    stand.mall.reserve("A1", [line("BEAR", 5)])

    assert (allotted(world), told(stand, "BEAR")) == ((5, 5), 0)


def test_the_safety_stock_is_kept_of_the_pool_alone(stand):
    world = stand.world
    allot(world, "BEAR", 4)
    world.do(lambda uow: set_safety(uow, SkuId(world.skus["BEAR"]), WarehouseId(world.warehouse), 10))
    assert told(stand, "BEAR") == 4
    stand.mall.reserve("A1", [line("BEAR", 4)])
    assert allotted(world) == (4, 0)


def test_units_of_a_bundle_are_for_the_bundle(stand):
    world = stand.world
    allot(world, "SET", 3)
    allot(world, "BEAR", 4, another_shop(world))
    assert (told(stand, "SET"), told(stand, "BEAR")) == (3, 0)
    with pytest.raises(example().DoorError, match="out_of_stock"):
        stand.mall.reserve("A0", [line("BEAR", 1)])
    made = stand.mall.reserve("A1", [line("SET", 3)])
    assert allotted(world) == (6, 4)
    assert stand.mall.confirm(made["id"])["state"] == "confirmed"


def test_what_was_sold_from_a_quota_runs_out_for_nobody(stand):
    """The mall's own number has moved for it: only the mall's word brings it back."""
    world = stand.world
    allot(world, "BEAR", 4)
    made = stand.mall.reserve("A1", [line("BEAR", 3), line("BAG", 1)], expires_in=60)
    ends = {row.sku_id: row.expires_at for row in world.rows(select(Reservation.sku_id, Reservation.expires_at))}
    assert ends[world.skus["BEAR"]] is None
    assert ends[world.skus["BAG"]] == world.clock.now() + timedelta(seconds=60)
    lines = [OrderLineId(row.id) for row in world.lines("A1")]
    world.do(lambda uow: let_go(uow, lines))
    world.tidy()
    assert (allotted(world), allotted(world, "BAG")) == ((3, 1), (0, 0))

    stand.mall.release(made["id"], "timeout")

    assert allotted(world) == (0, 4)
    (sale,) = world.rows(select(QuotaSale.restored_qty, QuotaSale.restored_at))
    assert tuple(sale) == (3, world.clock.now())


def test_own_units_whose_time_ran_out_are_given_back_where_no_copy_of_the_order_ever_came(stand):
    """The door said that it had run out, and kept the units for ever."""
    world = stand.world
    allot(world, "BEAR", 4)
    tidying.Feeds(stand.store).write((), is_whole=True)
    cursor = stand.mall.events("latest")["next_cursor"]
    made = stand.mall.reserve("A1", [line("BEAR", 3), line("BAG", 1)], expires_in=60)
    stand.mall.reserve("A2", [line("BEAR", 1)], expires_in=1200)
    tidying.sweep_all(stand.store)
    assert allotted(world) == (4, 0), "its time runs still"
    stand.pass_time(seconds=61)
    tidying.sweep_all(stand.store)
    world.tidy()
    assert (allotted(world), allotted(world, "BAG")) == ((4, 0), (0, 0)), "the mall's last word may be on its way"
    assert stand.mall.look(made["id"])["state"] == "expired"
    stand.pass_time(seconds=599)
    tidying.sweep_all(stand.store)
    assert world.order("A1").fulfilment == "to_review"
    stand.pass_time(seconds=2)

    tidying.sweep_all(stand.store)

    world.tidy()
    assert (allotted(world), allotted(world, "BAG")) == ((1, 3), (0, 0))
    assert world.order("A1").fulfilment == "cancelled"
    assert stand.mall.look(made["id"])["state"] == "released"
    tidying.Feeds(stand.store).write((), is_whole=True)
    events = [(one["type"], one["ref"]) for one in stand.mall.events(cursor)["events"] if "ref" in one]
    assert sorted(events) == [("cancelled", "A1"), ("reservation.expired", "A1")]
    assert stand.mall.release(made["id"], "timeout")["state"] == "released"


@pytest.mark.parametrize("word", ["confirm", "extend", "again"])
def test_in_its_grace_a_mall_that_got_no_answer_asks_again(stand, word):
    """Its units had been given back by the next sweep, and its buyer, who had paid, had to be paid back."""
    world = stand.world
    allot(world, "BEAR", 4)
    made = stand.mall.reserve("A1", [line("BEAR", 3)], expires_in=60)
    stand.pass_time(seconds=61)
    tidying.sweep_all(stand.store)
    if word == "confirm":
        assert stand.mall.confirm(made["id"])["state"] == "confirmed"
    elif word == "extend":
        assert stand.mall.extend(made["id"], 1200)["state"] == "reserved"
    else:
        body = {"ref": "A1", "lines": [line("BEAR", 3)], "expires_in": 1200}
        assert stand.mall.send("POST", "/v1/reservations", body, key="again").body["state"] == "reserved"
    assert allotted(world) == (3, 1) if word != "confirm" else (0, 1)
    stand.pass_time(seconds=601)
    tidying.sweep_all(stand.store)
    assert stand.mall.look(made["id"])["state"] == ("confirmed" if word == "confirm" else "reserved")
    assert world.order("A1").fulfilment != "cancelled"
    if word != "confirm":
        stand.pass_time(seconds=600)
        tidying.sweep_all(stand.store)
        stand.pass_time(seconds=601)
        tidying.sweep_all(stand.store)
        assert stand.mall.look(made["id"])["state"] == "released", "it has a grace of its own, and no other"
        assert allotted(world) == (0, 4)


def test_a_copy_of_the_order_that_comes_in_the_grace_ends_it(stand):
    world = stand.world
    allot(world, "BEAR", 4)
    stand.mall.reserve("A1", [line("BEAR", 3)], expires_in=60)
    stand.pass_time(seconds=61)
    tidying.sweep_all(stand.store)
    world.shop.place("A1", bought("1", "BEAR", 3), is_paid=False)
    world.sync("A1")
    stand.pass_time(seconds=601)
    tidying.sweep_all(stand.store)
    assert (allotted(world), world.order("A1").fulfilment) == ((3, 1), "to_review")
    assert world.rows(select(DoorReservation.kept_until))[0].kept_until is None


def test_own_units_wait_for_the_malls_word_where_it_has_sent_the_order(stand):
    world = stand.world
    allot(world, "BEAR", 4)
    stand.mall.reserve("A1", [line("BEAR", 3)], expires_in=60)
    world.shop.place("A1", bought("1", "BEAR", 3), is_paid=False)
    world.sync("A1")
    stand.pass_time(seconds=61)
    tidying.sweep_all(stand.store)
    assert (allotted(world), world.order("A1").fulfilment) == ((3, 1), "to_review")


def test_what_a_mall_is_given_beyond_its_right_is_not_overdrawn(stand):
    """It has asked, and the answer was yes: nobody has to be woken, and the right is nothing as the mall's number is."""
    world = stand.world
    quota = allot(world, "BEAR", 4)
    made = stand.mall.reserve("A1", [line("BEAR", 7)])
    columns = (Quota.granted_qty, Quota.sold_qty, Quota.restored_qty, Quota.overdrawn_qty)
    query = select(*columns).where(Quota.id == quota)
    assert tuple(world.rows(query)[0]) == (7, 7, 0, 0)
    assert allotted(world) == (7, 0)
    granted = Figure(Name.GRANTED, world.skus["BEAR"], quota_id=quota)
    opened = world.store.read(lambda connection: open_figure(connection, granted, world.clock.now()))
    assert [(part.code, part.qty) for part in opened.parts][-1] == ("answered", 3)
    stand.mall.release(made["id"])
    assert tuple(world.rows(query)[0]) == (7, 7, 7, 0)
    assert allotted(world) == (0, 7)


def test_a_change_of_a_malls_own_units_is_told_with_its_own_number(stand):
    world = stand.world

    def feed():
        tidying.Feeds(stand.store).write((), is_whole=True)
        page = stand.mall.stock_since(stand.cursor)
        stand.cursor = page["next_cursor"]
        return {one["sku"]: one["available"] for one in page["items"]}

    stand.cursor = "0"
    allot(world, "BEAR", 6)
    allot(world, "SET", 2)
    feed()
    latest = stand.mall.events("latest")["next_cursor"]
    stand.mall.reserve("A1", [line("BEAR", 3)])
    assert feed() == {"BEAR": 3}, "nothing was free before and after"
    stand.mall.reserve("A2", [line("SET", 1)])
    tidying.Feeds(stand.store).write(all_levels(world), is_whole=False)
    assert feed() == {"SET": 1}
    assert feed() == {}
    events = stand.mall.events(latest)["events"]
    assert [(one["type"], one["sku"], one["available"]) for one in events] == [
        ("stock.changed", "BEAR", 3),
        ("stock.changed", "SET", 1),
    ]


def all_levels(world):
    return {row.id for row in world.rows(select(StockLevel.id))}


def test_a_change_of_a_bundles_own_units_alone_is_found_by_the_whole_comparison(stand):
    """Its components' numbers are the same before and after: nobody looked at the bundle itself."""
    world = stand.world
    allot(world, "SET", 3)
    tidying.Feeds(stand.store).write((), is_whole=True)
    cursor = stand.mall.stock_since("0")["next_cursor"]
    stand.mall.reserve("A1", [line("SET", 2)])
    tidying.tell_changes(stand.store)
    page = stand.mall.stock_since(cursor)
    assert [(one["sku"], one["available"]) for one in page["items"]] == [("SET", told(stand, "SET"))]
    tidying.tell_changes(stand.store)
    assert stand.mall.stock_since(page["next_cursor"])["items"] == []


def test_units_that_go_from_one_mall_to_another_and_to_the_pool_are_seen(stand):
    """Weighed 2 and 3 they made up for each other, and the first mall was not told that it has fewer."""
    world = stand.world
    first, other = stand.world.shop_id, another_shop(world)
    world.do(lambda uow: make_key(uow, other))
    mine, theirs = allot(world, "BEAR", 5), allot(world, "BEAR", 1, other)
    weights = world.store.read(lambda c: dict(c.execute(select(Quota.shop_id, 1 + Quota.shop_id)).all()))
    assert weights == {first: 2, other: 3}, "else the numbers below make up for nothing"
    tidying.tell_changes(stand.store)
    before = stand.mall.stock_since("0")["next_cursor"]

    def move(uow):
        # Two units from the one, one of them to the other, as a split does by and by.
        acts.applied(uow, acts.withdraw(uow, mine, 2, "split"), 2)

    world.do(lambda uow: acts.applied(uow, uow.rows(select(StockAct.id).where(StockAct.quota_id == mine))[0].id, 5))
    world.do(lambda uow: acts.applied(uow, uow.rows(select(StockAct.id).where(StockAct.quota_id == theirs))[0].id, 1))
    world.do(move)
    world.do(lambda uow: acts.grant(uow, theirs, 1, "split"))
    tidying.tell_changes(stand.store)
    assert [one["sku"] for one in stand.mall.stock_since(before)["items"]] == ["BEAR"]
