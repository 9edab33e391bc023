"""A shop is connected: nothing is written to it and nothing printed before its owner confirms a list, and then that.

Over real HTTP to the simulated platform, which counts every call that is no reading.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import bindparam, select, update

from core.catalog.models import Listing
from core.channels.contract import ShippedParcel
from core.channels.douyin.channel import DouyinChannel
from core.channels.douyin.client import DouyinApp, DouyinClient
from core.channels.douyin.facts import CAPABILITIES
from core.channels.douyin.tokens import GrantedToken
from core.channels.models import Shop
from core.db.models import Journal, Outbox
from core.db.sets import id_set
from core.desk.starting import Starting
from core.fulfilment import parcels, taking
from core.fulfilment.models import Parcel, ParcelLine
from core.inventory.quotas.plans import PlanDraft, set_plan
from core.inventory.quotas.states import Mode
from core.orders import holds
from core.orders.models import Order
from core.orders.watches import orders_late
from core.runtime.errors import Refused
from core.runtime.ids import SkuId
from core.sync import handlers
from core.sync.models import Cursor
from core.sync.pulling import Puller
from core.sync.start_list import RowKind, StartStage
from core.sync.stock_plan import StockPlanner
from core.waybills.accounts import Account, save_account
from core.waybills.models import Waybill
from tests.contract.platform_stand import way_to
from tests.simulators.platforms.douyin import DouyinServer, make_shop
from tests.support.fake_shop import line
from tests.support.stock_platform import StockPlatform
from tests.support.world import CARRIER, SENDER

#: everything else that reaches the platform writes there
READS = {
    "/order/searchList",
    "/order/orderDetail",
    "/order/logisticsCompanyList",
    "/afterSale/List",
    "/sku/list",
    "/sku/stockNum",
}
#: one that the platform knows too
ZTO = "ZTO"


class NewShop:
    """A shop that another program has sent for so far, connected to us a moment ago, and what lies behind it."""

    def __init__(self, world, server, channel):
        self.world, self.server, self.channel, self.shop = world, server, channel, server.shop
        self.goods = {code: self.shop.list_goods(code, 5000) for code in ("BEAR", "BAG")}
        self.desk = Starting(world.store, lambda _shop: channel, lambda: None, ZTO)
        self.id = world.shop_id
        world.shop = channel
        off = {"on_desk": False, "confirms_shipments": False, "writes_stock": False}
        world.do(lambda uow: uow.execute(update(Shop).where(Shop.id == self.id).values(**off)))

    def sell(self, *, pays: bool = True) -> str:
        no = self.shop.place([(one.sku_id, 1) for one in self.goods.values()]).no
        if pays:
            self.shop.pay(no)
        return no

    def send_elsewhere(self, no: str, *, is_whole: bool) -> None:
        first = self.shop.order(no).lines[0].no
        self.shop.ship(no, "ZTO", f"OLD{no}", None if is_whole else {first: 1})

    def live(self) -> None:
        """What every lane behind the desk does: pull, deliver, tidy, plan, print."""
        # So much that no order of the last time is read again: there are hundreds.
        self.world.clock.advance(seconds=800)
        Puller(self.world.store, self.world.digest, ZTO).pull(self.world.shop_record, self.channel)
        self.world.tidy()
        planner = StockPlanner(self.world.store, lambda _shop: self.channel)
        for _ in range(3):
            planner.run()
            self.world.tell_shop()
            for row in self.world.rows(select(Outbox.lane).where(Outbox.state == "waiting").distinct()):
                self.world.deliverer().drain(row.lane)
        self.world.print_labels()

    def writes(self) -> list[str]:
        return [name for name, _fault in self.server.seen if name not in READS]

    def look(self, at=None):
        return self.desk.look(self.id, at)

    def nos(self, kind: RowKind, at=None) -> set[str]:
        return {row.order_no for row in self.look(at).rows if row.kind is kind}

    def send(self, no: str) -> str:
        """Pack and scan out at our desk; gives the number."""
        self.world.desk.pack(no)
        number = self.world.number(no)
        assert self.world.desk.ship(number).code == "parcel.shipped"
        return number

    def on_the_desk(self) -> set[str]:
        query = select(Order.order_no).join(ParcelLine, ParcelLine.order_id == Order.id)
        return {row.order_no for row in self.world.rows(query)}


@pytest.fixture
def new_shop(world) -> Iterator[NewShop]:
    with DouyinServer(make_shop(world.clock.now)) as server:
        way = way_to(server, world.clock)
        token = GrantedToken(server.office.grant().access)
        client = DouyinClient(way.place, way.http, DouyinApp(server.app.key, server.app.secret), token)
        known = {"shop_id": world.shop_id, "feed": "changed", "until_at": world.clock.now()}
        world.do(lambda uow: uow.insert_many(Cursor, [known]))
        world.do(lambda uow: save_account(uow, Account("fake", ZTO, "中通", {}, "carrier secret", SENDER)))
        # What reading open orders over and over finds is not asked here, and takes minutes with hundreds of them.
        quick = replace(CAPABILITIES, needs_state_poll=False)
        with way.http:
            yield NewShop(world, server, DouyinChannel(client, way.place, way.http, capabilities=quick))


def tell_numbers(new_shop) -> None:
    """The goods are planned, and our links to them known."""
    world, bear = new_shop.world, new_shop.goods["BEAR"]
    link = {"shop_id": new_shop.id, "item_id": bear.item_id, "channel_sku_id": bear.sku_id, "title": "熊", "spec": ""}
    sku = world.skus["BEAR"]
    have = world.rows(select(Listing.id).where(Listing.sku_id == sku))
    if not have:
        world.do(lambda uow: uow.insert(Listing, link | {"merchant_code": "BEAR", "sku_id": sku}))
    world.do(lambda uow: set_plan(uow, SkuId(sku), PlanDraft(Mode.SHARED)))


def test_500_half_shipped_orders_are_connected_and_only_what_was_confirmed_is_written(new_shop, tmp_path):
    world = new_shop.world
    nos = [new_shop.sell(pays=place < 450) for place in range(500)]
    begun, sent, waiting, unpaid = nos[:150], nos[150:300], nos[300:450], nos[450:]
    for no in begun + sent:
        new_shop.send_elsewhere(no, is_whole=no in set(sent))
    new_shop.live()
    tell_numbers(new_shop)
    new_shop.live()

    found = new_shop.look()
    assert found.stage is StartStage.READ_ONLY
    assert len(world.listed()) == 500
    assert new_shop.writes() == []
    assert [world.rows(select(table.id)) for table in (Parcel, Waybill)] == [[], []]
    assert world.jobs() == []
    kinds = {RowKind.BEFORE: waiting, RowKind.PART_SENT: begun, RowKind.SENT: sent, RowKind.UNPAID: unpaid}
    assert {kind: new_shop.nos(kind) for kind in kinds} == {kind: set(them) for kind, them in kinds.items()}
    assert found.counts == {kind: len(them) for kind, them in kinds.items()}
    number = next(one for one in found.numbers if one.code == "BEAR")
    assert number.theirs == new_shop.goods["BEAR"].qty
    assert number.ours not in (None, number.theirs)
    assert new_shop.nos(RowKind.TO_DESK, world.clock.now() - timedelta(days=1)) == {*waiting}
    table = tmp_path / "start.xlsx"
    rows = new_shop.desk.export(new_shop.id, None, table)
    assert rows == len(found.rows) + len(found.numbers) == load_workbook(table).active.max_row - 1
    assert new_shop.writes() == []

    # Orders to the desk: what is paid from now on, and two older ones that the owner picked.
    picked = sorted(waiting)[:2]
    ids = [row.order_id for row in found.rows if row.order_no in picked]
    assert new_shop.desk.begin(new_shop.id, world.clock.now(), ids) == 2
    world.clock.advance(seconds=5)
    late = new_shop.sell()
    new_shop.shop.pay(unpaid[0])
    new_shop.send_elsewhere(waiting[-1], is_whole=True)
    new_shop.live()
    assert new_shop.on_the_desk() == {*picked, late, unpaid[0]}
    assert world.order(waiting[-1]).fulfilment == "shipped", "sent by the program before, and brought in as such"
    assert new_shop.nos(RowKind.BEFORE) == {*waiting[:-1]} - {*picked}
    numbers = {no: new_shop.send(no) for no in (*picked, late)}
    new_shop.live()
    assert new_shop.writes() == [], "confirming is a switch of its own"

    # Confirmations: of what left meanwhile exactly what was ticked, and what leaves from now on.
    rows = {row.order_no: row for row in new_shop.look().rows if row.kind is RowKind.CONFIRM}
    assert {no: row.waybill_no for no, row in rows.items()} == numbers
    told = rows[picked[0]]
    assert new_shop.desk.confirm(new_shop.id, {(told.parcel_id, told.order_id)}) == 1
    new_shop.live()
    numbers[unpaid[0]] = new_shop.send(unpaid[0])
    new_shop.live()
    by_us = {
        one.number: no
        for no in [*nos, late]
        for one in new_shop.shop.order(no).parcels
        if not one.number.startswith("OLD")
    }
    assert by_us == {numbers[no]: no for no in (picked[0], unpaid[0])}
    assert {one for one in new_shop.writes() if "/order/logisticsAdd" not in one} == set(), (
        "numbers are a switch of their own"
    )

    # Stock numbers.
    before = len(new_shop.writes())
    planned = new_shop.look()
    number = next(one for one in planned.numbers if one.code == "BEAR")
    new_shop.desk.write_numbers(new_shop.id, planned.sku_ids)
    new_shop.live()
    assert set(new_shop.writes()[before:]) == {"/sku/syncStock"}
    assert new_shop.goods["BEAR"].qty == number.ours
    assert new_shop.look().stage is StartStage.WHOLE
    actions = {row.action for row in world.rows(select(Journal.action).where(Journal.subject == "shop"))}
    assert {"shop.started", "shop.confirms", "shop.writes_stock"} <= actions
    world.check_stock()


# --- each guard, and what happens without it ----------------------------------------------------------------------


def begun(world, *, on_desk: bool = True) -> None:
    """The world's shop begins at this moment, or is not on the desk at all."""
    values = {"on_desk": on_desk, "cut_over_at": world.clock.now() if on_desk else None}
    world.do(lambda uow: uow.execute(update(Shop).where(Shop.id == world.shop_id).values(**values)))
    world.clock.advance(seconds=1)


