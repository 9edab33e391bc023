"""What the kinds of shops are, for the page of shops: their settings, steps and abilities."""

from typing import TYPE_CHECKING

from core.sync.shop_views import Ability, Said, ShopKind, ShopSetting

if TYPE_CHECKING:
    from core.channels.contract import Capabilities
    from core.channels.plugin import ChannelPlugin
    from core.channels.stock_contract import StockRules


def kind_of(plugin: "ChannelPlugin") -> ShopKind:
    """A kind as its page shows it."""
    return ShopKind(
        plugin.id,
        plugin.label_zh,
        plugin.label_en,
        tuple(
            ShopSetting(
                one.name,
                one.label_zh,
                one.label_en,
                one.kind,
                one.is_required,
                one.hint_zh,
                one.hint_en,
                one.default,
            )
            for one in plugin.settings
        ),
        steps=tuple(Said(step.zh, step.en, step.is_proven) for step in plugin.steps),
        abilities=abilities(plugin.capabilities, plugin.stock_rules),
        unproven=tuple(Said(fact.zh, fact.en, is_proven=False) for fact in plugin.capabilities.unproven),
        has_page=plugin.authoriser is not None,
    )


def abilities(can: "Capabilities", stock: "StockRules | None") -> tuple[Ability, ...]:
    """What shops with these declarations can do and cannot do, one sentence a line: orders, shipments, stock."""
    found = [
        _is("unpaid", can.sees_unpaid),
        Ability("masked.yes" if can.masks_receivers else "masked.no", "quiet"),
        _splits(can),
        _is("renumber", can.changes_number),
        _is("after_sales", can.tells_after_sales),
        _is("listings", can.lists_items),
        _notes(can),
    ]
    if can.decides_merging:
        found.append(Ability("merging.yes", "quiet"))
    return (*found, *_of_stock(stock))


def _of_stock(rules: "StockRules | None") -> tuple[Ability, ...]:
    if rules is None:
        return (Ability("stock.none", "notice"),)
    found = [
        Ability(f"stock.{rules.write.value}", "notice" if rules.write.value == "absolute" else "good"),
        _is("pause", rules.pauses_sale),
    ]
    if rules.may_refuse_decrease:
        found.append(Ability("promotion.yes", "notice"))
    if not rules.reads_back:
        found.append(Ability("reads_back.no", "notice"))
    found.append(Ability(f"cancelled.{rules.cancelled_unit.value}", "quiet"))
    return tuple(found)


def _splits(can: "Capabilities") -> Ability:
    if can.adds_numbers:
        return Ability("splits.added", "good")
    return Ability(f"splits.{can.splits.value}", "notice" if can.takes_one_number else "good")


def _notes(can: "Capabilities") -> Ability:
    if can.writes_notes and not can.writes_flags:
        return Ability("notes.plain", "good")
    return _is("notes", can.writes_notes)


def _is(code: str, can: bool) -> Ability:
    return Ability(f"{code}.{'yes' if can else 'no'}", "good" if can else "notice")
