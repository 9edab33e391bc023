"""The desk's acts on one parcel, on both engines."""

from sqlalchemy import select, update

from core.db.models import Journal
from core.fulfilment.models import Parcel, ParcelLine, Scan
from tests.support.fake_shop import line
from tests.support.world import ANY_AGE


def test_every_unit_is_verified_then_the_label_comes(world):
    world.ready("A1", line("1", "BEAR", 2), line("2", "CARD"))
    opened = world.desk.open("A1")
    assert [world.desk.scan(opened, "6901234567892").code for _ in range(2)] == ["unit.ok", "line.ok"]
    assert world.desk.scan(opened, "6901234567892").code == "item.too_many"
    assert world.desk.scan(opened, "BAG").code == "item.wrong"
    assert world.desk.scan(opened, "no such code").code == "code.unknown"
    assert world.jobs() == []
    card = opened.parcel.lines[1]
    done = world.desk.packing.confirm_by_hand(opened.parcel.id, opened.parcel.fence, card.id, 1, world.desk.nonce())
    assert done.code == "parcel.complete"
    assert [job.state for job in world.jobs()] == ["queued"]
    assert world.order("A1").fulfilment == "packed"


def test_the_same_nonce_is_one_act(world):
    world.ready("A1", line("1", "BEAR", 3))
    opened = world.desk.open("A1")
    acts = [
        world.desk.packing.scan_goods(opened.parcel.id, opened.parcel.fence, "BEAR", "one nonce") for _ in range(3)
    ]
    assert [(act.code, act.parcel.missing_qty) for act in acts] == [("unit.ok", 2)] * 3


def test_a_carton_fills_the_bought_line_and_the_gift(world):
    world.ready("A1", line("1", "BEAR", 20), line("2", "BEAR", 4, is_gift=True))
    opened = world.desk.open("A1")
    done = world.desk.scan(opened, "16901234567899")
    assert done.code == "parcel.complete"
    assert [one.verified_qty for one in done.parcel.lines] == [20, 4]
    undone = world.desk.packing.undo(done.parcel.id, done.parcel.fence, world.desk.nonce())
    assert [one.verified_qty for one in undone.parcel.lines] == [0, 0]
    assert world.desk.scan(opened, "16901234567899", 2).code == "item.too_many"
    assert world.desk.scan(opened, "16901234567899", 10**15).code == "item.too_many"
    assert world.desk.scan(opened, "BEAR", -1).code == "item.too_many"


def test_undo_of_the_last_unit_opens_the_parcel_again_and_prints_once(world):
    world.ready("A1", line("1", "BEAR"))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR")
    world.desk.packing.undo(opened.parcel.id, opened.parcel.fence, world.desk.nonce())
    assert (world.order("A1").fulfilment, world.parcels("A1")[0].state) == ("packing", "packing")
    assert world.desk.scan(opened, "BEAR").code == "parcel.complete"
    assert len(world.jobs()) == 1
    for _ in range(2):
        last = world.desk.packing.undo(opened.parcel.id, opened.parcel.fence, world.desk.nonce())
    assert last.code == "nothing.to_undo"


def test_the_label_of_another_parcel_is_stopped(world):
    first, second = world.ready("A1", line("1", "BEAR")), world.ready("A2", line("1", "BEAR"))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR")
    parcel = opened.parcel

    def scan(raw):
        return world.desk.packing.scan_label(parcel.id, parcel.fence, raw, world.desk.nonce(), ANY_AGE).code

    assert scan(second) == "label.wrong"
    assert scan("TT404") == "label.unknown"
    assert scan(f" {first.lower()}") == "parcel.shipped"
    assert world.desk.ship(first).code == "parcel.shipped_before"
    assert world.desk.ship(f"{first}-1-1-").code == "parcel.shipped_before"


