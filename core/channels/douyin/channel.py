"""One Douyin shop, as core sees every shop."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from core.channels.aftersale_contract import AfterSalePage, ChannelAfterSale
from core.channels.contract import Capabilities, ChannelOrder, OrderPage, ShipmentNotice
from core.channels.douyin import cases, listings, mapper
from core.channels.douyin.client import DouyinClient
from core.channels.douyin.errors import (
    DONE_BEFORE,
    NOTE_TOO_LONG,
    NOTES,
    SALE,
    STATE_AS_IT_IS,
    STOCK,
    UNKNOWN_LISTING,
)
from core.channels.douyin.facts import CAPABILITIES, STOCK_RULES
from core.channels.douyin.paging import FullList
from core.channels.douyin.shipping import Teller, raw_order
from core.channels.douyin.tokens import OwnAppToken
from core.channels.fields import Fields
from core.channels.listing_contract import ChannelListing, ListingPage
from core.channels.shop_contract import Flag, ShopIdentity
from core.channels.singly import read_each
from core.channels.stock_contract import ListedSku, ListedStock
from core.channels.windows import Window, WindowPage
from core.runtime.http import Endpoint, HttpClient
from core.runtime.remote_errors import ContractBroken, Rejected, Temporary

#: orders are listed for 90 days; an hour less, because reading takes its time
_REACHES_BACK: Final = timedelta(days=90, hours=-1)
_WINDOW: Final = timedelta(days=1)
#: the documents name 10,000 and 50,000 for orders: the smaller holds
_MOST_ORDERS: Final = 10_000
_MOST_CASES: Final = 50_000
_PRODUCTS_TO_A_PAGE: Final = 20
#: a hundred pages are the most of any list of products: so many rows can be reached in one
_MOST_PRODUCTS: Final = 100 * _PRODUCTS_TO_A_PAGE
#: before the first shop there
_FIRST_PRODUCTS: Final = datetime(2016, 1, 1, tzinfo=UTC)
_LONGEST_NOTE: Final = 500
_STEP: Final = timedelta(seconds=1)


class DouyinChannel:
    """A `Channel`, and everything in `core.channels` besides that Douyin can do."""

    stock_rules = STOCK_RULES

    def __init__(
        self,
        client: DouyinClient,
        place: Endpoint,
        http: HttpClient,
        *,
        out_warehouse_id: str = "",
        capabilities: Capabilities = CAPABILITIES,
    ) -> None:
        """`out_warehouse_id`: whose number of stock is meant, in shops with one per region."""
        self.capabilities = capabilities
        self._client = client
        self._place = place
        self._http = http
        self._out_warehouse_id = out_warehouse_id
        self._teller = Teller(client)

    # --- orders -----------------------------------------------------------------------------------------------------

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:
        """Orders whose state changed at or after `since`, up to now.

        What changed in the last minutes may not be listed yet: it is given, and asked for again next time.
        """
        now = self._told_now()
        page = self._list("update_time", {}).page(max(since, now - _REACHES_BACK), now, cursor)
        return self._order_page(page)

    def open_orders(self, cursor: str | None) -> OrderPage:
        """Orders of the last 90 days in which something is still to be paid or sent."""
        now = self._told_now()
        states = ",".join(str(state) for state in mapper.OPEN_STATES)
        wanted = {"combine_status": [{"order_status": states}]}
        # few are open: one window over all of it, cut where that is not so
        found = replace(self._list("create_time", wanted), span=_REACHES_BACK)
        page = self._order_page(found.page(now - _REACHES_BACK, now, cursor))
        # by when they were placed: how far that reached says nothing of what was modified
        return replace(page, whole_until=None)

    def get_order(self, order_no: str) -> ChannelOrder | None:
        """The newest state of one order, however old it is."""
        raw = raw_order(self._client, order_no)
        return None if raw is None else mapper.order_of(raw)

    def confirm_shipment(self, notice: ShipmentNotice) -> None:
        """Tell a parcel: all of an order, some of its lines, or part of a line's units."""
        self._teller.tell(notice)

    def check(self) -> datetime:
        """Prove app, token and address with a list of one order."""
        now = self._server_now()
        params = {**_window("update_time", Window(now - _STEP, now)), "page": 0, "size": 1}
        answer = self._client.ask("/order/searchList", {**params, "order_by": "update_time", "order_asc": False})
        Fields(answer.data, "page")
        return answer.server_time

    def write_note(self, order_no: str, text: str, flag: Flag | None = None) -> None:
        """Replace the note; with a flag, its star too."""
        if len(text) > _LONGEST_NOTE:
            raise Rejected("The note is longer than Douyin takes (500 characters)", code=NOTE_TOO_LONG)
        params: dict[str, object] = {"order_id": order_no, "remark": text}
        if flag is not None:
            params |= {"is_add_star": "true", "star": str(mapper.star_of(flag))}
        self._client.tell_keyed("/order/addOrderRemark", params, NOTES)

    # --- after sale -------------------------------------------------------------------------------------------------

    def pull_after_sales(self, since: datetime, cursor: str | None) -> AfterSalePage:
        """Cases that changed at or after `since`."""
        now = self._told_now()

        def ask(window: Window, page: int, size: int) -> object:
            start, end = _window("update_time", window).values()
            times = {"update_start_time": start, "update_end_time": end}
            params = {**times, "order_by": ["update_time desc"], "page": page, "size": size}
            return self._client.ask("/afterSale/List", params).data

        found = FullList(ask, "items", _MOST_CASES, _WINDOW, self.capabilities.page_size).page(since, now, cursor)
        heard = self._server_now()
        whole = self._whole(found.whole_until, heard)
        told, unread = read_each(found.rows, cases.number_of, cases.case_of)
        return AfterSalePage(told, found.next_cursor, heard, whole, unread)

    def get_after_sale(self, case_no: str, order_no: str) -> ChannelAfterSale | None:
        """The newest state of one case."""
        params = {"aftersale_id": case_no, "order_id": order_no, "page": 0, "size": 10}
        rows = Fields(self._client.ask("/afterSale/List", params).data, "page").rows("items")
        found = [cases.case_of(row.mapping) for row in rows]
        return next((case for case in found if case.case_no == case_no), None)

    # --- listings and stock -----------------------------------------------------------------------------------------

    def pull_listings(self, cursor: str | None) -> ListingPage:
        """Every product with its SKUs, a few products at a time.

        Where there are more than one list gives, they are read by when they were made, which never changes.
        """
        if cursor is None or cursor.isdigit():
            page = _page_no(cursor)
            data = Fields(self._products(page, _PRODUCTS_TO_A_PAGE, {}), "products")
            total = data.whole_or("total", 0)
            if total <= _MOST_PRODUCTS:
                has_more = bool(data.rows("data")) and page * _PRODUCTS_TO_A_PAGE < total
                return ListingPage(self._listings(data.mapping), str(page + 1) if has_more else None)
            # From the beginning, also where it grew too long while it was read: what is told twice is kept once.
            cursor = None

        def ask(window: Window, page: int, size: int) -> object:
            start, end = _window("", window).values()
            return self._products(page + 1, size, {"start_time": start, "end_time": end})

        until = self._told_now()
        by_making = FullList(ask, "data", _MOST_PRODUCTS, until - _FIRST_PRODUCTS, _PRODUCTS_TO_A_PAGE)
        found = by_making.page(_FIRST_PRODUCTS, until, cursor)
        return ListingPage(self._listings({"data": list(found.rows)}), found.next_cursor)

    def read_stock(self, listed: ListedSku) -> ListedStock:
        """What may still be sold, promotions included; where in doubt, the larger number."""
        answer = self._client.ask("/sku/stockNum", {**_sku(listed, "sku_id"), **self._warehouse()}, STOCK)
        fields = Fields(answer.data, "stock")
        if not fields.has("stock_num"):
            raise Rejected("This SKU has a stock per region: name the warehouse in the settings", code="warehouse")
        return ListedStock(max(fields.whole_or("stock_num", 0), 0), at=answer.told_at)

    def change_stock(self, listed: ListedSku, delta: int, key: str) -> ListedStock:
        """Change the number; the platform does the same key once."""
        params = {**_sku(listed, "sku_id"), **self._warehouse(), "stock_num": delta}
        try:
            self._client.tell_keyed("/sku/syncStock", {**params, "incremental": True, "idempotent_id": key}, STOCK)
        except Rejected as error:
            if error.code != DONE_BEFORE:
                raise
        try:
            return self.read_stock(listed)
        except Rejected as error:
            # the number was changed: a plain no would say that it was not
            raise Temporary(f"The number was changed and cannot be read: {error}", code=error.code) from error

    def set_stock(self, listed: ListedSku, qty: int, if_version: int | None = None) -> ListedStock:  # noqa: ARG002  the contract's shape
        """Set the number over whatever was sold meanwhile: Douyin has no versions."""
        params = {**_sku(listed, "sku_id"), **self._warehouse(), "stock_num": qty, "incremental": False}
        answer = self._client.tell("/sku/syncStock", params, STOCK)
        return ListedStock(qty, at=answer.told_at)

    def pause_sale(self, listed: ListedSku) -> None:
        """Take the whole product off sale, with all its SKUs."""
        self._set_sale("/product/setOffline", listed)

    def resume_sale(self, listed: ListedSku) -> None:
        """Put the whole product back on sale."""
        self._set_sale("/product/setOnline", listed)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _told_now(self) -> datetime:
        """The platform's clock: our own may be ahead, and a window into the future would leave a gap."""
        if self._http.clock_offset(self._place) is None:
            self.check()
        return self._server_now()

    def _server_now(self) -> datetime:
        """The platform's clock, as far as its answers have told it."""
        return self._http.server_now(self._place).replace(microsecond=0)

    def _list(self, by: str, wanted: Mapping[str, object]) -> FullList:
        def ask(window: Window, page: int, size: int) -> object:
            order = {"order_by": by, "order_asc": False, "page": page, "size": size}
            return self._client.ask("/order/searchList", {**wanted, **_window(by, window), **order}).data

        return FullList(ask, "shop_order_list", _MOST_ORDERS, _WINDOW, self.capabilities.page_size)

    def _order_page(self, page: WindowPage[object]) -> OrderPage:
        # as the answer told it: our own clock may have jumped since the window was named
        heard = self._server_now()
        orders, unread = read_each(page.rows, lambda row: Fields(row, "order").id("order_id"), mapper.order_of)
        return OrderPage(orders, page.next_cursor, heard, self._whole(page.whole_until, heard), unread)

    def _whole(self, whole_until: datetime | None, heard: datetime) -> datetime | None:
        """Not into the minutes of which the lists may not know everything yet."""
        newest = heard - timedelta(seconds=self.capabilities.safety_lag_s)
        return None if whole_until is None else min(whole_until, newest)

    def _products(self, page: int, size: int, made: Mapping[str, object]) -> object:
        """One page of products, counted from 1."""
        return self._client.ask("/product/listV2", {**made, "page": page, "size": size}).data

    def _listings(self, data: Mapping[str, object]) -> Sequence[ChannelListing]:
        return [
            one
            for product in listings.product_ids(data)
            for one in listings.listings_of(product, self._skus(product.id("product_id")))
        ]

    def _skus(self, product_id: str) -> object:
        return self._client.ask("/sku/list", {"product_id": _number(product_id)}).data

    def _warehouse(self) -> Mapping[str, object]:
        return {"out_warehouse_id": self._out_warehouse_id} if self._out_warehouse_id else {}

    def _set_sale(self, path: str, listed: ListedSku) -> None:
        try:
            self._client.tell_keyed(path, {"product_id": _number(listed.item_id)}, SALE)
        except Rejected as error:
            if error.code != STATE_AS_IT_IS:
                raise


