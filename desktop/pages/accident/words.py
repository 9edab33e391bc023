"""The words of accidents, out of records; and the message for a buyer."""

from collections.abc import Mapping

from core.orders.settling.deciding import filled
from core.orders.settling.records import AccidentPage, AffectedOrder, MissingLine, Outcome
from desktop.formats import yuan
from desktop.texts import Texts

REASON_TONES = {"oversold": "stop", "paid_no_stock": "stop", "short": "notice"}
OUTCOME_TONES = {
    Outcome.OPEN: "notice",
    Outcome.WAITS: "busy",
    Outcome.REFUNDED: "quiet",
    Outcome.REPLACED: "good",
    Outcome.COMPENSATED: "good",
}


def missing_words(order: AffectedOrder) -> str:
    """`团团熊×2，布袋×1`."""
    return "，".join(f"{line.name}×{line.qty}" for line in order.missing)


def cure_words(line: MissingLine, texts: Texts) -> str:
    """What would bring the units of a line."""
    return texts.t("limits.and").join(
        texts.t("accident.cure.none", n=cure.qty)
        if not cure.number
        else texts.t("accident.cure", n=cure.qty, number=cure.number, day=cure.day or texts.t("accident.no_day"))
        for cure in line.cures
    )


def outcome_code(order: AffectedOrder) -> tuple[str, str]:
    """Tone and code of what became of an order."""
    if order.is_missing or order.outcome not in {Outcome.OPEN, Outcome.WAITS}:
        return OUTCOME_TONES[order.outcome], f"accident.outcome.{order.outcome.value}"
    return ("quiet", "accident.outcome.cancelled") if order.is_cancelled else ("good", "accident.outcome.came")


def summary(page: AccidentPage, days: int, texts: Texts) -> str:
    """The page in one sentence."""
    counts = page.counts()
    units = sum(sku.qty for sku in page.skus)
    uncured = sum(sku.uncured_qty for sku in page.skus)
    left = {"open": counts["open"], "waits": counts["waits"]}
    code = "accident.summary" if any(left.values()) else "accident.summary.none"
    facts = left | {"units": units, "coming": max(units - uncured, 0), "days": days}
    said = texts.t(code, **facts, given=yuan(page.given_fen), n=page.given_count)
    if not page.is_cut:
        return said
    return f"{said} {texts.t('list.first_of', n=len(page.orders), all=sum(counts.values()))}"


def message_name(order: AffectedOrder, outcome: Outcome) -> str:
    """Which message fits: waiting without a known day has words of its own."""
    if outcome in {Outcome.OPEN, Outcome.WAITS}:
        return "waits" if order.comes_on is not None else "waits_unknown"
    return outcome.value


def message_for(
    order: AffectedOrder, outcome: Outcome, given_fen: int, words: Mapping[str, str], texts: Texts
) -> str:
    """The message for the buyer of an order, in the owner's words or the usual ones."""
    name = message_name(order, outcome)
    # The usual words hold the same braces, and are not filled by the catalogue.
    usual = texts.template(f"accident.message.{name}")
    day = order.comes_on
    facts = {
        "order_no": order.order_no,
        "shop": order.shop_name,
        "goods": missing_words(order),
        "day": "" if day is None else texts.t("accident.day", month=day.month, day=day.day),
        "amount": f"{given_fen // 100}.{given_fen % 100:02d}",
    }
    return filled(words.get(name) or usual, facts)
