"""Parcels that left before their money was wanted back: which are to be caught, and until when."""

import pytest

from core.aftersale.service import take_cases
from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState
from core.runtime.errors import NotFound, Refused
from tests.support.after_sales import case
from tests.support.fake_shop import line
from tests.support.world import CARRIER


def sent(world, no, *lines):
    number = world.ready(no, *(lines or (line("1", "BEAR"),)))
    world.desk.pack(no)
    world.desk.ship(number)
    return number


def refund(world, no, line_no="1", state="requested"):
    world.shop.after_sale(no, line_no, state)
    world.sync(no)


def caught(world):
    return world.desk.after_sales.to_catch()


def opened(world, no, **more):
    world.do(lambda uow: take_cases(uow, world.shop_id, [case(f"case-{no}", no, world.clock.now(), **more)]))


def test_what_is_refunded_after_the_scan_is_to_be_caught_and_nothing_else(world):
    number = sent(world, "A1", line("1", "BEAR", 2), line("2", "BAG"))
    sent(world, "A2")
    world.ready("A3", line("1", "BEAR"))
    assert caught(world) == ()
    refund(world, "A1", "2")
    refund(world, "A3")
    (one,) = caught(world)
    assert (one.waybill_no, one.order_nos, one.goods) == (number, ("A1",), ("goods BAG x1",))
    assert (one.is_here, one.is_refunded) == (True, False)
    refund(world, "A1", "2", "refunded")
    assert caught(world)[0].is_refunded
    refund(world, "A1", "2", "none")
    assert caught(world) == (), "it was called off"


def test_what_a_person_settled_comes_back_only_with_more_of_it(world):
    sent(world, "A1", line("1", "BEAR"), line("2", "BAG"))
    refund(world, "A1", "1")
    (one,) = caught(world)
    with pytest.raises(Refused):
        world.desk.after_sales.settle_catch(one.parcel_id, "lost")
    with pytest.raises(NotFound):
        world.desk.after_sales.settle_catch(one.parcel_id + 1, "caught")
    world.desk.after_sales.settle_catch(one.parcel_id, "too_late")
    assert caught(world) == ()
    refund(world, "A1", "2")
    assert [goods for one in caught(world) for goods in one.goods] == ["goods BEAR x1", "goods BAG x1"]


def test_goods_that_the_buyer_has_or_will_send_back_are_left_alone(world):
    for no in ("A1", "A2", "A3"):
        sent(world, no)
        refund(world, no)
    opened(world, "A1", kind=AfterSaleKind.RETURN)
    opened(world, "A2", kind=AfterSaleKind.REFUND)
    assert {one.order_nos for one in caught(world)} == {("A2",), ("A3",)}
    world.shop.change("A3", is_completed=True, is_shipped=True)
    world.sync("A3")
    assert [one.order_nos for one in caught(world)] == [("A2",)]
    opened(world, "A2", kind=AfterSaleKind.REFUND, state=AfterSaleState.CLOSED)
    world.clock.advance(days=16)
    assert caught(world) == ()


def test_what_is_still_here_stands_before_what_the_courier_has(world):
    sent(world, "A1")
    world.clock.advance(minutes=1)
    number = sent(world, "A2")
    desk = world.desk.handover
    sheet = desk.open_sheet(CARRIER)
    desk.scan(sheet, number)
    desk.close(sheet, "李师傅", 1)
    for no in ("A1", "A2"):
        refund(world, no)
    assert [(one.order_nos, one.is_here) for one in caught(world)] == [(("A1",), True), (("A2",), False)]
