"""What the page of listings needs from core; core's service satisfies it by shape."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.catalog.listings import MatchChange
from core.catalog.records import SkuSpec
from core.desk.listings import ListingDetail, ListingShop
from core.fulfilment.matched import Matched
from core.orders.listing_list import ListingCursor, ListingFilter, ListingPage
from core.sync.listing_rounds import Round

if TYPE_CHECKING:
    from core.files.listings import ListingTable


class ListingDesk(Protocol):
    """Looking at listings and matching them. Nothing is told to a platform."""

    def page(self, wanted: ListingFilter, after: ListingCursor | None, limit: int) -> ListingPage:
        """One page of a pile."""
        ...

    def counts(self, wanted: ListingFilter) -> Mapping[str, int]:
        """How many each pile holds."""
        ...

    def detail(self, listing_id: int) -> ListingDetail | None:
        """One listing with what it may be and what waits for it."""
        ...

    def shops(self) -> tuple[ListingShop, ...]:
        """Every shop."""
        ...

    def rounds(self) -> tuple[Round, ...]:
        """How far the reading of each shop's list is."""
        ...

    def read_now(self, shop_id: int | None) -> int:
        """Have lists read now; gives of how many shops."""
        ...

    def stop_reading(self) -> None:
        """Stop the readings that run."""
        ...

    def match(
        self,
        wanted: Mapping[int, int | None],
        seen: Mapping[int, int | None] | None = None,
        *,
        keeps_orders: bool = False,
    ) -> Matched:
        """Match listings, each to its SKU."""
        ...

    def match_to_code(
        self,
        listing_ids: Sequence[int],
        code: str,
        seen: Mapping[int, int | None] | None = None,
        *,
        keeps_orders: bool = False,
    ) -> Matched:
        """Match listings to one SKU."""
        ...

    def make_and_match(
        self,
        listing_ids: Sequence[int],
        spec: SkuSpec,
        seen: Mapping[int, int | None] | None = None,
        *,
        keeps_orders: bool = False,
    ) -> Matched:
        """Add a SKU or a bundle and match listings to it."""
        ...

    def take_back(self, changes: Sequence[MatchChange]) -> int:
        """Put matches back as they were."""
        ...

    def export(self, path: Path, wanted: ListingFilter) -> int:
        """Write a table."""
        ...

    def read_table(self, path: Path) -> "ListingTable":
        """What a table would change."""
        ...

    def take_table(self, table: "ListingTable", *, keeps_orders: bool = False) -> Matched:
        """Match as a table says."""
        ...
