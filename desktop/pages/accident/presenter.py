"""The page of accidents without widgets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.orders.settling.records import AccidentPage, AffectedOrder, Outcome
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.accident.ports import AccidentDesk
from desktop.texts import Phrase

#: the parts of the page: three piles of orders, and the goods that are missing
PARTS: Final = ("open", "waits", "settled", "goods")
DAYS: Final = (7, 30, 90)


@dataclass(frozen=True, slots=True)
class AccidentScreen:
    """What the page shows.

    Attributes:
        page: everything of one moment; None until it was read.
        days: how far back settled orders are shown.
        order_id: the order in the drawer; 0 for none.
        words: the owner's messages for buyers.
        is_wording: the form of the messages is open.
        round: grows with each order opened, so that the page fills its fields.
    """

    part: str = "open"
    page: AccidentPage | None = None
    days: int = 30
    order_id: int = 0
    words: Mapping[str, str] = field(default_factory=dict)
    is_wording: bool = False
    is_busy: bool = False
    round: int = 0

    @property
    def order(self) -> AffectedOrder | None:
        """The order in the drawer."""
        orders = () if self.page is None else self.page.orders
        return next((one for one in orders if one.order_id == self.order_id), None)

    @property
    def rows(self) -> tuple[AffectedOrder, ...]:
        """The orders of the pile that is shown, in order of promise."""
        orders = () if self.page is None else self.page.orders
        return tuple(order for order in orders if order.pile == self.part)


class AccidentPresenter(ScreenPresenter[AccidentScreen]):
    """Reads in the lane of reads, writes in the lane of acts."""

    def __init__(self, desk: AccidentDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(AccidentScreen(), tell)
        self._desk = desk
        self._tasks = tasks
        #: opens an order by its id, a document by its number
        self.on_order: Callable[[int], None] = lambda _order_id: None
        self.on_document: Callable[[str], None] = lambda _number: None

    def look(self) -> None:
        """Read everything that is shown again."""
        days = self._screen.days

        def read() -> tuple[AccidentPage, Mapping[str, str]]:
            return self._desk.page(days), self._desk.messages()

        self._tasks.submit(read, lambda seen: self._on_seen(days, *seen), self._fail, owner=self, key="look")

    def choose_part(self, part: str) -> None:
        """Show another pile, or the goods."""
        self._show(part=part, order_id=0, is_wording=False)

    def choose_days(self, days: int) -> None:
        """Show settled orders of so many days."""
        self._show(days=days)
        self.look()

    def open(self, order_id: int) -> None:
        """Show an order in the drawer."""
        is_other = order_id != self._screen.order_id
        more = {"round": self._screen.round + 1} if is_other else {}
        self._show(order_id=order_id, is_wording=False, **more)

    def find(self, order_no: str) -> None:
        """Show the order of a number that was scanned."""
        orders = () if self._screen.page is None else self._screen.page.orders
        order = next((one for one in orders if one.order_no == order_no.strip()), None)
        if order is None:
            self._tell("notice", Phrase("accident.not_here", {"order_no": order_no}), None)
            return
        self._show(part=order.pile)
        self.open(order.order_id)

    def close(self) -> bool:
        """Close what is open beside the list; whether anything was."""
        was_open = bool(self._screen.order_id) or self._screen.is_wording
        self._show(order_id=0, is_wording=False)
        return was_open

    def open_order(self) -> None:
        """Go to the order in the order list."""
        if self._screen.order_id:
            self.on_order(self._screen.order_id)

    def open_document(self, number: str) -> None:
        """Go to the document that brings goods."""
        self.on_document(number)

    def decide(self, outcome: Outcome, given_fen: int, note: str) -> None:
        """Write down what becomes of the open order, and go on to the next one."""
        order = self._screen.order
        if order is None or self._screen.is_busy:
            return
        rows = [one.order_id for one in self._screen.rows]
        after = rows[rows.index(order.order_id) + 1 :] if order.order_id in rows else []

        def done() -> None:
            self.open(after[0] if after else 0)

        said = Phrase("accident.decided", {"order_no": order.order_no})
        undo = self._undo(order)
        self._act(lambda: self._desk.decide(order.order_id, outcome, given_fen, note), said, done, undo)

    def _undo(self, order: AffectedOrder) -> Callable[[], None]:
        def again() -> None:
            said = Phrase("accident.undone", {"order_no": order.order_no})
            self._act(lambda: self._desk.decide(order.order_id, order.outcome, order.given_fen, order.note), said)

        return again

    def told(self) -> None:
        """The message of the open order lies in the clipboard."""
        order = self._screen.order
        if order is not None:
            said = Phrase("accident.copied", {"order_no": order.order_no})
            self._act(lambda: self._desk.note_told(order.order_id), said)

    def begin_wording(self) -> None:
        """Open the form of the messages."""
        self._show(is_wording=True, order_id=0, round=self._screen.round + 1)

    def save_words(self, words: Mapping[str, str]) -> None:
        """Keep the owner's messages."""
        self._act(lambda: self._desk.put_messages(words), Phrase("accident.words.saved"), self._stop_wording)

    def export(self, path: Path) -> None:
        """Write the page as a table."""
        days = self._screen.days

        def done(rows: int) -> None:
            self._tell("good", Phrase("accident.exported", {"n": rows, "path": str(path)}), None)

        self._tasks.submit(lambda: self._desk.export(path, days), done, self._fail, owner=self, lane=Lane.ACTS)

    # --- behind ---------------------------------------------------------------------------------------------------

    def _stop_wording(self) -> None:
        self._show(is_wording=False)

    def _act(
        self,
        work: Callable[[], object],
        said: Phrase,
        done: Callable[[], None] = lambda: None,
        undo: Callable[[], None] | None = None,
    ) -> None:
        self._show(is_busy=True)

        def finished(_result: object) -> None:
            self._show(is_busy=False)
            done()
            self._tell("good", said, undo)
            self.look()

        def failed(error: Exception) -> None:
            self._show(is_busy=False)
            self._fail(error)

        self._tasks.submit(work, finished, failed, owner=self, lane=Lane.ACTS)

    def _on_seen(self, days: int, page: AccidentPage, words: Mapping[str, str]) -> None:
        if days == self._screen.days:
            self._show(page=page, words=words)
