"""Reads of the catalogue."""

from sqlalchemy import bindparam, or_, select
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


def sku_ids_like(connection: Connection, text: str) -> list[int]:
    """SKUs whose name, spec or code contains the text; the catalogue is small enough to be read through."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    like = f"%{escaped}%"
    return list(connection.execute(_LIKE, {"like": like}).scalars())


_LIKE = (
    select(Sku.id)
    .where(
        or_(
            *(
                column.like(bindparam("like"), escape="\\")
                for column in (Sku.name, Sku.spec, Sku.code, Sku.short_name)
            )
        )
    )
    .order_by(Sku.id)
)
