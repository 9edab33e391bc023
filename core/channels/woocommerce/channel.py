"""One WooCommerce shop, as core sees every shop."""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from core.channels.contract import UNKNOWN_ORDER, Capabilities, ChannelOrder, OrderPage, ShipmentNotice
from core.channels.fields import Fields
from core.channels.listing_contract import ChannelListing, ListingPage
from core.channels.shop_contract import Flag, ShopIdentity
from core.channels.stock_contract import ListedSku, ListedStock
from core.channels.woocommerce.client import ORDERS, Answer, Rows, WooClient
from core.channels.woocommerce.errors import is_not_there
from core.channels.woocommerce.facts import CAPABILITIES, LAG, STOCK_RULES
from core.channels.woocommerce.goods import PUBLISHED, has_variations, listings_of, stock_of
from core.channels.woocommerce.parcels import NOTE
from core.channels.woocommerce.reading import OrderReader, is_id, page_no_of
from core.channels.woocommerce.shipping import Sender
from core.runtime.remote_errors import ChannelError, ContractBroken, Rejected

_PRODUCTS: Final = "/wc/v3/products"
_CURRENCY: Final = "/wc/v3/data/currencies/current"
#: characters of a seller's note: our own bound, the shop has none
_LONGEST_NOTE: Final = 5000
#: a product off sale is a draft again, a variation is shown to nobody
_HIDDEN_PRODUCT, _HIDDEN_VARIATION = "draft", "private"
_UNKNOWN_GOODS: Final = "unknown_listing"


