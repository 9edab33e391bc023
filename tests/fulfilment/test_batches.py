"""The batch of what goes into a box, on both engines: captured at the scan, judged, and followed by the books."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.catalog.models import Sku
from core.channels.models import Shop
from core.fulfilment.models import PackedBatch, Scan
from core.inventory.batches import note_batch, set_blocked
from core.inventory.ledger import count, receive
from core.inventory.models import Batch, Movement, StockLevel
from tests.support.fake_shop import line

EAN, GTIN = "6901234567892", "06901234567892"
PLENTY = 100_000


def today(world):
    return (world.clock.now() + timedelta(hours=8)).date()


def end_in(world, number):
    return today(world) + timedelta(days=number)


def gs1(batch, last=None):
    return f"]d201{GTIN}" + (f"17{last:%y%m%d}" if last else "") + f"10{batch}"


@pytest.fixture
def milk(world):
    """The bears are kept by batch: 5 that end in 100 days, 5 in 300; what was there without a batch is gone."""
    sku = world.skus["BEAR"]

    def furnish(uow):
        count(uow, world.warehouse, sku, 0, "stocktake", "none without a batch")
        uow.execute(update(Sku).where(Sku.id == sku).values(is_batch_managed=True))
        for code, last in (("SOON", 100), ("LATE", 300)):
            note_batch(uow, sku, code, end_in(world, last))
            receive(uow, world.warehouse, sku, 5, "delivery", f"batch {code}", code)

    world.do(furnish)
    return world


def held(world):
    """Batch -> confirmed units, where there are any."""
    query = select(StockLevel.batch, StockLevel.confirmed_qty).where(StockLevel.confirmed_qty > 0)
    return {row.batch: row.confirmed_qty for row in world.rows(query.where(StockLevel.batch != ""))}


def packed(world):
    query = select(Batch.code, PackedBatch.how, PackedBatch.qty).join(Batch, Batch.id == PackedBatch.batch_id)
    return {(row.code, row.how): row.qty for row in world.rows(query) if row.qty}


def sold(world):
    query = select(StockLevel.batch, Movement.qty).join(StockLevel, StockLevel.id == Movement.level_id)
    return {row.batch: row.qty for row in world.rows(query.where(Movement.kind == "sale"))}


def named(world, opened, batch, qty=1, raw=EAN):
    parcel = opened.parcel
    return world.desk.packing.scan_goods(parcel.id, parcel.fence, raw, world.desk.nonce(), qty, batch)


def test_a_code_that_names_the_batch_is_one_scan(milk):
    milk.ready("A1", line("1", "BEAR", 2))
    opened = milk.desk.open("A1")
    assert [(one.code, one.qty) for one in opened.parcel.lines[0].asked] == [("SOON", 2)]
    first = milk.desk.scan(opened, gs1("SOON", end_in(milk, 100)))
    assert first.code == "unit.ok"
    assert [(one.code, one.qty) for one in first.parcel.lines[0].packed] == [("SOON", 1)]
    assert [(one.code, one.qty) for one in first.parcel.lines[0].asked] == [("SOON", 1)]
    assert milk.desk.scan(opened, f"(01){GTIN}(10)SOON").code == "parcel.complete"
    assert packed(milk) == {("SOON", "scan"): 2}
    assert milk.desk.ship(milk.number("A1")).code == "parcel.shipped"
    assert sold(milk) == {"SOON": -2}


def test_a_plain_code_asks_and_counts_nothing_until_the_batch_is_said(milk):
    milk.ready("A1", line("1", "BEAR", 2))
    opened = milk.desk.open("A1")
    asked = milk.desk.scan(opened, EAN)
    assert (asked.code, asked.parcel.missing_qty) == ("batch.ask", 2)
    assert [(one.code, one.expires_on) for one in asked.facts["batches"]] == [
        ("SOON", end_in(milk, 100)),
        ("LATE", end_in(milk, 300)),
    ]
    assert named(milk, opened, " soon ", 2).code == "parcel.complete"
    assert packed(milk) == {("SOON", "key"): 2}
    kinds = [row.kind for row in milk.rows(select(Scan.kind).where(Scan.qty > 0))]
    assert kinds == ["batch"]


def test_goods_kept_without_batches_are_asked_nothing(milk):
    milk.ready("A1", line("1", "BAG"))
    opened = milk.desk.open("A1")
    assert milk.desk.scan(opened, "(01)06901234567908(10)ANY").code == "parcel.complete"
    assert packed(milk) == {}


def test_the_claim_follows_the_batch_that_was_packed(milk):
    milk.ready("A1", line("1", "BEAR", 3))
    opened = milk.desk.open("A1")
    assert held(milk) == {"SOON": 3}
    assert milk.desk.scan(opened, gs1("LATE")).code == "unit.ok"
    assert held(milk) == {"SOON": 2, "LATE": 1}
    assert milk.desk.scan(opened, gs1("SOON"), 2).code == "parcel.complete"
    assert held(milk) == {"SOON": 2, "LATE": 1}
    milk.desk.ship(milk.number("A1"))
    assert sold(milk) == {"SOON": -2, "LATE": -1}


def test_a_batch_that_is_promised_to_others_is_not_taken_from_them(milk):
    milk.shop.place("B1", line("1", "BEAR", 5))
    milk.sync()
    milk.ready("A1", line("1", "BEAR", 2))
    opened = milk.desk.open("A1")
    assert held(milk) == {"SOON": 5, "LATE": 2}
    refused = milk.desk.scan(opened, gs1("SOON"))
    assert (refused.code, refused.parcel.missing_qty) == ("batch.not_free", 2)
    assert held(milk) == {"SOON": 5, "LATE": 2}
    assert milk.desk.scan(opened, gs1("NEVER")).code == "batch.unknown"
    assert packed(milk) == {}


def test_blocked_expired_and_short_lived_goods_are_refused_red(milk):
    sku = milk.skus["BEAR"]
    milk.do(lambda uow: note_batch(uow, sku, "OLD", end_in(milk, -1)))
    late = milk.do(lambda uow: note_batch(uow, sku, "LATE"))
    milk.do(lambda uow: set_blocked(uow, late.id, is_blocked=True, why="recall"))
    milk.ready("A1", line("1", "BEAR", 2))
    opened = milk.desk.open("A1")
    refusals = [milk.desk.scan(opened, gs1("OLD")), milk.desk.scan(opened, gs1("LATE"))]
    refusals.append(milk.desk.scan(opened, gs1("SOON", end_in(milk, -1))))
    milk.do(lambda uow: uow.execute(update(Shop).values(min_life_days=101)))
    refusals.append(named(milk, opened, "SOON"))
    assert [one.code for one in refusals] == ["batch.expired", "batch.blocked", "batch.expired", "batch.short_life"]
    assert {one.tone for one in refusals} == {"stop"}
    assert refusals[-1].facts["left"] == 100
    assert packed(milk) == {}
    milk.do(lambda uow: uow.execute(update(Shop).values(min_life_days=100)))
    assert named(milk, opened, "SOON", 2).code == "parcel.complete"


def test_an_undone_scan_forgets_its_batch(milk):
    milk.ready("A1", line("1", "BEAR", 3))
    opened = milk.desk.open("A1")
    milk.desk.scan(opened, gs1("SOON"))
    named(milk, opened, "SOON", 2)
    undo = lambda: milk.desk.packing.undo(opened.parcel.id, opened.parcel.fence, milk.desk.nonce())  # noqa: E731  said once, used below
    assert undo().parcel.missing_qty == 2
    assert packed(milk) == {("SOON", "scan"): 1}
    assert undo().parcel.missing_qty == 3
    assert packed(milk) == {}


def test_the_same_nonce_captures_once(milk):
    milk.ready("A1", line("1", "BEAR", 2))
    parcel = milk.desk.open("A1").parcel
    for _ in range(2):
        milk.desk.packing.scan_goods(parcel.id, parcel.fence, gs1("SOON"), "one", 1)
    assert packed(milk) == {("SOON", "scan"): 1}


def test_a_carton_names_the_batch_of_all_it_holds(milk):
    milk.ready("A1", line("1", "BEAR", 3), line("2", "BEAR", 2, is_gift=True))
    opened = milk.desk.open("A1")
    assert milk.desk.scan(opened, f"(02){GTIN}(37)5(10)LATE").code == "parcel.complete"
    assert held(milk) == {"LATE": 5}
    assert sum(row.qty for row in milk.rows(select(PackedBatch.qty))) == 5
    milk.desk.ship(milk.number("A1"))
    assert sum(row.qty for row in milk.rows(select(Movement.qty).where(Movement.kind == "sale"))) == -5


def test_a_batch_that_was_blocked_after_it_was_packed_does_not_leave(milk):
    milk.ready("A1", line("1", "BEAR", 2))
    opened = milk.desk.open("A1")
    milk.desk.scan(opened, gs1("SOON"), 2)
    soon = milk.do(lambda uow: note_batch(uow, milk.skus["BEAR"], "SOON"))
    milk.do(lambda uow: set_blocked(uow, soon.id, is_blocked=True, why="recall"))
    stopped = milk.desk.ship(milk.number("A1"))
    assert (stopped.code, stopped.tone, stopped.facts["inside"]) == ("batch.blocked", "stop", True)
    milk.do(lambda uow: set_blocked(uow, soon.id, is_blocked=False, why=""))
    milk.clock.advance(hours=24 * 101)
    assert milk.desk.ship(milk.number("A1")).code == "batch.expired"
    milk.desk.packing.undo(opened.parcel.id, opened.parcel.fence, milk.desk.nonce())
    assert milk.desk.scan(opened, gs1("LATE"), 2).code == "parcel.complete"
    assert milk.desk.ship(milk.number("A1")).code == "parcel.shipped"
    assert sold(milk) == {"LATE": -2}


def test_what_nobody_scanned_is_judged_by_what_the_books_have_chosen(milk):
    number = milk.ready("A1", line("1", "BEAR", 2))
    soon = milk.do(lambda uow: note_batch(uow, milk.skus["BEAR"], "SOON"))
    milk.do(lambda uow: set_blocked(uow, soon.id, is_blocked=True, why="recall"))
    from tests.support.world import ANY_AGE

    assert milk.desk.packing.burst(number, milk.desk.nonce(), ANY_AGE).code == "batch.blocked"


def test_goods_without_a_barcode_are_asked_for_their_batch_too(milk):
    milk.ready("A1", line("1", "BEAR", 2))
    parcel = milk.desk.open("A1").parcel
    by_hand = lambda batch: milk.desk.packing.confirm_by_hand(  # noqa: E731  said once, used below
        parcel.id, parcel.fence, parcel.lines[0].id, 2, milk.desk.nonce(), batch
    )
    assert by_hand("").code == "batch.ask"
    assert by_hand("LATE").code == "parcel.complete"
    assert packed(milk) == {("LATE", "key"): 2}


def broken(milk, opened, raw="", **more):
    return milk.desk.packing.damaged(opened.parcel.id, opened.parcel.fence, milk.desk.nonce(), raw, **more)


def aside(milk):
    """Batch -> units in quarantine, where there are any."""
    query = select(StockLevel.batch, StockLevel.quarantined_qty).where(StockLevel.quarantined_qty > 0)
    return {row.batch: row.quarantined_qty for row in milk.rows(query)}


def test_a_broken_unit_is_forgotten(milk):
    milk.ready("A1", line("1", "BEAR", 2))
    opened = milk.desk.open("A1")
    milk.desk.scan(opened, gs1("SOON"), 2)
    broken(milk, opened, gs1("SOON"))
    assert packed(milk) == {("SOON", "scan"): 1}
    assert aside(milk) == {"SOON": 1}


@pytest.mark.parametrize(("raw", "batch"), [(gs1("SOON"), "SOON"), (gs1("LATE"), "LATE"), (EAN, "SOON")])
def test_a_broken_unit_is_of_the_batch_its_code_says_or_that_went_in_last(milk, raw, batch):
    milk.ready("A1", line("1", "BEAR", 2))
    opened = milk.desk.open("A1")
    milk.desk.scan(opened, gs1("LATE"))
    milk.desk.scan(opened, gs1("SOON"))
    assert broken(milk, opened, raw).code == "unit.damaged"
    assert packed(milk) == {("LATE" if batch == "SOON" else "SOON", "scan"): 1}
    assert (aside(milk), held(milk)) == ({batch: 1}, {"SOON": 1, "LATE": 1})


def test_a_unit_that_breaks_before_it_goes_in_is_of_what_was_to_come_next(milk):
    milk.ready("A1", line("1", "BEAR", 2))
    opened = milk.desk.open("A1")
    milk.desk.scan(opened, gs1("LATE"))
    broken(milk, opened, line_id=opened.parcel.lines[0].id)
    assert (aside(milk), packed(milk)) == ({"SOON": 1}, {("LATE", "scan"): 1})


def test_a_broken_unit_of_a_batch_that_is_not_the_lines_takes_nothing_from_it(milk):
    milk.ready("A1", line("1", "BEAR", 2))
    opened = milk.desk.open("A1")
    assert broken(milk, opened, gs1("LATE")).code == "unit.damaged"
    assert (aside(milk), held(milk)) == ({"LATE": 1}, {"SOON": 2})
    assert broken(milk, opened, gs1("NEVER")).code == "unit.damaged"
    assert aside(milk) == {"LATE": 1, "SOON": 1}, "a batch nobody knows is taken for the one that was chosen"


def test_a_broken_unit_of_a_batch_that_is_promised_to_others_is_missed_by_them(milk):
    milk.ready("A1", line("1", "BEAR", 2))
    milk.ready("A2", line("1", "BEAR", 8))
    assert held(milk) == {"SOON": 5, "LATE": 5}
    opened = milk.desk.open("A1")
    assert broken(milk, opened, gs1("LATE")).code == "unit.damaged"
    assert (aside(milk), held(milk)) == ({"LATE": 1}, {"SOON": 5, "LATE": 4})
    assert (milk.holds("A1"), milk.holds("A2")) == (set(), {"short"})


def test_a_rush_captures_the_batch_and_asks_for_it_where_several_are_here(milk):
    from tests.support.world import ANY_AGE

    for number in range(5):
        milk.ready(f"A{number}", line("1", "BEAR"))
    wave = milk.desk.packing.start_wave("single_item", 10)
    rush = lambda raw, on=None, batch="": milk.desk.packing.rush(  # noqa: E731  said once, used below
        wave.id, on, raw, milk.desk.nonce(), ANY_AGE, batch
    )
    soon = rush(gs1("LATE"))
    assert soon.code == "rush.packed"
    assert packed(milk) == {("LATE", "scan"): 1}
    milk.print_labels()
    on = (soon.parcel.id, soon.parcel.fence)
    asked = rush(EAN, on)
    assert (asked.code, asked.parcel.id, asked.line_id is not None) == ("batch.ask", soon.parcel.id, True)
    assert [one.code for one in asked.facts["batches"]] == ["SOON", "LATE"]
    assert packed(milk) == {("LATE", "scan"): 1}, "nothing is opened before it is said"
    again = rush(EAN, on, "SOON")
    assert (again.code, packed(milk)) == ("rush.packed", {("LATE", "scan"): 1, ("SOON", "key"): 1})
    late = milk.do(lambda uow: note_batch(uow, milk.skus["BEAR"], "LATE"))
    milk.do(lambda uow: set_blocked(uow, late.id, is_blocked=True, why="recall"))
    milk.print_labels()
    on = (again.parcel.id, again.parcel.fence)
    stopped = rush(gs1("LATE"), on)
    assert (stopped.code, stopped.parcel.id) == ("batch.blocked", again.parcel.id)


def test_where_only_one_batch_is_here_a_rush_asks_nothing(milk):
    from tests.support.world import ANY_AGE

    milk.do(lambda uow: count(uow, milk.warehouse, milk.skus["BEAR"], 0, "stocktake", "none left", "LATE"))
    milk.ready("A1", line("1", "BEAR"))
    wave = milk.desk.packing.start_wave("single_item", 10)
    assert milk.desk.packing.rush(wave.id, None, EAN, milk.desk.nonce(), ANY_AGE).code == "rush.packed"
    assert packed(milk) == {("SOON", "key"): 1}


def test_a_claim_on_what_is_packed_stays_when_another_one_moves(milk):
    sku = milk.skus["BEAR"]
    milk.shop.place("B1", line("1", "BEAR", 4), line("2", "BEAR", 4))
    milk.sync()
    milk.ready("A1", line("1", "BEAR", 2))
    assert held(milk) == {"SOON": 5, "LATE": 5}, "one unit of each is left for A1"
    milk.do(lambda uow: receive(uow, milk.warehouse, sku, 5, "delivery", "more", "MORE"))
    opened = milk.desk.open("A1")
    milk.desk.scan(opened, gs1("SOON"))
    assert milk.desk.scan(opened, gs1("MORE")).code == "parcel.complete"
    assert held(milk) == {"SOON": 5, "LATE": 4, "MORE": 1}


def test_each_box_carries_away_the_batch_that_lies_in_it(milk):
    milk.ready("A1", line("1", "BEAR", 2))
    opened = milk.desk.open("A1")
    milk.desk.scan(opened, gs1("LATE"))
    milk.desk.packing.add_box(opened.parcel.id, opened.parcel.fence, milk.desk.nonce())
    milk.buy_numbers()
    first = next(row for row in milk.waybills("A1") if row.parcel_id == opened.parcel.id)
    assert milk.desk.ship(first.number).code == "parcel.shipped"
    assert sold(milk) == {"LATE": -1}
    assert held(milk) == {"SOON": 1}


def test_what_was_packed_of_an_order_that_is_parted_again_is_forgotten(milk):
    for no in ("A1", "A2"):
        milk.ready(no, line("1", "BEAR"), buyer_key="one")
    opened = milk.desk.open("A1")
    parcel = opened.parcel
    merged = milk.desk.packing.merge(parcel.id, parcel.fence, milk.desk.nonce())
    assert merged.code == "merge.done"
    milk.desk.scan(opened, gs1("SOON"), 2)
    assert sum(row.qty for row in milk.rows(select(PackedBatch.qty))) == 2
    milk.desk.packing.unmerge(parcel.id, parcel.fence, milk.desk.nonce())
    assert sum(row.qty for row in milk.rows(select(PackedBatch.qty))) == 1


def test_a_refunded_unit_that_was_taken_out_is_in_no_box(milk):
    milk.ready("A1", line("1", "BEAR", 2), line("2", "BAG"))
    opened = milk.desk.open("A1")
    milk.desk.scan(opened, gs1("SOON"), 2)
    milk.shop.after_sale("A1", "1", "refunded")
    milk.sync("A1")
    line_id = opened.parcel.lines[0].id
    milk.desk.packing.take_out(opened.parcel.id, opened.parcel.fence, line_id, milk.desk.nonce())
    assert packed(milk) == {}
