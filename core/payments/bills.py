"""The daily bill: fetched when gateways have it, compared, kept for three months, never corrected by itself."""

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import Connection

from core.db.leases import Freely, LeaseLost
from core.db.unit_of_work import Store, UnitOfWork, insert_or_ignore
from core.payments.asking import OpenGateway
from core.payments.comparing import Compared, bounds, compare
from core.payments.gateways import active_gateways, note_bad
from core.payments.models import PaymentBill, PaymentDifference, PaymentGateway
from core.runtime.china import china_day
from core.runtime.errors import DomainError, NotFound, Refused
from core.runtime.remote_errors import ChannelError

_log = logging.getLogger(__name__)

#: bills are there from ten in the morning
READY_H: Final = 10
#: how long they can be had, and are kept here
KEPT: Final = timedelta(days=92)
#: missed days that are made up for by themselves
_DAYS_BACK: Final = 3
_STEPS_MIN: Final = (5, 10, 30, 60, 120)
_PAUSE_S: Final = 300.0
_MOST_NOTE: Final = 200
WAITING, COMPARED = "waiting", "compared"


class Bills:
    """Fetches and compares; `work` is the body of one lane for all shops."""

    def __init__(
        self, store: Store, open_gateway: OpenGateway, is_cancelled: Callable[[], bool] = lambda: False
    ) -> None:
        self._store = store
        self._open_gateway = open_gateway
        self._is_cancelled = is_cancelled

    def work(self, hold: Freely | None = None) -> float:
        """Fetch what is due; gives the seconds until the next look.

        Raises:
            LeaseLost: another desk has taken it over from `hold`; what came after that is not stored.
        """
        hold = hold or Freely(self._store)
        for bill_id in hold.write(_line_up):
            if self._is_cancelled():
                break
            try:
                self.fetch(bill_id, hold)
            except LeaseLost:
                raise
            except (ChannelError, DomainError) as error:
                _log.info("payment bill %s: %s", bill_id, error)
        return _PAUSE_S

    def fetch(self, bill_id: int, hold: Freely | None = None) -> Compared:
        """Fetch and compare one day of one shop now. `hold`: see `work`.

        Raises:
            LeaseLost: as `work`.
            ChannelError: a gateway did not give its bill; it is tried again later.
            DomainError: a gateway cannot be opened; `payment.no_gateway_here`, none is asked any more.
        """
        hold = hold or Freely(self._store)
        bill: Any = self._store.read(lambda connection: connection.execute(_bill(bill_id)).one())
        day = date.fromordinal(bill.day)
        records = self._store.read(lambda connection: active_gateways(connection, bill.shop_id))
        if not records:
            raise Refused("payment.no_gateway_here", "this shop has no gateway that is asked")
        is_whole = self._store.read(lambda connection: _is_whole(connection, bill.shop_id, day))
        before = self._store.read(lambda c: c.execute(_edge_of(bill.shop_id, bill.day - 1)).scalar_one_or_none())
        asked = 0
        try:
            bills = []
            for record in records:
                hold.keep()
                bills.append((record, self._open_gateway(record).bill(day)))
                asked += 1
            done = compare(self._store, bill.shop_id, day, bills, before, is_whole=is_whole, keep=hold.keep)
        except LeaseLost:
            raise
        except (ChannelError, DomainError) as fault:
            error = fault
            at = records[asked].id if asked < len(records) else 0
            hold.write(lambda uow: _failed(uow, bill_id, at, error))
            raise
        hold.write(lambda uow: _store_compared(uow, bill_id, done))
        return done


def newest_bill_day(at: datetime) -> date:
    """The last day whose bill can be there."""
    return china_day(at - timedelta(hours=READY_H)) - timedelta(days=1)


