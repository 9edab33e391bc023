"""What JD's methods do with goods: stock, SKUs, wares on and off sale."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.simulators.platforms.jd_asked import Asked, cut, page_of, text, whole
from tests.simulators.platforms.jd_words import sku_json
from tests.simulators.platforms.shop import Shop


def _stock_read(shop: Shop, asked: Asked, _vender_id: int) -> dict[str, Any]:
    goods = shop.goods.get(text(asked, "skuId"))
    if goods is None:
        return {"skuStocks": []}
    return {"skuStocks": [{"skuId": int(goods.sku_id), "storeId": 0, "stockNum": goods.qty}]}


def _stock_set(shop: Shop, asked: Asked, _vender_id: int) -> dict[str, Any]:
    goods, qty = shop.goods.get(text(asked, "skuId")), whole(asked, "stockNum")
    if goods is None or qty < 0 or whole(asked, "storeId", 0) != 0:
        return {"success": False}
    goods.qty = qty
    return {"success": True}


def _stock_add(shop: Shop, asked: Asked, _vender_id: int) -> dict[str, Any]:
    goods, delta = shop.goods.get(text(asked, "skuId")), whole(asked, "stockNum")
    if goods is None or whole(asked, "storeId", 0) != 0:
        return {"success": False}
    goods.qty = max(goods.qty + delta, 0)
    return {"success": True}


def _skus(shop: Shop, asked: Asked, _vender_id: int) -> dict[str, Any]:
    page, size = page_of(asked, "pageNo", "page_size")
    states = {int(text) for text in text(asked, "skuStatuValue").split(",") if text.isdigit()} or {1, 2}
    fields = {name.strip() for name in text(asked, "field").split(",")} | {"skuId", "wareId"}
    wanted = {name: set(text(asked, name).split(",")) - {""} for name in ("wareId", "skuId")}
    rows = [sku_json(goods) for goods in shop.goods.values()]
    rows = [row for row in rows if row["status"] in states]
    rows = [row for row in rows if all(not some or str(row[name]) in some for name, some in wanted.items())]
    if text(asked, "outId"):
        rows = [row for row in rows if row["outerId"] == text(asked, "outId")]
    shown = [{name: value for name, value in row.items() if name in fields} for row in cut(rows, page, size)]
    return {"page": {"totalItem": len(rows), "pageNo": page, "pageSize": size, "data": shown}}


def _up_or_down(shop: Shop, asked: Asked, _vender_id: int) -> dict[str, Any]:
    goods = [one for one in shop.goods.values() if one.item_id == text(asked, "wareId")]
    op = whole(asked, "opType")
    if not goods or op not in (1, 2):
        return {"success": False}
    for one in goods:
        one.is_on_sale = op == 1
    return {"success": True}


GOODS_CALLS: Final[Mapping[str, Callable[[Shop, Asked, int], dict[str, Any]]]] = {
    "jingdong.stock.read.findSkuStock": _stock_read,
    "jingdong.stock.write.updateSkuStock": _stock_set,
    "jingdong.stock.write.increaseSkuStock": _stock_add,
    "jingdong.sku.read.searchSkuList": _skus,
    "jingdong.ware.write.upOrDown": _up_or_down,
}
