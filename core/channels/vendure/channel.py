"""One shop on Vendure, as core sees every shop."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from core.channels.contract import (
    NOT_PAID,
    ORDER_CLOSED,
    SHIPPED_OTHERWISE,
    UNKNOWN_ORDER,
    Capabilities,
    ChannelOrder,
    OrderPage,
    ShipmentNotice,
)
from core.channels.singly import read_each
from core.channels.stock_contract import BelowZero, CancelledUnit, ListedSku, ListedStock, StockRules, WriteKind
from core.channels.vendure import mapper, queries
from core.channels.vendure.client import VendureClient
from core.channels.vendure.paging import Cursor, Window, page_options
from core.runtime.remote_errors import ContractBroken, Rejected, Temporary

CAPABILITIES = Capabilities(sees_unpaid=True, needs_state_poll=True, page_size=100, overlap_s=600)

#: the shop's times have one-second steps on SQLite and may lie a second before the placing of the order
#: itself
_BORDER = timedelta(seconds=2)
_PLACED: Mapping[str, object] = {"active": {"eq": False}, "orderPlacedAt": {"isNull": False}}
_FIRST = datetime(1970, 1, 2, tzinfo=UTC)

#: seen in a real Vendure 3.7 (`tests/realshop`): a write replaces the number on hand, and a cancelled order gives its
#: allocation back by itself
STOCK_RULES = StockRules(
    write=WriteKind.ABSOLUTE,
    below_zero=BelowZero.REFUSES,
    cancelled_unit=CancelledUnit.PLATFORM,
    reads_back=True,
    pauses_sale=True,
    source="tests/realshop/test_vendure_stock.py",
)


class VendureChannel:
    """A `Channel` and a `StockChannel`.

    What the shop accepts is a claim, not a reservation: Vendure checks stock before the payment and counts it
    after, so that shoppers paying at once are all accepted (measured: 8 of 8 for 3 units). Nothing here hides
    such orders. The shop allocates no more than it has, so that its counters do not show the excess; and an
    order without allocation leaves the number on hand as it was when it is sent: only `set_stock` mends it.
    """

    stock_rules = STOCK_RULES

    def __init__(
        self,
        client: VendureClient,
        *,
        buyer_note_field: str = "",
        stock_location_id: str = "",
        page_size: int = CAPABILITIES.page_size,
    ) -> None:
        if page_size < 2:
            raise ValueError("a page must hold more than the one row that is read again")
        self.capabilities = CAPABILITIES
        self._client = client
        self._buyer_note_field = buyer_note_field
        self._stock_location_id = stock_location_id
        self._page_size = page_size
        self._orders = queries.orders_query(buyer_note_field)

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:
        """Placed orders whose row changed at or after `since`, oldest change first.

        Payments and parcels do not touch the row: `open_orders` sees those.
        """
        return self._page(Window("updatedAt", _PLACED, mapper.updated_at), since - _BORDER, cursor)

    def open_orders(self, cursor: str | None) -> OrderPage:
        """Placed orders in any state but cancelled, shipped and delivered, oldest first."""
        wanted = {**_PLACED, "state": {"notIn": list(queries.CLOSED_STATES)}}
        return self._page(Window("orderPlacedAt", wanted, mapper.placed_at), _FIRST, cursor)

    def get_order(self, order_no: str) -> ChannelOrder | None:
        """The newest state of the order with this code."""
        raw = self._raw_order(order_no)
        return None if raw is None else self._map(raw)

    def check(self) -> datetime:
        """Prove address, account and its permission to read orders, and that the shop counts in yuan."""
        answer = self._client.ask(queries.CHECK, {})
        channel = answer.data.get("activeChannel")
        if not isinstance(channel, dict) or channel.get("defaultCurrencyCode") != "CNY":
            raise Rejected("The shop does not sell in yuan.", code="currency")
        return answer.server_time

    def confirm_shipment(self, notice: ShipmentNotice) -> None:
        """Add a fulfilment with our tracking code and mark it shipped.

        Vendure has no idempotency key; the waybill number is ours. The order's parcels are read first, and
        again after a lost reply, so that a repeat finds the parcel it made and at most finishes it.

        Raises:
            Rejected: unknown, unpaid or cancelled order, lines already sent under another number, or fewer units on
                hand at the shop than the parcel holds.
            ChannelError: the other four kinds.
        """
        raw = self._known_order(notice.order_no)
        parcel = _parcel_of(raw, notice)
        if parcel is None:
            parcel = self._add_parcel(raw, notice)
        if parcel.state not in ("Shipped", "Delivered"):
            self._mark_shipped(parcel, notice)

    def read_stock(self, listed: ListedSku) -> ListedStock:
        """What the shop may still sell: on hand minus what its open orders have been allocated."""
        stock, at = self._stock_of(listed.channel_sku_id)
        return ListedStock(stock.on_hand - stock.allocated, is_on_sale=stock.is_on_sale, at=at)

    def change_stock(self, listed: ListedSku, delta: int, key: str) -> ListedStock:  # noqa: ARG002  the contract's
        """Vendure takes no differences."""
        raise Rejected("The shop takes no differences of stock.", code="no_differences")

    def set_stock(self, listed: ListedSku, qty: int, if_version: int | None = None) -> ListedStock:  # noqa: ARG002  the contract's shape
        """Let the shop sell `qty` more units than its open orders already claim.

        Vendure sells on hand minus allocated, so that the allocated units are added to the number. An order
        placed between the reading and the writing makes the shop's number too high by its quantity until the
        next write: pause the sale before.
        """
        stock, _ = self._stock_of(listed.channel_sku_id)
        level = {"stockLocationId": stock.location_id, "stockOnHand": qty + stock.allocated}
        at = self._update_variant({"id": listed.channel_sku_id, "stockLevels": [level]})
        # Nothing is asked after the write: a question that is refused would pass for a write that was.
        return ListedStock(qty, is_on_sale=stock.is_on_sale, at=at)

    def pause_sale(self, listed: ListedSku) -> None:
        """Disable the variant: shoppers no longer see it and cannot put it into a cart."""
        self._update_variant({"id": listed.channel_sku_id, "enabled": False})

    def resume_sale(self, listed: ListedSku) -> None:
        """Enable the variant again."""
        self._update_variant({"id": listed.channel_sku_id, "enabled": True})

    def _page(self, window: Window, since: datetime, cursor: str | None) -> OrderPage:
        at = Cursor.first(since) if cursor is None else Cursor.parse(cursor)
        items, server_time = self._read(page_options(window, at, self._page_size))
        if at.is_moved(items):
            at = at.restarted()
            items, server_time = self._read(page_options(window, at, self._page_size))
        following = at.next(items, self._page_size, window)
        orders, unread = read_each(items, mapper.code_of, self._map)
        return OrderPage(
            orders,
            next_cursor=None if following is None else following.text(),
            server_time=server_time,
            unread=unread,
        )

    def _read(self, options: Mapping[str, object]) -> tuple[Sequence[Mapping[str, object]], datetime]:
        answer = self._client.ask(self._orders, {"options": options})
        orders = answer.data.get("orders")
        items = orders.get("items") if isinstance(orders, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ContractBroken("The shop's answer holds no list of orders.", code="orders")
        return items, answer.server_time

    def _map(self, raw: Mapping[str, object]) -> ChannelOrder:
        return mapper.map_order(raw, buyer_note_field=self._buyer_note_field)

    def _raw_order(self, order_no: str) -> Mapping[str, object] | None:
        items, _ = self._read({"take": 1, "filter": {**_PLACED, "code": {"eq": order_no}}})
        if not items:
            return None
        if items[0].get("code") != order_no:
            raise ContractBroken("The shop answers with another order.", code="code")
        return items[0]

    def _known_order(self, order_no: str) -> Mapping[str, object]:
        raw = self._raw_order(order_no)
        if raw is None:
            raise Rejected("The shop does not know this order.", code=UNKNOWN_ORDER)
        return raw

    def _add_parcel(self, raw: Mapping[str, object], notice: ShipmentNotice) -> mapper.Fulfilment:
        _refuse_impossible(raw, notice)
        lines = [{"orderLineId": line_no, "quantity": qty} for line_no, qty in notice.lines]
        arguments = [
            {"name": "method", "value": notice.carrier_code},
            {"name": "trackingCode", "value": notice.waybill_no},
        ]
        handler = {"code": "manual-fulfillment", "arguments": arguments}
        try:
            made = self._client.do(
                queries.ADD_FULFILMENT,
                "addFulfillmentToOrder",
                {"input": {"lines": lines, "handler": handler}},
            )
        except (Temporary, Rejected):
            # the request may have arrived although the reply did not, or another desk was faster with the
            # same parcel
            parcel = _parcel_of(self._known_order(notice.order_no), notice)
            if parcel is None:
                raise
            return parcel
        return mapper.map_made_fulfilment(made, notice.waybill_no)

    def _mark_shipped(self, parcel: mapper.Fulfilment, notice: ShipmentNotice) -> None:
        try:
            self._client.do(queries.MARK_SHIPPED, "transitionFulfillmentToState", {"id": parcel.id})
        except (Temporary, Rejected):
            now = _parcel_of(self._known_order(notice.order_no), notice)
            if now is None or now.state not in ("Shipped", "Delivered"):
                raise

    def _stock_of(self, channel_sku_id: str) -> tuple[mapper.VariantStock, datetime | None]:
        """The variant's stock where this shop sends from, and when it was so by the shop's clock."""
        answer = self._client.ask(queries.VARIANT_STOCK, {"id": channel_sku_id})
        variant = answer.data.get("productVariant")
        if not isinstance(variant, dict):
            raise Rejected("The shop does not know this listing.", code="unknown_variant")
        levels = mapper.map_stock(variant)
        if self._stock_location_id:
            here = [level for level in levels if level.location_id == self._stock_location_id]
            nothing = mapper.VariantStock(self._stock_location_id, 0, 0, variant["enabled"] is True)
            return here[0] if here else nothing, answer.told_at
        if len(levels) != 1:
            raise Rejected("The shop has several stock locations; name one in its settings.", code="location")
        return levels[0], answer.told_at

    def _update_variant(self, change: Mapping[str, object]) -> datetime | None:
        """Gives the shop's clock when it had changed it."""
        _, at = self._client.done(queries.UPDATE_VARIANT, "updateProductVariants", {"input": [dict(change)]})
        return at


