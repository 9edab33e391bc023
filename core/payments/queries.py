"""Reads for the page of payments: plain selects, keyset pages."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from core.channels.by_hand import UNCALLED
from core.channels.models import Shop
from core.db.counting import first_rows
from core.orders.models import SHOWN_NO, Order
from core.payments.models import PaymentBill, PaymentDifference, PaymentGateway, PaymentQuestion
from core.payments.records import (
    BillView,
    DifferencePage,
    DifferenceView,
    GatewayView,
    PaidShop,
    QuestionPage,
    QuestionView,
)
from core.runtime.first_of import FirstOf

_FIRST = 2**62
#: a quarter of a year of a few shops
_MOST_BILLS = 400
_PAGE = 1000
# The words of the partial index.
_FOUND = text("payment_question.state <> 'waiting' AND payment_question.state <> 'settled'")


def active_ids(connection: Connection) -> tuple[int, ...]:
    """Gateways that are asked."""
    query = select(PaymentGateway.id).where(PaymentGateway.is_active).order_by(PaymentGateway.id)
    return tuple(connection.execute(query).scalars())


def has_bills_to_see(connection: Connection) -> bool:
    """Whether there is a gateway whose bills are fetched, or a day that still waits for one."""
    waiting = select(PaymentBill.id).where(PaymentBill.state == "waiting").limit(1)
    return bool(active_ids(connection)) or connection.execute(waiting).first() is not None


def paid_shops(connection: Connection) -> tuple[PaidShop, ...]:
    """Shops of one's own: nobody pays at one whose orders come in files or by hand."""
    query = select(Shop.id, Shop.name).where(Shop.channel.not_in(UNCALLED)).order_by(Shop.id)
    return tuple(PaidShop(row.id, row.name) for row in connection.execute(query))


def gateways(connection: Connection) -> tuple[GatewayView, ...]:
    """Every gateway, by shop."""
    g = PaymentGateway
    columns = (g.id, g.shop_id, Shop.name, g.kind, g.settings, g.template, g.is_active)
    query = select(*columns, g.last_good_at, g.last_error, g.last_error_at).join(Shop, Shop.id == g.shop_id)
    return tuple(
        GatewayView(
            id=row.id,
            shop_id=row.shop_id,
            shop_name=row.name,
            kind=row.kind,
            settings=row.settings,
            template=row.template,
            is_active=row.is_active,
            last_good_at=row.last_good_at,
            last_error=row.last_error or "",
            last_error_at=row.last_error_at,
        )
        for row in connection.execute(query.order_by(g.shop_id, g.id))
    )


def questions(connection: Connection, after: int | None, limit: int, *, only_found: bool) -> QuestionPage:
    """Orders that were asked for, the newest first; only those where something was found, or all."""
    q = PaymentQuestion
    columns = (q.id, q.order_id, SHOWN_NO, Shop.name, PaymentGateway.kind, q.state, q.found)
    more = (
        Order.amount_fen.label("ours"),
        q.amount_fen.label("theirs"),
        q.attempts,
        q.asked_at,
        q.next_at,
        q.last_error,
    )
    query = (
        select(*columns, *more)
        .select_from(q)
        .join(Order, Order.id == q.order_id)
        .join(Shop, Shop.id == Order.shop_id)
        .join(PaymentGateway, PaymentGateway.id == q.gateway_id)
        .where(q.id < (after or _FIRST))
        .order_by(q.id.desc())
        .limit(limit)
    )
    if only_found:
        query = query.where(_FOUND)
    rows = tuple(
        QuestionView(
            id=row.id,
            order_id=row.order_id,
            order_no=row.order_no,
            shop_name=row.name,
            kind=row.kind,
            state=row.state,
            found=row.found,
            ours_fen=row.ours,
            theirs_fen=row.theirs,
            attempts=row.attempts,
            asked_at=row.asked_at,
            next_at=row.next_at,
            last_error=row.last_error,
        )
        for row in connection.execute(query)
    )
    return QuestionPage(rows, rows[-1].id if len(rows) == limit else None)


def bills(connection: Connection) -> FirstOf[BillView]:
    """The days that are kept, the newest of them first."""
    b, d = PaymentBill, PaymentDifference
    counted = (
        select(d.bill_id, func.count().label("all"), (func.count() - func.count(d.settled_at)).label("open"))
        .group_by(d.bill_id)
        .subquery()
    )
    query = (
        select(*b.__table__.c, Shop.name, counted.c.all, counted.c.open)
        .join(Shop, Shop.id == b.shop_id)
        .outerjoin(counted, counted.c.bill_id == b.id)
        .order_by(b.day.desc(), b.id)
    )
    rows, of_all = first_rows(connection, query, _MOST_BILLS)
    return FirstOf(
        (
            BillView(
                id=row.id,
                shop_id=row.shop_id,
                shop_name=row.name,
                day=date.fromordinal(row.day),
                state=row.state,
                rows=row.rows,
                matched=row.matched,
                paid_fen=row.paid_fen,
                refunded_fen=row.refunded_fen,
                differences=row.all or 0,
                open_count=row.open or 0,
                last_error=row.last_error,
                confirmed_at=row.confirmed_at,
                confirmed_by=row.confirmed_by or "",
            )
            for row in rows
        ),
        of_all,
    )


def differences(connection: Connection, bill_id: int, after: int | None, limit: int) -> DifferencePage:
    """What differs on a day."""
    d = PaymentDifference
    columns = (d.id, d.kind, d.gateway, d.order_id, SHOWN_NO, d.payment_no, d.transaction_no)
    query = (
        select(*columns, d.ours_fen, d.theirs_fen, d.note, d.settled_at, d.settled_by)
        .outerjoin(Order, Order.id == d.order_id)
        .where(d.bill_id == bill_id, d.id > (after or 0))
        .order_by(d.id)
        .limit(limit)
    )
    rows = tuple(
        DifferenceView(
            id=row.id,
            kind=row.kind,
            gateway=row.gateway,
            order_id=row.order_id,
            order_no=row.order_no or "",
            payment_no=row.payment_no,
            transaction_no=row.transaction_no,
            ours_fen=row.ours_fen,
            theirs_fen=row.theirs_fen,
            note=row.note,
            settled_at=row.settled_at,
            settled_by=row.settled_by or "",
        )
        for row in connection.execute(query)
    )
    return DifferencePage(rows, rows[-1].id if len(rows) == limit else None)


def all_differences(connection: Connection, bill_id: int) -> Iterator[DifferenceView]:
    """Every one of them, read while they are gone through."""
    after: int | None = None
    while True:
        page = differences(connection, bill_id, after, _PAGE)
        yield from page.rows
        after = page.next_after
        if after is None:
            return
