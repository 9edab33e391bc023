"""Medusa's order as a canonical one. Pure; the unexpected is `ContractBroken`, never a crash.

What Medusa does, and what follows (seen on 2.21):

* `updated_at` does not move when a payment is captured: `modified_at` is the newest time of the order, its payments,
  captures, refunds and parcels.
* `fulfillment_status` in lists may say `shipped` while goods are still to be sent: the lines' own counts decide.
* Cancelling a captured order, or paying part of it back, lowers `total`; a return that was received lowers its lines'
  totals. Quantities stay. What the order cost is therefore the sum of its lines, with returned units at their price,
  and the freight.
* An edited order loses the lines that were taken out of it.
* Money is in yuan with decimals; taxes and percentages leave parts of a fen, which are rounded.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee, ShippedParcel
from core.channels.fields import LARGEST_FEN, LARGEST_QTY, Fields
from core.channels.shop_contract import Flag
from core.runtime.remote_errors import ContractBroken

#: where the seller's note and flag are kept in an order's `metadata`; Medusa has no place of its own for them
NOTE_KEY: Final = "packdesk_note"
FLAG_KEY: Final = "packdesk_flag"
#: what a parcel of ours carries in its `metadata`
WAYBILL_KEY: Final = "packdesk_waybill"
CARRIER_KEY: Final = "packdesk_carrier"

_KNOWN_STATES: Final = frozenset({"pending", "completed", "archived", "canceled"})
_PAYMENTS: Final[Mapping[str, str]] = {
    "captured": "paid",
    "partially_refunded": "partly_refunded",
    "refunded": "refunded",
}
_IDEOGRAPHS: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True)
class Reading:
    """How this shop's orders are read.

    Attributes:
        note_field: the name in the order's `metadata` under which the storefront puts the buyer's note; blank: none.
        counts_authorised: whether a payment that is only authorised counts as paid (captured when the parcel leaves).
    """

    note_field: str = ""
    counts_authorised: bool = False


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel as Medusa knows it: a fulfilment that was not cancelled; `lines` is line id to units.

    `mark` is the waybill number that we gave it when it was made, before it was told as shipped.
    """

    id: str
    numbers: Sequence[str]
    lines: Mapping[str, int]
    is_shipped: bool
    mark: str
    carrier: str


@dataclass(frozen=True, slots=True)
class Units:
    """What was bought of a line and how far it is; `needed` is to be sent, `shipped` was."""

    bought: int
    needed: int
    shipped: int


def order_of(raw: Mapping[str, object], reading: Reading) -> ChannelOrder:
    """One canonical order of one raw one.

    Raises:
        ContractBroken: not the shape that was asked for, or not in yuan.
    """
    order = Fields(raw, "order")
    if order.text("currency_code").lower() != "cny":
        raise ContractBroken("An order of this shop is not in yuan", code="currency_code")
    placed_at = order.instant("created_at")
    status = order.text("status")
    items = sorted(_items(order), key=lambda item: item.text("id"))
    cost = sum((_gross(item) for item in items), Decimal()) + _yuan(order, "shipping_total")
    payment = _payment(order, reading, cost)
    is_shipped = _is_shipped(order)
    is_closed = status == "canceled" or payment == "refunded" or (status == "archived" and not is_shipped)
    metadata = order.child_or_empty("metadata")
    address, customer = order.child_or_empty("shipping_address"), order.child_or_empty("customer")
    return ChannelOrder(
        order_no=order.text("id"),
        display_no=_noted(order, "custom_display_id") or order.id_or_blank("display_id"),
        version=0,
        modified_at=_modified_at(order),
        placed_at=placed_at,
        paid_at=max([placed_at, *_paid_times(order)]) if payment != "unpaid" else None,
        payment=payment,
        channel_status="/".join((status, order.text("payment_status"), order.text("fulfillment_status"))),
        is_closed=is_closed,
        is_shipped=is_shipped,
        is_completed=is_shipped and status in {"completed", "archived"},
        buyer_key=order.id_or_blank("customer_id") or order.text_or_blank("email"),
        buyer_name=_person(customer) or _person(address),
        consignee=_consignee(address, customer),
        lines=[_line(item, is_closed=is_closed, is_paid=payment != "unpaid") for item in items],
        amount_fen=_fen(cost, order, "total"),
        freight_fen=_fen(_yuan(order, "shipping_total"), order, "shipping_total"),
        buyer_note=_noted(metadata, reading.note_field),
        seller_note=_noted(metadata, NOTE_KEY),
        seller_flag=_flag(metadata),
        stopped_for="" if status in _KNOWN_STATES else status,
        shipped=_shipped(order),
        raw=raw,
    )


