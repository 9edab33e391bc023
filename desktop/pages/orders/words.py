"""How an order's small states become one word with a tone."""

from core.orders.records import OrderRow

_BY_FULFILMENT = {
    "to_review": "notice",
    "to_pack": "busy",
    "packing": "busy",
    "packed": "good",
    "shipped": "good",
    "completed": "quiet",
    "cancelled": "quiet",
}


def state_tone(row: OrderRow) -> str:
    """The tone of the row's state: what stops it first."""
    if row.hold_reason and row.fulfilment not in {"shipped", "completed", "cancelled"}:
        return "stop"
    if row.after_sale not in {"", "none", "settled"}:
        return "notice"
    if row.payment == "unpaid":
        return "quiet"
    return _BY_FULFILMENT.get(row.fulfilment, "quiet")


def state_code(row: OrderRow) -> tuple[str, str]:
    """Family and value of the word that belongs to the tone."""
    if row.hold_reason and row.fulfilment not in {"shipped", "completed", "cancelled"}:
        return "reason.hold", row.hold_reason
    if row.after_sale not in {"", "none", "settled"}:
        return "state.after_sale", row.after_sale
    if row.payment == "unpaid":
        return "state.payment", row.payment
    return "state.fulfilment", row.fulfilment
