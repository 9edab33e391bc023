"""WooCommerce's products and variations as listings and numbers of stock: pure."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from core.channels.fields import LARGEST_FEN, Fields
from core.channels.listing_contract import ChannelListing
from core.channels.stock_contract import ListedStock

PUBLISHED: Final = "publish"
_VARIABLE: Final = "variable"
_OF_PRODUCT: Final = "parent"
#: bought at another shop, or only a page that shows other products
_NOT_SOLD: Final = frozenset({"external", "grouped"})


def has_variations(product: Fields) -> bool:
    """Whether a product is sold in choices that are told apart."""
    return product.text_or_blank("type").startswith(_VARIABLE)


def listings_of(product: Fields, variations: Sequence[Fields]) -> Sequence[ChannelListing]:
    """What is sold of one product: its variations, or itself.

    Raises:
        ContractBroken: not such rows.
    """
    if product.text_or_blank("type") in _NOT_SOLD:
        return ()
    if not has_variations(product):
        return (_listing_of(product, product, ""),)
    return tuple(_listing_of(product, row, row.id("id")) for row in variations)


def is_shared(sold: Fields) -> bool:
    """Whether a variation takes part in the number of its product."""
    return sold.mapping.get("manage_stock") == _OF_PRODUCT


def stock_of(sold: Fields, unpaid: int, at: datetime | None) -> ListedStock:
    """What may still be sold of a product or a variation: its number less the units of unpaid orders.

    One whose stock nobody manages has no number and is sold without end: nothing of ours is there yet, which the
    first write changes. Whether it is on sale is its status alone: sold out is still on sale.
    """
    qty = max((_qty_of(sold) or 0) - unpaid, 0)
    return ListedStock(qty, is_on_sale=sold.text_or_blank("status") == PUBLISHED, at=at)


def _listing_of(product: Fields, sold: Fields, variation_id: str) -> ChannelListing:
    pictures = [row.text_or_blank("src") for row in product.rows("images")]
    image = sold.child_or_empty("image").text_or_blank("src") if variation_id else ""
    return ChannelListing(
        item_id=product.id("id"),
        channel_sku_id=variation_id,
        merchant_code=sold.id_or_blank("sku"),
        title=product.text_or_blank("name"),
        spec=_spec_of(sold) if variation_id else "",
        barcode=sold.id_or_blank("global_unique_id"),
        price_fen=_price_of(sold),
        qty=_qty_of(sold),
        is_on_sale=product.text_or_blank("status") == PUBLISHED == sold.text_or_blank("status"),
        picture_url=image or next((src for src in pictures if src), ""),
    )


def _spec_of(variation: Fields) -> str:
    options = [row.text_or_blank("option") for row in variation.rows("attributes")]
    return ";".join(option for option in options if option)


def _qty_of(sold: Fields) -> int | None:
    """Units; None where the stock is not managed. A variation may take part in its product's (`parent`)."""
    if sold.mapping.get("manage_stock") in (False, None):
        return None
    value = sold.mapping.get("stock_quantity")
    if isinstance(value, bool) or not isinstance(value, (int, float, type(None))):
        raise sold.broken("stock_quantity")
    # Parts of a unit are a plugin's; below nothing are units that were sold without being there.
    return max(int(value or 0), 0)


def _price_of(sold: Fields) -> int | None:
    """What one costs now; None where no price stands, or one finer than a fen."""
    text = sold.id_or_blank("price").strip()
    try:
        fen = Decimal(text) * 100
    except InvalidOperation:
        return None
    return int(fen) if fen.is_finite() and fen == fen.to_integral_value() and 0 <= fen <= LARGEST_FEN else None
