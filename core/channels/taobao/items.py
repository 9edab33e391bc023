"""Items and their SKUs: what is for sale, and what the platform may still sell of it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

from core.channels.fields import LARGEST_QTY, Fields
from core.channels.listing_contract import ChannelListing, ListingPage
from core.channels.stock_contract import BelowZero, CancelledUnit, ListedSku, ListedStock, StockRules, WriteKind
from core.channels.taobao.client import Answer, TopClient
from core.channels.taobao.reading import is_number, is_unknown
from core.runtime.remote_errors import ChannelError, ContractBroken, Rejected, Temporary

_NOT_KNOWN: Final = "item_not_found"
_ITEM_FIELDS: Final = "num_iid,title,outer_id,price,num,pic_url,approve_status,barcode,skus"
_LIST_FIELDS: Final = "num_iid,title,outer_id,price,num,pic_url,approve_status"
_SKU_FIELDS: Final = "num_iid,sku_id,outer_id,quantity,price,properties_name,barcode,status"
#: lists of items, in the order in which they are read: on sale, then not
_LISTS: Final = ("taobao.items.onsale.get", "taobao.items.inventory.get")
#: as many items as the call for their SKUs takes
LISTING_PAGE: Final = 40

#: one call for one choice of an item; a difference is said once, and below zero the platform says no
TAOBAO_RULES: Final = StockRules(
    write=WriteKind.PLAIN_DELTA,
    below_zero=BelowZero.REFUSES,
    cancelled_unit=CancelledUnit.UNKNOWN,
    reads_back=True,
    # only whole items go off sale, with all their choices
    pauses_sale=False,
    orders_lag_s=120,
    source="taobao.item.quantity.update",
)
#: `outer_biz_key` makes a difference harmless to repeat; whether it is cut at zero nobody has shown
TMALL_RULES: Final = StockRules(
    write=WriteKind.KEYED_DELTA,
    below_zero=BelowZero.CLAMPS,
    cancelled_unit=CancelledUnit.UNKNOWN,
    reads_back=True,
    pauses_sale=False,
    orders_lag_s=120,
    source="tmall.item.quantity.update (outer_biz_key)",
)


class Items:
    """The items of one shop; `is_tmall` shops are written to by calls of their own."""

    def __init__(self, client: TopClient, *, is_tmall: bool, page_size: int = LISTING_PAGE) -> None:
        self._client = client
        self._is_tmall = is_tmall
        self._page_size = min(page_size, LISTING_PAGE)

    # --- lists -----------------------------------------------------------------------------------------------------

    def listings(self, cursor: str | None) -> ListingPage:
        """See `ListingChannel.pull_listings`."""
        which, page_no = _place(cursor)
        page = {"page_no": str(page_no), "page_size": str(self._page_size)}
        answer = self._client.read(_LISTS[which], {"fields": _LIST_FIELDS, **page})
        items = answer.fields.child_or_empty("items").rows("item")
        skus = self._skus([item.id("num_iid") for item in items])
        found = [listing for item in items for listing in _listings_of(item, skus, is_on_sale=which == 0)]
        total = answer.fields.whole_or("total_results", 0)
        if page_no * self._page_size < total:
            return ListingPage(tuple(found), json.dumps([which, page_no + 1]))
        return ListingPage(tuple(found), json.dumps([which + 1, 1]) if which + 1 < len(_LISTS) else None)

    def _skus(self, item_ids: Sequence[str]) -> Mapping[str, Sequence[Fields]]:
        found: dict[str, list[Fields]] = {}
        if item_ids:
            asked = {"fields": _SKU_FIELDS, "num_iids": ",".join(item_ids)}
            for sku in self._client.read("taobao.item.skus.get", asked).fields.child_or_empty("skus").rows("sku"):
                found.setdefault(sku.id("num_iid"), []).append(sku)
        return found

    # --- stock -----------------------------------------------------------------------------------------------------

    def read(self, listed: ListedSku) -> ListedStock:
        """What the platform may still sell of one choice."""
        item, answer = self._item(listed)
        return ListedStock(_qty_of(item, listed), is_on_sale=_is_on_sale(item), at=answer.told_at)

    def change(self, listed: ListedSku, delta: int, key: str) -> ListedStock:
        """A difference; Tmall takes the same key once, Taobao none, so that there it is said once at most."""
        self._check(listed)
        if self._is_tmall:
            options = {"type": 2, "outer_biz_key": hashlib.sha256(key.encode()).hexdigest()[:32]}
            self._client.read("tmall.item.quantity.update", _tmall(listed, delta, options))
            return self._after(listed)
        return self._told(listed, self._client.write("taobao.item.quantity.update", _taobao(listed, delta, "2")))

    def put(self, listed: ListedSku, qty: int) -> ListedStock:
        """The number itself; the same again is harmless, so it is repeated where that may help."""
        if qty < 0:
            raise Rejected("Stock below zero cannot be told", code="below_zero")
        self._check(listed)
        if self._is_tmall:
            self._client.read("tmall.item.quantity.update", _tmall(listed, qty, {"type": 1}))
            return self._after(listed)
        return self._told(listed, self._client.write("taobao.item.quantity.update", _taobao(listed, qty, "1")))

    def _told(self, listed: ListedSku, answer: Answer) -> ListedStock:
        """The number in the write's own answer, which may leave out what was not changed."""
        item = answer.fields.child("item")
        try:
            return ListedStock(_qty_of(item, listed), at=answer.told_at)
        except (ContractBroken, Rejected):
            return self._after(listed)

    def _after(self, listed: ListedSku) -> ListedStock:
        """Look at the number that was written.

        The write is done: a refusal of the question must not pass for a refusal of the write.
        """
        try:
            return self.read(listed)
        except Rejected as error:
            raise Temporary("The number was written and could not be read", code=error.code) from None

    def pause(self, listed: ListedSku) -> None:
        """Take the whole item off sale, with all its choices."""
        item, _ = self._item(listed)
        if _is_on_sale(item):
            self._switched("delisting", {"num_iid": listed.item_id}, listed, is_on=False)

    def resume(self, listed: ListedSku) -> None:
        """Put the whole item back on sale, with the units its choices have."""
        item, _ = self._item(listed)
        if _is_on_sale(item):
            return
        skus = item.child_or_empty("skus").rows("sku")
        units = sum(sku.whole_or("quantity", 0) for sku in skus) if skus else item.whole_or("num", 0)
        if units < 1:
            raise Rejected("Nothing of this item is left to be sold", code="nothing_left")
        self._switched("listing", {"num_iid": listed.item_id, "num": str(units)}, listed, is_on=True)

    def _switched(self, verb: str, params: Mapping[str, str], listed: ListedSku, *, is_on: bool) -> None:
        twin = ".tmall" if self._is_tmall else ""
        try:
            self._client.write(f"taobao.item.update.{verb}{twin}", params)
        except ChannelError as error:
            try:
                item, _ = self._item(listed)
            except ChannelError:
                raise error from None
            if _is_on_sale(item) is not is_on:
                raise

    def _item(self, listed: ListedSku) -> tuple[Fields, Answer]:
        self._check(listed)
        asked = {"fields": _ITEM_FIELDS, "num_iid": listed.item_id}
        try:
            answer = self._client.read("taobao.item.seller.get", asked)
        except Rejected as error:
            if is_unknown(error):
                raise Rejected("Taobao does not know this item", code=_NOT_KNOWN) from None
            raise
        item = answer.fields.child("item")
        if item.id("num_iid") != listed.item_id:
            raise ContractBroken("Taobao answered with another item", code="item.num_iid")
        return item, answer

    @staticmethod
    def _check(listed: ListedSku) -> None:
        if not is_number(listed.item_id) or (listed.channel_sku_id and not is_number(listed.channel_sku_id)):
            raise Rejected("Taobao does not know this item", code=_NOT_KNOWN)


