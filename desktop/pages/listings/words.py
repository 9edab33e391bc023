"""How the page of listings says what a listing is matched to, and how far a reading is."""

import re
from typing import Final

from core.orders.listing_list import ListingRow
from core.sync.listing_rounds import Round
from desktop.formats import yuan
from desktop.texts import Texts

_TONES: Final = {
    "waiting": "stop",
    "unmatched": "notice",
    "vanished": "quiet",
    "differs": "notice",
    "bundle": "good",
    "matched": "good",
}
#: between the parts of a bundle
_BETWEEN: Final = re.compile(r"[,，;；\s]+")
#: a code may end in an x and a digit, but hardly in these
_PART: Final = re.compile(r"(.+?)(?:[×*](\d{1,5}))?")


def state_code(row: ListingRow) -> str:
    """What matters most about a listing."""
    if row.sku_id is None and row.waiting_count:
        return "waiting"
    if row.vanished_at is not None:
        return "vanished"
    if row.sku_id is None:
        return "unmatched"
    if row.differs:
        return "differs"
    return "bundle" if row.is_bundle else "matched"


def state_tone(row: ListingRow) -> str:
    """The tone of that."""
    return _TONES[state_code(row)]


def state_words(row: ListingRow, texts: Texts) -> str:
    """That in words."""
    return texts.t(f"listings.state.{state_code(row)}", n=row.waiting_count)


def match_words(row: ListingRow, texts: Texts) -> str:
    """The SKU it is matched to, or the one it may be."""
    if row.sku_id is not None:
        return f"{row.sku_code}  {row.sku_name}".strip()
    if row.proposal is None:
        return "—"
    return texts.t("listings.maybe", code=row.proposal.code, name=row.proposal.name)


def sale_words(row: ListingRow, texts: Texts) -> str:
    """Whether it is on sale."""
    return "—" if row.is_on_sale is None else texts.t("listings.on_sale" if row.is_on_sale else "listings.off_sale")


def price_words(row: ListingRow) -> str:
    """The platform's price."""
    return "—" if row.price_fen is None else yuan(row.price_fen)


def qty_words(row: ListingRow) -> str:
    """The platform's number."""
    return "—" if row.listed_qty is None else str(row.listed_qty)


def round_words(rounds: tuple[Round, ...], names: dict[int, str], texts: Texts) -> str:
    """How far the readings are: those that run or wait, and what went wrong with others; empty where all is done."""
    said = []
    for one in rounds:
        if one.state in {"running", "waiting", "failed", "elsewhere"}:
            facts = {"shop": names.get(one.shop_id, ""), "n": one.seen_count, "error": one.error}
            said.append(texts.t(f"listings.round.{one.state}", **facts))
    return "   ".join(said)


def is_reading(rounds: tuple[Round, ...]) -> bool:
    """Whether a list is being read, or waits for that."""
    return any(one.state in {"running", "waiting"} for one in rounds)


def parts_of(text: str) -> tuple[tuple[str, int], ...]:
    """`BEAR×2, BAG` as parts of a bundle; of a code that stands twice the units are added."""
    parts: dict[str, int] = {}
    for piece in _BETWEEN.split(text.strip()):
        found = _PART.fullmatch(piece) if piece else None
        if found is not None:
            code, qty = found[1], int(found[2] or 1)
            parts[code] = parts.get(code, 0) + qty
    return tuple(parts.items())
