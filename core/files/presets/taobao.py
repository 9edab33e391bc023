"""Taobao and Tmall: the order list and the list of goods that Qianniu exports, which belong together.

Source of the header rows: public repositories that read these files, c2003070110/TBTool
(`src/com/walk_nie/taobao/object/TaobaoSaledObject.java`) and the Java package `com.cqqyd2014.order.taobao_import`,
which quotes both files with their `="..."` and `'...` cells. Files are named `ExportOrderList<time>` and
`ExportOrderDetailList<time>`.
"""

from core.files.presets.preset import Preset, names_of

HEADS = Preset(
    id="taobao_orders",
    kind="order_heads",
    platform="taobao",
    columns={
        "order_no": ("订单编号",),
        "buyer": ("买家会员名", "买家昵称"),
        "freight": ("买家应付邮费",),
        "amount": ("买家实际支付金额", "买家实付金额", "总金额"),
        "status": ("订单状态",),
        "buyer_note": ("买家留言",),
        "receiver": ("收货人姓名",),
        "address": ("修改后的收货地址", "收货地址"),
        "other_phone": ("联系电话",),
        "phone": ("联系手机",),
        "placed_at": ("订单创建时间",),
        "paid_at": ("订单付款时间",),
        "completed_at": ("确认收货时间",),
        "waybill_no": ("物流单号",),
        "carrier": ("物流公司",),
        "seller_note": ("订单备注", "卖家备注"),
        "refund_amount": ("退款金额",),
    },
    required=("order_no", "status", "address"),
    headers=names_of(
        "订单编号,买家会员名,买家支付宝账号,支付单号,支付详情,买家应付货款,买家应付邮费,"
        "买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,订单状态,买家留言,"
        "收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,订单付款时间 ,宝贝标题 ,"
        "宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,"
        "买家服务费,发票抬头,是否手机订单,分阶段订单信息,特权订金订单id,是否上传合同照片,"
        "是否上传小票,是否代付,定金排名,修改后的sku,修改后的收货地址,异常信息,天猫卡券抵扣,"
        "集分宝抵扣,是否是O2O交易,新零售交易类型,新零售导购门店名称,新零售导购门店id,"
        "新零售发货门店名称,新零售发货门店id,退款金额,预约门店,确认收货时间,打款商家金额,"
        "含应开票给个人的个人红包,是否信用购"
    ),
    blanks=("null", "无"),
)

LINES = Preset(
    id="taobao_goods",
    kind="order_lines",
    platform="taobao",
    columns={
        "order_no": ("主订单编号", "订单编号"),
        "line_no": ("子订单编号",),
        "title": ("标题", "商品标题", "宝贝标题"),
        "unit_price": ("价格", "商品价格"),
        "qty": ("购买数量", "宝贝数量"),
        "merchant_code": ("商家编码", "外部系统编号"),
        "spec": ("商品属性",),
        "item_id": ("商品ID", "宝贝ID"),
        "status": ("订单状态",),
        "refund": ("退款状态",),
    },
    required=("order_no", "title", "qty", "spec"),
    headers=(
        "订单编号",
        "标题",
        "价格",
        "购买数量",
        "外部系统编号",
        "商品属性",
        "套餐信息",
        "备注",
        "订单状态",
        "商家编码",
    ),
    blanks=("null", "无"),
)
