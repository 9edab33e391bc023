"""The page of replenishment without widgets: what is listed, what was decided, and the drafts that are made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from core.replenish.records import Drafted, ReplenishFilter, ReplenishList, ReplenishRow, Wanted
from core.replenish.rules import Rules, Supplied
from core.runtime.ids import SkuId, WarehouseId
from desktop.bridge.paging import ListPresenter
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.replenish.ports import ReplenishDesk, SupplyTaken
from desktop.texts import Phrase

#: goods in a warehouse
Place = tuple[SkuId, WarehouseId]
#: numbers of drafts, and unknown codes, that a message names
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class ReplenishScreen:
    """What the page shows beside the rows.

    Attributes:
        found: the list as it was read last.
        counts: texts for the chips.
        decided: units that somebody has chosen instead of those suggested.
        row: the open goods, with what was said of how they are bought.
        rules: the rules while their form is open, else None.
        is_saving: a decision is on its way; a further press is none.
        round: grows whenever a form is to be filled anew.
    """

    wanted: ReplenishFilter = field(default_factory=ReplenishFilter)
    is_loading: bool = False
    is_known_empty: bool = False
    found: ReplenishList | None = None
    counts: Mapping[str, str] = field(default_factory=dict)
    decided: Mapping[Place, int] = field(default_factory=dict)
    row: ReplenishRow | None = None
    supply: Supplied | None = None
    rules: Rules | None = None
    is_saving: bool = False
    round: int = 0


class ReplenishPresenter(ListPresenter[ReplenishScreen]):
    """Reads in the lane of reads; what was decided stays until it stands on a draft."""

    def __init__(self, desk: ReplenishDesk, tasks: Tasks, tell: Tell, nonce: Callable[[], str]) -> None:
        """`nonce` gives a word no other act has."""
        super().__init__(ReplenishScreen(), tasks, tell)
        self._desk = desk
        self._nonce = nonce
        self._key = nonce()
        self._opens_first = ""
        #: opens a document's page
        self.on_document: Callable[[str], None] = lambda _number: None

    # --- the list -----------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read again what is shown."""
        self._list(self._screen.wanted, is_again=True)

    def more(self, _after: object) -> None:
        """There is no more: the list is read whole."""

    def choose_pile(self, pile: str) -> None:
        """Show another pile."""
        self._list(replace(self._screen.wanted, pile=pile))

    def choose_supplier(self, supplier: str | None) -> None:
        """Show the goods of one supplier; None: of everybody."""
        self._list(replace(self._screen.wanted, supplier=supplier))

    def choose_warehouse(self, warehouse_id: WarehouseId | None) -> None:
        """Show what one warehouse needs; None: all of them."""
        self._list(replace(self._screen.wanted, warehouse_id=warehouse_id))

    def search(self, words: str) -> None:
        """Show what matches; a search looks into every pile."""
        words = words.strip()
        pile = "all" if words else "to_order"
        self._list(replace(self._screen.wanted, pile=pile, search=words))

    def find(self, raw: str) -> None:
        """A scanned code: show its goods and open them."""
        self._opens_first = raw.strip()
        self._list(ReplenishFilter("all", search=raw.strip()))

    # --- one row ------------------------------------------------------------------------------------------------

    def open(self, row: ReplenishRow) -> None:
        """Show what makes a suggestion, and how the goods are bought."""
        before = self._screen.row
        is_other = before is None or (before.sku_id, before.warehouse_id) != (row.sku_id, row.warehouse_id)
        self._show(row=row, rules=None)

        def came(supply: Supplied) -> None:
            shown = self._screen.row
            if shown is not None and shown.sku_id == row.sku_id:
                self._show(supply=supply, round=self._screen.round + is_other)

        self._tasks.submit(lambda: self._desk.supply(row.sku_id), came, self._fail, owner=self, key="supply")

    def close(self) -> bool:
        """Close what is open beside the list; whether anything was."""
        was_open = self._screen.row is not None or self._screen.rules is not None
        self._show(row=None, supply=None, rules=None)
        return was_open

    def qty_of(self, row: ReplenishRow) -> int:
        """Units to order: as decided, else as suggested."""
        return self._screen.decided.get((row.sku_id, row.warehouse_id), row.suggestion.qty)

    def decide(self, row: ReplenishRow, qty: int) -> None:
        """Order so many of it, or none."""
        place = (row.sku_id, row.warehouse_id)
        decided = {at: units for at, units in self._screen.decided.items() if at != place}
        if qty != row.suggestion.qty:
            decided[place] = qty
        if decided != self._screen.decided:
            # Another order than before, should an answer to that one have been lost.
            self._key = self._nonce()
        self._show(decided=decided)
        if self._screen.found is not None:
            self.on_first(self._screen.found.rows, None, True)

    def save_supply(self, said: Supplied) -> None:
        """Say how the open goods are bought."""
        row = self._screen.row
        if row is not None:
            done = Phrase("replenish.done.supply", {"code": row.code})
            self._act(lambda: self._desk.set_supply(row.sku_id, said), lambda _none: done)

    # --- rules --------------------------------------------------------------------------------------------------

    def show_rules(self) -> None:
        """Open the form of the rules."""

        def came(rules: Rules) -> None:
            self._show(row=None, supply=None, rules=rules, round=self._screen.round + 1)

        self._tasks.submit(self._desk.rules, came, self._fail, owner=self, key="rules")

    def save_rules(self, rules: Rules) -> None:
        """Decide how long things take and should last."""
        done = Phrase("replenish.done.rules")
        self._act(lambda: self._desk.set_rules(rules), lambda _none: done, rules=rules)

    # --- ordering -----------------------------------------------------------------------------------------------

    def to_order(self) -> Sequence[tuple[ReplenishRow, int]]:
        """The rows that are listed, with their units, as far as any are to be ordered."""
        found = self._screen.found
        rows = () if found is None else found.rows
        return [(row, qty) for row in rows if (qty := self.qty_of(row))]

    def make_drafts(self) -> None:
        """Write drafts of purchases for everything that is listed with units; pressed again it makes none twice."""
        chosen = self.to_order()
        if not chosen:
            self._tell("notice", Phrase("replenish.nothing_chosen"), None)
            return
        wanted = [
            Wanted(row.sku_id, row.warehouse_id, row.supplier, qty, row.terms.lead_days, row.unit_cost_fen)
            for row, qty in chosen
        ]
        key = self._key

        def done(made: tuple[Drafted, ...]) -> Phrase:
            self._key = self._nonce()
            places = {(row.sku_id, row.warehouse_id) for row, _ in chosen}
            left = {at: qty for at, qty in self._screen.decided.items() if at not in places}
            self._show(decided=left)
            if len(made) == 1:
                self.on_document(made[0].number)
            numbers = "、".join(one.number for one in made[:_NAMED]) + ("…" if len(made) > _NAMED else "")
            return Phrase("replenish.done.drafts", {"n": len(made), "numbers": numbers, "goods": len(wanted)})

        self._act(lambda: self._desk.make_drafts(wanted, key), done)

    def export_orders(self, path: Path, reason: Callable[[ReplenishRow, int], str]) -> None:
        """Write the list to send to suppliers; `reason` gives the sentence of a row."""
        rows = [(row, qty, reason(row, qty)) for row, qty in self.to_order()]
        if not rows:
            self._tell("notice", Phrase("replenish.nothing_chosen"), None)
            return
        self._write(lambda: self._desk.export_orders(path, rows), path)

    def export_supply(self, path: Path) -> None:
        """Write how every SKU is bought."""
        self._write(lambda: self._desk.export_supply(path), path)

    def import_supply(self, path: Path) -> None:
        """Take in how goods are bought."""

        def done(taken: SupplyTaken) -> Phrase:
            facts: dict[str, object] = {"n": taken.count, "unknown": len(taken.unknown)}
            facts["codes"] = "、".join(taken.unknown[:_NAMED])
            return Phrase("replenish.done.taken_part" if taken.unknown else "replenish.done.taken", facts)

        self._act(lambda: self._desk.import_supply(path), done)

    # --- within -------------------------------------------------------------------------------------------------

    def _write(self, work: Callable[[], int], path: Path) -> None:
        def written(rows: int) -> None:
            self._tell("good", Phrase("replenish.done.written", {"n": rows, "path": str(path)}), None)

        self._tasks.submit(work, written, self._fail, owner=self, lane=Lane.READS)

    def _act(self, work: Callable[[], Any], done: Callable[[Any], Phrase], **shown: object) -> None:
        if self._screen.is_saving:
            return
        self._show(is_saving=True)

        def finished(result: Any) -> None:
            self._show(is_saving=False, round=self._screen.round + 1, **shown)
            self._tell("good", done(result), None)
            self.reload()

        def refused(error: Exception) -> None:
            self._show(is_saving=False)
            self._fail(error)

        self._tasks.submit(work, finished, refused, owner=self, lane=Lane.ACTS)

    def _list(self, wanted: ReplenishFilter, *, is_again: bool = False) -> None:
        self._show(wanted=wanted, is_loading=True)

        def came(found: ReplenishList) -> None:
            self._on_list(found, is_again=is_again)

        self._tasks.submit(lambda: self._desk.list(wanted), came, self._on_failed, owner=self, key="page")

    def _on_list(self, found: ReplenishList, *, is_again: bool) -> None:
        counts = {pile: str(number) for pile, number in found.counts}
        self._show(found=found, counts=counts, is_loading=False, is_known_empty=not found.rows)
        self.on_first(found.rows, None, is_again)
        scanned, self._opens_first = self._opens_first, ""
        if scanned and found.rows:
            self.open(found.rows[0])
        elif scanned:
            self._tell("notice", Phrase("stock.unknown_code", {"code": scanned}), None)
        elif self._screen.row is not None:
            self._reopen(found)

    def _reopen(self, found: ReplenishList) -> None:
        """The open row as it is now; it stays open where it has left the list."""
        shown = self._screen.row
        for row in found.rows:
            if shown is not None and (row.sku_id, row.warehouse_id) == (shown.sku_id, shown.warehouse_id):
                self.open(row)
                return
