"""What a table may say: one list of fields for orders, their numbers, goods, counts and customers each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.files.cells import text_of, tidied
from core.files.records import Cell


@dataclass(frozen=True, slots=True)
class Field:
    """One fact of a row. `is_personal`: its value is masked wherever it is shown."""

    name: str
    is_needed: bool = False
    is_personal: bool = False


#: a row is one line of an order; what belongs to the order may stand in its first row alone
ORDERS: Final = (
    Field("order_no", is_needed=True),
    Field("status"),
    Field("refund"),
    Field("placed_at"),
    Field("paid_at"),
    Field("shipped_at"),
    Field("completed_at"),
    Field("ship_by_at"),
    Field("amount"),
    Field("freight"),
    Field("refund_amount"),
    Field("buyer", is_personal=True),
    Field("receiver", is_personal=True),
    Field("phone", is_personal=True),
    Field("other_phone", is_personal=True),
    Field("province"),
    Field("city"),
    Field("district"),
    Field("street", is_personal=True),
    Field("address", is_personal=True),
    Field("postcode"),
    Field("buyer_note", is_personal=True),
    Field("seller_note", is_personal=True),
    Field("line_no"),
    Field("item_id"),
    Field("channel_sku_id"),
    Field("merchant_code"),
    Field("title", is_needed=True),
    Field("spec"),
    Field("qty", is_needed=True),
    Field("unit_price"),
    Field("waybill_no"),
    Field("carrier"),
    Field("express"),
)
PRODUCTS: Final = (
    Field("code", is_needed=True),
    Field("name", is_needed=True),
    Field("short_name"),
    Field("spec"),
    Field("weight_g"),
    Field("barcode"),
    Field("bin"),
)
NUMBERS: Final = (
    Field("order_no", is_needed=True),
    Field("waybill_no", is_needed=True),
    Field("carrier"),
)
COUNTS: Final = (
    Field("code", is_needed=True),
    Field("qty", is_needed=True),
    Field("batch"),
    Field("expires_on"),
    Field("made_on"),
    Field("warehouse"),
    Field("bin"),
)
CUSTOMERS: Final = (
    Field("buyer", is_personal=True),
    Field("receiver", is_needed=True, is_personal=True),
    Field("phone", is_needed=True, is_personal=True),
    Field("province"),
    Field("city"),
    Field("district"),
    Field("address", is_personal=True),
    Field("postcode"),
)
#: kind of table -> its fields
FIELDS: Final = {
    "orders": ORDERS,
    "order_heads": ORDERS,
    "order_lines": ORDERS,
    "products": PRODUCTS,
    "counts": COUNTS,
    "numbers": NUMBERS,
    "customers": CUSTOMERS,
}
#: what a person may say a table is
KINDS: Final = ("orders", "numbers", "products", "counts", "customers")

PERSONAL: Final = frozenset(field.name for fields in FIELDS.values() for field in fields if field.is_personal)


class Row:
    """One row by the names of fields; a field that the table lacks is empty."""

    __slots__ = ("_cells", "_places", "number")

    def __init__(
        self, number: int, cells: Sequence[Cell], places: Mapping[str, Sequence[int]], blanks: frozenset[str]
    ) -> None:
        self.number = number
        self._cells = [tidied(cell, blanks) for cell in cells]
        self._places = places

    def cell(self, field: str) -> Cell:
        """The cell of a field, None where nothing stands in it; of several columns the first that says something."""
        for place in self._places.get(field, ()):
            if place < len(self._cells) and self._cells[place] is not None:
                return self._cells[place]
        return None

    def by_name(self, header: Sequence[str]) -> Mapping[str, str]:
        """Everything in the row, as text under the columns' own names."""
        cells = zip(header, self._cells, strict=False)
        return {name: text_of(cell) for name, cell in cells if name and cell is not None}
