"""Orders and after-sale cases in Douyin's words."""

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Final

from tests.simulators.platforms.douyin_gate import DouyinApp, RefusalError
from tests.simulators.platforms.shop import Case, Line, Order, Person, Shop

_MOST_LINES: Final = 40
_PROMISE: Final = timedelta(hours=48)
#: six flags of the platform's, in its numbers, as the shop behind calls them
STARS: Final = ("", "purple", "blue", "green", "yellow", "red")
_TYPES: Final = {"return": 0, "exchange": 3, "resend": 7, "repair": 8}
CASE_STATES: Final = {
    "requested": 6,
    "to_return": 7,
    "returning": 11,
    "agreed": 13,
    "done": 12,
    "refused": 27,
    "closed": 28,
}
_REFUND_STATES: Final = {"done": 3, "refused": 4, "closed": 1}


def second(at: datetime | None) -> int:
    """Seconds since 1970; 0 is the platform's word for never."""
    return 0 if at is None else int(at.timestamp())


def line_no(order: Order, line: Line) -> str:
    """The sub-order's number; the first one's is that of the whole order."""
    return order.no if line is order.lines[0] else line.no


def line_of(order: Order, no: str) -> Line:
    """The line of a sub-order's number."""
    found = next((line for line in order.lines if line_no(order, line) == no), None)
    if found is None:
        raise RefusalError(50002, "isv.business-failed:60102", "60102:商品单不存在，请仔细检查后重试")
    return found


def pack_id(order: Order, place: int) -> str:
    """The number of an order's parcel."""
    return f"{order.no}{place + 1:02d}"


def order_status(order: Order) -> int:
    """The platform's number for how far an order is; while its risk is reviewed, a paid one stays at 105."""
    if order.state == "paid" and order.stopped_for:
        return 105
    return {"unpaid": 1, "paid": 2, "part_shipped": 101, "shipped": 3, "done": 5, "cancelled": 4}[order.state]


