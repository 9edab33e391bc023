"""Reads of cases: the list by piles, the drawer. Plain selects, keyset pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, literal_column, or_, select, text

from core.aftersale.models import AfterSaleCase
from core.aftersale.records import CaseDetail, CaseFilter, CaseLine, CaseOrder, CasePage, CaseRow
from core.aftersale.states import PILES, next_step
from core.channels.aftersale_contract import AfterSaleKind, AfterSaleState
from core.channels.models import Shop
from core.fulfilment.models import ParcelLine
from core.orders.models import Order, OrderLine
from core.orders.numbers import ids_called
from core.orders.states import Fulfilment
from core.waybills.models import Waybill

#: a chip that says "1 000+" is as good as one that counts a million
COUNT_CAP = 1000
_COUNTED = ("to_answer", "on_way", "agreed", "unknown")
_LEFT = {Fulfilment.SHIPPED.value, Fulfilment.COMPLETED.value}
_ROW = (
    AfterSaleCase.id,
    AfterSaleCase.case_no,
    AfterSaleCase.order_no,
    AfterSaleCase.kind,
    AfterSaleCase.state,
    AfterSaleCase.refund_fen,
    AfterSaleCase.requested_at,
    AfterSaleCase.answer_by_at,
    AfterSaleCase.return_waybill_no,
    Shop.name.label("shop_name"),
    # An order may have a number of its own for people, or may not be here.
    func.coalesce(
        select(Order.display_no)
        .where(Order.shop_id == AfterSaleCase.shop_id, Order.order_no == AfterSaleCase.order_no)
        .scalar_subquery(),
        AfterSaleCase.order_no,
    ).label("shown_no"),
)


def case_page(connection: Connection, wanted: CaseFilter, after: int | None, limit: int) -> CasePage:
    """One page: what has to be answered by its end, everything else newest first. A search looks everywhere."""
    if wanted.search:
        here: ColumnElement[bool] = AfterSaleCase.id.in_(_found(connection, wanted.search))
    else:
        here = _in_pile(wanted.pile)
    query = select(*_ROW).join(Shop, Shop.id == AfterSaleCase.shop_id).where(here)
    if wanted.pile == "to_answer" and not wanted.search:
        query = _by_end(connection, query, after)
    else:
        query = query.where(AfterSaleCase.id < after) if after is not None else query
        query = query.order_by(AfterSaleCase.id.desc())
    found = connection.execute(query.limit(limit + 1)).all()
    rows = tuple(_row(row) for row in found[:limit])
    return CasePage(rows, rows[-1].id if len(found) > limit else None)


def case_counts(connection: Connection) -> Mapping[str, int]:
    """How many cases wait in each pile, up to COUNT_CAP; what is over is not counted, it only grows."""
    return {
        pile: int(
            connection.execute(
                select(func.count()).select_from(
                    select(AfterSaleCase.id).where(_in_pile(pile)).limit(COUNT_CAP).subquery()
                )
            ).scalar_one()
        )
        for pile in _COUNTED
    }


def case_detail(connection: Connection, case_id: int) -> CaseDetail | None:
    """Everything about one case."""
    more = (
        AfterSaleCase.shop_id,
        AfterSaleCase.channel_state,
        AfterSaleCase.modified_at,
        AfterSaleCase.goods_were_sent,
        AfterSaleCase.return_carrier,
        AfterSaleCase.lines,
        AfterSaleCase.reason,
    )
    query = select(*_ROW, *more).join(Shop, Shop.id == AfterSaleCase.shop_id).where(AfterSaleCase.id == case_id)
    case = connection.execute(query).one_or_none()
    if case is None:
        return None
    row, order = _row(case), _order(connection, case.shop_id, case.order_no)
    has_left = bool(case.goods_were_sent) or (order is not None and order.fulfilment in _LEFT)
    return CaseDetail(
        row,
        case.channel_state,
        case.modified_at,
        case.return_carrier,
        case.reason,
        has_left,
        _lines(connection, None if order is None else order.id, case.lines),
        order,
        next_step(row.state, row.kind, has_left=has_left),
    )


def _in_pile(pile: str) -> ColumnElement[bool]:
    # As words of the statement, so that the index of states is used on both engines.
    words: list[ColumnElement[str]] = [literal_column(f"'{state.value}'") for state in PILES[pile]]
    return AfterSaleCase.state.in_(words) if words else AfterSaleCase.id > 0


def _by_end(connection: Connection, query: Any, after: int | None) -> Any:
    """The earliest end first, then what has none, each by id."""
    if after is not None:
        ends = select(AfterSaleCase.answer_by_at).where(AfterSaleCase.id == after)
        end_at = connection.execute(ends).scalar_one_or_none()
        ends_never = AfterSaleCase.answer_by_at.is_(None)
        if end_at is None:
            query = query.where(ends_never, AfterSaleCase.id > after)
        else:
            same = and_(AfterSaleCase.answer_by_at == end_at, AfterSaleCase.id > after)
            query = query.where(or_(ends_never, AfterSaleCase.answer_by_at > end_at, same))
    return query.order_by(AfterSaleCase.answer_by_at.is_(None), AfterSaleCase.answer_by_at, AfterSaleCase.id)


def _found(connection: Connection, code: str) -> Sequence[int]:
    """Cases with this number: of the case, of the order, of the parcel on its way back or of one that went out."""
    of_parcel = (
        select(AfterSaleCase.id)
        .join(Order, (Order.shop_id == AfterSaleCase.shop_id) & (Order.order_no == AfterSaleCase.order_no))
        .join(ParcelLine, ParcelLine.order_id == Order.id)
        .join(Waybill, Waybill.parcel_id == ParcelLine.parcel_id)
        .where(Waybill.number == code)
    )
    # A question each, with its index; one with all of them would walk.
    ways = (
        select(AfterSaleCase.id).where(AfterSaleCase.case_no == code),
        select(AfterSaleCase.id).where(AfterSaleCase.order_no == code),
        select(AfterSaleCase.id)
        .join(Order, (Order.shop_id == AfterSaleCase.shop_id) & (Order.order_no == AfterSaleCase.order_no))
        .where(Order.id.in_(ids_called(code))),
        select(AfterSaleCase.id).where(
            AfterSaleCase.return_waybill_no == code, text("after_sale_case.return_waybill_no <> ''")
        ),
        of_parcel,
    )
    return sorted({case_id for way in ways for case_id in connection.execute(way).scalars()})


def _row(row: Any) -> CaseRow:
    return CaseRow(
        row.id,
        row.case_no,
        row.shown_no,
        row.shop_name,
        AfterSaleKind(row.kind),
        AfterSaleState(row.state),
        row.refund_fen,
        row.requested_at,
        row.answer_by_at,
        row.return_waybill_no,
    )


def _order(connection: Connection, shop_id: int, order_no: str) -> CaseOrder | None:
    query = select(Order.id, Order.fulfilment, Order.hold_reason, Order.amount_fen, Order.shipped_at).where(
        Order.shop_id == shop_id, Order.order_no == order_no
    )
    order = connection.execute(query).one_or_none()
    return None if order is None else CaseOrder(*order)


def _lines(connection: Connection, order_id: int | None, lines: Sequence[Sequence[Any]]) -> tuple[CaseLine, ...]:
    words: dict[str, tuple[str, str]] = {}
    if order_id is not None and lines:
        query = select(OrderLine.line_no, OrderLine.title, OrderLine.spec).where(OrderLine.order_id == order_id)
        # The newest last: a line that was replaced keeps its words only where no other has its number.
        for line in connection.execute(query.order_by(OrderLine.is_current, OrderLine.id)):
            words[line.line_no] = (line.title, line.spec)
    return tuple(CaseLine(str(no), *words.get(str(no), ("", "")), int(units)) for no, units in lines)
