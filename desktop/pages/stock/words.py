"""How the stock page says states, acts and reasons."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from core.access.rights import Right
from core.inventory.queries import Explanation, NoteRow
from core.inventory.reasons import parted
from core.inventory.stock_list import StockRow
from desktop.texts import Phrase, Texts
from desktop.widgets.batches import left_days, left_phrase

#: acts in their order, each with its key and icon
ACTS: Final[Mapping[str, tuple[str, str]]] = {
    "receive": ("F6", "package-plus"),
    "count": ("F7", "clipboard-list"),
    "adjust": ("F8", "pencil"),
    "quarantine": ("F9", "pause"),
    "unquarantine": ("F10", "play"),
    "in_hand": ("F11", "hand"),
    "transfer": ("Shift+F6", "truck"),
}
#: the right that each takes
RIGHTS: Final[Mapping[str, Right]] = dict.fromkeys(ACTS, Right.ADJUST_STOCK) | dict.fromkeys(
    ("receive", "in_hand"), Right.RECEIVE_STOCK
)
#: what follows a count that takes goods from somebody
TAKES: Final = frozenset({"stock.follows.short", "stock.follows.uncovered", "stock.follows.short_uncovered"})
#: notes that say what no movement says
_TELLING: Final = frozenset({"stock.quarantine", "stock.counted"})


def _has_ended(row: StockRow, now: datetime) -> bool:
    """Whether goods are left of a batch past its last day."""
    return row.expires_on is not None and row.quantities.on_hand_qty > 0 and left_days(row.expires_on, now) < 0


def stock_tone(row: StockRow, now: datetime) -> str:
    """The tone of a row: orders wait, goods that may go to nobody, nothing left, or well."""
    if row.wanted_qty or row.is_blocked or _has_ended(row, now):
        return "stop"
    return "notice" if row.quantities.available_qty <= 0 else "good"


def stock_word(row: StockRow, texts: Texts, now: datetime) -> str:
    """The word that belongs to the tone."""
    if row.wanted_qty:
        return texts.t("stock.state.wanted", n=row.wanted_qty)
    if row.is_blocked:
        return texts.t("batches.blocked")
    if _has_ended(row, now) and row.expires_on is not None:
        return texts.say(left_phrase(left_days(row.expires_on, now)))
    return texts.t("stock.state.none" if row.quantities.available_qty <= 0 else "stock.state.some")


def reason_words(reason: str, texts: Texts) -> str:
    """A written reason in the clerk's language, with its note."""
    code, note = parted(reason)
    return " · ".join(part for part in (texts.word("reason.stock", code), note) if part)


def telling_notes(why: Explanation) -> tuple[NoteRow, ...]:
    """Journal rows that say more than the movements beside them."""
    return tuple(note for note in why.notes if note.action in _TELLING)


def what_follows(row: StockRow, act: str, qty: int) -> Phrase:
    """What an act would leave, before it is done; for a count also what it would take from orders and shops."""
    now = row.quantities
    if act == "count":
        variance, lacking, uncovered = f"{qty - now.on_hand_qty:+d}", _lacking(row, qty), _uncovered(row, qty)
        if lacking and uncovered:
            return Phrase("stock.follows.short_uncovered", {"n": lacking, "units": uncovered, "variance": variance})
        if lacking:
            return Phrase("stock.follows.short", {"n": lacking, "variance": variance})
        if uncovered:
            return Phrase("stock.follows.uncovered", {"units": uncovered, "variance": variance})
        return Phrase("stock.follows.count", {"now": now.on_hand_qty, "variance": variance})
    if act in {"quarantine", "unquarantine", "transfer"}:
        left = now.available_qty + (qty if act == "unquarantine" else -qty)
        return Phrase("stock.follows.available", {"now": now.available_qty, "then": left})
    return Phrase("stock.follows.on_hand", {"now": now.on_hand_qty, "then": now.on_hand_qty + qty})


def question_of(row: StockRow, act: str, qty: int) -> Phrase | None:
    """What is asked before a count that says that goods of orders, or of shops, are not there."""
    if act != "count":
        return None
    if _lacking(row, qty):
        return Phrase("stock.count_takes", {"code": row.code})
    uncovered = _uncovered(row, qty)
    return Phrase("stock.count_uncovers", {"code": row.code, "units": uncovered}) if uncovered else None


def _lacking(row: StockRow, counted: int) -> int:
    """Units promised to orders that would not be there; what is set aside gives way after them."""
    now = row.quantities
    promised = now.reserved_qty + now.confirmed_qty
    return min(promised, max(promised + now.quarantined_qty - counted, 0))


def _uncovered(row: StockRow, counted: int) -> int:
    """Units that shops may sell and that would not be there; they give way first."""
    now = row.quantities
    held = now.reserved_qty + now.confirmed_qty + now.quarantined_qty + row.allotted_qty
    return min(row.allotted_qty, max(held - counted, 0))
