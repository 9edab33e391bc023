"""The interception list as a table, for the carrier's service and for whoever looks through the pile."""

from collections.abc import Sequence

from core.aftersale.intercepting import ToCatch
from core.files.cells import time_cell
from core.files.writing import Sheet

_HEADER = ("运单号", "快递", "在哪里", "订单号", "店铺", "商品", "退款", "发货时间")


def interception_sheet(found: Sequence[ToCatch]) -> Sheet:
    """One row for each parcel; nothing personal stands in it."""
    return Sheet(
        _HEADER,
        [
            [
                one.waybill_no,
                one.carrier_name,
                "还在仓里" if one.is_here else "已交快递",
                " ".join(one.order_nos),
                one.shop_name,
                "；".join(one.goods),
                "已退款" if one.is_refunded else "申请中",
                time_cell(one.shipped_at),
            ]
            for one in found
        ],
    )
