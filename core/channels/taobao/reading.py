"""Reading trades and refunds: by modified time from a window's last page to its first, and by state."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from core.channels.aftersale_contract import AfterSalePage, ChannelAfterSale
from core.channels.contract import ChannelOrder, OrderPage
from core.channels.fields import LARGEST_QTY, Fields, china_text
from core.channels.singly import EachRead, read_each
from core.channels.taobao.client import Answer, TopClient
from core.channels.taobao.memory import ShopMemory
from core.channels.taobao.orders import TRADE_FIELDS, order_of
from core.channels.taobao.refunds import REFUND_FIELDS, case_of
from core.channels.windows import Stretch, Window, WindowPage, read_backward
from core.runtime.remote_errors import ContractBroken, Rejected

#: what changes in the last minute may not be in the lists yet
LAG: Final = timedelta(minutes=1)
#: the platform answers a day and advises half an hour
SPAN: Final = timedelta(minutes=30)
REFUND_SPAN: Final = timedelta(days=1)
#: it keeps three months; a little less, so that the first window is not refused
_OLDEST: Final = timedelta(days=89)
#: the states of trades that are still to be sent, or may still be paid
_OPEN: Final = ("WAIT_SELLER_SEND_GOODS", "SELLER_CONSIGNED_PART", "PAID_FORBID_CONSIGN", "ALL_WAIT_PAY")
#: how often a state's pages are read again because trades came into it meanwhile
_RESTARTS: Final = 3
_NO_OAID: Final = "isv.oaid-field-miss"

_CHANGED: Final = "taobao.trades.sold.increment.get"
_SOLD: Final = "taobao.trades.sold.get"
_REFUNDS: Final = "taobao.refunds.receive.get"
#: one row is enough to hear how many there are
_ONE_ROW: Final[Mapping[str, str]] = {"page_no": "1", "page_size": "1", "use_has_next": "false"}


def is_number(text: str) -> bool:
    """Whether it can be a number of the platform's; anything else is not asked for."""
    return text.isascii() and text.isdigit() and len(text) < 20


def is_unknown(error: Rejected) -> bool:
    """Whether the platform says that there is no such thing."""
    return "not-exist" in error.code or "not-found" in error.code


def _within(window: Window, what: str) -> Mapping[str, str]:
    return {f"start_{what}": china_text(window.since), f"end_{what}": china_text(window.until)}


def _total(answer: Answer) -> int:
    return answer.fields.whole("total_results", 0, LARGEST_QTY)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A row of a list."""

    tid: str
    modified_at: datetime


def _listed_of(fields: Fields) -> Sequence[_Listed]:
    rows = fields.child_or_empty("trades").rows("trade")
    return tuple(_Listed(row.id("tid"), row.china("modified")) for row in rows)


class TradeReader:
    """The trades of one shop."""

    def __init__(self, client: TopClient, memory: ShopMemory, page_size: int) -> None:
        self._client = client
        self._memory = memory
        self._page_size = page_size

    def one(self, order_no: str) -> Fields | None:
        """A trade with everything in it as it is now, None where the platform does not know it."""
        if not is_number(order_no):
            return None
        asked_at = self._client.server_now()
        trade = self._asked(order_no)
        if trade is not None:
            self._memory.keep_trade(order_no, trade.mapping, trade.china("modified"), asked_at)
        return trade

    def _asked(self, order_no: str) -> Fields | None:
        asked = {"fields": TRADE_FIELDS, "tid": order_no}
        method = "taobao.trade.fullinfo.get"
        try:
            answer = self._client.read(method, {**asked, "include_oaid": "true"})
        except Rejected as error:
            if is_unknown(error):
                return None
            if not error.code.startswith(_NO_OAID):
                raise
            # a receiver without token: nothing may be printed for it, yet the trade is there
            answer = self._client.read(method, asked)
        trade = answer.fields.child("trade")
        if trade.id("tid") != order_no:
            raise ContractBroken("Taobao answered with another order", code="trade.tid")
        return trade

    def changed(self, since: datetime, cursor: str | None) -> OrderPage:
        """Trades modified since then."""
        now = self._client.server_now()
        stretch = Stretch(max(since, now - _OLDEST), now - LAG, SPAN)
        page: WindowPage[_Listed] = read_backward(stretch, cursor, self._page_size, self._count, self._tids)
        server_time = self._client.server_now()
        orders, unread = self._whole(page.rows)
        return OrderPage(orders, page.next_cursor, server_time, page.whole_until, unread)

    def open(self, cursor: str | None) -> OrderPage:
        """Trades that are still to be sent or paid, one state after the other."""
        now = self._client.server_now()
        at = _StateAt.parse(cursor) if cursor else _StateAt(0, 0, -1, 0, int((now - LAG).timestamp()))
        if at.page == 0:
            at = at.begun(self._count_open(at), self._page_size)
        rows = self._open_tids(at) if at.page else ()
        following = at.down() if at.page > 1 else self._next_state(at)
        orders, unread = self._whole(rows)
        next_cursor = None if following is None else following.text()
        return OrderPage(orders, next_cursor, self._client.server_now(), unread=unread)

    def _next_state(self, at: "_StateAt") -> "_StateAt | None":
        if at.page and at.restarts < _RESTARTS:
            total = self._count_open(at)
            if total > at.total:
                # what came in stood before rows that were not read yet, and moved them to pages that were
                return at.again(total, self._page_size)
        return at.onward()

    def _whole(self, rows: Sequence[_Listed]) -> EachRead:
        """Each trade with everything in it: the lists tell neither notes nor the receiver's token."""

        def read(row: _Listed) -> ChannelOrder | None:
            trade = self._remembered(row) or self.one(row.tid)
            return None if trade is None else order_of(trade)

        return read_each(rows, lambda row: row.tid, read)

    def _remembered(self, row: _Listed) -> Fields | None:
        trade = self._memory.trade(row.tid, row.modified_at, self._client.server_now())
        return None if trade is None else Fields(trade, "trade")

    def _count(self, window: Window) -> int:
        return _total(self._client.read(_CHANGED, {"fields": "tid", **_within(window, "modified"), **_ONE_ROW}))

    def _tids(self, window: Window, page_no: int) -> Sequence[_Listed]:
        params = {"fields": "tid,modified", **_within(window, "modified"), **self._page(page_no)}
        return _listed_of(self._client.read(_CHANGED, params).fields)

    def _count_open(self, at: "_StateAt") -> int:
        return _total(self._client.read(_SOLD, {"fields": "tid", **at.params(), **_ONE_ROW}))

    def _open_tids(self, at: "_StateAt") -> Sequence[_Listed]:
        params = {"fields": "tid,modified", **at.params(), **self._page(at.page)}
        return _listed_of(self._client.read(_SOLD, params).fields)

    def _page(self, page_no: int) -> Mapping[str, str]:
        return {"page_no": str(page_no), "page_size": str(self._page_size), "use_has_next": "true"}


