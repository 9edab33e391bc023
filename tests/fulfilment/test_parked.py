"""Parcels set aside at a desk: what they lack, how they go on, and what a broken unit does to the books."""

import pytest
from sqlalchemy import select

from core.db.models import Journal
from core.inventory import breaking
from core.inventory.models import StockLevel
from core.orders.models import Order, OrderLine
from core.runtime.ids import OrderLineId
from tests.support.fake_shop import line
from tests.support.world import ANY_AGE, World


def park(world, verdict, reason):
    parcel = verdict.parcel
    return world.desk.packing.exception(parcel.id, parcel.fence, reason, world.desk.nonce())


def scan_slip(world, parcel_id):
    return world.desk.packing.open_code(f"park-{parcel_id} ", world.desk.nonce())


def break_one(world, verdict, raw="", line_id=None, nonce=None):
    parcel = verdict.parcel
    return world.desk.packing.damaged(parcel.id, parcel.fence, nonce or world.desk.nonce(), raw, line_id)


def level(world, code):
    (row,) = world.rows(select(*StockLevel.__table__.c).where(StockLevel.sku_id == world.skus[code]))
    return row.on_hand_qty, row.confirmed_qty, row.quarantined_qty


@pytest.fixture
def scarce(spine_address):
    """A world in which goods come only when they are booked in."""
    made = World(spine_address, stock=0)
    yield made
    made.close()


def test_a_short_pick_is_listed_with_what_it_lacks_and_its_slip_opens_it(world):
    world.ready("A1", line("1", "BEAR", 3), line("2", "BAG"))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR")
    assert park(world, opened, "short").code == "parcel.parked"
    (row,) = world.desk.packing.parked()
    assert (row.slip, row.order_nos, row.reason) == (f"PARK-{opened.parcel.id}", ("A1",), "short")
    assert (row.operator, row.desk) == ("clerk", "desk 1")
    assert [(one.name, one.qty) for one in row.missing] == [("团团熊", 2), ("布袋", 1)]
    assert world.desk.packing.parked_slip(opened.parcel.id) == row
    assert world.desk.packing.open_next(world.desk.nonce()).code == "nothing.to_pack"
    again = scan_slip(world, opened.parcel.id)
    assert (again.code, again.parcel.missing_qty) == ("parcel.opened", 3)
    assert (world.desk.packing.parked(), world.holds("A1")) == ((), set())
    assert world.desk.packing.parked_slip(opened.parcel.id) is None
    world.desk.verify(again)
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"


def test_a_slip_of_a_parcel_that_has_left_or_never_was_is_told_as_that(world):
    number = world.ready("A1", line("1", "BEAR"))
    packed = world.desk.pack("A1")
    world.desk.ship(number)
    assert scan_slip(world, packed.parcel.id).code == "parcel.shipped_before"
    assert scan_slip(world, 4711).code == "code.unknown"


def test_a_slip_scanned_into_another_parcel_is_told_as_one(world):
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR"))
    first = world.desk.open("A1")
    park(world, first, "short")
    told = world.desk.scan(world.desk.open("A2"), f"PARK-{first.parcel.id}")
    assert (told.code, told.parcel.order_nos) == ("slip.not_now", ("A2",))
    assert world.holds("A1") == {"desk_exception"}
    packed = world.desk.verify(told)
    parcel = packed.parcel
    slip, nonce = f"PARK-{first.parcel.id}", world.desk.nonce()
    assert world.desk.packing.scan_label(parcel.id, parcel.fence, slip, nonce, ANY_AGE).code == "slip.not_now"


def test_a_slip_opens_its_parcel_in_the_middle_of_a_rush(world):
    for no in ("A1", "A2", "A3"):
        world.ready(no, line("1", "BEAR"))
    first = world.desk.open("A1")
    park(world, first, "short")
    wave = world.desk.packing.start_wave("single_item", 5)
    told = world.desk.packing.rush(wave.id, None, f"PARK-{first.parcel.id}", world.desk.nonce(), ANY_AGE)
    assert (told.code, told.parcel.order_nos) == ("parcel.opened", ("A1",))


