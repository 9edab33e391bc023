"""Reading a shop's orders: windows of changes, open ones by state, one by its number, each with what was paid back.

Lists are sorted by id, which never changes, and read from the last page to the first: what leaves a list meanwhile
moves rows to pages that are still to be read, and new orders come behind everything. So it holds for shops of every
version; sorting by the time of the change came later.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from core.channels.contract import ChannelOrder
from core.channels.fields import Fields
from core.channels.singly import EachRead, read_each
from core.channels.windows import Stretch, Window, WindowPage, read_backward
from core.channels.woocommerce.client import ORDERS, Query, Rows, WooClient
from core.channels.woocommerce.errors import is_not_there
from core.channels.woocommerce.facts import SPAN
from core.channels.woocommerce.mapper import DRAFTS, OPEN, TRASH, modified_at, order_of, to_send, wants_refunds
from core.channels.woocommerce.refunds import Back, backs_of
from core.runtime.remote_errors import ContractBroken, Rejected

_ID: Final = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_SECOND: Final = timedelta(seconds=1)
#: amounts with two decimals, whatever the shop shows its buyers
_CENTS: Final = ("dp", "2")
_LARGEST_PAGE: Final = "100"


@dataclass(frozen=True, slots=True)
class Found:
    """One order: as core sees it, as the shop told it, and the units of each line that the buyer is to get in all."""

    order: ChannelOrder
    fields: Fields
    units: Mapping[str, int]


class OrderReader:
    """The orders of one shop."""

    def __init__(self, client: WooClient, page_size: int) -> None:
        self._client = client
        self._page_size = page_size

    def changed(self, since: datetime, until: datetime, cursor: str | None) -> WindowPage[Fields]:
        """The next page of what changed from `since` to `until`; what went to the trash comes with a window's end.

        Raises:
            ChannelError: one of the five kinds.
        """
        first: list[Rows] = []

        def count(window: Window) -> int:
            first[:] = [self._page(_within(window, "any"), 1)]
            # An empty window has a last page too: what was trashed in it.
            return max(first[0].total, 1)

        def read(window: Window, page_no: int) -> Sequence[Fields]:
            is_here = page_no == 1 and first and first[0].total <= self._page_size
            rows = (first[0] if is_here else self._page(_within(window, "any"), page_no)).rows
            for row in rows:
                if modified_at(row) < window.since - _SECOND:
                    raise ContractBroken("The shop's WooCommerce is too old: it needs 5.8", code="modified_after")
            return [*rows, *self._trashed(window)] if page_no == 1 else rows

        return read_backward(Stretch(since, until, SPAN), cursor, self._page_size, count, read)

    def still_open(self, cursor: str | None) -> tuple[Sequence[Fields], str | None, datetime]:
        """The next page of what is to be paid or sent, its cursor, and the shop's clock."""
        query = (("status", ",".join(OPEN)),)
        if cursor is None:
            page = self._page(query, 1)
            page_no = max(-(-page.total // self._page_size), 1)
            if page_no > 1:
                page = self._page(query, page_no)
        else:
            page_no = page_no_of(cursor)
            page = self._page(query, page_no)
        return page.rows, str(page_no - 1) if page_no > 1 else None, page.server_time

    def orders_of(self, rows: Sequence[Fields]) -> EachRead:
        """Rows as orders, without carts that became none."""
        placed = [row for row in rows if row.text("status") not in DRAFTS]
        return read_each(placed, lambda row: row.id("id"), lambda row: self._found(row).order)

    def one(self, order_no: str) -> Found | None:
        """The newest state of one order; None where the shop does not know it.

        Raises:
            ChannelError: one of the five kinds.
        """
        if not is_id(order_no):
            return None
        try:
            fields = self._client.one(f"{ORDERS}/{order_no}", (_CENTS,)).fields
        except Rejected as error:
            if is_not_there(error):
                return None
            raise
        if fields.id("id") != order_no:
            raise ContractBroken("The shop answered with another order", code="order.id")
        # `Fields` name an order as its rows in lists do.
        return None if fields.text("status") in DRAFTS else self._found(Fields(fields.mapping, "orders"))

    def _found(self, row: Fields) -> Found:
        backs: Mapping[str, Back] = {}
        if wants_refunds(row):
            path = f"{ORDERS}/{row.id('id')}/refunds"
            backs = backs_of(self._client.every(path, (("per_page", _LARGEST_PAGE), _CENTS)))
        order = order_of(row, backs)
        return Found(order, row, to_send(order, backs))

    def _trashed(self, window: Window) -> Sequence[Fields]:
        query = _within(window, TRASH)
        page = self._page(query, 1)
        if page.total <= self._page_size:
            return page.rows
        last = -(-page.total // self._page_size)
        return [row for number in range(last, 0, -1) for row in self._page(query, number).rows]

    def _page(self, query: Query, page_no: int) -> Rows:
        pages = (("per_page", str(self._page_size)), ("page", str(page_no)))
        order = (("orderby", "id"), ("order", "asc"))
        return self._client.rows(ORDERS, (*query, *order, *pages, _CENTS))


def is_id(text: str) -> bool:
    """Whether a text can be the number of an order, a product or a variation."""
    return _ID.fullmatch(text) is not None


def page_no_of(cursor: str) -> int:
    """The page a cursor stands for.

    Raises:
        ContractBroken: it is none of ours.
    """
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10 and int(cursor) >= 1):
        raise ContractBroken("This is no place in the shop's pages", code="cursor")
    return int(cursor)


def _within(window: Window, status: str) -> Query:
    """The filter of a window. The shop's bounds are exclusive, ours are not.

    Times go without an offset: with one, WordPress turns them into the site's own time and compares that with UTC.
    """
    return (
        ("modified_after", _text(window.since - _SECOND)),
        ("modified_before", _text(window.until + _SECOND)),
        ("dates_are_gmt", "true"),
        ("status", status),
    )


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
