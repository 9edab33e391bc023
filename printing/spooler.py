"""One lane a printer: takes jobs from the store, one at a time, and never prints a parcel twice by itself.

Labels of both routes, drawn by us or by a platform's print component, leave a printer through its one lane in one
order: the next one begins when the one before is through.

The order of things is the promise: the store commits "sending" before the first byte leaves. What fails
before that byte may be tried again; what fails after it, or is found in "sending" after a crash, is
unknown and waits for a person.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from printing.bitmap import Bitmap
from printing.canvas import Warned
from printing.component_jobs import Followed, blank_page, call_component
from printing.components.client import LocalComponents
from printing.components.contract import Components, TaskState
from printing.errors import NothingSent, PartlySent, PrintingError, TaskFailed
from printing.jobs import COMPONENT, Activity, ClaimedJob, JobNews, JobState, JobStore, LaneStatus, Listener
from printing.label import LabelContent, label_from_mapping
from printing.printer import Printer
from printing.render import RenderedLabel
from printing.resolution import Resolution
from printing.status import PrinterState, PrinterStatus
from printing.transports.contract import Receipt, digest

_log = logging.getLogger(__name__)


class Renderer(Protocol):
    """Draws labels: `printing.render.LabelRenderer`."""

    def render(self, content: LabelContent, size: str, resolution: Resolution) -> RenderedLabel:
        """One copy as dots."""
        ...

    def warm_up(self, resolution: Resolution) -> None:
        """Prepare the calling thread; Qt keeps glyphs per thread."""
        ...


#: how often an idle lane looks at its printer
POLL_S = 3.0
#: an answer younger than this is not asked for again, unless it was a bad one
_STATUS_FRESH_S = 0.5
#: a printer that does not answer costs the reply timeout each time, so it is asked rarely
_SILENT_FRESH_S = 30.0
#: after a failure before the first byte
_RETRY_S = 1.0
#: between two looks while a label is being printed
_CONFIRM_POLL_S = 0.15
#: a printer that is ready so many times in a row right after a job tells nothing about that job
_CONFIRM_TRIES = 3
#: nobody pastes a picture on a parcel: labels are moved to real paper only
_PAPERLESS = ("virtual:", "file:", "append:")
#: while a component prints, its words are waited for so long at a time
_FOLLOW_S = 0.25
#: how long somebody who wants a lane's wire waits for it: longer than a look at a silent printer takes
_LET_GO_S = 5.0
#: a host without its Qt application is our defect, not the label's: the job stays good
_HOST_FAULTS = frozenset({"render.no_application"})


@dataclass(frozen=True, slots=True)
class _Prepared:
    bitmap: Bitmap
    data: bytes
    warnings: Sequence[Warned]


@dataclass(slots=True)
class _Awaited:
    """A sent job whose paper the printer may still confirm."""

    job: ClaimedJob
    tries: int = 0
    was_busy: bool = False
    had_trouble: bool = False


class Lane:
    """The work for one printer. `step` does one piece and says how long to rest; a thread or a test calls it.

    Args:
        printer: where labels go.
        store: keeps the jobs.
        renderer: draws a label; a `LabelRenderer`.
        now: aware wall time, printed on the label.
        listener: hears of changes.
        monotonic: seconds that never run backwards.
        holder_of: key of another printer that holds the paper of a size, None without one.
        components: the print components of this machine.
    """

    def __init__(
        self,
        printer: Printer,
        store: JobStore,
        renderer: Renderer,
        now: Callable[[], datetime],
        listener: Listener,
        monotonic: Callable[[], float] = time.monotonic,
        holder_of: Callable[[str], str | None] = lambda _size: None,
        components: Components | None = None,
    ) -> None:
        self._printer = printer
        self._next_printer: Printer | None = None
        self._store = store
        self._renderer = renderer
        self._now = now
        self._listener = listener
        self._monotonic = monotonic
        self._holder_of = holder_of
        self._is_recovered = False
        # Nobody remembers what an earlier run left in the printer: the first label comes after recovery.
        self._was_cut = True
        self._unsettled: Callable[[], None] | None = None
        self._awaited: _Awaited | None = None
        self._components = components or LocalComponents()
        self._followed: Followed | None = None
        self._seen = PrinterStatus(PrinterState.UNKNOWN)
        self._seen_at: float | None = None
        self._status = LaneStatus(printer.profile.key, Activity.IDLE, PrinterState.UNKNOWN)

    @property
    def status(self) -> LaneStatus:
        """What the lane does now; any thread may ask."""
        return self._status

    @property
    def size(self) -> str:
        """The paper its printer holds, or will from the next step on, empty for pictures; any thread may ask."""
        profile = (self._next_printer or self._printer).profile
        return "" if profile.address.startswith(_PAPERLESS) else profile.size

    def use(self, printer: Printer) -> None:
        """Take other settings or another wire from the next step on; any thread may call."""
        self._next_printer = printer

    def step(self) -> float:
        """Do one thing: recover, settle, confirm, or print one label.

        Returns:
            Seconds to rest before the next step; 0 where there is more to do.
        """
        self._take_new_printer()
        if not self._is_recovered:
            self._recover()
        if self._unsettled is not None and not self._settle(self._unsettled):
            self._report(Activity.WAITING, reason="store.unavailable")
            return POLL_S
        if self._followed is not None:
            return self._follow(self._followed)
        if self._awaited is not None:
            return self._await_paper(self._awaited)
        return self._print_next()

    @property
    def is_following(self) -> bool:
        """Whether a component has a task of this lane in hand."""
        return self._followed is not None

    def warm_up(self) -> None:
        """Make the first label as fast as the others; call on the thread that steps."""
        self._renderer.warm_up(self._printer.profile.resolution)

    def report_stopped(self) -> None:
        """Tell the listener that nobody works this lane any more."""
        self._report(Activity.STOPPED)

    def _take_new_printer(self) -> None:
        printer, self._next_printer = self._next_printer, None
        if printer is not None:
            self._printer = printer
            self._seen_at = None

    def _recover(self) -> None:
        in_doubt = self._store.recover(self._key)
        self._is_recovered = True
        if in_doubt:
            _log.info("printer %s: %d labels of the last run are in doubt", self._key, in_doubt)

    @property
    def _key(self) -> str:
        return self._printer.profile.key

    def _print_next(self) -> float:
        status = self._look()
        if not status.can_print:
            self._report(Activity.WAITING, reason=_why(status))
            return POLL_S
        job = self._store.claim(self._key)
        if job is None:
            self._report(Activity.IDLE)
            return POLL_S
        if self._goes_elsewhere(job):
            return 0.0
        self._report(Activity.PRINTING, job_id=job.job_id)
        if job.route == COMPONENT:
            return self._begin_task(job)
        prepared = self._prepare(job)
        if prepared is None:
            return _RETRY_S if self._status.activity is Activity.WAITING else 0.0
        return self._send(job, prepared)

    def _goes_elsewhere(self, job: ClaimedJob) -> bool:
        """Queue a job that wants other paper at the printer that holds it; whether there was one."""
        # Pictures have the size that is asked for of them: who chose them wants no paper from elsewhere.
        if job.size in {"", self._printer.profile.size} or not self.size:
            return False
        other = self._holder_of(job.size)
        if other is None or other == self._key:
            return False
        self._settle(
            lambda: self._store.hand_over(job, self._key, other),
            JobNews(self._key, job.job_id, JobState.MOVED, other),
        )
        return True

    def _prepare(self, job: ClaimedJob) -> _Prepared | None:
        try:
            return self._draw(job)
        except PrintingError as error:
            self._refuse(job, error.code, is_retryable=error.code in _HOST_FAULTS)
        except Exception:  # noqa: BLE001  # a defect in drawing must not end the lane
            _log.exception("job %s could not be drawn", job.job_id)
            self._refuse(job, "printing.defect", is_retryable=False)
        return None

    def _draw(self, job: ClaimedJob) -> _Prepared:
        size = self._printer.profile.size
        if self.size and job.size not in {"", size}:
            raise PrintingError("job.wrong_paper", f"the job wants {job.size}, the printer holds {size}")
        content = label_from_mapping(job.content).stamped(job.copy_no, self._now())
        label = self._renderer.render(content, size, self._printer.profile.resolution)
        return _Prepared(label.bitmap, self._printer.encode(label.bitmap), label.warnings)

    def _refuse(self, job: ClaimedJob, reason: str, *, is_retryable: bool, message: str = "") -> None:
        """No byte has left, or a component says that no paper came of it."""
        news = JobState.RETRIED if is_retryable else JobState.FAILED
        self._settle(
            lambda: self._store.mark_failed(job, reason, is_retryable=is_retryable),
            JobNews(self._key, job.job_id, news, reason, message=message),
        )
        if is_retryable:
            self._report(Activity.WAITING, reason=reason)

    def _send(self, job: ClaimedJob, prepared: _Prepared) -> float:
        rest_s = self._begin_sending(job, digest(prepared.data), prepared.warnings)
        if rest_s is not None:
            return rest_s
        data = prepared.data
        if self._was_cut and self._printer.transport.is_stream:
            data = self._printer.recovery(prepared.bitmap) + data
        try:
            receipt = self._printer.send(data, job.name)
        except NothingSent as error:
            self._seen_at = None
            self._refuse(job, error.code, is_retryable=True)
            return _RETRY_S
        except Exception as error:  # noqa: BLE001  # whatever broke, a byte may have left
            return self._doubt(job, error)
        self._was_cut = False
        return self._sent(job, receipt, prepared.warnings)

    def _begin_sending(self, job: ClaimedJob, sha256: str, warnings: Sequence[Warned] = ()) -> float | None:
        """Commit "sending"; None where the job may leave now, else seconds to rest."""
        try:
            is_ours = self._store.mark_sending(job, sha256)
        except Exception:  # noqa: BLE001  # the store may fail in any way; no byte has left
            # It may have been committed. We know that no byte left, so the job may be put back.
            _log.exception("job %s could not be marked as sending", job.job_id)
            self._refuse(job, "store.unavailable", is_retryable=True)
            return _RETRY_S
        if not is_ours:
            return 0.0
        self._tell(JobNews(self._key, job.job_id, JobState.SENDING, warnings=warnings))
        return None

    def _begin_task(self, job: ClaimedJob) -> float:
        """Give a job to its component. Whatever fails before the task is sent is tried again."""
        followed: Followed | None = None
        try:
            self._free_printer()
            followed = call_component(job, self._printer.profile, self._components)
            rest_s = self._begin_sending(job, followed.sha256)
            if rest_s is not None:
                followed.session.close()
                return rest_s
            followed.session.print(followed.task)
        except Exception as error:  # noqa: BLE001  # whatever broke, the task may have left
            if followed is not None:
                followed.session.close()
            return self._not_begun(job, error, is_called=followed is not None)
        followed.ends_at = self._monotonic() + self._components.patience_s
        self._followed = followed
        return 0.0

    def _not_begun(self, job: ClaimedJob, error: Exception, *, is_called: bool) -> float:
        if isinstance(error, NothingSent):
            self._refuse(job, error.code, is_retryable=True)
            return _RETRY_S
        if is_called:
            return self._doubt(job, error)
        if isinstance(error, PrintingError):
            self._refuse(job, error.code, is_retryable=False)
        else:
            _log.error("job %s could not be given to its component", job.job_id, exc_info=error)
            self._refuse(job, "printing.defect", is_retryable=False)
        return 0.0

    def _free_printer(self) -> None:
        """A printer still inside a cut label of ours would take the component's bytes for its pixels.

        Raises:
            NothingSent: the printer could not be freed, so nothing is given to the component.
        """
        if not (self._was_cut and self._printer.transport.is_stream):
            return
        try:
            self._printer.send(self._printer.recovery(blank_page(self._printer.profile)), "recovery")
        except PartlySent as error:
            raise NothingSent(error.code, str(error)) from error
        self._was_cut = False

    def _follow(self, followed: Followed) -> float:
        """Wait for the component's word; while the printer stands still for paper, the task may take longer."""
        is_in_trouble = followed.is_in_trouble
        try:
            state = followed.session.follow(POLL_S if is_in_trouble else _FOLLOW_S)
        except TaskFailed as error:
            self._hang_up(followed)
            message = str(error.facts.get("message", ""))
            self._refuse(followed.job, error.code, is_retryable=False, message=message)
            return 0.0
        except Exception as error:  # noqa: BLE001  # whatever broke, the component may print on
            self._hang_up(followed)
            return self._doubt(followed.job, error)
        if state is TaskState.PRINTED:
            self._hang_up(followed)
            if self._seen.state is not PrinterState.UNKNOWN:
                self._seen_at = None
            return self._sent(followed.job, Receipt(followed.sha256, is_confirmed=True), ())
        status = self._look(fresh_s=POLL_S)
        followed.is_in_trouble = not status.can_print and status.state is not PrinterState.OFFLINE
        if followed.is_in_trouble:
            followed.ends_at = self._monotonic() + self._components.patience_s
            self._report(Activity.WAITING, reason=status.code, job_id=followed.job.job_id)
        elif self._monotonic() >= followed.ends_at:
            self._hang_up(followed)
            return self._doubt(followed.job, PartlySent("component.silent", "the component said no more"))
        else:
            self._report(Activity.PRINTING, job_id=followed.job.job_id)
        return 0.0

    def _hang_up(self, followed: Followed) -> None:
        followed.session.close()
        self._followed = None

    def _doubt(self, job: ClaimedJob, error: Exception) -> float:
        """A byte left, or a defect of ours hides whether one did: both are for a person to look at."""
        reason = error.code if isinstance(error, PrintingError) else "printing.defect"
        if not isinstance(error, PrintingError):
            _log.error("job %s broke while being sent", job.job_id, exc_info=error)
        self._was_cut = True
        self._seen_at = None
        self._settle(
            lambda: self._store.mark_unknown(job, reason),
            JobNews(self._key, job.job_id, JobState.UNKNOWN, reason),
        )
        self._report(Activity.WAITING, reason=reason)
        return _RETRY_S

    def _sent(self, job: ClaimedJob, receipt: Receipt, warnings: Sequence[Warned]) -> float:
        self._settle(
            lambda: self._store.mark_sent(job, receipt),
            JobNews(self._key, job.job_id, JobState.SENT, warnings=warnings, receipt=receipt),
        )
        if receipt.is_confirmed:
            self._confirm(job)
        elif self._seen.state is not PrinterState.UNKNOWN:
            self._awaited = _Awaited(job)
            self._seen_at = None
        return 0.0

    def _confirm(self, job: ClaimedJob) -> None:
        news = JobNews(self._key, job.job_id, JobState.CONFIRMED)
        if self._unsettled is None:
            self._settle(lambda: self._store.mark_confirmed(job), news)

    def _await_paper(self, awaited: _Awaited) -> float:
        """Watch the printer until it has been busy and is ready again.

        A label that paper-out stopped it repeats by itself.
        """
        status = self._look(fresh_s=0.0)
        state = status.state
        self._report(
            Activity.PRINTING if status.can_print else Activity.WAITING,
            reason="" if status.can_print else status.code,
            job_id=awaited.job.job_id,
        )
        if state is PrinterState.READY:
            awaited.tries += 1
            if awaited.was_busy:
                self._confirm(awaited.job)
            if awaited.was_busy or awaited.tries >= _CONFIRM_TRIES:
                self._awaited = None
                return 0.0
            return _CONFIRM_POLL_S
        if state is PrinterState.PRINTING:
            awaited.was_busy = True
            return _CONFIRM_POLL_S
        if state in {PrinterState.OFFLINE, PrinterState.UNKNOWN}:
            self._awaited = None
            if awaited.had_trouble:
                # It stood still with half a label and went away: switched off, it forgets the other half.
                self._settle(
                    lambda: self._store.mark_unknown(awaited.job, "printer.lost_midway"),
                    JobNews(self._key, awaited.job.job_id, JobState.UNKNOWN, "printer.lost_midway"),
                )
            return 0.0
        awaited.was_busy = awaited.had_trouble = True
        return POLL_S

    def _look(self, fresh_s: float = _STATUS_FRESH_S) -> PrinterStatus:
        if self._seen_at is not None and self._seen.can_print:
            limit = max(fresh_s, _SILENT_FRESH_S) if self._seen.state is PrinterState.UNKNOWN else fresh_s
            if self._monotonic() - self._seen_at < limit:
                return self._seen
        self._seen = self._printer.status()
        self._seen_at = self._monotonic()
        return self._seen

    def _settle(self, action: Callable[[], None], news: JobNews | None = None) -> bool:
        """Commit an outcome; what cannot be committed now comes before any other job.

        Nothing is printed while an outcome is open, and after a crash the store's "sending" speaks for it.
        """

        def act() -> None:
            action()
            if news is not None:
                self._tell(news)

        try:
            (act if news is not None else action)()
        except Exception:  # noqa: BLE001  # the store may fail in any way; tried again
            _log.exception("an outcome could not be stored; it will be tried again")
            self._unsettled = act if news is not None else action
            return False
        self._unsettled = None
        return True

    def _report(self, activity: Activity, *, reason: str = "", job_id: int | None = None) -> None:
        status = LaneStatus(self._key, activity, self._seen.state, reason, job_id)
        if status != self._status:
            self._status = status
            try:
                self._listener.printer_changed(status)
            except Exception:  # noqa: BLE001  # a listener must not end the lane
                _log.exception("a listener failed")

    def _tell(self, news: JobNews) -> None:
        try:
            self._listener.job_changed(news)
        except Exception:  # noqa: BLE001  # a listener must not end the lane
            _log.exception("a listener failed")


