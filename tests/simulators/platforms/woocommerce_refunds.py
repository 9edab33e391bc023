"""What the people of the simulated WooCommerce shop pay back: lines, some units of a line, or a sum alone.

Nobody asks for a refund in WooCommerce: a wish is a mail to the shop, and nothing of it is on the order.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from tests.simulators.platforms.shop import Case, Habits, Line, Order, RuleError, Shop
from tests.simulators.platforms.woocommerce_papers import WooPapers


def paid_for(order: Order, line: Line) -> int:
    """Fen of one line after the coupon, whose worth is shared out by price; the last line takes what is over."""
    total = sum(one.qty * one.price_fen for one in order.lines)
    priced = [one for one in order.lines if one.price_fen]
    if not total or not order.discount_fen or line not in priced:
        return line.qty * line.price_fen
    shares = {one.no: order.discount_fen * one.qty * one.price_fen // total for one in priced}
    shares[priced[-1].no] += order.discount_fen - sum(shares.values())
    return line.qty * line.price_fen - shares[line.no]


def refunds_of(shop: Shop, order: Order) -> list[Case]:
    """What was paid back, oldest first; what is only asked for is nowhere to be seen."""
    if not order.extra.get("has_refunds"):
        return []
    return sorted(
        (case for case in shop.cases_of(order.no) if case.state == "done"), key=lambda case: case.modified_at
    )


class WooRefunds(WooPapers):
    """The shop with its refunds.

    Attributes:
        part_units: refunds of some units of a line: case -> units.
    """

    def __init__(self, now: Callable[[], datetime], habits: Habits, first_no: int) -> None:
        super().__init__(now, habits, first_no)
        self.part_units: dict[str, int] = {}

    def is_refunded(self, order: Order) -> bool:
        """Whether refunds cover all of it."""
        if not order.extra.get("has_refunds"):
            return False
        is_all = all(line.after_sale == "refunded" for line in order.lines)
        return is_all or (bool(order.extra.get("money_back")) and self.left_fen(order) <= 0)

    def left_fen(self, order: Order) -> int:
        """What could still be paid back."""
        return order.amount_fen - sum(case.refund_fen for case in refunds_of(self, order))

    def ask_refund(
        self, no: str, line_nos: Sequence[str] = (), *, kind: str = "refund", reason: str = "不想要了"
    ) -> Case:
        """As the story's; a wish is a mail to the shop, nothing of it is on the order."""
        with self.lock:
            before = self.order(no).modified_at
            case = super().ask_refund(no, line_nos, kind=kind, reason=reason)
            case.refund_fen = sum(paid_for(self.order(no), self.order(no).line(one)) for one in case.line_nos)
            self.order(no).modified_at = before
            return case

    def refund_money(self, no: str, fen: int, reason: str = "补差价") -> Case:
        """The shop pays a sum back that belongs to no line; nothing returns to the number."""
        with self.lock:
            order = self.order(no)
            if order.paid_at is None or not 0 < fen <= self.left_fen(order):
                raise RuleError("wrong_sum")
            order.extra["money_back"] = True
            return self._made_refund(order, (), fen, reason)

    def refund_units(self, no: str, line_no: str, qty: int, reason: str = "少一件") -> Case:
        """The shop pays some units of a line back; they return to the number as a whole line's do."""
        with self.lock:
            order = self.order(no)
            line = order.line(line_no)
            if order.paid_at is None or not 0 < qty < line.qty - self.units_back(order, line_no):
                raise RuleError("too_many")
            case = self._made_refund(order, (line_no,), paid_for(order, line) * qty // line.qty, reason)
            self.part_units[case.no] = qty
            if not order.sent(line_no):
                self._give_back([replace(line, qty=qty)])
            return case

    def units_back(self, order: Order, line_no: str) -> int:
        """Units of a line that were paid back one by one."""
        return sum(self.part_units.get(case.no, 0) for case in self.cases_of(order.no) if line_no in case.line_nos)

    def units_sold(self, sku_id: str) -> int:
        """As the story's, without the units that were paid back one by one."""
        with self.lock:
            back = sum(
                self.units_back(order, line.no)
                for order in self.orders.values()
                if order.state != "cancelled" and self.part_units
                for line in order.lines
                if line.goods.sku_id == sku_id and line.after_sale != "refunded"
            )
            return super().units_sold(sku_id) - back

    def _made_refund(self, order: Order, line_nos: tuple[str, ...], fen: int, reason: str) -> Case:
        at, no = self.now(), self._number("case")
        was_sent = order.state in ("shipped", "done")
        self.cases[no] = Case(no, order.no, line_nos, "refund", "done", fen, at, at, was_sent, reason)
        order.extra.pop("status", None)
        order.extra["has_refunds"] = True
        self.touch(order)
        self._note("refund_made", no)
        return self.cases[no]

    def _finish_case(self, case: Case) -> None:
        order = self.orders[case.order_no]
        order.extra["has_refunds"] = True
        left_fen = self.left_fen(order)
        super()._finish_case(case)
        if self.is_refunded(order):
            # whoever pays the last line back pays the freight back as well
            case.refund_fen = left_fen
        order.extra.pop("status", None)

    def _case_to(self, case: Case, state: str) -> None:
        order = self.orders[case.order_no]
        before = order.modified_at
        super()._case_to(case, state)
        if state != "done":
            order.modified_at = before
