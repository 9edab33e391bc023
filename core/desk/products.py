"""The catalogue as the products page asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.access.gate import needs
from core.access.rights import Right
from core.catalog import products
from core.catalog.products import Product, ProductPage
from core.catalog.records import SkuSpec
from core.catalog.service import match_by_code
from core.customers.service import Digest
from core.db.unit_of_work import Store, UnitOfWork
from core.fulfilment.resuming import listings_matched
from core.inventory import stock_list
from core.inventory.queries import Quantities, availability
from core.inventory.stock_list import WarehouseRow
from core.runtime.errors import Refused
from core.runtime.ids import SkuId


@dataclass(frozen=True, slots=True)
class ProductSaved:
    """The product, whether anything was changed, and how many orders that waited for this code go on now."""

    sku_id: int
    is_changed: bool
    resumed_count: int = 0


class Products:
    """Looking at products, adding and editing them."""

    def __init__(self, store: Store, digest: Digest, carrier_code: str) -> None:
        self._store = store
        self._digest = digest
        self._carrier_code = carrier_code

    @needs(Right.SEE_STOCK)
    def page(self, pile: str, search: str, after: str | None, limit: int) -> ProductPage:
        """One page of the list, by code; `pile` is one of `products.PRODUCT_PILES`."""
        return self._store.read(lambda connection: products.product_page(connection, pile, search, after, limit))

    @needs(Right.SEE_STOCK)
    def counts(self) -> Mapping[str, int]:
        """How many products each filter holds."""
        return self._store.read(products.product_counts)

    @needs(Right.SEE_STOCK)
    def product(self, sku_id: int) -> Product | None:
        """One product with all that belongs to it."""
        return self._store.read(lambda connection: products.product(connection, sku_id))

    @needs(Right.SEE_STOCK)
    def owner_of(self, barcode: str) -> tuple[int, str, str] | None:
        """Whose barcode it is: SKU id, code, name."""
        return self._store.read(lambda connection: products.owner_of(connection, barcode))

    @needs(Right.SEE_STOCK)
    def warehouses(self) -> tuple[WarehouseRow, ...]:
        """Every place in which goods have a bin."""
        return self._store.read(stock_list.warehouses)

    @needs(Right.EDIT_PRODUCTS)
    def add(self, spec: SkuSpec) -> ProductSaved:
        """Add a product; orders whose listing bears its code are matched and go on.

        Raises:
            Refused: as `core.catalog.products.add_product`.
        """

        def write(uow: UnitOfWork) -> ProductSaved:
            sku_id = products.add_product(uow, spec)
            match_by_code(uow)
            resumed = listings_matched(uow, self._carrier_code, self._digest)
            return ProductSaved(sku_id, is_changed=True, resumed_count=len(resumed))

        return self._store.write(write)

    @needs(Right.EDIT_PRODUCTS)
    def save(self, sku_id: int, seen: SkuSpec, spec: SkuSpec) -> ProductSaved:
        """Save what was edited.

        Raises:
            NotFound, Refused: as `core.catalog.products.save_product`; `catalog.has_stock`, goods with stock
                cannot become a bundle; `catalog.still_promised`, goods that orders hold stay counted.
        """

        def write(uow: UnitOfWork) -> ProductSaved:
            _check_stock(uow, sku_id, seen, spec)
            return ProductSaved(sku_id, products.save_product(uow, sku_id, seen, spec))

        return self._store.write(write)


def _check_stock(uow: UnitOfWork, sku_id: int, seen: SkuSpec, spec: SkuSpec) -> None:
    becomes_bundle = bool(spec.components) and not seen.components
    leaves_counting = seen.is_stock_managed and not spec.is_stock_managed
    if not becomes_bundle and not leaves_counting:
        return
    levels: Sequence[Quantities] = list(availability(uow.connection, [SkuId(sku_id)]).get(SkuId(sku_id), {}).values())
    if becomes_bundle and any(level.on_hand_qty for level in levels):
        raise Refused("catalog.has_stock", "goods with stock cannot become a bundle")
    if any(level.reserved_qty or level.confirmed_qty for level in levels):
        raise Refused("catalog.still_promised", "orders hold units of these goods")
