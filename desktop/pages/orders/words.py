"""How an order's small states become one word with a tone."""

from collections.abc import Sequence

from core.orders.records import OrderRow, TimelineEntry
from desktop.texts import Phrase

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


def over_limit_phrases(timeline: Sequence[TimelineEntry]) -> tuple[Phrase, ...]:
    """What an order wanted too much of when it was judged last, in numbers."""
    judged = [entry for entry in timeline if entry.action == "order.over_limit"]
    last = max((entry.at for entry in judged), default=None)
    return tuple(
        Phrase("limits.flagged.member" if entry.facts.get("needs_member") else "limits.flagged.why", entry.facts)
        for entry in judged
        if entry.at == last
    )
