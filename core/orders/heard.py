"""How old our knowledge of orders is whose word came in a file: as old as the file, whenever it was read."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, update

from core.db.sets import packed_texts, text_set
from core.db.types import Instant
from core.db.unit_of_work import UnitOfWork
from core.orders.models import Order

_AT = bindparam("heard_at", type_=Instant)
_HERE = (Order.shop_id == bindparam("shop"), Order.order_no.in_(text_set("nos")))
_TAKEN = update(Order).where(*_HERE).values(seen_at=_AT)
_SAME = (
    update(Order)
    .where(*_HERE, or_(Order.seen_at < _AT, Order.modified_at < _AT))
    .values(seen_at=_AT, modified_at=_AT)
)


def heard_in_file(
    uow: UnitOfWork, shop_id: int, taken: Sequence[str], same: Sequence[str], written_at: datetime
) -> None:
    """Note when the platform said it.

    Args:
        uow: the open transaction.
        shop_id: whose orders.
        taken: numbers whose copy was just applied: it is as old as the file.
        same: numbers of which the file says what is known already; a later file makes that knowledge younger, and
            nothing that is older than it is taken any more. An earlier file changes nothing.
        written_at: when the file was written.
    """
    for statement, numbers in ((_TAKEN, taken), (_SAME, same)):
        if numbers:
            uow.execute(statement, {"shop": shop_id, "nos": packed_texts(numbers), "heard_at": written_at})
