"""What the documents page needs from core; core's service satisfies it by shape."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from core.catalog.records import ScannedSku
from core.desk.documents import DocumentActed, ReturnedOrder
from core.inventory.documents.drafting import Counted
from core.inventory.documents.following import Came
from core.inventory.documents.lists import DocumentCounts, DocumentFilter, DocumentPage
from core.inventory.documents.records import Acted, DocumentDetail, Head, LineIn
from core.inventory.documents.rules import Rules
from core.inventory.documents.states import DocKind
from core.inventory.stock_list import WarehouseRow
from core.runtime.ids import SkuId


class DocumentDesk(Protocol):
    """Looking at documents, writing drafts, booking. Every booking has a key: under it, it happens once."""

    def page(self, wanted: DocumentFilter, after: int | None, limit: int) -> DocumentPage:
        """One page of the list, the newest first."""
        ...

    def counts(self, wanted: DocumentFilter) -> DocumentCounts:
        """How many documents each chip holds."""
        ...

    def detail(self, document_id: int) -> DocumentDetail | None:
        """One document with all that belongs to it."""
        ...

    def by_number(self, number: str) -> int | None:
        """The document of this number."""
        ...

    def goods(self, code: str) -> ScannedSku | None:
        """What a code stands for."""
        ...

    def order_of(self, code: str) -> ReturnedOrder | None:
        """The order a scanned number belongs to."""
        ...

    def warehouses(self) -> tuple[WarehouseRow, ...]:
        """Where goods may be."""
        ...

    def rules(self) -> Rules:
        """What the owner has decided."""
        ...

    def set_rules(self, wanted: Rules) -> None:
        """Decide anew."""
        ...

    def begin(self, kind: DocKind, head: Head, lines: Sequence[LineIn], key: str) -> Acted:
        """Begin a draft."""
        ...

    def change(self, document_id: int, version: int, head: Head, lines: Sequence[LineIn]) -> Acted:
        """Give a draft other words and lines."""
        ...

    def count_in(
        self,
        document_id: int,
        sku_id: SkuId,
        qty: int,
        key: str,
        batch: str = "",
        expires_day: int | None = None,
        made_day: int | None = None,
    ) -> Counted:
        """Add units, as a scan does."""
        ...

    def throw_away(self, document_id: int, version: int) -> Acted:
        """Put a draft aside for good."""
        ...

    def receive_against(self, purchase_id: int, key: str) -> Acted:
        """The draft receipt of a purchase."""
        ...

    def book(self, document_id: int, version: int, key: str) -> DocumentActed:
        """Book a draft."""
        ...

    def approve(self, document_id: int, version: int) -> DocumentActed:
        """Say yes to what somebody else has written."""
        ...

    def refuse(self, document_id: int, version: int, note: str) -> Acted:
        """Say no to it."""
        ...

    def arrive(
        self, document_id: int, version: int, came: Sequence[Came], key: str, *, is_all: bool
    ) -> DocumentActed:
        """A transfer arrives."""
        ...

    def inspect(self, document_id: int, version: int, came: Sequence[Came], key: str) -> DocumentActed:
        """Returned goods were looked at."""
        ...

    def put_away(self, document_id: int, version: int, came: Sequence[Came], key: str) -> DocumentActed:
        """Received goods are on their shelf."""
        ...

    def close(self, document_id: int, version: int) -> Acted:
        """Nothing more will come."""
        ...

    def reverse(self, document_id: int, version: int, key: str, reason: str) -> DocumentActed:
        """Take a document back."""
        ...

    def lines_from_file(self, document_id: int, version: int, path: Path) -> "FileLines":
        """Put the goods of a table into a draft."""
        ...

    def write_file(self, document_id: int, path: Path, header: Sequence[str]) -> int:
        """Write a document as a table; gives its lines."""
        ...

    def print_paper(self, document_id: int) -> DocumentDetail:
        """A document as it is put on paper now."""
        ...


class FileLines(Protocol):
    """What came of a table of goods."""

    @property
    def added(self) -> int:
        """Rows that became lines."""
        ...

    @property
    def unknown(self) -> tuple[str, ...]:
        """Codes nobody knows, as they stand in the table."""
        ...
