"""Recalling a batch, on both engines: nothing released in silence, and every parcel that got it is found."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.db.models import Journal
from core.fulfilment.batching import levels_of_batches, stopped_inside
from core.fulfilment.blocking import block, unblock
from core.fulfilment.packing import Act, scan_goods
from core.fulfilment.recall import recall
from core.inventory.batches import note_batch
from core.inventory.ledger import receive
from core.inventory.models import StockLevel
from core.runtime.errors import NotFound
from tests.fulfilment.test_batches import EAN, gs1, held, milk  # noqa: F401  the fixture
from tests.support.fake_shop import line
from tests.support.plans import plans_on
from tests.support.world import ANY_AGE, CARRIER


def batch_id(world, code):
    return world.do(lambda uow: note_batch(uow, world.skus["BEAR"], code)).id


def blocked(world, code):
    wanted = batch_id(world, code)
    return world.do(lambda uow: block(uow, wanted, "recall of the maker"))


def recalled(world, *codes):
    ids = [batch_id(world, code) for code in codes]
    return world.store.read(lambda c: recall(c, ids, world.clock.now()))


def told(rows):
    return {(row.order_no, row.batch, row.qty, row.how) for row in rows}


def test_what_is_not_packed_yet_is_picked_anew_from_another_batch(milk):  # noqa: F811  the fixture
    for no in ("A1", "A2"):
        milk.ready(no, line("1", "BEAR", 2))
    milk.shop.place("unpaid", line("1", "BEAR"), is_paid=False)
    milk.sync()
    assert held(milk) == {"SOON": 4}
    result = blocked(milk, "SOON")
    assert (result.is_new, result.repicked, result.short, result.packed) == (True, ("A1", "A2", "unpaid"), (), ())
    assert held(milk) == {"LATE": 4}
    assert [milk.holds(no) for no in ("A1", "A2", "unpaid")] == [set()] * 3
    reserved = select(StockLevel.batch).where(StockLevel.reserved_qty > 0)
    assert [row.batch for row in milk.rows(reserved)] == ["LATE"]
    opened = milk.desk.open("A1")
    assert milk.desk.scan(opened, gs1("LATE"), 2).code == "parcel.complete"
    assert not blocked(milk, "SOON").is_new


def test_where_there_is_no_other_the_order_is_short_held_and_named(milk):  # noqa: F811  the fixture
    now = milk.clock.now()
    for no, hours in (("late", 40), ("soon", 2), ("mid", 20)):
        milk.shop.place(no, line("1", "BEAR", 3), ship_by_at=now + timedelta(hours=hours))
    milk.sync()
    assert sum(held(milk).values()) == 9
    result = blocked(milk, "SOON")
    # One had LATE alone, one a unit of it; what is left of it is too little for either of the others.
    assert (result.repicked, len(result.short)) == ((), 2)
    assert held(milk) == {"LATE": 4}
    for no in result.short:
        assert milk.holds(no) == {"short"}
        assert milk.desk.open(no).code == "parcel.held"
    journal = milk.rows(select(Journal.facts).where(Journal.action == "batch.repicked").order_by(Journal.id))
    assert journal[0].facts["short"] == 2
    # Freed again, everything goes on.
    soon = batch_id(milk, "SOON")
    milk.do(lambda uow: unblock(uow, soon, CARRIER))
    assert all(milk.holds(no) == set() for no in ("late", "soon", "mid"))
    assert sum(held(milk).values()) == 9


def test_what_lies_in_a_box_stays_with_its_parcel_which_is_named_and_stopped(milk):  # noqa: F811  the fixture
    number = milk.ready("A1", line("1", "BEAR", 3))
    opened = milk.desk.open("A1")
    milk.desk.scan(opened, gs1("SOON"), 2)
    result = blocked(milk, "SOON")
    assert [(one.order_no, one.waybill_no, one.qty) for one in result.packed] == [("A1", number, 2)]
    assert held(milk) == {"SOON": 2, "LATE": 1}, "only what is not in the box was picked anew"
    assert milk.desk.scan(opened, gs1("LATE")).code == "parcel.complete"
    assert milk.desk.ship(number).code == "batch.blocked"
    for _ in range(2):
        milk.desk.packing.undo(opened.parcel.id, opened.parcel.fence, milk.desk.nonce())
    assert milk.desk.scan(opened, gs1("LATE"), 3).code == "parcel.complete"
    assert held(milk) == {"LATE": 3}
    assert milk.desk.ship(number).code == "parcel.shipped"


def test_a_box_says_that_a_blocked_batch_is_inside_and_asks_for_none_of_it_again(milk):  # noqa: F811  the fixture
    milk.ready("A1", line("1", "BEAR"))
    milk.desk.scan(milk.desk.open("A1"), gs1("SOON"))
    blocked(milk, "SOON")
    opened = milk.desk.open("A1")
    (inside,) = opened.parcel.lines[0].packed
    assert (inside.code, inside.is_blocked, inside.blocked_why) == ("SOON", True, "recall of the maker")
    out = milk.desk.packing.undo(opened.parcel.id, opened.parcel.fence, milk.desk.nonce())
    assert (out.code, held(milk)) == ("scan.undone", {"LATE": 1})
    assert [(one.code, one.is_blocked) for one in out.parcel.lines[0].asked] == [("LATE", False)]
    asked = milk.desk.scan(opened, EAN)
    assert asked.code == "batch.ask"
    assert [one.code for one in asked.facts["batches"]] == ["LATE"], "Enter takes the first of them"


def test_what_came_out_of_a_box_and_has_no_other_batch_is_short_and_goes_on_by_itself(milk):  # noqa: F811  the fixture
    milk.ready("A1", line("1", "BEAR"))
    milk.desk.scan(milk.desk.open("A1"), gs1("SOON"))
    milk.ready("A2", line("1", "BEAR", 5))
    blocked(milk, "SOON")
    assert (held(milk), milk.holds("A1"), milk.holds("A2")) == ({"SOON": 1, "LATE": 5}, set(), set())
    opened = milk.desk.open("A1")
    out = milk.desk.packing.undo(opened.parcel.id, opened.parcel.fence, milk.desk.nonce())
    assert (out.code, out.facts["reason"]) == ("parcel.held", "short")
    assert (held(milk), milk.holds("A1")) == ({"LATE": 5}, {"short"})
    soon = batch_id(milk, "SOON")
    milk.do(lambda uow: unblock(uow, soon, CARRIER))
    assert (held(milk), milk.holds("A1")) == ({"SOON": 1, "LATE": 5}, set())
    again = milk.desk.open("A1")
    assert milk.desk.scan(again, gs1("SOON")).code == "parcel.complete"


def test_the_list_tells_certain_from_possible_open_from_gone(milk):  # noqa: F811  the fixture
    certain = milk.ready("certain", line("1", "BEAR", 2))
    opened = milk.desk.open("certain")
    milk.desk.scan(opened, gs1("SOON"))
    parcel = opened.parcel
    milk.desk.packing.scan_goods(parcel.id, parcel.fence, "BEAR", milk.desk.nonce(), 1, "LATE")
    assert milk.desk.ship(certain).code == "parcel.shipped"
    unseen = milk.ready("unseen", line("1", "BEAR"))
    assert milk.desk.packing.burst(unseen, milk.desk.nonce(), ANY_AGE).code == "parcel.shipped"
    milk.ready("open", line("1", "BEAR", 2))
    milk.desk.scan(milk.desk.open("open"), gs1("SOON"))
    found = recalled(milk, "SOON")
    assert told(found.gone) == {("certain", "SOON", 1, "scan")}
    assert told(found.maybe) == {("unseen", "SOON", 1, "books")}
    assert told(found.inside) == {("open", "SOON", 1, "scan"), ("open", "SOON", 1, "books")}
    first = found.gone[0]
    assert (first.waybill_no, first.shop_name, first.is_here) == (certain, "练习店", True)
    assert "林晓" not in first.receiver
    assert "13800001234" not in first.phone
    assert [(one.on_hand_qty, one.promised_qty) for one in found.places] == [(3, 2)]
    assert told(recalled(milk, "LATE").gone) == {("certain", "LATE", 1, "key")}
    assert told(recalled(milk, "SOON", "LATE").gone) == {
        ("certain", "SOON", 1, "scan"),
        ("certain", "LATE", 1, "key"),
    }
    assert recalled(milk, "NONE").gone == ()


def test_every_unit_that_came_in_is_on_the_shelf_with_a_buyer_or_in_an_open_parcel(milk):  # noqa: F811  the fixture
    """The sum that a recall lives by: nothing of the batch is lost from sight."""
    for number in range(4):
        no = f"S{number}"
        waybill = milk.ready(no, line("1", "BEAR"))
        if number == 0:
            milk.desk.packing.burst(waybill, milk.desk.nonce(), ANY_AGE)
        elif number < 3:
            milk.desk.scan(milk.desk.open(no), gs1("SOON"))
            if number == 1:
                milk.desk.ship(waybill)
    found = recalled(milk, "SOON")
    left = sum(row.qty for row in (*found.gone, *found.maybe))
    assert left + sum(place.on_hand_qty for place in found.places) == 5
    assert sum(row.qty for row in found.inside) == sum(place.promised_qty for place in found.places) == 2


def test_a_withdrawn_or_cancelled_unit_went_to_nobody(milk):  # noqa: F811  the fixture
    milk.ready("A1", line("1", "BEAR", 2), line("2", "BAG"))
    milk.desk.scan(milk.desk.open("A1"), gs1("SOON"))
    milk.shop.after_sale("A1", "1", "refunded")
    milk.sync("A1")
    found = recalled(milk, "SOON")
    assert (found.gone, found.maybe, found.inside) == ((), (), ())


def test_units_sent_elsewhere_are_listed_until_that_is_taken_back(milk):  # noqa: F811  the fixture
    milk.ready("A1", line("1", "BEAR", 2))
    milk.shop.change("A1", is_shipped=True, channel_status="shipped")
    milk.sync("A1")
    order = milk.order("A1").id
    milk.desk.orders.close_elsewhere(order, left_our_shelf=True, sent_by="other_program")
    assert [(row.order_no, row.qty, row.parcel_id) for row in recalled(milk, "SOON").maybe] == [("A1", 2, None)]
    milk.desk.orders.reopen_elsewhere(order)
    assert recalled(milk, "SOON").maybe == ()


def test_a_batch_nobody_knows_cannot_be_blocked(milk):  # noqa: F811  the fixture
    with pytest.raises(NotFound):
        milk.do(lambda uow: block(uow, 404, "x"))


def test_units_of_the_batch_in_another_place_are_blocked_as_well(milk):  # noqa: F811  the fixture
    sku = milk.skus["BEAR"]
    second = milk.desk.stock.add_warehouse("b2", "二仓").id
    milk.do(lambda uow: receive(uow, second, sku, 2, "delivery", "second", "SOON"))
    blocked(milk, "SOON")
    flags = {row.is_blocked for row in milk.rows(select(StockLevel.is_blocked).where(StockLevel.batch == "SOON"))}
    assert flags == {True}
    assert len(recalled(milk, "SOON").places) == 2


def test_neither_a_scan_nor_a_recall_walks_through_all_there_ever_was(milk):  # noqa: F811  the fixture
    if milk.address.postgres_url:
        return
    milk.ready("A1", line("1", "BEAR", 2))
    parcel = milk.desk.open("A1").parcel
    soon = batch_id(milk, "SOON")
    walked, said = [], []

    def scan_and_block(uow):
        act = Act("goods", gs1("SOON"), "of its own")
        scan = lambda: said.append(scan_goods(uow, parcel.id, parcel.fence, act, 1).code)  # noqa: E731  said once, used below
        walked.extend(plans_on(uow.connection, scan))
        walked.extend(plans_on(uow.connection, lambda: stopped_inside(uow, parcel.id)))
        walked.extend(plans_on(uow.connection, lambda: levels_of_batches(uow, parcel.id)))
        walked.extend(plans_on(uow.connection, lambda: block(uow, soon, "recall")))
        walked.extend(plans_on(uow.connection, lambda: recall(uow.connection, [soon], uow.now)))

    milk.do(scan_and_block)
    assert said == ["unit.ok"]
    # Who holds a level is asked through open orders (`holders`), which a planner without figures may turn round.
    grows = {
        "parcel_line",
        "parcel",
        "orders",
        "order_line",
        "movement",
        "packed_batch",
        "batch",
        "scan",
        "sku",
        "waybill",
    }
    through = [(step, asked) for asked, step in walked if step.startswith("SCAN") and step.split()[1] in grows]
    assert through == []
