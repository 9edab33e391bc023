"""Payments and returns of the simulated Medusa."""

from collections.abc import Mapping
from typing import Any

from tests.simulators.platforms.medusa_facts import (
    ORDERS_TO_PAGE,
    PAYMENT_FIELDS,
    RETURN_FIELDS,
    RETURN_LIST_FIELDS,
    ROWS_TO_PAGE,
)
from tests.simulators.platforms.medusa_parts import payment_row
from tests.simulators.platforms.medusa_rows import Rows
from tests.simulators.platforms.medusa_shop import MedusaShop, Money, is_return
from tests.simulators.platforms.medusa_wire import (
    SaysNoError,
    body_of,
    chosen,
    fen_of,
    fits,
    listed,
    not_found,
    query_of,
    within,
)
from tests.simulators.platforms.server import Answer, Call, json_answer
from tests.simulators.platforms.shop import RuleError


class MoneyDesk:
    """The calls about payments and returns. Every method is called with the shop's lock held."""

    def __init__(self, shop: MedusaShop, rows: Rows) -> None:
        self._shop = shop
        self._rows = rows

    def payments(self, call: Call) -> Answer:
        """`GET /admin/payments`."""
        query = query_of(call, "q id payment_session_id created_at updated_at deleted_at", ROWS_TO_PAGE)
        wanted = query.values("id")
        is_created = within(query, "created_at")
        found = [
            payment_row(paid)
            for paid in self._shop.money.values()
            if paid.authorized_at is not None
            and (wanted is None or paid.no in wanted)
            and is_created(paid.authorized_at)
        ]
        return listed("payments", found, query, PAYMENT_FIELDS)

    def payment(self, call: Call, no: str) -> Answer:
        """`GET /admin/payments/:id`: of an unknown one nothing, and no error."""
        query = query_of(call, "", 1)
        found = [paid for paid in self._shop.money.values() if paid.no == no and paid.authorized_at is not None]
        rows = [chosen(payment_row(paid), query.fields, PAYMENT_FIELDS) for paid in found]
        return json_answer({"payment": rows[0]} if rows else {})

    def capture(self, call: Call, no: str) -> Answer:
        """`POST /admin/payments/:id/capture`: what is captured already is no error."""
        query = query_of(call, "", 1)
        amount = _amount(body_of(call, optional="amount:number"))
        order_no, paid = self._paid(no)
        if paid.canceled_at is not None:
            raise SaysNoError("invalid_data", f"The payment: {no} has been canceled.")
        left = paid.amount_fen - paid.captured_fen
        if left:
            try:
                self._shop.capture(order_no, left if amount is None else amount)
            except RuleError:
                message = (
                    "You cannot capture more than the authorized amount substracted by what is already captured."
                )
                raise SaysNoError("invalid_data", message) from None
        return json_answer({"payment": chosen(payment_row(paid), query.fields, PAYMENT_FIELDS)})

    def refund(self, call: Call, no: str) -> Answer:
        """`POST /admin/payments/:id/refund`."""
        query = query_of(call, "", 1)
        body = body_of(call, optional="amount:number refund_reason_id:string note:string")
        order_no, paid = self._paid(no)
        amount = _amount(body)
        try:
            self._shop.refund(order_no, paid.amount_fen if amount is None else amount, body.get("note", ""))
        except RuleError:
            message = "You are not allowed to refund more than the captured amount"
            raise SaysNoError("invalid_data", message) from None
        return json_answer({"payment": chosen(payment_row(paid), query.fields, PAYMENT_FIELDS)})

    def _paid(self, no: str) -> tuple[str, Money]:
        for order_no, paid in self._shop.money.items():
            if paid.no == no and paid.authorized_at is not None:
                return order_no, paid
        raise SaysNoError("not_found", f"Payment with id: {no} was not found")

    def page_of_returns(self, call: Call) -> Answer:
        """`GET /admin/returns`."""
        query = query_of(call, "id order_id status created_at updated_at deleted_at", ORDERS_TO_PAGE)
        is_created, is_updated = within(query, "created_at"), within(query, "updated_at")
        rows = [
            self._rows.return_row(case)
            for case in self._shop.cases.values()
            if is_return(case) and is_created(case.requested_at) and is_updated(case.modified_at)
        ]
        found = [row for row in rows if fits(row, query, "id", "order_id", "status")]
        return listed("returns", found, query, RETURN_LIST_FIELDS)

    def get_return(self, call: Call, no: str) -> Answer:
        """`GET /admin/returns/:id`."""
        query = query_of(call, "", 1)
        case = self._shop.cases.get(no)
        if case is None or not is_return(case):
            raise not_found("Return", no)
        return json_answer({"return": chosen(self._rows.return_row(case), query.fields, RETURN_FIELDS)})


def _amount(body: Mapping[str, Any]) -> int | None:
    if "amount" not in body:
        return None
    if body["amount"] <= 0:
        raise SaysNoError(
            "invalid_data", "Invalid request: Value for field 'amount' too small, expected at least: '0'"
        )
    return fen_of(body["amount"])
