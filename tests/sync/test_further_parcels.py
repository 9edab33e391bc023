"""Of an order in several parcels some shops take one number: the others are known here only, and nobody is alarmed."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.channels.contract import ShippedParcel, Splits
from core.db import outbox
from core.db.models import Journal
from core.fulfilment.telling import KEPT_HERE
from core.runtime.remote_errors import Temporary
from tests.support.fake_shop import line


@pytest.fixture
def once(world):
    """A shop that takes one number for an order, once and for all."""
    can = world.shop.capabilities
    world.shop.capabilities = replace(can, splits=Splits.WHOLE, changes_number=False)
    world.shop.replaces_numbers = False
    return world


def boxed(world, no="A1"):
    """An order packed in two boxes; the numbers of both."""
    first = world.ready(no, line("1", "BEAR", 3))
    opened = world.desk.open(no)
    world.desk.scan(opened, "BEAR")
    world.desk.packing.add_box(opened.parcel.id, opened.parcel.fence, world.desk.nonce())
    world.buy_numbers()
    world.desk.verify(world.desk.packing.open_next(world.desk.nonce(), opened.parcel.id))
    return first, world.number(no)


def sent(world, *numbers):
    for number in numbers:
        assert world.desk.ship(number).code == "parcel.shipped"


def pile(world, name):
    return [row for row in world.desk.activity.page(name, None, 50).rows if row.kind == "confirm_shipment"]


def known_there(world, no="A1"):
    return [parcel.waybill_no for parcel in world.shop.orders[no].shipped]


def kept_here(world):
    rows = world.rows(select(Journal.facts).where(Journal.action == KEPT_HERE).order_by(Journal.id))
    return [(row.facts["number"], row.facts["theirs"]) for row in rows]


def counts(world):
    return world.desk.activity.counts()


QUIET = {"waiting": 0, "failed": 0, "conflict": 0}


def test_the_second_parcels_number_is_known_here_only_and_nothing_is_in_conflict(once):
    first, second = boxed(once)
    sent(once, first, second)
    assert once.tell_shop() == 2
    assert known_there(once) == [first]
    assert (counts(once), kept_here(once)) == (QUIET, [(second, first)])
    newest, oldest = pile(once, "done")
    assert (newest.waybill_no, newest.is_kept_here, newest.theirs) == (second, True, (first,))
    assert (newest.is_conflict, newest.may_replace, newest.trouble) == (False, False, "")
    assert (oldest.waybill_no, oldest.is_kept_here, oldest.theirs) == (first, False, ())
    assert once.order("A1").fulfilment == "shipped"


def test_the_orders_drawer_knows_which_number_the_shop_did_not_take(once):
    first, second = boxed(once)
    sent(once, first, second)
    once.tell_shop()
    detail = once.desk.orders.detail(once.order("A1").id)
    assert detail.kept_here == {second: first}
    assert [parcel.waybill_no for parcel in detail.parcels] == [first, second]


def test_whichever_parcel_is_told_first_is_the_one_the_shop_knows(once):
    first, second = boxed(once)
    sent(once, second, first)
    once.tell_shop()
    assert (known_there(once), kept_here(once), counts(once)) == ([second], [(first, second)], QUIET)


def test_the_shop_may_write_our_number_as_it_likes(once):
    first, second = boxed(once)
    sent(once, first)
    once.tell_shop()
    once.shop.send_elsewhere("A1", f" {first.lower()} ")
    sent(once, second)
    once.tell_shop()
    assert [number for number, _ in kept_here(once)] == [second]


def test_its_own_number_in_another_spelling_is_not_another_parcels(once):
    first, _ = boxed(once)
    once.shop.send_elsewhere("A1", first.lower())
    sent(once, first)
    once.tell_shop()
    assert (counts(once)["conflict"], kept_here(once)) == (1, [])


@pytest.mark.parametrize("theirs", [["SF100"], ["ours", "SF100"]])
def test_a_number_that_somebody_else_told_stays_a_conflict(once, theirs):
    first, second = boxed(once)
    sent(once, first)
    once.tell_shop()
    there = tuple(ShippedParcel("", first if one == "ours" else one) for one in theirs)
    once.shop.change("A1", shipped=there)
    sent(once, second)
    once.tell_shop()
    assert (counts(once), kept_here(once)) == (QUIET | {"conflict": 1}, [])
    assert "SF100" in pile(once, "conflict")[0].theirs


def test_a_number_of_ours_that_was_called_off_stays_a_conflict(once):
    first, second = boxed(once)
    once.shop.send_elsewhere("A1", first)
    once.desk.labels.new_number(once.parcels("A1")[0].id, "damaged")
    once.buy_numbers()
    sent(once, second)
    once.tell_shop()
    assert (counts(once)["conflict"], kept_here(once)) == (1, [])


def test_a_parcel_out_of_which_the_orders_goods_were_taken_stays_a_conflict(once):
    once.desk.shops.set_confirm_at(once.shop_id, "print")
    first = once.ready("A1", line("1", "BEAR"), line("2", "CARD"))
    once.ready("A2", line("1", "BAG"))
    opened = once.desk.open("A1")
    once.desk.packing.merge(opened.parcel.id, opened.parcel.fence, once.desk.nonce())
    for code in ("BEAR", "BAG"):
        once.desk.scan(opened, code)
    once.desk.packing.add_box(opened.parcel.id, opened.parcel.fence, once.desk.nonce())
    once.print_labels()
    once.tell_shop()
    once.buy_numbers()
    once.shop.after_sale("A1", "1", "refunded")
    once.sync("A1")
    second = once.number("A1")
    once.desk.verify(once.desk.open(second))
    once.print_labels()
    once.tell_shop()
    assert (known_there(once), counts(once)["conflict"], kept_here(once)) == ([first], 1, [])


def test_another_orders_number_stays_a_conflict(once):
    other = once.ready("A2", line("1", "BEAR"))
    first, second = boxed(once)
    sent(once, first)
    once.tell_shop()
    once.shop.send_elsewhere("A1", other)
    sent(once, second)
    once.tell_shop()
    assert (counts(once)["conflict"], kept_here(once)) == (1, [])


@pytest.mark.parametrize("more", [{"splits": Splits.UNITS}, {"splits": Splits.LINES}, {"adds_numbers": True}])
def test_where_each_parcel_is_to_be_told_a_refusal_stays_a_conflict(once, more):
    once.shop.capabilities = replace(once.shop.capabilities, **more)
    first, second = boxed(once)
    sent(once, first)
    once.tell_shop()
    once.shop.send_elsewhere("A1", first)
    sent(once, second)
    once.tell_shop()
    assert (counts(once)["conflict"], kept_here(once)) == (1, [])


def test_what_the_shop_did_not_say_is_settled_by_asking_again(once):
    first, second = boxed(once)
    sent(once, first)
    once.tell_shop()
    sent(once, second)
    once.shop.faults = [None, Temporary("away")]
    once.tell_shop()
    (row,) = pile(once, "conflict")
    assert row.theirs == ()
    once.desk.activity.retry(row.id)
    assert once.tell_shop() == 1
    assert (counts(once), kept_here(once)) == (QUIET, [(second, first)])


def test_a_new_number_of_the_second_parcel_is_known_here_only_as_well(once):
    once.desk.shops.set_confirm_at(once.shop_id, "print")
    first, second = boxed(once)
    once.print_labels()
    once.tell_shop()
    assert kept_here(once) == [(second, first)]
    once.desk.labels.new_number(once.parcels("A1")[1].id, "damaged")
    once.buy_numbers()
    once.print_labels()
    fresh = once.number("A1")
    sent(once, first, fresh)
    once.tell_shop()
    assert (counts(once), kept_here(once)) == (QUIET, [(second, first), (fresh, first)])


def test_a_number_that_was_to_take_the_place_of_one_the_shop_had_is_looked_at(once):
    once.desk.shops.set_confirm_at(once.shop_id, "print")
    first, second = boxed(once)
    once.print_labels()
    once.tell_shop()
    once.shop.send_elsewhere("A1", second)
    once.desk.labels.new_number(once.parcels("A1")[0].id, "damaged")
    once.buy_numbers()
    once.print_labels()
    once.tell_shop()
    assert [row.trouble for row in pile(once, "conflict")] == ["told_other"]
    assert kept_here(once) == [(second, first)]


def claimed(world, holder):
    (claim,) = world.do(lambda uow: outbox.claim(uow, f"shop:{world.shop_id}", holder, 120.0))
    return claim


def test_it_is_written_down_once_though_the_program_stops_before_it_is_done(once):
    first, second = boxed(once)
    sent(once, first)
    once.tell_shop()
    sent(once, second)
    once.handlers().confirm(claimed(once, "desk 1"))
    once.clock.advance(seconds=121)
    assert once.tell_shop() == 1
    assert (counts(once), kept_here(once)) == (QUIET, [(second, first)])


def test_it_is_written_down_by_the_desk_that_holds_it(once):
    first, second = boxed(once)
    sent(once, first)
    once.tell_shop()
    sent(once, second)
    slow = claimed(once, "desk 1")
    once.clock.advance(seconds=121)
    once.handlers().confirm(claimed(once, "desk 2"))
    once.handlers().confirm(slow)
    assert kept_here(once) == [(second, first)]
