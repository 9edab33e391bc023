"""Replenishment as its page works with it: what to order and why, how goods are bought, drafts and tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from core.access.gate import confirm, needs
from core.access.rights import Right
from core.db.unit_of_work import Store, UnitOfWork, Urgency, shared_now
from core.desk.writing_out import write_out
from core.replenish.ordering import make_drafts
from core.replenish.queries import replenish_list, supplies_of, supply_of
from core.replenish.records import Drafted, ReplenishFilter, ReplenishList, ReplenishRow, Wanted
from core.replenish.rules import Rules, Supplied, check_supply, rules_of, set_rules, set_supply
from core.runtime.ids import SkuId

if TYPE_CHECKING:
    from core.files.replenish import SupplyTable

#: rows of a table that are written in one transaction
_TOGETHER: Final = 50


@dataclass(frozen=True, slots=True)
class SupplyTaken:
    """What came of a table: goods whose terms were said, and the codes nobody knows."""

    count: int
    unknown: tuple[str, ...]


class Replenish:
    """Looking, deciding, and writing drafts; nothing here orders anything."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # --- looking ------------------------------------------------------------------------------------------------

    @needs(Right.SEE_STOCK)
    def list(self, wanted: ReplenishFilter) -> ReplenishList:
        """What to order, the most pressing first."""

        def look(connection: Connection) -> ReplenishList:
            return replenish_list(connection, wanted, shared_now(connection, self._store.clock))

        return self._store.read(look)

    @needs(Right.SEE_STOCK)
    def rules(self) -> Rules:
        """What holds where nobody has said otherwise."""
        return self._store.read(rules_of)

    @needs(Right.SEE_STOCK)
    def supply(self, sku_id: SkuId) -> Supplied:
        """How a SKU is bought, as somebody has said."""
        return self._store.read(lambda connection: supply_of(connection, sku_id))

    # --- deciding -----------------------------------------------------------------------------------------------

    @needs(Right.CHANGE_SETTINGS)
    def set_rules(self, rules: Rules) -> None:
        """Decide how long things take and should last.

        Raises:
            Refused: as `core.replenish.rules.set_rules`.
        """
        self._store.write(lambda uow: set_rules(uow, rules))

    @needs(Right.RECEIVE_STOCK)
    def set_supply(self, sku_id: SkuId, said: Supplied) -> None:
        """Say how a SKU is bought.

        Raises:
            Refused, NotFound: as `core.replenish.rules.set_supply`.
        """
        self._store.write(lambda uow: set_supply(uow, sku_id, said))

    @needs(Right.RECEIVE_STOCK)
    def make_drafts(self, wanted: Sequence[Wanted], key: str) -> tuple[Drafted, ...]:
        """Write drafts of purchases, one for each supplier and warehouse; the same key makes them once.

        Raises:
            Refused, NotFound: as `core.replenish.ordering.make_drafts`.
        """
        return self._store.write(lambda uow: make_drafts(uow, wanted, key))

    # --- tables -------------------------------------------------------------------------------------------------

    @needs(Right.SEE_STOCK)
    @needs(Right.USE_FILES)
    def export_orders(self, path: Path, rows: Sequence[tuple[ReplenishRow, int, str]]) -> int:
        """Write what was decided to order as `.xlsx` or `.csv`: rows with their units and reasons; gives how many.

        Raises:
            Refused: `files.name`.
            Unavailable: `files.cannot_write`; nothing of it is left.
        """
        from core.files.replenish import order_sheet

        return write_out(self._store, path, "replenish", lambda _connection: order_sheet(rows))

    @needs(Right.SEE_STOCK)
    @needs(Right.USE_FILES)
    def export_supply(self, path: Path) -> int:
        """Write how every SKU is bought; gives how many rows.

        Raises:
            Refused, Unavailable: as `export_orders`.
        """
        from core.files.replenish import supply_sheet

        return write_out(self._store, path, "supply", supply_sheet)

    @needs(Right.USE_FILES)
    def import_supply(self, path: Path) -> SupplyTaken:
        """Take in how goods are bought, from a table as `export_supply` writes it.

        All of it is looked at before any is written. What is said anew is written in pieces, so that desks do not
        wait for a long table; taken in once more, a table goes on where it ended.

        Raises:
            NotFound, Refused, Unavailable: as `core.files.reading.read_table` and
                `core.files.replenish.read_supply`; Refused: `right.missing`, as `set_supply`.
        """
        from core.files.reading import read_table
        from core.files.replenish import read_supply

        table = read_table(path, self._store.clock.now())

        def look(connection: Connection) -> tuple["SupplyTable", list[tuple[SkuId, Supplied]]]:
            found = read_supply(connection, table)
            known = supplies_of(connection, found.said)
            anew = [(sku, said) for sku, said in found.said.items() if known.get(sku, Supplied()) != said]
            return found, anew

        def take(uow: UnitOfWork, piece: Sequence[tuple[SkuId, Supplied]]) -> None:
            confirm(uow, Right.RECEIVE_STOCK)
            for sku_id, said in piece:
                set_supply(uow, sku_id, said)

        found, anew = self._store.read(look)
        for _, said in anew:
            check_supply(said)
        for first in range(0, max(len(anew), 1), _TOGETHER):
            piece = anew[first : first + _TOGETHER]
            self._store.write(partial(take, piece=piece), urgency=Urgency.BULK)
        return SupplyTaken(len(found.said), found.unknown)
