"""Goods, stock and the shop itself at the simulated WeChat shop."""

from collections.abc import Mapping
from typing import Any

from tests.simulators.platforms.server import Answer, Call, json_answer
from tests.simulators.platforms.shop import Goods, Shop
from tests.simulators.platforms.wechat_facts import LARGEST_PRODUCT_PAGE
from tests.simulators.platforms.wechat_listing import Mark, key_after, next_page
from tests.simulators.platforms.wechat_rows import product_row
from tests.simulators.platforms.wechat_wire import SaysNoError, body_of, number_text, whole

_OK = {"errcode": 0, "errmsg": "ok"}
_ADD, _TAKE, _SET = 1, 2, 3
_EDITED, _IN_AUDIT = 4, 2


class GoodsDesk:
    """The calls about goods. Every method is called with the shop's lock held."""

    def __init__(self, shop: Shop, nickname: str) -> None:
        self._shop = shop
        self._nickname = nickname
        #: whether putting a product back on sale waits for `pass_audit`
        self.audits_listings = False
        self._in_audit: set[str] = set()

    def pass_audit(self, product_id: str) -> None:
        """The platform agrees: the product is on sale."""
        with self._shop.lock:
            self._in_audit.discard(product_id)
            self._put_on_sale(product_id, is_on=True)

    def shop_info(self, _call: Call) -> Answer:
        """`/channels/ec/basics/info/get`."""
        info = {
            "nickname": self._nickname,
            "headimg_url": "https://img.example/shop.jpg",
            "subject_type": "企业",
            "status": "opening",
            "username": "gh_practice0001",
        }
        return json_answer({**_OK, "info": info})

    def page(self, call: Call) -> Answer:
        """`/channels/ec/product/list/get`: ids only; the last page too may carry a key."""
        body = body_of(call, "status", "page_size", "next_key")
        size = whole(body, "page_size", 1, LARGEST_PRODUCT_PAGE, 10)
        status = None if body.get("status") is None else whole(body, "status", 0, 99)
        products: dict[str, list[Goods]] = {}
        for goods in self._shop.goods.values():
            products.setdefault(goods.item_id, []).append(goods)
        rows: list[Mark] = [
            (int(item_id), item_id)
            for item_id, choices in products.items()
            if status in (None, 5 if any(goods.is_on_sale for goods in choices) else 11)
        ]
        ids, key = next_page(rows, body, size)
        if ids and not key:
            key = key_after(body, [(int(ids[-1]), ids[-1])])
        return json_answer({**_OK, "product_ids": ids, "next_key": key, "total_num": len(rows)})

    def get(self, call: Call) -> Answer:
        """`/channels/ec/product/get`."""
        body = body_of(call, "product_id", "data_type")
        kind = whole(body, "data_type", 1, 3, 1)
        choices = self._choices(body)
        row = product_row(choices, self._edit_status(choices[0].item_id))
        answer: dict[str, object] = dict(_OK)
        if kind != 2:
            answer["product"] = row
        if kind != 1:
            answer["edit_product"] = row
        return json_answer(answer)

    def update_stock(self, call: Call) -> Answer:
        """`/channels/ec/product/stock/update`."""
        body = body_of(call, "product_id", "sku_id", "diff_type", "num")
        goods = self._goods(body)
        if goods.item_id in self._in_audit:
            raise SaysNoError(10020217)
        kind, num = body.get("diff_type"), body.get("num")
        if kind not in (_ADD, _TAKE, _SET) or type(num) is not int or not 0 <= num <= 10**8:
            raise SaysNoError(10020051)
        if kind != _SET and num == 0:
            raise SaysNoError(10020218)
        if kind == _TAKE and goods.qty - goods.locked < num:
            raise SaysNoError(10020219)
        qty = {_ADD: goods.qty + num, _TAKE: goods.qty - num, _SET: goods.locked + num}[kind]
        self._shop.edit_stock(goods.sku_id, qty)
        return json_answer(_OK)

    def get_stock(self, call: Call) -> Answer:
        """`/channels/ec/product/stock/get`."""
        goods = self._goods(body_of(call, "product_id", "sku_id"))
        data = {
            "normal_stock_num": goods.qty - goods.locked,
            "limited_discount_stock_num": goods.locked,
            "warehouse_stocks": [],
            "total_stock_num": goods.qty,
            "finder_stock_num": 0,
        }
        return json_answer({**_OK, "data": data})

    def delist(self, call: Call) -> Answer:
        """`/channels/ec/product/delisting`: the whole product, all its SKUs."""
        choices = self._choices(body_of(call, "product_id"))
        if choices[0].item_id in self._in_audit:
            raise SaysNoError(10020047)
        if not any(goods.is_on_sale for goods in choices):
            raise SaysNoError(10020065)
        self._put_on_sale(choices[0].item_id, is_on=False)
        return json_answer(_OK)

    def put_up(self, call: Call) -> Answer:
        """`/channels/ec/product/listing`."""
        product_id = self._choices(body_of(call, "product_id"))[0].item_id
        if product_id in self._in_audit:
            raise SaysNoError(10020049)
        if self.audits_listings:
            self._in_audit.add(product_id)
        else:
            self._put_on_sale(product_id, is_on=True)
        return json_answer(_OK)

    def _put_on_sale(self, product_id: str, *, is_on: bool) -> None:
        for goods in self._shop.goods.values():
            if goods.item_id == product_id:
                goods.is_on_sale = is_on

    def _edit_status(self, product_id: str) -> int:
        return _IN_AUDIT if product_id in self._in_audit else _EDITED

    def _choices(self, body: Mapping[str, Any]) -> list[Goods]:
        wanted = number_text(body, "product_id")
        found = [goods for goods in self._shop.goods.values() if goods.item_id == wanted]
        if not found:
            raise SaysNoError(10020052)
        return found

    def _goods(self, body: Mapping[str, Any]) -> Goods:
        choices = {goods.sku_id: goods for goods in self._choices(body)}
        found = choices.get(number_text(body, "sku_id"))
        if found is None:
            raise SaysNoError(10020052)
        return found
