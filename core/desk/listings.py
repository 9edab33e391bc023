"""What shops offer and what of ours that is, as its page works with it: looking, matching, tables, reading anew."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from core.access.exporting import record_export
from core.access.gate import confirm, needs
from core.access.rights import Right
from core.catalog import products, queries
from core.catalog.listings import MatchChange, take_back
from core.catalog.models import Sku
from core.catalog.proposals import Proposal, proposals, similar
from core.catalog.records import SkuSpec
from core.catalog.service import match_by_code
from core.channels.by_hand import UNCALLED
from core.channels.models import Shop
from core.customers.service import Digest
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.fulfilment.matched import Matched, change_matches, resume_waiting
from core.orders.listing_list import (
    ListingCursor,
    ListingFilter,
    ListingPage,
    ListingRow,
    WaitingOrder,
    asked_of,
    listing_counts,
    listing_page,
    listing_row,
    listing_rows,
    orders_waiting_for,
)
from core.runtime.errors import NotFound, Refused

if TYPE_CHECKING:
    from core.files.listings import ListingTable
    from core.sync.listing_rounds import ListingRounds, Round


@dataclass(frozen=True, slots=True)
class ListingShop:
    """A shop that has, or may have, listings; `is_read` where its own list can be asked for."""

    id: int
    name: str
    is_read: bool


@dataclass(frozen=True, slots=True)
class ListingDetail:
    """One listing with what it may be and what waits for it, the most urgent first."""

    row: ListingRow
    proposals: tuple[Proposal, ...]
    orders: tuple[WaitingOrder, ...]


class Listings:
    """Looking at listings and matching them. Nothing here is told to a platform."""

    def __init__(
        self,
        store: Store,
        digest: Digest,
        carrier_code: str,
        rounds: "ListingRounds",
        on_asked: Callable[[], None] = lambda: None,
    ) -> None:
        """Make the service.

        Args:
            store: the records.
            digest: the keyed digest of this installation.
            carrier_code: the carrier of our own numbers.
            rounds: what reads the shops' lists.
            on_asked: wakes the lane that does.
        """
        self._store = store
        self._digest = digest
        self._carrier_code = carrier_code
        self._rounds = rounds
        self._on_asked = on_asked

    # --- looking ------------------------------------------------------------------------------------------------

    @needs(Right.SEE_STOCK)
    def page(self, wanted: ListingFilter, after: ListingCursor | None, limit: int) -> ListingPage:
        """One page of a pile."""
        return self._store.read(lambda connection: listing_page(connection, wanted, after, limit))

    @needs(Right.SEE_STOCK)
    def counts(self, wanted: ListingFilter) -> Mapping[str, int]:
        """How many each pile holds of the shop and the search."""
        return self._store.read(lambda connection: listing_counts(connection, wanted))

    @needs(Right.SEE_STOCK)
    def detail(self, listing_id: int) -> ListingDetail | None:
        """One listing; None where there is none of that number."""

        def look(connection: Connection) -> ListingDetail | None:
            row = listing_row(connection, listing_id)
            if row is None:
                return None
            sure = proposals(connection, [asked_of(row)])[row.id]
            more = [
                one for one in similar(connection, row.title, row.spec) if one.sku_id not in {s.sku_id for s in sure}
            ]
            return ListingDetail(row, (*sure, *more), orders_waiting_for(connection, listing_id))

        return self._store.read(look)

    @needs(Right.SEE_STOCK)
    def shops(self) -> tuple[ListingShop, ...]:
        """Every shop."""
        query = select(Shop.id, Shop.name, Shop.channel, Shop.is_active).order_by(Shop.id)
        rows = self._store.read(lambda connection: connection.execute(query).all())
        return tuple(ListingShop(row.id, row.name, row.is_active and row.channel not in UNCALLED) for row in rows)

    # --- reading anew -------------------------------------------------------------------------------------------

    @needs(Right.SEE_STOCK)
    def rounds(self) -> "tuple[Round, ...]":
        """How far the reading of each shop's list is."""
        return self._rounds.rounds()

    @needs(Right.EDIT_PRODUCTS)
    def read_now(self, shop_id: int | None) -> int:
        """Have the list of a shop, or of all, read now behind the desk; gives how many shops are asked.

        Raises:
            Refused: `listing.no_shop`, there is no shop whose list could be asked for.
        """
        ids = [shop.id for shop in self.shops() if shop.is_read and shop_id in (None, shop.id)]
        if not ids:
            raise Refused("listing.no_shop", "no shop is there whose list could be asked for")
        self._rounds.ask(ids)
        self._on_asked()
        return len(ids)

    @needs(Right.EDIT_PRODUCTS)
    def stop_reading(self) -> None:
        """Stop the readings that run or wait; what was written stays."""
        self._rounds.cancel()

    # --- matching -----------------------------------------------------------------------------------------------

    @needs(Right.EDIT_PRODUCTS)
    def match(
        self,
        wanted: Mapping[int, int | None],
        seen: Mapping[int, int | None] | None = None,
        *,
        keeps_orders: bool = False,
    ) -> Matched:
        """Match listings to SKUs or bundles, None takes a match away; orders that waited go on.

        Raises:
            NotFound, Refused: as `core.fulfilment.matched.change_matches`.
        """

        def write(uow: UnitOfWork) -> tuple[MatchChange, ...]:
            confirm(uow, Right.EDIT_PRODUCTS)
            return change_matches(uow, wanted, seen, keeps_orders=keeps_orders)

        return self._resumed(self._store.write(write))

    @needs(Right.EDIT_PRODUCTS)
    def match_to_code(
        self,
        listing_ids: Sequence[int],
        code: str,
        seen: Mapping[int, int | None] | None = None,
        *,
        keeps_orders: bool = False,
    ) -> Matched:
        """As `match`, all of them to the SKU that a typed or scanned code stands for.

        Raises:
            NotFound: `catalog.no_sku`. NotFound, Refused: as `match`.
        """
        found = self._store.read(lambda connection: _sku_of(connection, code.strip()))
        if found is None:
            raise NotFound("listing.no_code", f"no goods have the code {code}", typed=code.strip())
        return self.match(dict.fromkeys(listing_ids, found), seen, keeps_orders=keeps_orders)

    @needs(Right.EDIT_PRODUCTS)
    def make_and_match(
        self,
        listing_ids: Sequence[int],
        spec: SkuSpec,
        seen: Mapping[int, int | None] | None = None,
        *,
        keeps_orders: bool = False,
    ) -> Matched:
        """Add a SKU, or a bundle where it has parts, and match listings to it: both or neither.

        Other listings that bear its code are matched as well, as with every new product.

        Raises:
            Refused: as `core.catalog.products.add_product`. NotFound, Refused: as `match`.
        """

        def write(uow: UnitOfWork) -> tuple[MatchChange, ...]:
            confirm(uow, Right.EDIT_PRODUCTS)
            sku_id = products.add_product(uow, spec)
            changes = change_matches(uow, dict.fromkeys(listing_ids, sku_id), seen, keeps_orders=keeps_orders)
            match_by_code(uow)
            return changes

        return self._resumed(self._store.write(write))

    @needs(Right.EDIT_PRODUCTS)
    def take_back(self, changes: Sequence[MatchChange]) -> int:
        """Put matches back as they were, where nobody has changed them since; gives how many.

        Orders that went on meanwhile keep the SKU they were given.
        """

        def write(uow: UnitOfWork) -> int:
            confirm(uow, Right.EDIT_PRODUCTS)
            return take_back(uow, changes)

        return self._store.write(write)

    def _resumed(self, changes: tuple[MatchChange, ...]) -> Matched:
        ids = [one.listing_id for one in changes if one.sku_id is not None]
        released, waiting = resume_waiting(self._store, self._digest, self._carrier_code, ids) if ids else (0, 0)
        return Matched(changes, released, waiting)

    # --- tables -------------------------------------------------------------------------------------------------

    @needs(Right.SEE_STOCK)
    @needs(Right.USE_FILES)
    def export(self, path: Path, wanted: ListingFilter) -> int:
        """Write the listings of a filter as `.xlsx` or `.csv`; gives how many rows.

        Raises:
            Refused: `files.name`; `files.too_many_rows`.
            Unavailable: `files.cannot_write`; nothing of it is left.
        """
        from core.files.listings import listing_sheet
        from core.files.writing import content_of, stage

        content = self._store.read(
            lambda connection: content_of(path, listing_sheet(listing_rows(connection, wanted)))
        )
        staged = stage(path, content)
        try:
            self._store.write(
                lambda uow: record_export(uow, "listings", rows=staged.rows, digest=staged.digest, is_personal=False)
            )
        except BaseException:
            staged.drop()
            raise
        staged.publish()
        return staged.rows

    @needs(Right.SEE_STOCK)
    @needs(Right.USE_FILES)
    def read_table(self, path: Path) -> "ListingTable":
        """What a table, as `export` writes it, would change; every row is checked and nothing is written.

        Raises:
            NotFound, Refused, Unavailable: as `core.files.reading.read_table` and
                `core.files.listings.read_listings`.
        """
        from core.files.listings import read_listings
        from core.files.reading import read_table

        table = read_table(path, self._store.clock.now())
        return self._store.read(lambda connection: read_listings(connection, table))

    @needs(Right.EDIT_PRODUCTS)
    def take_table(self, table: "ListingTable", *, keeps_orders: bool = False) -> Matched:
        """Match as a table says: all of it in one transaction, or nothing where a row of it was rejected.

        Raises:
            Refused: `listing.table_rejected`, facts `rows`. NotFound, Refused: as `match`.
        """
        if table.rejected:
            raise Refused("listing.table_rejected", "rows of the table are wrong", rows=len(table.rejected))

        def write(uow: UnitOfWork) -> tuple[MatchChange, ...]:
            confirm(uow, Right.EDIT_PRODUCTS)
            return change_matches(uow, table.wanted, table.seen, keeps_orders=keeps_orders)

        return self._resumed(self._store.write(write, urgency=Urgency.BULK))


def _sku_of(connection: Connection, code: str) -> int | None:
    """The SKU of a code of ours or of a barcode; a carton's stands for its goods."""
    exact = connection.execute(select(Sku.id).where(Sku.code == code)).scalar_one_or_none()
    if exact is not None:
        return int(exact)
    scanned = queries.by_scan(connection, code)
    return None if scanned is None else scanned.sku_id
