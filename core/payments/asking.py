"""Lost call-backs: unpaid orders of own malls are asked for at the gateway, where the money would be.

A mall hears of a payment by a notice that can be lost; the gateway cannot lose it. Each order is asked for on a
schedule that grows slower, and just before and at the end of the time for which its goods are kept. Nothing is asked
inside a transaction, and what was found is written once, however often it is found.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, exists, func, or_, select, text, update

from core.db.leases import Freely, LeaseLost
from core.db.unit_of_work import Store, UnitOfWork, insert_or_ignore, shared_now
from core.fulfilment.parcels import release_ready
from core.inventory.models import Reservation
from core.inventory.service import let_go
from core.orders import holds
from core.orders.models import Order, OrderLine
from core.orders.paying import hold_differing, is_priced, pay
from core.orders.states import OPEN_STATES, Fulfilment, Payment
from core.payments.contract import Gateway, Trade, TradeState
from core.payments.gateways import GatewayRecord, gateway_of, note_bad, note_good
from core.payments.models import PaymentGateway, PaymentQuestion
from core.runtime.errors import DomainError
from core.runtime.ids import OrderLineId
from core.runtime.remote_errors import ChannelError, RateLimited, Rejected

_log = logging.getLogger(__name__)

#: how old an unpaid order is when its gateway is asked first: a notice that is on its way arrives sooner
ASK_AFTER: Final = timedelta(minutes=3)
#: then nobody pays any more, and a bill would tell; where goods are kept for longer, until they are no more
ASK_UNTIL: Final = timedelta(hours=24)
#: older orders are asked for no more, not even once: a shop may keep goods for a week, a program may be off for days
_OLDEST: Final = timedelta(days=8)
_STEPS_S: Final = (120, 180, 300, 600, 1200, 2400, 3600, 7200)
#: before the end of the time for which goods are kept, and right after it
_BEFORE, _AFTER = timedelta(seconds=60), timedelta(seconds=5)
_MOST_AT_ONCE: Final = 20
_MOST_NEW: Final = 500
_PAUSE_S, _BUSY_S, _FAULT_S = 20.0, 2.0, 60.0
#: how soon a gateway that is unwell is asked for the same order again, at the latest
_UNWELL_S: Final = 300

#: opens the way to a gateway; raises `Refused` where what is kept cannot be used
OpenGateway = Callable[[GatewayRecord], Gateway]

WAITING, SETTLED, PAID, LATE, DIFFERS, REFUNDED = "waiting", "settled", "paid", "late", "differs", "refunded"
#: what a person has to see to
FINDINGS: Final = (LATE, DIFFERS, REFUNDED)


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    order_no: str


class PaymentAsking:
    """Asks one gateway after the other; `work` is the body of a lane per gateway."""

    def __init__(
        self,
        store: Store,
        open_gateway: OpenGateway,
        carrier_code: str,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._open_gateway = open_gateway
        self._carrier_code = carrier_code
        self._is_cancelled = is_cancelled

    def work(self, gateway_id: int, hold: Freely | None = None) -> float:
        """Ask what is due; gives the seconds until the next look.

        Raises:
            LeaseLost: another desk has taken it over from `hold`; what came after that is not stored.
        """
        try:
            asked = self.ask_due(gateway_id, hold)
        except LeaseLost:
            raise
        except RateLimited as error:
            return max(error.retry_after_s, _BUSY_S)
        except (ChannelError, DomainError) as error:
            _log.info("payment gateway %s: %s", gateway_id, error)
            return _FAULT_S
        return _BUSY_S if asked >= _MOST_AT_ONCE else _PAUSE_S

    def ask_due(self, gateway_id: int, hold: Freely | None = None) -> int:
        """Ask for every order that is due, at most a handful; gives how many were answered. `hold`: see `work`.

        Raises:
            LeaseLost: as `work`.
            ChannelError: the gateway did not answer as it should; the rest is asked later.
            DomainError: the gateway cannot be opened.
        """
        hold = hold or Freely(self._store)
        record = self._store.read(lambda connection: gateway_of(connection, gateway_id))
        # Looked for where nobody waits for it: mostly there is nothing to write.
        new = self._store.read(lambda connection: _new(connection, record, shared_now(connection, self._store.clock)))
        if new:
            hold.write(lambda uow: _line_up(uow, record, new))
        due = self._store.read(lambda connection: _due(connection, record, shared_now(connection, self._store.clock)))
        if not due:
            return 0
        answered = 0
        refusals: list[Rejected] = []
        try:
            gateway = self._open_gateway(record)
            for one in due:
                if self._is_cancelled():
                    break
                # A gateway may take its time for each of them.
                hold.keep()
                try:
                    trade = gateway.query(record.payment_no(one.order_no))
                except Rejected as error:
                    # The others do not wait for it.
                    hold.write(partial(_put_off, question_id=one.id, fault=error))
                    refusals.append(error)
                else:
                    hold.write(partial(settle, question_id=one.id, trade=trade, carrier_code=self._carrier_code))
                answered += 1
        except LeaseLost:
            raise
        except (ChannelError, DomainError) as error:
            hold.write(partial(_note_fault, gateway_id=gateway_id, question_id=due[answered].id, fault=error))
            raise
        if refusals and len(refusals) == answered:
            # It refuses whatever it is asked: that is no better than silence. One good answer ends it.
            hold.write(lambda uow: note_bad(uow, gateway_id, refusals[-1]))
        else:
            hold.write(lambda uow: note_good(uow, gateway_id))
        return answered


def _note_fault(uow: UnitOfWork, gateway_id: int, question_id: int, fault: Exception) -> None:
    note_bad(uow, gateway_id, fault)
    _put_off(uow, question_id, fault)


# The words of the partial index.
_IS_WAITING = text("payment_question.state = 'waiting'")


def _new(connection: Connection, record: GatewayRecord, now: datetime) -> Sequence[int]:
    """Orders that have grown old enough to be asked for."""
    # Asked for by state, which has an index: unpaid orders stand in its first pile.
    new = (
        select(Order.id)
        .where(
            Order.fulfilment == Fulfilment.TO_REVIEW.value,
            Order.shop_id == record.shop_id,
            Order.payment == Payment.UNPAID.value,
            Order.placed_at <= now - ASK_AFTER,
            Order.placed_at > now - _OLDEST,
            ~exists().where(PaymentQuestion.order_id == Order.id, PaymentQuestion.gateway_id == record.id),
        )
        .order_by(Order.id)
        .limit(_MOST_NEW)
    )
    return connection.execute(new).scalars().all()


def _line_up(uow: UnitOfWork, record: GatewayRecord, order_ids: Sequence[int]) -> None:
    blank = {"attempts": 0, "next_at": uow.now, "found": "", "transaction_no": "", "last_error": ""}
    rows = [{"order_id": one, "gateway_id": record.id, "state": WAITING, **blank} for one in order_ids]
    uow.execute(insert_or_ignore(uow.connection, PaymentQuestion), rows)


def _due(connection: Connection, record: GatewayRecord, now: datetime) -> Sequence[_Due]:
    """The questions whose time has come."""
    query = (
        select(PaymentQuestion.id, Order.order_no)
        .join(Order, Order.id == PaymentQuestion.order_id)
        .where(PaymentQuestion.gateway_id == record.id, _IS_WAITING, PaymentQuestion.next_at <= now)
        .order_by(PaymentQuestion.next_at, PaymentQuestion.id)
        .limit(_MOST_AT_ONCE)
    )
    return [_Due(row.id, row.order_no) for row in connection.execute(query)]


def settle(uow: UnitOfWork, question_id: int, trade: Trade, carrier_code: str) -> str:
    """Write down what the gateway said about an order and do what follows; gives the question's new state.

    The same answer again, or one that another desk got at the same moment, changes nothing.
    """
    question = _locked(uow, question_id)
    if question.state != WAITING:
        return str(question.state)
    holds.lock_orders(uow, [question.order_id])
    columns = (Order.payment, Order.fulfilment, Order.amount_fen, Order.placed_at, Order.modified_at)
    order: Any = uow.execute(select(*columns).where(Order.id == question.order_id)).one()
    values: dict[str, Any] = {
        "attempts": question.attempts + 1,
        "asked_at": uow.now,
        "found": trade.state.value,
        "amount_fen": trade.amount_fen,
        "transaction_no": trade.transaction_no,
        "last_error": "",
    }
    if order.payment != Payment.UNPAID:
        # The mall's own word came first.
        values["state"] = SETTLED
    elif trade.state is TradeState.PAID:
        values["state"] = _found_paid(uow, question, order, trade, carrier_code)
    elif trade.state is TradeState.REFUNDED:
        values["state"] = _found_refunded(uow, question, trade)
    elif trade.state is TradeState.CLOSED:
        values["state"] = SETTLED
        _found_closed(uow, question)
    else:
        values |= _asked_again(uow, question.order_id, question.attempts + 1, order.placed_at)
    uow.execute(update(PaymentQuestion).where(PaymentQuestion.id == question_id).values(**values))
    uow.changed("payment_question", question_id)
    return str(values["state"])


def _locked(uow: UnitOfWork, question_id: int) -> Any:
    q = PaymentQuestion
    columns = (q.order_id, q.gateway_id, q.state, q.attempts, PaymentGateway.kind, PaymentGateway.shop_id)
    query = select(*columns).join(PaymentGateway, PaymentGateway.id == q.gateway_id).where(q.id == question_id)
    return uow.execute(query.with_for_update(of=q)).one()


def _found_paid(uow: UnitOfWork, question: Any, order: Any, trade: Trade, carrier_code: str) -> str:
    order_id = question.order_id
    facts = {"gateway": question.kind, "amount_fen": trade.amount_fen}
    if order.fulfilment not in OPEN_STATES:
        uow.record("order.paid_too_late", "orders", order_id, **facts)
        return LATE
    if is_priced(order) and trade.amount_fen != order.amount_fen:
        # Never taken as paid: a person compares first.
        hold_differing(uow, order_id, order.amount_fen, trade.amount_fen, gateway=question.kind)
        return DIFFERS
    pay(uow, order_id, trade.paid_at or uow.now, trade.amount_fen)
    uow.record("order.payment_found", "orders", order_id, **facts)
    release_ready(uow, [order_id], carrier_code)
    return PAID


def _found_refunded(uow: UnitOfWork, question: Any, trade: Trade) -> str:
    facts = {"gateway": question.kind, "amount_fen": trade.amount_fen}
    state = uow.execute(select(Order.fulfilment).where(Order.id == question.order_id)).scalar_one()
    uow.record("order.refunded_there", "orders", question.order_id, **facts)
    if state in OPEN_STATES:
        holds.place_many(uow, [(question.order_id, holds.PAYMENT_DIFFERS)])
        return REFUNDED
    return SETTLED


def _found_closed(uow: UnitOfWork, question: Any) -> None:
    """Nobody can pay there any more: where no other gateway may, its goods are free for others.

    At a gateway that was not asked yet the buyer may be paying at this moment.
    """
    uow.record("order.payment_closed", "orders", question.order_id, gateway=question.kind)
    g, q = PaymentGateway, PaymentQuestion
    others = (
        select(g.id)
        .outerjoin(q, (q.gateway_id == g.id) & (q.order_id == question.order_id))
        .where(g.shop_id == question.shop_id, g.id != question.gateway_id)
        .where(or_(q.state == WAITING, g.is_active & q.id.is_(None)))
    )
    if uow.execute(others.limit(1)).first() is None:
        lines = select(OrderLine.id).where(OrderLine.order_id == question.order_id, OrderLine.is_current)
        let_go(uow, [OrderLineId(line_id) for line_id in uow.execute(lines).scalars()])


def _asked_again(uow: UnitOfWork, order_id: int, attempts: int, placed_at: datetime) -> dict[str, Any]:
    until = _kept_until(uow, order_id)
    at = next_ask(uow.now, attempts, until)
    if at > _last(placed_at, until):
        return {"state": SETTLED}
    return {"state": WAITING, "next_at": at}


def _kept_until(uow: UnitOfWork, order_id: int) -> datetime | None:
    """Until when the goods of an order are kept."""
    kept = select(func.min(Reservation.expires_at)).where(
        Reservation.order_line_id.in_(select(OrderLine.id).where(OrderLine.order_id == order_id)),
        Reservation.state == "reserved",
    )
    found: datetime | None = uow.execute(kept).scalar_one()
    return found


def _last(placed_at: datetime, kept_until: datetime | None) -> datetime:
    return max(placed_at + ASK_UNTIL, kept_until + _AFTER if kept_until is not None else placed_at)


def next_ask(now: datetime, attempts: int, kept_until: datetime | None) -> datetime:
    """When to ask after `attempts` times without a payment."""
    at = now + timedelta(seconds=_STEPS_S[min(attempts, len(_STEPS_S)) - 1])
    if kept_until is None:
        return at
    marks = (kept_until - _BEFORE, kept_until + _AFTER)
    return min([mark for mark in marks if now < mark < at], default=at)


def _put_off(uow: UnitOfWork, question_id: int, fault: Exception) -> None:
    """Ask later, and no more once its time is over.

    What the gateway refuses has the time of every question. Where the gateway itself is unwell nothing was asked yet:
    it is asked as long as an order may be asked for at all, and soon, because one good answer ends its silence.
    """
    question = _locked(uow, question_id)
    if question.state != WAITING:
        return
    placed_at = uow.execute(select(Order.placed_at).where(Order.id == question.order_id)).scalar_one()
    step_s = _STEPS_S[min(question.attempts, len(_STEPS_S) - 1)]
    if isinstance(fault, Rejected):
        until = _last(placed_at, _kept_until(uow, question.order_id))
    else:
        step_s, until = min(step_s, _UNWELL_S), placed_at + _OLDEST
    at = uow.now + timedelta(seconds=step_s)
    values = {
        "state": WAITING if at <= until else SETTLED,
        "attempts": question.attempts + 1,
        "next_at": at,
        "last_error": getattr(fault, "code", "") or type(fault).__name__,
    }
    uow.execute(update(PaymentQuestion).where(PaymentQuestion.id == question_id).values(**values))
    uow.changed("payment_question", question_id)


def see_to(uow: UnitOfWork, question_id: int) -> bool:
    """A person has seen to what was found; False where there was nothing (any more)."""
    here = (PaymentQuestion.id == question_id, PaymentQuestion.state.in_(FINDINGS))
    order_id = uow.execute(select(PaymentQuestion.order_id).where(*here)).scalar_one_or_none()
    if order_id is None or not uow.count(update(PaymentQuestion).where(*here).values(state=SETTLED)):
        return False
    uow.record("order.payment_seen_to", "orders", order_id)
    uow.changed("payment_question", question_id)
    return True
