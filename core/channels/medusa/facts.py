"""What a shop on Medusa can do, what is asked of it, and which facts nobody could prove yet.

Seen at a running Medusa 2.21 (`tests/realshop/test_medusa_*`) unless it stands among the unproven.
"""

from datetime import timedelta
from typing import Final

from core.channels.contract import Capabilities, Splits, Unproven
from core.channels.stock_contract import BelowZero, CancelledUnit, StockRules, WriteKind

#: Medusa answers windows of any length; one that is finished need not be read again after a cut
CHANGES: Final = timedelta(days=1)
#: orders that are still to be sent are looked for so far back: a shop that never marks its orders completed keeps all
#: of them as pending, and each round reads them
OPEN: Final = timedelta(days=30)

#: an order's fields: a list answers with these and few others, however it is asked
ORDER_FIELDS: Final = ",".join(
    (
        "id,display_id,custom_display_id,status,currency_code,email,customer_id,metadata",
        "created_at,updated_at,total,shipping_total,payment_status,fulfillment_status",
        "items.id,items.product_id,items.product_title,items.title,items.variant_id,items.variant_sku",
        "items.variant_title,items.requires_shipping,items.quantity,items.raw_quantity,items.unit_price,items.total",
        "items.detail.*",
        "*shipping_address,customer.first_name,customer.last_name,customer.phone",
        "payment_collections.status,payment_collections.amount,payment_collections.updated_at",
        "payment_collections.payments.created_at,payment_collections.payments.captured_at",
        "payment_collections.payments.updated_at,payment_collections.payments.captures.created_at",
        "payment_collections.payments.refunds.created_at",
        "fulfillments.id,fulfillments.shipped_at,fulfillments.delivered_at,fulfillments.canceled_at",
        "fulfillments.metadata,fulfillments.updated_at,fulfillments.items.line_item_id,fulfillments.items.quantity",
        "fulfillments.labels.tracking_number",
    )
)
RETURN_FIELDS: Final = ",".join(
    (
        "id,status,order_id,exchange_id,claim_id,refund_amount,created_at,updated_at,requested_at,received_at",
        "items.item_id,items.quantity,items.note,items.item.unit_price",
    )
)
_LEVELS: Final = "inventory_items.inventory.location_levels"
VARIANT_FIELDS: Final = ",".join(
    (
        "id,title,sku,barcode,ean,upc,manage_inventory,thumbnail,product_id",
        "product.id,product.title,product.status,product.thumbnail,options.value",
        "prices.amount,prices.currency_code,prices.rules,inventory_items.inventory_item_id",
        f"inventory_items.required_quantity,{_LEVELS}.location_id,{_LEVELS}.stocked_quantity",
        f"{_LEVELS}.reserved_quantity",
    )
)

UNPROVEN: Final = (
    Unproven(
        "providers",
        "支付：只在 Medusa 自带的手动支付上验证过；其他支付插件的“已授权”“已收款”何时出现，以插件为准。",
        "Payments were seen with Medusa's own manual provider; when others say authorised or captured is theirs.",
    ),
    Unproven(
        "versions",
        "在 Medusa 2.21 上验证；更早的 2.x 可能缺少个别字段。",
        "Seen on Medusa 2.21; earlier 2.x may lack single fields.",
    ),
    Unproven(
        "returns.money",
        "退货单不一定写明退款金额：没有时按单价乘件数估算，实际退款以订单的付款状态为准。",
        "A return need not say what is paid back: then price times units is shown; what was paid is the order's.",
    ),
    Unproven(
        "open.age",
        "待发货订单按状态重读时只看最近 30 天；更早的未发货订单在有改动、或在本机打开时才更新。",
        "Orders to be sent are read again for 30 days; older ones when they change, or when they are opened here.",
    ),
    Unproven(
        "payment.refund_of_lines",
        "只退钱不退货的退款在 Medusa 里不写明是哪一件：订单显示为部分退款，发不发由人决定。",
        "A refund without a return does not say of which goods: the order is partly refunded, and a person decides.",
    ),
)

CAPABILITIES: Final = Capabilities(
    sees_unpaid=True,
    # a captured payment moves nothing of the order itself
    needs_state_poll=True,
    page_size=50,
    overlap_s=600,
    splits=Splits.UNITS,
    # what is shipped cannot be called off there
    changes_number=False,
    tells_after_sales=True,
    lists_items=True,
    writes_notes=True,
    resumes=True,
    unproven=UNPROVEN,
)

#: the number is written over whatever was sold meanwhile, and only whole products are published or not
STOCK_RULES: Final = StockRules(
    write=WriteKind.ABSOLUTE,
    below_zero=BelowZero.REFUSES,
    cancelled_unit=CancelledUnit.PLATFORM,
    reads_back=True,
    pauses_sale=False,
    source="tests/realshop/test_medusa_stock.py",
)