def _why(status: PrinterStatus) -> str:
    """Why nothing is printed; where the printer is out of reach, what its wire says."""
    if status.state is PrinterState.OFFLINE and status.raw.startswith(b"wire."):
        return status.raw.decode("ascii")
    return status.code


class _LaneThread:
    """A plain thread that lives until stopped; no exception ends it, an empty queue does not either."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        #: held while the lane may be at its wire
        self.wire = threading.Lock()
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"printer-{lane.status.printer_key}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def ask_to_stop(self) -> None:
        self._stop.set()
        self._wake.set()

    def join(self, timeout_s: float) -> bool:
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.lane.warm_up()
        except Exception:  # noqa: BLE001  # a cold first label is slow, not wrong
            _log.exception("a printer lane could not warm up")
        # A component prints on whether we listen or not: its last word is worth the seconds.
        while self.lane.is_following or not self._stop.is_set():
            self._wake.clear()
            try:
                with self.wire:
                    rest_s = self.lane.step()
            except Exception:  # noqa: BLE001  # the lane lives as long as the program
                _log.exception("a printer lane stumbled; it goes on")
                rest_s = POLL_S
            if rest_s and not self._stop.is_set():
                self._wake.wait(rest_s)
        self.lane.report_stopped()


class Spooler:
    """All printers' lanes. Start one per program, after the QGuiApplication; `stop` it before that ends."""

    def __init__(
        self,
        store: JobStore,
        renderer: Renderer,
        now: Callable[[], datetime],
        listener: Listener,
        components: Components | None = None,
    ) -> None:
        self._components = components or LocalComponents()
        self._store = store
        self._renderer = renderer
        self._now = now
        self._listener = listener
        self._lock = threading.Lock()
        self._threads: dict[str, _LaneThread] = {}

    def put_printer(self, printer: Printer) -> None:
        """Start a lane for a new printer, or give a known one its new settings from its next job on."""
        key = printer.profile.key
        with self._lock:
            if key in self._threads:
                self._threads[key].lane.use(printer)
                self._threads[key].wake()
            else:
                lane = Lane(
                    printer,
                    self._store,
                    self._renderer,
                    self._now,
                    self._listener,
                    holder_of=self._holder_of,
                    components=self._components,
                )
                self._threads[key] = _LaneThread(lane)

    def _holder_of(self, size: str) -> str | None:
        """The first printer that holds paper of this size."""
        with self._lock:
            return next((key for key, thread in self._threads.items() if thread.lane.size == size), None)

    def remove_printer(self, key: str) -> None:
        """Let the lane finish its job and end. Its queued jobs stay in the store."""
        with self._lock:
            thread = self._threads.pop(key, None)
        if thread is not None:
            thread.ask_to_stop()

    @contextmanager
    def resting(self, key: str) -> Iterator[None]:
        """Keep a printer's lane off its wire meanwhile: a serial or USB line takes one program at a time, also ours.

        Raises:
            NothingSent: `printer.busy_now`, the lane was at its wire all the time.
        """
        with self._lock:
            thread = self._threads.get(key)
        if thread is None:
            yield
            return
        if not thread.wire.acquire(timeout=_LET_GO_S):
            raise NothingSent("printer.busy_now", "a label is on its way to this printer")
        try:
            yield
        finally:
            thread.wire.release()

    def wake(self, key: str | None = None) -> None:
        """There may be new jobs, for one printer or any: look now instead of at the next poll."""
        with self._lock:
            threads = [self._threads[key]] if key in self._threads else list(self._threads.values())
        for thread in threads:
            thread.wake()

    def statuses(self) -> Mapping[str, LaneStatus]:
        """What each lane does now."""
        with self._lock:
            return {key: thread.lane.status for key, thread in self._threads.items()}

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Let every lane finish what it does and end.

        Returns:
            False where one is still busy after `timeout_s`; its job will be "unknown" at the next start.
        """
        with self._lock:
            threads = list(self._threads.values())
            self._threads.clear()
        for thread in threads:
            thread.ask_to_stop()
        ends_at = time.monotonic() + timeout_s
        still_busy = [thread for thread in threads if not thread.join(max(0.0, ends_at - time.monotonic()))]
        return not still_busy
