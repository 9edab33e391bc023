"""One WeChat shop, as core sees every shop."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from core.channels.aftersale_contract import AfterSalePage, ChannelAfterSale
from core.channels.contract import UNKNOWN_ORDER, ChannelOrder, OrderPage, ShipmentNotice
from core.channels.fields import Fields
from core.channels.listing_contract import ChannelListing, ListingPage
from core.channels.shop_contract import Flag, ShopIdentity
from core.channels.singly import EachRead, read_each
from core.channels.stock_contract import ListedSku, ListedStock
from core.channels.wechat import carriers, shipping
from core.channels.wechat.abilities import CAPABILITIES, STOCK_RULES
from core.channels.wechat.case_mapper import case_of, listings_of
from core.channels.wechat.client import WechatClient
from core.channels.wechat.errors import NOT_ON_SALE, UNKNOWN_LISTING
from core.channels.wechat.mapper import OPEN_STATES, order_of
from core.channels.wechat.open_orders import Places
from core.channels.windows import Stretch, Window, read_forward
from core.runtime.http import Reply
from core.runtime.remote_errors import ChannelError, ContractBroken, Rejected, Temporary

Found = TypeVar("Found")

_ORDER: Final = "/channels/ec/order"
_CASE: Final = "/channels/ec/aftersale"
_PRODUCT: Final = "/channels/ec/product"
#: the platform answers 7 days and 24 hours; shorter windows lose less when one is cut
_ORDER_SPAN: Final = timedelta(hours=6)
_CASE_SPAN: Final = timedelta(hours=6)
_CREATED_SPAN: Final = timedelta(days=6)
#: no document says whether the ends of a range belong to it
_BORDER_S: Final = 1
#: orders that wait longer are not looked for by state; presales are sent within it
_OPEN_REACH: Final = timedelta(days=45)
_PRODUCTS_TO_PAGE: Final = 30
_BOTH_DATA: Final = 3
_LONGEST_NOTE: Final = 500
_ADD, _TAKE, _SET = 1, 2, 3


class WechatChannel:
    """A `Channel` that lists after-sales and items, takes stock and notes, and says whose shop it is.

    Lists give ids only: each order, case and item is read by itself.
    """

    stock_rules = STOCK_RULES

    def __init__(self, client: WechatClient, *, page_size: int = CAPABILITIES.page_size) -> None:
        self.capabilities = replace(CAPABILITIES, page_size=page_size)
        self._client = client

    # --- orders ---------------------------------------------------------------------------------------------------

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:
        """Orders whose `update_time` lies at or after `since`."""
        now = self._client.now()
        page = read_forward(
            Stretch(since, now, _ORDER_SPAN),
            cursor,
            lambda window, key: self._ids_of("update_time_range", window, key),
        )
        orders, unread = self._orders(page.rows)
        return OrderPage(orders, page.next_cursor, now, page.whole_until, unread)

    def open_orders(self, cursor: str | None) -> OrderPage:
        """Orders to be sent, state by state, placed within the last weeks."""
        now = self._client.now()
        at = Places.parse(cursor, len(OPEN_STATES))
        state = OPEN_STATES[at.place]
        page = read_forward(
            Stretch(now - _OPEN_REACH, now, _CREATED_SPAN),
            at.inner,
            lambda window, key: self._ids_of("create_time_range", window, key, state),
        )
        orders, unread = self._orders(page.rows)
        return OrderPage(orders, at.following(page.next_cursor), now, unread=unread)

    def get_order(self, order_no: str) -> ChannelOrder | None:
        """The newest state of one order."""
        if not _is_number(order_no):
            return None
        reply = self._known(UNKNOWN_ORDER, lambda: self._client.ask(f"{_ORDER}/get", {"order_id": order_no}))
        if reply is None:
            return None
        order = order_of(reply.data.get("order"))
        if order.order_no != order_no:
            raise ContractBroken("WeChat answered with another order", code="order.order_id")
        return order

    def check(self) -> datetime:
        """Prove appid, secret and address with the shop's own card; returns the platform's time."""
        return self._client.info().server_time

    def identify(self) -> ShopIdentity:
        """Whose shop it is: `username` is the platform's original id of it."""
        info = Fields(self._client.info().data, "basics").child("info")
        shop_id = info.id_or_blank("username") or self._client.session.appid
        return ShopIdentity(shop_id, info.text_or_blank("nickname"), info.text_or_blank("subject_type"))

    def _ids_of(self, what: str, window: Window, key: str, status: int | None = None) -> tuple[Sequence[str], str]:
        since, until = int(window.since.timestamp()), int(window.until.timestamp())
        body: dict[str, object] = {
            what: {"start_time": since - _BORDER_S, "end_time": until + _BORDER_S},
            "page_size": self.capabilities.page_size,
            "next_key": key,
        }
        if status is not None:
            body["status"] = status
        return _ids(self._client.ask(f"{_ORDER}/list/get", body), "order_id_list")

    def _orders(self, ids: Sequence[str]) -> EachRead:
        return read_each(ids, str, lambda order_no: _there(self.get_order(order_no)))

    # --- parcels and notes ----------------------------------------------------------------------------------------

    def confirm_shipment(self, notice: ShipmentNotice) -> None:
        """Tell a parcel, or another number for one that was told.

        The platform knows no key: the order is read before, and again after an answer that was lost or refused.
        """
        order = self._order(notice.order_no)
        if shipping.is_told(order, notice):
            return
        try:
            self._tell_parcel(order, notice)
        except (Temporary, ContractBroken, Rejected) as error:
            now = self._read_again(notice.order_no, error)
            if not shipping.is_told(now, notice):
                raise shipping.reason_of(now, notice, error) from None

    def _tell_parcel(self, order: ChannelOrder, notice: ShipmentNotice) -> None:
        delivery_id = self._carriers().id_of(notice.carrier_code)
        change = shipping.change_body(order, notice, delivery_id) if notice.replaces else None
        if change is not None:
            self._client.tell(f"{_ORDER}/deliveryinfo/update", change)
            return
        shipping.check_possible(order, notice)
        self._client.tell(f"{_ORDER}/delivery/send", shipping.send_body(order, notice, delivery_id))

    def write_note(self, order_no: str, text: str, flag: Flag | None = None) -> None:  # noqa: ARG002  no flags here
        """Replace the seller's note."""
        if len(text) > _LONGEST_NOTE:
            raise Rejected("The note is too long for WeChat", code="note_too_long")
        if not _is_number(order_no):
            raise _unknown_order()
        try:
            self._client.tell(f"{_ORDER}/merchantnotes/update", {"order_id": order_no, "merchant_notes": text})
        except (Temporary, ContractBroken) as error:
            if self._read_again(order_no, error).seller_note != text:
                raise

    def _order(self, order_no: str) -> ChannelOrder:
        order = self.get_order(order_no)
        if order is None:
            raise _unknown_order()
        return order

    def _read_again(self, order_no: str, error: ChannelError) -> ChannelOrder:
        """The order after a change whose outcome is open; where it cannot be read, that stays so."""
        try:
            order = self.get_order(order_no)
        except ChannelError:
            raise error from None
        if order is None:
            raise error
        return order

    def _carriers(self) -> carriers.CarrierList:
        session, now = self._client.session, self._client.now()
        known = session.carriers
        if known is None or now - known.read_at > carriers.KEPT:
            reply = self._client.ask(f"{_ORDER}/deliverycompanylist/get", {})
            known = carriers.CarrierList(carriers.ids_of(Fields(reply.data, "carriers").rows("company_list")), now)
            session.carriers = known
        return known

    # --- after sale -----------------------------------------------------------------------------------------------

    def pull_after_sales(self, since: datetime, cursor: str | None) -> AfterSalePage:
        """Cases whose `update_time` lies at or after `since`."""
        now = self._client.now()
        page = read_forward(Stretch(since, now, _CASE_SPAN), cursor, self._case_ids)
        cases, unread = read_each(page.rows, str, lambda case_no: _there(self.get_after_sale(case_no, "")))
        return AfterSalePage(cases, page.next_cursor, now, page.whole_until, unread)

    def get_after_sale(self, case_no: str, order_no: str) -> ChannelAfterSale | None:  # noqa: ARG002  not needed here
        """The newest state of one case."""
        if not _is_number(case_no):
            return None
        body = {"after_sale_order_id": case_no}
        reply = self._known(UNKNOWN_ORDER, lambda: self._client.ask(f"{_CASE}/getaftersaleorder", body))
        return None if reply is None else case_of(reply.data.get("after_sale_order"), reply.server_time)

    def _case_ids(self, window: Window, key: str) -> tuple[Sequence[str], str]:
        body: dict[str, object] = {
            "begin_update_time": int(window.since.timestamp()) - _BORDER_S,
            "end_update_time": int(window.until.timestamp()) + _BORDER_S,
        }
        if key:
            body["next_key"] = key
        return _ids(self._client.ask(f"{_CASE}/getaftersalelist", body), "after_sale_order_id_list")

    # --- items and stock ------------------------------------------------------------------------------------------

    def pull_listings(self, cursor: str | None) -> ListingPage:
        """Every item, on sale or not; the end is a page without items, because the last page has a key too."""
        size = min(self.capabilities.page_size, _PRODUCTS_TO_PAGE)
        reply = self._client.ask(f"{_PRODUCT}/list/get", {"page_size": size, "next_key": cursor or ""})
        ids, key = _id_list(reply, "product_ids"), Fields(reply.data, "list").text_or_blank("next_key")
        if not ids:
            return ListingPage((), None)
        if key and key == cursor:
            raise ContractBroken("WeChat's paging does not move on", code="next_key")
        return ListingPage([sku for product_id in ids for sku in self._skus(product_id)], key or None)

    def _skus(self, product_id: str) -> Sequence[ChannelListing]:
        """The SKUs of an item, as buyers see it or as it lies in the drafts; none where it is gone meanwhile."""
        body = {"product_id": product_id, "data_type": _BOTH_DATA}
        reply = self._known(UNKNOWN_LISTING, lambda: self._client.ask(f"{_PRODUCT}/get", body))
        if reply is None:
            return ()
        return listings_of(reply.data.get("product") or reply.data.get("edit_product"))

    def read_stock(self, listed: ListedSku) -> ListedStock:
        """What may be sold of a SKU, without the units of a limited sale or of regional stock."""
        reply = self._client.ask(f"{_PRODUCT}/stock/get", _sku_of(listed))
        stock = Fields(reply.data, "stock").child("data")
        if not stock.has("normal_stock_num"):
            raise stock.broken("normal_stock_num")
        return ListedStock(stock.whole_or("normal_stock_num", 0), at=reply.told_at)

    def change_stock(self, listed: ListedSku, delta: int, key: str) -> ListedStock:  # noqa: ARG002  none is taken
        """Add or take away, once; what the number is then has to be asked for."""
        if delta == 0:
            return self.read_stock(listed)
        change = {"diff_type": _ADD if delta > 0 else _TAKE, "num": abs(delta)}
        return self._write_stock(listed, change)

    def set_stock(self, listed: ListedSku, qty: int, if_version: int | None = None) -> ListedStock:  # noqa: ARG002  the contract's shape
        """Set the number over whatever was sold meanwhile."""
        return self._write_stock(listed, {"diff_type": _SET, "num": qty})

    def pause_sale(self, listed: ListedSku) -> None:
        """Take the whole item off sale, with all its SKUs."""
        self._move_sale(listed, "delisting")

    def resume_sale(self, listed: ListedSku) -> None:
        """Put the whole item back on sale; the platform may review it first."""
        self._move_sale(listed, "listing")

    def _write_stock(self, listed: ListedSku, change: Mapping[str, int]) -> ListedStock:
        self._client.tell(f"{_PRODUCT}/stock/update", {**_sku_of(listed), **change})
        try:
            return self.read_stock(listed)
        except Rejected as error:
            # "No" to the question must not pass for "no" to the change, which was made.
            raise Temporary("The number was changed and could not be read", code=error.code) from None

    def _move_sale(self, listed: ListedSku, way: str) -> None:
        product_id = _sku_of(listed)["product_id"]
        try:
            self._client.tell(f"{_PRODUCT}/{way}", {"product_id": product_id})
        except Rejected as error:
            if way != "delisting" or error.code != NOT_ON_SALE:
                raise

    @staticmethod
    def _known(unknown: str, ask: Callable[[], Reply]) -> Reply | None:
        try:
            return ask()
        except Rejected as error:
            if error.code == unknown:
                return None
            raise


