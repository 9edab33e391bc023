"""Parcels that were scanned out before their buyer wanted the money back (发出后退款): to be caught on their way.

Until the courier signed they are taken out of the pile (`core.fulfilment.handover` puts them on no sheet); afterwards
the carrier is asked to bring them back. A parcel leaves the list when a person says what became of it, when the
buyer has it, or when the refund is called off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, exists, or_, select

from core.aftersale.models import AfterSaleCase
from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState
from core.channels.models import Shop
from core.db.models import Journal
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.models import Parcel, ParcelLine
from core.orders.models import SHOWN_NO, Order, OrderLine
from core.orders.states import Fulfilment, Payment
from core.runtime.errors import NotFound, Refused
from core.waybills.carriers import name_of
from core.waybills.models import Waybill, WaybillAccount

#: a parcel is with its buyer, or back, within this time
_ON_WAY: Final = timedelta(days=15)
#: nobody works through more in a day
MOST: Final = 500
#: what may have become of a parcel: it is back here, or on its way back; nobody could stop it
OUTCOMES: Final = ("caught", "too_late")
#: journal: what a person said of a parcel
SETTLED: Final = "parcel.intercepted"
_OVER: Final = (AfterSaleState.CLOSED.value, AfterSaleState.REFUSED.value)


@dataclass(frozen=True, slots=True)
class ToCatch:
    """One parcel to be caught.

    Attributes:
        goods: what the buyer wants no more, `title xN`.
        is_here: it was scanned out and no courier has it yet.
        is_refunded: the money is back already; otherwise it was asked for.
    """

    parcel_id: int
    waybill_no: str
    carrier_name: str
    shop_name: str
    order_id: int
    order_nos: tuple[str, ...]
    goods: tuple[str, ...]
    shipped_at: datetime
    is_here: bool
    is_refunded: bool


def parcels_to_catch(connection: Connection, now: datetime) -> tuple[ToCatch, ...]:
    """What is to be caught: what is still here first, then the newest, which the carrier still can stop."""
    rows = _rows(connection, Parcel.shipped_at >= now - _ON_WAY)
    carriers = select(WaybillAccount.carrier_code, WaybillAccount.carrier_name)
    names: dict[str, str] = {row.carrier_code: row.carrier_name for row in connection.execute(carriers)}
    found = []
    for lines in _by_parcel(rows):
        first = lines[0]
        if _settled_lines(connection, first.id) >= {line.order_line_id for line in lines}:
            continue
        found.append(
            ToCatch(
                parcel_id=first.id,
                waybill_no=first.number or "",
                carrier_name=name_of(first.carrier_code, names.get(first.carrier_code)),
                shop_name=first.shop_name,
                order_id=first.order_id,
                order_nos=tuple(sorted({line.order_no for line in lines})),
                goods=tuple(f"{line.title} x{line.qty}" for line in lines),
                shipped_at=first.shipped_at,
                is_here=first.awaits_courier,
                is_refunded=all(line.is_refunded for line in lines),
            )
        )
    found.sort(key=lambda one: (not one.is_here, -one.shipped_at.timestamp(), -one.parcel_id))
    return tuple(found[:MOST])


def settle(uow: UnitOfWork, parcel_id: int, outcome: str) -> None:
    """Say what became of a parcel; it comes back to the list only when more of it is refunded.

    Raises:
        NotFound: `parcel.unknown`, nothing of this parcel is to be caught.
        Refused: `after_sale.outcome_unknown`.
    """
    if outcome not in OUTCOMES:
        raise Refused("after_sale.outcome_unknown", f"a parcel is not {outcome}")
    lines = [row.order_line_id for row in _rows(uow.connection, Parcel.id == parcel_id)]
    if not lines:
        raise NotFound("parcel.unknown", f"nothing of parcel {parcel_id} is to be caught")
    uow.record(SETTLED, "parcel", parcel_id, outcome=outcome, lines=lines)
    uow.changed("parcel", parcel_id)


def _rows(connection: Connection, here: Any) -> Sequence[Any]:
    case = and_(
        AfterSaleCase.shop_id == Order.shop_id,
        AfterSaleCase.order_no == Order.order_no,
        AfterSaleCase.state.not_in(_OVER),
    )
    # Who wants to send goods back has them, or waits for them: that parcel shall arrive.
    wants_money = or_(~exists().where(case), exists().where(case, AfterSaleCase.kind == AfterSaleKind.REFUND.value))
    is_refunded = or_(OrderLine.after_sale == "refunded", Order.payment == Payment.REFUNDED.value)
    columns = (Parcel.id, Parcel.carrier_code, Parcel.shipped_at, Parcel.awaits_courier, SHOWN_NO)
    more = (ParcelLine.order_line_id, ParcelLine.order_id, ParcelLine.qty, OrderLine.title, Waybill.number)
    query = (
        select(*columns, *more, Shop.name.label("shop_name"), is_refunded.label("is_refunded"))
        .join(ParcelLine, ParcelLine.parcel_id == Parcel.id)
        .join(OrderLine, OrderLine.id == ParcelLine.order_line_id)
        .join(Order, Order.id == ParcelLine.order_id)
        .join(Shop, Shop.id == Parcel.shop_id)
        .outerjoin(Waybill, (Waybill.parcel_id == Parcel.id) & (Waybill.state == "obtained"))
        .where(
            here,
            Parcel.state == "shipped",
            ParcelLine.is_withdrawn.is_(False),
            Order.fulfilment != Fulfilment.COMPLETED.value,
            or_(OrderLine.after_sale != "none", Order.payment == Payment.REFUNDED.value),
            wants_money,
        )
        .order_by(Parcel.id, ParcelLine.id)
    )
    return connection.execute(query).all()


def _by_parcel(rows: Sequence[Any]) -> list[list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.id, []).append(row)
    return list(found.values())


def _settled_lines(connection: Connection, parcel_id: int) -> set[int]:
    """Lines of which somebody said already what became of them."""
    query = select(Journal.facts).where(
        Journal.subject == "parcel", Journal.subject_id == parcel_id, Journal.action == SETTLED
    )
    return {int(line) for facts in connection.execute(query).scalars() for line in facts["lines"]}