def test_a_label_scanned_before_the_goods_is_no_unknown_barcode(world):
    mine, other = world.ready("A1", line("1", "BEAR", 2)), world.ready("A2", line("1", "BEAR"))
    opened = world.desk.open("A1")
    early = world.desk.scan(opened, mine.lower())
    assert (early.code, early.facts["missing"]) == ("parcel.incomplete", 2)
    theirs = world.desk.scan(opened, other)
    assert (theirs.code, theirs.facts["number"]) == ("label.not_now", other)
    assert world.desk.scan(opened, "no such code").code == "code.unknown"


def test_an_unpacked_parcel_is_not_shipped(world):
    number = world.ready("A1", line("1", "BEAR", 2))
    verdict = world.desk.ship(number)
    assert (verdict.code, verdict.facts["missing"]) == ("parcel.incomplete", 2)
    assert world.order("A1").fulfilment == "to_pack"


def test_a_held_parcel_is_neither_opened_nor_shipped_but_its_goods_stay_verified(world):
    number = world.ready("A1", line("1", "BEAR"))
    opened = world.desk.pack("A1")
    world.desk.orders.hold(world.order("A1").id, "by_hand", "wait")
    assert world.desk.ship(number).code == "parcel.held"
    assert world.desk.open("A1").code == "parcel.held"
    world.desk.orders.release_hold(world.order("A1").id)
    assert world.desk.ship(number).code == "parcel.shipped"
    assert opened.code == "parcel.complete"


def test_a_line_refunded_while_it_lies_in_the_box_has_to_come_out(world):
    number = world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR")
    world.shop.after_sale("A1", "1", "refunded")
    world.sync("A1")
    last = world.desk.scan(opened, "BAG")
    assert last.code == "line.ok"
    stopped = world.desk.ship(number)
    assert (stopped.code, stopped.facts["whole"]) == ("line.refunded", False)
    assert world.jobs() == []
    assert world.desk.scan(opened, "BEAR").code == "line.refunded"
    out = world.desk.packing.take_out(opened.parcel.id, opened.parcel.fence, stopped.line_id, world.desk.nonce())
    assert (out.code, out.parcel.state) == ("line.withdrawn", "packed")
    assert len(world.print_labels()) == 1
    assert world.desk.ship(number).code == "parcel.shipped"
    world.tell_shop()
    assert [world.shop.told_qty("A1", no) for no in ("1", "2")] == [0, 1]


def test_the_last_missing_line_refunded_makes_the_parcel_complete(world):
    number = world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR")
    world.shop.after_sale("A1", "2", "refunded")
    world.sync("A1")
    assert (world.order("A1").fulfilment, len(world.print_labels())) == ("packed", 1)
    assert world.desk.ship(number).code == "parcel.shipped"


def test_a_parcel_left_half_done_whose_rest_is_refunded_is_complete_when_opened(world):
    world.ready("A1", line("1", "BEAR"), line("2", "BAG"))
    opened = world.desk.open("A1")
    world.desk.scan(opened, "BEAR")
    world.desk.packing.leave(opened.parcel.id, opened.parcel.fence)
    world.shop.after_sale("A1", "2", "refunded")
    world.sync("A1")
    again = world.desk.open("A1")
    assert (again.code, again.parcel.state, world.order("A1").fulfilment) == ("parcel.opened", "packed", "packed")
    assert len(world.jobs()) == 1


def test_a_desk_that_lost_the_parcel_is_refused(world):
    world.ready("A1", line("1", "BEAR", 2))
    opened = world.desk.open("A1")
    other = world.new_desk("desk 2")
    assert other.open("A1").code == "parcel.taken"
    world.desk.packing.leave(opened.parcel.id, opened.parcel.fence)
    assert other.open("A1").code == "parcel.opened"
    assert world.desk.scan(opened, "BEAR").code == "parcel.lost"


def test_a_packed_parcel_may_be_shipped_at_another_desk(world):
    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    assert world.new_desk("desk 2").ship(number).code == "parcel.shipped"


