"""Each platform's table, with its real header row, becomes the orders it means."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.channels.contract import ChannelOrder
from core.files.mapping import PRESETS, known_columns, recognise
from core.files.orders import OrderTable, Source, orders_of
from core.files.presets import douyin, jd, own, pdd, taobao
from core.files.reading import read_table
from core.runtime.errors import Refused
from tests.files.conftest import douyin_orders, jd_orders, pdd_orders, taobao_heads, taobao_lines

NOW = datetime(2026, 6, 18, 4, 0, tzinfo=UTC)


def taken(*paths: Path) -> OrderTable:
    tables = [read_table(path, NOW) for path in paths]
    return orders_of([Source(table, recognise(table.header)[0]) for table in tables])


def only(table: OrderTable) -> ChannelOrder:
    assert table.rejected == []
    (order,) = table.orders
    return order


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.id)
def test_each_header_row_is_recognised_as_its_own_and_nothing_else(preset):
    found = recognise(preset.headers)
    assert found[0].preset is preset
    assert found[0].confidence == 100
    assert recognise([f" {name}　" for name in preset.headers])[0].preset is preset


def test_a_header_nobody_knows_is_none_of_them():
    assert recognise(["甲", "乙", "丙"]) == []
    part = recognise([*pdd.ORDERS.headers, "新列一", "新列二"])[0]
    assert part.preset is pdd.ORDERS
    assert part.confidence < 100
    assert {"新列一", "新列二", "是否审核中"} <= set(part.aside)


@pytest.mark.parametrize("name", ["ExportOrderList202606181100.csv", "ExportOrderList202606181100.xlsx"])
def test_taobao_orders_come_in_two_tables(put: Callable[..., Path], name):
    heads = put(
        name, taobao_heads({"订单编号": "3515313147329357900", "买家留言": "请放门口\n谢谢", "订单备注": "加急"})
    )
    lines = put(
        f"Detail-{name}",
        taobao_lines(
            {"订单编号": "3515313147329357900"},
            {"订单编号": "3515313147329357900", "标题": "布袋", "价格": "0.00", "购买数量": "1", "商家编码": "BAG"},
        ),
    )
    order = only(taken(heads, lines))
    assert order.order_no == "3515313147329357900"
    assert (order.payment, order.is_closed, order.is_shipped) == ("paid", False, False)
    assert order.amount_fen == 4580
    assert order.buyer_key == "tb练习"
    assert order.buyer_note == "请放门口\n谢谢"
    assert order.seller_note == "加急"
    who = order.consignee
    assert (who.name, who.phone, who.province, who.city, who.district) == (
        "林晓",
        "13800001234",
        "浙江省",
        "杭州市",
        "西湖区",
    )
    assert (who.address, who.postcode, who.is_masked) == ("文新街道练习路1号2幢301室", "310012", False)
    assert [(line.merchant_code, line.qty, line.unit_price_fen) for line in order.lines] == [
        ("BEAR", 2, 2290),
        ("BAG", 1, 0),
    ]
    assert order.placed_at == datetime(2026, 6, 18, 1, 0, tzinfo=UTC)
    assert order.modified_at == datetime(2026, 6, 18, 3, 0, tzinfo=UTC), "the time in the file's name is China's"


def test_one_of_taobaos_two_tables_alone_says_which_is_missing(put: Callable[..., Path]):
    heads = put("a.csv", taobao_heads({"订单编号": "35153131473293579"}))
    lines = put("b.csv", taobao_lines({"订单编号": "35153131473293579"}))
    for path, code in ((heads, "files.needs_goods"), (lines, "files.needs_orders")):
        with pytest.raises(Refused) as refused:
            taken(path)
        assert refused.value.code == code


def test_orders_of_two_tables_that_do_not_meet_are_refused_one_by_one(put: Callable[..., Path]):
    heads = put("a.csv", taobao_heads({"订单编号": "111111"}, {"订单编号": "222222"}))
    lines = put("b.csv", taobao_lines({"订单编号": "222222"}, {"订单编号": "333333"}))
    table = taken(heads, lines)
    assert [order.order_no for order in table.orders] == ["222222"]
    assert {(one.file, one.row, one.reason) for one in table.rejected} == {
        ("a.csv", 2, "no_goods"),
        ("b.csv", 3, "no_order"),
    }


def test_a_row_is_refused_for_one_reason_whatever_else_is_refused(put: Callable[..., Path]):
    heads = put("a.csv", taobao_heads({"订单编号": "111111", "订单状态": "神秘状态"}, {"订单编号": "222222"}))
    lines = put("b.csv", taobao_lines({"订单编号": "111111"}, {"订单编号": "111111", "商家编码": "BAG"}))
    assert [(one.file, one.row, one.reason) for one in taken(heads, lines).rejected] == [
        ("a.csv", 2, "unknown_state"),
        ("a.csv", 3, "no_goods"),
        ("b.csv", 2, "order_incomplete"),
        ("b.csv", 3, "order_incomplete"),
    ]


@pytest.mark.parametrize(
    ("word", "payment", "closed", "shipped", "completed"),
    [
        ("等待买家付款", "unpaid", False, False, False),
        ("买家已付款，等待卖家发货", "paid", False, False, False),
        ("卖家部分发货", "paid", False, False, False),
        ("卖家已发货，等待买家确认", "paid", False, True, False),
        ("交易成功", "paid", False, True, True),
        ("交易关闭", "paid", True, False, False),
    ],
)
def test_taobaos_states(put: Callable[..., Path], word, payment, closed, shipped, completed):
    heads = put("a.csv", taobao_heads({"订单编号": "35153131473293579", "订单状态": word}))
    order = only(taken(heads, put("b.csv", taobao_lines({"订单编号": "35153131473293579"}))))
    assert (order.payment, order.is_closed, order.is_shipped, order.is_completed) == (
        payment,
        closed,
        shipped,
        completed,
    )
    assert order.channel_status == word


def test_money_that_went_back_without_a_line_is_a_persons_business(put: Callable[..., Path]):
    heads = put("a.csv", taobao_heads({"订单编号": "35153131473293579", "退款金额": "10.00"}))
    order = only(taken(heads, put("b.csv", taobao_lines({"订单编号": "35153131473293579"}))))
    assert [line.after_sale for line in order.lines] == ["requested"]


def test_the_changed_address_goes_before_the_first(put: Callable[..., Path]):
    moved = "江苏省 苏州市 姑苏区 练习巷9号"
    heads = put("a.csv", taobao_heads({"订单编号": "35153131473293579", "修改后的收货地址": moved}))
    order = only(taken(heads, put("b.csv", taobao_lines({"订单编号": "35153131473293579"}))))
    assert (order.consignee.city, order.consignee.address) == ("苏州市", "练习巷9号")


@pytest.mark.parametrize("name", ["orders_export2026-06-18-11-00-05.csv", "pdd.xlsx"])
def test_pdd(put: Callable[..., Path], name):
    rows = pdd_orders(
        {"订单号": "260618-123456789012345"},
        {
            "订单号": "260618-123456789012346",
            "订单状态": "已发货，待签收",
            "快递单号": "YT123456",
            "快递公司": "圆通快递",
        },
        {"订单号": "260618-123456789012347", "售后状态": "售后处理中"},
        {"订单号": "260618-123456789012348", "售后状态": "退款成功", "订单状态": "已发货，退款成功"},
    )
    table = taken(put(name, rows))
    assert table.rejected == []
    first, second, third, fourth = table.orders
    assert (first.lines[0].channel_sku_id, first.lines[0].merchant_code, first.lines[0].unit_price_fen) == (
        "90001",
        "BEAR",
        2290,
    )
    assert first.consignee.address == "文新街道练习路1号"
    assert first.ship_by_at == datetime(2026, 6, 20, 1, 0, 30, tzinfo=UTC)
    assert second.is_shipped
    assert second.raw["waybills"] == [["YT123456", "圆通快递"]]
    assert third.lines[0].after_sale == "requested"
    assert (fourth.payment, fourth.is_closed) == ("refunded", True)


def test_jd_has_a_row_for_each_item_and_repeats_the_order(put: Callable[..., Path]):
    rows = jd_orders(
        {"订单号": "298765432101"},
        {"订单号": "298765432101", "商品ID": "10002", "商品名称": "布袋", "货号": "BAG", "京东价": "34.90"},
        {"订单号": "298765432102", "订单状态": "(锁定)等待出库"},
        {"订单号": "298765432103", "订单状态": "(删除)等待出库"},
        {"订单号": "298765432104", "订单状态": "完成", "订单完成时间": "2026-06-18 10:00:00"},
    )
    table = taken(put("jd.xlsx", rows))
    assert table.rejected == []
    first, locked, removed, done = table.orders
    assert [line.merchant_code for line in first.lines] == ["BEAR", "BAG"]
    assert first.amount_fen == 5780
    who = first.consignee
    assert (who.province, who.city, who.district, who.is_masked) == ("浙江", "杭州市", "西湖区", True)
    assert locked.lines[0].after_sale == "requested"
    assert removed.is_closed
    assert done.is_completed
    assert table.masked == 4


def test_douyin_masks_with_ciphers_and_counts_by_sub_order(put: Callable[..., Path]):
    rows = douyin_orders(
        {"主订单编号": "6917926768823643751", "子订单编号": "6917926768823643751"},
        {
            "主订单编号": "6917926768823643751",
            "子订单编号": "6917926768823643760",
            "商家编码": "\tBAG",
            "订单应付金额": "5.10",
        },
        {
            "主订单编号": "6917926768823643752",
            "子订单编号": "6917926768823643752",
            "快递信息": "SF1234567890-顺丰速运",
        },
        {"主订单编号": "6917926768823643753", "子订单编号": "6917926768823643753"},
        {
            "主订单编号": "6917926768823643753",
            "子订单编号": "6917926768823643754",
            "订单状态": "已关闭",
            "售后状态": "退款成功",
        },
    )
    table = taken(put("1781751600_orders.csv", rows))
    assert table.rejected == []
    first, second, third = table.orders
    assert first.amount_fen == 2800
    assert [line.line_no for line in first.lines] == ["6917926768823643751", "6917926768823643760"]
    assert first.consignee.is_masked
    assert "aGVsbG8" not in repr(first.consignee), "a cipher is no text to show"
    assert first.modified_at == datetime.fromtimestamp(1781751600, UTC)
    assert second.raw["waybills"] == [["SF1234567890", "顺丰速运"]]
    assert [line.after_sale for line in third.lines] == ["none", "refunded"]
    assert (third.payment, third.is_closed) == ("partly_refunded", False)


def test_an_unknown_state_is_refused_with_its_place(put: Callable[..., Path]):
    rows = pdd_orders({"订单号": "260618-1"}, {"订单号": "260618-2", "订单状态": "神秘状态"})
    table = taken(put("pdd.csv", rows))
    (rejected,) = table.rejected
    assert (rejected.row, rejected.column, rejected.reason, rejected.shown) == (
        3,
        "订单状态",
        "unknown_state",
        "神秘状态",
    )
    assert len(table.orders) == 1


def test_what_an_id_card_says_is_kept_nowhere(put: Callable[..., Path]):
    header, row = pdd_orders({"订单号": "260618-1"})
    path = put("pdd.csv", [[*header, "身份证号"], [*row, "110101199001011234"]])
    table = read_table(path, NOW)
    mapped = recognise(table.header)[0]
    assert mapped.dropped == ("身份证号",)
    order = only(orders_of([Source(table, mapped)]))
    assert "110101199001011234" not in repr(order.raw)


def test_every_preset_names_its_source():
    for module in (taobao, pdd, jd, douyin):
        assert "Source of the header row" in (module.__doc__ or "")
    assert own.ORDERS.headers[0] == "订单号"


def test_what_columns_mean_is_known_of_a_table_that_is_none_of_these_kinds():
    """A person who assigns the rest does not assign what stands there in plain words."""
    header = ["商家编码", "多少", " 库位　"]
    assert recognise(header) == []
    assert known_columns("counts", header) == {"code": "商家编码", "bin": " 库位　"}
    assert known_columns("orders", ["货号", "件"]) == {"merchant_code": "货号"}
    for preset in PRESETS:
        fields = known_columns(preset.kind, preset.headers)
        assert set(preset.required) <= set(fields), preset.id
        assert len(set(fields.values())) == len(fields), "no column means two things"
