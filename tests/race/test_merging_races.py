"""One desk joins parcels while another opens one of them: it is with one of the two, never with both."""

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import select

from core.fulfilment.models import Parcel, ParcelLine
from core.orders.models import Order
from core.waybills.models import Waybill
from tests.race.test_spine_races import together
from tests.support.fake_shop import LIN, line

pytestmark = pytest.mark.race
ROUNDS = 12


def places(world, no):
    """Live parcels that hold units of the order, with the desk each lies open at."""
    inside = select(ParcelLine.parcel_id).join(Order, Order.id == ParcelLine.order_id).where(Order.order_no == no)
    query = select(Parcel.id, Parcel.opened_by).where(Parcel.id.in_(inside), Parcel.state != "cancelled")
    return world.rows(query)


def test_a_parcel_that_is_opened_while_it_is_joined_is_in_one_place(world):
    other = world.new_desk("desk 2")
    for number in range(ROUNDS):
        mine, theirs = f"A{number}", f"B{number}"
        for no in (mine, theirs):
            world.ready(no, line("1", "BEAR"), buyer_key=f"buyer {number}")
        opened = world.desk.open(mine)
        parcel = opened.parcel
        merged, answer = together(
            partial(world.desk.packing.merge, parcel.id, parcel.fence, world.desk.nonce()),
            partial(other.open, theirs),
        )
        (place,) = places(world, theirs)
        is_joined = place.id == parcel.id
        assert answer.code in ({"parcel.taken", "parcel.recalled"} if is_joined else {"parcel.opened"})
        assert place.opened_by == ("desk 1" if is_joined else "desk 2")
        assert merged.code == ("merge.done" if is_joined else "merge.nothing")
        live = select(Waybill.id).where(
            Waybill.parcel_id == place.id, Waybill.state.in_(("planned", "requesting", "obtained"))
        )
        assert len(world.rows(live)) == 1
        done = world.desk.packing.refresh(parcel.id)
        world.desk.packing.leave(parcel.id, done.fence)
        if not is_joined:
            other.packing.leave(answer.parcel.id, answer.parcel.fence)
        _ship_all(world, (mine, theirs))
    world.check_stock()


def _ship_all(world, numbers):
    for no in numbers:
        for parcel in world.parcels(no, "to_pack", "packing", "packed"):
            assert world.desk.pack(no).code == "parcel.complete"
            (number,) = [
                row.number for row in world.waybills(no) if row.parcel_id == parcel.id and row.state == "obtained"
            ]
            assert world.desk.ship(number).code == "parcel.shipped"


def test_two_desks_that_join_at_once_share_what_there_is(world):
    other = world.new_desk("desk 2")
    for number in range(ROUNDS):
        nos = [f"C{number}-{place}" for place in range(4)]
        for no in nos:
            world.ready(no, line("1", "BEAR"), buyer_key=f"buyer c{number}")
        first, second = world.desk.open(nos[0]), other.open(nos[1])
        joined = together(
            partial(world.desk.packing.merge, first.parcel.id, first.parcel.fence, world.desk.nonce()),
            partial(other.packing.merge, second.parcel.id, second.parcel.fence, other.nonce()),
        )
        assert sum(int(verdict.facts.get("n", 0)) for verdict in joined) == 2
        for no in nos:
            assert len(places(world, no)) == 1
        for desk, opened in ((world.desk, first), (other, second)):
            desk.packing.leave(opened.parcel.id, opened.parcel.fence)
        _ship_all(world, nos)
    world.check_stock()


def test_an_order_that_moves_while_its_parcel_takes_others_in_leaves_nobody_behind(world):
    """The platform's newer copy and the merge meet on one parcel: every order has one live place afterwards."""
    who = replace(LIN, name="林**", is_masked=True, token="one cipher")
    for number in range(ROUNDS // 2):
        nos = [f"E{number}-{place}" for place in range(3)]
        for no in nos:
            world.ready(
                no, line("1", "BEAR"), buyer_key=f"buyer e{number}", consignee=who, merge_key=f"place {number}"
            )
        opened = world.desk.open(nos[0]).parcel
        moved = nos[number % 2]
        world.shop.change(moved, merge_key=f"place {number} b")
        together(
            partial(world.desk.packing.merge, opened.id, opened.fence, world.desk.nonce()),
            partial(world.sync, moved),
        )
        where = {no: places(world, no) for no in nos}
        assert all(len(found) == 1 for found in where.values()), where
        others = {where[no][0].id for no in nos if no != moved}
        assert where[moved][0].id not in others, "two receivers share a box"
        for no in nos:
            (parcel,) = world.parcels(no, "to_pack", "packing", "packed")
            if parcel.opened_by:
                world.desk.packing.leave(parcel.id, parcel.fence)
    world.check_stock()