def _place(cursor: str | None) -> tuple[int, int]:
    if cursor is None:
        return 0, 1
    try:
        which, page_no = (int(part) for part in json.loads(cursor))
    except (ValueError, TypeError):
        which, page_no = -1, 0
    if not 0 <= which < len(_LISTS) or page_no < 1:
        raise ContractBroken("This is no place in the platform's pages", code="cursor")
    return which, page_no


def _listings_of(item: Fields, skus: Mapping[str, Sequence[Fields]], *, is_on_sale: bool) -> Sequence[ChannelListing]:
    item_id = item.id("num_iid")
    title, picture = item.text_or_blank("title"), item.text_or_blank("pic_url")
    choices = skus.get(item_id, ())
    if not choices:
        return [
            ChannelListing(
                item_id,
                "",
                item.text_or_blank("outer_id"),
                title,
                price_fen=item.yuan("price") if item.has("price") else None,
                qty=item.whole_or("num", 0) if item.has("num") else None,
                is_on_sale=is_on_sale,
                picture_url=picture,
            )
        ]
    return [
        ChannelListing(
            item_id,
            sku.id("sku_id"),
            sku.text_or_blank("outer_id") or item.text_or_blank("outer_id"),
            title,
            spec=_spec_of(sku.text_or_blank("properties_name")),
            barcode=sku.text_or_blank("barcode"),
            price_fen=sku.yuan("price") if sku.has("price") else None,
            qty=sku.whole_or("quantity", 0) if sku.has("quantity") else None,
            is_on_sale=is_on_sale,
            picture_url=picture,
        )
        for sku in choices
    ]


def _spec_of(properties_name: str) -> str:
    """`1627207:28341:颜色:红;20509:28315:尺码:M` as `颜色:红;尺码:M`; what looks otherwise stays."""
    parts = []
    for part in properties_name.split(";"):
        pieces = part.split(":", 3)
        is_coded = len(pieces) >= 3 and pieces[0].lstrip("-").isdigit() and pieces[1].lstrip("-").isdigit()
        parts.append(":".join(pieces[2:]) if is_coded else part)
    return ";".join(part for part in parts if part)


def _qty_of(item: Fields, listed: ListedSku) -> int:
    if not listed.channel_sku_id:
        return item.whole("num", 0, LARGEST_QTY)
    for sku in item.child_or_empty("skus").rows("sku"):
        if sku.id("sku_id") == listed.channel_sku_id:
            return sku.whole("quantity", 0, LARGEST_QTY)
    raise Rejected("Taobao does not know this choice of the item", code=_NOT_KNOWN)


def _is_on_sale(item: Fields) -> bool:
    return item.text_or_blank("approve_status") == "onsale"


def _taobao(listed: ListedSku, number: int, kind: str) -> Mapping[str, str]:
    return {"num_iid": listed.item_id, "sku_id": listed.channel_sku_id, "quantity": str(number), "type": kind}


def _tmall(listed: ListedSku, number: int, options: Mapping[str, object]) -> Mapping[str, str]:
    params = {"item_id": listed.item_id, "options": json.dumps(options)}
    if listed.channel_sku_id:
        skus = [{"sku_id": int(listed.channel_sku_id), "quantity": number}]
        return {**params, "sku_quantities": json.dumps(skus)}
    return {**params, "item_quantity": str(number)}
