"""JD's orders and SKUs as canonical records. Pure; the unexpected is `ContractBroken`, never a crash.

* Lines have no number of their own: it is the SKU's, with a count behind it from the second time on.
* `modified` moves with the state and the parcel, not with notes and addresses.
* The receiver comes as ciphertext beside a masked phone. The ciphertext goes into the token, untouched.
* An order that JD splits when it is paid comes back as its children; they name the parent.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee, ShippedParcel
from core.channels.fields import Fields
from core.channels.listing_contract import ChannelListing

TO_SHIP: Final = "WAIT_SELLER_STOCK_OUT"
TO_SHIP_ABROAD: Final = "WAIT_SELLER_DELIVERY"
SENT: Final = "WAIT_GOODS_RECEIVE_CONFIRM"
DONE: Final = "FINISHED_L"
CANCELLED: Final = "TRADE_CANCELED"
LOCKED: Final = "LOCKED"
#: paid, and kept back
STOPPED: Final = (LOCKED, "PAUSE", "POP_ORDER_PAUSE")
OPEN_STATES: Final = (TO_SHIP, TO_SHIP_ABROAD, *STOPPED)
ALL_STATES: Final = (*OPEN_STATES, SENT, DONE, CANCELLED)
_GO_ON: Final = frozenset({TO_SHIP, TO_SHIP_ABROAD, SENT, DONE, CANCELLED})

_CIPHERS: Final = ("fullname", "mobile", "telephone", "fullAddress")
_HIDDEN: Final = "****"
_PHONE_SIGNS: Final = frozenset("0123456789+- ")


def order_of(fields: Fields, carrier_of: Callable[[str], str]) -> ChannelOrder:
    """The canonical order of one row of a search, or of one order that was asked for.

    Args:
        fields: as JD gives it.
        carrier_of: our code of JD's number of a carrier.

    Raises:
        ContractBroken: a promised field is missing or is not what was promised.
    """
    state = fields.text("orderState")
    paid_at = fields.china_or_none("paymentConfirmTime")
    is_cod = fields.text_or_blank("payType").partition("-")[0].strip() == "1"
    is_closed = state == CANCELLED
    ended_unpaid = is_closed and paid_at is None
    return ChannelOrder(
        order_no=fields.id("orderId"),
        version=0,
        split_from=_split_from(fields),
        modified_at=fields.china("modified"),
        placed_at=fields.china("orderStartTime"),
        paid_at=paid_at,
        # JD lists an order when it may be worked on: paid, or to be paid at the door
        payment="unpaid" if ended_unpaid else "refunded" if is_closed else "paid",
        channel_status=state,
        is_closed=is_closed,
        is_shipped=state in (SENT, DONE),
        is_completed=state == DONE,
        # orders of people that JD does not name are not one person's
        buyer_key=fields.text_or_blank("open_id_buyer") or f"order:{fields.id('orderId')}",
        buyer_name="",
        consignee=_consignee_of(fields.child_or_empty("consigneeInfo")),
        lines=_lines_of(fields, "itemInfoList", may_be_empty=is_closed),
        amount_fen=fields.yuan("orderPayment"),
        freight_fen=fields.yuan("freightPrice"),
        buyer_note=fields.text_or_blank("orderRemark"),
        seller_note=fields.text_or_blank("venderRemark"),
        order_type="cross_border" if state == TO_SHIP_ABROAD else "normal",
        # a word that nobody knows stops the order until a person has looked
        stopped_for="" if state in _GO_ON else state,
        shipped=_parcels_of(fields, carrier_of),
        is_cod=is_cod,
        raw=fields.mapping,
    )


def _split_from(fields: Fields) -> Sequence[str]:
    """What JD made the order of; 0, or its own number, where it was never split."""
    named = (fields.id_or_blank(name) for name in ("directParentOrderId", "parentOrderId"))
    return tuple(dict.fromkeys(no for no in named if no not in ("", "0", fields.id("orderId"))))


def unpaid_order_of(fields: Fields) -> ChannelOrder:
    """The canonical order of one row of the unpaid ones; the receiver's region is all that JD tells there.

    Raises:
        ContractBroken: as `order_of`.
    """
    placed_at = fields.china("orderCreated")
    return ChannelOrder(
        order_no=fields.id("orderId"),
        version=0,
        modified_at=placed_at,
        placed_at=placed_at,
        paid_at=None,
        payment="unpaid",
        channel_status=fields.id_or_blank("status") or "NOT_PAY",
        is_closed=False,
        is_shipped=False,
        buyer_key=f"order:{fields.id('orderId')}",
        buyer_name="",
        consignee=_consignee_of(fields),
        lines=_lines_of(fields, "itemList", may_be_empty=False),
        amount_fen=fields.fen("payment"),
        freight_fen=0,
        raw=fields.mapping,
    )


def listing_of(fields: Fields) -> ChannelListing:
    """One SKU of JD's list.

    Raises:
        ContractBroken: as `order_of`.
    """
    choices = [_choice(row) for row in fields.rows("saleAttrs")]
    picture = fields.text_or_blank("logo")
    status = fields.id_or_blank("status")
    return ChannelListing(
        item_id=fields.id("wareId"),
        channel_sku_id=fields.id("skuId"),
        merchant_code=fields.text_or_blank("outerId"),
        title=fields.text_or_blank("wareTitle") or fields.text_or_blank("skuName"),
        spec=";".join(choice for choice in choices if choice),
        barcode=fields.text_or_blank("barCode"),
        price_fen=fields.yuan("jdPrice") if fields.has("jdPrice") else None,
        qty=fields.whole_or("stockNum", 0) if fields.has("stockNum") else None,
        is_on_sale=status == "1" if status else None,
        picture_url=picture if picture.startswith("https://") else "",
    )


def _choice(row: Fields) -> str:
    names = row.mapping.get("attrValueAlias")
    if not isinstance(names, list):
        return ""
    return ",".join(name for name in names if isinstance(name, str))


def _lines_of(order: Fields, name: str, *, may_be_empty: bool) -> Sequence[ChannelOrderLine]:
    rows = order.rows(name)
    if not rows and not may_be_empty:
        raise order.broken(name)
    seen: dict[str, int] = {}
    return tuple(_line_of(row, seen) for row in rows)


def _line_of(row: Fields, seen: dict[str, int]) -> ChannelOrderLine:
    sku_id = row.id("skuId")
    seen[sku_id] = seen.get(sku_id, 0) + 1
    price = row.yuan("jdPrice")
    return ChannelOrderLine(
        line_no=sku_id if seen[sku_id] == 1 else f"{sku_id}-{seen[sku_id]}",
        item_id=row.id_or_blank("wareId"),
        channel_sku_id=sku_id,
        merchant_code=row.text_or_blank("outerSkuId"),
        title=row.text_or_blank("skuName"),
        spec="",
        qty=row.qty("itemTotal"),
        unit_price_fen=price,
        is_gift=price == 0,
    )


def _parcels_of(order: Fields, carrier_of: Callable[[str], str]) -> Sequence[ShippedParcel]:
    """Numbers of different carriers are joined with a bar, several of one carrier with a comma."""
    waybills = order.id_or_blank("waybill").split("|")
    carriers = order.id_or_blank("logisticsId").split("|")
    found = []
    for place, group in enumerate(waybills):
        carrier = carriers[min(place, len(carriers) - 1)].strip()
        numbers = [number.strip() for number in group.split(",") if number.strip()]
        found += [ShippedParcel(carrier_of(carrier) if carrier else "", number) for number in numbers]
    return tuple(found)


def _consignee_of(fields: Fields) -> Consignee:
    phone = fields.text_or_blank("desen_mobile") or fields.text_or_blank("desen_telephone")
    told = {name: fields.text_or_blank(name) for name in _CIPHERS}
    region = [fields.text_or_blank(name) for name in ("province", "city", "county")]
    if _is_clear(told, phone):
        name, address, phone = told["fullname"], told["fullAddress"], told["mobile"] or told["telephone"]
        return Consignee(name, phone, region[0], region[1], region[2], address)
    return Consignee(
        name=_shown(told["fullname"]),
        phone=phone or _HIDDEN,
        province=region[0],
        city=region[1],
        district=region[2],
        address=f"{fields.text_or_blank('town')}{_HIDDEN}",
        token=_token(told),
        is_masked=True,
    )


def _is_clear(told: Mapping[str, str], masked_phone: str) -> bool:
    """Whether JD told the receiver in clear, as it did to shops without encryption."""
    phone = told["mobile"] or told["telephone"]
    return bool(phone) and not masked_phone and _PHONE_SIGNS.issuperset(phone)


def _shown(name: str) -> str:
    """A name that JD masked; ciphertext is nothing to look at."""
    return name if "*" in name else _HIDDEN


def _token(told: Mapping[str, str]) -> str:
    ciphers = {name: value for name, value in told.items() if value and "*" not in value}
    return json.dumps(ciphers, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if ciphers else ""
