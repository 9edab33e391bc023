"""An honest shop and carrier in memory: they keep state, refuse wrong calls, and misbehave when told to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from core.channels.contract import (
    SHIPPED_OTHERWISE,
    Capabilities,
    ChannelOrder,
    ChannelOrderLine,
    Consignee,
    OrderPage,
    ShipmentNotice,
    ShippedParcel,
    Unread,
)
from core.channels.shop_contract import Receiving
from core.runtime.clock import Clock
from core.runtime.remote_errors import ChannelError, Rejected, Temporary
from core.waybills.contract import PrintData, WaybillGrant, WaybillRequest

LIN = Consignee("林晓", "13800001234", "浙江省", "杭州市", "西湖区", "练习路1号2幢301室")


def line(no: str, code: str, qty: int = 1, **more: Any) -> ChannelOrderLine:
    """One platform line of the listing that is matched by our merchant code."""
    facts: dict[str, Any] = {"title": f"goods {code}", "spec": "", "unit_price_fen": 1000} | more
    return ChannelOrderLine(no, f"item-{code}", f"sku-{code}", code, qty=qty, **facts)


class FakeShop:
    """Implements `core.channels.contract.Channel` over a dictionary of orders."""

    def __init__(self, clock: Clock, *, has_versions: bool = True, page_size: int = 50, **capabilities: Any) -> None:
        self.capabilities = Capabilities(sees_unpaid=True, page_size=page_size, **capabilities)
        self._clock = clock
        self._has_versions = has_versions
        self.orders: dict[str, ChannelOrder] = {}
        self.told: dict[str, ShipmentNotice] = {}
        #: raised by the next calls, first in first out; None lets one call pass
        self.faults: list[Exception | None] = []
        #: order -> why nobody can read it
        self.odd: dict[str, ChannelError] = {}
        #: called before a page is answered: what happens at the shop while we read
        self.meanwhile: Callable[[str | None], None] = lambda cursor: None
        self.skew = timedelta()
        self.calls: list[str] = []
        #: order -> who receives it, as the platform alone knows; one that is not named is a person of its own
        self.receivers: dict[str, str] = {}
        #: whether a number may stand in the place of one that was told
        self.replaces_numbers = True

    # --- the people of the shop ------------------------------------------------------------------------------

    def place(self, no: str, *lines: ChannelOrderLine, is_paid: bool = True, **more: Any) -> ChannelOrder:
        """A buyer orders."""
        now = self._clock.now()
        facts: dict[str, Any] = {
            "order_no": no,
            "version": 1 if self._has_versions else 0,
            "modified_at": now,
            "placed_at": now,
            "paid_at": now if is_paid else None,
            "payment": "paid" if is_paid else "unpaid",
            "channel_status": "open",
            "is_closed": False,
            "is_shipped": False,
            "buyer_key": f"buyer-{no}",
            "buyer_name": "",
            "consignee": LIN,
            "lines": lines,
            "amount_fen": 1000,
            "freight_fen": 0,
        } | more
        facts.setdefault("raw", {"no": no, "who": facts["consignee"].name, "note": facts.get("buyer_note", "")})
        self.orders[no] = ChannelOrder(**facts)
        return self.orders[no]

    def change(self, no: str, **facts: Any) -> ChannelOrder:
        """Anything else that happens to an order."""
        order = self.orders[no]
        version = order.version + 1 if self._has_versions else 0
        values: dict[str, Any] = {"version": version, "modified_at": self._clock.now()} | facts
        self.orders[no] = replace(order, **values)
        return self.orders[no]

    def pay(self, no: str) -> ChannelOrder:
        """The money is there."""
        return self.change(no, payment="paid", paid_at=self._clock.now())

    def cancel(self, no: str) -> ChannelOrder:
        """It will not be sent."""
        return self.change(no, is_closed=True, channel_status="cancelled")

    def after_sale(self, no: str, line_no: str, state: str) -> ChannelOrder:
        """One line's refund is asked for, granted or given up."""
        lines = [replace(one, after_sale=state) if one.line_no == line_no else one for one in self.orders[no].lines]
        payment = self.orders[no].payment
        if state == "refunded":
            payment = "refunded" if all(one.after_sale == "refunded" for one in lines) else "partly_refunded"
        return self.change(no, lines=tuple(lines), payment=payment)

    def move(self, no: str, address: str) -> ChannelOrder:
        """The parcel shall go elsewhere."""
        return self.change(no, consignee=replace(self.orders[no].consignee, address=address))

    def send_part(self, no: str, number: str, *lines: tuple[str, int]) -> ChannelOrder:
        """Somebody tells the shop a number for part of an order: these lines, or the shop does not say which."""
        shipped = (*self.orders[no].shipped, ShippedParcel("ZTO", number, lines))
        return self.change(no, shipped=shipped, channel_status="partly sent")

    def send_elsewhere(self, no: str, number: str) -> None:
        """Somebody tells the shop another number for all of an order."""
        self.orders[no] = replace(self.orders[no], shipped=(ShippedParcel("", number),))

    # --- the channel -----------------------------------------------------------------------------------------

    def _answer(self, call: str) -> datetime:
        self.calls.append(call)
        if self.faults:
            fault = self.faults.pop(0)
            if fault is not None:
                raise fault
        return self._clock.now() + self.skew

    def pull_orders(self, since: datetime, cursor: str | None) -> OrderPage:
        """By modified time and number, from the place after the cursor."""
        server_time = self._answer("pull")
        self.meanwhile(cursor)
        after = ("", "") if cursor is None else tuple(cursor.split("|"))
        rows = sorted((order.modified_at.isoformat(), no) for no, order in self.orders.items())
        rows = [row for row in rows if row[0] >= since.isoformat() and row > after]
        page = rows[: self.capabilities.page_size]
        next_cursor = "|".join(page[-1]) if len(rows) > len(page) else None
        return self._page([self.orders[no] for _, no in page], next_cursor, server_time)

    def open_orders(self, cursor: str | None) -> OrderPage:
        """Whatever still has to be sent."""
        server_time = self._answer("open")
        rows = [order for _, order in sorted(self.orders.items()) if not order.is_closed and not order.is_shipped]
        rest = [order for order in rows if cursor is None or order.order_no > cursor]
        page = rest[: self.capabilities.page_size]
        return self._page(page, page[-1].order_no if len(rest) > len(page) else None, server_time)

    def _page(self, orders: Sequence[ChannelOrder], next_cursor: str | None, server_time: datetime) -> OrderPage:
        good = [order for order in orders if order.order_no not in self.odd]
        odd = [Unread(order.order_no, self.odd[order.order_no]) for order in orders if order.order_no in self.odd]
        return OrderPage(good, next_cursor, server_time, unread=odd)

    def get_order(self, order_no: str) -> ChannelOrder | None:
        """The newest state."""
        self._answer("get")
        if order_no in self.odd:
            raise self.odd[order_no]
        return self.orders.get(order_no)

    def confirm_shipment(self, notice: ShipmentNotice) -> None:
        """Never more units than were bought; the same key again is the same parcel."""
        self._answer("confirm")
        known = self.told.get(notice.key)
        if known is not None:
            if known != notice:
                raise Rejected("this key came with another content", code="idempotency_conflict")
            return
        if notice.replaces:
            if not self.replaces_numbers:
                raise Rejected("this order has another number", code="already_shipped")
            for key in [key for key, old in self.told.items() if old.waybill_no == notice.replaces]:
                if self.told[key].order_no == notice.order_no:
                    del self.told[key]
        is_open = self.orders[notice.order_no].channel_status == "partly sent"
        whole = () if is_open else self.orders[notice.order_no].shipped
        others = {one.waybill_no for one in whole} - {notice.waybill_no}
        if others:
            if not self.replaces_numbers or notice.replaces not in others:
                raise Rejected("this order is sent with another number", code=SHIPPED_OTHERWISE)
            self.send_elsewhere(notice.order_no, notice.waybill_no)
        bought = {one.line_no: one.qty for one in self.orders[notice.order_no].lines}
        for line_no, qty in notice.lines:
            if qty < 1 or self.told_qty(notice.order_no, line_no) + qty > bought[line_no]:
                raise Rejected("fewer pieces are still to come", code="qty_exceeded")
        if not notice.lines:
            raise Rejected("nothing is told", code="invalid")
        self.told[notice.key] = notice
        if self.capabilities.takes_one_number:
            shipped = (ShippedParcel(notice.carrier_code, notice.waybill_no),)
            self.change(notice.order_no, shipped=shipped, is_shipped=True)

    def told_qty(self, order_no: str, line_no: str) -> int:
        """Units of a line that were told as sent, by whomever."""
        told = [notice.lines for notice in self.told.values() if notice.order_no == order_no]
        told += [parcel.lines for parcel in self.orders[order_no].shipped]
        return sum(qty for lines in told for no, qty in lines if no == line_no)

    def may_merge(self, orders: Sequence[Receiving]) -> Sequence[Sequence[str]]:
        """Which orders have one receiver; only where the platform has said that it decides."""
        self._answer("merge")
        people: dict[str, list[str]] = {}
        for order in orders:
            person = self.receivers.get(order.order_no, order.order_no)
            people.setdefault(person, []).append(order.order_no)
        return list(people.values())

    def check(self) -> datetime:
        """The clock."""
        return self._answer("check")


