"""What the page of batches needs from core; core's service satisfies it by shape."""

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Protocol

from core.files.records import Exported
from core.fulfilment.blocking import Blocked
from core.fulfilment.recall import Recall
from core.inventory.batch_list import BatchCursor, BatchFilter, BatchPage
from core.inventory.batches import BatchFacts


class BatchDesk(Protocol):
    """Looking at batches, correcting one, blocking it, and following it to whoever got it."""

    def page(self, wanted: BatchFilter, after: BatchCursor | None, limit: int) -> BatchPage:
        """One page of the list, by last day."""
        ...

    def counts(self, wanted: BatchFilter) -> Mapping[str, int]:
        """How many batches each filter holds."""
        ...

    def correct(self, batch_id: int, expires_on: date | None, made_on: date | None, note: str) -> BatchFacts:
        """Write what is right of a batch."""
        ...

    def block(self, batch_ids: Collection[int], why: str) -> tuple[Blocked, ...]:
        """Promise these batches to nobody any more."""
        ...

    def unblock(self, batch_id: int) -> int:
        """Let a batch be promised again; how many orders went on."""
        ...

    def recall(self, batch_ids: Collection[int]) -> Recall:
        """Who got these batches, who may have, and what is still here."""
        ...

    def export_recall(self, path: Path, batch_ids: Collection[int]) -> Exported:
        """Write the recall list, without receivers."""
        ...
