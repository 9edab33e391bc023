"""The activity page without widgets: what is listed, what is open, what is sent again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.sync.deliveries import DeliveryRow
from core.waybills.records import PrintJobView
from desktop.bridge.paging import ListPresenter
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.activity.ports import ActivityDesk, PrintActs
from desktop.texts import Phrase


@dataclass(frozen=True, slots=True)
class ActivityScreen:
    """What the page shows beside the rows.

    Attributes:
        pile: one of `words.PILES`.
        counts: texts for the chips.
        delivery, job: what is open; at most one of them.
        is_saving: an act is on its way; a further press is none.
    """

    pile: str = "waiting"
    is_loading: bool = False
    is_known_empty: bool = False
    counts: Mapping[str, str] = field(default_factory=dict)
    delivery: DeliveryRow | None = None
    job: PrintJobView | None = None
    is_saving: bool = False

    @property
    def shows_prints(self) -> bool:
        """Whether the list is that of print jobs."""
        return self.pile == "prints"


class ActivityPresenter(ListPresenter[ActivityScreen]):
    """Reads in the lane of reads, a newer wish makes an older answer worthless; acts are acts."""

    def __init__(self, activity: ActivityDesk, labels: PrintActs, tasks: Tasks, tell: Tell) -> None:
        super().__init__(ActivityScreen(), tasks, tell)
        self._activity = activity
        self._labels = labels
        self._has_chosen = False
        self.on_prints: Callable[[tuple[PrintJobView, ...], bool], None] = lambda _rows, _again: None
        #: goes to an order by its number
        self.on_order: Callable[[str], None] = lambda _order_no: None

    # --- the list -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Read what is to be shown; before anybody has chosen, that is what failed, if anything did."""
        self.reload()

    def reload(self) -> None:
        """Read again what is shown, as far down as it was loaded."""
        self._list(self._screen.pile, is_again=True)

    def choose_pile(self, pile: str) -> None:
        """Show another pile."""
        self._has_chosen = True
        self._show(delivery=None, job=None)
        self._list(pile)

    def more(self, after: object) -> None:
        """The list was scrolled near its end."""
        pile = self._screen.pile
        if not isinstance(after, int) or self._screen.shows_prints:
            return

        self._read_more(lambda rows: self._activity.page(pile, after, rows), lambda: pile == self._screen.pile)

    def open(self, row: DeliveryRow) -> None:
        """Show a delivery in the drawer."""
        self._show(delivery=row, job=None)

    def open_job(self, job: PrintJobView) -> None:
        """Show a print job in the drawer."""
        self._show(delivery=None, job=job)

    def close(self) -> bool:
        """Close the drawer; whether one was open."""
        was_open = self._screen.delivery is not None or self._screen.job is not None
        self._show(delivery=None, job=None)
        return was_open

    def open_order(self, order_no: str) -> None:
        """Go to an order."""
        self.on_order(order_no)

    def copied(self, number: str) -> None:
        """The number of the open delivery lies in the clipboard."""
        self._tell("good", Phrase("number.copied", {"number": number}), None)

    # --- acts ---------------------------------------------------------------------------------------------------

    def retry(self) -> None:
        """Send the open delivery now."""
        row = self._screen.delivery
        if row is not None and row.state in {"waiting", "failed"}:
            self._act(lambda: self._activity.retry(row.id), lambda is_met: self._told_retry(row, bool(is_met)))

    def keep_ours(self) -> None:
        """Our number is right: it takes the place of the one the shop has."""
        row = self._screen.delivery
        if row is not None and row.may_replace:
            facts = {"target": row.target, "number": row.waybill_no}
            self._act(lambda: self._activity.keep_ours(row.id), lambda _: Phrase("activity.kept", facts))

    def accept_theirs(self) -> None:
        """The shop's number is left as it is."""
        row = self._screen.delivery
        if row is not None and row.is_conflict:
            facts = {"target": row.target}
            self._act(lambda: self._activity.accept_theirs(row.id), lambda _: Phrase("activity.accepted", facts))

    def retry_failed(self) -> None:
        """Send everything again that failed for the open delivery's shop or carrier."""
        row = self._screen.delivery
        if row is not None and row.state == "failed":
            self._act(
                lambda: self._activity.retry_failed(row.lane),
                lambda count: Phrase("activity.retried_all", {"n": count, "target": row.target}),
            )

    def reprint(self, reason: str) -> None:
        """Print the open job's label again, visibly a further copy."""
        job = self._screen.job
        if job is not None and job.state in {"sent", "confirmed", "failed"}:
            self._act(
                lambda: self._labels.reprint(job.waybill_id, reason),
                lambda _job: Phrase("orders.reprinting", {"number": job.waybill_no}),
            )

    def answer(self, *, came_out: bool) -> None:
        """Say whether the open job's label came out."""
        job = self._screen.job
        if job is not None and job.state == "unknown":
            code = "activity.answered.came" if came_out else "activity.answered.missing"
            self._act(
                lambda: self._labels.answer_unknown(job.id, came_out),
                lambda _job: Phrase(code, {"number": job.waybill_no}),
            )

    @staticmethod
    def _told_retry(row: DeliveryRow, is_met: bool) -> Phrase:
        return Phrase("activity.retried" if is_met else "activity.under_way", {"target": row.target})

    def _act(self, work: Callable[[], Any], told: Callable[[Any], Phrase]) -> None:
        if self._screen.is_saving:
            return
        self._show(is_saving=True)

        def finished(result: Any) -> None:
            self._show(is_saving=False)
            self._tell("good", told(result), None)
            self.reload()

        def failed(error: Exception) -> None:
            self._show(is_saving=False)
            self._fail(error)
            self.reload()

        self._tasks.submit(work, finished, failed, owner=self, lane=Lane.ACTS)

    # --- within -------------------------------------------------------------------------------------------------

    def _list(self, pile: str, *, is_again: bool = False) -> None:
        self._show(pile=pile, is_loading=True)
        if pile == "prints":
            self._tasks.submit(
                self._activity.prints,
                lambda jobs: self._on_prints(jobs, is_again=is_again),
                self._on_failed,
                owner=self,
                key="page",
            )
        else:
            self._read_first(lambda rows: self._activity.page(pile, None, rows), is_again=is_again)
        self._tasks.submit(self._activity.counts, self._on_counts, lambda _error: None, owner=self, key="counts")
        self._look_again()

    def _look_again(self) -> None:
        row = self._screen.delivery
        if row is not None:
            self._tasks.submit(
                lambda: self._activity.delivery(row.id), self._on_delivery, self._fail, owner=self, key="delivery"
            )

    def _on_delivery(self, row: DeliveryRow | None) -> None:
        shown = self._screen.delivery
        if shown is not None and (row is None or row.id == shown.id):
            self._show(delivery=row)

    def _on_prints(self, jobs: tuple[PrintJobView, ...], *, is_again: bool) -> None:
        shown = self._screen.job
        found = next((job for job in jobs if shown is not None and job.id == shown.id), shown)
        self._show(is_loading=False, is_known_empty=not jobs, job=found)
        self.on_prints(jobs, is_again)

    def _on_counts(self, counts: Mapping[str, int]) -> None:
        self._show(counts={pile: str(number) for pile, number in counts.items()})
        if not self._has_chosen:
            # What a person has to settle is what somebody comes here for.
            urgent = next((pile for pile in ("conflict", "failed") if counts.get(pile)), "")
            if urgent:
                self.choose_pile(urgent)
        self._has_chosen = True
