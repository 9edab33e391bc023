"""A day's bills of one shop against our orders: what they say, what we say, and where both differ."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from core.db.sets import packed_texts, text_set
from core.db.types import Instant
from core.db.unit_of_work import Store
from core.orders.models import Order
from core.orders.states import Payment
from core.payments.contract import Bill, BillRow
from core.payments.gateways import GatewayRecord
from core.runtime.china import CHINA

UNKNOWN_HERE, UNPAID_HERE, MISSING_THERE = "unknown_here", "unpaid_here", "missing_there"
AMOUNT, REFUND_NOT_HERE, TWICE = "amount", "refund_not_here", "twice"
KINDS: Final = (UNPAID_HERE, TWICE, AMOUNT, REFUND_NOT_HERE, UNKNOWN_HERE, MISSING_THERE)

_CHUNK: Final = 2000
#: two clocks tell a payment around midnight to different days
_EDGE: Final = timedelta(minutes=10)
_BACK: Final = frozenset({Payment.REFUNDED.value, Payment.PARTLY_REFUNDED.value})

_BY_NO = select(Order.id, Order.order_no, Order.payment, Order.amount_fen, Order.paid_at).where(
    Order.shop_id == bindparam("shop"), Order.order_no.in_(text_set("nos"))
)
_PAID_THEN = select(Order.id, Order.order_no, Order.amount_fen).where(
    Order.shop_id == bindparam("shop"),
    Order.paid_at >= bindparam("since", type_=Instant),
    Order.paid_at < bindparam("until", type_=Instant),
    Order.payment != Payment.UNPAID.value,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One line in which a bill and our orders differ."""

    kind: str
    gateway: str
    order_id: int | None
    payment_no: str
    transaction_no: str
    ours_fen: int | None
    theirs_fen: int | None


@dataclass
class Compared:
    """What came out. `edge` are orders of this bill that we count to around the next midnight."""

    rows: int = 0
    paid_fen: int = 0
    refunded_fen: int = 0
    matched: int = 0
    edge: list[int] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)


def bounds(day: date) -> tuple[datetime, datetime]:
    """Begin and end of a day in China."""
    begin = datetime(day.year, day.month, day.day, tzinfo=CHINA).astimezone(UTC)
    return begin, begin + timedelta(days=1)


def compare(
    store: Store,
    shop_id: int,
    day: date,
    bills: Sequence[tuple[GatewayRecord, Bill]],
    edge_before: Sequence[int] | None,
    *,
    is_whole: bool,
    keep: Callable[[], None] = lambda: None,
) -> Compared:
    """Go through the bills row by row; nothing is written.

    Args:
        store: the records.
        shop_id: whose orders.
        day: China's.
        bills: of the shop's gateways that are asked.
        edge_before: `edge` of the day before, None where that day was not compared.
        is_whole: whether these are all bills there may be: else nothing can be said to be missing.
        keep: called between two parts of a bill, which may be long; what it raises ends the comparison.

    Raises:
        ContractBroken: a bill is damaged.
    """
    work = _Work(store, shop_id, bounds(day))
    for record, bill in bills:
        rows = iter(bill.read())
        while chunk := list(islice(rows, _CHUNK)):
            keep()
            work.take(record, chunk)
    if is_whole:
        work.look_for_missing(edge_before)
    return work.done


class _Work:
    def __init__(self, store: Store, shop_id: int, day: tuple[datetime, datetime]) -> None:
        self._store = store
        self._shop_id = shop_id
        self._begin, self._end = day
        self.done = Compared()
        #: order number -> number of the transaction that paid it
        self._paid: dict[str, str] = {}
        self._met: set[int] = set()

    def take(self, record: GatewayRecord, chunk: Sequence[BillRow]) -> None:
        numbers = [record.order_no(row.payment_no) for row in chunk]
        known = self._orders({number for number in numbers if number is not None})
        for row, number in zip(chunk, numbers, strict=True):
            self.done.rows += 1
            order = None if number is None else known.get(number)
            if row.is_refund:
                self.done.refunded_fen += row.fen
                self._refund(record, row, order)
            else:
                self.done.paid_fen += row.fen
                self._payment(record, row, order, number or row.payment_no)

    def _payment(self, record: GatewayRecord, row: BillRow, order: Any, number: str) -> None:
        earlier = self._paid.setdefault(number, row.transaction_no)
        if order is not None:
            self._met.add(order.id)
        if earlier != row.transaction_no:
            self._differ(TWICE, record, row, order)
        elif order is None:
            self._differ(UNKNOWN_HERE, record, row, order)
        elif order.payment == Payment.UNPAID:
            self._differ(UNPAID_HERE, record, row, order)
        elif order.amount_fen != row.fen:
            self._differ(AMOUNT, record, row, order)
        else:
            self.done.matched += 1
            if order.paid_at is not None and order.paid_at >= self._end - _EDGE:
                self.done.edge.append(order.id)

    def _refund(self, record: GatewayRecord, row: BillRow, order: Any) -> None:
        if order is None:
            self._differ(UNKNOWN_HERE, record, row, order)
        elif order.payment not in _BACK:
            self._differ(REFUND_NOT_HERE, record, row, order)
        else:
            self.done.matched += 1

    def _differ(self, kind: str, record: GatewayRecord, row: BillRow, order: Any) -> None:
        theirs = -row.fen if row.is_refund else row.fen
        order_id, ours = (None, None) if order is None else (order.id, order.amount_fen)
        self.done.differences.append(
            Difference(kind, record.kind, order_id, row.payment_no, row.transaction_no, ours, theirs)
        )

    def look_for_missing(self, edge_before: Sequence[int] | None) -> None:
        """Orders that are paid here and stand in no bill."""
        since = self._begin if edge_before is None else self._begin - _EDGE
        binds = {"shop": self._shop_id, "since": since, "until": self._end - _EDGE}
        seen = self._met | set(edge_before or ())
        rows: Sequence[Any] = self._store.read(lambda connection: connection.execute(_PAID_THEN, binds).all())
        for row in sorted(rows, key=lambda row: row.id):
            if row.id not in seen:
                missing = Difference(MISSING_THERE, "", row.id, row.order_no, "", row.amount_fen, None)
                self.done.differences.append(missing)

    def _orders(self, numbers: Iterable[str]) -> dict[str, Any]:
        binds = {"shop": self._shop_id, "nos": packed_texts(sorted(numbers))}

        def read(connection: Connection) -> Sequence[Any]:
            return connection.execute(_BY_NO, binds).all()

        return {row.order_no: row for row in self._store.read(read)}
