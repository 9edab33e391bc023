"""The shop behind the simulated Medusa: money, fulfilments and returns beside what all shops have."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tests.simulators.platforms.medusa_facts import MAIN_LOCATION_ID
from tests.simulators.platforms.medusa_stockroom import Stockroom
from tests.simulators.platforms.shop import Case, Habits, Line, Order, Parcel, Person, RuleError


@dataclass(slots=True)
class Money:
    """The one payment of an order; captures and refunds are (id, fen, at), refunds with a note."""

    no: str
    amount_fen: int
    #: how the order was placed: authorized | awaiting | not_paid
    placed_as: str
    authorized_at: datetime | None = None
    canceled_at: datetime | None = None
    #: what was given back for no goods: it comes off the order's total
    credit_fen: int = 0
    captures: list[tuple[str, int, datetime]] = field(default_factory=list)
    refunds: list[tuple[str, int, datetime, str]] = field(default_factory=list)

    @property
    def captured_fen(self) -> int:
        """What was taken."""
        return sum(fen for _no, fen, _at in self.captures)

    @property
    def refunded_fen(self) -> int:
        """What was given back."""
        return sum(fen for _no, fen, _at, _note in self.refunds)


@dataclass(slots=True)
class Fulfilment:
    """Goods that were packed together; `labels` are (number, link, link of the label)."""

    no: str
    order_no: str
    location_id: str
    lines: dict[str, int]
    packed_at: datetime
    metadata: dict[str, object] | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    canceled_at: datetime | None = None
    labels: list[tuple[str, str, str]] = field(default_factory=list)


class MedusaShop(Stockroom):
    """`places_as` is what a new order's payment is: authorized (the built-in provider), awaiting or not_paid."""

    def __init__(self, now: Callable[[], datetime], habits: Habits | None = None, first_no: int = 1) -> None:
        super().__init__(now, habits, first_no)
        self.name = "练习商城"
        self.places_as = "authorized"
        self.money: dict[str, Money] = {}
        self.fulfilments: dict[str, Fulfilment] = {}
        self.versions: dict[str, int] = {}
        self._packed: dict[str, list[Fulfilment]] = {}
        #: return id -> the number that people see
        self.return_nos: dict[str, int] = {}
        #: lines whose goods came back
        self.returned: set[str] = set()

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
        """As `Shop.place`; the payment stands as `places_as` says."""
        with self.lock:
            order = super().place(
                wanted,
                buyer=buyer,
                person=person,
                note=note,
                freight_fen=freight_fen,
                discount_fen=discount_fen,
                gift_sku_ids=gift_sku_ids,
            )
            is_promised = self.places_as == "authorized"
            self.money[order.no] = Money(
                self.new_no("payment"), order.amount_fen, self.places_as, self.now() if is_promised else None
            )
            self.versions[order.no] = 1
            order.extra["display_id"] = len(self.orders)
            return order

    def authorise(self, no: str) -> None:
        """The provider promises the money."""
        with self.lock:
            money = self.money[self._in(no, "unpaid").no]
            money.authorized_at = money.authorized_at or self.now()

    def pay(self, no: str) -> None:
        """All of the money that is left is taken; updated_at stays where it was."""
        with self.lock:
            money = self.money[self.order(no).no]
            self.capture(no, money.amount_fen - money.captured_fen)

    def capture(self, no: str, fen: int) -> None:
        """Some of the money is taken; the order is paid with the last of it."""
        with self.lock:
            order, money = self.order(no), self.money[no]
            if order.state == "cancelled" or money.canceled_at is not None:
                raise RuleError("order_is_cancelled")
            if fen <= 0 or money.captured_fen + fen > money.amount_fen:
                raise RuleError("too_much")
            money.authorized_at = money.authorized_at or self.now()
            money.captures.append((self.new_no("capture"), fen, self.now()))
            if money.captured_fen == money.amount_fen:
                order.paid_at = self.now()
                if order.state == "unpaid":
                    order.state = "paid"
            self._touch(order, "pay")
            self._note("paid", no)

    def refund(self, no: str, fen: int, note: str = "") -> None:
        """Money goes back, for no goods in particular."""
        with self.lock:
            order, money = self.order(no), self.money[no]
            if fen <= 0 or money.refunded_fen + fen > money.captured_fen:
                raise RuleError("too_much")
            self._give_money(order, fen, note)
            self._note("refunded", no)

    def total_fen(self, order: Order) -> int:
        """What the order comes to as it stands: goods that are edited out or came back cost nothing."""
        goods = sum(
            self.quantity(order, line) * line.price_fen for line in order.lines if line.no not in self.returned
        )
        return goods + order.freight_fen - order.discount_fen - self.money[order.no].credit_fen

    def _give_money(self, order: Order, fen: int, note: str) -> None:
        """What is owed goes back and leaves no trace on the order; more than that is a credit and a new version."""
        money = self.money[order.no]
        owed = max(0, money.captured_fen - money.refunded_fen - self.total_fen(order))
        money.refunds.append((self.new_no("refund"), fen, self.now(), note))
        if fen > owed:
            money.credit_fen += fen - owed
            self._new_version(order)

    def cancel(self, no: str) -> None:
        """Called off: reservations are let go, taken money goes back. Open fulfilments stand in its way."""
        with self.lock:
            if self.open_fulfilments(no):
                raise RuleError("fulfilments_open")
            super().cancel(no)
            order, money = self.order(no), self.money[no]
            left = money.captured_fen - money.refunded_fen
            if left:
                self._give_money(order, left, "")
            money.canceled_at = self.now()
            self._new_version(order)

    def receive(self, no: str) -> None:
        """The parcels are there."""
        with self.lock:
            super().receive(no)
            for one in self.open_fulfilments(no):
                one.delivered_at = self.now()

    def stop(self, no: str, reason: str) -> None:
        """Medusa keeps no order back."""
        raise RuleError("cannot_stop")

    # --- parcels -----------------------------------------------------------------------------------------------------

    def open_fulfilments(self, no: str) -> list[Fulfilment]:
        """An order's fulfilments that were not called off."""
        return [one for one in self.fulfilments_of(no) if one.canceled_at is None]

    def fulfilments_of(self, no: str) -> Sequence[Fulfilment]:
        """All fulfilments of an order, oldest first."""
        return self._packed.get(no, ())

    def fulfilled(self, order: Order, line_no: str) -> int:
        """Units of a line that are packed, sent or not."""
        return sum(one.lines.get(line_no, 0) for one in self.open_fulfilments(order.no))

    def quantity(self, order: Order, line: Line) -> int:
        """Units of a line as the order stands: what was paid back unsent is edited out."""
        is_edited = line.after_sale == "refunded" and order.state != "cancelled" and line.no not in self.returned
        return self.fulfilled(order, line.no) if is_edited else line.qty

    def fulfil(self, no: str, lines: Mapping[str, int], location_id: str = MAIN_LOCATION_ID) -> Fulfilment:
        """Pack goods: they leave the shelf and the reservation. The caller has checked that it can be.

        Raises:
            RuleError: the units are not there to be packed.
        """
        with self.lock:
            order = self.order(no)
            for line_no, qty in lines.items():
                line = order.line(line_no)
                if qty < 1 or qty > self.quantity(order, line) - self.fulfilled(order, line_no):
                    raise RuleError("too_many")
            for line_no, qty in lines.items():
                reservation = self.reservation_of(line_no)
                if reservation is not None:
                    self.change_reservation(reservation, reservation.qty - qty)
                    if not reservation.qty:
                        self.release(reservation.no)
                    self.take(reservation.sku_id, location_id, qty)
            one = Fulfilment(self.new_no("fulfilment"), no, location_id, dict(lines), self.now())
            self.fulfilments[one.no] = one
            self._packed.setdefault(no, []).append(one)
            self._new_version(order)
            self._note("fulfilled", no)
            return one

    def unpack(self, one: Fulfilment) -> None:
        """Call a fulfilment off: the goods are back and set aside again."""
        with self.lock:
            one.canceled_at = self.now()
            order = self.order(one.order_no)
            for line_no, qty in one.lines.items():
                sku_id = order.line(line_no).goods.sku_id
                if sku_id in self.uncounted:
                    continue
                self.take(sku_id, one.location_id, -qty)
                reservation = self.reservation_of(line_no)
                if reservation is None:
                    self.reserve(sku_id, one.location_id, qty, line_no)
                else:
                    self.change_reservation(reservation, reservation.qty + qty)
            self._new_version(order)

    def send(self, one: Fulfilment, carrier: str, labels: Sequence[tuple[str, str, str]]) -> Parcel:
        """A fulfilment leaves, under as many numbers as it has labels."""
        with self.lock:
            order = self.order(one.order_no)
            one.shipped_at, one.labels = self.now(), list(labels)
            numbers = [number for number, _link, _label in labels] or [""]
            parcels = [
                Parcel(carrier, number, {} if place else dict(one.lines), self.now())
                for place, number in enumerate(numbers)
            ]
            order.parcels += parcels
            is_all = all(order.sent(line.no) >= self.quantity(order, line) for line in order.lines)
            order.state = "shipped" if is_all else "part_shipped"
            self._new_version(order)
            self._note("shipped", order.no)
            return parcels[0]

    def ship(self, no: str, carrier: str, number: str, lines: Mapping[str, int] | None = None) -> Parcel:
        """Somebody packs and sends in Medusa's own pages."""
        with self.lock:
            order = self.order(no)
            if order.state == "cancelled":
                raise RuleError("closed")
            left = {
                line.no: self.quantity(order, line) - self.fulfilled(order, line.no)
                for line in order.lines
                if self.quantity(order, line) > self.fulfilled(order, line.no)
            }
            if not left:
                raise RuleError("already_shipped")
            return self.send(self.fulfil(no, left if lines is None else lines), carrier, [(number, "#", "#")])

    def edit_out(self, no: str, line_no: str) -> None:
        """The people of the shop take what is not packed of a line out of the order; the money is owed then."""
        with self.lock:
            order = self.order(no)
            line = order.line(line_no)
            line.after_sale = "refunded"
            self._give_back([line])
            self._new_version(order)
            self._note("edited", no)

    # --- after sale --------------------------------------------------------------------------------------------------

    def ask_refund(
        self, no: str, line_nos: Sequence[str] = (), *, kind: str = "refund", reason: str = "不想要了"
    ) -> Case:
        """A wish for money leaves no trace in Medusa; one to send goods back is a return."""
        with self.lock:
            before = self.order(no).modified_at
            case = super().ask_refund(no, line_nos, kind=kind, reason=reason)
            if is_return(case):
                self.return_nos[case.no] = len(self.return_nos) + 1
                self._new_version(self.order(no))
            else:
                self.order(no).modified_at = before
            return case

    def _case_to(self, case: Case, state: str) -> None:
        order = self.orders[case.order_no]
        before = order.modified_at
        super()._case_to(case, state)
        if not is_return(case) and state != "done":
            order.modified_at = before

    def _finish_case(self, case: Case) -> None:
        order, money = self.orders[case.order_no], self.money[case.order_no]
        if any(self.fulfilled(order, line_no) > order.sent(line_no) for line_no in case.line_nos):
            raise RuleError("fulfilments_open")
        for line_no in case.line_nos:
            line = order.line(line_no)
            if is_return(case):
                self.returned.add(line_no)
                if line.goods.sku_id not in self.uncounted:
                    self.take(line.goods.sku_id, MAIN_LOCATION_ID, -order.sent(line_no))
            else:
                self._give_back([line])
        is_edited = not is_return(case) and any(not order.sent(line_no) for line_no in case.line_nos)
        super()._finish_case(case)
        left = money.captured_fen - money.refunded_fen
        if order.state == "cancelled":
            money.canceled_at = self.now()
        if is_edited or is_return(case):
            self._new_version(order)
        fen = left if order.state == "cancelled" else min(case.refund_fen, left)
        if fen:
            self._give_money(order, fen, case.reason)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _new_version(self, order: Order) -> None:
        self.versions[order.no] = self.versions.get(order.no, 1) + 1
        order.modified_at = self.now()


def is_return(case: Case) -> bool:
    """Whether goods come back: what Medusa knows of before money flows."""
    return case.kind in ("return", "exchange") and case.was_sent


_PREFIXES: Final = {
    "order": "order",
    "line": "ordli",
    "case": "return",
    "item": "prod",
    "sku": "variant",
    "payment": "pay",
    "capture": "capt",
    "refund": "ref",
    "fulfilment": "ful",
    "reservation": "resitem",
    "location": "sloc",
}


def medusa_shop(now: Callable[[], datetime], first_no: int = 1) -> MedusaShop:
    """A shop that behaves and numbers as Medusa: reserved with the order, given back with its end."""
    shop = MedusaShop(
        now, Habits(touches=frozenset({"ship", "memo", "address", "refund"}), changes_number=False), first_no
    )
    shop.numbering = lambda kind, number: f"{_PREFIXES[kind]}_01K9MD{number:020}"
    return shop
