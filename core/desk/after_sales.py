"""After-sale cases as the page shows them. They are answered at the platform: nothing is approved from here."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from core.access.gate import needs
from core.access.rights import Right
from core.aftersale import queries
from core.aftersale.records import CaseDetail, CaseFilter, CasePage, UnreadShop
from core.channels.models import Shop
from core.db.unit_of_work import Store
from core.sync.cursors import CASES
from core.sync.models import Cursor


class AfterSales:
    """Looking at cases."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @needs(Right.SEE_ORDERS)
    def page(self, wanted: CaseFilter, after: int | None, limit: int) -> CasePage:
        """One page of the list; see `core.aftersale.queries.case_page`."""
        return self._store.read(lambda connection: queries.case_page(connection, wanted, after, limit))

    @needs(Right.SEE_ORDERS)
    def counts(self) -> Mapping[str, int]:
        """How many cases wait in each pile."""
        return self._store.read(queries.case_counts)

    @needs(Right.SEE_ORDERS)
    def detail(self, case_id: int) -> CaseDetail | None:
        """Everything about one case."""
        return self._store.read(lambda connection: queries.case_detail(connection, case_id))

    @needs(Right.SEE_ORDERS)
    def unread(self) -> tuple[UnreadShop, ...]:
        """Shops whose cases cannot be read now: the list may lack some."""
        return self._store.read(_unread)


def _unread(connection: Connection) -> tuple[UnreadShop, ...]:
    query = (
        select(Shop.name, Cursor.failing_since, Cursor.error)
        .join(Cursor, Cursor.shop_id == Shop.id)
        .where(Shop.is_active, Cursor.feed == CASES, Cursor.failing_since.is_not(None))
        .order_by(Shop.id)
    )
    return tuple(UnreadShop(row.name, row.failing_since, row.error) for row in connection.execute(query))
