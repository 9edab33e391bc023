"""How each platform's numbers of stock behave, as data that is shown.

Where a fact is not known the careful side stands in a platform's rules: a difference counts as unkeyed, a number as
clamped, a cancelled unit as unknown, and a single link as one that cannot be paused.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.channels.stock_contract import StockRules

if TYPE_CHECKING:
    from core.channels.registry import ChannelRegistry


@dataclass(frozen=True, slots=True)
class PlatformRules:
    """One row of the table."""

    id: str
    label_zh: str
    label_en: str
    rules: StockRules


def platform_table(registry: "ChannelRegistry") -> tuple[PlatformRules, ...]:
    """Every platform that can be written to, in the order in which a person is offered them."""
    return tuple(
        PlatformRules(plugin.id, plugin.label_zh, plugin.label_en, plugin.stock_rules)
        for plugin in registry.all()
        if plugin.stock_rules is not None
    )
