"""Batches as the page of batches asks for them: what ends when, blocking one, and the list of a recall."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from core.access.exporting import record_export
from core.access.gate import needs
from core.access.rights import Right
from core.db.unit_of_work import Store, UnitOfWork
from core.files.recall_sheet import recall_sheet
from core.files.records import Exported
from core.files.writing import content_of, stage
from core.fulfilment import blocking
from core.fulfilment.blocking import Blocked
from core.fulfilment.recall import Recall, recall
from core.fulfilment.resuming import goods_came
from core.inventory import batch_list
from core.inventory.batch_list import BatchCursor, BatchFilter, BatchPage
from core.inventory.batches import BatchFacts, correct_batch
from core.runtime.collector import unwalked
from core.runtime.errors import Refused

_LONGEST_REASON = 100


class Batches:
    """Looking at batches, correcting what is known of one, blocking it, and following it to whoever got it."""

    def __init__(self, store: Store, carrier_code: str) -> None:
        self._store = store
        self._carrier_code = carrier_code

    @needs(Right.SEE_STOCK)
    def page(self, wanted: BatchFilter, after: BatchCursor | None, limit: int) -> BatchPage:
        """One page of the list, by last day."""
        now = self._store.clock.now()
        return self._store.read(lambda connection: batch_list.batch_page(connection, wanted, after, limit, now))

    @needs(Right.SEE_STOCK)
    def counts(self, wanted: BatchFilter) -> Mapping[str, int]:
        """How many batches each filter holds."""
        now = self._store.clock.now()
        return self._store.read(lambda connection: batch_list.batch_counts(connection, wanted, now))

    @needs(Right.ADJUST_STOCK)
    def correct(self, batch_id: int, expires_on: date | None, made_on: date | None, note: str) -> BatchFacts:
        """Write what is right of a batch; orders that waited for goods are tried again by it.

        Raises:
            NotFound, Refused: as `core.inventory.batches.correct_batch`.
        """

        def write(uow: UnitOfWork) -> BatchFacts:
            batch = correct_batch(uow, batch_id, expires_on, made_on, note)
            goods_came(uow, self._carrier_code, [batch.sku_id])
            return batch

        return self._store.write(write)

    @needs(Right.ADJUST_STOCK)
    def block(self, batch_ids: Collection[int], why: str) -> tuple[Blocked, ...]:
        """Promise these batches to nobody any more, all in one step; see `core.fulfilment.blocking`.

        Raises:
            NotFound: `batch.unknown`.
            Refused: `batch.why_missing`, nobody has said why.
        """
        reason = " ".join(why.split())[:_LONGEST_REASON]
        if not reason:
            raise Refused("batch.why_missing", "a batch is blocked for a reason")
        return self._store.write(
            lambda uow: tuple(blocking.block(uow, batch_id, reason) for batch_id in sorted(set(batch_ids)))
        )

    @needs(Right.ADJUST_STOCK)
    def unblock(self, batch_id: int) -> int:
        """Let a batch be promised again; how many orders went on because of it.

        Raises:
            NotFound: `batch.unknown`.
        """
        return len(self._store.write(lambda uow: blocking.unblock(uow, batch_id, self._carrier_code)))

    @needs(Right.SEE_ORDERS)
    def recall(self, batch_ids: Collection[int]) -> Recall:
        """Who got these batches, who may have, and what is still here; receivers masked."""
        return self._store.read(self._follow(batch_ids))

    @needs(Right.SEE_ORDERS)
    @needs(Right.USE_FILES)
    def export_recall(self, path: Path, batch_ids: Collection[int]) -> Exported:
        """Write the recall list, without receivers; the file is written down before it gets its name.

        Raises:
            Refused: `files.name`. Unavailable: `files.cannot_write`.
        """
        with unwalked():
            follow = self._follow(batch_ids)
            content = self._store.read(lambda connection: content_of(path, recall_sheet(follow(connection))))
        staged = stage(path, content)
        try:
            self._store.write(
                lambda uow: record_export(uow, "recall", rows=staged.rows, digest=staged.digest, is_personal=False)
            )
        except BaseException:
            staged.drop()
            raise
        staged.publish()
        return Exported(str(staged.path), staged.rows, staged.digest)

    def _follow(self, batch_ids: Collection[int]) -> Callable[[Connection], Recall]:
        now = self._store.clock.now()
        return lambda connection: recall(connection, batch_ids, now)
