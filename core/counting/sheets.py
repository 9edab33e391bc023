"""Count sheets: made, filled with lines, begun, paused, handed in, thrown away."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, or_, select, update

from core.catalog.bins import tidy_bin
from core.catalog.models import Bin, Sku
from core.counting.models import CountLine, CountPass, CountScan, CountSheet
from core.counting.records import SCOPES, Scope
from core.counting.states import STEPS, WANTED, LineState, PassState, SheetState
from core.db.sets import id_set, packed_ids, packed_texts, text_set
from core.db.turn import take_turn
from core.db.unit_of_work import UnitOfWork
from core.inventory.models import StockLevel, Warehouse
from core.runtime.china import china_day
from core.runtime.errors import NotFound, Refused

#: SKUs whose lines are made in one transaction
_PIECE: Final = 200
_MOST_NOTE: Final = 200
_MOST_VALUES: Final = 5000
#: whoever has scanned within this time is still at it
_STILL_THERE: Final = timedelta(minutes=10)


def make_sheet(uow: UnitOfWork, warehouse_id: int, scope: Scope, key: str, note: str = "", *, is_blind: bool) -> int:
    """A new sheet, still without lines; gives its id. The same key again gives the same sheet.

    Raises:
        Refused: `count.scope`, an unknown or empty scope; `count.no_such_goods`, a code nobody knows;
            `count.note_long`.
        NotFound: `stock.no_warehouse`.
    """
    values = _tidied(uow, scope)
    note = " ".join(note.split())
    if len(note) > _MOST_NOTE:
        raise Refused("count.note_long", f"a note has {_MOST_NOTE} characters at most", most=_MOST_NOTE)
    if uow.execute(select(Warehouse.id).where(Warehouse.id == warehouse_id)).one_or_none() is None:
        raise NotFound("stock.no_warehouse", f"there is no warehouse {warehouse_id}")
    take_turn(uow, "count_sheets")
    known = uow.execute(select(CountSheet.id).where(CountSheet.key == key)).scalar_one_or_none()
    if known is not None:
        return int(known)
    number = _next_number(uow)
    row = {
        "number": number,
        "key": key,
        "state": SheetState.DRAFT.value,
        "warehouse_id": warehouse_id,
        "scope": scope.kind,
        "scope_values": values,
        "is_blind": is_blind,
        "note": note,
        "author": uow.actor.operator,
        "created_at": uow.now,
    }
    sheet_id = uow.insert(CountSheet, row)
    uow.record("count.sheet_made", "count_sheet", sheet_id, number=number, scope=scope.kind, is_blind=is_blind)
    return sheet_id


def _tidied(uow: UnitOfWork, scope: Scope) -> list[str | int]:
    if scope.kind not in SCOPES:
        raise Refused("count.scope", f"{scope.kind!r} is nothing that can be counted")
    if scope.kind == "warehouse":
        return []
    if scope.kind == "skus":
        found: list[str | int] = [*_sku_ids(uow, scope.values)]
    else:
        found = [*sorted({tidy_bin(str(value)) for value in scope.values} - {""})]
    if not 1 <= len(found) <= _MOST_VALUES:
        raise Refused("count.scope", "name what is to be counted", most=_MOST_VALUES)
    return found


def _sku_ids(uow: UnitOfWork, values: Iterable[str | int]) -> list[int]:
    """The ids of goods that are named by id or by code."""
    ids = {value for value in values if isinstance(value, int)}
    codes = {value.strip() for value in values if isinstance(value, str)} - {""}
    query = select(Sku.code, Sku.id).where(Sku.code.in_(text_set("codes")))
    known = {row.code: row.id for row in uow.execute(query, {"codes": packed_texts(codes)})}
    unknown = sorted(codes - known.keys())
    if unknown:
        raise Refused("count.no_such_goods", f"no goods have the code {unknown[0]}", code_said=unknown[0])
    return sorted(ids | set(known.values()))


def _next_number(uow: UnitOfWork) -> str:
    day = f"PD{china_day(uow.now):%y%m%d}-"
    # No sheet is ever deleted, and whoever makes one has the turn.
    count = select(func.count()).select_from(CountSheet).where(CountSheet.number.like(f"{day}%"))
    made = int(uow.execute(count).scalar_one())
    return f"{day}{made + 1:03d}"


def fill_sheet(uow: UnitOfWork, sheet_id: int) -> int | None:
    """Make the lines of the next SKUs; gives how many lines, None when the sheet is full.

    Goods without units and without a place are left out: whoever finds some adds them by scanning.

    Raises:
        Refused: `count.not_draft`.
        NotFound: `count.no_sheet`.
    """
    sheet = locked_sheet(uow, sheet_id)
    if sheet.is_filled:
        return None
    if sheet.state != SheetState.DRAFT:
        raise Refused("count.not_draft", "this sheet has been begun already", number=sheet.number)
    skus = uow.execute(_wanted_skus(sheet), _binds(sheet)).all()
    lines = lines_for(uow, sheet, {row.id: row.code or "" for row in skus})
    if lines:
        uow.insert_many(CountLine, lines)
    changed: dict[str, Any] = {"filled_to": skus[-1].id} if skus else {}
    if len(skus) < _PIECE:
        changed["is_filled"] = True
    uow.execute(update(CountSheet).where(CountSheet.id == sheet_id).values(**changed))
    uow.record("count.sheet_filled", "count_sheet", sheet_id, lines=len(lines))
    return None if len(skus) < _PIECE else len(lines)


def _wanted_skus(sheet: Any) -> Any:
    here = (Bin.sku_id == Sku.id) & (Bin.warehouse_id == sheet.warehouse_id)
    query = (
        select(Sku.id, Bin.code)
        .outerjoin(Bin, here)
        .where(Sku.id > sheet.filled_to, Sku.is_stock_managed, ~Sku.is_bundle)
        .order_by(Sku.id)
        .limit(_PIECE)
    )
    if sheet.scope == "skus":
        return query.where(Sku.id.in_(id_set("values")))
    if sheet.scope == "bins":
        return query.where(Bin.code.in_(sheet.scope_values))
    if sheet.scope == "zones":
        return query.where(Bin.zone.in_(sheet.scope_values))
    level = select(StockLevel.id).where(
        StockLevel.sku_id == Sku.id, StockLevel.warehouse_id == sheet.warehouse_id, StockLevel.on_hand_qty > 0
    )
    return query.where(or_(Bin.code.is_not(None), level.exists()))


def _binds(sheet: Any) -> dict[str, Any]:
    return {"values": packed_ids(sheet.scope_values)} if sheet.scope == "skus" else {}


def lines_for(
    uow: UnitOfWork,
    sheet: Any,
    bins: Mapping[int, str],
    batches: Sequence[str] | None = None,
    *,
    is_extra: bool = False,
) -> list[dict[str, Any]]:
    """A line for each batch that has units; goods that have none get one line without a batch.

    Args:
        uow: the open transaction.
        sheet: the sheet's row.
        bins: SKU -> its place, empty where none is known.
        batches: these instead of those that have units.
        is_extra: nobody expected them on the sheet.
    """
    if batches is not None:
        return [_new_line(sheet.id, sku, one, place, is_extra) for sku, place in bins.items() for one in batches]
    query = select(StockLevel.sku_id, StockLevel.batch).where(
        StockLevel.sku_id.in_(id_set("sku_ids")),
        StockLevel.warehouse_id == sheet.warehouse_id,
        StockLevel.on_hand_qty > 0,
    )
    found: dict[int, list[str]] = {}
    for row in uow.execute(query.order_by(StockLevel.batch), {"sku_ids": packed_ids(bins)}):
        found.setdefault(row.sku_id, []).append(row.batch)
    return [
        _new_line(sheet.id, sku, one, place, is_extra) for sku, place in bins.items() for one in found.get(sku, [""])
    ]


def _new_line(sheet_id: int, sku_id: int, batch: str, place: str, is_extra: bool) -> dict[str, Any]:
    """The row of a line that nobody has counted."""
    return {
        "sheet_id": sheet_id,
        "sku_id": sku_id,
        "batch": batch,
        "bin": place,
        "is_extra": is_extra,
        "state": LineState.OPEN.value,
        "moved_qty": 0,
        "is_disputed": False,
        "round": 0,
        "reason": "",
        "deficits": [],
        "settled_by": "",
    }


# --- steps ----------------------------------------------------------------------------------------------------------


def begin(uow: UnitOfWork, sheet_id: int) -> None:
    """Counting may start, or goes on after a pause. Doing it again changes nothing.

    Raises:
        Refused: `count.not_filled`, its lines are still being made; `count.empty`, it has none; `count.wrong_state`.
        NotFound: `count.no_sheet`.
    """
    sheet = locked_sheet(uow, sheet_id)
    if sheet.state == SheetState.COUNTING:
        return
    if not sheet.is_filled:
        raise Refused("count.not_filled", "the lines of this sheet are still being made", number=sheet.number)
    if uow.execute(select(CountLine.id).where(CountLine.sheet_id == sheet_id).limit(1)).first() is None:
        raise Refused("count.empty", "there is nothing to count on this sheet", number=sheet.number)
    if sheet.state not in (SheetState.DRAFT, SheetState.PAUSED):
        raise _wrong_state(sheet)
    step(uow, sheet, SheetState.COUNTING, started_at=sheet.started_at or uow.now)


def pause(uow: UnitOfWork, sheet_id: int) -> None:
    """Nobody counts on this sheet for now; what was scanned stays. Doing it again changes nothing.

    Raises:
        Refused: `count.wrong_state`.
        NotFound: `count.no_sheet`.
    """
    sheet = locked_sheet(uow, sheet_id)
    if sheet.state != SheetState.PAUSED:
        step(uow, sheet, SheetState.PAUSED)


def throw_away(uow: UnitOfWork, sheet_id: int) -> None:
    """The sheet is of no use: it stays in the list, and nothing of it is booked.

    Raises:
        Refused: `count.has_settled`, part of it is in the books already; `count.wrong_state`.
        NotFound: `count.no_sheet`.
    """
    sheet = locked_sheet(uow, sheet_id)
    booked = select(CountLine.id).where(CountLine.sheet_id == sheet_id, CountLine.booked_qty.is_not(None)).limit(1)
    if uow.execute(booked).first() is not None:
        raise Refused("count.has_settled", "part of this sheet is in the books", number=sheet.number)
    step(uow, sheet, SheetState.THROWN_AWAY, ended_at=uow.now, ended_by=uow.actor.operator)


def submit(uow: UnitOfWork, sheet_id: int, *, leave_open: bool = False, end_places: bool = False) -> None:
    """Hand the sheet in: nobody scans any more, and the differences wait for a decision. Again changes nothing.

    Args:
        uow: the open transaction.
        sheet_id: the sheet.
        leave_open: lines that nobody has counted are left out.
        end_places: places that somebody has left open are over, with what was scanned there.

    Raises:
        Refused: `count.still_counted`, a place is open; fact `is_own` says whether it is theirs who ask, `can_end`
            whether `end_places` would do: it is theirs, or nobody has scanned there for a while; `count.not_all`,
            lines are not counted; `count.nothing_counted`; `count.wrong_state`.
        NotFound: `count.no_sheet`.
    """
    sheet = locked_sheet(uow, sheet_id)
    if sheet.state == SheetState.TO_APPROVE:
        return
    if sheet.state != SheetState.COUNTING:
        raise _wrong_state(sheet)
    _end_places(uow, sheet, is_asked=end_places)
    here = (CountLine.sheet_id == sheet_id, CountLine.state.in_([state.value for state in WANTED]))
    left = int(uow.execute(select(func.count()).select_from(CountLine).where(*here)).scalar_one())
    if left and not leave_open:
        raise Refused("count.not_all", f"{left} lines are not counted", n=left)
    counted = select(CountLine.id).where(CountLine.sheet_id == sheet_id, CountLine.state == LineState.COUNTED.value)
    if uow.execute(counted.limit(1)).first() is None:
        raise Refused("count.nothing_counted", "nothing on this sheet has been counted", number=sheet.number)
    stamp = {"state": LineState.LEFT.value, "settled_at": uow.now, "settled_by": uow.actor.operator}
    uow.execute(update(CountLine).where(*here).values(**stamp))
    who = {"submitted_by": uow.actor.operator, "submitted_by_id": uow.actor.person_id}
    step(uow, sheet, SheetState.TO_APPROVE, submitted_at=uow.now, **who)


def _end_places(uow: UnitOfWork, sheet: Any, *, is_asked: bool) -> None:
    """No place of the sheet is open any more: somebody who went home does not keep it from everybody.

    Raises:
        Refused: `count.still_counted`.
    """
    scans = select(func.max(CountScan.at)).where(CountScan.pass_id == CountPass.id).scalar_subquery()
    busy = (
        select(CountPass.id, CountPass.bin, CountPass.counter, CountPass.started_at, scans.label("scanned_at"))
        .where(CountPass.sheet_id == sheet.id, CountPass.state == PassState.OPEN.value)
        .order_by(CountPass.id)
    )
    passes = uow.rows(busy)
    awake = [
        one
        for one in passes
        if one.counter != uow.actor.operator and uow.now - (one.scanned_at or one.started_at) < _STILL_THERE
    ]
    for one in awake or ([] if is_asked else passes):
        sentence = f"{one.bin or 'a place'} is still being counted by {one.counter}"
        facts = {"bin": one.bin or "—", "counter": one.counter, "can_end": not awake}
        facts["is_own"] = one.counter == uow.actor.operator
        raise Refused("count.still_counted", sentence, **facts)
    for one in passes:
        ended = {"state": PassState.DONE.value, "finished_at": uow.now}
        uow.execute(update(CountPass).where(CountPass.id == one.id).values(**ended))
        uow.record("count.place_ended", "count_pass", one.id, sheet_id=sheet.id, bin=one.bin, counter=one.counter)


def locked_sheet(uow: UnitOfWork, sheet_id: int) -> Any:
    """The sheet, kept from everybody else until the end of this transaction.

    Raises:
        NotFound: `count.no_sheet`.
    """
    query = select(*CountSheet.__table__.c).where(CountSheet.id == sheet_id)
    return _found(uow.execute(query.with_for_update(key_share=True)).one_or_none(), sheet_id)


def counting_sheet(uow: UnitOfWork, sheet_id: int) -> Any:
    """The sheet while it is being counted. Others may count too; nobody can hand it in before this transaction ends.

    Raises:
        Refused: `count.not_counting`.
        NotFound: `count.no_sheet`.
    """
    query = select(*CountSheet.__table__.c).where(CountSheet.id == sheet_id)
    sheet = _found(uow.execute(query.with_for_update(read=True)).one_or_none(), sheet_id)
    if sheet.state != SheetState.COUNTING:
        raise Refused("count.not_counting", "nobody counts on this sheet now", number=sheet.number, state=sheet.state)
    return sheet


def step(uow: UnitOfWork, sheet: Any, to: SheetState, **changed: Any) -> None:
    """Move a locked sheet on.

    Raises:
        Refused: `count.wrong_state`.
    """
    if to not in STEPS[SheetState(sheet.state)]:
        raise _wrong_state(sheet)
    uow.execute(update(CountSheet).where(CountSheet.id == sheet.id).values(state=to.value, **changed))
    uow.changed("count_sheet", sheet.id)
    uow.record(f"count.sheet_{to.value}", "count_sheet", sheet.id, number=sheet.number, before=sheet.state)


def _found(sheet: Any, sheet_id: int) -> Any:
    if sheet is None:
        raise NotFound("count.no_sheet", f"there is no count sheet {sheet_id}", sheet_id=sheet_id)
    return sheet


def _wrong_state(sheet: Any) -> Refused:
    sentence = f"sheet {sheet.number} is {sheet.state}"
    return Refused("count.wrong_state", sentence, number=sheet.number, state=sheet.state)
