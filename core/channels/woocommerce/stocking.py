"""The goods of one shop: listed, their numbers read and set, taken off sale and put back.

The shop's number is not what it may still sell. Units of orders that are not paid yet stay in it until they are: the
shop holds them back beside it. We know those orders, so that their units are taken off what is read and added to what
is set; both ask for them before and after, because one may be paid in between.
"""

from collections.abc import Sequence
from typing import Final

from core.channels.fields import Fields
from core.channels.listing_contract import ChannelListing, ListingPage
from core.channels.stock_contract import ListedSku, ListedStock
from core.channels.woocommerce.client import ORDERS, Answer, Query, Rows, WooClient
from core.channels.woocommerce.errors import is_not_there
from core.channels.woocommerce.goods import PUBLISHED, has_variations, is_shared, listings_of, stock_of
from core.channels.woocommerce.mapper import PENDING, units_of
from core.channels.woocommerce.reading import is_id, page_no_of
from core.runtime.remote_errors import ChannelError, Rejected, Temporary

_PRODUCTS: Final = "/wc/v3/products"
#: a product off sale is a draft again, a variation is shown to nobody
_HIDDEN_PRODUCT, _HIDDEN_VARIATION = "draft", "private"
#: how often a number is read or set again because an order was paid meanwhile
_TRIES: Final = 3
_UNKNOWN_GOODS: Final = "unknown_listing"


class GoodsDesk:
    """What is for sale in one shop."""

    def __init__(self, client: WooClient, page_size: int) -> None:
        self._client = client
        self._page_size = page_size

    def page(self, cursor: str | None) -> ListingPage:
        """Every product and variation, on sale or not; from the last page to the first, as orders are read."""
        page_no = 1 if cursor is None else page_no_of(cursor)
        page = self._page(_PRODUCTS, page_no)
        if cursor is None and page.total > self._page_size:
            page_no = -(-page.total // self._page_size)
            page = self._page(_PRODUCTS, page_no)
        found: list[ChannelListing] = []
        for product in page.rows:
            found += listings_of(product, self._variations(product) if has_variations(product) else ())
        return ListingPage(tuple(found), str(page_no - 1) if page_no > 1 else None)

    def read(self, listed: ListedSku) -> ListedStock:
        """What the shop may still sell.

        Raises:
            Rejected: the shop does not know these goods.
            Temporary: its buyers pay so fast that no moment was to be caught.
            ChannelError: the other three kinds.
        """
        is_pool = bool(listed.channel_sku_id) and is_shared(self._asked(listed).fields)
        before = self._unpaid(listed, is_pool=is_pool)
        for _ in range(_TRIES):
            answer = self._asked(listed)
            now = self._unpaid(listed, is_pool=is_pool)
            if now == before:
                return stock_of(answer.fields, now, answer.told_at)
            before = now
        raise Temporary("Orders of these goods are being paid at this moment", code="unpaid_moves")

    def put(self, listed: ListedSku, qty: int) -> ListedStock:
        """Let the shop sell so many more than its unpaid orders hold; from then on it counts these goods.

        Raises:
            Rejected: nothing was changed.
            ChannelError: as `StockChannel`.
        """
        path, unpaid = _path_of(listed), self._unpaid(listed, is_pool=False)
        answer = self._told(path, {"manage_stock": True, "stock_quantity": qty + unpaid})
        for _ in range(_TRIES):
            try:
                now = self._unpaid(listed, is_pool=False)
                if now == unpaid:
                    return stock_of(answer.fields, unpaid, answer.told_at)
                # One was paid or called off around the write: its units may be off the number or not.
                unpaid = now
                answer = self._told(path, {"manage_stock": True, "stock_quantity": qty + unpaid})
            except ChannelError as error:
                # A refusal now says nothing of the write before.
                raise Temporary(f"It is not known whether the number holds: {error}", code=error.code) from error
        raise Temporary("Orders of these goods are being paid at this moment", code="unpaid_moves")

    def pause(self, listed: ListedSku) -> None:
        """Take a product off sale as a draft, a variation as a private one: full carts cannot be paid any more.

        Its number stays, so that nothing has to be put back; hiding it from the catalogue would leave it for sale.
        """
        self._told(_path_of(listed), {"status": _HIDDEN_VARIATION if listed.channel_sku_id else _HIDDEN_PRODUCT})

    def resume(self, listed: ListedSku) -> None:
        """Publish it again."""
        self._told(_path_of(listed), {"status": PUBLISHED})

    # --- inside -----------------------------------------------------------------------------------------------------

    def _unpaid(self, listed: ListedSku, *, is_pool: bool) -> int:
        """Units in orders that wait for their money; of every variation where they share one number."""
        query = (("status", PENDING), ("product", listed.item_id))
        variation = None if is_pool else listed.channel_sku_id
        return sum(units_of(order, listed.item_id, variation) for order in self._every(ORDERS, query))

    def _variations(self, product: Fields) -> Sequence[Fields]:
        return self._every(f"{_PRODUCTS}/{product.id('id')}/variations", ())

    def _every(self, path: str, query: Query) -> Sequence[Fields]:
        first = self._page(path, 1, query)
        last = -(-first.total // self._page_size)
        if last <= 1:
            return first.rows
        rows = [row for number in range(last, 0, -1) for row in self._page(path, number, query).rows]
        return list({row.id("id"): row for row in rows}.values())

    def _page(self, path: str, page_no: int, query: Query = ()) -> Rows:
        pages = (("per_page", str(self._page_size)), ("page", str(page_no)))
        return self._client.rows(path, (*query, ("orderby", "id"), ("order", "asc"), *pages))

    def _asked(self, listed: ListedSku) -> Answer:
        try:
            return self._client.one(_path_of(listed))
        except Rejected as error:
            raise _unknown_goods() if is_not_there(error) else error from None

    def _told(self, path: str, change: dict[str, object]) -> Answer:
        try:
            return self._client.tell("PUT", path, change)
        except Rejected as error:
            raise _unknown_goods() if is_not_there(error) else error from None


def _path_of(listed: ListedSku) -> str:
    if not is_id(listed.item_id) or (listed.channel_sku_id and not is_id(listed.channel_sku_id)):
        raise _unknown_goods()
    path = f"{_PRODUCTS}/{listed.item_id}"
    return f"{path}/variations/{listed.channel_sku_id}" if listed.channel_sku_id else path


def _unknown_goods() -> Rejected:
    return Rejected("The shop does not know these goods", code=_UNKNOWN_GOODS)
