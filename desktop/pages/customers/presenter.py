"""The customers page without widgets: what is listed, who is open, what is seen in clear, what is erased."""

from collections.abc import Callable
from dataclasses import dataclass

from core.access.customer_file import CustomerDetail, CustomerRow, customer_no
from core.access.records import UnmaskedReceiver
from desktop.bridge.paging import ListPresenter, Page
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.customers.ports import CustomerDesk
from desktop.texts import Phrase


@dataclass(frozen=True, slots=True)
class CustomersScreen:
    """What the page shows beside the rows.

    Attributes:
        detail: the open customer.
        clear: one of their receivers in clear, while somebody may see it.
        is_erasing: the question whether to erase is open; `is_saving`: it was answered.
    """

    search: str = ""
    is_loading: bool = False
    is_known_empty: bool = False
    detail: CustomerDetail | None = None
    clear: UnmaskedReceiver | None = None
    is_erasing: bool = False
    is_saving: bool = False


class CustomersPresenter(ListPresenter[CustomersScreen]):
    """Reads in the lane of reads, a newer wish makes an older answer worthless."""

    def __init__(self, customers: CustomerDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(CustomersScreen(), tasks, tell)
        self._customers = customers
        self._listed: set[int] = set()
        self._opens_single = False
        self._wished_id: int | None = None
        #: opens an order's page
        self.on_order: Callable[[int], None] = lambda _order_id: None

    # --- the list -----------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read again what is shown, as far down as it was loaded."""
        self._list(self._screen.search, is_again=True)
        if self._wished_id is not None:
            self.open(self._wished_id)

    def search(self, words: str) -> None:
        """Show who matches."""
        self._list(words.strip())

    def find(self, raw: str) -> None:
        """A scanned code: show whose order it is, and open them when that is one customer."""
        self._opens_single = True
        self._list(raw.strip())

    def more(self, after: object) -> None:
        """The list was scrolled near its end."""
        words = self._screen.search
        if not isinstance(after, int):
            return

        self._read_more(lambda rows: self._customers.page(words, after, rows), lambda: words == self._screen.search)

    # --- one customer -------------------------------------------------------------------------------------------

    def open(self, customer_id: int) -> None:
        """Show a customer in the drawer."""
        self._wished_id = customer_id
        self._tasks.submit(
            lambda: self._customers.detail(customer_id), self._on_detail, self._fail, owner=self, key="detail"
        )

    def close(self) -> bool:
        """Close the question, else the drawer; whether anything was open."""
        if self._screen.is_erasing:
            self._show(is_erasing=False)
            return True
        was_open = self._screen.detail is not None
        self._wished_id = None
        self._show(detail=None, clear=None)
        return was_open

    def open_order(self, order_id: int) -> None:
        """Go to an order."""
        self.on_order(order_id)

    def unmask(self, consignee_id: int, reason: str) -> None:
        """Show one receiver of the open customer in clear, for a reason."""
        detail = self._screen.detail
        if detail is not None:
            customer_id = detail.row.id
            self._tasks.submit(
                lambda: self._customers.unmask(customer_id, consignee_id, reason),
                self._on_unmasked,
                self._fail,
                owner=self,
                key="unmask",
                lane=Lane.ACTS,
            )

    def mask(self) -> None:
        """Show no receiver in clear any more."""
        self._show(clear=None)

    def turn_member(self) -> None:
        """Make the open customer a member, or none, by the owner's word."""
        detail = self._screen.detail
        if detail is None or detail.row.is_erased:
            return
        wanted = not detail.is_member

        def finished(_nothing: None) -> None:
            self._tell("good", Phrase("customers.member.made" if wanted else "customers.member.dropped"), None)
            self.open(detail.row.id)

        self._tasks.submit(
            lambda: self._customers.set_member(detail.row.id, wanted),
            finished,
            self._fail,
            owner=self,
            lane=Lane.ACTS,
        )

    # --- erasing ------------------------------------------------------------------------------------------------

    def ask_erase(self) -> None:
        """Ask whether to erase the open customer."""
        detail = self._screen.detail
        if detail is not None and not detail.row.is_erased:
            self._show(is_erasing=True, clear=None)

    def leave_erase(self) -> None:
        """Put the question away."""
        self._show(is_erasing=False)

    def erase(self, typed: str) -> None:
        """Erase the open customer; only what was typed as their number counts as a yes. There is no way back."""
        detail = self._screen.detail
        if detail is None or not self._screen.is_erasing or self._screen.is_saving:
            return
        number = customer_no(detail.row.id)
        if typed.strip().upper() != number:
            self._tell("notice", Phrase("customers.erase_typed_wrong", {"number": number}), None)
            return
        self._show(is_saving=True)

        def finished(count: int) -> None:
            self._show(is_saving=False, is_erasing=False)
            self._tell("good", Phrase("customers.erased", {"number": number, "n": count}), None)
            self.reload()

        def failed(error: Exception) -> None:
            self._show(is_saving=False)
            self._fail(error)

        self._tasks.submit(lambda: self._customers.erase(detail.row.id), finished, failed, owner=self, lane=Lane.ACTS)

    # --- within -------------------------------------------------------------------------------------------------

    def _list(self, words: str, *, is_again: bool = False) -> None:
        self._show(search=words, is_loading=True)
        self._read_first(lambda rows: self._customers.page(words, None, rows), is_again=is_again)

    def _on_more(self, page: Page[CustomerRow]) -> None:
        # A search goes by orders, so that a later page may name again who is listed.
        rows = tuple(row for row in page.rows if row.id not in self._listed)
        self._listed.update(row.id for row in rows)
        self._loaded = len(self._listed)
        self.on_more(rows, page.next_after)

    def _on_first(self, page: Page[CustomerRow], *, is_again: bool) -> None:
        self._listed = {row.id for row in page.rows}
        super()._on_first(page, is_again=is_again)
        opens, self._opens_single = self._opens_single, False
        if opens and len(page.rows) == 1:
            self.open(page.rows[0].id)

    def _on_detail(self, detail: CustomerDetail | None) -> None:
        if self._wished_id is None or (detail is not None and detail.row.id != self._wished_id):
            # Closed, or another one chosen, while it was on its way.
            return
        shown = self._screen.detail
        is_same = shown is not None and detail is not None and shown.row.id == detail.row.id
        if not is_same:
            self._show(clear=None, is_erasing=False)
        self._show(detail=detail)

    def _on_unmasked(self, clear: UnmaskedReceiver) -> None:
        detail = self._screen.detail
        if detail is not None and detail.row.id == clear.customer_id:
            self._show(clear=clear)
