"""The customer file as the customers page asks for it."""

from core.access.customer_file import CustomerDetail, CustomerPage, customer_detail, customer_page
from core.access.erasing import erase_customer
from core.access.gate import needs
from core.access.records import UnmaskedReceiver
from core.access.rights import Right
from core.access.unmasking import unmask_receiver
from core.customers.members import set_member
from core.customers.service import Digest
from core.db.unit_of_work import Store


class Customers:
    """Looking masked; one receiver in clear for a reason; erasing."""

    def __init__(self, store: Store, digest: Digest) -> None:
        self._store = store
        self._digest = digest

    @needs(Right.SEE_ORDERS)
    def page(self, search: str, after: int | None, limit: int) -> CustomerPage:
        """One page of the list; see `customer_file.customer_page` for what may be searched."""
        return self._store.read(lambda connection: customer_page(connection, search, after, limit, self._digest))

    @needs(Right.SEE_ORDERS)
    def detail(self, customer_id: int) -> CustomerDetail | None:
        """Everything about one customer, masked."""
        return self._store.read(lambda connection: customer_detail(connection, customer_id))

    @needs(Right.UNMASK)
    def unmask(self, customer_id: int, consignee_id: int, reason: str) -> UnmaskedReceiver:
        """One receiver in clear, for one of `core.access.records.REASONS`; the look is recorded first.

        Raises:
            NotFound, Refused: as `core.access.unmasking.unmask_receiver`.
        """
        return self._store.write(lambda uow: unmask_receiver(uow, customer_id, consignee_id, reason))

    @needs(Right.SHARE_STOCK)
    def set_member(self, customer_id: int, is_member: bool | None) -> None:
        """The owner's word whether a customer is a member; None leaves it to the malls.

        Raises:
            NotFound: `customer.unknown`.
        """
        self._store.write(lambda uow: set_member(uow, customer_id, is_member))

    @needs(Right.ERASE_PERSON)
    def erase(self, customer_id: int) -> int:
        """Erase everything personal of a customer; gives how many of their orders are left. There is no way back.

        Raises:
            NotFound, Refused: as `core.access.erasing.erase_customer`.
        """
        return self._store.write(lambda uow: erase_customer(uow, customer_id))
