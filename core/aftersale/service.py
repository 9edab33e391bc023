"""Taking cases in: in any order, any number of times, as overlapping windows and late answers bring them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, text, update

from core.aftersale.models import AfterSaleCase, AfterSaleCopy
from core.channels.aftersale_contract import ChannelAfterSale
from core.customers.models import Customer
from core.db.sets import id_set, packed_ids, packed_texts, text_set
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.orders.intake import compress
from core.orders.models import Order
from core.orders.states import OPEN_STATES, Fulfilment

_KNOWN = select(*AfterSaleCase.__table__.c).where(
    AfterSaleCase.shop_id == bindparam("shop"), AfterSaleCase.case_no.in_(text_set("nos"))
)
_ERASED = (
    select(Order.order_no)
    .join(Customer, Customer.id == Order.customer_id)
    .where(
        Order.shop_id == bindparam("shop"),
        Order.order_no.in_(text_set("nos")),
        Customer.erased_at.is_not(None),
    )
)
#: what left may be paid back: on the shop's pages such an order counts as sold until that is heard
_LEFT_STATES = frozenset({Fulfilment.SHIPPED, Fulfilment.COMPLETED})
# The words of the partial index, so that both engines use it.
_ASKS = text("after_sale_case.asks_order")


@dataclass(frozen=True, slots=True)
class CasesTaken:
    """What a page did: cases that are new, and known ones of which it said something newer."""

    new_count: int
    changed_count: int


@dataclass(frozen=True, slots=True)
class OrderToAsk:
    """An order that has to be heard of anew, because of these cases."""

    order_no: str
    case_ids: tuple[int, ...]


def take_cases(uow: UnitOfWork, shop_id: int, cases: Sequence[ChannelAfterSale]) -> CasesTaken:
    """Take new cases in, and what is newer of known ones.

    The time of the last change decides. An equal time counts as newer, because several changes fit into one second:
    what is read later says it later.
    """
    page = _newest(cases)
    if not page:
        return CasesTaken(0, 0)
    take_turn(uow, "after_sale")
    known = {row.case_no: row for row in uow.execute(_KNOWN, {"shop": shop_id, "nos": packed_texts(page)})}
    order_nos = packed_texts({case.order_no for case in page.values()})
    erased = set(uow.execute(_ERASED, {"shop": shop_id, "nos": order_nos}).scalars())
    fresh = [case for no, case in page.items() if no not in known]
    ids = uow.take_ids(AfterSaleCase, len(fresh)) if fresh else []
    rows = [_facts(case, erased) | {"id": case_id} for case_id, case in zip(ids, fresh, strict=True)]
    uow.insert_many(AfterSaleCase, [row | {"shop_id": shop_id, "asks_order": True} for row in rows])
    copies = [
        {"case_id": case_id, "received_at": uow.now, "body": _copy(case, erased)}
        for case_id, case in zip(ids, fresh, strict=True)
    ]
    uow.insert_many(AfterSaleCopy, copies)
    for case_id, case in zip(ids, fresh, strict=True):
        _record(uow, "after_sale.opened", case_id, case)
    changed = [
        _change(uow, known[no], case, erased)
        for no, case in page.items()
        if no in known and _stored(case.modified_at) >= known[no].modified_at
    ]
    return CasesTaken(len(fresh), sum(changed))


def orders_to_ask(connection: Connection, shop_id: int, *, with_left: bool = False) -> Sequence[OrderToAsk]:
    """Orders that may still be sent and were not asked for since one of their cases changed.

    `with_left`: those that left as well, at shops whose refunds do not move the time that orders are listed by:
    nothing else would ever say that they were paid back.
    """
    query = (
        select(AfterSaleCase.id, AfterSaleCase.order_no)
        .join(Order, (Order.shop_id == AfterSaleCase.shop_id) & (Order.order_no == AfterSaleCase.order_no))
        .where(_ASKS, AfterSaleCase.shop_id == shop_id, Order.fulfilment.in_(_asked_states(with_left=with_left)))
        .order_by(AfterSaleCase.id)
    )
    found: dict[str, list[int]] = {}
    for case_id, order_no in connection.execute(query):
        found.setdefault(order_no, []).append(case_id)
    return [OrderToAsk(order_no, tuple(ids)) for order_no, ids in found.items()]


def mark_asked(uow: UnitOfWork, case_ids: Sequence[int]) -> None:
    """The orders of these cases were heard of."""
    asked = AfterSaleCase.id.in_(id_set("ids"))
    uow.execute(update(AfterSaleCase).where(asked).values(asks_order=False), {"ids": packed_ids(case_ids)})


def _asked_states(*, with_left: bool) -> list[str]:
    return sorted(state.value for state in (OPEN_STATES | _LEFT_STATES if with_left else OPEN_STATES))


def forget_unasked(uow: UnitOfWork, shop_id: int, *, with_left: bool = False) -> None:
    """Nobody has to ask for orders that are closed, are not here or, but `with_left`, have left.

    One that comes later is read then, after its case: what it says is newer.
    """
    sendable = select(Order.order_no).where(
        Order.shop_id == AfterSaleCase.shop_id,
        Order.order_no == AfterSaleCase.order_no,
        Order.fulfilment.in_(_asked_states(with_left=with_left)),
    )
    here = (_ASKS, AfterSaleCase.shop_id == shop_id, ~sendable.exists())
    uow.execute(update(AfterSaleCase).where(*here).values(asks_order=False))


def _newest(cases: Sequence[ChannelAfterSale]) -> dict[str, ChannelAfterSale]:
    page: dict[str, ChannelAfterSale] = {}
    for case in cases:
        other = page.get(case.case_no)
        if other is None or _stored(case.modified_at) >= _stored(other.modified_at):
            page[case.case_no] = case
    return page


def _change(uow: UnitOfWork, before: Any, case: ChannelAfterSale, erased: set[str]) -> bool:
    facts = _facts(case, erased)
    if all(getattr(before, name) == value for name, value in facts.items()):
        return False
    uow.execute(update(AfterSaleCase).where(AfterSaleCase.id == before.id).values(**facts, asks_order=True))
    copy = {"received_at": uow.now, "body": _copy(case, erased)}
    uow.execute(update(AfterSaleCopy).where(AfterSaleCopy.case_id == before.id).values(**copy))
    _record(uow, "after_sale.changed", before.id, case)
    return True


def _record(uow: UnitOfWork, action: str, case_id: int, case: ChannelAfterSale) -> None:
    facts = {"case_no": case.case_no, "order_no": case.order_no, "state": case.state.value, "kind": case.kind.value}
    uow.record(action, "after_sale_case", case_id, **facts, refund_fen=case.refund_fen)


def _facts(case: ChannelAfterSale, erased: set[str]) -> dict[str, Any]:
    return {
        "case_no": case.case_no,
        "order_no": case.order_no,
        "kind": case.kind.value,
        "state": case.state.value,
        "channel_state": case.channel_state,
        "refund_fen": case.refund_fen,
        "modified_at": _stored(case.modified_at),
        "requested_at": _stored(case.requested_at),
        "goods_were_sent": case.goods_were_sent,
        "answer_by_at": None if case.answer_by_at is None else _stored(case.answer_by_at),
        "return_carrier": case.return_carrier,
        "return_waybill_no": case.return_waybill_no,
        "lines": [[line_no, units] for line_no, units in case.lines],
        # An erased person does not come back through a late copy of an old case.
        "reason": "" if case.order_no in erased else case.reason,
    }


def _copy(case: ChannelAfterSale, erased: set[str]) -> bytes:
    return compress({} if case.order_no in erased else case.raw)


def _stored(at: datetime) -> datetime:
    """The time as the database gives it back: whole milliseconds."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
