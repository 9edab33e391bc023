"""One JD shop: what it can do, and who does it."""

from datetime import datetime
from typing import Final

from core.channels.aftersale_contract import AfterSalePage, ChannelAfterSale
from core.channels.contract import (
    UNKNOWN_ORDER,
    Capabilities,
    ChannelOrder,
    OrderPage,
    ShipmentNotice,
    Splits,
    Unproven,
)
from core.channels.jd import methods
from core.channels.jd.carriers import Carriers, Memory
from core.channels.jd.cases import JdCases
from core.channels.jd.client import JdClient
from core.channels.jd.goods import STOCK_RULES, JdGoods
from core.channels.jd.orders import JdOrders
from core.channels.jd.shipping import JdShipping
from core.channels.listing_contract import ListingPage
from core.channels.shop_contract import Flag, ShopIdentity
from core.channels.stock_contract import ListedSku, ListedStock
from core.runtime.remote_errors import Rejected

CAPABILITIES: Final = Capabilities(
    sees_unpaid=True,
    # notes, addresses and JD's own stops need not move the modified time
    needs_state_poll=True,
    page_size=50,
    safety_lag_s=180,
    overlap_s=600,
    masks_receivers=True,
    splits=Splits.WHOLE,
    changes_number=False,
    tells_after_sales=True,
    lists_items=True,
    writes_notes=True,
    resumes=True,
    unproven=(
        Unproven("windows", "时间窗口的两端都包含在内", "Both ends of a window of time belong to it"),
        Unproven(
            "modified", "修改时间只随状态和运单变化", "The modified time moves with the state and the parcel only"
        ),
        Unproven("unpaid_money", "未付款订单的金额以分计", "Amounts of unpaid orders are in fen"),
        Unproven(
            "unpaid_end",
            "未付款订单取消后京东不再告知，占用到期自动释放",
            "JD does not tell that an unpaid order was called off; what it claimed runs out",
        ),
        Unproven("order_payment", "应付金额含运费、含余额支付", "What is paid includes freight and balance"),
        Unproven("carriers", "物流公司编号按名称对应", "JD's numbers of carriers are matched by their names"),
        Unproven(
            "second_parcel",
            "一单多包裹时，只回传第一个单号",
            "Of an order in several parcels only the first number is told",
        ),
        Unproven("stock_key", "库存增量的幂等编号未经证实", "The key of a stock difference is not relied on"),
        Unproven("stock_floor", "库存减到负数时按到零处理", "A difference below zero is taken to end at zero"),
        Unproven("stock_store", "只管理默认仓的库存", "Only the stock of the default store is written"),
        Unproven("up_or_down", "上架为 1，下架为 2", "1 puts on sale, 2 takes off sale"),
        Unproven("flags", "旗标编号与淘宝相同，0 为灰", "Flags are numbered as on Taobao, 0 is grey"),
        Unproven("flag_kept", "只改备注时旗标是否保留", "Whether a note without a flag leaves the flag"),
        Unproven("note_length", "备注最长按 500 字处理", "Notes are taken to have up to 500 characters"),
        Unproven(
            "service_steps",
            "售后服务单只告知成功与失败，不告知退货进度",
            "Of services JD tells only success and failure, not how far a return is",
        ),
        Unproven(
            "ciphers",
            "同一收件人的密文每次读取都相同（不同即视为改地址）",
            "The same receiver has the same ciphertext each time; another one counts as a change of address",
        ),
        Unproven("call_limit", "限流时长按文字猜测", "How long a call limit lasts is guessed from its text"),
        Unproven("token_pages", "授权页面的地址", "The addresses of the pages of authorising"),
    ),
)

_LONGEST_NOTE: Final = 500
_FLAGS: Final = {
    Flag.NONE: 0,
    Flag.RED: 1,
    Flag.YELLOW: 2,
    Flag.GREEN: 3,
    Flag.BLUE: 4,
    Flag.PURPLE: 5,
}


class JdChannel:
    """A `Channel` that also tells after-sales and items, takes notes, and whose stock can be written."""

    stock_rules = STOCK_RULES

    def __init__(
        self, client: JdClient, memory: Memory | None = None, *, capabilities: Capabilities = CAPABILITIES
    ) -> None:
        self.capabilities = capabilities
        memory = memory or Memory()
        carriers = Carriers(client, memory)
        self._client = client
        self._orders = JdOrders(client, carriers, memory, capabilities)
        self._shipping = JdShipping(client, carriers, self._orders)
        self._cases = JdCases(client, self._orders, capabilities)
        self._goods = JdGoods(client, capabilities)

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:
        """Unpaid orders, and those whose state or parcel changed at or after `since`."""
        return self._orders.changed(since, cursor)

    def open_orders(self, cursor: str | None) -> OrderPage:
        """Orders that JD wants sent or keeps back, by state."""
        return self._orders.open(cursor)

    def get_order(self, order_no: str) -> ChannelOrder | None:
        """The newest state of one order, None where JD does not know it."""
        return self._orders.one(order_no)

    def confirm_shipment(self, notice: ShipmentNotice) -> None:
        """Say that a parcel left; the first of an order sends all of it."""
        self._shipping.confirm(notice)

    def check(self) -> datetime:
        """Prove key, secret and token; JD's clock."""
        return self._orders.check()

    def identify(self) -> ShopIdentity:
        """Whose shop the token opens, by the seller's number."""
        shop = self._client.ask(methods.SHOP, {}).body.child("shop_jos_result")
        return ShopIdentity(shop.id("vender_id"), shop.text_or_blank("shop_name"))

    def write_note(self, order_no: str, text: str, flag: Flag | None = None) -> None:
        """Replace the seller's note."""
        if len(text) > _LONGEST_NOTE:
            raise Rejected("JD takes notes of up to 500 characters", code="note_too_long")
        if not (order_no.isascii() and order_no.isdigit()):
            raise Rejected("JD does not know this order", code=UNKNOWN_ORDER)
        params = {"order_id": order_no, "remark": text, "flag": None if flag is None else _FLAGS[flag]}
        self._client.tell(methods.WRITE_NOTE, params)

    def pull_after_sales(self, since: datetime, cursor: str | None) -> AfterSalePage:
        """Cases that were asked for or answered at or after `since`."""
        return self._cases.changed(since, cursor)

    def get_after_sale(self, case_no: str, order_no: str) -> ChannelAfterSale | None:
        """The newest state of one case."""
        return self._cases.one(case_no, order_no)

    def pull_listings(self, cursor: str | None) -> ListingPage:
        """All SKUs that are on sale or could be."""
        return self._goods.listings(cursor)

    def read_stock(self, listed: ListedSku) -> ListedStock:
        """What JD may still sell of a SKU."""
        return self._goods.read(listed)

    def change_stock(self, listed: ListedSku, delta: int, key: str) -> ListedStock:
        """Change the number by a difference."""
        return self._goods.add(listed, delta, key)

    def set_stock(self, listed: ListedSku, qty: int, if_version: int | None = None) -> ListedStock:  # noqa: ARG002  the contract's shape
        """Set the number over whatever was sold meanwhile; JD has no versions."""
        return self._goods.put(listed, qty)

    def pause_sale(self, listed: ListedSku) -> None:
        """Take the whole ware off sale, with all its choices."""
        self._goods.sell(listed, is_on=False)

    def resume_sale(self, listed: ListedSku) -> None:
        """Put the whole ware back on sale."""
        self._goods.sell(listed, is_on=True)
