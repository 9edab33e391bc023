"""The JSON of the simulated WeChat shop: how its orders, cases and goods look from outside."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from tests.simulators.platforms.shop import Case, Goods, Line, Order, Parcel, Person, Shop

Row = dict[str, object]


def second(at: datetime | None) -> int:
    """Seconds since 1970, 0 where it never happened."""
    return 0 if at is None else int(at.timestamp())


def status_of(order: Order) -> int:
    """The platform's number for how far an order is."""
    if order.state == "paid" and order.stopped_for:
        return 12 if order.stopped_for == "gift" else 13
    if order.state == "cancelled":
        if order.extra.get("oversold"):
            return 190
        return 200 if order.paid_at is not None else 250
    return {"unpaid": 10, "paid": 20, "part_shipped": 21, "shipped": 30, "done": 100}[order.state]


def order_row(shop: Shop, order: Order) -> Row:
    """`order` as `/channels/ec/order/get` answers it.

    `order.extra["strange"]` lies over it, for what no document promises (a state nobody knows); with
    `order.extra["no_receiver"]` the receiver is null, as for a gift nobody has accepted.
    """
    parts = [(no, case) for no, case, _line in case_parts(shop) if case.order_no == order.no]
    cases = [no for no, _case in parts]
    running = [no for no, case in parts if _is_running(case)]
    strange = order.extra.get("strange", {})
    address = None if order.extra.get("no_receiver") else address_row(order.person, order.buyer)
    row: Row = {
        "order_id": order.no,
        "status": status_of(order),
        "openid": f"o{order.buyer}",
        "unionid": "",
        "create_time": second(order.placed_at),
        "update_time": second(order.modified_at),
        "order_detail": {
            "product_infos": [_line_row(order, line) for line in order.lines],
            "pay_info": _pay_row(order),
            "price_info": _price_row(order),
            "delivery_info": {
                "address_info": address,
                "delivery_product_info": [parcel_row(order, parcel) for parcel in order.parcels],
                "ship_done_time": _ship_done(order),
                "deliver_method": 0,
                "ewaybill_order_code": "",
            },
            "ext_info": {"customer_notes": order.buyer_note, "merchant_notes": order.seller_note},
        },
        "aftersale_detail": {
            "on_aftersale_order_cnt": len(running),
            "aftersale_order_list": [{"aftersale_order_id": no} for no in cases],
        },
    }
    return row | (strange if isinstance(strange, dict) else {})


def _line_row(order: Order, line: Line) -> Row:
    goods = line.goods
    row: Row = {
        "product_id": goods.item_id,
        "sku_id": goods.sku_id,
        "sku_code": goods.code,
        "out_sku_id": "",
        "out_product_id": "",
        "out_warehouse_id": "",
        "thumb_img": "",
        "title": goods.title,
        "sku_attrs": _attributes(goods),
        "sku_cnt": line.qty,
        "sale_price": line.price_fen,
        "market_price": goods.price_fen,
        "real_price": _paid_for(order, line),
        "is_discounted": bool(order.discount_fen),
        "on_aftersale_sku_cnt": line.qty if line.after_sale == "requested" else 0,
        "finish_aftersale_sku_cnt": line.qty if line.after_sale == "refunded" else 0,
    }
    if order.ship_by_at is not None:
        row["delivery_deadline"] = second(order.ship_by_at)
    if line.is_gift:
        row["is_free_gift"] = True
    return row


def _attributes(goods: Goods) -> list[Row]:
    return [{"attr_key": "规格", "attr_value": goods.spec}] if goods.spec else []


