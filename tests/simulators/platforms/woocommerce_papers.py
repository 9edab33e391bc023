"""What WordPress keeps of an order besides the order: notes, meta values, and the parcels of a plugin among them."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.simulators.platforms.shop import Habits, Order, Parcel, Shop
from tests.simulators.platforms.woocommerce_facts import TRACKING_META


@dataclass(frozen=True, slots=True)
class Note:
    """One order note; `is_for_customer` notes are mailed to the buyer, the others stay inside."""

    no: int
    text: str
    is_for_customer: bool
    at: datetime
    author: str


@dataclass(slots=True)
class Meta:
    """One meta value of an order or a product."""

    no: int
    key: str
    value: Any


class WooPapers(Shop):
    """The shop with the papers of its orders, which lie in `Order.extra`."""

    def __init__(self, now: Callable[[], datetime], habits: Habits, first_no: int) -> None:
        super().__init__(now, habits, first_no)
        self._small_no = 0

    def add_note(self, order: Order, text: str, *, is_for_customer: bool, author: str = "system") -> Note:
        """One more order note."""
        note = Note(self.small_no(), text, is_for_customer, self.now(), author)
        self.notes_of(order).append(note)
        return note

    def notes_of(self, order: Order) -> list[Note]:
        """All notes of an order, oldest first."""
        found = order.extra.setdefault("notes", [])
        assert isinstance(found, list)
        return found

    def meta_of(self, order: Order) -> list[Meta]:
        """The meta values of an order."""
        found = order.extra.setdefault("meta", [])
        assert isinstance(found, list)
        return found

    def write_meta(self, order: Order, key: str, value: Any, no: int = 0) -> None:
        """Put a meta value under its id, else under its key, else as a new one; None takes it away."""
        found = next((one for one in self.meta_of(order) if (one.no == no if no else one.key == key)), None)
        if found is None:
            if value is not None:
                self.meta_of(order).append(Meta(self.small_no(), key, value))
        elif value is None:
            self.meta_of(order).remove(found)
        else:
            found.key, found.value = key or found.key, value
        self._note_parcels(order)

    def trackings_of(self, order: Order) -> list[Mapping[str, Any]]:
        """The parcels that lie in the order's meta data, as the Shipment Tracking plugin keeps them."""
        found: Any = next((one.value for one in self.meta_of(order) if one.key == TRACKING_META), [])
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    def add_tracking(self, order: Order, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """One more parcel; nobody looks whether it is there already."""
        made = {**item, "tracking_id": hashlib.sha256(f"{order.no} {self.small_no()}".encode()).hexdigest()[:32]}
        self.write_meta(order, TRACKING_META, [*self.trackings_of(order), made])
        self.touch(order)
        return made

    def drop_tracking(self, order: Order, tracking_id: str) -> None:
        """Take a parcel away again."""
        left = [item for item in self.trackings_of(order) if item.get("tracking_id") != tracking_id]
        self.write_meta(order, TRACKING_META, left)
        self.touch(order)

    def small_no(self) -> int:
        """The next id of a note, a meta value or a tracking."""
        self._small_no += 1
        return self._small_no

    def touch(self, order: Order) -> None:
        """Something of the order was saved."""
        order.modified_at = self.now()

    def _note_parcels(self, order: Order) -> None:
        """Bring the story's parcels in line with the meta data; which goods are in a parcel nobody can tell."""
        known = {(one.carrier, one.number): one for one in order.parcels}
        order.parcels = []
        for item in self.trackings_of(order):
            carrier = str(item.get("custom_tracking_provider") or item.get("tracking_provider") or "")
            number = str(item.get("tracking_number", ""))
            order.parcels.append(known.get((carrier, number)) or Parcel(carrier, number, {}, self.now()))
