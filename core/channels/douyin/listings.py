"""Douyin's products and their SKUs as listings. Pure, as `mapper`."""

from collections.abc import Sequence
from typing import Final

from core.channels.fields import Fields, broken
from core.channels.listing_contract import ChannelListing

_ON_SALE, _DELETED = 0, 2
_CHECKED: Final = 3


def product_ids(data: object) -> Sequence[Fields]:
    """The products of a page, without those that are deleted."""
    rows = Fields(data, "products").rows("data")
    return [row for row in rows if row.whole_or("status", _ON_SALE) != _DELETED]


def listings_of(product: Fields, skus: object) -> Sequence[ChannelListing]:
    """One listing per SKU of a product.

    Raises:
        ContractBroken: an id is missing, or the SKUs are no list.
    """
    if not isinstance(skus, list):
        raise broken("skus")
    return [_listing_of(product, Fields(raw, "skus")) for raw in skus]


def _listing_of(product: Fields, sku: Fields) -> ChannelListing:
    names = [row.text_or_blank("value_name") for row in sku.rows("sell_properties")]
    if not any(names):
        names = [sku.text_or_blank(f"spec_detail_name{place}") for place in (1, 2, 3)]
    is_checked = product.whole_or("check_status", _CHECKED) == _CHECKED
    return ChannelListing(
        item_id=product.id("product_id"),
        channel_sku_id=sku.id("id"),
        merchant_code=sku.id_or_blank("code"),
        title=product.text_or_blank("name"),
        spec=" ".join(name for name in names if name),
        barcode=sku.child_or_empty("customs_report_info").id_or_blank("bar_code"),
        price_fen=sku.fen("price") if sku.has("price") else None,
        # a SKU with a stock per region tells none of its own
        qty=max(sku.whole_or("stock_num", 0), 0) if sku.has("stock_num") else None,
        is_on_sale=product.whole_or("status", _ON_SALE) == _ON_SALE and is_checked,
        picture_url=product.text_or_blank("img"),
    )
