"""One shop on Taobao or Tmall, as core sees every shop."""

import json
from collections.abc import Sequence
from dataclasses import replace
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
from core.channels.fields import Fields
from core.channels.listing_contract import ListingPage
from core.channels.shop_contract import Flag, Receiving, ShopIdentity
from core.channels.stock_contract import ListedSku, ListedStock, StockRules
from core.channels.taobao.client import TopClient
from core.channels.taobao.items import TAOBAO_RULES, TMALL_RULES, Items
from core.channels.taobao.memory import ShopMemory
from core.channels.taobao.orders import order_of
from core.channels.taobao.reading import LAG, RefundReader, TradeReader, is_number, is_unknown
from core.channels.taobao.shipping import Shipping
from core.runtime.remote_errors import ContractBroken, Rejected

UNPROVEN: Final = (
    Unproven(
        "order_types",
        "除普通、货到付款、预售、自动发货、电子凭证外的订单类型是否会被列出",
        "Whether kinds of order other than plain, cash on delivery, presale, automatic and voucher are listed",
    ),
    Unproven(
        "parts_of_a_line",
        "同一子订单分多个包裹后,平台只给出最新单号,更早的包裹无法核对",
        "Of a line in several parcels the platform names the newest number only; earlier ones cannot be checked",
    ),
    Unproven(
        "memo_flag",
        "只改备注不传旗帜时旗帜是否保持不变",
        "Whether a flag stays when a note is written without one",
    ),
    Unproven(
        "refund_window",
        "退款列表的时间跨度上限(按一天取)",
        "The longest window of the refund list; one day is asked for",
    ),
    Unproven(
        "tmall_below_zero",
        "天猫增量扣减超过剩余时是拒绝还是扣到零(按扣到零处理)",
        "Whether Tmall refuses a difference below zero or cuts it at zero; it is treated as cut",
    ),
    Unproven(
        "cancelled_unit",
        "付款后关闭的订单是否由平台回补库存",
        "Whether the platform takes the unit of an order back that was closed after its payment",
    ),
    Unproven(
        "cloud",
        "本机直接调用是否需要 IP 白名单或平台云内中转",
        "Whether calls from this computer need an address on the platform's list or a relay in its cloud",
    ),
)

CAPABILITIES: Final = Capabilities(
    sees_unpaid=True,
    page_size=50,
    safety_lag_s=int(LAG.total_seconds()),
    overlap_s=600,
    masks_receivers=True,
    splits=Splits.UNITS,
    changes_number=True,
    tells_after_sales=True,
    lists_items=True,
    writes_notes=True,
    decides_merging=True,
    resumes=True,
    unproven=UNPROVEN,
)

#: bytes of a seller's note
_LONGEST_NOTE: Final = 1000
_FLAGS: Final = (Flag.NONE, Flag.RED, Flag.YELLOW, Flag.GREEN, Flag.BLUE, Flag.PURPLE)
#: pairs in one question whether receivers are the same
_MERGE_LIMIT: Final = 100


