"""After-sale cases as the page shows them. They are answered at the platform: nothing is approved from here."""

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Connection, select

from core.access.exporting import record_export
from core.access.gate import needs
from core.access.rights import Right
from core.aftersale import intercepting, queries
from core.aftersale.intercepting import ToCatch, parcels_to_catch
from core.aftersale.records import CaseDetail, CaseFilter, CasePage, UnreadShop
from core.channels.models import Shop
from core.db.unit_of_work import Store
from core.files.interception_sheet import interception_sheet
from core.files.records import Exported
from core.files.writing import content_of, stage
from core.sync.cursors import CASES
from core.sync.models import Cursor


class AfterSales:
    """Looking at cases, and at the parcels that have to be caught because of them."""

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

    @needs(Right.SEE_ORDERS)
    def to_catch(self) -> tuple[ToCatch, ...]:
        """Parcels that left before their money was wanted back; see `core.aftersale.intercepting`."""
        now = self._store.clock.now()
        return self._store.read(lambda connection: parcels_to_catch(connection, now))

    @needs(Right.HOLD_ORDER)
    def settle_catch(self, parcel_id: int, outcome: str) -> None:
        """Say what became of such a parcel, `caught` or `too_late`.

        Raises:
            NotFound, Refused: as `core.aftersale.intercepting.settle`.
        """
        self._store.write(lambda uow: intercepting.settle(uow, parcel_id, outcome))

    @needs(Right.SEE_ORDERS)
    @needs(Right.USE_FILES)
    def export_catch(self, path: Path) -> Exported:
        """Write the list of parcels to catch; the file is written down before it gets its name.

        Raises:
            Refused: `files.name`. Unavailable: `files.cannot_write`.
        """
        staged = stage(path, content_of(path, interception_sheet(self.to_catch())))
        try:
            self._store.write(
                lambda uow: record_export(
                    uow, "interception", rows=staged.rows, digest=staged.digest, is_personal=False
                )
            )
        except BaseException:
            staged.drop()
            raise
        staged.publish()
        return Exported(str(staged.path), staged.rows, staged.digest)


def _unread(connection: Connection) -> tuple[UnreadShop, ...]:
    query = (
        select(Shop.name, Cursor.failing_since, Cursor.error)
        .join(Cursor, Cursor.shop_id == Shop.id)
        .where(Shop.is_active, Cursor.feed == CASES, Cursor.failing_since.is_not(None))
        .order_by(Shop.id)
    )
    return tuple(UnreadShop(row.name, row.failing_since, row.error) for row in connection.execute(query))