@dataclass
class FakeCarrier:
    """Implements `core.waybills.contract.WaybillService`: a number per key, each bought once."""

    left: int = 10_000
    #: does it tell how many are left?
    says_balance: bool = True
    granted: dict[str, WaybillGrant] = field(default_factory=dict)
    returned: set[str] = field(default_factory=set)
    #: what happens at the next calls of `obtain`: `lose_answer`, `refuse`, `busy`, `same_number`, `broken`, ""
    faults: list[str | ChannelError] = field(default_factory=list)
    finds: int = 0
    #: called while an answer is on its way
    meanwhile: Callable[[WaybillRequest], None] = lambda request: None
    requests: list[WaybillRequest] = field(default_factory=list)
    #: what a platform's print component needs, for a request and its number
    print_data: Callable[[WaybillRequest, str], PrintData | None] = lambda request, number: None

    def obtain(self, request: WaybillRequest) -> WaybillGrant:
        """A number for the key."""
        fault = self.faults.pop(0) if self.faults else ""
        self.requests.append(request)
        if isinstance(fault, ChannelError):
            raise fault
        if fault == "refuse":
            raise Rejected("the carrier needs a fuller address", code="address_incomplete")
        if fault == "busy":
            raise Temporary("the carrier does not answer")
        grant = self._grant(request, is_same=fault == "same_number")
        self.meanwhile(request)
        if fault == "lose_answer":
            raise Temporary("the answer was cut off")
        return grant

    def _grant(self, request: WaybillRequest, *, is_same: bool) -> WaybillGrant:
        if request.key in self.granted:
            return self.granted[request.key]
        if self.left < 1:
            raise Rejected("no numbers left", code="balance_empty")
        self.left -= 1
        number = next(iter(self.granted.values())).number if is_same else f"TT{len(self.granted) + 1:09}"
        self.granted[request.key] = WaybillGrant(
            request.key,
            request.carrier_code,
            number,
            "571-A01-02",
            "杭州",
            number,
            print_data=self.print_data(request, number),
        )
        return self.granted[request.key]

    def find(self, key: str) -> WaybillGrant | None:
        """What was granted under the key."""
        self.finds += 1
        return self.granted.get(key)

    def cancel(self, carrier_code: str, number: str) -> None:
        """Take it back."""
        if number not in {grant.number for grant in self.granted.values()}:
            raise Rejected("the carrier does not know this number", code="waybill_not_found")
        self.returned.add(number)

    def balance(self) -> int | None:
        """How many are left."""
        if self.faults and isinstance(self.faults[0], ChannelError):
            raise self.faults.pop(0)  # type: ignore[misc]  # looked at in the line before
        return self.left if self.says_balance else None

    def live_numbers(self) -> list[str]:
        """Bought and not given back, one entry per purchase."""
        return sorted(grant.number for grant in self.granted.values() if grant.number not in self.returned)


def orders_in(*orders: ChannelOrder) -> Sequence[ChannelOrder]:
    """A page."""
    return list(orders)
