"""What is behind every simulated platform: goods, buyers' orders, parcels, refunds, and rules that say no.

One shop, one lock, one clock. A platform's own module shows it in its own words and enforces its own calls; what
buyers and the people of the shop do is the same everywhere, so that one story can be played to all platforms.
Oversold units are counted here, at the buyers.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime


class RuleError(Exception):
    """The shop says no; `code` says why, in the simulator's own words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Person:
    """Who receives a parcel, in clear; platforms mask it on the way out."""

    name: str = "赵练习"
    phone: str = "13800000001"
    province: str = "浙江省"
    city: str = "杭州市"
    district: str = "余杭区"
    town: str = "仓前街道"
    address: str = "练习路1号"
    postcode: str = "311121"


@dataclass(slots=True)
class Goods:
    """One SKU of an item. `qty` is what the platform may still sell; `locked` units lie in a promotion."""

    item_id: str
    sku_id: str
    code: str
    title: str
    spec: str
    price_fen: int
    qty: int
    is_on_sale: bool = True
    locked: int = 0
    barcode: str = ""
    listed_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Line:
    """One line of an order; `after_sale` is none | requested | refunded."""

    no: str
    goods: Goods
    qty: int
    price_fen: int
    after_sale: str = "none"
    is_gift: bool = False


@dataclass(slots=True)
class Parcel:
    """A parcel somebody told the platform; `lines` is line number -> units."""

    carrier: str
    number: str
    lines: dict[str, int]
    at: datetime


@dataclass(slots=True)
class Order:
    """One order. `state` is unpaid | paid | part_shipped | shipped | done | cancelled."""

    no: str
    buyer: str
    person: Person
    lines: list[Line]
    state: str
    placed_at: datetime
    modified_at: datetime
    freight_fen: int = 0
    discount_fen: int = 0
    paid_at: datetime | None = None
    ended_at: datetime | None = None
    ship_by_at: datetime | None = None
    buyer_note: str = ""
    seller_note: str = ""
    flag: str = ""
    #: why the platform keeps a paid order back, blank where it does not
    stopped_for: str = ""
    parcels: list[Parcel] = field(default_factory=list)
    address_changes: int = 0
    #: what a platform keeps besides (presale steps, tags); the story does not touch it
    extra: dict[str, object] = field(default_factory=dict)

    @property
    def amount_fen(self) -> int:
        """What the buyer pays or paid for all of it."""
        return sum(line.qty * line.price_fen for line in self.lines) + self.freight_fen - self.discount_fen

    def line(self, no: str) -> Line:
        """One line."""
        for line in self.lines:
            if line.no == no:
                return line
        raise RuleError("no_such_line")

    def sent(self, line_no: str) -> int:
        """Units of a line that are in parcels."""
        return sum(parcel.lines.get(line_no, 0) for parcel in self.parcels)


@dataclass(slots=True)
class Case:
    """One after-sale case. `state` is requested | to_return | returning | agreed | done | refused | closed."""

    no: str
    order_no: str
    line_nos: tuple[str, ...]
    kind: str
    state: str
    refund_fen: int
    requested_at: datetime
    modified_at: datetime
    was_sent: bool
    reason: str = "不想要了"
    carrier: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Habits:
    """How a platform behaves where platforms differ.

    Attributes:
        deducts: when its own number falls: order | payment.
        gives_back: whether the unit of a paid order that is cancelled or refunded returns to its number.
        gives_back_unpaid: the same of an order that was never paid, where the number fell with the order.
        touches: which of pay, ship, memo, address, refund, stop move an order's modified time.
        splits: units | lines | whole: into which parts an order may be told as sent.
        changes_number: whether a told number can be replaced.
    """

    deducts: str = "order"
    gives_back: bool = True
    gives_back_unpaid: bool = True
    touches: frozenset[str] = frozenset({"pay", "ship", "memo", "address", "refund", "stop"})
    splits: str = "units"
    changes_number: bool = True


