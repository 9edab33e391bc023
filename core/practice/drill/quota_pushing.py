"""Mode `quota`: the product's own planner and outbox, as its lanes run them. Nothing here decides anything."""

from collections.abc import Mapping
from functools import partial

from core.db import outbox
from core.db.unit_of_work import Changes
from core.inventory.quotas.acts import lane_of
from core.inventory.quotas.plans import PlanDraft, set_plan
from core.inventory.quotas.states import Mode as StockMode
from core.practice.drill.house import House
from core.practice.drill.timeline import Timeline
from core.practice.drill.wire import Wire
from core.sync.delivering import Deliverer
from core.sync.handlers import Handlers
from core.sync.shops import ShopRecord
from core.sync.stock_lane import StockLane

_IDLE_S = 3600.0
_LEAST_S = 0.5


class QuotaLanes:
    """The planner's lane and one outbox lane for each shop."""

    def __init__(self, house: House, wires: Mapping[int, Wire], timeline: Timeline) -> None:
        """`wires` by shop id."""
        self._house = house
        self._wires = wires
        self._timeline = timeline
        self._stock = StockLane(house.store, self._open, "drill")
        handlers = Handlers(house.store, {}, self._open)
        self._deliverer = Deliverer(house.store, "drill", handlers.by_kind(), handlers.give_ups())

    def start(self, first_s: float) -> None:
        """From here on the SKU has quotas."""
        house = self._house
        house.store.write(lambda uow: set_plan(uow, house.sku_id, PlanDraft(StockMode.QUOTA)))
        house.store.subscribe(self._on_changes)
        self._timeline.add_lane("stock", self._stock.work, first_s)
        for shop in house.shops:
            self._timeline.add_lane(lane_of(shop.id), partial(self._deliver, lane_of(shop.id)), first_s)

    def _open(self, shop: ShopRecord) -> Wire:
        return self._wires[shop.id]

    def _deliver(self, lane: str) -> float:
        self._deliverer.drain(lane)
        # No other desk leaves rows behind here: a lane with nothing to do is woken by whoever writes some.
        due_s = self._house.store.read(lambda connection: outbox.due_in_s(connection, lane, self._timeline.clock))
        return _IDLE_S if due_s is None else max(due_s, _LEAST_S)

    def _on_changes(self, changes: Changes) -> None:
        self._stock.note(changes)
        if changes.touches("outbox"):
            for shop in self._house.shops:
                self._timeline.wake(lane_of(shop.id))
