"""Reading the orders of a page one by one, so that a single bad one keeps the others not out.

Lists of some platforms give numbers only and each order costs a call; elsewhere a whole row may have something in it
that we do not understand. Such an order is named as unread, and whoever pulls asks for it by itself until it comes.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from core.channels.contract import ChannelOrder, UnreadOrder
from core.runtime.remote_errors import ContractBroken, Rejected, Temporary

Row = TypeVar("Row")

#: the orders of a page, and those of them that could not be read
EachRead = tuple[Sequence[ChannelOrder], Sequence[UnreadOrder]]
#: with more than that the page is bad, or the line, and not the orders
MOST_UNREAD: Final = 5


def read_each(
    rows: Sequence[Row], number_of: Callable[[Row], str], read: Callable[[Row], ChannelOrder | None]
) -> EachRead:
    """The orders of a page's rows, and those that could not be read.

    Args:
        rows: as the list gave them.
        number_of: a row's order number.
        read: the order of a row, with or without a call; None where it is none to take.

    Raises:
        Temporary: two calls in a row were not answered: waiting for all the others would not help.
        ContractBroken, Rejected: more than `MOST_UNREAD` orders, or all of several.
        AuthExpired, RateLimited: what holds for one holds for all.
    """
    orders: list[ChannelOrder] = []
    unread: list[UnreadOrder] = []
    was_silent = False
    for row in rows:
        try:
            order = read(row)
        except (Temporary, ContractBroken, Rejected) as error:
            is_silent = isinstance(error, Temporary)
            if len(unread) == MOST_UNREAD or (is_silent and was_silent):
                raise
            was_silent = is_silent
            unread.append(UnreadOrder(number_of(row), error))
        else:
            was_silent = False
            if order is not None:
                orders.append(order)
    if len(unread) == len(rows) > 1:
        raise unread[-1].error
    return tuple(orders), tuple(unread)
