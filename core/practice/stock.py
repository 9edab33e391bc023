"""The practice shop's own numbers: what it believes it may still sell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.practice.catalogue import PracticeSku
from core.practice.refusal import RefusalError
from core.practice.store import Store


@dataclass(frozen=True, slots=True)
class ShopStock:
    """One SKU's number at the shop; `version` rises with each change."""

    sku: str
    qty: int
    version: int
    is_on: bool


class StockBook:
    """Numbers by SKU."""

    def __init__(self, store: Store, catalogue: Sequence[PracticeSku]) -> None:
        self._store = store
        with store.write():
            for sku in catalogue:
                store.run(
                    "INSERT OR IGNORE INTO stock (sku, qty, version, is_on) VALUES (?, ?, 1, 1)",
                    sku.code,
                    sku.opening_qty,
                )

    def get(self, sku: str) -> ShopStock:
        """The number of one SKU.

        Raises:
            RefusalError: `sku_not_found`.
        """
        found = self._store.row("SELECT sku, qty, version, is_on FROM stock WHERE sku = ?", sku)
        if found is None:
            raise RefusalError(404, "sku_not_found", "no such SKU")
        return ShopStock(found[0], found[1], found[2], bool(found[3]))

    def take(self, wanted: Mapping[str, int], *, ignores_stock: bool = False) -> None:
        """Take all of it or nothing.

        Raises:
            RefusalError: `out_of_stock` with a line for each SKU that has too little or is off sale.
        """
        with self._store.write():
            stocks = {sku: self.get(sku) for sku in wanted}
            short = [
                {"sku": sku, "available": stock.qty if stock.is_on else 0}
                for sku, stock in stocks.items()
                if not stock.is_on or stock.qty < wanted[sku]
            ]
            if short and not ignores_stock:
                raise RefusalError(409, "out_of_stock", "not enough of it", lines=short)
            for sku, stock in stocks.items():
                self._set(sku, max(stock.qty - wanted[sku], 0))

    def give_back(self, sku: str, qty: int) -> None:
        """Put a quantity back on sale."""
        self._set(sku, self.get(sku).qty + qty)

    def put(self, sku: str, qty: int, if_version: int | None) -> ShopStock:
        """Set the number, only over `if_version` where one is given.

        Raises:
            RefusalError: `version_conflict` with the number as it is.
        """
        with self._store.write():
            stock = self.get(sku)
            if if_version is not None and if_version != stock.version:
                line = {"sku": sku, "available": stock.qty, "version": stock.version}
                raise RefusalError(409, "version_conflict", "the number has changed meanwhile", lines=[line])
            self._set(sku, qty)
            return self.get(sku)

    def switch(self, sku: str, *, is_on: bool) -> None:
        """Open or stop the sale."""
        self.get(sku)
        self._store.run("UPDATE stock SET is_on = ?, version = version + 1 WHERE sku = ?", int(is_on), sku)

    def _set(self, sku: str, qty: int) -> None:
        self._store.run("UPDATE stock SET qty = ?, version = version + 1 WHERE sku = ?", qty, sku)