class Shop:
    """One shop on a platform. Every act takes the lock and may raise `RuleError`."""

    def __init__(self, now: Callable[[], datetime], habits: Habits | None = None, first_no: int = 1) -> None:
        self.now = now
        self.habits = habits or Habits()
        self.lock = threading.RLock()
        self.goods: dict[str, Goods] = {}
        self.orders: dict[str, Order] = {}
        self.cases: dict[str, Case] = {}
        #: (what, subject, at) of everything that happened, for messages and for judging afterwards
        self.happened: list[tuple[str, str, datetime]] = []
        self._next = first_no
        #: how this platform writes numbers: (kind: order | line | case | item | sku, running number) -> text
        self.numbering: Callable[[str, int], str] = lambda kind, number: f"{kind[0].upper()}{number}"

    # --- goods -------------------------------------------------------------------------------------------------------

    def list_goods(
        self, code: str, qty: int, *, title: str = "", spec: str = "", price_fen: int = 9900, item_id: str = ""
    ) -> Goods:
        """Put goods on sale; with `item_id` as one more choice of an item."""
        with self.lock:
            item = item_id or self._number("item")
            goods = Goods(item, self._number("sku"), code, title or f"商品 {code}", spec, price_fen, qty)
            goods.listed_at = self.now()
            self.goods[goods.sku_id] = goods
            return goods

    def edit_stock(self, sku_id: str, qty: int) -> None:
        """Somebody types another number in the seller's pages."""
        with self.lock:
            self.goods_of(sku_id).qty = qty
            self._note("stock_edited", sku_id)

    def goods_of(self, sku_id: str) -> Goods:
        """One SKU."""
        found = self.goods.get(sku_id)
        if found is None:
            raise RuleError("no_such_sku")
        return found

    def units_sold(self, sku_id: str) -> int:
        """Units that buyers have or wait for: what oversold is counted by."""
        with self.lock:
            return sum(
                line.qty
                for order in self.orders.values()
                if order.state != "cancelled"
                for line in order.lines
                if line.goods.sku_id == sku_id and line.after_sale != "refunded"
            )

    # --- buyers ------------------------------------------------------------------------------------------------------

    def place(
        self,
        wanted: Sequence[tuple[str, int]],
        *,
        buyer: str = "b-1",
        person: Person | None = None,
        note: str = "",
        freight_fen: int = 0,
        discount_fen: int = 0,
        gift_sku_ids: Sequence[str] = (),
    ) -> Order:
        """Place an order of (SKU id, units), unpaid; all or nothing."""
        with self.lock:
            lines = [
                Line(self._number("line"), self.goods_of(sku), qty, self.goods[sku].price_fen) for sku, qty in wanted
            ]
            lines += [Line(self._number("line"), self.goods_of(sku), 1, 0, is_gift=True) for sku in gift_sku_ids]
            self._check_sellable(lines)
            if self.habits.deducts == "order":
                self._deduct(lines)
            at = self.now()
            order = Order(self._number("order"), buyer, person or Person(), lines, "unpaid", at, at)
            order.buyer_note, order.freight_fen, order.discount_fen = note, freight_fen, discount_fen
            self.orders[order.no] = order
            self._note("placed", order.no)
            return order

    def pay(self, no: str) -> None:
        """The buyer pays."""
        with self.lock:
            order = self._in(no, "unpaid")
            if self.habits.deducts == "payment":
                self._check_sellable(order.lines)
                self._deduct(order.lines)
            order.state, order.paid_at = "paid", self.now()
            self._touch(order, "pay")
            self._note("paid", no)

    def cancel(self, no: str) -> None:
        """Called off before it left; whoever paid gets everything back."""
        with self.lock:
            order = self._in(no, "unpaid", "paid")
            had_units = order.state == "paid" or self.habits.deducts == "order"
            is_given_back = self.habits.gives_back if order.state == "paid" else self.habits.gives_back_unpaid
            if had_units and is_given_back:
                self._give_back([line for line in order.lines if line.after_sale != "refunded"])
            for line in order.lines:
                if order.state == "paid":
                    line.after_sale = "refunded"
            order.state, order.ended_at = "cancelled", self.now()
            order.modified_at = self.now()
            self._note("cancelled", no)

    def change_address(self, no: str, **changes: str) -> None:
        """The buyer wants it elsewhere; possible until it is sent."""
        with self.lock:
            order = self._in(no, "unpaid", "paid", "part_shipped")
            order.person = replace(order.person, **changes)
            order.address_changes += 1
            self._touch(order, "address")
            self._note("address", no)

    def receive(self, no: str) -> None:
        """The buyer has it and says so."""
        with self.lock:
            order = self._in(no, "shipped")
            order.state, order.ended_at = "done", self.now()
            order.modified_at = self.now()
            self._note("done", no)

    # --- after sale --------------------------------------------------------------------------------------------------

    def ask_refund(
        self, no: str, line_nos: Sequence[str] = (), *, kind: str = "refund", reason: str = "不想要了"
    ) -> Case:
        """The buyer wants money back for lines, all where none are named; `kind` as `AfterSaleKind`."""
        with self.lock:
            order = self._in(no, "paid", "part_shipped", "shipped", "done")
            lines = [order.line(line_no) for line_no in line_nos] or list(order.lines)
            if any(line.after_sale != "none" for line in lines):
                raise RuleError("case_is_open")
            for line in lines:
                line.after_sale = "requested"
            at = self.now()
            fen = sum(line.qty * line.price_fen for line in lines)
            was_sent = any(order.sent(line.no) for line in lines)
            numbers = tuple(line.no for line in lines)
            case = Case(self._number("case"), no, numbers, kind, "requested", fen, at, at, was_sent, reason)
            self.cases[case.no] = case
            self._touch(order, "refund")
            self._note("refund_asked", case.no)
            return case

    def agree(self, case_no: str) -> None:
        """The shop pays back, or, for a return, lets the goods come."""
        with self.lock:
            case = self._case(case_no, "requested", "returning")
            if case.kind in ("return", "exchange") and case.state == "requested":
                self._case_to(case, "to_return")
                return
            self._finish_case(case)

    def send_back(self, case_no: str, carrier: str, number: str) -> None:
        """The buyer sends the goods."""
        with self.lock:
            case = self._case(case_no, "to_return")
            case.carrier, case.number = carrier, number
            self._case_to(case, "returning")

    def refuse(self, case_no: str) -> None:
        """The shop says no."""
        self._end_case(case_no, "refused")

    def withdraw(self, case_no: str) -> None:
        """The buyer takes it back."""
        self._end_case(case_no, "closed")

    def refund_line(self, no: str, line_no: str) -> Case:
        """Ask and agree in one go."""
        with self.lock:
            case = self.ask_refund(no, [line_no])
            self.agree(case.no)
            return case

    # --- the people of the shop, and what the program tells ----------------------------------------------------------

    def write_note(self, no: str, text: str, flag: str | None = None) -> None:
        """The seller's note and flag."""
        with self.lock:
            order = self.order(no)
            order.seller_note = text
            order.flag = order.flag if flag is None else flag
            self._touch(order, "memo")
            self._note("memo", no)

    def stop(self, no: str, reason: str) -> None:
        """The platform keeps the order back; blank lets it go."""
        with self.lock:
            order = self._in(no, "paid", "part_shipped")
            order.stopped_for = reason
            self._touch(order, "stop")
            self._note("stopped" if reason else "let_go", no)

    def ship(self, no: str, carrier: str, number: str, lines: Mapping[str, int] | None = None) -> Parcel:
        """A parcel left; `lines` None is all that is left to send. Refunded lines never leave.

        Raises:
            RuleError: not_paid, closed, stopped, refund_open, already_shipped, too_many, cannot_split.
        """
        with self.lock:
            order = self.order(no)
            self._check_may_ship(order)
            left = {line.no: line.qty - order.sent(line.no) for line in order.lines if line.after_sale != "refunded"}
            asked = {no_: qty for no_, qty in left.items() if qty} if lines is None else dict(lines)
            if not any(left.values()):
                raise RuleError("already_shipped")
            self._check_parts(order, asked, left)
            parcel = Parcel(carrier, number, asked, self.now())
            order.parcels.append(parcel)
            is_all = all(order.sent(line_no) >= order.line(line_no).qty for line_no in left)
            order.state = "shipped" if is_all else "part_shipped"
            self._touch(order, "ship")
            self._note("shipped", no)
            return parcel

    def change_number(self, no: str, old: str, carrier: str, number: str) -> None:
        """Another number for a parcel that was told."""
        with self.lock:
            order = self._in(no, "part_shipped", "shipped")
            if not self.habits.changes_number:
                raise RuleError("cannot_change")
            parcel = next((one for one in order.parcels if one.number == old), None)
            if parcel is None:
                raise RuleError("no_such_parcel")
            parcel.carrier, parcel.number = carrier, number
            self._touch(order, "ship")
            self._note("number_changed", no)

    def order(self, no: str) -> Order:
        """One order."""
        found = self.orders.get(no)
        if found is None:
            raise RuleError("no_such_order")
        return found

    def cases_of(self, no: str) -> list[Case]:
        """The after-sale cases of one order, oldest first."""
        return [case for case in self.cases.values() if case.order_no == no]

    # --- inside ------------------------------------------------------------------------------------------------------

    def _number(self, kind: str) -> str:
        number = self._next
        self._next += 1
        return self.numbering(kind, number)

    def _note(self, what: str, subject: str) -> None:
        self.happened.append((what, subject, self.now()))

    def _touch(self, order: Order, what: str) -> None:
        if what in self.habits.touches:
            order.modified_at = self.now()

    def _in(self, no: str, *states: str) -> Order:
        order = self.order(no)
        if order.state not in states:
            raise RuleError(f"order_is_{order.state}")
        return order

    def _check_sellable(self, lines: Sequence[Line]) -> None:
        wanted: dict[str, int] = {}
        for line in lines:
            wanted[line.goods.sku_id] = wanted.get(line.goods.sku_id, 0) + line.qty
        for sku_id, qty in wanted.items():
            goods = self.goods[sku_id]
            if not goods.is_on_sale:
                raise RuleError("not_on_sale")
            if goods.qty < qty:
                raise RuleError("sold_out")

    def _deduct(self, lines: Sequence[Line]) -> None:
        for line in lines:
            line.goods.qty -= line.qty

    def _give_back(self, lines: Sequence[Line]) -> None:
        for line in lines:
            line.goods.qty += line.qty

    def _check_may_ship(self, order: Order) -> None:
        if order.state == "unpaid":
            raise RuleError("not_paid")
        if order.state == "cancelled":
            raise RuleError("closed")
        if order.stopped_for:
            raise RuleError("stopped")
        if order.state in ("shipped", "done"):
            raise RuleError("already_shipped")

    def _check_parts(self, order: Order, asked: Mapping[str, int], left: Mapping[str, int]) -> None:
        if not asked or any(qty < 1 for qty in asked.values()):
            raise RuleError("empty_parcel")
        for line_no, qty in asked.items():
            line = order.line(line_no)
            if line.after_sale == "requested":
                raise RuleError("refund_open")
            if line.after_sale == "refunded":
                raise RuleError("closed")
            if qty > left[line_no]:
                raise RuleError("too_many")
        whole = {line_no for line_no, qty in left.items() if qty}
        if self.habits.splits == "whole" and set(asked) != whole:
            raise RuleError("cannot_split")
        if self.habits.splits != "units" and any(qty != left[line_no] for line_no, qty in asked.items()):
            raise RuleError("cannot_split")

    def _case(self, case_no: str, *states: str) -> Case:
        case = self.cases.get(case_no)
        if case is None or case.state not in states:
            raise RuleError("no_such_case" if case is None else f"case_is_{case.state}")
        return case

    def _case_to(self, case: Case, state: str) -> None:
        case.state, case.modified_at = state, self.now()
        self._touch(self.orders[case.order_no], "refund")
        self._note(f"case_{state}", case.no)

    def _end_case(self, case_no: str, state: str) -> None:
        with self.lock:
            case = self._case(case_no, "requested", "to_return", "returning")
            order = self.orders[case.order_no]
            for line_no in case.line_nos:
                order.line(line_no).after_sale = "none"
            self._case_to(case, state)

    def _finish_case(self, case: Case) -> None:
        order = self.orders[case.order_no]
        lines = [order.line(line_no) for line_no in case.line_nos]
        for line in lines:
            line.after_sale = "refunded"
        unsent = [line for line in lines if not order.sent(line.no)]
        if self.habits.gives_back:
            self._give_back(unsent)
        if all(line.after_sale == "refunded" for line in order.lines) and order.state in ("paid", "part_shipped"):
            order.state, order.ended_at = "cancelled", self.now()
        elif order.state == "part_shipped" and all(
            line.after_sale == "refunded" or order.sent(line.no) >= line.qty for line in order.lines
        ):
            order.state = "shipped"
        self._case_to(case, "done")
