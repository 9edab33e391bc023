"""The stock of the simulated Medusa: what lies at each location, and what of it is set aside.

`Goods.qty` is what may still be sold at the main location. Medusa shows it as stocked less reserved, so the stocked
number is that plus all reservations there; it may be written below them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.simulators.platforms.medusa_facts import MAIN_LOCATION_ID
from tests.simulators.platforms.shop import Habits, Line, Shop


@dataclass(slots=True)
class Reservation:
    """Units set aside at a location, for a line of an order or by hand."""

    no: str
    sku_id: str
    location_id: str
    qty: int
    at: datetime
    changed_at: datetime
    line_no: str | None = None
    description: str | None = None
    metadata: dict[str, object] | None = None


class Stockroom(Shop):
    """A shop whose number falls by reservations; goods are sold from the main location alone."""

    def __init__(self, now: Callable[[], datetime], habits: Habits | None = None, first_no: int = 1) -> None:
        super().__init__(now, habits, first_no)
        self.reservations: dict[str, Reservation] = {}
        #: location id -> name
        self.locations = {MAIN_LOCATION_ID: "主仓"}
        #: stocked units where nothing is sold from: (SKU id, location id) -> units
        self.elsewhere: dict[tuple[str, str], int] = {}
        #: SKUs whose stock Medusa does not count
        self.uncounted: set[str] = set()
        self._set_aside: dict[str, Reservation] = {}
        self._reserved: Counter[tuple[str, str]] = Counter()

    def add_location(self, name: str) -> str:
        """One more stock location, with nothing in it; its id."""
        with self.lock:
            no = self.new_no("location")
            self.locations[no] = name
            return no

    def reserved(self, sku_id: str, location_id: str = MAIN_LOCATION_ID) -> int:
        """Units that are set aside."""
        return self._reserved[sku_id, location_id]

    def stocked(self, sku_id: str, location_id: str = MAIN_LOCATION_ID) -> int | None:
        """Units that lie there; None where the goods are not kept."""
        if location_id != MAIN_LOCATION_ID:
            return self.elsewhere.get((sku_id, location_id))
        return self.goods[sku_id].qty + self.reserved(sku_id)

    def restock(self, sku_id: str, location_id: str, stocked: int) -> None:
        """Write what lies there, be it less than is reserved."""
        if location_id == MAIN_LOCATION_ID:
            self.edit_stock(sku_id, stocked - self.reserved(sku_id))
        else:
            self.elsewhere[sku_id, location_id] = stocked

    def available(self, sku_id: str, location_id: str) -> int:
        """What may still be reserved there."""
        return (self.stocked(sku_id, location_id) or 0) - self.reserved(sku_id, location_id)

    def reserve(self, sku_id: str, location_id: str, qty: int, line_no: str | None = None) -> Reservation:
        """Set units aside."""
        at = self.now()
        one = Reservation(self.new_no("reservation"), sku_id, location_id, qty, at, at, line_no)
        self._put_reservation(one)
        return one

    def change_reservation(self, one: Reservation, qty: int) -> None:
        """More or fewer units, none even."""
        self._drop_reservation(one)
        one.qty, one.changed_at = qty, self.now()
        self._put_reservation(one)

    def release(self, no: str) -> None:
        """Nothing is set aside by this reservation any more, if there is one."""
        one = self.reservations.get(no)
        if one is not None:
            self._drop_reservation(one)

    def _put_reservation(self, one: Reservation) -> None:
        if one.location_id == MAIN_LOCATION_ID:
            self.goods[one.sku_id].qty -= one.qty
        self.reservations[one.no] = one
        self._reserved[one.sku_id, one.location_id] += one.qty
        if one.line_no is not None:
            self._set_aside[one.line_no] = one

    def _drop_reservation(self, one: Reservation) -> None:
        if one.location_id == MAIN_LOCATION_ID:
            self.goods[one.sku_id].qty += one.qty
        del self.reservations[one.no]
        self._reserved[one.sku_id, one.location_id] -= one.qty
        self._set_aside.pop(one.line_no or "", None)

    def reservation_of(self, line_no: str) -> Reservation | None:
        """What is set aside for a line."""
        return self._set_aside.get(line_no)

    def _check_sellable(self, lines: Sequence[Line]) -> None:
        super()._check_sellable([line for line in lines if line.goods.sku_id not in self.uncounted])

    def _deduct(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if line.goods.sku_id not in self.uncounted:
                self.reserve(line.goods.sku_id, MAIN_LOCATION_ID, line.qty, line.no)

    def _give_back(self, lines: Sequence[Line]) -> None:
        for line in lines:
            reservation = self.reservation_of(line.no)
            if reservation is not None:
                self._drop_reservation(reservation)

    def take(self, sku_id: str, location_id: str, qty: int) -> None:
        """Units leave the shelf; fewer than none come back to it."""
        if location_id == MAIN_LOCATION_ID:
            self.goods[sku_id].qty -= qty
        else:
            self.elsewhere[sku_id, location_id] = self.elsewhere.get((sku_id, location_id), 0) - qty

    def new_no(self, kind: str) -> str:
        """An id that nobody has."""
        return self._number(kind)
