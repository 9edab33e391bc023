"""Goods of a document from a table, and a document as a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from core.catalog.models import Barcode, Sku
from core.db.sets import packed_texts, text_set
from core.files.cells import BadCell, moment_of, money_of, text_of, whole_of
from core.files.fields import Row
from core.files.mapping import apply
from core.files.presets.preset import Preset
from core.files.records import Table
from core.files.writing import Sheet, Value
from core.inventory.documents.records import MOST_LINES, DocumentDetail, LineIn
from core.inventory.shelves import day_of
from core.runtime.errors import Refused
from core.runtime.ids import SkuId

GOODS: Final = Preset(
    id="document_goods",
    kind="goods",
    platform="",
    columns={
        "code": (
            "商家编码",
            "货号",
            "SKU编码",
            "SKU",
            "编码",
            "商品编码",
            "条码",
            "条形码",
            "69码",
            "Code",
            "Barcode",
        ),
        "qty": ("数量", "采购数量", "到货数量", "入库数量", "发货数量", "件数", "实收", "Qty", "Quantity"),
        "batch": ("批次", "批号", "生产批号", "Batch"),
        "made": ("生产日期", "Made"),
        "until": ("到期日", "有效期至", "保质期至", "失效日期", "Expires", "Until"),
        "cost": ("单价", "采购价", "成本价", "进价", "含税单价", "Unit cost", "Cost"),
    },
    required=("code", "qty"),
    headers=("商家编码", "数量", "批次", "到期日", "单价"),
)
_BY_CODE = select(Sku.code, Sku.id).where(Sku.code.in_(text_set("codes")))
_BY_BARCODE = select(Barcode.code, Barcode.sku_id, Barcode.unit_qty).where(Barcode.code.in_(text_set("codes")))


@dataclass(frozen=True, slots=True)
class GoodsRow:
    """One row as it stands in the table."""

    number: int
    code: str
    qty: int
    batch: str
    made_day: int | None
    expires_day: int | None
    unit_cost_fen: int | None


@dataclass(frozen=True, slots=True)
class FileGoods:
    """What came of a table: lines, how many rows became some, and the codes nobody knows."""

    lines: tuple[LineIn, ...]
    added: int
    unknown: tuple[str, ...]


def read_goods(path: Path, table: Table) -> tuple[GoodsRow, ...]:
    """The rows of a table of goods.

    Raises:
        Refused: `document.table`, no column says which goods and how many; `document.cell`, a cell cannot be what
            its column holds, with its row; `document.many_lines`.
    """
    mapped = apply(GOODS, table.header)
    if mapped is None:
        raise Refused("document.table", f"{path.name} needs a column of codes and one of quantities")
    rows = [row for row in mapped.rows(table) if row.cell("code") is not None]
    if len(rows) > MOST_LINES:
        raise Refused("document.many_lines", f"a document has {MOST_LINES} lines at most", most=MOST_LINES)
    return tuple(_row(row) for row in rows)


def goods_of(path: Path, table: Table, connection: Connection) -> FileGoods:
    """The rows as lines: by merchant code, else by barcode, of which a carton's stands for several units."""
    rows = read_goods(path, table)
    binds = {"codes": packed_texts({row.code for row in rows})}
    known = {code: (sku_id, 1) for code, sku_id in connection.execute(_BY_CODE, binds)}
    for code, sku_id, unit_qty in connection.execute(_BY_BARCODE, binds):
        known.setdefault(code, (sku_id, unit_qty))
    lines = [
        LineIn(
            SkuId(known[row.code][0]),
            row.qty * known[row.code][1],
            row.batch,
            row.made_day,
            row.expires_day,
            row.unit_cost_fen,
        )
        for row in rows
        if row.code in known and row.qty
    ]
    unknown = tuple(dict.fromkeys(row.code for row in rows if row.code not in known))
    return FileGoods(tuple(lines), len(lines), unknown)


def document_sheet(header: Sequence[str], detail: DocumentDetail) -> Sheet:
    """A document's lines as a table; `header` names the columns, in the order of `_values`."""
    return Sheet(header, _values(detail))


def _values(detail: DocumentDetail) -> Iterable[Sequence[Value]]:
    for line in detail.lines:
        cost = "" if line.unit_cost_fen is None else f"{line.unit_cost_fen / 100:.2f}"
        yield (
            line.code,
            line.name,
            line.spec,
            line.batch,
            "" if line.expires_day is None else date.fromordinal(line.expires_day).isoformat(),
            line.qty,
            line.done_qty,
            line.bad_qty,
            line.pending_qty,
            cost,
            line.bin,
        )


def _row(row: Row) -> GoodsRow:
    try:
        return GoodsRow(
            row.number,
            text_of(row.cell("code")).strip(),
            whole_of(row.cell("qty")) if row.cell("qty") is not None else 0,
            text_of(row.cell("batch")).strip(),
            _day(row, "made"),
            _day(row, "until"),
            None if row.cell("cost") is None else money_of(row.cell("cost")),
        )
    except BadCell as error:
        raise Refused(
            "document.cell", f"row {row.number} cannot be read: {error.reason}", row=row.number, reason=error.reason
        ) from error


def _day(row: Row, field: str) -> int | None:
    cell = row.cell(field)
    return None if cell is None else day_of(moment_of(cell))
