"""Differences of a sheet without widgets: listed, explained, booked, kept or sent back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.counting.queries import LINE_PILES, LineCursor
from core.counting.records import Decision, FindRow, LineRow, LineStory, Settled, SheetRow, ShortRow
from core.files.progress import Progress
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.stocktake.ports import DecisionDesk, ReportDesk
from desktop.texts import Phrase

if TYPE_CHECKING:
    from core.files.counting import CountedTable
    from core.files.records import Counts, Rejected

#: piles of the lines, and beside them what lacks and what was found
PILES: Final = (*LINE_PILES, "short", "finds")
_PAGE: Final = 200
#: lines decided by one press; more is done by pressing again
_MOST_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True)
class LinesScreen:
    """What is shown of a sheet that was handed in.

    Attributes:
        story: the open line with what explains it.
        asked: the question that was put; the next press of the same key means it.
        is_busy: decisions are on their way.
    """

    sheet: SheetRow | None = None
    pile: str = "differing"
    counts: Mapping[str, str] = field(default_factory=dict)
    story: LineStory | None = None
    short: tuple[ShortRow, ...] = ()
    finds: tuple[FindRow, ...] = ()
    is_empty: bool = False
    asked: str = ""
    is_busy: bool = False


class LinesPresenter(ScreenPresenter[LinesScreen]):
    """Reads in the lane of reads, decides in that of acts."""

    def __init__(self, desk: DecisionDesk, tables: ReportDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(LinesScreen(), tell)
        self._desk = desk
        self._tables = tables
        self._tasks = tasks
        self._line_id = 0
        self.on_first: Callable[[tuple[LineRow, ...], LineCursor | None, bool], None] = lambda *_page: None
        self.on_more: Callable[[tuple[LineRow, ...], LineCursor | None], None] = lambda *_page: None
        #: the sheet is to be counted again
        self.on_recount: Callable[[SheetRow], None] = lambda _sheet: None
        #: opens an order's page
        self.on_order: Callable[[int], None] = lambda _order_id: None

    # --- looking ------------------------------------------------------------------------------------------------

    def open(self, sheet: SheetRow) -> None:
        """Show a sheet: what is still to be decided first, else all."""
        pile = "differing" if sheet.state == "to_approve" else "all"
        self._line_id = 0
        self._show_whole(LinesScreen(sheet, pile))
        self._list(is_again=False)

    def look(self) -> None:
        """Read again."""
        self._list(is_again=True)
        if self._line_id:
            self.explain(self._line_id)

    def choose(self, pile: str) -> None:
        """Show another pile."""
        self._show(pile=pile, asked="")
        self._list(is_again=False)

    def more(self, after: object) -> None:
        """The list was scrolled near its end."""
        sheet, pile = self._screen.sheet, self._screen.pile
        if sheet is None or not isinstance(after, LineCursor):
            return

        def show(page: tuple[tuple[LineRow, ...], LineCursor | None]) -> None:
            if pile == self._screen.pile:
                self.on_more(*page)

        self._tasks.submit(
            lambda: self._desk.lines(sheet.id, pile, after, _PAGE), show, self._fail, owner=self, key="more"
        )

    def explain(self, line_id: int) -> None:
        """Show what explains a line."""
        self._line_id = line_id
        self._tasks.submit(
            lambda: self._desk.story(line_id),
            lambda story: self._show(story=story) if self._line_id == line_id else None,
            self._fail,
            owner=self,
            key="story",
        )

    def close(self) -> bool:
        """Esc: put the question, then the drawer away; whether anything was open."""
        if self._screen.asked:
            self._show(asked="")
            return True
        was_open = self._screen.story is not None
        self._line_id = 0
        self._show(story=None)
        return was_open

    def _list(self, *, is_again: bool) -> None:
        sheet, pile = self._screen.sheet, self._screen.pile
        if sheet is None:
            return
        wanted = pile if pile in LINE_PILES else "all"

        def read() -> tuple[Any, ...]:
            return (
                self._desk.sheet(sheet.id),
                self._desk.lines(sheet.id, wanted, None, _PAGE),
                self._desk.line_counts(sheet.id),
                self._desk.shortage(sheet.id),
                self._desk.finds(sheet.id),
            )

        def show(found: tuple[Any, ...]) -> None:
            newest, (rows, after), counts, short, finds = found
            words = dict(counts) | {"short": len(short), "finds": len(finds)}
            texts = {name: str(count) if count else "" for name, count in words.items()}
            lists = {"short": short, "finds": finds}
            is_empty = not lists.get(pile, rows)
            self._show(sheet=newest, counts=texts, short=short, finds=finds, is_empty=is_empty)
            if pile in LINE_PILES:
                self.on_first(rows, after, is_again)

        self._tasks.submit(read, show, self._fail, owner=self, key="lines")

    # --- deciding -----------------------------------------------------------------------------------------------

    def decide(self, line: LineRow | None, verdict: str, reason: str) -> None:
        """`book`, `keep` or `recount` one line."""
        sheet = self._screen.sheet
        if sheet is None or line is None or self._screen.is_busy:
            return
        self._settle(sheet, lambda: [Decision(line.id, verdict, reason)])

    def book_all(self, reason: str) -> None:
        """Book every difference that is sure; asked once more before."""
        sheet = self._screen.sheet
        if sheet is None or self._screen.is_busy:
            return
        facts: dict[str, object] = {"n": self._screen.counts.get("differing", "0")}
        if not self._is_meant("book_all", Phrase("count.book_all_asked", facts)):
            return

        def sure() -> list[Decision]:
            rows, _ = self._desk.lines(sheet.id, "differing", None, _MOST_AT_ONCE)
            return [Decision(row.id, "book", reason) for row in rows if not (row.moved_qty or row.is_disputed)]

        self._settle(sheet, sure)

    def _settle(self, sheet: SheetRow, decisions: Callable[[], list[Decision]]) -> None:
        self._show(is_busy=True, asked="")

        def done(settled: Settled) -> None:
            # The story beside the list is of a line that may have left it: the next key is about another one.
            self._line_id = 0
            self._show(is_busy=False, story=None)
            facts = {"booked": settled.booked, "kept": settled.kept, "recounts": settled.recounts}
            self._tell("good", Phrase("count.decided", facts), None)
            if settled.short:
                self._tell("stop", Phrase("count.short_now", {"n": len(settled.short)}), None)
            self.look()
            if settled.recounts:
                self.on_recount(sheet)

        self._tasks.submit(
            lambda: self._desk.settle(sheet.id, decisions()), done, self._on_error, owner=self, lane=Lane.ACTS
        )

    # --- tables -------------------------------------------------------------------------------------------------

    def save(self, path: Path, *, is_paper: bool) -> None:
        """Write the sheet as a table: to count on paper, what it found, or who lacks goods where that is shown."""
        sheet = self._screen.sheet
        if sheet is None:
            return
        found = self._tables.save_shortage if self._screen.pile == "short" else self._tables.save_differences
        save = self._tables.save_paper if is_paper else found

        def written(rows: int) -> None:
            self._tell("good", Phrase("files.written", {"name": path.name, "n": rows}), None)

        self._tasks.submit(lambda: save(sheet.id, path), written, self._fail, owner=self, lane=Lane.FILES)

    def read_paper(self, path: Path) -> None:
        """Take the numbers of a table in, after saying what is refused."""
        sheet = self._screen.sheet
        if sheet is None or self._screen.is_busy:
            return
        self._show(is_busy=True)

        def work() -> "tuple[Counts, tuple[Rejected, ...]]":
            table: CountedTable
            table, _would = self._tables.read_counted(sheet.id, path)
            counts, refused = self._tables.take_counted(sheet.id, table, Progress())
            return counts, (*table.rejected, *refused)

        def done(found: "tuple[Counts, tuple[Rejected, ...]]") -> None:
            counts, refused = found
            self._show(is_busy=False)
            facts = {"new": counts.new, "same": counts.unchanged, "refused": len(refused)}
            self._tell("notice" if refused else "good", Phrase("count.paper_taken", facts), None)
            self.look()

        self._tasks.submit(work, done, self._on_error, owner=self, lane=Lane.FILES)

    def _on_error(self, error: Exception) -> None:
        self._show(is_busy=False, asked="")
        self._fail(error)
        self.look()