def _paid_for(order: Order, line: Line) -> int:
    """What was paid for one line: the discount is shared out by price, the last line takes what is over."""
    total = sum(one.qty * one.price_fen for one in order.lines)
    priced = [one for one in order.lines if one.price_fen]
    if not total or not order.discount_fen or line not in priced:
        return line.qty * line.price_fen
    shares = {one.no: order.discount_fen * one.qty * one.price_fen // total for one in priced}
    shares[priced[-1].no] += order.discount_fen - sum(shares.values())
    return line.qty * line.price_fen - shares[line.no]


def _pay_row(order: Order) -> Row:
    if order.paid_at is None:
        return {"prepay_id": f"wx{order.no}", "prepay_time": second(order.placed_at)}
    return {
        "prepay_id": f"wx{order.no}",
        "prepay_time": second(order.placed_at),
        "pay_time": second(order.paid_at),
        "transaction_id": f"42000{order.no}",
        "payment_method": 1,
    }


def _price_row(order: Order) -> Row:
    goods_fen = sum(line.qty * line.price_fen for line in order.lines)
    return {
        "product_price": goods_fen,
        "order_price": order.amount_fen,
        "freight": order.freight_fen,
        "discounted_price": order.discount_fen,
        "is_discounted": bool(order.discount_fen),
        "original_order_price": goods_fen + order.freight_fen,
        "merchant_receieve_price": order.amount_fen,
    }


def _ship_done(order: Order) -> int:
    return (
        max((second(parcel.at) for parcel in order.parcels), default=0) if order.state in ("shipped", "done") else 0
    )


def address_row(person: Person, buyer: str) -> Row:
    """A receiver, masked; `hash_code` is the same for the same buyer at the same place."""
    clear = "\n".join(
        (buyer, person.name, person.phone, person.province, person.city, person.district, person.address)
    )
    return {
        "user_name": masked(person.name, 1),
        "tel_number": person.phone[:3] + "****" + person.phone[-4:],
        "postal_code": person.postcode,
        "province_name": person.province,
        "city_name": person.city,
        "county_name": person.district,
        "detail_info": masked(person.address, 2),
        "house_number": "",
        "national_code": "",
        "use_tel_number": 1,
        "tel_number_ext_info": {
            "real_tel_number": person.phone[:3] + "****" + person.phone[-4:],
            "virtual_tel_number": "",
            "virtual_tel_expire_time": 0,
            "get_virtual_tel_cnt": 0,
        },
        "hash_code": hashlib.sha256(clear.encode()).hexdigest()[:32],
    }


def masked(text: str, shown: int) -> str:
    """The first characters, then stars, never more than eight of them."""
    return text[:shown] + "*" * min(max(len(text) - shown, 0), 8)


def parcel_row(order: Order, parcel: Parcel) -> Row:
    """One parcel as the order names it."""
    return {
        "waybill_id": parcel.number,
        "delivery_id": parcel.carrier,
        "delivery_name": parcel.carrier,
        "delivery_time": second(parcel.at),
        "deliver_type": 1,
        "product_infos": [
            {"product_id": line.goods.item_id, "sku_id": line.goods.sku_id, "product_cnt": qty}
            for line, qty in ((order.line(no), qty) for no, qty in parcel.lines.items())
        ],
    }


# --- after sale --------------------------------------------------------------------------------------------------------


def case_parts(shop: Shop) -> Iterator[tuple[str, Case, str]]:
    """(number, case, line) of every case as the platform tells them: one product each."""
    for case in shop.cases.values():
        for place, line_no in enumerate(case.line_nos):
            yield (case.no if place == 0 else f"{case.no}{place:02}"), case, line_no


def _is_running(case: Case) -> bool:
    return case.state in ("requested", "to_return", "returning", "agreed")


def case_row(shop: Shop, no: str, case: Case, line_no: str) -> Row:
    """`after_sale_order` of `/channels/ec/aftersale/getaftersaleorder`."""
    order = shop.orders[case.order_no]
    line = order.line(line_no)
    row: Row = {
        "after_sale_order_id": no,
        "order_id": case.order_no,
        "openid": f"o{order.buyer}",
        "status": case_status(case),
        "type": "REFUND" if case.kind == "refund" else "EXCHANGE" if case.kind == "exchange" else "RETURN",
        "product_info": {"product_id": line.goods.item_id, "sku_id": line.goods.sku_id, "count": line.qty},
        "refund_info": {"amount": line.qty * line.price_fen, "refund_reason": 1},
        "return_info": {},
        "create_time": second(case.requested_at),
        "update_time": second(case.modified_at),
        "reason": "OTHERS",
        "reason_text": case.reason,
    }
    if case.number:
        row["return_info"] = {
            "waybill_id": case.number,
            "delivery_id": case.carrier,
            "delivery_name": case.carrier,
        }
    if case.state in ("requested", "returning"):
        # seconds that are left, not a moment
        row["deadline"] = max(second(case.modified_at) + 2 * 86_400 - second(shop.now()), 0)
    return row


def case_status(case: Case) -> str:
    """The platform's word for how far a case is."""
    is_refund = case.kind == "refund"
    words: Mapping[str, str] = {
        "requested": "MERCHANT_PROCESSING",
        "to_return": "USER_WAIT_RETURN",
        "returning": "MERCHANT_WAIT_RECEIPT",
        "agreed": "PLATFORM_REFUNDING",
        "done": "MERCHANT_REFUND_SUCCESS" if is_refund else "MERCHANT_RETURN_SUCCESS",
        "refused": "MERCHANT_REJECT_REFUND" if is_refund else "MERCHANT_REJECT_RETURN",
        "closed": "USER_CANCELD",
    }
    return words[case.state]


# --- goods -------------------------------------------------------------------------------------------------------------


def product_row(choices: Sequence[Goods], edit_status: int) -> Row:
    """`product` of `/channels/ec/product/get`: one item with all its SKUs."""
    first = choices[0]
    return {
        "product_id": first.item_id,
        "out_product_id": "",
        "title": first.title,
        "sub_title": "",
        "head_imgs": [f"https://img.example/{first.item_id}.jpg"],
        "spu_code": "",
        "status": 5 if any(goods.is_on_sale for goods in choices) else 11,
        "edit_status": edit_status,
        "min_price": min(goods.price_fen for goods in choices),
        "skus": [
            {
                "sku_id": goods.sku_id,
                "out_sku_id": "",
                "thumb_img": "",
                "sale_price": goods.price_fen,
                "market_price": goods.price_fen,
                "stock_num": goods.qty,
                "sku_code": goods.code,
                "sku_attrs": _attributes(goods),
                "status": 5 if goods.is_on_sale else 11,
                "bar_code": goods.barcode,
            }
            for goods in choices
        ],
    }
