"""Files out: what they say, that nobody's text becomes a formula, that they are whole, logged, and read back the same."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.channels.contract import ChannelOrder
from core.db.models import Journal
from core.db.unit_of_work import UnitOfWork
from core.desk.files import Files
from core.files import exporting
from core.files.mapping import recognise
from core.files.orders import Source, fingerprint, orders_of
from core.files.progress import Progress
from core.files.reading import read_table
from core.files.writing import Sheet, as_csv, as_workbook, content_of, stage
from core.inventory.batches import note_batch, set_blocked
from core.inventory.ledger import receive
from core.reports.day import PILES
from core.runtime.errors import DomainError, Refused
from core.runtime.ids import SkuId
from tests.files.conftest import pdd_orders
from tests.support.fake_shop import line
from tests.support.world import CARRIER, START, World

HOSTILE = [
    '=HYPERLINK("http://x","a")',
    "=cmd|'/c calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "\0=1",
    "a\x0bb",
]


@pytest.fixture
def files(world: World) -> Files:
    return Files(world.store, world.digest, CARRIER)


@pytest.fixture
def shop(files: Files) -> int:
    return files.add_shop("拼多多小店", "pdd").id


def take(files: Files, shop: int, path: Path) -> None:
    (read,) = files.read([path])
    files.run(files.plan([(read, read.choices[0])], shop), Progress())


def test_a_workbook_holds_no_formula_and_no_rounded_number():
    content = as_workbook(Sheet(["=1+1", "长"], [[text, "6917926768823643751"] for text in HOSTILE]))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [row[0].value for row in sheet.iter_rows(min_row=2)][:5] == HOSTILE[:5]
    assert sheet.cell(2, 2).value == "6917926768823643751"


def test_a_text_file_gives_a_spreadsheet_nothing_to_calculate():
    content = as_csv(Sheet(["=x"], [[text] for text in HOSTILE] + [["-3.20"], ["6917926768823643751"], ["林晓"]]))
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["'=x"]
    assert all(row[0].startswith("'") for row in rows[1:10]), rows[1:10]
    assert [row[0] for row in rows[11:]] == ["-3.20", "'6917926768823643751", "林晓"]


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"before")
    staged = stage(path, content_of(path, Sheet(["a"], [["1"]])))
    assert path.read_bytes() == b"before"
    staged.drop()
    assert list(tmp_path.iterdir()) == [path]

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.files.writing.os.fsync", full)
    with pytest.raises(DomainError) as error:
        stage(path, content_of(path, Sheet(["a"], [["1"]])))
    assert error.value.code == "files.cannot_write"
    assert [one.name for one in tmp_path.iterdir()] == ["a.xlsx"]
    assert path.read_bytes() == b"before"


def test_rows_are_gone_through_once_and_counted(monkeypatch: pytest.MonkeyPatch):
    header = ["a", "b"]
    for name, sizes in (("x.xlsx", (0, 1, 3)), ("x.csv", (0, 3, 5))):
        monkeypatch.setattr("core.files.writing.MOST_ROWS_OUT", 4)
        for size in sizes:
            content = content_of(Path(name), Sheet(header, iter([[f"{number}", "=x"] for number in range(size)])))
            assert content.rows == size
            assert content.data == content_of(Path(name), Sheet(header, [[f"{n}", "=x"] for n in range(size)])).data
    with pytest.raises(Refused) as refused:
        content_of(Path("x.xlsx"), Sheet(header, iter([["1", "2"]] * 4)))
    assert refused.value.code == "files.too_many_rows"


def test_orders_are_read_while_they_are_written(
    world: World, files: Files, shop: int, put: Any, monkeypatch: pytest.MonkeyPatch
):
    take(files, shop, put("pdd202606181000.csv", pdd_orders(*({"订单号": f"260618-{n:03}"} for n in range(6)))))
    monkeypatch.setattr(exporting, "_ORDERS_PAGE", exporting._ORDERS_PAGE.limit(2))
    read: list[int] = []
    rows_of = exporting._order_rows

    def noted(connection: Any, page: Any) -> Any:
        read.append(len(page))
        return rows_of(connection, page)

    monkeypatch.setattr(exporting, "_order_rows", noted)

    def look(connection: Any) -> None:
        rows = iter(exporting.orders_sheet(connection, shop).rows)
        assert read == []
        assert [next(rows), next(rows)]
        assert read == [2]
        assert len(list(rows)) == 4
        assert read == [2, 2, 2]

    world.store.read(look)


def test_no_folder_no_name_no_file(tmp_path: Path):
    for path, code in ((tmp_path / "nowhere" / "a.xlsx", "files.cannot_write"), (tmp_path / "a.exe", "files.name")):
        with pytest.raises(DomainError) as error:
            stage(path, content_of(path, Sheet(["a"], [["1"]])))
        assert error.value.code == code


def test_an_export_of_people_needs_a_reason_and_is_written_down(
    world: World, files: Files, shop: int, put: Any, tmp_path: Path
):
    take(files, shop, put("pdd202606181000.csv", pdd_orders({"订单号": "260618-001"})))
    path = tmp_path / "orders.xlsx"
    with pytest.raises(Refused) as refused:
        files.export_orders(path, shop, "because")
    assert refused.value.code == "export.reason_unknown"
    assert not path.exists()
    assert [one for one in tmp_path.iterdir() if one.suffix == ".part"] == []
    done = files.export_orders(path, shop, "accounting")
    assert done.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    ((operator, subject_id, facts),) = world.rows(
        select(Journal.operator, Journal.subject_id, Journal.facts).where(Journal.action == "file.exported")
    )
    assert (operator, subject_id) == ("clerk", shop)
    assert facts == {"kind": "orders", "rows": 1, "sha256": done.digest, "why": "accounting", "is_personal": True}
    assert "林晓" not in repr(facts)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_orders_out_and_in_are_the_same(world: World, files: Files, shop: int, put: Any, tmp_path: Path, kind: str):
    rows = pdd_orders(
        {"订单号": "260618-001", "买家留言": "=1+1", "商家备注": "第一行\n第二行"},
        {"订单号": "260618-002", "订单状态": "已取消", "售后状态": "退款成功"},
        {"订单号": "260618-003", "订单状态": "待付款", "支付时间": ""},
        {"订单号": "260618-004", "售后状态": "售后处理中", "商家编码-规格维度": "SET", "样式ID": "7"},
        {"订单号": "260618-005", "订单状态": "已发货，待签收"},
    )
    path = put("pdd202606181000.xlsx", rows)
    take(files, shop, path)
    out = tmp_path / f"out202606181000.{kind}"
    files.export_orders(out, shop, "moving_house")
    first, second = (read_table(one, world.clock.now()) for one in (path, out))
    before, after = (orders_of([Source(table, recognise(table.header)[0])]) for table in (first, second))
    assert after.rejected == []
    assert [canonical(order) for order in after.orders] == [canonical(order) for order in before.orders]


def canonical(order: ChannelOrder) -> dict[str, Any]:
    """What an export keeps: everything but whose copy it is and, without an account, who bought."""
    names = (
        "order_no",
        "placed_at",
        "paid_at",
        "payment",
        "channel_status",
        "is_closed",
        "is_shipped",
        "is_completed",
    )
    more = ("amount_fen", "freight_fen", "buyer_note", "seller_note", "ship_by_at", "consignee")
    facts = {name: getattr(order, name) for name in (*names, *more)}
    lines = [
        (one.item_id, one.channel_sku_id, one.merchant_code, one.title, one.spec, one.qty) for one in order.lines
    ]
    prices = [(one.line_no, one.unit_price_fen, one.after_sale, one.is_gift) for one in order.lines]
    return facts | {"lines": lines, "prices": prices}


_WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Cf", "Co", "Cn")),
    min_size=1,
    max_size=12,
)
_LINE = st.fixed_dictionaries(
    {
        "商品": _WORDS,
        "商品规格": _WORDS,
        "商品数量(件)": st.integers(1, 999).map(str),
        "商家编码-规格维度": st.sampled_from(["BEAR", "BAG", "SET", "nobody's", "0012"]),
        "用户实付金额(元)": st.integers(0, 10**7).map(lambda fen: f"{fen // 100}.{fen % 100:02d}"),
        "收货人": _WORDS,
        "街道": _WORDS,
        "买家留言": st.one_of(st.just(""), _WORDS, st.sampled_from(HOSTILE[:5])),
        "订单状态": st.sampled_from(["待发货", "已取消", "待付款", "已发货，待签收", "已收货"]),
        "售后状态": st.sampled_from(["无售后或售后取消", "售后处理中", "退款成功"]),
    }
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(_LINE, min_size=1, max_size=4))
def test_export_of_import_is_identity(shared_world: World, tmp_path_factory: Any, lines: list[dict[str, str]]):
    world, folder = shared_world, tmp_path_factory.mktemp("identity")
    files = Files(world.store, world.digest, CARRIER)
    shop = files.add_shop(f"小店 {folder.name}", "pdd").id
    path = folder / "in202606181000.csv"
    header, *rows = pdd_orders(
        *({"订单号": f"26-{place}", "样式ID": str(place)} | line for place, line in enumerate(lines))
    )
    path.write_bytes(as_csv(Sheet(header, rows)))
    take(files, shop, path)
    out = folder / "out202606181000.xlsx"
    files.export_orders(out, shop, "moving_house")
    before, after = (
        {order.order_no: canonical(order) for order in orders_of([Source(table, recognise(table.header)[0])]).orders}
        for table in (read_table(one, START) for one in (path, out))
    )
    assert after == before


def test_stock_is_what_the_levels_say(world: World, files: Files, tmp_path: Path):
    files.export_stock(tmp_path / "stock.xlsx")
    table = read_table(tmp_path / "stock.xlsx", world.clock.now())
    assert table.header[:4] == ("仓库", "商家编码", "商品名称", "规格")
    bear = next(cells for _, cells in table.rows if cells[1] == "BEAR")
    assert bear[6:11] == [100_000, 0, 0, 0, 100_000]


def test_the_stock_is_written_with_batches_their_last_days_and_what_is_blocked(
    world: World, files: Files, tmp_path: Path
):
    bear = world.skus["BEAR"]

    def furnish(uow: UnitOfWork) -> None:
        batch = note_batch(uow, bear, "A1", date(2027, 12, 31))
        receive(uow, world.warehouse, SkuId(bear), 5, "delivery", "a1", "A1")
        set_blocked(uow, batch.id, is_blocked=True, why="recall")

    world.do(furnish)
    files.export_stock(tmp_path / "stock.xlsx")
    table = read_table(tmp_path / "stock.xlsx", world.clock.now())
    row = next(dict(zip(table.header, cells, strict=True)) for _, cells in table.rows if cells[4] == "A1")
    assert (row["批次"], row["到期日"], row["在库数量"], row["状态"]) == ("A1", "2027-12-31", 5, "冻结")


def test_the_day_is_written_by_pile_shop_and_clerk(world: World, files: Files, tmp_path: Path):
    world.ready("A1", line("1", "BEAR"))
    world.ready("A2", line("1", "BEAR"))
    world.desk.pack("A2")
    world.desk.ship(world.number("A2"))
    files.export_day(tmp_path / "day.xlsx")
    table = read_table(tmp_path / "day.xlsx", world.clock.now())
    rows = [cells for _, cells in table.rows]
    assert [row[1:3] for row in rows if row[0] == "订单"] == [["待打包", 1], ["已出库未交接", 1], ["合计", 2]]
    (shop,) = [row for row in rows if row[0] == "店铺"]
    (clerk,) = [row for row in rows if row[0] == "人员"]
    assert (shop[1], shop[2], shop[5], clerk[4:6]) == ("练习店", 2, 1, [1, 1])


def test_every_pile_of_the_day_has_a_word_in_the_table():
    assert exporting._PILE_WORDS.keys() == PILES.keys()


def shipped(world: World, files: Files, shop: int, put: Callable[..., Path], *numbers: str) -> None:
    name = f"pdd{numbers[0]}202606181000.csv"
    take(files, shop, put(name, pdd_orders(*({"订单号": number} for number in numbers))))
    world.buy_numbers()
    for number in numbers:
        world.desk.pack(number)
        assert world.desk.ship(world.number(number)).code.startswith("parcel.shipped")


def test_a_parcel_stands_in_one_shipping_table_unless_it_is_wanted_again(
    world: World, files: Files, shop: int, put: Callable[..., Path], tmp_path: Path
):
    shipped(world, files, shop, put, "260618-001", "260618-002")
    first = files.export_shipping(tmp_path / "a.xlsx", shop)
    table = read_table(tmp_path / "a.xlsx", world.clock.now())
    assert table.header == ("订单号", "快递公司", "快递单号")
    expected = {(no, "通通快递", world.number(no)) for no in ("260618-001", "260618-002")}
    assert {tuple(cells) for _, cells in table.rows} == expected
    assert first.rows == 2
    with pytest.raises(Refused) as refused:
        files.export_shipping(tmp_path / "b.xlsx", shop)
    assert refused.value.code == "files.nothing_to_ship"
    assert not (tmp_path / "b.xlsx").exists()
    assert files.export_shipping(tmp_path / "b.xlsx", shop, again=True).rows == 2
    shipped(world, files, shop, put, "260618-003")
    assert files.export_shipping(tmp_path / "c.xlsx", shop).rows == 1


def test_what_could_not_be_written_is_written_next_time(
    world: World, files: Files, shop: int, put: Callable[..., Path], tmp_path: Path
):
    shipped(world, files, shop, put, "260618-001")
    with pytest.raises(DomainError):
        files.export_shipping(tmp_path / "nowhere" / "a.xlsx", shop)
    assert files.export_shipping(tmp_path / "a.xlsx", shop).rows == 1


def test_the_print_of_an_order_follows_its_content(put: Callable[..., Path]):
    def of(**cells: str) -> str:
        table = read_table(put("a.csv", pdd_orders({"订单号": "1-1"} | cells)), START)
        return fingerprint(orders_of([Source(table, recognise(table.header)[0])]).orders[0])

    assert of() == of()
    assert len({of(), of(收货人="别人"), of(商家备注="x"), of(售后状态="售后处理中"), of(街道="他处")}) == 5
