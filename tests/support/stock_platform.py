"""A shop whose buyers buy from the platform's own counter, and whose answers may be lost, cut, doubled or refused."""

import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from core.channels.stock_contract import BelowZero, CancelledUnit, ListedSku, ListedStock, StockRules, WriteKind
from core.runtime.clock import Clock
from core.runtime.remote_errors import Rejected, Temporary
from tests.support.fake_shop import FakeShop, line

RULES = StockRules(
    write=WriteKind.KEYED_DELTA,
    below_zero=BelowZero.REFUSES,
    cancelled_unit=CancelledUnit.PLATFORM,
    reads_back=True,
    pauses_sale=True,
    orders_lag_s=0,
)


class StockPlatform(FakeShop):
    """Implements `Channel` and `StockChannel`; counts at the buyers."""

    def __init__(self, clock: Clock, rules: StockRules = RULES, number: int = 0, code: str = "BEAR") -> None:
        super().__init__(clock)
        self.stock_rules = rules
        self.code = code
        self.number = number
        self.version = 1
        self.is_on_sale = True
        self.keys: dict[str, int] = {}
        #: what happens to the next stock calls: "", lost_after, lost_before, late (nobody hears of it, and it arrives
        #: in 20 s), refuse
        self.stock_faults: list[str] = []
        self.stock_calls: list[tuple[str, int]] = []
        self.sold: Counter[str] = Counter()
        self.called_off: Counter[str] = Counter()
        self._no = 0
        #: calls that are still on their way: when they arrive, and what they do
        self._on_the_way: list[tuple[datetime, Callable[[], None]]] = []

    def arrive(self) -> None:
        """What was on its way and is due arrives."""
        due = [act for at, act in self._on_the_way if at <= self._clock.now()]
        self._on_the_way = [(at, act) for at, act in self._on_the_way if at > self._clock.now()]
        for act in due:
            with contextlib.suppress(Rejected):
                act()

    def _late(self, act: Callable[[], None]) -> None:
        self._on_the_way.append((self._clock.now() + timedelta(seconds=20), act))

    # --- buyers -------------------------------------------------------------------------------------------------

    def buy(self, qty: int = 1, *, is_paid: bool = True, code: str | None = None) -> str:
        """Buy, if the platform's counter has it; the order's number, empty where it is sold out."""
        self.arrive()
        if not self.is_on_sale or not 0 < qty <= self.number:  # nobody buys none: a basket of 0 is no order
            return ""
        self._no += 1
        no = f"{id(self) % 9973}-{self._no}"
        self._set(self.number - qty)
        self.sold[no] = qty
        self.place(no, line("1", code or self.code, qty), is_paid=is_paid)
        return no

    def call_off(self, no: str) -> None:
        """The buyer cancels before it is sent; who has the unit then is the platform's rule."""
        qty = self.sold[no] - self.called_off[no]
        self.called_off[no] += qty
        self.cancel(no)
        if self.stock_rules.cancelled_unit is not CancelledUnit.CENTRE:
            self._set(self.number + qty)

    def edit(self, number: int) -> None:
        """Somebody types another number at the platform."""
        self._set(number)

    @property
    def owed(self) -> int:
        """Units buyers have and have not called off."""
        return sum(self.sold.values()) - sum(self.called_off.values())

    def _set(self, number: int) -> None:
        self.number = number
        self.version += 1

    # --- the stock channel --------------------------------------------------------------------------------------

    def _fault(self) -> str:
        self.arrive()
        return self.stock_faults.pop(0) if self.stock_faults else ""

    def _said(self) -> ListedStock:
        at: datetime = self._clock.now()
        version = self.version if self.stock_rules.write is WriteKind.COMPARE_AND_SET else None
        return ListedStock(self.number, version, self.is_on_sale, at)

    def read_stock(self, listed: ListedSku) -> ListedStock:
        """The number."""
        self.stock_calls.append(("read", 0))
        if self._fault() in ("lost_before", "lost_after", "late"):
            raise Temporary("no answer")
        return self._said()

    def change_stock(self, listed: ListedSku, delta: int, key: str) -> ListedStock:
        """A difference."""
        self.stock_calls.append(("change", delta))
        fault = self._fault()
        if fault == "lost_before":
            raise Temporary("never arrived")
        if fault == "refuse":
            raise Rejected("not now", code="locked")
        if fault == "late":
            self._late(lambda: self._take(delta, key))
            raise Temporary("no answer")
        self._take(delta, key)
        if fault == "lost_after":
            raise Temporary("the answer was lost")
        return self._said()

    def _take(self, delta: int, key: str) -> None:
        if self.stock_rules.write is not WriteKind.KEYED_DELTA or key not in self.keys:
            self._change(delta)
            self.keys[key] = delta

    def _change(self, delta: int) -> None:
        if self.number + delta < 0:
            if self.stock_rules.below_zero is BelowZero.REFUSES:
                raise Rejected("less is left", code="below_zero")
            delta = -self.number
        self._set(self.number + delta)

    def set_stock(self, listed: ListedSku, qty: int, if_version: int | None = None) -> ListedStock:
        """The number itself."""
        self.stock_calls.append(("set", qty))
        fault = self._fault()
        if fault == "lost_before":
            raise Temporary("never arrived")
        if fault == "refuse":
            raise Rejected("not now", code="locked")
        if fault == "late":
            self._late(lambda: self._put(qty, if_version))
            raise Temporary("no answer")
        self._put(qty, if_version)
        if fault == "lost_after":
            raise Temporary("the answer was lost")
        return self._said()

    def _put(self, qty: int, if_version: int | None) -> None:
        if if_version is not None and if_version != self.version:
            raise Rejected("somebody bought meanwhile", code="version_conflict")
        self._set(qty)

    def pause_sale(self, listed: ListedSku) -> None:
        """Off sale."""
        self.is_on_sale = False

    def resume_sale(self, listed: ListedSku) -> None:
        """On sale."""
        self.is_on_sale = True


def rules(write: WriteKind, **more: Any) -> StockRules:
    """The rules of a kind of platform."""
    facts: dict[str, Any] = {
        "write": write,
        "below_zero": BelowZero.REFUSES,
        "cancelled_unit": CancelledUnit.PLATFORM,
        "reads_back": True,
        "pauses_sale": True,
        "orders_lag_s": 0,
    }
    return StockRules(**(facts | more))
