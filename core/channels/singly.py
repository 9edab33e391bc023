"""Reading the orders or cases of a page one by one, so that a single bad one keeps the others not out.

Lists of some platforms give numbers only and each order costs a call; elsewhere a whole row may have something in it
that we do not understand. Such a one is named as unread, and whoever pulls asks for it until it comes.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from core.channels.contract import ChannelOrder, Unread
from core.runtime.remote_errors import ContractBroken, Rejected, Temporary

Row = TypeVar("Row")
Found = TypeVar("Found")

#: the orders of a page, and those of them that could not be read
EachRead = tuple[Sequence[ChannelOrder], Sequence[Unread]]
#: with more than that the page is bad, or the line, and not the orders
MOST_UNREAD: Final = 5


def read_each(
    rows: Sequence[Row], number_of: Callable[[Row], str], read: Callable[[Row], Found | None]
) -> tuple[Sequence[Found], Sequence[Unread]]:
    """What a page's rows hold, and what of it could not be read.

    Args:
        rows: as the list gave them.
        number_of: a row's number.
        read: the order or case of a row, with or without a call; None where it is none to take.

    Raises:
        Temporary: two calls in a row were not answered: waiting for all the others would not help.
        ContractBroken, Rejected: more than `MOST_UNREAD`, or all of several.
        AuthExpired, RateLimited: what holds for one holds for all.
    """
    found: list[Found] = []
    unread: list[Unread] = []
    was_silent = False
    for row in rows:
        try:
            one = read(row)
        except (Temporary, ContractBroken, Rejected) as error:
            is_silent = isinstance(error, Temporary)
            if len(unread) == MOST_UNREAD or (is_silent and was_silent):
                raise
            was_silent = is_silent
            unread.append(Unread(number_of(row), error))
        else:
            was_silent = False
            if one is not None:
                found.append(one)
    if len(unread) == len(rows) > 1:
        raise unread[-1].error
    return tuple(found), tuple(unread)
