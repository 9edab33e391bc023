"""How many units each shop should be able to sell: a pure function of numbers, so that it can be tried at will."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShopNow:
    """One shop as the split sees it.

    Attributes:
        shop_id: whose.
        right_qty: what it may sell now.
        weight: its share: the owner's own, or what it sold lately; shops without any share what is left alike.
        takes: whether it may be given more (written to, at peace, nothing under way).
        gives: whether units may be asked back (as `takes`, and no promotion stands against it).
        most_qty: so many more at most it may be given: what lasts as long as it promises; None: whatever is there.
    """

    shop_id: int
    right_qty: int
    weight: float
    takes: bool = True
    gives: bool = True
    most_qty: int | None = None


@dataclass(frozen=True, slots=True)
class SplitRules:
    """What the owner decided for a SKU.

    Attributes:
        keep_qty: stays in the pool.
        min_lot: fewer units are not moved, unless a shop has none.
        park_qty: so many and fewer go to one shop alone.
        parked_shop_id: that shop; None for the one with the largest weight.
        hysteresis: a shop's right is left alone while it is no further from its share than this part of it.
    """

    keep_qty: int = 0
    min_lot: int = 1
    park_qty: int = 0
    parked_shop_id: int | None = None
    hysteresis: float = 0.2


@dataclass(frozen=True, slots=True)
class Move:
    """Units to be granted to a shop (above zero) or asked back from it (below)."""

    shop_id: int
    qty: int


def split(pool_qty: int, shops: Sequence[ShopNow], rules: SplitRules) -> tuple[Move, ...]:
    """What to move now. Grants never exceed what the pool has; what is asked back can be granted only once it came.

    A shop that does not take keeps what it has and counts as if that were its share; one that does not give is never
    asked for less.
    """
    targets = shares(pool_qty, shops, rules)
    backs = [
        Move(shop.shop_id, targets[shop.shop_id] - shop.right_qty)
        for shop in shops
        if shop.gives and _is_worth_taking(shop, targets[shop.shop_id], rules)
    ]
    grants = []
    left = max(pool_qty - rules.keep_qty, 0)
    # Whoever has least of its share comes first: an empty shop before one that only could do with more.
    wanting = [shop for shop in shops if shop.takes and targets[shop.shop_id] > shop.right_qty]
    for shop in sorted(wanting, key=lambda one: (one.right_qty / targets[one.shop_id], one.shop_id)):
        qty = min(targets[shop.shop_id] - shop.right_qty, left)
        if shop.most_qty is not None:
            qty = min(qty, shop.most_qty)
        if qty > 0 and (qty >= rules.min_lot or shop.right_qty == 0):
            grants.append(Move(shop.shop_id, qty))
            left -= qty
    return (*backs, *grants)


def _is_worth_taking(shop: ShopNow, target: int, rules: SplitRules) -> bool:
    too_many = shop.right_qty - target
    if too_many <= 0:
        return False
    return target == 0 or too_many >= max(rules.min_lot, rules.hysteresis * shop.right_qty)


def shares(pool_qty: int, shops: Sequence[ShopNow], rules: SplitRules) -> Mapping[int, int]:
    """What each shop should have of all that is there; whole units, and together exactly that."""
    fixed = {shop.shop_id: shop.right_qty for shop in shops if not (shop.takes or shop.gives)}
    moving = [shop for shop in shops if shop.shop_id not in fixed]
    total = max(pool_qty - rules.keep_qty, 0) + sum(shop.right_qty for shop in moving)
    if pool_qty < rules.keep_qty:
        # The pool wants its own back.
        total = max(total - (rules.keep_qty - pool_qty), 0)
    targets = dict(fixed)
    if not moving:
        return targets
    floors = {shop.shop_id: 0 if shop.gives else shop.right_qty for shop in moving}
    if total <= rules.park_qty:
        home = _home(moving, rules)
        parts = {shop.shop_id: total if shop.shop_id == home else 0 for shop in moving}
    else:
        parts = _by_weight(total, moving, rules.min_lot)
    # What cannot be taken back stays, at the cost of the others.
    for shop_id, floor in floors.items():
        parts[shop_id] = max(parts[shop_id], floor)
    over = sum(parts.values()) - total
    for shop_id in sorted(parts, key=lambda one: (-(parts[one] - floors[one]), one)):
        cut = min(max(over, 0), parts[shop_id] - floors[shop_id])
        parts[shop_id] -= cut
        over -= cut
    return targets | parts


def _home(shops: Sequence[ShopNow], rules: SplitRules) -> int:
    if any(shop.shop_id == rules.parked_shop_id for shop in shops):
        return int(rules.parked_shop_id or 0)
    return max(shops, key=lambda one: (one.weight, one.right_qty, -one.shop_id)).shop_id


def _by_weight(total: int, shops: Sequence[ShopNow], min_lot: int) -> dict[int, int]:
    """Whole units in proportion, the largest remainders first; fewer than a lot each is no share at all.

    What a shop may not be given goes to the others.
    """
    taking = list(shops)
    full: dict[int, int] = {}
    while taking:
        parts = _largest_remainders(total - sum(full.values()), taking)
        over = [shop for shop in taking if parts[shop.shop_id] > _most(shop, total)]
        small = [shop for shop in taking if 0 < parts[shop.shop_id] < min_lot]
        if over:
            full |= {shop.shop_id: _most(shop, total) for shop in over}
            taking = [shop for shop in taking if shop.shop_id not in full]
        elif small and len(taking) > 1:
            taking.remove(min(small, key=lambda one: (one.weight, -one.shop_id)))
        else:
            full |= parts
            break
    return {shop.shop_id: full.get(shop.shop_id, 0) for shop in shops}


def _most(shop: ShopNow, total: int) -> int:
    return total if shop.most_qty is None else shop.right_qty + shop.most_qty


def _largest_remainders(total: int, shops: Sequence[ShopNow]) -> dict[int, int]:
    weights = {shop.shop_id: max(shop.weight, 0.0) for shop in shops}
    whole = sum(weights.values())
    if whole <= 0:
        weights, whole = dict.fromkeys(weights, 1.0), float(len(weights))
    exact = {shop_id: total * weight / whole for shop_id, weight in weights.items()}
    parts = {shop_id: int(share) for shop_id, share in exact.items()}
    rest = total - sum(parts.values())
    for shop_id in sorted(exact, key=lambda one: (-(exact[one] - parts[one]), one))[: max(rest, 0)]:
        parts[shop_id] += 1
    return parts
