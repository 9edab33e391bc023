"""What was paid back of an order, line by line: an order itself says only how much and when."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from core.channels.fields import LARGEST_FEN, Fields

#: under this key a refund's line names the order's
_LINE: Final = "_refunded_item_id"
_NO_UNITS: Final = Decimal(0)


@dataclass(slots=True)
class Back:
    """What went back of one line: units, and money in fen with its tax."""

    qty: int = 0
    fen: int = 0


def backs_of(refunds: Sequence[Fields]) -> Mapping[str, Back]:
    """Line number -> what went back, over all refunds of an order (`orders/{id}/refunds`).

    Raises:
        ContractBroken: an amount or a quantity is none.
    """
    found: defaultdict[str, Back] = defaultdict(Back)
    for refund in refunds:
        for row in refund.rows("line_items"):
            named = [meta.id_or_blank("value") for meta in row.rows("meta_data") if meta.mapping.get("key") == _LINE]
            if not named:
                continue
            back = found[named[-1]]
            back.qty += abs(int(_number(row, "quantity")))
            back.fen += cents(row, "total") + cents(row, "total_tax")
    return found


def cents(fields: Fields, name: str) -> int:
    """The size of an amount that may stand as a negative one, in fen."""
    fen = abs(_number(fields, name)) * 100
    if fen != fen.to_integral_value() or fen > LARGEST_FEN:
        raise fields.broken(name)
    return int(fen)


def _number(fields: Fields, name: str) -> Decimal:
    value = fields.mapping.get(name)
    if value is None or value == "":
        return _NO_UNITS
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise fields.broken(name)
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise fields.broken(name) from None
    if not number.is_finite():
        raise fields.broken(name)
    return number
