"""The words of limits, the breaker and stops, out of records."""

from core.inventory.stopping.records import Act, BreakerRuleRow, Cause, Progress, ShopStop, TripRow, TripState, Way
from core.orders.limits.flagged import FlaggedOrder
from core.orders.limits.records import LimitRule, Step
from desktop.texts import Texts

PROGRESS_TONES = {Progress.DONE: "good", Progress.WAITING: "busy", Progress.TO_DO: "notice"}
TRIP_TONES = {TripState.ACTED: "stop", TripState.PROPOSED: "notice", TripState.DECLINED: "quiet"}


def steps_words(steps: tuple[Step, ...], texts: Texts) -> str:
    """`剩 100 件以内每人 2 件；剩 50 件以内仅会员每人 1 件`."""
    return texts.t("limits.and").join(
        texts.t("limits.step.members" if one.members_only else "limits.step", left=one.left_qty, n=one.most_qty)
        for one in steps
    )


def limit_goods(rule: LimitRule, texts: Texts) -> str:
    """Whose rule it is."""
    return f"{rule.sku_code} {rule.sku_name}" if rule.sku_code else texts.t("limits.every_sku")


def flagged_words(order: FlaggedOrder, texts: Texts) -> str:
    """Why an order is held, in numbers."""
    if not order.facts:
        return "—"
    code = "limits.flagged.member" if order.facts.get("needs_member") else "limits.flagged.why"
    return texts.t(code, **order.facts)


def shops_words(names: tuple[str, ...], texts: Texts) -> str:
    """The shops of a rule; all where none is named."""
    return texts.t("limits.and_shop").join(names) if names else texts.t("limits.every_shop")


def cause_words(rule: BreakerRuleRow, texts: Texts) -> str:
    """What trips a rule."""
    draft = rule.draft
    if draft.cause is Cause.LOW:
        return texts.t("limits.cause.low", goods=draft.sku_code or texts.t("limits.every_safe"))
    shop = rule.shop_name or texts.t("limits.any_shop")
    return texts.t("limits.cause.silent", shop=shop, minutes=draft.minutes)


def act_words(act: Act, cap_qty: int | None, names: tuple[str, ...], texts: Texts) -> str:
    """What a rule does, and where."""
    return texts.t(f"limits.act.{act.value}", shops=shops_words(names, texts), n=cap_qty or 0)


def end_words(rule: BreakerRuleRow, texts: Texts) -> str:
    """When it is over."""
    draft = rule.draft
    over = texts.t(f"limits.over.{draft.cause.value}", n=draft.margin_qty, minutes=draft.calm_minutes)
    return texts.t("limits.end.itself" if draft.resumes else "limits.end.person", over=over)


def trip_words(trip: TripRow, texts: Texts) -> str:
    """What tripped, and what of it."""
    cause = texts.t(f"limits.trip.{trip.cause.value}", **trip.facts)
    act = act_words(trip.act, trip.cap_qty, trip.target_names, texts)
    return texts.t(f"limits.trip.{trip.state.value}", cause=cause, act=act)


def preview_words(shop: ShopStop, texts: Texts) -> str:
    """What will happen at a shop."""
    words = texts.t(
        f"limits.will.{shop.way.value}", n=shop.by_hand_count if shop.way is Way.BY_HAND else shop.told_count
    )
    if shop.way is Way.BY_HAND and shop.told_count:
        words += texts.t("limits.will.told_too", n=shop.told_count)
    return words


def progress_words(shop: ShopStop, texts: Texts, *, is_lifted: bool) -> str:
    """How far a shop has come, on the way there or back."""
    back = "back." if is_lifted else ""
    if shop.progress is Progress.TO_DO:
        return texts.t(f"limits.{back}to_do", n=shop.by_hand_count)
    if shop.progress is Progress.WAITING:
        return texts.t(f"limits.{back}waiting", n=shop.waiting_count, all=shop.told_count)
    if shop.by_hand_count:
        return texts.t(f"limits.{back}done_by_hand")
    return texts.t(f"limits.{back}done.{shop.way.value}")
