"""How the records of a shop say what a pull did, what a comparison found, and what came of a call."""

from contextlib import suppress
from datetime import datetime
from typing import Final

from core.desk.shop_history import Reports
from core.runtime.http_trace import TracedCall
from core.sync.history import RoundRow
from core.sync.reconciliations import ReportLine, ReportRow
from core.sync.reconciling import Progress
from desktop.formats import moment_text, person_text, yuan
from desktop.texts import Texts

_KIND_TONES: Final = {
    "missing": "stop",
    "gone": "notice",
    "unknown": "notice",
    "state": "notice",
    "amount": "notice",
    "lines": "notice",
}
_STATE_TONES: Final = {"running": "busy", "partly": "notice", "cancelled": "quiet", "failed": "notice"}
#: words of a report's lines that are ours; what else stands there is the platform's own word
_OURS: Final = frozenset(
    {
        *("unpaid", "paid", "partly_refunded", "refunded", "closed", "open", "requested", "settled"),
        *("to_review", "to_pack", "packing", "packed", "shipped", "completed", "cancelled"),
    }
)
_KIB: Final = 1024


def clock_text(at: datetime) -> str:
    """`06-18 10:31:05`: several rounds and calls fall into one minute."""
    return f"{at.astimezone():%m-%d %H:%M:%S}"


def span_text(row: RoundRow) -> str:
    """When a row's rounds were: `06-18 10:02:15 - 10:58`."""
    if row.round_count == 1:
        return clock_text(row.begun_at)
    return f"{clock_text(row.begun_at)} - {row.ended_at.astimezone():%H:%M}"


def took_text(took_ms: int) -> str:
    """`85 ms`, `1.2 s`."""
    return f"{took_ms} ms" if took_ms < 1000 else f"{took_ms / 1000:.1f} s"


def round_tone(row: RoundRow) -> str:
    """How well a round went."""
    if row.trouble is not None:
        return "notice"
    return "good" if row.new_count or row.changed_count else "quiet"


def round_words(row: RoundRow, texts: Texts) -> str:
    """What a round brought, or what went wrong."""
    if row.trouble is not None:
        return texts.t(f"shops.trouble.{row.topic}")
    if row.new_count or row.changed_count:
        return texts.t("shops.round.brought", new=row.new_count, changed=row.changed_count)
    return texts.t("shops.round.quiet")


def until_words(row: RoundRow) -> str:
    """How far the shop's orders were known afterwards."""
    return "—" if row.until_at is None else moment_text(row.until_at)


def report_tone(row: ReportRow) -> str:
    """What matters most about a report."""
    if row.is_open:
        return "stop"
    if row.state != "done":
        return _STATE_TONES[row.state]
    return "notice" if row.difference_count else "good"


def report_words(row: ReportRow, texts: Texts) -> str:
    """That in words."""
    if row.state == "partly" and row.reached_at is not None:
        return texts.t("shops.report.partly", until=moment_text(row.reached_at), n=row.missing_count)
    if row.state != "done":
        why = "" if row.trouble is None else texts.t(f"shops.trouble.{row.trouble.topic}")
        return texts.t(f"shops.report.{row.state}", why=why).strip()
    if row.missing_count:
        return texts.t("shops.report.missing", n=row.missing_count)
    if row.difference_count:
        return texts.t("shops.report.differs", n=row.difference_count)
    return texts.t("shops.report.same")


def maker_words(row: ReportRow, texts: Texts) -> str:
    """Who had it made."""
    return texts.t("shops.report.nightly") if row.is_nightly else person_text(row.made_by, texts)


def seen_words(row: ReportRow, texts: Texts) -> str:
    """Whether somebody has looked, where orders were missing."""
    if not row.missing_count:
        return "—"
    if row.seen_at is None:
        return texts.t("shops.report.unseen")
    return texts.t("shops.report.seen", who=person_text(row.seen_by, texts), at=moment_text(row.seen_at))


def line_tone(line: ReportLine) -> str:
    """What is left to be done about an order."""
    return _KIND_TONES[line.kind] if line.outcome == "stays" else "good"


def side_words(line: ReportLine, said: str, texts: Texts) -> str:
    """What stands on one side of a difference."""
    if not said:
        return texts.t("shops.line.nothing")
    if line.kind == "lines":
        return said
    if line.kind == "amount":
        amount, freight = (int(part) for part in said.split("|"))
        return texts.t("shops.line.money", amount=yuan(amount), freight=yuan(freight))
    parts = (_part_words(part, texts) for part in said.split("|") if part != "none")
    return " · ".join(part for part in parts if part)


def _part_words(part: str, texts: Texts) -> str:
    """A word of ours, when it was placed, or the platform's own word."""
    if part in _OURS:
        return texts.t(f"shops.line.word.{part}")
    with suppress(ValueError):
        return moment_text(datetime.fromisoformat(part))
    return part


def progress_words(reports: Reports | None, texts: Texts) -> str:
    """How far a comparison is, or why none was made; empty where there is nothing to say."""
    one: Progress | None = None if reports is None else reports.progress
    if one is None or one.state in {"done", "partly", "cancelled", "stopped"}:
        return ""
    why = "" if one.trouble is None else texts.t(f"shops.trouble.{one.trouble.topic}")
    return texts.t(f"shops.comparing.{one.state}", n=one.listed_count, missing=one.missing_count, why=why)


def is_comparing(reports: Reports | None) -> bool:
    """Whether one runs or waits."""
    progress = None if reports is None else reports.progress
    return progress is not None and progress.state in {"running", "waiting"}


def call_tone(call: TracedCall) -> str:
    """How a call ended."""
    return "notice" if call.error else "good"


def call_words(call: TracedCall, texts: Texts) -> str:
    """How a call ended: our kind of it, and the platform's own code."""
    if not call.error:
        return texts.t("shops.call.good")
    return f"{texts.t(f'shops.call.{call.error}')} {call.code}".strip()


def size_words(call: TracedCall) -> str:
    """How much was answered."""
    return f"{call.size} B" if call.size < _KIB else f"{call.size / _KIB:.1f} KB"
