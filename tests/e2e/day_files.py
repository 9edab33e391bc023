"""One morning's exports of four platforms, as they write them, and what each of their orders is to become."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import rustpy_xlsxwriter

from core.files.presets import own
from core.practice.catalogue import ean13
from core.practice.people import Receiver, invented_receiver
from core.runtime.china import CHINA
from tests.files.conftest import csv_bytes, douyin_orders, jd_orders, pdd_orders, row_of, taobao_heads, taobao_lines

PLATFORMS = ("taobao", "pdd", "jd", "douyin")
PER_PLATFORM = 30


class Fate(StrEnum):
    """What the morning's file makes of an order."""

    PACKS = "packs"
    #: the platform gives no receiver: no label can be made here
    MASKED = "masked"
    UNPAID = "unpaid"
    CLOSED = "closed"
    REFUND = "refund asked"
    UNMATCHED = "unmatched"
    #: its goods are not there, and do not come
    SHORT = "short"
    #: its goods come in the afternoon
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Good:
    """One thing on the shelf."""

    code: str
    title: str
    barcode: str
    opening: int


@dataclass(frozen=True, slots=True)
class FileOrder:
    """One order of an export: its goods by code."""

    platform: str
    no: str
    goods: Mapping[str, int]
    fate: Fate
    receiver: Receiver


GOODS = tuple(
    Good(f"DAY-{n:02d}", f"练习好物{n}号", ean13(f"2903000{n:05d}"), opening=200 if n < 90 else 0)
    for n in (*range(1, 13), 90, 91)
)
MISSING, LATER = "DAY-90", "DAY-91"
_SHELF = GOODS[:12]
_MASKED = {"taobao": range(20, 26), "pdd": range(16, 26), "jd": range(6, 26), "douyin": range(6, 26)}
_LAST = {26: Fate.UNPAID, 27: Fate.CLOSED, 28: Fate.REFUND, 29: Fate.UNMATCHED}
#: the first digits of a platform's numbers, and how long they are
_NUMBERS = {"taobao": ("3515", 19), "pdd": ("", 15), "jd": ("2987", 12), "douyin": ("6917", 19)}
_PAID = {
    "taobao": "买家已付款，等待卖家发货",
    "pdd": "待发货",
    "jd": "等待出库",
    "douyin": "待发货",
}
_UNPAID = {"taobao": "等待买家付款", "pdd": "待支付", "jd": "等待付款", "douyin": "待支付"}
_CLOSED = {"taobao": "交易关闭", "pdd": "已取消", "jd": "(删除)等待出库", "douyin": "已关闭"}


def orders_of_the_morning(seed: int = 618) -> Sequence[FileOrder]:
    """Thirty orders of each platform, the same for the same seed."""
    chance = random.Random(seed)
    return [_order(platform, place, chance) for platform in PLATFORMS for place in range(PER_PLATFORM)]


def _order(platform: str, place: int, chance: random.Random) -> FileOrder:
    begins, digits = _NUMBERS[platform]
    tail = "".join(chance.choice("0123456789") for _ in range(digits - len(begins) - 3))
    no = f"{begins}{tail}{place:03d}"
    fate = _fate(platform, place)
    # Pinduoduo sells one thing an order.
    lines = 1 if platform == "pdd" else chance.choice((1, 1, 2, 3))
    goods = {good.code: chance.choice((1, 1, 1, 2, 3, 8)) for good in chance.sample(_SHELF, lines)}
    if fate in {Fate.SHORT, Fate.LATE, Fate.UNMATCHED}:
        goods = {{Fate.SHORT: MISSING, Fate.LATE: LATER}.get(fate, "NOBODY-KNOWS"): 2}
    return FileOrder(platform, f"261128-{no}" if platform == "pdd" else no, goods, fate, invented_receiver(chance))


def _fate(platform: str, place: int) -> Fate:
    if place in _MASKED[platform]:
        return Fate.MASKED
    if platform == "pdd" and place in {4, 5}:
        return Fate.SHORT if place == 4 else Fate.LATE
    return _LAST.get(place, Fate.PACKS)


# --- what stands in the files -------------------------------------------------------------------------------------


def _status(order: FileOrder) -> str:
    words = {Fate.UNPAID: _UNPAID, Fate.CLOSED: _CLOSED}.get(order.fate, _PAID)
    return words[order.platform]


def _title(code: str) -> str:
    return next((good.title for good in GOODS if good.code == code), "谁也不认识的东西")


