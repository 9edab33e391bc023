"""What the customers page needs from core; core's service satisfies it by shape."""

from typing import Protocol

from core.access.customer_file import CustomerDetail, CustomerPage
from core.access.records import UnmaskedReceiver


class CustomerDesk(Protocol):
    """Looking masked; one receiver in clear for a reason; erasing."""

    def page(self, search: str, after: int | None, limit: int) -> CustomerPage:
        """One page of the list."""
        ...

    def detail(self, customer_id: int) -> CustomerDetail | None:
        """Everything about one customer, masked."""
        ...

    def unmask(self, customer_id: int, consignee_id: int, reason: str) -> UnmaskedReceiver:
        """One receiver in clear; the look is recorded."""
        ...

    def erase(self, customer_id: int) -> int:
        """Erase everything personal; gives how many orders are left."""
        ...

    def set_member(self, customer_id: int, is_member: bool | None) -> None:
        """The owner's word whether a customer is a member."""
        ...
