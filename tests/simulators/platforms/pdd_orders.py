"""Orders and refunds in Pinduoduo's words (channels_other.md 2.4): local times as text, money in yuan as doubles.

Ids are numbers in the list of changes and in details, and text in the list by confirmation.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Final

from tests.simulators.platforms.shop import Case, Goods, Order, Person, Shop

_LOCAL: Final = timezone(timedelta(hours=8))
_REMARK_TAGS: Final = {"red": 1, "yellow": 2, "green": 3, "blue": 4, "purple": 5}
_TAG_NAMES: Final = {1: "红色", 2: "黄色", 3: "绿色", 4: "蓝色", 5: "紫色"}
#: the story's reasons; any other reason is a tag that pauses the sending
UNDER_REVIEW: Final = "review"
GROUPING: Final = "group"
_TAGS: Final = ("no_trace_delivery", "only_support_replace", "return_freight_payer", "free_sf", "ship_hold")

#: what the buyer wants -> after_sales_type in answers; queries count one higher, because 1 means all there
_KINDS: Final = {"refund": 1, "return": 2, "exchange": 3, "resend": 4, "repair": 5}
_STATUSES: Final = {
    "requested": 2,
    "to_return": 7,
    "returning": 7,
    "agreed": 4,
    "done": 10,
    "refused": 6,
    "closed": 11,
}
_OTHER_STATUSES: Final[Mapping[str, Mapping[str, int]]] = {
    "return": {"requested": 3},
    "exchange": {"requested": 14, "done": 16, "closed": 17},
    "repair": {"requested": 21, "done": 25, "closed": 24},
    "resend": {"requested": 32},
}


def local(at: datetime | None) -> str | None:
    """A moment as Pinduoduo writes it."""
    return None if at is None else at.astimezone(_LOCAL).strftime("%Y-%m-%d %H:%M:%S")


def yuan(fen: int) -> float:
    """Money as Pinduoduo writes it."""
    return fen / 100


def tag_of(flag: str) -> int | None:
    """The remark's colour as its number."""
    return _REMARK_TAGS.get(flag)


def flag_of(tag: int) -> str:
    """The colour of a number."""
    return next(word for word, number in _REMARK_TAGS.items() if number == tag)


def is_visible(order: Order) -> bool:
    """Whether the seller's program gets to see an order: paid at least once."""
    return order.paid_at is not None


def order_status(order: Order) -> int:
    """1 to ship, 2 shipped, 3 signed; a refund leaves it where it was."""
    if order.state == "done":
        return 3
    return 2 if order.state in ("shipped", "part_shipped") else 1


def refund_status(shop: Shop, order: Order) -> int:
    """1 none or closed, 2 in process, 3 refunding, 4 refunded: one word for the whole order."""
    states = [case.state for case in shop.cases_of(order.no)]
    if any(state in ("requested", "to_return", "returning") for state in states):
        return 2
    if "agreed" in states:
        return 3
    return 4 if "done" in states or order.state == "cancelled" else 1


def after_sales_status(case: Case) -> int:
    """Where a case stands, as a number of Pinduoduo's. A return under way keeps the 7 and gets a tracking number."""
    return {**_STATUSES, **_OTHER_STATUSES.get(case.kind, {})}[case.state]


def case_type(case: Case) -> int:
    """after_sales_type in answers."""
    return _KINDS.get(case.kind, 1)


def cipher(order: Order, field: str, value: str) -> str:
    """What stands for a personal value; nobody can read anything out of it."""
    digest = hashlib.sha256(f"{order.no}|{field}|{value}".encode()).hexdigest()
    return f"~AgAAAAL{digest}~{hashlib.sha256(digest.encode()).hexdigest()[:22]}==~0~"


def receiver_key(person: Person) -> str:
    """The same for every order to the same receiver."""
    parts = (person.name, person.phone, person.province, person.city, person.district, person.town, person.address)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def _masked(text: str, kept: int) -> str:
    return text[:kept] + "*" * max(min(len(text) - kept, 6), 1)


