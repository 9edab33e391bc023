"""After an accident: orders without goods, what becomes of each, in one place until all are settled."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from core.access.gate import needs
from core.access.rights import Right
from core.db.unit_of_work import Store, UnitOfWork, shared_now
from core.desk.writing_out import write_out
from core.fulfilment.parcels import release_ready
from core.fulfilment.resuming import goods_came
from core.orders.lines import current_lines
from core.orders.settling import deciding
from core.orders.settling.queries import accident_page
from core.orders.settling.records import AccidentPage, Outcome

if TYPE_CHECKING:
    from core.files.writing import Sheet


class Accidents:
    """Looking at orders without goods, deciding about each, telling their buyers."""

    def __init__(self, store: Store, carrier_code: str) -> None:
        """`carrier_code`: whose numbers parcels of orders that go on get."""
        self._store = store
        self._carrier_code = carrier_code

    @needs(Right.SEE_ORDERS)
    def page(self, days: int) -> AccidentPage:
        """What lacks goods now, and what was settled in the last days."""
        return self._store.read(lambda connection: accident_page(connection, self._since(connection, days)))

    @needs(Right.SETTLE_SHORTAGE)
    def decide(self, order_id: int, outcome: Outcome, given_fen: int, note: str) -> None:
        """Write down what becomes of an order; one that is to be sent after all goes on as far as goods are there.

        Raises:
            NotFound, Refused: as `core.orders.settling.deciding.decide`.
        """
        if self._store.write(lambda uow: deciding.decide(uow, order_id, outcome, given_fen, note)):
            # By itself: serving locks goods before orders.
            self._store.write(lambda uow: _go_on(uow, order_id, self._carrier_code))

    @needs(Right.SETTLE_SHORTAGE)
    def note_told(self, order_id: int) -> None:
        """Write down that the buyer's message was copied.

        Raises:
            NotFound, Refused: as `core.orders.settling.deciding.note_told`.
        """
        self._store.write(lambda uow: deciding.note_told(uow, order_id))

    @needs(Right.SEE_ORDERS)
    def messages(self) -> Mapping[str, str]:
        """The owner's words for buyers."""
        return self._store.read(deciding.messages)

    @needs(Right.CHANGE_SETTINGS)
    def put_messages(self, words: Mapping[str, str]) -> None:
        """Keep the owner's words.

        Raises:
            Refused: as `core.orders.settling.deciding.put_messages`.
        """
        self._store.write(lambda uow: deciding.put_messages(uow, words))

    @needs(Right.SEE_ORDERS)
    @needs(Right.USE_FILES)
    def export(self, path: Path, days: int) -> int:
        """Write the page as a table, nothing personal in it; gives its rows.

        Raises:
            Refused: `files.name`.
            Unavailable: `files.cannot_write`.
        """
        from core.files.accident_sheet import accident_sheet

        def make(connection: Connection) -> "Sheet":
            return accident_sheet(accident_page(connection, self._since(connection, days), is_whole=True))

        return write_out(self._store, path, "accident", make)

    def _since(self, connection: Connection, days: int) -> datetime:
        return shared_now(connection, self._store.clock) - timedelta(days=days)


def _go_on(uow: UnitOfWork, order_id: int, carrier_code: str) -> None:
    goods_came(uow, carrier_code, {line.sku_id for line in current_lines(uow, order_id) if line.sku_id is not None})
    release_ready(uow, [order_id], carrier_code)
