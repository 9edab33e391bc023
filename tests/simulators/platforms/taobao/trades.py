"""How the platform words a trade."""

from datetime import datetime
from typing import Final

from tests.simulators.platforms.shop import Case, Line, Order
from tests.simulators.platforms.taobao.desk import Desk, yuan
from tests.simulators.platforms.taobao.gateway import Listed, time_text

_HOLDS: Final = ("top_hold", "team_buy_hold", "share_group_hold", "ofp_hold", "forbid_consign")
FLAGS: Final = ("", "red", "yellow", "green", "blue", "purple")
_CASE_WORDS: Final = {
    "requested": "WAIT_SELLER_AGREE",
    "to_return": "WAIT_BUYER_RETURN_GOODS",
    "returning": "WAIT_SELLER_CONFIRM_GOODS",
    "agreed": "WAIT_SELLER_CONSIGN_GOODS",
    "done": "SUCCESS",
    "refused": "SELLER_REFUSE_BUYER",
    "closed": "CLOSED",
}


def case_word(case: Case) -> str:
    """The platform's word for how far a refund is."""
    return _CASE_WORDS[case.state]


def status_of(order: Order) -> str:
    """The trade's status."""
    told = order.extra.get("status")
    if isinstance(told, str) and order.state in ("unpaid", "paid"):
        return told
    if order.state == "cancelled":
        return "TRADE_CLOSED" if order.paid_at else "TRADE_CLOSED_BY_TAOBAO"
    if order.state == "paid" and order.stopped_for and order.stopped_for not in _HOLDS:
        return "PAID_FORBID_CONSIGN"
    return {
        "unpaid": "WAIT_BUYER_PAY",
        "paid": "WAIT_SELLER_SEND_GOODS",
        "part_shipped": "SELLER_CONSIGNED_PART",
        "shipped": "WAIT_BUYER_CONFIRM_GOODS",
        "done": "TRADE_FINISHED",
    }[order.state]


def _line_status(order: Order, line: Line) -> str:
    if line.after_sale == "refunded":
        return "TRADE_CLOSED"
    sent = order.sent(line.no)
    if order.state == "part_shipped" and sent < line.qty:
        return "SELLER_CONSIGNED_PART" if sent else "WAIT_SELLER_SEND_GOODS"
    if order.state == "part_shipped":
        return "WAIT_BUYER_CONFIRM_GOODS"
    return status_of(order)


def type_of(order: Order) -> str:
    """The trade's type."""
    told = order.extra.get("type")
    return told if isinstance(told, str) else ("step" if "step" in order.extra else "guarantee_trade")


def trade(desk: Desk, order: Order) -> dict[str, object]:
    """A trade with everything that the platform tells of it."""
    person = order.person
    goods_fen = sum(line.qty * line.price_fen for line in order.lines)
    sent = [parcel.at for parcel in order.parcels]
    row: dict[str, object] = {
        "tid": int(order.no),
        "tid_str": order.no,
        "status": status_of(order),
        "type": type_of(order),
        "created": time_text(order.placed_at),
        "pay_time": _time_or_none(order.paid_at),
        "modified": time_text(order.modified_at),
        "consign_time": _time_or_none(max(sent) if sent else None),
        "end_time": _time_or_none(order.ended_at),
        "seller_nick": desk.seller.nick,
        "buyer_nick": f"{order.buyer[:1]}**",
        "buyer_open_uid": desk.buyer_open_uid(order),
        "payment": yuan(order.amount_fen),
        "total_fee": yuan(goods_fen),
        "discount_fee": yuan(order.discount_fen),
        "adjust_fee": "0.00",
        "post_fee": yuan(order.freight_fen),
        "received_payment": yuan(order.amount_fen if order.state == "done" else 0),
        "num": 0 if len(order.lines) > 1 else order.lines[0].qty,
        "receiver_name": f"{person.name[:1]}**",
        "receiver_mobile": f"{person.phone[:3]}****{person.phone[-4:]}",
        "receiver_address": "****",
        "receiver_state": person.province,
        "receiver_city": person.city,
        "receiver_district": person.district,
        "receiver_zip": person.postcode,
        "oaid": desk.oaid(order),
        "has_buyer_message": bool(order.buyer_note),
        "buyer_message": order.buyer_note or None,
        "seller_memo": order.seller_note or None,
        "seller_flag": FLAGS.index(order.flag),
        "shipping_type": "express",
        "is_part_consign": order.state == "part_shipped",
        "trade_from": "WAP,WAP",
        "delivery_time": _time_or_none(order.ship_by_at),
        "lm": "1" if order.address_changes else None,
        "step_trade_status": order.extra.get("step"),
        "step_paid_fee": order.extra.get("step_paid_fee"),
        "orders": Listed("order", [_line(desk, order, line) for line in order.lines]),
    }
    if order.stopped_for in _HOLDS:
        row[order.stopped_for] = 1
    if order.discount_fen:
        promotion = {"id": int(order.no), "promotion_name": "店铺优惠", "discount_fee": yuan(order.discount_fen)}
        row["promotion_details"] = Listed("promotion_detail", [promotion])
    return {name: value for name, value in row.items() if value is not None}


