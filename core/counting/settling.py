"""What becomes of differences: booked by another person, left as they are for a reason, or counted again.

A booked difference moves the level by what was found at the moment of counting; what came and went since then stays.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, func, select, update

from core.counting.lines import line_of
from core.counting.models import CountLine, CountPass, CountSheet, CountTally
from core.counting.records import Decision, Settled
from core.counting.sheets import locked_sheet, step
from core.counting.shortage import deficits_of, hold_short
from core.counting.states import SETTLED, WANTED, LineState, SheetState
from core.db.settings import kept_setting
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.inventory import ledger
from core.inventory.assertions import Asserted
from core.inventory.levels import lock_places
from core.inventory.reasons import written
from core.runtime.errors import DomainError, Refused
from core.runtime.ids import SkuId, WarehouseId

_log = logging.getLogger(__name__)

#: setting: up to how many units of difference whoever counted may book alone
ALONE_QTY: Final = "counting.alone_qty"
#: where nobody has chosen
USUAL_ALONE_QTY: Final = 2
#: person id of whoever is there while nobody has to sign in: there is nobody else
_NOBODY_SIGNS_IN: Final = -1
_VERDICTS: Final = ("book", "keep", "recount")
#: why the books are wrong, the usual one first
REASONS: Final = ("stocktake", "lost", "found", "damaged", "wrong_goods", "typing_error", "other")
#: lines that are settled in one transaction: each may move claims of many orders
PIECE: Final = 25
_SETTLED_AS: Final = {"book": (LineState.BOOKED, LineState.EQUAL), "keep": (LineState.KEPT,)}


#: counted as the books say, with nothing that makes the count unsure
_IS_EQUAL: Final = (
    CountLine.state == LineState.COUNTED.value,
    CountLine.counted_qty == CountLine.book_qty - CountLine.away_qty,
    CountLine.moved_qty == 0,
    CountLine.is_disputed.is_(False),
)
#: lines that wait for nobody's decision, on sheets that were handed in
_HALF_SETTLED: Final = (
    select(CountSheet.id)
    .where(
        CountSheet.state == SheetState.TO_APPROVE.value,
        select(CountLine.id).where(CountLine.sheet_id == CountSheet.id, *_IS_EQUAL).exists(),
    )
    .order_by(CountSheet.id)
)


def finish_handed_in(store: Store, is_stopping: Callable[[], bool]) -> int:
    """Settle what is equal on sheets whose handing in was cut short, so that none waits for ever; gives how many."""
    sheet_ids = store.read(lambda connection: connection.execute(_HALF_SETTLED).scalars().all())
    for sheet_id in sheet_ids:
        try:
            while not is_stopping() and store.write(partial(settle_equal, sheet_id=sheet_id), urgency=Urgency.BULK):
                pass
        except DomainError as error:
            # Goods that hold no stock any more, say: whoever decides about the sheet is told.
            _log.info("sheet %s could not be settled: %s", sheet_id, error)
    return len(sheet_ids)


def settle_equal(uow: UnitOfWork, sheet_id: int) -> int:
    """Note the next lines that were counted as the books say; gives how many, 0 when there are no more.

    Raises:
        NotFound: `count.no_sheet`.
    """
    sheet = locked_sheet(uow, sheet_id)
    if sheet.state != SheetState.TO_APPROVE:
        return 0
    query = select(CountLine.id).where(CountLine.sheet_id == sheet_id, *_IS_EQUAL).order_by(CountLine.id).limit(PIECE)
    ids = uow.execute(query).scalars().all()
    _lock_levels(uow, sheet, ids)
    for line_id in ids:
        _book(uow, sheet, line_of(uow, line_id), "stocktake")
    if ids:
        uow.record("count.equal", "count_sheet", sheet_id, lines=len(ids))
    _end_if_done(uow, sheet)
    return len(ids)


def settle(uow: UnitOfWork, sheet_id: int, decisions: Sequence[Decision]) -> Settled:
    """Decide about lines, each once; what was decided the same way before changes nothing.

    Args:
        uow: the open transaction.
        sheet_id: a sheet that was handed in.
        decisions: lines with verdicts. `keep`, and `book` of a line that moved while it was counted or about which
            two people disagree, need a reason in words.

    Raises:
        Refused: `count.wrong_state`; `count.other_person`, whoever counted wants to book more alone than is allowed;
            `count.settled`, somebody has decided otherwise; `count.reason`, a reason is missing; `stock.note_long`.
        NotFound: `count.no_sheet`, `count.no_line`.
    """
    sheet = locked_sheet(uow, sheet_id)
    if sheet.state not in (SheetState.TO_APPROVE, SheetState.DONE, SheetState.COUNTING):
        sentence = f"sheet {sheet.number} is {sheet.state}"
        raise Refused("count.wrong_state", sentence, number=sheet.number, state=sheet.state)
    booked = kept = recounts = 0
    deficits: list[list[int]] = []
    grown: list[int] = []
    _lock_levels(uow, sheet, [one.line_id for one in decisions if one.verdict == "book"])
    for decision in sorted(decisions, key=lambda one: one.line_id):
        line = _line_to_decide(uow, sheet, decision)
        if line is None:
            continue
        if decision.verdict == "recount":
            _send_back(uow, line)
            recounts += 1
            continue
        _expect_reason(line, decision)
        if decision.verdict == "keep":
            _close(uow, line, LineState.KEPT, decision.reason, None, [])
            kept += 1
            continue
        _expect_other_person(uow, sheet, line)
        deficits += _book(uow, sheet, line, decision.reason or REASONS[0])
        booked += 1
        if difference_of(line) > 0:
            grown.append(line.sku_id)
    facts = {"booked": booked, "kept": kept, "recounts": recounts}
    if any(facts.values()):
        uow.record("count.decided", "count_sheet", sheet_id, **facts)
    if recounts:
        step(uow, sheet, SheetState.COUNTING)
    is_done = not recounts and _end_if_done(uow, sheet)
    return Settled(booked, kept, recounts, is_done, hold_short(uow, deficits), tuple(grown))


def _lock_levels(uow: UnitOfWork, sheet: Any, line_ids: Sequence[int]) -> None:
    """Lock the levels of all these lines, in the one order: one by one they would be locked in that of the lines."""
    here = (CountLine.id.in_(line_ids), CountLine.sheet_id == sheet.id)
    lines = uow.rows(select(CountLine.sku_id, CountLine.batch).where(*here))
    lock_places(uow, {(sheet.warehouse_id, line.sku_id, line.batch) for line in lines}, makes=False)


def difference_of(line: Any) -> int:
    """Counted less what had to be in the place."""
    return int(line.counted_qty - (line.book_qty - line.away_qty))


def _line_to_decide(uow: UnitOfWork, sheet: Any, decision: Decision) -> Any | None:
    """The locked line; None where just this was decided before."""
    if decision.verdict not in _VERDICTS:
        raise ValueError(f"no verdict: {decision.verdict}")
    line = line_of(uow, decision.line_id)
    if line.sheet_id != sheet.id:
        raise ValueError(f"line {line.id} is not on sheet {sheet.id}")
    state = LineState(line.state)
    if state in _SETTLED_AS.get(decision.verdict, ()) or (decision.verdict == "recount" and state in WANTED):
        return None
    if state in SETTLED or sheet.state != SheetState.TO_APPROVE:
        raise Refused("count.settled", "somebody has decided about this line", by=line.settled_by or "—")
    return line


def _expect_reason(line: Any, decision: Decision) -> None:
    code, _, note = decision.reason.partition(":")
    is_unsure = line.moved_qty or line.is_disputed
    if decision.verdict == "keep" and not decision.reason:
        raise Refused("count.reason", "say why the books stay as they are")
    if decision.verdict == "book" and is_unsure and not (note.strip() or code not in ("", REASONS[0])):
        raise Refused("count.reason", "say why this count is right although goods moved meanwhile")


def _expect_other_person(uow: UnitOfWork, sheet: Any, line: Any) -> None:
    """Whoever counted a line, or handed the sheet in, books no large difference without a second pair of eyes.

    Where nobody signs in there is one person only, and the journal says so.
    """
    actor = uow.actor
    if actor.person_id == _NOBODY_SIGNS_IN or abs(difference_of(line)) <= alone_qty(uow.connection):
        return
    counters = {(row.counter_id, row.counter) for row in uow.rows(_counters(line.id))}
    counters.add((sheet.submitted_by_id, sheet.submitted_by))
    if (actor.person_id, actor.operator) in counters:
        sentence = "a difference this large is booked by somebody who did not count it"
        raise Refused("count.other_person", sentence, qty=difference_of(line), most_qty=alone_qty(uow.connection))


def _counters(line_id: int) -> Any:
    return (
        select(CountPass.counter_id, CountPass.counter)
        .join(CountTally, CountTally.pass_id == CountPass.id)
        .where(CountTally.line_id == line_id, CountTally.scan_count > 0)
        .distinct()
    )


def alone_qty(connection: Connection) -> int:
    """Up to how many units of difference whoever counted may book alone."""
    value = kept_setting(connection, ALONE_QTY)
    return value if isinstance(value, int) and value >= 0 else USUAL_ALONE_QTY


def _send_back(uow: UnitOfWork, line: Any) -> None:
    """Have a line counted again; what was counted is kept and holds no more."""
    uow.execute(update(CountTally).where(CountTally.line_id == line.id).values(is_replaced=True))
    again = {"state": LineState.RECOUNT.value, "round": line.round + 1, "counted_qty": None, "is_disputed": False}
    again |= {"book_qty": None, "away_qty": None, "movement_id": None, "counted_at": None, "moved_qty": 0}
    uow.execute(update(CountLine).where(CountLine.id == line.id).values(**again))
    uow.changed("count_line", line.id)
    uow.record("count.sent_back", "count_line", line.id, counted_qty=line.counted_qty, difference=difference_of(line))


def _book(uow: UnitOfWork, sheet: Any, line: Any, reason: str) -> list[list[int]]:
    """Move the level by the difference of the moment of counting; gives the order lines that had to give way."""
    code, _, note = reason.partition(":")
    place = (WarehouseId(sheet.warehouse_id), SkuId(line.sku_id), line.batch)
    # What stands in boxes is in the house as well: the count covers all that the books say is on hand.
    there = line.counted_qty + line.away_qty
    asserted = Asserted(line.counted_at, line.movement_id, line.book_qty, there)
    key = f"{sheet.number}:{line.id}:{line.round}"
    result = ledger.correct_count(uow, place, asserted, written(code, note), key, sheet.number)
    deficits = deficits_of(result)
    state = LineState.BOOKED if difference_of(line) else LineState.EQUAL
    _close(uow, line, state, reason, result.variance_qty, deficits)
    return deficits


def _close(
    uow: UnitOfWork, line: Any, state: LineState, reason: str, booked_qty: int | None, deficits: list[list[int]]
) -> None:
    values = {
        "state": state.value,
        "reason": reason,
        "booked_qty": booked_qty,
        "deficits": deficits,
        "settled_at": uow.now,
        "settled_by": uow.actor.operator,
    }
    uow.execute(update(CountLine).where(CountLine.id == line.id).values(**values))
    uow.changed("count_line", line.id)
    if state is not LineState.EQUAL:
        facts = {"difference": difference_of(line), "booked_qty": booked_qty, "reason": reason}
        uow.record(f"count.line_{state.value}", "count_line", line.id, **facts)


def _end_if_done(uow: UnitOfWork, sheet: Any) -> bool:
    if sheet.state != SheetState.TO_APPROVE:
        return bool(sheet.state == SheetState.DONE)
    open_states = [state.value for state in LineState if state not in SETTLED]
    left = select(func.count()).select_from(CountLine)
    left = left.where(CountLine.sheet_id == sheet.id, CountLine.state.in_(open_states))
    if uow.execute(left).scalar_one():
        return False
    step(uow, sheet, SheetState.DONE, ended_at=uow.now, ended_by=uow.actor.operator)
    return True
