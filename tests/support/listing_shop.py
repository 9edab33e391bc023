"""A shop whose items can be listed: page by page by number, while its owner puts rows in and takes them out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.channels.listing_contract import ChannelListing, ListingPage
from core.runtime.clock import Clock
from tests.support.fake_shop import FakeShop


def offer(code: str, **more: Any) -> ChannelListing:
    """The listing that `fake_shop.line(no, code)` is bought from."""
    facts: dict[str, Any] = {"title": f"goods {code}", "price_fen": 1000, "qty": 5, "is_on_sale": True} | more
    return ChannelListing(f"item-{code}", f"sku-{code}", facts.pop("merchant_code", code), **facts)


class ListingShop(FakeShop):
    """Implements `Channel` and `ListingChannel`; pages are cut by place, as most platforms do."""

    def __init__(self, clock: Clock, *offers: ChannelListing, rows: int = 3) -> None:
        super().__init__(clock, lists_items=True)
        self.offers = list(offers)
        self.rows = rows
        #: called before each page is answered, with its number from 0
        self.before_page: Callable[[int], None] = lambda _number: None

    def offer(self, *offers: ChannelListing) -> None:
        """Put more on sale."""
        self.offers += offers

    def withdraw(self, code: str) -> ChannelListing:
        """Delete an item."""
        (gone,) = [one for one in self.offers if one.item_id == f"item-{code}"]
        self.offers.remove(gone)
        return gone

    def rewrite(self, code: str, **facts: Any) -> None:
        """Change what the shop says of an item."""
        self.offers = [replace(one, **facts) if one.item_id == f"item-{code}" else one for one in self.offers]

    def pull_listings(self, cursor: str | None) -> ListingPage:
        """Rows from a place on."""
        number = int(cursor or 0)
        self.before_page(number)
        self._answer("list")
        first = number * self.rows
        has_more = first + self.rows < len(self.offers)
        return ListingPage(self.offers[first : first + self.rows], str(number + 1) if has_more else None)