def _receiver(order: Order, *, is_shown: bool, phone_only: bool) -> dict[str, object]:
    person = order.person
    street = person.town + person.address
    values = {
        "receiver_name": (person.name, _masked(person.name, 1)),
        "receiver_phone": (person.phone, f"{person.phone[:3]}****{person.phone[-4:]}"),
        "receiver_address": (street, _masked(street, 2)),
        "address": (person.province + person.city + person.district + street, _masked(street, 2)),
    }
    told: dict[str, object] = {}
    for field, (clear, mask) in values.items():
        is_there = is_shown and not phone_only
        told[field] = cipher(order, field, clear) if is_there else ""
        told[f"{field}_mask"] = mask if is_there else ""
    told["contact_mobile"] = cipher(order, "contact_mobile", person.phone) if is_shown and phone_only else ""
    return told


def _item(goods: Goods, qty: int, fen: int, *, as_text: bool) -> dict[str, object]:
    return {
        "goods_id": goods.item_id if as_text else int(goods.item_id),
        "sku_id": goods.sku_id if as_text else int(goods.sku_id),
        "outer_id": goods.code,
        "outer_goods_id": "",
        "goods_name": goods.title,
        "goods_spec": goods.spec,
        "goods_count": qty,
        "goods_price": yuan(fen),
        "goods_img": f"https://img.pddpic.example/{goods.item_id}.jpg",
    }


def basic_row(shop: Shop, order: Order) -> dict[str, object]:
    """An order without its receiver (`order_basic_list_get_response.order_list`)."""
    items = [_item(line.goods, line.qty, line.price_fen, as_text=True) for line in order.lines if not line.is_gift]
    return {
        "order_sn": order.no,
        "order_status": order_status(order),
        "refund_status": refund_status(shop, order),
        "risk_control_status": int(order.stopped_for == UNDER_REVIEW),
        "confirm_time": local(order.paid_at),
        "updated_at": local(order.modified_at),
        "is_lucky_flag": 1,
        "trade_type": 0,
        "item_list": items,
        **_money(order),
    }


def _money(order: Order) -> dict[str, object]:
    goods_fen = sum(line.qty * line.price_fen for line in order.lines)
    return {
        "goods_amount": yuan(goods_fen),
        "discount_amount": yuan(order.discount_fen),
        "platform_discount": 0.0,
        "seller_discount": yuan(order.discount_fen),
        "capital_free_discount": 0.0,
        "postage": yuan(order.freight_fen),
        "pay_amount": yuan(order.amount_fen),
        "order_change_amount": 0.0,
    }


def _parcels(order: Order) -> dict[str, object]:
    first = order.parcels[0] if order.parcels else None
    more = [{"logistics_id": int(one.carrier), "tracking_number": one.number} for one in order.parcels[1:]]
    return {
        "logistics_id": 0 if first is None else int(first.carrier),
        "tracking_number": "" if first is None else first.number,
        "shipping_time": local(None if first is None else first.at),
        "extra_delivery_list": more,
        "gift_delivery_list": [],
        "resend_delivery_list": [],
    }


