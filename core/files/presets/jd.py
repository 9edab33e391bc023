"""JD: the order table of the merchants' backend, one row for each item of an order.

Source of the header row: the public class `domain.sale.SaleJdOrderLineInfo`, whose comment quotes it; importers that
read 订单号, 客户姓名, 客户地址, 联系电话 show phones masked as `1******6198`.
"""

from core.files.presets.preset import Preset, names_of

ORDERS = Preset(
    id="jd_orders",
    kind="orders",
    platform="jd",
    columns={
        "order_no": ("订单号",),
        "item_id": ("商品ID",),
        "title": ("商品名称",),
        "qty": ("订购数量",),
        "placed_at": ("下单时间",),
        "unit_price": ("京东价",),
        "amount": ("应付金额", "结算金额", "订单金额"),
        "status": ("订单状态",),
        "buyer": ("下单帐号", "下单账号"),
        "receiver": ("客户姓名",),
        "address": ("客户地址",),
        "phone": ("联系电话",),
        "buyer_note": ("订单备注",),
        "seller_note": ("商家备注",),
        "freight": ("运费金额",),
        "paid_at": ("付款确认时间",),
        "merchant_code": ("商家SKUID", "货号"),
        "completed_at": ("订单完成时间",),
        "waybill_no": ("运单号", "快递单号"),
        "carrier": ("物流公司", "快递公司"),
    },
    required=("order_no", "title", "qty", "receiver", "address"),
    headers=names_of(
        "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,"
        "应付金额,订单状态,订单类型,下单帐号,客户姓名,客户地址,联系电话,订单备注,发票类型,发票抬头,"
        "发票内容,商家备注,商家备注等级（等级1-5为由高到低）,运费金额,付款确认时间,增值税发票,货号,"
        "订单完成时间,订单来源,订单渠道"
    ),
    blanks=("无", "null"),
)
