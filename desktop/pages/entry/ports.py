"""What the entry page needs from core; core's service satisfies it by shape."""

from collections.abc import Sequence
from typing import Protocol

from core.customers.address_parsing import ParsedReceiver
from core.orders.entry_records import (
    CopiedOrder,
    EnteredOrder,
    EnteredReceiver,
    OrderDraft,
    ReceiverOnFile,
    SkuChoice,
)


class EntryDesk(Protocol):
    """The form's questions, and saving."""

    def parse(self, text: str) -> ParsedReceiver:
        """Take a pasted receiver apart."""
        ...

    def goods(self, piece: str) -> Sequence[SkuChoice]:
        """Goods that are called so, or bear this barcode."""
        ...

    def on_file(self, receiver: EnteredReceiver) -> ReceiverOnFile | None:
        """What is known of who buys under this phone number."""
        ...

    def copy(self, order_id: int) -> CopiedOrder:
        """An old order as the beginning of a new one."""
        ...

    def save(self, draft: OrderDraft) -> EnteredOrder:
        """Store the order and send it on its way."""
        ...
