"""Counts out of a file: what one person may not book alone becomes a sheet that somebody else decides about.

Just as at the shelf: who brings the numbers is who counted them, and large differences want a second pair of eyes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, func, select, update

from core.catalog.models import Bin, Sku
from core.counting.models import CountLine, CountScan, CountSheet
from core.counting.records import Scope
from core.counting.settling import alone_qty
from core.counting.sheets import begin, lines_for, make_sheet, submit
from core.counting.states import SheetState
from core.counting.tallying import finish_place, go_to, write_down
from core.db.sets import id_set, packed_ids, packed_texts, text_set
from core.db.unit_of_work import UnitOfWork
from core.inventory.batches import expect_batch
from core.inventory.documents.rules import is_over
from core.inventory.ledger import MOST_QTY
from core.inventory.models import StockLevel
from core.runtime.ids import SkuId, WarehouseId

#: how the keys of such sheets begin
_KEY: Final = "file:"
_ON_HAND = select(StockLevel.sku_id, StockLevel.batch, func.sum(StockLevel.on_hand_qty)).where(
    StockLevel.sku_id.in_(id_set("ids"))
)
_COUNTED = select(Sku.id).where(Sku.id.in_(id_set("ids")), Sku.is_stock_managed, Sku.is_bundle.is_(False))


@dataclass(frozen=True, slots=True)
class FileCount:
    """What a file says was counted of one kind of goods in one warehouse; `key` stands for this row of this file."""

    warehouse_id: WarehouseId
    sku_id: SkuId
    batch: str
    qty: int
    key: str


class _Difference(NamedTuple):
    """As `rules.is_over` reads a line of an adjustment."""

    sku_id: int
    qty: int
    unit_cost_fen: None = None


def wait_for_other(connection: Connection, person_id: int, counts: Sequence[FileCount]) -> Sequence[FileCount]:
    """Those of the counts that whoever brings the file may not book alone.

    By the limits of a stocktake and of an adjustment, each difference by itself. Where nobody signs in there is
    nobody else; goods that hold no stock are left to the ledger, which refuses them in its own words.
    """
    if person_id <= 0 or not counts:
        return ()
    ids = {"ids": packed_ids({one.sku_id for one in counts})}
    countable = set(connection.execute(_COUNTED, ids).scalars())
    most = alone_qty(connection)
    have = _on_hand(connection, counts)
    found = []
    for one in counts:
        difference = one.qty - have.get((one.warehouse_id, one.sku_id, one.batch), 0)
        is_large = abs(difference) > most or is_over(connection, [_Difference(one.sku_id, difference)])
        if one.sku_id in countable and difference and is_large:
            found.append(one)
    return found


def _on_hand(connection: Connection, counts: Sequence[FileCount]) -> Mapping[tuple[int, int, str], int]:
    have: dict[tuple[int, int, str], int] = {}
    for warehouse_id in {one.warehouse_id for one in counts}:
        here = _ON_HAND.where(StockLevel.warehouse_id == warehouse_id).group_by(StockLevel.sku_id, StockLevel.batch)
        binds = {"ids": packed_ids({one.sku_id for one in counts if one.warehouse_id == warehouse_id})}
        have |= {(warehouse_id, sku, batch): int(qty) for sku, batch, qty in connection.execute(here, binds)}
    return have


def put_on_sheet(uow: UnitOfWork, digest: str, file: str, counts: Sequence[FileCount]) -> None:
    """Write these counts on the sheet of the file, one for each warehouse; it is handed in by `hand_in`.

    Raises:
        Refused: `stock.batch_missing`, `batch.day_missing`, `batch.code_bad`; `stock.qty_out_of_range`.
        NotFound: `stock.no_warehouse`.
    """
    for warehouse_id in sorted({one.warehouse_id for one in counts}):
        here = sorted(
            (one for one in counts if one.warehouse_id == warehouse_id), key=lambda one: (one.sku_id, one.batch)
        )
        for one in here:
            if one.qty:
                expect_batch(uow, one.sku_id, one.batch)
        sheet = _open_sheet(uow, digest, warehouse_id, file, [one.sku_id for one in here])
        lines = _lines(uow, sheet, here)
        begin(uow, sheet.id)
        place = go_to(uow, sheet.id, "")
        for one in here:
            write_down(uow, place.pass_id, lines[one.sku_id, one.batch], one.qty, one.key, most_qty=MOST_QTY)


def _open_sheet(uow: UnitOfWork, digest: str, warehouse_id: int, file: str, sku_ids: Sequence[int]) -> Any:
    """The sheet of this file that its bearer still writes on, made where there is none."""
    begins = f"{_mine(uow, digest)}{warehouse_id}:"
    mine = CountSheet.key.startswith(begins)
    rows = uow.rows(select(*CountSheet.__table__.c).where(mine).order_by(CountSheet.id))
    sheet = next((row for row in rows if row.state == SheetState.COUNTING and row.submitted_at is None), None)
    if sheet is None:
        key = f"{begins}{len(rows)}"
        sheet_id = make_sheet(uow, warehouse_id, Scope("skus", tuple(sku_ids)), key, file[:200], is_blind=False)
        values: dict[str, Any] = {"is_filled": True}
    else:
        sheet_id = sheet.id
        values = {"scope_values": sorted({*sheet.scope_values, *sku_ids})}
    uow.execute(update(CountSheet).where(CountSheet.id == sheet_id).values(**values))
    return uow.execute(select(*CountSheet.__table__.c).where(CountSheet.id == sheet_id)).one()


def _lines(uow: UnitOfWork, sheet: Any, counts: Sequence[FileCount]) -> Mapping[tuple[int, str], int]:
    """The sheet's lines of these goods and batches; a place that the file names twice has one line."""
    ids = {"ids": packed_ids({one.sku_id for one in counts})}
    here = select(CountLine.sku_id, CountLine.batch, CountLine.id).where(
        CountLine.sheet_id == sheet.id, CountLine.sku_id.in_(id_set("ids"))
    )

    def known() -> dict[tuple[int, str], int]:
        return {(row.sku_id, row.batch): row.id for row in uow.execute(here, ids)}

    before = known()
    places = select(Bin.sku_id, Bin.code).where(Bin.sku_id.in_(id_set("ids")), Bin.warehouse_id == sheet.warehouse_id)
    bins: dict[int, str] = {row.sku_id: row.code for row in uow.execute(places, ids)}
    new = dict.fromkeys((one.sku_id, one.batch) for one in counts if (one.sku_id, one.batch) not in before)
    rows = [row for sku, batch in new for row in lines_for(uow, sheet, {sku: bins.get(sku, "")}, [batch])]
    if rows:
        uow.insert_many(CountLine, rows)
    return known() if rows else before


