"""Reads of the catalogue."""

from collections.abc import Sequence

from sqlalchemy import bindparam, or_, select
from sqlalchemy.engine import Connection

from core.catalog.models import Barcode, Sku
from core.catalog.records import ScannedSku
from core.db.letters import contains, without_case

#: nobody types it, so that no find reaches from one column into the next
_DIVIDER = "\x1f"
_WORDS = Sku.code + _DIVIDER + Sku.name + _DIVIDER + Sku.short_name + _DIVIDER + Sku.spec
# The catalogue is small enough to be read through.
_CALLED = select(Sku.id).where(
    or_(
        contains(_WORDS, bindparam("piece")),
        Sku.id.in_(select(Barcode.sku_id).where(Barcode.code == bindparam("code"))),
    )
)


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


def sku_ids_called(connection: Connection, piece: str) -> Sequence[int]:
    """Every SKU whose code, name or spec holds the piece (Latin letters without case), or whose barcode it is."""
    return connection.execute(_CALLED, {"piece": without_case(piece), "code": piece}).scalars().all()
