"""What a drill's figures mean, in words: the page and the verb say the same."""

from typing import Final

from core.practice.drill.records import Mode, Plan, Result
from desktop.texts import Phrase, Texts

#: columns of the table, in their order; each has a word `drill.figure.<name>`
FIGURES: Final = (
    "sold",
    "oversold",
    "refused",
    "unsold",
    "first_alert_s",
    "pushes",
    "calls_per_hour",
)


def figure(result: Result, name: str, texts: Texts) -> str:
    """One figure of a result as it is shown."""
    value = getattr(result, name)
    if name == "first_alert_s":
        return span(value, texts)
    return f"{value:,}"


def span(seconds: float | None, texts: Texts) -> str:
    """Seconds as a person says them: `20:14`, minutes before seconds; a dash where nothing came."""
    if seconds is None:
        return texts.t("drill.no_alert")
    before = "-" if seconds < 0 else ""
    minutes, rest = divmod(round(abs(seconds)), 60)
    return f"{before}{minutes}:{rest:02d}"


def meaning(plan: Plan, result: Result) -> Phrase:
    """One sentence of what the mode did."""
    facts: dict[str, object] = {
        "mode": Phrase(f"drill.mode.{result.mode.value}"),
        "stock": plan.stock,
        "sold": result.sold,
        "oversold": result.oversold,
        "unsold": result.unsold,
        "refused": result.refused,
    }
    if result.oversold:
        code = "drill.meaning.oversold"
    elif result.unsold and result.turned_away:
        code = "drill.meaning.left"
    elif result.unsold:
        code = "drill.meaning.calm"
    else:
        code = "drill.meaning.sold_out"
    return Phrase(code, facts)


def comparison(results: tuple[Result, ...]) -> Phrase | None:
    """What all modes together show: the worst against the one that keeps the promise; None where there is no such."""
    kept = next((result for result in results if result.mode is Mode.QUOTA), None)
    worst = max(results, key=lambda result: result.oversold, default=None)
    if kept is None or worst is None or not worst.oversold:
        return None
    facts = {
        "mode": Phrase(f"drill.mode.{worst.mode.value}"),
        "oversold": worst.oversold,
        "kept": kept.oversold,
        "unsold": kept.unsold,
    }
    return Phrase("drill.comparison", facts)
