"""Reads of the catalogue."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.engine import Connection

from core.catalog.gs1 import parse
from core.catalog.models import Barcode, Sku
from core.catalog.records import ScannedSku
from core.db.letters import contains, without_case
from core.db.sets import id_set, packed_ids, packed_texts, text_set

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

_SCANNED = (Sku.id, Sku.code, Sku.name, Sku.short_name, Sku.spec, Sku.picture, Sku.is_batch_managed)
_WITH_BARCODES = (
    select(*_SCANNED, Barcode.unit_qty, Barcode.code.label("barcode"))
    .join(Barcode, Barcode.sku_id == Sku.id)
    .where(Barcode.code.in_(text_set("codes")))
)
_WITH_CODE = select(*_SCANNED).where(Sku.code == bindparam("code"))
_BY_ID = select(*_SCANNED).where(Sku.id == bindparam("id"))
#: where only the number of a code is asked for, its days are read by any year
_ANY_YEAR = 2000


def by_barcode(connection: Connection, code: str) -> ScannedSku | None:
    """What a scanned code stands for; a merchant code typed or printed as a barcode counts as one unit."""
    row = connection.execute(_WITH_BARCODES, {"codes": packed_texts([code])}).one_or_none()
    if row is not None:
        return _scanned(row, row.unit_qty)
    plain = connection.execute(_WITH_CODE, {"code": code}).one_or_none()
    return None if plain is None else _scanned(plain, 1)


def by_scan(connection: Connection, raw: str, at: datetime | None = None) -> ScannedSku | None:
    """What a scan stands for: a barcode, or a GS1 code that names goods and says more of them.

    `at` is now; without it the days the code names are not to be relied on.
    """
    found = by_barcode(connection, raw)
    if found is not None:
        return found
    label = parse(raw, _ANY_YEAR if at is None else at.year)
    if label is None or not label.gtin:
        return None
    rows: Sequence[Any] = connection.execute(_WITH_BARCODES, {"codes": packed_texts(label.barcodes)}).all()
    row = max(rows, key=lambda one: len(one.barcode), default=None)
    return None if row is None else replace(_scanned(row, row.unit_qty * (label.count or 1)), label=label)


def by_name(connection: Connection, said: str) -> ScannedSku | None:
    """What a person names in a field: typed a merchant code, which goes before a barcode, or scanned the goods."""
    plain = connection.execute(_WITH_CODE, {"code": said.strip()}).one_or_none()
    return by_scan(connection, said.strip()) if plain is None else _scanned(plain, 1)


def scanned_as(connection: Connection, sku_id: int) -> ScannedSku:
    """A SKU as a scan of one unit of it would be told."""
    return _scanned(connection.execute(_BY_ID, {"id": sku_id}).one(), 1)


def _scanned(row: Any, units: int) -> ScannedSku:
    managed = row.is_batch_managed
    return ScannedSku(row.id, units, row.code, row.name, row.short_name, row.spec, row.picture, managed)


def sku_ids_called(connection: Connection, piece: str) -> Sequence[int]:
    """Every SKU whose code, name or spec holds the piece (Latin letters without case), or whose barcode it is."""
    return connection.execute(_CALLED, {"piece": without_case(piece), "code": piece}).scalars().all()


def counted_of(connection: Connection, sku_ids: Iterable[int]) -> frozenset[int]:
    """Those of these SKUs that have a stock: no bundles, and nothing that is sold without counting."""
    query = select(Sku.id).where(Sku.id.in_(id_set("ids")), Sku.is_stock_managed, ~Sku.is_bundle)
    return frozenset(connection.execute(query, {"ids": packed_ids(sorted(set(sku_ids)))}).scalars())
