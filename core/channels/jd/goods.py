"""SKUs and their stock. JD sells SKUs of a ware, and takes only whole wares off sale."""

from typing import Final

from core.channels.contract import Capabilities
from core.channels.jd import methods
from core.channels.jd.client import JdClient
from core.channels.jd.mapper import listing_of
from core.channels.listing_contract import ListingPage
from core.channels.stock_contract import BelowZero, CancelledUnit, ListedSku, ListedStock, StockRules, WriteKind
from core.runtime.remote_errors import ContractBroken, Rejected

#: `stockRfId` may make a difference repeatable, but nobody could prove it: so it is sent, and not relied on
STOCK_RULES: Final = StockRules(
    write=WriteKind.PLAIN_DELTA,
    below_zero=BelowZero.CLAMPS,
    cancelled_unit=CancelledUnit.UNKNOWN,
    reads_back=True,
    # only whole wares; a single SKU is brought to zero instead
    pauses_sale=False,
    calls_per_minute=60,
    orders_lag_s=240,
    source="unverified",
)

_DEFAULT_STORE: Final = 0
_UP: Final = 1
_DOWN: Final = 2
_UNKNOWN_LISTING: Final = "unknown_listing"
_FIELDS: Final = "wareId,skuId,status,saleAttrs,jdPrice,outerId,barCode,logo,skuName,wareTitle,stockNum"
#: on sale, off sale; deleted ones are of no use
_STATES: Final = "1,2"
_LONGEST_ID: Final = 19


class JdGoods:
    """The wares of one shop."""

    def __init__(self, client: JdClient, capabilities: Capabilities) -> None:
        self._client = client
        self._capabilities = capabilities

    def listings(self, cursor: str | None) -> ListingPage:
        """A page of all SKUs; the cursor is the page's number."""
        page_no = 1 if cursor is None else _page_no(cursor)
        size = self._capabilities.page_size
        params = {"skuStatuValue": _STATES, "pageNo": page_no, "page_size": size, "field": _FIELDS}
        found = self._client.ask(methods.LIST_SKUS, params).body.child("page")
        rows = [listing_of(row) for row in found.rows("data")]
        is_last = not rows or page_no * size >= found.whole_or("totalItem", 0)
        return ListingPage(rows, None if is_last else str(page_no + 1))

    def read(self, listed: ListedSku) -> ListedStock:
        """JD's number of a SKU in the shop's own store.

        Raises:
            Rejected: JD does not know the SKU.
        """
        sku_id = _sku_id(listed)
        answer = self._client.ask(methods.READ_STOCK, {"skuId": sku_id, "field": "skuId,storeId,stockNum"})
        for row in answer.body.rows("skuStocks"):
            if row.id("skuId") == sku_id and row.whole_or("storeId", _DEFAULT_STORE) == _DEFAULT_STORE:
                return ListedStock(row.whole_or("stockNum", 0), at=answer.told_at)
        raise Rejected("JD does not know this listing", code=_UNKNOWN_LISTING)

    def add(self, listed: ListedSku, delta: int, key: str) -> ListedStock:
        """Change the number by a difference; JD says only that it was done, so the number is read back."""
        params = {"skuId": _sku_id(listed), "stockNum": delta, "storeId": _DEFAULT_STORE, "stockRfId": key}
        self._done(methods.ADD_STOCK, params)
        return self.read(listed)

    def put(self, listed: ListedSku, qty: int) -> ListedStock:
        """Set the number."""
        params = {"skuId": _sku_id(listed), "stockNum": qty, "storeId": _DEFAULT_STORE}
        self._done(methods.SET_STOCK, params)
        return self.read(listed)

    def sell(self, listed: ListedSku, *, is_on: bool) -> None:
        """Put a whole ware on sale, or take it off, with all its choices."""
        if not _is_number(listed.item_id):
            raise Rejected("JD does not know this listing", code=_UNKNOWN_LISTING)
        self._done(methods.UP_OR_DOWN, {"wareId": listed.item_id, "opType": _UP if is_on else _DOWN})

    def _done(self, method: str, params: dict[str, object]) -> None:
        body = self._client.tell(method, params).body
        if body.mapping.get("success") not in (True, "true"):
            raise ContractBroken("JD does not say whether it was done", code="success")


def _sku_id(listed: ListedSku) -> str:
    if not _is_number(listed.channel_sku_id):
        raise Rejected("JD does not know this listing", code=_UNKNOWN_LISTING)
    return listed.channel_sku_id


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID


def _page_no(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and int(cursor[:9]) >= 1 and len(cursor) < 9):
        raise ContractBroken("This is no place in JD's list", code="cursor")
    return int(cursor)
