"""The courier's hand-over: what waits, what goes, what stays, and when the shop is told."""

import pytest
from sqlalchemy import select

from core.db.models import Journal, Outbox
from core.fulfilment.handover_records import SheetSearch
from core.fulfilment.models import Handover, Parcel
from core.inventory.models import StockLevel
from core.runtime.errors import NotFound, Refused
from tests.race.test_spine_races import together
from tests.support.fake_shop import line
from tests.support.world import CARRIER


def out(world, no, *lines, **more):
    """An order that is packed and scanned out; its number."""
    number = world.ready(no, *(lines or (line("1", "BEAR"),)), **more)
    world.desk.pack(no)
    assert world.desk.ship(number).code == "parcel.shipped"
    return number


def refund(world, no, line_no="1", state="refunded"):
    world.shop.after_sale(no, line_no, state)
    world.sync(no)


def sheet(world):
    return world.desk.handover.open_sheet(CARRIER)


def parcel_id(world, no):
    return world.parcels(no)[-1].id


def notices(world):
    return len(world.rows(select(Outbox.id).where(Outbox.kind == "confirm_shipment")))


def refused(act, *arguments):
    with pytest.raises((Refused, NotFound)) as error:
        act(*arguments)
    return error.value


def bears(world):
    query = select(StockLevel.on_hand_qty, StockLevel.confirmed_qty).where(StockLevel.sku_id == world.skus["BEAR"])
    row = world.rows(query)[0]
    return row.on_hand_qty, row.confirmed_qty


def test_what_was_scanned_out_waits_until_the_courier_signs(world):
    numbers = [out(world, f"A{n}") for n in range(3)]
    (pile,) = world.desk.handover.piles()
    assert (pile.carrier_name, pile.waiting, pile.intercepted, pile.sheet_id) == ("通通快递", 3, 0, None)
    assert pile.oldest_at == world.clock.now()
    made = sheet(world)
    assert made == sheet(world), "one open sheet a carrier"
    assert [world.desk.handover.scan(made, number).count for number in numbers[:2]] == [1, 2]
    again = world.desk.handover.scan(made, numbers[0])
    assert (again.count, again.is_again) == (2, True)
    (pile,) = world.desk.handover.piles()
    assert (pile.waiting, pile.on_sheet) == (1, 2)
    world.desk.handover.close(made, "  李 师傅 ", 2)
    (pile,) = world.desk.handover.piles()
    assert (pile.waiting, pile.on_sheet, pile.sheet_id) == (1, 0, None)
    (signed,) = world.desk.handover.signed(SheetSearch(), 10)
    assert (signed.code, signed.courier, signed.parcel_count) == ("JJ0618-01", "李 师傅", 2)
    # The sheet says who signed; the journal for ever does not.
    told = world.rows(select(Journal.facts).where(Journal.action == "handover.closed"))[0].facts
    assert told == {"parcels": 2, "code": "JJ0618-01"}
    assert world.desk.handover.open_sheet(CARRIER) != made


def test_all_of_them_at_once_but_what_is_refunded(world):
    for n in range(4):
        out(world, f"A{n}")
    refund(world, "A2")
    made = sheet(world)
    taken = world.desk.handover.take_all(made)
    assert (taken.added, taken.count) == (3, 3)
    assert world.desk.handover.take_all(made).added == 0
    assert [one.order_nos for one in world.desk.handover.intercepted()] == [("A2",)]
    assert {one.order_nos[0] for one in world.desk.handover.on_sheet(made)} == {"A0", "A1", "A3"}
    (waiting,) = world.desk.handover.waiting(CARRIER)
    assert waiting.is_intercepted


@pytest.mark.parametrize("state", ["requested", "refunded"])
def test_a_refunded_parcel_goes_onto_no_sheet_and_closes_none(world, state):
    first, second = out(world, "A1"), out(world, "A2")
    made = sheet(world)
    world.desk.handover.scan(made, first)
    refund(world, "A1", state=state)
    refund(world, "A2", state=state)
    assert refused(world.desk.handover.scan, made, second).code == "handover.intercepted"
    assert refused(world.desk.handover.close, made, "李师傅", 1).code == "handover.intercepted"
    assert world.rows(select(Handover.state))[0].state == "open"
    world.desk.handover.take_off(made, parcel_id(world, "A1"))
    assert len(world.desk.handover.intercepted()) == 2


def test_what_is_no_parcel_for_this_sheet_is_refused(world):
    waiting = world.ready("A1", line("1", "BEAR"))
    made = sheet(world) if world.desk.handover.piles() else world.desk.handover.open_sheet(CARRIER)
    scan = world.desk.handover.scan
    assert refused(scan, made, waiting).code == "handover.not_out"
    assert refused(scan, made, "no such number").code == "label.unknown"
    assert refused(scan, 10**6, waiting).code == "handover.unknown"
    assert refused(world.desk.handover.open_sheet, "NOBODY").code == "handover.carrier_unknown"
    gone = out(world, "A2")
    world.do(lambda uow: uow.execute(Parcel.__table__.update().values(carrier_code="ZZ")))
    assert refused(scan, made, gone).code == "handover.other_carrier"
    world.do(lambda uow: uow.execute(Parcel.__table__.update().values(carrier_code=CARRIER)))
    scan(made, gone)
    world.desk.handover.close(made, "李师傅", 1)
    second = sheet(world)
    error = refused(scan, second, gone)
    assert (error.code, error.facts["sheet"]) == ("handover.gone", "JJ0618-01")
    assert refused(scan, made, gone).code == "handover.closed"


