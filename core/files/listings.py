"""Listings and their matches as a table that comes in again: one row a listing, the last column is our SKU's code."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, select

from core.catalog.models import Listing, Sku
from core.channels.models import Shop
from core.db.sets import packed_texts, text_set
from core.files.cells import BadCell, code_of, text_of
from core.files.fields import Row
from core.files.mapping import apply
from core.files.presets.preset import Preset
from core.files.records import Rejected, Table
from core.files.writing import Sheet, Value
from core.orders.listing_list import ListingRow
from core.runtime.errors import Refused

LISTINGS: Final = Preset(
    id="listings",
    kind="goods",
    platform="",
    columns={
        "shop": ("店铺", "店铺名称", "Shop"),
        "item": ("平台商品ID", "商品ID", "宝贝ID", "Item ID"),
        "channel_sku": ("平台规格ID", "规格ID", "SKU ID", "Channel SKU ID"),
        "title": ("商品标题", "标题", "Title"),
        "spec": ("规格", "规格名称", "Spec"),
        "code": ("平台商家编码", "Merchant code"),
        "sku": ("匹配货品编码", "货品编码", "SKU code"),
    },
    required=("shop", "item", "sku"),
    headers=("店铺", "平台商品ID", "平台规格ID", "商品标题", "规格", "平台商家编码", "匹配货品编码"),
)
#: rejected rows that are told; the table says the rest
MOST_TOLD: Final = 200
_LISTINGS = select(Listing.id, Listing.shop_id, Listing.item_id, Listing.channel_sku_id, Listing.sku_id).where(
    Listing.item_id.in_(text_set("items"))
)
_CODES = select(Sku.code, Sku.id).where(Sku.code.in_(text_set("codes")))


@dataclass(frozen=True, slots=True)
class ListingTable:
    """What a table says, looked at against the records; nothing is written while a row of it is rejected.

    Attributes:
        wanted: listing id -> SKU id, of those that are to be changed.
        seen: listing id -> the SKU id it had when the table was looked at.
        same_count: rows that say what is so already, and rows without a code, which say nothing.
    """

    file: str
    wanted: Mapping[int, int]
    seen: Mapping[int, int | None]
    same_count: int
    rejected: Sequence[Rejected] = field(default=())


def listing_sheet(rows: Iterable[ListingRow]) -> Sheet:
    """The table; comes in again by `read_listings`."""
    return Sheet(LISTINGS.headers, _values(rows))


def _values(rows: Iterable[ListingRow]) -> Iterator[list[Value]]:
    for row in rows:
        place = [row.shop_name, row.item_id, row.channel_sku_id]
        yield [*place, row.title, row.spec, row.merchant_code, row.sku_code]


@dataclass(frozen=True, slots=True)
class _Said:
    row: int
    shop: str
    item: str
    channel_sku: str
    sku: str


def read_listings(connection: Connection, table: Table) -> ListingTable:
    """What a table says of matches, every row of it checked. Titles and merchant codes in it are for the eye only.

    Raises:
        Refused: `listing.table`, it lacks the column of shops, of item numbers or of our codes.
    """
    mapped = apply(LISTINGS, table.header)
    if mapped is None:
        raise Refused("listing.table", "the table needs columns of the shop, the item's number and our SKU's code")
    reader = _Reader(connection, table.name)
    said = [one for row in mapped.rows(table) if (one := reader.read(row)) is not None]
    return reader.looked_up(said)


class _Reader:
    def __init__(self, connection: Connection, file: str) -> None:
        self._connection = connection
        self._file = file
        self._rejected: list[Rejected] = []
        self._same = 0

    def read(self, row: Row) -> _Said | None:
        """A row; None where it says nothing, or cannot be read."""
        if not text_of(row.cell("sku")).strip():
            self._same += 1
            return None
        said: dict[str, str] = {}
        for name, read, is_needed in (
            ("shop", text_of, True),
            ("item", code_of, True),
            ("channel_sku", code_of, False),
            ("sku", text_of, True),
        ):
            cell = row.cell(name)
            try:
                said[name] = "" if cell is None else read(cell).strip()
            except BadCell as error:
                self._reject(row.number, name, error.reason)
                return None
            if is_needed and not said[name]:
                self._reject(row.number, name, "missing")
                return None
        return _Said(row.number, said["shop"], said["item"], said["channel_sku"], said["sku"])

    def looked_up(self, said: Sequence[_Said]) -> ListingTable:
        """Every row against the records."""
        shops: dict[str, int] = dict(self._connection.execute(select(Shop.name, Shop.id)).all())
        items = packed_texts(sorted({one.item for one in said}))
        rows: Sequence[Any] = self._connection.execute(_LISTINGS, {"items": items}).all()
        listings = {(row.shop_id, row.item_id, row.channel_sku_id): row for row in rows}
        codes = packed_texts(sorted({one.sku for one in said}))
        skus: dict[str, int] = dict(self._connection.execute(_CODES, {"codes": codes}).all())
        wanted: dict[int, int] = {}
        seen: dict[int, int | None] = {}
        told: dict[int, int] = {}
        for one in said:
            shop_id, sku_id = shops.get(one.shop), skus.get(one.sku)
            listing = None if shop_id is None else listings.get((shop_id, one.item, one.channel_sku))
            if shop_id is None:
                self._reject(one.row, "shop", "shop_unknown", one.shop)
            elif listing is None:
                self._reject(one.row, "item", "listing_unknown", one.item)
            elif sku_id is None:
                self._reject(one.row, "sku", "stock_no_sku", one.sku)
            elif told.setdefault(listing.id, sku_id) != sku_id:
                self._reject(one.row, "sku", "rows_disagree", one.sku)
            elif listing.sku_id == sku_id:
                self._same += 1
            else:
                wanted[listing.id], seen[listing.id] = sku_id, listing.sku_id
        return ListingTable(self._file, wanted, seen, self._same, tuple(self._rejected))

    def _reject(self, row: int, name: str, reason: str, shown: str = "") -> None:
        column = LISTINGS.headers[list(LISTINGS.columns).index(name)]
        self._rejected.append(Rejected(self._file, row, column, reason, shown[:40]))
