"""How the page of replenishment says why, in one line."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from core.replenish.records import ReplenishRow
from core.replenish.suggesting import Why
from desktop.texts import Texts

TONES: Final[Mapping[Why, str]] = {
    Why.SHORT: "stop",
    Why.GONE: "stop",
    Why.LOW: "notice",
    Why.SAFETY: "notice",
    Why.COMING: "busy",
    Why.ENOUGH: "good",
    Why.NO_SALES: "quiet",
}


def pace_text(per_day: Fraction) -> str:
    """`12`, `0.4`: units a day."""
    text = f"{float(per_day):.1f}"
    return text.removesuffix(".0")


def reason_text(row: ReplenishRow, texts: Texts, qty: int | None = None) -> str:
    """`卖 12 件/天，够 4 天，供应商要 7 天：建议订 60 件（箱规 12）`; `qty` is what somebody has decided instead."""
    said, have = row.suggestion, row.have
    pack = texts.t("replenish.pack", n=row.terms.pack_qty) if row.terms.pack_qty > 1 and said.qty else ""
    words = texts.t(
        f"replenish.why.{said.why}",
        per_day=pace_text(said.per_day),
        cover=0 if said.cover_days is None else said.cover_days,
        lead=row.terms.lead_days,
        qty=said.qty,
        pack=pack,
        short=have.short_qty,
        safety=have.safety_qty,
        coming=have.coming_qty + have.drafted_qty,
    )
    more = []
    if have.out_days and said.per_day:
        more.append(texts.t("replenish.more.out", n=have.out_days))
    if row.terms.boost_percent != 100 and have.sold_qty:
        more.append(texts.t("replenish.more.boost", n=row.terms.boost_percent))
    if said.qty and have.coming_qty + have.drafted_qty:
        more.append(texts.t("replenish.more.coming", n=have.coming_qty + have.drafted_qty))
    if qty is not None and qty != said.qty:
        more.append(texts.t("replenish.more.decided", n=qty))
    return texts.t("replenish.join").join([words, *more])
