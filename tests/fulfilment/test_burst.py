"""Labels alone are scanned out: what was packed unseen leaves with every stop but that of its goods, on both engines."""

import pytest
from sqlalchemy import func, select

from core.db.models import Journal
from core.fulfilment.models import Scan
from core.fulfilment.records import KnowledgeRule, OnOld, Tone
from core.inventory.models import Movement
from core.waybills.models import PrintJob
from tests.support.fake_shop import line
from tests.support.world import ANY_AGE

BEAR = "6901234567892"


def burst(world, raw, *, desk=None, nonce=None, rule=ANY_AGE):
    desk = desk or world.desk
    return desk.packing.burst(raw, nonce or desk.nonce(), rule)


def shipped_facts(world):
    return [
        row.facts
        for row in world.rows(select(Journal.facts).where(Journal.action == "parcel.shipped").order_by(Journal.id))
    ]


def sold(world):
    query = select(func.coalesce(func.sum(-Movement.qty), 0)).where(Movement.kind == "sale")
    return int(world.rows(query)[0][0])


def test_a_label_ships_what_nobody_has_verified_and_the_journal_says_so(world):
    number = world.ready("A1", line("1", "BEAR", 2), line("2", "CARD"))
    world.print_labels()
    gone = burst(world, number)
    assert (gone.code, gone.tone, gone.parcel.state, gone.facts["number"]) == (
        "parcel.shipped",
        Tone.SHIPPED,
        "shipped",
        number,
    )
    assert (world.order("A1").fulfilment, world.parcels("A1")[0].awaits_courier) == ("shipped", True)
    (facts,) = shipped_facts(world)
    assert (facts["number"], facts["unchecked"]) == (number, 3)
    assert sold(world) == 3
    assert world.tell_shop() == 1
    assert world.shop.told_qty("A1", "1") == 2
    world.check_stock()


def test_what_was_verified_leaves_too_and_counts_as_checked(world):
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    assert burst(world, number).code == "parcel.shipped"
    assert "unchecked" not in shipped_facts(world)[0]


def test_a_number_without_any_print_job_is_on_paper_when_it_is_scanned(world):
    number = world.ready("A1", line("1", "BEAR"))
    assert world.rows(select(PrintJob.id).where(PrintJob.state.in_(("sent", "confirmed")))) == []
    assert burst(world, number).code == "parcel.shipped"
    assert world.print_labels() == [], "no copy comes behind it"


def test_a_parcel_of_which_some_goods_were_scanned_stays_and_is_said(world):
    number = world.ready("A1", line("1", "BEAR", 3))
    opened = world.desk.open("A1")
    world.desk.scan(opened, BEAR)
    world.desk.packing.leave(opened.parcel.id, opened.parcel.fence)
    begun = burst(world, number)
    assert (begun.code, begun.tone, begun.facts) == ("burst.begun", Tone.STOP, {"seen": 1, "missing": 2})
    assert (world.parcels("A1")[0].state, sold(world)) == ("to_pack", 0)
    again = world.desk.open("A1")
    world.desk.verify(again)
    assert burst(world, number).code == "parcel.shipped"


def test_a_refunded_line_in_a_box_packed_unseen_is_stopped(world):
    number = world.ready("A1", line("1", "BEAR"), line("2", "BAG", 2))
    world.shop.after_sale("A1", "2", "refunded")
    world.sync("A1")
    assert world.number("A1") == number
    stopped = burst(world, number)
    assert (stopped.code, stopped.tone, stopped.facts["units"]) == ("burst.refunded", Tone.STOP, 2)
    assert sold(world) == 0
    world.desk.pack("A1")
    assert burst(world, number).code == "parcel.shipped", "somebody has looked into it"


def test_a_refunded_line_seen_in_the_box_is_stopped(world):
    number = world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    world.desk.pack("A1")
    world.shop.after_sale("A1", "2", "refunded")
    world.sync("A1")
    stopped = burst(world, number)
    assert (stopped.code, stopped.tone) == ("line.refunded", Tone.STOP)


def test_every_other_stop_of_the_outbound_scan_holds(world):
    numbers = {no: world.ready(no, line("1", "BEAR")) for no in ("HELD", "OPEN", "GONE", "REFUNDED", "VOID")}
    other = world.new_desk("desk 2")
    world.desk.orders.hold(world.order("HELD").id, "by_hand", "")
    other.open("OPEN")
    other.pack("GONE")
    other.ship(numbers["GONE"])
    world.shop.cancel("REFUNDED")
    world.sync("REFUNDED")
    world.desk.labels.new_number(world.parcels("VOID")[0].id, "torn")
    codes = {no: burst(world, number).code for no, number in numbers.items()}
    assert codes == {
        "HELD": "parcel.held",
        "OPEN": "parcel.taken",
        "GONE": "parcel.shipped_before",
        "REFUNDED": "label.voided",
        "VOID": "label.voided",
    }
    assert sold(world) == 1
    written = select(Scan.verdict).where(Scan.kind == "burst")
    assert sorted(row.verdict for row in world.rows(written)) == sorted(f"{code}/stop" for code in codes.values())


def test_units_taken_away_by_a_stocktake_stop_the_parcel(world):
    from core.inventory.ledger import count

    number = world.ready("A1", line("1", "BEAR"))
    world.do(lambda uow: count(uow, world.warehouse, world.skus["BEAR"], 0, "stocktake", "count 1"))
    verdict = burst(world, number)
    assert (verdict.code, verdict.facts["reason"], world.holds("A1")) == ("parcel.held", "short", {"short"})


