"""What the stock page needs from core; core's service satisfies it by shape."""

from datetime import date
from typing import Any, Protocol

from core.desk.stock import StockActed, StockCounted
from core.inventory.batches import BatchFacts
from core.inventory.documents.records import Acted
from core.inventory.figures.records import Figure, Opened, StockDetail
from core.inventory.stock_list import (
    InHandRow,
    StockCursor,
    StockFilter,
    StockPage,
    StockTotals,
    WarehouseRow,
)
from core.runtime.first_of import FirstOf
from core.runtime.ids import LevelId, SkuId, WarehouseId


class StockDesk(Protocol):
    """Looking at stock, and booking. Every act has a key: the same act under the same key is booked once."""

    def page(self, wanted: StockFilter, after: StockCursor | None, limit: int) -> StockPage:
        """One page of the list, by code."""
        ...

    def totals(self, wanted: StockFilter) -> StockTotals:
        """How many rows each filter holds, and the sums of what is shown."""
        ...

    def detail(self, sku_id: SkuId, level_id: LevelId | None) -> StockDetail | None:
        """A row and what makes its numbers."""
        ...

    def open_figure(self, figure: Figure, after: tuple[Any, ...] | None = None) -> Opened:
        """A page of what makes a number."""
        ...

    def warehouses(self) -> tuple[WarehouseRow, ...]:
        """Where goods may be booked into."""
        ...

    def in_hand(self) -> FirstOf[InHandRow]:
        """Goods booked on the spot that nobody has reviewed."""
        ...

    def note_batch(self, sku_id: SkuId, batch: str, expires_on: date | None, made_on: date | None) -> BatchFacts:
        """Know a batch and its days, before goods of it are booked in."""
        ...

    def receive(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Book goods in."""
        ...

    def book_in_hand(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Book goods that are there and not in the books."""
        ...

    def adjust(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Correct the books, up or down."""
        ...

    def quarantine(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Set free units aside."""
        ...

    def unquarantine(
        self, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
    ) -> StockActed:
        """Make units free again."""
        ...

    def count(
        self,
        warehouse_id: WarehouseId,
        sku_id: SkuId,
        counted_qty: int,
        reason: str,
        key: str,
        batch: str = "",
        *,
        seen_qty: int | None = None,
    ) -> StockCounted:
        """Book a stocktake of one place; `seen_qty` is what the books said when counting began."""
        ...

    def transfer(
        self,
        from_warehouse_id: WarehouseId,
        to_warehouse_id: WarehouseId,
        sku_id: SkuId,
        qty: int,
        reason: str,
        key: str,
        batch: str = "",
    ) -> StockActed:
        """Move free units to another place."""
        ...

    def take_back(self, document_id: int, key: str) -> Acted:
        """Undo an act by the counter-document of its document."""
        ...

    def add_warehouse(self, code: str, name: str) -> WarehouseRow:
        """A further place where goods are kept."""
        ...

    def review_in_hand(self, movement_id: int) -> bool:
        """Say that goods booked on the spot were looked into."""
        ...
