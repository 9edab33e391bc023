"""Picking: the labels of a wave follow its pick list (`core.desk.first_page`), which follows the shelves."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.catalog.models import Sku
from core.fulfilment.models import ParcelLine
from core.fulfilment.shelving import shelf_order


def in_picking_order(connection: Connection, parcel_ids: Sequence[int]) -> Sequence[int]:
    """Parcels as their labels come: those of one SKU first, grouped by it, then the mixed ones, along the shelves."""
    query = select(ParcelLine.parcel_id, Sku.code).join(Sku, Sku.id == ParcelLine.sku_id).distinct()
    here = (ParcelLine.parcel_id.in_(parcel_ids), ParcelLine.is_withdrawn.is_(False))
    codes: Mapping[int, list[tuple[str | int, ...]]] = {parcel_id: [] for parcel_id in parcel_ids}
    for parcel_id, code in connection.execute(query.where(*here)):
        codes[parcel_id].append(shelf_order(code))
    return sorted(parcel_ids, key=lambda parcel_id: (len(codes[parcel_id]) > 1, sorted(codes[parcel_id]), parcel_id))
