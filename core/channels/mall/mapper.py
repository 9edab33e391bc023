"""The mall's JSON as canonical records: pure and total, either a record or `ContractBroken`."""

from collections.abc import Mapping, Sequence

from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee
from core.channels.fields import LARGEST_FEN, LARGEST_QTY, Fields, broken
from core.channels.singly import EachRead, read_each

_PAYMENTS = frozenset({"unpaid", "paid", "partly_refunded", "refunded"})
_AFTER_SALES = frozenset({"none", "requested", "refunded"})
_ORDER_TYPES = frozenset({"normal", "presale", "custom", "cross_border", "reship"})
_SHIPPED_STATES = frozenset({"shipped", "completed"})
_CLOSED_STATE = "cancelled"
_COMPLETED_STATE = "completed"
_LARGEST_VERSION = 2**53


def order_of(raw: object) -> ChannelOrder:
    """The canonical order of one order object of the contract.

    Raises:
        ContractBroken: a promised field is missing or is not what was promised; `code` is its path.
    """
    fields = Fields(raw, "order")
    state = fields.text("state")
    payment = fields.word("payment", _PAYMENTS)
    if fields.text("currency") != "CNY":
        raise broken("order.currency")
    buyer = fields.child("buyer")
    return ChannelOrder(
        order_no=fields.text("no"),
        version=fields.whole("version", 1, _LARGEST_VERSION),
        modified_at=fields.instant("updated_at"),
        placed_at=fields.instant("placed_at"),
        paid_at=fields.instant_or_none("paid_at"),
        payment=payment,
        channel_status=state,
        is_closed=state == _CLOSED_STATE,
        is_shipped=state in _SHIPPED_STATES,
        is_completed=state == _COMPLETED_STATE,
        buyer_key=buyer.text("key"),
        buyer_name=buyer.text_or_blank("name"),
        buyer_is_member=buyer.flag_or_none("member"),
        consignee=_consignee_of(fields),
        lines=_lines_of(fields, may_be_empty=state == _CLOSED_STATE),
        amount_fen=fields.whole("amount_fen", 0, LARGEST_FEN),
        freight_fen=fields.whole("freight_fen", 0, LARGEST_FEN),
        buyer_note=fields.text_or_blank("buyer_note"),
        seller_note=fields.text_or_blank("seller_note"),
        order_type=fields.word("type", _ORDER_TYPES, default="normal"),
        ship_by_at=fields.instant_or_none("ship_by_at"),
        not_before_at=fields.instant_or_none("not_before_at"),
        raw=fields.mapping,
    )


def page_of(data: Mapping[str, object]) -> tuple[EachRead, str | None]:
    """The orders of one page, those of them that could not be understood, and the next cursor.

    Raises:
        ContractBroken: not a page, or too many of its orders are broken; nothing is taken from such a page.
    """
    orders = data.get("orders")
    if not isinstance(orders, list):
        raise broken("orders")
    if "next_cursor" not in data:
        raise broken("next_cursor")
    cursor = data["next_cursor"]
    if cursor is not None and (not isinstance(cursor, str) or not cursor):
        raise broken("next_cursor")
    return read_each(orders, lambda order: Fields(order, "order").text("no"), order_of), cursor


def _consignee_of(order: Fields) -> Consignee:
    # an unpaid or erased order may come without a receiver
    if order.mapping.get("consignee") is None:
        return Consignee("", "", "", "", "", "")
    fields = order.child("consignee")
    return Consignee(
        name=fields.text_or_blank("name"),
        phone=fields.text_or_blank("phone"),
        province=fields.text_or_blank("province"),
        city=fields.text_or_blank("city"),
        district=fields.text_or_blank("district"),
        address=fields.text_or_blank("address"),
        postcode=fields.text_or_blank("postcode"),
    )


def _lines_of(order: Fields, *, may_be_empty: bool) -> Sequence[ChannelOrderLine]:
    raw_lines = order.mapping.get("lines")
    if not isinstance(raw_lines, list) or (not raw_lines and not may_be_empty):
        raise broken("order.lines")
    lines = tuple(_line_of(Fields(raw, "order.lines")) for raw in raw_lines)
    if len({line.line_no for line in lines}) != len(lines):
        raise broken("order.lines.line_no")
    return lines


def _line_of(fields: Fields) -> ChannelOrderLine:
    return ChannelOrderLine(
        line_no=fields.text("line_no"),
        item_id=fields.text_or_blank("item_id"),
        channel_sku_id=fields.text("sku_id"),
        merchant_code=fields.text_or_blank("sku"),
        title=fields.text("title"),
        spec=fields.text_or_blank("spec"),
        qty=fields.whole("qty", 1, LARGEST_QTY),
        unit_price_fen=fields.whole("unit_price_fen", 0, LARGEST_FEN),
        after_sale=fields.word("after_sale", _AFTER_SALES, default="none"),
        is_gift=fields.flag("is_gift"),
    )