class WooChannel:
    """A `Channel`, `ListingChannel`, `StockChannel`, `NoteChannel` and `IdentifiedChannel`."""

    stock_rules = STOCK_RULES

    def __init__(self, client: WooClient, *, capabilities: Capabilities = CAPABILITIES) -> None:
        self.capabilities = capabilities
        self._client = client
        self._orders = OrderReader(client, capabilities.page_size)
        self._sender = Sender(client, self._orders)

    # --- orders -----------------------------------------------------------------------------------------------------

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:
        """Orders that changed at or after `since`, those in the trash too, up to a few seconds ago."""
        server_time = self._client.now()
        until = server_time - LAG
        if cursor is None and since >= until:
            return OrderPage((), None, server_time)
        page = self._orders.changed(since, until, cursor)
        return OrderPage(self._orders.orders_of(page.rows), page.next_cursor, server_time, page.whole_until)

    def open_orders(self, cursor: str | None) -> OrderPage:
        """Orders that are to be paid or sent, by the shop's own states."""
        rows, next_cursor, server_time = self._orders.still_open(cursor)
        return OrderPage(self._orders.orders_of(rows), next_cursor, server_time)

    def get_order(self, order_no: str) -> ChannelOrder | None:
        """The newest state of one order, None where the shop does not know it."""
        found = self._orders.one(order_no)
        return None if found is None else found.order

    def confirm_shipment(self, notice: ShipmentNotice) -> None:
        """Say that the parcel left; see `core.channels.woocommerce.shipping`."""
        self._sender.send(notice)

    def check(self) -> datetime:
        """Prove address and key, and that the shop sells in yuan, as far as this key's user may see it."""
        server_time = self._client.first().server_time
        try:
            code = self._client.one(_CURRENCY).fields.text_or_blank("code")
        except (Rejected, ContractBroken):
            return server_time
        if code not in ("", "CNY"):
            raise Rejected("The shop does not sell in yuan", code="currency")
        return server_time

    def identify(self) -> ShopIdentity:
        """Whose shop the key opens: WordPress has no number, its own address is what does not change.

        Where the site hides what it says of itself, the address as it was typed stands for it.
        """
        self._client.first()
        try:
            site = self._client.site()
        except (Rejected, ContractBroken):
            return ShopIdentity(_place_of(self._client.address), _place_of(self._client.address))
        home = site.text_or_blank("home") or site.text_or_blank("url") or self._client.address
        return ShopIdentity(_place_of(home), site.text_or_blank("name") or _place_of(home))

    def write_note(self, order_no: str, text: str, flag: Flag | None = None) -> None:  # noqa: ARG002  none there
        """Leave a private order note, and keep it as the note that comes back with the order. There are no flags."""
        if len(text) > _LONGEST_NOTE:
            raise Rejected(f"A note may have {_LONGEST_NOTE} characters", code="note_too_long")
        order = self.get_order(order_no)
        if order is None:
            raise Rejected("The shop does not know this order", code=UNKNOWN_ORDER)
        if order.seller_note == text:
            return
        path = f"{ORDERS}/{order_no}/notes"
        if text and not self._has_note(path, text):
            try:
                self._client.tell("POST", path, {"note": text, "customer_note": False})
            except ChannelError:
                # Notes have no key: a lost one may be there all the same.
                if not self._has_note(path, text):
                    raise
        self._client.tell("PUT", f"{ORDERS}/{order_no}", {"meta_data": [{"key": NOTE, "value": text}]})

    # --- goods and stock --------------------------------------------------------------------------------------------

    def pull_listings(self, cursor: str | None) -> ListingPage:
        """Every product and variation, on sale or not; from the last page to the first, as orders are read."""
        size = self.capabilities.page_size
        page_no = 1 if cursor is None else page_no_of(cursor)
        page = self._page(_PRODUCTS, page_no)
        if cursor is None and page.total > size:
            page_no = -(-page.total // size)
            page = self._page(_PRODUCTS, page_no)
        found: list[ChannelListing] = []
        for product in page.rows:
            found += listings_of(product, self._variations(product) if has_variations(product) else ())
        return ListingPage(tuple(found), str(page_no - 1) if page_no > 1 else None)

    def read_stock(self, listed: ListedSku) -> ListedStock:
        """What the shop may still sell; units of unpaid orders, which it holds back beside its number, are in it."""
        answer = self._asked(listed)
        return stock_of(answer.fields, answer.told_at)

    def change_stock(self, listed: ListedSku, delta: int, key: str) -> ListedStock:  # noqa: ARG002  the contract's
        """WooCommerce takes no differences."""
        raise Rejected("The shop takes no differences of stock", code="no_differences")

    def set_stock(self, listed: ListedSku, qty: int, if_version: int | None = None) -> ListedStock:  # noqa: ARG002
        """Set the number, over whatever was sold meanwhile; from then on the shop counts these goods."""
        answer = self._told(listed, {"manage_stock": True, "stock_quantity": qty})
        return stock_of(answer.fields, answer.told_at)

    def pause_sale(self, listed: ListedSku) -> None:
        """Take a product off sale as a draft, a variation as a private one: full carts cannot be paid any more.

        Its number stays, so that nothing has to be put back; hiding it from the catalogue would leave it for sale.
        """
        self._told(listed, {"status": _HIDDEN_VARIATION if listed.channel_sku_id else _HIDDEN_PRODUCT})

    def resume_sale(self, listed: ListedSku) -> None:
        """Publish it again."""
        self._told(listed, {"status": PUBLISHED})

    # --- inside -----------------------------------------------------------------------------------------------------

    def _has_note(self, path: str, text: str) -> bool:
        notes = self._client.every(path, (("type", "internal"),))
        return any(row.text_or_blank("note") == text for row in notes)

    def _page(self, path: str, page_no: int) -> Rows:
        pages = (("per_page", str(self.capabilities.page_size)), ("page", str(page_no)))
        return self._client.rows(path, (("orderby", "id"), ("order", "asc"), *pages))

    def _variations(self, product: Fields) -> list[Fields]:
        path = f"{_PRODUCTS}/{product.id('id')}/variations"
        first = self._page(path, 1)
        last = -(-first.total // self.capabilities.page_size)
        if last <= 1:
            return list(first.rows)
        return [row for number in range(last, 0, -1) for row in self._page(path, number).rows]

    def _asked(self, listed: ListedSku) -> Answer:
        try:
            return self._client.one(_path_of(listed))
        except Rejected as error:
            raise _unknown_goods() if is_not_there(error) else error from None

    def _told(self, listed: ListedSku, change: dict[str, object]) -> Answer:
        try:
            return self._client.tell("PUT", _path_of(listed), change)
        except Rejected as error:
            raise _unknown_goods() if is_not_there(error) else error from None


def _path_of(listed: ListedSku) -> str:
    if not is_id(listed.item_id) or (listed.channel_sku_id and not is_id(listed.channel_sku_id)):
        raise _unknown_goods()
    path = f"{_PRODUCTS}/{listed.item_id}"
    return f"{path}/variations/{listed.channel_sku_id}" if listed.channel_sku_id else path


def _unknown_goods() -> Rejected:
    return Rejected("The shop does not know these goods", code=_UNKNOWN_GOODS)


def _place_of(address: str) -> str:
    """Host and path of an address: the same site answers over http and https."""
    parts = urlsplit(address)
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}"
