"""What a listing that nobody has matched may be: SKUs of the same barcode, of the same code, of the same words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, union_all

from core.catalog.models import Barcode, Sku
from core.db.letters import fold
from core.db.sets import packed_texts, text_set

#: nobody types it, so that no find reaches from one column into the next
_DIVIDER: Final = "\x1f"
#: shorter names stand in half of all titles
_SHORTEST_NAME: Final = 2
_MOST_SIMILAR: Final = 5


class Why(StrEnum):
    """Why a SKU is proposed, the surest first."""

    BARCODE = "barcode"
    CODE = "code"
    NAME = "name"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a listing."""

    listing_id: int
    merchant_code: str
    barcode: str
    title: str
    spec: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A SKU that a listing may be."""

    sku_id: int
    code: str
    name: str
    spec: str
    is_bundle: bool
    why: Why


_SKU = (Sku.id, Sku.code, Sku.name, Sku.spec, Sku.is_bundle)
# A carton's code stands for several units, and a listing sells one.
_BY_BARCODE = (
    select(*_SKU, Barcode.code.label("key"))
    .join(Barcode, Barcode.sku_id == Sku.id)
    .where(Barcode.code.in_(text_set("keys")), Barcode.unit_qty == 1)
)
_BY_CODE = select(*_SKU, func.folded(Sku.code).label("key")).where(func.folded(Sku.code).in_(text_set("keys")))
# Two questions, each with its index; one with both would look at every SKU.
_BY_NAME = union_all(
    *(
        select(*_SKU, (func.folded(name) + _DIVIDER + func.folded(Sku.spec)).label("key")).where(
            func.folded(name).in_(text_set("names")),
            (func.folded(name) + _DIVIDER + func.folded(Sku.spec)).in_(text_set("keys")),
        )
        for name in (Sku.name, Sku.short_name)
    )
)
_SIMILAR = (
    select(*_SKU)
    .where(
        func.length(Sku.name) >= _SHORTEST_NAME,
        func.place_in(bindparam("title"), func.folded(Sku.name)) > 0,
    )
    .order_by((func.folded(Sku.spec) == bindparam("spec")).desc(), func.length(Sku.name).desc(), Sku.code)
    .limit(_MOST_SIMILAR)
)


def proposals(connection: Connection, asked: Sequence[Asked]) -> Mapping[int, tuple[Proposal, ...]]:
    """Listing id -> SKUs that it may be, the surest first; three looks at the catalogue for all of them together."""
    found: dict[int, dict[int, Proposal]] = {one.listing_id: {} for one in asked}
    wishes = (
        (Why.BARCODE, _BY_BARCODE, lambda one: (one.barcode, one.merchant_code)),
        (Why.CODE, _BY_CODE, lambda one: (fold(one.merchant_code), fold(one.barcode))),
        (Why.NAME, _BY_NAME, lambda one: (fold(one.title) + _DIVIDER + fold(one.spec),)),
    )
    for why, query, keys_of in wishes:
        keys = sorted({key for one in asked for key in keys_of(one) if key.strip(_DIVIDER)})
        if not keys:
            continue
        by_key: dict[str, list[Proposal]] = {}
        binds = {"keys": packed_texts(keys)}
        if why is Why.NAME:
            binds["names"] = packed_texts(sorted({fold(one.title) for one in asked}))
        rows: Sequence[Any] = connection.execute(query, binds).all()
        for row in sorted(rows, key=lambda row: row.code):
            by_key.setdefault(row.key, []).append(_proposal(row, why))
        for one in asked:
            for key in keys_of(one):
                for proposal in by_key.get(key, ()):
                    found[one.listing_id].setdefault(proposal.sku_id, proposal)
    return {listing_id: tuple(skus.values()) for listing_id, skus in found.items()}


def similar(connection: Connection, title: str, spec: str) -> tuple[Proposal, ...]:
    """SKUs whose name stands in a title, those of the same spec first; for one listing at a time."""
    rows = connection.execute(_SIMILAR, {"title": fold(title), "spec": fold(spec)}).all()
    return tuple(_proposal(row, Why.SIMILAR) for row in rows)


def _proposal(row: Any, why: Why) -> Proposal:
    return Proposal(row.id, row.code, row.name, row.spec, row.is_bundle, why)