class OwnAppChannel(DouyinChannel):
    """A shop that a merchant's own app opens: its token says whose it is."""

    def __init__(
        self,
        client: DouyinClient,
        place: Endpoint,
        http: HttpClient,
        token: OwnAppToken,
        *,
        out_warehouse_id: str = "",
        capabilities: Capabilities = CAPABILITIES,
    ) -> None:
        super().__init__(client, place, http, out_warehouse_id=out_warehouse_id, capabilities=capabilities)
        self._token = token

    def identify(self) -> ShopIdentity:
        """Whose shop the app belongs to."""
        return self._token.shop()


def _window(by: str, window: Window) -> Mapping[str, object]:
    """A window as a list takes it: a second more on both sides, in case its ends do not belong to it."""
    start, end = window.since - _STEP, window.until + _STEP
    return {f"{by}_start": int(start.timestamp()), f"{by}_end": int(end.timestamp())}


def _page_no(cursor: str | None) -> int:
    if cursor is None:
        return 1
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 9):
        raise ContractBroken("This is no place in the platform's pages", code="cursor")
    return int(cursor)


def _sku(listed: ListedSku, name: str) -> Mapping[str, object]:
    if listed.channel_sku_id:
        return {name: _number(listed.channel_sku_id)}
    if listed.merchant_code:
        return {"code": listed.merchant_code}
    raise Rejected("Douyin does not know this listing", code=UNKNOWN_LISTING)


def _number(text: str) -> int:
    """An id as the platform's document writes it: a number of 19 digits."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Rejected("Douyin does not know this listing", code=UNKNOWN_LISTING)
    return int(text)
