"""Acts on personal data beside the look at one receiver: erasing somebody, writing an export down."""

from core.access.erasing import erase_customer
from core.access.exporting import note_export
from core.access.gate import needs
from core.access.rights import Right
from core.db.unit_of_work import Store


class PersonalData:
    """By right, and never without a line in the journal."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @needs(Right.ERASE_PERSON)
    def erase(self, customer_id: int) -> int:
        """Erase everything personal of a customer; gives the number of orders that stay without them.

        Raises:
            NotFound: `customer.unknown`. Refused: `customer.open_orders`.
        """
        return self._store.write(lambda uow: erase_customer(uow, customer_id))

    @needs(Right.EXPORT_PERSONAL)
    def note_export(self, what: str, count: int, reason: str, sha256: str) -> None:
        """Write down that a file with personal data is handed out, before it is; see `core.access.exporting`.

        Raises:
            Refused: `export.reason_unknown`.
        """
        self._store.write(lambda uow: note_export(uow, what, count, reason, sha256))
