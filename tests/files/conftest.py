"""Files of other people for the tests of reading: real header rows, invented persons."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import rustpy_xlsxwriter

from core.files.presets import douyin, jd, pdd, taobao

HANGZHOU = "浙江省 杭州市 西湖区 文新街道练习路1号2幢301室(310012)"


def row_of(header: Sequence[str], **cells: Any) -> list[Any]:
    """A row of a table with this header; the names of `cells` are those of the columns."""
    unknown = set(cells) - {name.strip() for name in header}
    assert not unknown, unknown
    return [cells.get(name.strip(), "") for name in header]


def csv_bytes(rows: Sequence[Sequence[Any]], encoding: str = "utf-8-sig", delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def taobao_heads(*rows: dict[str, Any], quoted: bool = True) -> list[list[Any]]:
    header = list(taobao.HEADS.headers)
    made = [header]
    for cells in rows:
        facts = {
            "买家会员名": "tb练习",
            "买家应付货款": "45.80",
            "买家应付邮费": "0.00",
            "总金额": "45.80",
            "买家实际支付金额": "45.80",
            "订单状态": "买家已付款，等待卖家发货",
            "收货人姓名": "林晓",
            "收货地址": HANGZHOU,
            "联系手机": "'13800001234",
            "订单创建时间": "2026-06-18 09:00:00",
            "订单付款时间": "2026-06-18 09:00:30",
            "宝贝标题": "团团熊",
            "退款金额": "0.00",
        } | cells
        number = facts["订单编号"]
        facts["订单编号"] = f'="{number}"' if quoted else number
        made.append(row_of(header, **facts))
    return made


def taobao_lines(*rows: dict[str, Any], quoted: bool = True) -> list[list[Any]]:
    header = list(taobao.LINES.headers)
    made = [header]
    for cells in rows:
        facts = {
            "标题": "团团熊",
            "价格": "22.90",
            "购买数量": "2",
            "商家编码": "BEAR",
            "商品属性": "尺寸：大号",
        } | cells
        facts["订单编号"] = f'="{facts["订单编号"]}"' if quoted else facts["订单编号"]
        made.append(row_of(header, **facts))
    return made


def pdd_orders(*rows: dict[str, Any]) -> list[list[Any]]:
    header = list(pdd.ORDERS.headers)
    made = [header]
    for cells in rows:
        facts = {
            "商品": "团团熊 大号",
            "订单状态": "待发货",
            "商品总价(元)": "45.8",
            "邮费(元)": "0",
            "用户实付金额(元)": "45.8",
            "商品数量(件)": "2",
            "收货人": "林晓",
            "手机": "13800001234",
            "省": "浙江省",
            "市": "杭州市",
            "区": "西湖区",
            "街道": "文新街道练习路1号",
            "支付时间": "2026-06-18 09:00:30",
            "承诺发货时间": "2026-06-20 09:00:30",
            "商品id": "754299529443",
            "商品规格": "大号",
            "样式ID": "90001",
            "商家编码-规格维度": "BEAR",
            "售后状态": "无售后或售后取消",
        } | cells
        made.append(row_of(header, **facts))
    return made


def jd_orders(*rows: dict[str, Any]) -> list[list[Any]]:
    header = list(jd.ORDERS.headers)
    made = [header]
    for cells in rows:
        facts = {
            "商品ID": "10001",
            "商品名称": "团团熊",
            "订购数量": "1",
            "下单时间": "2026-06-18 09:00:00",
            "京东价": "22.90",
            "订单金额": "57.80",
            "应付金额": "57.80",
            "订单状态": "等待出库",
            "下单帐号": "jd练习",
            "客户姓名": "林晓",
            "客户地址": "浙江杭州市西湖区文新街道练习路1号",
            "联系电话": "1******1234",
            "运费金额": "0.00",
            "付款确认时间": "2026-06-18 09:00:30",
            "货号": "BEAR",
        } | cells
        made.append(row_of(header, **facts))
    return made


def douyin_orders(*rows: dict[str, Any]) -> list[list[Any]]:
    header = list(douyin.ORDERS.headers)
    made = [header]
    for cells in rows:
        facts = {
            "选购商品": "\t团团熊",
            "商品规格": "\t大号",
            "商品数量": "1",
            "商品ID": "\t3600001",
            "商家编码": "\tBEAR",
            "订单应付金额": "22.90",
            "运费": "0.00",
            "收件人": "##aGVsbG8=",
            "收件人手机号": "$$aGVsbG8=",
            "省": "浙江省",
            "市": "杭州市",
            "区": "西湖区",
            "详细地址": "##aGVsbG8gd29ybGQ=",
            "订单提交时间": "2026-06-18 09:00:00",
            "支付完成时间": "2026-06-18 09:00:30",
            "商家备注": "-",
            "订单完成时间": "-",
            "订单状态": "待发货",
            "售后状态": "-",
            "取消原因": "-",
            "发货时间": "-",
            "快递信息": "-",
        } | cells
        for name in ("主订单编号", "子订单编号"):
            facts[name] = f"\t{facts[name]}"
        made.append(row_of(header, **facts))
    return made


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Writes a table: as CSV by a name that ends so, as a workbook otherwise."""

    def write(name: str, rows: Sequence[Sequence[Any]], **how: Any) -> Path:
        path = tmp_path / name
        if name.endswith(".csv"):
            path.write_bytes(csv_bytes(rows, **how))
        else:
            header, *body = rows
            records = [dict(zip(header, row, strict=True)) for row in body]
            rustpy_xlsxwriter.write_worksheet(records, str(path))
        return path

    return write