def _who(order: FileOrder) -> tuple[str, str, str]:
    """Name, phone and house as the platform gives them."""
    who = order.receiver
    if order.fate is not Fate.MASKED:
        return who.name, who.phone, who.address
    return f"{who.name[0]}**", f"{who.phone[:3]}****{who.phone[-4:]}", f"{who.address[:2]}****"


def _taobao(orders: Sequence[FileOrder]) -> tuple[list[list[Any]], list[list[Any]]]:
    heads, lines = [], []
    for place, order in enumerate(orders):
        (name, phone, house), who = _who(order), order.receiver
        heads.append(
            {
                "订单编号": order.no,
                "买家会员名": f"tb练习{place}",
                "订单状态": _status(order),
                "收货人姓名": name,
                "收货地址": f"{who.province} {who.city} {who.district} {house}(310012)",
                "联系手机": f"'{phone}",
                "退款金额": "5.00" if order.fate is Fate.REFUND else "0.00",
                "买家留言": "请放门口\n谢谢" if place == 2 else "null",
            }
        )
        for code, qty in order.goods.items():
            lines.append({"订单编号": order.no, "标题": _title(code), "购买数量": str(qty), "商家编码": code})
    broken = {"订单编号": "3515000000000000901", "订单状态": "神秘状态"}
    return (
        taobao_heads(*heads, broken, {"订单编号": "3.51500E+18"}, {"订单编号": "3515000000000000902"}),
        taobao_lines(*lines, {"订单编号": "3515000000000000901"}, {"订单编号": "3.51500E+18"}),
    )


def _pdd(orders: Sequence[FileOrder], refunded: Sequence[str] = ()) -> list[list[Any]]:
    rows = []
    for order in orders:
        (name, phone, house), who = _who(order), order.receiver
        ((code, qty),) = order.goods.items()
        is_back = order.no in refunded
        rows.append(
            {
                "订单号": order.no,
                "商品": _title(code),
                "订单状态": "已取消" if is_back else _status(order),
                "售后状态": "退款成功"
                if is_back
                else "售后处理中"
                if order.fate is Fate.REFUND
                else "无售后或售后取消",
                "商品数量(件)": str(qty),
                "收货人": name,
                "手机": phone,
                "省": who.province,
                "市": who.city,
                "区": who.district,
                "街道": house,
                "样式ID": f"9{code}",
                "商家编码-规格维度": code,
            }
        )
    broken = ({"订单号": "261128-901", "商品数量(件)": "两件"}, {"订单号": "261128-902", "用户实付金额(元)": "四十"})
    return pdd_orders(*rows, *broken)


def _jd(orders: Sequence[FileOrder], sent: Sequence[str] = ()) -> list[list[Any]]:
    rows = []
    for place, order in enumerate(orders):
        (name, phone, house), who = _who(order), order.receiver
        for code, qty in order.goods.items():
            status = "(锁定)等待出库" if order.fate is Fate.REFUND else _status(order)
            rows.append(
                {
                    # Excel keeps twelve digits whole.
                    "订单号": int(order.no),
                    "商品ID": f"J-{code}",
                    "商品名称": _title(code),
                    "订购数量": qty,
                    "订单状态": "等待确认收货" if order.no in sent else status,
                    "下单帐号": f"jd练习{place}",
                    "客户姓名": name,
                    "客户地址": f"{who.province}{who.city}{who.district}{house}",
                    "联系电话": phone,
                    "货号": code,
                }
            )
    return jd_orders(*rows, {"订单号": 2.987654321012345e17}, {"订单号": 298700000901, "订购数量": "0"})


def _douyin(orders: Sequence[FileOrder]) -> list[list[Any]]:
    rows = []
    for order in orders:
        who = order.receiver
        is_masked = order.fate is Fate.MASKED
        for place, (code, qty) in enumerate(order.goods.items()):
            rows.append(
                {
                    "主订单编号": order.no,
                    "子订单编号": order.no if not place else f"{order.no[:-4]}9{place}{order.no[-2:]}",
                    "选购商品": f"\t{_title(code)}",
                    "商品数量": str(qty),
                    "商品ID": f"\t36{code}",
                    "商家编码": f"\t{code}",
                    "收件人": "##aGVsbG8=" if is_masked else who.name,
                    "收件人手机号": "$$aGVsbG8=" if is_masked else who.phone,
                    "省": who.province,
                    "市": who.city,
                    "区": who.district,
                    "详细地址": "##aGVsbG8gd29ybGQ=" if is_masked else who.address,
                    "订单状态": _status(order),
                    "售后状态": "退款中" if order.fate is Fate.REFUND else "-",
                }
            )
    broken = ({"主订单编号": "6.91793E+18", "子订单编号": "6917000000000000001"},)
    return douyin_orders(*rows, *broken)


