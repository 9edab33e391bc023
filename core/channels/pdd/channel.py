"""One shop at Pinduoduo, as core sees every shop.

Orders are seen once they are paid and their deal is made: what buyers have only placed is not told. Changes come in
windows of half an hour, newest first, and are read from a window's last page to its first.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from core.channels.aftersale_contract import AfterSalePage, AfterSaleState, ChannelAfterSale
from core.channels.contract import CANNOT, UNKNOWN_ORDER, Capabilities, ChannelOrder, OrderPage, ShipmentNotice
from core.channels.fields import Fields
from core.channels.listing_contract import ListingPage
from core.channels.pdd.after_sales import case_of
from core.channels.pdd.carriers import Companies, companies_of
from core.channels.pdd.client import Answer, PddClient, Value
from core.channels.pdd.errors import is_business
from core.channels.pdd.facts import CAPABILITIES, CHANGES, DEALS, LAG, OLDEST, STOCK_RULES
from core.channels.pdd.goods import listings_of, stock_of
from core.channels.pdd.mapper import FLAGS, needs_companies, order_of, wants_cases
from core.channels.pdd.methods import (
    CHANGED_CASES,
    CHANGED_ORDERS,
    COMPANIES,
    CONFIRMED_ORDERS,
    GOODS,
    GOODS_DETAIL,
    MALL,
    NOTE,
    ORDER,
    QUANTITY,
    SALE,
    STATUSES,
)
from core.channels.pdd.sending import Sender
from core.channels.shop_contract import Flag, ShopIdentity
from core.channels.singly import EachRead, read_each
from core.channels.stock_contract import ListedSku, ListedStock
from core.channels.windows import Stretch, Window, WindowPage, read_backward
from core.runtime.remote_errors import ChannelError, ContractBroken, Rejected, Temporary

#: "all" in a filter
_ALL_STATES, _ALL_REFUNDS, _ALL_CASES, _ALL_KINDS, _ALL_LUCK = 5, 5, 1, 1, 0
_TO_SHIP = 1
_SET, _CHANGE = 1, 2
#: characters of a seller's note
_LONGEST_NOTE: Final = 300
#: more cases than any order has
_MOST_CASES: Final = 500
#: numbers of orders are asked for in lists that commas part
_ORDER_NO: Final = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_TAG_NAMES: Final[Mapping[Flag, str]] = {
    Flag.RED: "红色",
    Flag.YELLOW: "黄色",
    Flag.GREEN: "绿色",
    Flag.BLUE: "蓝色",
    Flag.PURPLE: "紫色",
}


class PddChannel:
    """A `Channel`, `AfterSaleChannel`, `ListingChannel`, `StockChannel`, `NoteChannel` and `IdentifiedChannel`."""

    stock_rules = STOCK_RULES

    def __init__(self, client: PddClient, *, capabilities: Capabilities = CAPABILITIES) -> None:
        self.capabilities = capabilities
        self._client = client
        self._companies: Companies | None = None
        self._sender = Sender(client, self.get_order, self._listed_companies)

    # --- orders -----------------------------------------------------------------------------------------------------

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:
        """Orders whose `updated_at` is at or after `since`, up to three minutes ago."""
        server_time = self._client.now()
        until = server_time - LAG
        if cursor is None and since >= until:
            return OrderPage((), None, server_time)
        page = self._read(CHANGED_ORDERS, "order_sn_list", Stretch(since, until, CHANGES), cursor)
        orders, unread = self._orders(page.rows)
        return OrderPage(orders, page.next_cursor, server_time, page.whole_until, unread)

    def open_orders(self, cursor: str | None) -> OrderPage:
        """Orders that are still to be sent, by the time of their deal: a day a window, three months back."""
        server_time = self._client.now()
        stretch = Stretch(server_time - OLDEST, server_time, DEALS)
        page = self._read(CONFIRMED_ORDERS, "order_list", stretch, cursor)
        found, unread = self._orders(page.rows)
        orders = [order for order in found if not (order.is_closed or order.is_shipped)]
        # Windows of deals say nothing about changes, so that no watermark may follow them.
        return OrderPage(orders, page.next_cursor, server_time, unread=unread)

    def get_order(self, order_no: str) -> ChannelOrder | None:
        """The newest state of one order, None where the platform does not know it (any more)."""
        if not _ORDER_NO.fullmatch(order_no):
            return None
        try:
            answer = self._client.ask(ORDER, {"order_sn": order_no})
        except (Rejected, Temporary) as error:
            if is_business(error) and not self._is_known(order_no):
                return None
            raise
        order = self._order(answer.fields.child("order_info").mapping)
        if order.order_no != order_no:
            raise ContractBroken("Pinduoduo answered with another order", code="order.order_sn")
        return order

    def confirm_shipment(self, notice: ShipmentNotice) -> None:
        """Say that the parcel left; see `core.channels.pdd.sending`."""
        self._sender.send(notice)

    def check(self) -> datetime:
        """Prove app and token."""
        return self._client.ask(MALL).server_time

    def identify(self) -> ShopIdentity:
        """Whose shop the token opens."""
        mall = self._client.ask(MALL).fields
        return ShopIdentity(mall.id("mall_id"), mall.text_or_blank("mall_name"), mall.id_or_blank("merchant_type"))

    def write_note(self, order_no: str, text: str, flag: Flag | None = None) -> None:
        """Replace the seller's note; a flag cannot be taken off from here."""
        if len(text) > _LONGEST_NOTE:
            raise Rejected(f"Pinduoduo takes {_LONGEST_NOTE} characters", code="note_too_long")
        params: dict[str, Value] = {"order_sn": _asked_for(order_no), "note": text}
        if flag is Flag.NONE:
            order = self.get_order(order_no)
            if order is not None and order.seller_flag:
                raise Rejected("Pinduoduo does not let a flag be taken off from here", code=CANNOT)
        elif flag is not None:
            tag = next(number for number, known in FLAGS.items() if known is flag)
            params |= {"tag": tag, "tag_name": _TAG_NAMES[flag]}
        try:
            # The note itself, whole: told twice it is the same note.
            answer = self._client.ask(NOTE, params)
        except (Rejected, Temporary) as error:
            if is_business(error) and not self._is_known(order_no):
                raise Rejected("Pinduoduo does not know this order", code=UNKNOWN_ORDER) from error
            raise
        _check(answer, "success")

    # --- after sale -------------------------------------------------------------------------------------------------

    def pull_after_sales(self, since: datetime, cursor: str | None) -> AfterSalePage:
        """Cases that changed at or after `since`, as `pull_orders`."""
        server_time = self._client.now()
        until = server_time - LAG
        if cursor is None and since >= until:
            return AfterSalePage((), None, server_time)
        page = self._read(CHANGED_CASES, "refund_list", Stretch(since, until, CHANGES), cursor)
        cases, unread = read_each(page.rows, lambda row: row.id("id"), lambda row: case_of(row.mapping))
        return AfterSalePage(cases, page.next_cursor, server_time, page.whole_until, unread)

    def get_after_sale(self, case_no: str, order_no: str) -> ChannelAfterSale | None:
        """The newest state of one case."""
        if not _ORDER_NO.fullmatch(order_no):
            return None
        return next((case for case in self._cases_of(order_no) if case.case_no == case_no), None)

    # --- goods and stock --------------------------------------------------------------------------------------------

    def pull_listings(self, cursor: str | None) -> ListingPage:
        """Every SKU of every item, on sale or not."""
        page_no = 1 if cursor is None else int(cursor) if cursor.isascii() and cursor.isdigit() else 0
        if page_no < 1:
            raise ContractBroken("This is no place in the platform's pages", code="cursor")
        size = self.capabilities.page_size
        answer = self._client.ask(GOODS, {"page": page_no, "page_size": size}).fields
        has_more = bool(answer.rows("goods_list")) and page_no * size < answer.whole_or("total_count", 0)
        return ListingPage(listings_of(answer), str(page_no + 1) if has_more else None)

    def read_stock(self, listed: ListedSku) -> ListedStock:
        """What the platform may still sell."""
        answer = self._client.ask(GOODS_DETAIL, {"goods_id": listed.item_id})
        found = stock_of(answer.fields, listed, answer.told_at)
        if found is None:
            raise Rejected("Pinduoduo does not know this SKU", code="sku_not_found")
        return found

    def change_stock(self, listed: ListedSku, delta: int, key: str) -> ListedStock:  # noqa: ARG002  it knows no keys
        """Change the number by a difference: told once, and never again by itself."""
        self._write_quantity(listed, delta, _CHANGE)
        try:
            return self.read_stock(listed)
        except ChannelError as error:
            # A refusal of this question must not pass for one of the write.
            raise Temporary("The number was changed, but could not be read after", code=error.code) from error

    def set_stock(self, listed: ListedSku, qty: int, if_version: int | None = None) -> ListedStock:  # noqa: ARG002  the contract's shape
        """Set the number, over whatever was sold meanwhile: units put by for unpaid orders stay beside it."""
        return ListedStock(qty, at=self._write_quantity(listed, qty, _SET).told_at)

    def pause_sale(self, listed: ListedSku) -> None:
        """Take the whole item off sale, with all its SKUs: the platform knows nothing smaller."""
        self._put_sale(listed, 0)

    def resume_sale(self, listed: ListedSku) -> None:
        """Put the whole item back on sale."""
        self._put_sale(listed, 1)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _read(self, name: str, rows: str, stretch: Stretch, cursor: str | None) -> WindowPage[Fields]:
        size = self.capabilities.page_size

        def ask(window: Window, page_no: int) -> Fields:
            params = {**_filter_of(name, window), "page": page_no, "page_size": size}
            return self._client.ask(name, params).fields

        first: list[Fields] = []

        def count(window: Window) -> int:
            first[:] = [ask(window, 1)]
            return first[0].whole("total_count", 0, 10**9)

        def read(window: Window, page_no: int) -> Sequence[Fields]:
            # A window of one page has come whole with the count.
            is_here = page_no == 1 and first and first[0].whole("total_count", 0, 10**9) <= size
            return (first[0] if is_here else ask(window, page_no)).rows(rows)

        return read_backward(stretch, cursor, size, count, read)

    def _orders(self, rows: Sequence[Fields]) -> EachRead:
        return read_each(rows, lambda row: row.text("order_sn"), lambda row: self._order(row.mapping))

    def _order(self, raw: Mapping[str, object]) -> ChannelOrder:
        companies = self._listed_companies() if needs_companies(raw) else Companies(())
        settled: Sequence[ChannelAfterSale] = ()
        if wants_cases(raw):
            cases = self._cases_of(Fields(raw, "order").text("order_sn"))
            settled = [case for case in cases if case.state is AfterSaleState.DONE]
        return order_of(raw, companies, settled)

    def _listed_companies(self) -> Companies:
        if self._companies is None:
            self._companies = companies_of(self._client.ask(COMPANIES).fields)
        return self._companies

    def _cases_of(self, order_no: str) -> Sequence[ChannelAfterSale]:
        now = self._client.now() - LAG
        found: list[ChannelAfterSale] = []
        for page_no in range(1, _MOST_CASES // self.capabilities.page_size + 2):
            params = {
                # With an order's number the window has to be there, and does not count.
                **_filter_of(CHANGED_CASES, Window(now - CHANGES, now)),
                "order_sn": order_no,
                "page": page_no,
                "page_size": self.capabilities.page_size,
            }
            rows = self._client.ask(CHANGED_CASES, params).fields.rows("refund_list")
            found += [case_of(row.mapping) for row in rows]
            if len(rows) < self.capabilities.page_size:
                break
        return found

    def _is_known(self, order_no: str) -> bool:
        """The cheap question: whether the platform has a state for an order."""
        if not _ORDER_NO.fullmatch(order_no):
            return False
        rows = self._client.ask(STATUSES, {"order_sns": order_no}).fields.rows("order_status_list")
        return any(
            (row.text_or_blank("orderSn") or row.text_or_blank("order_sn")) == order_no
            and row.whole_or("order_status", 0) != 0
            for row in rows
        )

    def _write_quantity(self, listed: ListedSku, quantity: int, kind: int) -> Answer:
        params: dict[str, Value] = {"goods_id": listed.item_id, "quantity": quantity, "update_type": kind}
        if listed.channel_sku_id:
            params["sku_id"] = listed.channel_sku_id
        else:
            params["outer_id"] = listed.merchant_code
        answer = self._client.tell(QUANTITY, params)
        _check(answer, "is_success")
        return answer

    def _put_sale(self, listed: ListedSku, is_onsale: int) -> None:
        _check(self._client.ask(SALE, {"goods_id": listed.item_id, "is_onsale": is_onsale}), "is_success")


def _filter_of(name: str, window: Window) -> dict[str, Value]:
    since, until = int(window.since.timestamp()), int(window.until.timestamp())
    if name == CHANGED_ORDERS:
        return {
            "start_updated_at": since,
            "end_updated_at": until,
            "order_status": _ALL_STATES,
            "refund_status": _ALL_REFUNDS,
            "is_lucky_flag": _ALL_LUCK,
        }
    if name == CONFIRMED_ORDERS:
        return {
            "start_confirm_at": since,
            "end_confirm_at": until,
            "order_status": _TO_SHIP,
            "refund_status": _ALL_REFUNDS,
        }
    return {
        "start_updated_at": since,
        "end_updated_at": until,
        "after_sales_status": _ALL_CASES,
        "after_sales_type": _ALL_KINDS,
    }


def _asked_for(order_no: str) -> str:
    if not _ORDER_NO.fullmatch(order_no):
        raise Rejected("This cannot be a number of Pinduoduo's", code=UNKNOWN_ORDER)
    return order_no


def _check(answer: Answer, name: str) -> None:
    if not answer.fields.flag(name):
        number = answer.fields.id_or_blank("error_code")
        raise Rejected("Pinduoduo says that it was not done", code=number or "not_done")