def test_a_desk_goes_on_with_the_parcel_its_program_died_with(world):
    world.ready("A1", line("1", "BEAR"), ship_by_at=None)
    world.ready("A2", line("1", "BEAR"))
    mine = world.desk.packing.open_next(world.desk.nonce())
    again = world.desk.packing.open_next(world.desk.nonce())
    assert again.parcel.id == mine.parcel.id
    world.desk.verify(again)
    packed = world.desk.packing.open_next(world.desk.nonce())
    assert (packed.parcel.id, packed.parcel.state) == (mine.parcel.id, "packed")
    other = world.desk.packing.open_next(world.desk.nonce(), mine.parcel.id)
    assert other.parcel.id != mine.parcel.id
    world.desk.packing.leave(other.parcel.id, other.parcel.fence)
    assert world.new_desk("desk 2").packing.open_next("other").parcel.id != mine.parcel.id


def test_the_earliest_deadline_comes_first_and_none_last(world):
    from datetime import timedelta

    now = world.clock.now()
    world.ready("A1", line("1", "BEAR"), ship_by_at=now + timedelta(hours=3))
    world.ready("A2", line("1", "BEAR"), ship_by_at=now + timedelta(hours=1))
    world.ready("A3", line("1", "BEAR"), ship_by_at=now + timedelta(hours=2))
    order = []
    while (verdict := world.desk.packing.open_next(world.desk.nonce())).code == "parcel.opened":
        order.append(verdict.parcel.order_nos[0])
        world.desk.verify(verdict)
        world.desk.packing.leave(verdict.parcel.id, verdict.parcel.fence)
    assert order == ["A2", "A3", "A1"]


def test_an_exception_frees_the_desk_and_holds_the_order(world):
    world.ready("A1", line("1", "BEAR"))
    opened = world.desk.open("A1")
    parked = world.desk.packing.exception(opened.parcel.id, opened.parcel.fence, "broken", world.desk.nonce())
    assert (parked.code, world.holds("A1")) == ("parcel.parked", {"desk_exception"})
    assert world.desk.packing.open_next(world.desk.nonce()).code == "nothing.to_pack"
    world.desk.orders.release_hold(world.order("A1").id)
    assert world.desk.packing.open_next(world.desk.nonce()).code == "parcel.opened"


def test_weights_and_boxes_of_nothing(world):
    world.ready("A1", line("1", "BEAR"))
    opened = world.desk.open("A1")
    parcel = opened.parcel
    assert world.desk.packing.weigh(parcel.id, parcel.fence, 0, world.desk.nonce()).code == "weight.impossible"
    assert world.desk.packing.weigh(parcel.id, parcel.fence, 230, world.desk.nonce()).parcel.weight_g == 230
    assert world.desk.packing.add_box(parcel.id, parcel.fence, world.desk.nonce()).code == "box.nothing_to_split"


def test_units_taken_away_by_a_stocktake_stop_the_parcel(world):
    from core.inventory.ledger import count

    number = world.ready("A1", line("1", "BEAR"))
    world.desk.pack("A1")
    world.do(lambda uow: count(uow, world.warehouse, world.skus["BEAR"], 0, "stocktake", "count 1"))
    verdict = world.desk.ship(number)
    assert (verdict.code, verdict.facts["reason"], world.holds("A1")) == ("parcel.held", "short", {"short"})
    world.receive("BEAR", 1)
    assert world.holds("A1") == set()
    assert world.desk.ship(number).code == "parcel.shipped"


def test_uncounted_goods_go_through_the_whole_way(world):
    number = world.ready("A1", line("1", "GIFT", 2, is_gift=True), line("2", "BEAR"))
    world.desk.pack("A1")
    (content,) = world.print_labels()
    assert content["gift_note"] == "贴纸"
    assert world.desk.ship(number).code == "parcel.shipped"
    assert world.tell_shop() == 1
    assert world.shop.told_qty("A1", "1") == 2


def test_an_order_called_off_as_a_whole_shows_its_lines_as_gone(world):
    world.ready("A1", line("1", "BEAR"))
    opened = world.desk.open("A1")
    world.shop.cancel("A1")
    world.sync("A1")
    seen = world.desk.packing.refresh(opened.parcel.id)
    assert (seen.state, [one.is_withdrawn for one in seen.lines]) == ("cancelled", [True])


