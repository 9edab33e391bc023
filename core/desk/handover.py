"""The hand-over page's service."""

from core.access.gate import needs
from core.access.rights import Right
from core.db.unit_of_work import Store, Urgency
from core.fulfilment import handover, handover_paper, handover_queries
from core.fulfilment.handover_records import (
    CarrierPile,
    SheetPaper,
    SheetSearch,
    SheetView,
    Taken,
    WaitingParcel,
)

#: rows a page shows of one pile; nobody reads further
_MOST_ROWS = 500


class Handover:
    """Sheets for couriers: what goes, what stays, who signed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @needs(Right.SEE_ORDERS)
    def piles(self) -> tuple[CarrierPile, ...]:
        """What waits for each carrier."""
        return self._store.read(handover_queries.piles)

    @needs(Right.SEE_ORDERS)
    def waiting(self, carrier_code: str) -> tuple[WaitingParcel, ...]:
        """What waits for a carrier and stands on no sheet."""
        return self._store.read(lambda c: handover_queries.waiting_parcels(c, carrier_code, _MOST_ROWS))

    @needs(Right.SEE_ORDERS)
    def on_sheet(self, sheet_id: int) -> tuple[WaitingParcel, ...]:
        """What stands on a sheet."""
        return self._store.read(lambda c: handover_queries.parcels_of_sheet(c, sheet_id, _MOST_ROWS))

    @needs(Right.SEE_ORDERS)
    def intercepted(self) -> tuple[WaitingParcel, ...]:
        """Everything that was scanned out, is still here, and has to stay."""
        return self._store.read(lambda c: handover_queries.intercepted_parcels(c, _MOST_ROWS))

    @needs(Right.SEE_ORDERS)
    def signed(self, wanted: SheetSearch, limit: int) -> tuple[SheetView, ...]:
        """Signed sheets, the newest first."""
        return self._store.read(lambda c: handover_queries.signed_sheets(c, wanted, limit))

    @needs(Right.HAND_OVER)
    def print_sheet(self, sheet_id: int, way: str) -> SheetPaper:
        """A sheet for its paper, open or signed; what is printed again says so.

        Raises:
            NotFound, Refused: as `core.fulfilment.handover_paper.print_sheet`.
        """
        return self._store.write(lambda uow: handover_paper.print_sheet(uow, sheet_id, way))

    @needs(Right.HAND_OVER)
    def open_sheet(self, carrier_code: str) -> int:
        """The open sheet of a carrier, begun where there is none.

        Raises:
            Refused: as `core.fulfilment.handover.open_sheet`.
        """
        return self._store.write(lambda uow: handover.open_sheet(uow, carrier_code))

    @needs(Right.HAND_OVER)
    def scan(self, sheet_id: int, raw: str) -> Taken:
        """Put a parcel onto a sheet.

        Raises:
            NotFound, Refused: as `core.fulfilment.handover.scan`.
        """
        return self._store.write(lambda uow: handover.scan(uow, sheet_id, raw), urgency=Urgency.SCAN)

    @needs(Right.HAND_OVER)
    def take_all(self, sheet_id: int) -> Taken:
        """Put all that may go onto a sheet.

        Raises:
            NotFound, Refused: as `core.fulfilment.handover.take_all`.
        """
        return self._store.write(lambda uow: handover.take_all(uow, sheet_id))

    @needs(Right.HAND_OVER)
    def take_off(self, sheet_id: int, parcel_id: int) -> None:
        """Take a parcel off a sheet.

        Raises:
            NotFound, Refused: as `core.fulfilment.handover.take_off`.
        """
        self._store.write(lambda uow: handover.take_off(uow, sheet_id, parcel_id))

    @needs(Right.HAND_OVER)
    def close(self, sheet_id: int, courier: str, counted: int) -> None:
        """The courier signed.

        Raises:
            NotFound, Refused: as `core.fulfilment.handover.close`.
        """
        self._store.write(lambda uow: handover.close(uow, sheet_id, courier, counted))

    @needs(Right.HAND_OVER)
    def pull_out(self, parcel_id: int) -> None:
        """Keep a parcel that was scanned out already.

        Raises:
            NotFound, Refused: as `core.fulfilment.handover.pull_out`.
        """
        self._store.write(lambda uow: handover.pull_out(uow, parcel_id))
