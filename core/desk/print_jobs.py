"""The print queue as a printer lane needs it: every call one committed transaction (see `printing.jobs.JobStore`)."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.access.gate import LANES, declares
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.fulfilment.print_content import PrintContent, print_content
from core.fulfilment.telling import label_is_out
from core.runtime.errors import DomainError
from core.waybills import print_queue

_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PaperJob:
    """One label to print. `name` is the waybill number: the plain word for files and lists.

    `route` says who draws it: `own`, or `component`, the platform's program on this machine.
    """

    job_id: int
    content: Mapping[str, Any] = field(repr=False)
    copy_no: int
    size: str
    name: str
    route: str


class PrintJobs:
    """Claims and settles jobs for the lanes of one desk; `holder` outlives a crash, so its jobs are found again."""

    def __init__(self, store: Store, holder: str) -> None:
        self._store = store
        self._holder = holder

    @declares(LANES)
    def recover(self, printer_key: str) -> int:
        """After a crash: what was being sent is unknown; gives how many."""
        return len(self._write(lambda uow: print_queue.recover(uow, printer_key, self._holder)))

    @declares(LANES)
    def claim(self, printer_key: str) -> PaperJob | None:
        """The next job with its content; one that cannot be printed is failed with its reason and passed over."""
        while True:
            job_id = self._write(lambda uow: print_queue.claim(uow, printer_key, self._holder))
            if job_id is None:
                return None
            try:
                found = self._content(job_id)
            except DomainError as error:
                self._fail(job_id, error.code)
            else:
                return PaperJob(job_id, found.content, found.copy_no, found.size, found.waybill_no, found.route)

    def _content(self, job_id: int) -> PrintContent:
        now = self._store.clock.now()
        return self._store.read(lambda connection: print_content(connection, job_id, now))

    def _fail(self, job_id: int, reason: str) -> None:
        _log.info("print job %s cannot be printed: %s", job_id, reason)
        self._write(lambda uow: print_queue.mark_failed(uow, job_id, self._holder, reason))

    @declares(LANES)
    def mark_sending(self, job: PaperJob, sha256: str) -> bool:
        """Committed before the first byte; False when nothing may be sent."""
        return self._write(lambda uow: print_queue.start_sending(uow, job.job_id, self._holder, sha256))

    @declares(LANES)
    def mark_sent(self, job: PaperJob, receipt: object) -> None:  # noqa: ARG002 - the lane says it, we keep no copy
        """Every byte left."""
        self._write(lambda uow: _came_out(uow, job.job_id, print_queue.mark_sent(uow, job.job_id)))

    @declares(LANES)
    def mark_confirmed(self, job: PaperJob) -> None:
        """The device says that the paper is out."""
        self._write(lambda uow: _came_out(uow, job.job_id, print_queue.mark_confirmed(uow, job.job_id)))

    @declares(LANES)
    def mark_failed(self, job: PaperJob, reason: str, *, is_retryable: bool) -> None:
        """No byte left, or a print component says that no paper came of it."""
        if is_retryable:
            self._write(lambda uow: print_queue.put_back(uow, job.job_id, self._holder, reason))
        else:
            self._fail(job.job_id, reason)

    @declares(LANES)
    def hand_over(self, job: PaperJob, from_key: str, to_key: str) -> None:
        """No byte left, and another printer holds the paper this job wants."""
        self._write(lambda uow: print_queue.hand_over(uow, job.job_id, self._holder, from_key, to_key))

    @declares(LANES)
    def mark_unknown(self, job: PaperJob, reason: str) -> None:
        """Only a person can say whether paper came out."""
        self._write(lambda uow: print_queue.mark_unknown(uow, job.job_id, reason))

    def _write(self, operation: Callable[[UnitOfWork], T]) -> T:
        return self._store.write(operation, urgency=Urgency.SCAN)


def _came_out(uow: UnitOfWork, job_id: int, is_settled: bool) -> None:
    """A shop that is told of printed labels is told in the same transaction."""
    if is_settled:
        label_is_out(uow, job_id)
