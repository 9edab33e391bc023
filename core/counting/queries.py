"""What screens ask about count sheets; nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, case, func, or_, select, tuple_

from core.catalog.models import Bin, Sku
from core.counting.models import CountLine, CountPass, CountScan, CountSheet, CountTally
from core.counting.points import boxes_with
from core.counting.records import (
    CountView,
    FindRow,
    LineRow,
    LineStory,
    MovedRow,
    PlaceRow,
    ScanRow,
    Scope,
    SheetRow,
    TallyRow,
)
from core.counting.states import SETTLED, UNDER_WAY, WANTED, LineState, PassState, SheetState
from core.db.counting import first_rows
from core.inventory.models import Movement, StockLevel, Warehouse
from core.runtime.errors import NotFound
from core.runtime.first_of import FirstOf

#: filters of a sheet's lines
LINE_PILES: Final = ("all", "left", "differing", "unsure", "settled")
#: those that say something of what the books expect
_TELLS: Final = frozenset({"differing", "unsure"})
#: filters of the list of sheets
SHEET_PILES: Final = ("under_way", "to_approve", "done")
_MOST_SHEETS: Final = 300
_MOST_PLACES: Final = 500
_LAST_SCANS: Final = 12
_MOST_FINDS: Final = 300
#: movements shown before and after a count
_AROUND: Final = 15

_WANTED_STATES = [state.value for state in WANTED]
_SETTLED_STATES = [state.value for state in SETTLED]
_DIFFERENCE = CountLine.counted_qty - (CountLine.book_qty - CountLine.away_qty)
_DIFFERS = and_(
    CountLine.counted_qty.is_not(None),
    or_(_DIFFERENCE != 0, CountLine.moved_qty > 0, CountLine.is_disputed),
)
_IN_PILE: Final[dict[str, Any]] = {
    "left": CountLine.state.in_([*_WANTED_STATES, LineState.LEFT.value]),
    "differing": and_(CountLine.state == LineState.COUNTED.value, _DIFFERS),
    "unsure": and_(CountLine.state == LineState.COUNTED.value, or_(CountLine.moved_qty > 0, CountLine.is_disputed)),
    "settled": CountLine.state.in_([LineState.BOOKED.value, LineState.KEPT.value, LineState.EQUAL.value]),
}
_SHEET_STATES: Final = {
    "under_way": [state.value for state in UNDER_WAY],
    "to_approve": [SheetState.TO_APPROVE.value],
    "done": [SheetState.DONE.value, SheetState.THROWN_AWAY.value],
}


@dataclass(frozen=True, slots=True)
class LineCursor:
    """The place after a line."""

    bin: str
    line_id: int


def sheets(connection: Connection, pile: str = "under_way") -> tuple[SheetRow, ...]:
    """Sheets, the newest first."""
    query = _sheet_rows().where(CountSheet.state.in_(_SHEET_STATES[pile])).order_by(CountSheet.id.desc())
    return _with_counts(connection, connection.execute(query.limit(_MOST_SHEETS)).all())


def sheet_counts(connection: Connection) -> tuple[tuple[str, int], ...]:
    """How many sheets each pile holds."""
    query = select(CountSheet.state, func.count()).group_by(CountSheet.state)
    found: dict[str, int] = {state: int(count) for state, count in connection.execute(query)}
    return tuple((pile, sum(found.get(state, 0) for state in _SHEET_STATES[pile])) for pile in SHEET_PILES)


def sheet(connection: Connection, sheet_id: int) -> SheetRow:
    """One sheet.

    Raises:
        NotFound: `count.no_sheet`.
    """
    rows = _with_counts(connection, connection.execute(_sheet_rows().where(CountSheet.id == sheet_id)).all())
    if not rows:
        raise NotFound("count.no_sheet", f"there is no count sheet {sheet_id}", sheet_id=sheet_id)
    return rows[0]


def _sheet_rows() -> Select[Any]:
    columns = select(*CountSheet.__table__.c, Warehouse.name.label("warehouse_name"))
    return columns.join(Warehouse, Warehouse.id == CountSheet.warehouse_id)


def _with_counts(connection: Connection, rows: Sequence[Any]) -> tuple[SheetRow, ...]:
    ids = [row.id for row in rows]
    if not ids:
        return ()
    count = func.count().label("lines")
    counted = func.sum(case((CountLine.state.in_([*_WANTED_STATES, LineState.LEFT.value]), 0), else_=1))
    differing = func.sum(case((and_(CountLine.state == LineState.COUNTED.value, _DIFFERS), 1), else_=0))
    settled = func.sum(case((CountLine.state.in_(_SETTLED_STATES), 1), else_=0))
    query = (
        select(CountLine.sheet_id, count, counted, differing, settled)
        .where(CountLine.sheet_id.in_(ids))
        .group_by(CountLine.sheet_id)
    )
    sums = {row[0]: tuple(int(value) for value in row[1:]) for row in connection.execute(query)}
    for row in rows:
        if row.id in sums and _is_hidden(row.is_blind, row.state):
            lines, done, _, over = sums[row.id]
            sums[row.id] = (lines, done, 0, over)
    people: dict[int, list[str]] = {}
    seen = select(CountPass.sheet_id, CountPass.counter).where(CountPass.sheet_id.in_(ids)).distinct()
    for sheet_id, counter in connection.execute(seen.order_by(CountPass.counter)):
        people.setdefault(sheet_id, []).append(counter)
    return tuple(_sheet(row, sums.get(row.id, (0, 0, 0, 0)), people.get(row.id, ())) for row in rows)


def _sheet(row: Any, sums: tuple[int, ...], people: Sequence[str]) -> SheetRow:
    return SheetRow(
        id=row.id,
        number=row.number,
        state=row.state,
        warehouse_id=row.warehouse_id,
        warehouse_name=row.warehouse_name,
        scope=Scope(row.scope, tuple(row.scope_values)),
        is_blind=row.is_blind,
        is_filled=row.is_filled,
        note=row.note,
        author=row.author,
        created_at=row.created_at,
        submitted_by=row.submitted_by,
        ended_at=row.ended_at,
        lines=sums[0],
        counted=sums[1],
        differing=sums[2],
        settled=sums[3],
        counters=tuple(people),
    )


# --- while it is counted --------------------------------------------------------------------------------------------


def count_view(
    connection: Connection, sheet_id: int, counter: str, pass_id: int = 0, seen: CountView | None = None
) -> CountView:
    """What one who counts sees; without a pass the newest place they have open, also after a restart.

    With what was `seen` of the sheet before, only their own place is read anew: a large sheet is not to be read
    through for each scan. What others did meanwhile comes with the next whole view.

    Raises:
        NotFound: `count.no_sheet`.
    """
    query = select(*CountPass.__table__.c).where(
        CountPass.sheet_id == sheet_id, CountPass.counter == counter, CountPass.state == PassState.OPEN.value
    )
    if pass_id:
        query = query.where(CountPass.id == pass_id)
    here = connection.execute(query.order_by(CountPass.id.desc()).limit(1)).one_or_none()
    if here is None or seen is None or seen.sheet.id != sheet_id or here.bin not in {one.bin for one in seen.places}:
        shown, all_places = sheet(connection, sheet_id), places(connection, sheet_id)
    else:
        shown, all_places = _with_place(connection, seen, here.bin)
    if here is None:
        return CountView(shown, all_places)
    place = next((one for one in all_places if one.bin == here.bin), None)
    return CountView(
        shown,
        all_places,
        here.id,
        here.bin,
        here.number,
        _last_scans(connection, here.id, here.bin),
        0 if place is None else place.lines - place.counted,
    )


def _with_place(connection: Connection, seen: CountView, place: str) -> tuple[SheetRow, FirstOf[PlaceRow]]:
    """What was seen of a sheet, with one of its places as it is now."""
    state = connection.execute(select(CountSheet.state).where(CountSheet.id == seen.sheet.id)).scalar_one()
    found = places(connection, seen.sheet.id, place)
    before = next(one for one in seen.places if one.bin == place)
    now = found[0] if found else replace(before, lines=0, counted=0)
    shown = replace(
        seen.sheet,
        state=state,
        lines=seen.sheet.lines + now.lines - before.lines,
        counted=seen.sheet.counted + now.counted - before.counted,
    )
    of_all = seen.places.of_all
    return shown, FirstOf((now if one.bin == place else one for one in seen.places), of_all)


def places(connection: Connection, sheet_id: int, only: str | None = None) -> FirstOf[PlaceRow]:
    """The first bins of a sheet (or one of them), with how much of each is counted and who is there."""
    lines = func.count()
    counted = func.sum(case((CountLine.state.in_(_WANTED_STATES), 0), else_=1))
    query = (
        select(CountLine.bin, lines.label("lines"), counted.label("counted"))
        .where(CountLine.sheet_id == sheet_id)
        .group_by(CountLine.bin)
        .order_by(CountLine.bin)
    )
    passes: dict[str, list[Any]] = {}
    seen = select(CountPass.bin, CountPass.state, CountPass.counter).where(
        CountPass.sheet_id == sheet_id, CountPass.state != PassState.DROPPED.value
    )
    if only is not None:
        # Every state is named so that the index leads to the bin.
        query = query.where(CountLine.state.in_([state.value for state in LineState]), CountLine.bin == only)
        seen = seen.where(CountPass.bin == only)
    for row in connection.execute(seen.order_by(CountPass.number)):
        passes.setdefault(row.bin, []).append(row)
    found = []
    rows, of_all = first_rows(connection, query, _MOST_PLACES)
    for place, count, done in rows:
        here = passes.pop(place, [])
        found.append(PlaceRow(place, int(count), int(done), _who(here), len(here)))
    if of_all > len(rows):
        # Somebody counts beyond the first: their place is shown with its lines as well.
        for place, count, done in connection.execute(query.where(CountLine.bin.in_(list(passes)))):
            here = passes.pop(place)
            found.append(PlaceRow(place, int(count), int(done), _who(here), len(here)))
    more = [PlaceRow(place, 0, 0, _who(here), len(here)) for place, here in sorted(passes.items())]
    return FirstOf((*found, *more), of_all + len(more))


def _who(passes: Sequence[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.counter for one in passes if one.state == PassState.OPEN))


def _last_scans(connection: Connection, pass_id: int, place: str) -> tuple[ScanRow, ...]:
    undo = CountScan.__table__.alias("undo")
    query = (
        select(
            CountScan.id,
            CountScan.at,
            CountScan.kind,
            CountScan.qty,
            CountScan.raw,
            Sku.code,
            Sku.name,
            Sku.short_name,
            undo.c.id.label("undone_by"),
        )
        .outerjoin(Sku, Sku.id == CountScan.sku_id)
        .outerjoin(undo, undo.c.undoes_id == CountScan.id)
        .where(CountScan.pass_id == pass_id, CountScan.kind != "undo")
        .order_by(CountScan.id.desc())
        .limit(_LAST_SCANS)
    )
    return tuple(
        ScanRow(
            row.id,
            row.at,
            row.kind,
            row.code or row.raw,
            row.short_name or row.name or "",
            place,
            row.qty,
            row.undone_by is not None,
        )
        for row in connection.execute(query)
    )


def finds(connection: Connection, sheet_id: int) -> FirstOf[FindRow]:
    """What was scanned and is not on the sheet, without what was taken back; `of_all` counts each scan left out."""
    undone = select(CountScan.undoes_id).where(CountScan.sheet_id == sheet_id, CountScan.undoes_id.is_not(None))
    query = (
        select(
            CountScan.raw, CountScan.sku_id, Sku.code, Sku.name, CountPass.bin, Bin.code.label("home"),
            CountScan.qty, CountScan.counter,
        )
        .join(CountPass, CountPass.id == CountScan.pass_id)
        .join(CountSheet, CountSheet.id == CountScan.sheet_id)
        .outerjoin(Sku, Sku.id == CountScan.sku_id)
        .outerjoin(Bin, (Bin.sku_id == CountScan.sku_id) & (Bin.warehouse_id == CountSheet.warehouse_id))
        .where(
            CountScan.sheet_id == sheet_id,
            CountScan.kind == "find",
            CountPass.state != PassState.DROPPED.value,
            CountScan.id.not_in(undone),
        )
        .order_by(CountScan.id)
    )  # fmt: skip
    found: dict[tuple[str, str], FindRow] = {}
    rows, of_all = first_rows(connection, query, _MOST_FINDS)
    for row in rows:
        before = found.get((row.raw, row.bin))
        qty = row.qty + (0 if before is None else before.qty)
        found[row.raw, row.bin] = FindRow(
            row.raw, row.sku_id, row.code or "", row.name or "", row.bin, row.home or "", qty, row.counter
        )
    return FirstOf(found.values(), len(found) + of_all - len(rows))


# --- differences ----------------------------------------------------------------------------------------------------


def lines_page(
    connection: Connection, sheet_id: int, pile: str = "all", after: LineCursor | None = None, limit: int = 100
) -> tuple[tuple[LineRow, ...], LineCursor | None]:
    """A page of a sheet's lines by place, and where the next one starts (None at the end).

    While a blind sheet is being counted nobody is told what the books say, nor which lines differ from it.
    """
    if pile in _TELLS and _is_secret(connection, sheet_id):
        return (), None
    query = _line_rows().where(CountLine.sheet_id == sheet_id).order_by(CountLine.bin, CountLine.id).limit(limit + 1)
    if pile != "all":
        query = query.where(_IN_PILE[pile])
    if after is not None:
        query = query.where(tuple_(CountLine.bin, CountLine.id) > (after.bin, after.line_id))
    rows: Sequence[Any] = connection.execute(query).all()
    page = _lines(connection, rows[:limit])
    if len(rows) <= limit:
        return page, None
    return page, LineCursor(page[-1].bin, page[-1].id)


def line_counts(connection: Connection, sheet_id: int) -> tuple[tuple[str, int], ...]:
    """How many lines each pile holds."""
    sums = [func.coalesce(func.sum(case((_IN_PILE[pile], 1), else_=0)), 0) for pile in LINE_PILES[1:]]
    row = connection.execute(select(func.count(), *sums).where(CountLine.sheet_id == sheet_id)).one()
    hides = _is_secret(connection, sheet_id)
    return tuple(
        (pile, 0 if hides and pile in _TELLS else int(count)) for pile, count in zip(LINE_PILES, row, strict=True)
    )


def story(connection: Connection, line_id: int) -> LineStory:
    """What explains a line's difference.

    Raises:
        NotFound: `count.no_line`.
    """
    row = connection.execute(_line_rows().where(CountLine.id == line_id)).one_or_none()
    if row is None:
        raise NotFound("count.no_line", f"there is no line {line_id}", line_id=line_id)
    level = connection.execute(
        select(StockLevel.id, StockLevel.on_hand_qty).where(
            StockLevel.sku_id == row.sku_id,
            StockLevel.warehouse_id == row.warehouse_id,
            StockLevel.batch == row.batch,
        )
    ).one_or_none()
    hides = _hides(row)
    moved = () if level is None or hides else _moved(connection, level.id, row.movement_id)
    return LineStory(
        line=_lines(connection, [row])[0],
        tallies=_tallies(connection, line_id, hides=hides),
        movements=moved,
        boxes=() if hides else boxes_with(connection, row.warehouse_id, row.sku_id),
        now_qty=0 if level is None or hides else level.on_hand_qty,
        since_qty=0 if level is None or hides else _since(connection, level.id, row.movement_id),
    )


def _line_rows() -> Select[Any]:
    return (
        select(
            *CountLine.__table__.c,
            Sku.code,
            Sku.name,
            Sku.spec,
            CountSheet.warehouse_id,
            CountSheet.is_blind,
            CountSheet.state.label("sheet_state"),
        )
        .join(Sku, Sku.id == CountLine.sku_id)
        .join(CountSheet, CountSheet.id == CountLine.sheet_id)
    )


def _hides(row: Any) -> bool:
    """Whether the books' number must not be seen: somebody may still come to count."""
    return _is_hidden(row.is_blind, row.sheet_state)