@pytest.mark.parametrize("reason", ["address", "buyer_asks"])
def test_what_wants_a_persons_word_is_not_opened_by_its_slip(world, reason):
    world.ready("A1", line("1", "BEAR"))
    opened = world.desk.open("A1")
    park(world, opened, reason)
    told = scan_slip(world, opened.parcel.id)
    assert (told.code, told.facts["reason"]) == ("parcel.held", reason)
    assert world.holds("A1") == {"desk_exception"}
    world.desk.orders.release_hold(world.order("A1").id)
    assert scan_slip(world, opened.parcel.id).code == "parcel.opened"


def test_a_hold_of_somebody_else_is_not_lifted_by_a_slip(world):
    world.ready("A1", line("1", "BEAR"))
    opened = world.desk.open("A1")
    park(world, opened, "short")
    world.desk.orders.hold(world.order("A1").id, "by_hand", "wait")
    assert scan_slip(world, opened.parcel.id).code == "parcel.held"
    assert world.holds("A1") == {"desk_exception", "by_hand"}


def test_goods_that_come_say_which_parked_parcels_can_go_on(world):
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR", 2), line("2", "BAG"))
        world.clock.advance(seconds=60)
    first, second = (world.desk.open(no) for no in ("A1", "A2"))
    world.desk.scan(first, "BAG")
    park(world, first, "short")
    park(world, second, "short")
    world.clock.advance(seconds=60)

    def came(code, qty):
        return world.desk.stock.receive(world.warehouse, world.skus[code], qty, "delivery", world.desk.nonce())

    assert came("BEAR", 1).ready_slips == ()
    assert came("BEAR", 1).ready_slips == (f"PARK-{first.parcel.id}",)
    assert [row.can_go_on for row in world.desk.packing.parked()] == [True, False]
    assert came("BAG", 1).ready_slips == (f"PARK-{second.parcel.id}",)


def test_a_broken_unit_is_quarantined_and_another_is_asked_for(world):
    world.ready("A1", line("1", "BEAR", 2))
    opened = world.desk.open("A1")
    before = level(world, "BEAR")
    nonce = world.desk.nonce()
    for _ in range(2):
        told = break_one(world, opened, "6901234567892", nonce=nonce)
        assert (told.code, told.parcel.missing_qty) == ("unit.damaged", 2)
    assert level(world, "BEAR") == (before[0], before[1], before[2] + 1)
    world.check_stock()
    noted = world.rows(select(Journal.facts).where(Journal.action == "stock.quarantine").order_by(Journal.id))
    assert [(row.facts["qty"], row.facts["reason"]) for row in noted] == [(1, "damaged")]
    world.desk.verify(told)
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"


def test_a_broken_unit_that_was_verified_already_comes_out_again(world):
    world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    packed = world.desk.pack("A1")
    assert packed.parcel.state == "packed"
    told = break_one(world, packed, line_id=packed.parcel.lines[0].id)
    assert (told.code, told.parcel.missing_qty, told.parcel.state) == ("unit.damaged", 1, "packing")
    assert world.order("A1").fulfilment == "packing"
    assert len(world.jobs()) == 1
    assert world.desk.scan(told, "BEAR").code == "parcel.complete"
    assert len(world.jobs()) == 1


def test_goods_of_another_parcel_break_nothing_here(world):
    world.ready("A1", line("1", "BEAR"))
    opened = world.desk.open("A1")
    before = level(world, "BAG")
    for raw in ("6901234567908", "no such code", ""):
        assert break_one(world, opened, raw).code == "unit.not_here"
    assert level(world, "BAG") == before


def test_uncounted_goods_break_without_a_booking(world):
    world.ready("A1", line("1", "GIFT"))
    opened = world.desk.open("A1")
    assert break_one(world, opened, "GIFT").code == "unit.damaged"
    world.check_stock()


