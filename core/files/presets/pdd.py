"""Pinduoduo: the order table of the merchants' backend, one row an order.

Source of the header row: the public class `cn.catguild.business.erp.presentation.model.OnlineOrderImportRequest`,
which lists the columns as exported, and the empty-parcel backends that read 收货人, 手机, 省, 市, 区, 街道 of it.
"""

from core.files.presets.preset import Preset, names_of

ORDERS = Preset(
    id="pdd_orders",
    kind="orders",
    platform="pdd",
    columns={
        "order_no": ("订单号",),
        "status": ("订单状态",),
        "refund": ("售后状态",),
        "title": ("商品", "商品名称"),
        "qty": ("商品数量(件)", "商品数量"),
        "amount": ("用户实付金额(元)", "用户实付金额", "商家实收金额(元)"),
        "freight": ("邮费(元)", "邮费"),
        "placed_at": ("下单时间", "订单成交时间", "支付时间"),
        "paid_at": ("支付时间", "订单成交时间"),
        "ship_by_at": ("承诺发货时间",),
        "shipped_at": ("发货时间",),
        "completed_at": ("确认收货时间",),
        "item_id": ("商品id",),
        "spec": ("商品规格",),
        "channel_sku_id": ("样式ID",),
        "merchant_code": ("商家编码-规格维度", "商家编码-商品维度"),
        "seller_note": ("商家备注",),
        "buyer_note": ("买家留言",),
        "receiver": ("收货人", "收件人"),
        "phone": ("手机", "收货人手机", "手机号"),
        "province": ("省",),
        "city": ("市",),
        "district": ("区",),
        "street": ("街道", "街道/镇"),
        "address": ("详细地址", "收货地址"),
        "waybill_no": ("快递单号",),
        "carrier": ("快递公司",),
    },
    required=("order_no", "status", "title", "qty", "spec", "channel_sku_id"),
    headers=names_of(
        "商品,订单号,订单状态,商品总价(元),邮费(元),店铺优惠折扣(元),平台优惠折扣(元),"
        "多多支付立减金额(元),用户实付金额(元),商家实收金额(元),商品数量(件),收货人,手机,省,市,区,"
        "街道,是否审核中,支付时间,承诺发货时间,发货时间,确认收货时间,商品id,商品规格,样式ID,"
        "商家编码-规格维度,商家编码-商品维度,商家备注,买家留言,售后状态,订单成交时间,快递单号,"
        "快递公司"
    ),
    blanks=("", "无", "null"),
)
