"""Lines of a sheet: which of the counts of their places hold, and what they come to."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import select, update

from core.counting.models import CountLine, CountPass, CountScan, CountTally
from core.counting.states import SETTLED, LineState, PassState
from core.db.unit_of_work import UnitOfWork
from core.runtime.errors import NotFound, Refused


def line_of(uow: UnitOfWork, line_id: int) -> Any:
    """A line, kept from everybody else until the end of this transaction.

    Raises:
        NotFound: `count.no_line`.
    """
    query = select(*CountLine.__table__.c).where(CountLine.id == line_id).with_for_update(key_share=True)
    line = uow.execute(query).one_or_none()
    if line is None:
        raise NotFound("count.no_line", f"there is no line {line_id}", line_id=line_id)
    return line


def refresh_line(uow: UnitOfWork, line_id: int) -> None:
    """Put the figures of the counts that hold into a locked line.

    In each place the newest pass that counted these goods holds; the units of all places add up. The moment is that
    of the last scan. What moved between the scans is added up, because of those units nobody knows on which side of
    the count they were.

    Raises:
        Refused: `count.line_settled`, the line was decided about in an earlier round.
    """
    line = uow.execute(select(*CountLine.__table__.c).where(CountLine.id == line_id)).one()
    if line.state in SETTLED:
        raise Refused("count.line_settled", "this line has been decided already", line_id=line_id)
    by_place = tallies_by_place(tallies_of(uow, line_id))
    holding = sorted((tallies[-1] for tallies in by_place.values()), key=lambda one: (one.at, one.id))
    values: dict[str, Any] = {
        "counted_qty": None,
        "book_qty": None,
        "away_qty": None,
        "movement_id": None,
        "counted_at": None,
        "moved_qty": 0,
        "is_disputed": False,
        "state": (LineState.RECOUNT if line.round else LineState.OPEN).value,
    }
    if holding:
        last = holding[-1]
        values |= {
            "counted_qty": sum(one.qty for one in holding),
            "book_qty": last.book_qty,
            "away_qty": last.away_qty,
            "movement_id": last.movement_id,
            "counted_at": last.at,
            "moved_qty": _moved(uow, line_id, holding),
            "is_disputed": any(_is_disputed(tallies) for tallies in by_place.values()),
            "state": LineState.COUNTED.value,
        }
    uow.execute(update(CountLine).where(CountLine.id == line_id).values(**values))
    uow.changed("count_line", line_id)


def tallies_of(uow: UnitOfWork, line_id: int) -> Sequence[Any]:
    """The counts of a line that may hold: neither dropped, taken back nor sent back; in the order of their passes."""
    return uow.rows(
        select(*CountTally.__table__.c, CountPass.bin, CountPass.number, CountPass.counter)
        .join(CountPass, CountPass.id == CountTally.pass_id)
        .where(
            CountTally.line_id == line_id,
            CountTally.is_replaced.is_(False),
            CountTally.scan_count > 0,
            CountPass.state != PassState.DROPPED.value,
        )
        .order_by(CountPass.number)
    )


def tallies_by_place(tallies: Sequence[Any]) -> dict[str, list[Any]]:
    """Counts by their place; the last of each holds."""
    by_place: defaultdict[str, list[Any]] = defaultdict(list)
    for tally in tallies:
        by_place[tally.bin].append(tally)
    return dict(by_place)


def shelf_of(tally: Any) -> int:
    """What had to be in the place at the last scan of a count."""
    return int(tally.book_qty - tally.away_qty)


def moved_between(points: Sequence[Any]) -> int:
    """Units that came and went from one of these points (scans, tallies) to the next, none made up for by another."""
    return sum(abs(shelf_of(later) - shelf_of(earlier)) for earlier, later in pairwise(points))


def _moved(uow: UnitOfWork, line_id: int, holding: Sequence[Any]) -> int:
    """What moved from the first scan of the counts that hold to their last."""
    by_begin = sorted(holding, key=lambda one: (one.first_at, one.id))
    if any(later.first_at < earlier.at for earlier, later in pairwise(by_begin)):
        scans = _scans_of(uow, line_id, [one.pass_id for one in holding])
        if all(scan.kind != "paper" for scan in scans):
            # Two people at once: what moved meanwhile would be counted with each of them.
            return moved_between(scans)
    within = sum(int(one.moved_qty) for one in holding)
    between = sum(abs(int(later.first_shelf_qty) - shelf_of(earlier)) for earlier, later in pairwise(by_begin))
    return within + between


def _scans_of(uow: UnitOfWork, line_id: int, pass_ids: Sequence[int]) -> Sequence[Any]:
    """The scans of a line in these passes that count, in their order."""
    undone = select(CountScan.undoes_id).where(CountScan.pass_id.in_(pass_ids), CountScan.undoes_id.is_not(None))
    query = select(CountScan.kind, CountScan.book_qty, CountScan.away_qty).where(
        CountScan.line_id == line_id,
        CountScan.pass_id.in_(pass_ids),
        CountScan.kind != "undo",
        CountScan.id.not_in(undone),
    )
    return uow.rows(query.order_by(CountScan.id))


def _is_disputed(tallies: Sequence[Any]) -> bool:
    """Whether the two newest counts of a place disagree about what is missing, whatever went in between."""
    ends = {tally.qty - shelf_of(tally) for tally in tallies[-2:]}
    return len(ends) > 1