def want_bill(uow: UnitOfWork, shop_id: int, day: date) -> int:
    """Ask for the bill of a day, or for the same once more while nobody has confirmed it; gives its id.

    Raises:
        Refused: `payment.no_bill_yet`; `payment.bill_too_old`; `payment.bill_confirmed`; `payment.no_gateway_here`.
    """
    if day > newest_bill_day(uow.now):
        raise Refused("payment.no_bill_yet", "the bill of a day is there from ten o'clock of the next", day=str(day))
    if day < china_day(uow.now - KEPT):
        raise Refused("payment.bill_too_old", "gateways keep their bills for three months", day=str(day))
    if not active_gateways(uow.connection, shop_id):
        raise Refused("payment.no_gateway_here", "this shop has no gateway that is asked")
    _insert_bill(uow, shop_id, day)
    query = select(PaymentBill.id, PaymentBill.confirmed_at).where(
        PaymentBill.shop_id == shop_id, PaymentBill.day == day.toordinal()
    )
    row: Any = uow.execute(query.with_for_update()).one()
    if row.confirmed_at is not None:
        raise Refused("payment.bill_confirmed", "this day is confirmed", day=str(day))
    uow.execute(update(PaymentBill).where(PaymentBill.id == row.id).values(state=WAITING, next_at=uow.now))
    uow.changed("payment_bill", row.id)
    return int(row.id)


def _insert_bill(uow: UnitOfWork, shop_id: int, day: date) -> None:
    row = {
        "shop_id": shop_id,
        "day": day.toordinal(),
        "state": WAITING,
        "attempts": 0,
        "next_at": uow.now,
        "rows": 0,
        "paid_fen": 0,
        "refunded_fen": 0,
        "matched": 0,
        "edge": [],
        "last_error": "",
    }
    if uow.count(insert_or_ignore(uow.connection, PaymentBill), row):
        uow.changed("payment_bill", 0)


def _line_up(uow: UnitOfWork) -> list[int]:
    """Forget what is old, want what is missing, and give what is due."""
    old = select(PaymentBill.id).where(PaymentBill.day < china_day(uow.now - KEPT).toordinal())
    uow.execute(delete(PaymentDifference).where(PaymentDifference.bill_id.in_(old)))
    uow.execute(delete(PaymentBill).where(PaymentBill.day < china_day(uow.now - KEPT).toordinal()))
    _let_go_unasked(uow)
    newest = newest_bill_day(uow.now)
    since = select(PaymentGateway.shop_id, func.min(PaymentGateway.created_at).label("at"))
    for row in uow.rows(since.where(PaymentGateway.is_active).group_by(PaymentGateway.shop_id)):
        for back in range(_DAYS_BACK):
            day = newest - timedelta(days=back)
            # The day before it was set up is what the owner compares first.
            if day >= china_day(row.at) - timedelta(days=1):
                _insert_bill(uow, row.shop_id, day)
    due = select(PaymentBill.id).where(PaymentBill.state == WAITING, PaymentBill.next_at <= uow.now)
    return list(uow.execute(due.order_by(PaymentBill.day, PaymentBill.id)).scalars())


def _let_go_unasked(uow: UnitOfWork) -> None:
    """Nobody fetches what waits at shops whose gateways are all switched off; what was compared before stands."""
    asked = select(PaymentGateway.shop_id).where(PaymentGateway.is_active)
    unasked = (PaymentBill.state == WAITING, PaymentBill.shop_id.not_in(asked))
    uow.execute(update(PaymentBill).where(*unasked, PaymentBill.fetched_at.is_not(None)).values(state=COMPARED))
    if uow.count(delete(PaymentBill).where(*unasked)):
        uow.changed("payment_bill", 0)


def _is_whole(connection: Connection, shop_id: int, day: date) -> bool:
    """Whether every gateway that the shop had on that day is asked: else the missing may stand in another bill."""
    g = PaymentGateway
    unasked = select(g.id).where(g.shop_id == shop_id, g.is_active.is_(False), g.created_at < bounds(day)[1])
    return connection.execute(unasked.limit(1)).first() is None


def _bill(bill_id: int) -> Any:
    return select(PaymentBill.shop_id, PaymentBill.day).where(PaymentBill.id == bill_id)


def _edge_of(shop_id: int, day: int) -> Any:
    here = (PaymentBill.shop_id == shop_id, PaymentBill.day == day, PaymentBill.state == COMPARED)
    return select(PaymentBill.edge).where(*here)


