"""The page of listings without widgets: what is listed, marked and open, and what is matched."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.catalog.listings import MatchChange
from core.catalog.records import SkuSpec
from core.desk.listings import ListingDetail, ListingShop
from core.files.listings import ListingTable
from core.fulfilment.matched import Matched
from core.orders.listing_list import ListingCursor, ListingFilter, ListingRow
from core.runtime.errors import DomainError
from core.sync.listing_rounds import Round
from desktop.bridge.paging import ListPresenter, Page
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.listings.ports import ListingDesk
from desktop.pages.listings.words import is_reading
from desktop.texts import Phrase

#: the error that says that open orders would keep what they hold
_OPEN_ORDERS = "listing.open_orders"


@dataclass(frozen=True, slots=True)
class NewGoods:
    """The form of a new SKU, filled with what its listing says; with parts it is a bundle."""

    code: str = ""
    name: str = ""
    spec: str = ""
    barcode: str = ""
    parts: str = ""


@dataclass(frozen=True, slots=True)
class ListingsScreen:
    """What the page shows beside the rows.

    Attributes:
        marked: ids of the listings that an act is about, with their rows.
        current: the row the keyboard is on.
        detail: the open listing.
        new: the form of new goods while it is open, with its `round`, which grows with each opening.
        asked: the question that was put; the same press again means it.
        rounds: readings of lists, as far as this program knows of them.
        table: a table that was read and not taken in yet.
    """

    wanted: ListingFilter = field(default_factory=ListingFilter)
    is_loading: bool = False
    is_known_empty: bool = False
    counts: Mapping[str, str] = field(default_factory=dict)
    shops: tuple[ListingShop, ...] = ()
    marked: Mapping[int, ListingRow] = field(default_factory=dict)
    current: ListingRow | None = None
    detail: ListingDetail | None = None
    new: NewGoods | None = None
    round: int = 0
    asked: str = ""
    is_saving: bool = False
    rounds: tuple[Round, ...] = ()
    table: ListingTable | None = None

    @property
    def meant(self) -> tuple[ListingRow, ...]:
        """The listings an act is about: those marked, else the open one, else the one the keyboard is on."""
        if self.marked:
            return tuple(self.marked.values())
        if self.detail is not None:
            return (self.detail.row,)
        return () if self.current is None else (self.current,)


class ListingsPresenter(ListPresenter[ListingsScreen]):
    """Reads in the lane of reads; a newer wish makes an older answer worthless; matching is an act."""

    def __init__(self, listings: ListingDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(ListingsScreen(), tasks, tell)
        self._listings = listings
        self._wished: int | None = None
        #: opens an order
        self.on_order: Callable[[int], None] = lambda _order_id: None

    # --- the list -----------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read again what is shown, as far down as it was loaded."""
        self._list(self._screen.wanted, is_again=True)
        self._reopen()

    def refresh_beside(self) -> None:
        """Read counts, readings and the open listing again, and leave the rows as they are."""
        self._count()
        self._reopen()

    def choose_pile(self, pile: str) -> None:
        """Show another pile."""
        self._list(replace(self._screen.wanted, pile=pile))

    def choose_shop(self, shop_id: int | None) -> None:
        """Show the listings of one shop, or of all."""
        self._list(replace(self._screen.wanted, shop_id=shop_id))

    def search(self, words: str) -> None:
        """Show what matches; a search looks into every pile."""
        words = words.strip()
        self._list(replace(self._screen.wanted, pile="all" if words else "unmatched", search=words))

    def more(self, after: object) -> None:
        """The list was scrolled near its end."""
        wanted = self._screen.wanted
        if isinstance(after, ListingCursor):
            self._read_more(
                lambda rows: self._listings.page(wanted, after, rows), lambda: wanted == self._screen.wanted
            )

    def stand_on(self, row: ListingRow | None) -> None:
        """The keyboard is on another row, or its row was read again; an open drawer follows it."""
        before = self._screen.current
        is_other = row is None or before is None or row.id != before.id
        self._show(current=row, asked="" if is_other else self._screen.asked)
        if is_other and row is not None and self._wished is not None and self._screen.new is None:
            self.open(row.id)

    def mark(self) -> None:
        """Mark the row the keyboard is on for the next act, or take its mark away."""
        row = self._screen.current
        if row is not None:
            marked = dict(self._screen.marked)
            if marked.pop(row.id, None) is None:
                marked[row.id] = row
            self._show(marked=marked, asked="")

    # --- one listing --------------------------------------------------------------------------------------------

    def open(self, listing_id: int) -> None:
        """Show everything about a listing."""
        is_other = self._wished != listing_id
        self._wished = listing_id
        if is_other:
            self._show(asked="", new=None, table=None)

        def came(detail: ListingDetail | None) -> None:
            if self._wished == listing_id:
                self._show(detail=detail)

        self._tasks.submit(lambda: self._listings.detail(listing_id), came, self._fail, owner=self, key="detail")

    def close(self) -> bool:
        """Close the form, else the table, else the drawer, else take the marks away; whether anything was open."""
        screen = self._screen
        if screen.new is not None:
            self._show(new=None, asked="")
        elif screen.table is not None:
            self._show(table=None, asked="")
        elif screen.detail is not None:
            self._wished = None
            self._show(detail=None, asked="")
        elif screen.marked:
            self._show(marked={}, asked="")
        else:
            return False
        return True

    # --- matching -----------------------------------------------------------------------------------------------

    def match_code(self, code: str) -> None:
        """Match what is meant to the SKU of a typed or scanned code."""
        rows, code = self._screen.meant, code.strip()
        if not rows or not code:
            self._tell("notice", Phrase("listings.choose_first" if not rows else "listings.code_first"), None)
            return
        ids, seen = [row.id for row in rows], _seen(rows)
        self._match(
            f"code:{code}:{ids}",
            lambda keeps: self._listings.match_to_code(ids, code, seen, keeps_orders=keeps),
        )

    def match_sku(self, sku_id: int) -> None:
        """Match what is meant to a proposed SKU."""
        rows = self._screen.meant
        wanted: dict[int, int | None] = dict.fromkeys((row.id for row in rows), sku_id)
        if wanted:
            self._match_each(f"sku:{sku_id}", rows, wanted)

    def take_proposals(self) -> None:
        """Match each listing that is meant to the SKU that is proposed for it."""
        rows = [row for row in self._screen.meant if row.proposal is not None]
        wanted: dict[int, int | None] = {row.id: row.proposal.sku_id for row in rows if row.proposal is not None}
        if wanted:
            self._match_each("proposals", rows, wanted)
        else:
            self._tell("notice", Phrase("listings.no_proposal"), None)

    def unmatch(self) -> None:
        """Take the match of what is meant away; asked about first."""
        rows = [row for row in self._screen.meant if row.sku_id is not None]
        if not rows:
            self._tell("notice", Phrase("listings.choose_matched"), None)
        elif self._screen.asked.startswith("keep:") or self._is_meant(
            f"unmatch:{[row.id for row in rows]}", Phrase("listings.ask.unmatch", {"n": len(rows)})
        ):
            self._match_each("unmatch", rows, dict.fromkeys((row.id for row in rows), None))

    def _match_each(self, act: str, rows: Sequence[ListingRow], wanted: Mapping[int, int | None]) -> None:
        seen = _seen(rows)
        self._match(f"{act}:{list(wanted)}", lambda keeps: self._listings.match(wanted, seen, keeps_orders=keeps))

    # --- new goods ----------------------------------------------------------------------------------------------

    def begin_new(self) -> None:
        """Open the form of a new SKU, filled from the listing; marked ones with a SKU become parts of a bundle."""
        rows = self._screen.meant
        open_rows = [row for row in rows if row.sku_id is None]
        parts = ", ".join(f"{row.sku_code}×1" for row in rows if row.sku_id is not None and len(rows) > 1)
        if not rows or (parts and not open_rows):
            self._tell("notice", Phrase("listings.choose_open"), None)
            return
        row = (open_rows or list(rows))[0]
        new = NewGoods(row.merchant_code, row.title, row.spec, row.barcode, parts)
        self._show(new=new, round=self._screen.round + 1, asked="", table=None)

    def make(self, form: NewGoods, parts: tuple[tuple[str, int], ...]) -> None:
        """Add what the form says and match to it what is meant."""
        if self._screen.new is None:
            return
        rows = [row for row in self._screen.meant if row.sku_id is None] or list(self._screen.meant)
        ids, seen = [row.id for row in rows], _seen(rows)
        code = form.barcode.strip()
        spec = SkuSpec(
            form.code.strip(),
            form.name.strip(),
            spec=form.spec.strip(),
            barcodes=((code, 1),) if code and not parts else (),
            components=parts,
        )
        self._match(
            f"make:{form}:{ids}",
            lambda keeps: self._listings.make_and_match(ids, spec, seen, keeps_orders=keeps),
            made=spec.code,
        )

    # --- the shops' lists ---------------------------------------------------------------------------------------

    def read_now(self) -> None:
        """Have the list of the chosen shop, or of all, read now; or stop that while it goes on."""
        if is_reading(self._screen.rounds):
            self._tasks.submit(
                self._listings.stop_reading, lambda _none: self._count(), self._fail, owner=self, key="read"
            )
            return
        shop_id = self._screen.wanted.shop_id

        def asked(shops: int) -> None:
            self._tell("good", Phrase("listings.done.asked", {"n": shops}), None)
            self._count()

        self._tasks.submit(lambda: self._listings.read_now(shop_id), asked, self._fail, owner=self, key="read")

    # --- tables -------------------------------------------------------------------------------------------------

    def export(self, path: Path) -> None:
        """Write what is listed as a table."""
        wanted = self._screen.wanted

        def done(rows: int) -> None:
            self._tell("good", Phrase("listings.done.export", {"n": rows, "path": path.name}), None)

        self._tasks.submit(lambda: self._listings.export(path, wanted), done, self._fail, owner=self, lane=Lane.FILES)

    def read_table(self, path: Path) -> None:
        """Look at a table; what it would change is shown before anything is written."""

        def came(table: ListingTable) -> None:
            self._wished = None
            self._show(table=table, detail=None, new=None, asked="")

        self._tasks.submit(
            lambda: self._listings.read_table(path), came, self._fail, owner=self, key="table", lane=Lane.FILES
        )

    def take_table(self) -> None:
        """Match as the table says."""
        table = self._screen.table
        if table is None:
            return
        if table.rejected or not table.wanted:
            self._tell("notice", Phrase("listings.table.wrong" if table.rejected else "listings.table.same"), None)
            return
        self._match(f"table:{table.file}", lambda keeps: self._listings.take_table(table, keeps_orders=keeps))

    # --- within -------------------------------------------------------------------------------------------------

    def _match(self, question: str, work: Callable[[bool], Matched], *, made: str = "") -> None:
        """Do it; where open orders would keep what they hold, ask, and the same press again does it all the same."""
        if self._screen.is_saving:
            return
        keeps = self._screen.asked == f"keep:{question}"
        self._show(is_saving=True)

        def finished(done: Matched) -> None:
            self._show(is_saving=False, asked="", marked={}, new=None, table=None)
            facts: dict[str, object] = {
                "n": len(done.changes),
                "released": done.released_count,
                "waiting": done.still_waiting,
                "code": made,
            }
            code = "listings.done.made" if made else "listings.done.matched"
            undo = (lambda: self._take_back(done.changes)) if done.changes else None
            self._tell("good", Phrase(f"{code}_more" if done.still_waiting else code, facts), undo)
            self.reload()

        def failed(error: Exception) -> None:
            self._show(is_saving=False)
            if isinstance(error, DomainError) and error.code == _OPEN_ORDERS:
                self._show(asked=f"keep:{question}")
                self._tell("notice", Phrase("listings.ask.open_orders", dict(error.facts)), None)
            else:
                self._show(asked="")
                self._fail(error)

        self._tasks.submit(lambda: work(keeps), finished, failed, owner=self, lane=Lane.ACTS)

    def _take_back(self, changes: Sequence[MatchChange]) -> None:
        def done(count: int) -> None:
            self._tell("good", Phrase("listings.done.taken_back", {"n": count}), None)
            self.reload()

        self._tasks.submit(lambda: self._listings.take_back(changes), done, self._fail, owner=self, lane=Lane.ACTS)

    def _list(self, wanted: ListingFilter, *, is_again: bool = False) -> None:
        self._show(wanted=wanted, is_loading=True)
        self._read_first(lambda rows: self._listings.page(wanted, None, rows), is_again=is_again)
        self._count()

    def _count(self) -> None:
        wanted = self._screen.wanted

        def came(found: tuple[Mapping[str, int], tuple[Round, ...], tuple[ListingShop, ...]]) -> None:
            counts, rounds, shops = found
            said = {pile: str(number) for pile, number in counts.items()}
            self._show(counts=said, rounds=rounds, shops=shops)

        self._tasks.submit(
            lambda: (self._listings.counts(wanted), self._listings.rounds(), self._listings.shops()),
            came,
            lambda _error: None,
            owner=self,
            key="counts",
        )

    def _reopen(self) -> None:
        if self._wished is not None:
            self.open(self._wished)

    def _on_first(self, page: Page[ListingRow], *, is_again: bool) -> None:
        shown = {row.id: row for row in page.rows}
        marked = {one: shown.get(one, row) for one, row in self._screen.marked.items()}
        self._show(marked=marked)
        super()._on_first(page, is_again=is_again)


def _seen(rows: Sequence[ListingRow]) -> dict[int, int | None]:
    return {row.id: row.sku_id for row in rows}
