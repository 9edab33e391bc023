"""Counting on paper: a sheet out as a table, the numbers in again; reports as tables."""

from datetime import timedelta

import pytest

from core.counting import reports
from core.counting.comparing import nothing_listed
from core.desk.count_reports import CountReports
from core.desk.counting import Counting
from core.files.counting import counted_of
from core.files.progress import Progress
from core.files.records import Table
from core.runtime.errors import Refused
from tests.support.inventory_world import START

HEADER = ("库位", "商家编码", "批次", "实盘数量", "盘点时间")


def table(*rows, header=HEADER, digest="d" * 64):
    return Table("盘点.xlsx", digest, START, header, list(enumerate(rows, 2)))


@pytest.fixture
def desk(world):
    return CountReports(world.store, nothing_listed)


def read(counts, sheet_id, *rows, **more):
    now = counts.world.clock.now()
    return counts.world.store.read(lambda c: counted_of(c, sheet_id, table(*rows, **more), now))


def code_of(counts, sku):
    return next(line.code for line in counts.lines(counts.sheet("skus", sku)))


def test_out_and_in_again(counts, desk, tmp_path):
    from openpyxl import load_workbook

    shelf, loose = counts.goods(10, "A-01"), counts.goods(4)
    sheet_id = counts.sheet()
    path = tmp_path / "paper.xlsx"
    assert desk.save_paper(sheet_id, path) == 2
    book = load_workbook(path)
    page = book.active
    assert [cell.value for cell in page[1]][:3] == ["库位", "商家编码", "商品名称"]
    for row in page.iter_rows(min_row=2):
        assert row[5].value in (10, 4)
        row[6].value = 9 if row[0].value == "A-01" else 4
    book.save(path)
    counted, would = desk.read_counted(sheet_id, path)
    assert (would.new, would.rejected, counted.blank) == (2, 0, 0)
    done, refused = desk.take_counted(sheet_id, counted, Progress())
    assert (done.new, done.unchanged, refused) == (2, 0, [])
    assert (counts.line(sheet_id, shelf).difference_qty, counts.line(sheet_id, loose).difference_qty) == (-1, 0)
    again, _ = desk.take_counted(sheet_id, counted, Progress())
    assert (again.new, again.unchanged) == (0, 2)
    assert counts.line(sheet_id, shelf).counted_qty == 9
    counts.submit(sheet_id)
    assert desk.save_differences(sheet_id, tmp_path / "found.xlsx") == 2


def test_a_blind_sheet_says_nothing_on_paper_either(counts, desk, tmp_path):
    from openpyxl import load_workbook

    counts.goods(10, "A-01")
    path = tmp_path / "paper.xlsx"
    desk.save_paper(counts.sheet(is_blind=True), path)
    assert [cell.value for cell in load_workbook(path).active[2]][5] in (None, "")


def test_rows_that_cannot_be_taken_say_why(counts):
    sku = counts.goods(10, "A-01")
    code = code_of(counts, sku)
    sheet_id = counts.sheet()
    found = read(
        counts,
        sheet_id,
        ("A-01", code, None, 3, None),
        ("A-01", code, None, 2, None),
        ("A-01", "nothing", None, 2, None),
        ("A-01", code, "B9", 2, None),
        ("A-01", code, None, -2, None),
        ("A-01", code, None, 2, "23:59"),
        ("A-01", code, None, None, None),
    )
    assert [(one.qty, one.line_id) for one in found.counted] == [(5, counts.line(sheet_id, sku).id)]
    assert [(one.row, one.column, one.reason) for one in found.rejected][:2] == [
        (4, "商家编码", "count_no_line"),
        (5, "商家编码", "count_no_line"),
    ]
    assert [(one.row, one.column) for one in found.rejected][2:] == [(6, "实盘数量"), (7, "盘点时间")]
    assert found.blank == 1
    with pytest.raises(Refused, check=lambda error: error.code == "files.mapping_incomplete"):
        read(counts, sheet_id, ("x",), header=("something",))


def test_what_left_between_the_paper_and_the_table_is_not_lost(counts, desk):
    sku = counts.goods(10, "A-01")
    code = code_of(counts, sku)
    order = counts.world.bought((sku, 2), is_paid=True)
    sheet_id = counts.sheet("bins", "A-01")
    counts.world.clock.advance(hours=2)
    counts.world.consume(order, "box")
    counts.world.clock.advance(hours=1)
    found = read(counts, sheet_id, ("A-01", code, None, 9, "08:30"))
    assert found.counted[0].at == START + timedelta(minutes=30)
    desk.take_counted(sheet_id, found, Progress())
    line = counts.line(sheet_id, sku)
    assert (line.book_qty, line.difference_qty, line.moved_qty) == (10, -1, 2)
    counts.submit(sheet_id)
    counts.book_all(sheet_id)
    assert counts.world.level(sku) == (7, 0, 0, 0)


def test_a_report_as_a_table(counts, desk, tmp_path):
    from openpyxl import load_workbook

    sku = counts.goods(5)
    order = counts.world.bought((sku, 2), is_paid=True)
    sheet_id = counts.counted((sku, 0))
    counts.world.consume(order, "box")
    counts.book_all(sheet_id)
    made = desk.compare_now("k", lambda _done: True)
    assert made is not None
    path = tmp_path / "report.xlsx"
    assert desk.save_report(made, path) == 1
    row = [cell.value for cell in load_workbook(path).active[2]]
    assert row[3:7] == ["与最近盘点不符", 0, 0, -2]
    assert desk.compare_now("stopped", lambda _done: False) is None
    assert [one.id for one in counts.world.store.read(reports.reports)] == [made]


def test_the_desk_settles_piece_by_piece_and_serves_who_waited(counts):
    service = Counting(counts.world.store, "PX")
    many = [counts.goods(10) for _ in range(60)]
    sheet_id = counts.counted(*[(sku, 9) for sku in many])
    waiting = counts.world.order((many[0], 10), is_paid=True)
    counts.world.reserve(waiting)
    from core.counting.records import Decision

    lines = service.lines(sheet_id, "differing")[0]
    done = service.settle(sheet_id, [Decision(line.id, "book", "") for line in lines])
    assert (done.booked, done.is_done, service.sheet(sheet_id).state) == (60, True, "done")
    more = counts.counted((many[1], 12))
    grown = service.settle(more, [Decision(service.lines(more, "differing")[0][0].id, "book", "found")])
    assert (grown.booked, grown.grown) == (1, (many[1],))


def test_who_lacks_goods_as_a_table(counts, desk, tmp_path):
    from openpyxl import load_workbook

    sku = counts.goods(10)
    early = counts.world.bought((sku, 4), is_paid=True, ship_by_h=4)
    late = counts.world.bought((sku, 4), is_paid=True, ship_by_h=40)
    sheet_id = counts.counted((sku, 3))
    counts.book_all(sheet_id)
    path = tmp_path / "short.xlsx"
    assert desk.save_shortage(sheet_id, path) == 2
    rows = [[cell.value for cell in row] for row in load_workbook(path).active.iter_rows()]
    code = counts.lines(sheet_id)[0].code
    assert rows == [
        ["订单号", "商家编码", "缺货数量", "还占数量", "最晚发货"],
        [counts.order_no(late), code, 4, 0, "2026-06-20 00:00:00"],
        [counts.order_no(early), code, 1, 3, "2026-06-18 12:00:00"],
    ]
