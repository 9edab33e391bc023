"""What is said about quotas: plain frozen values of one consistent read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.inventory.quotas.states import ActKind, ActState, Mode, Turn
from core.runtime.ids import SkuId, WarehouseId


@dataclass(frozen=True, slots=True)
class ActRow:
    """An act upon a platform's number."""

    id: int
    kind: ActKind
    state: ActState
    qty: int
    done_qty: int | None
    reason: str
    error: str
    created_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """One shop's part in a SKU.

    Attributes:
        pool_qty: units it may be given of the pool: what lasts as long as its shop promises.
        has_short_lived: goods of it are here, free or not, that end too soon for what its shop promises.
        covered_qty: units of the right that goods stand behind; the rest may be oversold.
        stray_qty: units of components that stand behind it and that its right does not need, unless what was sold
            waits for them.
        day_qty, hour_qty: what it sold in the last 24 hours and in the last hour.
        link_count: how many links of the shop may sell the SKU: the quota's own, and others that are not silent yet.
        is_on_sale: what the platform said of the link; None where it does not say.
        is_paused: the link is off sale because of us.
        is_stopped: the shop may not sell it now (停售).
        regrant_qty: units that the stop took back.
        has_link: one of the shop's links sells from it, and leads to the SKU.
        is_read: a number was read that waits for the orders placed before it.
        open_act: what is under way at the platform.
    """

    quota_id: int
    shop_id: int
    shop_name: str
    channel: str
    warehouse_id: WarehouseId
    writes_stock: bool
    pool_qty: int
    has_short_lived: bool
    is_counted: bool
    is_adopted: bool
    granted_qty: int
    withdrawn_qty: int
    sold_qty: int
    restored_qty: int
    right_qty: int
    covered_qty: int
    stray_qty: int
    overdrawn_qty: int
    slack_qty: int
    listed_qty: int | None
    listed_at: datetime | None
    drift_qty: int | None
    drift_right_qty: int | None
    drift_at: datetime | None
    locked_until: datetime | None
    retry_at: datetime | None
    weight: int | None
    day_qty: int
    hour_qty: int
    link_count: int
    is_on_sale: bool | None
    is_paused: bool
    is_stopped: bool
    regrant_qty: int
    has_link: bool
    is_read: bool
    open_act: ActRow | None
    #: units the shop may still sell because its sale is capped; None where it is not
    cap_qty: int | None = None
    #: how often the platform has refused within an hour to take the link off sale; only counted while it is stopped
    pauses_refused: int = 0

    @property
    def uncovered_qty(self) -> int:
        """Units the platform may sell that nothing stands behind."""
        return max(self.right_qty - self.covered_qty, 0)

    @property
    def worst_qty(self) -> int:
        """Units that may be oversold at worst: uncovered, and what the platform has beyond our right."""
        return self.uncovered_qty + max(self.drift_qty or 0, 0)

    @property
    def rate(self) -> float:
        """What it sells, for comparing: units of the last day, the last hour's four times."""
        return float(self.day_qty + 3 * self.hour_qty)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Where every unit on hand is, as one sentence reads it: shops + sold + set aside + ended + safety + pool.

    `by_shop` names shops with the units that stand behind their rights, bundles' included; `ended_qty` is free, but
    past its last day or blocked.
    """

    on_hand_qty: int
    by_shop: tuple[tuple[str, int], ...]
    sold_qty: int
    quarantined_qty: int
    safety_qty: int
    pool_qty: int
    worst_qty: int
    ended_qty: int = 0


@dataclass(frozen=True, slots=True)
class SkuQuotas:
    """One SKU and how it is told to the shops.

    `pool_by_warehouse`: units that may be granted, of the SKU itself (whole bundles for a bundle). `sentence` is
    about its own units and None for a bundle, which holds none.
    """

    sku_id: SkuId
    code: str
    name: str
    spec: str
    is_bundle: bool
    mode: Mode
    buffer_qty: int
    min_lot: int
    park_qty: int
    parked_shop_id: int | None
    pool_by_warehouse: Mapping[WarehouseId, int]
    safety_by_warehouse: Mapping[WarehouseId, int]
    quotas: tuple[QuotaRow, ...]
    sentence: Sentence | None

    @property
    def worst_qty(self) -> int:
        """Units that may be oversold at worst."""
        return sum(one.worst_qty for one in self.quotas)


@dataclass(frozen=True, slots=True)
class Planned:
    """An act that the planner holds for right.

    Attributes:
        is_written: False: the shop is read-only, it is only shown.
        turn: what goes first where a shop may not be called so often; then `listed_at`, whose number is oldest.
    """

    sku_id: SkuId
    quota_id: int
    shop_id: int
    shop_name: str
    kind: ActKind
    qty: int
    reason: str
    is_written: bool
    turn: Turn
    listed_at: datetime | None
