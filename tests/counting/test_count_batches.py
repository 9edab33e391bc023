"""Counting goods that are kept by batch: batches that come meanwhile, codes that name theirs, codes as people write them."""

from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import select, update

from core.catalog.models import Sku
from core.counting import goods, tallying
from core.db.models import Journal
from core.inventory.batches import LONGEST_BATCH, note_batch
from core.inventory.models import Batch
from core.runtime.errors import Refused
from tests.counting.test_paper import code_of, read

GTIN = "06901234567892"


@contextmanager
def refused(code, **facts):
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code
    assert {name: caught.value.facts[name] for name in facts} == facts


def by_batch(counts, sku, life_days=0):
    values = {"is_batch_managed": True, "life_days": life_days}
    counts.world.do(lambda uow: uow.execute(update(Sku).where(Sku.id == sku).values(**values)))


def scan(counts, pass_id, raw, qty=1, batch=None):
    key = counts.world.key()
    return counts.do(lambda uow: tallying.scan(uow, pass_id, raw, key, qty, batch))


def units(counts, sku):
    """Units of the goods by batch, by the books."""
    found = {}
    for batch in ("", "A", "B", "C"):
        level = counts.world.level(sku, batch=batch)
        if level is not None and level[0]:
            found[batch] = level[0]
    return found


def test_a_batch_that_came_after_the_sheet_was_made_is_asked_for_and_not_counted_twice(counts):
    sku = counts.goods(10, batch="A")
    sheet_id = counts.sheet()
    counts.world.receive(sku, 10, batch="B")
    here = counts.go(sheet_id)
    with refused("count.which_batch", batches=["A", "B"]):
        counts.scan(here, sku, 20)
    counts.scan(here, sku, 10, batch="A")
    counts.scan(here, sku, 10, batch="B")
    counts.finish(here)
    counts.submit(sheet_id)
    assert counts.state(sheet_id) == "done"
    assert units(counts, sku) == {"A": 10, "B": 10}


def test_goods_without_units_whose_first_batch_came_meanwhile_count_as_that_batch(counts):
    sku = counts.goods(0, "K-1")
    sheet_id = counts.sheet()
    counts.world.receive(sku, 4, batch="A")
    here = counts.go(sheet_id, "K-1")
    with refused("count.which_batch", batches=["", "A"]):
        counts.scan(here, sku, 4)
    counts.scan(here, sku, 4, batch="A")
    counts.finish(here, "zero")
    counts.submit(sheet_id)
    assert units(counts, sku) == {"A": 4}


def test_goods_kept_by_batch_are_never_counted_under_none_where_one_is_known(counts):
    sku = counts.goods(0, "K-1")
    by_batch(counts, sku)
    counts.world.receive(sku, 4, batch="A")
    sheet_id = counts.sheet("skus", sku)
    counts.world.receive(sku, 2, batch="B")
    here = counts.go(sheet_id, "K-1")
    with refused("count.which_batch", batches=["A", "B"]):
        counts.scan(here, sku)
    counts.scan(here, sku, 4, batch="a")
    assert [(line.batch, line.counted_qty) for line in counts.lines(sheet_id)] == [("A", 4)]


def test_goods_that_are_put_onto_a_sheet_come_with_all_their_batches(counts):
    listed, sku = counts.goods(1), counts.goods(3, batch="A")
    counts.world.receive(sku, 2, batch="B")
    sheet_id = counts.sheet("skus", listed)
    counts.do(lambda uow: goods.add_goods(uow, sheet_id, sku))
    assert [line.batch for line in counts.lines(sheet_id) if line.sku_id == sku] == ["A", "B"]
    assert all(line.is_extra for line in counts.lines(sheet_id) if line.sku_id == sku)


