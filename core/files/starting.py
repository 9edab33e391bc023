"""The lists of a shop that is about to start, as one table."""

from collections.abc import Iterator

from core.files.writing import Sheet, Value
from core.sync.start_list import RowKind, StartList

_HEADER = ("类别", "订单号", "付款或下单时间", "平台状态", "运单号", "商家编码", "商品名称", "平台现有", "将写入")
_KINDS = {
    RowKind.CONFIRM: "将告诉店铺已发货",
    RowKind.TO_DESK: "将进入打包台",
    RowKind.UNPAID: "未付款，付款后进入",
    RowKind.BEFORE: "切换前付款，不进入",
    RowKind.PART_SENT: "别处已发或已打印一部分",
    RowKind.SENT: "已在别处发货",
}
_NUMBER = "将写入库存数"


def start_sheet(found: StartList) -> Sheet:
    """Orders first, then numbers; no receiver stands in it."""
    return Sheet(_HEADER, _rows(found))


def _rows(found: StartList) -> Iterator[list[Value]]:
    for row in found.rows:
        at = f"{row.since.astimezone():%Y-%m-%d %H:%M:%S}"
        yield [_KINDS[row.kind], row.order_no, at, row.channel_status, row.waybill_no, "", "", "", ""]
    for number in found.numbers:
        theirs = "未读到" if number.theirs is None else number.theirs
        ours = "先读取" if number.ours is None else number.ours
        yield [_NUMBER, "", "", "", "", number.code, number.name, theirs, ours]
