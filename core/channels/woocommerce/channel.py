"""One WooCommerce shop, as core sees every shop."""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from core.channels.contract import UNKNOWN_ORDER, Capabilities, ChannelOrder, OrderPage, ShipmentNotice
from core.channels.listing_contract import ListingPage
from core.channels.shop_contract import Flag, ShopIdentity
from core.channels.stock_contract import ListedSku, ListedStock
from core.channels.woocommerce.client import ORDERS, WooClient
from core.channels.woocommerce.facts import CAPABILITIES, LAG, STOCK_RULES
from core.channels.woocommerce.parcels import NOTE
from core.channels.woocommerce.reading import OrderReader
from core.channels.woocommerce.shipping import Sender
from core.channels.woocommerce.stocking import GoodsDesk
from core.runtime.remote_errors import ChannelError, ContractBroken, Rejected

_CURRENCY: Final = "/wc/v3/data/currencies/current"
#: characters of a seller's note: our own bound, the shop has none
_LONGEST_NOTE: Final = 5000


class WooChannel:
    """A `Channel`, `ListingChannel`, `StockChannel`, `NoteChannel` and `IdentifiedChannel`."""

    stock_rules = STOCK_RULES

    def __init__(self, client: WooClient, *, capabilities: Capabilities = CAPABILITIES) -> None:
        self.capabilities = capabilities
        self._client = client
        self._orders = OrderReader(client, capabilities.page_size)
        self._sender = Sender(client, self._orders)
        self._goods = GoodsDesk(client, capabilities.page_size)

    # --- orders -----------------------------------------------------------------------------------------------------

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:
        """Orders that changed at or after `since`, those in the trash too, up to a few seconds ago."""
        server_time = self._client.now()
        until = server_time - LAG
        if cursor is None and since >= until:
            return OrderPage((), None, server_time)
        page = self._orders.changed(since, until, cursor)
        orders, unread = self._orders.orders_of(page.rows)
        return OrderPage(orders, page.next_cursor, server_time, page.whole_until, unread)

    def open_orders(self, cursor: str | None) -> OrderPage:
        """Orders that are to be paid or sent, by the shop's own states."""
        rows, next_cursor, server_time = self._orders.still_open(cursor)
        orders, unread = self._orders.orders_of(rows)
        return OrderPage(orders, next_cursor, server_time, unread=unread)

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
        """Every product and variation, on sale or not."""
        return self._goods.page(cursor)

    def read_stock(self, listed: ListedSku) -> ListedStock:
        """What the shop may still sell: its number less the units of unpaid orders."""
        return self._goods.read(listed)

    def change_stock(self, listed: ListedSku, delta: int, key: str) -> ListedStock:  # noqa: ARG002  the contract's
        """WooCommerce takes no differences."""
        raise Rejected("The shop takes no differences of stock", code="no_differences")

    def set_stock(
        self,
        listed: ListedSku,
        qty: int,
        if_version: int | None = None,  # noqa: ARG002  numbers have no version there
    ) -> ListedStock:
        """Set the number, over whatever was sold meanwhile."""
        return self._goods.put(listed, qty)

    def pause_sale(self, listed: ListedSku) -> None:
        """Take it off sale; see `core.channels.woocommerce.stocking`."""
        self._goods.pause(listed)

    def resume_sale(self, listed: ListedSku) -> None:
        """Publish it again."""
        self._goods.resume(listed)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _has_note(self, path: str, text: str) -> bool:
        notes = self._client.every(path, (("type", "internal"),))
        return any(row.text_or_blank("note") == text for row in notes)


def _place_of(address: str) -> str:
    """Host and path of an address: the same site answers over http and https."""
    parts = urlsplit(address)
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}"