def test_the_code_of_the_goods_says_the_batch(counts):
    sku = counts.goods(3, barcode=GTIN[1:], batch="A")
    counts.world.receive(sku, 2, batch="B")
    sheet_id = counts.sheet()
    here = counts.go(sheet_id)
    told = scan(counts, here, f"(01){GTIN}(10)B(37)2")
    assert (told.kind, told.batch, told.qty, told.line_qty) == ("goods", "B", 2, 2)
    scan(counts, here, f"]d201{GTIN}10A", 3)
    assert [(line.batch, line.counted_qty) for line in counts.lines(sheet_id)] == [("A", 3), ("B", 2)]


def test_a_batch_nobody_knew_is_known_with_the_days_its_code_says(counts):
    sku = counts.goods(3, barcode=GTIN[1:], batch="A")
    by_batch(counts, sku, life_days=0)
    sheet_id = counts.sheet()
    here = counts.go(sheet_id)
    scan(counts, here, f"(01){GTIN}(17)270131(10)C")
    ends = select(Batch.expires_day).where(Batch.sku_id == sku, Batch.code == "C")
    assert counts.world.store.read(lambda c: c.execute(ends).scalar_one()) == date(2027, 1, 31).toordinal()
    scan(counts, here, f"(01){GTIN}(17)280131(10)C")
    assert counts.line(sheet_id, sku, "C").counted_qty == 2, "a count is no word about days that are known"
    noted = select(Journal.id).where(Journal.action.in_(("batch.noted", "batch.corrected")))
    before = len(counts.world.store.read(lambda c: c.execute(noted).all()))
    scan(counts, here, f"(01){GTIN}(10)C")
    assert len(counts.world.store.read(lambda c: c.execute(noted).all())) == before


def test_a_gs1_code_is_no_bin(counts):
    sku = counts.goods(3, "K-1", barcode=GTIN[1:])
    sheet_id = counts.sheet()
    raw = f"(01){GTIN}(10)A"
    assert not counts.do(lambda uow: tallying.is_bin(uow, sheet_id, raw))
    assert counts.line(sheet_id, sku).counted_qty is None


def test_a_batch_is_kept_as_everywhere_else(counts):
    sku = counts.goods(3, batch="A 1")
    counts.world.receive(sku, 2, batch="B")
    sheet_id = counts.sheet()
    here = counts.go(sheet_id)
    told = counts.scan(here, sku, 3, batch="Ａ　1 ")
    assert told.batch == "A 1"
    with refused("count.batch_long", most=LONGEST_BATCH):
        counts.scan(here, sku, batch="x" * (LONGEST_BATCH + 1))
    assert len(counts.lines(sheet_id)) == 2


def test_a_batch_on_paper_is_read_as_everywhere_else_and_none_is_asked_about(counts):
    sku = counts.goods(0, "K-1")
    sheet_id = counts.sheet("skus", sku)
    code = code_of(counts, sku)
    counts.world.receive(sku, 4, batch="A")
    unclear = read(counts, sheet_id, ["K-1", code, "", 4, ""])
    assert [(one.column, one.reason) for one in unclear.rejected] == [("批次", "count_which_batch")]
    other = counts.goods(4, batch="A 1")
    sheet_id = counts.sheet("skus", other)
    taken = read(counts, sheet_id, ["", code_of(counts, other), " Ａ 1", 4, ""])
    assert [one.qty for one in taken.counted] == [4]


def test_noted_batches_without_units_are_offered_where_the_books_have_none(counts):
    sku = counts.goods(0, "K-1")
    by_batch(counts, sku)
    for code in ("A", "B"):
        counts.world.do(lambda uow, code=code: note_batch(uow, sku, code))
    sheet_id = counts.sheet("skus", sku)
    here = counts.go(sheet_id, "K-1")
    with refused("count.which_batch", batches=["A", "B"]):
        counts.scan(here, sku)
    counts.scan(here, sku, 2, batch="B")
    counts.finish(here, "zero")
    counts.submit(sheet_id)
    counts.book_all(sheet_id)
    assert units(counts, sku) == {"B": 2}
