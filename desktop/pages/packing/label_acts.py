"""The label's acts: print, print again, another number, and the answer whether an unknown one came out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from core.fulfilment.records import ParcelView
from core.waybills.records import PrintJobView
from desktop.bridge.tasks import Lane, Tasks
from desktop.commands import LIKELIEST_REASON
from desktop.pages.packing.board import Board
from desktop.pages.packing.ports import LabelDesk
from desktop.pages.packing.screen import Asking, Mood
from desktop.texts import Phrase

#: a key that bounces, or a scanner that ends with two Enters, is faster than a clerk who means it
_BOUNCE_S: Final = 0.4


class LabelActs:
    """Reprint (the number stays) and new number (the old one is voided) are two acts, and each wants its reason."""

    def __init__(
        self,
        board: Board,
        labels: LabelDesk,
        tasks: Tasks,
        *,
        now: Callable[[], datetime],
        on_done: Callable[[], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Make the acts.

        Args:
            board: where their words are said.
            labels: core's labels and print queue.
            tasks: where they run.
            now: aware current time.
            on_done: looks at the records again after an act.
            on_error: says what went wrong.
        """
        self._board = board
        self._labels = labels
        self._tasks = tasks
        self._now = now
        self._asked_at = now()
        self._on_done = on_done
        self._on_error = on_error

    def print_or_ask(self, parcel: ParcelView) -> None:
        """The label's key: the first copy at once; a further one asks why, and the same key again says "a jam".

        Where the last copy failed nothing came out, and the reason is known: it is printed again at once.
        """
        if parcel.is_labelled_elsewhere:
            self._board.refuse(Phrase("packing.printed_elsewhere"))
        elif parcel.print_state == "none":
            self._do(lambda: self._labels.print_label(parcel.id), lambda _job: None)
        elif parcel.waybill_id is None:
            self._board.refuse(Phrase("packing.nothing_to_reprint"))
        elif parcel.print_state == "failed":
            self.reprint(parcel, LIKELIEST_REASON)
        elif self._board.screen.asking is not Asking.REPRINT:
            self._asked_at = self._now()
            self._board.show(asking=Asking.REPRINT, likeliest=LIKELIEST_REASON)
        elif (self._now() - self._asked_at).total_seconds() >= _BOUNCE_S:
            self._board.show(asking=Asking.NOTHING)
            self.reprint(parcel, LIKELIEST_REASON)

    def ask_new_number(self) -> None:
        """Another number voids the old one, so its reason is always chosen."""
        self._board.show(asking=Asking.NEW_NUMBER, likeliest="")

    def reprint(self, parcel: ParcelView, reason: str) -> None:
        """Print the same number again, visibly a further copy."""
        waybill_id = parcel.waybill_id
        if waybill_id is not None:
            self._do(lambda: self._labels.reprint(waybill_id, reason), self._on_reprinted)

    def new_number(self, parcel: ParcelView, reason: str) -> None:
        """Void the number and ask for another."""
        self._do(lambda: self._labels.new_number(parcel.id, reason), self._on_new_number)

    def answer_by_key(self, *, came_out: bool) -> None:
        """The clerk looked whether the label in question came out."""
        if self._board.screen.question is None:
            self._board.refuse(Phrase("packing.no_question"))
        else:
            self.answer(self._board.screen.question, came_out=came_out)

    def answer(self, job: PrintJobView, *, came_out: bool) -> None:
        """Settle a job of unknown outcome."""
        self._board.show(question=None)
        self._do(lambda: self._labels.answer_unknown(job.id, came_out), lambda _job: None)

    def _do(self, work: Callable[[], Any], on_result: Callable[[Any], None]) -> None:
        def done(result: Any) -> None:
            on_result(result)
            self._on_done()

        self._tasks.submit(work, done, self._on_error, owner=self, lane=Lane.ACTS)

    def _on_reprinted(self, job: PrintJobView) -> None:
        what = Phrase("packing.reprinting", {"n": job.copy_no, "waybill_no": job.waybill_no})
        self._board.say(Mood.NOTICE, what, Phrase("packing.reprinting.way"))

    def _on_new_number(self, is_told: bool) -> None:
        way = "packing.new_number.told" if is_told else "packing.new_number.way"
        self._board.say(Mood.NOTICE, Phrase("packing.new_number"), Phrase(way))