def old(world, no: str = "old", **more) -> None:
    """An order that was paid an hour ago comes in."""
    at = world.clock.now() - timedelta(hours=1)
    world.shop.place(no, line("1", "BEAR"), placed_at=at, paid_at=at, **more)
    world.sync(no)


@pytest.mark.parametrize("guarded", [True, False])
def test_an_order_from_before_the_cut_over_has_no_parcel(world, monkeypatch, guarded):
    if not guarded:
        monkeypatch.setattr(taking, "keep_off", lambda *_all: None)
    begun(world)
    old(world)
    assert bool(world.parcels("old")) is not guarded
    world.ready("new", line("1", "BEAR"))
    assert world.parcels("new")
    assert (world.holds("old") == {holds.NOT_STARTED}) is guarded


@pytest.mark.parametrize("guarded", [True, False])
def test_a_shop_that_has_not_started_gets_no_parcel_even_without_a_hold(world, monkeypatch, guarded):
    begun(world, on_desk=False)
    old(world)
    if not guarded:
        ready = (Order.fulfilment == "to_review", Order.hold_reason == "", Order.id.in_(id_set("ids")))
        given = (Order.id, Order.shop_id, Order.consignee_id, Order.warehouse_id, Order.ship_by_at)
        bare = update(Order).where(*ready).values(fulfilment=bindparam("target")).returning(*given)
        monkeypatch.setattr(parcels, "_RELEASE_THESE", bare)
    order_id = world.order("old").id
    world.do(lambda uow: holds.release(uow, order_id))
    world.do(lambda uow: parcels.release_ready(uow, [order_id], CARRIER))
    assert bool(world.parcels("old")) is not guarded


