"""Sales that are stopped for a while (停售): of one SKU or of everything, at one shop or at all of them.

Whoever lets shops sell asks here first. What stops a sale by itself (a rule, a breaker) writes here too, each under a
cause of its own: a sale goes on when nobody holds it stopped any more. A sale may also be capped: so many units of
each SKU may still be sold.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, SQLColumnExpression, delete, func, or_, select

from core.catalog.models import BundleLine, Sku
from core.db.sets import id_set, packed_ids
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.inventory.models import SalePause
from core.orders.models import Order

_OF_SKUS = or_(SalePause.sku_id.is_(None), SalePause.sku_id.in_(id_set("sku_ids")))
_STANDING = select(SalePause.sku_id).where(_OF_SKUS, SalePause.cap_qty.is_(None))
_CAPS = select(SalePause.sku_id, SalePause.cap_qty, SalePause.after_order_id).where(
    _OF_SKUS, SalePause.cap_qty.is_not(None)
)


@dataclass(frozen=True, slots=True)
class Cap:
    """Orders taken in after `after_order_id` may have so many units in all."""

    qty: int
    after_order_id: int


def paused_skus(connection: Connection, shop_id: int, sku_ids: Collection[int]) -> frozenset[int]:
    """Those of the SKUs that the shop may not sell now."""
    here = _STANDING.where(or_(SalePause.shop_id.is_(None), SalePause.shop_id == shop_id))
    found: Sequence[Any] = connection.execute(here, {"sku_ids": packed_ids(sku_ids)}).scalars().all()
    return frozenset(sku_ids) if None in found else frozenset(found)


def caps_of(connection: Connection, shop_id: int, sku_ids: Collection[int]) -> Mapping[int, tuple[Cap, ...]]:
    """The caps that hold for each of the SKUs at a shop; those without any are left out."""
    here = _CAPS.where(or_(SalePause.shop_id.is_(None), SalePause.shop_id == shop_id))
    found: dict[int, list[Cap]] = {}
    rows: Sequence[Any] = connection.execute(here, {"sku_ids": packed_ids(sku_ids)}).all()
    for of_sku, qty, after in rows:
        for sku_id in sku_ids if of_sku is None else (of_sku,):
            found.setdefault(sku_id, []).append(Cap(qty, after))
    return {sku_id: tuple(caps) for sku_id, caps in found.items()}


def capped_shops(connection: Connection) -> frozenset[int | None]:
    """Shops whose sale of something is capped; None stands for all of them."""
    query = select(SalePause.shop_id).where(SalePause.cap_qty.is_not(None)).distinct()
    return frozenset(connection.execute(query).scalars())


@dataclass(frozen=True, slots=True)
class Stops:
    """The stops that stand, of one read: (shop or None for all, SKU or None for all)."""

    standing: frozenset[tuple[int | None, int | None]]

    def hold(self, shop_id: int | None, sku_ids: Collection[int]) -> bool:
        """Whether the shop (None: no shop) may not sell something that consists of these SKUs (none: anything)."""
        return any((shop, sku) in self.standing for shop in (None, shop_id) for sku in (None, *sku_ids))


def stops_of(connection: Connection, sku_ids: Collection[int]) -> Stops:
    """Every stop that touches one of these SKUs, at whatever shop."""
    rows: Sequence[Any] = connection.execute(
        _STANDING.with_only_columns(SalePause.shop_id, SalePause.sku_id), {"sku_ids": packed_ids(sku_ids)}
    ).all()
    return Stops(frozenset((shop, sku) for shop, sku in rows))


def is_held(shop_id: SQLColumnExpression[Any], sku_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Whether a stop holds for the shop and the SKU of a row: for the SKU itself, or for something it consists of."""
    parts = select(BundleLine.component_sku_id).where(BundleLine.bundle_sku_id == sku_id)
    whose = or_(SalePause.shop_id.is_(None), SalePause.shop_id == shop_id)
    what = or_(
        SalePause.sku_id.is_(None),
        SalePause.sku_id == sku_id,
        SalePause.sku_id.in_(parts.correlate_except(BundleLine)),
    )
    return select(SalePause.id).where(SalePause.cap_qty.is_(None), whose, what).correlate_except(SalePause).exists()


def is_anything_held(connection: Connection) -> bool:
    """Whether any stop stands."""
    return connection.execute(select(SalePause.id).where(SalePause.cap_qty.is_(None)).limit(1)).first() is not None


