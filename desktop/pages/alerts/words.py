"""How alerts become sentences, tones and doors."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from core.alerts.records import PersonOnDuty, Quiet, StoryLine
from desktop.formats import moment_text
from desktop.texts import Phrase, Texts

PILES: Final = ("open", "standing", "past")
TONES: Final = {"critical": "stop", "warning": "notice", "notice": "busy"}
STATE_TONES: Final = {"open": "stop", "acked": "busy", "clearing": "notice", "past": "good"}
#: where a rule can be mended: by its whole name, else by its first word
_DOORS: Final = {
    "order.short": "short",
    "order.paid_no_stock": "paid_no_stock",
    "stock.comparison": "stocktake",
    "stock.count_waits": "stocktake",
    "print.stuck": "printers",
    "shop": "shops",
    "outbox": "activity",
    "print": "activity",
    "order.unread": "shops",
    "order": "orders",
    "after_sale": "after_sale",
    "after_sale.unread": "shops",
    "stock": "stock",
    "quota": "quotas",
    "sale": "limits",
    "batch": "recall",
    "document": "documents",
    "door": "door",
    "node": "desks",
    "payment": "payments",
    "backup": "settings",
    "disk": "settings",
    "clock": "settings",
    "alerts": "channels",
}


#: doors that are piles of the list of orders
_PILES_OF_ORDERS: Final = frozenset({"short", "paid_no_stock"})


def door_of(rule: str) -> str:
    """The page or the pile of orders that can mend it; `channels` for that tab; empty where there is none."""
    return _DOORS.get(rule, _DOORS.get(rule.partition(".")[0], ""))


def door_phrase(door: str) -> Phrase:
    """What a door is called."""
    if door in _PILES_OF_ORDERS:
        return Phrase(f"pile.{door}")
    return Phrase("alerts.tab.channels") if door == "channels" else Phrase(f"page.{door}")


def sentence(rule: str, key: str, facts: Mapping[str, Any]) -> Phrase:
    """What is wrong."""
    return Phrase(f"alert.{rule}", dict(facts), otherwise=f"{rule}: {key}")


def duty_text(chain: tuple[tuple[PersonOnDuty, ...], ...], texts: Texts) -> str:
    """Who is on duty now, and who after them."""
    if not chain:
        return ""
    names = [
        texts.t("list.comma").join(person.name or texts.t("alerts.duty.owner") for person in link) for link in chain
    ]
    return texts.t("alerts.duty.now", who=names[0]) + "".join(
        texts.t("alerts.duty.then", who=name) for name in names[1:]
    )


def quiet_facts(quiet: Quiet | None, texts: Texts) -> dict[str, object]:
    """What an empty list says."""
    if quiet is None:
        return {"watching": "", "since": ""}
    if quiet.rounds_at is None:
        watching = texts.t("alerts.quiet.nobody")
    else:
        watching = texts.t("alerts.quiet.watching", n=quiet.watched, at=moment_text(quiet.rounds_at))
    since = texts.t("alerts.quiet.never")
    if quiet.since is not None:
        since = texts.t("alerts.quiet.since", at=moment_text(quiet.since))
    return {"watching": watching, "since": since}


def story_text(line: StoryLine, texts: Texts) -> str:
    """One line of a story."""
    who = line.who or texts.t("alerts.who.owner")
    way = line.way or texts.t("alerts.way.screen")
    said = texts.t(f"alerts.story.{line.event}", who=who, way=way)
    if line.event.startswith("told.") and line.state != "screen":
        said += " · " + texts.t(f"alerts.notice.{line.state}", why=line.error)
    return said


def past_text(at: datetime | None) -> str:
    """A moment, a dash for none."""
    return "—" if at is None else moment_text(at)
