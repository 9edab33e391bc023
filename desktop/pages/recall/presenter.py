"""The page of batches without widgets: what is listed and marked, the form that is open, and the list of a recall."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from core.files.records import Exported
from core.fulfilment.blocking import Blocked
from core.fulfilment.recall import Recall, RecallRow
from core.inventory.batch_list import COUNT_CAP, BatchCursor, BatchFilter, BatchRow
from core.runtime.errors import Refused
from desktop.bridge.paging import ListPresenter
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.formats import typed_day
from desktop.pages.recall.ports import BatchDesk
from desktop.texts import Phrase

#: parts of a recall list: parcels that left with it, that may have, that are still here, and shelves
PARTS: Final = ("gone", "maybe", "inside", "places")
_NAMED: Final = 3
#: after these somebody has something to do
_TO_BE_SEEN_TO: Final = frozenset({"recall.blocked_short", "recall.blocked_packed", "recall.blocked_packed_short"})


@dataclass(frozen=True, slots=True)
class BatchForm:
    """What is written of a batch; a day that is empty is not known."""

    expires_on: str
    made_on: str
    note: str


@dataclass(frozen=True, slots=True)
class RecallScreen:
    """What the page shows beside the rows.

    Attributes:
        marked: ids of the batches that an act is about, with their rows.
        current: the row the keyboard is on.
        form: `correct` or `block` while its form is open, with its `round`, which grows with each opening.
        about: the batches that the open form is about, whatever the keyboard is on meanwhile.
        asked: the question that was put; the same press again means it.
        found: the list of a recall; None while batches are listed.
        part: which of `PARTS` is shown of it.
    """

    wanted: BatchFilter = field(default_factory=BatchFilter)
    is_loading: bool = False
    is_known_empty: bool = False
    counts: Mapping[str, str] = field(default_factory=dict)
    marked: Mapping[int, BatchRow] = field(default_factory=dict)
    current: BatchRow | None = None
    form: str = ""
    round: int = 0
    about: tuple[BatchRow, ...] = ()
    asked: str = ""
    is_saving: bool = False
    found: Recall | None = None
    part: str = "gone"

    @property
    def meant(self) -> tuple[BatchRow, ...]:
        """The batches an act is about: those marked, else the one the keyboard is on."""
        if self.marked:
            return tuple(self.marked.values())
        return () if self.current is None else (self.current,)


class RecallPresenter(ListPresenter[RecallScreen]):
    """Reads in the lane of reads, a newer wish makes an older answer worthless; what changes batches is an act."""

    def __init__(self, batches: BatchDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(RecallScreen(), tasks, tell)
        self._batches = batches
        #: opens an order's page
        self.on_order: Callable[[int], None] = lambda _order_id: None

    # --- the list -----------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read again what is shown, as far down as it was loaded."""
        self._list(self._screen.wanted, is_again=True)
        if self._screen.found is not None:
            self._read_recall([one.batch.id for one in self._screen.found.batches])

    def choose_pile(self, pile: str) -> None:
        """Show another pile."""
        self._list(BatchFilter(pile, self._screen.wanted.search))

    def search(self, words: str) -> None:
        """Show what matches; a search looks at every batch."""
        self._list(BatchFilter("all" if words.strip() else "here", words.strip()))

    def find(self, raw: str) -> None:
        """A scanned code: the batches of its goods, or the one that is called so."""
        self.leave_recall()
        self.search(raw)

    def more(self, after: object) -> None:
        """The list was scrolled near its end."""
        wanted = self._screen.wanted
        if isinstance(after, BatchCursor):
            self._read_more(
                lambda rows: self._batches.page(wanted, after, rows), lambda: wanted == self._screen.wanted
            )

    def stand_on(self, row: BatchRow | None) -> None:
        """The keyboard is on another row, or its row was read again; an open form is about what it was opened for."""
        before = self._screen.current
        is_other = row is None or before is None or row.batch.id != before.batch.id
        self._show(current=row, asked="" if is_other else self._screen.asked)

    def mark(self) -> None:
        """Mark the row the keyboard is on for the next act, or take its mark away."""
        row = self._screen.current
        if row is None:
            return
        marked = dict(self._screen.marked)
        if marked.pop(row.batch.id, None) is None:
            marked[row.batch.id] = row
        self._show(marked=marked)

    # --- acts ---------------------------------------------------------------------------------------------------

    def begin(self, form: str) -> None:
        """Open the form by which a batch is corrected, or blocked."""
        if self._screen.is_saving:
            return
        current = self._screen.current
        about = self._screen.meant if form == "block" else () if current is None else (current,)
        if about:
            self._show(form=form, about=about, round=self._screen.round + 1, asked="")
        else:
            self._tell("notice", Phrase("recall.choose_first"), None)

    def close(self) -> bool:
        """Take the question away, else the form, else the recall list, else the marks; whether anything was open."""
        screen = self._screen
        if screen.asked:
            self._show(asked="")
        elif screen.form:
            self._show(form="", about=())
        elif screen.found is not None:
            self.leave_recall()
        elif screen.marked:
            self._show(marked={})
        else:
            return False
        return True

    def correct(self, form: BatchForm) -> None:
        """Write what is right of the batch the form is about."""
        screen = self._screen
        row = screen.about[0] if screen.about else screen.current
        if row is None or screen.is_saving:
            return
        try:
            expires_on, made_on = typed_day(form.expires_on), typed_day(form.made_on)
        except ValueError:
            self._tell("notice", Phrase("recall.day_bad"), None)
            return
        batch = row.batch
        before = (batch.expires_on, batch.made_on, batch.note)
        self._act(
            lambda: self._batches.correct(batch.id, expires_on, made_on, form.note),
            lambda _facts: Phrase("recall.corrected", {"batch": batch.code}),
            lambda: self._put_back(batch.id, batch.code, before),
        )

    def _put_back(self, batch_id: int, code: str, before: tuple[date | None, date | None, str]) -> None:
        self._act(
            lambda: self._batches.correct(batch_id, *before),
            lambda _facts: Phrase("recall.corrected_back", {"batch": code}),
        )

    def block(self, why: str) -> None:
        """Block the batches the form is about, and show whom they went to."""
        rows = self._screen.about or self._screen.meant
        if not rows or self._screen.is_saving:
            return
        if not why.strip():
            self._fail(Refused("batch.why_missing", "a batch is blocked for a reason"))
            return
        ids = [row.batch.id for row in rows]

        def done(blocked: tuple[Blocked, ...]) -> Phrase:
            self._show(part="inside" if any(one.packed for one in blocked) else "gone")
            self._read_recall(ids)
            return _blocked_words(blocked, "、".join(row.batch.code for row in rows[:_NAMED]))

        self._act(lambda: self._batches.block(ids, why), done)

    def unblock(self) -> None:
        """Let the batch the keyboard is on be promised again; asked about first: somebody blocked it for a reason."""
        row = self._screen.current
        if self._screen.is_saving:
            return
        if row is None or not row.batch.is_blocked:
            self._tell("notice", Phrase("recall.not_blocked"), None)
            return
        batch = row.batch
        facts: dict[str, object] = {"batch": batch.code, "name": row.sku_name, "why": batch.blocked_why}
        if not self._is_meant(f"unblock:{batch.id}", Phrase("recall.ask.unblock", facts)):
            return
        self._act(
            lambda: self._batches.unblock(batch.id),
            lambda served: Phrase("recall.unblocked", {"batch": batch.code, "n": served}),
        )

    def _act(
        self,
        work: Callable[[], object],
        done: Callable[..., Phrase],
        undo: Callable[[], None] | None = None,
    ) -> None:
        self._show(is_saving=True, asked="")

        def finished(result: object) -> None:
            self._show(is_saving=False, form="", about=(), marked={})
            words = done(result)
            self._tell("notice" if words.code in _TO_BE_SEEN_TO else "good", words, undo)
            self._list(self._screen.wanted, is_again=True)

        def failed(error: Exception) -> None:
            self._show(is_saving=False)
            self._fail(error)

        self._tasks.submit(work, finished, failed, owner=self, lane=Lane.ACTS)

    # --- the recall ---------------------------------------------------------------------------------------------

    def recall(self) -> None:
        """Follow the batches that are meant to whoever got them."""
        rows = self._screen.meant
        if not rows:
            self._tell("notice", Phrase("recall.choose_first"), None)
            return
        self._show(part="gone")
        self._read_recall([row.batch.id for row in rows])

    def show_part(self, part: str) -> None:
        """Show another part of the recall list."""
        self._show(part=part)

    def leave_recall(self) -> None:
        """Back to the batches."""
        self._unwish("recall")
        self._show(found=None)

    def open_order(self, row: RecallRow) -> None:
        """Go to the order of a row: its receiver is seen in clear there, by right and for a reason."""
        self.on_order(row.order_id)

    def export(self, path: Path) -> None:
        """Write the recall list that is shown into a file."""
        found = self._screen.found
        if found is None or self._screen.is_saving:
            return
        ids = [one.batch.id for one in found.batches]
        self._show(is_saving=True)

        def written(done: Exported) -> None:
            self._show(is_saving=False)
            self._tell("good", Phrase("recall.exported", {"path": done.path, "n": done.rows}), None)

        def failed(error: Exception) -> None:
            self._show(is_saving=False)
            self._fail(error)

        self._tasks.submit(
            lambda: self._batches.export_recall(path, ids), written, failed, owner=self, lane=Lane.FILES
        )

    def _read_recall(self, ids: list[int]) -> None:
        is_wanted = self._wish("recall")

        def came(found: Recall) -> None:
            if is_wanted():
                self._show(found=found, form="", about=())

        self._tasks.submit(lambda: self._batches.recall(ids), came, self._fail, owner=self, key="recall")

    # --- within -------------------------------------------------------------------------------------------------

    def _list(self, wanted: BatchFilter, *, is_again: bool = False) -> None:
        self._show(wanted=wanted, is_loading=True)
        self._read_first(lambda rows: self._batches.page(wanted, None, rows), is_again=is_again)
        self._tasks.submit(
            lambda: self._batches.counts(wanted), self._on_counts, lambda _error: None, owner=self, key="counts"
        )

    def _on_counts(self, counts: Mapping[str, int]) -> None:
        self._show(counts={pile: str(n) if n < COUNT_CAP else f"{COUNT_CAP}+" for pile, n in counts.items()})


def _blocked_words(blocked: tuple[Blocked, ...], codes: str) -> Phrase:
    short = [no for one in blocked for no in one.short]
    packed = [one for each in blocked for one in each.packed]
    facts: dict[str, object] = {
        "batch": codes,
        "n": sum(len(one.repicked) for one in blocked),
        "short": len(short),
        "packed": len(packed),
        "orders": "、".join(short[:_NAMED]) + ("…" if len(short) > _NAMED else ""),
        "parcels": "、".join(one.waybill_no or one.order_no for one in packed[:_NAMED]),
    }
    if packed:
        return Phrase("recall.blocked_packed_short" if short else "recall.blocked_packed", facts)
    if not short and not facts["n"]:
        return Phrase("recall.blocked_none", facts)
    return Phrase("recall.blocked_short" if short else "recall.blocked", facts)
