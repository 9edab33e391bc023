"""Numbers that other software has printed come in files: with the orders, or as a table of their own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.db.models import Journal, Outbox
from core.desk.files import Files
from core.files.exporting import SHIPPING_HEADERS
from core.files.progress import Progress
from core.files.reading import read_table
from core.fulfilment.handover import open_sheet
from core.runtime.errors import NotFound
from core.waybills.models import ForeignNumber, PrintJob
from tests.files.conftest import jd_orders, pdd_orders, taobao_heads, taobao_lines
from tests.files.test_exporting import take
from tests.files.test_importing import imported, planned, stand
from tests.support.fake_shop import line
from tests.support.world import ANY_AGE as ANY
from tests.support.world import CARRIER, World

SF, ZTO = "SF1234567890123", "73123456789012"


@pytest.fixture
def files(world: World) -> Files:
    return Files(world.store, world.digest, CARRIER)


@pytest.fixture
def shop(files: Files) -> int:
    return files.add_shop("拼多多小店", "pdd").id


def numbers(*rows: tuple[Any, ...], header: tuple[str, ...] = ("订单号", "快递公司", "快递单号")) -> list[list[Any]]:
    return [list(header), *map(list, rows)]


def given(files: Files, path: Path, shop_id: int | None = None) -> Any:
    """What a file of numbers did: counts, and (row, reason) of what was refused."""
    plan = planned(files, shop_id, path)
    assert plan.kind == "numbers"
    done, refused = files.run(plan, Progress())
    assert [(one.row, one.reason) for one in plan.rejected] == [(one.row, one.reason) for one in refused]
    assert plan.counts == done.counts, "the preview says what the import does"
    return done.counts, [(one.row, one.reason) for one in refused]


def asked(world: World) -> int:
    """Numbers of ours that were asked for."""
    return len(world.rows(select(Outbox.id).where(Outbox.kind == "obtain_waybill")))


def valid(world: World, no: str) -> list[tuple[str, str, bool]]:
    return [(row.number, row.carrier_code, row.is_foreign) for row in world.waybills(no) if row.state == "obtained"]


# --- with the orders ------------------------------------------------------------------------------------------------


def test_an_order_that_comes_with_its_number_is_packed_under_it(
    world: World, files: Files, shop: int, put: Callable[..., Path]
):
    path = put("pdd202606181000.csv", pdd_orders({"订单号": "260618-001", "快递单号": SF, "快递公司": "顺丰速运"}))
    assert imported(files, shop, path).counts.new == 1
    assert valid(world, "260618-001") == [(SF, "SF", True)]
    assert asked(world) == 0, "nobody buys another number for it"
    verdict = world.desk.open(SF)
    assert verdict.code == "parcel.opened"
    assert (verdict.parcel.is_foreign, verdict.parcel.carrier_name) == (True, "顺丰速运")
    verdict = world.desk.verify(verdict)
    assert verdict.code == "parcel.complete"
    assert world.desk.packing.weigh(verdict.parcel.id, verdict.parcel.fence, 500, "own 3").code == "weight.ok"
    assert world.rows(select(PrintJob.id)) == [], "no label of it is printed here"
    shipped = world.desk.packing.scan_label(verdict.parcel.id, verdict.parcel.fence, SF, "own 4", ANY)
    assert shipped.code == "parcel.shipped"
    (pile,) = world.desk.handover.piles()
    assert (pile.carrier_code, pile.carrier_name, pile.waiting) == ("SF", "顺丰速运", 1)
    sheet = world.do(lambda uow: open_sheet(uow, "SF"))
    world.desk.handover.scan(sheet, SF)
    world.desk.handover.close(sheet, "李师傅", 1)
    assert asked(world) == 0


def test_the_same_file_again_changes_nothing(world: World, files: Files, shop: int, put: Callable[..., Path]):
    path = put(
        "pdd202606181000.csv",
        pdd_orders(*({"订单号": f"260618-{n:03d}", "快递单号": f"7312345678901{n}"} for n in range(8))),
    )
    imported(files, shop, path)
    before = stand(world)
    counts = imported(files, shop, path).counts
    assert (counts.new, counts.changed, counts.unchanged, counts.rejected) == (0, 0, 8, 0)
    assert stand(world) == before


def test_a_later_copy_of_an_order_that_brings_only_its_number_counts_as_changed(
    world: World, files: Files, put: Callable[..., Path]
):
    shop = files.add_shop("淘宝小店", "taobao").id
    world.desk.shops.set_prints_elsewhere(shop, is_on=True)
    lines = put("goods.csv", taobao_lines({"订单编号": "35151234"}))
    first = put("ExportOrderList202606181000.csv", taobao_heads({"订单编号": "35151234"}))
    imported(files, shop, first, lines)
    assert world.waybills("35151234") == []
    later = put(
        "ExportOrderList202606181100.csv",
        taobao_heads({"订单编号": "35151234", "物流单号": ZTO, "物流公司": "中通快递"}),
    )
    assert planned(files, shop, later, lines).counts.changed == 1
    counts = imported(files, shop, later, lines).counts
    assert (counts.changed, counts.unchanged) == (1, 0)
    assert valid(world, "35151234") == [(ZTO, "ZTO", True)]
    assert imported(files, shop, later, lines).counts.unchanged == 1


def test_a_number_that_is_not_the_known_one_is_refused_and_the_order_is_not(
    world: World, files: Files, shop: int, put: Callable[..., Path]
):
    imported(files, shop, put("pdd202606181000.csv", pdd_orders({"订单号": "260618-001", "快递单号": ZTO})))
    path = put("pdd202606181100.csv", pdd_orders({"订单号": "260618-001", "快递单号": SF, "商家备注": "急"}))
    plan = planned(files, shop, path)
    assert [(one.row, one.reason, one.shown) for one in plan.rejected] == [(2, "number_differs", SF)]
    done, refused = files.run(plan, Progress())
    assert [(one.column, one.reason) for one in refused] == [("快递单号", "number_differs")]
    assert (done.counts.changed, done.counts.rejected) == (1, 1)
    assert world.order("260618-001").seller_note == "急"
    assert valid(world, "260618-001") == [(ZTO, "ZTO", True)]


def test_a_shop_that_prints_elsewhere_asks_for_no_number_of_ours(
    world: World, files: Files, shop: int, put: Callable[..., Path]
):
    world.desk.shops.set_prints_elsewhere(shop, is_on=True)
    rows = pdd_orders({"订单号": "260618-001", "收货人": "林*", "手机": "138****1234", "街道": "练习路****"})
    imported(files, shop, put("pdd202606181000.csv", rows))
    assert world.holds("260618-001") == set(), "that nobody here can print it stops nothing"
    (parcel,) = world.parcels("260618-001")
    view = world.desk.packing.refresh(parcel.id)
    assert (view.waybill_state, view.why_elsewhere, view.is_labelled_elsewhere) == ("none", "shop", True)
    assert asked(world) == 0
    world.desk.shops.set_prints_elsewhere(shop, is_on=False)
    imported(files, shop, put("pdd202606181030.csv", pdd_orders({"订单号": "260618-002"})))
    assert asked(world) == 1


def test_switching_it_on_lets_go_what_waited_for_a_label_nobody_can_make(
    world: World, files: Files, put: Callable[..., Path]
):
    shop = files.add_shop("京东小店", "jd").id
    imported(files, shop, put("jd202606181000.csv", jd_orders({"订单号": "298765432101"})))
    assert world.holds("298765432101") == {"masked"}
    world.desk.shops.set_prints_elsewhere(shop, is_on=True)
    assert world.holds("298765432101") == set()
    assert len(world.parcels("298765432101", "to_pack")) == 1
    assert asked(world) == 0
    (facts,) = world.rows(select(Journal.facts).where(Journal.action == "shop.prints_elsewhere"))
    assert facts.facts == {"is_on": True}


# --- a table of numbers ---------------------------------------------------------------------------------------------


def test_a_table_of_numbers_lifts_what_waits_for_one(world: World, files: Files, put: Callable[..., Path]):
    shop = files.add_shop("京东小店", "jd").id
    imported(files, shop, put("jd202606181000.csv", jd_orders({"订单号": "298765432101"})))
    path = put("numbers.csv", numbers(("298765432101", "京东物流", "JDVA12345678901")))
    counts, refused = given(files, path)
    assert (counts.new, refused) == (1, [])
    assert world.holds("298765432101") == set()
    assert valid(world, "298765432101") == [("JDVA12345678901", "JD", True)]
    before = stand(world)
    counts, refused = given(files, path)
    assert (counts.new, counts.unchanged, refused) == (0, 1, [])
    assert stand(world) == before, "the same file twice changes nothing"


def test_any_shops_orders_and_columns_a_person_assigned(world: World, files: Files, put: Callable[..., Path]):
    world.desk.shops.set_prints_elsewhere(world.shop_id, is_on=True)
    world.shop.place("A1", line("1", "BEAR"))
    world.sync("A1")
    (read,) = files.read([put("own.csv", numbers(("A1", ZTO), header=("单据", "面单")))])
    assert read.choices == []
    assigned = files.assign(read, "打单软件", "numbers", {"order_no": "单据", "waybill_no": "面单"})
    plan = files.plan([(assigned, assigned.choices[0])], None)
    files.run(plan, Progress())
    assert valid(world, "A1") == [(ZTO, "ZTO", True)]


def test_what_cannot_be_taken_is_refused_with_its_reason(
    world: World, files: Files, shop: int, put: Callable[..., Path]
):
    ours = world.ready("A1", line("1", "BEAR"))
    gone = world.ready("A2", line("1", "BEAR"))
    world.desk.pack("A2")
    world.desk.ship(gone)
    world.desk.shops.set_prints_elsewhere(world.shop_id, is_on=True)
    world.shop.place("A3", line("1", "BEAR"))
    world.shop.place("A4", line("1", "BEAR"))
    world.sync()
    take(files, shop, put("pdd202606181000.csv", pdd_orders({"订单号": "A4"}, {"订单号": "B1", "快递单号": SF})))
    path = put(
        "n.csv",
        numbers(
            ("A1", "", ZTO),
            ("A2", "", ZTO),
            ("nobody", "", ZTO),
            ("A3", "", "12"),
            ("A3", "", ours),
            ("A3", "", SF),
            ("A4", "", ZTO),
            ("", "", ZTO),
            ("A3", "", ""),
            ("1.23E+19", "", ZTO),
            ("A1", "", ours),
        ),
    )
    counts, refused = given(files, path)
    assert refused == [
        (2, "number_has_ours"),
        (3, "order_gone"),
        (4, "order_unknown"),
        (5, "number_impossible"),
        (6, "number_taken"),
        (7, "number_taken"),
        (8, "order_in_two_shops"),
        (9, "no_order_no"),
        (10, "no_number"),
        (11, "damaged_number"),
    ]
    assert (counts.new, counts.unchanged) == (0, 1)
    counts, refused = given(files, put("one.csv", numbers(("A4", "", ZTO))), world.shop_id)
    assert (counts.new, refused) == (1, []), "where two shops have that number, the chosen one counts"


def test_a_number_of_ours_that_was_given_back_is_no_good(world: World, files: Files, put: Callable[..., Path]):
    old = world.ready("A1", line("1", "BEAR"))
    world.shop.cancel("A1")
    world.desk.shops.set_prints_elsewhere(world.shop_id, is_on=True)
    world.shop.place("A2", line("1", "BEAR"))
    world.sync()
    assert given(files, put("n.csv", numbers(("A2", "", old))))[1] == [(2, "number_was_ours")]


def test_a_number_of_ours_that_is_still_on_its_way_is_called_off(
    world: World, files: Files, put: Callable[..., Path]
):
    world.shop.place("A1", line("1", "BEAR"))
    world.sync("A1")
    assert asked(world) == 1
    given(files, put("n.csv", numbers(("A1", "圆通", "YT1234567890123"))))
    world.buy_numbers()
    assert world.carrier.live_numbers() == []
    assert valid(world, "A1") == [("YT1234567890123", "YTO", True)]


# --- one number, several orders; several numbers, one order -----------------------------------------------------------


@pytest.mark.parametrize("way", ["with the orders", "later"])
def test_one_number_on_two_orders_is_one_box(
    world: World, files: Files, shop: int, put: Callable[..., Path], way: str, tmp_path: Path
):
    both = ("260618-001", "260618-002")
    world.desk.shops.set_prints_elsewhere(shop, is_on=True)
    if way == "later":
        imported(files, shop, put("pdd202606181000.csv", pdd_orders(*({"订单号": no} for no in both))))
        given(files, put("n.csv", numbers(*((no, "中通", ZTO) for no in both))))
    else:
        rows = pdd_orders(*({"订单号": no, "快递单号": ZTO} for no in both))
        imported(files, shop, put("pdd202606181000.csv", rows))
    boxes = {parcel.id for no in both for parcel in world.parcels(no, "to_pack")}
    assert len(boxes) == 1
    verdict = world.desk.open(ZTO)
    assert verdict.parcel.order_nos == both
    world.desk.verify(verdict)
    assert world.desk.ship(ZTO).code == "parcel.shipped"
    assert [world.order(no).fulfilment for no in both] == ["shipped", "shipped"]
    files.export_shipping(tmp_path / "out.xlsx", shop)
    rows = [tuple(cells) for _, cells in read_table(tmp_path / "out.xlsx", world.clock.now()).rows]
    assert rows == [(no, "中通快递", ZTO) for no in both]


def test_one_number_on_orders_of_two_shops_is_refused(
    world: World, files: Files, shop: int, put: Callable[..., Path]
):
    world.desk.shops.set_prints_elsewhere(world.shop_id, is_on=True)
    world.shop.place("A1", line("1", "BEAR"))
    world.sync("A1")
    imported(files, shop, put("pdd202606181000.csv", pdd_orders({"订单号": "260618-001"})))
    plan = planned(files, None, put("n.csv", numbers(("A1", "", ZTO), ("260618-001", "", ZTO))))
    done, refused = files.run(plan, Progress())
    assert (done.counts.new, [(one.row, one.reason) for one in refused]) == (1, [(3, "number_taken")])
    assert valid(world, "260618-001") == []


def test_several_numbers_of_one_order_are_its_boxes(
    world: World, files: Files, shop: int, put: Callable[..., Path], tmp_path: Path
):
    world.desk.shops.set_prints_elsewhere(shop, is_on=True)
    imported(
        files,
        shop,
        put(
            "pdd202606181000.csv", pdd_orders({"订单号": "260618-001", "快递单号": f"{ZTO},{SF}", "快递公司": "中通"})
        ),
    )
    assert [row.number for row in world.rows(select(ForeignNumber.number).order_by(ForeignNumber.id))] == [ZTO, SF]
    verdict = world.desk.open(SF)
    assert verdict.code == "parcel.opened", "the number of the box to come opens the order too"
    verdict = world.desk.scan(verdict, "6901234567892")
    desk, parcel = world.desk.packing, verdict.parcel
    assert desk.scan_label(parcel.id, parcel.fence, SF, "own 1", ANY).code == "label.other_box"
    assert desk.add_box(parcel.id, parcel.fence, "own 2").code == "box.added"
    assert valid(world, "260618-001") == [(ZTO, "ZTO", True), (SF, "ZTO", True)]
    assert world.desk.ship(ZTO).code == "parcel.shipped"
    world.desk.verify(world.desk.open(SF))
    assert world.desk.ship(SF).code == "parcel.shipped"
    files.export_shipping(tmp_path / "out.xlsx", shop)
    rows = [tuple(cells) for _, cells in read_table(tmp_path / "out.xlsx", world.clock.now()).rows]
    assert rows == [("260618-001", "中通快递", ZTO), ("260618-001", "中通快递", SF)]


def test_a_number_waits_for_goods_with_its_order(world: World, files: Files, shop: int, put: Callable[..., Path]):
    rows = pdd_orders({"订单号": "260618-001", "快递单号": ZTO, "商品数量(件)": "200000"})
    imported(files, shop, put("pdd202606181000.csv", rows))
    assert world.holds("260618-001") == {"short"}
    assert world.parcels("260618-001") == []
    world.receive("BEAR", 200_000)
    world.tidy()
    assert valid(world, "260618-001") == [(ZTO, "ZTO", True)]
    assert asked(world) == 0


def test_an_order_that_goes_elsewhere_since_leaves_its_number_behind(
    world: World, files: Files, shop: int, put: Callable[..., Path]
):
    imported(files, shop, put("pdd202606181000.csv", pdd_orders({"订单号": "260618-001", "快递单号": ZTO})))
    imported(files, shop, put("pdd202606181100.csv", pdd_orders({"订单号": "260618-001", "街道": "别处路9号"})))
    assert valid(world, "260618-001") == []
    assert asked(world) == 1, "the label in hand says the old address; nothing says that it is printed again"
    assert world.desk.ship(ZTO).code == "label.voided"


def test_an_order_whose_goods_changed_keeps_its_number(
    world: World, files: Files, shop: int, put: Callable[..., Path]
):
    imported(files, shop, put("pdd202606181000.csv", pdd_orders({"订单号": "260618-001", "快递单号": ZTO})))
    again = {"订单号": "260618-001", "快递单号": ZTO, "商品数量(件)": "3"}
    imported(files, shop, put("pdd202606181100.csv", pdd_orders(again)))
    assert len(world.parcels("260618-001")) == 2
    assert valid(world, "260618-001") == [(ZTO, "ZTO", True)]
    assert world.desk.open(ZTO).parcel.lines[0].qty == 3


def test_a_refund_stops_a_foreign_label_like_any(world: World, files: Files, shop: int, put: Callable[..., Path]):
    imported(files, shop, put("pdd202606181000.csv", pdd_orders({"订单号": "260618-001", "快递单号": ZTO})))
    refund = {"订单号": "260618-001", "快递单号": ZTO, "售后状态": "退款成功", "订单状态": "已取消"}
    imported(files, shop, put("pdd202606181100.csv", pdd_orders(refund)))
    assert world.desk.ship(ZTO).code == "label.voided"
    assert world.rows(select(Outbox.id).where(Outbox.kind == "cancel_waybill")) == [], "not ours to give back"


def test_an_unknown_shop_is_refused(world: World):
    with pytest.raises(NotFound) as refused:
        world.desk.shops.set_prints_elsewhere(10**6, is_on=True)
    assert refused.value.code == "shop.unknown"


# --- the whole way ----------------------------------------------------------------------------------------------------


def test_from_a_platforms_masked_orders_to_its_table_of_shipments(
    world: World, files: Files, put: Callable[..., Path], tmp_path: Path
):
    """Exported there, printed there, packed and verified here, told there: nothing of it needs a receiver in clear."""
    shop = files.add_shop("淘宝小店", "taobao").id
    printed = {f"3515123450{n}": (f"7312345678901{n}", "中通快递") for n in range(3)}
    printed["35151234509"] = (SF, "顺丰速运")
    masked = {"收货人姓名": "林*", "收货地址": "浙江省 杭州市 西湖区 文新街道****", "联系手机": "'138****1234"}
    heads = taobao_heads(
        *(
            {"订单编号": no, "物流单号": number, "物流公司": carrier} | masked
            for no, (number, carrier) in printed.items()
        ),
        {"订单编号": "35151234599"} | masked,
    )
    lines = taobao_lines(*({"订单编号": no, "购买数量": "1"} for no in (*printed, "35151234599")))
    paths = put("ExportOrderList202606181000.csv", heads), put("ExportOrderDetailList202606181000.csv", lines)
    counts = imported(files, shop, *paths).counts
    assert (counts.new, counts.rejected, counts.masked) == (5, 0, 5)
    assert world.holds("35151234599") == {"masked"}, "without a number it waits"
    assert asked(world) == 0
    for no, (number, _) in printed.items():
        verdict = world.desk.open(number)
        assert (verdict.code, verdict.parcel.order_nos) == ("parcel.opened", (no,))
        verdict = world.desk.scan(verdict, "6901234567892")
        assert verdict.code == "parcel.complete"
        parcel = verdict.parcel
        assert world.desk.packing.weigh(parcel.id, parcel.fence, 480, world.desk.nonce()).code == "weight.ok"
        out = world.desk.packing.scan_label(parcel.id, parcel.fence, number, world.desk.nonce(), ANY)
        assert out.code == "parcel.shipped"
    verdict = world.desk.scan(world.desk.open("35151234599"), "6901234567892")
    verdict = world.desk.packing.attach_number(
        verdict.parcel.id, verdict.parcel.fence, "YT1234567890123", "YTO", world.desk.nonce()
    )
    assert world.desk.ship("YT1234567890123").code == "parcel.shipped"
    assert {pile.carrier_name: pile.waiting for pile in world.desk.handover.piles()} == {
        "中通快递": 3,
        "顺丰速运": 1,
        "圆通速递": 1,
    }
    files.export_shipping(tmp_path / "out.xlsx", shop)
    table = read_table(tmp_path / "out.xlsx", world.clock.now())
    assert table.header == ("订单编号", "物流公司", "运单号")
    expected = [(no, carrier, number) for no, (number, carrier) in printed.items()]
    assert [tuple(cells) for _, cells in table.rows] == [*expected, ("35151234599", "圆通速递", "YT1234567890123")]
    assert world.rows(select(PrintJob.id)) == []
    assert asked(world) == 0


@pytest.mark.parametrize("platform", ["taobao", "pdd", "jd", "douyin", ""])
def test_every_platforms_table_of_shipments_carries_it(
    world: World, files: Files, put: Callable[..., Path], tmp_path: Path, platform: str
):
    shop = files.add_shop(f"小店 {platform}", platform).id
    row = {
        "订单号": "260618-001",
        "收货人": "林晓",
        "手机": "13800001234",
        "省": "浙江省",
        "市": "杭州市",
        "区县": "西湖区",
    }
    row |= {
        "详细地址": "练习路1号",
        "商家编码": "BEAR",
        "商品名称": "团团熊",
        "数量": "1",
        "运单号": SF,
        "快递公司": "顺丰速运",
    }
    imported(files, shop, put("orders.csv", [list(row), list(row.values())]))
    world.desk.verify(world.desk.open(SF))
    world.desk.ship(SF)
    files.export_shipping(tmp_path / "out.csv", shop)
    table = read_table(tmp_path / "out.csv", world.clock.now())
    assert table.header == SHIPPING_HEADERS[platform]
    assert [tuple(map(str, cells)) for _, cells in table.rows] == [("260618-001", "顺丰速运", SF)]
