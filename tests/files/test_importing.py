"""Orders of a file go through the same intake as pulled ones: each once, newer over older, whole or not at all."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.access.records import EXPORT_REASONS
from core.channels.models import Shop
from core.customers.models import ConsigneeRow
from core.db.models import Journal
from core.desk.files import Files, Plan
from core.desk.status import Status
from core.files import importing
from core.files.progress import Progress
from core.fulfilment.records import KnowledgeRule, OnOld
from core.fulfilment.taking import take_page
from core.orders.models import Order
from core.runtime.errors import Refused
from core.sync.shops import active_shops
from tests.files.conftest import jd_orders, pdd_orders, taobao_heads, taobao_lines
from tests.support.world import CARRIER, World


@pytest.fixture
def files(world: World) -> Files:
    return Files(world.store, world.digest, CARRIER)


@pytest.fixture
def shop(files: Files) -> int:
    return files.add_shop("拼多多小店", "pdd").id


def planned(files: Files, shop: int | None, *paths: Path) -> Plan:
    return files.plan([(read, read.choices[0]) for read in files.read(paths)], shop)


def imported(files: Files, shop: int, *paths: Path) -> Any:
    return files.run(planned(files, shop, *paths), Progress())[0]


def stand(world: World) -> dict[str, list[Any]]:
    return {name: sorted(map(repr, rows)) for name, rows in world.dump().items()}


def test_a_files_orders_are_held_packed_and_counted_like_any(
    world: World, files: Files, shop: int, put: Callable[..., Path]
):
    path = put(
        "pdd202606181000.xlsx",
        pdd_orders({"订单号": "260618-001"}, {"订单号": "260618-002", "商家编码-规格维度": "NO", "样式ID": "90009"}),
    )
    counts = imported(files, shop, path).counts
    assert (counts.new, counts.changed, counts.unchanged, counts.rejected) == (2, 0, 0, 0)
    order = world.order("260618-001")
    assert (order.fulfilment, order.payment, order.amount_fen) == ("to_pack", "paid", 4580)
    assert world.holds("260618-002") == {"unmatched"}
    world.buy_numbers()
    assert world.desk.pack("260618-001").code in {"parcel.packed", "parcel.verified", "parcel.complete"}
    assert world.desk.ship(world.number("260618-001")).code.startswith("parcel.shipped")
    assert world.rows(select(func.count()).select_from(Shop))[0][0] == 2


def test_the_same_file_twice_changes_nothing(world: World, files: Files, shop: int, put: Callable[..., Path]):
    rows = pdd_orders(*({"订单号": f"260618-{n:03d}", "收货人": f"林{n}"} for n in range(30)))
    path = put("pdd202606181000.xlsx", rows)
    imported(files, shop, path)
    before = stand(world)
    counts = imported(files, shop, path).counts
    assert (counts.new, counts.changed, counts.unchanged) == (0, 0, 30)
    assert stand(world) == before, "rows, journal, stock, outbox: nothing has moved"
    assert planned(files, shop, path).counts.unchanged == 30


def test_newer_over_older_and_never_the_other_way(world: World, files: Files, shop: int, put: Callable[..., Path]):
    first = put("pdd202606180900.csv", pdd_orders({"订单号": "260618-001"}, {"订单号": "260618-002"}))
    second = put(
        "pdd202606181100.csv",
        pdd_orders({"订单号": "260618-001", "售后状态": "退款成功", "订单状态": "已取消"}, {"订单号": "260618-002"}),
    )
    imported(files, shop, first)
    assert planned(files, shop, second).counts.changed == 1
    counts = imported(files, shop, second).counts
    assert (counts.changed, counts.unchanged) == (1, 1)
    assert world.order("260618-001").fulfilment == "cancelled"
    counts = imported(files, shop, first).counts
    assert (counts.changed, counts.older, counts.unchanged) == (0, 1, 1)
    assert world.order("260618-001").fulfilment == "cancelled"
    assert world.order("260618-002").fulfilment == "to_pack"


def test_an_old_export_saved_again_today_takes_nothing_back(
    world: World, files: Files, shop: int, put: Callable[..., Path]
):
    imported(files, shop, put("pdd202606181000.csv", pdd_orders({"订单号": "260618-001", "订单状态": "已取消"})))
    resaved = put("pdd202606181130.csv", pdd_orders({"订单号": "260618-001"}))
    assert imported(files, shop, resaved).counts.older == 1
    assert world.order("260618-001").fulfilment == "cancelled"


def test_what_a_later_file_says_again_makes_an_older_one_older(
    world: World, files: Files, shop: int, put: Callable[..., Path]
):
    def named(hour: str, note: str) -> Path:
        return put(f"pdd20260618{hour}.csv", pdd_orders({"订单号": "260618-001", "商家备注": note}))

    imported(files, shop, named("0800", "甲"))
    imported(files, shop, named("0900", "乙"))
    imported(files, shop, named("0950", "乙"))
    assert imported(files, shop, named("0930", "甲")).counts.older == 1
    assert world.order("260618-001").seller_note == "乙"


def test_our_knowledge_is_as_old_as_the_file(world: World, files: Files, shop: int, put: Callable[..., Path]):
    imported(files, shop, put("pdd202606180900.csv", pdd_orders({"订单号": "260618-001"})))
    order = world.order("260618-001")
    assert order.seen_at == order.modified_at
    assert (world.clock.now() - order.seen_at).total_seconds() == 3600


def test_nobody_is_asked_about_an_order_of_a_table_and_the_desk_says_how_old_it_is(
    world: World, files: Files, shop: int, put: Callable[..., Path]
):
    imported(files, shop, put("pdd202606180900.csv", pdd_orders({"订单号": "260618-001"})))
    world.buy_numbers()
    parcel = world.desk.pack("260618-001").parcel
    assert parcel is not None
    assert parcel.seen_at is None
    assert parcel.table_at == world.order("260618-001").seen_at
    never = KnowledgeRule(limit_s=180, on_old=OnOld.STOP)
    assert world.desk.ship(parcel.waybill_no, never).code == "parcel.shipped", "no shop is silent here"


def test_masked_receivers_are_marked_and_get_no_number(world: World, files: Files, put: Callable[..., Path]):
    shop = files.add_shop("京东小店", "jd").id
    path = put("jd202606181000.xlsx", jd_orders({"订单号": "298765432101"}))
    plan = planned(files, shop, path)
    assert plan.counts.masked == 1
    files.run(plan, Progress())
    assert world.rows(select(ConsigneeRow.is_masked))[0][0] is True
    assert world.holds("298765432101") == {"masked"}
    assert world.parcels("298765432101") == []
    clear = put("jd202606181030.xlsx", jd_orders({"订单号": "298765432101", "联系电话": "13800001234"}))
    imported(files, shop, clear)
    assert world.holds("298765432101") == set()


def test_a_carrier_is_never_asked_with_stars(world: World, files: Files, put: Callable[..., Path]):
    shop = files.add_shop("京东小店", "jd").id
    imported(files, shop, put("jd202606181000.xlsx", jd_orders({"订单号": "298765432101"})))
    world.desk.orders.release_hold(world.order("298765432101").id)
    world.buy_numbers()
    (parcel,) = world.parcels("298765432101", "to_pack")
    assert world.waybills("298765432101") == [], "nobody is asked"
    assert world.desk.packing.refresh(parcel.id).why_elsewhere == "masked", "and the desk says why"


@pytest.mark.expected_log("cannot be stored")
def test_an_order_that_cannot_be_stored_is_named_and_keeps_no_other_out(
    world: World, files: Files, shop: int, put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
):
    def stumble(uow: Any, facts: Any, orders: Any, *more: Any) -> Any:
        if any(order.order_no == "260618-002" for order in orders):
            raise RuntimeError("stumbled")
        return take_page(uow, facts, orders, *more)

    monkeypatch.setattr(importing, "take_page", stumble)
    plan = planned(
        files, shop, put("pdd202606181000.csv", pdd_orders(*({"订单号": f"260618-{n:03d}"} for n in (1, 2, 3))))
    )
    done, refused = files.run(plan, Progress())
    assert (done.counts.new, done.counts.rejected) == (2, 1)
    assert [(one.reason, one.shown) for one in refused] == [("not_stored", "260618-002")]


def test_an_import_can_be_stopped_and_gone_on_with(world: World, files: Files, shop: int, put: Callable[..., Path]):
    path = put("pdd202606181000.xlsx", pdd_orders(*({"订单号": f"260618-{n:04d}"} for n in range(500))))
    plan = planned(files, shop, path)

    class Impatient(Progress):
        def show(self, done: int, total: int) -> None:
            super().show(done, total)
            if done >= 200:
                self.cancel()

    done, _ = files.run(plan, Impatient())
    assert not done.is_whole
    assert done.counts.new == world.rows(select(func.count()).select_from(Order))[0][0] == 200
    rest = files.run(plan, Progress())[0]
    assert (rest.counts.new, rest.counts.unchanged, rest.is_whole) == (300, 200, True)


def test_refused_rows_keep_their_whole_order_out_and_can_be_saved(
    world: World, files: Files, put: Callable[..., Path], tmp_path: Path
):
    shop = files.add_shop("京东小店", "jd").id
    header, good = jd_orders({"订单号": "298765432101"})
    bad = jd_orders(
        {"订单号": "298765432102"}, {"订单号": "298765432102", "订购数量": "两件"}, {"订单号": "1.23E+19"}
    )[1:]
    path = put("jd.csv", [header, good, *bad])
    plan = planned(files, shop, path)
    assert [(one.row, one.column, one.reason) for one in plan.rejected] == [
        (3, "订单号", "order_incomplete"),
        (4, "订购数量", "not_a_quantity"),
        (5, "订单号", "damaged_number"),
    ]
    assert plan.counts.new == 1
    done = files.save_rejected(plan, plan.rejected, tmp_path / "退回.csv", EXPORT_REASONS[0])
    again = files.read([tmp_path / "退回.csv"])[0]
    assert done.rows == 3
    assert again.table.header[-1] == "原因"
    assert [cells[-1] for _, cells in again.table.rows] == ["order_incomplete", "not_a_quantity", "damaged_number"]


def test_personal_values_of_refused_rows_are_masked(files: Files, put: Callable[..., Path]):
    shop = files.add_shop("京东小店", "jd").id
    first, second = ({"订单号": "298765432101", "客户姓名": name} for name in ("欧阳练习", "司马练习"))
    (disagree, other) = planned(files, shop, put("jd.csv", jd_orders(first, second))).rejected
    assert {disagree.reason, other.reason} == {"rows_disagree", "order_incomplete"}
    assert "司马练习" not in repr((disagree, other))


def test_lines_below_a_merged_order_number_belong_to_it(files: Files, shop: int, put: Callable[..., Path]):
    header, first = pdd_orders({"订单号": "260618-001"})
    below = ["" for _ in header]
    for name, value in {
        "商品": "布袋",
        "商品数量(件)": "1",
        "商品规格": "红",
        "商家编码-规格维度": "BAG",
        "样式ID": "90002",
    }.items():
        below[header.index(name)] = value
    total = ["" for _ in header]
    total[header.index("商品总价(元)")] = "45.8"
    plan = planned(files, shop, put("pdd.xlsx", [header, first, below, total]))
    assert plan.orders is not None
    (order,) = plan.orders.orders
    assert [line.merchant_code for line in order.lines] == ["BEAR", "BAG"]
    assert [(one.row, one.reason) for one in plan.rejected] == [(4, "no_order_no")]


def test_two_tables_of_taobao_are_taken_together(world: World, files: Files, put: Callable[..., Path]):
    shop = files.add_shop("淘宝小店", "taobao").id
    heads = put(
        "ExportOrderList202606181000.csv", taobao_heads({"订单编号": "3515313147329357901"}), encoding="gb18030"
    )
    lines = put("ExportOrderDetailList202606181000.csv", taobao_lines({"订单编号": "3515313147329357901"}))
    assert imported(files, shop, lines, heads).counts.new == 1
    assert world.order("3515313147329357901").fulfilment == "to_pack"


def test_a_shop_of_files_is_never_asked(world: World, files: Files, shop: int):
    assert shop not in {one.id for one in world.store.read(active_shops)}
    assert "拼多多小店" not in {light.name for light in Status(world.store).status().shops}
    with pytest.raises(Refused) as refused:
        files.add_shop("拼多多小店", "pdd")
    assert refused.value.code == "files.shop_name"
    with pytest.raises(Refused) as refused:
        files.export_shipping(Path("x.xlsx"), world.shop_id)
    assert refused.value.code == "files.not_a_file_shop"


def test_columns_assigned_by_hand_are_known_next_time(
    world: World, files: Files, shop: int, put: Callable[..., Path]
):
    header = ["流水", "货名", "件", "寄给", "打给", "住址"]
    path = put("mine.csv", [header, ["A-1", "熊", "2", "林晓", "13800001234", "浙江省杭州市西湖区练习路1号"]])
    (read,) = files.read([path])
    assert read.choices == []
    columns = dict(zip(("order_no", "title", "qty", "receiver", "phone", "address"), header, strict=True))
    with pytest.raises(Refused) as refused:
        files.assign(read, "我的表", "orders", {"order_no": "流水"})
    assert refused.value.code == "files.mapping_incomplete"
    given = files.assign(read, "我的表", "orders", columns)
    assert files.plan([(given, given.choices[0])], shop).counts.new == 1
    (later,) = files.read([put("later.csv", [header, ["A-2", "熊", "1", "林晓", "13800001234", "练习路1号"]])])
    plan = files.plan([(later, later.choices[0])], shop)
    assert plan.orders is not None
    assert plan.orders.orders[0].order_no == "A-2"


def test_an_import_leaves_one_line_in_the_journal_and_no_person(
    world: World, files: Files, shop: int, put: Callable[..., Path]
):
    path = put("林晓的订单202606181000.csv", pdd_orders({"订单号": "260618-001"}))
    imported(files, shop, path)
    imported(files, shop, path)
    rows = world.rows(select(Journal.facts).where(Journal.action == "file.imported").order_by(Journal.id))
    assert len(rows) == 1
    journal = repr(world.rows(select(Journal.facts)))
    assert "林晓" not in journal
    assert "13800001234" not in journal
    (past,) = files.recent()
    assert (past.shop, past.kind, past.new) == ("拼多多小店", "orders", 1)


def test_an_erased_person_does_not_come_back(world: World, files: Files, shop: int, put: Callable[..., Path]):
    from core.access.erasing import erase_customer

    imported(files, shop, put("pdd202606180900.csv", pdd_orders({"订单号": "260618-001", "订单状态": "已收货"})))
    customer = world.order("260618-001").customer_id
    world.do(lambda uow: erase_customer(uow, customer))
    imported(
        files,
        shop,
        put("pdd202606181000.csv", pdd_orders({"订单号": "260618-001", "订单状态": "已收货", "商家备注": "新"})),
    )
    assert "林晓" not in repr(world.rows(select(ConsigneeRow.name)))


def test_a_plan_without_a_shop_imports_nothing(files: Files, put: Callable[..., Path]):
    plan = planned(files, None, put("pdd.csv", pdd_orders({"订单号": "260618-001"})))
    assert plan.counts.new == 1
    with pytest.raises(Refused) as refused:
        files.run(plan, Progress())
    assert refused.value.code == "files.no_shop"
    assert replace(plan, shop_id=1).shop_id == 1


def test_two_columns_of_one_name_the_first_counts_and_both_come_back(
    files: Files, shop: int, put: Callable[..., Path], tmp_path: Path
):
    header, row = pdd_orders({"订单号": "1.2E+18"})
    path = put("pdd.csv", [[*header, "收货人"], [*row, "另一个人"]])
    plan = planned(files, shop, path)
    files.save_rejected(plan, plan.rejected, tmp_path / "rejected.xlsx", "accounting")
    table = files.read([tmp_path / "rejected.xlsx"])[0].table
    cells = dict(zip(table.header, table.rows[0][1], strict=True))
    assert (cells["收货人"], cells["收货人 (2)"], cells["原因"]) == ("林晓", "另一个人", "damaged_number")


def test_refused_rows_of_two_tables_stand_under_their_own_columns(
    files: Files, put: Callable[..., Path], tmp_path: Path
):
    shop = files.add_shop("淘宝小店", "taobao").id
    heads = put("a.csv", taobao_heads({"订单编号": "111111"}))
    lines = put("b.csv", taobao_lines({"订单编号": "222222"}))
    plan = planned(files, shop, heads, lines)
    files.save_rejected(plan, plan.rejected, tmp_path / "rejected.csv", "accounting")
    table = files.read([tmp_path / "rejected.csv"])[0].table
    first, second = (dict(zip(table.header, cells, strict=True)) for _, cells in table.rows)
    assert (first["收货人姓名"], first["商家编码"], first["原文件"]) == ("林晓", "", "a.csv")
    assert (second["收货人姓名"], second["商家编码"], second["原文件"]) == ("", "BEAR", "b.csv")


def test_cells_merged_in_the_sheet_are_one_order(files: Files, shop: int, tmp_path: Path):
    import openpyxl

    header, first = pdd_orders({"订单号": "260618-001"})
    second = list(first)
    second[header.index("商家编码-规格维度")], second[header.index("样式ID")] = "BAG", "90002"
    book = openpyxl.Workbook()
    for row in (header, first, second):
        book.active.append(row)
    for name in ("订单号", "订单状态", "收货人", "手机", "用户实付金额(元)"):
        column = header.index(name) + 1
        book.active.merge_cells(start_row=2, end_row=3, start_column=column, end_column=column)
    path = tmp_path / "merged.xlsx"
    book.save(path)
    plan = planned(files, shop, path)
    assert plan.orders is not None
    (order,) = plan.orders.orders
    assert [line.merchant_code for line in order.lines] == ["BEAR", "BAG"]
    assert (order.amount_fen, order.consignee.name, plan.rejected) == (4580, "林晓", [])


def test_a_table_of_another_platform_than_the_shop_is_refused(files: Files, shop: int, put: Callable[..., Path]):
    path = put("jd202606181000.csv", jd_orders({"订单号": "29876543210001"}))
    with pytest.raises(Refused) as refused:
        planned(files, shop, path)
    assert refused.value.code == "files.other_platform"
    own = files.add_shop("什么都卖", "").id
    assert planned(files, own, path).counts.new == 1, "a shop of no platform takes any"
