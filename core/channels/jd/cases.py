"""Reading after-sale cases: JD has two lists, and neither can be asked by when a case changed.

So both are asked by when the buyer asked and by when the shop answered. What happens after the answer (the money has
gone) is seen when a case is asked for by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from core.channels.aftersale_contract import AfterSalePage, ChannelAfterSale
from core.channels.contract import Capabilities, Unread
from core.channels.fields import china_text
from core.channels.jd import methods
from core.channels.jd.case_mapper import REFUND_MARK, refund_no_of, refund_of, service_no_of, service_of
from core.channels.jd.client import JdClient
from core.channels.jd.orders import JdOrders
from core.channels.jd.reading import Feed, read_in_turn, read_pages, total_of
from core.channels.singly import read_each
from core.channels.windows import Stretch, Window, WindowPage

#: JD answers a week of services by when they were asked for
_SPAN: Final = timedelta(days=1)
_LONGEST_NO: Final = 19

#: the cases of one page that fit a choice, and how many fit; those that could not be read are added to the list
AskCases = Callable[[Mapping[str, str], int, list[Unread]], tuple[Sequence[ChannelAfterSale], int]]


class JdCases:
    """The after-sale cases of one shop."""

    def __init__(self, client: JdClient, orders: JdOrders, capabilities: Capabilities) -> None:
        self._client = client
        self._orders = orders
        self._capabilities = capabilities

    def changed(self, since: datetime, cursor: str | None) -> AfterSalePage:
        """Cases that were asked for or answered since."""
        now = self._client.now() or self._orders.check()
        until = now - timedelta(seconds=self._capabilities.safety_lag_s)
        unread: list[Unread] = []
        feeds = (
            self._refunds("applyTime", unread),
            _without_new(self._refunds("checkTime", unread)),
            self._services("applyTime", unread),
            _without_new(self._services("approveTime", unread)),
        )
        page = read_in_turn(feeds, Stretch(since, max(until, since), _SPAN), cursor)
        return AfterSalePage(page.rows, page.next_cursor, self._client.now() or now, page.whole_until, unread)

    def one(self, case_no: str, order_no: str) -> ChannelAfterSale | None:
        """The newest state of one case, found among those of its order; None where JD does not know it."""
        is_refund = case_no.startswith(REFUND_MARK)
        if not (_is_number(case_no.removeprefix(REFUND_MARK)) and _is_number(order_no)):
            return None
        ask = self._ask_refunds if is_refund else self._ask_services
        seen, page_no = 0, 1
        while True:
            unread: list[Unread] = []
            cases, total = ask({"orderId": order_no}, page_no, unread)
            for one in unread:
                if one.no == case_no:
                    raise one.error
            for case in cases:
                if case.case_no == case_no:
                    return case
            told = len(cases) + len(unread)
            seen, page_no = seen + told, page_no + 1
            if not told or seen >= total:
                return None

    def _refunds(self, name: str, unread: list[Unread]) -> Feed[ChannelAfterSale]:
        return self._feed(self._ask_refunds, f"{name}Start", f"{name}End", unread)

    def _services(self, name: str, unread: list[Unread]) -> Feed[ChannelAfterSale]:
        return self._feed(self._ask_services, f"{name}Begin", f"{name}End", unread)

    def _feed(self, ask: AskCases, since: str, until: str, unread: list[Unread]) -> Feed[ChannelAfterSale]:
        def ask_page(window: Window, page_no: int) -> tuple[Sequence[ChannelAfterSale], int]:
            return ask({since: china_text(window.since), until: china_text(window.until)}, page_no, unread)

        def feed(stretch: Stretch, cursor: str | None) -> WindowPage[ChannelAfterSale]:
            return read_pages(stretch, cursor, self._capabilities.page_size, ask_page)

        return feed

    def _ask_refunds(
        self, choice: Mapping[str, str], page_no: int, unread: list[Unread]
    ) -> tuple[Sequence[ChannelAfterSale], int]:
        params = {**choice, "pageIndex": page_no, "pageSize": self._capabilities.page_size}
        found = self._client.ask(methods.REFUNDS, params).body.child("queryResult")
        cases, bad = read_each(found.rows("result"), refund_no_of, refund_of)
        unread += bad
        return cases, total_of(found, "totalCount")

    def _ask_services(
        self, choice: Mapping[str, str], page_no: int, unread: list[Unread]
    ) -> tuple[Sequence[ChannelAfterSale], int]:
        params = {**choice, "pageNumber": page_no, "pageSize": self._capabilities.page_size}
        found = self._client.ask(methods.SERVICES, params).body.child("pageResult")
        cases, bad = read_each(found.rows("data"), service_no_of, service_of)
        unread += bad
        return cases, total_of(found, "totalCount")


def _without_new(feed: Feed[ChannelAfterSale]) -> Feed[ChannelAfterSale]:
    """Answered cases without those that were asked for in the same stretch: the list before has given them."""

    def rest(stretch: Stretch, cursor: str | None) -> WindowPage[ChannelAfterSale]:
        page = feed(stretch, cursor)
        since = stretch.since.replace(microsecond=0)
        return replace(page, rows=[case for case in page.rows if case.requested_at < since])

    return rest


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_NO
