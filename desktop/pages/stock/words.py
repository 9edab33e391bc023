"""How the stock page says states, acts and reasons."""

from collections.abc import Mapping
from typing import Final

from core.access.rights import Right
from core.inventory.queries import Explanation, NoteRow
from core.inventory.reasons import parted
from core.inventory.stock_list import StockRow
from desktop.texts import Phrase, Texts

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
#: notes that say what no movement says
_TELLING: Final = frozenset({"stock.quarantine", "stock.counted"})


def stock_tone(row: StockRow) -> str:
    """The tone of a row: orders wait, nothing left, or well."""
    if row.wanted_qty:
        return "stop"
    return "notice" if row.quantities.available_qty <= 0 else "good"


def stock_word(row: StockRow, texts: Texts) -> str:
    """The word that belongs to the tone."""
    if row.wanted_qty:
        return texts.t("stock.state.wanted", n=row.wanted_qty)
    return texts.t("stock.state.none" if row.quantities.available_qty <= 0 else "stock.state.some")


def reason_words(reason: str, texts: Texts) -> str:
    """A written reason in the clerk's language, with its note."""
    code, note = parted(reason)
    return " · ".join(part for part in (texts.word("reason.stock", code), note) if part)


def telling_notes(why: Explanation) -> tuple[NoteRow, ...]:
    """Journal rows that say more than the movements beside them."""
    return tuple(note for note in why.notes if note.action in _TELLING)


def what_follows(row: StockRow, act: str, qty: int) -> Phrase:
    """What an act would leave, before it is done; for a count also what it would take from orders."""
    now = row.quantities
    if act == "count":
        lacking = now.reserved_qty + now.confirmed_qty - qty
        if lacking > 0:
            return Phrase("stock.follows.short", {"n": lacking, "variance": f"{qty - now.on_hand_qty:+d}"})
        return Phrase("stock.follows.count", {"now": now.on_hand_qty, "variance": f"{qty - now.on_hand_qty:+d}"})
    if act in {"quarantine", "unquarantine", "transfer"}:
        left = now.available_qty + (qty if act == "unquarantine" else -qty)
        return Phrase("stock.follows.available", {"now": now.available_qty, "then": left})
    return Phrase("stock.follows.on_hand", {"now": now.on_hand_qty, "then": now.on_hand_qty + qty})


def takes_from_orders(row: StockRow, act: str, qty: int) -> bool:
    """Whether a count says that promised goods are not there."""
    return act == "count" and qty < row.quantities.reserved_qty + row.quantities.confirmed_qty