def parcels_of(order: Fields) -> Sequence[Parcel]:
    """The order's parcels that were not cancelled.

    Raises:
        ContractBroken: not the shape that was asked for.
    """
    return [_parcel(row) for row in order.rows("fulfillments") if not row.has("canceled_at")]


def units_of(order: Fields) -> Mapping[str, Units]:
    """Line id to how far it is.

    Raises:
        ContractBroken: not the shape that was asked for.
    """
    return {item.text("id"): _units(item) for item in _items(order)}


def fen_of(fields: Fields, name: str) -> int:
    """An amount in yuan with decimals, rounded to a fen; 0 where it is not there."""
    return _fen(_yuan(fields, name), fields, name)


def count_of(fields: Fields, name: str) -> int:
    """A quantity; 0 where it is not there."""
    found = fields.whole_or(name, 0)
    if not 0 <= found <= LARGEST_QTY:
        raise fields.broken(name)
    return found


def _items(order: Fields) -> Sequence[Fields]:
    """The lines that are still of the order."""
    return [item for item in order.rows("items") if count_of(item, "quantity")]


def _parcel(row: Fields) -> Parcel:
    lines: dict[str, int] = {}
    for item in row.rows("items"):
        line_no = item.text_or_blank("line_item_id")
        lines[line_no] = lines.get(line_no, 0) + count_of(item, "quantity")
    metadata = row.child_or_empty("metadata")
    numbers = [label.text_or_blank("tracking_number") for label in row.rows("labels")]
    return Parcel(
        id=row.text("id"),
        numbers=[number for number in numbers if number],
        lines=lines,
        is_shipped=row.has("shipped_at") or row.has("delivered_at"),
        mark=_noted(metadata, WAYBILL_KEY),
        carrier=_noted(metadata, CARRIER_KEY),
    )


def _shipped(order: Fields) -> Sequence[ShippedParcel]:
    return [
        ShippedParcel(parcel.carrier, number, tuple(parcel.lines.items()))
        for parcel in parcels_of(order)
        if parcel.is_shipped
        for number in parcel.numbers
    ]


def _units(item: Fields) -> Units:
    bought = count_of(item, "quantity")
    detail = item.child_or_empty("detail")
    shipped = max(count_of(detail, "shipped_quantity"), count_of(detail, "delivered_quantity"))
    # What nobody ships (a voucher) is not waited for.
    return Units(bought, 0 if item.flag_or_none("requires_shipping") is False else bought, shipped)


def _is_shipped(order: Fields) -> bool:
    units = units_of(order).values()
    if order.text("status") == "completed" or not any(line.needed for line in units):
        return order.text("status") == "completed" or order.text("fulfillment_status") == "delivered"
    return all(line.shipped >= line.needed for line in units)


def _payment(order: Fields, reading: Reading, cost: Decimal) -> str:
    word = order.text("payment_status")
    if word == "authorized" and reading.counts_authorised:
        return "paid"
    if word in {"not_paid", "awaiting"} and not cost:
        return "paid"
    return _PAYMENTS.get(word, "unpaid")


def _payments(order: Fields) -> Sequence[Fields]:
    return [payment for one in order.rows("payment_collections") for payment in one.rows("payments")]