def test_a_parcel_of_two_orders_with_one_refunded_goes_out_with_the_other(world):
    first = world.ready("A1", line("1", "BEAR"))
    world.ready("A2", line("1", "BAG"))
    one, two = world.parcels("A1")[0].id, world.parcels("A2")[0].id
    world.do(lambda uow: _merge(uow, one, two))
    opened = world.desk.open("A1")
    assert opened.parcel.order_nos == ("A1", "A2")
    world.shop.after_sale("A2", "1", "refunded")
    world.shop.change("A2", payment="partly_refunded", lines=(*world.shop.orders["A2"].lines, line("2", "CARD")))
    world.shop.cancel("A2")
    world.sync("A2")
    assert world.order("A2").fulfilment == "cancelled"
    assert world.desk.scan(opened, "BEAR").code == "parcel.recalled"
    assert world.desk.ship(first).code == "label.voided"
    world.buy_numbers()
    assert world.desk.pack("A1").parcel.order_nos == ("A1",)
    assert world.desk.ship(world.number("A1")).code == "parcel.shipped"
    world.tell_shop()
    assert [notice.order_no for notice in world.shop.told.values()] == ["A1"]


def test_a_parcel_of_two_orders_with_a_line_refunded_tells_each_order_its_own(world):
    number = world.ready("A1", line("1", "BEAR"))
    world.ready("A2", line("1", "BAG"), line("2", "CARD"))
    one, two = world.parcels("A1")[0].id, world.parcels("A2")[0].id
    world.do(lambda uow: _merge(uow, one, two))
    world.shop.after_sale("A2", "2", "refunded")
    world.sync("A2")
    world.desk.pack("A1")
    assert world.desk.ship(number).code == "parcel.shipped"
    assert {world.order(no).fulfilment for no in ("A1", "A2")} == {"shipped"}
    assert world.tell_shop() == 2
    told = {notice.order_no: (notice.waybill_no, list(notice.lines)) for notice in world.shop.told.values()}
    assert told == {"A1": (number, [("1", 1)]), "A2": (number, [("1", 1)])}


def _merge(uow, into, parcel_id):
    from core.fulfilment.models import Parcel
    from core.waybills.numbers import void_numbers

    void_numbers(uow, [parcel_id], "merged")
    uow.execute(update(ParcelLine).where(ParcelLine.parcel_id == parcel_id).values(parcel_id=into))
    uow.execute(update(Parcel).where(Parcel.id == parcel_id).values(state="cancelled"))


def test_every_scan_is_written_down(world):
    world.ready("A1", line("1", "BEAR"))
    opened = world.desk.open("A1")
    for raw in ("BAG", "x" * 500, "BEAR\0", "ＢＥＡＲ"):
        world.desk.scan(opened, raw)
    verdicts = [row.verdict for row in world.rows(select(Scan.verdict).order_by(Scan.id))]
    assert verdicts == [
        "parcel.opened/unit",
        "item.wrong/wrong",
        "code.unknown/wrong",
        "parcel.complete/complete",
        "item.too_many/wrong",
    ]


def test_an_order_may_be_opened_by_its_number_whatever_is_typed(world):
    assert world.desk.open("%' OR 1=1--").code == "code.unknown"
    assert world.desk.open("\0").code == "code.unknown"
    assert world.desk.open("").code == "code.unknown"


# --- taking a parcel over from another desk ---------------------------------------------------------------------


