"""Level rows: how they are locked, and the one statement that may change them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, literal_column, select, update

from core.db.sets import RowStatement, id_set, packed_ids
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.inventory.models import Batch, StockLevel
from core.runtime.ids import LevelId, SkuId, WarehouseId


@dataclass(slots=True)
class Delta:
    """By how much the quantities of one level change together."""

    on_hand: int = 0
    reserved: int = 0
    confirmed: int = 0
    quarantined: int = 0
    allotted: int = 0


class LevelsChanged(RuntimeError):
    """A guarded change met fewer levels than were locked for it: someone writes levels around this module."""


def free_of(level: Any, change: Delta | None = None) -> int:
    """Units of a level (a row of it, or its columns) that nobody has a claim to, after `change`.

    Not whether they may be sold: of a blocked batch or past their last day they may not.
    """
    held = level.reserved_qty + level.confirmed_qty + level.quarantined_qty + level.allotted_qty
    free: int = level.on_hand_qty - held
    if change is not None:
        free += change.on_hand - change.reserved - change.confirmed - change.quarantined - change.allotted
    return free


#: the same in a query
FREE: ColumnElement[int] = (
    StockLevel.on_hand_qty
    - StockLevel.reserved_qty
    - StockLevel.confirmed_qty
    - StockLevel.quarantined_qty
    - StockLevel.allotted_qty
)

#: what locking a level reads of it, in the order that `shelves.fill_shelves` takes apart
LEVEL_COLUMNS = (
    StockLevel.id,
    StockLevel.warehouse_id,
    StockLevel.sku_id,
    StockLevel.batch,
    StockLevel.on_hand_qty,
    StockLevel.reserved_qty,
    StockLevel.confirmed_qty,
    StockLevel.quarantined_qty,
    StockLevel.allotted_qty,
    StockLevel.expires_day,
    StockLevel.is_blocked,
)
# One total order (the id) for everybody, so that two desks never wait for each other crosswise. NO KEY: the foreign
# keys of new claims and movements may still point at a locked level. SQLite has one writer and renders no lock.
_LOCK = select(*LEVEL_COLUMNS).order_by(StockLevel.id).with_for_update(key_share=True)
_BY_SKU = _LOCK.where(StockLevel.sku_id.in_(id_set("sku_ids")), StockLevel.warehouse_id.in_(id_set("warehouse_ids")))
_PLACES = select(*LEVEL_COLUMNS[:4]).where(
    StockLevel.sku_id.in_(id_set("sku_ids")), StockLevel.warehouse_id.in_(id_set("warehouse_ids"))
)
_BY_ID = _LOCK.where(StockLevel.id.in_(id_set("level_ids")))


_ZERO: ColumnElement[int] = literal_column("0", BigInteger())


def _guarded_update(delta: Any) -> Any:
    """UPDATE of many levels; a level whose quantities would leave their bounds is not met."""
    on_hand = StockLevel.on_hand_qty + delta.on_hand
    reserved = StockLevel.reserved_qty + delta.reserved
    confirmed = StockLevel.confirmed_qty + delta.confirmed
    quarantined = StockLevel.quarantined_qty + delta.quarantined
    allotted = StockLevel.allotted_qty + delta.allotted
    return (
        update(StockLevel)
        .where(
            StockLevel.id == delta.level_id,
            reserved >= _ZERO,
            confirmed >= _ZERO,
            quarantined >= _ZERO,
            allotted >= _ZERO,
            reserved + confirmed + quarantined + allotted <= on_hand,
        )
        .values(
            on_hand_qty=on_hand,
            reserved_qty=reserved,
            confirmed_qty=confirmed,
            quarantined_qty=quarantined,
            allotted_qty=allotted,
        )
    )


_APPLY = RowStatement(
    _guarded_update,
    dict.fromkeys(("level_id", "on_hand", "reserved", "confirmed", "quarantined", "allotted"), BigInteger),
)


def lock_levels(uow: UnitOfWork, level_ids: Collection[int]) -> Sequence[Any]:
    """Lock and read these levels."""
    if not level_ids:
        return ()
    return uow.execute(_BY_ID, {"level_ids": packed_ids(sorted(level_ids))}).all()


def lock_known_levels(uow: UnitOfWork, pairs: Collection[tuple[WarehouseId, SkuId]]) -> Sequence[Any]:
    """Lock and read those levels of these (warehouse, SKU) pairs that there are, batches included."""
    binds = {
        "sku_ids": packed_ids({sku for _, sku in pairs}),
        "warehouse_ids": packed_ids({warehouse for warehouse, _ in pairs}),
    }
    return uow.execute(_BY_SKU, binds).all() if pairs else ()


def lock_levels_of(uow: UnitOfWork, pairs: Collection[tuple[WarehouseId, SkuId]]) -> Sequence[Any]:
    """Lock and read every level of these (warehouse, SKU) pairs, batches included.

    A pair without a level gets an empty one: a receipt that is being booked at the same moment then waits for us (or
    we for it), so it can never slip between "nothing there" and the `short` row that follows from it.
    """
    rows = lock_known_levels(uow, pairs)
    missing = set(pairs) - {(row[1], row[2]) for row in rows}
    if missing:
        for warehouse, sku in sorted(missing):
            _make_level(uow, warehouse, sku, "")
        rows = lock_known_levels(uow, pairs)
    return rows


def lock_level(uow: UnitOfWork, warehouse_id: WarehouseId, sku_id: SkuId, batch: str) -> Any:
    """Lock and read one level, made on the spot where it is missing."""
    one = _LOCK.where(StockLevel.sku_id == sku_id, StockLevel.warehouse_id == warehouse_id, StockLevel.batch == batch)
    row = uow.execute(one).one_or_none()
    if row is None:
        _make_level(uow, warehouse_id, sku_id, batch)
        row = uow.execute(one).one()
    return row


def lock_places(
    uow: UnitOfWork, places: Collection[tuple[int, int, str]], *, makes: bool = True
) -> dict[tuple[int, int, str], Any]:
    """Lock and read the levels of these (warehouse, SKU, batch), in the one order.

    Those that miss are made before any is locked, or with `makes` off left out.
    """
    if not places:
        return {}
    binds = {
        "sku_ids": packed_ids({sku for _, sku, _ in places}),
        "warehouse_ids": packed_ids({warehouse for warehouse, _, _ in places}),
    }
    known = _known_places(uow, binds)
    missing = sorted(set(places) - known.keys()) if makes else []
    for warehouse, sku, batch in missing:
        _make_level(uow, WarehouseId(warehouse), SkuId(sku), batch)
    if missing:
        known = _known_places(uow, binds)
    rows = lock_levels(uow, {known[place] for place in places if place in known})
    return {(row.warehouse_id, row.sku_id, row.batch): row for row in rows}


def _known_places(uow: UnitOfWork, binds: Mapping[str, str]) -> dict[tuple[int, int, str], int]:
    rows: Sequence[Any] = uow.execute(_PLACES, binds).all()
    return {(row.warehouse_id, row.sku_id, row.batch): row.id for row in rows}


def _make_level(uow: UnitOfWork, warehouse_id: WarehouseId, sku_id: SkuId, batch: str) -> None:
    fresh: dict[str, Any] = {"warehouse_id": warehouse_id, "sku_id": sku_id, "batch": batch}
    if batch:
        # Shared: whoever corrects the batch meanwhile waits, and finds this level then.
        known = select(Batch.expires_day, Batch.is_blocked).where(Batch.sku_id == sku_id, Batch.code == batch)
        found = uow.execute(known.with_for_update(read=True)).one_or_none()
        if found is not None:
            fresh |= {"expires_day": found.expires_day, "is_blocked": found.is_blocked}
    quantities = dict.fromkeys(("on_hand_qty", "reserved_qty", "confirmed_qty", "quarantined_qty", "allotted_qty"), 0)
    uow.execute(insert_or_ignore(uow.connection, StockLevel), fresh | quantities)


def is_applied(uow: UnitOfWork, deltas: Mapping[LevelId, Delta]) -> bool:
    """Change the levels if every one of them stays within its bounds; the row count decides.

    False means that at least one level refused; the others are changed, so the caller must raise.
    """
    if not deltas:
        return True
    rows = [
        (level, d.on_hand, d.reserved, d.confirmed, d.quarantined, d.allotted) for level, d in sorted(deltas.items())
    ]
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
