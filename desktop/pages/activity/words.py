"""How deliveries become a state with a tone, and a sentence."""

from typing import Final

from core.channels.contract import SHIPPED_OTHERWISE
from core.orders.noting import NOTE_CHANGED
from core.sync.deliveries import DELIVERY_PILES, DeliveryRow
from desktop.texts import Phrase

#: chips of the page: the outbox's piles, and the print jobs
PILES: Final = (*DELIVERY_PILES, "prints")
TONES: Final = {"waiting": "busy", "leased": "busy", "done": "good", "failed": "stop"}
#: what has a sentence of its own here; everything else that is wrong is said as on the page of shops
TROUBLES: Final = (
    "refused",
    "later",
    "defect",
    "unknown_kind",
    "number_taken",
    "told_other",
    "switched_off",
    NOTE_CHANGED,
    SHIPPED_OTHERWISE,
)


def delivery_tone(row: DeliveryRow) -> str:
    """The tone of a delivery: one that had to be tried again is worth a look."""
    if row.state in {"waiting", "leased"} and row.trouble:
        return "notice"
    return TONES.get(row.state, "quiet")


def trouble_phrase(row: DeliveryRow) -> Phrase:
    """Why it is not through, and what to do."""
    facts = {"target": row.target, "n": row.attempts, "ours": row.waybill_no or "—"}
    if row.trouble and row.trouble not in TROUBLES:
        said = {"words": Phrase(f"shops.trouble.{row.trouble}"), "todo": Phrase(f"shops.todo.{row.trouble}")}
        return Phrase("activity.trouble.said", facts | said)
    return Phrase(f"activity.trouble.{row.trouble or 'none'}", facts | {"theirs": "、".join(row.theirs) or "—"})


def trouble_word(row: DeliveryRow) -> str:
    """The key of the same in a word or two."""
    return word_of_trouble(row.trouble)


def word_of_trouble(trouble: str) -> str:
    """The key of a trouble's word, as `core.sync.deliveries.DeliveryRow.trouble` names it."""
    return f"activity.trouble.short.{trouble}" if trouble in TROUBLES else f"shops.trouble.{trouble}"
