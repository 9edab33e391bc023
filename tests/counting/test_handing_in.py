"""Handing a sheet in: places left open, programs that end half way, who may scan where, and what a blind sheet keeps."""

from contextlib import contextmanager

import pytest
from sqlalchemy import func, select

from core.counting import goods, queries, settling, sheets, tallying
from core.counting.models import CountScan
from core.counting.records import Decision
from core.desk.counting import Counting
from core.files.counting import import_counted
from core.files.progress import Progress
from core.runtime.errors import Refused
from tests.counting.test_paper import code_of, read
from tests.support.counting_world import CHEN, LI, WANG


@contextmanager
def refused(code, **facts):
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code
    assert {name: caught.value.facts[name] for name in facts} == facts


def wait(counts, minutes):
    counts.world.clock.advance(minutes=minutes)


# --- places that somebody left open ---------------------------------------------------------------------------------


def test_somebody_who_went_home_does_not_keep_the_sheet_from_everybody(counts):
    sku, other = counts.goods(3, "A-01"), counts.goods(2, "B-01")
    sheet_id = counts.sheet()
    theirs = counts.go(sheet_id, "A-01", WANG)
    counts.scan(theirs, sku, 3, WANG)
    here = counts.go(sheet_id, "B-01")
    counts.scan(here, other, 2)
    counts.finish(here)

    def submit(**more):
        return counts.do(lambda uow: sheets.submit(uow, sheet_id, **more))

    with refused("count.still_counted", counter="wang", can_end=False):
        submit(end_places=True)
    wait(counts, 11)
    with refused("count.still_counted", bin="A-01", counter="wang", can_end=True, is_own=False):
        submit()
    submit(end_places=True)
    assert counts.state(sheet_id) == "to_approve"
    assert counts.line(sheet_id, sku).counted_qty == 3, "what was scanned there holds"
    with refused("count.not_counting"):
        counts.scan(theirs, sku, who=WANG)


def test_ones_own_open_place_is_asked_about_at_once(counts):
    sku = counts.goods(3)
    sheet_id = counts.sheet()
    counts.scan(counts.go(sheet_id), sku, 3)
    with refused("count.still_counted", can_end=True, is_own=True):
        counts.submit(sheet_id)
    counts.do(lambda uow: sheets.submit(uow, sheet_id, end_places=True))
    assert counts.state(sheet_id) == "to_approve"


# --- programs that end half way -------------------------------------------------------------------------------------


def test_a_sheet_whose_handing_in_was_cut_short_is_finished_by_whoever_comes_next(counts):
    sku = counts.goods(3)
    sheet_id = counts.sheet()
    here = counts.go(sheet_id)
    counts.scan(here, sku, 3)
    counts.finish(here)
    counts.do(lambda uow: sheets.submit(uow, sheet_id))
    assert counts.state(sheet_id) == "to_approve", "the program ended here"
    assert Counting(counts.world.store, "PX").submit(sheet_id).state == "done"


def test_nodes_finish_what_nobody_comes_back_to(counts):
    equal, short = counts.goods(3), counts.goods(5)
    done, differing = counts.sheet("skus", equal), counts.sheet("skus", short)
    for sheet_id, sku in ((done, equal), (differing, short)):
        here = counts.go(sheet_id)
        counts.scan(here, sku, 3)
        counts.finish(here)
        counts.do(lambda uow, sheet_id=sheet_id: sheets.submit(uow, sheet_id))
    assert settling.finish_handed_in(counts.world.store, lambda: True) == 1, "told to stop"
    assert counts.state(done) == "to_approve"
    assert settling.finish_handed_in(counts.world.store, lambda: False) == 1
    assert settling.finish_handed_in(counts.world.store, lambda: False) == 0
    assert (counts.state(done), counts.state(differing)) == ("done", "to_approve")


def test_what_cannot_be_settled_keeps_no_other_sheet(counts):
    from sqlalchemy import update

    from core.catalog.models import Sku

    first, second = counts.goods(3), counts.goods(3)
    for sku in (first, second):
        sheet_id = counts.sheet("skus", sku)
        here = counts.go(sheet_id)
        counts.scan(here, sku, 3)
        counts.finish(here)
        counts.do(lambda uow, sheet_id=sheet_id: sheets.submit(uow, sheet_id))
    counts.do(lambda uow: uow.execute(update(Sku).where(Sku.id == first).values(is_stock_managed=False)))
    settling.finish_handed_in(counts.world.store, lambda: False)
    assert counts.state(sheet_id) == "done"


