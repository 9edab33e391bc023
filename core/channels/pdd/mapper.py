"""Pinduoduo's JSON as canonical orders: pure, either a record or `ContractBroken`.

Lines have no number of their own there. Ours is made of item and SKU, with `gift-` before gifts; where the same SKU
stands in an order more than once, those are counted from the dearest and largest on, so that the same goods have the
same number whatever the order of the rows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from core.channels.aftersale_contract import ChannelAfterSale
from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee, ShippedParcel
from core.channels.fields import Fields
from core.channels.pdd.carriers import Companies
from core.channels.shop_contract import Flag

TO_SHIP, SHIPPED, SIGNED = 1, 2, 3
_NO_REFUND, _REFUNDED = 1, 4
_CANCELLED_DEAL, _FAILED_GROUP = 2, 2
_DEPOSIT = 1
_ALL_PAID = 2

FLAGS: Final[Mapping[int, Flag]] = {1: Flag.RED, 2: Flag.YELLOW, 3: Flag.GREEN, 4: Flag.BLUE, 5: Flag.PURPLE}

#: what the waybill service wants of a receiver: the platform's ciphers, never read by us
_CIPHERS: Final = ("receiver_name", "receiver_phone", "contact_mobile", "receiver_address")


def order_of(raw: object, companies: Companies, settled: Sequence[ChannelAfterSale] = ()) -> ChannelOrder:
    """The canonical order of one row of a list, or of `order_info`.

    Args:
        raw: the JSON.
        companies: the platform's carriers, for the parcels of orders that were sent.
        settled: the order's cases that were paid back, where `wants_cases` asks for them: the order itself says only
            that money went back, and not for what.

    Raises:
        ContractBroken: a promised field is missing or is not what was promised; `code` is its path.
    """
    fields = Fields(raw, "order")
    order_no = fields.text("order_sn")
    status = fields.whole_or("order_status", 0)
    refund = fields.whole_or("refund_status", _NO_REFUND)
    is_shipped = status in (SHIPPED, SIGNED)
    lines = lines_of(fields, refund)
    paid_at = fields.china_or_none("pay_time")
    payment = "unpaid" if paid_at is None and fields.whole_or("confirm_status", 1) == 0 else "paid"
    if refund == _REFUNDED:
        lines, payment = _refunded(fields, lines, settled) if wants_cases(fields.mapping) else (lines, "refunded")
    is_off = _is_called_off(fields) or (status == TO_SHIP and payment == "refunded")
    if is_off and paid_at is not None:
        payment = "refunded"
    address_key = _place_key(fields)
    return ChannelOrder(
        order_no=order_no,
        version=0,
        modified_at=fields.china("updated_at"),
        placed_at=fields.china("created_time"),
        paid_at=paid_at,
        payment=payment,
        channel_status=str(status),
        is_closed=is_off and not is_shipped,
        is_shipped=is_shipped,
        is_completed=status == SIGNED,
        # The platform tells no account of the buyer's; its key of the receiver is the nearest to one.
        buyer_key=address_key or f"order:{order_no}",
        buyer_name="",
        consignee=_consignee_of(fields),
        lines=lines,
        amount_fen=fields.yuan("pay_amount"),
        freight_fen=fields.yuan("postage"),
        buyer_note=fields.text_or_blank("buyer_memo"),
        seller_note=fields.text_or_blank("remark"),
        order_type="presale" if _is_presale(fields) else "normal",
        ship_by_at=fields.china_or_none("last_ship_time"),
        stopped_for="" if is_shipped or is_off else _stopped_for(fields, status),
        shipped=parcels_of(fields, companies) if is_shipped else (),
        merge_key=address_key,
        seller_flag=FLAGS.get(fields.whole_or("remark_tag", 0), Flag.NONE),
        raw=fields.mapping,
    )


def lines_of(order: Fields, refund: int) -> Sequence[ChannelOrderLine]:
    """The lines of an order, its gifts behind. A refund is of the order: which goods it is for is not said here."""
    after_sale = "none" if refund == _NO_REFUND else "refunded" if refund == _REFUNDED else "requested"
    rows = [(row, False) for row in order.rows("item_list")] + [(row, True) for row in order.rows("gift_list")]
    if not rows:
        raise order.broken("item_list")
    numbers = _numbers([(_key(row, is_gift=is_gift), _weight(row)) for row, is_gift in rows])
    return tuple(
        _line_of(row, number, after_sale, is_gift=is_gift)
        for (row, is_gift), number in zip(rows, numbers, strict=True)
    )


def line_key(item_id: str, sku_id: str) -> str:
    """The number of the (first) line of a SKU."""
    return f"{item_id}-{sku_id}"


def parcels_of(order: Fields, companies: Companies) -> Sequence[ShippedParcel]:
    """The parcels the platform knows of, the one the order was sent with first; what is inside it does not say."""
    found: dict[str, str] = {}
    own = [order] if order.text_or_blank("tracking_number") else []
    for row in [*own, *order.rows("extra_delivery_list"), *order.rows("gift_delivery_list")]:
        number = row.text_or_blank("tracking_number")
        if number:
            found.setdefault(number, companies.code_of(row.id_or_blank("logistics_id")))
    return tuple(ShippedParcel(code, number) for number, code in found.items())


def wants_cases(raw: Mapping[str, object]) -> bool:
    """Whether an order is to be sent although money went back for it, so that its cases have to say for what."""
    order = Fields(raw, "order")
    return order.whole_or("order_status", 0) == TO_SHIP and order.whole_or("refund_status", _NO_REFUND) == _REFUNDED


def needs_companies(raw: Mapping[str, object]) -> bool:
    """Whether an order names carriers, so that the platform's list of them is wanted."""
    names = ("tracking_number", "extra_delivery_list", "gift_delivery_list")
    return any(raw.get(name) for name in names)


