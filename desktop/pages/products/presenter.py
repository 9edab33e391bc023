"""The products page without widgets: what is listed, and the product that is being written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from core.catalog.bins import tidy_bin
from core.catalog.products import Product, ProductPage, ProductRow
from core.catalog.records import SkuSpec
from core.desk.products import ProductSaved
from core.inventory.stock_list import WarehouseRow
from desktop.bridge.paging import ListPresenter, Page
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.products.ports import ProductDesk
from desktop.texts import Phrase


@dataclass(frozen=True, slots=True)
class Draft:
    """A product that is being written.

    Attributes:
        sku_id: whose it is; None for a new one.
        seen: what was stored when the clerk began.
        spec: what it is by now.
        names: code of a part -> its name.
        part_of: bundles that hold it.
        listing_count: offers of shops that are matched to it.
    """

    sku_id: int | None
    seen: SkuSpec
    spec: SkuSpec
    names: Mapping[str, str] = field(default_factory=dict)
    part_of: tuple[str, ...] = ()
    listing_count: int = 0

    @property
    def is_changed(self) -> bool:
        """Whether anything would be lost by putting it away."""
        return self.spec != self.seen


@dataclass(frozen=True, slots=True)
class ProductsScreen:
    """What the page shows beside the rows. `round` grows with each draft whose fields have to be filled anew."""

    pile: str = "all"
    search: str = ""
    is_loading: bool = False
    is_known_empty: bool = False
    counts: Mapping[str, str] = field(default_factory=dict)
    draft: Draft | None = None
    is_saving: bool = False
    round: int = 0
    warehouses: tuple[WarehouseRow, ...] = ()


_NOTHING: Final = SkuSpec("", "")


class ProductsPresenter(ListPresenter[ProductsScreen]):
    """Reads in the lane of reads, a newer wish makes an older answer worthless; saving is an act."""

    def __init__(self, products: ProductDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(ProductsScreen(), tasks, tell)
        self._products = products
        self._scanned = ""
        self._wished_id: int | None = None

    # --- the list -----------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read the list again, as far down as it was loaded; what is being written stays."""
        self._list(self._screen.pile, self._screen.search, is_again=True)
        self._tasks.submit(
            self._products.warehouses,
            lambda rows: self._show(warehouses=rows),
            lambda _error: None,
            owner=self,
            key="warehouses",
        )

    def choose_pile(self, pile: str) -> None:
        """Show another pile."""
        self._list(pile, self._screen.search)

    def search(self, words: str) -> None:
        """Show what matches; a search looks into every pile."""
        self._list("all", words.strip())

    def scan(self, raw: str) -> None:
        """A scanned code is a barcode of the product that is being written; without one its owner is opened."""
        code = raw.strip()
        if self._screen.draft is not None:
            self.add_barcode(code)
        elif code:
            self._scanned = code
            self._list("all", code)

    def more(self, after: object) -> None:
        """The list was scrolled near its end."""
        asked = (self._screen.pile, self._screen.search)
        if not isinstance(after, str):
            return

        self._read_more(
            lambda rows: self._products.page(*asked, after, rows),
            lambda: asked == (self._screen.pile, self._screen.search),
        )

    # --- the draft ----------------------------------------------------------------------------------------------

    def begin(self, code: str = "") -> None:
        """Begin a new product."""
        self._put_away()
        self._wished_id = None
        self._start(Draft(None, _NOTHING, replace(_NOTHING, code=code)))

    def open(self, sku_id: int) -> None:
        """Open a product to look at and edit."""
        self._wished_id = sku_id
        self._tasks.submit(
            lambda: self._products.product(sku_id), self._on_product, self._fail, owner=self, key="product"
        )

    def close(self) -> bool:
        """Put the draft away; whether one was open. What was changed can be had back."""
        self._wished_id = None
        was_open = self._screen.draft is not None
        self._put_away()
        self._show(draft=None)
        return was_open

    def change(self, **changes: Any) -> None:
        """The clerk changed fields of the draft."""
        draft = self._screen.draft
        if draft is not None and not self._screen.is_saving:
            self._show(draft=replace(draft, spec=replace(draft.spec, **changes)))

    def change_bin(self, warehouse_id: int, text: str) -> None:
        """The clerk wrote where a warehouse keeps the goods; nothing where they have no bin."""
        draft = self._screen.draft
        if draft is not None:
            bins = {**dict(draft.spec.bins), warehouse_id: text}
            self.change(bins=tuple(sorted((one, code) for one, code in bins.items() if code.strip())))

    def add_barcode(self, code: str) -> None:
        """Add a barcode, unless it is another product's; then it is said whose."""
        code, draft = code.strip(), self._screen.draft
        if not code or draft is None:
            return
        if code in dict(draft.spec.barcodes):
            self._tell("notice", Phrase("products.barcode_here", {"barcode": code}), None)
            return

        def arrived(owner: tuple[int, str, str] | None) -> None:
            now = self._screen.draft
            if now is None or now.sku_id != draft.sku_id:
                return
            if owner is not None and owner[0] != now.sku_id:
                facts = {"barcode": code, "sku": owner[1], "name": owner[2]}
                self._tell("stop", Phrase("error.catalog.barcode_taken", facts), None)
                return
            self.change(barcodes=(*now.spec.barcodes, (code, 1)), lacks_barcode=False)

        self._tasks.submit(lambda: self._products.owner_of(code), arrived, self._fail, owner=self)

    def add_part(self, piece: str) -> None:
        """Add goods to the bundle: by code, name or barcode, where only one fits."""
        piece = piece.strip()
        if piece and self._screen.draft is not None:
            self._tasks.submit(
                lambda: self._products.page("all", piece, None, 2),
                lambda page: self._on_part(piece, page),
                self._fail,
                owner=self,
                key="part",
            )

    def change_row(self, kind: str, place: int, qty: int) -> None:
        """Change how many units a barcode (`barcodes`) or a part (`components`) stands for."""
        rows = self._rows(kind)
        if place < len(rows):
            self.change(**{kind: (*rows[:place], (rows[place][0], qty), *rows[place + 1 :])})

    def remove_row(self, kind: str, place: int) -> None:
        """Take a barcode or a part off the draft; the message offers to put it back."""
        rows = self._rows(kind)
        if place >= len(rows):
            return
        gone = rows[place]
        self.change(**{kind: (*rows[:place], *rows[place + 1 :])})

        def put_back() -> None:
            now = self._rows(kind)
            if gone[0] not in dict(now):
                self.change(**{kind: (*now[:place], gone, *now[place:])})

        self._tell("good", Phrase("products.row_removed", {"code": gone[0]}), put_back)

    def save(self) -> None:
        """Store the draft."""
        draft = self._screen.draft
        if draft is None or self._screen.is_saving:
            return
        spec = _tidy(draft.spec)
        self._show(is_saving=True)

        def work() -> ProductSaved:
            if draft.sku_id is None:
                return self._products.add(spec)
            return self._products.save(draft.sku_id, draft.seen, spec)

        self._tasks.submit(
            work, lambda saved: self._on_saved(draft, spec, saved), self._on_refused, owner=self, lane=Lane.ACTS
        )

    # --- within -------------------------------------------------------------------------------------------------

    def _rows(self, kind: str) -> tuple[tuple[str, int], ...]:
        draft = self._screen.draft
        if draft is None:
            return ()
        return draft.spec.barcodes if kind == "barcodes" else draft.spec.components

    def _put_away(self) -> None:
        draft = self._screen.draft
        if draft is not None and draft.is_changed and not self._screen.is_saving:
            self._tell(
                "notice", Phrase("products.put_away", {"code": draft.spec.code or "—"}), lambda: self._start(draft)
            )

    def _start(self, draft: Draft) -> None:
        self._wished_id = draft.sku_id
        self._show(draft=draft, is_saving=False, round=self._screen.round + 1)

    def _on_product(self, product: Product | None) -> None:
        if self._wished_id is None or (product is not None and product.id != self._wished_id):
            return
        if product is None:
            self._tell("notice", Phrase("products.gone"), None)
            return
        draft = self._screen.draft
        if draft is not None and draft.sku_id == product.id and draft.is_changed:
            # It is being written: what was stored meanwhile is said when it is saved.
            return
        self._put_away()
        self._start(
            Draft(product.id, product.spec, product.spec, product.part_names, product.part_of, product.listing_count)
        )

    def _on_part(self, piece: str, page: ProductPage) -> None:
        draft = self._screen.draft
        if draft is None:
            return
        exact = [row for row in page.rows if row.code == piece]
        found = exact or list(page.rows)
        if len(found) != 1:
            code = "products.part_many" if found else "products.part_none"
            self._tell("notice", Phrase(code, {"piece": piece}), None)
            return
        row = found[0]
        if row.code in dict(draft.spec.components):
            self._tell("notice", Phrase("products.part_here", {"code": row.code}), None)
            return
        self._show(draft=replace(draft, names={**draft.names, row.code: row.name}))
        self.change(components=(*draft.spec.components, (row.code, 1)))

    def _on_saved(self, draft: Draft, spec: SkuSpec, saved: ProductSaved) -> None:
        # Shown on as it is stored now, so that the keyboard keeps its place.
        self._start(replace(draft, sku_id=saved.sku_id, seen=spec, spec=spec))
        facts: dict[str, object] = {"code": spec.code, "name": spec.name, "n": saved.resumed_count}
        if saved.resumed_count:
            words = Phrase("products.saved_resumed", facts)
        else:
            words = Phrase("products.saved" if saved.is_changed else "products.unchanged", facts)
        undo: Callable[[], None] | None = None
        if draft.sku_id is not None and saved.is_changed:
            sku_id = draft.sku_id
            undo = lambda: self._take_back(sku_id, spec, draft.seen)  # noqa: E731 - a name for one line
        self._tell("good", words, undo)
        self.open(saved.sku_id)
        self.reload()

    def _take_back(self, sku_id: int, spec: SkuSpec, before: SkuSpec) -> None:
        """Save what was there before; refused where somebody else has saved since."""

        def work() -> ProductSaved:
            return self._products.save(sku_id, spec, before)

        def finished(_saved: ProductSaved) -> None:
            self._tell("good", Phrase("products.taken_back", {"code": before.code}), None)
            self.reload()
            if self._wished_id == sku_id:
                self.open(sku_id)

        self._tasks.submit(work, finished, self._fail, owner=self, lane=Lane.ACTS)

    def _on_refused(self, error: Exception) -> None:
        self._show(is_saving=False)
        self._fail(error)

    def _list(self, pile: str, search: str, *, is_again: bool = False) -> None:
        self._show(pile=pile, search=search, is_loading=True)
        self._read_first(lambda rows: self._products.page(pile, search, None, rows), is_again=is_again)
        self._tasks.submit(self._products.counts, self._on_counts, lambda _error: None, owner=self, key="counts")

    def _on_first(self, page: Page[ProductRow], *, is_again: bool) -> None:
        super()._on_first(page, is_again=is_again)
        scanned, self._scanned = self._scanned, ""
        if scanned and len(page.rows) == 1:
            self.open(page.rows[0].id)
        elif scanned and not page.rows:
            self._tell("notice", Phrase("products.unknown_code", {"code": scanned}), None)

    def _on_counts(self, counts: Mapping[str, int]) -> None:
        self._show(counts={pile: str(number) for pile, number in counts.items()})


def _tidy(spec: SkuSpec) -> SkuSpec:
    """As it will be stored: without blanks at the ends, barcodes in their order, the name where no short one is."""
    texts = {name: getattr(spec, name).strip() for name in ("code", "name", "short_name", "spec", "picture")}
    texts["short_name"] = texts["short_name"] or texts["name"]
    bins = tuple((warehouse_id, tidy_bin(code)) for warehouse_id, code in spec.bins)
    return replace(spec, **texts, barcodes=tuple(sorted(spec.barcodes)), bins=bins)
