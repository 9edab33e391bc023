"""From lines to levels: the movements of a document, all in one go, each bound to the line that made it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.catalog.models import Sku
from core.db.unit_of_work import UnitOfWork
from core.inventory.documents.models import DocumentMovement
from core.inventory.documents.writing import Paper
from core.inventory.levels import Delta, apply, free_of, lock_places
from core.inventory.models import Movement
from core.inventory.states import MovementKind
from core.runtime.errors import Refused
from core.runtime.ids import LevelId, SkuId, WarehouseId

#: warehouse, SKU, batch
Place = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Move:
    """What one line does to one place. `kind` None changes what is set aside and moves no goods."""

    line_id: int
    place: Place
    kind: MovementKind | None
    on_hand: int = 0
    quarantined: int = 0


def move(
    uow: UnitOfWork, paper: Paper, moves: Sequence[Move], act: str, *, short: str = "document.too_little"
) -> None:
    """Change the levels and write the movements of one act of a document.

    Args:
        uow: the open transaction.
        paper: the claimed document.
        moves: what its lines do; several may touch one place.
        act: names the act within the document: a line moves once in each.
        short: code of the refusal where a place has fewer free units than are taken away.

    Raises:
        Refused: with `short`: which goods, how many are free; `stock.allotted`, where what lacks belongs to shops.
    """
    if not moves:
        return
    levels = lock_places(uow, {one.place for one in moves})
    deltas: defaultdict[LevelId, Delta] = defaultdict(Delta)
    for one in moves:
        delta = deltas[levels[one.place].id]
        delta.on_hand += one.on_hand
        delta.quarantined += one.quarantined
    for place, level in levels.items():
        _check(uow, paper, place, level, deltas[level.id], short)
    apply(uow, {level: delta for level, delta in deltas.items() if delta != Delta()})
    _write(uow, paper, moves, levels, act)


def _check(uow: UnitOfWork, paper: Paper, place: Place, level: Any, delta: Delta, short: str) -> None:
    free = free_of(level)
    lacks_free = free + delta.on_hand - delta.quarantined < 0
    lacks_aside = level.quarantined_qty + delta.quarantined < 0
    if not lacks_free and not lacks_aside:
        return
    code = uow.execute(select(Sku.code).where(Sku.id == place[1])).scalar_one()
    wanted, there = (-delta.quarantined, level.quarantined_qty)
    if lacks_free:
        wanted, there = delta.quarantined - delta.on_hand, free
    if not lacks_aside and level.allotted_qty and wanted <= free + level.allotted_qty:
        short = "stock.allotted"
    raise Refused(
        short,
        f"{paper.number} takes {wanted} of {code}, and {there} can be taken",
        number=paper.number,
        sku=code,
        batch=place[2],
        qty=wanted,
        available_qty=there,
        allotted_qty=level.allotted_qty,
    )


def _write(uow: UnitOfWork, paper: Paper, moves: Sequence[Move], levels: dict[Place, Any], act: str) -> None:
    going = [one for one in moves if one.kind is not None and one.on_hand]
    for one in moves:
        aside = {"quarantined": one.quarantined} if one.kind and one.quarantined else {}
        uow.record(
            f"stock.{one.kind or 'quarantine'}",
            "stock_level",
            levels[one.place].id,
            qty=one.on_hand if one.kind else one.quarantined,
            reason=paper.reason,
            document=paper.number,
            **aside,
        )
    ids = uow.take_ids(Movement, len(going))
    rows = [
        {
            "id": number,
            "at": uow.now,
            "level_id": levels[one.place].id,
            "qty": one.on_hand,
            "kind": one.kind,
            "reason": paper.reason,
            "reference": paper.number,
            "operator": uow.actor.operator,
            "key": f"document:{one.line_id}:{act}:{one.place[0]}",
        }
        for number, one in zip(ids, going, strict=True)
    ]
    uow.insert_many(Movement, rows)
    links = [{"movement_id": number, "line_id": one.line_id} for number, one in zip(ids, going, strict=True)]
    uow.insert_many(DocumentMovement, links)


def place_of(warehouse_id: int | None, line: Any) -> Place:
    """Where a line's goods are, in this warehouse."""
    return (WarehouseId(warehouse_id or 0), SkuId(line.sku_id), line.batch)
