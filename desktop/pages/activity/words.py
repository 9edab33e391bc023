"""How deliveries become a state with a tone, and a sentence."""

from typing import Final

from core.sync.deliveries import DELIVERY_PILES, DeliveryRow
from desktop.texts import Phrase

#: chips of the page: the outbox's piles, and the print jobs
PILES: Final = (*DELIVERY_PILES, "prints")
TONES: Final = {"waiting": "busy", "leased": "busy", "done": "good", "failed": "stop"}
TROUBLES: Final = ("refused", "later", "defect", "unknown_kind", "number_taken", "told_other", "switched_off")


def delivery_tone(row: DeliveryRow) -> str:
    """The tone of a delivery: one that had to be tried again is worth a look."""
    if row.state in {"waiting", "leased"} and row.trouble:
        return "notice"
    return TONES.get(row.state, "quiet")


def trouble_phrase(row: DeliveryRow) -> Phrase:
    """Why it is not through, and what to do."""
    return Phrase(f"activity.trouble.{row.trouble or 'none'}", {"target": row.target, "n": row.attempts})
