"""How each platform's numbers of stock behave, as data: for those we write to, and for those still to come.

Where a fact is not known the careful side stands: a difference counts as unkeyed, a number as clamped, a cancelled
unit as unknown, and a single link as one that cannot be paused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.channels.stock_contract import BelowZero, CancelledUnit, StockRules, WriteKind

if TYPE_CHECKING:
    from core.channels.registry import ChannelRegistry


@dataclass(frozen=True, slots=True)
class PlatformRules:
    """One row of the table. `is_connected`: this program can write to it."""

    id: str
    label_zh: str
    label_en: str
    rules: StockRules
    is_connected: bool = False


_UNKNOWN = CancelledUnit.UNKNOWN

PLATFORMS: Sequence[PlatformRules] = (
    PlatformRules(
        "woocommerce",
        "WooCommerce",
        "WooCommerce",
        StockRules(
            WriteKind.ABSOLUTE,
            BelowZero.REFUSES,
            _UNKNOWN,
            reads_back=True,
            pauses_sale=True,
            source="PUT products/{id}",
        ),
    ),
)


def platform_table(registry: "ChannelRegistry") -> tuple[PlatformRules, ...]:
    """Every platform whose behaviour is known, those this program can write to first."""
    connected = tuple(
        PlatformRules(plugin.id, plugin.label_zh, plugin.label_en, plugin.stock_rules, is_connected=True)
        for plugin in registry.all()
        if plugin.stock_rules is not None
    )
    known = {row.id for row in connected}
    return (*connected, *(row for row in PLATFORMS if row.id not in known))
