"""Pinduoduo's goods: listed with their choices, numbers set or moved, whole goods put on and off sale."""

from collections.abc import Mapping

from tests.simulators.platforms.pdd_wire import RefusedError, needed, whole
from tests.simulators.platforms.shop import Goods, Shop

_MOST = 100_000_000


def listed(shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
    """pdd.goods.list.get: a page of goods with all their choices; no prices in it"""
    page = whole(asked, "page", 1, 1_000_000, 1)
    size = whole(asked, "page_size", 1, 100, 100)
    on_sale = whole(asked, "is_onsale", 0, 1, -1)
    items: dict[str, list[Goods]] = {}
    for goods in shop.goods.values():
        items.setdefault(goods.item_id, []).append(goods)
    found = [
        (item_id, skus)
        for item_id, skus in items.items()
        if on_sale in (-1, _is_on(skus))
        and (not asked.get("outer_id") or asked["outer_id"] in {sku.code for sku in skus})
    ]
    found.reverse()
    rows = [_row(shop, item_id, skus) for item_id, skus in found[(page - 1) * size : page * size]]
    return {"goods_list": rows, "total_count": len(found)}


def detail(shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
    """pdd.goods.detail.get: prices in fen"""
    skus = _item(shop, asked)
    return {
        "goods_id": int(skus[0].item_id),
        "goods_name": skus[0].title,
        "outer_goods_id": "",
        "status": 1,
        "sku_list": [
            {
                "sku_id": int(sku.sku_id),
                "out_sku_sn": sku.code,
                "price": sku.price_fen + 100,
                "multi_price": sku.price_fen,
                "quantity": sku.qty,
                "reserve_quantity": _waiting(shop, sku),
                "is_onsale": int(sku.is_on_sale),
                "thumb_url": "",
                "spec": [{"parent_id": 1, "parent_name": "规格", "spec_id": 2, "spec_name": sku.spec}],
            }
            for sku in skus
        ],
    }


def change(shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
    """pdd.goods.quantity.update: the number itself, or a difference that nobody can tell from its repeat"""
    goods = _sku(_item(shop, asked), asked)
    is_delta = whole(asked, "update_type", 1, 2, 1) == 2
    asked_qty = whole(asked, "quantity", -_MOST if is_delta else 0, _MOST)
    qty = goods.qty + asked_qty if is_delta else asked_qty
    if qty < 0:
        raise RefusedError(50001, "库存不能小于0")
    if goods.locked and qty < goods.qty:
        raise RefusedError(50001, "在资源位上的商品不能减少库存")
    goods.qty = qty
    return {"is_success": True}


def set_sale(shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
    """pdd.goods.sale.status.set: all choices of the goods together"""
    is_on = whole(asked, "is_onsale", 0, 1) == 1
    for goods in _item(shop, asked):
        goods.is_on_sale = is_on
    return {"is_success": True}


def _item(shop: Shop, asked: Mapping[str, str]) -> list[Goods]:
    item_id = needed(asked, "goods_id")
    skus = [goods for goods in shop.goods.values() if goods.item_id == item_id]
    if not skus:
        raise RefusedError(50001, "商品不存在")
    return skus


def _sku(skus: list[Goods], asked: Mapping[str, str]) -> Goods:
    sku_id, code = asked.get("sku_id", ""), asked.get("outer_id", "")
    if not sku_id and not code:
        raise RefusedError(10000, "sku_id和outer_id必填一个")
    found = [goods for goods in skus if (goods.sku_id == sku_id if sku_id else goods.code == code)]
    if len(found) != 1:
        raise RefusedError(50001, "sku不存在")
    return found[0]


def _waiting(shop: Shop, goods: Goods) -> int:
    """Units of orders that are placed and not paid."""
    waiting = [line for order in shop.orders.values() if order.state == "unpaid" for line in order.lines]
    return sum(line.qty for line in waiting if line.goods is goods)


def _is_on(skus: list[Goods]) -> int:
    return int(any(sku.is_on_sale for sku in skus))


def _row(shop: Shop, item_id: str, skus: list[Goods]) -> dict[str, object]:
    return {
        "goods_id": int(item_id),
        "goods_name": skus[0].title,
        "goods_quantity": sum(sku.qty for sku in skus),
        "goods_reserve_quantity": sum(_waiting(shop, sku) for sku in skus),
        "is_more_sku": int(len(skus) > 1),
        "is_onsale": _is_on(skus),
        "image_url": f"https://img.pddpic.example/{item_id}.jpg",
        "thumb_url": f"https://img.pddpic.example/{item_id}-s.jpg",
        "sku_list": [
            {
                "sku_id": int(sku.sku_id),
                "spec": sku.spec,
                "sku_quantity": sku.qty,
                "reserve_quantity": _waiting(shop, sku),
                "outer_id": sku.code,
                "outer_goods_id": "",
                "is_sku_onsale": int(sku.is_on_sale),
            }
            for sku in skus
        ],
    }
