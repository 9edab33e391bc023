"""Goods of a document from a merchant's table: by code or barcode, cartons by their units, bad cells by their row."""

from datetime import UTC, date, datetime

import pytest

from core.files.documents import goods_of, read_goods
from core.files.reading import read_table
from core.inventory.documents.records import Head
from core.inventory.documents.states import DocKind
from core.runtime.errors import Refused

NOW = datetime(2026, 6, 18, 9, 30, tzinfo=UTC)


def table(tmp_path, text):
    path = tmp_path / "delivery.csv"
    path.write_text(text, encoding="utf-8")
    return path, read_table(path, NOW)


def test_rows_become_lines_by_code_or_barcode(file_world, tmp_path):
    path, read = table(
        tmp_path,
        "商家编码,数量,批号,有效期至,采购价\nBEAR,5,B1,2027-06-30,18.50\n16901234567899,2,,,\nNOPE,1,,,\nCARD,0,,,\n",
    )
    found = file_world.desk.store.read(lambda connection: goods_of(path, read, connection))
    bear = file_world.skus["BEAR"]
    assert [(one.sku_id, one.qty, one.batch, one.unit_cost_fen) for one in found.lines] == [
        (bear, 5, "B1", 1850),
        (bear, 48, "", None),
    ]
    assert found.lines[0].expires_day == date(2027, 6, 30).toordinal()
    assert (found.added, found.unknown) == (2, ("NOPE",))


def test_a_table_without_codes_or_quantities_is_refused(tmp_path):
    path, read = table(tmp_path, "名称,数量\n团团熊,5\n")
    with pytest.raises(Refused) as refused:
        read_goods(path, read)
    assert refused.value.code == "document.table"


def test_a_cell_that_cannot_be_read_is_named_by_its_row_and_nothing_is_taken(tmp_path):
    path, read = table(tmp_path, "商家编码,数量\nBEAR,5\nBEAR,五箱\n")
    with pytest.raises(Refused) as refused:
        read_goods(path, read)
    assert (refused.value.code, refused.value.facts["row"]) == ("document.cell", 3)


def test_a_document_is_written_and_can_be_read_back(file_world, tmp_path):
    desk = file_world.desk.documents
    made = desk.begin(DocKind.PURCHASE, Head(file_world.warehouse), [], "k")
    path, _ = table(tmp_path, "SKU,Qty\nBEAR,7\nCARD,9\n")
    desk.lines_from_file(made.document_id, 1, path)
    header = ("商家编码", "商品名称", "规格", "批次", "到期日", "数量", "完成", "坏的", "未完", "单价", "库位")
    for name in ("out.xlsx", "out.csv"):
        assert desk.write_file(made.document_id, tmp_path / name, header) == 2
        again = read_goods(tmp_path / name, read_table(tmp_path / name, NOW))
        assert [(row.code, row.qty) for row in again] == [("BEAR", 7), ("CARD", 9)]
    with pytest.raises(Refused):
        desk.write_file(made.document_id, tmp_path / "out.txt", header)
