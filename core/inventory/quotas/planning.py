"""What should be moved between pool and shops, out of one read of a SKU; nothing here writes."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from core.channels.stock_contract import StockRules, WriteKind
from core.inventory.quotas.acts import CAPPED, EMPTIED, RESUMED, STOPPED
from core.inventory.quotas.records import Planned, QuotaRow, SkuQuotas
from core.inventory.quotas.splitting import ShopNow, SplitRules, split
from core.inventory.quotas.states import ActKind, Mode, Turn

#: a number older than this is read again, so that a change by hand over there is found
LOOK_AGAIN: Final = timedelta(minutes=10)
#: the part of all units that every shop counts as having sold anyway
_ALIKE_PART: Final = 0.1
#: mode shared: how far the told number may be off while there is plenty
_SHARED_PART: Final = 0.05
#: a link that refuses so often in an hour to go off sale has its number brought to nothing instead
MOST_PAUSES: Final = 3
#: reasons that cannot wait
_AT_ONCE: Final = frozenset({"uncovered", STOPPED, EMPTIED})


def plan(
    sku: SkuQuotas, rules: Mapping[int, StockRules], now: datetime, *, pretends: bool = False
) -> tuple[Planned, ...]:
    """The acts that are right now, for the shops that can be reached at all.

    Args:
        sku: the SKU of one read.
        rules: of the shops whose numbers can be read and written from here, by their ids.
        now: the time.
        pretends: plan for shops that are read-only as if they were not, to show what would be written.
    """
    planned: list[Planned] = []
    groups: defaultdict[int, list[QuotaRow]] = defaultdict(list)
    for quota in sku.quotas:
        if quota.shop_id in rules:
            groups[quota.warehouse_id].append(quota)
    for quotas in groups.values():
        pool = sku.pool_by_warehouse.get(quotas[0].warehouse_id, 0)
        ready = [one for one in quotas if _is_ready(one, now)]
        if sku.mode is Mode.OFF:
            # Nothing is written but a stop and its end: a stop is of every link that can be written to.
            ready = [one for one in ready if one.is_stopped or one.is_paused]
        first = [act for one in ready for act in _first_things(sku, one, rules[one.shop_id], now)]
        busy = {act.quota_id for act in first if act.kind is not ActKind.READ or act.reason != "look"}
        planned += first
        rest = [
            one for one in ready if one.quota_id not in busy and (one.writes_stock or pretends) and not one.is_stopped
        ]
        if sku.mode is Mode.QUOTA:
            free_ids = {one.quota_id for one in rest if one.is_adopted and one.drift_qty is None}
            reserving = {one.shop_id for one in quotas if _reserves(rules[one.shop_id])}
            planned += _split(sku, quotas, free_ids, pool, now, reserving=reserving)
        elif sku.mode is Mode.SHARED:
            planned += [act for one in rest for act in _shared(sku, one)]
        elif sku.mode is Mode.MANUAL:
            calm = [one for one in rest if one.is_adopted and one.drift_qty is None]
            planned += [act for one in calm for act in _given_again(sku, one)]
    return _one_each(planned)


def _is_ready(quota: QuotaRow, now: datetime) -> bool:
    is_waiting = quota.retry_at is not None and quota.retry_at > now
    return quota.has_link and quota.open_act is None and not is_waiting


def _first_things(sku: SkuQuotas, quota: QuotaRow, rules: StockRules, now: datetime) -> Sequence[Planned]:
    """What goes before any split: taking over what the platform has, and taking back what nothing stands behind."""
    if quota.is_stopped and quota.writes_stock and _pauses(quota, rules) and quota.is_on_sale is not False:
        return [_act(sku, quota, ActKind.PAUSE, 0, STOPPED)]
    if quota.is_paused and quota.writes_stock and not quota.is_stopped:
        # What took it off sale is over, however it ended; a shared number is brought up to date before.
        stale = _shared(sku, quota) if sku.mode is Mode.SHARED else []
        return stale or [_act(sku, quota, ActKind.RESUME, 0, RESUMED)]
    if quota.is_counted and not quota.is_adopted:
        # Read once: a number that is read again before its orders are known would never settle.
        return [] if quota.is_read else [_act(sku, quota, ActKind.READ, 0, "adopt")]
    is_locked = quota.locked_until is not None and quota.locked_until > now
    if quota.is_stopped and quota.writes_stock and not is_locked:
        less = _nothing_left(sku, quota, rules)
        if less:
            return less
    if quota.uncovered_qty and quota.writes_stock and not is_locked:
        return [_act(sku, quota, ActKind.WITHDRAW, quota.uncovered_qty, "uncovered")]
    if quota.cap_qty is not None and quota.right_qty > quota.cap_qty and quota.writes_stock and not is_locked:
        return [_act(sku, quota, ActKind.WITHDRAW, quota.right_qty - quota.cap_qty, CAPPED)]
    if sku.mode is Mode.SHARED and quota.right_qty and quota.writes_stock and not is_locked:
        return [_act(sku, quota, ActKind.WITHDRAW, quota.right_qty, "mode")]
    is_old = quota.listed_at is None or now - quota.listed_at >= LOOK_AGAIN
    if is_old and not quota.is_read:
        return [_act(sku, quota, ActKind.READ, 0, "look")]
    return []


def _nothing_left(sku: SkuQuotas, quota: QuotaRow, rules: StockRules) -> Sequence[Planned]:
    """A stopped sale: nothing is left to buy where the link itself cannot be taken off sale.

    Where it can, a person's own share stays with it; what the split gave is of use to other shops.
    """
    pauses = _pauses(quota, rules)
    reason = EMPTIED if rules.pauses_sale and not pauses else STOPPED
    if quota.right_qty and (sku.mode is Mode.QUOTA or not pauses):
        return [_act(sku, quota, ActKind.WITHDRAW, quota.right_qty, reason)]
    if pauses:
        return []
    if quota.drift_qty is not None and quota.drift_qty > 0:
        return [_act(sku, quota, ActKind.MEND, quota.drift_qty, reason)]
    if sku.mode in (Mode.SHARED, Mode.OFF) and quota.listed_qty != 0:
        return [_act(sku, quota, ActKind.PUSH, 0, reason)]
    return []


def _pauses(quota: QuotaRow, rules: StockRules) -> bool:
    """Whether the link is to be taken off sale itself; one that would not be, again and again, is emptied."""
    return rules.pauses_sale and (quota.is_on_sale is False or quota.pauses_refused < MOST_PAUSES)


def _given_again(sku: SkuQuotas, quota: QuotaRow) -> Sequence[Planned]:
    """What a stop took back from a person's own share is given again when it is over, as far as it is there."""
    qty = min(quota.regrant_qty, quota.pool_qty)
    if quota.cap_qty is not None:
        qty = min(qty, quota.cap_qty - quota.right_qty)
    return [_act(sku, quota, ActKind.GRANT, qty, "sale_resumed")] if qty > 0 else []


