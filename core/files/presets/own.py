"""Tables of the shop's own hand, and those this program writes: names in Chinese or English."""

from core.files.presets.preset import Preset

#: field -> the name under which we write it, and others we take for it; the order is that of the written table
ORDER_COLUMNS = {
    "order_no": ("订单号", "订单编号", "Order no"),
    "status": ("订单状态", "状态", "Status"),
    "refund": ("售后状态", "退款状态", "After-sale"),
    "placed_at": ("下单时间", "订单时间", "Placed at"),
    "paid_at": ("付款时间", "支付时间", "Paid at"),
    "ship_by_at": ("最晚发货时间", "承诺发货时间", "Ship by"),
    "amount": ("订单金额(元)", "订单金额", "实付金额", "Amount"),
    "freight": ("运费(元)", "运费", "Freight"),
    "buyer": ("买家账号", "买家", "Buyer"),
    "receiver": ("收货人", "收件人", "收货人姓名", "Receiver"),
    "phone": ("手机", "联系电话", "电话", "手机号", "Phone"),
    "province": ("省", "省份", "Province"),
    "city": ("市", "城市", "City"),
    "district": ("区县", "区", "District"),
    "address": ("详细地址", "收货地址", "地址", "Address"),
    "postcode": ("邮编", "Postcode"),
    "buyer_note": ("买家留言", "Buyer note"),
    "seller_note": ("卖家备注", "商家备注", "备注", "Seller note"),
    "line_no": ("子订单号", "Line no"),
    "item_id": ("平台商品ID", "商品ID", "Item id"),
    "channel_sku_id": ("平台规格ID", "规格ID", "Channel SKU id"),
    "merchant_code": ("商家编码", "货号", "SKU"),
    "title": ("商品名称", "商品标题", "商品", "Title"),
    "spec": ("规格", "商品规格", "Spec"),
    "qty": ("数量", "商品数量", "Qty"),
    "unit_price": ("单价(元)", "单价", "Unit price"),
    "waybill_no": ("运单号", "快递单号", "Waybill no"),
    "carrier": ("快递公司", "物流公司", "Carrier"),
}

ORDERS = Preset(
    id="own_orders",
    kind="orders",
    platform="",
    columns=ORDER_COLUMNS,
    required=("order_no", "title", "qty"),
    headers=[names[0] for names in ORDER_COLUMNS.values()],
)
#: numbers that other software has printed: what it writes out of its own list, and what platforms take in
NUMBERS = Preset(
    id="own_numbers",
    kind="numbers",
    platform="",
    columns={
        "order_no": ("订单号", "订单编号", "主订单编号", "平台订单号", "Order no"),
        "waybill_no": ("运单号", "快递单号", "物流单号", "运单编号", "Waybill no"),
        "carrier": ("快递公司", "物流公司", "快递", "承运商", "Carrier"),
    },
    required=("order_no", "waybill_no"),
    headers=("订单号", "快递公司", "运单号"),
)
PRODUCTS = Preset(
    id="own_products",
    kind="products",
    platform="",
    columns={
        "code": ("商家编码", "货号", "SKU编码", "SKU"),
        "name": ("商品名称", "名称", "品名", "Name"),
        "short_name": ("简称", "商品简称", "Short name"),
        "spec": ("规格", "规格名称", "Spec"),
        "weight_g": ("重量(克)", "重量(g)", "重量g", "Weight g"),
        "barcode": ("条码", "条形码", "商品条码", "Barcode"),
        "bin": ("库位", "货位", "库位编码", "货架号", "Bin"),
    },
    required=("code", "name"),
    headers=("商家编码", "商品名称", "简称", "规格", "重量(克)", "条码", "库位"),
)
COUNTS = Preset(
    id="own_counts",
    kind="counts",
    platform="",
    columns={
        "code": ("商家编码", "货号", "SKU编码", "SKU"),
        "qty": ("实盘数量", "盘点数量", "期初数量", "在库数量", "在库", "库存", "Counted"),
        "warehouse": ("仓库", "仓库名称", "仓库编码", "Warehouse"),
        "bin": ("库位", "货位", "库位编码", "货架号", "Bin"),
        "batch": ("批次", "批次号", "批号", "Batch"),
        "expires_on": ("到期日", "有效期至", "到期日期", "过期日期", "Expires on"),
        "made_on": ("生产日期", "Made on"),
    },
    required=("code", "qty"),
    headers=("商家编码", "实盘数量"),
)
CUSTOMERS = Preset(
    id="own_customers",
    kind="customers",
    platform="",
    columns={
        "buyer": ("客户编号", "买家账号", "会员号", "Customer no"),
        "receiver": ("姓名", "客户姓名", "收货人", "Name"),
        "phone": ("手机", "联系电话", "电话", "Phone"),
        "province": ("省", "省份", "Province"),
        "city": ("市", "城市", "City"),
        "district": ("区县", "区", "District"),
        "address": ("详细地址", "地址", "Address"),
        "postcode": ("邮编", "Postcode"),
    },
    required=("receiver", "phone"),
    headers=("客户编号", "姓名", "手机", "省", "市", "区县", "详细地址", "邮编"),
)
