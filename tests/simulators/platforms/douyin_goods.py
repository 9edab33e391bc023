"""Goods on Douyin: their lists, their numbers and their sale.

Words and sub codes are those of the platform's own tables for these calls, as kept in public SDKs generated from them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.simulators.platforms.douyin_gate import RefusalError, failed
from tests.simulators.platforms.shop import Goods, Shop

_LARGEST_STOCK: Final = 2_000_000_000


class GoodsDesk:
    """Goods, their numbers and their sale."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._applied: set[str] = set()
        #: rows that one list of products can give, a hundred pages at most
        self.most_products = 10_000
        #: how an idempotent id is refused that was applied: by the gateway, or in the words of the call itself
        self.tells_doubles_by = "gateway"

    def products(self, wish: Mapping[str, Any]) -> object:
        """`/product/listV2`; its pages begin with 1."""
        page, size = wish.get("page"), wish.get("size")
        start, end = wish.get("start_time", 0), wish.get("end_time", 2**40)
        if type(start) is not int or type(end) is not int or start >= end:
            raise RefusalError(40004, "isv.parameter-invalid:2010004", "时间范围不正确")
        if type(page) is not int or not 1 <= page <= 100:
            raise RefusalError(40004, "isv.parameter-invalid:2010004", "页数从1开始")
        if type(size) is not int or not 1 <= size <= 100 or page * size > self.most_products:
            raise RefusalError(40004, "isv.parameter-invalid:2010004", "页数范围不正确")
        with self._shop.lock:
            rows = [
                self._product_words(goods)
                for goods in self._items().values()
                if ("status" not in wish or wish["status"] == self._status(goods[0].item_id))
                and start < int(goods[0].listed_at.timestamp()) < end
            ]
        return {"data": rows[(page - 1) * size : page * size], "total": len(rows), "page": page, "size": size}

    def product(self, wish: Mapping[str, Any]) -> object:
        """`/product/detail`."""
        with self._shop.lock:
            goods = self._items().get(str(wish.get("product_id") or ""))
            if goods is None:
                raise RefusalError(40004, "isv.parameter-invalid:2010058", "商品不存在或已彻底删除")
            prices = [
                {
                    "sku_id": int(one.sku_id),
                    "code": one.code,
                    "price": one.price_fen,
                    "stock_num": one.qty,
                    "prom_stock_num": one.locked,
                    "sku_type": 0,
                    "lock_stock_num": self._held(one),
                    "sell_properties": _properties(one),
                }
                for one in goods
            ]
            return {**self._product_words(goods), "product_id_str": goods[0].item_id, "spec_prices": prices}

    def skus(self, wish: Mapping[str, Any]) -> object:
        """`/sku/list`: `data` itself is the list."""
        if not wish.get("product_id"):
            raise RefusalError(40002, "isv.missing-parameter:3", "[product_id]与[out_product_id]参数至少传一个")
        with self._shop.lock:
            goods = self._items().get(str(wish["product_id"]))
            if goods is None:
                raise RefusalError(40004, "isv.parameter-invalid:4", "该商品不属于你")
            return [
                {
                    "id": int(one.sku_id),
                    "product_id": int(one.item_id),
                    "product_id_str": one.item_id,
                    "out_sku_id": 0,
                    "code": one.code,
                    "price": one.price_fen,
                    "sku_type": 0,
                    "stock_num": one.qty,
                    "prehold_stock_num": self._held(one),
                    "prom_stock_num": one.locked,
                    "spec_detail_name1": one.spec,
                    "sell_properties": _properties(one),
                }
                for one in goods
            ]

    def stock(self, wish: Mapping[str, Any]) -> object:
        """`/sku/stockNum`: what may be sold, and what unpaid orders hold beside it."""
        with self._shop.lock:
            goods = self._sku(wish, "isv.parameter-invalid:20050", "isv.parameter-invalid:20011")
            return {
                "sku_id": int(goods.sku_id),
                "out_sku_id": 0,
                "code": goods.code,
                "sku_type": 0,
                "stock_num": goods.qty,
                "normal_stock_num": goods.qty,
                "prehold_stock_num": self._held(goods),
                "prom_stock_num": goods.locked,
                "channel_stock_num": 0,
                "stock_num_map": {},
                "prehold_stock_map": {},
            }

    def sync(self, wish: Mapping[str, Any]) -> object:
        """`/sku/syncStock`: the number itself, or a difference whose id is applied once."""
        with self._shop.lock:
            goods = self._sku(wish, "isv.parameter-invalid:5", "isv.parameter-invalid:5")
            self._apply(wish, [(goods, wish.get("stock_num"))], "isv.parameter-invalid:40010")
            return {}

    def sync_batch(self, wish: Mapping[str, Any]) -> object:
        """`/sku/syncStockBatch`: SKUs of one product, all or none."""
        with self._shop.lock:
            goods = self._items().get(str(wish.get("product_id") or ""))
            if goods is None:
                raise failed("2010058", "商品不存在或已彻底删除")
            by_id = {one.sku_id: one for one in goods}
            changes: list[tuple[Goods, object]] = []
            for row in wish.get("sku_sync_list") or ():
                if row.get("sku_type") != 0:
                    raise RefusalError(40004, "isv.parameter-invalid:2010013", "sku_type不正确")
                found = by_id.get(str(row.get("sku_id")))
                if found is None:
                    raise RefusalError(40004, "isv.parameter-invalid:2010013", "查询商品信息失败，请检查参数后重试")
                changes.append((found, row.get("stock_num")))
            if not changes:
                raise RefusalError(40002, "isv.missing-parameter:2010004", "参数缺失")
            self._apply(wish, changes, "isv.parameter-invalid:2010021")
            return {}

    def set_sale(self, wish: Mapping[str, Any], *, is_on: bool) -> object:
        """`/product/setOffline` and `/product/setOnline`: the whole product."""
        if not wish.get("product_id"):
            raise RefusalError(40004, "isv.parameter-invalid:20024", "缺少必要参数")
        with self._shop.lock:
            goods = self._items().get(str(wish["product_id"]))
            if goods is None:
                raise failed("2010058", "2010058:商品不存在")
            if all(one.is_on_sale == is_on for one in goods):
                word = "上架" if is_on else "下架"
                raise RefusalError(
                    40004, "isv.parameter-invalid:2010021", f"【重复操作】商品操作重复，当前状态：{word}"
                )
            if not is_on and any(one.locked for one in goods):
                raise failed("2010045", "商品正在参加平台活动，无法下架商品")
            for one in goods:
                one.is_on_sale = is_on
            return {}

    def _apply(self, wish: Mapping[str, Any], changes: Sequence[tuple[Goods, object]], double: str) -> None:
        is_delta = wish.get("incremental") is True
        key = str(wish.get("idempotent_id") or "")
        if is_delta and not key:
            raise _missing("idempotent_id")
        if is_delta and key in self._applied:
            if self.tells_doubles_by == "gateway":
                raise RefusalError(40003, "isv.idempotent-id-existed", "idempotent_id已存在")
            raise RefusalError(40004, double, "[idempotent_id]重复，操作已执行")
        after: dict[str, int] = {}
        for goods, number in changes:
            if type(number) is not int or abs(number) > _LARGEST_STOCK:
                raise _missing("stock_num")
            left = after.get(goods.sku_id, goods.qty) + number if is_delta else number
            if left < 0:
                raise failed("2010012", "系统错误:更新库存数失败: 库存不足")
            after[goods.sku_id] = left
        for sku_id, qty in after.items():
            self._shop.goods[sku_id].qty = qty
        if is_delta:
            self._applied.add(key)

    def _sku(self, wish: Mapping[str, Any], unknown: str, unnamed: str) -> Goods:
        if wish.get("sku_id"):
            found = self._shop.goods.get(str(wish["sku_id"]))
        elif wish.get("code"):
            found = next((one for one in self._shop.goods.values() if one.code == wish["code"]), None)
        else:
            raise RefusalError(40004, unnamed, "参数不合法: 请输入正确sku_id或sku_code")
        if found is None or str(wish.get("product_id") or found.item_id) != found.item_id:
            raise RefusalError(40004, unknown, "找不到对应的sku")
        return found

    def _held(self, goods: Goods) -> int:
        """Units that unpaid orders hold."""
        if self._shop.habits.deducts != "order":
            return 0
        return sum(
            line.qty
            for order in self._shop.orders.values()
            if order.state == "unpaid"
            for line in order.lines
            if line.goods is goods
        )

    def _items(self) -> dict[str, list[Goods]]:
        items: dict[str, list[Goods]] = {}
        for goods in self._shop.goods.values():
            items.setdefault(goods.item_id, []).append(goods)
        return items

    def _status(self, item_id: str) -> int:
        return 0 if any(goods.is_on_sale for goods in self._items()[item_id]) else 1

    def _product_words(self, goods: Sequence[Goods]) -> dict[str, object]:
        return {
            "product_id": int(goods[0].item_id),
            "status": self._status(goods[0].item_id),
            "check_status": 3,
            "product_type": 0,
            "name": goods[0].title,
            "img": f"https://img.example/{goods[0].item_id}.jpg",
            "outer_product_id": "",
        }


def _missing(name: str) -> RefusalError:
    return RefusalError(40002, "isv.missing-parameter:3", f"[{name}]参数必传")


def _properties(goods: Goods) -> list[dict[str, object]]:
    return [{"value_spec_detail_id": 1, "value_name": goods.spec}] if goods.spec else []
