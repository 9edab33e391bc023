"""What this channel can do, and which of the facts behind it nobody could prove yet."""

from datetime import timedelta
from typing import Final

from core.channels.contract import Capabilities, Splits, Unproven
from core.channels.stock_contract import BelowZero, CancelledUnit, StockRules, WriteKind

#: the longest window of changes, of orders and of cases
CHANGES: Final = timedelta(minutes=30)
#: the longest window of orders by the time of their deal
DEALS: Final = timedelta(hours=24)
#: the platform asks for windows that end so long ago, because orders come into its list late
LAG: Final = timedelta(minutes=3)
#: orders whose deal is older are not told any more ("three months")
OLDEST: Final = timedelta(days=89)

UNPROVEN: Final = (
    Unproven(
        "updated_at",
        "备注、售后是否会改变订单的更新时间：未经证实，不会改变时要等夜间核对才看得到",
        "Whether notes and refunds move an order's updated_at; where not, the nightly comparison finds them",
    ),
    Unproven(
        "receiver.cipher",
        "同一地址的密文是否每次相同：未经证实，不同时会被当作改地址",
        "Whether the cipher of a receiver stays the same; where not, it passes for a change of address",
    ),
    Unproven(
        "open_address_id",
        "open_address_id 相同是否就能合单：按资料如此，未在真实店铺试过",
        "Whether orders with one open_address_id may go together; the documents say so",
    ),
    Unproven(
        "refund_status.partial",
        "部分退款时订单的退款状态：按 4（退款成功）处理，并以售后单金额判断哪些商品还要发",
        "The refund_status of an order that is paid back in part; its cases decide what still goes",
    ),
    Unproven(
        "stock.reserve",
        "预扣库存是否已从库存数里扣掉：按已扣掉处理",
        "Whether units put by for unpaid orders are off the platform's number; they are taken to be",
    ),
    Unproven(
        "stock.deduction",
        "拼团未成的订单何时占库存、取消后库存是否自动加回：未知",
        "When an order of a group takes its units, and who has the unit of a cancelled one",
    ),
    Unproven(
        "send.errors",
        "发货被拒时的错误码没有资料：发货前后都会重读订单来判断",
        "Which codes refuse a parcel; the order is read before and after instead",
    ),
    Unproven(
        "after_sales_type",
        "售后列表里的售后类型：按售后详情的说明（1 仅退款 2 退货退款 3 换货 4 补寄 5 维修）",
        "The kinds of cases in lists; they are read as the document of a single case counts them",
    ),
    Unproven(
        "note.length",
        "备注最长 300 字：没有资料",
        "That a note may have 300 characters",
    ),
    Unproven(
        "carriers",
        "快递公司代码：按名称和电子面单代码对照平台的快递公司列表",
        "The platform's codes of the carriers; they are found in its list by code and name",
    ),
)

CAPABILITIES: Final = Capabilities(
    sees_unpaid=False,
    page_size=100,
    safety_lag_s=int(LAG.total_seconds()),
    # a whole window: what came into the list late is read once more
    overlap_s=int(CHANGES.total_seconds()),
    masks_receivers=True,
    splits=Splits.WHOLE,
    adds_numbers=True,
    changes_number=True,
    tells_after_sales=True,
    lists_items=True,
    writes_notes=True,
    resumes=True,
    unproven=UNPROVEN,
)

STOCK_RULES: Final = StockRules(
    write=WriteKind.PLAIN_DELTA,
    below_zero=BelowZero.REFUSES,
    cancelled_unit=CancelledUnit.UNKNOWN,
    reads_back=True,
    # it takes whole items off sale, with all their choices
    pauses_sale=False,
    may_refuse_decrease=True,
    # an order is in the list three minutes late, and only once its group is full
    orders_lag_s=300,
    source="pdd.goods.quantity.update",
)
