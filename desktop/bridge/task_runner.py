"""Background work for a window: plain threads, one queued signal back."""

import logging
import queue
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from desktop.bridge.tasks import Lane

T = TypeVar("T")

_log = logging.getLogger(__name__)

_THREADS = {Lane.ACTS: 1, Lane.READS: 2, Lane.PRINTERS: 1, Lane.PICTURES: 1, Lane.SHOPS: 1, Lane.FILES: 1}


class ChangesLike(Protocol):
    """What a committed write touched; core's own record satisfies it."""

    def touches(self, *names: str) -> bool:
        """Whether any of these tables was written."""
        ...


@dataclass(frozen=True, slots=True)
class _Ticket:
    """Work on its way to a lane."""

    work: Callable[[], Any]
    on_result: Callable[[Any], None]
    on_error: Callable[[Exception], None] | None
    owner: Callable[[], object | None]
    slot: tuple[int, str] | None
    number: int
    is_act: bool


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Work on its way back."""

    ticket: _Ticket
    result: Any
    error: Exception | None


class TaskRunner(QObject):
    """Lives on the GUI thread. Work runs in lanes of plain threads; outcomes come back through one queued signal.

    Signals:
        changed: a `ChangesLike`, after any write anywhere in this process (see `announce`).
        failed: an exception nobody else wanted, for the message bar: none ends in silence, neither that of an act
            whose page is gone meanwhile nor a defect of whoever was called back.
    """

    changed = Signal(object)
    failed = Signal(object)
    _finished = Signal(object)
    _announced = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queues: dict[Lane, queue.SimpleQueue[_Ticket | None]] = {}
        self._threads: list[threading.Thread] = []
        self._newest: dict[tuple[int, str], int] = {}
        self._count = 0
        self._is_open = True
        # Python's word for the thread: a wrapper around Qt's own object of a passing thread outlives that object, and
        # the next one to get its address is then destroyed in its place.
        self._home = threading.get_ident()
        self._finished.connect(self._on_finished, Qt.ConnectionType.QueuedConnection)
        self._announced.connect(self._on_announced, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        work: Callable[[], T],
        on_result: Callable[[T], None],
        on_error: Callable[[Exception], None] | None = None,
        *,
        owner: object,
        key: str = "",
        lane: Lane = Lane.READS,
    ) -> None:
        """See `desktop.bridge.tasks.Tasks`. Call from the GUI thread; after `stop` nothing is taken any more."""
        if threading.get_ident() != self._home:
            raise RuntimeError("work is submitted from the GUI thread only")
        if not self._is_open:
            return
        self._count += 1
        slot = (id(owner), key) if key else None
        if slot is not None:
            self._newest[slot] = self._count
        ticket = _Ticket(work, on_result, on_error, weakref.ref(owner), slot, self._count, lane is Lane.ACTS)
        self._lane(lane).put(ticket)

    def announce(self, changes: ChangesLike) -> None:
        """Tell every screen what was written. May be called from any thread."""
        if self._is_open:
            self._announced.emit(changes)

    def stop(self, patience_s: float = 5.0) -> bool:
        """Take no more work, finish the acts that wait, drop all outcomes; whether every thread ended in time."""
        self._is_open = False
        for lane, waiting in self._queues.items():
            for _ in range(_THREADS[lane]):
                waiting.put(None)
        for thread in self._threads:
            thread.join(patience_s)
        return not any(thread.is_alive() for thread in self._threads)

    def _lane(self, lane: Lane) -> "queue.SimpleQueue[_Ticket | None]":
        waiting = self._queues.get(lane)
        if waiting is None:
            waiting = queue.SimpleQueue()
            self._queues[lane] = waiting
            for number in range(_THREADS[lane]):
                thread = threading.Thread(
                    target=self._run, args=(lane, waiting), name=f"desk-{lane}-{number}", daemon=True
                )
                self._threads.append(thread)
                thread.start()
        return waiting

    def _run(self, lane: Lane, waiting: "queue.SimpleQueue[_Ticket | None]") -> None:
        while (ticket := waiting.get()) is not None:
            # What the clerk did is done even while the window closes; looking is not worth it then.
            if lane is not Lane.ACTS and not (self._is_open and _is_alive(ticket.owner())):
                continue
            try:
                outcome = _Outcome(ticket, ticket.work(), None)
            except Exception as error:  # noqa: BLE001  a lane outlives whatever its work does
                outcome = _Outcome(ticket, None, error)
            if self._is_open:
                self._finished.emit(outcome)
            del ticket, outcome

    @Slot(object)
    def _on_finished(self, outcome: _Outcome) -> None:
        ticket = outcome.ticket
        is_newest = True
        if ticket.slot is not None:
            is_newest = self._newest.get(ticket.slot) == ticket.number
            if is_newest:
                del self._newest[ticket.slot]
        if not self._is_open:
            return
        if not is_newest or not _is_alive(ticket.owner()):
            # A look nobody waits for; but what the clerk did and was not done is said.
            if ticket.is_act and outcome.error is not None:
                self.failed.emit(outcome.error)
            return
        try:
            if outcome.error is None:
                ticket.on_result(outcome.result)
            elif ticket.on_error is not None:
                ticket.on_error(outcome.error)
            else:
                self.failed.emit(outcome.error)
        except Exception as error:  # noqa: BLE001  whoever is called back may have any defect
            _log.exception("what was called back failed")
            self.failed.emit(error)

    @Slot(object)
    def _on_announced(self, changes: ChangesLike) -> None:
        if self._is_open:
            self.changed.emit(changes)


def _is_alive(owner: object | None) -> bool:
    return owner is not None and (not isinstance(owner, QObject) or isValid(owner))
