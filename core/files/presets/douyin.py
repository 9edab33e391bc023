"""Doudian (Douyin): the order table of the merchants' backend, one row for each sub-order.

Source of the header row: the public tests of settlement programs that feed such a file, with its tabs before long
numbers, `-` for nothing, and ciphers (`##...`, `$$...`) in place of the receiver. `快递信息` holds number and carrier
in one, `SF123-顺丰速运`. Amounts belong to the sub-order.
"""

from core.files.presets.preset import Preset, names_of

ORDERS = Preset(
    id="douyin_orders",
    kind="orders",
    platform="douyin",
    columns={
        "order_no": ("主订单编号",),
        "line_no": ("子订单编号",),
        "title": ("选购商品",),
        "spec": ("商品规格",),
        "qty": ("商品数量",),
        "item_id": ("商品ID",),
        "merchant_code": ("商家编码",),
        "unit_price": ("商品金额", "商品单价"),
        "amount": ("订单应付金额", "实付款"),
        "freight": ("运费",),
        "receiver": ("收件人", "收货人"),
        "phone": ("收件人手机号", "收货人手机号"),
        "province": ("省",),
        "city": ("市",),
        "district": ("区",),
        "street": ("街道",),
        "address": ("详细地址",),
        "buyer_note": ("买家留言",),
        "placed_at": ("订单提交时间",),
        "paid_at": ("支付完成时间",),
        "ship_by_at": ("承诺发货时间",),
        "shipped_at": ("发货时间",),
        "completed_at": ("订单完成时间",),
        "seller_note": ("商家备注",),
        "status": ("订单状态",),
        "refund": ("售后状态",),
        "express": ("快递信息",),
    },
    required=("order_no", "line_no", "title", "qty", "status"),
    headers=names_of(
        "主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,订单应付金额,运费,收件人,"
        "收件人手机号,省,市,区,街道,详细地址,买家留言,订单提交时间,商家备注,订单完成时间,订单状态,"
        "售后状态,取消原因,支付完成时间,发货时间,快递信息,平台实际承担优惠金额,"
        "商家实际承担优惠金额,达人实际承担优惠金额"
    ),
    blanks=("-", "--"),
    is_amount_per_line=True,
)
