"""How old a shop's word may be before a parcel leaves on it, as this desk has set it."""

from core.fulfilment.records import KnowledgeRule, OnOld
from desktop.settings import DeskSettings


def rule_of(settings: DeskSettings, on_old: OnOld) -> KnowledgeRule:
    """The rule a label's scan is judged by."""
    return KnowledgeRule(settings.number("knowledge_limit_s"), on_old)


def once_asked(settings: DeskSettings) -> OnOld:
    """What an old word means after the shop was asked and has not answered."""
    return OnOld.SHIP if settings.flag("ship_on_old") else OnOld.STOP
