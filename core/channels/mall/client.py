"""The own-mall adapter: one authorised shop over the open mall contract."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from core.channels.contract import Capabilities, ChannelOrder, OrderPage, ShipmentNotice
from core.channels.mall.errors import error_of
from core.channels.mall.mapper import order_of, page_of
from core.channels.mall.signature import Signed, signing_headers
from core.channels.stock_contract import BelowZero, CancelledUnit, ListedSku, ListedStock, StockRules, WriteKind
from core.runtime.http import Call, Endpoint, HttpClient, Outgoing, Reply
from core.runtime.remote_errors import ContractBroken, Rejected

#: what the open mall contract promises
STOCK_RULES = StockRules(
    write=WriteKind.COMPARE_AND_SET,
    below_zero=BelowZero.REFUSES,
    cancelled_unit=CancelledUnit.PLATFORM,
    reads_back=True,
    pauses_sale=True,
    calls_per_minute=120,
    orders_lag_s=5,
    source="docs/open-mall-contract.md",
)

CAPABILITIES = Capabilities(sees_unpaid=True, page_size=100, safety_lag_s=0, overlap_s=600)


@dataclass(frozen=True, slots=True)
class MallKey:
    """Key and secret of one shop; the secret stays out of every text."""

    key: str
    secret: str

    def __repr__(self) -> str:
        return f"MallKey({self.key!r})"


@dataclass(frozen=True, slots=True)
class StockNumber:
    """The mall's number of one SKU. `version` goes into the next write as `if_version`; `at`: by the mall's clock."""

    sku: str
    qty: int
    version: int
    is_on_sale: bool | None = None
    at: datetime | None = None


class MallChannel:
    """A `Channel` and a `StockChannel`. The mall knows its goods by the merchant code."""

    stock_rules = STOCK_RULES

    def __init__(
        self,
        place: Endpoint,
        key: MallKey,
        http: HttpClient,
        *,
        make_nonce: Callable[[], str] = lambda: secrets.token_hex(16),
        capabilities: Capabilities = CAPABILITIES,
        tells_weight: bool = False,
    ) -> None:
        """`tells_weight`: this mall wants to hear what a parcel weighs."""
        self.capabilities = capabilities
        self._place = place
        self._key = key
        self._http = http
        self._make_nonce = make_nonce
        self._tells_weight = tells_weight

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:
        """Orders changed at or after `since`, in the order of their change; see the contract."""
        text = since.isoformat(timespec="milliseconds")
        return self._page("orders.changed", ("updated_after", text), cursor)

    def open_orders(self, cursor: str | None) -> OrderPage:
        """Orders the mall still wants sent, paid or not."""
        return self._page("orders.open", ("state", "open"), cursor)

    def get_order(self, order_no: str) -> ChannelOrder | None:
        """The newest state of one order, None where the mall does not know it."""
        try:
            reply = self._call(Call("orders.one", "GET", f"/v1/orders/{_segment(order_no)}"))
        except Rejected as error:
            if error.code == "order_not_found":
                return None
            raise
        order = order_of(reply.data)
        if order.order_no != order_no:
            raise ContractBroken("The mall answered with another order", code="order.no")
        return order

    def confirm_shipment(self, notice: ShipmentNotice) -> None:
        """Say that a parcel left; `notice.key` makes a repeat harmless on the mall's side."""
        body: dict[str, object] = {
            "carrier": notice.carrier_code,
            "no": notice.waybill_no,
            "lines": [{"line_no": line_no, "qty": qty} for line_no, qty in notice.lines],
        }
        if notice.replaces:
            body["replaces"] = notice.replaces
        if self._tells_weight and notice.weight_g is not None:
            body["weight_g"] = notice.weight_g
        path = f"/v1/orders/{_segment(notice.order_no)}/shipments"
        reply = self._call(Call("orders.ship", "POST", path, body=body, idempotency_key=notice.key))
        if reply.data.get("order_no") != notice.order_no or reply.data.get("no") != notice.waybill_no:
            raise ContractBroken("The mall confirmed another parcel than the one told", code="shipment.no")

    def check(self) -> datetime:
        """Prove address, key and secret with a page of one open order; returns the mall's time."""
        reply = self._call(Call("check", "GET", "/v1/orders", query=(("state", "open"), ("limit", "1"))))
        page_of(reply.data)
        return reply.server_time

    def put_stock(self, sku: str, qty: int, if_version: int | None = None) -> StockNumber:
        """Set the mall's number of one SKU, only over `if_version` where one is given.

        The write is absolute, so it is not repeated by itself: after `Temporary` decide anew.

        Raises:
            Rejected: `version_conflict`; the mall has sold or changed meanwhile.
        """
        body: dict[str, object] = {"sku": sku, "quantity": qty}
        if if_version is not None:
            body["if_version"] = if_version
        return _number_of(self._call(Call("stock.put", "PUT", "/v1/stock", body=body)), sku)

    def get_stock(self, sku: str) -> StockNumber:
        """The mall's number of one SKU and whether it is on sale."""
        return _number_of(self._call(Call("stock.get", "GET", "/v1/stock", query=(("sku", sku),))), sku)

    def read_stock(self, listed: ListedSku) -> ListedStock:
        """What the mall may still sell."""
        return _listed(self.get_stock(_code_of(listed)))

    def change_stock(self, listed: ListedSku, delta: int, key: str) -> ListedStock:  # noqa: ARG002  the contract's
        """The contract knows no differences."""
        raise Rejected("The mall takes no differences of stock.", code="no_differences")

    def set_stock(self, listed: ListedSku, qty: int, if_version: int | None = None) -> ListedStock:
        """Set the number, over the version that was read."""
        return _listed(self.put_stock(_code_of(listed), qty, if_version))

    def pause_sale(self, listed: ListedSku) -> None:
        """Stop the sale of the SKU."""
        self.put_sale(_code_of(listed), is_on=False)

    def resume_sale(self, listed: ListedSku) -> None:
        """Open it again."""
        self.put_sale(_code_of(listed), is_on=True)

    def put_sale(self, sku: str, *, is_on: bool) -> None:
        """Open or stop the sale of one SKU."""
        path = f"/v1/products/{_segment(sku)}/sale"
        data = self._call(Call("sale.put", "PUT", path, body={"on": is_on})).data
        if data.get("sku") != sku or data.get("on") is not is_on:
            raise ContractBroken("The mall's answer is not what its contract promises", code="sale")

    def _page(self, name: str, choice: tuple[str, str], cursor: str | None) -> OrderPage:
        query = [choice, ("limit", str(self.capabilities.page_size))]
        if cursor is not None:
            query.append(("cursor", cursor))
        reply = self._call(Call(name, "GET", "/v1/orders", query=tuple(query)))
        (orders, unread), next_cursor = page_of(reply.data)
        if next_cursor is not None and next_cursor == cursor:
            raise ContractBroken("The mall's paging does not move on", code="next_cursor")
        return OrderPage(orders, next_cursor, reply.server_time, unread=unread)

    def _call(self, call: Call) -> Reply:
        call = replace(call, sign=self._sign, explain=error_of)
        try:
            return self._http.call(self._place, call)
        except Rejected as error:
            if error.code != "clock_skew":
                raise
        # refused unprocessed, and that answer's Date header has told us the mall's clock
        return self._http.call(self._place, call)

    def _sign(self, outgoing: Outgoing) -> Mapping[str, str]:
        signed = Signed(
            method=outgoing.method,
            target=outgoing.target,
            timestamp=str(int(outgoing.server_now.timestamp())),
            nonce=self._make_nonce(),
            body=outgoing.body,
        )
        return signing_headers(self._key.key, self._key.secret, signed)


def _number_of(reply: Reply, sku: str) -> StockNumber:
    data = reply.data
    told, version, is_on = data.get("quantity"), data.get("version"), data.get("on")
    if data.get("sku") != sku or type(told) is not int or type(version) is not int:
        raise ContractBroken("The mall's answer is not what its contract promises", code="stock")
    return StockNumber(sku, told, version, is_on if isinstance(is_on, bool) else None, reply.told_at)


def _listed(number: StockNumber) -> ListedStock:
    return ListedStock(number.qty, number.version, number.is_on_sale, number.at)


def _code_of(listed: ListedSku) -> str:
    return listed.merchant_code or listed.channel_sku_id


def _segment(text: str) -> str:
    """One path segment; `.` and `..` would be taken out of the path on the way."""
    if text in {"", ".", ".."}:
        raise Rejected("This cannot be a number of the mall", code="order_not_found")
    return quote(text, safe="")
