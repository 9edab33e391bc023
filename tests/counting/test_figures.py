"""The figures that explain a difference: no unit is counted twice, whoever counted and in however many boxes it lies."""

from sqlalchemy import insert, update

from core.catalog.models import Sku
from core.counting import points, tallying
from core.fulfilment.models import PackedBatch, ParcelLine
from core.inventory import ledger
from core.inventory.batches import note_batch
from tests.support.counting_world import LI, WANG


def sold(counts, sku, qty, key):
    counts.world.do(lambda uow: ledger.adjust(uow, counts.world.main, sku, -qty, "lost", key))


def test_what_moved_while_two_people_counted_at_once_moved_once(counts):
    sku = counts.goods(10, "A-01")
    sheet_id = counts.sheet()
    here, there = counts.go(sheet_id, "A-01"), counts.go(sheet_id, "Z-99", WANG)
    counts.scan(here, sku)
    counts.world.clock.advance(seconds=1)
    counts.scan(there, sku, who=WANG)
    sold(counts, sku, 2, "s")
    for seconds, (pass_id, who) in enumerate(((here, LI), (there, WANG)), 1):
        counts.world.clock.advance(seconds=seconds)
        counts.scan(pass_id, sku, 3, who)
    line = counts.line(sheet_id, sku)
    assert (line.counted_qty, line.shelf_qty, line.difference_qty, line.moved_qty) == (8, 8, 0, 2)


def test_one_after_the_other_what_moved_within_and_between_adds_up(counts):
    sku = counts.goods(10, "A-01")
    sheet_id = counts.sheet()
    here = counts.go(sheet_id, "A-01")
    counts.scan(here, sku)
    sold(counts, sku, 1, "within")
    counts.scan(here, sku, 3)
    counts.world.clock.advance(seconds=5)
    sold(counts, sku, 2, "between")
    there = counts.go(sheet_id, "Z-99", WANG)
    counts.scan(there, sku, 3, who=WANG)
    line = counts.line(sheet_id, sku)
    assert (line.counted_qty, line.difference_qty, line.moved_qty) == (7, 0, 3)


def test_what_moved_before_a_scan_that_was_taken_back_makes_nothing_unsure(counts):
    sku = counts.goods(10)
    sheet_id = counts.sheet()
    here = counts.go(sheet_id)
    counts.scan(here, sku, 10)
    sold(counts, sku, 2, "s")
    counts.scan(here, sku)
    assert counts.line(sheet_id, sku).moved_qty == 2
    counts.do(lambda uow: tallying.undo_last(uow, here, "u"))
    line = counts.line(sheet_id, sku)
    assert (line.counted_qty, line.difference_qty, line.moved_qty) == (10, 0, 0)


def boxes(counts, sku):
    """Batch (None: unknown) -> units that lie in boxes."""
    from core.inventory.models import StockLevel

    seen = counts.world.store.read(lambda c: points.seen_in_boxes(c, 1, sku))
    ids = counts.world.store.read(
        lambda c: dict(
            c.execute(StockLevel.__table__.select().with_only_columns(StockLevel.id, StockLevel.batch)).all()
        )
    )
    return {ids.get(level): qty for level, qty in seen.items() if qty}


def test_an_order_line_in_two_boxes_takes_from_each_of_its_batches_once(counts):
    sku = counts.goods(2, batch="A")
    counts.world.receive(sku, 2, batch="B")
    order = counts.world.bought((sku, 4), is_paid=True)
    for _ in range(2):
        parcel = counts.box(order, 2)
        counts.do(
            lambda uow, parcel=parcel: uow.execute(
                update(ParcelLine).where(ParcelLine.parcel_id == parcel).values(qty=2)
            )
        )
    assert boxes(counts, sku) == {"A": 2, "B": 2}


def test_a_named_batch_says_of_which_batch_the_units_in_a_box_are(counts):
    sku = counts.goods(2, batch="A")
    counts.world.do(lambda uow: uow.execute(update(Sku).where(Sku.id == sku).values(is_batch_managed=True)))
    counts.world.receive(sku, 2, batch="B")
    noted = counts.world.do(lambda uow: note_batch(uow, sku, "B"))
    order = counts.world.bought((sku, 3), is_paid=True)
    parcel = counts.box(order, 1)
    line = counts.world.store.read(
        lambda c: c.execute(ParcelLine.__table__.select().where(ParcelLine.parcel_id == parcel)).one()
    )
    row = {"parcel_line_id": line.id, "batch_id": noted.id, "how": "scan", "qty": 1}
    counts.do(lambda uow: uow.execute(insert(PackedBatch), row))
    assert boxes(counts, sku) == {"B": 1}
    sheet_id = counts.sheet()
    here = counts.go(sheet_id)
    counts.scan(here, sku, 2, batch="A")
    counts.scan(here, sku, 1, batch="B")
    assert [counts.line(sheet_id, sku, batch).difference_qty for batch in ("A", "B")] == [0, 0]
