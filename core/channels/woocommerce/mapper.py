"""WooCommerce's JSON as canonical orders: pure, either a record or `ContractBroken`.

* An order's number here is its id: plugins give buyers another one, by which nothing can be asked for; that one is
  what people see.
* Times named `_gmt` are UTC without saying so.
* Money is decimal text; amounts with tax are what the buyer pays.
* What a status means is one table; a word that nobody knows keeps a paid order back until a person has looked.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee
from core.channels.fields import Fields
from core.channels.woocommerce.parcels import NOTE, meta_of, parcels_of
from core.channels.woocommerce.provinces import province_of
from core.channels.woocommerce.refunds import Back

PENDING, ON_HOLD, PROCESSING, COMPLETED = "pending", "on-hold", "processing", "completed"
TRASH: Final = "trash"
#: what the shop still wants sent, or paid
OPEN: Final = (PENDING, ON_HOLD, PROCESSING)
#: carts that became no order yet
DRAFTS: Final = frozenset({"checkout-draft", "auto-draft", "draft"})
_CLOSED: Final = frozenset({"cancelled", "refunded", TRASH})
#: paid or to be paid at the door, and to be sent; the second is a tracking plugin's
_TO_SEND: Final = frozenset({PROCESSING, "partial-shipped"})
#: the shop's own word, and those of tracking plugins
_SENT: Final = frozenset({COMPLETED, "shipped", "delivered"})
_HAS_IT: Final = frozenset({"delivered"})
#: no money came (yet); a buyer may try a failed payment again
_UNPAID: Final = frozenset({PENDING, "failed"})
_AT_THE_DOOR: Final = "cod"
_YUAN: Final = "CNY"
_NO_BACKS: Final[Mapping[str, Back]] = {}


def wants_refunds(order: Fields) -> bool:
    """Whether something was paid back of an order that may still be sent, so that it has to be known for what."""
    return bool(order.rows("refunds")) and order.text("status") not in _CLOSED


def modified_at(order: Fields) -> datetime:
    """When an order changed last; orders that were never touched have only the time at which they were placed."""
    return _utc_or_none(order, "date_modified_gmt") or _utc(order, "date_created_gmt")


def order_of(fields: Fields, backs: Mapping[str, Back] = _NO_BACKS) -> ChannelOrder:
    """The canonical order of one row of `orders`.

    Args:
        fields: the JSON.
        backs: what went back of its lines, where `wants_refunds` asks for it.

    Raises:
        ContractBroken: a promised field is missing or is not what was promised; `code` is its path.
    """
    order_no, status = fields.id("id"), fields.text("status")
    paid_at = _utc_or_none(fields, "date_paid_gmt")
    is_cod = paid_at is None and fields.text_or_blank("payment_method") == _AT_THE_DOOR
    is_closed, is_shipped = status in _CLOSED, status in _SENT
    placed_at = _utc(fields, "date_created_gmt")
    is_paid = paid_at is not None or is_shipped or status in _TO_SEND
    billing, shipping = fields.child_or_empty("billing"), fields.child_or_empty("shipping")
    note = meta_of(fields, NOTE)
    return ChannelOrder(
        order_no=order_no,
        display_no=fields.id_or_blank("number"),
        version=0,
        modified_at=modified_at(fields),
        placed_at=placed_at,
        paid_at=paid_at,
        payment=_payment_of(fields, status, is_paid=is_paid),
        channel_status=status,
        is_closed=is_closed,
        is_shipped=is_shipped,
        is_completed=status in _HAS_IT,
        buyer_key=_buyer_key(fields, billing),
        buyer_name=_name_of(billing),
        consignee=_consignee_of(shipping, billing),
        lines=_lines_of(fields, backs, is_refunded=status == "refunded"),
        amount_fen=fields.yuan("total"),
        freight_fen=fields.yuan("shipping_total") + fields.yuan("shipping_tax"),
        buyer_note=fields.text_or_blank("customer_note"),
        seller_note=note if isinstance(note, str) else "",
        stopped_for="" if is_closed or is_shipped else _stopped_for(fields, status, is_paid=is_paid),
        shipped=parcels_of(fields),
        is_cod=is_cod and not is_closed,
        raw=fields.mapping,
    )


def to_send(order: ChannelOrder, backs: Mapping[str, Back]) -> Mapping[str, int]:
    """Line number -> units that the buyer is to get in all, without those that were paid back."""
    return {line.line_no: 0 if line.after_sale == "refunded" else _left(line, backs) for line in order.lines}


def units_of(order: Fields, item_id: str, variation_id: str | None) -> int:
    """Units of one product in an order; None: of all its variations."""
    return sum(
        row.qty("quantity")
        for row in order.rows("line_items")
        if _real_id(row, "product_id") == item_id and variation_id in (None, _real_id(row, "variation_id"))
    )


def _left(line: ChannelOrderLine, backs: Mapping[str, Back]) -> int:
    back = backs.get(line.line_no)
    return line.qty if back is None else max(line.qty - back.qty, 0)


def _payment_of(order: Fields, status: str, *, is_paid: bool) -> str:
    if status == "refunded":
        return "refunded"
    if not is_paid:
        return "unpaid"
    if status in _CLOSED and status != TRASH and order.rows("refunds"):
        return "refunded"
    return "partly_refunded" if order.rows("refunds") else "paid"


def _stopped_for(order: Fields, status: str, *, is_paid: bool) -> str:
    """Why the shop will not have an order sent yet although it is paid; its own word."""
    if not is_paid and status in _UNPAID | {ON_HOLD}:
        return ""
    if status not in _TO_SEND:
        return status
    currency = order.text_or_blank("currency")
    return "" if currency in ("", _YUAN) else currency


def _lines_of(order: Fields, backs: Mapping[str, Back], *, is_refunded: bool) -> Sequence[ChannelOrderLine]:
    lines = tuple(_line_of(row, backs, is_refunded=is_refunded) for row in order.rows("line_items"))
    if len({line.line_no for line in lines}) != len(lines):
        raise order.broken("line_items.id")
    return lines


def _line_of(row: Fields, backs: Mapping[str, Back], *, is_refunded: bool) -> ChannelOrderLine:
    line_no, qty = row.id("id"), row.qty("quantity")
    paid_fen = row.yuan("total") + row.yuan("total_tax")
    variation_id = _real_id(row, "variation_id")
    return ChannelOrderLine(
        line_no=line_no,
        item_id=_real_id(row, "product_id"),
        channel_sku_id=variation_id,
        merchant_code=row.id_or_blank("sku"),
        title=row.text_or_blank("parent_name") or row.text_or_blank("name"),
        spec=_spec_of(row) if variation_id else "",
        qty=qty,
        # What was paid for one, with tax and after coupons; parts of a fen stay with the line.
        unit_price_fen=paid_fen // qty,
        after_sale="refunded" if is_refunded else _after_sale(backs.get(line_no), qty, paid_fen),
    )


def _after_sale(back: Back | None, qty: int, paid_fen: int) -> str:
    """Whether the goods of a line were paid back: by units, or all the money without naming units.

    Some of a line's units: somebody has to look how many are to be sent. Less money and no units is a gift to the
    buyer, who still gets the goods.
    """
    if back is None:
        return "none"
    if back.qty >= qty or (back.fen >= paid_fen > 0):
        return "refunded"
    return "requested" if back.qty else "none"


def _spec_of(row: Fields) -> str:
    """The choice of a line, as buyers see it: attributes stand among the meta data, without an underscore before."""
    shown = []
    for meta in row.rows("meta_data"):
        key, value = meta.mapping.get("key"), meta.mapping.get("display_value", meta.mapping.get("value"))
        if isinstance(key, str) and not key.startswith("_") and isinstance(value, str) and value:
            shown.append(value)
    return ";".join(shown)


def _real_id(row: Fields, name: str) -> str:
    """An id; blank for 0, which stands for none."""
    found = row.id_or_blank(name)
    return "" if found == "0" else found


def _consignee_of(shipping: Fields, billing: Fields) -> Consignee:
    """The receiver: the shipping address, the billing one where there is none; phones are the buyer's as a rule."""
    place = shipping if any(shipping.text_or_blank(name) for name in ("address_1", "city", "last_name")) else billing
    parts = [place.text_or_blank("address_1").strip(), place.text_or_blank("address_2").strip()]
    company = place.text_or_blank("company").strip()
    country = place.text_or_blank("country").strip().upper()
    if country not in ("", "CN"):
        parts.insert(0, country)
    return Consignee(
        name=_name_of(place) or company,
        phone=(place.id_or_blank("phone") or billing.id_or_blank("phone")).strip(),
        province=province_of(place.text_or_blank("state")),
        city=place.text_or_blank("city").strip(),
        district="",
        address=" ".join(part for part in (*parts, company if _name_of(place) else "") if part),
        postcode=place.id_or_blank("postcode").strip(),
    )


def _name_of(place: Fields) -> str:
    """A person's name: family name first and without a space where it is a Chinese one."""
    first, last = place.text_or_blank("first_name").strip(), place.text_or_blank("last_name").strip()
    if any("\u4e00" <= char <= "\u9fff" for char in first + last):
        return f"{last}{first}"
    return f"{first} {last}".strip()


def _buyer_key(order: Fields, billing: Fields) -> str:
    """Whose order it is: the account, a guest's mail address or phone; else nobody else's."""
    account = order.id_or_blank("customer_id")
    if account not in ("", "0"):
        return f"customer:{account}"
    mail = billing.text_or_blank("email").strip().lower()
    return mail or billing.id_or_blank("phone").strip() or f"order:{order.id('id')}"


def _utc(fields: Fields, name: str) -> datetime:
    found = _utc_or_none(fields, name)
    if found is None:
        raise fields.broken(name)
    return found


def _utc_or_none(fields: Fields, name: str) -> datetime | None:
    text = fields.text_or_blank(name).strip()
    if not text:
        return None
    try:
        value = datetime.fromisoformat(text)
        return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise fields.broken(name) from None
