"""Picking: the labels of a wave follow its pick list (`core.desk.first_page`), which follows the shelves."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from core.catalog.models import Bin, Sku
from core.fulfilment.models import Parcel, ParcelLine
from core.fulfilment.shelving import shelf_order


def in_picking_order(connection: Connection, parcel_ids: Sequence[int]) -> Sequence[int]:
    """Parcels as their labels come: those of one SKU first, grouped by it, then the mixed ones, along the shelves."""
    query = (
        select(ParcelLine.parcel_id, Sku.code, func.coalesce(Bin.code, ""))
        .join(Sku, Sku.id == ParcelLine.sku_id)
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .outerjoin(Bin, (Bin.sku_id == Sku.id) & (Bin.warehouse_id == Parcel.warehouse_id))
        .distinct()
    )
    here = (ParcelLine.parcel_id.in_(parcel_ids), ParcelLine.is_withdrawn.is_(False))
    codes: Mapping[int, list[tuple[str | int, ...]]] = {parcel_id: [] for parcel_id in parcel_ids}
    for parcel_id, code, place in connection.execute(query.where(*here)):
        codes[parcel_id].append(shelf_order(code, place))
    return sorted(parcel_ids, key=lambda parcel_id: (len(codes[parcel_id]) > 1, sorted(codes[parcel_id]), parcel_id))
