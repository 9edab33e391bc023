"""How the entry page says what it knows, and reads amounts."""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from core.orders.entry_records import ReceiverOnFile, SkuChoice
from desktop.formats import time_text
from desktop.texts import Phrase, Texts

_TONES = {"sure": "good", "likely": "quiet", "guess": "notice", "missing": "stop"}
_MOST_YUAN = 1_000_000


def sureness_tone(word: str) -> str:
    """The tone in which a part of a pasted receiver is shown."""
    return _TONES.get(word, "notice")


def on_file_words(known: ReceiverOnFile, now: datetime, texts: Texts) -> Phrase:
    """How often the customer bought, when last, and when the address last changed."""
    facts: dict[str, object] = {"n": known.order_count, "order_no": known.order_no or "—"}
    facts["used"] = "—" if known.used_at is None else time_text(known.used_at, now, texts)
    if known.changed_at is None:
        return Phrase("entry.on_file.story", facts)
    facts |= {"changed": time_text(known.changed_at, now, texts), "by": known.changed_by}
    return Phrase("entry.on_file.story_changed", facts)


def stock_words(goods: SkuChoice) -> Phrase:
    """How many of these goods can still be sold."""
    if goods.available_qty is None:
        return Phrase("entry.uncounted")
    return Phrase("entry.available", {"n": goods.available_qty})


def fen(text: str) -> int | None:
    """Whole fen of an amount in yuan as typed (`12`, `12.5`, `¥12.50`); None where it is none."""
    words = text.strip().lstrip("¥￥").replace(",", "") or "0"
    try:
        amount = Decimal(words)
    except InvalidOperation:
        return None
    if not amount.is_finite() or amount < 0 or amount > _MOST_YUAN or amount != amount.quantize(Decimal("0.01")):
        return None
    return int(amount * 100)


def yuan_field(amount_fen: int) -> str:
    """An amount as a field shows it; empty for nothing."""
    return f"{Decimal(amount_fen) / 100:f}" if amount_fen else ""
