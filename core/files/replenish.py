"""What to order as a table, and how goods are bought as a table that comes in again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from core.catalog.models import Sku
from core.db.sets import packed_texts, text_set
from core.files.cells import BadCell, text_of, whole_of
from core.files.fields import Row
from core.files.mapping import apply
from core.files.presets.preset import Preset
from core.files.records import Table
from core.files.writing import Sheet, Value
from core.replenish.models import Supply
from core.replenish.records import ReplenishRow
from core.replenish.rules import Supplied
from core.runtime.errors import Refused
from core.runtime.ids import SkuId

SUPPLY: Final = Preset(
    id="supply",
    kind="goods",
    platform="",
    columns={
        "code": ("商家编码", "货号", "SKU编码", "SKU", "编码", "Code"),
        "supplier": ("供应商", "供货商", "Supplier"),
        "lead": ("到货天数", "备货天数", "供货周期", "Lead days"),
        "pack": ("箱规", "装箱数", "Pack"),
        "min": ("起订量", "最小起订量", "Minimum"),
    },
    required=("code",),
    headers=("商家编码", "商品名称", "规格", "供应商", "到货天数", "箱规", "起订量"),
)
_ORDER_HEADER: Final = (
    "供应商",
    "仓库",
    "商家编码",
    "商品名称",
    "规格",
    "采购数量",
    "箱规",
    "箱数",
    "单价",
    "可用",
    "在途",
    "日均",
    "够卖天数",
    "到货天数",
    "原因",
)
_BY_CODE = select(Sku.code, Sku.id).where(Sku.code.in_(text_set("codes")), Sku.is_stock_managed, ~Sku.is_bundle)


@dataclass(frozen=True, slots=True)
class SupplyTable:
    """What a table says about how goods are bought, and the codes nobody knows."""

    said: Mapping[SkuId, Supplied]
    unknown: tuple[str, ...]


def order_sheet(rows: Sequence[tuple[ReplenishRow, int, str]]) -> Sheet:
    """A list to send to suppliers: goods with the units that were decided and the sentence that says why.

    One supplier's goods stand together.
    """
    by_supplier = sorted(rows, key=lambda one: (one[0].supplier, one[0].warehouse_id, one[0].code))
    return Sheet(_ORDER_HEADER, [_order_row(*one) for one in by_supplier if one[1]])


def _order_row(row: ReplenishRow, qty: int, why: str) -> list[Value]:
    said, have = row.suggestion, row.have
    return [
        row.supplier,
        row.warehouse_name,
        row.code,
        row.name,
        row.spec,
        qty,
        row.terms.pack_qty,
        -(-qty // row.terms.pack_qty),
        "" if row.unit_cost_fen is None else f"{row.unit_cost_fen / 100:.2f}",
        have.available_qty,
        have.coming_qty,
        f"{float(said.per_day):.1f}",
        "" if said.cover_days is None else said.cover_days,
        row.terms.lead_days,
        why,
    ]


def supply_sheet(connection: Connection) -> Sheet:
    """How every counted SKU is bought, as far as somebody has said; comes in again by `read_supply`."""
    query = (
        select(Sku.code, Sku.name, Sku.spec, Supply.supplier, Supply.lead_days, Supply.pack_qty, Supply.min_qty)
        .outerjoin(Supply, Supply.sku_id == Sku.id)
        .where(Sku.is_stock_managed, ~Sku.is_bundle)
        .order_by(Sku.code)
    )
    rows: list[list[Value]] = [["" if value is None else value for value in row] for row in connection.execute(query)]
    return Sheet(SUPPLY.headers, rows)


def read_supply(connection: Connection, table: Table) -> SupplyTable:
    """What a table says. An empty cell says: as the supplier, else the rules, have it.

    Raises:
        Refused: `replenish.table`, no column says which goods; `document.cell`, a cell cannot be what its column
            holds, with its row.
    """
    mapped = apply(SUPPLY, table.header)
    if mapped is None:
        raise Refused("replenish.table", "the table needs a column of codes")
    rows = [row for row in mapped.rows(table) if row.cell("code") is not None]
    read = {text_of(row.cell("code")).strip(): _said(row) for row in rows}
    known = {code: SkuId(sku_id) for code, sku_id in connection.execute(_BY_CODE, {"codes": packed_texts(read)})}
    unknown = tuple(code for code in read if code not in known)
    return SupplyTable({known[code]: said for code, said in read.items() if code in known}, unknown)


def _said(row: Row) -> Supplied:
    try:
        return Supplied(
            text_of(row.cell("supplier")).strip(),
            None if row.cell("lead") is None else whole_of(row.cell("lead")),
            1 if row.cell("pack") is None else whole_of(row.cell("pack")),
            0 if row.cell("min") is None else whole_of(row.cell("min")),
        )
    except BadCell as error:
        raise Refused(
            "document.cell", f"row {row.number} cannot be read: {error.reason}", row=row.number, reason=error.reason
        ) from error
