"""The page of after-sale cases without widgets: what is listed, and which case is open."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.aftersale.intercepting import ToCatch
from core.aftersale.records import CaseDetail, CaseFilter, CaseRow, UnreadShop
from core.files.records import Exported
from desktop.bridge.paging import ListPresenter, Page
from desktop.bridge.screens import Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.after_sale.ports import AfterSaleDesk
from desktop.texts import Phrase

#: nobody counts further
COUNT_CAP: Final = 1000


@dataclass(frozen=True, slots=True)
class AfterSaleScreen:
    """What the page shows beside the rows.

    Attributes:
        counts: texts for the chips.
        detail: the open case.
        unread: shops whose cases cannot be read now: the list may lack some.
        to_catch: parcels that left before their money was wanted back.
    """

    wanted: CaseFilter = field(default_factory=CaseFilter)
    is_loading: bool = False
    is_known_empty: bool = False
    counts: Mapping[str, str] = field(default_factory=dict)
    detail: CaseDetail | None = None
    unread: tuple[UnreadShop, ...] = ()
    to_catch: tuple[ToCatch, ...] = ()


class AfterSalePresenter(ListPresenter[AfterSaleScreen]):
    """Reads in the lane of reads; a newer wish makes an older answer worthless."""

    def __init__(self, cases: AfterSaleDesk, tasks: Tasks, tell: Tell) -> None:
        super().__init__(AfterSaleScreen(), tasks, tell)
        self._cases = cases
        self._opens_single = ""
        self._wished_id: int | None = None
        #: opens an order's page; leads to the documents, where returned goods are received
        self.on_order: Callable[[int], None] = lambda _order_id: None
        self.on_documents: Callable[[], None] = lambda: None
        #: puts a text where it can be pasted
        self.on_copy: Callable[[str], None] = lambda _text: None

    # --- the list -----------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read again what is shown, as far down as it was loaded."""
        self._list(self._screen.wanted, is_again=True)
        self._reopen()

    def refresh_beside(self) -> None:
        """Read counts and the open case again, and leave the rows as they are."""
        self._look_around()
        self._reopen()

    def choose_pile(self, pile: str) -> None:
        """Show another pile, and nothing that was searched."""
        self._list(CaseFilter(pile))

    def search(self, words: str) -> None:
        """Show what has this number; a search looks into every pile."""
        words = words.strip()
        self._list(CaseFilter("all" if words else "to_answer", words))

    def find(self, raw: str) -> None:
        """A scanned code: show its cases, and open the one where it is one."""
        self._opens_single = raw.strip()
        self.search(raw)

    def more(self, after: object) -> None:
        """The list was scrolled near its end."""
        wanted = self._screen.wanted
        if isinstance(after, int):
            self._read_more(lambda rows: self._cases.page(wanted, after, rows), lambda: wanted == self._screen.wanted)

    # --- one case -----------------------------------------------------------------------------------------------

    def open(self, case_id: int) -> None:
        """Show everything about a case."""
        self._wished_id = case_id
        self._tasks.submit(lambda: self._cases.detail(case_id), self._on_detail, self._fail, owner=self, key="detail")

    def close(self) -> bool:
        """Close the drawer; whether it was open."""
        was_open = self._screen.detail is not None
        self._wished_id = None
        self._show(detail=None)
        return was_open

    def open_order(self) -> None:
        """Go to the open case's order."""
        detail = self._screen.detail
        if detail is not None and detail.order is not None:
            self.on_order(detail.order.id)

    def receive(self) -> None:
        """Go where returned goods are received."""
        self.on_documents()

    def copy_number(self) -> None:
        """The open case's number, to be pasted at the platform."""
        detail = self._screen.detail
        if detail is not None:
            self.on_copy(detail.row.case_no)
            self._tell("good", Phrase("after_sale.copied", {"number": detail.row.case_no}), None)

    # --- parcels to be caught -----------------------------------------------------------------------------------

    def settle_catch(self, parcel: ToCatch, outcome: str) -> None:
        """Say what became of a parcel."""

        def settled(_nothing: None) -> None:
            self._tell("good", Phrase(f"after_sale.catch.told.{outcome}", {"number": parcel.waybill_no}), None)
            self._look_around()

        parcel_id = parcel.parcel_id
        self._tasks.submit(
            lambda: self._cases.settle_catch(parcel_id, outcome), settled, self._fail, owner=self, lane=Lane.ACTS
        )

    def export_catch(self, path: Path) -> None:
        """Write the list."""

        def written(done: Exported) -> None:
            self._tell("good", Phrase("after_sale.catch.exported", {"path": done.path, "n": done.rows}), None)

        self._tasks.submit(lambda: self._cases.export_catch(path), written, self._fail, owner=self, lane=Lane.FILES)

    # --- within -------------------------------------------------------------------------------------------------

    def _list(self, wanted: CaseFilter, *, is_again: bool = False) -> None:
        self._show(wanted=wanted, is_loading=True)
        self._read_first(lambda rows: self._cases.page(wanted, None, rows), is_again=is_again)
        self._look_around()

    def _look_around(self) -> None:
        def came(seen: tuple[Mapping[str, int], tuple[UnreadShop, ...], tuple[ToCatch, ...]]) -> None:
            counts, unread, to_catch = seen
            words = {
                pile: f"{COUNT_CAP:,}+".replace(",", " ") if count >= COUNT_CAP else str(count)
                for pile, count in counts.items()
            }
            self._show(counts=words, unread=unread, to_catch=to_catch)

        self._tasks.submit(
            lambda: (self._cases.counts(), self._cases.unread(), self._cases.to_catch()),
            came,
            lambda _error: None,
            owner=self,
            key="counts",
        )

    def _reopen(self) -> None:
        if self._wished_id is not None:
            self.open(self._wished_id)

    def _on_first(self, page: Page[CaseRow], *, is_again: bool) -> None:
        super()._on_first(page, is_again=is_again)
        scanned, self._opens_single = self._opens_single, ""
        if scanned and len(page.rows) == 1:
            self.open(page.rows[0].id)
        elif scanned and not page.rows:
            self._tell("notice", Phrase("after_sale.unknown_code", {"code": scanned}), None)

    def _on_detail(self, detail: CaseDetail | None) -> None:
        if self._wished_id is not None and (detail is None or detail.row.id == self._wished_id):
            self._show(detail=detail)
