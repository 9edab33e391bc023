"""Products, opening counts and customers out of tables, each once however often the file comes."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from core.catalog.models import Barcode, Bin, Sku
from core.counting.models import CountLine
from core.counting.queries import sheets
from core.counting.records import Decision
from core.counting.settling import ALONE_QTY, settle
from core.customers.models import ConsigneeRow, Customer
from core.db.models import Journal
from core.db.unit_of_work import Actor
from core.desk.files import Files, Plan
from core.desk.settings import put_setting
from core.files.progress import Progress
from core.inventory.documents.rules import Rules, set_rules
from core.inventory.models import Movement, StockLevel, Warehouse
from core.runtime.errors import Refused
from tests.support.world import CARRIER, World

PRODUCTS = ["商家编码", "商品名称", "简称", "规格", "重量(克)", "条码"]


@pytest.fixture
def files(world: World) -> Files:
    return Files(world.store, world.digest, CARRIER)


def planned(files: Files, path: Path) -> Plan:
    (read,) = files.read([path])
    return files.plan([(read, read.choices[0])], None)


def run(files: Files, path: Path) -> Any:
    return files.run(planned(files, path), Progress())


def test_products_are_added_and_changed_by_their_code(world: World, files: Files, put: Callable[..., Path]):
    rows = [
        PRODUCTS,
        ["BEAR", "团团熊(新)", "", "", "", ""],
        ["SET", "团团熊礼盒", "", "", "500", ""],
        ["NEW-1", "新品", "新", "蓝", "120", "6900000000012"],
        ["NEW-1", "新品", "新", "蓝", "120", "6900000000029"],
        ["", "没有编码", "", "", "", ""],
        ["NEW-2", "重的", "", "", "重", ""],
    ]
    path = put("products.csv", rows)
    plan = planned(files, path)
    assert plan.kind == "products"
    assert (plan.counts.new, plan.counts.changed, plan.counts.rejected) == (1, 2, 2)
    assert [(one.row, one.reason) for one in plan.rejected] == [(6, "missing"), (7, "not_a_quantity")]
    run(files, path)
    skus = {row.code: row for row in world.rows(select(*Sku.__table__.c))}
    assert (skus["BEAR"].name, skus["BEAR"].spec, skus["BEAR"].weight_g) == ("团团熊(新)", "大号", 200)
    assert (skus["SET"].is_bundle, skus["SET"].weight_g) == (True, 500), "a bundle stays one"
    codes = {row.code for row in world.rows(select(Barcode.code).where(Barcode.sku_id == skus["NEW-1"].id))}
    assert codes == {"6900000000012", "6900000000029"}
    kept = {row.code for row in world.rows(select(Barcode.code).where(Barcode.sku_id == skus["BEAR"].id))}
    assert kept == {"6901234567892", "16901234567899"}, "an empty cell takes no barcode away"
    before = world.dump()
    assert run(files, path)[0].counts.unchanged == 3
    assert world.dump() == before


def test_a_barcode_of_other_goods_refuses_its_row_alone(world: World, files: Files, put: Callable[..., Path]):
    rows = [PRODUCTS, ["N-1", "一", "", "", "1", "6901234567892"], ["N-2", "二", "", "", "1", "6900000000036"]]
    done, refused = run(files, put("products.xlsx", rows))
    assert (done.counts.new, done.counts.rejected) == (1, 1)
    assert [(one.row, one.reason) for one in refused] == [(2, "catalog_barcode_taken")]
    assert {row.code for row in world.rows(select(Sku.code).where(Sku.code.like("N-%")))} == {"N-2"}


def test_bins_come_with_the_goods_and_an_empty_cell_takes_none_away(
    world: World, files: Files, put: Callable[..., Path]
):
    header = ["商家编码", "商品名称", "库位"]
    rows = [
        ["BEAR", "团团熊", " a－01－03"],
        ["BAG", "布袋", ""],
        ["NEW", "新品", "B2"],
        ["NEW", "新品", ""],
        ["LONG", "太远", "x" * 41],
    ]
    path = put("bins.csv", [header, *rows])
    plan = planned(files, path)
    assert (plan.counts.new, plan.counts.changed, plan.counts.unchanged) == (1, 1, 1)
    assert [(one.row, one.column, one.reason) for one in plan.rejected] == [(6, "库位", "out_of_range")]
    assert "团团熊 A-01-03" in [one.goods for one in plan.sample]
    run(files, path)

    def bins() -> list[tuple[str, ...]]:
        query = select(Sku.code, Bin.code, Bin.zone).join(Sku, Sku.id == Bin.sku_id)
        return sorted(tuple(row) for row in world.rows(query.where(Bin.warehouse_id == world.warehouse)))

    assert bins() == [("BEAR", "A-01-03", "A"), ("NEW", "B2", "B")]
    assert planned(files, path).counts.unchanged == 3
    run(files, put("more.csv", [header, ["BEAR", "团团熊", ""]]))
    assert bins() == [("BEAR", "A-01-03", "A"), ("NEW", "B2", "B")]


def test_counts_are_stocktakes_once_a_file(world: World, files: Files, put: Callable[..., Path]):
    path = put("counts.csv", [["商家编码", "实盘数量"], ["BEAR", "30"], ["BEAR", "12"], ["BAG", "0"], ["NONE", "1"]])
    done, refused = run(files, path)
    assert (done.counts.new, done.counts.rejected) == (2, 1)
    assert [(one.row, one.reason) for one in refused] == [(5, "stock_no_sku")]

    def on_hand(code: str) -> int:
        return world.rows(select(StockLevel.on_hand_qty).where(StockLevel.sku_id == world.skus[code]))[0][0]

    assert (on_hand("BEAR"), on_hand("BAG")) == (42, 0)
    moves = world.rows(select(func.count()).select_from(Movement))[0][0]
    world.receive("BEAR", 5)
    assert run(files, path)[0].counts.unchanged == 2
    assert on_hand("BEAR") == 47, "the same count again is no second one"
    assert world.rows(select(func.count()).select_from(Movement))[0][0] == moves + 1


def test_customers_go_into_the_master_once(world: World, files: Files, put: Callable[..., Path]):
    header = ["客户编号", "姓名", "手机", "详细地址"]
    rows = [
        header,
        ["C-1", "林晓", "13800001234", "浙江省杭州市西湖区练习路1号"],
        ["C-2", "张**", "138****1234", "浙江省杭州市***"],
        ["C-3", "", "13800001235", ""],
    ]
    path = put("customers.xlsx", rows)
    plan = planned(files, path)
    assert [(one.row, one.reason) for one in plan.rejected] == [(3, "masked"), (4, "missing")]
    assert run(files, path)[0].counts.new == 1
    (who,) = world.rows(select(ConsigneeRow.name, ConsigneeRow.province, ConsigneeRow.city, ConsigneeRow.district))
    assert tuple(who) == ("林晓", "浙江省", "杭州市", "西湖区")
    assert run(files, path)[0].counts.unchanged == 1
    assert world.rows(select(func.count()).select_from(Customer))[0][0] == 1


def test_an_import_of_goods_can_be_stopped(world: World, files: Files, put: Callable[..., Path]):
    path = put("products.csv", [PRODUCTS, *([f"P-{n:03d}", f"货{n}", "", "", "1", ""] for n in range(200))])
    progress = Progress()
    progress.cancel()
    done, _ = files.run(planned(files, path), progress)
    assert not done.is_whole
    assert world.rows(select(func.count()).select_from(Sku).where(Sku.code.like("P-%")))[0][0] == 0


def test_goods_that_come_serve_the_orders_that_waited(world: World, files: Files, put: Callable[..., Path]):
    from tests.support.fake_shop import line

    run(files, put("counts.csv", [["商家编码", "实盘数量"], ["BEAR", "0"]]))
    world.shop.place("A", line("1", "BEAR"))
    world.sync("A")
    assert world.holds("A") == {"short"}
    run(files, put("counts2.csv", [["商家编码", "实盘数量"], ["BEAR", "3"]]))
    assert world.order("A").fulfilment == "to_pack"


def test_counts_name_their_warehouse_and_bin(world: World, files: Files, put: Callable[..., Path]):
    second = world.desk.stock.add_warehouse("second", "二号仓").id
    header = ["商家编码", "实盘数量", "仓库", "库位"]
    rows = [header, ["BEAR", "30", "", "A-01"], ["BEAR", "7", "二号仓", ""], ["BAG", "4", "三号仓", ""]]
    path = put("counts.csv", rows)
    done, refused = run(files, path)
    assert (done.counts.new, [(one.row, one.reason) for one in refused]) == (2, [(4, "stock_no_warehouse")])
    levels = select(StockLevel.warehouse_id, StockLevel.on_hand_qty).where(StockLevel.sku_id == world.skus["BEAR"])
    assert [tuple(row) for row in world.rows(levels.order_by(StockLevel.warehouse_id))] == [
        (world.warehouse, 30),
        (second, 7),
    ]
    assert world.desk.products.product(world.skus["BEAR"]).spec.bins == ((world.warehouse, "A-01"),)
    assert run(files, path)[0].counts.unchanged == 2


def test_a_count_below_what_is_promised_holds_the_orders_that_give_way(
    world: World, files: Files, put: Callable[..., Path]
):
    from tests.support.fake_shop import line

    world.shop.place("A", line("1", "BEAR", 2))
    world.sync("A")
    assert world.holds("A") == set()
    run(files, put("counts.csv", [["商家编码", "实盘数量"], ["BEAR", "1"]]))
    assert world.holds("A") == {"short"}


COUNTS = ["商家编码", "实盘数量", "批次", "到期日", "生产日期"]


def levels_of(world: World, code: str) -> list[tuple[Any, ...]]:
    query = select(StockLevel.batch, StockLevel.on_hand_qty, StockLevel.expires_day).order_by(StockLevel.batch)
    found = world.rows(query.where(StockLevel.sku_id == world.skus[code]))
    return [(row.batch, row.on_hand_qty, row.expires_day and str(date.fromordinal(row.expires_day))) for row in found]


def test_an_opening_count_names_batches_and_their_days(world: World, files: Files, put: Callable[..., Path]):
    world.do(lambda uow: uow.execute(update(Sku).where(Sku.code == "BEAR").values(life_days=30)))
    rows = [
        COUNTS,
        ["BEAR", "3", "A1", "2027-12-31", ""],
        ["BEAR", "4", "A2", "", "2027/01/01"],
        ["BEAR", "2", "A1", "", ""],
        ["BAG", "7", "", "", ""],
        ["BEAR", "1", "A3", "", ""],
        ["BEAR", "1", "A4", "soon", ""],
    ]
    path = put("counts.csv", rows)
    plan = planned(files, path)
    assert (plan.kind, plan.counts.rejected) == ("counts", 1)
    assert [(one.row, one.reason) for one in plan.rejected] == [(7, "not_a_time")]
    done = run(files, path)
    assert (6, "batch_day_missing") in [(one.row, one.reason) for one in done[1]], "nobody says when A3 ends"
    assert levels_of(world, "BEAR") == [
        ("", 100_000, None),
        ("A1", 5, "2027-12-31"),
        ("A2", 4, "2027-01-31"),
    ]
    assert levels_of(world, "BAG") == [("", 7, None)]
    before = levels_of(world, "BEAR")
    run(files, path)
    assert levels_of(world, "BEAR") == before


def test_goods_kept_by_batch_are_counted_by_batch_only(world: World, files: Files, put: Callable[..., Path]):
    world.do(lambda uow: uow.execute(update(Sku).where(Sku.code == "BEAR").values(is_batch_managed=True)))
    done = run(files, put("counts.csv", [["商家编码", "实盘数量"], ["BEAR", "100001"]]))
    assert [one.reason for one in done[1]] == ["stock_batch_missing"]


# --- a second pair of eyes ----------------------------------------------------------------------------------------


LI, CHEN = Actor("li", "desk 1", 11), Actor("chen", "office", 13)
PLAIN = ["商家编码", "实盘数量"]


def on_hand(world: World, code: str) -> int:
    query = select(func.sum(StockLevel.on_hand_qty)).where(StockLevel.sku_id == world.skus[code])
    return int(world.rows(query)[0][0] or 0)


def decide(world: World, who: Actor) -> None:
    (line,) = world.rows(select(CountLine.id, CountLine.sheet_id).where(CountLine.state == "counted"))
    world.store.write(lambda uow: settle(uow, line.sheet_id, [Decision(line.id, "book")]), actor=who)


def test_large_differences_out_of_a_file_wait_for_somebody_else(world: World, files: Files, put: Callable[..., Path]):
    bear, bag = on_hand(world, "BEAR"), on_hand(world, "BAG")
    rows = [PLAIN, ["BEAR", str(bear - 40)], ["BAG", str(bag + 1)], ["SET", "900"]]
    path = put("counts.csv", rows)
    world.store.act_as(LI)
    plan = planned(files, path)
    assert (plan.counts.new, plan.counts.waiting) == (2, 1), "it is said before"
    done, refused = files.run(plan, Progress())
    assert [one.reason for one in refused] == ["stock_is_bundle"]
    assert (done.counts.new, done.counts.waiting, done.counts.rejected) == (1, 1, 1)
    assert (on_hand(world, "BEAR"), on_hand(world, "BAG")) == (bear, bag + 1), "a small one is booked at once"
    (sheet,) = world.store.read(sheets)
    assert (sheet.number, sheet.state, sheet.submitted_by) == (done.sheets[0], "to_approve", "li")
    assert (sheet.note, sheet.lines, sheet.counted, sheet.differing) == ("counts.csv", 1, 1, 1)
    again = run(files, path)[0]
    assert (again.counts.unchanged, again.sheets, len(world.store.read(sheets))) == (2, (), 1), "it waits already"
    with pytest.raises(Refused) as caught:
        decide(world, LI)
    assert caught.value.code == "count.other_person"
    decide(world, CHEN)
    assert on_hand(world, "BEAR") == bear - 40
    assert run(files, path)[0].counts.unchanged == 2
    assert on_hand(world, "BEAR") == bear - 40
    noted = world.rows(select(Journal.facts).where(Journal.action == "file.imported"))
    assert [row.facts["waiting"] for row in noted] == [1]


def test_an_opening_count_larger_than_anybody_carries_waits_as_well(
    world: World, files: Files, put: Callable[..., Path]
):
    world.store.act_as(LI)
    done, _ = run(files, put("counts.csv", [PLAIN, ["BAG", "200001"]]))
    assert (done.counts.waiting, len(done.sheets)) == (1, 1)
    decide(world, CHEN)
    assert on_hand(world, "BAG") == 200_001


def test_the_owners_limit_of_an_adjustment_holds_for_a_file_too(world: World, files: Files, put: Callable[..., Path]):
    rows = [PLAIN, ["BEAR", str(on_hand(world, "BEAR") + 1)], ["BAG", str(on_hand(world, "BAG") + 30)]]
    world.do(lambda uow: put_setting(uow, ALONE_QTY, 50))
    world.store.act_as(LI)
    assert planned(files, put("a.csv", rows)).counts.waiting == 0
    world.do(lambda uow: set_rules(uow, Rules(most_units=20)))
    assert planned(files, put("a.csv", rows)).counts.waiting == 1


def test_where_nobody_signs_in_there_is_nobody_else(world: World, files: Files, put: Callable[..., Path]):
    world.store.act_as(Actor("owner", "desk 1", -1))
    done, _ = run(files, put("counts.csv", [PLAIN, ["BEAR", "9000"]]))
    assert (done.counts.new, done.counts.waiting, done.sheets) == (1, 0, ())
    assert on_hand(world, "BEAR") == 9000


def test_a_file_that_was_broken_off_goes_on_and_its_first_sheet_is_not_touched_again(
    world: World, files: Files, put: Callable[..., Path]
):
    codes = [f"N-{number:02d}" for number in range(60)]
    run(files, put("goods.csv", [["商家编码", "商品名称"], *([code, code] for code in codes)]))
    path = put("counts.csv", [PLAIN, *([code, "100"] for code in codes)])

    class Stopped(Progress):
        def show(self, done: int, total: int) -> None:
            super().show(done, total)
            if done:
                self.cancel()

    world.store.act_as(LI)
    first, _ = files.run(planned(files, path), Stopped())
    assert (first.is_whole, first.counts.waiting, len(first.sheets)) == (False, 50, 1)
    second, _ = run(files, path)
    assert (second.counts.waiting, second.counts.unchanged, len(second.sheets)) == (10, 50, 1)
    assert [sheet.lines for sheet in world.store.read(lambda c: sheets(c, "to_approve"))] == [10, 50]


def test_a_place_that_the_file_names_in_two_ways_is_one_line(world: World, files: Files, put: Callable[..., Path]):
    name = world.rows(select(Warehouse.name).where(Warehouse.id == world.warehouse))[0][0]
    bear = on_hand(world, "BEAR")
    header = ["商家编码", "实盘数量", "仓库"]
    world.store.act_as(LI)
    done, _ = run(files, put("counts.csv", [header, ["BEAR", str(bear + 7), ""], ["BEAR", "5", name]]))
    assert (done.counts.waiting, done.counts.rejected) == (2, 0)
    decide(world, CHEN)
    assert on_hand(world, "BEAR") == bear + 12
