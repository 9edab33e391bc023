"""Tables as Excel and the platforms write them: encodings, delimiters, titles, dates, and what the fast reader sees."""

import io
import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from core.files.cells import BadCell, code_of, moment_of, money_of, number_of, quantity_of, text_of
from core.files.progress import Progress
from core.files.reading import read_table
from core.files.records import Table
from core.runtime.errors import Refused

NOW = datetime(2026, 6, 18, 4, 0, tzinfo=UTC)
LONG = "6917926768823643751"


def of_text(tmp_path: Path, text: str, encoding: str = "utf-8") -> Table:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    return read_table(path, NOW)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_every_encoding_and_delimiter_reads_the_same(tmp_path: Path, encoding: str, delimiter: str):
    text = (
        f'订单号{delimiter}收货人{delimiter}留言\r\n{LONG}{delimiter}林晓{delimiter}"一行\r\n二行{delimiter}三"\r\n'
    )
    table = of_text(tmp_path, text, encoding)
    assert table.header == ("订单号", "收货人", "留言")
    ((number, cells),) = table.rows
    assert number == 2
    assert cells == [LONG, "林晓", f"一行\r\n二行{delimiter}三"]


def test_a_sign_that_gbk_lacks_is_read_by_gb18030(tmp_path: Path):
    assert of_text(tmp_path, "名\t字\n𠮷野\t龘\n", "gb18030").rows[0][1] == ["𠮷野", "龘"]


def test_titles_above_the_header_and_blank_rows_are_passed_over(tmp_path: Path):
    table = of_text(tmp_path, "某某店订单报表,,\n导出时间：2026-06-18,,\n\n订单号,数量,商品\n1,2,熊\n,,\n2,3,袋\n")
    assert table.header == ("订单号", "数量", "商品")
    assert [number for number, _ in table.rows] == [5, 7]


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("ExportOrderList202606181015.csv", datetime(2026, 6, 18, 2, 15, tzinfo=UTC)),
        ("orders_export2026-06-18-10-15-30_1.csv", datetime(2026, 6, 18, 2, 15, 30, tzinfo=UTC)),
        ("1781751600_new.csv", datetime(2026, 6, 18, 3, 0, tzinfo=UTC)),
        ("ExportOrderList203001010000.csv", NOW),
    ],
)
def test_when_a_file_was_written_stands_in_its_name_and_never_lies_ahead(tmp_path: Path, name: str, at: datetime):
    path = tmp_path / name
    path.write_text("a,b\n1,2\n")
    assert read_table(path, NOW).written_at == at


def test_the_zone_of_the_machine_means_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZ", "America/New_York")
    path = tmp_path / "ExportOrderList202603081015.csv"
    path.write_text("a,b\n1,2\n")
    assert read_table(path, NOW).written_at == datetime(2026, 3, 8, 2, 15, tzinfo=UTC)
    assert moment_of("2026-03-08 02:30:00") == datetime(2026, 3, 7, 18, 30, tzinfo=UTC)


# --- cells ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (f'="{LONG}"', LONG),
        (f"'{LONG}", LONG),
        (f"\t{LONG}", LONG),
        (f" {LONG}　", LONG),
        ("260618-123456789012345", "260618-123456789012345"),
        ("00123", "00123"),
        (298765432101.0, "298765432101"),
        (298765432101, "298765432101"),
    ],
)
def test_numbers_lose_nothing(cell: Any, number: str):
    assert number_of(cell) == number


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("1.23E+19", "damaged_number"),
        ("6.91793E+18", "damaged_number"),
        (6917926768823643751.0, "damaged_number"),
        (6917926768823643751, "damaged_number"),
        (1e15, "damaged_number"),
        ("合计", "not_a_number"),
        ("12 34", "not_a_number"),
    ],
)
def test_a_number_that_excel_has_damaged_is_refused(cell: Any, reason: str):
    with pytest.raises(BadCell) as bad:
        number_of(cell)
    assert bad.value.reason == reason


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("45.80", 4580),
        ("¥1,234.5", 123450),
        ("￥０．０５", 5),
        ("12元", 1200),
        (28.9, 2890),
        (0.1 + 0.2, 30),
        (7, 700),
        ("-3.2", -320),
    ],
)
def test_money_is_exact(cell: Any, fen: int):
    assert money_of(cell) == fen


@pytest.mark.parametrize("cell", ["", "abc", "1.234", "NaN", "Infinity", "1e99", True and "--"])
def test_what_is_no_money_is_refused(cell: Any):
    with pytest.raises(BadCell):
        money_of(cell)


@pytest.mark.parametrize(("cell", "qty"), [("2", 2), ("2.0", 2), (3.0, 3), ("１２", 12), ("1,000", 1000)])
def test_quantities(cell: Any, qty: int):
    assert quantity_of(cell) == qty


