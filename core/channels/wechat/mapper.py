"""WeChat's orders as canonical records: pure, either a record or `ContractBroken`.

Fields as in the platform's pages on `order/get` and an open SDK of it (binarywang/WxJava, module channel).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee, ShippedParcel
from core.channels.fields import Fields
from core.channels.wechat.carriers import code_of

UNPAID: Final = 10
#: a gift that nobody has accepted yet, and a group that is still gathering: paid, and not to be sent yet
GIFT: Final = 12
GROUP: Final = 13
TO_SHIP: Final = 20
PART_SHIPPED: Final = 21
SHIPPED: Final = 30
DONE: Final = 100
_CLOSED: Final = frozenset({190, 200, 250})
#: the states in which an order is still to be sent, or will be
OPEN_STATES: Final = (TO_SHIP, PART_SHIPPED, GROUP, GIFT)
#: why an order waits, as clerks read it in the shop's own pages
GIFT_WORDS: Final = "礼物待收下"
GROUP_WORDS: Final = "凑团中，待成团"
PAYING_WORDS: Final = "待付款（付款还在确认）"
VIRTUAL_WORDS: Final = "虚拟商品，不用快递发货"
_WORDS: Final[Mapping[int, str]] = {GIFT: GIFT_WORDS, GROUP: GROUP_WORDS}
_VIRTUAL: Final = 1
_KNOWN: Final = frozenset({UNPAID, GIFT, GROUP, TO_SHIP, PART_SHIPPED, SHIPPED, DONE}) | _CLOSED
_FULL_PRESALE: Final = 1


def order_of(raw: object) -> ChannelOrder:
    """The canonical order of `order` in an answer of `order/get`.

    Raises:
        ContractBroken: a promised field is missing or is not what was promised; `code` is its path.
    """
    fields = Fields(raw, "order")
    status = fields.whole_or("status", -1)
    detail = fields.child("order_detail")
    delivery = detail.child_or_empty("delivery_info")
    price = detail.child_or_empty("price_info")
    notes = detail.child_or_empty("ext_info")
    paid_at = detail.child_or_empty("pay_info").epoch_or_none("pay_time")
    products = detail.rows("product_infos")
    lines = _lines_of(products)
    if not lines and status not in _CLOSED:
        raise fields.broken("order_detail.product_infos")
    consignee, place_key = _consignee_of(delivery)
    number = fields.id("order_id")
    freight = "change_freight" if price.flag("is_change_freight") else "freight"
    return ChannelOrder(
        order_no=number,
        version=0,
        modified_at=fields.epoch("update_time"),
        placed_at=fields.epoch("create_time"),
        paid_at=paid_at,
        payment=_payment_of(status, paid_at, products),
        channel_status=str(status),
        is_closed=status in _CLOSED,
        is_shipped=status in (SHIPPED, DONE),
        is_completed=status == DONE,
        buyer_key=fields.id_or_blank("openid") or f"order:{number}",
        buyer_name="",
        consignee=consignee,
        lines=lines,
        amount_fen=price.fen("order_price"),
        freight_fen=price.fen(freight),
        buyer_note=notes.text_or_blank("customer_notes"),
        seller_note=notes.text_or_blank("merchant_notes"),
        order_type="presale" if _is_presale(products) else "normal",
        ship_by_at=_ship_by(products),
        stopped_for=_stopped_for(status, paid_at, delivery),
        shipped=_parcels_of(delivery, lines),
        merge_key=place_key,
        raw=fields.mapping,
    )


def line_no_of(product_id: str, sku_id: str) -> str:
    """The number of a line: the platform has none, and names goods by item and SKU."""
    return f"{product_id}-{sku_id}"


def _payment_of(status: int, paid_at: datetime | None, products: Sequence[Fields]) -> str:
    if status == UNPAID or status in _CLOSED or status not in _KNOWN:
        if paid_at is None:
            return "unpaid"
        return "refunded" if status in _CLOSED else "paid"
    returned = [row.whole_or("finish_aftersale_sku_cnt", 0) for row in products]
    if products and all(done >= row.qty("sku_cnt") for done, row in zip(returned, products, strict=True)):
        return "refunded"
    return "partly_refunded" if any(returned) else "paid"


def _stopped_for(status: int, paid_at: datetime | None, delivery: Fields) -> str:
    if status == UNPAID:
        # Seen on the platform: a second after the payment the order still says unpaid, and nothing may be sent yet.
        return "" if paid_at is None else PAYING_WORDS
    if status not in _KNOWN:
        return f"平台状态 {status}"
    if status in (TO_SHIP, PART_SHIPPED) and delivery.whole_or("deliver_method", 0) == _VIRTUAL:
        return VIRTUAL_WORDS
    return _WORDS.get(status, "")


def _lines_of(products: Sequence[Fields]) -> tuple[ChannelOrderLine, ...]:
    seen: dict[str, int] = {}
    lines = []
    for row in products:
        product_id, sku_id = row.id("product_id"), row.id("sku_id")
        base = line_no_of(product_id, sku_id)
        seen[base] = seen.get(base, 0) + 1
        lines.append(
            ChannelOrderLine(
                line_no=base if seen[base] == 1 else f"{base}#{seen[base]}",
                item_id=product_id,
                channel_sku_id=sku_id,
                merchant_code=row.text_or_blank("sku_code") or row.text_or_blank("out_sku_id"),
                title=row.text_or_blank("title"),
                spec=spec_of(row),
                qty=row.qty("sku_cnt"),
                unit_price_fen=row.fen("change_price" if row.flag("is_change_price") else "sale_price"),
                after_sale=_after_sale_of(row),
                is_gift=row.mapping.get("is_free_gift") in (True, 1),
            )
        )
    return tuple(lines)


def spec_of(row: Fields) -> str:
    """The choice a SKU stands for, as buyers read it."""
    values = (attribute.text_or_blank("attr_value") for attribute in row.rows("sku_attrs"))
    return " ".join(value for value in values if value)


def _after_sale_of(row: Fields) -> str:
    """Of a line of which only some units are paid back it is not known what is still owed: a person looks."""
    if row.whole_or("finish_aftersale_sku_cnt", 0) >= row.qty("sku_cnt"):
        return "refunded"
    has_any = row.whole_or("on_aftersale_sku_cnt", 0) or row.whole_or("finish_aftersale_sku_cnt", 0)
    return "requested" if has_any else "none"


def _is_presale(products: Sequence[Fields]) -> bool:
    kinds = (row.child_or_empty("sku_deliver_info").whole_or("stock_type", 0) for row in products)
    return any(kind == _FULL_PRESALE for kind in kinds)


def _ship_by(products: Sequence[Fields]) -> datetime | None:
    deadlines = (row.epoch_or_none("delivery_deadline") for row in products)
    return min((at for at in deadlines if at is not None), default=None)


def _consignee_of(delivery: Fields) -> tuple[Consignee, str]:
    """The receiver and the key of the place; an order nobody has accepted has none."""
    address = delivery.child_or_empty("address_info")
    if not address.mapping:
        return Consignee("", "", "", "", "", ""), ""
    place_key = address.text_or_blank("hash_code")
    street = address.text_or_blank("detail_info"), address.text_or_blank("house_number")
    consignee = Consignee(
        name=address.text_or_blank("user_name"),
        phone=address.id_or_blank("tel_number"),
        province=address.text_or_blank("province_name"),
        city=address.text_or_blank("city_name"),
        district=address.text_or_blank("county_name"),
        address="".join(street),
        postcode=address.id_or_blank("postal_code"),
        # Waybills are asked for with the order's number and the receiver as he came; this says who he is.
        token=place_key or delivery.text_or_blank("ewaybill_order_code"),
        is_masked=True,
    )
    return consignee, place_key


def _parcels_of(delivery: Fields, lines: Sequence[ChannelOrderLine]) -> tuple[ShippedParcel, ...]:
    left = {line.line_no: line.qty for line in lines}
    parcels = []
    for row in delivery.rows("delivery_product_info"):
        number = row.id_or_blank("waybill_id")
        if not number:
            continue
        inside: dict[str, int] = {}
        for goods in row.rows("product_infos"):
            base = line_no_of(goods.id("product_id"), goods.id("sku_id"))
            for line_no, qty in _spread(base, goods.qty("product_cnt"), lines, left).items():
                inside[line_no] = inside.get(line_no, 0) + qty
        carrier = code_of(row.id_or_blank("delivery_id"), row.text_or_blank("delivery_name"))
        parcels.append(ShippedParcel(carrier, number, tuple(inside.items())))
    return tuple(parcels)


def _spread(base: str, qty: int, lines: Sequence[ChannelOrderLine], left: dict[str, int]) -> dict[str, int]:
    """Units of one kind of goods over the lines that have it; what fits nowhere stays with the first of them."""
    own = [line.line_no for line in lines if line_no_of(line.item_id, line.channel_sku_id) == base]
    if not own:
        return {base: qty}
    spread: dict[str, int] = {}
    rest = qty
    for line_no in own:
        part = min(rest, left[line_no])
        if part > 0:
            spread[line_no] = part
            left[line_no] -= part
            rest -= part
    if rest > 0:
        spread[own[0]] = spread.get(own[0], 0) + rest
    return spread
