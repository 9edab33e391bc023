"""What the products page needs from core; core's service satisfies it by shape."""

from collections.abc import Mapping
from typing import Protocol

from core.catalog.products import Product, ProductPage
from core.catalog.records import SkuSpec
from core.desk.products import ProductSaved
from core.inventory.stock_list import WarehouseRow


class ProductDesk(Protocol):
    """Looking at products, adding and editing them."""

    def page(self, pile: str, search: str, after: str | None, limit: int) -> ProductPage:
        """One page of the list, by code."""
        ...

    def counts(self) -> Mapping[str, int]:
        """How many products each filter holds."""
        ...

    def product(self, sku_id: int) -> Product | None:
        """One product with all that belongs to it."""
        ...

    def warehouses(self) -> tuple[WarehouseRow, ...]:
        """Every place in which goods have a bin."""
        ...

    def owner_of(self, barcode: str) -> tuple[int, str, str] | None:
        """Whose barcode it is: SKU id, code, name."""
        ...

    def add(self, spec: SkuSpec) -> ProductSaved:
        """Add a product."""
        ...

    def save(self, sku_id: int, seen: SkuSpec, spec: SkuSpec) -> ProductSaved:
        """Save what was edited."""
        ...