@pytest.mark.parametrize("guarded", [True, False])
def test_what_was_queued_waits_once_telling_is_switched_off(world, monkeypatch, guarded):
    number = world.ready("1", line("1", "BEAR"))
    world.desk.pack("1")
    world.desk.ship(number)
    world.desk.shops.stop_telling(world.shop_id)
    if not guarded:
        real = handlers.shop_of
        monkeypatch.setattr(handlers, "shop_of", lambda *of: replace(real(*of), confirms_shipments=True))
    world.tell_shop()
    assert bool(world.shop.told) is not guarded
    if guarded:
        (row,) = world.desk.activity.page("waiting", None, 10).rows
        assert row.trouble == "switched_off"
        world.desk.starting.confirm(world.shop_id, set())
        world.tell_shop()
        assert [one.order_no for one in world.shop.told.values()] == ["1"]


def test_a_parcel_that_was_left_out_is_not_told_when_the_moment_changes_either(world):
    world.desk.shops.stop_telling(world.shop_id)
    for no in ("1", "2"):
        number = world.ready(no, line("1", "BEAR"))
        world.desk.pack(no)
        world.desk.ship(number)
    first = next(row for row in world.desk.starting.look(world.shop_id).rows if row.order_no == "1")
    world.desk.starting.confirm(world.shop_id, {(first.parcel_id, first.order_id)})
    for moment in ("handover", "print", "outbound"):
        world.desk.shops.set_confirm_at(world.shop_id, moment)
    world.tell_shop()
    assert [one.order_no for one in world.shop.told.values()] == ["1"]
    left = [row for row in world.desk.starting.look(world.shop_id).rows if row.kind is RowKind.CONFIRM]
    assert [row.order_no for row in left] == ["2"], "it can still be told"


