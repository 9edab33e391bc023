"""A `JobStore` in memory that keeps its rows over a crash of the spooler, as a database does."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from printing.jobs import OWN, ClaimedJob
from printing.transports.contract import Receipt


@dataclass
class Row:
    job: ClaimedJob
    printer_key: str
    state: str = "queued"
    reason: str = ""
    attempts: int = 0
    sha256: str = ""
    receipt: Receipt | None = None


@dataclass
class MemoryJobStore:
    """Rows by id. Marks are conditional, as a database's UPDATEs: a late or repeated one changes nothing."""

    rows: dict[int, Row] = field(default_factory=dict)
    _lock: threading.Condition = field(default_factory=threading.Condition)

    def add(
        self,
        printer_key: str,
        content: Mapping[str, object],
        *,
        copy_no: int = 0,
        size: str = "",
        name: str = "",
        route: str = OWN,
    ) -> int:
        with self._lock:
            job_id = len(self.rows) + 1
            job = ClaimedJob(job_id, content, copy_no, size, name or f"job-{job_id}", route)
            self.rows[job_id] = Row(job, printer_key)
            return job_id

    def reprint(self, job_id: int) -> None:
        """A person said: the paper is not there, print it again, as a further copy."""
        with self._lock:
            row = self.rows[job_id]
            assert row.state in {"unknown", "failed"}
            row.job = replace(row.job, copy_no=row.job.copy_no + 1)
            row.state = "queued"

    def say_it_is_there(self, job_id: int) -> None:
        """A person said: the paper lies there."""
        with self._lock:
            assert self.rows[job_id].state == "unknown"
            self.rows[job_id].state = "confirmed"

    def state(self, job_id: int) -> str:
        with self._lock:
            return self.rows[job_id].state

    def wait_for_state(self, job_id: int, *states: str, timeout_s: float = 10.0) -> str:
        with self._lock:
            assert self._lock.wait_for(lambda: self.rows[job_id].state in states, timeout_s), (
                f"job {job_id} is {self.rows[job_id].state} ({self.rows[job_id].reason}), not {states}"
            )
            return self.rows[job_id].state

    def recover(self, printer_key: str) -> int:
        unknown = 0
        with self._lock:
            for row in self.rows.values():
                if row.printer_key != printer_key:
                    continue
                if row.state == "claimed":
                    row.state = "queued"
                elif row.state == "sending":
                    row.state, row.reason = "unknown", "crash"
                    unknown += 1
            self._lock.notify_all()
        return unknown

    def claim(self, printer_key: str) -> ClaimedJob | None:
        with self._lock:
            for row in self.rows.values():
                if row.printer_key == printer_key and row.state == "queued":
                    row.state = "claimed"
                    row.attempts += 1
                    return row.job
        return None

    def mark_sending(self, job: ClaimedJob, sha256: str) -> bool:
        with self._lock:
            row = self.rows[job.job_id]
            if row.state != "claimed":
                return False
            row.sha256 = sha256
            self._move(job, {"claimed"}, "sending")
            return True

    def mark_sent(self, job: ClaimedJob, receipt: Receipt) -> None:
        with self._lock:
            self.rows[job.job_id].receipt = receipt
            self._move(job, {"sending"}, "sent")

    def mark_confirmed(self, job: ClaimedJob) -> None:
        with self._lock:
            self._move(job, {"sent"}, "confirmed")

    def mark_failed(self, job: ClaimedJob, reason: str, *, is_retryable: bool) -> None:
        with self._lock:
            self._move(job, {"claimed", "sending"}, "queued" if is_retryable else "failed", reason)

    def hand_over(self, job: ClaimedJob, from_key: str, to_key: str) -> None:
        with self._lock:
            row = self.rows[job.job_id]
            if (row.state, row.printer_key) == ("claimed", from_key):
                row.state, row.printer_key = "queued", to_key
                self._lock.notify_all()

    def mark_unknown(self, job: ClaimedJob, reason: str) -> None:
        with self._lock:
            self._move(job, {"sending", "sent"}, "unknown", reason)

    def _move(self, job: ClaimedJob, allowed: set[str], state: str, reason: str = "") -> None:
        row = self.rows[job.job_id]
        if row.state in allowed:
            row.state, row.reason = state, reason
            self._lock.notify_all()
