"""How the page of batches says states and kinds."""

from core.fulfilment.recall import RecallRow
from core.inventory.batch_list import BatchRow
from desktop.texts import Texts
from desktop.widgets.batches import left_phrase, left_tone

#: how sure it is that a parcel got the batch -> tone
_SURE = {"scan": "good", "key": "good", "books": "notice"}


def batch_tone(row: BatchRow) -> str:
    """The tone of a batch: blocked or ended, ends soon, well."""
    return left_tone(row.left_days, is_ending=row.is_ending, is_blocked=row.batch.is_blocked)


def batch_word(row: BatchRow, texts: Texts) -> str:
    """The word that belongs to the tone."""
    if row.batch.is_blocked:
        return texts.t("batches.blocked")
    return texts.say(left_phrase(row.left_days))


def sure_tone(row: RecallRow) -> str:
    """The tone of how sure it is."""
    return _SURE[row.how]


def sure_word(row: RecallRow, texts: Texts) -> str:
    """How sure it is that this parcel holds the batch."""
    return texts.word("recall.how", row.how)


def place_word(row: RecallRow, texts: Texts) -> str:
    """Where the parcel is."""
    if row.state == "shipped":
        return texts.t("recall.state.waits_for_courier" if row.is_here else "recall.state.gone")
    return texts.word("recall.state", row.state)
