"""Reading orders: changed ones, those that are still to be sent, unpaid ones, and one by its number."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from core.channels.contract import UNKNOWN_ORDER, Capabilities, ChannelOrder, OrderPage
from core.channels.fields import Fields, china_text
from core.channels.jd import methods
from core.channels.jd.carriers import Carriers, Memory
from core.channels.jd.client import JdClient
from core.channels.jd.errors import CLOCK
from core.channels.jd.mapper import ALL_STATES, OPEN_STATES, order_of, unpaid_order_of
from core.channels.jd.reading import Feed, read_in_turn, read_pages, total_of
from core.channels.singly import read_each
from core.channels.windows import Stretch, Window, WindowPage
from core.runtime.remote_errors import ContractBroken, Rejected

_log = logging.getLogger(__name__)

#: JD answers a month; a shorter window lets the watermark follow while days are caught up
_SPAN: Final = timedelta(hours=6)
_OPEN_SPAN: Final = timedelta(days=29)
#: an order that waits to be sent for longer is told by its change only
_OPEN_SINCE: Final = timedelta(days=87)
#: JD closes what is not paid within a day; promotions may give more
_UNPAID_SINCE: Final = timedelta(days=2)
_MODIFIED: Final = "0"
_CREATED: Final = "1"
_NEWEST_FIRST: Final = "1"
_LONGEST_NO: Final = 19


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a list, and how it becomes an order."""

    order_no: str
    read: Callable[[], ChannelOrder]


class JdOrders:
    """The orders of one shop."""

    def __init__(self, client: JdClient, carriers: Carriers, memory: Memory, capabilities: Capabilities) -> None:
        self._client = client
        self._carriers = carriers
        self._memory = memory
        self._capabilities = capabilities

    def changed(self, since: datetime, cursor: str | None) -> OrderPage:
        """Unpaid orders, and what was modified since."""
        until = self._now() - timedelta(seconds=self._capabilities.safety_lag_s)
        return self._page((self._unpaid_if_told, self._modified), Stretch(since, max(until, since), _SPAN), cursor)

    def open(self, cursor: str | None) -> OrderPage:
        """Paid orders that JD wants sent or keeps back."""
        now = self._now()
        # by when they were placed: how far that reached says nothing of what was modified
        page = self._page((self._open,), Stretch(now - _OPEN_SINCE, now, _OPEN_SPAN), cursor)
        return replace(page, whole_until=None)

    def one(self, order_no: str) -> ChannelOrder | None:
        """The newest state of one order, None where JD does not know it."""
        if not _is_number(order_no):
            return None
        params = {"order_id": order_no, "optional_fields": methods.ORDER_FIELDS}
        try:
            answer = self._client.ask(methods.GET_ORDER, params)
        except Rejected as error:
            if error.code != UNKNOWN_ORDER:
                raise
            return self._unpaid_one(order_no)
        order = self._mapped(answer.body.child("orderDetailInfo").child("orderInfo"))
        if order.order_no != order_no:
            raise ContractBroken("JD answered with another order", code="orderId")
        return order

    def check(self) -> datetime:
        """The cheapest call that needs all rights; JD's clock."""
        params = {"optional_fields": "orderId", "order_state": OPEN_STATES[0], "page": "1", "page_size": "1"}
        return self._client.ask(methods.SEARCH_ORDERS, params).server_time

    def _now(self) -> datetime:
        """JD's clock: ours may be hours away, and a window must not end in JD's future."""
        return self._client.now() or self.check()

    def _page(self, feeds: Sequence[Feed[_Row]], stretch: Stretch, cursor: str | None) -> OrderPage:
        page = read_in_turn(feeds, stretch, cursor)
        orders, unread = read_each(page.rows, lambda row: row.order_no, lambda row: row.read())
        return OrderPage(orders, page.next_cursor, self._now(), page.whole_until, unread)

    def _mapped(self, fields: Fields) -> ChannelOrder:
        return order_of(fields, self._carriers.code_of)

    # --- lists -----------------------------------------------------------------------------------------------------

    def _modified(self, stretch: Stretch, cursor: str | None) -> WindowPage[_Row]:
        return self._search(stretch, cursor, ALL_STATES, _MODIFIED)

    def _open(self, stretch: Stretch, cursor: str | None) -> WindowPage[_Row]:
        return self._search(stretch, cursor, OPEN_STATES, _CREATED)

    def _search(
        self, stretch: Stretch, cursor: str | None, states: Sequence[str], date_type: str
    ) -> WindowPage[_Row]:
        def ask(window: Window, page_no: int) -> tuple[Sequence[_Row], int]:
            params = {
                "start_date": china_text(window.since),
                "end_date": china_text(window.until),
                "order_state": ",".join(states),
                "optional_fields": methods.ORDER_FIELDS,
                "page": str(page_no),
                "page_size": str(size),
                "sortType": _NEWEST_FIRST,
                "dateType": date_type,
            }
            found = self._client.ask(methods.SEARCH_ORDERS, params).body.child("searchorderinfo_result")
            rows = [_Row(row.id("orderId"), partial(self._mapped, row)) for row in found.rows("orderInfoList")]
            return rows, total_of(found, "orderTotal")

        size = self._capabilities.page_size
        return read_pages(stretch, cursor, size, ask)

    def _unpaid_if_told(self, stretch: Stretch, cursor: str | None) -> WindowPage[_Row]:
        """The unpaid orders; where they cannot be had or understood, the paid ones are still read."""
        try:
            return self._unpaid(stretch, cursor)
        except (Rejected, ContractBroken) as error:
            is_of_the_list = error.code != CLOCK if isinstance(error, Rejected) else error.code.startswith("jd.")
            if not is_of_the_list:
                raise
            if not self._memory.has_said_unpaid:
                _log.warning("JD does not tell its unpaid orders: %s %s", type(error).__name__, error.code)
                self._memory.has_said_unpaid = True
            return WindowPage((), None, None)

    def _unpaid(self, stretch: Stretch, cursor: str | None) -> WindowPage[_Row]:
        """All that wait for their payment now, whenever they were placed."""

        def ask(window: Window, page_no: int) -> tuple[Sequence[_Row], int]:
            params = {
                "startDate": china_text(window.since),
                "endDate": china_text(window.until),
                "page": page_no,
                "pageSize": size,
            }
            found = self._client.ask(methods.UNPAID_ORDERS, params).body.child("paginatedInfo")
            # Understood here: a list that is not is left out as a whole, see `_unpaid_if_told`.
            orders = [unpaid_order_of(row) for row in found.rows("pageList")]
            return [_Row(one.order_no, partial(_same, one)) for one in orders], total_of(found, "totalItem")

        size = self._capabilities.page_size
        since = stretch.until - _UNPAID_SINCE
        return read_pages(Stretch(since, stretch.until, _UNPAID_SINCE), cursor, size, ask)

    def _unpaid_one(self, order_no: str) -> ChannelOrder | None:
        """An unpaid order can only be looked for in the list."""
        cursor: str | None = None
        stretch = Stretch(self._now(), self._now(), _SPAN)
        while True:
            page = self._unpaid(stretch, cursor)
            for row in page.rows:
                if row.order_no == order_no:
                    return row.read()
            if page.next_cursor is None:
                return None
            cursor = page.next_cursor


def _same(order: ChannelOrder) -> ChannelOrder:
    return order


def _is_number(order_no: str) -> bool:
    return order_no.isascii() and order_no.isdigit() and len(order_no) <= _LONGEST_NO