def _reserves(rules: StockRules) -> bool:
    """Whether a number can only be set over a reserve (`acts.reserve_risk`)."""
    return rules.write is WriteKind.ABSOLUTE and not rules.pauses_sale


def _split(
    sku: SkuQuotas,
    quotas: Sequence[QuotaRow],
    free_ids: Collection[int],
    pool: int,
    now: datetime,
    *,
    reserving: Collection[int],
) -> Sequence[Planned]:
    # A few sales say little: so much of everything counts as sold alike before the first.
    alike = max(_ALIKE_PART * (pool + sum(one.right_qty for one in quotas)), 1.0)
    shops = [
        ShopNow(
            one.shop_id,
            one.right_qty,
            one.rate + alike if one.weight is None else float(one.weight),
            # A capped shop sells what it has, and gets nothing more.
            takes=one.quota_id in free_ids and one.cap_qty is None,
            gives=one.quota_id in free_ids and (one.locked_until is None or one.locked_until <= now),
            # What others have may end too soon for it: only what is free counts then.
            most_qty=one.pool_qty if one.has_short_lived else None,
        )
        for one in quotas
    ]
    rules = SplitRules(sku.buffer_qty, sku.min_lot, sku.park_qty, sku.parked_shop_id)
    by_shop = {one.shop_id: one for one in quotas}
    moves = split(pool, shops, rules)
    left = pool - sum(move.qty for move in moves if move.qty > 0)
    planned = []
    for move in moves:
        quota = by_shop[move.shop_id]
        if move.qty < 0:
            planned.append(_act(sku, quota, ActKind.WITHDRAW, -move.qty, "split"))
            continue
        # What may be sold twice while such a number is set has to be there as well, else it is refused for ever.
        lacking = max(quota.right_qty - left, 0) if quota.shop_id in reserving else 0
        if move.qty > lacking:
            planned.append(_act(sku, quota, ActKind.GRANT, move.qty - lacking, "split"))
    return planned


def _shared(sku: SkuQuotas, quota: QuotaRow) -> Sequence[Planned]:
    if quota.right_qty:
        return []
    target = max(quota.pool_qty - sku.buffer_qty, 0)
    if quota.cap_qty is not None:
        target = min(target, quota.cap_qty)
    told = quota.listed_qty
    if told is not None and told != target:
        # While there is plenty a small difference is not worth a call; near the end every unit is.
        is_plenty = min(told, target) > max(2 * sku.buffer_qty, 20)
        if is_plenty and abs(target - told) < max(sku.min_lot, _SHARED_PART * target):
            return []
    return [] if told == target else [_act(sku, quota, ActKind.PUSH, target, "shared")]


def _act(sku: SkuQuotas, quota: QuotaRow, kind: ActKind, qty: int, reason: str) -> Planned:
    is_written = quota.writes_stock or kind is ActKind.READ
    whose = (sku.sku_id, quota.quota_id, quota.shop_id, quota.shop_name)
    return Planned(*whose, kind, qty, reason, is_written, _turn(quota, kind, qty, reason), quota.listed_at)


def _turn(quota: QuotaRow, kind: ActKind, qty: int, reason: str) -> Turn:
    if reason in _AT_ONCE:
        return Turn.AT_ONCE
    if kind is ActKind.READ:
        return Turn.LOOK if reason == "look" else Turn.MORE
    is_less = kind is ActKind.WITHDRAW or (kind is ActKind.PUSH and qty < (quota.listed_qty or 0))
    return Turn.LESS if is_less else Turn.MORE


def _one_each(planned: Sequence[Planned]) -> tuple[Planned, ...]:
    """One act for each quota at a time; a write goes before a mere look."""
    chosen: dict[int, Planned] = {}
    for act in planned:
        before = chosen.get(act.quota_id)
        if before is None or (before.kind is ActKind.READ and before.reason == "look"):
            chosen[act.quota_id] = act
    return tuple(chosen.values())
