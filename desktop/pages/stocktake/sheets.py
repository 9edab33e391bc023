"""The list of sheets without widgets, and the form of a new one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from core.counting.records import Scope, SheetRow
from core.counting.suggesting import Suggestion
from core.inventory.stock_list import WarehouseRow
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.stocktake.ports import SheetDesk
from desktop.texts import Phrase

#: piles of the list; the last is the nightly comparison
PILES: Final = ("under_way", "to_approve", "done", "compare")
#: what a new sheet may be about; `suggested` takes the goods of the suggestion
KINDS: Final = ("suggested", "bins", "zones", "skus", "warehouse")
#: goods suggested for one day
DAILY: Final = 20


@dataclass(frozen=True, slots=True)
class SheetsScreen:
    """What the list shows.

    Attributes:
        counts: texts for the chips.
        is_new: the form of a new sheet is open.
        suggested: what to count today in the warehouse `suggested_for`; None while it is worked out.
        filling: lines made so far of the sheet that is being made, None where none is.
        asked: the question that was put; the next press of the same key means it.
    """

    pile: str = "under_way"
    rows: tuple[SheetRow, ...] = ()
    counts: Mapping[str, str] = field(default_factory=dict)
    is_known: bool = False
    is_new: bool = False
    warehouses: tuple[WarehouseRow, ...] = ()
    suggested: tuple[Suggestion, ...] | None = None
    suggested_for: int = 0
    filling: int | None = None
    asked: str = ""


class SheetsPresenter(ScreenPresenter[SheetsScreen]):
    """Lists sheets and makes new ones; a large one is filled piece by piece and may be given up meanwhile."""

    def __init__(self, desk: SheetDesk, tasks: Tasks, tell: Tell, nonce: Callable[[], str]) -> None:
        super().__init__(SheetsScreen(), tell)
        self._desk = desk
        self._tasks = tasks
        self._nonce = nonce
        self._key = ""
        self._is_given_up = False
        #: opens a sheet
        self.on_open: Callable[[SheetRow], None] = lambda _sheet: None

    def look(self) -> None:
        """Read the list again."""
        pile = self._screen.pile
        wanted = pile if pile != "compare" else "under_way"

        def read() -> tuple[tuple[SheetRow, ...], tuple[tuple[str, int], ...], tuple[WarehouseRow, ...]]:
            return self._desk.sheets(wanted), self._desk.sheet_counts(), self._desk.warehouses()

        def show(
            found: tuple[tuple[SheetRow, ...], tuple[tuple[str, int], ...], tuple[WarehouseRow, ...]],
        ) -> None:
            rows, counts, warehouses = found
            words = {name: str(count) if count else "" for name, count in counts}
            self._show(rows=rows, counts=words, warehouses=warehouses, is_known=True)

        self._tasks.submit(read, show, self._fail, owner=self, key="sheets")

    def choose(self, pile: str) -> None:
        """Show another pile."""
        if pile != self._screen.pile:
            self._show(pile=pile, rows=(), is_known=False, is_new=False, asked="")
        self.look()

    def begin_new(self) -> None:
        """Open the form, with what to count today."""
        self._key = self._nonce()
        self._show(is_new=True, suggested=None, asked="")
        warehouses = self._screen.warehouses
        if warehouses:
            self.suggest(warehouses[0].id)
        else:
            self._tasks.submit(self._desk.warehouses, self._on_warehouses, self._fail, owner=self, key="warehouses")

    def _on_warehouses(self, warehouses: tuple[WarehouseRow, ...]) -> None:
        self._show(warehouses=warehouses)
        if warehouses:
            self.suggest(warehouses[0].id)
        else:
            self._show(is_new=False)
            self._tell("notice", Phrase("stock.no_warehouse_yet"), None)

    def suggest(self, warehouse_id: int) -> None:
        """Work out what to count in a warehouse; what another one's shelves want is no longer shown."""
        self._show(suggested=None, suggested_for=warehouse_id)

        def came(found: tuple[Suggestion, ...]) -> None:
            if self._screen.suggested_for == warehouse_id:
                self._show(suggested=found)

        self._tasks.submit(
            lambda: self._desk.suggestions(warehouse_id, DAILY), came, self._fail, owner=self, key="suggest"
        )

    def leave_new(self) -> bool:
        """Put the form away, and give up what is being filled; whether it was open."""
        was_open = self._screen.is_new
        self._is_given_up = True
        self._show(is_new=False, filling=None)
        return was_open

    def make(self, warehouse_id: int, kind: str, values: str, note: str, *, is_blind: bool) -> None:
        """Make the sheet that is written down, fill it, begin it and open it."""
        if self._screen.filling is not None:
            return
        suggested = self._screen.suggested if self._screen.suggested_for == warehouse_id else None
        if kind == "suggested" and suggested is None:
            self._tell("notice", Phrase("count.new.wait"), None)
            return
        if kind == "suggested" and suggested is not None:
            scope = Scope("skus", tuple(one.sku_id for one in suggested))
        else:
            parts = [part for part in values.replace("，", ",").replace("、", ",").split(",") if part.strip()]
            scope = Scope(kind, tuple(part.strip() for part in parts) if kind != "warehouse" else ())
        key = self._key
        self._is_given_up = False
        self._show(filling=0)
        self._tasks.submit(
            lambda: self._desk.make(warehouse_id, scope, key, note, is_blind=is_blind),
            self._fill,
            self._on_error,
            owner=self,
            lane=Lane.ACTS,
        )

    def _fill(self, sheet: SheetRow) -> None:
        """Piece by piece, each its own act: a scan goes between."""
        if self._is_given_up:
            self._show(filling=None)
            self.look()
            return
        self._tasks.submit(
            lambda: self._desk.fill(sheet.id),
            lambda made: self._filled(sheet, made),
            self._on_error,
            owner=self,
            lane=Lane.ACTS,
        )

    def _filled(self, sheet: SheetRow, made: int | None) -> None:
        if made is not None:
            self._show(filling=(self._screen.filling or 0) + made)
            self._fill(sheet)
            return
        self._show(filling=None, is_new=False)
        self.begin(sheet)

    def open(self, sheet: SheetRow) -> None:
        """Open a sheet; one that was left half made is filled first."""
        self._show(asked="")
        if sheet.state == "draft" and not sheet.is_filled:
            self._is_given_up = False
            self._show(filling=sheet.lines)
            self._fill(sheet)
        elif sheet.state == "draft":
            self.begin(sheet)
        else:
            self.on_open(sheet)

    def begin(self, sheet: SheetRow) -> None:
        """Begin counting on a sheet, and open it."""

        def work() -> SheetRow:
            self._desk.begin(sheet.id)
            return self._desk.sheet(sheet.id)

        self._tasks.submit(work, self.on_open, self._on_error, owner=self, lane=Lane.ACTS)

    def throw_away(self, sheet: SheetRow) -> None:
        """End a sheet; asked once more before."""
        if not self._is_meant(f"throw:{sheet.id}", Phrase("count.throw_asked", {"number": sheet.number})):
            return
        self._show(asked="")

        def done(_none: None) -> None:
            self._tell("good", Phrase("count.thrown", {"number": sheet.number}), None)
            self.look()

        self._tasks.submit(lambda: self._desk.throw_away(sheet.id), done, self._on_error, owner=self, lane=Lane.ACTS)

    def _on_error(self, error: Exception) -> None:
        self._show(filling=None)
        self._fail(error)
        self.look()