def test_what_is_no_label_is_said_as_wrong(world):
    number = world.ready("A1", line("1", "BEAR"))
    goods = burst(world, BEAR)
    assert (goods.code, goods.tone, goods.facts["name"]) == ("burst.goods", Tone.WRONG, "团团熊")
    assert burst(world, "PK-1").code == "label.unknown"
    unknown = burst(world, "9999999999999")
    assert (unknown.code, unknown.tone, unknown.facts["raw"]) == ("label.unknown", Tone.WRONG, "9999999999999")
    assert burst(world, "A1").code == "label.unknown", "an order number opens nothing here"
    assert burst(world, f" {number.lower()} ").code == "parcel.shipped"


def test_a_slip_says_that_its_parcel_was_set_aside(world):
    world.ready("A1", line("1", "BEAR"))
    opened = world.desk.open("A1").parcel
    world.desk.packing.exception(opened.id, opened.fence, "damaged", world.desk.nonce())
    (row,) = world.desk.packing.parked()
    assert burst(world, row.slip).code == "burst.slip"


def test_the_same_nonce_is_the_same_answer_and_one_shipment(world):
    number = world.ready("A1", line("1", "BEAR"))
    codes = [burst(world, number, nonce="once").code for _ in range(3)]
    assert (codes, sold(world)) == (["parcel.shipped"] * 3, 1)


def test_the_same_label_twice_in_a_row_is_quiet_and_later_it_is_a_stop(world):
    first, second = (world.ready(no, line("1", "BEAR")) for no in ("A1", "A2"))
    assert [burst(world, first).code for _ in range(3)] == ["parcel.shipped", "burst.again", "burst.again"]
    other = world.new_desk("desk 2")
    assert burst(world, first, desk=other).code == "parcel.shipped_before", "it is another desk's"
    assert burst(world, second).code == "parcel.shipped"
    late = burst(world, first)
    assert (late.code, late.tone) == ("parcel.shipped_before", Tone.STOP)
    assert burst(world, first).code == "parcel.shipped_before", "a refusal makes no echo of the next"
    assert sold(world) == 2


def test_old_knowledge_is_asked_about_and_then_the_rule_of_the_desk_decides(world):
    numbers = [world.ready(no, line("1", "BEAR")) for no in ("A1", "A2", "A3")]
    world.clock.advance(seconds=900)
    rules = {on_old: KnowledgeRule(180, on_old) for on_old in OnOld}
    asked = burst(world, numbers[0], nonce="first", rule=rules[OnOld.ASK])
    assert (asked.code, asked.parcel.order_nos) == ("knowledge.ask", ("A1",))
    assert sold(world) == 0
    world.sync("A1")
    assert burst(world, numbers[0], nonce="first", rule=rules[OnOld.STOP]).code == "parcel.shipped"
    assert burst(world, numbers[1], rule=rules[OnOld.STOP]).code == "knowledge.old"
    on_old = burst(world, numbers[2], rule=rules[OnOld.SHIP])
    assert (on_old.code, shipped_facts(world)[-1]["knowledge_age_s"]) == ("parcel.shipped_on_old", 900)


def test_an_asked_parcel_stands_in_the_shops_line_at_once_and_a_refund_it_tells_of_stops_it(world):
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.asking.serve(world.shop_id)
    world.clock.advance(seconds=900)
    world.shop.cancel("A1")
    rule = KnowledgeRule(180, OnOld.ASK)
    assert burst(world, number, rule=rule).code == "knowledge.ask"
    world.desk.asking.work(world.shop_id)
    assert burst(world, number, rule=rule).code == "label.voided"
    assert sold(world) == 0


def test_a_parcel_of_several_orders_leaves_by_one_label(world):
    for no in ("A1", "A2"):
        world.ready(no, line("1", "BEAR"), buyer_key="one buyer")
    parcel = world.desk.open("A1").parcel
    merged = world.desk.packing.merge(parcel.id, parcel.fence, world.desk.nonce()).parcel
    world.desk.packing.leave(merged.id, merged.fence)
    assert burst(world, world.number("A1")).code == "parcel.shipped"
    assert [world.order(no).fulfilment for no in ("A1", "A2")] == ["shipped", "shipped"]
    assert world.tell_shop() == 2


def test_two_boxes_of_an_order_leave_by_their_own_labels(world):
    world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    opened = world.desk.open("A1")
    verified = world.desk.scan(opened, BEAR)
    boxed = world.desk.packing.add_box(verified.parcel.id, verified.parcel.fence, world.desk.nonce())
    assert boxed.code == "box.added"
    world.buy_numbers()
    first, second = [row.number for row in world.waybills("A1") if row.state == "obtained"]
    assert burst(world, second).code == "parcel.shipped"
    assert world.order("A1").fulfilment != "shipped", "one box is still here"
    assert burst(world, first).code == "parcel.shipped"
    assert world.order("A1").fulfilment == "shipped"
    assert [facts.get("unchecked", 0) for facts in shipped_facts(world)] == [1, 0]


def test_a_number_that_other_software_printed_leaves_too(world):
    world.desk.shops.set_prints_elsewhere(world.shop_id, is_on=True)
    world.shop.place("A1", line("1", "BEAR"))
    world.sync("A1")
    opened = world.desk.open("A1").parcel
    foreign = "SF1234567890123"
    attached = world.desk.packing.attach_number(opened.id, opened.fence, foreign, "SF", world.desk.nonce()).parcel
    world.desk.packing.leave(attached.id, attached.fence)
    gone = burst(world, foreign)
    assert (gone.code, gone.parcel.carrier_name) == ("parcel.shipped", "顺丰速运")


@pytest.mark.parametrize("raw", ["", "\0", "x" * 500])
def test_rubbish_is_refused_and_nothing_breaks(world, raw):
    assert burst(world, raw).code == "label.unknown"
