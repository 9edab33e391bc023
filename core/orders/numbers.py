"""The number of an order that people see (`display_no`) beside the one that the platform is asked by (`order_no`).

Most platforms have one for both. Where they are two, only `order_no` is certain to be unique within a shop: the other
one counts what the shop sells (1, 2, 3, ...), or is made by an extension.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, select, union_all
from sqlalchemy.orm import aliased

from core.channels.models import Shop
from core.orders.models import Order

#: people write one before a short number
_SIGN: Final = "#"


def without_sign(written: str) -> str:
    """A number as it is kept: `#1007` is 1007."""
    return written.removeprefix(_SIGN)


def ids_called(written: str) -> CompoundSelect[Any]:
    """The ids of the orders that have this number, in any shop.

    What the platform is asked by counts where the shop shows nobody else's order under it: a shop may show 1007 for
    the order that it keeps as 1100, and 953 for the one that it keeps as 1007.
    """
    shown = without_sign(written)
    other = aliased(Order)
    is_anothers = select(other.id).where(other.shop_id == Order.shop_id, other.display_no == shown).exists()
    # A question each, with its index (both begin with the shop); one with both would walk.
    return union_all(_ids((Order.order_no == written) & ~is_anothers), _ids(Order.display_no == shown))


def _ids(is_it: ColumnElement[bool]) -> Any:
    return select(Order.id).where(Order.shop_id.in_(select(Shop.id)), is_it)
