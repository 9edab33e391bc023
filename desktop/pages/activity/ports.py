"""What the activity page needs from core; core's services satisfy these by shape."""

from collections.abc import Mapping
from typing import Protocol

from core.sync.deliveries import DeliveryPage, DeliveryRow
from core.waybills.records import PrintJobView


class ActivityDesk(Protocol):
    """The outbox and the print jobs."""

    def page(self, pile: str, after: int | None, limit: int) -> DeliveryPage:
        """One page of what is to be told, newest first."""
        ...

    def delivery(self, row_id: int) -> DeliveryRow | None:
        """One row again."""
        ...

    def counts(self) -> Mapping[str, int]:
        """How many wait, failed or are in conflict."""
        ...

    def prints(self) -> tuple[PrintJobView, ...]:
        """Print jobs: those that need an answer first, then the newest."""
        ...

    def retry(self, row_id: int) -> bool:
        """Send a failed or waiting delivery now."""
        ...

    def keep_ours(self, row_id: int) -> None:
        """Our number takes the place of the one the shop has."""
        ...

    def accept_theirs(self, row_id: int) -> None:
        """The shop's number is left as it is."""
        ...

    def retry_failed(self, lane: str) -> int:
        """Send everything again that failed for one shop or carrier."""
        ...


class PrintActs(Protocol):
    """What can be done with a print job."""

    def reprint(self, waybill_id: int, reason: str) -> PrintJobView:
        """The same number again, visibly a further copy."""
        ...

    def answer_unknown(self, job_id: int, came_out: bool) -> PrintJobView:
        """The clerk looked whether the label came out."""
        ...