#: platform -> why rows of its morning file are refused, in their order
REASONS: Mapping[str, Sequence[str]] = {
    "taobao": ("order_incomplete", "damaged_number", "unknown_state", "damaged_number", "no_goods"),
    "pdd": ("not_a_quantity", "not_money"),
    "jd": ("damaged_number", "out_of_range"),
    "douyin": ("damaged_number",),
}


def write_morning(folder: Path, orders: Sequence[FileOrder], at: datetime) -> Mapping[str, Sequence[Path]]:
    """The morning's exports, written at this moment: platform -> its files."""
    folder.mkdir(exist_ok=True)
    mine = {platform: [one for one in orders if one.platform == platform] for platform in PLATFORMS}
    stamp = f"{at.astimezone(CHINA):%Y%m%d%H%M%S}"
    heads, lines = _taobao(mine["taobao"])
    return {
        "taobao": (
            _csv(folder / f"ExportOrderList{stamp}.csv", heads, "gb18030"),
            _csv(folder / f"ExportOrderDetailList{stamp}.csv", lines, "gb18030"),
        ),
        "pdd": (_book(folder / f"orders_export{stamp}.xlsx", _pdd(mine["pdd"])),),
        "jd": (_book(folder / f"jd_{stamp}.xlsx", _jd(mine["jd"])),),
        "douyin": (_csv(folder / f"{int(at.timestamp())}_orders.csv", _douyin(mine["douyin"]), "utf-8-sig"),),
    }


def write_later(
    folder: Path, orders: Sequence[FileOrder], at: datetime, *, refunded: Sequence[str], sent: Sequence[str]
) -> Mapping[str, Sequence[Path]]:
    """Later exports: Pinduoduo paid these back, JD says that those were sent."""
    stamp = f"{at.astimezone(CHINA):%Y%m%d%H%M%S}"
    mine = {platform: [one for one in orders if one.platform == platform] for platform in PLATFORMS}
    return {
        "pdd": (_book(folder / f"orders_export{stamp}.xlsx", _pdd(mine["pdd"], refunded)),),
        "jd": (_book(folder / f"jd_{stamp}.xlsx", _jd(mine["jd"], sent)),),
    }


#: platform -> the carrier under whose numbers its own software prints, and how such a number begins
PRINTED_ELSEWHERE: Mapping[str, tuple[str, str]] = {"jd": ("顺丰速运", "SF1"), "douyin": ("圆通速递", "YT1")}


def write_numbers(folder: Path, orders: Sequence[FileOrder], at: datetime) -> tuple[Path, Mapping[str, str]]:
    """What the platforms' software printed: a table of orders and numbers; also order number -> number."""
    numbers = {
        order.no: f"{PRINTED_ELSEWHERE[order.platform][1]}{place:012d}" for place, order in enumerate(orders, 618_000)
    }
    rows = [[order.no, PRINTED_ELSEWHERE[order.platform][0], numbers[order.no]] for order in orders]
    stamp = f"{at.astimezone(CHINA):%Y%m%d%H%M%S}"
    return _csv(folder / f"printed{stamp}.csv", [["订单号", "快递公司", "运单号"], *rows], "gb18030"), numbers


def write_goods(folder: Path) -> tuple[Path, Path]:
    """The shop's goods with their barcodes, and what was counted of them."""
    folder.mkdir(exist_ok=True)
    header = own.PRODUCTS.headers
    products = [
        row_of(
            header,
            商家编码=good.code,
            商品名称=good.title,
            简称=good.title[2:],
            条码=good.barcode,
            **{"重量(克)": "250"},
        )
        for good in GOODS
    ]
    counts = [row_of(own.COUNTS.headers, 商家编码=good.code, 实盘数量=good.opening) for good in GOODS]
    return (
        _book(folder / "goods.xlsx", [list(header), *products]),
        _csv(folder / "counts.csv", [list(own.COUNTS.headers), *counts], "gb18030"),
    )


def _csv(path: Path, rows: Sequence[Sequence[Any]], encoding: str) -> Path:
    path.write_bytes(csv_bytes(rows, encoding))
    return path


def _book(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    header, *body = rows
    rustpy_xlsxwriter.write_worksheet([dict(zip(header, row, strict=True)) for row in body], str(path))
    return path
