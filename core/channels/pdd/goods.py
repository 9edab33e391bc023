"""Pinduoduo's goods as listings and numbers of stock: pure."""

from collections.abc import Sequence
from datetime import datetime

from core.channels.fields import Fields
from core.channels.listing_contract import ChannelListing
from core.channels.stock_contract import ListedSku, ListedStock

_ON_SALE = 1


def listings_of(answer: Fields) -> Sequence[ChannelListing]:
    """The SKUs of one page of `pdd.goods.list.get`; it tells no prices.

    Raises:
        ContractBroken: not such a page.
    """
    return tuple(
        ChannelListing(
            item_id=goods.id("goods_id"),
            channel_sku_id=sku.id("sku_id"),
            merchant_code=sku.text_or_blank("outer_id"),
            title=goods.text_or_blank("goods_name"),
            spec=sku.text_or_blank("spec"),
            qty=max(sku.whole_or("sku_quantity", 0), 0),
            is_on_sale=goods.whole_or("is_onsale", 0) == _ON_SALE and sku.whole_or("is_sku_onsale", 0) == _ON_SALE,
            picture_url=goods.text_or_blank("thumb_url") or goods.text_or_blank("image_url"),
        )
        for goods in answer.rows("goods_list")
        for sku in goods.rows("sku_list")
    )


def stock_of(answer: Fields, listed: ListedSku, at: datetime | None) -> ListedStock | None:
    """The number of one SKU in an answer of `pdd.goods.detail.get`, None where the item has no such SKU.

    Units that buyers have put by without paying (`reserve_quantity`) are off the platform's number, and their orders
    are not shown to us: they may still be sold, and count.

    Raises:
        ContractBroken: not such an answer.
    """
    for sku in answer.rows("sku_list"):
        is_it = (
            sku.id_or_blank("sku_id") == listed.channel_sku_id
            if listed.channel_sku_id
            else sku.text_or_blank("out_sku_sn") == listed.merchant_code
        )
        if is_it:
            qty = max(sku.whole_or("quantity", 0), 0) + max(sku.whole_or("reserve_quantity", 0), 0)
            is_on_sale = answer.whole_or("status", 0) == _ON_SALE and sku.whole_or("is_onsale", 0) == _ON_SALE
            return ListedStock(qty, is_on_sale=is_on_sale, at=at)
    return None
