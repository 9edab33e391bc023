"""Count sheets for paper: out as a table to write into, in again with the numbers; and the comparison as a table.

A number from paper was counted before its table comes in. The table says when (盘点时间); the books' number of that
moment is found in the ledger, and goods that moved since then make the count unsure, as they do with a scanner.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, select

from core.catalog.models import Sku
from core.counting import queries, reports, tallying
from core.counting.models import CountLine, CountScan, CountSheet
from core.counting.queries import LineCursor
from core.counting.records import LineRow
from core.counting.shortage import shortage_of_sheet
from core.db.sets import packed_texts, text_set
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.files.cells import BadCell, code_of, moment_of, text_of, time_cell, whole_of
from core.files.mapping import normal
from core.files.progress import Progress
from core.files.records import Cell, Counts, Rejected, Table
from core.files.writing import Sheet
from core.inventory.batches import tidy_batch
from core.inventory.models import StockLevel
from core.runtime.china import CHINA
from core.runtime.errors import DomainError, Refused

#: the columns of a sheet on paper, by what they hold
COLUMNS: Final = {
    "bin": "库位",
    "code": "商家编码",
    "name": "商品名称",
    "spec": "规格",
    "batch": "批次",
    "book": "应有数量",
    "qty": "实盘数量",
    "at": "盘点时间",
}
#: other names people give the columns that are read
_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("货号", "sku", "code"),
    "batch": ("批号", "batch"),
    "bin": ("货位", "bin"),
    "qty": ("盘点数量", "数量", "counted"),
    "at": ("时间", "counted at"),
}
_PAGE: Final = 1000
_SHOWN: Final = 40
#: numbers that are taken in together: a scan at the next desk waits no longer than for these
_TOGETHER: Final = 25
KINDS: Final[Mapping[str, str]] = {
    "ledger": "库存与流水不符",
    "history": "盘点前的流水有变",
    "listed_above": "平台在售多于可售",
    "count": "与最近盘点不符",
    "listed_stale": "平台数量太旧或未知",
}
_KNOWN: Final = select(CountScan.key).where(CountScan.key.in_(text_set("keys")))


@dataclass(frozen=True, slots=True)
class Counted:
    """One number from paper. `at` None: counted when the table comes in."""

    row: int
    line_id: int
    bin: str
    qty: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class CountedTable:
    """What a table says about a sheet; `blank` rows bear no number."""

    file: str
    digest: str
    counted: tuple[Counted, ...]
    rejected: tuple[Rejected, ...]
    blank: int


# --- out ------------------------------------------------------------------------------------------------------------


def paper_sheet(connection: Connection, sheet_id: int) -> Sheet:
    """The lines of a sheet by place, with room for numbers; on a blind sheet nobody reads what the books say."""
    return Sheet(tuple(COLUMNS.values()), _paper_rows(connection, sheet_id))


def _paper_rows(connection: Connection, sheet_id: int) -> Iterator[list[str | int]]:
    is_blind = queries.sheet(connection, sheet_id).is_blind
    books = {} if is_blind else _books(connection, sheet_id)
    after: LineCursor | None = None
    while True:
        page, after = queries.lines_page(connection, sheet_id, "all", after, _PAGE)
        for line in page:
            at = "" if line.counted_at is None else line.counted_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
            counted = "" if line.counted_qty is None else line.counted_qty
            book = books.get((line.sku_id, line.batch), "" if is_blind else 0)
            yield [line.bin, line.code, line.name, line.spec, line.batch, book, counted, at]
        if after is None:
            return


def _books(connection: Connection, sheet_id: int) -> dict[tuple[int, str], int]:
    warehouse = queries.sheet(connection, sheet_id).warehouse_id
    query = (
        select(StockLevel.sku_id, StockLevel.batch, StockLevel.on_hand_qty)
        .join(CountLine, (CountLine.sku_id == StockLevel.sku_id) & (CountLine.batch == StockLevel.batch))
        .where(CountLine.sheet_id == sheet_id, StockLevel.warehouse_id == warehouse)
    )
    return {(sku, batch): qty for sku, batch, qty in connection.execute(query)}


def differences_sheet(connection: Connection, sheet_id: int) -> Sheet:
    """What was counted on a sheet, against the books, with what became of it."""
    header = (
        "库位",
        "商家编码",
        "商品名称",
        "批次",
        "应有数量",
        "打包中",
        "实盘数量",
        "差异",
        "状态",
        "原因",
        "入账数量",
        "确认人",
    )
    return Sheet(header, _difference_rows(connection, sheet_id))


def _difference_rows(connection: Connection, sheet_id: int) -> Iterator[list[str | int]]:
    after: LineCursor | None = None
    while True:
        page, after = queries.lines_page(connection, sheet_id, "all", after, _PAGE)
        yield from (_difference_row(line) for line in page)
        if after is None:
            return


_STATE_WORDS: Final = {
    "open": "未盘",
    "counted": "已盘",
    "recount": "待复盘",
    "booked": "已入账",
    "equal": "相符",
    "kept": "不调整",
    "left": "未盘",
}


def _difference_row(line: LineRow) -> list[str | int]:
    figures = (line.shelf_qty, line.away_qty, line.counted_qty, line.difference_qty)
    shown: list[str | int] = ["" if value is None else value for value in figures]
    state = _STATE_WORDS.get(line.state, line.state)
    booked = "" if line.booked_qty is None else line.booked_qty
    return [line.bin, line.code, line.name, line.batch, *shown, state, line.reason, booked, line.settled_by]


def shortage_sheet(connection: Connection, sheet_id: int) -> Sheet:
    """The orders that lack goods because of a sheet, the first to give way first."""
    header = ("订单号", "商家编码", "缺货数量", "还占数量", "最晚发货")
    rows = [
        (row.order_no, row.sku_code, row.short_qty, row.still_qty, time_cell(row.ship_by_at))
        for row in shortage_of_sheet(connection, sheet_id)
    ]
    return Sheet(header, rows)


def comparison_sheet(connection: Connection, report_id: int) -> Sheet:
    """A report of the nightly comparison: every row that differs, and who has confirmed it."""
    header = (
        "商家编码",
        "商品名称",
        "仓库",
        "差异",
        "库存",
        "流水合计",
        "最近盘点推算",
        "盘点时间",
        "平台在售",
        "确认人",
        "确认时间",
        "备注",
    )
    return Sheet(header, _comparison_rows(connection, report_id))


def _comparison_rows(connection: Connection, report_id: int) -> Iterator[list[str | int]]:
    after = 0
    while True:
        page = reports.differences(connection, report_id, after, _PAGE)
        for row in page:
            listed = "；".join(f"{one.shop} {'?' if one.qty is None else one.qty}" for one in row.listed)
            yield [
                row.code,
                row.name,
                row.warehouse,
                "；".join(KINDS.get(kind, kind) for kind in row.kinds),
                row.level_qty,
                row.ledger_qty,
                "" if row.counted_qty is None else row.counted_qty,
                time_cell(row.counted_at),
                listed,
                row.confirmed_by,
                time_cell(row.confirmed_at),
                row.note,
            ]
        if len(page) < _PAGE:
            return
        after = page[-1].id


# --- in -------------------------------------------------------------------------------------------------------------


def counted_of(connection: Connection, sheet_id: int, table: Table, now: datetime) -> CountedTable:
    """The numbers of a table for the lines of a sheet, and the rows that cannot be taken, each with its reason.

    Raises:
        Refused: `files.mapping_incomplete`, there is no column with codes or none with numbers.
        NotFound: `count.no_sheet`.
    """
    places = _places(table.header)
    for needed in ("code", "qty"):
        if needed not in places:
            raise Refused("files.mapping_incomplete", f"no column {COLUMNS[needed]}", field=COLUMNS[needed])
    lines = _lines_by_code(connection, sheet_id)
    counted: dict[int, Counted] = {}
    rejected: list[Rejected] = []
    blank = 0
    for number, cells in table.rows:
        try:
            found = _row(number, cells, places, lines, now)
        except BadCell as error:
            field, _, reason = error.reason.partition(":")
            said = _cell(cells, places, field)
            rejected.append(
                Rejected(table.name, number, COLUMNS[field], reason, text_of(said)[:_SHOWN] if said else "")
            )
            continue
        if found is None:
            blank += 1
        elif found.line_id in counted:
            before = counted[found.line_id]
            counted[found.line_id] = replace(before, qty=before.qty + found.qty, at=_later(before.at, found.at))
        else:
            counted[found.line_id] = found
    return CountedTable(table.name, table.digest, tuple(counted.values()), tuple(rejected), blank)


def _places(header: Sequence[str]) -> dict[str, int]:
    names = {normal(name): place for place, name in reversed(list(enumerate(header)))}
    return {
        field: names[normal(name)]
        for field, usual in COLUMNS.items()
        for name in (usual, *_ALSO.get(field, ()))
        if normal(name) in names
    }


def _lines_by_code(connection: Connection, sheet_id: int) -> dict[str, list[Any]]:
    queries.sheet(connection, sheet_id)
    others = select(StockLevel.id).where(
        StockLevel.sku_id == CountLine.sku_id,
        StockLevel.warehouse_id == CountSheet.warehouse_id,
        StockLevel.batch != "",
        StockLevel.on_hand_qty > 0,
    )
    # A batch that came after the sheet was printed has no row on it: a number for no batch may hold its units.
    has_others = others.correlate(CountLine, CountSheet).exists()
    query = (
        select(CountLine.id, Sku.code, CountLine.batch, CountLine.bin, has_others.label("has_others"))
        .join(Sku, Sku.id == CountLine.sku_id)
        .join(CountSheet, CountSheet.id == CountLine.sheet_id)
        .where(CountLine.sheet_id == sheet_id)
    )
    lines: dict[str, list[Any]] = {}
    for line in connection.execute(query):
        lines.setdefault(line.code, []).append(line)
    return lines


def _cell(cells: Sequence[Cell], places: Mapping[str, int], field: str) -> Cell:
    place = places.get(field, len(cells))
    return cells[place] if place < len(cells) else None


def _row(
    number: int, cells: Sequence[Cell], places: Mapping[str, int], lines: Mapping[str, Sequence[Any]], now: datetime
) -> Counted | None:
    """One row; None where nobody wrote a number."""

    def read(field: str, how: Any) -> Any:
        cell = _cell(cells, places, field)
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            return None
        try:
            return how(cell)
        except BadCell as error:
            raise BadCell(f"{field}:{error.reason}") from error

    qty = read("qty", whole_of)
    if qty is None:
        return None
    code = read("code", code_of)
    batch = tidy_batch(read("batch", text_of) or "")
    found = [line for line in lines.get(code or "", ()) if line.batch == batch]
    if not found:
        raise BadCell("code:count_no_line" if code else "code:missing")
    if not batch and found[0].has_others:
        raise BadCell("batch:count_which_batch")
    if qty > tallying.MOST_QTY:
        raise BadCell("qty:out_of_range")
    at = read("at", lambda cell: _moment(cell, now))
    if at is not None and at > now:
        raise BadCell("at:count_later")
    return Counted(number, found[0].id, found[0].bin, qty, at)


def _moment(cell: Cell, now: datetime) -> datetime:
    """A time of today (14:05), or a day with a time."""
    said = text_of(cell)
    hour, colon, minute = said.partition(":")
    if colon and hour.isdecimal() and minute[:2].isdecimal() and int(hour) < 24 and int(minute[:2]) < 60:
        today: date = now.astimezone(CHINA).date()
        return datetime(today.year, today.month, today.day, int(hour), int(minute[:2]), tzinfo=CHINA)
    return moment_of(cell)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)


def preview_counted(store: Store, table: CountedTable) -> Counts:
    """What taking a table in would do."""
    known = store.read(lambda connection: _known(connection, table))
    same = sum(key in known for key in map(_key_of(table), table.counted))
    new = len(table.counted) - same
    return Counts(new=new, unchanged=same, rejected=len(table.rejected))


def import_counted(
    store: Store, sheet_id: int, table: CountedTable, progress: Progress
) -> tuple[Counts, list[Rejected]]:
    """Take the numbers in, place by place, a few in each transaction; the same table again changes nothing."""
    key_of = _key_of(table)
    known = store.read(lambda connection: _known(connection, table))
    by_place: dict[str, list[Counted]] = {}
    for one in table.counted:
        if key_of(one) not in known:
            by_place.setdefault(one.bin, []).append(one)
    refused: list[Rejected] = []
    done = 0
    progress.show(0, len(table.counted))
    for place, counted in sorted(by_place.items()):
        taken = 0
        in_order = sorted(counted, key=lambda one: one.line_id)
        for start in range(0, len(in_order), _TOGETHER):
            piece = in_order[start : start + _TOGETHER]
            if progress.is_cancelled:
                break
            try:
                take = partial(_take, sheet_id=sheet_id, place=place, counted=piece, key_of=key_of)
                store.write(take, urgency=Urgency.BULK)
                taken += len(piece)
            except DomainError as error:
                reason = error.code.replace(".", "_")
                refused += [Rejected(table.file, one.row, "", reason, "") for one in piece]
            progress.show(done + taken + len(refused), len(table.counted))
        if taken:
            store.write(partial(_finish, sheet_id=sheet_id, place=place), urgency=Urgency.BULK)
        done += taken
        if progress.is_cancelled:
            break
    same = sum(key_of(one) in known for one in table.counted)
    return Counts(new=done, unchanged=same, rejected=len(table.rejected) + len(refused)), refused


def _take(uow: UnitOfWork, sheet_id: int, place: str, counted: Sequence[Counted], key_of: Any) -> None:
    here = tallying.go_to(uow, sheet_id, place)
    for one in counted:
        tallying.write_down(uow, here.pass_id, one.line_id, one.qty, key_of(one), one.at)


def _finish(uow: UnitOfWork, sheet_id: int, place: str) -> None:
    """The place is counted. Where the program ended before this it stays open until the sheet is handed in."""
    here = tallying.go_to(uow, sheet_id, place)
    tallying.finish_place(uow, here.pass_id, "", "leave")


def _key_of(table: CountedTable) -> Any:
    return lambda one: f"paper:{table.digest[:32]}:{one.line_id}"


def _known(connection: Connection, table: CountedTable) -> set[str]:
    keys = packed_texts(map(_key_of(table), table.counted))
    return set(connection.execute(_KNOWN, {"keys": keys}).scalars())