def _is_hidden(is_blind: object, state: str) -> bool:
    return bool(is_blind and state in (SheetState.DRAFT, SheetState.COUNTING, SheetState.PAUSED))


def _is_secret(connection: Connection, sheet_id: int) -> bool:
    query = select(CountSheet.is_blind, CountSheet.state).where(CountSheet.id == sheet_id)
    row = connection.execute(query).one_or_none()
    return row is not None and _is_hidden(row.is_blind, row.state)


def _lines(connection: Connection, rows: Sequence[Any]) -> tuple[LineRow, ...]:
    people: dict[int, list[str]] = {}
    query = (
        select(CountTally.line_id, CountPass.counter)
        .join(CountPass, CountPass.id == CountTally.pass_id)
        .where(CountTally.line_id.in_([row.id for row in rows]), CountTally.scan_count > 0)
        .distinct()
    )
    for line_id, counter in connection.execute(query):
        people.setdefault(line_id, []).append(counter)
    return tuple(_line(row, tuple(sorted(people.get(row.id, ())))) for row in rows)


def _line(row: Any, counters: tuple[str, ...]) -> LineRow:
    hides = _hides(row) or row.book_qty is None
    return LineRow(
        id=row.id,
        sku_id=row.sku_id,
        code=row.code,
        name=row.name,
        spec=row.spec,
        batch=row.batch,
        bin=row.bin,
        state=row.state,
        is_extra=row.is_extra,
        counted_qty=row.counted_qty,
        shelf_qty=None if hides else row.book_qty - row.away_qty,
        book_qty=None if hides else row.book_qty,
        away_qty=None if hides else row.away_qty,
        counted_at=row.counted_at,
        moved_qty=0 if hides else row.moved_qty,
        is_disputed=row.is_disputed and not hides,
        round=row.round,
        reason=row.reason,
        booked_qty=row.booked_qty,
        settled_by=row.settled_by,
        counters=counters,
    )


