"""Scans of those who count: each is kept under its own key, adds to a tally, and remembers what the books said then.

Locks are taken in one order: sheet (shared), line, level. So two people on one sheet wait for each other only where
they scan the same goods at the same moment, and nobody hands the sheet in between a scan and its tally.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, update

from core.catalog import queries as catalogue
from core.catalog.bins import tidy_bin
from core.catalog.models import Bin, Sku
from core.catalog.records import ScannedSku
from core.counting.goods import line_for
from core.counting.lines import line_of, moved_between, refresh_line
from core.counting.models import CountLine, CountPass, CountScan, CountSheet, CountTally
from core.counting.points import point_at, point_of
from core.counting.records import Point, Scanned
from core.counting.sheets import counting_sheet
from core.counting.states import WANTED, LineState, PassState
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.inventory.levels import lock_places
from core.runtime.errors import NotFound, Refused

#: more than anybody carries to one place; beyond it a barcode was read into the quantity
MOST_QTY: Final = 100_000
#: an empty bin has few kinds of goods; more at once is a mistake
_MOST_ZERO: Final = 300
#: so many of them in one transaction
_ZEROED_TOGETHER: Final = 25


# --- places ---------------------------------------------------------------------------------------------------------


def go_to(uow: UnitOfWork, sheet_id: int, place: str) -> Scanned:
    """Count here from now on: whoever has a place open elsewhere leaves it open, and goes on in one they had begun.

    A place that somebody counts or has counted gets a second pass: a recount, which replaces the first where it
    counts something. Both are kept.

    Raises:
        Refused: `count.not_counting`.
        NotFound: `count.no_sheet`.
    """
    counting_sheet(uow, sheet_id)
    place = tidy_bin(place)
    take_turn(uow, f"count:{sheet_id}")
    passes = uow.rows(
        select(*CountPass.__table__.c)
        .where(CountPass.sheet_id == sheet_id, CountPass.bin == place)
        .order_by(CountPass.number)
    )
    mine = next((one for one in passes if one.state == PassState.OPEN and _is_mine(uow, one)), None)
    others = [one.counter for one in passes if one.state != PassState.DROPPED and not _is_mine(uow, one)]
    other = others[-1] if others else ""
    if mine is not None:
        return Scanned("bin", bin=place, pass_id=mine.id, pass_number=mine.number, other=other, is_repeat=True)
    row = {
        "sheet_id": sheet_id,
        "bin": place,
        "number": len(passes) + 1,
        "state": PassState.OPEN.value,
        "counter": uow.actor.operator,
        "counter_id": uow.actor.person_id,
        "desk": uow.actor.desk,
        "started_at": uow.now,
    }
    pass_id = uow.insert(CountPass, row)
    number = sum(one.state != PassState.DROPPED for one in passes) + 1
    uow.record("count.place_begun", "count_pass", pass_id, sheet_id=sheet_id, bin=place, number=number)
    return Scanned("bin", bin=place, pass_id=pass_id, pass_number=number, other=other)


def _is_mine(uow: UnitOfWork, one: Any) -> bool:
    return bool(one.counter == uow.actor.operator and one.counter_id == uow.actor.person_id)


def finish_place(uow: UnitOfWork, pass_id: int, key: str, missing: str = "ask") -> int:
    """Everything in this place is counted; gives how many lines were counted as nothing there.

    Args:
        uow: the open transaction.
        pass_id: the way through the place; finished already changes nothing.
        key: of this act.
        missing: goods of this place that were not scanned: `ask` refuses, `zero` counts none of them, `leave` leaves
            them open.

    Raises:
        Refused: `count.some_left`; `count.too_many_left`, for `zero`; `count.not_counting`.
        NotFound: `count.no_pass`.
    """
    here = open_pass(uow, pass_id, also_ended=True)
    if here.state != PassState.OPEN:
        return 0
    left = lines_left(uow, here) if missing != "leave" else []
    if left and missing == "ask":
        raise Refused("count.some_left", f"{len(left)} kinds of goods here were not scanned", n=len(left))
    _expect_few(left)
    _count_none(uow, here, left, key)
    uow.execute(
        update(CountPass).where(CountPass.id == pass_id).values(state=PassState.DONE.value, finished_at=uow.now)
    )
    uow.record("count.place_done", "count_pass", pass_id, sheet_id=here.sheet_id, bin=here.bin, zero=len(left))
    return len(left)


def zero_some(uow: UnitOfWork, pass_id: int, key: str) -> int:
    """Count as nothing there what of a place was not scanned, the next few; gives how many, 0 when there are no more.

    Raises:
        Refused, NotFound: as `finish_place` with `zero`.
    """
    here = open_pass(uow, pass_id, also_ended=True)
    left = lines_left(uow, here) if here.state == PassState.OPEN else []
    _expect_few(left)
    _count_none(uow, here, left[:_ZEROED_TOGETHER], key)
    return len(left[:_ZEROED_TOGETHER])


def _expect_few(left: list[int]) -> None:
    if len(left) > _MOST_ZERO:
        raise Refused("count.too_many_left", f"{len(left)} are too many to be all gone", n=len(left), most=_MOST_ZERO)


def _count_none(uow: UnitOfWork, here: Any, line_ids: list[int], key: str) -> None:
    lines = [line_of(uow, line_id) for line_id in line_ids]
    warehouse_id = _warehouse_of(uow, here.sheet_id)
    lock_places(uow, {(warehouse_id, line.sku_id, line.batch) for line in lines}, makes=False)
    for line in lines:
        _keep_scan(uow, here, line, "zero", "", 0, f"{key}:{line.id}")


def drop_place(uow: UnitOfWork, pass_id: int) -> None:
    """This way through the place was a mistake: what was counted before it holds again. Its scans stay on record.

    Raises:
        Refused: `count.not_counting`.
        NotFound: `count.no_pass`.
    """
    here = open_pass(uow, pass_id, also_ended=True)
    if here.state == PassState.DROPPED:
        return
    uow.execute(
        update(CountPass).where(CountPass.id == pass_id).values(state=PassState.DROPPED.value, finished_at=uow.now)
    )
    lines = select(CountTally.line_id).where(CountTally.pass_id == pass_id).order_by(CountTally.line_id)
    for line_id in uow.execute(lines).scalars().all():
        line_of(uow, line_id)
        refresh_line(uow, line_id)
    uow.record("count.place_dropped", "count_pass", pass_id, sheet_id=here.sheet_id, bin=here.bin)


def lines_left(uow: UnitOfWork, here: Any) -> list[int]:
    """Lines of this place that still want a count, and have none from this way through it.

    Who counts a place again before the sheet is handed in counts all of it: then also what was counted here before.
    Once somebody has asked for single lines, only those are wanted.
    """
    tallied = select(CountTally.line_id).where(CountTally.pass_id == here.id, CountTally.scan_count > 0)
    of_sheet = select(CountLine.id).where(CountLine.sheet_id == here.sheet_id, CountLine.id.not_in(tallied))
    wanted = of_sheet.where(CountLine.bin == here.bin, CountLine.state.in_([state.value for state in WANTED]))
    was_submitted = select(CountSheet.submitted_at).where(CountSheet.id == here.sheet_id)
    if uow.execute(was_submitted).scalar_one() is not None:
        return [int(line_id) for line_id in uow.execute(wanted.order_by(CountLine.id)).scalars()]
    before = (
        select(CountTally.line_id)
        .join(CountPass, CountPass.id == CountTally.pass_id)
        .where(
            CountPass.sheet_id == here.sheet_id,
            CountPass.bin == here.bin,
            CountPass.state != PassState.DROPPED.value,
            CountTally.scan_count > 0,
        )
    )
    both = wanted.union(of_sheet.where(CountLine.id.in_(before)))
    return sorted(int(row[0]) for row in uow.execute(both))


def open_pass(uow: UnitOfWork, pass_id: int, *, also_ended: bool = False) -> Any:
    """One's own way through a place, under its lock, while its sheet is being counted.

    Nobody scans under another one's name: whoever counted a line does not book its difference.

    Raises:
        Refused: `count.not_yours`; `count.pass_ended`; `count.not_counting`.
        NotFound: `count.no_pass`.
    """
    counting_sheet(uow, sheet_of(uow, pass_id))
    query = select(*CountPass.__table__.c).where(CountPass.id == pass_id)
    # Shared: a way through a place is not ended while one of its scans is being written.
    lock = query.with_for_update(key_share=True) if also_ended else query.with_for_update(read=True)
    here = uow.execute(lock).one()
    if not _is_mine(uow, here):
        raise Refused("count.not_yours", f"{here.counter} counts here; scan the bin yourself", counter=here.counter)
    if here.state != PassState.OPEN and not also_ended:
        raise Refused("count.pass_ended", "this place is finished; scan its bin to count it again", bin=here.bin)
    return here


# --- scans ----------------------------------------------------------------------------------------------------------


def scan(uow: UnitOfWork, pass_id: int, raw: str, key: str, qty: int = 1, batch: str | None = None) -> Scanned:
    """A barcode of goods was scanned, `qty` times over (数量×); a carton's barcode stands for all its units.

    What is not on the sheet is kept as a find: a barcode nobody knows, and goods that live elsewhere, because this
    place alone does not tell how many of them there are. On a sheet of the whole warehouse they get a line.

    Args:
        uow: the open transaction.
        pass_id: the way through the place, open.
        raw: what was scanned.
        key: of this scan; the same key again answers as before and adds nothing.
        qty: how often.
        batch: which batch it is; None where there is only one, or the goods' own code says it.

    Raises:
        Refused: `count.which_batch`, there are several; `count.qty_out_of_range`; `count.pass_ended`;
            `count.not_counting`; `count.key_reused`; and as `goods.line_for`.
        NotFound: `count.no_pass`.
    """
    if not 1 <= qty <= MOST_QTY:
        raise Refused("count.qty_out_of_range", f"{qty} is no quantity of goods", most_qty=MOST_QTY)
    before = _repeated(uow, key, pass_id)
    if before is not None:
        return before
    here = open_pass(uow, pass_id)
    sku = catalogue.by_scan(uow.connection, raw, uow.now)
    line = None if sku is None else line_for(uow, here.sheet_id, sku, batch)
    units = qty if sku is None else qty * sku.unit_qty
    if line is None:
        return _keep_find(uow, here, sku, raw, units, key)
    return _about(uow, here, line, line.sku_id, _keep_scan(uow, here, line, "goods", raw, units, key))


def write_down(
    uow: UnitOfWork,
    pass_id: int,
    line_id: int,
    qty: int,
    key: str,
    at: datetime | None = None,
    *,
    most_qty: int = MOST_QTY,
) -> None:
    """A number that was counted on paper; `at`: when that was, None for now. The same key again changes nothing.

    Raises:
        Refused: `count.qty_out_of_range`; `count.pass_ended`; `count.not_counting`; `count.line_settled`.
        NotFound: `count.no_pass`, `count.no_line`.
    """
    if not 0 <= qty <= most_qty:
        raise Refused("count.qty_out_of_range", f"{qty} is no quantity of goods", most_qty=most_qty)
    if _repeated(uow, key, pass_id) is not None:
        return
    here = open_pass(uow, pass_id)
    line = line_of(uow, line_id)
    if line.sheet_id != here.sheet_id:
        raise NotFound("count.no_line", f"there is no line {line_id} on this sheet", line_id=line_id)
    _keep_scan(uow, here, line, "paper", "", qty, key, at)


def undo_last(uow: UnitOfWork, pass_id: int, key: str) -> Scanned:
    """Take back the last scan of this way through the place that still counts.

    Raises:
        Refused: `count.nothing_to_undo`; `count.pass_ended`; `count.not_counting`; `count.key_reused`.
        NotFound: `count.no_pass`.
    """
    before = _repeated(uow, key, pass_id)
    if before is not None:
        return before
    here = open_pass(uow, pass_id)
    undone = select(CountScan.undoes_id).where(CountScan.pass_id == pass_id, CountScan.undoes_id.is_not(None))
    query = (
        select(*CountScan.__table__.c)
        .where(CountScan.pass_id == pass_id, CountScan.kind != "undo", CountScan.id.not_in(undone))
        .order_by(CountScan.id.desc())
        .limit(1)
    )
    last = uow.execute(query).one_or_none()
    if last is None:
        raise Refused("count.nothing_to_undo", "nothing was scanned here")
    line = None if last.line_id is None else line_of(uow, last.line_id)
    scan_id = _insert_scan(uow, here, last.line_id, last.sku_id, "undo", "", -last.qty, key, Point(0, 0, 0), last.id)
    line_qty = 0
    if line is not None:
        _recount_tally(uow, here.id, line.id)
        refresh_line(uow, line.id)
        line_qty = _tally_qty(uow, here.id, line.id)
    uow.record("count.scan_undone", "count_pass", pass_id, scan_id=last.id, qty=last.qty)
    return _about(uow, here, line, last.sku_id, Scanned("undo", scan_id, qty=-last.qty, line_qty=line_qty))


def _keep_scan(
    uow: UnitOfWork, here: Any, line: Any, kind: str, raw: str, qty: int, key: str, at: datetime | None = None
) -> Scanned:
    """Write a scan and what follows from it; the line is locked."""
    sheet = counting_sheet(uow, here.sheet_id)
    moved = 0
    if at is None:
        point = point_of(uow, sheet.warehouse_id, line.sku_id, line.batch)
    else:
        point, moved = point_at(uow, sheet.warehouse_id, line.sku_id, line.batch, at)
    scan_id = _insert_scan(uow, here, line.id, line.sku_id, kind, raw, qty, key, point)
    query = select(*CountTally.__table__.c).where(CountTally.pass_id == here.id, CountTally.line_id == line.id)
    tally = uow.execute(query).one_or_none()
    now = {
        "at": at or uow.now,
        "movement_id": point.movement_id,
        "book_qty": point.book_qty,
        "away_qty": point.away_qty,
    }
    first = {"first_at": at or uow.now, "first_shelf_qty": point.shelf_qty, "moved_qty": moved}
    if tally is None:
        fresh = {"pass_id": here.id, "line_id": line.id, "qty": qty, "scan_count": 1, "is_replaced": False}
        uow.insert(CountTally, fresh | first | now)
    else:
        if tally.scan_count:
            gap = abs(point.shelf_qty - (tally.book_qty - tally.away_qty))
            first = {"moved_qty": tally.moved_qty + gap + moved}
        changed = now | first | {"qty": tally.qty + qty, "scan_count": tally.scan_count + 1}
        uow.execute(update(CountTally).where(CountTally.id == tally.id).values(**changed))
    refresh_line(uow, line.id)
    facts = {"line_id": line.id, "qty": qty, "movement_id": point.movement_id}
    uow.record("count.scanned", "count_pass", here.id, **facts)
    return Scanned(kind, scan_id, qty=qty, line_qty=_tally_qty(uow, here.id, line.id))


def _keep_find(uow: UnitOfWork, here: Any, sku: ScannedSku | None, raw: str, qty: int, key: str) -> Scanned:
    sku_id = None if sku is None else sku.sku_id
    scan_id = _insert_scan(uow, here, None, sku_id, "find", raw, qty, key, Point(0, 0, 0))
    uow.record("count.found", "count_pass", here.id, sku_id=sku_id or 0, qty=qty)
    told = Scanned("find", scan_id, raw=raw, qty=qty)
    return _about(uow, here, None, sku_id, told)


def _insert_scan(
    uow: UnitOfWork,
    here: Any,
    line_id: int | None,
    sku_id: int | None,
    kind: str,
    raw: str,
    qty: int,
    key: str,
    point: Point,
    undoes_id: int | None = None,
) -> int:
    return uow.insert(
        CountScan,
        {
            "key": key,
            "at": uow.now,
            "sheet_id": here.sheet_id,
            "pass_id": here.id,
            "line_id": line_id,
            "sku_id": sku_id,
            "kind": kind,
            "raw": raw if kind == "find" else "",
            "qty": qty,
            "movement_id": point.movement_id,
            "book_qty": point.book_qty,
            "away_qty": point.away_qty,
            "counter": uow.actor.operator,
            "desk": uow.actor.desk,
            "undoes_id": undoes_id,
        },
    )


def _recount_tally(uow: UnitOfWork, pass_id: int, line_id: int) -> None:
    """Sum a tally from its scans: its moment is that of the last scan that still counts."""
    undone = select(CountScan.undoes_id).where(CountScan.pass_id == pass_id, CountScan.undoes_id.is_not(None))
    here = (CountTally.pass_id == pass_id, CountTally.line_id == line_id)
    rows = uow.rows(
        select(*CountScan.__table__.c)
        .where(
            CountScan.pass_id == pass_id,
            CountScan.line_id == line_id,
            CountScan.kind != "undo",
            CountScan.id.not_in(undone),
        )
        .order_by(CountScan.id)
    )
    changed: dict[str, Any] = {"qty": sum(row.qty for row in rows), "scan_count": len(rows)}
    if rows:
        last = rows[-1]
        changed |= {"at": last.at, "movement_id": last.movement_id}
        changed |= {"book_qty": last.book_qty, "away_qty": last.away_qty}
        if all(row.kind != "paper" for row in rows):
            # What moved after a scan that was taken back did not move while it was counted.
            changed["moved_qty"] = moved_between(rows)
    uow.execute(update(CountTally).where(*here).values(**changed))


def _tally_qty(uow: UnitOfWork, pass_id: int, line_id: int) -> int:
    query = select(CountTally.qty).where(CountTally.pass_id == pass_id, CountTally.line_id == line_id)
    return int(uow.execute(query).scalar_one_or_none() or 0)


def _repeated(uow: UnitOfWork, key: str, pass_id: int) -> Scanned | None:
    """The answer to a scan that is stored already; two that come with one key at the same moment take turns."""
    take_turn(uow, f"count_scan:{key}")
    row = uow.execute(select(*CountScan.__table__.c).where(CountScan.key == key)).one_or_none()
    if row is None:
        return None
    if row.pass_id != pass_id:
        raise Refused("count.key_reused", f"{key} stands for another scan", key=key)
    here = uow.execute(select(*CountPass.__table__.c).where(CountPass.id == pass_id)).one()
    line = None
    if row.line_id is not None:
        line = uow.execute(select(*CountLine.__table__.c).where(CountLine.id == row.line_id)).one()
    qty = 0 if row.line_id is None else _tally_qty(uow, pass_id, row.line_id)
    told = Scanned(row.kind, row.id, raw=row.raw, qty=row.qty, line_qty=qty, is_repeat=True)
    return _about(uow, here, line, row.sku_id, told)


def _about(uow: UnitOfWork, here: Any, line: Any | None, sku_id: int | None, told: Scanned) -> Scanned:
    """What was scanned, with the words a person knows it by."""
    number = select(func.count()).select_from(CountPass)
    number = number.where(
        CountPass.sheet_id == here.sheet_id,
        CountPass.bin == here.bin,
        CountPass.number <= here.number,
        CountPass.state != PassState.DROPPED.value,
    )
    told = replace(told, bin=here.bin, pass_id=here.id, pass_number=int(uow.execute(number).scalar_one()))
    if line is not None:
        told = replace(told, line_id=line.id, batch=line.batch)
    if sku_id is None:
        return told
    warehouse = _warehouse_of(uow, here.sheet_id)
    query = (
        select(Sku.code, Sku.name, Sku.short_name, Sku.spec, Sku.picture, Bin.code.label("bin"))
        .outerjoin(Bin, (Bin.sku_id == Sku.id) & (Bin.warehouse_id == warehouse))
        .where(Sku.id == sku_id)
    )
    sku = uow.execute(query).one()
    return replace(
        told,
        sku_id=sku_id,
        code=sku.code,
        name=sku.short_name or sku.name,
        spec=sku.spec,
        picture=sku.picture,
        home=sku.bin or "",
    )


def _warehouse_of(uow: UnitOfWork, sheet_id: int) -> int:
    """The warehouse of a sheet, whatever state it is in."""
    return int(uow.execute(select(CountSheet.warehouse_id).where(CountSheet.id == sheet_id)).scalar_one())


def sheet_of(uow: UnitOfWork, pass_id: int) -> int:
    """The sheet of a way through a place.

    Raises:
        NotFound: `count.no_pass`.
    """
    sheet_id = uow.execute(select(CountPass.sheet_id).where(CountPass.id == pass_id)).scalar_one_or_none()
    if sheet_id is None:
        raise NotFound("count.no_pass", f"nobody has begun {pass_id}", pass_id=pass_id)
    return int(sheet_id)


def is_bin(uow: UnitOfWork, sheet_id: int, raw: str) -> bool:
    """Whether what was scanned is the label of a bin, and no barcode of goods."""
    place = tidy_bin(raw)
    if not place or catalogue.by_scan(uow.connection, raw) is not None:
        return False
    # Every state is named so that the index leads to the bin.
    states = [state.value for state in LineState]
    here = (CountLine.sheet_id == sheet_id, CountLine.state.in_(states), CountLine.bin == place)
    if uow.execute(select(CountLine.id).where(*here).limit(1)).first() is not None:
        return True
    elsewhere = select(Bin.sku_id).where(Bin.warehouse_id == _warehouse_of(uow, sheet_id), Bin.code == place)
    return uow.execute(elsewhere.limit(1)).first() is not None