class OrderWords:
    """How this platform writes an order or a case of this shop."""

    def __init__(self, shop: Shop, app: DouyinApp) -> None:
        self._shop = shop
        self._app = app
        #: fields that this app's package of scenes does not give
        self.cut_fields: frozenset[str] = frozenset()

    def words_of(self, order: Order) -> dict[str, object]:
        """One shop order; the list and the detail say the same."""
        person = order.person
        is_back = order.state == "cancelled" and order.paid_at is not None
        row: dict[str, object] = {
            "shop_id": int(self._app.shop_id),
            "shop_name": self._app.shop_name,
            "order_id": order.no,
            "order_level": 2,
            "order_type": 0,
            "order_status": order_status(order),
            "order_status_desc": "",
            "main_status": 21 if is_back else order_status(order),
            "create_time": second(order.placed_at),
            "update_time": second(order.modified_at),
            "pay_time": second(order.paid_at),
            "finish_time": second(order.ended_at),
            "order_expire_time": 1800,
            "exp_ship_time": _promised(order),
            "ship_time": second(order.parcels[-1].at) if order.parcels else 0,
            "cancel_reason": "买家取消" if order.state == "cancelled" else "",
            "buyer_words": order.buyer_note,
            "seller_words": order.seller_note,
            "seller_remark_stars": STARS.index(order.flag),
            "pay_type": 1,
            "order_amount": order.amount_fen + order.discount_fen,
            "pay_amount": order.amount_fen if order.paid_at is not None else 0,
            "post_amount": order.freight_fen,
            "promotion_amount": order.discount_fen,
            "doudian_open_id": f"1@#{_digest('open', order.buyer)[:32]}",
            "open_address_id": _digest("address", *_address_key(order)),
            "post_receiver": "",
            "post_tel": "",
            "encrypt_post_receiver": _cipher("receiver", person.name),
            "encrypt_post_tel": _cipher("tel", person.phone),
            "mask_post_receiver": _masked_name(person.name),
            "mask_post_tel": _masked_phone(person.phone),
            "post_addr": {
                **_regions(person),
                "detail": "",
                "encrypt_detail": _cipher("detail", person.address),
            },
            "mask_post_addr": {**_regions(person), "detail": _masked_detail(person.address)},
            "logistics_info": [_parcel_words(order, place) for place in range(len(order.parcels))],
            "sku_order_list": [self._line_words(order, line) for line in order.lines[:_MOST_LINES]],
        }
        return {name: value for name, value in row.items() if name not in self.cut_fields}

    def _line_words(self, order: Order, line: Line) -> dict[str, object]:
        goods = line.goods
        row: dict[str, object] = {
            "order_id": line_no(order, line),
            "parent_order_id": order.no,
            "order_status": _line_status(order, line),
            "product_id": int(goods.item_id),
            "product_id_str": goods.item_id,
            "product_name": goods.title,
            "sku_id": int(goods.sku_id),
            "spec": [{"name": "规格", "value": goods.spec}] if goods.spec else [],
            "code": goods.code,
            "out_sku_id": "0",
            "item_num": line.qty,
            "origin_amount": line.price_fen,
            "sum_amount": line.qty * line.price_fen,
            "order_amount": line.qty * line.price_fen,
            "pay_amount": line.qty * line.price_fen if order.paid_at is not None else 0,
            "reduce_stock_type": 1 if self._shop.habits.deducts == "order" else 2,
            "inventory_list": [{"warehouse_id": "", "out_warehouse_id": "", "inventory_type": 1, "count": line.qty}],
            "pre_sale_type": 0,
            "exp_ship_time": _promised(order),
            "need_serial_number": False,
            "given_product_type": "FREE" if line.is_gift else "",
            "master_sku_order_id_list": [order.no] if line.is_gift else [],
            "bundle_sku_info": [],
            "after_sale_info": self._after_sale(order, line),
        }
        return row

    def _after_sale(self, order: Order, line: Line) -> dict[str, int]:
        cases = [case for case in self._shop.cases_of(order.no) if line.no in case.line_nos]
        if cases:
            case = cases[-1]
            status, kind = CASE_STATES[case.state], _case_type(case)
            return {
                "after_sale_status": status,
                "after_sale_type": kind,
                "refund_status": _REFUND_STATES.get(case.state, 1),
            }
        if order.state == "cancelled" and order.paid_at is not None:
            return {"after_sale_status": 51, "after_sale_type": 5, "refund_status": 3}
        return {"after_sale_status": 0, "after_sale_type": 0, "refund_status": 0}

    def case_row(self, case: Case) -> dict[str, object]:
        """One case as `/afterSale/List` tells it."""
        order = self._shop.orders[case.order_no]
        lines = [order.line(no) for no in case.line_nos]
        related = [
            {
                "sku_order_id": line_no(order, line),
                "order_status": _line_status(order, line),
                "pay_amount": line.qty * line.price_fen,
                "item_num": line.qty,
                "aftersale_item_num": line.qty,
                "aftersale_pay_amount": line.qty * line.price_fen,
                "create_time": second(order.placed_at),
                "product_name": line.goods.title,
                "product_id": int(line.goods.item_id),
                "shop_sku_code": line.goods.code,
            }
            for line in lines
        ]
        info = {
            "aftersale_id": case.no,
            "aftersale_order_type": 1 if len(lines) == 1 else 2,
            "aftersale_type": _case_type(case),
            "aftersale_status": CASE_STATES[case.state],
            "related_id": line_no(order, lines[0]) if len(lines) == 1 else order.no,
            "apply_time": second(case.requested_at),
            "create_time": second(case.requested_at),
            "update_time": second(case.modified_at),
            "status_deadline": second(case.modified_at + timedelta(days=2)) if _is_open(case) else 0,
            "refund_amount": case.refund_fen,
            "refund_status": _REFUND_STATES.get(case.state, 1),
            "aftersale_num": sum(line.qty for line in lines),
            "return_logistics_code": case.number,
            "return_logistics_company_name": case.carrier,
            "got_pkg": int(case.was_sent),
        }
        return {
            "aftersale_info": info,
            "order_info": {"shop_order_id": order.no, "related_order_info": related, "order_flag": 0},
            "text_part": {"reason_text": case.reason, "aftersale_status_text": "", "aftersale_type_text": ""},
        }

    def case_words(self, case: Case) -> dict[str, object]:
        """One case as `/afterSale/Detail` tells it; ids are numbers here and text in the list."""
        order = self._shop.orders[case.order_no]
        lines = [order.line(no) for no in case.line_nos]
        info = {
            "after_sale_id": int(case.no),
            "after_sale_status": CASE_STATES[case.state],
            "after_sale_type": _case_type(case),
            "refund_status": _REFUND_STATES.get(case.state, 1),
            "refund_total_amount": case.refund_fen,
            "real_refund_amount": case.refund_fen if case.state == "done" else 0,
            "apply_time": second(case.requested_at),
            "update_time": second(case.modified_at),
            "reason": case.reason,
            "got_pkg": int(case.was_sent),
            "status_deadline": second(case.modified_at + timedelta(days=2)) if _is_open(case) else 0,
            "after_sale_order_type": 1 if len(lines) == 1 else 2,
        }
        back = {
            "tracking_no": case.number,
            "company_name": case.carrier,
            "company_code": case.carrier,
            "logistics_time": second(case.modified_at) if case.number else 0,
        }
        rows = [
            {
                "sku_order_id": int(line_no(order, line)),
                "order_status": _line_status(order, line),
                "item_quantity": line.qty,
                "after_sale_item_count": line.qty,
                "product_id": int(line.goods.item_id),
                "sku_id": int(line.goods.sku_id),
                "shop_sku_code": line.goods.code,
                "pay_amount": line.qty * line.price_fen,
            }
            for line in lines
        ]
        return {
            "process_info": {
                "after_sale_info": info,
                "logistics_info": {"return": back, "exchange": None, "order": []},
            },
            "order_info": {"shop_order_id": int(order.no), "sku_order_infos": rows},
        }


