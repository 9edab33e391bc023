"""Items and their stock: reading, writing, on and off sale."""

import json
from collections.abc import Sequence

from tests.simulators.platforms.shop import Goods
from tests.simulators.platforms.taobao.desk import Desk, yuan
from tests.simulators.platforms.taobao.gateway import (
    Listed,
    Params,
    TopError,
    business,
    invalid,
    missing,
    picked,
    time_text,
)
from tests.simulators.platforms.taobao.trades import has_choices

_LOCKED = "该商品已被系统锁定，不支持全量修改库存"


def _of_item(desk: Desk, item_id: str) -> list[Goods]:
    found = [goods for goods in desk.shop.goods.values() if goods.item_id == item_id]
    if not found:
        raise business("isv.item-not-exist", "商品不存在")
    return found


def _item(desk: Desk, item_id: str) -> dict[str, object]:
    of_item = _of_item(desk, item_id)
    first = of_item[0]
    is_on = any(goods.is_on_sale for goods in of_item)
    row: dict[str, object] = {
        "num_iid": int(item_id),
        "title": first.title,
        "num": sum(goods.qty for goods in of_item),
        "price": yuan(min(goods.price_fen for goods in of_item)),
        "modified": time_text(desk.item_modified.get(item_id, desk.born)),
        "approve_status": "onsale" if is_on else "instock",
        "sub_stock": desk.seller.sub_stock,
        "with_hold_quantity": sum(_waiting(desk, goods) for goods in of_item),
        "pic_url": f"https://img.example/{item_id}.jpg",
    }
    if has_choices(desk, item_id):
        row["skus"] = Listed("sku", [_sku(desk, goods) for goods in of_item])
    else:
        row |= {"outer_id": first.code, "barcode": first.barcode}
    return row


def _sku(desk: Desk, goods: Goods) -> dict[str, object]:
    return {
        "sku_id": int(goods.sku_id),
        "num_iid": int(goods.item_id),
        "outer_id": goods.code,
        "quantity": goods.qty,
        "with_hold_quantity": _waiting(desk, goods),
        "price": yuan(goods.price_fen),
        "properties_name": goods.spec,
        "barcode": goods.barcode,
        "status": "normal",
    }


def _waiting(desk: Desk, goods: Goods) -> int:
    """Units of unpaid trades that are taken off only when they are paid."""
    if desk.seller.sub_stock == 1:
        return 0
    unpaid = [order for order in desk.shop.orders.values() if order.state == "unpaid"]
    return sum(line.qty for order in unpaid for line in order.lines if line.goods is goods)


# --- reading -----------------------------------------------------------------------------------------------------