def test_equal_lines_and_numbers_from_paper_come_a_few_at_a_time(counts, monkeypatch):
    many = [counts.goods(2) for _ in range(5)]
    sheet_id = counts.sheet("skus", *many)
    rows = [["", code_of(counts, sku), "", 2, ""] for sku in many]
    monkeypatch.setattr("core.files.counting._TOGETHER", 2)
    monkeypatch.setattr(settling, "PIECE", 2)
    taken = []
    write = counts.world.store.write

    def noted(operation, **more):
        before = scans(counts)
        answer = write(operation, **more)
        taken.append(scans(counts) - before)
        return answer

    monkeypatch.setattr(counts.world.store, "write", noted)
    table = read(counts, sheet_id, *rows)
    found, bad = import_counted(counts.world.store, sheet_id, table, Progress())
    assert (found.new, bad, taken) == (5, [], [2, 2, 1, 0])
    assert import_counted(counts.world.store, sheet_id, table, Progress())[0].unchanged == 5
    assert Counting(counts.world.store, "PX").submit(sheet_id).state == "done"


def scans(counts):
    return counts.world.store.read(lambda c: c.execute(select(func.count()).select_from(CountScan)).scalar_one())


# --- whose scans they are -------------------------------------------------------------------------------------------


def test_nobody_counts_under_another_ones_name(counts):
    """Else whoever counted would be their own second pair of eyes."""
    sku = counts.goods(50, "A-01")
    sheet_id = counts.sheet()
    theirs = counts.go(sheet_id, "A-01", WANG)
    counts.scan(theirs, sku, who=WANG)
    line_id = counts.line(sheet_id, sku).id
    for act in (
        lambda: counts.scan(theirs, sku, who=CHEN),
        lambda: counts.do(lambda uow: tallying.write_down(uow, theirs, line_id, 1, "w"), CHEN),
        lambda: counts.do(lambda uow: tallying.undo_last(uow, theirs, "u"), CHEN),
        lambda: counts.finish(theirs, who=CHEN),
        lambda: counts.do(lambda uow: tallying.drop_place(uow, theirs), CHEN),
    ):
        with refused("count.not_yours", counter="wang"):
            act()
    assert counts.line(sheet_id, sku).counted_qty == 1


# --- blind sheets ---------------------------------------------------------------------------------------------------


def test_no_filter_of_a_blind_sheet_says_what_the_books_expect(counts):
    same, other = counts.goods(5), counts.goods(5)
    sheet_id = counts.sheet(is_blind=True)
    here = counts.go(sheet_id)
    counts.scan(here, same, 5)
    counts.scan(here, other, 4)
    counts.world.receive(other, 1)
    counts.scan(here, other)

    def seen():
        read = counts.world.store.read
        piles = {pile: len(counts.lines(sheet_id, pile)) for pile in ("differing", "unsure")}
        numbers = dict(read(lambda c: queries.line_counts(c, sheet_id)))
        moved = sum(line.moved_qty for line in counts.lines(sheet_id))
        return (
            piles,
            {pile: numbers[pile] for pile in piles},
            read(lambda c: queries.sheet(c, sheet_id)).differing,
            moved,
        )

    nothing = {"differing": 0, "unsure": 0}
    assert seen() == (nothing, nothing, 0, 0)
    counts.finish(here)
    counts.submit(sheet_id)
    told = {"differing": 1, "unsure": 1}
    assert seen() == (told, told, 1, 1), "once it is handed in nobody counts any more"
    counts.settle(sheet_id, [Decision(counts.line(sheet_id, other).id, "recount")])
    assert seen()[0] == nothing


def test_goods_put_on_a_sheet_twice_are_one_line(counts):
    listed, sku = counts.goods(1), counts.goods(3)
    sheet_id = counts.sheet("skus", listed)
    first = counts.do(lambda uow: goods.add_goods(uow, sheet_id, sku))
    assert counts.do(lambda uow: goods.add_goods(uow, sheet_id, sku), LI) == first
