"""A printer queue of Windows, bytes as they are (RAW). It has been tried on a stand-in, not on Windows yet.

The vendor's driver keeps the printer and hands the bytes on. "Sent" means that the job left the queue without a
fault; whether paper came out Windows does not know, and cheap drivers never tell a fault either.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from printing.errors import NothingSent, PartlySent
from printing.transports.contract import Receipt, digest
from printing.transports.winspool import Spool, windows_spool

_CHUNK_BYTES = 65_536
_POLL_S = 0.1
_ACCESS_DENIED = 5

# PRINTER_STATUS and JOB_STATUS bits.
_PAUSED, _PAPER_OUT, _PAPER_PROBLEM, _OFFLINE, _DOOR_OPEN = 0x1, 0x10, 0x40, 0x80, 0x400000
_JOB_ERROR, _JOB_DELETING, _JOB_OFFLINE, _JOB_PAPER_OUT = 0x2, 0x4, 0x20, 0x40
_JOB_PRINTED, _JOB_DELETED, _JOB_COMPLETE = 0x80, 0x100, 0x1000


@dataclass(frozen=True, slots=True)
class WindowsTransport:
    """One queue.

    Attributes:
        queue: its name, as Windows shows it.
        spool: what opens the spooler; called when first needed.
        deadline_s: how long a job may stay in the queue; then it is deleted, so that it does not come out after
            somebody has answered for it.
        monotonic: seconds that never run backwards.
    """

    queue: str
    spool: Callable[[], Spool] = windows_spool
    deadline_s: float = 60.0
    monotonic: Callable[[], float] = time.monotonic

    @property
    def is_stream(self) -> bool:
        """A job deleted midway leaves the printer behind the queue inside it."""
        return True

    def send(self, data: bytes, name: str) -> Receipt:
        """Spool one job and follow it until it has left the queue.

        Raises:
            NothingSent: not Windows, no such queue, it is paused or offline.
            PartlySent: the job was deleted, failed or stayed too long.
        """
        with self._opened() as (spool, handle):
            _refuse_standing(spool, handle)
            job = self._spool_job(spool, handle, data, name)
            self._follow(spool, handle, job)
        return Receipt(digest(data))

    def query(self, request: bytes, is_whole: Callable[[bytes], bool]) -> bytes | None:  # noqa: ARG002  # a queue has no way back
        """A queue has no way back; a paused or absent one is out of reach.

        Raises:
            NothingSent: not Windows, no such queue, it is paused or offline.
        """
        with self._opened() as (spool, handle):
            _refuse_standing(spool, handle)
        return None

    def paper_is_out(self) -> bool | None:
        """What the driver says of the paper; None where it says nothing at all.

        Raises:
            NothingSent: not Windows or no such queue.
        """
        with self._opened() as (spool, handle):
            status = _status(spool, handle)
        return bool(status & (_PAPER_OUT | _PAPER_PROBLEM)) if status else None

    @contextmanager
    def _opened(self) -> Iterator[tuple[Spool, int]]:
        spool = self.spool()
        try:
            handle = spool.open(self.queue)
        except OSError as error:
            if error.errno == _ACCESS_DENIED:
                raise NothingSent("wire.forbidden", "this user may not use the printer", sent_bytes=0) from error
            raise NothingSent("wire.queue_absent", "Windows has no printer of this name", sent_bytes=0) from error
        try:
            yield spool, handle
        finally:
            spool.close(handle)

    def _spool_job(self, spool: Spool, handle: int, data: bytes, name: str) -> int:
        try:
            job = spool.start(handle, name)
        except OSError as error:
            spool.abort(handle)
            raise NothingSent("wire.queue_rejects", "the queue takes no jobs", sent_bytes=0) from error
        view, sent = memoryview(data), 0
        try:
            while sent < len(data):
                count = spool.write(handle, bytes(view[sent : sent + _CHUNK_BYTES]))
                if not count:
                    break
                sent += count
            if sent == len(data):
                spool.end(handle)
                return job
        except OSError:
            pass  # told below, as a write of nothing is
        # Windows begins to print while a job is still being written: what it has may be on paper.
        spool.abort(handle)
        if sent:
            raise PartlySent("wire.broken", "Windows did not take the whole job", sent_bytes=sent)
        raise NothingSent("wire.queue_rejects", "the queue takes no jobs", sent_bytes=0)

    def _follow(self, spool: Spool, handle: int, job: int) -> None:
        ends_at = self.monotonic() + self.deadline_s
        try:
            while (status := spool.job_status(handle, job)) is not None:
                if status & (_JOB_PRINTED | _JOB_COMPLETE):
                    return
                if status & (_JOB_DELETING | _JOB_DELETED):
                    raise PartlySent("wire.queue_cancelled", "the job was deleted from the queue", sent_bytes=1)
                if self.monotonic() >= ends_at:
                    self._give_up(spool, handle, job, status)
                time.sleep(_POLL_S)
        except OSError as error:
            raise PartlySent("wire.queue_silent", "Windows does not tell how the job ended", sent_bytes=1) from error

    @staticmethod
    def _give_up(spool: Spool, handle: int, job: int, status: int) -> None:
        with suppress(OSError):
            spool.delete_job(handle, job)
        if status & _JOB_PAPER_OUT:
            raise PartlySent("wire.full", "the paper is out", sent_bytes=1)
        if status & (_JOB_OFFLINE | _JOB_ERROR):
            raise PartlySent("wire.broken", "the printer went offline or failed", sent_bytes=1)
        raise PartlySent("wire.queue_stuck", "the job stayed in the queue and was deleted", sent_bytes=1)


def _status(spool: Spool, handle: int) -> int:
    try:
        return spool.status(handle)
    except OSError:
        return 0  # only a hint anyway


def _refuse_standing(spool: Spool, handle: int) -> None:
    """Refuse what Windows would keep for later: a label that comes out an hour after its parcel left."""
    status = _status(spool, handle)
    if status & _PAUSED:
        raise NothingSent("wire.queue_stopped", "the queue is stopped", sent_bytes=0)
    if status & _OFFLINE:
        raise NothingSent("wire.absent", "the printer is offline", sent_bytes=0)
    if status & _DOOR_OPEN:
        raise NothingSent("printer.cover_open", "the cover is open", sent_bytes=0)
