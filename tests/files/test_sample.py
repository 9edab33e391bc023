"""How a file was understood, as it is shown before it is taken in."""

from collections.abc import Callable
from pathlib import Path

from core.desk.files import Files, Plan
from tests.files.conftest import taobao_heads, taobao_lines
from tests.support.world import CARRIER, World


def planned(world: World, *paths: Path) -> Plan:
    files = Files(world.store, world.digest, CARRIER)
    return files.plan([(read, read.choices[0]) for read in files.read(paths)], None)


def test_an_orders_receiver_is_shown_masked_whether_the_platform_masks_or_not(world: World, put: Callable[..., Path]):
    heads = put("heads.csv", taobao_heads({"订单编号": "26061800001"}))
    lines = put("lines.csv", taobao_lines({"订单编号": "26061800001", "购买数量": "2"}))
    (seen,) = planned(world, heads, lines).sample
    assert (seen.code, seen.qty, seen.state) == ("26061800001", 2, "paid")
    assert "浙江省" in seen.person
    for clear in ("林晓", "13800001234", "1号2幢301室"):
        assert clear not in seen.person
    assert "林" not in repr(seen)


def test_a_customer_without_account_does_not_lend_the_row_his_phone_number(world: World, put: Callable[..., Path]):
    rows = [
        ["姓名", "手机", "详细地址"],
        ["林晓", "13800001234", "浙江省杭州市西湖区文新街道练习路1号"],
    ]
    (seen,) = planned(world, put("people.csv", rows)).sample
    assert seen.code == ""
    assert "13800001234" not in seen.person
    assert seen.person.startswith("林*")


def test_a_long_file_shows_its_beginning_only(world: World, put: Callable[..., Path]):
    rows = [["商家编码", "商品名称"], *([f"S-{number}", "奶粉"] for number in range(500))]
    plan = planned(world, put("goods.csv", rows))
    assert plan.counts.new == 500
    assert 0 < len(plan.sample) < 500
    assert plan.sample[0].code == "S-0"


def test_a_number_without_a_carrier_shows_whose_it_is_taken_for(world: World, put: Callable[..., Path]):
    rows = [["订单号", "快递公司", "运单号"], ["A1", "", "SF1234567890123"], ["A2", "跨越速运", "KY1234567890"]]
    first, second = planned(world, put("numbers.csv", rows)).sample
    assert (first.code, first.number, first.carrier) == ("A1", "SF1234567890123", "顺丰速运")
    assert second.carrier == "跨越速运"
