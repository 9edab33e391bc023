"""Goods of a sheet: on which line a scan of them counts, and how those that were not expected get lines.

Goods are counted batch by batch. Which batches there are is asked of the stock at the moment of the scan: one that
came in after the sheet was made has no line yet, and its units must not be taken for another batch's.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import select

from core.catalog.models import Bin, Sku
from core.catalog.records import ScannedSku
from core.counting.lines import line_of
from core.counting.models import CountLine
from core.counting.sheets import counting_sheet, lines_for
from core.db.unit_of_work import UnitOfWork, insert_or_ignore
from core.inventory.batches import LONGEST_BATCH, learn_batch, tidy_batch
from core.inventory.models import Batch, StockLevel
from core.runtime.errors import NotFound, Refused

#: batches that nobody has units of by the books, the newest first: more than a clerk could choose from
_MOST_NOTED: Final = 9


def line_for(uow: UnitOfWork, sheet_id: int, sku: ScannedSku, named: str | None) -> Any | None:
    """The line a scan adds to, locked; None where it is a find.

    What the goods' own code says of their batch goes before what was named.

    Raises:
        Refused: `count.which_batch`, there are several; `count.batch_long`; `count.not_counting`; as
            `core.inventory.batches.note_batch`, of a code that names a new batch.
        NotFound: `count.no_sheet`.
    """
    sheet = counting_sheet(uow, sheet_id)
    query = select(CountLine.id, CountLine.batch).where(
        CountLine.sheet_id == sheet_id, CountLine.sku_id == sku.sku_id
    )
    lines: dict[str, int] = {line.batch: line.id for line in uow.execute(query)}
    if not lines and not (sheet.scope == "warehouse" and _is_countable(uow, sku.sku_id)):
        return None
    batch = _batch_of(uow, sheet, sku, named, lines)
    if batch not in lines:
        if not _is_countable(uow, sku.sku_id):
            return None
        if batch and sku.label is not None:
            learn_batch(uow, sku.sku_id, batch, sku.label.expires_on, sku.label.made_on)
        return line_of(uow, _new_lines(uow, sheet, sku.sku_id, [batch])[0])
    return line_of(uow, lines[batch])


def add_goods(uow: UnitOfWork, sheet_id: int, sku_id: int, batch: str = "") -> int:
    """Put goods onto the sheet that are not on it: from now on it is about all of them; gives the (first) line.

    Without a batch each that there is gets a line.

    Raises:
        Refused: `count.not_countable`; `count.not_counting`; `count.batch_long`.
        NotFound: `count.no_sheet`, `stock.no_sku`.
    """
    sheet = counting_sheet(uow, sheet_id)
    if uow.execute(select(Sku.id).where(Sku.id == sku_id)).one_or_none() is None:
        raise NotFound("stock.no_sku", f"there is no SKU {sku_id}", sku_id=sku_id)
    if not _is_countable(uow, sku_id):
        raise Refused("count.not_countable", "bundles, and goods nobody counts, hold no stock", sku_id=sku_id)
    batch = _tidied(batch)
    return _new_lines(uow, sheet, sku_id, [batch] if batch else None)[0]


def batches_here(uow: UnitOfWork, warehouse_id: int, sku_id: int) -> list[str]:
    """Batches of which the warehouse has units; an empty one are units of no batch."""
    query = select(StockLevel.batch).where(
        StockLevel.sku_id == sku_id, StockLevel.warehouse_id == warehouse_id, StockLevel.on_hand_qty > 0
    )
    return list(uow.execute(query.order_by(StockLevel.batch)).scalars())


def _batch_of(uow: UnitOfWork, sheet: Any, sku: ScannedSku, named: str | None, lines: Iterable[str]) -> str:
    """Which batch a scan is of."""
    said = sku.label.batch if sku.label is not None and sku.label.batch else named
    known = sorted({*lines, *batches_here(uow, sheet.warehouse_id, sku.sku_id)})
    if said is not None:
        return _as_written(_tidied(said), known)
    if sku.is_batch_managed:
        known = [batch for batch in known if batch] or _noted(uow, sku.sku_id) or known
    if len(known) > 1:
        sentence = f"{sku.code} has {len(known)} batches; say which one this is"
        raise Refused("count.which_batch", sentence, sku=sku.code, sku_id=sku.sku_id, batches=known)
    return known[0] if known else ""


def _as_written(batch: str, known: Sequence[str]) -> str:
    """The known batch that is meant: written exactly so, else the one that differs in large and small letters."""
    same = [one for one in known if one.lower() == batch.lower()]
    return same[0] if batch not in same and len(same) == 1 else batch


def _noted(uow: UnitOfWork, sku_id: int) -> list[str]:
    query = select(Batch.code).where(Batch.sku_id == sku_id).order_by(Batch.id.desc()).limit(_MOST_NOTED)
    return sorted(uow.execute(query).scalars())


def _new_lines(uow: UnitOfWork, sheet: Any, sku_id: int, batches: Sequence[str] | None) -> list[int]:
    """Lines for these batches, or for all there are; those that somebody made meanwhile are given instead."""
    home = select(Bin.code).where(Bin.sku_id == sku_id, Bin.warehouse_id == sheet.warehouse_id)
    place = uow.execute(home).scalar_one_or_none() or ""
    fresh = lines_for(uow, sheet, {sku_id: place}, batches, is_extra=True)
    for line in fresh:
        if uow.count(insert_or_ignore(uow.connection, CountLine), line):
            uow.record("count.goods_added", "count_sheet", sheet.id, sku_id=sku_id)
            uow.changed("count_line")
    query = select(CountLine.id).where(
        CountLine.sheet_id == sheet.id,
        CountLine.sku_id == sku_id,
        CountLine.batch.in_([line["batch"] for line in fresh]),
    )
    return list(uow.execute(query.order_by(CountLine.batch)).scalars())


def _tidied(batch: str) -> str:
    batch = tidy_batch(batch)
    if len(batch) > LONGEST_BATCH:
        raise Refused("count.batch_long", f"a batch has {LONGEST_BATCH} characters at most", most=LONGEST_BATCH)
    return batch


def _is_countable(uow: UnitOfWork, sku_id: int) -> bool:
    query = select(Sku.id).where(Sku.id == sku_id, Sku.is_stock_managed, ~Sku.is_bundle)
    return uow.execute(query).one_or_none() is not None
