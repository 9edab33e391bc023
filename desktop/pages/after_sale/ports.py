"""What the page of after-sale cases needs from core; core's service satisfies it by shape."""

from collections.abc import Mapping
from typing import Protocol

from core.aftersale.records import CaseDetail, CaseFilter, CasePage, UnreadShop


class AfterSaleDesk(Protocol):
    """Looking at cases; they are answered at the platform."""

    def page(self, wanted: CaseFilter, after: int | None, limit: int) -> CasePage:
        """One page of the list."""
        ...

    def counts(self) -> Mapping[str, int]:
        """How many cases wait in each pile."""
        ...

    def detail(self, case_id: int) -> CaseDetail | None:
        """Everything about one case."""
        ...

    def unread(self) -> tuple[UnreadShop, ...]:
        """Shops whose cases cannot be read now."""
        ...