def on_sale(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.items.onsale.get`; the list tells no SKUs."""
    return _items(desk, params, is_on=True)


def not_on_sale(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.items.inventory.get`."""
    if params.whole("page_no", 1, 1, 10_000) > 101:
        raise invalid("page_no")
    return _items(desk, params, is_on=False)


def _items(desk: Desk, params: Params, *, is_on: bool) -> dict[str, object]:
    fields = [name for name in params.words("fields") if name.partition(".")[0] not in ("skus", "with_hold_quantity")]
    numbers = list(dict.fromkeys(goods.item_id for goods in desk.shop.goods.values()))
    rows = [_item(desk, number) for number in numbers]
    wanted = "onsale" if is_on else "instock"
    rows = [row for row in rows if row["approve_status"] == wanted and params.get("q") in str(row["title"])]
    rows.sort(key=lambda row: (str(row["modified"]), str(row["num_iid"])), reverse=True)
    number, size = params.whole("page_no", 1, 1, 10_000), params.whole("page_size", 40, 1, 200)
    shown = rows[(number - 1) * size : number * size]
    return {"items": Listed("item", [picked(row, fields) for row in shown]), "total_results": len(rows)}


def one(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.item.seller.get`."""
    return {"item": picked(_item(desk, params.number("num_iid")), params.words("fields"))}


def several(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.items.seller.list.get`; items that do not exist are left out."""
    numbers = _numbers(params, 20)
    known = {goods.item_id for goods in desk.shop.goods.values()}
    rows = [picked(_item(desk, number), params.words("fields")) for number in numbers if number in known]
    return {"items": Listed("item", rows)}


def skus(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.item.skus.get`."""
    numbers, fields = _numbers(params, 40), params.words("fields")
    of_items = [goods for goods in desk.shop.goods.values() if goods.item_id in numbers]
    with_choices = [goods for goods in of_items if has_choices(desk, goods.item_id)]
    return {"skus": Listed("sku", [picked(_sku(desk, goods), fields) for goods in with_choices])}


def _numbers(params: Params, most: int) -> Sequence[str]:
    numbers = params.words("num_iids")
    if not 1 <= len(numbers) <= most or not all(number.isdigit() for number in numbers):
        raise invalid("num_iids")
    return numbers


# --- writing -----------------------------------------------------------------------------------------------------


def write_one(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.item.quantity.update`: an increment below zero is refused."""
    item_id, kind = params.number("num_iid"), params.whole("type", 1, 1, 2)
    qty = _quantity(params.need("quantity"), "quantity")
    goods = _chosen(desk, item_id, params.get("sku_id"), params.get("outer_id"))
    _check_locked([goods], kind)
    _check_sign([qty], kind, "quantity")
    new = qty if kind == 1 else goods.qty + qty
    if new < 0:
        raise business("isv.item-quantity-update-service-error:QUANTITY_LESS_THAN_ZERO", "库存不能小于0")
    _write(desk, [(goods, new)])
    return {"item": _told(desk, item_id)}


def write_skus(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.skus.quantity.update`: an increment below zero leaves nothing and says nothing."""
    item_id, kind = params.number("num_iid"), params.whole("type", 1, 1, 2)
    of_item, wanted = _of_item(desk, item_id), _wanted(params)
    if not wanted:
        raise missing("skuid_quantities")
    if len(wanted) > 20:
        raise invalid("skuid_quantities", "一次最多修改20个SKU")
    by_code = not params.get("skuid_quantities")
    changes: list[tuple[Goods, int]] = []
    for name, qty in wanted:
        hit = [goods for goods in of_item if name == (goods.code if by_code else goods.sku_id)]
        if not hit or not has_choices(desk, item_id):
            raise business("isv.invalid-parameter:sku", "SKU不存在")
        changes += [(goods, qty) for goods in hit]
    _check_locked([goods for goods, _qty in changes], kind)
    _check_sign([qty for _goods, qty in changes], kind, "skuid_quantities")
    _write(desk, [(goods, qty if kind == 1 else max(goods.qty + qty, 0)) for goods, qty in changes])
    return {"item": _told(desk, item_id)}


def write_tmall(desk: Desk, params: Params) -> dict[str, object]:
    """`tmall.item.quantity.update`: an increment under `outer_biz_key` is applied once."""
    if desk.seller.kind != "B":
        raise TopError(11, "Insufficient isv permissions", "isv.permission-api-package-not-allowed", "不是天猫商家")
    item_id, options = params.number("item_id"), _options(params)
    kind, key = str(options.get("type", 1)), str(options.get("outer_biz_key") or "")
    if kind not in ("1", "2") or (key and not set(key) <= set("0123456789abcdefABCDEF")):
        raise invalid("options")
    if key and kind == "2" and key in desk.applied_keys:
        return desk.applied_keys[key]
    changes = _tmall_changes(desk, params, item_id)
    _check_locked([goods for goods, _qty in changes], int(kind))
    _check_sign([qty for _goods, qty in changes], int(kind), "sku_quantities")
    after = [(goods, qty if kind == "1" else goods.qty + qty) for goods, qty in changes]
    if any(qty < 0 for _goods, qty in after):
        raise business("isv.item-quantity-update-service-error:QUANTITY_LESS_THAN_ZERO", "库存不能小于0")
    _write(desk, after)
    answer: dict[str, object] = {"quantity_update_result": item_id}
    if key and kind == "2":
        desk.applied_keys[key] = answer
    return answer


def _options(params: Params) -> dict[str, object]:
    if not params.get("options"):
        return {}
    options = params.json("options")
    if not isinstance(options, dict):
        raise invalid("options")
    return options


def _tmall_changes(desk: Desk, params: Params, item_id: str) -> list[tuple[Goods, int]]:
    if not params.get("sku_quantities"):
        return [(_chosen(desk, item_id, "", ""), _quantity(params.need("item_quantity"), "item_quantity"))]
    rows = params.json("sku_quantities")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise invalid("sku_quantities")
    return [
        (
            _chosen(desk, item_id, str(row.get("sku_id") or ""), str(row.get("outer_id") or "")),
            _quantity(json.dumps(row.get("quantity")).strip('"'), "sku_quantities"),
        )
        for row in rows
    ]


def _chosen(desk: Desk, item_id: str, sku_id: str, code: str) -> Goods:
    of_item = _of_item(desk, item_id)
    if sku_id:
        hit = [goods for goods in of_item if goods.sku_id == sku_id and has_choices(desk, item_id)]
    elif code:
        hit = [goods for goods in of_item if goods.code == code]
    else:
        hit = [] if has_choices(desk, item_id) else of_item
    if not hit:
        raise business("isv.invalid-parameter:sku", "SKU不存在")
    return hit[0]


def _wanted(params: Params) -> list[tuple[str, int]]:
    name = "skuid_quantities" if params.get("skuid_quantities") else "outerid_quantities"
    pairs = [part.rpartition(":") for part in params.get(name).split(";") if part]
    if any(not colon for _name, colon, _qty in pairs):
        raise invalid(name)
    return [(sku, _quantity(qty, name)) for sku, _colon, qty in pairs]


def _quantity(text: str, name: str) -> int:
    if not text.lstrip("-").isdigit() or abs(int(text)) > 99_999_999:
        raise invalid(name)
    return int(text)


def _check_locked(goods: Sequence[Goods], kind: int) -> None:
    if kind == 1 and any(one.locked for one in goods):
        raise business("isv.item-quantity-update-service-error:ITEM_LOCKED", _LOCKED)


def _check_sign(numbers: Sequence[int], kind: int, name: str) -> None:
    if kind == 1 and any(number < 0 for number in numbers):
        raise invalid(name, "全量更新时库存不能小于0")


def _write(desk: Desk, changes: Sequence[tuple[Goods, int]]) -> None:
    for goods, qty in changes:
        desk.shop.edit_stock(goods.sku_id, qty)
        desk.item_modified[goods.item_id] = desk.now()


def _told(desk: Desk, item_id: str) -> dict[str, object]:
    return picked(_item(desk, item_id), ("num_iid", "num", "modified", "skus"))


# --- on and off sale ---------------------------------------------------------------------------------------------


def delist(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.item.update.delisting`, and Tmall's twin."""
    return _put(desk, params.number("num_iid"), is_on=False)


def relist(desk: Desk, params: Params) -> dict[str, object]:
    """`taobao.item.update.listing`, and Tmall's twin: `num` is the sum of what is there."""
    item_id, num = params.number("num_iid"), params.whole("num", 0, 0, 99_999_999)
    of_item = _of_item(desk, item_id)
    if num < 1:
        raise invalid("num", "上架数量必须大于0")
    if has_choices(desk, item_id):
        if num != sum(goods.qty for goods in of_item):
            raise invalid("num", "商品数量与SKU数量之和不一致")
    else:
        _write(desk, [(of_item[0], num)])
    return _put(desk, item_id, is_on=True)


def _put(desk: Desk, item_id: str, *, is_on: bool) -> dict[str, object]:
    for goods in _of_item(desk, item_id):
        goods.is_on_sale = is_on
    desk.item_modified[item_id] = desk.now()
    return {"item": {"num_iid": int(item_id), "modified": time_text(desk.now())}}
