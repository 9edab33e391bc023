"""What this channel can do, and which of the facts behind it nobody could prove yet.

Source: the published REST documentation (v3) and the open source of the shop's own controllers; never a live shop.
"""

from datetime import timedelta
from typing import Final

from core.channels.contract import Capabilities, Splits, Unproven
from core.channels.stock_contract import BelowZero, CancelledUnit, StockRules, WriteKind

#: the shop sets no longest window: this is what a cut costs when days are read anew
SPAN: Final = timedelta(hours=6)
#: a change is stamped a moment before it can be read
LAG: Final = timedelta(seconds=3)

UNPROVEN: Final = (
    Unproven(
        "orders.number",
        "装了“订单编号”插件的商城，买家看到的编号和这里的不同：这里用的是 WooCommerce 的订单 ID",
        "With a plugin that numbers orders, buyers see another number: here WooCommerce's order id is used",
    ),
    Unproven(
        "orders.gone",
        "被永久删除的订单商城不再告诉：移到回收站的看得到",
        "Orders that are deleted for good are not told any more; those in the trash are",
    ),
    Unproven(
        "receiver.district",
        "收件地址没有区县一栏：按买家填在街道或城市里的文字认",
        "Addresses have no field for the district: it is found in what the buyer wrote as street or city",
    ),
    Unproven(
        "orders.summer_time",
        "站点时区有夏令时的，换时那一小时的订单变化可能要等夜间核对才看得到",
        "Where the site's time zone has summer time, changes in the hour of the switch may wait for the nightly "
        "comparison",
    ),
    Unproven(
        "orders.status",
        "插件加的订单状态：发货跟踪插件的 shipped、delivered、partial-shipped 认得，其他的先拦下等人看",
        "Statuses of plugins: shipped, delivered and partial-shipped of tracking plugins are known, others are held",
    ),
    Unproven(
        "orders.currency",
        "人民币以外的订单先拦下，金额按原币种的数字显示",
        "Orders in another currency than yuan are held, with that currency's figures",
    ),
    Unproven(
        "notes",
        "卖家备注写成订单的私密备注；店里人自己写的备注不随订单过来",
        "The seller's note becomes a private order note; notes of the shop's people do not come along",
    ),
    Unproven(
        "shipping",
        "WooCommerce 本身没有发货接口：单号写进发货跟踪插件（装了的话）或给买家的备注，全部发完后订单改为“已完成”",
        "WooCommerce itself knows no parcels: numbers go to the tracking plugin, where there is one, or into a note "
        "to the buyer, and the order is completed with its last parcel",
    ),
    Unproven(
        "shipping.plugin",
        "发货跟踪插件没有列出的快递公司按自定义快递填写，查询链接用快递100：未在真实商城试过",
        "Carriers that the tracking plugin does not list are told as custom ones; not tried in a real shop",
    ),
    Unproven(
        "stock.hold",
        "待付款订单占的件数不在库存数里扣，按待付款订单另算；从订单状态“失败”再付款的，中间可能被别人买走",
        "Units of unpaid orders are not off the shop's number and are counted by those orders; a failed order that "
        "is paid later may find its goods sold",
    ),
    Unproven(
        "stock.backorders",
        "商品设了“允许缺货下单”的，商城会卖到零以下：要在商城里关掉",
        "Goods with backorders allowed are sold below nothing: switch that off in the shop",
    ),
    Unproven(
        "stock.refund",
        "取消的订单商城自动加回库存，退款时要勾选“重新入库”才加回：以读到的库存数为准",
        "Cancelling gives units back, a refund only where restocking was ticked: the number that is read counts",
    ),
)

CAPABILITIES: Final = Capabilities(
    sees_unpaid=True,
    # a trash that is emptied, by hand or by WordPress after a month, leaves nothing behind
    deletes_orders=True,
    page_size=100,
    safety_lag_s=int(LAG.total_seconds()),
    overlap_s=120,
    splits=Splits.UNITS,
    changes_number=True,
    lists_items=True,
    writes_notes=True,
    writes_flags=False,
    resumes=True,
    unproven=UNPROVEN,
)

STOCK_RULES: Final = StockRules(
    write=WriteKind.ABSOLUTE,
    below_zero=BelowZero.REFUSES,
    cancelled_unit=CancelledUnit.UNKNOWN,
    reads_back=True,
    pauses_sale=True,
    orders_lag_s=30,
    source="PUT /wc/v3/products/{id}",
)
