"""Reads of the hand-over: what waits for which carrier, what stands on a sheet, what was signed."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, case, func, or_, select
from sqlalchemy.sql import ColumnElement

from core.channels.models import Shop
from core.fulfilment.handover import WAITS, is_intercepted
from core.fulfilment.handover_records import CarrierPile, SheetSearch, SheetView, WaitingParcel
from core.fulfilment.models import Handover, Parcel, ParcelLine
from core.fulfilment.packing import ways_to_write
from core.orders.models import SHOWN_NO, Order
from core.orders.numbers import ids_called
from core.waybills.carriers import name_of
from core.waybills.models import Waybill, WaybillAccount


def piles(connection: Connection) -> tuple[CarrierPile, ...]:
    """Every carrier for which something waits, or that has an open sheet."""
    stopped = case((is_intercepted(), 1), else_=0)
    counted = (
        select(Parcel.carrier_code, func.count().label("n"), func.sum(stopped), func.min(Parcel.shipped_at))
        .where(WAITS, Parcel.handover_id.is_(None))
        .group_by(Parcel.carrier_code)
    )
    waiting = {code: (n, int(held), oldest) for code, n, held, oldest in connection.execute(counted)}
    opened = select(Handover.id, Handover.code, Handover.carrier_code, Handover.parcel_count)
    sheets = {row.carrier_code: row for row in connection.execute(opened.where(Handover.state == "open"))}
    names = _carrier_names(connection)
    found = []
    for code in sorted(waiting.keys() | sheets.keys()):
        count, held, oldest = waiting.get(code, (0, 0, None))
        sheet = sheets.get(code)
        found.append(
            CarrierPile(
                carrier_code=code,
                carrier_name=name_of(code, names.get(code)),
                waiting=count,
                intercepted=held,
                oldest_at=oldest,
                sheet_id=None if sheet is None else sheet.id,
                sheet_code="" if sheet is None else sheet.code,
                on_sheet=0 if sheet is None else sheet.parcel_count,
            )
        )
    return tuple(found)


def parcels_of_sheet(connection: Connection, sheet_id: int, limit: int) -> tuple[WaitingParcel, ...]:
    """What stands on a sheet, the newest scan-out first."""
    return _parcels(connection, (Parcel.handover_id == sheet_id,), limit)


def waiting_parcels(connection: Connection, carrier_code: str, limit: int) -> tuple[WaitingParcel, ...]:
    """What waits for a carrier and stands on no sheet: what must stay first, then the oldest."""
    return _parcels(connection, (WAITS, Parcel.handover_id.is_(None), Parcel.carrier_code == carrier_code), limit)


def intercepted_parcels(connection: Connection, limit: int) -> tuple[WaitingParcel, ...]:
    """Every parcel that was scanned out, is still here, and has to stay."""
    return _parcels(connection, (WAITS, is_intercepted()), limit)


def signed_sheets(connection: Connection, wanted: SheetSearch, limit: int) -> tuple[SheetView, ...]:
    """Sheets that were signed, the newest first; what was written goes before the days."""
    query = select(*Handover.__table__.c).where(Handover.state == "closed")
    written = wanted.text.strip()
    if written:
        query = query.where(or_(Handover.id.in_(_left_with(connection, written)), _is_called(written)))
    else:
        if wanted.since is not None:
            query = query.where(Handover.closed_at >= wanted.since)
        if wanted.until is not None:
            query = query.where(Handover.closed_at < wanted.until)
    names = _carrier_names(connection)
    return tuple(
        SheetView(
            id=row.id,
            code=row.code,
            carrier_code=row.carrier_code,
            carrier_name=name_of(row.carrier_code, names.get(row.carrier_code)),
            state=row.state,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            closed_by=row.closed_by,
            courier=row.courier,
            parcel_count=row.parcel_count,
        )
        for row in connection.execute(query.order_by(Handover.id.desc()).limit(limit))
    )


def _left_with(connection: Connection, written: str) -> set[int]:
    """The sheets on which a waybill's or an order's number left."""
    numbers = ways_to_write(written)[1]
    by_waybill = select(Parcel.handover_id).join(Waybill, Waybill.parcel_id == Parcel.id)
    by_order = select(Parcel.handover_id).join(ParcelLine, ParcelLine.parcel_id == Parcel.id)
    found = (
        *connection.execute(by_waybill.where(Waybill.number.in_(numbers))).scalars(),
        *connection.execute(by_order.where(ParcelLine.order_id.in_(ids_called(written)))).scalars(),
    )
    return {sheet_id for sheet_id in found if sheet_id is not None}


def _is_called(written: str) -> ColumnElement[bool]:
    return Handover.code.contains(written.upper(), autoescape=True)


def _parcels(connection: Connection, here: Sequence[ColumnElement[bool]], limit: int) -> tuple[WaitingParcel, ...]:
    stopped = case((is_intercepted(), 1), else_=0).label("stopped")
    columns = (Parcel.id, Parcel.carrier_code, Parcel.shipped_at, Parcel.shipped_by, Parcel.handover_id)
    query = (
        select(*columns, Shop.name.label("shop"), Waybill.number, stopped)
        .join(Shop, Shop.id == Parcel.shop_id)
        .join(Waybill, (Waybill.parcel_id == Parcel.id) & (Waybill.state == "obtained"))
        .where(*here)
        .order_by(stopped.desc(), Parcel.shipped_at, Parcel.id)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    orders: dict[int, list[tuple[int, str]]] = {}
    inside = select(ParcelLine.parcel_id, Order.id, SHOWN_NO).join(Order, Order.id == ParcelLine.order_id)
    ids = [row.id for row in rows]
    for parcel_id, order_id, order_no in connection.execute(inside.where(ParcelLine.parcel_id.in_(ids)).distinct()):
        orders.setdefault(parcel_id, []).append((order_id, order_no))
    names = _carrier_names(connection)
    return tuple(
        WaitingParcel(
            parcel_id=row.id,
            number=row.number or "",
            carrier_name=name_of(row.carrier_code, names.get(row.carrier_code)),
            shop_name=row.shop,
            order_id=min(orders[row.id])[0],
            order_nos=tuple(order_no for _, order_no in sorted(orders[row.id])),
            shipped_at=row.shipped_at,
            shipped_by=row.shipped_by,
            on_sheet=row.handover_id is not None,
            is_intercepted=bool(row.stopped),
        )
        for row in rows
    )


def _carrier_names(connection: Connection) -> Mapping[str, str]:
    rows: Sequence[Any] = connection.execute(select(WaybillAccount.carrier_code, WaybillAccount.carrier_name)).all()
    return dict(rows)
