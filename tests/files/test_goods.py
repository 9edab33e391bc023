"""Products, opening counts and customers out of tables, each once however often the file comes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.catalog.models import Barcode, Bin, Sku
from core.customers.models import ConsigneeRow, Customer
from core.desk.files import Files, Plan
from core.files.progress import Progress
from core.inventory.models import Movement, StockLevel
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
