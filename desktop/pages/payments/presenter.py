"""The page of payments without widgets."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from core.payments.records import (
    BillView,
    DifferencePage,
    DifferenceView,
    GatewayDraft,
    GatewayView,
    PaidShop,
    QuestionPage,
    QuestionView,
)
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.payments.ports import PaymentDesk
from desktop.texts import Phrase

#: the parts of the page
PARTS: Final = ("days", "found", "asked", "gateways")
_ROWS: Final = 200


@dataclass(frozen=True, slots=True)
class PaymentsScreen:
    """What the page shows.

    Attributes:
        part: one of PARTS.
        bill_id: the day whose differences are shown, 0 for none.
        difference_id, question_id: the line the keyboard is on, 0 for none.
        editing: shop and kind in the form, None where it is closed; shop 0 for a new gateway.
        tried: what came of trying a gateway, None where nobody tried.
        round: grows with each opened form, so that the page fills its fields.
    """

    part: str = "days"
    shops: tuple[PaidShop, ...] = ()
    gateways: tuple[GatewayView, ...] = ()
    bills: tuple[BillView, ...] = ()
    differences: tuple[DifferenceView, ...] = ()
    more_differences: bool = False
    questions: tuple[QuestionView, ...] = ()
    more_questions: bool = False
    bill_id: int = 0
    difference_id: int = 0
    question_id: int = 0
    editing: tuple[int, str] | None = None
    tried: bool | None = None
    is_busy: bool = False
    is_known: bool = False
    round: int = 0

    @property
    def bill(self) -> BillView | None:
        """The day that is open."""
        return next((one for one in self.bills if one.id == self.bill_id), None)

    @property
    def form_gateway(self) -> GatewayView | None:
        """The gateway in the form; None for a new one."""
        return next((one for one in self.gateways if (one.shop_id, one.kind) == self.editing), None)


class PaymentsPresenter(ScreenPresenter[PaymentsScreen]):
    """Reads in the lane of reads; what waits for a gateway keeps no look waiting."""

    def __init__(self, desk: PaymentDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(PaymentsScreen(), tell)
        self._desk = desk
        self._tasks = tasks
        #: opens an order: by id, by its number
        self.on_order: Callable[[int], None] = lambda _order_id: None
        self.on_order_no: Callable[[str], None] = lambda _order_no: None

    def look(self) -> None:
        """Read everything that is shown again."""
        self._tasks.submit(
            lambda: (self._desk.shops(), self._desk.gateways(), self._desk.bills()),
            self._on_seen,
            self._fail,
            owner=self,
            key="look",
        )
        self._look_at_part()

    def choose_part(self, part: str) -> None:
        """Show another part of the page."""
        self._show(part=part, question_id=0, questions=(), more_questions=False)
        self._look_at_part()

    def choose_bill(self, bill_id: int) -> None:
        """Show what differs on a day."""
        if bill_id != self._screen.bill_id:
            self._show(bill_id=bill_id, difference_id=0, differences=(), more_differences=False)
            self._look_at_part()

    def choose_difference(self, difference_id: int) -> None:
        """The keyboard is on this line."""
        self._show(difference_id=difference_id)

    def choose_question(self, question_id: int) -> None:
        """As `choose_difference`."""
        self._show(question_id=question_id)

    def open_order(self) -> None:
        """Show the order of the line the keyboard is on."""
        screen = self._screen
        if screen.part == "days":
            line = next((one for one in screen.differences if one.id == screen.difference_id), None)
            if line is not None and line.order_id is not None:
                self.on_order(line.order_id)
            return
        question = next((one for one in screen.questions if one.id == screen.question_id), None)
        if question is not None:
            self.on_order(question.order_id)

    # --- days -----------------------------------------------------------------------------------------------------

    def fetch(self, shop_id: int, day: date) -> None:
        """Fetch and compare a day now."""
        if self._screen.is_busy:
            return
        self._show(is_busy=True)
        self._tell("busy", Phrase("payments.fetching", {"day": str(day)}), None)

        def done(count: int) -> None:
            self._show(is_busy=False)
            code = "payments.fetched" if count else "payments.fetched_same"
            self._tell("notice" if count else "good", Phrase(code, {"day": str(day), "n": count}), None)
            self._show(bill_id=0)
            self.look()

        self._tasks.submit(
            lambda: self._desk.fetch(shop_id, day), done, self._failed, owner=self, key="fetch", lane=Lane.SHOPS
        )

    def settle(self, note: str) -> None:
        """The line the keyboard is on has been seen to."""
        screen = self._screen
        if screen.part == "days" and screen.difference_id:
            wanted = screen.difference_id
            self._act(lambda: self._desk.settle(wanted, note), Phrase("payments.settled"))
        elif screen.part in {"found", "asked"} and screen.question_id:
            question = screen.question_id
            self._act(lambda: self._desk.see_to(question), Phrase("payments.seen_to"))

    def confirm(self) -> None:
        """The open day has been gone through."""
        bill = self._screen.bill
        if bill is not None:
            self._act(lambda: self._desk.confirm(bill.id), Phrase("payments.confirmed", {"day": str(bill.day)}))

    def export(self, path: Path) -> None:
        """Write the open day's differences into a table."""
        bill_id = self._screen.bill_id

        def done(rows: int) -> None:
            self._tell("good", Phrase("payments.exported", {"n": rows, "path": str(path)}), None)

        if bill_id:
            self._tasks.submit(
                lambda: self._desk.export(bill_id, path), done, self._fail, owner=self, lane=Lane.FILES
            )

    # --- gateways -------------------------------------------------------------------------------------------------

    def edit(self, shop_id: int | None, kind: str = "wechat") -> None:
        """Open the form for a gateway (shop 0: a new one), or close it (None)."""
        self._unwish("try", "save")
        editing = None if shop_id is None else (shop_id, kind)
        self._show(part="gateways", editing=editing, tried=None, is_busy=False, round=self._screen.round + 1)

    def try_gateway(self, draft: GatewayDraft) -> None:
        """Ask with what is entered."""
        if self._screen.is_busy:
            return
        self._show(is_busy=True, tried=None)
        is_wanted = self._wish("try")

        def answered(_nothing: None) -> None:
            if is_wanted():
                self._show(is_busy=False, tried=True)

        def refused(error: Exception) -> None:
            if is_wanted():
                self._show(is_busy=False, tried=False)
                self._fail(error)

        self._tasks.submit(
            lambda: self._desk.try_gateway(draft), answered, refused, owner=self, key="try", lane=Lane.SHOPS
        )

    def save(self, draft: GatewayDraft) -> None:
        """Keep what the form holds."""
        if self._screen.is_busy:
            return
        self._show(is_busy=True)
        is_wanted = self._wish("save")

        def saved(_gateway_id: int) -> None:
            if is_wanted():
                self._show(is_busy=False, editing=None)
            self._tell("good", Phrase("payments.saved"), None)
            self.look()

        self._tasks.submit(lambda: self._desk.save(draft), saved, self._failed, owner=self, lane=Lane.ACTS)

    def set_active(self, gateway: GatewayView) -> None:
        """Ask a gateway from now on, or no more."""
        wanted = not gateway.is_active
        code = "payments.asked_again" if wanted else "payments.paused"
        self._act(
            lambda: self._desk.set_active(gateway.id, is_active=wanted), Phrase(code, {"shop": gateway.shop_name})
        )

    # --- behind ---------------------------------------------------------------------------------------------------

    def _act(self, work: Callable[[], object], done: Phrase) -> None:
        def finished(_result: object) -> None:
            self._tell("good", done, None)
            self.look()

        self._tasks.submit(work, finished, self._fail, owner=self, lane=Lane.ACTS)

    def _look_at_part(self) -> None:
        screen = self._screen
        if screen.part == "days" and screen.bill_id:
            bill_id = screen.bill_id
            self._tasks.submit(
                lambda: self._desk.differences(bill_id, None, _ROWS),
                lambda page: self._on_differences(bill_id, page),
                self._fail,
                owner=self,
                key="part",
            )
        elif screen.part in {"found", "asked"}:
            only_found = screen.part == "found"
            self._tasks.submit(
                lambda: self._desk.questions(None, _ROWS, only_found=only_found),
                self._on_questions,
                self._fail,
                owner=self,
                key="part",
            )

    def _on_seen(self, seen: tuple[tuple[PaidShop, ...], tuple[GatewayView, ...], tuple[BillView, ...]]) -> None:
        shops, gateways, bills = seen
        is_there = any(one.id == self._screen.bill_id for one in bills)
        first = next((one.id for one in bills if one.open_count), next((one.id for one in bills), 0))
        self._show(shops=shops, gateways=gateways, bills=bills, is_known=True)
        if not is_there:
            self.choose_bill(first)

    def _on_differences(self, bill_id: int, page: DifferencePage) -> None:
        if bill_id == self._screen.bill_id:
            self._show(differences=page.rows, more_differences=page.next_after is not None)

    def _on_questions(self, page: QuestionPage) -> None:
        self._show(questions=page.rows, more_questions=page.next_after is not None)

    def _failed(self, error: Exception) -> None:
        self._show(is_busy=False)
        self._fail(error)
        self.look()
