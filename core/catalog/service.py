"""Writes of the catalogue: taking SKUs in, and matching what shops offer to them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from core.catalog.bins import LONGEST_BIN, tidy_bin, zone_of
from core.catalog.models import Barcode, Bin, BundleLine, Listing, Sku
from core.catalog.records import AT_THE_DOOR, Component, SkuSpec
from core.channels.contract import ChannelOrderLine
from core.db.sets import id_set, packed_ids, packed_texts, text_set
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.runtime.errors import Refused

_BY_CODE = select(Sku.code, Sku.id).where(Sku.code.in_(text_set("codes")))
# The shop and one set: SQLite would use only the first column of an index for pairs.
_LISTINGS = select(Listing.item_id, Listing.channel_sku_id, Listing.sku_id, Listing.is_by_hand).where(
    Listing.shop_id == bindparam("shop"), Listing.item_id.in_(text_set("items"))
)
_PARTS = (
    select(BundleLine.bundle_sku_id, BundleLine.component_sku_id, BundleLine.qty)
    .where(BundleLine.bundle_sku_id.in_(id_set("ids")))
    .order_by(BundleLine.id)
)

#: a listing's place in its shop: item and channel SKU
ListingKey = tuple[str, str]


def take_in(uow: UnitOfWork, specs: Iterable[SkuSpec]) -> Mapping[str, int]:
    """Add or update SKUs by code with their barcodes and bundle lines; gives code -> id.

    Raises:
        Refused: `catalog.barcode_taken` when a barcode belongs to another SKU (facts say whose),
            `catalog.component_unknown` when a bundle names a code that is not there,
            `catalog.bin_too_long`.
    """
    specs = list(specs)
    ids = _codes(uow, [spec.code for spec in specs])
    for spec in specs:
        ids[spec.code] = _save_sku(uow, spec, ids.get(spec.code))
    for spec in specs:
        _save_barcodes(uow, ids[spec.code], spec)
        _save_bins(uow, ids[spec.code], spec)
        _save_components(uow, ids, spec)
    return ids


def _codes(uow: UnitOfWork, codes: Sequence[str]) -> dict[str, int]:
    if not codes:
        return {}
    rows: Sequence[Any] = uow.execute(_BY_CODE, {"codes": packed_texts(codes)}).all()
    return dict(rows)


def _save_sku(uow: UnitOfWork, spec: SkuSpec, sku_id: int | None) -> int:
    row = {
        "code": spec.code,
        "name": spec.name,
        "short_name": spec.short_name or spec.name,
        "spec": spec.spec,
        "weight_g": spec.weight_g,
        "picture": spec.picture,
        "is_bundle": bool(spec.components),
        "is_stock_managed": spec.is_stock_managed,
        "lacks_barcode": spec.lacks_barcode,
        "is_batch_managed": spec.is_batch_managed,
        "life_days": spec.life_days,
        "warn_days": spec.warn_days,
    }
    if sku_id is None:
        sku_id = uow.insert(Sku, row | {"created_at": uow.now})
        uow.record("sku.added", "sku", sku_id, code=spec.code)
    else:
        uow.execute(update(Sku).where(Sku.id == sku_id).values(**row))
        uow.changed("sku", sku_id)
    return sku_id


def _save_barcodes(uow: UnitOfWork, sku_id: int, spec: SkuSpec) -> None:
    codes = [code for code, _ in spec.barcodes]
    whose = select(Barcode.code.label("barcode"), Sku.code, Sku.name).join(Sku, Sku.id == Barcode.sku_id)
    for row in uow.rows(whose.where(Barcode.code.in_(codes), Barcode.sku_id != sku_id).limit(1)):
        facts = {"barcode": row.barcode, "sku": row.code, "name": row.name}
        raise Refused("catalog.barcode_taken", f"barcode {row.barcode} belongs to {row.code}", **facts)
    uow.execute(delete(Barcode).where(Barcode.sku_id == sku_id))
    uow.insert_many(Barcode, [{"code": code, "sku_id": sku_id, "unit_qty": qty} for code, qty in spec.barcodes])


def _save_bins(uow: UnitOfWork, sku_id: int, spec: SkuSpec) -> None:
    for warehouse_id, text in spec.bins:
        code = tidy_bin(text)
        if len(code) > LONGEST_BIN:
            raise Refused("catalog.bin_too_long", "this is no bin", most=LONGEST_BIN)
        here = (Bin.sku_id == sku_id, Bin.warehouse_id == warehouse_id)
        uow.execute(delete(Bin).where(*here))
        if code:
            row = {"sku_id": sku_id, "warehouse_id": warehouse_id, "code": code, "zone": zone_of(code)}
            uow.insert_many(Bin, [row])


def _save_components(uow: UnitOfWork, ids: Mapping[str, int], spec: SkuSpec) -> None:
    if not spec.components:
        return
    known = dict(ids) | _codes(uow, [code for code, _ in spec.components])
    missing = [code for code, _ in spec.components if code not in known]
    if missing:
        raise Refused("catalog.component_unknown", f"no SKU has the code {missing[0]}", sku=missing[0])
    bundle_id = known[spec.code]
    uow.execute(delete(BundleLine).where(BundleLine.bundle_sku_id == bundle_id))
    rows = [{"bundle_sku_id": bundle_id, "component_sku_id": known[c], "qty": qty} for c, qty in spec.components]
    uow.insert_many(BundleLine, rows)


def match_lines(
    uow: UnitOfWork, shop_id: int, lines: Iterable[ChannelOrderLine]
) -> Mapping[ListingKey, Sequence[Component]]:
    """What each sold listing consists of; an empty sequence where nothing of ours matches yet.

    Unknown listings are remembered and matched by merchant code on the spot. Two queries and at most one insert for
    a whole page of orders. What was asked for at the door names our own SKU and is no listing.
    """
    wanted = {(line.item_id, line.channel_sku_id): line for line in lines}
    found, decided = _found(uow, shop_id, wanted)
    new = {key: line for key, line in wanted.items() if key not in found and key[0] != AT_THE_DOOR}
    unmatched = {key: wanted[key] for key, sku_id in found.items() if sku_id is None and key not in decided}
    by_code = _codes(uow, sorted({line.merchant_code for line in (new | unmatched).values() if line.merchant_code}))
    if new:
        # What lists the shop's items may have added one meanwhile.
        rows = [_listing_row(shop_id, line, by_code) for line in new.values()]
        uow.execute(insert_or_ignore(uow.connection, Listing), rows)
        uow.changed("listing", 0)
    for key, line in unmatched.items():
        if line.merchant_code in by_code:
            match_listing(uow, shop_id, key, by_code[line.merchant_code])
    skus = {key: by_code.get(wanted[key].merchant_code) for key in new | unmatched}
    skus |= {key: sku_id for key, sku_id in found.items() if sku_id is not None or key in decided}
    return _expand(uow, skus)


def _found(
    uow: UnitOfWork, shop_id: int, wanted: Collection[ListingKey]
) -> tuple[dict[ListingKey, int | None], frozenset[ListingKey]]:
    """The SKUs of these keys: of listings that are known, and of merchant codes asked for at the door.

    Beside them the keys of which a person has decided.
    """
    asked = [code for item, code in wanted if item == AT_THE_DOOR]
    if not asked:
        return _known_listings(uow, shop_id, wanted)
    found: dict[ListingKey, int | None] = {
        (AT_THE_DOOR, code): sku_id for code, sku_id in _codes(uow, sorted(asked)).items()
    }
    offered = {key for key in wanted if key[0] != AT_THE_DOOR}
    if not offered:
        return found, frozenset()
    listed, decided = _known_listings(uow, shop_id, offered)
    return found | listed, decided


def _known_listings(
    uow: UnitOfWork, shop_id: int, wanted: Collection[ListingKey]
) -> tuple[dict[ListingKey, int | None], frozenset[ListingKey]]:
    items = {item for item, _ in wanted}
    rows: Sequence[Any] = uow.execute(_LISTINGS, {"shop": shop_id, "items": packed_texts(items)}).all()
    known = [((item, channel_sku), sku_id, is_by_hand) for item, channel_sku, sku_id, is_by_hand in rows]
    return (
        {key: sku_id for key, sku_id, _ in known if key in wanted},
        frozenset(key for key, _, is_by_hand in known if is_by_hand),
    )


def _listing_row(shop_id: int, line: ChannelOrderLine, by_code: Mapping[str, int]) -> dict[str, object]:
    return {
        "shop_id": shop_id,
        "item_id": line.item_id,
        "channel_sku_id": line.channel_sku_id,
        "merchant_code": line.merchant_code,
        "title": line.title,
        "spec": line.spec,
        "sku_id": by_code.get(line.merchant_code),
    }


def match_listing(uow: UnitOfWork, shop_id: int, key: ListingKey, sku_id: int) -> None:
    """Match a listing by its code, unless a person decides about it at this moment."""
    here = (Listing.shop_id == shop_id, Listing.item_id == key[0], Listing.channel_sku_id == key[1])
    waits = (Listing.sku_id.is_(None), ~Listing.is_by_hand)
    if uow.count(update(Listing).where(*here, *waits).values(sku_id=sku_id)):
        uow.record("listing.matched", "sku", sku_id, shop_id=shop_id, item=key[0])


def match_by_code(uow: UnitOfWork) -> None:
    """Match listings that wait for a SKU with those whose merchant code is known by now.

    What a person has decided stays as it is.
    """
    sku_id = select(Sku.id).where(Sku.code == Listing.merchant_code).correlate(Listing).scalar_subquery()
    waiting = (Listing.sku_id.is_(None), ~Listing.is_by_hand, Listing.merchant_code != "", sku_id.is_not(None))
    if uow.count(update(Listing).where(*waiting).values(sku_id=sku_id)):
        uow.changed("listing", 0)


def expand_listings(
    uow: UnitOfWork, shop_id: int, keys: Sequence[ListingKey]
) -> Mapping[ListingKey, Sequence[Component]]:
    """What these listings consist of as far as they are known; empty where one is not matched."""
    return _expand(uow, _found(uow, shop_id, frozenset(keys))[0])


def _expand(uow: UnitOfWork, skus: Mapping[ListingKey, int | None]) -> dict[ListingKey, Sequence[Component]]:
    ids = {sku_id for sku_id in skus.values() if sku_id is not None}
    bundles: dict[int, list[Component]] = {}
    rows: Sequence[Any] = uow.execute(_PARTS, {"ids": packed_ids(ids)}).all()
    for bundle_id, component_id, qty in rows:
        bundles.setdefault(bundle_id, []).append(Component(component_id, qty, bundle_id))
    parts: dict[int | None, Sequence[Component]] = {sku_id: (Component(sku_id, 1, None),) for sku_id in ids}
    parts |= {bundle_id: tuple(components) for bundle_id, components in bundles.items()}
    return {key: parts.get(sku_id, ()) for key, sku_id in skus.items()}