def is_shop_paused(connection: Connection, shop_id: int) -> bool:
    """Whether the shop may sell nothing at all now."""
    query = select(SalePause.id).where(
        SalePause.sku_id.is_(None),
        SalePause.cap_qty.is_(None),
        or_(SalePause.shop_id.is_(None), SalePause.shop_id == shop_id),
    )
    return connection.execute(query.limit(1)).first() is not None


def pause_sale(
    uow: UnitOfWork,
    shop_id: int | None,
    sku_id: int | None,
    reason: str,
    *,
    cause: str = "",
    cap_qty: int | None = None,
) -> bool:
    """Stop a sale, or cap it at so many units from now on; None stands for every shop, or for every SKU.

    False where the cause holds it already.
    """
    take_turn(uow, "sale_pause")
    before = uow.rows(select(SalePause.cause, SalePause.cap_qty).where(*_same(shop_id, sku_id)))
    if any(row.cause == cause for row in before):
        return False
    newest: int = 0
    if cap_qty is not None:
        newest = int(uow.execute(select(func.coalesce(func.max(Order.id), 0))).scalar_one())
    row = {
        "shop_id": shop_id,
        "sku_id": sku_id,
        "reason": reason,
        "at": uow.now,
        "by": uow.actor.operator,
        "cause": cause,
        "cap_qty": cap_qty,
        "after_order_id": newest,
    }
    uow.insert(SalePause, row)
    if cap_qty is not None:
        uow.record("sale.capped", "shop", shop_id or 0, sku=_code(uow, sku_id), reason=reason, n=cap_qty)
    elif all(row.cap_qty is not None for row in before):
        uow.record("sale.paused", "shop", shop_id or 0, sku=_code(uow, sku_id), reason=reason)
    return True


def resume_sale(uow: UnitOfWork, shop_id: int | None, sku_id: int | None, *, cause: str = "") -> bool:
    """Hold it stopped no longer for this cause; False where the cause did not hold it."""
    take_turn(uow, "sale_pause")
    return _let_go(uow, (*_same(shop_id, sku_id), SalePause.cause == cause)) > 0


def resume_cause(uow: UnitOfWork, cause: str) -> int:
    """Hold nothing stopped any longer for this cause; gives how many rows were let go."""
    take_turn(uow, "sale_pause")
    return _let_go(uow, (SalePause.cause == cause,))


def _let_go(uow: UnitOfWork, which: tuple[Any, ...]) -> int:
    columns = (SalePause.shop_id, SalePause.sku_id, SalePause.cap_qty)
    gone = uow.rows(select(*columns).where(*which).order_by(SalePause.id))
    if not gone:
        return 0
    uow.execute(delete(SalePause).where(*which))
    uow.changed(SalePause.__tablename__)
    left = uow.rows(select(SalePause.shop_id, SalePause.sku_id).where(SalePause.cap_qty.is_(None)))
    stops = Stops(frozenset((row.shop_id, row.sku_id) for row in left))
    for row in gone:
        if stops.hold(row.shop_id, () if row.sku_id is None else (row.sku_id,)):
            continue
        code = _code(uow, row.sku_id)
        if row.cap_qty is not None:
            uow.record("sale.uncapped", "shop", row.shop_id or 0, sku=code)
            continue
        uow.record("sale.resumed", "shop", row.shop_id or 0, sku=code)
        # Whoever was told that all goods or all shops go on hears what of it stays stopped.
        for shop_id, sku_id in _common(stops, row.shop_id, row.sku_id):
            uow.record("sale.still_paused", "shop", shop_id, sku=_code(uow, sku_id or None))
    return len(gone)


def _common(stops: Stops, shop_id: int | None, sku_id: int | None) -> Sequence[tuple[int, int]]:
    """(shop, SKU) of what stops hold of a sale, 0 for all."""
    found = {
        (shop or shop_id or 0, sku or sku_id or 0)
        for shop, sku in stops.standing
        if None in (shop, shop_id) or shop == shop_id
        if None in (sku, sku_id) or sku == sku_id
    }
    return sorted(found)


def _code(uow: UnitOfWork, sku_id: int | None) -> str | None:
    return None if sku_id is None else str(uow.execute(select(Sku.code).where(Sku.id == sku_id)).scalar_one())


def _same(shop_id: int | None, sku_id: int | None) -> tuple[Any, ...]:
    return (
        SalePause.shop_id.is_(None) if shop_id is None else SalePause.shop_id == shop_id,
        SalePause.sku_id.is_(None) if sku_id is None else SalePause.sku_id == sku_id,
    )
