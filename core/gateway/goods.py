"""What a mall calls goods: merchant codes with quantities, and what they are here. A bundle is its components."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from core.catalog.models import BundleLine, Sku
from core.channels.models import Shop
from core.db.sets import id_set, packed_ids, packed_texts, text_set
from core.gateway.problems import Problem
from core.inventory.capping import under_caps
from core.runtime.ids import SkuId

_BY_CODE = select(Sku.id, Sku.code, Sku.name, Sku.spec, Sku.is_bundle).where(Sku.code.in_(text_set("codes")))
_BY_ID = select(Sku.id, Sku.code, Sku.name, Sku.spec, Sku.is_bundle).where(Sku.id.in_(id_set("ids")))
_PARTS = (
    select(BundleLine.bundle_sku_id, BundleLine.component_sku_id, BundleLine.qty)
    .where(BundleLine.bundle_sku_id.in_(id_set("ids")))
    .order_by(BundleLine.id)
)


@dataclass(frozen=True, slots=True)
class Goods:
    """One merchant code. `parts` are the SKUs that hold its stock with their units: itself, or a bundle's."""

    id: int
    code: str
    name: str
    spec: str
    parts: tuple[tuple[SkuId, int], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A line as a mall asks for it."""

    goods: Goods
    qty: int


def goods_by_code(connection: Connection, codes: Collection[str]) -> Mapping[str, Goods]:
    """The goods of these codes; unknown ones are left out."""
    rows = connection.execute(_BY_CODE, {"codes": packed_texts(codes)}).all()
    return {goods.code: goods for goods in _whole(connection, rows)}


def goods_by_id(connection: Connection, ids: Collection[int]) -> Mapping[int, Goods]:
    """The goods of these SKUs."""
    rows = connection.execute(_BY_ID, {"ids": packed_ids(ids)}).all()
    return {goods.id: goods for goods in _whole(connection, rows)}


def _whole(connection: Connection, rows: Sequence[Any]) -> list[Goods]:
    bundles = [row.id for row in rows if row.is_bundle]
    parts: dict[int, list[tuple[SkuId, int]]] = {}
    if bundles:
        for bundle, part, qty in connection.execute(_PARTS, {"ids": packed_ids(bundles)}):
            parts.setdefault(bundle, []).append((SkuId(part), qty))
    return [
        Goods(row.id, row.code, row.name, row.spec, tuple(parts.get(row.id, ())) or ((SkuId(row.id), 1),))
        for row in rows
    ]


def promised_life(connection: Connection, shop_id: int) -> int:
    """How many days goods have to last still when this shop sells them."""
    found: int | None = connection.execute(select(Shop.min_life_days).where(Shop.id == shop_id)).scalar_one_or_none()
    return found or 0


def asked_lines(known: Mapping[str, Goods], lines: Sequence[Mapping[str, Any]]) -> list[Asked]:
    """The lines of a call with what they mean here; `known` has the goods of their codes as far as there are any.

    Raises:
        Problem: `invalid`, a code stands twice; `unknown_sku`.
    """
    codes = [str(line["sku"]) for line in lines]
    if len(set(codes)) != len(codes):
        raise Problem("invalid", "body.lines: a SKU stands in two lines; send one line with the sum")
    missing = [code for code in codes if code not in known]
    if missing:
        raise Problem("unknown_sku", lines=[{"sku": code} for code in missing])
    return [Asked(known[str(line["sku"])], int(line["qty"])) for line in lines]


def units_of(lines: Iterable[Asked]) -> Counter[SkuId]:
    """Units by the SKUs that hold stock."""
    units: Counter[SkuId] = Counter()
    for line in lines:
        for sku, qty in line.goods.parts:
            units[sku] += qty * line.qty
    return units


def capped(connection: Connection, shop_id: int, free: Mapping[SkuId, int], now: datetime) -> Mapping[SkuId, int]:
    """What is free, less what a shop may not sell because its sale of it is capped."""
    caps = under_caps(connection, shop_id, free, now)
    return {sku: min(qty, caps.get(sku, qty)) for sku, qty in free.items()}


def to_be_had(goods: Goods, free: Mapping[SkuId, int]) -> int:
    """How many of these goods there are, were they wanted alone."""
    return max(min(free[sku] // qty for sku, qty in goods.parts), 0)


def share(lines: Sequence[Asked], free: Mapping[SkuId, int]) -> list[int]:
    """How many of each line can be given, the first line first."""
    left = dict(free)
    given = []
    for line in lines:
        qty = min(line.qty, to_be_had(line.goods, left))
        for sku, per in line.goods.parts:
            left[sku] -= qty * per
        given.append(qty)
    return given