def _parcel_words(order: Order, place: int) -> dict[str, object]:
    parcel = order.parcels[place]
    inside = [
        {
            "sku_order_id": line_no(order, order.line(no)),
            "product_id": int(order.line(no).goods.item_id),
            "product_id_str": order.line(no).goods.item_id,
            "sku_id": int(order.line(no).goods.sku_id),
            "outer_sku_id": order.line(no).goods.code,
            "product_count": qty,
        }
        for no, qty in parcel.lines.items()
    ]
    return {
        "tracking_no": parcel.number,
        "company": parcel.carrier,
        "company_name": parcel.carrier,
        "ship_time": second(parcel.at),
        "delivery_id": pack_id(order, place),
        "product_info": inside,
    }


def _promised(order: Order) -> int:
    """Until when it has to leave: two days after the payment where the story says nothing else."""
    if order.ship_by_at is None and order.paid_at is not None:
        return second(order.paid_at + _PROMISE)
    return second(order.ship_by_at)


def _line_status(order: Order, line: Line) -> int:
    if order.state == "part_shipped":
        sent = order.sent(line.no)
        return 3 if sent >= line.qty else 101 if sent else 2
    return order_status(order)


def _case_type(case: Case) -> int:
    return _TYPES.get(case.kind, 1 if case.was_sent else 2)


def _is_open(case: Case) -> bool:
    return case.state in ("requested", "to_return", "returning")


def _regions(person: Person) -> dict[str, object]:
    return {
        "province": {"name": person.province, "id": "33"},
        "city": {"name": person.city, "id": "330100"},
        "town": {"name": person.district, "id": "330110"},
        "street": {"name": person.town, "id": "330110001"},
    }


def _address_key(order: Order) -> tuple[str, ...]:
    person = order.person
    regions = (person.province, person.city, person.district, person.town)
    return (order.buyer, person.name, person.phone, *regions, person.address)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _cipher(what: str, text: str) -> str:
    """Opaque, and the same for the same text; nobody here deciphers it."""
    if not text:
        return ""
    inside = base64.b64encode(hashlib.sha512(f"{what}\n{text}".encode()).digest()).decode()
    return f"##{inside}##*1*1*"


def _masked_name(name: str) -> str:
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""


def _masked_phone(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 7 else "****"


def _masked_detail(address: str) -> str:
    return address[:1] + "*" * 6 if address else ""
