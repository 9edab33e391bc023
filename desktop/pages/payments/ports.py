"""What the page of payments needs from core; core's service satisfies it by shape."""

from datetime import date
from pathlib import Path
from typing import Protocol

from core.payments.records import BillView, DifferencePage, GatewayDraft, GatewayView, PaidShop, QuestionPage
from core.runtime.first_of import FirstOf


class PaymentDesk(Protocol):
    """Gateways, what they were asked, and the daily comparison."""

    def shops(self) -> tuple[PaidShop, ...]:
        """Shops that may have gateways."""
        ...

    def gateways(self) -> tuple[GatewayView, ...]:
        """Every gateway, without its secrets."""
        ...

    def save(self, draft: GatewayDraft) -> int:
        """Keep a gateway."""
        ...

    def set_active(self, gateway_id: int, *, is_active: bool) -> None:
        """Ask a gateway from now on, or no more."""
        ...

    def try_gateway(self, draft: GatewayDraft) -> None:
        """Ask the gateway with what was entered. Waits for the network."""
        ...

    def questions(self, after: int | None, limit: int, *, only_found: bool) -> QuestionPage:
        """Orders that were asked for."""
        ...

    def see_to(self, question_id: int) -> bool:
        """Say that what was found has been seen to."""
        ...

    def bills(self) -> FirstOf[BillView]:
        """The days that are kept."""
        ...

    def differences(self, bill_id: int, after: int | None, limit: int) -> DifferencePage:
        """What differs on a day."""
        ...

    def fetch(self, shop_id: int, day: date) -> int:
        """Fetch and compare a day now; gives how many lines differ. Waits for the network."""
        ...

    def settle(self, difference_id: int, note: str) -> bool:
        """Say that a difference has been seen to."""
        ...

    def confirm(self, bill_id: int) -> None:
        """Say that a day has been gone through."""
        ...

    def export(self, bill_id: int, path: Path) -> int:
        """Write the differences of a day into a table; gives the rows."""
        ...
