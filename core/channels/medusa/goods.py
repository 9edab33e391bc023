"""What the shop sells, and how many units of it: variants, and the levels of what they are counted by.

A level's `stocked_quantity` includes what is reserved for open orders: the shop sells the difference.

A variant may be a kit: several things, or several units of one (`required_quantity`). The shop sells as many as the
scarcest part allows. That number is read, never written: what is counted are the parts, which other variants share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.channels.fields import Fields
from core.channels.listing_contract import ChannelListing, ListingPage
from core.channels.medusa.client import MedusaClient, Query
from core.channels.medusa.errors import KIT, NOT_COUNTED, SEVERAL_STOCKS, UNKNOWN_LISTING
from core.channels.medusa.facts import VARIANT_FIELDS
from core.channels.medusa.mapper import count_of, fen_of
from core.channels.stock_contract import ListedSku, ListedStock
from core.runtime.remote_errors import ContractBroken, Rejected

_VARIANTS: Final = "/admin/product-variants"
_PUBLISHED: Final = "published"


@dataclass(frozen=True, slots=True)
class Level:
    """The units of one thing in one place; `exists` False: the shop has never counted it there."""

    inventory_item_id: str
    location_id: str
    stocked: int
    reserved: int
    exists: bool = True

    @property
    def sellable(self) -> int:
        """What may still be sold; the shop's people may have counted fewer than are reserved."""
        return max(self.stocked - self.reserved, 0)


class Goods:
    """The variants of one shop. `location_id` blank: the only place there is."""

    def __init__(self, client: MedusaClient, location_id: str = "") -> None:
        self._client = client
        self._location_id = location_id

    def listings(self, cursor: str | None, page_size: int) -> ListingPage:
        """One page of everything there is, published or not.

        Raises:
            ContractBroken: the cursor is none of ours.
        """
        offset = 0 if cursor is None else int(cursor) if cursor.isascii() and cursor.isdigit() else -1
        if offset < 0:
            raise ContractBroken("This is no place in the shop's pages", code="cursor")
        page = (("order", "id"), ("limit", str(page_size)), ("offset", str(offset)))
        answer = self._client.ask(_VARIANTS, (("fields", VARIANT_FIELDS), *page)).fields
        rows = answer.rows("variants")
        reached = offset + len(rows)
        has_more = bool(rows) and reached < answer.whole_or("count", 0)
        return ListingPage([self._listing(row) for row in rows], str(reached) if has_more else None)

    def read(self, listed: ListedSku) -> ListedStock:
        """What the shop may still sell."""
        variant, at = self._variant(listed)
        return ListedStock(self._sellable(variant), is_on_sale=_is_on_sale(variant), at=at)

    def write(self, listed: ListedSku, qty: int) -> ListedStock:
        """Let the shop sell `qty` more units than its open orders have reserved.

        An order placed between the reading and the writing makes the number too high by its units until the next.
        """
        variant, _ = self._variant(listed)
        level = self._level(variant)
        number = {"stocked_quantity": qty + level.reserved}
        levels = f"/admin/inventory-items/{level.inventory_item_id}/location-levels"
        if level.exists:
            answer = self._client.tell(f"{levels}/{level.location_id}", number, is_repeatable=True)
        else:
            answer = self._client.tell(levels, {"location_id": level.location_id, **number})
        return ListedStock(qty, is_on_sale=_is_on_sale(variant), at=answer.told_at)

    def put_status(self, listed: ListedSku, status: str) -> None:
        """Publish the whole product, or make it a draft: Medusa knows nothing smaller."""
        variant, _ = self._variant(listed)
        self._client.tell(f"/admin/products/{variant.text('product_id')}", {"status": status}, is_repeatable=True)

    def _variant(self, listed: ListedSku) -> tuple[Fields, datetime | None]:
        query: Query = (("fields", VARIANT_FIELDS), ("id", listed.channel_sku_id), ("limit", "1"))
        answer = self._client.ask(_VARIANTS, query)
        rows = answer.fields.rows("variants")
        if not listed.channel_sku_id or not rows:
            raise Rejected("The shop does not know this listing", code=UNKNOWN_LISTING)
        if rows[0].text("id") != listed.channel_sku_id:
            raise ContractBroken("The shop answered with another variant", code="variants.id")
        return rows[0], answer.told_at

    def _level(self, variant: Fields) -> Level:
        """Where the number of a variant is written."""
        items = _parts(variant)
        if len(items) != 1 or count_of(items[0], "required_quantity") != 1:
            raise Rejected("This listing is a kit: the shop counts its parts, so write theirs", code=KIT)
        return self._level_of(items[0])

    def _sellable(self, variant: Fields) -> int:
        """How many the parts are enough for."""
        return min(self._level_of(item).sellable // _required(item) for item in _parts(variant))

    def _level_of(self, item: Fields) -> Level:
        item_id = item.text("inventory_item_id")
        levels = self._levels(item)
        if self._location_id and not levels:
            return Level(item_id, self._location_id, 0, 0, exists=False)
        if len(levels) != 1:
            raise Rejected("The shop has several stock locations; name one in its settings", code=SEVERAL_STOCKS)
        return levels[0]

    def _levels(self, item: Fields) -> Sequence[Level]:
        rows = item.child_or_empty("inventory").rows("location_levels")
        levels = [
            Level(
                item.text("inventory_item_id"),
                row.text("location_id"),
                count_of(row, "stocked_quantity"),
                count_of(row, "reserved_quantity"),
            )
            for row in rows
        ]
        return [level for level in levels if self._location_id in ("", level.location_id)]

    def _listing(self, row: Fields) -> ChannelListing:
        product = row.child_or_empty("product")
        options = [option.text_or_blank("value") for option in row.rows("options")]
        codes = (row.text_or_blank(name) for name in ("barcode", "ean", "upc"))
        return ChannelListing(
            item_id=row.text("product_id"),
            channel_sku_id=row.text("id"),
            merchant_code=row.text_or_blank("sku"),
            title=product.text_or_blank("title") or row.text_or_blank("title"),
            spec=" ".join(option for option in options if option) or row.text_or_blank("title"),
            barcode=next((code for code in codes if code), ""),
            price_fen=_price(row),
            qty=self._shown(row),
            is_on_sale=_is_on_sale(row),
            picture_url=row.text_or_blank("thumbnail") or product.text_or_blank("thumbnail"),
        )

    def _shown(self, row: Fields) -> int | None:
        """What may be sold at the place in the settings, or at all places together; None where it is not counted."""
        items = row.rows("inventory_items")
        if not row.flag("manage_inventory") or not items:
            return None
        at_all = [(sum(level.sellable for level in self._levels(item)), _required(item)) for item in items]
        return min(sellable // required for sellable, required in at_all)


def _parts(variant: Fields) -> Sequence[Fields]:
    items = variant.rows("inventory_items")
    if not variant.flag("manage_inventory") or not items:
        raise Rejected("The shop does not count this listing", code=NOT_COUNTED)
    return items


def _required(item: Fields) -> int:
    found = count_of(item, "required_quantity")
    if not found:
        raise item.broken("required_quantity")
    return found


def _is_on_sale(variant: Fields) -> bool:
    return variant.child_or_empty("product").text_or_blank("status") == _PUBLISHED


def _price(row: Fields) -> int | None:
    """The price in yuan that holds for everybody."""
    for price in row.rows("prices"):
        if price.text_or_blank("currency_code").lower() == "cny" and not price.mapping.get("rules"):
            return fen_of(price, "amount")
    return None