def test_a_sheet_wants_a_name_and_the_same_count(world):
    number = out(world, "A1")
    made = sheet(world)
    close = world.desk.handover.close
    assert refused(close, made, "李师傅", 0).code == "handover.empty"
    world.desk.handover.scan(made, number)
    assert refused(close, made, " ", 1).code == "handover.no_courier"
    error = refused(close, made, "李师傅", 2)
    assert (error.code, dict(error.facts)) == ("handover.counts_differ", {"ours": 1, "counted": 2})
    close(made, "李师傅", 1)
    assert refused(close, made, "李师傅", 1).code == "handover.closed"


# --- pulled out ------------------------------------------------------------------------------------------------


def test_a_pulled_out_parcel_gives_goods_and_number_back(world):
    number = out(world, "A1", line("1", "BEAR", 2))
    assert bears(world) == (99_998, 0)
    refund(world, "A1")
    world.desk.handover.pull_out(parcel_id(world, "A1"))
    assert bears(world) == (100_000, 0)
    order = world.order("A1")
    assert (order.fulfilment, order.shipped_at) == ("cancelled", None)
    world.buy_numbers()
    assert world.carrier.live_numbers() == []
    assert world.desk.ship(number).code == "label.voided"
    assert world.desk.handover.piles() == ()
    assert refused(world.desk.handover.pull_out, parcel_id(world, "A1")).code == "handover.gone"
    world.check_stock()


def test_what_is_not_refunded_in_a_pulled_out_box_stands_to_be_looked_at(world):
    out(world, "A1", line("1", "BEAR", 2), line("2", "BAG"))
    refund(world, "A1", "2")
    world.desk.handover.pull_out(parcel_id(world, "A1"))
    order = world.order("A1")
    assert (order.fulfilment, world.holds("A1")) == ("to_review", {"refund_requested"})
    assert bears(world) == (100_000, 2)
    world.desk.orders.release_hold(order.id)
    # The shop was told already; the order goes out again in a new box without the refunded line.
    world.buy_numbers()
    fresh = world.number("A1")
    world.desk.pack("A1")
    assert world.desk.ship(fresh).code == "parcel.shipped"
    assert bears(world) == (99_998, 0)
    world.check_stock()


def test_what_has_left_or_stands_on_a_sheet_is_not_pulled_out(world):
    number = out(world, "A1")
    made = sheet(world)
    world.desk.handover.scan(made, number)
    assert refused(world.desk.handover.pull_out, parcel_id(world, "A1")).code == "handover.on_sheet"
    world.desk.handover.close(made, "李师傅", 1)
    assert refused(world.desk.handover.pull_out, parcel_id(world, "A1")).code == "handover.gone"
    assert refused(world.desk.handover.pull_out, 10**6).code == "parcel.unknown"
    assert bears(world) == (99_999, 0)


# --- when the shop is told ---------------------------------------------------------------------------------------


def test_a_shop_that_wants_the_signature_is_told_with_it(world):
    world.desk.shops.set_confirm_at(world.shop_id, "handover")
    number = out(world, "A1")
    assert notices(world) == 0
    made = sheet(world)
    world.desk.handover.scan(made, number)
    assert notices(world) == 0
    world.desk.handover.close(made, "李师傅", 1)
    assert notices(world) == 1
    world.tell_shop()
    assert [notice.waybill_no for notice in world.shop.told.values()] == [number]


def test_nobody_waits_for_ever_when_the_moment_is_moved_forward(world):
    world.desk.shops.set_confirm_at(world.shop_id, "handover")
    number = out(world, "A1")
    world.desk.shops.set_confirm_at(world.shop_id, "outbound")
    assert notices(world) == 1
    made = sheet(world)
    world.desk.handover.scan(made, number)
    world.desk.handover.close(made, "李师傅", 1)
    assert notices(world) == 1, "told once"
    assert refused(world.desk.shops.set_confirm_at, world.shop_id, "whenever").code == "shop.moment_unknown"
    assert refused(world.desk.shops.set_confirm_at, 10**6, "outbound").code == "shop.unknown"


def test_a_pulled_out_parcel_is_not_told_where_the_signature_counts(world):
    world.desk.shops.set_confirm_at(world.shop_id, "handover")
    out(world, "A1")
    refund(world, "A1")
    world.desk.handover.pull_out(parcel_id(world, "A1"))
    assert notices(world) == 0


# --- two at once -------------------------------------------------------------------------------------------------


def test_two_desks_open_one_sheet_and_count_every_parcel_once(world):
    numbers = [out(world, f"A{n}") for n in range(6)]
    other = world.new_desk("desk 2")
    first, second = together(lambda: sheet(world), lambda: other.handover.open_sheet(CARRIER))
    assert first == second
    together(
        lambda: [world.desk.handover.scan(first, number) for number in numbers],
        lambda: other.handover.take_all(first),
    )
    assert world.rows(select(Handover.parcel_count))[0].parcel_count == 6
    assert len(world.desk.handover.on_sheet(first)) == 6


def test_a_parcel_is_taken_or_pulled_out_never_both(world):
    for n in range(4):
        number = out(world, f"A{n}")
        made, other = sheet(world), world.new_desk(f"desk {n + 2}")
        pulled = parcel_id(world, f"A{n}")
        results = together(
            lambda made=made, number=number: world.desk.handover.scan(made, number),
            lambda other=other, pulled=pulled: other.handover.pull_out(pulled),
        )
        assert sum(isinstance(result, Refused) for result in results) == 1, results
    world.check_stock()