@pytest.mark.parametrize("cell", ["0", "-1", "1.5", 2.5, "many", "99999999", "6901234567892"])
def test_what_is_no_quantity_is_refused(cell: Any):
    with pytest.raises(BadCell):
        quantity_of(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-06-18 10:00:00",
        "2026/6/18 10:00",
        "2026-06-18T10:00:00",
        "2026-06-18T02:00:00Z",
        "20260618100000",
        "2026年06月18日 10:00:00",
        "２０２６-06-18 10：00：00",
        {"at": "2026-06-18 10:00:00"},
        46191.416666666664,
    ],
)
def test_times_are_chinas(cell: Any):
    assert moment_of(cell) == datetime(2026, 6, 18, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("cell", ["yesterday", 60, 60.0, 1e9, "2026-13-01", "0001-01-01", "99999999"])
def test_what_is_no_time_is_refused(cell: Any):
    with pytest.raises(BadCell) as bad:
        moment_of(cell)
    assert bad.value.reason == "not_a_time"


def test_codes_keep_their_noughts_and_refuse_damage():
    assert code_of("0012") == "0012"
    with pytest.raises(BadCell):
        code_of("6.9E+12")
    with pytest.raises(BadCell):
        code_of("x" * 101)


def test_controls_in_text_disappear_and_lines_stay():
    assert text_of("张\x07三\n二\x1b[0m") == "张三\n二[0m"


# --- the fast reader beside the thorough one -----------------------------------------------------------------------


def plain(value: Any) -> Any:
    """One value as both readers mean it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a sheet has no zone
    return value


def random_cell(rng: random.Random) -> Any:
    return rng.choice(
        [
            lambda: str(rng.randrange(10**18, 10**20)),
            lambda: f"{rng.randrange(10**9):012d}",
            lambda: rng.choice(["林晓", " 留 空 ", "a\nb", "=1+1", "'x", "\t7", "１２", "𠮷", "<&>\"'", "0012"]),
            lambda: rng.randrange(-(10**9), 10**9),
            lambda: round(rng.uniform(-1e6, 1e6), 2),
            lambda: datetime(2026, rng.randrange(1, 13), 5, rng.randrange(24), rng.randrange(60), 7),  # noqa: DTZ001 - a sheet has no zone
            lambda: date(2026, 2, rng.randrange(1, 29)),
            lambda: None,
            lambda: True,
        ]
    )()


@pytest.mark.parametrize("seed", range(4))
def test_the_fast_reader_sees_cell_by_cell_what_openpyxl_sees(seed: int):
    rng = random.Random(seed)
    book = openpyxl.Workbook()
    sheet = book.active
    for row in range(1, 60):
        for column in range(1, 26):
            cell = sheet.cell(row, column)
            cell.value = random_cell(rng)
            if isinstance(cell.value, str):
                # What begins with an equals sign would become a formula.
                cell.data_type = "s"
    sheet.cell(1, 1).value = "A1"
    sheet.merge_cells("C3:C6")
    out = io.BytesIO()
    book.save(out)
    slow = openpyxl.load_workbook(io.BytesIO(out.getvalue()), data_only=True).active
    fast = CalamineWorkbook.from_filelike(io.BytesIO(out.getvalue())).get_sheet_by_index(0)
    rows = fast.to_python(skip_empty_area=False)
    compared = 0
    for number, row in enumerate(slow.iter_rows(values_only=True)):
        for place, value in enumerate(row):
            there = rows[number][place] if number < len(rows) and place < len(rows[number]) else ""
            assert plain(there) == plain(value), (number, place)
            compared += 1
    assert compared == 59 * 25


def test_long_numbers_stored_as_numbers_are_recognised_as_damaged(put: Callable[..., Path], tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.append(["订单号", "数量"])
    book.active.append([int(LONG), 1])
    path = tmp_path / "a.xlsx"
    book.save(path)
    (_, cells) = read_table(path, NOW).rows[0]
    with pytest.raises(BadCell) as bad:
        number_of(cells[0])
    assert bad.value.reason == "damaged_number"


def test_a_hidden_sheet_is_not_read_and_hidden_rows_are(tmp_path: Path):
    book = openpyxl.Workbook()
    hidden = book.active
    hidden.append(["秘密", "表"])
    hidden.append(["1", "2"])
    hidden.sheet_state = "hidden"
    shown = book.create_sheet("订单")
    for row in (["订单号", "数量"], ["1", "2"], ["2", "3"]):
        shown.append(row)
    shown.row_dimensions[2].hidden = True
    path = tmp_path / "a.xlsx"
    book.save(path)
    table = read_table(path, NOW)
    assert table.header == ("订单号", "数量")
    assert len(table.rows) == 2


def test_a_reading_that_is_stopped_before_anybody_looks_is_stopped_all_the_same(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("商家编码,数量\nA,1\n", encoding="utf-8")
    progress = Progress()
    progress.cancel()
    for _ in range(3):
        with pytest.raises(Refused) as error:
            read_table(path, NOW, progress)
        assert error.value.code == "files.cancelled"
