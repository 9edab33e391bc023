"""Which batch is in hand? Asked of goods kept by batch whose code does not say it; answered by key or scan."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.fulfilment.records import LineBatch, ParcelView, Verdict
from desktop.pages.packing.ports import PackingDesk

#: only the batch of such a code is looked at
_ANY_YEAR: Final = 2000


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """What was scanned, or confirmed by key, and waits for its batch.

    Attributes:
        raw: the goods' code; empty where they were confirmed by key.
        line_id: the line they belong to.
        name: of the goods.
        offered: batches that may be in hand, what the books have chosen first.
    """

    raw: str
    line_id: int
    qty: int
    name: str
    offered: tuple[LineBatch, ...]

    def answer_by_key(self, typed: str) -> str:
        """The batch a clerk means: the first one without a word, a number of the list, or what was written."""
        if not typed:
            return self.offered[0].code if self.offered else ""
        is_code = any(one.code.casefold() == typed.casefold() for one in self.offered)
        if not is_code and typed.isascii() and typed.isdecimal() and 1 <= int(typed) <= len(self.offered):
            return self.offered[int(typed) - 1].code
        return typed

    def answer_by_scan(self, raw: str) -> str:
        """The batch a scan names and nothing else; empty where the scan is about something else."""
        for one in self.offered:
            if one.code.casefold() == raw.casefold():
                return one.code
        # Such codes are read long after the first page.
        from core.catalog.gs1 import parse

        said = parse(raw, _ANY_YEAR)
        return said.batch if said is not None and not said.gtin else ""


def question_of(verdict: Verdict, raw: str, qty: int) -> BatchQuestion | None:
    """What a verdict asks; None where it asks for no batch."""
    if verdict.code != "batch.ask" or verdict.line_id is None:
        return None
    offered = verdict.facts.get("batches")
    batches = offered if isinstance(offered, tuple) else ()
    return BatchQuestion(raw, verdict.line_id, qty, str(verdict.facts.get("name", "")), batches)


def answered(
    packing: PackingDesk, parcel: ParcelView, question: BatchQuestion, batch: str, nonce: str
) -> Callable[[], Verdict]:
    """The act that was asked about, with its answer."""
    if question.raw:
        return lambda: packing.scan_goods(parcel.id, parcel.fence, question.raw, nonce, question.qty, batch)
    return lambda: packing.confirm_by_hand(parcel.id, parcel.fence, question.line_id, question.qty, nonce, batch)