class TaobaoChannel:
    """A `Channel` and every other channel contract."""

    def __init__(
        self,
        client: TopClient,
        memory: ShopMemory | None = None,
        *,
        is_tmall: bool,
        page_size: int = CAPABILITIES.page_size,
    ) -> None:
        """`memory`: what this process read of the shop a moment ago, where it is kept."""
        memory = memory or ShopMemory()
        self.capabilities = replace(CAPABILITIES, page_size=page_size)
        self._client = client
        self._rules = TMALL_RULES if is_tmall else TAOBAO_RULES
        self._trades = TradeReader(client, memory, page_size)
        self._refunds = RefundReader(client, page_size)
        self._items = Items(client, is_tmall=is_tmall, page_size=page_size)
        self._shipping = Shipping(client, self._trades, memory)

    # --- orders ----------------------------------------------------------------------------------------------------

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:
        """Trades modified since then, half an hour at a time, each window from its last page to its first."""
        return self._trades.changed(since, cursor)

    def open_orders(self, cursor: str | None) -> OrderPage:
        """Trades of the last three months that are to be sent or paid, by state."""
        return self._trades.open(cursor)

    def get_order(self, order_no: str) -> ChannelOrder | None:
        """The newest state of one trade."""
        trade = self._trades.one(order_no)
        return None if trade is None else order_of(trade)

    def confirm_shipment(self, notice: ShipmentNotice) -> None:
        """Say that a parcel left, or that it has another number now."""
        self._shipping.confirm(notice)

    def check(self) -> datetime:
        """Prove app and token with the cheapest call that needs both."""
        return self._seller()[1]

    # --- after sale, items, stock ----------------------------------------------------------------------------------

    def pull_after_sales(self, since: datetime, cursor: str | None) -> AfterSalePage:
        """Refunds modified since then."""
        return self._refunds.changed(since, cursor)

    def get_after_sale(self, case_no: str, order_no: str) -> ChannelAfterSale | None:  # noqa: ARG002  the contract's
        """The newest state of one refund."""
        return self._refunds.one(case_no)

    def pull_listings(self, cursor: str | None) -> ListingPage:
        """Every item, on sale or not, with its choices."""
        return self._items.listings(cursor)

    @property
    def stock_rules(self) -> StockRules:
        """Tmall's or Taobao's."""
        return self._rules

    def read_stock(self, listed: ListedSku) -> ListedStock:
        """The platform's own number."""
        return self._items.read(listed)

    def change_stock(self, listed: ListedSku, delta: int, key: str) -> ListedStock:
        """A difference; under `key` at Tmall."""
        return self._items.change(listed, delta, key)

    def set_stock(self, listed: ListedSku, qty: int, if_version: int | None = None) -> ListedStock:  # noqa: ARG002  the contract's shape
        """The number itself, over whatever was sold meanwhile."""
        return self._items.put(listed, qty)

    def pause_sale(self, listed: ListedSku) -> None:
        """Take the item off sale, with all its choices."""
        self._items.pause(listed)

    def resume_sale(self, listed: ListedSku) -> None:
        """Put the item back on sale."""
        self._items.resume(listed)

    # --- the shop, notes, merging ----------------------------------------------------------------------------------

    def identify(self) -> ShopIdentity:
        """Whose shop it is; `kind` B is Tmall, C is Taobao."""
        user, _ = self._seller()
        return ShopIdentity(user.id("user_id"), user.text("nick"), user.text_or_blank("type"))

    def write_note(self, order_no: str, text: str, flag: Flag | None = None) -> None:
        """Replace the seller's note, and the flag where one is given."""
        if len(text.encode(errors="replace")) > _LONGEST_NOTE:
            raise Rejected("Taobao takes notes of up to 1000 bytes", code="note_too_long")
        if not is_number(order_no):
            raise Rejected("Taobao does not know this order", code=UNKNOWN_ORDER)
        params = {"tid": order_no, "memo": text, "reset": "" if text else "true"}
        if flag is not None:
            params["flag"] = str(_FLAGS.index(flag))
        try:
            # the same note again changes nothing, so it may be said until an answer comes
            self._client.read("taobao.trade.memo.update", params)
        except Rejected as error:
            if is_unknown(error):
                raise Rejected("Taobao does not know this order", code=UNKNOWN_ORDER) from None
            raise

    def may_merge(self, orders: Sequence[Receiving]) -> Sequence[Sequence[str]]:
        """As the platform says of the receivers' tokens; an order without one stands alone."""
        groups: list[list[str]] = []
        # those that may be the same stand together, should there be more than one question takes
        known = sorted((order for order in orders if order.consignee.token), key=_likeness)
        for first in range(0, len(known), _MERGE_LIMIT):
            groups += self._merged(known[first : first + _MERGE_LIMIT])
        told = {no for group in groups for no in group}
        return [*groups, *([order.order_no] for order in orders if order.order_no not in told)]

    def _merged(self, orders: Sequence[Receiving]) -> list[list[str]]:
        pairs = [{"oaid": order.consignee.token, "tid": order.order_no} for order in orders]
        answer = self._client.read("taobao.top.oaid.merge", {"merge_list": json.dumps(pairs)})
        asked = {order.order_no for order in orders}
        groups = [text.split(",") for text in _texts(answer.fields, "tid_list")]
        told = [no for group in groups for no in group]
        if not asked.issuperset(told) or len(set(told)) != len(told):
            raise ContractBroken("Taobao answered about other orders", code="tid_list")
        return groups

    def _seller(self) -> tuple[Fields, datetime]:
        answer = self._client.read("taobao.user.seller.get", {"fields": "user_id,nick,type"})
        return answer.fields.child("user"), answer.server_time


def _likeness(order: Receiving) -> tuple[str, ...]:
    receiver = order.consignee
    return (order.buyer_key, receiver.province, receiver.city, receiver.district, order.order_no)


def _texts(fields: Fields, name: str) -> Sequence[str]:
    """A list of texts, which the platform wraps."""
    rows = fields.child_or_empty(name).mapping.get("string", [])
    if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
        raise fields.broken(name)
    return rows