def test_nobody_but_the_owner_brings_an_older_order_in(world):
    begun(world)
    old(world)
    old(world, "begun", shipped=(ShippedParcel("ZTO", "Z1", (("1", 1),)),))
    ids = {no: world.order(no).id for no in ("old", "begun")}
    for order_id in ids.values():
        with pytest.raises(Refused) as refused:
            world.desk.orders.release_hold(order_id)
        assert refused.value.code == "hold.not_started"
    at = world.order("old").placed_at + timedelta(hours=1)
    assert world.desk.starting.begin(world.shop_id, at, list(ids.values())) == 1
    assert world.parcels("old")
    assert world.holds("begun") == {holds.PART_SENT}, "somebody has sent a part of it"
    actions = world.rows(select(Journal.action).where(Journal.subject_id == ids["old"], Journal.subject == "orders"))
    assert "order.brought_in" in {row.action for row in actions}


def test_stopped_again_new_orders_stay_off_and_the_desk_ends_its_own(world):
    begun(world)
    world.ready("1", line("1", "BEAR"))
    world.desk.starting.stop(world.shop_id)
    world.shop.place("2", line("1", "BEAR"))
    world.sync("2")
    world.tidy()
    assert world.parcels("1")
    assert not world.parcels("2")
    assert world.desk.starting.look(world.shop_id).stage is StartStage.PARTLY, "it is told of parcels"
    at = world.desk.starting.look(world.shop_id).started_at
    assert world.desk.starting.begin(world.shop_id, at) == 1
    assert world.parcels("2")


def test_a_beginning_that_is_stopped_half_way_is_taken_up_again(world):
    begun(world, on_desk=False)
    at = world.clock.now()
    for no in range(25):
        world.shop.place(str(no), line("1", "BEAR"))
    world.sync()
    assert world.desk.starting.begin(world.shop_id, at, goes_on=lambda done: done == 0) == 20
    assert world.desk.starting.look(world.shop_id).counts == {RowKind.TO_DESK: 5}
    assert world.desk.starting.begin(world.shop_id, at) == 5


def test_what_another_program_sends_is_neither_late_nor_short_here(world):
    begun(world)
    old(world)
    world.clock.advance(days=9)
    at = world.clock.now()
    assert world.store.read(lambda connection: orders_late(connection, at)) == []
    world.ready("new", line("1", "BEAR"))
    world.clock.advance(days=9)
    assert world.store.read(lambda connection: orders_late(connection, world.clock.now()))[0].facts == {"n": 1}


def test_a_label_of_the_other_program_stops_nothing_where_it_prints_them_all(world):
    world.desk.shops.set_prints_elsewhere(world.shop_id, is_on=True)
    world.shop.place("1", line("1", "BEAR"), shipped=(ShippedParcel("ZTO", "Z1"),))
    world.sync("1")
    assert world.holds("1") == set()


def test_other_goods_than_the_owner_saw_are_not_written(world):
    world.desk.platforms[world.shop_id] = StockPlatform(world.clock)
    link = {"shop_id": world.shop_id, "item_id": "i", "channel_sku_id": "s", "title": "熊", "spec": ""}
    world.do(lambda uow: uow.insert(Listing, link | {"merchant_code": "BEAR", "sku_id": world.skus["BEAR"]}))
    world.do(lambda uow: set_plan(uow, SkuId(world.skus["BEAR"]), PlanDraft(Mode.SHARED)))
    seen = world.desk.starting.look(world.shop_id).sku_ids
    assert seen == {world.skus["BEAR"]}
    with pytest.raises(Refused) as refused:
        world.desk.starting.write_numbers(world.shop_id, ())
    assert refused.value.code == "shop.list_changed"
    world.desk.starting.write_numbers(world.shop_id, seen)
    assert world.rows(select(Shop.writes_stock))[0].writes_stock
    world.desk.starting.stop_numbers(world.shop_id)
    assert not world.rows(select(Shop.writes_stock))[0].writes_stock