def _ids(reply: Reply, name: str) -> tuple[Sequence[str], str]:
    """The ids of a page, and the key behind it, "" at the end."""
    fields = Fields(reply.data, "list")
    ids, key = _id_list(reply, name), fields.text_or_blank("next_key")
    if not fields.flag("has_more"):
        return ids, ""
    if not key:
        raise fields.broken("next_key")
    return ids, key


def _id_list(reply: Reply, name: str) -> Sequence[str]:
    value = reply.data.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) or type(one) is int for one in value):
        raise ContractBroken("WeChat's answer is not what its document promises", code=f"list.{name}")
    return tuple(str(one) for one in value)


def _there(found: Found | None) -> Found:
    """What a list has just named has to be there; it may take the platform a moment."""
    if found is None:
        raise Temporary("WeChat lists what it cannot show yet", code="listed_unknown")
    return found


def _sku_of(listed: ListedSku) -> Mapping[str, str]:
    if not (_is_number(listed.item_id) and _is_number(listed.channel_sku_id)):
        raise Rejected("This listing has no numbers of WeChat's", code=UNKNOWN_LISTING)
    return {"product_id": listed.item_id, "sku_id": listed.channel_sku_id}


def _is_number(text: str) -> bool:
    """Whether it can be an id of the platform's: other text would not even be understood."""
    return text.isascii() and text.isdigit() and len(text) <= 20


def _unknown_order() -> Rejected:
    return Rejected("WeChat does not know this order", code=UNKNOWN_ORDER)
