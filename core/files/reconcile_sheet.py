"""A report of comparing a shop's orders with ours as a table; nothing personal stands in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from core.files.cells import time_cell
from core.files.writing import Sheet
from core.sync.reconciliations import ReportLine, ReportRow

_HEADER = ("店铺", "对账时间", "订单号", "差异", "打包台", "平台", "处理结果")
_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "漏单",
        "unknown": "接入前的订单",
        "gone": "平台上没有",
        "state": "状态不同",
        "amount": "金额不同",
        "lines": "商品行不同",
    }
)
_OUTCOMES: Final[Mapping[str, str]] = MappingProxyType({"taken": "已补进", "settled": "已更新", "stays": "仍不同"})
_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unpaid": "未付款",
        "paid": "已付款",
        "partly_refunded": "部分退款",
        "refunded": "已退款",
        "to_review": "待处理",
        "to_pack": "待打包",
        "packing": "打包中",
        "packed": "已打包",
        "shipped": "已发货",
        "completed": "已完成",
        "cancelled": "已取消",
        "closed": "已关闭",
        "open": "待发货",
        "none": "",
        "requested": "退款中",
        "settled": "售后已结束",
    }
)


def reconcile_sheet(report: ReportRow, lines: Sequence[ReportLine]) -> Sheet:
    """One row for each order that differed."""
    begun = time_cell(report.begun_at)
    rows = [
        [
            report.shop_name,
            begun,
            line.order_no,
            _KINDS[line.kind],
            _said(line.kind, line.ours),
            _said(line.kind, line.theirs),
            _OUTCOMES[line.outcome],
        ]
        for line in lines
    ]
    return Sheet(_HEADER, rows)


def _said(kind: str, parts: str) -> str:
    if not parts:
        return "没有"
    if kind == "lines":
        return parts
    if kind == "amount":
        amount, freight = (int(part) for part in parts.split("|"))
        return f"{_yuan(amount)}（含运费 {_yuan(freight)}）"
    said = parts.split("|")
    if kind in {"missing", "unknown"}:
        said[-1] = time_cell(datetime.fromisoformat(said[-1]))
    return " · ".join(word for part in said if (word := _WORDS.get(part, part)))


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
