"""Picking: what has to be fetched for a wave, in the order of the shelves, which its labels follow."""

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from core.catalog.models import Sku
from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.records import PickRow
from core.orders.models import Order

_DIGITS = re.compile(r"(\d+)")


def shelf_order(code: str) -> tuple[str | int, ...]:
    """The place of a SKU on the way along the shelves: by its code, A-2 before A-10."""
    # Words and numbers take turns, so that no word is ever compared with a number.
    return tuple(int(part) if place % 2 else part for place, part in enumerate(_DIGITS.split(code.casefold())))


def in_picking_order(connection: Connection, parcel_ids: Sequence[int]) -> Sequence[int]:
    """Parcels as their labels come: those of one SKU first, grouped by it, then the mixed ones, along the shelves."""
    query = select(ParcelLine.parcel_id, Sku.code).join(Sku, Sku.id == ParcelLine.sku_id).distinct()
    here = (ParcelLine.parcel_id.in_(parcel_ids), ParcelLine.is_withdrawn.is_(False))
    codes: Mapping[int, list[tuple[str | int, ...]]] = {parcel_id: [] for parcel_id in parcel_ids}
    for parcel_id, code in connection.execute(query.where(*here)):
        codes[parcel_id].append(shelf_order(code))
    return sorted(parcel_ids, key=lambda parcel_id: (len(codes[parcel_id]) > 1, sorted(codes[parcel_id]), parcel_id))


def pick_list(connection: Connection, wave_id: int) -> tuple[PickRow, ...]:
    """What is still to be fetched for a wave: units of each SKU over all its parcels that may be packed."""
    held = select(ParcelLine.parcel_id).join(Order, Order.id == ParcelLine.order_id).where(Order.hold_reason != "")
    columns = (Sku.id, Sku.code, Sku.name, Sku.short_name, Sku.spec)
    units = func.sum(ParcelLine.qty - ParcelLine.verified_qty).label("units")
    parcels = func.count(func.distinct(ParcelLine.parcel_id)).label("parcels")
    query = (
        select(*columns, units, parcels)
        .join(ParcelLine, ParcelLine.sku_id == Sku.id)
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .where(
            Parcel.wave_id == wave_id,
            Parcel.state == "to_pack",
            Parcel.id.not_in(held.where(ParcelLine.parcel_id == Parcel.id).correlate(Parcel)),
            ParcelLine.is_withdrawn.is_(False),
            ParcelLine.verified_qty < ParcelLine.qty,
        )
        .group_by(*columns)
    )
    rows = [
        PickRow(row.id, row.code, row.short_name or row.name, row.spec, int(row.units), int(row.parcels))
        for row in connection.execute(query)
    ]
    return tuple(sorted(rows, key=lambda row: (shelf_order(row.sku_code), row.sku_code)))
