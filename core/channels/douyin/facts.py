"""What Douyin can do, how its stock is written, and what of it nobody could check (channels_other.md 3)."""

from typing import Final

from core.channels.contract import Capabilities, Splits, Unproven
from core.channels.stock_contract import BelowZero, CancelledUnit, StockRules, WriteKind

#: what nobody could check at the platform itself
UNPROVEN: Final = (
    Unproven("window.ends", "时间窗两端是否包含在内", "whether both ends of a time window belong to it"),
    Unproven("stock.prehold", "stock_num 是否含未付款占用的库存", "whether stock_num holds units of unpaid orders"),
    Unproven("stock.key", "被拒绝的库存差额是否占用幂等号", "whether a refused difference uses up its key"),
    Unproven("stock.below_zero", "减到零以下是否被拒绝", "whether a difference below zero is refused"),
    Unproven("stock.cancelled", "取消订单后库存是否自动退回", "whether a cancelled order gives its units back"),
    Unproven("cipher", "同一收件人的密文每次是否相同", "whether a receiver's ciphers are the same at every reading"),
    Unproven("open_address_id", "应用是否能看到合单标识", "whether the app gets to see the mark for merging"),
    Unproven("refund_amount", "退款金额是否含运费", "whether the refund includes its freight"),
    Unproven(
        "products.made",
        "商品多时能否按创建时间分段列出",
        "whether many products can be listed by when they were made",
    ),
    Unproven("authorise.page", "授权页地址", "the address of the page where an owner authorises"),
)

CAPABILITIES: Final = Capabilities(
    sees_unpaid=True,
    # notes, flags and refunds do not move the time that orders are listed by
    needs_state_poll=True,
    page_size=100,
    safety_lag_s=180,
    overlap_s=600,
    masks_receivers=True,
    splits=Splits.UNITS,
    changes_number=True,
    tells_after_sales=True,
    lists_items=True,
    writes_notes=True,
    resumes=True,
    unproven=UNPROVEN,
)

STOCK_RULES: Final = StockRules(
    write=WriteKind.KEYED_DELTA,
    below_zero=BelowZero.REFUSES,
    cancelled_unit=CancelledUnit.UNKNOWN,
    reads_back=True,
    # only a whole product goes off sale, with all its SKUs
    pauses_sale=False,
    calls_per_minute=600,
    source="/sku/syncStock (idempotent_id)",
)