def _is_called_off(order: Fields) -> bool:
    confirmed, group = order.whole_or("confirm_status", 1), order.whole_or("group_status", 1)
    return confirmed == _CANCELLED_DEAL or group == _FAILED_GROUP


def _refunded(
    order: Fields, lines: Sequence[ChannelOrderLine], settled: Sequence[ChannelAfterSale]
) -> tuple[Sequence[ChannelOrderLine], str]:
    """The lines and the payment of an order that is to be sent although money went back for it.

    A line is refunded when as much went back as was paid for it; where it was less, somebody has to look. Where the
    cases do not say what they are for, all of it is.
    """
    paid_fen = order.yuan("pay_amount") - order.yuan("postage")
    total_fen = sum(line.qty * line.unit_price_fen for line in lines)
    back_fen = sum(case.refund_fen for case in settled)
    if not settled or back_fen >= paid_fen or not total_fen or any(not case.lines for case in settled):
        return lines, "refunded"
    found = []
    for line in lines:
        back = sum(case.refund_fen for case in settled if any(no == line.line_no for no, _ in case.lines))
        share = paid_fen * line.qty * line.unit_price_fen // total_fen
        found.append(replace(line, after_sale="none" if not back else "refunded" if back >= share else "requested"))
    return tuple(found), "partly_refunded"


def _stopped_for(order: Fields, status: int) -> str:
    """Why it must not leave yet, in the words of the platform's documents and pages, the gravest first.

    It may be sent when it is to be sent, confirmed, its group is full, no review is under way and nobody stopped it;
    an open refund is told by the lines.
    """
    if status != TO_SHIP:
        return f"发货状态 {status}"
    if order.whole_or("risk_control_status", 0) != 0:
        return "订单审核中"
    if order.whole_or("group_status", 1) != 1:
        return "拼团中"
    if order.whole_or("confirm_status", 1) != 1:
        return "未成交"
    if _has_tag(order, "ship_hold"):
        return "暂停发货"
    if order.whole_or("trade_type", 0) == _DEPOSIT:
        step = order.child_or_empty("step_order_info").whole_or("step_trade_status", _ALL_PAID)
        if step != _ALL_PAID:
            return "尾款未付"
    return ""


def _has_tag(order: Fields, tag: str) -> bool:
    value = order.mapping.get("order_tag")
    if isinstance(value, dict) and str(value.get(tag, "0")) in {"1", "True", "true"}:
        return True
    return any(
        row.text_or_blank("name") == tag and row.whole_or("value", 0) == 1 for row in order.rows("order_tag_list")
    )


def _is_presale(order: Fields) -> bool:
    return order.whole_or("trade_type", 0) == _DEPOSIT or order.whole_or("is_pre_sale", 0) == 1


def _consignee_of(order: Fields) -> Consignee:
    """The receiver: ciphers in the token, masks to show. Without ciphers nothing but the region is told.

    The platform takes them away when an order is sent, paid back or under review; a mask left over would look like
    another address.
    """
    region = (order.text_or_blank("province"), order.text_or_blank("city"), order.text_or_blank("town"))
    ciphers = {name: order.text_or_blank(name) for name in _CIPHERS if order.text_or_blank(name)}
    if not ciphers:
        return Consignee("", "", *region, "", is_masked=True)
    return Consignee(
        name=order.text_or_blank("receiver_name_mask"),
        phone=order.text_or_blank("receiver_phone_mask"),
        province=region[0],
        city=region[1],
        district=region[2],
        address=order.text_or_blank("receiver_address_mask") or order.text_or_blank("address_mask"),
        token=json.dumps({"order_sn": order.text("order_sn"), **ciphers}, ensure_ascii=False, separators=(",", ":")),
        is_masked=True,
        identity=_identity(order),
    )


def _place_key(order: Fields) -> str:
    return order.id_or_blank("open_address_id") or order.id_or_blank("open_address_id_2")


def _identity(order: Fields) -> str:
    """Whether the platform ciphers a receiver the same way each time is not known; its key of the place stays."""
    place = _place_key(order)
    return f"{order.text('order_sn')} {place}" if place else ""


def _key(row: Fields, *, is_gift: bool) -> str:
    key = line_key(row.id_or_blank("goods_id"), row.id_or_blank("sku_id"))
    return f"gift-{key}" if is_gift else key


def _weight(row: Fields) -> tuple[int, int]:
    return row.yuan("goods_price"), row.qty("goods_count")


def _numbers(rows: Sequence[tuple[str, tuple[int, int]]]) -> Sequence[str]:
    """A number for each row; those with one key are counted by their weight, the largest first."""
    counts: dict[str, int] = {}
    numbers = [""] * len(rows)
    for place in sorted(range(len(rows)), key=lambda at: rows[at][1], reverse=True):
        key = rows[place][0]
        counts[key] = counts.get(key, 0) + 1
        numbers[place] = key if counts[key] == 1 else f"{key}-{counts[key]}"
    return numbers


def _line_of(row: Fields, number: str, after_sale: str, *, is_gift: bool) -> ChannelOrderLine:
    return ChannelOrderLine(
        line_no=number,
        item_id=row.id_or_blank("goods_id"),
        channel_sku_id=row.id_or_blank("sku_id"),
        merchant_code=row.text_or_blank("outer_id"),
        title=row.text_or_blank("goods_name"),
        spec=row.text_or_blank("goods_spec"),
        qty=row.qty("goods_count"),
        unit_price_fen=0 if is_gift else row.yuan("goods_price"),
        after_sale=after_sale,
        is_gift=is_gift,
    )
