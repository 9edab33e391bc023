"""The mall's JSON as canonical records: pure and total, either a record or `ContractBroken`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from core.channels.contract import ChannelOrder, ChannelOrderLine, Consignee
from core.runtime.remote_errors import ContractBroken

_PAYMENTS = frozenset({"unpaid", "paid", "partly_refunded", "refunded"})
_AFTER_SALES = frozenset({"none", "requested", "refunded"})
_ORDER_TYPES = frozenset({"normal", "presale", "custom", "cross_border", "reship"})
_SHIPPED_STATES = frozenset({"shipped", "completed"})
_CLOSED_STATE = "cancelled"
_COMPLETED_STATE = "completed"
#: 10 milliard yuan: beyond it a number is an error, and it fits every database's integer
_LARGEST_FEN = 10**12
_LARGEST_QTY = 1_000_000
_LARGEST_VERSION = 2**53


def order_of(raw: object) -> ChannelOrder:
    """The canonical order of one order object of the contract.

    Raises:
        ContractBroken: a promised field is missing or is not what was promised; `code` is its path.
    """
    fields = _Fields(raw, "order")
    state = fields.text("state")
    payment = fields.word("payment", _PAYMENTS)
    if fields.text("currency") != "CNY":
        raise _broken("order.currency")
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
        consignee=_consignee_of(fields),
        lines=_lines_of(fields, may_be_empty=state == _CLOSED_STATE),
        amount_fen=fields.whole("amount_fen", 0, _LARGEST_FEN),
        freight_fen=fields.whole("freight_fen", 0, _LARGEST_FEN),
        buyer_note=fields.text_or_blank("buyer_note"),
        seller_note=fields.text_or_blank("seller_note"),
        order_type=fields.word("type", _ORDER_TYPES, default="normal"),
        ship_by_at=fields.instant_or_none("ship_by_at"),
        not_before_at=fields.instant_or_none("not_before_at"),
        raw=fields.mapping,
    )


def page_of(data: Mapping[str, object]) -> tuple[Sequence[ChannelOrder], str | None]:
    """The orders and the next cursor of one page.

    Raises:
        ContractBroken: not a page, or one of its orders is broken; nothing is taken from such a page.
    """
    orders = data.get("orders")
    if not isinstance(orders, list):
        raise _broken("orders")
    if "next_cursor" not in data:
        raise _broken("next_cursor")
    cursor = data["next_cursor"]
    if cursor is not None and (not isinstance(cursor, str) or not cursor):
        raise _broken("next_cursor")
    return tuple(order_of(order) for order in orders), cursor


def _consignee_of(order: "_Fields") -> Consignee:
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


def _lines_of(order: "_Fields", *, may_be_empty: bool) -> Sequence[ChannelOrderLine]:
    raw_lines = order.mapping.get("lines")
    if not isinstance(raw_lines, list) or (not raw_lines and not may_be_empty):
        raise _broken("order.lines")
    lines = tuple(_line_of(_Fields(raw, "order.lines")) for raw in raw_lines)
    if len({line.line_no for line in lines}) != len(lines):
        raise _broken("order.lines.line_no")
    return lines


def _line_of(fields: "_Fields") -> ChannelOrderLine:
    return ChannelOrderLine(
        line_no=fields.text("line_no"),
        item_id=fields.text_or_blank("item_id"),
        channel_sku_id=fields.text("sku_id"),
        merchant_code=fields.text_or_blank("sku"),
        title=fields.text("title"),
        spec=fields.text_or_blank("spec"),
        qty=fields.whole("qty", 1, _LARGEST_QTY),
        unit_price_fen=fields.whole("unit_price_fen", 0, _LARGEST_FEN),
        after_sale=fields.word("after_sale", _AFTER_SALES, default="none"),
        is_gift=fields.flag("is_gift"),
    )


def _broken(path: str) -> ContractBroken:
    return ContractBroken("The mall's answer is not what its contract promises", code=path)


class _Fields:
    """Typed reading of one JSON object; every miss is a `ContractBroken` that names the path."""

    def __init__(self, raw: object, path: str) -> None:
        if not isinstance(raw, dict):
            raise _broken(path)
        self.mapping: Mapping[str, object] = raw
        self._path = path

    def _broken(self, name: str) -> ContractBroken:
        return _broken(f"{self._path}.{name}")

    def child(self, name: str) -> "_Fields":
        return _Fields(self.mapping.get(name), f"{self._path}.{name}")

    def text(self, name: str) -> str:
        value = self.mapping.get(name)
        if not isinstance(value, str) or not value:
            raise self._broken(name)
        return value

    def text_or_blank(self, name: str) -> str:
        value = self.mapping.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._broken(name)
        return value

    def word(self, name: str, known: frozenset[str], default: str | None = None) -> str:
        if default is not None and self.mapping.get(name) is None:
            return default
        value = self.text(name)
        if value not in known:
            raise self._broken(name)
        return value

    def whole(self, name: str, least: int, most: int) -> int:
        value = self.mapping.get(name)
        # True is an int to Python, 3.0 is none to the contract
        if type(value) is not int or not least <= value <= most:
            raise self._broken(name)
        return value

    def flag(self, name: str) -> bool:
        value = self.mapping.get(name, False)
        if not isinstance(value, bool):
            raise self._broken(name)
        return value

    def instant_or_none(self, name: str) -> datetime | None:
        return None if self.mapping.get(name) is None else self.instant(name)

    def instant(self, name: str) -> datetime:
        try:
            value = datetime.fromisoformat(self.text(name))
            if value.tzinfo is None:
                raise self._broken(name)
            return value.astimezone(UTC)
        except (ValueError, OverflowError):
            raise self._broken(name) from None
