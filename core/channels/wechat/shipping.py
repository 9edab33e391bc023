"""What is to be said about a parcel, and what an order that was read says about it: pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

from core.channels.contract import (
    KEPT_BACK,
    NOT_PAID,
    ORDER_CLOSED,
    REFUND_OPEN,
    SHIPPED_OTHERWISE,
    ChannelOrder,
    ChannelOrderLine,
    ShipmentNotice,
)
from core.channels.fields import Fields
from core.runtime.remote_errors import ChannelError, Rejected

Goods = Counter[tuple[str, str]]

#: sent by ourselves with a carrier
_BY_CARRIER = 1


def is_told(order: ChannelOrder, notice: ShipmentNotice) -> bool:
    """Whether the platform has this parcel already, whoever told it.

    Raises:
        Rejected: it has the number, with other goods in it.
    """
    found = [parcel for parcel in order.shipped if parcel.waybill_no == notice.waybill_no]
    if not found:
        return False
    inside = [(line_no, qty) for parcel in found for line_no, qty in parcel.lines]
    if inside and _goods_of(order, inside) != _goods_of(order, notice.lines):
        raise Rejected("WeChat has this waybill number with other goods", code=SHIPPED_OTHERWISE)
    return True


def check_possible(order: ChannelOrder, notice: ShipmentNotice) -> None:
    """Find out what the platform would refuse, or would take the wrong way.

    Raises:
        Rejected: closed, goods that the order does not have, or goods that were told with another number.
    """
    if order.is_closed:
        raise Rejected("WeChat has closed this order", code=ORDER_CLOSED)
    asked = _goods_of(order, notice.lines)
    if not asked or any(qty < 1 for _, qty in notice.lines):
        raise Rejected("The parcel is empty", code="empty_parcel")
    left = _left_of(order)
    if any(qty > left[goods] for goods, qty in asked.items()):
        raise Rejected("These goods were already told with another number", code=SHIPPED_OTHERWISE)


def reason_of(order: ChannelOrder, notice: ShipmentNotice, error: ChannelError) -> ChannelError:
    """Why the platform said no, as the order read after it tells; the error itself where it tells nothing."""
    if not isinstance(error, Rejected) or notice.replaces:
        return error
    try:
        check_possible(order, notice)
    except Rejected as reason:
        return reason
    if order.payment == "unpaid":
        return Rejected(f"WeChat says that this order is not paid: {error}", code=NOT_PAID)
    if order.stopped_for:
        return Rejected(f"WeChat does not let this order go yet: {error}", code=KEPT_BACK)
    asked = {line_no for line_no, _ in notice.lines}
    if any(line.after_sale == "requested" for line in order.lines if line.line_no in asked):
        return Rejected(f"A refund is open for these goods: {error}", code=REFUND_OPEN)
    return error


def send_body(order: ChannelOrder, notice: ShipmentNotice, delivery_id: str) -> Mapping[str, object]:
    """The body of `delivery/send` for one parcel."""
    return {"order_id": order.order_no, "delivery_list": [_parcel(order, notice, delivery_id)]}


def change_body(order: ChannelOrder, notice: ShipmentNotice, delivery_id: str) -> Mapping[str, object] | None:
    """The body of `deliveryinfo/update`; None where the platform does not know the number that is to be replaced."""
    old = _told_as(order, notice.replaces)
    if old is None:
        return None
    new = _parcel(order, notice, delivery_id) | {"product_infos": old["product_infos"]}
    return {"order_id": order.order_no, "change_infos": [{"old": old, "new": new}]}


def _told_as(order: ChannelOrder, waybill_no: str) -> Mapping[str, object] | None:
    """A parcel in the platform's own words."""
    detail = Fields(order.raw, "order").child("order_detail").child_or_empty("delivery_info")
    for row in detail.rows("delivery_product_info"):
        if row.id_or_blank("waybill_id") == waybill_no:
            inside = [
                _product(goods.id("product_id"), goods.id("sku_id"), goods.qty("product_cnt"))
                for goods in row.rows("product_infos")
            ]
            return {"delivery_id": row.id("delivery_id"), "waybill_id": waybill_no, "product_infos": inside}
    return None


def _parcel(order: ChannelOrder, notice: ShipmentNotice, delivery_id: str) -> dict[str, object]:
    goods = _goods_of(order, notice.lines)
    return {
        "delivery_id": delivery_id,
        "waybill_id": notice.waybill_no,
        "deliver_type": _BY_CARRIER,
        "product_infos": [_product(product_id, sku_id, qty) for (product_id, sku_id), qty in goods.items()],
    }


def _product(product_id: str, sku_id: str, qty: int) -> Mapping[str, object]:
    return {"product_id": product_id, "sku_id": sku_id, "product_cnt": qty}


def _goods_of(order: ChannelOrder, lines: Sequence[tuple[str, int]]) -> Goods:
    """What the platform calls the goods: item and SKU, whatever line they are of."""
    by_no: dict[str, ChannelOrderLine] = {line.line_no: line for line in order.lines}
    goods: Goods = Counter()
    for line_no, qty in lines:
        line = by_no.get(line_no)
        if line is None:
            raise Rejected("WeChat does not know this order line", code="line_not_found")
        goods[line.item_id, line.channel_sku_id] += qty
    return goods


def _left_of(order: ChannelOrder) -> Goods:
    left: Goods = Counter()
    for line in order.lines:
        if line.after_sale != "refunded":
            left[line.item_id, line.channel_sku_id] += line.qty
    sent = [(line_no, qty) for parcel in order.shipped for line_no, qty in parcel.lines]
    left.subtract(_goods_of(order, [one for one in sent if any(line.line_no == one[0] for line in order.lines)]))
    return left
