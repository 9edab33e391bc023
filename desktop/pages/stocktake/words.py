"""How the stocktake page says states, scopes, reasons and differences."""

from collections.abc import Mapping
from typing import Final

from core.counting.comparing import Difference
from core.counting.records import LineRow, SheetRow
from core.counting.reports import DifferenceRow
from core.counting.suggesting import Suggestion
from desktop.formats import yuan
from desktop.texts import Texts

SHEET_TONES: Final[Mapping[str, str]] = {
    "draft": "quiet",
    "counting": "busy",
    "paused": "notice",
    "to_approve": "notice",
    "done": "good",
    "thrown_away": "quiet",
}
#: bins or zones a line names
_NAMED: Final = 3


def scope_words(sheet: SheetRow, texts: Texts) -> str:
    """What a sheet is about, in short."""
    kind = texts.word("count.scope", sheet.scope.kind)
    if sheet.scope.kind in ("bins", "zones"):
        names = [str(value) for value in sheet.scope.values]
        more = "…" if len(names) > _NAMED else ""
        return f"{kind} {'、'.join(names[:_NAMED])}{more}"
    if sheet.scope.kind == "skus":
        return f"{kind} {len(sheet.scope.values)}"
    return kind


def reason_of(one: Suggestion, texts: Texts) -> str:
    """Why goods are to be counted, in one line."""
    amount = (
        yuan(one.amount)
        if one.reason == "value"
        else f"{one.amount:+d}"
        if one.reason == "difference"
        else one.amount
    )
    return texts.t(f"count.why.{one.reason}", n=amount)


def signed(qty: int | None) -> str:
    """A difference with its sign; a dash where there is none yet."""
    return "—" if qty is None else f"{qty:+d}" if qty else "0"


def shown(qty: int | None) -> str:
    """A number, or a dash."""
    return "—" if qty is None else str(qty)


def line_word(line: LineRow, texts: Texts) -> str:
    """What has become of a line; what makes its count unsure comes first."""
    if line.state == "counted":
        if line.is_disputed:
            return texts.t("count.line.disputed")
        if line.moved_qty:
            return texts.t("count.line.moved", n=line.moved_qty)
    return texts.word("count.line", line.state)


def line_tone(line: LineRow) -> str:
    """Its tone."""
    if line.state in ("booked", "equal", "kept"):
        return "good"
    if line.state == "counted":
        if line.is_disputed or line.moved_qty:
            return "notice"
        return "stop" if line.difference_qty else "good"
    return "notice" if line.state == "recount" else "quiet"


def kinds_words(row: DifferenceRow, texts: Texts) -> str:
    """What differs."""
    return "；".join(texts.word("count.difference", kind) for kind in row.kinds)


def kinds_tone(row: DifferenceRow) -> str:
    """Its tone; what was confirmed is calm."""
    if row.confirmed_at is not None:
        return "good"
    return "stop" if {Difference.LEDGER, Difference.HISTORY, Difference.LISTED_ABOVE} & set(row.kinds) else "notice"


def listed_words(row: DifferenceRow) -> str:
    """What platforms list."""
    return "  ".join(f"{one.shop} {'?' if one.qty is None else one.qty}" for one in row.listed)
