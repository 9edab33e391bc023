"""What channels that tell their items speak in addition: what is for sale there, to be matched to our SKUs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class ChannelListing:
    """One thing a shop sells, in its smallest choice: a SKU of an item, or an item that has none.

    `item_id` and `channel_sku_id` are what order lines name too; `qty` is what the platform may still sell, None
    where the list does not say.
    """

    item_id: str
    channel_sku_id: str
    merchant_code: str
    title: str
    spec: str = ""
    barcode: str = ""
    price_fen: int | None = None
    qty: int | None = None
    is_on_sale: bool | None = None
    picture_url: str = ""


@dataclass(frozen=True, slots=True)
class ListingPage:
    """One page; `next_cursor` is None on the last one."""

    listings: Sequence[ChannelListing]
    next_cursor: str | None


@runtime_checkable
class ListingChannel(Protocol):
    """A shop whose items can be listed. Raises the five errors and nothing else."""

    def pull_listings(self, cursor: str | None) -> ListingPage:
        """Everything the shop sells or could put on sale, `cursor` from the page before."""
        ...
