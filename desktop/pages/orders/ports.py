"""What the order page needs from core; core's services satisfy these by shape."""

from collections.abc import Mapping
from typing import Protocol

from core.access.records import Unmasked
from core.orders.records import NoteView, OrderDetail, OrderFilter, OrderPageView
from core.waybills.records import PrintJobView


class OrderDesk(Protocol):
    """Looking at orders, holding and releasing them."""

    def page(self, wanted: OrderFilter, after: int | None, limit: int) -> OrderPageView:
        """One page of the list, newest first."""
        ...

    def pile_counts(self) -> Mapping[str, int]:
        """How many orders each pile holds, counted up to 1000."""
        ...

    def detail(self, order_id: int) -> OrderDetail | None:
        """Everything the drawer shows."""
        ...

    def unmask(self, order_id: int, reason: str) -> Unmasked:
        """The receiver in clear; the look is recorded."""
        ...

    def hold(self, order_id: int, reason: str, note: str) -> None:
        """Stop an order's fulfilment."""
        ...

    def release_hold(self, order_id: int) -> None:
        """Lift what stops it."""
        ...

    def close_elsewhere(self, order_id: int, sent_by: str, *, left_our_shelf: bool) -> None:
        """Close an order that somebody else has sent."""
        ...

    def reopen_elsewhere(self, order_id: int) -> None:
        """Take such a closing back."""
        ...

    def send_rest(self, order_id: int, sent: Mapping[int, int], *, left_our_shelf: bool) -> None:
        """Send only the rest of an order: units by line that others have sent."""
        ...

    def take_back_part_sent(self, order_id: int) -> None:
        """Take back what was said of that part."""
        ...


class NoteDesk(Protocol):
    """The seller's note of an order."""

    def note(self, order_id: int) -> NoteView:
        """What stands, and how far it has come."""
        ...

    def write(self, order_id: int, text: str, flag: str, seen: NoteView) -> None:
        """Write another one over what was seen."""
        ...

    def keep_ours(self, order_id: int) -> None:
        """Write ours over what somebody wrote at the platform."""
        ...

    def accept_theirs(self, order_id: int) -> None:
        """Leave what somebody wrote at the platform."""
        ...

    def send_again(self, order_id: int) -> None:
        """Try it now."""
        ...


class OrderLabels(Protocol):
    """The label acts of the drawer."""

    def print_label(self, parcel_id: int) -> PrintJobView:
        """Ask for the first copy."""
        ...

    def reprint(self, waybill_id: int, reason: str) -> PrintJobView:
        """The same number again, visibly a further copy."""
        ...

    def new_number(self, parcel_id: int, reason: str) -> bool:
        """Void the number and ask for another; whether a shop was told the old one."""
        ...

    def take_off_foreign(self, parcel_id: int) -> None:
        """Take a number that other software printed off a parcel that is still here."""
        ...
