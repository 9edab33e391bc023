"""What a WeChat shop can do, how its numbers of stock behave, and what of it nobody could check yet."""

from typing import Final

from core.channels.contract import Capabilities, Splits, Unproven
from core.channels.stock_contract import BelowZero, CancelledUnit, StockRules, WriteKind

UNPROVEN: Final = (
    Unproven(
        "update_time",
        "改地址、备注、售后是否会更新订单的修改时间，未在真实店铺上验证；每次对账会按状态重读。",
        "Whether address, note and refund move an order's modified time was not seen on a real shop.",
    ),
    Unproven(
        "delivery_id",
        "快递公司编码按店铺的快递公司列表用名称对应；列表里没有的按“其他”上报。",
        "Carriers are matched by name with the shop's own list; one that is not in it is told as OTHER.",
    ),
    Unproven(
        "send.refund_open",
        "有售后申请时平台拒绝发货的返回码未验证。",
        "The code by which the platform refuses to send while a refund is open was not seen.",
    ),
    Unproven(
        "change_infos",
        "修改物流单号使用新版参数（新旧包裹各一份）；可改几次未验证。",
        "A number is changed with the newer parameters (old and new parcel); how often it may be was not seen.",
    ),
    Unproven(
        "stock.below_zero",
        "减库存超过剩余时，平台文档有“库存不足”返回码（10020219），即拒绝；未在真实店铺上验证。",
        "The documents have a code for taking away too much (10020219), so it is refused; not seen on a real shop.",
    ),
    Unproven(
        "cancelled_unit",
        "取消或退款订单的库存由谁恢复，未验证；以读回的数量为准。",
        "Who gives the units of a cancelled order back was not seen; the number that is read back counts.",
    ),
    Unproven(
        "notes",
        "商家备注的长度上限未验证，程序限制 500 字；微信小店没有插旗，旗标不会上传。",
        "How long a note may be was not seen (500 characters here). WeChat shops have no flags: none is told.",
    ),
    Unproven(
        "partial_refund",
        "一行只退了部分件数时，平台不说还欠几件；该行按售后中处理，由人确认。",
        "Of a line with only some units paid back it is not said what is owed: it waits for a person.",
    ),
)

CAPABILITIES: Final = Capabilities(
    sees_unpaid=True,
    page_size=30,
    overlap_s=600,
    masks_receivers=True,
    splits=Splits.UNITS,
    changes_number=True,
    tells_after_sales=True,
    lists_items=True,
    writes_notes=True,
    writes_flags=False,
    resumes=True,
    unproven=UNPROVEN,
)

#: no key with a difference; and only a whole item can be taken off sale, with all its SKUs
STOCK_RULES: Final = StockRules(
    write=WriteKind.PLAIN_DELTA,
    below_zero=BelowZero.REFUSES,
    cancelled_unit=CancelledUnit.UNKNOWN,
    reads_back=True,
    pauses_sale=False,
    source="/channels/ec/product/stock/update (10020219)",
)
