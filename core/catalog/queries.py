"""Reads of the catalogue."""

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from core.catalog.models import Barcode, Sku
from core.catalog.records import ScannedSku


def by_barcode(connection: Connection, code: str) -> ScannedSku | None:
    """What a scanned code stands for; a merchant code typed or printed as a barcode counts as one unit."""
    columns = (Sku.id, Sku.code, Sku.name, Sku.short_name, Sku.spec, Sku.picture)
    query = select(*columns, Barcode.unit_qty).join(Barcode, Barcode.sku_id == Sku.id).where(Barcode.code == code)
    row = connection.execute(query).one_or_none()
    if row is not None:
        return ScannedSku(row.id, row.unit_qty, row.code, row.name, row.short_name, row.spec, row.picture)
    plain = connection.execute(select(*columns).where(Sku.code == code)).one_or_none()
    if plain is None:
        return None
    return ScannedSku(plain.id, 1, plain.code, plain.name, plain.short_name, plain.spec, plain.picture)


def sku_ids_like(connection: Connection, text: str, limit: int = 200) -> list[int]:
    """SKUs whose name, spec or code contains the text; the catalogue is small enough to be read through."""
    return list(connection.execute(skus_like(text).order_by(Sku.id).limit(limit)).scalars())


def skus_like(text: str) -> Select[int]:
    """The query behind `sku_ids_like`, for use inside another."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    like = f"%{escaped}%"
    matches = Sku.name.like(like, escape="\\") | Sku.spec.like(like, escape="\\") | Sku.code.like(like, escape="\\")
    short = Sku.short_name.like(like, escape="\\")
    return select(Sku.id).where(matches | short)
