"""Pinduoduo's writes to orders: told as sent (once, whole), another number, more parcels, the seller's note."""

import json
from collections.abc import Mapping
from typing import Final

from tests.simulators.platforms import pdd_orders as words
from tests.simulators.platforms.pdd_wire import RefusedError, needed, whole
from tests.simulators.platforms.shop import Order, Parcel, Shop

#: id -> (name, code, whether it may be used)
COMPANIES: Final = {
    1: ("申通快递", "STO", 1),
    3: ("百世快递", "HT", 0),
    44: ("顺丰快递", "SF", 1),
    85: ("圆通快递", "YTO", 1),
    115: ("中通快递", "ZTO", 1),
    118: ("邮政EMS", "EMS", 1),
    120: ("京东快递", "JD", 1),
    121: ("韵达快递", "YUNDA", 1),
    131: ("德邦快递", "DB", 1),
    132: ("邮政快递包裹", "YZXB", 1),
    384: ("极兔速递", "JTSD", 1),
}
_LONGEST_NOTE: Final = 300
_SHORTEST_NUMBER, _LONGEST_NUMBER = 8, 32

_SAID: Final = {
    "no_such_order": "订单不存在",
    "not_paid": "订单不存在",
    "closed": "订单已退款，不能发货",
    "stopped": "订单暂不能发货",
    "already_shipped": "订单已发货，不能重复发货",
    "no_such_parcel": "订单未发货",
}


def words_of(code: str) -> str:
    """How the shop's no is said here."""
    return _SAID.get(code, f"操作失败({code})")


def companies(_shop: Shop, _asked: Mapping[str, str]) -> dict[str, object]:
    """pdd.logistics.companies.get"""
    rows = [
        {"id": number, "logistics_company": name, "code": code, "available": is_open}
        for number, (name, code, is_open) in COMPANIES.items()
    ]
    return {"logistics_companies": rows}


def send(shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
    """pdd.logistics.online.send: all of an order; type 2 replaces the number of one that is sent"""
    order = _order(shop, needed(asked, "order_sn"))
    carrier = _carrier(asked.get("logistics_id", ""))
    number = _number(needed(asked, "tracking_number"))
    if whole(asked, "redelivery_type", 1, 2, 1) == 1:
        shop.ship(order.no, carrier, number)
        return {"is_success": True}
    if words.order_status(order) != 2:
        raise RefusedError(50001, "仅已发货订单可修改发货")
    shop.change_number(order.no, order.parcels[0].number, carrier, number)
    return {"is_success": True}


def more(shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
    """pdd.order.upload.extra.logistics: numbers of further parcels of an order that is sent; repeats change nothing"""
    order = _order(shop, needed(asked, "order_sn"))
    whole(asked, "extra_track_type", 1, 3, 1)
    if words.order_status(order) == 1:
        raise RefusedError(50001, "订单未发货")
    for carrier, number in _tracks(needed(asked, "extra_track_list")):
        if all(parcel.number != number for parcel in order.parcels):
            order.parcels.append(Parcel(carrier, number, {}, shop.now()))
            order.modified_at = shop.now()
    return {"success": True}


def note(shop: Shop, asked: Mapping[str, str]) -> dict[str, object]:
    """pdd.order.note.update: tag and its name come together or not at all"""
    order = _order(shop, needed(asked, "order_sn"))
    text = asked.get("note", "")
    if len(text) > _LONGEST_NOTE:
        raise RefusedError(50001, "备注过长")
    tag, name = asked.get("tag", ""), asked.get("tag_name", "")
    if bool(tag) != bool(name) or len(name) > 3:
        raise RefusedError(10000, "tag与tag_name参数错误")
    flag = words.flag_of(whole(asked, "tag", 1, 5)) if tag else None
    shop.write_note(order.no, text, flag)
    return {"success": True, "error_code": 0, "error_msg": ""}


def _order(shop: Shop, number: str) -> Order:
    order = shop.orders.get(number)
    if order is None or not words.is_visible(order):
        raise RefusedError(50001, "订单不存在")
    return order


def _carrier(text: str) -> str:
    company = COMPANIES.get(int(text)) if text.isdigit() else None
    if company is None or not company[2]:
        raise RefusedError(50001, "快递公司不存在或不支持")
    return text


def _number(text: str) -> str:
    if not _SHORTEST_NUMBER <= len(text) <= _LONGEST_NUMBER or not (text.isascii() and text.isalnum()):
        raise RefusedError(50001, "快递单号不正确")
    return text


def _tracks(text: str) -> list[tuple[str, str]]:
    try:
        rows = json.loads(text)
        pairs = [(str(row["shipping_id"]), str(row["tracking_number"])) for row in rows]
    except (ValueError, TypeError, KeyError):
        raise RefusedError(10000, "extra_track_list参数错误") from None
    if not pairs:
        raise RefusedError(10000, "extra_track_list参数错误")
    return [(_carrier(carrier), _number(number)) for carrier, number in pairs]
