"""Level rows: how they are locked, and the one statement that may change them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, literal_column, select, update

from core.db.sets import RowStatement, id_set, packed_ids
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.inventory.models import StockLevel
from core.runtime.ids import LevelId, SkuId, WarehouseId


@dataclass(slots=True)
class Delta:
    """By how much the four quantities of one level change together."""

    on_hand: int = 0
    reserved: int = 0
    confirmed: int = 0
    quarantined: int = 0


class LevelsChanged(RuntimeError):
    """A guarded change met fewer levels than were locked for it: someone writes levels around this module."""


_LEVEL = (
    StockLevel.id,
    StockLevel.warehouse_id,
    StockLevel.sku_id,
    StockLevel.batch,
    StockLevel.on_hand_qty,
    StockLevel.reserved_qty,
    StockLevel.confirmed_qty,
    StockLevel.quarantined_qty,
)
# One total order (the id) for everybody, so that two desks never wait for each other crosswise. NO KEY: the foreign
# keys of new claims and movements may still point at a locked level. SQLite has one writer and renders no lock.
_LOCK = select(*_LEVEL).order_by(StockLevel.id).with_for_update(key_share=True)
_BY_SKU = _LOCK.where(StockLevel.sku_id.in_(id_set("sku_ids")), StockLevel.warehouse_id.in_(id_set("warehouse_ids")))
_BY_ID = _LOCK.where(StockLevel.id.in_(id_set("level_ids")))


_ZERO: ColumnElement[int] = literal_column("0", BigInteger())


def _guarded_update(delta: Any) -> Any:
    """UPDATE of many levels; a level whose quantities would leave their bounds is not met."""
    on_hand = StockLevel.on_hand_qty + delta.on_hand
    reserved = StockLevel.reserved_qty + delta.reserved
    confirmed = StockLevel.confirmed_qty + delta.confirmed
    quarantined = StockLevel.quarantined_qty + delta.quarantined
    return (
        update(StockLevel)
        .where(
            StockLevel.id == delta.level_id,
            reserved >= _ZERO,
            confirmed >= _ZERO,
            quarantined >= _ZERO,
            reserved + confirmed + quarantined <= on_hand,
        )
        .values(on_hand_qty=on_hand, reserved_qty=reserved, confirmed_qty=confirmed, quarantined_qty=quarantined)
    )


_APPLY = RowStatement(
    _guarded_update,
    dict.fromkeys(("level_id", "on_hand", "reserved", "confirmed", "quarantined"), BigInteger),
)


def lock_levels(uow: UnitOfWork, level_ids: Collection[int]) -> Sequence[Any]:
    """Lock and read these levels."""
    if not level_ids:
        return ()
    return uow.execute(_BY_ID, {"level_ids": packed_ids(sorted(level_ids))}).all()


def lock_levels_of(uow: UnitOfWork, pairs: Collection[tuple[WarehouseId, SkuId]]) -> Sequence[Any]:
    """Lock and read every level of these (warehouse, SKU) pairs, batches included.

    A pair without a level gets an empty one: a receipt that is being booked at the same moment then waits for us (or
    we for it), so it can never slip between "nothing there" and the `short` row that follows from it.
    """
    if not pairs:
        return ()
    binds = {
        "sku_ids": packed_ids({sku for _, sku in pairs}),
        "warehouse_ids": packed_ids({warehouse for warehouse, _ in pairs}),
    }
    rows: Sequence[Any] = uow.execute(_BY_SKU, binds).all()
    missing = set(pairs) - {(row[1], row[2]) for row in rows}
    if missing:
        for warehouse, sku in sorted(missing):
            _make_level(uow, warehouse, sku, "")
        rows = uow.execute(_BY_SKU, binds).all()
    return rows


def lock_level(uow: UnitOfWork, warehouse_id: WarehouseId, sku_id: SkuId, batch: str) -> Any:
    """Lock and read one level, made on the spot where it is missing."""
    one = _LOCK.where(StockLevel.sku_id == sku_id, StockLevel.warehouse_id == warehouse_id, StockLevel.batch == batch)
    row = uow.execute(one).one_or_none()
    if row is None:
        _make_level(uow, warehouse_id, sku_id, batch)
        row = uow.execute(one).one()
    return row


def _make_level(uow: UnitOfWork, warehouse_id: WarehouseId, sku_id: SkuId, batch: str) -> None:
    fresh = {"warehouse_id": warehouse_id, "sku_id": sku_id, "batch": batch}
    quantities = dict.fromkeys(("on_hand_qty", "reserved_qty", "confirmed_qty", "quarantined_qty"), 0)
    uow.execute(insert_or_ignore(uow.connection, StockLevel), fresh | quantities)


def is_applied(uow: UnitOfWork, deltas: Mapping[LevelId, Delta]) -> bool:
    """Change the levels if every one of them stays within its bounds; the row count decides.

    False means that at least one level refused; the others are changed, so the caller must raise.
    """
    if not deltas:
        return True
    rows = [(level, d.on_hand, d.reserved, d.confirmed, d.quarantined) for level, d in sorted(deltas.items())]
    met = _APPLY.run(uow.connection, rows)
    uow.changed("stock_level", *deltas)
    return met == len(rows)


def apply(uow: UnitOfWork, deltas: Mapping[LevelId, Delta]) -> None:
    """Change levels that were locked and found sufficient before.

    Raises:
        LevelsChanged: a level refused all the same; the transaction must not be committed.
    """
    if not is_applied(uow, deltas):
        raise LevelsChanged(f"levels {_names(deltas)} changed under their lock")


def _names(ids: Iterable[int]) -> str:
    return ", ".join(str(number) for number in sorted(ids))
