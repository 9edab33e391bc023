"""Products, variations and their numbers at the simulated WooCommerce shop."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.simulators.platforms.server import Answer
from tests.simulators.platforms.shop import Goods
from tests.simulators.platforms.woocommerce_facts import ORDERINGS, PRODUCT_STATUSES, STOCK_STATUSES
from tests.simulators.platforms.woocommerce_rows import Look
from tests.simulators.platforms.woocommerce_shop import WooShop
from tests.simulators.platforms.woocommerce_wire import (
    ROWS,
    Asked,
    Params,
    Row,
    SaysNoError,
    bad_params,
    batched,
    both_stamps,
    listed,
    money,
    trimmed,
    words_of,
    wp_json,
)

_PRODUCT_ORDERINGS = (*ORDERINGS, "price", "popularity", "rating", "menu_order")


class GoodsDesk:
    """The calls about goods. Every method is called with the shop's lock held."""

    def __init__(self, shop: WooShop, look: Look) -> None:
        self._shop = shop
        self._look = look
        self.knows_modified = True

    # --- products ----------------------------------------------------------------------------------------------------

    def page(self, params: Params, link: str) -> Answer:
        """`GET products`: simple products and the parents of variations; with `sku` variations as well."""
        asked = Asked(self._look.zone, params, self.knows_modified)
        status = asked.one_of("status", "any", ("any", *PRODUCT_STATUSES))
        kind = asked.one_of("type", "any", ("any", "simple", "grouped", "external", "variable"))
        codes = words_of(params.get("sku", ""))
        asked.check()
        rows: list[Row] = []
        for item_id in self._items():
            is_simple = self._shop.is_simple(item_id)
            state = self.status_of(item_id)
            if (state == "trash") if status == "any" else (state != status):
                continue
            named = [] if is_simple else [goods for goods in self._shop.choices(item_id) if goods.code in codes]
            rows += [self._row(int(goods.sku_id), [goods], self._product_of_variation(goods)) for goods in named]
            if codes and not (is_simple and self._shop.choices(item_id)[0].code in codes):
                continue
            if kind == "any" or kind == ("simple" if is_simple else "variable"):
                rows.append(self._row(int(item_id), self._shop.choices(item_id), self._product_of(item_id)))
        return listed(asked, ROWS, rows, _PRODUCT_ORDERINGS, link)

    def get(self, no: str, params: Params) -> Answer:
        """`GET products/<id>`; that of a variation is answered here too."""
        goods = self._variation_anywhere(no)
        if goods is not None:
            return wp_json(trimmed(self._product_of_variation(goods)(), params))
        self._check_item(no, missing=404)
        return wp_json(trimmed(self._product_of(no)(), params))

    def put(self, no: str, params: Params) -> Answer:
        """`PUT products/<id>`."""
        _check_fields(params, PRODUCT_STATUSES)
        return wp_json(self.change(no, params))

    def change(self, no: str, params: Params) -> Mapping[str, object]:
        """Change one product."""
        if self._variation_anywhere(no) is not None:
            words = (
                "To manipulate product variations you should use the /products/<product_id>/variations/<id> endpoint."
            )
            raise SaysNoError(404, "woocommerce_rest_invalid_product_id", words)
        self._check_item(no, missing=400)
        if "status" in params:
            self._shop.publish(no, str(params["status"]))
        if self._shop.is_simple(no):
            self._change_stock(self._shop.choices(no)[0], params)
        else:
            self._change_pool(no, params)
        return self._product_of(no)()

    def batch(self, params: Params) -> Answer:
        """`POST products/batch`."""
        return batched(params, self.change)

    # --- variations --------------------------------------------------------------------------------------------------

    def variations(self, no: str, params: Params, link: str) -> Answer:
        """`GET products/<id>/variations`; an item that is not there has none."""
        asked = Asked(self._look.zone, params, self.knows_modified)
        status = asked.one_of("status", "any", ("any", *PRODUCT_STATUSES))
        choices = [] if self._shop.is_simple(no) else self._shop.choices(no)
        rows = [
            self._row(int(goods.sku_id), [goods], self._maker(goods))
            for goods in choices
            if status in ("any", self._variation_status(goods))
        ]
        return listed(asked, ROWS, rows, ORDERINGS, link)

    def variation(self, variation_no: str, params: Params) -> Answer:
        """`GET products/<id>/variations/<id>`, under whatever product."""
        return wp_json(trimmed(self._maker(self._variation(variation_no, missing=404))(), params))

    def put_variation(self, no: str, variation_no: str, params: Params) -> Answer:
        """`PUT products/<id>/variations/<id>`."""
        _check_fields(params, PRODUCT_STATUSES)
        if self._variation(variation_no, missing=400).item_id != no:
            raise SaysNoError(403, "woocommerce_rest_cannot_edit", "Parent product does not match current variation.")
        return wp_json(self.change_variation(no, variation_no, params))

    def change_variation(self, no: str, variation_no: str, params: Params) -> Mapping[str, object]:
        """Change one variation; nobody looks any more whether the product is its own."""
        goods = self._variation(variation_no, missing=400)
        if self._shop.choices(no) and not self._shop.is_simple(no):
            goods.item_id = no
        if "status" in params:
            self._shop.switch(goods.sku_id, is_on=params["status"] == "publish")
        self._change_stock(goods, params)
        return self._maker(goods)()

    def batch_variations(self, no: str, params: Params) -> Answer:
        """`POST products/<id>/variations/batch`."""
        return batched(params, lambda variation_no, item: self.change_variation(no, variation_no, item))

    # --- what things look like ---------------------------------------------------------------------------------------

    def status_of(self, item_id: str) -> str:
        """Whether a product is published."""
        return self._shop.item_status.get(item_id, "publish")

    def _variation_status(self, goods: Goods) -> str:
        return "private" if goods.sku_id in self._shop.private else "publish"

    def _row(self, no: int, choices: Sequence[Goods], make: Callable[[], Mapping[str, object]]) -> Row:
        return Row(no, *self._times(choices), choices[0].title, make)

    def _times(self, choices: Sequence[Goods]) -> tuple[datetime, datetime]:
        """(listed, changed)."""
        listed_at = min(self._shop.goods_listed_at[goods.sku_id] for goods in choices)
        return listed_at, max(self._shop.goods_changed_at[goods.sku_id] for goods in choices)

    def _product_of(self, item_id: str) -> Callable[[], Mapping[str, object]]:
        return lambda: self._product(item_id)

    def _product_of_variation(self, goods: Goods) -> Callable[[], Mapping[str, object]]:
        return lambda: {
            **self._maker(goods)(),
            "name": f"{goods.title} - {goods.spec}",
            "type": "variation",
            "parent_id": int(goods.item_id),
        }

    def _product(self, item_id: str) -> Mapping[str, object]:
        choices = self._shop.choices(item_id)
        first, is_simple = choices[0], self._shop.is_simple(item_id)
        stock = self._stock(first) if is_simple else self._parent_stock(item_id, choices)
        listed_at, changed_at = self._times(choices)
        attribute = {"id": 0, "name": "规格", "slug": "规格", "position": 0, "visible": True, "variation": True}
        return {
            "id": int(item_id),
            "name": first.title,
            "slug": f"product-{item_id}",
            "permalink": f"{self._look.home}/product/product-{item_id}/",
            **both_stamps("date_created", listed_at, self._look.zone),
            **both_stamps("date_modified", changed_at, self._look.zone),
            "type": "simple" if is_simple else "variable",
            "status": self.status_of(item_id),
            "featured": False,
            "catalog_visibility": "visible",
            "description": "",
            "short_description": "",
            "sku": first.code if is_simple else "",
            "global_unique_id": first.barcode if is_simple else "",
            "price": money(min(goods.price_fen for goods in choices)),
            "regular_price": money(first.price_fen) if is_simple else "",
            "sale_price": "",
            "on_sale": False,
            "purchasable": self.status_of(item_id) == "publish",
            **stock,
            "parent_id": 0,
            "images": [{"id": int(item_id) + 1, "src": f"{self._look.home}/wp-content/uploads/{item_id}.jpg"}],
            "attributes": [] if is_simple else [{**attribute, "options": [goods.spec for goods in choices]}],
            "variations": [] if is_simple else [int(goods.sku_id) for goods in choices],
            "meta_data": [],
        }

    def _maker(self, goods: Goods) -> Callable[[], Mapping[str, object]]:
        return lambda: self._variation_row(goods)

    def _variation_row(self, goods: Goods) -> Mapping[str, object]:
        listed_at, changed_at = self._times([goods])
        return {
            "id": int(goods.sku_id),
            "type": "variation",
            "parent_id": int(goods.item_id),
            "name": goods.spec,
            **both_stamps("date_created", listed_at, self._look.zone),
            **both_stamps("date_modified", changed_at, self._look.zone),
            "description": "",
            "permalink": f"{self._look.home}/product/product-{goods.item_id}/",
            "sku": goods.code,
            "global_unique_id": goods.barcode,
            "price": money(goods.price_fen),
            "regular_price": money(goods.price_fen),
            "sale_price": "",
            "on_sale": False,
            "status": self._variation_status(goods),
            "purchasable": goods.is_on_sale,
            **self._stock(goods),
            "image": None,
            "attributes": [{"id": 0, "name": "规格", "slug": "规格", "option": goods.spec}] if goods.spec else [],
            "meta_data": [],
        }

    def _stock(self, goods: Goods) -> Mapping[str, object]:
        is_managed = self._shop.manages_stock(goods)
        qty = self._shop.on_hand(goods)
        is_out = qty <= 0 if is_managed else goods.sku_id in self._shop.sold_out
        return {
            "manage_stock": "parent" if self._shop.shares(goods) else is_managed,
            "stock_quantity": qty if is_managed else None,
            "stock_status": "outofstock" if is_out else "instock",
            "backorders": "no",
            "backorders_allowed": False,
            "backordered": False,
            "low_stock_amount": None,
        }

    def _parent_stock(self, item_id: str, choices: Sequence[Goods]) -> Mapping[str, object]:
        pooled = self._shop.pooled.get(item_id)
        is_out = all(self._stock(goods)["stock_status"] == "outofstock" for goods in choices)
        return {
            "manage_stock": pooled is not None,
            "stock_quantity": pooled,
            "stock_status": "outofstock" if is_out else "instock",
            "backorders": "no",
            "backorders_allowed": False,
            "backordered": False,
            "low_stock_amount": None,
        }

    # --- changes -----------------------------------------------------------------------------------------------------

    def _change_stock(self, goods: Goods, params: Params) -> None:
        """The number counts only where stock is managed, else what was sent of it is forgotten."""
        sku_id, manages = goods.sku_id, params.get("manage_stock")
        if isinstance(manages, bool):
            if manages and (self._shop.shares(goods) or not self._shop.manages_stock(goods)):
                self._shop.unmanaged.discard(sku_id)
                self._shop.own_number.add(sku_id)
                goods.qty = 0
            elif not manages:
                self._shop.own_number.discard(sku_id)
                self._shop.unmanaged.add(sku_id)
        if self._shop.manages_stock(goods) and not self._shop.shares(goods):
            if params.get("stock_quantity") is not None:
                self._shop.edit_stock(sku_id, _amount(params["stock_quantity"]))
            elif params.get("inventory_delta") is not None:
                self._shop.edit_stock(sku_id, self._shop.on_hand(goods) + _amount(params["inventory_delta"]))
        elif "stock_status" in params:
            change = (
                self._shop.sold_out.add if params["stock_status"] == "outofstock" else self._shop.sold_out.discard
            )
            change(sku_id)
        self._shop.goods_changed_at[sku_id] = self._shop.now()

    def _change_pool(self, item_id: str, params: Params) -> None:
        manages = params.get("manage_stock")
        if manages is False:
            self._shop.pool(item_id, None)
        elif manages is True and item_id not in self._shop.pooled:
            self._shop.pool(item_id, 0)
        if item_id in self._shop.pooled and params.get("stock_quantity") is not None:
            self._shop.edit_stock(self._shop.choices(item_id)[0].sku_id, _amount(params["stock_quantity"]))

    # --- looking up --------------------------------------------------------------------------------------------------

    def _items(self) -> list[str]:
        deleted = self._shop.deleted
        return list(dict.fromkeys(one.item_id for one in self._shop.goods.values() if one.sku_id not in deleted))

    def _check_item(self, no: str, *, missing: int) -> None:
        if not self._shop.choices(no):
            raise SaysNoError(missing, "woocommerce_rest_product_invalid_id", "Invalid ID.")

    def _variation_anywhere(self, no: str) -> Goods | None:
        goods = self._shop.goods.get(no)
        return None if goods is None or no in self._shop.deleted or self._shop.is_simple(goods.item_id) else goods

    def _variation(self, variation_no: str, *, missing: int) -> Goods:
        goods = self._variation_anywhere(variation_no)
        if goods is None:
            raise SaysNoError(missing, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")
        return goods


def _amount(raw: Any) -> int:
    """A number as PHP takes it: what is none is 0."""
    found = re.match(r"\s*-?\d+", str(raw))
    return int(found[0]) if found else 0


def _check_fields(params: Params, statuses: Sequence[str]) -> None:
    wrong: dict[str, str] = {}
    if "status" in params and params["status"] not in statuses:
        wrong["status"] = f"status is not one of {', '.join(statuses)}."
    if "stock_status" in params and params["stock_status"] not in STOCK_STATUSES:
        wrong["stock_status"] = f"stock_status is not one of {', '.join(STOCK_STATUSES)}."
    for name in ("stock_quantity", "inventory_delta"):
        value = params.get(name)
        if value is not None and not re.fullmatch(r"-?\d+", str(value)):
            wrong[name] = f"{name} is not of type integer."
    if "manage_stock" in params and not isinstance(params["manage_stock"], bool):
        wrong["manage_stock"] = "manage_stock is not of type boolean."
    if wrong:
        raise bad_params(wrong)