def _failed(uow: UnitOfWork, bill_id: int, gateway_id: int, error: Exception) -> None:
    attempts = uow.execute(select(PaymentBill.attempts).where(PaymentBill.id == bill_id)).scalar_one()
    at = uow.now + timedelta(minutes=_STEPS_MIN[min(attempts, len(_STEPS_MIN) - 1)])
    said = f"{getattr(error, 'code', '') or type(error).__name__}: {error}"[:300]
    values = {"attempts": attempts + 1, "next_at": at, "last_error": said}
    uow.execute(update(PaymentBill).where(PaymentBill.id == bill_id).values(**values))
    uow.changed("payment_bill", bill_id)
    if gateway_id:
        note_bad(uow, gateway_id, error)


def _store_compared(uow: UnitOfWork, bill_id: int, done: Compared) -> None:
    """Put the differences in the place of those there were; what a person has settled stays settled."""
    d = PaymentDifference
    state = uow.execute(select(PaymentBill.state).where(PaymentBill.id == bill_id).with_for_update()).scalar_one()
    if state != WAITING:
        # Another desk was quicker.
        return
    settled = {
        (row.kind, row.payment_no, row.transaction_no)
        for row in uow.rows(
            select(d.kind, d.payment_no, d.transaction_no).where(d.bill_id == bill_id, d.settled_at.is_not(None))
        )
    }
    uow.execute(delete(d).where(d.bill_id == bill_id, d.settled_at.is_(None)))
    rows = [
        {
            "bill_id": bill_id,
            "kind": one.kind,
            "gateway": one.gateway,
            "order_id": one.order_id,
            "payment_no": one.payment_no,
            "transaction_no": one.transaction_no,
            "ours_fen": one.ours_fen,
            "theirs_fen": one.theirs_fen,
            "note": "",
        }
        for one in done.differences
        if (one.kind, one.payment_no, one.transaction_no) not in settled
    ]
    uow.insert_many(d, rows)
    values = {
        "state": COMPARED,
        "fetched_at": uow.now,
        "rows": done.rows,
        "paid_fen": done.paid_fen,
        "refunded_fen": done.refunded_fen,
        "matched": done.matched,
        "edge": done.edge,
        "last_error": "",
    }
    uow.execute(update(PaymentBill).where(PaymentBill.id == bill_id).values(**values))
    uow.record("payment.bill_compared", "payment_bill", bill_id, rows=done.rows, differences=len(rows))


def settle_difference(uow: UnitOfWork, difference_id: int, note: str) -> bool:
    """A person has seen to a difference; False where somebody has said so before.

    Raises:
        NotFound: `payment.no_difference`.
        Refused: `payment.note_long`.
    """
    note = " ".join(note.split())
    if len(note) > _MOST_NOTE:
        raise Refused("payment.note_long", f"a note has {_MOST_NOTE} characters at most", most=_MOST_NOTE)
    d = PaymentDifference
    row = uow.execute(select(d.bill_id, d.settled_at).where(d.id == difference_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("payment.no_difference", f"there is no difference {difference_id}")
    if row.settled_at is not None:
        return False
    values = {"note": note, "settled_at": uow.now, "settled_by": uow.actor.operator}
    uow.execute(update(d).where(d.id == difference_id).values(**values))
    uow.record("payment.difference_settled", "payment_bill", row.bill_id, difference_id=difference_id)
    return True


def confirm_bill(uow: UnitOfWork, bill_id: int) -> None:
    """A person has gone through a day.

    Raises:
        NotFound: `payment.no_bill`.
        Refused: `payment.bill_open`, differences are not settled, or it is not compared yet.
    """
    query = select(PaymentBill.state, PaymentBill.confirmed_at).where(PaymentBill.id == bill_id).with_for_update()
    row = uow.execute(query).one_or_none()
    if row is None:
        raise NotFound("payment.no_bill", f"there is no bill {bill_id}")
    if row.confirmed_at is not None:
        return
    here = (PaymentDifference.bill_id == bill_id, PaymentDifference.settled_at.is_(None))
    left = uow.execute(select(func.count()).select_from(PaymentDifference).where(*here)).scalar_one()
    if row.state != COMPARED or left:
        raise Refused("payment.bill_open", f"{left} differences are not settled", left=left)
    values = {"confirmed_at": uow.now, "confirmed_by": uow.actor.operator}
    uow.execute(update(PaymentBill).where(PaymentBill.id == bill_id).values(**values))
    uow.record("payment.bill_confirmed", "payment_bill", bill_id)
