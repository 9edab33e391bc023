"""A shop asks by one number and shows people another: people read, search and scan theirs; calls keep the shop's."""

from dataclasses import replace

import pytest

from core.db.unit_of_work import UnitOfWork
from core.fulfilment.taking import take_page
from core.orders.records import OrderFilter
from core.sync.shops import add_shop, shop_of
from tests.support.fake_shop import line
from tests.support.world import CARRIER

ASKED = "order_01JX9Z7K3T"


def _found(world, typed):
    return {row.order_no for row in world.desk.orders.page(OrderFilter("all", typed), None, 50).rows}


def test_people_read_one_number_and_the_shop_is_told_the_other(world):
    number = world.ready(ASKED, line("1", "BEAR"), display_no="1007")
    assert [row.order_no for row in world.listed()] == ["1007"]
    opened = world.desk.open("#1007")
    assert (opened.code, opened.parcel.order_nos) == ("parcel.opened", ("1007",))
    world.desk.verify(opened)
    (label,) = world.print_labels()
    assert label["order_nos"] == ["1007"]
    assert world.desk.ship(number).code == "parcel.shipped"
    assert world.tell_shop() == 1
    assert [notice.order_no for notice in world.shop.told.values()] == [ASKED]


@pytest.mark.parametrize("typed", ["7", "#7", ASKED, ASKED[:12]])
def test_a_short_number_is_found_whole_and_the_long_one_by_its_beginning(world, typed):
    world.shop.place(ASKED, line("1", "BEAR"), display_no="7")
    world.shop.place("order_99", line("1", "BEAR"), display_no="77")
    world.sync()
    assert _found(world, typed) == {"7"}


def test_a_beginning_of_the_shown_number_finds_it(world):
    for n in (1001, 1002, 1100):
        world.shop.place(f"order_{n}x", line("1", "BEAR"), display_no=str(n))
    world.sync()
    assert _found(world, "100") == {"1001", "1002"}
    assert _found(world, "#100") == {"1001", "1002"}


def test_the_number_comes_to_an_order_that_was_taken_in_before_it_was_known(world):
    world.shop.place(ASKED, line("1", "BEAR"))
    world.sync()
    assert _found(world, "1007") == set()
    world.shop.change(ASKED, display_no="1007")
    world.sync()
    assert _found(world, "1007") == {"1007"}


def test_one_number_for_both_is_kept_once(world):
    world.shop.place("42", line("1", "BEAR"), display_no="42")
    world.sync()
    assert world.order("42").display_no is None


def test_a_number_means_what_the_shop_shows_not_what_it_keeps_another_order_as(world):
    world.ready("1007", line("1", "BEAR"), display_no="953")
    world.ready("1100", line("1", "BAG"), display_no="1007")
    assert world.desk.open("1007").parcel.order_nos == ("1007",)
    assert world.desk.open("1100").parcel.order_nos == ("1007",)
    assert world.desk.open("953").parcel.order_nos == ("953",)


def test_the_same_number_in_two_shops_opens_nothing_until_the_label_says_which(world):
    number = world.ready(ASKED, line("1", "BEAR"), display_no="7")

    def second(uow: UnitOfWork) -> None:
        shop_id = add_shop(uow, "fake", "第二家", {}, "{}", world.warehouse)
        order = replace(world.shop.orders[ASKED], order_no="order_02", buyer_key="another")
        take_page(uow, shop_of(uow.connection, shop_id).facts, [order], world.digest, CARRIER)

    world.do(second)
    asked = world.desk.open("7")
    assert (asked.code, asked.tone.value, asked.parcel) == ("order.several", "wrong", None)
    assert asked.facts["shops"] == "练习店、第二家"
    assert world.desk.open(number).code == "parcel.opened"