def _mine(uow: UnitOfWork, digest: str) -> str:
    """How the keys of sheets begin that this person makes of a file."""
    return f"{_KEY}{digest}:{uow.actor.person_id}:"


def hand_in(uow: UnitOfWork, digest: str) -> tuple[str, ...]:
    """Hand in what whoever acts has written of this file; gives the sheets' numbers. Again gives nothing."""
    here = (
        CountSheet.key.startswith(_mine(uow, digest)),
        CountSheet.state == SheetState.COUNTING.value,
        CountSheet.submitted_at.is_(None),
    )
    numbers = []
    for sheet in uow.rows(select(CountSheet.id, CountSheet.number).where(*here).order_by(CountSheet.id)):
        place = go_to(uow, sheet.id, "")
        finish_place(uow, place.pass_id, f"{_KEY}{digest}:end", "leave")
        submit(uow, sheet.id, end_places=True)
        numbers.append(str(sheet.number))
    return tuple(numbers)


def on_sheets(connection: Connection, keys: Collection[str]) -> frozenset[str]:
    """Those of the keys whose counts stand on a sheet already."""
    query = select(CountScan.key).where(CountScan.key.in_(text_set("keys")))
    return frozenset(connection.execute(query, {"keys": packed_texts(keys)}).scalars())