def test_a_parcel_left_open_at_another_desk_is_taken_over_on_purpose_alone(world):
    world.ready("A1", line("1", "BEAR", 3))
    old = world.desk.open("A1")
    world.desk.scan(old, "BEAR")
    other = world.new_desk("desk 2")
    told = other.open("A1")
    assert (told.code, told.facts["by"], told.facts["at"]) == ("parcel.taken", "desk 1", world.clock.now())
    taken = other.packing.take_over(told.parcel.id, told.parcel.fence, other.nonce())
    assert (taken.code, taken.parcel.opened_by, taken.parcel.missing_qty) == ("parcel.taken_over", "desk 2", 2)
    refused = world.desk.scan(old, "BEAR")
    assert (refused.code, refused.facts["by"]) == ("parcel.lost", "desk 2")
    world.desk.packing.leave(old.parcel.id, old.parcel.fence)
    assert other.scan(taken, "BEAR").code == "unit.ok", "the old desk cannot put it back any more"
    rows = world.rows(select(*Journal.__table__.c).where(Journal.action == "parcel.taken_over"))
    assert [(row.desk, row.facts) for row in rows] == [("desk 2", {"from_desk": "desk 1"})]


def test_a_parcel_that_moved_on_since_it_was_told_is_not_taken_over(world):
    world.ready("A1", line("1", "BEAR"))
    world.desk.open("A1")
    second, third = world.new_desk("desk 2"), world.new_desk("desk 3")
    told = second.open("A1").parcel
    assert third.packing.take_over(told.id, told.fence, third.nonce()).code == "parcel.taken_over"
    late = second.packing.take_over(told.id, told.fence, second.nonce())
    assert (late.code, late.facts["by"]) == ("parcel.taken", "desk 3")
    free = third.packing.refresh(told.id)
    third.packing.leave(free.id, free.fence)
    assert second.packing.take_over(told.id, told.fence, second.nonce()).code == "parcel.opened"
    world.desk.orders.hold(world.order("A1").id, "by_hand", "")
    assert third.packing.take_over(told.id, second.packing.refresh(told.id).fence, "n held").code == "parcel.held"


# --- whose goods these are ----------------------------------------------------------------------------------------


def test_a_wrong_item_says_whose_it_is(world):
    world.ready("A1", line("1", "BEAR"))
    opened = world.desk.open("A1")
    assert world.desk.scan(opened, "BAG").facts["owner"] is None
    world.ready("A2", line("1", "BAG"), ship_by_at=None)
    owner = world.desk.scan(opened, "BAG").facts["owner"]
    assert (owner.order_no, owner.opened_by, owner.wave_seq) == ("A2", "", None)
    other = world.new_desk("desk 2")
    theirs = other.open("A2")
    assert world.desk.scan(opened, "BAG").facts["owner"].opened_by == "desk 2"
    other.scan(theirs, "BAG")
    assert world.desk.scan(opened, "BAG").facts["owner"] is None, "it lies in its box by now"


def test_a_wrong_item_of_the_same_wave_names_its_place(world):
    world.ready("A0", line("1", "BAG"))
    for n in (1, 2, 3):
        world.ready(f"A{n}", line("1", "BAG" if n == 3 else "BEAR"))
    first = world.parcels("A0")[0].id
    world.do(lambda uow: uow.execute(update(Parcel).where(Parcel.id == first).values(state="cancelled")))
    wave = world.desk.packing.start_wave("scan_to_print", 3)
    world.do(lambda uow: uow.execute(update(Parcel).where(Parcel.id == first).values(state="to_pack")))
    opened = world.desk.open("A1")
    owner = world.desk.scan(opened, "BAG").facts["owner"]
    place = world.parcels("A3")[0].wave_seq
    assert (owner.order_no, owner.wave_seq, owner.wave_total) == ("A3", place, wave.parcel_count)


def test_goods_scanned_with_nothing_open_say_whose_they_are(world):
    world.ready("A1", line("1", "BEAR"))
    verdict = world.desk.open("BEAR")
    assert (verdict.code, verdict.facts["name"]) == ("goods.nothing_open", "团团熊")
    assert verdict.facts["owner"].order_no == "A1"
    world.new_desk("desk 2").open("A1")
    assert world.desk.open("6901234567892").facts["owner"].opened_by == "desk 2"
    assert world.desk.open("BAG").facts["owner"] is None