def _tallies(connection: Connection, line_id: int, *, hides: bool) -> tuple[TallyRow, ...]:
    query = (
        select(*CountTally.__table__.c, CountPass.bin, CountPass.number, CountPass.counter, CountPass.state)
        .join(CountPass, CountPass.id == CountTally.pass_id)
        .where(CountTally.line_id == line_id, CountTally.scan_count > 0)
        .order_by(CountPass.bin, CountPass.number)
    )
    rows = connection.execute(query).all()
    holding = {row.bin: row.id for row in rows if not row.is_replaced and row.state != PassState.DROPPED}
    return tuple(
        TallyRow(
            row.bin,
            row.number,
            row.counter,
            row.qty,
            0 if hides else row.book_qty - row.away_qty,
            row.first_at,
            row.at,
            row.is_replaced or row.state == PassState.DROPPED,
            holding.get(row.bin) == row.id,
        )
        for row in rows
    )


def _moved(connection: Connection, level_id: int, movement_id: int | None) -> tuple[MovedRow, ...]:
    """The movements on both sides of the count, the newest first."""
    point = movement_id or 0
    columns = select(
        Movement.id, Movement.at, Movement.qty, Movement.kind, Movement.reason, Movement.reference, Movement.operator
    ).where(Movement.level_id == level_id)
    since = connection.execute(columns.where(Movement.id > point).order_by(Movement.id).limit(_AROUND)).all()
    before = connection.execute(columns.where(Movement.id <= point).order_by(Movement.id.desc()).limit(_AROUND)).all()
    return tuple(MovedRow(*row[1:], row.id > point) for row in [*reversed(since), *before])


def _since(connection: Connection, level_id: int, movement_id: int | None) -> int:
    if movement_id is None:
        return 0
    query = select(func.coalesce(func.sum(Movement.qty), 0)).where(
        Movement.level_id == level_id, Movement.id > movement_id
    )
    return int(connection.execute(query).scalar_one())
