"""The catalogue as a person keeps it: a list, one product with all that belongs to it, and saving what was edited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, func, or_, select

from core.catalog import queries
from core.catalog.models import Barcode, Bin, BundleLine, Listing, Sku
from core.catalog.records import MOST_LIFE_DAYS, MOST_WARN_DAYS, SkuSpec
from core.catalog.service import take_in
from core.db.sets import id_set, packed_ids
from core.db.unit_of_work import UnitOfWork
from core.runtime.errors import NotFound, Refused

#: filters of the list: everything; counted goods nobody can scan; bundles; sold without counting
PRODUCT_PILES: Final = ("all", "no_barcode", "bundle", "uncounted")
MOST_GRAMS: Final = 1_000_000
MOST_UNITS: Final = 10_000
LONGEST: Final = 200
_MOST_CODES = 50


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One line of the list. `barcode` is one of its barcodes, empty without any."""

    id: int
    code: str
    name: str
    short_name: str
    spec: str
    weight_g: int
    barcode: str
    barcode_count: int
    is_bundle: bool
    is_stock_managed: bool
    lacks_barcode: bool


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Rows by code, and the code after which the next page starts (None at the end)."""

    rows: tuple[ProductRow, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class Product:
    """One SKU as it is edited.

    Attributes:
        spec: everything that can be edited.
        part_names: code of a part -> its name.
        part_of: codes of the bundles that hold it.
        listing_count: offers of shops that are matched to it.
    """

    id: int
    spec: SkuSpec
    part_names: Mapping[str, str]
    part_of: tuple[str, ...]
    listing_count: int


_BARCODES = (
    select(Barcode.sku_id, func.count().label("n"), func.min(Barcode.code).label("first"))
    .group_by(Barcode.sku_id)
    .subquery("codes")
)
_COUNT = func.coalesce(_BARCODES.c.n, 0)
_IN_PILE = {
    "no_barcode": and_(_COUNT == 0, ~Sku.lacks_barcode, ~Sku.is_bundle),
    "bundle": Sku.is_bundle,
    "uncounted": ~Sku.is_stock_managed,
}


def product_page(connection: Connection, pile: str, search: str, after: str | None, limit: int) -> ProductPage:
    """A page by code of what a pile holds and a search finds: a piece of code, name or spec, or a barcode."""
    columns = (Sku.id, Sku.code, Sku.name, Sku.short_name, Sku.spec, Sku.weight_g)
    kinds = (Sku.is_bundle, Sku.is_stock_managed, Sku.lacks_barcode)
    query = (
        select(*columns, func.coalesce(_BARCODES.c.first, ""), _COUNT, *kinds)
        .outerjoin(_BARCODES, _BARCODES.c.sku_id == Sku.id)
        .order_by(Sku.code)
        .limit(limit + 1)
    )
    if pile in _IN_PILE:
        query = query.where(_IN_PILE[pile])
    if after is not None:
        query = query.where(Sku.code > after)
    piece, binds = search.strip(), {}
    if piece:
        scanned = queries.by_scan(connection, piece)
        ids = queries.sku_ids_called(connection, piece) if scanned is None else [scanned.sku_id]
        query, binds = query.where(Sku.id.in_(id_set("found_ids"))), {"found_ids": packed_ids(ids)}
    found: Sequence[Any] = connection.execute(query, binds).all()
    rows = tuple(ProductRow(*row) for row in found[:limit])
    return ProductPage(rows, rows[-1].code if len(found) > limit else None)


def product_counts(connection: Connection) -> Mapping[str, int]:
    """How many products each pile holds."""
    counts = select(*(func.count().filter(_IN_PILE[pile]) for pile in PRODUCT_PILES[1:]), func.count())
    *piles, every = connection.execute(
        counts.select_from(Sku).outerjoin(_BARCODES, _BARCODES.c.sku_id == Sku.id)
    ).one()
    return dict(zip(PRODUCT_PILES, (every, *piles), strict=True))


def product(connection: Connection, sku_id: int) -> Product | None:
    """One product; None where it is gone."""
    row = connection.execute(select(*Sku.__table__.c).where(Sku.id == sku_id)).one_or_none()
    if row is None:
        return None
    codes = select(Barcode.code, Barcode.unit_qty).where(Barcode.sku_id == sku_id)
    bins = select(Bin.warehouse_id, Bin.code).where(Bin.sku_id == sku_id).order_by(Bin.warehouse_id)
    parts = (
        select(Sku.code, Sku.name, BundleLine.qty)
        .join(BundleLine, BundleLine.component_sku_id == Sku.id)
        .where(BundleLine.bundle_sku_id == sku_id)
        .order_by(BundleLine.id)
    )
    holders = (
        select(Sku.code)
        .join(BundleLine, BundleLine.bundle_sku_id == Sku.id)
        .where(BundleLine.component_sku_id == sku_id)
        .order_by(Sku.code)
    )
    components = connection.execute(parts).all()
    listings = select(func.count()).select_from(Listing).where(Listing.sku_id == sku_id)
    spec = SkuSpec(
        code=row.code,
        name=row.name,
        short_name=row.short_name,
        spec=row.spec,
        weight_g=row.weight_g,
        picture=row.picture,
        # Both engines the same: a server sorts by its own language.
        barcodes=tuple(sorted((code, qty) for code, qty in connection.execute(codes))),
        components=tuple((part.code, part.qty) for part in components),
        is_stock_managed=row.is_stock_managed,
        lacks_barcode=row.lacks_barcode,
        is_batch_managed=row.is_batch_managed,
        life_days=row.life_days,
        warn_days=row.warn_days,
        bins=tuple((warehouse_id, code) for warehouse_id, code in connection.execute(bins)),
    )
    return Product(
        id=sku_id,
        spec=spec,
        part_names={part.code: part.name for part in components},
        part_of=tuple(connection.execute(holders).scalars()),
        listing_count=int(connection.execute(listings).scalar_one()),
    )


def owner_of(connection: Connection, barcode: str) -> tuple[int, str, str] | None:
    """Whose barcode it is: SKU id, code and name; None where it is free."""
    query = select(Sku.id, Sku.code, Sku.name).join(Barcode, Barcode.sku_id == Sku.id).where(Barcode.code == barcode)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.id, row.code, row.name)


def add_product(uow: UnitOfWork, spec: SkuSpec) -> int:
    """Add a product; gives its id.

    Raises:
        Refused: `catalog.code_taken`, facts hold the `name` that has it; and as `save_product`.
    """
    _check(uow, spec, None)
    taken = uow.execute(select(Sku.name).where(Sku.code == spec.code)).one_or_none()
    if taken is not None:
        raise Refused("catalog.code_taken", f"{spec.code} is there already", sku=spec.code, name=taken.name)
    return take_in(uow, [spec])[spec.code]


def save_product(uow: UnitOfWork, sku_id: int, seen: SkuSpec, spec: SkuSpec) -> bool:
    """Save what was edited of a product that the clerk saw as `seen`; False where nothing was changed.

    The code stays: listings, labels and papers name it.

    Raises:
        NotFound: `catalog.no_sku`.
        Refused: `catalog.changed_meanwhile`, somebody else has saved it since; `catalog.code_missing`,
            `catalog.name_missing`, `catalog.too_long`, `catalog.weight_bad`, `catalog.units_bad`,
            `catalog.days_bad`; `catalog.not_by_batch`, bundles and what nobody counts are not kept by batch;
            `catalog.barcode_taken`, facts hold `barcode`, and `sku` and `name` of whose it is;
            `catalog.bin_too_long`; `catalog.component_unknown`;
            `catalog.component_is_bundle`, bundles hold plain goods only;
            `catalog.is_component`, what is part of a bundle cannot become one.
    """
    if not uow.is_sqlite:
        uow.execute(select(Sku.id).where(Sku.id == sku_id).with_for_update(key_share=True))
    now = product(uow.connection, sku_id)
    if now is None:
        raise NotFound("catalog.no_sku", f"there is no SKU {sku_id}")
    if now.spec != seen or spec.code != now.spec.code:
        raise Refused("catalog.changed_meanwhile", "somebody else has saved this product meanwhile")
    _check(uow, spec, sku_id)
    if spec == now.spec:
        return False
    if spec.components and now.part_of:
        raise Refused("catalog.is_component", "part of a bundle", bundle=now.part_of[0])
    cleared = [(warehouse_id, "") for warehouse_id, _ in now.spec.bins if warehouse_id not in dict(spec.bins)]
    take_in(uow, [replace(spec, bins=(*spec.bins, *cleared))])
    if not spec.components:
        uow.execute(delete(BundleLine).where(BundleLine.bundle_sku_id == sku_id))
    changed = [one.name for one in fields(SkuSpec) if getattr(spec, one.name) != getattr(now.spec, one.name)]
    uow.record("sku.edited", "sku", sku_id, fields=changed)
    return True


def _check(uow: UnitOfWork, spec: SkuSpec, sku_id: int | None) -> None:
    for field, code in (("code", "catalog.code_missing"), ("name", "catalog.name_missing")):
        if not getattr(spec, field).strip():
            raise Refused(code, f"a product needs a {field}")
    texts = (spec.code, spec.name, spec.short_name, spec.spec, *(code for code, _ in spec.barcodes))
    if max(map(len, texts)) > LONGEST or len(spec.barcodes) > _MOST_CODES:
        raise Refused("catalog.too_long", "a text is too long, or there are too many barcodes", most=LONGEST)
    if not 0 <= spec.weight_g <= MOST_GRAMS:
        raise Refused("catalog.weight_bad", "this is no weight", most=MOST_GRAMS)
    if not 0 <= spec.life_days <= MOST_LIFE_DAYS or not 0 <= spec.warn_days <= MOST_WARN_DAYS:
        raise Refused("catalog.days_bad", "this is no number of days", most=MOST_LIFE_DAYS)
    if spec.is_batch_managed and (spec.components or not spec.is_stock_managed):
        raise Refused("catalog.not_by_batch", "goods that are not counted, and bundles, are not kept by batch")
    if any(not 1 <= qty <= MOST_UNITS for _, qty in (*spec.barcodes, *spec.components)):
        raise Refused("catalog.units_bad", "this is no number of units", most=MOST_UNITS)
    taken = (
        select(Barcode.code.label("barcode"), Sku.code, Sku.name)
        .join(Sku, Sku.id == Barcode.sku_id)
        .where(Barcode.code.in_([code for code, _ in spec.barcodes]), Barcode.sku_id != (sku_id or 0))
    )
    for row in uow.rows(taken.limit(1)):
        facts = {"barcode": row.barcode, "sku": row.code, "name": row.name}
        raise Refused("catalog.barcode_taken", f"barcode {row.barcode} belongs to {row.code}", **facts)
    codes = [code for code, _ in spec.components]
    nested = select(Sku.code).where(Sku.code.in_(codes), or_(Sku.is_bundle, Sku.id == (sku_id or 0)))
    for row in uow.rows(nested.limit(1)):
        raise Refused("catalog.component_is_bundle", f"{row.code} is a bundle itself", sku=row.code)
