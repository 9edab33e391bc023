"""Orders without goods as a table: what was promised, what is missing, what became of each; nothing personal."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from core.files.cells import time_cell
from core.files.writing import Sheet
from core.orders.settling.records import AccidentPage, AffectedOrder, MissingLine, Outcome

_HEADER = (
    "订单号", "店铺", "原因", "应发时间", "付款时间", "订单金额（元）", "缺货商品", "缺货件数", "补货单据",
    "预计到齐", "处理结果", "补偿金额（元）", "备注", "已告知买家", "处理时间", "处理人",
)  # fmt: skip
_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {"oversold": "超卖", "paid_no_stock": "已付无货", "short": "缺货"}
)
_OUTCOMES: Final[Mapping[Outcome, str]] = MappingProxyType(
    {
        Outcome.OPEN: "未处理",
        Outcome.WAITS: "等货",
        Outcome.REFUNDED: "已退款",
        Outcome.REPLACED: "已换货",
        Outcome.COMPENSATED: "已补偿",
    }
)


def accident_sheet(page: AccidentPage) -> Sheet:
    """One row for each order, in order of promise."""
    return Sheet(_HEADER, [_row(order) for order in page.orders])


def _row(order: AffectedOrder) -> list[str | int]:
    return [
        order.order_no,
        order.shop_name,
        _REASONS[order.reason],
        time_cell(order.ship_by_at),
        time_cell(order.paid_at),
        _yuan(order.amount_fen),
        "；".join(f"{line.code} {line.name}×{line.qty}" for line in order.missing),
        sum(line.qty for line in order.missing),
        "；".join(_cures(line) for line in order.missing),
        "" if order.comes_on is None else order.comes_on.isoformat(),
        _outcome(order),
        _yuan(order.given_fen) if order.given_fen else "",
        order.note,
        time_cell(order.told_at),
        time_cell(order.settled_at),
        order.settled_by,
    ]


def _outcome(order: AffectedOrder) -> str:
    if order.is_missing or order.outcome not in {Outcome.OPEN, Outcome.WAITS}:
        return _OUTCOMES[order.outcome]
    return "已取消" if order.is_cancelled else "已到货"


def _cures(line: MissingLine) -> str:
    return "、".join(f"{cure.number or '没有在途'}×{cure.qty}" for cure in line.cures)


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
