"""Stock as screens and checks ask for it."""

from collections.abc import Sequence

from core.db.unit_of_work import Store
from core.inventory import queries
from core.inventory.queries import Discrepancy, Explanation
from core.runtime.ids import LevelId


class Stock:
    """Looking at stock; what changes it goes through orders, parcels and the ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def why(self, level_id: LevelId) -> Explanation:
        """The movements and claims that make a level's numbers."""
        return self._store.read(lambda connection: queries.why(connection, level_id))

    def discrepancies(self) -> Sequence[Discrepancy]:
        """Where sums of movements and claims differ from the levels: empty, or a defect."""
        return self._store.read(queries.check_sums)