def _time_or_none(at: datetime | None) -> str | None:
    return None if at is None else time_text(at)


def discount_shares(order: Order) -> list[int]:
    """The trade's discount over its lines; the last one takes the rest."""
    total = sum(line.qty * line.price_fen for line in order.lines)
    shares = [order.discount_fen * line.qty * line.price_fen // total if total else 0 for line in order.lines]
    shares[-1] += order.discount_fen - sum(shares)
    return shares


def _line(desk: Desk, order: Order, line: Line) -> dict[str, object]:
    goods, oid = line.goods, desk.oid(order, line)
    own = line.qty * line.price_fen
    share = discount_shares(order)[order.lines.index(line)]
    is_alone = len(order.lines) == 1
    cases = [case for case in desk.shop.cases_of(order.no) if line.no in case.line_nos]
    refund = case_word(cases[-1]) if cases else ("SUCCESS" if line.after_sale == "refunded" else "NO_REFUND")
    parcels = [parcel for parcel in order.parcels if parcel.lines.get(line.no)]
    row: dict[str, object] = {
        "oid": int(oid),
        "oid_str": oid,
        "status": _line_status(order, line),
        "refund_status": refund,
        "refund_id": refund_id(cases[-1], line.no) if cases else None,
        "num_iid": int(goods.item_id),
        "title": goods.title,
        "num": line.qty,
        "price": yuan(line.price_fen),
        "total_fee": yuan(own),
        "payment": yuan(order.amount_fen if is_alone else own),
        "discount_fee": "0.00",
        "adjust_fee": "0.00",
        "divide_order_fee": yuan(own - share),
        "part_mjz_discount": yuan(share),
        "is_oversold": False,
        "modify_address": ("1" if order.paid_at else "2") if order.address_changes else None,
        "is_free_gift": True if line.is_gift else None,
    }
    if has_choices(desk, goods.item_id):
        row |= {"sku_id": goods.sku_id, "outer_sku_id": goods.code, "sku_properties_name": goods.spec}
    else:
        row["outer_iid"] = goods.code
    if parcels:
        newest = parcels[-1]
        row |= {
            "logistics_company": carrier_name(newest.carrier),
            "invoice_no": newest.number,
            "consign_time": time_text(newest.at),
        }
    return {name: value for name, value in row.items() if value is not None}


def has_choices(desk: Desk, item_id: str) -> bool:
    """Whether an item is sold in several SKUs, or one with a specification."""
    of_item = [goods for goods in desk.shop.goods.values() if goods.item_id == item_id]
    return len(of_item) > 1 or bool(of_item[0].spec)


def refund_id(case: Case, line_no: str) -> str:
    """A refund's number: one for each line of a case."""
    return f"{case.no}{case.line_nos.index(line_no)}"


#: (id, code, name, pattern of its numbers); what `logistics.companies.get` tells
CARRIERS: Final = (
    (500, "ZTO", "中通快递", r"7[3-8][0-9]{12}"),
    (101, "YTO", "圆通速递", r"YT[0-9]{13}"),
    (100, "STO", "申通快递", r"77[0-9]{13}"),
    (102, "YUNDA", "韵达快递", r"[34][0-9]{14}"),
    (505, "SF", "顺丰速运", r"SF[0-9A-Z][0-9]{12}"),
    (2, "EMS", "EMS", r"[0-9A-Z]{13}"),
    (1204, "POSTB", "邮政快递包裹", r"9[0-9]{12}"),
    (200734385, "HTKY", "极兔速递", r"JT[0-9]{13}"),
    (1216, "DBKD", "德邦快递", r"DPK[0-9]{12}"),
    (0, "OTHER", "其他", r"[0-9A-Za-z-]{6,32}"),
)


def carrier_name(code: str) -> str:
    """What the platform calls a carrier."""
    return next((name for _id, known, name, _pattern in CARRIERS if known == code), code)
