"""What a drill is asked for, and what it found."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from core.channels.stock_contract import BelowZero, CancelledUnit, WriteKind
from core.runtime.errors import Refused

_MOST = {"stock": 100_000, "demand": 100_000, "minutes": 1440, "lag_s": 7200, "shops": 8, "calls_per_minute": 6000}


class Mode(StrEnum):
    """How the shops are told what they may sell."""

    #: every minute every shop is told all that we believe to be there
    NAIVE = "naive"
    #: the same less a buffer
    BUFFER = "buffer"
    #: what one shop sold is taken away from the others, as a difference
    INCREMENTAL = "incremental"
    #: each shop has units of its own, which nobody else may sell
    QUOTA = "quota"


@dataclass(frozen=True, slots=True)
class Trouble:
    """How badly the shops behave; shares lie between 0 and 1.

    Attributes:
        lost_before: calls that never reach the shop.
        lost_after: calls that the shop carries out and whose answer is lost.
        overtaken: stock writes that reach the shop only after we gave them up, so that later ones come before them.
        repeated: stock writes that reach the shop twice, where its rules make a repeat harmless.
        disordered: pages of orders with copies that stand in them twice, in any order, some older than we know; and
            orders that become visible after any part of the lag.
        cancelled: buyers who take their order back within half an hour.
        unpaid: buyers who never pay; the shop closes their orders after 15 minutes.
        edits: how often somebody changes a shop's number by hand during the sale, past us.
        edit_units: by how much at most, up or down.
    """

    lost_before: float = 0.0
    lost_after: float = 0.0
    overtaken: float = 0.0
    repeated: float = 0.0
    disordered: float = 0.0
    cancelled: float = 0.0
    unpaid: float = 0.0
    edits: int = 0
    edit_units: int = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """One sale. The same plan, seed included, is played the same way every time.

    Attributes:
        stock: units that are really there.
        demand: buyers who come, each for one unit.
        rush: share of them that comes in the first `rush_minutes`.
        minutes: how long the sale lasts.
        lag_s: seconds until an order that was placed becomes visible to us.
        shops: how many shops sell.
        seed: of everything that is left to chance.
        buffer: units that mode `buffer` keeps back; None is a fifth of the stock.
        push_every_s: how often the modes without quotas tell the shops.
        write, below_zero, cancelled_unit: how the shops take stock writes.
        calls_per_minute: stock writes that one shop takes.
        hides_lag: the shops do not say how late their orders become visible.
        trouble: how badly they behave.
    """

    stock: int = 300
    demand: int = 700
    rush: float = 0.7
    rush_minutes: int = 20
    minutes: int = 120
    lag_s: int = 480
    shops: int = 2
    seed: int = 1
    buffer: int | None = None
    push_every_s: int = 60
    write: WriteKind = WriteKind.KEYED_DELTA
    below_zero: BelowZero = BelowZero.REFUSES
    cancelled_unit: CancelledUnit = CancelledUnit.PLATFORM
    calls_per_minute: int = 60
    hides_lag: bool = False
    trouble: Trouble = field(default_factory=Trouble)

    @property
    def buffer_qty(self) -> int:
        """Units kept back by mode `buffer`."""
        return self.stock // 5 if self.buffer is None else self.buffer

    @property
    def sale_s(self) -> float:
        """Seconds from the first minute of the sale to its last."""
        return self.minutes * 60.0


def check_plan(plan: Plan) -> None:
    """Refuse what cannot be played.

    Raises:
        Refused: `drill.out_of_range` with the field and its bounds.
    """
    for name, most in _MOST.items():
        least = 0 if name in {"lag_s", "demand"} else 1
        _check(name, getattr(plan, name), least, most)
    _check("rush", plan.rush, 0, 1)
    _check("rush_minutes", plan.rush_minutes, 1, plan.minutes)
    _check("buffer", plan.buffer_qty, 0, plan.stock)
    _check("push_every_s", plan.push_every_s, 5, 3600)
    for name, value in asdict(plan.trouble).items():
        _check(name, value, 0, 1000 if name in {"edits", "edit_units"} else 0.9)


def _check(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise Refused(
            "drill.out_of_range", f"{name} lies between {least} and {most}", field=name, least=least, most=most
        )


@dataclass(frozen=True, slots=True)
class Moment:
    """How things stood at one minute of the sale, counted at the buyers.

    Attributes:
        minute: since the sale began.
        sold: units that buyers have and did not give back.
        left: units that are there and nobody bought.
        listed: units that the shops together still offer.
    """

    minute: int
    sold: int
    left: int
    listed: int


@dataclass(frozen=True, slots=True)
class Result:
    """What one mode did with one plan. Everything but the alerts is counted at the buyers and at the shops.

    Attributes:
        sold: units that buyers had at the end, after cancellations.
        oversold: those of them that do not exist.
        worst_oversold: the most that was sold beyond what exists at any moment.
        refused: buyers turned away although a unit was left somewhere.
        turned_away: all who were turned away.
        unsold: units left at the end.
        cancelled: units that buyers gave back.
        first_alert_s: seconds from the beginning of the sale to the first alert; None where none came.
        alerts: when each rule was first broken, in seconds; below 0 before the sale began.
        pushes: stock writes sent.
        calls: calls of every kind about stock: writes, reads, pauses.
        calls_per_hour: the same for the busiest shop.
        known_orders: orders that our centre has at the end, cancelled ones included: as many as were placed.
        is_ledger_whole: our stock's sums are the sums of their rows at the end.
        sold_by_shop: units by shop, after cancellations.
        story: minute by minute.
    """

    mode: Mode
    stock: int
    demand: int
    sold: int
    oversold: int
    worst_oversold: int
    refused: int
    turned_away: int
    unsold: int
    cancelled: int
    first_alert_s: float | None
    alerts: Mapping[str, float]
    pushes: int
    calls: int
    calls_per_hour: int
    known_orders: int
    is_ledger_whole: bool
    sold_by_shop: tuple[int, ...]
    story: tuple[Moment, ...]

    def facts(self) -> dict[str, Any]:
        """For a program: plain values, without the story."""
        values = asdict(self)
        del values["story"]
        return values | {"mode": self.mode.value, "sold_by_shop": list(self.sold_by_shop)}


#: told after each minute that was played: minutes done, minutes in all
OnMinute = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Listening:
    """Who listens while a drill is played, and who may stop it."""

    on_minute: OnMinute = lambda _done, _total: None
    is_cancelled: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Goods:
    """One of the merchant's own SKUs, as a drill would begin with it now.

    Attributes:
        available_qty: units that may still be promised, in all warehouses.
        shops: how many of the merchant's shops offer it.
    """

    sku_id: int
    code: str
    name: str
    available_qty: int
    shops: int
