"""The comparison of levels, ledger, platforms and last counts; what people do with it; what is watched."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from core.counting import comparing, reports
from core.counting.comparing import Difference, Listed, Place, judge, nothing_listed
from core.counting.models import ComparisonLine, CountSheet
from core.counting.watches import open_differences, undecided_sheets
from core.db import leases
from core.desk.settings import put_setting
from core.inventory import ledger
from core.inventory.models import StockAssertion, StockLevel
from core.runtime.errors import NotFound
from core.runtime.standing import Severity
from tests.support.inventory_world import START

CHINA_MORNING = START + timedelta(hours=1)  # 09:00 in China


def report(world, listed=nothing_listed, key="k"):
    made = reports.make_now(world.store, key, listed)
    return made, world.store.read(lambda c: reports.differences(c, made))


@pytest.fixture
def broken(world):
    """Lets a test write what the program never would; put right again before the world is checked."""
    undo = []

    def write(statement, repair):
        world.do(lambda uow: uow.execute(statement))
        undo.append(repair)

    yield write
    for repair in undo:
        world.do(lambda uow, repair=repair: uow.execute(repair))


def test_where_all_agree_there_is_nothing_to_read(counts):
    sku = counts.goods(10)
    counts.world.do(lambda uow: ledger.count(uow, 1, sku, 9, "stocktake", "c"))
    counts.world.receive(sku, 4)
    made, rows = report(counts.world)
    row = counts.world.store.read(reports.reports)[0]
    assert (rows, row.id, row.sku_count, row.place_count, row.difference_count) == ((), made, 1, 1, 0)


def test_a_level_that_is_not_its_movements(counts, broken):
    sku = counts.goods(10)
    level = update(StockLevel).where(StockLevel.sku_id == sku)
    broken(level.values(on_hand_qty=12), level.values(on_hand_qty=10))
    (row,) = report(counts.world)[1]
    assert (row.kinds, row.level_qty, row.ledger_qty, row.warehouse) == (("ledger",), 12, 10, "main")


def test_movements_before_the_last_count_that_are_others_than_they_were(counts, broken):
    sku = counts.goods(10)
    counts.world.do(lambda uow: ledger.count(uow, 1, sku, 11, "stocktake", "c"))
    remembered = update(StockAssertion)
    broken(remembered.values(book_qty=12), remembered.values(book_qty=10))
    (row,) = report(counts.world)[1]
    assert row.kinds == ("history",)


def test_a_count_that_was_not_wholly_booked(counts):
    sku = counts.goods(5)
    order = counts.world.bought((sku, 2), is_paid=True)
    sheet_id = counts.counted((sku, 0))
    counts.world.consume(order, "box")
    counts.book_all(sheet_id)
    (row,) = report(counts.world)[1]
    assert (row.kinds, row.level_qty, row.counted_qty) == (("count",), 0, -2)


def test_what_shops_list(counts):
    now = START
    place = Place(1, 1, 10, 10, available_qty=7)
    fine = (Listed("tmall", 3, now), Listed("app", 4, now))
    assert judge([place], fine, 1, now) == []
    (above,) = judge([place], (*fine, Listed("jd", 1, now)), 1, now)
    assert (above.kinds, above.warehouse_id) == ((Difference.LISTED_ABOVE,), None)
    (stale,) = judge([place], (Listed("tmall", 3, now - timedelta(hours=25)),), 1, now)
    assert stale.kinds == (Difference.LISTED_STALE,)
    (unknown,) = judge([place], (Listed("tmall", None),), 1, now)
    assert unknown.kinds == (Difference.LISTED_STALE,)
    sku = counts.goods(5)
    (row,) = report(counts.world, lambda _c, ids: {sku: [Listed("tmall", 6, START)]} if sku in ids else {})[1]
    assert (row.kinds, row.listed) == (("listed_above",), (Listed("tmall", 6, START),))


def test_pieces_join_up(counts, monkeypatch):
    monkeypatch.setattr(comparing, "PIECE", 2)
    for _ in range(5):
        counts.goods(1)
    made, _ = report(counts.world)
    row = counts.world.store.read(reports.reports)[0]
    assert (row.id, row.sku_count, row.place_count) == (made, 5, 5)


def test_nothing_is_corrected_and_people_confirm(counts, broken):
    one, two = counts.goods(10), counts.goods(3)
    for sku, qty in ((one, 10), (two, 3)):
        level = update(StockLevel).where(StockLevel.sku_id == sku)
        broken(level.values(on_hand_qty=qty + 1), level.values(on_hand_qty=qty))
    before = counts.world.stock()
    made, rows = report(counts.world)
    look = lambda: counts.world.store.read(lambda c: open_differences(c, START))  # noqa: E731  said once, used below
    assert [(one.rule, one.severity, one.facts["rows"]) for one in look()] == [
        ("stock.comparison", Severity.CRITICAL, 2)
    ]
    assert counts.do(lambda uow: reports.confirm(uow, made, [rows[0].id], "  typed  twice ")) == 1
    assert counts.do(lambda uow: reports.confirm(uow, made, None)) == 1
    assert counts.do(lambda uow: reports.confirm(uow, made, None, "again")) == 0
    seen = counts.world.store.read(lambda c: reports.differences(c, made))
    assert [(row.confirmed_by, row.note) for row in seen] == [("li", "typed twice"), ("li", "")]
    assert look() == ()
    assert counts.world.stock() == before
    with pytest.raises(NotFound):
        counts.do(lambda uow: reports.confirm(uow, made + 1, None))


def test_a_newer_report_answers_for_an_older_one(counts, broken):
    sku = counts.goods(10)
    level = update(StockLevel).where(StockLevel.sku_id == sku)
    broken(level.values(on_hand_qty=11), level.values(on_hand_qty=10))
    report(counts.world)
    counts.world.do(lambda uow: uow.execute(level.values(on_hand_qty=10)))
    assert counts.world.store.read(lambda c: open_differences(c, START)) != ()
    report(counts.world, key="later")
    assert counts.world.store.read(lambda c: open_differences(c, START)) == ()


# --- every night, by one ------------------------------------------------------------------------------------------


def nightly(world, holder="node 1", is_stopping=lambda: False):
    return reports.make_nightly(world.store, holder, nothing_listed, is_stopping)


def test_once_a_day_after_its_hour_whatever_was_slept_through(counts):
    world = counts.world
    counts.goods(1)
    world.do(lambda uow: put_setting(uow, reports.COMPARE_HOUR, 9))
    assert nightly(world) is None, "eight in the morning"
    world.clock.advance(seconds=3600)
    first = nightly(world)
    assert first is not None
    assert nightly(world) is None
    world.clock.advance(seconds=14 * 3600)
    assert nightly(world) is None, "the next day before its hour"
    world.clock.advance(seconds=3 * 24 * 3600)
    assert nightly(world) not in (None, first)


def test_one_node_makes_it(counts):
    world = counts.world
    counts.goods(1)
    fence = world.do(lambda uow: leases.take(uow, "stock_comparison", "node 2", 100))
    assert nightly(world) is None
    world.do(lambda uow: leases.release(uow, "stock_comparison", fence))
    assert nightly(world) is not None


def test_a_node_that_lost_its_lease_writes_nothing_more(counts):
    world = counts.world
    counts.goods(1)

    def taken_over() -> bool:
        world.clock.advance(seconds=200)
        world.do(lambda uow: leases.take(uow, "stock_comparison", "node 2", 100))
        return False

    assert nightly(world, is_stopping=taken_over) is None
    assert world.store.read(reports.reports) == ()


def test_a_report_left_half_made_is_made_anew(counts, broken, monkeypatch):
    monkeypatch.setattr(comparing, "PIECE", 1)
    world = counts.world
    for _ in range(3):
        sku = counts.goods(10)
        level = update(StockLevel).where(StockLevel.sku_id == sku)
        broken(level.values(on_hand_qty=11), level.values(on_hand_qty=10))
    asked = iter([False, False, True])
    assert nightly(world, is_stopping=lambda: next(asked)) is None
    assert world.store.read(reports.reports) == ()
    made = nightly(world)
    assert len(world.store.read(lambda c: reports.differences(c, made))) == 3
    total = world.store.read(lambda c: len(c.execute(select(ComparisonLine.id)).all()))
    assert total == 3


def test_a_sheet_nobody_decides_is_said(counts):
    sku = counts.goods(10)
    counts.counted((sku, 1))
    look = lambda hours: counts.world.store.read(  # noqa: E731  said once, used below
        lambda c: undecided_sheets(c, START + timedelta(hours=hours))
    )
    assert look(11) == ()
    assert [one.facts["number"] for one in look(13)] == ["PD260618-001"]


def test_it_asks_no_table_as_a_whole(counts):
    from tests.support.plans import walks

    counts.goods(3)
    if counts.world.store.engines.writer.dialect.name != "sqlite":
        pytest.skip("plans are SQLite's")
    walked = walks(counts.world.store, lambda c: comparing.compare_piece(c, 0, nothing_listed, START))
    assert not [step for step in walked if "movement" in step or "stock_level" in step or "assertion" in step]


def test_times_are_kept(counts):
    sku = counts.goods(3)
    counts.world.do(lambda uow: ledger.count(uow, 1, sku, 3, "stocktake", "c"))
    places = counts.world.store.read(lambda c: comparing.places_of(c, [sku]))
    assert (places[0].counted_qty, places[0].counted_at) == (3, START)
    assert isinstance(places[0].counted_at, datetime)
    row = counts.world.store.read(lambda c: c.execute(select(StockAssertion.reference)).scalar_one())
    assert row == ""
    assert counts.world.store.read(lambda c: c.execute(select(CountSheet.id)).all()) == []
