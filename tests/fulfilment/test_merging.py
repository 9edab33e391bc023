"""Parcels for one receiver in one box, and parted again, on both engines."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.records import Neighbours
from core.orders.models import Order
from core.sync.shops import add_shop
from core.waybills.models import Waybill
from tests.support.fake_shop import LIN, line
from tests.support.world import START, World

AWAY = replace(LIN, name="周测试", phone="13900005678", address="别处路2号")


def merge(world, opened):
    return world.desk.packing.merge(opened.parcel.id, opened.parcel.fence, world.desk.nonce())


def unmerge(world, opened):
    return world.desk.packing.unmerge(opened.parcel.id, opened.parcel.fence, world.desk.nonce())


def names(verdict):
    return [each.order_nos for each in verdict.facts["companions"]]


def test_other_parcels_for_the_same_receiver_are_said_when_one_opens(world):
    world.ready("A1", line("1", "BEAR"))
    world.ready("A2", line("1", "BAG", 2))
    world.ready("A3", line("1", "BEAR"), consignee=AWAY)
    world.ready("A4", line("1", "BEAR"))
    assert names(world.desk.open("A1")) == [("A2",), ("A4",)]
    assert names(world.desk.open("A3")) == []


def test_one_box_one_number_and_each_order_is_told_it(world):
    mine = world.ready("A1", line("1", "BEAR"), ship_by_at=START + timedelta(hours=9))
    theirs = world.ready("A2", line("1", "BAG", 2), ship_by_at=START + timedelta(hours=3))
    opened = world.desk.open("A1")
    merged = merge(world, opened)
    assert (merged.code, merged.facts["n"], merged.parcel.missing_qty) == ("merge.done", 1, 3)
    assert (merged.parcel.order_nos, names(merged)) == (("A1", "A2"), [])
    assert merged.parcel.ship_by_at == START + timedelta(hours=3)
    assert world.order("A2").fulfilment == "packing"
    world.buy_numbers()
    assert world.carrier.live_numbers() == [mine]
    packed = world.desk.verify(merged)
    assert (packed.code, len(world.print_labels())) == ("parcel.complete", 1)
    assert world.desk.ship(theirs).code == "label.voided"
    assert world.desk.ship(mine).code == "parcel.shipped"
    assert [world.order(no).fulfilment for no in ("A1", "A2")] == ["shipped", "shipped"]
    assert world.tell_shop() == 2
    assert {(notice.order_no, notice.waybill_no) for notice in world.shop.told.values()} == {
        ("A1", mine),
        ("A2", mine),
    }
    assert [world.shop.told_qty("A1", "1"), world.shop.told_qty("A2", "1")] == [1, 2]
    world.check_stock()


def test_the_same_nonce_merges_once(world):
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR"))
    opened = world.desk.open("A1")
    nonce = world.desk.nonce()
    for _ in range(2):
        merged = world.desk.packing.merge(opened.parcel.id, opened.parcel.fence, nonce)
        assert (merged.code, merged.parcel.missing_qty) == ("merge.done", 2)
    assert merge(world, opened).code == "merge.nothing"


def _printed(world):
    world.desk.labels.print_label(world.parcels("A2")[0].id)


def _opened(world):
    other = world.new_desk("desk 2")
    other.open("A2")


def _verified(world):
    other = world.new_desk("desk 2")
    opened = other.open("A2")
    other.scan(opened, "BEAR")
    other.packing.leave(opened.parcel.id, opened.parcel.fence)


def _held(world):
    world.desk.orders.hold(world.order("A2").id, "by_hand", "")


def _boxed(world):
    other = world.new_desk("desk 2")
    opened = other.open("A2")
    other.scan(opened, "BEAR")
    other.packing.add_box(opened.parcel.id, opened.parcel.fence, other.nonce())
    other.packing.leave(opened.parcel.id, opened.parcel.fence)


@pytest.mark.parametrize("touch", [_printed, _opened, _verified, _held, _boxed])
def test_a_parcel_that_somebody_has_touched_is_left_alone(world, touch):
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR", 2))
    touch(world)
    opened = world.desk.open("A1")
    assert (names(opened), merge(world, opened).code) == ([], "merge.nothing")
    assert world.parcels("A2", "cancelled") == []


def test_a_parcel_whose_own_label_was_printed_takes_nothing_in(world):
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR"))
    world.desk.labels.print_label(world.parcels("A1")[0].id)
    opened = world.desk.open("A1")
    assert (names(opened), merge(world, opened).code) == ([], "merge.nothing")


@pytest.mark.parametrize("is_masked", [False, True])
def test_masked_receivers_of_two_shops_never_travel_together(world, is_masked):
    who = replace(LIN, is_masked=is_masked, token="oaid-1")
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR"), consignee=who, buyer_key="one buyer", merge_key="one place")

    def move(uow):
        other = add_shop(uow, "fake", "二店", {}, "{}", world.warehouse, confirms_shipments=True)
        parcel = world.parcels("A2")[0].id
        uow.execute(update(Parcel).where(Parcel.id == parcel).values(shop_id=other))
        uow.execute(update(Order).where(Order.order_no == "A2").values(shop_id=other))

    world.do(move)
    assert names(world.desk.open("A1")) == ([] if is_masked else [("A2",)])


def test_a_desk_that_opens_the_other_one_at_the_same_moment_keeps_it(world, monkeypatch):
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR"))
    opened = world.desk.open("A1")
    (theirs,) = opened.facts["companions"]
    stale = replace(theirs, fence=theirs.fence - 1)
    monkeypatch.setattr("core.fulfilment.merging.neighbours", lambda *_: Neighbours((stale,)))
    assert merge(world, opened).code == "merge.nothing"
    assert world.parcels("A2")[0].state == "to_pack"


def test_parted_orders_have_parcels_and_numbers_of_their_own_again(world):
    mine = world.ready("A1", line("1", "BEAR"))
    world.ready("A2", line("1", "BAG", 2))
    opened = world.desk.open("A1")
    merged = merge(world, opened)
    world.desk.scan(merged, "BAG", 2)
    parted = unmerge(world, merged)
    assert (parted.code, parted.facts["n"], parted.facts["units"]) == ("merge.undone", 1, 2)
    assert parted.parcel.order_nos == ("A1",)
    assert (world.order("A1").fulfilment, world.order("A2").fulfilment) == ("packing", "to_pack")
    world.buy_numbers()
    world.desk.verify(parted)
    assert world.desk.ship(mine).code == "parcel.shipped"
    assert world.desk.open("A2").parcel.missing_qty == 2, "what lay in the other box is scanned anew"
    packed = world.desk.pack("A2")
    assert packed.parcel.order_nos == ("A2",)
    own = world.number("A2")
    assert own not in {mine, ""}
    assert world.desk.ship(own).code == "parcel.shipped"
    world.tell_shop()
    assert {(notice.order_no, notice.waybill_no) for notice in world.shop.told.values()} == {
        ("A1", mine),
        ("A2", own),
    }
    world.check_stock()


def test_parting_a_packed_box_leaves_what_stays_packed_under_its_one_label(world):
    mine = world.ready("A1", line("1", "BEAR"))
    world.ready("A2", line("1", "BAG"))
    packed = world.desk.verify(merge(world, world.desk.open("A1")))
    assert packed.code == "parcel.complete"
    parted = unmerge(world, packed)
    assert (parted.code, parted.parcel.state) == ("merge.undone", "packed")
    assert (world.order("A1").fulfilment, world.order("A2").fulfilment) == ("packed", "to_pack")
    assert len(world.jobs()) == 1
    assert world.desk.ship(mine).code == "parcel.shipped"


def test_nothing_is_parted_that_is_one_order_or_in_several_boxes(world):
    world.ready("A1", line("1", "BEAR", 2))
    opened = world.desk.open("A1")
    assert unmerge(world, opened).code == "merge.nothing_to_part"
    world.ready("A2", line("1", "BAG"))
    merged = merge(world, opened)
    world.desk.scan(merged, "BEAR")
    world.desk.packing.add_box(merged.parcel.id, merged.parcel.fence, world.desk.nonce())
    assert unmerge(world, merged).code == "merge.nothing_to_part"


def test_a_merged_parcel_in_two_boxes_moves_each_order_with_its_own_boxes(world):
    first = world.ready("A1", line("1", "BEAR"))
    world.ready("A2", line("1", "BAG", 2))
    world.ready("A3", line("1", "CARD"))
    merged = merge(world, world.desk.open("A1"))
    world.desk.scan(merged, "BEAR")
    world.desk.scan(merged, "BAG")
    world.desk.packing.add_box(merged.parcel.id, merged.parcel.fence, world.desk.nonce())
    # A1 is whole in the first box, A2 is in both, A3 waits with the second.
    assert [world.order(no).fulfilment for no in ("A1", "A2", "A3")] == ["packed", "packing", "to_pack"]
    world.buy_numbers()
    assert world.desk.ship(first).code == "parcel.shipped"
    assert [world.order(no).fulfilment for no in ("A1", "A2", "A3")] == ["shipped", "packing", "to_pack"]
    rest = world.desk.packing.open_next(world.desk.nonce())
    assert (rest.parcel.order_nos, rest.parcel.box_no) == (("A2", "A3"), 2)
    world.desk.verify(rest)
    second = world.number("A3")
    assert world.desk.ship(second).code == "parcel.shipped"
    assert [world.order(no).fulfilment for no in ("A2", "A3")] == ["shipped", "shipped"]
    assert world.tell_shop() == 4
    world.check_stock()


def test_a_refund_of_one_order_in_a_merged_box_stops_it_and_the_other_goes_on(world):
    mine = world.ready("A1", line("1", "BEAR"))
    world.ready("A2", line("1", "BAG"))
    packed = world.desk.verify(merge(world, world.desk.open("A1")))
    assert packed.code == "parcel.complete"
    world.shop.cancel("A2")
    world.sync("A2")
    assert world.desk.ship(mine).code != "parcel.shipped"
    world.buy_numbers()
    assert world.order("A2").fulfilment == "cancelled"
    again = world.desk.pack("A1")
    assert [one.sku_code for one in again.parcel.lines] == ["BEAR"]
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"
    world.check_stock()


ACTS = st.lists(st.sampled_from(["merge", "part", "scan", "box", "leave"]), max_size=8)


@settings(max_examples=min(settings().max_examples, 30), deadline=None)
@given(acts=ACTS)
def test_whatever_is_merged_parted_and_boxed_every_unit_leaves_once_under_one_valid_number(
    shared_world: World, acts: list[str]
):
    world = shared_world
    base = f"M{len(world.shop.orders)}"
    who = replace(LIN, name=f"收件{base}", phone=f"137{len(world.shop.orders):08d}")
    nos = [f"{base}-{number}" for number in range(3)]
    for no in nos:
        world.ready(no, line("1", "BEAR", 2), line("2", "BAG"), consignee=who)
    opened = world.desk.open(nos[0])
    for act in acts:
        if act == "merge":
            merge(world, opened)
        elif act == "part":
            unmerge(world, opened)
        elif act == "scan":
            world.desk.scan(opened, "BEAR")
        elif act == "box":
            world.desk.packing.add_box(opened.parcel.id, opened.parcel.fence, world.desk.nonce())
        else:
            world.desk.packing.leave(opened.parcel.id, opened.parcel.fence)
            opened = world.desk.open(nos[0])
        _one_live_place_for_each_unit(world, nos)
    world.desk.packing.leave(opened.parcel.id, opened.parcel.fence)
    for no in nos:
        while left := world.parcels(no, "to_pack", "packing", "packed"):
            world.buy_numbers()
            number = next(
                row.number for row in world.waybills(no) if row.parcel_id == left[0].id and row.state == "obtained"
            )
            if left[0].state != "packed":
                world.desk.verify(world.desk.packing.open_code(number, world.desk.nonce()))
            assert world.desk.ship(number).code == "parcel.shipped"
    world.tell_shop()
    told = Counter({(no, one): world.shop.told_qty(no, one) for no in nos for one in ("1", "2")})
    assert told == Counter({(no, one): 2 if one == "1" else 1 for no in nos for one in ("1", "2")})
    assert {world.order(no).fulfilment for no in nos} == {"shipped"}
    world.check_stock()


def _one_live_place_for_each_unit(world: World, nos: list[str]) -> None:
    units = (
        select(ParcelLine.order_line_id, func.sum(ParcelLine.qty).label("qty"))
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .where(Parcel.state != "cancelled")
        .group_by(ParcelLine.order_line_id)
    )
    boxed = {row.order_line_id: row.qty for row in world.rows(units)}
    for no in nos:
        for one in world.lines(no):
            assert boxed[one.id] == one.qty
        live = world.rows(
            select(Parcel.id, func.count(Waybill.id).label("numbers"))
            .join(Waybill, Waybill.parcel_id == Parcel.id)
            .where(
                Parcel.id.in_([row.id for row in world.parcels(no, "to_pack", "packing", "packed")]),
                Waybill.state.in_(("planned", "requesting", "obtained")),
            )
            .group_by(Parcel.id)
        )
        assert all(row.numbers == 1 for row in live)


def test_another_address_of_the_same_receiver_is_another_box(world):
    world.ready("A1", line("1", "BEAR"))
    world.ready("A2", line("1", "BEAR"), consignee=replace(LIN, address="别处路2号"))
    assert names(world.desk.open("A1")) == []


@pytest.mark.parametrize("column", ["warehouse_id", "carrier_code"])
def test_another_warehouse_or_carrier_is_another_box(world, column):
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR"))
    value = world.desk.stock.add_warehouse("wh2", "二号仓").id if column == "warehouse_id" else "SF"
    parcel = world.parcels("A2")[0].id
    world.do(lambda uow: uow.execute(update(Parcel).where(Parcel.id == parcel).values({column: value})))
    assert names(world.desk.open("A1")) == []
