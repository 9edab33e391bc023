"""How the documents page says kinds, states and acts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from core.access.rights import Right
from core.desk.documents import RIGHT_OF
from core.inventory.documents.lists import PILES
from core.inventory.documents.records import DocumentDetail, DocumentRow, HistoryRow
from core.inventory.documents.states import CLOSED_AFTER, DocKind, DocState
from core.inventory.reasons import REASONS
from desktop.texts import Phrase, Texts

#: act -> key and icon; which of them a document offers is `acts_of`
ACTS: Final[Mapping[str, tuple[str, str]]] = {
    "book": ("F6", "check"),
    "receive": ("F6", "package-plus"),
    "arrive": ("F6", "truck"),
    "inspect": ("F6", "search"),
    "put_away": ("F6", "layers"),
    "approve": ("F6", "check"),
    "fill": ("F7", "boxes"),
    "arrive_all": ("F10", "package-check"),
    "refuse": ("F8", "x"),
    "throw_away": ("F8", "trash-2"),
    "close": ("F8", "x"),
    "reverse": ("F9", "undo-2"),
}
#: acts that are called otherwise where they order, send or register, or say that goods are not there
_OTHERWISE: Final[Mapping[str, frozenset[DocKind]]] = {
    "book": frozenset({DocKind.PURCHASE, DocKind.TRANSFER, DocKind.RETURN}),
    "close": frozenset({DocKind.PUTAWAY}),
}
#: acts that are asked about first: a second press means them
ASKED: Final = frozenset({"throw_away", "close", "reverse", "refuse", "arrive_all"})
_TONES: Final[Mapping[str, str]] = {
    DocState.DRAFT: "quiet",
    DocState.TO_APPROVE: "notice",
    DocState.OPEN: "busy",
    DocState.PART: "busy",
    DocState.DONE: "good",
    DocState.CLOSED: "good",
    DocState.REFUSED: "stop",
    DocState.VOID: "quiet",
    DocState.REVERSED: "quiet",
}
#: codes of reasons a clerk may choose from, the usual one first
DOCUMENT_REASONS: Final[Mapping[str, tuple[str, ...]]] = {
    DocKind.RECEIPT: REASONS["receive"],
    DocKind.IN_HAND: REASONS["in_hand"],
    DocKind.ADJUSTMENT: REASONS["adjust"],
    DocKind.QUARANTINE: REASONS["quarantine"],
    DocKind.RELEASE: REASONS["unquarantine"],
    DocKind.TRANSFER: REASONS["transfer"],
}
PILE_CODES: Final = tuple(PILES)
#: the chip of every kind is `every`: a chip has a code that is a word
EVERY: Final = "every"
KIND_CODES: Final = (EVERY, *(str(kind) for kind in DocKind))


def tone_of(row: DocumentRow) -> str:
    """The tone of a state."""
    return _TONES.get(row.state, "quiet")


def state_word(kind: str, state: str, texts: Texts) -> str:
    """The word of a state; what is under way is said by its kind."""
    if state in (DocState.OPEN, DocState.PART):
        return texts.word(f"document.state.{state}", kind)
    return texts.word("document.state", state)


def place_words(row: DocumentRow) -> str:
    """Where it happens: one place, or from one to the other."""
    return f"{row.warehouse_name} → {row.to_warehouse_name}" if row.to_warehouse_name else row.warehouse_name


#: what several scans in a row are called, in the journal's family of words; and a scan by itself
_SCANS: Final = "document.counted_in_a_row"
_SCANNED: Final = frozenset({"document.counted", _SCANS})
#: kinds whose units come later than the document
_AWAITED: Final = frozenset({DocKind.PURCHASE, DocKind.TRANSFER})


def units_words(row: DocumentRow) -> str:
    """Units in the list: what was wanted, or what was counted where nobody said before."""
    if row.kind == DocKind.RECEIPT:
        return f"{row.done_qty} / {row.qty}" if row.qty else str(row.done_qty)
    if row.state in (DocState.OPEN, DocState.PART):
        return f"{row.qty - row.pending_qty} / {row.qty}"
    if row.kind in _AWAITED and row.state == DocState.DONE and row.done_qty != row.qty:
        return f"{row.done_qty} / {row.qty}"
    return str(row.qty)


def told_history(history: Sequence[HistoryRow]) -> tuple[HistoryRow, ...]:
    """The steps, the newest first; scans of one person in a row are one step: a delivery has hundreds of them."""
    told: list[HistoryRow] = []
    for entry in reversed(history):
        last = told[-1] if told else None
        is_scan = entry.action in _SCANNED and last is not None and last.action in _SCANNED
        if last is None or not is_scan or last.operator != entry.operator:
            told.append(entry)
            continue
        scans = last.facts.get("scans", 1) + entry.facts.get("scans", 1)
        qty = last.facts.get("qty", 0) + entry.facts.get("qty", 0)
        facts = {"number": entry.facts.get("number", ""), "qty": qty, "scans": scans}
        told[-1] = replace(last, action=_SCANS, facts=facts)
    return tuple(told)


def acts_of(detail: DocumentDetail) -> tuple[str, ...]:
    """What can be done with a document, the main act first."""
    kind, state = detail.row.kind, detail.row.state
    if state == DocState.DRAFT:
        return ("book", "throw_away")
    if state == DocState.TO_APPROVE:
        return ("approve", "refuse")
    if state in (DocState.OPEN, DocState.PART):
        return {
            DocKind.PURCHASE: ("receive", "close"),
            DocKind.TRANSFER: ("arrive", "fill", "arrive_all", "reverse"),
            DocKind.RETURN: ("inspect", "fill", "close", "reverse"),
            DocKind.PUTAWAY: ("put_away", "fill", "close", *(("reverse",) if state == DocState.PART else ())),
        }.get(DocKind(kind), ())
    is_done = state == DocState.DONE or (state == DocState.CLOSED and kind in CLOSED_AFTER)
    return ("reverse",) if is_done and kind not in (DocKind.PURCHASE, DocKind.COUNTER) else ()


def code_of(act: str, kind: str, family: str = "documents.act") -> str:
    """The code of an act's words, which some kinds call otherwise."""
    return f"{family}.{act}.{kind}" if kind in _OTHERWISE.get(act, frozenset()) else f"{family}.{act}"


def right_of(detail: DocumentDetail, act: str) -> Right:
    """The right that an act upon a document takes."""
    if act in ("approve", "refuse"):
        return Right.APPROVE_STOCK
    if act == "reverse":
        return Right.ADJUST_STOCK
    return RIGHT_OF.get(DocKind(detail.row.kind), Right.ADJUST_STOCK)


def kind_phrase(kind: str) -> Phrase:
    """The name of a kind, for use inside another sentence."""
    return Phrase(f"document.kind.{kind}")


def day_text(day: int | None) -> str:
    """A day as `2026-11-28`; empty where nobody has said one."""
    return "" if day is None else date.fromordinal(day).isoformat()


def ordinal(day: date | None) -> int | None:
    """A day as documents keep it; None where nobody knows one."""
    return None if day is None else day.toordinal()


def counts_done(kind: str) -> bool:
    """Whether what is counted stands beside what was expected."""
    return kind == DocKind.RECEIPT
