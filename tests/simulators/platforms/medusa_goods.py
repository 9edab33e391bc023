"""Goods of the simulated Medusa: products and variants, inventory items with levels, reservations, places, the store."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulators.platforms.medusa_facts import (
    CURRENCY,
    INVENTORY_FIELDS,
    LEVEL_FIELDS,
    LEVELS_TO_PAGE,
    LOCATION_FIELDS,
    MAIN_LOCATION_ID,
    PRODUCT_FIELDS,
    PRODUCTS_TO_PAGE,
    REGION_ID,
    RESERVATION_FIELDS,
    ROWS_TO_PAGE,
    SALES_CHANNEL_ID,
    STORE_FIELDS,
    VARIANT_FIELDS,
)
from tests.simulators.platforms.medusa_rows import inventory_id
from tests.simulators.platforms.medusa_shop import MedusaShop, Reservation
from tests.simulators.platforms.medusa_wire import (
    Query,
    SaysNoError,
    body_of,
    checked,
    chosen,
    is_within,
    money,
    page_of,
    query_of,
    stamp,
)
from tests.simulators.platforms.server import Answer, Call, json_answer
from tests.simulators.platforms.shop import Goods

_STATUSES = ("draft", "proposed", "published", "rejected")
_UPDATES = (
    "title:string description:string handle:string status:string discountable:boolean variants:array images:array"
    " tags:array categories:array sales_channels:array option_ids:array is_giftcard:boolean"
)
_MORE_UPDATES = (
    "subtitle:string thumbnail:string type_id:string external_id:string collection_id:string weight:number"
    " shipping_profile_id:string hs_code:string origin_country:string material:string metadata:object"
    " additional_data:object"
)
_LEVEL = "inventory_item_id:string location_id:string"
_NUMBERS = "stocked_quantity:number incoming_quantity:number"


class GoodsDesk:
    """The calls about goods and stock. Every method is called with the shop's lock held."""

    def __init__(self, shop: MedusaShop) -> None:
        self._shop = shop
        self._since = shop.now()
        #: product id -> a status that is neither published nor draft
        self.other_statuses: dict[str, str] = {}

    # --- products ----------------------------------------------------------------------------------------------------

    def products(self, call: Call) -> Answer:
        """`GET /admin/products`. Filters that it does not know are left out without a word."""
        names = (
            "q id title handle status sales_channel_id collection_id type_id tag_id created_at updated_at variants"
        )
        query = query_of(call, names, PRODUCTS_TO_PAGE, is_strict=False)
        found = [row for row in map(self._product, self._items()) if _fits(row, query, "id", "title", "status")]
        return _listed("products", found, query, PRODUCT_FIELDS)

    def product(self, call: Call, no: str) -> Answer:
        """`GET /admin/products/:id`."""
        query = query_of(call, "", 1)
        if no not in self._items():
            raise SaysNoError("not_found", "Product not found")
        return json_answer({"product": chosen(self._product(no), query.fields, PRODUCT_FIELDS)})

    def update_product(self, call: Call, no: str) -> Answer:
        """`POST /admin/products/:id`: title and status; of the rest only the names are checked."""
        query = query_of(call, "", 1)
        body = body_of(call, optional=_UPDATES, nullable=_MORE_UPDATES)
        if no not in self._items():
            raise SaysNoError("not_found", f'Product with id "{no}" not found')
        status = body.get("status")
        if status is not None and status not in _STATUSES:
            message = f"Invalid request: Expected: '{', '.join(_STATUSES)}' for field 'status', but got: '{status}'"
            raise SaysNoError("invalid_data", message)
        for goods in self._of(no):
            goods.title = body.get("title", goods.title)
            if status is not None:
                goods.is_on_sale = status == "published"
        if status is not None:
            self.other_statuses.pop(no, None)
            if status not in ("draft", "published"):
                self.other_statuses[no] = status
        return json_answer({"product": chosen(self._product(no), query.fields, PRODUCT_FIELDS)})

    def variants(self, call: Call) -> Answer:
        """`GET /admin/product-variants`."""
        names = "q id sku barcode ean upc manage_inventory allow_backorder created_at updated_at deleted_at"
        query = query_of(call, names, PRODUCTS_TO_PAGE)
        rows = [self._variant(goods, is_alone=True) for goods in self._shop.goods.values()]
        found = [row for row in rows if _fits(row, query, "id", "sku", "barcode")]
        return _listed("variants", found, query, VARIANT_FIELDS)

    def _items(self) -> Sequence[str]:
        return [*dict.fromkeys(goods.item_id for goods in self._shop.goods.values())]

    def _of(self, item_id: str) -> Sequence[Goods]:
        return [goods for goods in self._shop.goods.values() if goods.item_id == item_id]

    def _product(self, no: str) -> dict[str, Any]:
        return {**self._bare(no), "variants": [self._variant(goods) for goods in self._of(no)]}

    def _bare(self, no: str) -> dict[str, Any]:
        goods = self._of(no)
        status = self.other_statuses.get(no, "published" if goods[0].is_on_sale else "draft")
        values = [{"id": f"optval_{one.sku_id[8:]}", "value": one.spec or "默认"} for one in goods]
        return {
            "id": no,
            "title": goods[0].title,
            "subtitle": None,
            "status": status,
            "external_id": None,
            "description": None,
            "handle": f"goods-{no[5:].lower()}",
            "is_giftcard": False,
            "discountable": True,
            "thumbnail": None,
            "collection_id": None,
            "type_id": None,
            "weight": None,
            "metadata": None,
            **self._times(),
            "options": [{"id": f"opt_{no[5:]}", "title": "规格", "values": values}],
            "images": [],
            "sales_channels": [{"id": SALES_CHANNEL_ID, "name": "Default Sales Channel"}],
        }

    def _variant(self, goods: Goods, *, is_alone: bool = False) -> dict[str, Any]:
        is_counted = goods.sku_id not in self._shop.uncounted
        option = {
            "id": f"optval_{goods.sku_id[8:]}",
            "value": goods.spec or "默认",
            "option_id": f"opt_{goods.item_id[5:]}",
        }
        more = {"product": self._bare(goods.item_id)} if is_alone else {}
        item_id = inventory_id(goods.sku_id)
        links = {"variant_id": goods.sku_id, "inventory_item_id": item_id, "required_quantity": 1}
        return {
            "id": goods.sku_id,
            "title": goods.spec or "Default variant",
            "sku": goods.code or None,
            "thumbnail": None,
            "barcode": goods.barcode or None,
            "ean": None,
            "upc": None,
            "allow_backorder": False,
            "manage_inventory": is_counted,
            "weight": None,
            "metadata": None,
            "variant_rank": 0,
            "product_id": goods.item_id,
            **self._times(),
            "prices": [
                {"id": f"price_{goods.sku_id[8:]}", "currency_code": CURRENCY, "amount": money(goods.price_fen)}
            ],
            "options": [option],
            **({"inventory_quantity": goods.qty} if is_counted else {}),
            "inventory_items": [{**links, "inventory": self._inventory(goods)}] if is_counted else [],
            **more,
        }

    def _times(self) -> dict[str, Any]:
        return {"created_at": stamp(self._since), "updated_at": stamp(self._since), "deleted_at": None}

    # --- stock -------------------------------------------------------------------------------------------------------

    def inventory(self, call: Call) -> Answer:
        """`GET /admin/inventory-items`."""
        names = "q id sku origin_country mid_code hs_code material requires_shipping weight location_levels"
        query = query_of(call, names, ROWS_TO_PAGE)
        rows = [self._inventory(goods) for goods in self._counted()]
        return _listed(
            "inventory_items", [row for row in rows if _fits(row, query, "id", "sku")], query, INVENTORY_FIELDS
        )

    def inventory_item(self, call: Call, no: str) -> Answer:
        """`GET /admin/inventory-items/:id`."""
        return self._shown_item(self._goods(no), query_of(call, "", 1))

    def levels(self, call: Call, no: str) -> Answer:
        """`GET /admin/inventory-items/:id/location-levels`."""
        query = query_of(call, "location_id", LEVELS_TO_PAGE)
        found = [row for row in self._levels(self._goods(no)) if _fits(row, query, "location_id")]
        return _listed("inventory_levels", found, query, LEVEL_FIELDS)

    def write_level(self, call: Call, no: str, location_id: str) -> Answer:
        """`POST /admin/inventory-items/:id/location-levels/:location`: what lies there, reserved or not."""
        query = query_of(call, "", 1)
        body = body_of(call, optional=_NUMBERS)
        _check_numbers(body)
        self._check_level(no, location_id)
        self._write(no, location_id, body)
        return self._shown_item(self._goods(no), query)

    def add_level(self, call: Call, no: str) -> Answer:
        """`POST /admin/inventory-items/:id/location-levels`: the goods are kept at one more place."""
        query = query_of(call, "", 1)
        body = body_of(call, "location_id:string", _NUMBERS)
        _check_numbers(body)
        goods = self._goods(no)
        if body["location_id"] not in self._shop.locations:
            raise SaysNoError("not_found", f"Stock locations with ids: {body['location_id']} was not found")
        self._shop.elsewhere[goods.sku_id, body["location_id"]] = int(body.get("stocked_quantity", 0))
        return self._shown_item(goods, query)

    def write_levels(self, call: Call) -> Answer:
        """`POST /admin/inventory-items/location-levels/batch`: all of it or nothing."""
        body = body_of(call, optional="create:array update:array delete:array force:boolean")
        changes = [
            checked(raw, _LEVEL, _NUMBERS, path=["update", place]) for place, raw in enumerate(body.get("update", []))
        ]
        for change in changes:
            _check_numbers(change)
            self._check_level(change["inventory_item_id"], change["location_id"])
        for change in changes:
            self._write(change["inventory_item_id"], change["location_id"], change)
        rows = [self._level(self._goods(one["inventory_item_id"]), one["location_id"]) for one in changes]
        return json_answer({"created": [], "updated": rows, "deleted": []})

    def _write(self, no: str, location_id: str, body: Mapping[str, Any]) -> None:
        if "stocked_quantity" in body:
            self._shop.restock(self._goods(no).sku_id, location_id, int(body["stocked_quantity"]))

    def _check_level(self, no: str, location_id: str) -> None:
        goods = {inventory_id(one.sku_id): one for one in self._counted()}.get(no)
        if goods is None or self._shop.stocked(goods.sku_id, location_id) is None:
            raise SaysNoError("not_found", f"Item {no} is not stocked at location {location_id}")

    def _shown_item(self, goods: Goods, query: Query) -> Answer:
        return json_answer({"inventory_item": chosen(self._inventory(goods), query.fields, INVENTORY_FIELDS)})

    def _counted(self) -> Sequence[Goods]:
        return [goods for goods in self._shop.goods.values() if goods.sku_id not in self._shop.uncounted]

    def _goods(self, no: str) -> Goods:
        for goods in self._counted():
            if inventory_id(goods.sku_id) == no:
                return goods
        raise SaysNoError("not_found", f"Inventory item with id: {no} was not found")

    def _inventory(self, goods: Goods) -> dict[str, Any]:
        levels = self._levels(goods)
        return {
            "id": inventory_id(goods.sku_id),
            "sku": goods.code or None,
            "title": goods.spec or "Default variant",
            "description": None,
            "thumbnail": None,
            "requires_shipping": True,
            "weight": None,
            "metadata": None,
            "stocked_quantity": sum(level["stocked_quantity"] for level in levels),
            "reserved_quantity": sum(level["reserved_quantity"] for level in levels),
            **self._times(),
            "location_levels": levels,
        }

    def _levels(self, goods: Goods) -> list[dict[str, Any]]:
        places = self._shop.locations
        return [self._level(goods, no) for no in places if self._shop.stocked(goods.sku_id, no) is not None]

    def _level(self, goods: Goods, location_id: str) -> dict[str, Any]:
        stocked = self._shop.stocked(goods.sku_id, location_id) or 0
        reserved = self._shop.reserved(goods.sku_id, location_id)
        return {
            "id": f"ilev_{goods.sku_id[8:]}{location_id[-4:]}",
            "inventory_item_id": inventory_id(goods.sku_id),
            "location_id": location_id,
            "stocked_quantity": stocked,
            "reserved_quantity": reserved,
            "incoming_quantity": 0,
            "available_quantity": stocked - reserved,
            "metadata": None,
            **self._times(),
        }

    # --- reservations ------------------------------------------------------------------------------------------------

    def reservations(self, call: Call) -> Answer:
        """`GET /admin/reservations`."""
        names = "q location_id inventory_item_id line_item_id created_by description quantity created_at updated_at"
        query = query_of(call, f"{names} deleted_at", ROWS_TO_PAGE)
        found = [
            self._reservation(one)
            for one in self._shop.reservations.values()
            if is_within(query, "created_at", one.at) and is_within(query, "updated_at", one.changed_at)
        ]
        wanted = [row for row in found if _fits(row, query, *names.split()[1:4])]
        return _listed("reservations", wanted, query, RESERVATION_FIELDS)

    def reservation(self, call: Call, no: str) -> Answer:
        """`GET /admin/reservations/:id`."""
        return self._shown_reservation(self._found(no), query_of(call, "", 1))

    def reserve(self, call: Call) -> Answer:
        """`POST /admin/reservations`."""
        query = query_of(call, "", 1)
        body = body_of(
            call,
            "location_id:string inventory_item_id:string quantity:number",
            nullable="line_item_id:string description:string metadata:object",
        )
        item_no, location_id, qty = body["inventory_item_id"], body["location_id"], int(body["quantity"])
        self._check_level(item_no, location_id)
        goods = self._goods(item_no)
        self._check_available(goods, location_id, qty)
        one = self._shop.reserve(goods.sku_id, location_id, qty, body.get("line_item_id"))
        one.description, one.metadata = body.get("description"), body.get("metadata")
        return self._shown_reservation(one, query)

    def change_reservation(self, call: Call, no: str) -> Answer:
        """`POST /admin/reservations/:id`: its units, its words."""
        query = query_of(call, "", 1)
        body = body_of(
            call, optional="location_id:string quantity:number", nullable="description:string metadata:object"
        )
        one = self._found(no)
        if body.get("location_id", one.location_id) != one.location_id:
            raise SaysNoError("not_allowed", "the simulator moves no reservation between locations")
        qty = int(body.get("quantity", one.qty))
        self._check_available(self._shop.goods[one.sku_id], one.location_id, max(0, qty - one.qty))
        self._shop.change_reservation(one, qty)
        one.description, one.metadata = (body.get(name, getattr(one, name)) for name in ("description", "metadata"))
        return self._shown_reservation(one, query)

    def release(self, call: Call, no: str) -> Answer:
        """`DELETE /admin/reservations/:id`."""
        del call
        self._shop.change_reservation(self._found(no), 0)
        return json_answer({"id": no, "object": "reservation", "deleted": True})

    def _check_available(self, goods: Goods, location_id: str, qty: int) -> None:
        if self._shop.available(goods.sku_id, location_id) < qty:
            where = f"item {inventory_id(goods.sku_id)} at location {location_id}"
            raise SaysNoError("not_allowed", f"Not enough stock available for {where}")

    def _found(self, no: str) -> Reservation:
        found = self._shop.reservations.get(no)
        if found is None:
            raise SaysNoError("not_found", f"Reservation with id: {no} was not found")
        return found

    def _shown_reservation(self, one: Reservation, query: Query) -> Answer:
        return json_answer({"reservation": chosen(self._reservation(one), query.fields, RESERVATION_FIELDS)})

    def _reservation(self, one: Reservation) -> dict[str, Any]:
        goods = self._shop.goods[one.sku_id]
        item = {"id": inventory_id(one.sku_id), "sku": goods.code or None, "title": goods.title}
        return {
            "id": one.no,
            "location_id": one.location_id,
            "inventory_item_id": item["id"],
            "quantity": one.qty,
            "line_item_id": one.line_no,
            "description": one.description,
            "metadata": one.metadata,
            "created_at": stamp(one.at),
            "updated_at": stamp(one.changed_at),
            "inventory_item": item,
        }

    # --- places and the store ----------------------------------------------------------------------------------------

    def locations(self, call: Call) -> Answer:
        """`GET /admin/stock-locations`."""
        query = query_of(call, "q id name address_id sales_channel_id created_at updated_at deleted_at", ROWS_TO_PAGE)
        address = {"id": "laddr_practice", "city": "杭州市", "country_code": "cn"}
        rows = [
            {"id": no, "name": name, "metadata": None, **self._times(), "address": address}
            for no, name in self._shop.locations.items()
        ]
        return _listed(
            "stock_locations", [row for row in rows if _fits(row, query, "id", "name")], query, LOCATION_FIELDS
        )

    def stores(self, call: Call) -> Answer:
        """`GET /admin/stores`."""
        query = query_of(call, "q id name created_at updated_at deleted_at", ROWS_TO_PAGE)
        row = {
            "id": "store_01K9MEDPRACT1CE0ST0RE0000",
            "name": self._shop.name,
            "supported_currencies": [{"id": "stocur_practice", "currency_code": CURRENCY, "is_default": True}],
            "default_sales_channel_id": SALES_CHANNEL_ID,
            "default_region_id": REGION_ID,
            "default_location_id": MAIN_LOCATION_ID,
            "metadata": None,
            **self._times(),
        }
        return _listed("stores", [row] if _fits(row, query, "id", "name") else [], query, STORE_FIELDS)


def _fits(row: Mapping[str, Any], query: Query, *names: str) -> bool:
    for name in names:
        wanted = query.values(name)
        if wanted is not None and row[name] not in wanted:
            return False
    text = query.values("q")
    return not text or any(text[0] in str(row.get(name) or "") for name in ("title", "sku", "name", "description"))


def _listed(name: str, found: Sequence[Mapping[str, Any]], query: Query, defaults: str) -> Answer:
    rows = [chosen(row, query.fields, defaults) for row in page_of(found, query)]
    return json_answer({name: rows, "count": len(found), "offset": query.offset, "limit": query.limit})


def _check_numbers(body: Mapping[str, Any]) -> None:
    for name in ("stocked_quantity", "incoming_quantity"):
        if body.get(name, 0) < 0:
            message = f"Invalid request: Value for field '{name}' too small, expected at least: '0'"
            raise SaysNoError("invalid_data", message)