def test_the_last_unit_broken_parks_the_parcel_until_goods_come(scarce):
    world = scarce
    world.receive("BEAR", 2)
    world.ready("A1", line("1", "BEAR", 2))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR")
    told = break_one(world, opened, "BEAR")
    assert told.code == "parcel.parked"
    assert level(world, "BEAR") == (2, 1, 1)
    world.check_stock()
    assert world.holds("A1") == {"short", "desk_exception"}
    (row,) = world.desk.packing.parked()
    assert (row.reason, [one.qty for one in row.missing], row.can_go_on) == ("damaged", [1], False)
    waits = scan_slip(world, opened.parcel.id)
    assert (waits.code, waits.facts["lacking"]) == ("parcel.waits", "团团熊 × 1")
    world.clock.advance(seconds=60)
    came = world.desk.stock.receive(world.warehouse, world.skus["BEAR"], 1, "delivery", "d9")
    assert came.ready_slips == (row.slip,)
    assert world.holds("A1") == {"desk_exception"}
    again = scan_slip(world, opened.parcel.id)
    assert (again.code, again.parcel.missing_qty) == ("parcel.opened", 1)
    world.desk.verify(again)
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"
    assert level(world, "BEAR") == (1, 0, 1)
    world.check_stock()


def test_two_desks_break_the_same_last_free_unit_and_one_is_parked(scarce):
    world = scarce
    world.receive("BEAR", 3)
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR"))
    first, second = world.desk.open("A1"), world.desk.open("A2")
    assert break_one(world, first, "BEAR").code == "unit.damaged"
    assert break_one(world, second, "BEAR").code == "parcel.parked"
    assert level(world, "BEAR") == (3, 1, 2)
    world.check_stock()


def test_nothing_personal_is_on_a_slip(world):
    world.ready("A1", line("1", "BEAR"), buyer_note="林晓收")
    opened = world.desk.open("A1")
    park(world, opened, "short")
    said = repr(world.desk.packing.parked())
    assert not any(word in said for word in ("林", "1380000", "练习路"))


def test_an_order_recalled_while_it_was_parked_leaves_the_list(world):
    world.ready("A1", line("1", "BEAR"))
    opened = world.desk.open("A1")
    park(world, opened, "short")
    world.shop.move("A1", "新路99号")
    world.sync("A1")
    assert world.desk.packing.parked() == ()
    assert scan_slip(world, opened.parcel.id).code == "parcel.recalled"
    assert world.rows(select(Order.id).where(Order.hold_reason == "desk_exception"))


def test_a_broken_unit_of_goods_that_nobody_counts_is_replaced_without_the_books(world):
    world.ready("A1", line("1", "GIFT"), line("2", "BEAR"))
    opened = world.desk.open("A1")
    told = break_one(world, opened, "6901234567915")
    assert (told.code, told.parcel.missing_qty) == ("unit.damaged", 2)
    assert world.rows(select(Journal.id).where(Journal.action == "stock.quarantine")) == []
    world.desk.verify(told)
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"


def test_a_line_that_holds_nothing_has_nothing_to_set_aside(scarce):
    scarce.ready("A1", line("1", "BEAR"))
    (held,) = scarce.rows(select(OrderLine.id, OrderLine.sku_id))
    set_aside = breaking.set_aside
    broken = scarce.store.write(lambda uow: set_aside(uow, OrderLineId(held.id), held.sku_id, "damaged", "k"))
    assert not broken.has_another
    assert scarce.rows(select(Journal.id).where(Journal.action == "stock.quarantine")) == []


def test_goods_that_are_moved_here_say_which_slips_can_go_on(world):
    second = world.desk.stock.add_warehouse("wh2", "二号仓").id
    world.desk.stock.receive(second, world.skus["BEAR"], 5, "delivery", "d1")
    world.ready("A1", line("1", "BEAR"))
    opened = world.desk.open("A1")
    park(world, opened, "short")
    world.clock.advance(seconds=60)
    moved = world.desk.stock.transfer(second, world.warehouse, world.skus["BEAR"], 2, "fill_up", "t1")
    assert moved.ready_slips == (f"PARK-{opened.parcel.id}",)