class RefundReader:
    """The refunds of one shop."""

    def __init__(self, client: TopClient, page_size: int) -> None:
        self._client = client
        self._page_size = page_size

    def one(self, case_no: str) -> ChannelAfterSale | None:
        """One refund, None where the platform does not know it."""
        if not is_number(case_no):
            return None
        try:
            answer = self._client.read("taobao.refund.get", {"fields": REFUND_FIELDS, "refund_id": case_no})
        except Rejected as error:
            if is_unknown(error):
                return None
            raise
        return case_of(answer.fields.child("refund"))

    def changed(self, since: datetime, cursor: str | None) -> AfterSalePage:
        """Refunds modified since then."""
        now = self._client.server_now()
        stretch = Stretch(max(since, now - _OLDEST), now - LAG, REFUND_SPAN)
        page: WindowPage[Fields] = read_backward(stretch, cursor, self._page_size, self._count, self._rows)
        cases, unread = read_each(page.rows, lambda row: row.id("refund_id"), case_of)
        return AfterSalePage(cases, page.next_cursor, self._client.server_now(), page.whole_until, unread)

    def _count(self, window: Window) -> int:
        params = {"fields": "refund_id", **_within(window, "modified"), **_ONE_ROW}
        return _total(self._client.read(_REFUNDS, params))

    def _rows(self, window: Window, page_no: int) -> Sequence[Fields]:
        page = {"page_no": str(page_no), "page_size": str(self._page_size), "use_has_next": "true"}
        params = {"fields": REFUND_FIELDS, **_within(window, "modified"), **page}
        return self._client.read(_REFUNDS, params).fields.child_or_empty("refunds").rows("refund")


@dataclass(frozen=True, slots=True)
class _StateAt:
    """Where the reading by state stands. `page` 0: this state is not begun; `end`: no trade younger than that."""

    state: int
    page: int
    total: int
    restarts: int
    end: int

    @classmethod
    def parse(cls, text: str) -> "_StateAt":
        try:
            state, page, total, restarts, end = (int(part) for part in json.loads(text))
            datetime.fromtimestamp(end, UTC)
        except (ValueError, TypeError, OverflowError, OSError):
            raise ContractBroken("This is no place in the platform's pages", code="cursor") from None
        if not 0 <= state < len(_OPEN):
            raise ContractBroken("This is no place in the platform's pages", code="cursor")
        return cls(state, page, total, restarts, end)

    def text(self) -> str:
        return json.dumps([self.state, self.page, self.total, self.restarts, self.end])

    def params(self) -> Mapping[str, str]:
        end = datetime.fromtimestamp(self.end, UTC)
        return {
            "status": _OPEN[self.state],
            "start_created": china_text(end - _OLDEST),
            "end_created": china_text(end),
        }

    def begun(self, total: int, page_size: int) -> "_StateAt":
        return _StateAt(self.state, -(-total // page_size), total, self.restarts, self.end)

    def again(self, total: int, page_size: int) -> "_StateAt":
        return _StateAt(self.state, -(-total // page_size), total, self.restarts + 1, self.end)

    def down(self) -> "_StateAt":
        return _StateAt(self.state, self.page - 1, self.total, self.restarts, self.end)

    def onward(self) -> "_StateAt | None":
        return _StateAt(self.state + 1, 0, -1, 0, self.end) if self.state + 1 < len(_OPEN) else None
