"""How the page of quotas says where the units are, and what is wrong."""

from core.inventory.quotas.records import QuotaRow, SkuQuotas
from core.inventory.quotas.states import ActKind
from desktop.texts import Texts


def sentence_text(sku: SkuQuotas, texts: Texts) -> str:
    """`300 = Tmall 150 + app 120 + pool 30; at worst 0 oversold`; a bundle's is about its rights alone."""
    said = sku.sentence
    worst = texts.t("quotas.worst", n=sku.worst_qty if said is None else said.worst_qty)
    if said is None:
        rights = " + ".join(f"{one.shop_name} {one.right_qty}" for one in sku.quotas if one.right_qty)
        pool = texts.t("quotas.part.pool", n=max(sku.pool_by_warehouse.values(), default=0))
        return (
            "；".join(part for part in (rights, pool, worst) if part)
            if texts.language == "zh_CN"
            else "; ".join(part for part in (rights, pool, worst) if part)
        )
    parts = [f"{name} {qty}" for name, qty in said.by_shop]
    for code, qty in (
        ("sold", said.sold_qty),
        ("quarantined", said.quarantined_qty),
        ("ended", said.ended_qty),
        ("safety", said.safety_qty),
        ("pool", said.pool_qty),
    ):
        if qty or code == "pool":
            parts.append(texts.t(f"quotas.part.{code}", n=qty))
    return texts.t("quotas.sentence", whole=said.on_hand_qty, parts=" + ".join(parts), worst=worst)


def state_code(sku: SkuQuotas) -> str:
    """What matters most about a SKU: risk, drift, busy, waiting (read-only shops), fine, off."""
    worst = sku.worst_qty if sku.sentence is None else sku.sentence.worst_qty
    if worst or any(one.overdrawn_qty for one in sku.quotas):
        return "risk"
    if any(one.drift_qty is not None for one in sku.quotas):
        return "drift"
    if any(one.open_act is not None for one in sku.quotas):
        return "busy"
    if sku.mode.value == "off":
        return "off"
    return "fine" if any(one.writes_stock for one in sku.quotas) else "read_only"


_TONES = {
    "risk": "stop",
    "drift": "notice",
    "busy": "busy",
    "off": "quiet",
    "fine": "good",
    "read_only": "quiet",
}


def state_tone(sku: SkuQuotas) -> str:
    """The tone of that."""
    return _TONES[state_code(sku)]


def is_mending(quota: QuotaRow) -> bool:
    """Whether somebody has decided about a number that differs, and the platform is being told ours."""
    return quota.open_act is not None and quota.open_act.kind is ActKind.MEND


def troubles(quota: QuotaRow) -> tuple[tuple[str, dict[str, object]], ...]:
    """What is wrong with one shop's part, as codes with facts, the worst first."""
    found: list[tuple[str, dict[str, object]]] = []
    if quota.is_stopped:
        found.append(("quotas.trouble.stopped", {}))
    if quota.overdrawn_qty:
        found.append(("quotas.trouble.overdrawn", {"n": quota.overdrawn_qty}))
    if quota.uncovered_qty:
        found.append(("quotas.trouble.uncovered", {"n": quota.uncovered_qty}))
    if quota.drift_qty is not None:
        facts: dict[str, object] = {"theirs": quota.listed_qty, "ours": quota.drift_right_qty}
        what = "mending" if is_mending(quota) else "drift_more" if quota.drift_qty > 0 else "drift_less"
        found.append((f"quotas.trouble.{what}", facts))
    if quota.slack_qty:
        found.append(("quotas.trouble.slack", {"n": quota.slack_qty}))
    if quota.link_count > 1:
        found.append(("quotas.trouble.links", {"n": quota.link_count}))
    return tuple(found)
