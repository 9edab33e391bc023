"""What the hand-over page needs from core; core's service satisfies it by shape."""

from typing import Protocol

from core.fulfilment.handover_records import (
    CarrierPile,
    SheetPaper,
    SheetSearch,
    SheetView,
    Taken,
    WaitingParcel,
)


class HandoverDesk(Protocol):
    """Sheets for couriers: what goes, what stays, who signed."""

    def piles(self) -> tuple[CarrierPile, ...]:
        """What waits for each carrier."""
        ...

    def waiting(self, carrier_code: str) -> tuple[WaitingParcel, ...]:
        """What waits for a carrier and stands on no sheet."""
        ...

    def on_sheet(self, sheet_id: int) -> tuple[WaitingParcel, ...]:
        """What stands on a sheet."""
        ...

    def intercepted(self) -> tuple[WaitingParcel, ...]:
        """What was scanned out, is still here, and has to stay."""
        ...

    def signed(self, wanted: SheetSearch, limit: int) -> tuple[SheetView, ...]:
        """Signed sheets, the newest first."""
        ...

    def print_sheet(self, sheet_id: int, way: str) -> SheetPaper:
        """A sheet for its paper; what is printed again says so."""
        ...

    def open_sheet(self, carrier_code: str) -> int:
        """The open sheet of a carrier, begun where there is none."""
        ...

    def scan(self, sheet_id: int, raw: str) -> Taken:
        """Put a parcel onto a sheet."""
        ...

    def take_all(self, sheet_id: int) -> Taken:
        """Put all that may go onto a sheet."""
        ...

    def take_off(self, sheet_id: int, parcel_id: int) -> None:
        """Take a parcel off a sheet."""
        ...

    def close(self, sheet_id: int, courier: str, counted: int) -> None:
        """The courier signed."""
        ...

    def pull_out(self, parcel_id: int) -> None:
        """Keep a parcel that was scanned out already."""
        ...
