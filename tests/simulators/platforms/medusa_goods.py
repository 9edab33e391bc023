"""Goods of the simulated Medusa: products and variants, stock locations, the store."""

from collections.abc import Sequence
from typing import Any

from tests.simulators.platforms.medusa_facts import (
    CURRENCY,
    LOCATION_FIELDS,
    MAIN_LOCATION_ID,
    PRODUCT_FIELDS,
    PRODUCTS_TO_PAGE,
    REGION_ID,
    ROWS_TO_PAGE,
    SALES_CHANNEL_ID,
    STORE_FIELDS,
    VARIANT_FIELDS,
)
from tests.simulators.platforms.medusa_parts import inventory_id
from tests.simulators.platforms.medusa_shop import MedusaShop
from tests.simulators.platforms.medusa_stock import StockDesk
from tests.simulators.platforms.medusa_wire import (
    SaysNoError,
    body_of,
    chosen,
    fits,
    listed,
    money,
    query_of,
    times,
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


class GoodsDesk:
    """The calls about goods and stock. Every method is called with the shop's lock held."""

    def __init__(self, shop: MedusaShop, stock: StockDesk) -> None:
        self._shop = shop
        self._stock = stock
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
        found = [row for row in map(self._product, self._items()) if fits(row, query, "id", "title", "status")]
        return listed("products", found, query, PRODUCT_FIELDS)

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
        found = [row for row in rows if fits(row, query, "id", "sku", "barcode")]
        return listed("variants", found, query, VARIANT_FIELDS)

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
            **times(self._since),
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
            **times(self._since),
            "prices": [
                {"id": f"price_{goods.sku_id[8:]}", "currency_code": CURRENCY, "amount": money(goods.price_fen)}
            ],
            "options": [option],
            **({"inventory_quantity": goods.qty} if is_counted else {}),
            "inventory_items": [{**links, "inventory": self._stock.row(goods)}] if is_counted else [],
            **more,
        }

    # --- places and the store ----------------------------------------------------------------------------------------

    def locations(self, call: Call) -> Answer:
        """`GET /admin/stock-locations`."""
        query = query_of(call, "q id name address_id sales_channel_id created_at updated_at deleted_at", ROWS_TO_PAGE)
        address = {"id": "laddr_practice", "city": "杭州市", "country_code": "cn"}
        rows = [
            {"id": no, "name": name, "metadata": None, **times(self._since), "address": address}
            for no, name in self._shop.locations.items()
        ]
        return listed(
            "stock_locations", [row for row in rows if fits(row, query, "id", "name")], query, LOCATION_FIELDS
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
            **times(self._since),
        }
        return listed("stores", [row] if fits(row, query, "id", "name") else [], query, STORE_FIELDS)
