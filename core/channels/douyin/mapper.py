"""Douyin's order as a canonical one. Pure; the unexpected is `ContractBroken`, never a crash.

What Douyin does, and what follows (channels_other.md 3.4):

* Ids have 19 digits: they are kept as text, however they are written.
* Which fields come depends on what the app may see: whatever is not needed may be missing.
* `update_time` moves with the state of the order alone; notes, flags and refunds are seen by reading again.
* A number of a state that is not known here stops the order instead of guessing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee, ShippedParcel
from core.channels.douyin.carriers import code_here
from core.channels.fields import LARGEST_QTY, Fields, broken
from core.channels.shop_contract import Flag

UNPAID, PAID, TO_SHIP, PART_SHIPPED, SHIPPED, CANCELLED, DONE = 1, 105, 2, 101, 3, 4, 5
#: states in which something is still to be sent
OPEN_STATES: Final = (UNPAID, PAID, TO_SHIP, PART_SHIPPED)
_KNOWN_STATES: Final = frozenset({*OPEN_STATES, SHIPPED, CANCELLED, DONE})
#: paid whatever `pay_time` says, which the app may not see
_PAID_STATES: Final = frozenset({PAID, TO_SHIP, PART_SHIPPED, SHIPPED, DONE})
#: main_status: closed by a refund before it was sent, after it was sent, after the buyer had it
_CLOSED_BY_REFUND: Final = frozenset({21, 22, 39})

_REFUND_PAID: Final = 3
_CASE_DONE: Final = 12
#: refused, failed, withdrawn, exchanged: no refund of this line is on its way
_CASE_ENDED: Final = frozenset({0, 13, 14, 27, 28, 29, 51, 53})
#: exchange, price protection, new sending, repair: money that goes back here is not for the goods
_NOT_FOR_GOODS: Final = frozenset({3, 6, 7, 8})

_CASH_ON_DELIVERY: Final = 0
_STARS: Final = {Flag.NONE: 0, Flag.PURPLE: 1, Flag.BLUE: 2, Flag.GREEN: 3, Flag.YELLOW: 4, Flag.RED: 5}
_FLAGS: Final = {star: flag for flag, star in _STARS.items()}


@dataclass(frozen=True, slots=True)
class Pack:
    """A parcel as Douyin keeps it; `lines` empty where it does not say what is inside."""

    id: str
    company: str
    number: str
    lines: Mapping[str, int]


def star_of(flag: Flag) -> int:
    """The star for a flag of ours; cyan stands for blue, orange for yellow."""
    return _STARS[flag]


def order_of(raw: object) -> ChannelOrder:
    """The canonical order of one `shop_order_list` row or of `shop_order_detail`.

    Raises:
        ContractBroken: a needed field is missing or is not what was promised; `code` is its path.
    """
    fields = Fields(raw, "order")
    lines = _lines_of(fields)
    state, main = fields.whole_or("order_status", -1), fields.whole_or("main_status", -1)
    paid_at = fields.epoch_or_none("pay_time")
    payment = _payment(lines, state, is_paid=paid_at is not None or state in _PAID_STATES)
    return ChannelOrder(
        order_no=fields.id("order_id"),
        version=0,
        modified_at=fields.epoch("update_time"),
        placed_at=fields.epoch("create_time"),
        paid_at=paid_at,
        payment=payment,
        channel_status=_status_text(state, main),
        is_closed=state == CANCELLED or main in _CLOSED_BY_REFUND or payment == "refunded",
        is_shipped=state in (SHIPPED, DONE),
        is_completed=state == DONE,
        # where the app sees no buyer, nobody may take two orders for one person's
        buyer_key=fields.id_or_blank("doudian_open_id") or f"order:{fields.id('order_id')}",
        buyer_name=fields.text_or_blank("mask_post_receiver"),
        consignee=_consignee_of(fields),
        lines=lines,
        amount_fen=_amount(fields),
        freight_fen=fields.fen("post_amount"),
        buyer_note=fields.text_or_blank("buyer_words"),
        seller_note=fields.text_or_blank("seller_words"),
        order_type="presale" if _is_presale(fields) else "normal",
        ship_by_at=fields.epoch_or_none("exp_ship_time"),
        not_before_at=fields.epoch_or_none("appointment_ship_time"),
        stopped_for=_stopped_for(fields, state),
        shipped=[
            ShippedParcel(code_here(one.company), one.number, tuple(one.lines.items())) for one in packs_of(raw)
        ],
        merge_key=fields.id_or_blank("open_address_id"),
        seller_flag=_FLAGS.get(fields.whole_or("seller_remark_stars", 0), Flag.NONE),
        is_cod=fields.has("pay_type") and fields.whole_or("pay_type", -1) == _CASH_ON_DELIVERY,
        raw=fields.mapping,
    )


def _amount(fields: Fields) -> int:
    """What was paid; of an unpaid order, which tells none, what is to be paid."""
    return fields.fen("pay_amount") or max(fields.fen("order_amount") - fields.fen("promotion_amount"), 0)


def packs_of(raw: object) -> Sequence[Pack]:
    """The parcels that Douyin knows for an order."""
    return [_pack_of(row) for row in Fields(raw, "order").rows("logistics_info") if row.text_or_blank("tracking_no")]


def _pack_of(fields: Fields) -> Pack:
    lines: dict[str, int] = {}
    for row in fields.rows("product_info"):
        line_no, qty = row.id_or_blank("sku_order_id"), row.whole_or("product_count", 0)
        if line_no and 0 < qty <= LARGEST_QTY:
            lines[line_no] = lines.get(line_no, 0) + qty
    return Pack(fields.id_or_blank("delivery_id"), fields.text_or_blank("company"), fields.text("tracking_no"), lines)


def _status_text(state: int, main: int) -> str:
    return str(state) if main in (-1, state) else f"{state}/{main}"


def _payment(lines: Sequence[ChannelOrderLine], state: int, *, is_paid: bool) -> str:
    if not is_paid:
        return "unpaid"
    refunded = [line.after_sale == "refunded" for line in lines if not line.is_gift] or [False]
    if all(refunded) or state == CANCELLED:
        return "refunded"
    return "partly_refunded" if any(refunded) else "paid"


def _stopped_for(fields: Fields, state: int) -> str:
    if state == PAID:
        # paid, and not yet handed to the shop: under review, a group that gathers, a deposit
        return fields.text_or_blank("order_status_desc") or "105"
    return "" if state in _KNOWN_STATES else f"order_status {state}"


def _is_presale(fields: Fields) -> bool:
    return any(row.whole_or("pre_sale_type", 0) for row in fields.rows("sku_order_list"))


def _lines_of(order: Fields) -> Sequence[ChannelOrderLine]:
    lines = tuple(_line_of(row) for row in order.rows("sku_order_list"))
    if not lines:
        raise broken("order.sku_order_list")
    if len({line.line_no for line in lines}) != len(lines):
        raise broken("order.sku_order_list.order_id")
    return lines


def _line_of(fields: Fields) -> ChannelOrderLine:
    sku_id = fields.id_or_blank("sku_id")
    return ChannelOrderLine(
        line_no=fields.id("order_id"),
        item_id=fields.id_or_blank("product_id_str") or fields.id_or_blank("product_id"),
        channel_sku_id="" if sku_id == "0" else sku_id,
        merchant_code=fields.id_or_blank("code") or _set_id(fields, "out_sku_id"),
        title=fields.text_or_blank("product_name"),
        spec=" ".join(row.text_or_blank("value") for row in fields.rows("spec")).strip(),
        qty=fields.qty("item_num"),
        unit_price_fen=fields.fen("origin_amount"),
        after_sale=_after_sale(fields.child_or_empty("after_sale_info")),
        is_gift=fields.text_or_blank("given_product_type") == "FREE",
    )


def _set_id(fields: Fields, name: str) -> str:
    found = fields.id_or_blank(name)
    return "" if found == "0" else found


def _after_sale(info: Fields) -> str:
    """A state that is not known here counts as asked for: a person looks before the goods leave."""
    kind = info.whole_or("after_sale_type", -1)
    if kind in _NOT_FOR_GOODS:
        return "none"
    state = info.whole_or("after_sale_status", 0)
    if info.whole_or("refund_status", 0) == _REFUND_PAID or state == _CASE_DONE:
        return "refunded"
    return "none" if state in _CASE_ENDED else "requested"


def _consignee_of(order: Fields) -> Consignee:
    """Masks for the eye, the ciphers as one token for the waybill service; empty where the app sees neither."""
    address, mask = order.child_or_empty("post_addr"), order.child_or_empty("mask_post_addr")
    places = [_place(address, name) or _place(mask, name) for name in ("province", "city", "town", "street")]
    ciphers = {
        "name": order.text_or_blank("encrypt_post_receiver"),
        "phone": order.text_or_blank("encrypt_post_tel"),
        "address": address.text_or_blank("encrypt_detail"),
    }
    place = order.id_or_blank("open_address_id")
    token = json.dumps(ciphers, ensure_ascii=False, separators=(",", ":")) if any(ciphers.values()) else ""
    return Consignee(
        name=order.text_or_blank("mask_post_receiver"),
        phone=order.text_or_blank("mask_post_tel"),
        province=places[0],
        city=places[1],
        district=places[2],
        address=f"{places[3]}{mask.text_or_blank('detail')}",
        token=token,
        is_masked=True,
        # Whether a receiver is ciphered the same way each time is not known; the key of the place stays.
        identity=f"{order.id_or_blank('order_id')} {place}" if place else "",
    )


def _place(address: Fields, name: str) -> str:
    return address.child_or_empty(name).text_or_blank("name")
