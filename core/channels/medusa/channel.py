"""One shop on Medusa, as core sees every shop."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.channels.aftersale_contract import AfterSalePage, ChannelAfterSale
from core.channels.contract import Capabilities, ChannelOrder, OrderPage, ShipmentNotice
from core.channels.fields import Fields
from core.channels.listing_contract import ListingPage
from core.channels.medusa.client import MedusaClient, Query
from core.channels.medusa.errors import NOT_FOUND, unknown_order
from core.channels.medusa.facts import CAPABILITIES, CHANGES, OPEN, ORDER_FIELDS, RETURN_FIELDS, STOCK_RULES
from core.channels.medusa.goods import Goods
from core.channels.medusa.mapper import FLAG_KEY, NOTE_KEY, Reading, order_of
from core.channels.medusa.returns import case_of
from core.channels.medusa.shipping import Sender
from core.channels.shop_contract import Flag, ShopIdentity
from core.channels.singly import EachRead, read_each
from core.channels.stock_contract import ListedSku, ListedStock
from core.channels.windows import Stretch, Window, WindowPage, read_backward
from core.runtime.remote_errors import ContractBroken, Rejected

_ORDERS: Final = "/admin/orders"
_RETURNS: Final = "/admin/returns"
#: what an order may be that is still to be sent
_OPEN_STATES: Final = (("status[]", "pending"), ("status[]", "requires_action"))
_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
#: characters of a seller's note; Medusa itself takes any length
_LONGEST_NOTE: Final = 2000
_DRAFT: Final = "draft"
_PUBLISHED: Final = "published"


class MedusaChannel:
    """A `Channel`, `AfterSaleChannel`, `ListingChannel`, `StockChannel`, `NoteChannel` and `IdentifiedChannel`."""

    stock_rules = STOCK_RULES

    def __init__(
        self,
        client: MedusaClient,
        *,
        reading: Reading | None = None,
        location_id: str = "",
        tracking_url: str = "",
        capabilities: Capabilities = CAPABILITIES,
    ) -> None:
        self.capabilities = capabilities
        self._client = client
        self._reading = reading or Reading()
        self._goods = Goods(client, location_id)
        self._sender = Sender(client, self._one, self._reading, location_id=location_id, tracking_url=tracking_url)

    # --- orders -----------------------------------------------------------------------------------------------------

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:
        """Orders whose own row changed at or after `since`; captured payments do not touch it: see `open_orders`."""
        server_time = self._client.now()
        if cursor is None and since >= server_time:
            return OrderPage((), None, server_time)
        page = self._read(_ORDERS, "orders", "updated_at", Stretch(since, server_time, CHANGES), cursor)
        orders, unread = self._mapped(page.rows)
        return OrderPage(orders, page.next_cursor, server_time, page.whole_until, unread)

    def open_orders(self, cursor: str | None) -> OrderPage:
        """Orders that are still to be sent, by the time they were placed."""
        server_time = self._client.now()
        stretch = Stretch(server_time - OPEN, server_time, OPEN)
        page = self._read(_ORDERS, "orders", "created_at", stretch, cursor, _OPEN_STATES)
        found, unread = self._mapped(page.rows)
        orders = [order for order in found if not (order.is_closed or order.is_shipped)]
        # Windows of placing say nothing about changes, so that no watermark may follow them.
        return OrderPage(orders, page.next_cursor, server_time, unread=unread)

    def get_order(self, order_no: str) -> ChannelOrder | None:
        """The newest state of one order."""
        order = self._one(order_no)
        return None if order is None else order_of(order.mapping, self._reading)

    def confirm_shipment(self, notice: ShipmentNotice) -> None:
        """Say that the parcel left; see `core.channels.medusa.shipping`."""
        self._sender.send(notice)

    def check(self) -> datetime:
        """Prove address and key, that orders may be read, and that the shop counts in yuan."""
        store = self._client.store()
        currencies = store.fields.rows("supported_currencies")
        if not any(row.text_or_blank("currency_code").lower() == "cny" for row in currencies):
            raise Rejected("The shop does not sell in yuan", code="currency")
        return self._client.ask(_ORDERS, (("fields", "id"), ("limit", "1"))).server_time

    def identify(self) -> ShopIdentity:
        """Whose shop the key opens."""
        store = self._client.store().fields
        return ShopIdentity(store.text("id"), store.text_or_blank("name"))

    def write_note(self, order_no: str, text: str, flag: Flag | None = None) -> None:
        """Replace the seller's note in the order's `metadata`, where nothing else is touched."""
        if not _ID.fullmatch(order_no):
            raise unknown_order()
        if len(text) > _LONGEST_NOTE:
            raise Rejected(f"A note may have {_LONGEST_NOTE} characters", code="note_too_long")
        noted = {NOTE_KEY: text} if flag is None else {NOTE_KEY: text, FLAG_KEY: str(flag)}
        try:
            # The note itself, whole: told twice it is the same note. An empty text takes the name away.
            self._client.tell(f"{_ORDERS}/{order_no}", {"metadata": noted}, is_repeatable=True)
        except Rejected as error:
            if error.code == NOT_FOUND:
                raise unknown_order() from error
            raise

    # --- after sale -------------------------------------------------------------------------------------------------

    def pull_after_sales(self, since: datetime, cursor: str | None) -> AfterSalePage:
        """Returns that changed at or after `since`, as `pull_orders`."""
        server_time = self._client.now()
        if cursor is None and since >= server_time:
            return AfterSalePage((), None, server_time)
        page = self._read(_RETURNS, "returns", "updated_at", Stretch(since, server_time, CHANGES), cursor)
        cases, unread = read_each(page.rows, lambda row: row.text("id"), lambda row: case_of(row.mapping))
        return AfterSalePage(cases, page.next_cursor, server_time, page.whole_until, unread)

    def get_after_sale(self, case_no: str, order_no: str) -> ChannelAfterSale | None:
        """The newest state of one return of one order."""
        if not (_ID.fullmatch(case_no) and _ID.fullmatch(order_no)):
            return None
        query: Query = (("fields", RETURN_FIELDS), ("id", case_no), ("order_id", order_no), ("limit", "1"))
        rows = self._client.ask(_RETURNS, query).fields.rows("returns")
        return case_of(rows[0].mapping) if rows else None

    # --- goods and stock --------------------------------------------------------------------------------------------

    def pull_listings(self, cursor: str | None) -> ListingPage:
        """Every variant of every product, published or not."""
        return self._goods.listings(cursor, self.capabilities.page_size)

    def read_stock(self, listed: ListedSku) -> ListedStock:
        """What the shop may still sell: stocked minus reserved, at the place this shop sends from."""
        return self._goods.read(listed)

    def change_stock(self, listed: ListedSku, delta: int, key: str) -> ListedStock:  # noqa: ARG002  the contract's
        """Medusa takes no differences."""
        raise Rejected("The shop takes no differences of stock", code="no_differences")

    def set_stock(self, listed: ListedSku, qty: int, if_version: int | None = None) -> ListedStock:  # noqa: ARG002  it has no versions
        """Set what may be sold, over whatever was sold meanwhile; see `Goods.write`."""
        return self._goods.write(listed, qty)

    def pause_sale(self, listed: ListedSku) -> None:
        """Make the whole product a draft, with all its variants; carts that are full can still be paid."""
        self._goods.put_status(listed, _DRAFT)

    def resume_sale(self, listed: ListedSku) -> None:
        """Publish the whole product again."""
        self._goods.put_status(listed, _PUBLISHED)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _mapped(self, rows: Sequence[Fields]) -> EachRead:
        return read_each(rows, lambda row: row.text("id"), lambda row: order_of(row.mapping, self._reading))

    def _one(self, order_no: str) -> Fields | None:
        """Asked of the list, whose rows have a shape of their own: one order is the same wherever it is read."""
        if not _ID.fullmatch(order_no):
            return None
        query: Query = (("fields", ORDER_FIELDS), ("id", order_no), ("limit", "1"))
        rows = self._client.ask(_ORDERS, query).fields.rows("orders")
        if rows and rows[0].text("id") != order_no:
            raise ContractBroken("The shop answered with another order", code="orders.id")
        return rows[0] if rows else None

    def _read(
        self, path: str, name: str, by: str, stretch: Stretch, cursor: str | None, wanted: Query = ()
    ) -> WindowPage[Fields]:
        """The next page of what lies in a window by the time `by`.

        Rows are listed by id: what changes meanwhile leaves the window, and the rest keeps its order, which it would
        not among rows of one moment that are listed by time.
        """
        size = self.capabilities.page_size
        fields = RETURN_FIELDS if path == _RETURNS else ORDER_FIELDS

        def ask(window: Window, page_no: int) -> Fields:
            times = ((f"{by}[$gte]", _iso(window.since)), (f"{by}[$lte]", _iso(window.until)))
            page = (("order", "id"), ("limit", str(size)), ("offset", str((page_no - 1) * size)))
            return self._client.ask(path, (("fields", fields), *wanted, *times, *page)).fields

        first: list[Fields] = []

        def count(window: Window) -> int:
            first[:] = [ask(window, 1)]
            return _count(first[0])

        def read(window: Window, page_no: int) -> Sequence[Fields]:
            # A window of one page has come whole with the count.
            is_here = page_no == 1 and first and _count(first[0]) <= size
            return (first[0] if is_here else ask(window, page_no)).rows(name)

        return read_backward(stretch, cursor, size, count, read)


def _count(answer: Fields) -> int:
    return answer.whole("count", 0, 10**9)


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
