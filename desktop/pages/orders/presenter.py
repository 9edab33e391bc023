"""The order page without widgets: what is listed, what is open, what can be done with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from core.access.records import Unmasked
from core.orders.records import NoteView, OrderDetail, OrderFilter, OrderParcelView, OrderRow
from desktop.bridge.paging import ListPresenter, Page
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.orders.ports import NoteDesk, OrderDesk, OrderLabels
from desktop.texts import Phrase

COUNT_CAP = 1000
#: the hold a clerk places
HOLD_REASON = "by_hand"


@dataclass(frozen=True, slots=True)
class OrdersScreen:
    """What the page shows beside the rows.

    Attributes:
        is_loading: the first page is on its way.
        is_known_empty: the list was read and holds nothing.
        counts: texts for the chips, `1000+` where nobody counted further.
        detail: the open order.
        unmasked: its receiver in clear, while somebody may see it.
    """

    wanted: OrderFilter = field(default_factory=OrderFilter)
    is_loading: bool = False
    is_known_empty: bool = False
    counts: Mapping[str, str] = field(default_factory=dict)
    detail: OrderDetail | None = None
    unmasked: Unmasked | None = None


class OrdersPresenter(ListPresenter[OrdersScreen]):
    """Reads in the lane of reads; a newer wish makes an older answer worthless."""

    def __init__(self, orders: OrderDesk, labels: OrderLabels, notes: NoteDesk, tasks: Tasks, tell: Tell) -> None:
        """Make the presenter; nothing is read before `start`.

        Args:
            orders: core's order desk.
            labels: core's labels.
            notes: core's notes.
            tasks: where reads and acts run.
            tell: shows a message (tone, phrase, undo).
        """
        super().__init__(OrdersScreen(), tasks, tell)
        self._orders = orders
        self._labels = labels
        self._notes = notes
        self._opens_single = False
        self._wished_id: int | None = None
        #: begins a new order with an old one: order id, order type
        self.on_copy: Callable[[int, str], None] = lambda _order_id, _order_type: None

    def choose_pile(self, pile: str) -> None:
        """Show another pile."""
        self._list(replace(self._screen.wanted, pile=pile))

    def search(self, text: str) -> None:
        """Show what matches; a search looks into every pile."""
        words = text.strip()
        pile = "all" if words else "open"
        self._list(OrderFilter(pile, words))

    def find(self, raw: str) -> None:
        """A scanned code: show what it belongs to, and open it when that is one order."""
        self._opens_single = True
        self._list(OrderFilter("all", raw.strip()))

    def reload(self) -> None:
        """Read again what is shown, as far down as it was loaded."""
        self._list(self._screen.wanted, is_again=True)
        self._reopen()

    def refresh_beside(self) -> None:
        """Read the counts and the open order again, and leave the rows as they are."""
        self._count()
        self._reopen()

    def more(self, after: object) -> None:
        """The list was scrolled near its end."""
        wanted = self._screen.wanted
        if not isinstance(after, int):
            return

        self._read_more(lambda rows: self._orders.page(wanted, after, rows), lambda: wanted == self._screen.wanted)

    def open(self, order_id: int) -> None:
        """Show an order in the drawer."""
        self._wished_id = order_id
        self._tasks.submit(lambda: self._read(order_id), self._on_detail, self._fail, owner=self, key="detail")

    def _read(self, order_id: int) -> OrderDetail | None:
        detail = self._orders.detail(order_id)
        return None if detail is None else replace(detail, note=self._notes.note(order_id))

    def close(self) -> bool:
        """Close the drawer; whether one was open."""
        was_open = self._screen.detail is not None
        self._wished_id = None
        self._show(detail=None, unmasked=None)
        return was_open

    def unmask(self, reason: str) -> None:
        """Show the open order's receiver in clear, for a reason."""
        detail = self._screen.detail
        if detail is not None:
            order_id = detail.row.id
            self._tasks.submit(
                lambda: self._orders.unmask(order_id, reason),
                self._on_unmasked,
                self._fail,
                owner=self,
                key="unmask",
                lane=Lane.ACTS,
            )

    def mask(self) -> None:
        """Show no receiver in clear any more."""
        self._show(unmasked=None)

    def hold(self, note: str) -> None:
        """Hold the open order."""
        detail = self._screen.detail
        if detail is None:
            return
        order_id, order_no = detail.row.id, detail.row.order_no
        self._act(
            lambda: self._orders.hold(order_id, HOLD_REASON, note.strip()),
            Phrase("orders.held", {"order_no": order_no}),
            lambda: self._release(order_id, order_no),
        )

    def release_hold(self) -> None:
        """Lift the holds of the open order."""
        detail = self._screen.detail
        if detail is not None:
            self._release(detail.row.id, detail.row.order_no)

    def write_note(self, text: str, flag: str, seen: NoteView, on_answer: Callable[[bool], None]) -> None:
        """Write the seller's note of the open order; `on_answer` is told whether it is kept."""
        detail = self._screen.detail
        if detail is None:
            return
        order_id, order_no = detail.row.id, detail.row.order_no
        where = seen.goes

        def kept(_result: object) -> None:
            on_answer(True)
            self._tell("good", Phrase(f"orders.note.kept.{where}", {"order_no": order_no}), None)
            self.reload()

        def refused(error: Exception) -> None:
            on_answer(False)
            self._fail(error)
            self.reload()

        self._tasks.submit(
            lambda: self._notes.write(order_id, text, flag, seen), kept, refused, owner=self, lane=Lane.ACTS
        )

    def keep_our_note(self) -> None:
        """Write ours over what somebody wrote at the platform."""
        self._settle_note(self._notes.keep_ours, "orders.note.ours_kept")

    def accept_their_note(self) -> None:
        """Leave what somebody wrote at the platform."""
        self._settle_note(self._notes.accept_theirs, "orders.note.theirs_kept")

    def send_note_again(self) -> None:
        """Try the note of the open order now."""
        self._settle_note(self._notes.send_again, "orders.note.sent_again")

    def _settle_note(self, act: Callable[[int], None], code: str) -> None:
        detail = self._screen.detail
        if detail is not None:
            order_id = detail.row.id
            self._act(lambda: act(order_id), Phrase(code, {"order_no": detail.row.order_no}))

    def close_elsewhere(self, sent_by: str, *, left_our_shelf: bool) -> None:
        """Close the open order: somebody else has sent it."""
        detail = self._screen.detail
        if detail is not None:
            order_id, order_no = detail.row.id, detail.row.order_no
            self._act(
                lambda: self._orders.close_elsewhere(order_id, sent_by, left_our_shelf=left_our_shelf),
                Phrase("orders.closed_elsewhere", {"order_no": order_no}),
                lambda: self._reopen_elsewhere(order_id, order_no),
            )

    def reopen_elsewhere(self) -> None:
        """Take the closing of the open order back."""
        detail = self._screen.detail
        if detail is not None:
            self._reopen_elsewhere(detail.row.id, detail.row.order_no)

    def send_rest(self, sent: Mapping[int, int], *, left_our_shelf: bool) -> None:
        """Send only the rest of the open order: units by line that others have sent."""
        detail = self._screen.detail
        if detail is not None:
            order_id, order_no = detail.row.id, detail.row.order_no
            facts = {"order_no": order_no, "n": sum(sent.values())}
            self._act(
                lambda: self._orders.send_rest(order_id, sent, left_our_shelf=left_our_shelf),
                Phrase("orders.rest_sent" if sent else "orders.released", facts),
                (lambda: self._take_back_part_sent(order_id, order_no)) if sent else None,
            )

    def take_back_part_sent(self) -> None:
        """Take back what was said of the part of the open order that others sent."""
        detail = self._screen.detail
        if detail is not None:
            self._take_back_part_sent(detail.row.id, detail.row.order_no)

    def copy(self, order_type: str) -> None:
        """Begin a new order with the open one: `reship` sends its goods once more, `normal` orders them again."""
        detail = self._screen.detail
        if detail is not None:
            self.on_copy(detail.row.id, order_type)

    def copied(self, number: str) -> None:
        """A parcel's number lies in the clipboard."""
        self._tell("good", Phrase("number.copied", {"number": number}), None)

    def print_label(self, parcel: OrderParcelView) -> None:
        """Ask for the first copy of a parcel's label."""
        self._act(
            lambda: self._labels.print_label(parcel.id), Phrase("orders.printing", {"number": parcel.waybill_no})
        )

    def reprint(self, parcel: OrderParcelView, reason: str) -> None:
        """Ask for a further copy."""
        waybill_id = parcel.waybill_id
        if waybill_id is not None:
            self._act(
                lambda: self._labels.reprint(waybill_id, reason),
                Phrase("orders.reprinting", {"number": parcel.waybill_no}),
            )

    def new_number(self, parcel: OrderParcelView, reason: str) -> None:
        """Void the number and ask for another; say so where a shop was told the old one."""

        def done(is_told: bool) -> None:
            code = "orders.new_number_told" if is_told else "orders.new_number"
            self._tell("notice" if is_told else "good", Phrase(code, {"number": parcel.waybill_no}), None)
            self.reload()

        self._tasks.submit(
            lambda: self._labels.new_number(parcel.id, reason), done, self._fail, owner=self, lane=Lane.ACTS
        )

    def take_off(self, parcel: OrderParcelView) -> None:
        """Take a number that other software printed off its parcel."""
        self._act(
            lambda: self._labels.take_off_foreign(parcel.id),
            Phrase("orders.number_taken_off", {"number": parcel.waybill_no}),
        )

    def _release(self, order_id: int, order_no: str) -> None:
        self._act(lambda: self._orders.release_hold(order_id), Phrase("orders.released", {"order_no": order_no}))

    def _reopen_elsewhere(self, order_id: int, order_no: str) -> None:
        done = Phrase("orders.reopened_elsewhere", {"order_no": order_no})
        self._act(lambda: self._orders.reopen_elsewhere(order_id), done)

    def _take_back_part_sent(self, order_id: int, order_no: str) -> None:
        done = Phrase("orders.part_sent_taken_back", {"order_no": order_no})
        self._act(lambda: self._orders.take_back_part_sent(order_id), done)

    def _act(self, work: Callable[[], object], done: Phrase, undo: Callable[[], None] | None = None) -> None:
        def finished(_result: object) -> None:
            self._tell("good", done, undo)
            self.reload()

        self._tasks.submit(work, finished, self._fail, owner=self, lane=Lane.ACTS)

    def _list(self, wanted: OrderFilter, *, is_again: bool = False) -> None:
        self._show(wanted=wanted, is_loading=True)
        self._read_first(lambda rows: self._orders.page(wanted, None, rows), is_again=is_again)
        self._count()

    def _count(self) -> None:
        self._tasks.submit(self._orders.pile_counts, self._on_counts, lambda _error: None, owner=self, key="counts")

    def _reopen(self) -> None:
        # What was asked for last, not what is shown still: records that change meanwhile must not undo a choice.
        if self._wished_id is not None:
            self.open(self._wished_id)

    def _on_first(self, page: Page[OrderRow], *, is_again: bool) -> None:
        super()._on_first(page, is_again=is_again)
        opens, self._opens_single = self._opens_single, False
        if opens and len(page.rows) == 1:
            self.open(page.rows[0].id)

    def _on_counts(self, counts: Mapping[str, int]) -> None:
        texts = {
            pile: f"{COUNT_CAP:,}+".replace(",", " ") if count >= COUNT_CAP else str(count)
            for pile, count in counts.items()
        }
        self._show(counts=texts)

    def _on_detail(self, detail: OrderDetail | None) -> None:
        if self._wished_id is None or (detail is not None and detail.row.id != self._wished_id):
            # Closed, or another one chosen, while it was on its way.
            return
        if detail is None:
            self._wished_id = None
            self._tell("notice", Phrase("orders.gone"), None)
        clear = self._screen.unmasked
        is_same = clear is not None and detail is not None and clear.order_id == detail.row.id
        self._show(detail=detail, unmasked=clear if is_same else None)

    def _on_unmasked(self, clear: Unmasked) -> None:
        detail = self._screen.detail
        if detail is not None and detail.row.id == clear.order_id:
            self._show(unmasked=clear)
            # The look stands in the time line.
            self._reopen()
