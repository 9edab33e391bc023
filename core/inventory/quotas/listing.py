"""The list of SKUs as the page of quotas shows it: by code, page by page, and the piles that need somebody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, func, literal, or_, select, text, union_all

from core.catalog.models import Barcode, BundleLine, Listing, Sku
from core.inventory.models import StockLevel
from core.inventory.quotas.models import Quota, QuotaCover, SkuPlan, StockAct
from core.inventory.quotas.queries import quotas_of
from core.inventory.quotas.records import SkuQuotas
from core.inventory.quotas.states import IS_OPEN, Mode

#: told to shops; may be oversold; numbers differ; something is under way; sold by shops and told to none; all
QUOTA_PILES: Final = ("told", "risk", "drift", "busy", "open", "all")

_RIGHT = Quota.granted_qty - Quota.withdrawn_qty - Quota.sold_qty + Quota.restored_qty


@dataclass(frozen=True, slots=True)
class QuotaFilter:
    """What is listed: one of `QUOTA_PILES`, and a piece of code or name, or a barcode."""

    pile: str = "told"
    search: str = ""


@dataclass(frozen=True, slots=True)
class QuotaPage:
    """SKUs, and the code after which the next page starts (None at the end)."""

    rows: tuple[SkuQuotas, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class Exposed:
    """A quota whose right is not covered: so many units may be oversold."""

    quota_id: int
    sku_id: int
    shop_id: int
    qty: int


def quota_page(
    connection: Connection, wanted: QuotaFilter, after: str | None, limit: int, now: datetime
) -> QuotaPage:
    """One page of the list, by code."""
    query = _filtered(select(Sku.id, Sku.code), wanted).order_by(Sku.code).limit(limit + 1)
    if after is not None:
        query = query.where(Sku.code > after)
    found: Sequence[Any] = connection.execute(query).all()
    rows = quotas_of(connection, [row.id for row in found[:limit]], now)
    return QuotaPage(rows, found[limit - 1].code if len(found) > limit else None)


def quota_counts(connection: Connection, search: str) -> Mapping[str, int]:
    """How many SKUs each pile holds of what is searched; the piles of everything are not counted, they only grow."""
    piles = ("told", "risk", "drift", "busy")
    return {
        pile: int(connection.execute(_filtered(select(func.count(Sku.id)), QuotaFilter(pile, search))).scalar_one())
        for pile in piles
    }


def _filtered(query: Any, wanted: QuotaFilter) -> Any:
    if wanted.search:
        piece = f"%{_escaped(wanted.search)}%"
        scanned = select(Barcode.sku_id).where(Barcode.code == wanted.search)
        query = query.where(
            or_(Sku.code.ilike(piece, escape="\\"), Sku.name.ilike(piece, escape="\\"), Sku.id.in_(scanned))
        )
    told = select(SkuPlan.sku_id).where(SkuPlan.mode != Mode.OFF.value)
    piles: Mapping[str, Any] = {
        "told": lambda: Sku.id.in_(told),
        # What the platform has beyond our right may be oversold as well: the page says so of the SKU.
        "risk": lambda: (
            Sku.id.in_(select(_exposed().c.sku_id)) | Sku.id.in_(select(Quota.sku_id).where(Quota.drift_qty > 0))
        ),
        "drift": lambda: Sku.id.in_(select(Quota.sku_id).where(Quota.drift_qty.is_not(None))),
        "busy": lambda: Sku.id.in_(
            select(Quota.sku_id).join(StockAct, StockAct.quota_id == Quota.id).where(text(f"stock_act.{IS_OPEN}"))
        ),
        "open": lambda: Sku.id.in_(select(Listing.sku_id)) & Sku.id.not_in(told) & Sku.is_stock_managed,
    }
    pile = piles.get(wanted.pile)
    return query if pile is None else query.where(pile())


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _exposed() -> Any:
    """Counted quotas with less behind them than they may sell: plain goods, and bundles by each component."""
    covered = (
        select(QuotaCover.quota_id, func.sum(QuotaCover.qty).label("qty")).group_by(QuotaCover.quota_id).subquery()
    )
    have = func.coalesce(covered.c.qty, 0)
    columns = (Quota.id.label("quota_id"), Quota.sku_id, Quota.shop_id)
    plain = (
        select(*columns, (_RIGHT - have).label("qty"))
        .join(Sku, Sku.id == Quota.sku_id)
        .outerjoin(covered, covered.c.quota_id == Quota.id)
        .where(Sku.is_bundle.is_(False), have < _RIGHT)
    )
    return union_all(plain, _exposed_bundles(columns)).subquery("exposed")


def _exposed_bundles(columns: tuple[Any, ...]) -> Select[Any]:
    behind = (
        select(func.coalesce(func.sum(QuotaCover.qty), literal(0)))
        .join(StockLevel, StockLevel.id == QuotaCover.level_id)
        .where(QuotaCover.quota_id == Quota.id, StockLevel.sku_id == BundleLine.component_sku_id)
        .scalar_subquery()
    )
    component = select(Sku.is_stock_managed).where(Sku.id == BundleLine.component_sku_id).scalar_subquery()
    return (
        select(*columns, func.max(_RIGHT - behind / BundleLine.qty).label("qty"))
        .join(BundleLine, BundleLine.bundle_sku_id == Quota.sku_id)
        .where(_RIGHT > 0, component, behind < _RIGHT * BundleLine.qty)
        .group_by(Quota.id, Quota.sku_id, Quota.shop_id)
    )


def exposed(connection: Connection) -> tuple[Exposed, ...]:
    """Every quota that may oversell, and by how much."""
    found = _exposed()
    rows = connection.execute(select(*found.c).order_by(found.c.quota_id)).all()
    return tuple(Exposed(row.quota_id, row.sku_id, row.shop_id, max(int(row.qty), 1)) for row in rows)
