"""What the page of after-sale cases needs from core; core's service satisfies it by shape."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from core.aftersale.intercepting import ToCatch
from core.aftersale.records import CaseDetail, CaseFilter, CasePage, UnreadShop
from core.files.records import Exported


class AfterSaleDesk(Protocol):
    """Looking at cases, which are answered at the platform, and at the parcels to be caught because of them."""

    def page(self, wanted: CaseFilter, after: int | None, limit: int) -> CasePage:
        """One page of the list."""
        ...

    def counts(self) -> Mapping[str, int]:
        """How many cases wait in each pile."""
        ...

    def detail(self, case_id: int) -> CaseDetail | None:
        """Everything about one case."""
        ...

    def to_catch(self) -> tuple[ToCatch, ...]:
        """Parcels that left before their money was wanted back."""
        ...

    def settle_catch(self, parcel_id: int, outcome: str) -> None:
        """Say what became of such a parcel."""
        ...

    def export_catch(self, path: Path) -> Exported:
        """Write the list of them."""
        ...

    def unread(self) -> tuple[UnreadShop, ...]:
        """Shops whose cases cannot be read now."""
        ...