def full_row(shop: Shop, order: Order, *, phone_only: bool = False, ids_as_text: bool = False) -> dict[str, object]:
    """An order with its receiver, as lists and detail give it."""
    is_grouping = order.stopped_for == GROUPING
    state, refund = order_status(order), refund_status(shop, order)
    is_shown = state == 1 and refund == 1 and order.stopped_for != UNDER_REVIEW
    cases = shop.cases_of(order.no)
    tag = tag_of(order.flag)
    held = bool(order.stopped_for) and order.stopped_for not in (UNDER_REVIEW, GROUPING)
    lines = [line for line in order.lines if not line.is_gift]
    gifts = [line for line in order.lines if line.is_gift]
    person = order.person
    return {
        **basic_row(shop, order),
        "item_list": [_item(line.goods, line.qty, line.price_fen, as_text=ids_as_text) for line in lines],
        "gift_list": [_item(line.goods, line.qty, 0, as_text=ids_as_text) for line in gifts],
        "confirm_status": 0 if is_grouping else 1,
        "confirm_time": None if is_grouping else local(order.paid_at),
        "group_status": 0 if is_grouping else 1,
        "after_sales_status": after_sales_status(cases[-1]) if cases else 0,
        "stock_out_handle_status": -1,
        "step_order_info": None,
        "gift_order_status": 2,
        "created_time": local(order.placed_at),
        "pay_time": local(order.paid_at),
        "pay_type": "WEIXIN",
        "last_ship_time": local(order.ship_by_at),
        "receive_time": local(order.ended_at) if order.state == "done" else None,
        "order_tag_list": [{"name": name, "value": int(held and name == "ship_hold")} for name in _TAGS],
        "buyer_memo": order.buyer_note,
        "remark": order.seller_note,
        "remark_tag": tag,
        "remark_tag_name": None if tag is None else _TAG_NAMES[tag],
        "country": "中国",
        "country_id": 1,
        "province": person.province,
        "province_id": 31,
        "city": person.city,
        "city_id": 383,
        "town": person.district,
        "town_id": 3230,
        "open_address_id": receiver_key(person) if is_shown else "",
        "open_address_id_2": receiver_key(person)[::-1] if is_shown else "",
        "order_depot_info": {"depot_id": "", "depot_code": "", "depot_name": "", "depot_type": 1},
        **_receiver(order, is_shown=is_shown, phone_only=phone_only),
        **_parcels(order),
    }


def refund_row(order: Order, case: Case) -> dict[str, object]:
    """One case as the list gives it; one row per case, with the first SKU it is about."""
    line = order.line(case.line_nos[0])
    return {
        "id": int(case.no),
        "order_sn": order.no,
        "after_sales_status": after_sales_status(case),
        "after_sales_type": case_type(case),
        "after_sale_reason": case.reason,
        "confirm_time": local(order.paid_at),
        "created_time": local(case.requested_at),
        "updated_time": local(case.modified_at),
        "order_amount": yuan(order.amount_fen),
        "refund_amount": yuan(case.refund_fen),
        "discount_amount": yuan(order.discount_fen),
        "goods_id": int(line.goods.item_id),
        "sku_id": line.goods.sku_id,
        "outer_id": line.goods.code,
        "outer_goods_id": "",
        "goods_name": line.goods.title,
        "goods_number": str(line.qty),
        "goods_price": yuan(line.price_fen),
        "tracking_number": case.number,
        "shipping_name": case.carrier,
        "speed_refund_flag": 0,
        "user_shipping_status": "0",
        "dispute_refund_status": 0,
    }


def refund_detail(order: Order, case: Case) -> dict[str, object]:
    """One case as `pdd.refund.information.get` gives it: other names, and no table around it."""
    row = refund_row(order, case)
    kept: Sequence[str] = ("id", "order_sn", "after_sales_status", "after_sales_type", "confirm_time", "updated_time")
    return {
        **{name: row[name] for name in (*kept, "sku_id", "speed_refund_flag", "dispute_refund_status")},
        "after_sales_reason": case.reason,
        "recreated_at": local(case.requested_at),
        "expire_time": None,
        "express_no": case.number,
        "shipping_name": case.carrier,
        "shipping_status": int(case.was_sent),
        "goods_number": int(str(row["goods_number"])),
        "goods_price": row["goods_price"],
        "order_amount": row["order_amount"],
        "refund_amount": row["refund_amount"],
        "discount_amount": row["discount_amount"],
        "user_shipping_status": "0",
        "remark": "",
        "images": [],
    }
