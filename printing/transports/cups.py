"""A raw queue of CUPS, through its own programs: `lp` hands the job over, `lpstat` tells when it has gone.

"Sent" means here that the job left the queue and CUPS does not call it cancelled or failed, so that every byte
was taken behind the queue; whether paper came out CUPS does not know. CUPS keeps a job's bytes in its spool folder
for a day unless its setting PreserveJobFiles says No. Raw queues work up to CUPS 2.4 and are announced to end with
CUPS 3.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from printing.errors import NothingSent, PartlySent, PrintingError
from printing.transports.contract import Receipt, digest
from printing.transports.cups_end import ABORTED, CANCELLED, job_state
from printing.transports.programs import Said, TookTooLong, run

_QUEUE = re.compile(r"[^\s/#,?'\"\\-][^\s/#,?'\"\\]{0,126}")
_ACCEPTED = re.compile(r"request id is (\S+-\d+) ")
_POLL_S = 0.1
_PROGRAM_S = 10.0
#: what `lp` says when the server took no job
_NOT_TAKEN = ("not accepting jobs", "does not exist", "Unable to connect", "No default destination", "Forbidden")


def is_queue_name(name: str) -> bool:
    """Whether CUPS could have a queue of this name."""
    return _QUEUE.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class CupsTransport:
    """One queue.

    Attributes:
        queue: its name.
        deadline_s: how long a job may stay in the queue; then it is cancelled, so that it does not come out
            after somebody has answered for it.
        monotonic: seconds that never run backwards.
    """

    queue: str
    deadline_s: float = 60.0
    monotonic: Callable[[], float] = time.monotonic

    @property
    def is_stream(self) -> bool:
        """A job cancelled midway leaves the printer behind the queue inside it."""
        return True

    def send(self, data: bytes, name: str) -> Receipt:
        """Hand one job over and follow it until it has left the queue.

        Raises:
            NothingSent: no CUPS, no such queue, it is stopped or takes no jobs.
            PartlySent: the job was cancelled, failed or stayed too long.
        """
        self._look_first()
        job = self._hand_over(data, name)
        try:
            self._follow(job)
        except (TookTooLong, NothingSent) as error:
            raise PartlySent("wire.queue_silent", "CUPS does not tell how the job ended", sent_bytes=1) from error
        return Receipt(digest(data))

    def query(self, request: bytes, is_whole: Callable[[bytes], bool]) -> bytes | None:  # noqa: ARG002  # a queue has no way back
        """A raw queue has no way back; a stopped or absent one is out of reach.

        Raises:
            NothingSent: no CUPS, no such queue, it is stopped or takes no jobs.
        """
        self._look_first()
        return None

    def _look_first(self) -> None:
        """Refuse what CUPS would keep for later: a label that comes out an hour after its parcel left."""
        try:
            said = run(["lpstat", "-p", self.queue, "-a", self.queue], timeout_s=_PROGRAM_S)
        except TookTooLong as error:
            raise _refused("wire.timeout", "CUPS did not answer in time") from error
        if said.code:
            raise _refused("wire.queue_absent", "CUPS does not run or has no queue of this name")
        if re.search(rf"^printer {re.escape(self.queue)} disabled", said.out, re.MULTILINE):
            raise _refused("wire.queue_stopped", "the queue is stopped")
        if re.search(rf"^{re.escape(self.queue)} not accepting", said.out, re.MULTILINE):
            raise _refused("wire.queue_rejects", "the queue takes no jobs")

    def _hand_over(self, data: bytes, name: str) -> str:
        words = ["lp", "-d", self.queue, "-o", "raw", "-t", re.sub(r"[^A-Za-z0-9._-]", "_", name)[:60] or "label"]
        try:
            said = run(words, data=data, timeout_s=self.deadline_s)
        except TookTooLong as error:
            raise PartlySent("wire.timeout", "CUPS did not take the job in time", sent_bytes=1) from error
        found = _ACCEPTED.search(said.out)
        if found is not None and not said.code:
            return found[1]
        raise _not_taken(said)

    def _follow(self, job: str) -> None:
        ends_at = self.monotonic() + self.deadline_s
        while self._is_queued(job):
            if self.monotonic() >= ends_at:
                run(["cancel", job], timeout_s=_PROGRAM_S)
                raise PartlySent("wire.queue_stuck", "the job stayed in the queue and was cancelled", sent_bytes=1)
            time.sleep(_POLL_S)
        if job_state(int(job.rpartition("-")[2])) in {CANCELLED, ABORTED}:
            raise PartlySent("wire.queue_cancelled", "the job was cancelled or failed in the queue", sent_bytes=1)

    def _is_queued(self, job: str) -> bool:
        said = run(["lpstat", "-W", "not-completed", "-o", self.queue], timeout_s=_PROGRAM_S)
        if said.code:
            raise _refused("wire.queue_silent", "CUPS does not tell its jobs")
        return re.search(rf"^{re.escape(job)}\s", said.out, re.MULTILINE) is not None


def _not_taken(said: Said) -> PrintingError:
    if "not accepting jobs" in said.error:
        return _refused("wire.queue_rejects", "the queue takes no jobs")
    if any(words in said.error for words in _NOT_TAKEN):
        return _refused("wire.queue_absent", "CUPS does not run or has no queue of this name")
    # It may have broken while the job was being taken.
    return PartlySent("wire.failed", "CUPS did not say whether it took the job", sent_bytes=1)


def _refused(code: str, sentence: str) -> NothingSent:
    return NothingSent(code, sentence, sent_bytes=0)