def _paid_times(order: Fields) -> Sequence[datetime]:
    payments = _payments(order)
    captured = [one.instant("captured_at") for one in payments if one.has("captured_at")]
    # A payment that is only authorised counts from when it was made.
    return captured or [one.instant("created_at") for one in payments if one.has("created_at")]


def _modified_at(order: Fields) -> datetime:
    payments = _payments(order)
    moments = [row for one in payments for name in ("captures", "refunds") for row in one.rows(name)]
    times = [row.instant("created_at") for row in moments if row.has("created_at")]
    changing = (*order.rows("payment_collections"), *payments, *order.rows("fulfillments"))
    times += [row.instant("updated_at") for row in changing if row.has("updated_at")]
    return max([order.instant("updated_at"), *times])


def _line(item: Fields, *, is_closed: bool, is_paid: bool) -> ChannelOrderLine:
    qty = item.qty("quantity")
    detail = item.child_or_empty("detail")
    back = count_of(detail, "return_received_quantity") + count_of(detail, "return_dismissed_quantity")
    after_sale = "none"
    if back >= qty or (is_closed and is_paid):
        after_sale = "refunded"
    elif count_of(detail, "return_requested_quantity"):
        after_sale = "requested"
    return ChannelOrderLine(
        line_no=item.text("id"),
        item_id=item.id_or_blank("product_id"),
        channel_sku_id=item.id_or_blank("variant_id"),
        merchant_code=item.text_or_blank("variant_sku"),
        title=item.text_or_blank("product_title") or item.text_or_blank("title"),
        spec=item.text_or_blank("variant_title"),
        qty=qty,
        unit_price_fen=_fen(_gross(item) / qty, item, "total"),
        after_sale=after_sale,
    )


def _gross(item: Fields) -> Decimal:
    """What a line cost when it was bought, with taxes and discounts."""
    qty = item.qty("quantity")
    left = qty - count_of(item.child_or_empty("detail"), "return_received_quantity")
    if left <= 0:
        return _yuan(item, "unit_price") * qty
    return _yuan(item, "total") * qty / left


def _consignee(address: Fields, customer: Fields) -> Consignee:
    parts = (address.text_or_blank(key) for key in ("address_1", "address_2", "company"))
    return Consignee(
        name=_person(address) or _person(customer),
        phone=address.text_or_blank("phone") or customer.text_or_blank("phone"),
        province=address.text_or_blank("province"),
        city=address.text_or_blank("city"),
        district="",
        address=" ".join(part for part in parts if part),
        postcode=address.text_or_blank("postal_code"),
    )


def _person(fields: Fields) -> str:
    first, last = fields.text_or_blank("first_name").strip(), fields.text_or_blank("last_name").strip()
    if _IDEOGRAPHS.search(first) and _IDEOGRAPHS.search(last):
        return last + first
    return f"{first} {last}".strip()


def _noted(metadata: Fields, key: str) -> str:
    """A text of somebody's `metadata`, which may hold anything; blank where it holds none under this name."""
    value = metadata.mapping.get(key) if key else None
    return value if isinstance(value, str) else ""


def _flag(metadata: Fields) -> str:
    word = _noted(metadata, FLAG_KEY)
    return word if word in set(Flag) else ""


def _yuan(fields: Fields, name: str) -> Decimal:
    value = fields.mapping.get(name)
    if value is None:
        return Decimal()
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise fields.broken(name)
    try:
        yuan = Decimal(str(value))
    except InvalidOperation:
        raise fields.broken(name) from None
    if not yuan.is_finite() or not 0 <= yuan * 100 <= LARGEST_FEN:
        raise fields.broken(name)
    return yuan


def _fen(yuan: Decimal, fields: Fields, name: str) -> int:
    fen = (yuan * 100).to_integral_value(ROUND_HALF_UP)
    if fen > LARGEST_FEN:
        raise fields.broken(name)
    return int(fen)
