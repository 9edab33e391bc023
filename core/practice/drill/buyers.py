"""Who comes to a sale and when, and what they do later; counted here, at the buyers."""

import random
from dataclasses import dataclass, field
from functools import partial

from core.practice.drill.records import Moment, Plan
from core.practice.drill.shop import SimulatedShop
from core.practice.drill.timeline import Timeline

#: a buyer who changes their mind does so within this time
_CHANGES_MIND_S = (60.0, 1800.0)
#: the shop closes an unpaid order after this time
_UNPAID_S = 900.0
#: an order becomes visible after this share of the lag at least, where the shops are in disorder
_SOONEST = 0.2


@dataclass(slots=True)
class Count:
    """What happened at the buyers so far."""

    refused: int = 0
    turned_away: int = 0
    cancelled: int = 0
    worst_oversold: int = 0
    story: list[Moment] = field(default_factory=list)


class Buyers:
    """Comes in a rush and then evenly, goes to any shop, takes one unit where one is offered."""

    def __init__(self, plan: Plan, shops: list[SimulatedShop], timeline: Timeline, opens_s: float) -> None:
        """`opens_s` is the moment of the timeline at which the sale begins."""
        self._plan = plan
        self._shops = shops
        self._timeline = timeline
        self._opens_s = opens_s
        # Apart from the line's chances: the same buyers come whatever becomes of our calls.
        self._rng = random.Random(f"buyers {plan.seed}")  # noqa: S311 - a drill
        self.count = Count()

    @property
    def sold_qty(self) -> int:
        """Units that buyers have."""
        return sum(shop.sold_qty for shop in self._shops)

    def line_up(self) -> None:
        """Everything that will happen at the shops goes onto the timeline."""
        plan, rng = self._plan, self._rng
        rushing = round(plan.demand * plan.rush)
        rush_s = min(plan.rush_minutes * 60.0, plan.sale_s)
        comes = [rng.uniform(0, rush_s) for _ in range(rushing)]
        calm_from_s = rush_s if rush_s < plan.sale_s else 0.0
        comes += [rng.uniform(calm_from_s, plan.sale_s) for _ in range(plan.demand - rushing)]
        for moment_s in sorted(comes):
            shop = rng.choice(self._shops)
            self._timeline.at(self._opens_s + moment_s, partial(self._come, shop))
        for _ in range(plan.trouble.edits):
            shop, most = rng.choice(self._shops), plan.trouble.edit_units
            units = rng.randint(-most, most)
            at_s = self._opens_s + rng.uniform(0, plan.sale_s)
            self._timeline.at(at_s, partial(self._edit, shop, units))
        for minute in range(plan.minutes + 1):
            self._timeline.at(self._opens_s + minute * 60.0, partial(self._note, minute))

    def _edit(self, shop: SimulatedShop, units: int) -> None:
        shop.edit(units)

    def _come(self, shop: SimulatedShop) -> None:
        rng, trouble = self._rng, self._plan.trouble
        # Drawn for every buyer, served or not: who comes next does not hang on it.
        never_pays, takes_back = rng.random() < trouble.unpaid, rng.random() < trouble.cancelled
        after_s, lag_s, later_lag_s = rng.uniform(*_CHANGES_MIND_S), self._lag_s(), self._lag_s()
        number = shop.buy(lag_s, is_paid=not never_pays)
        if number is None:
            self.count.turned_away += 1
            if self.sold_qty < self._plan.stock:
                self.count.refused += 1
            return
        self.count.worst_oversold = max(self.count.worst_oversold, self.sold_qty - self._plan.stock)
        gone_s = self._timeline.now_s + (_UNPAID_S if never_pays else after_s)
        if (never_pays or takes_back) and gone_s < self._opens_s + self._plan.sale_s:
            self._timeline.at(gone_s, lambda: self._give_back(shop, number, later_lag_s))

    def _give_back(self, shop: SimulatedShop, number: str, lag_s: float) -> None:
        shop.cancel(number, lag_s)
        self.count.cancelled += 1

    def _lag_s(self) -> float:
        lag_s = float(self._plan.lag_s)
        return self._rng.uniform(_SOONEST * lag_s, lag_s) if self._plan.trouble.disordered else lag_s

    def _note(self, minute: int) -> None:
        sold = self.sold_qty
        left = max(self._plan.stock - sold, 0)
        listed = sum(shop.qty for shop in self._shops if shop.is_on_sale)
        self.count.story.append(Moment(minute, sold, left, listed))