def _parcel_of(raw: Mapping[str, object], notice: ShipmentNotice) -> mapper.Fulfilment | None:
    """The parcel this notice made before, None where there is none.

    Raises:
        Rejected: there is one with the same number that holds other goods.
    """
    for parcel in mapper.map_fulfilments(raw):
        if parcel.tracking_code == notice.waybill_no:
            if dict(parcel.lines) != _asked(notice):
                raise Rejected("The shop has this waybill number with other goods.", code=SHIPPED_OTHERWISE)
            return parcel
    return None


def _asked(notice: ShipmentNotice) -> dict[str, int]:
    asked: dict[str, int] = {}
    for line_no, qty in notice.lines:
        asked[line_no] = asked.get(line_no, 0) + qty
    return asked


def _refuse_impossible(raw: Mapping[str, object], notice: ShipmentNotice) -> None:
    remaining = dict(mapper.map_quantities(raw))
    if not any(remaining.values()):
        raise Rejected("The shop has cancelled this order.", code=ORDER_CLOSED)
    if mapper.map_order(raw).payment == "unpaid":
        # Vendure itself sends what was only authorised.
        raise Rejected("The shop says that this order is not paid.", code=NOT_PAID)
    for parcel in mapper.map_fulfilments(raw):
        for line_no, qty in parcel.lines.items():
            remaining[line_no] = remaining.get(line_no, 0) - qty
    asked = _asked(notice)
    if not asked or any(qty <= 0 for qty in asked.values()):
        raise Rejected("The parcel is empty.", code="empty_parcel")
    if any(remaining.get(line_no, 0) < qty for line_no, qty in asked.items()):
        raise Rejected("These goods were already sent under another number.", code=SHIPPED_OTHERWISE)
