"""Reports of the comparison: made once a day by one node, kept, read and confirmed by people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, update

from core.catalog.models import Sku
from core.counting.comparing import Line, Listed, ListedNumbers, Piece, compare_piece
from core.counting.models import Comparison, ComparisonLine
from core.db import leases
from core.db.settings import kept_setting
from core.db.unit_of_work import Store, UnitOfWork, Urgency
from core.inventory.models import Warehouse
from core.runtime.china import CHINA, china_day
from core.runtime.errors import NotFound, Refused

#: setting: from which hour of China's clock the night's comparison is made
COMPARE_HOUR: Final = "counting.compare_hour"
USUAL_HOUR: Final = 3
_LEASE: Final = "stock_comparison"
_LEASE_S: Final = 120.0
_MOST_NOTE: Final = 200
_READY: Final = "ready"


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report: how much was compared, how many rows differ, and how many of them nobody has confirmed."""

    id: int
    day: int
    made_at: datetime
    made_by: str
    is_nightly: bool
    sku_count: int
    place_count: int
    difference_count: int
    open_count: int


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """Goods whose numbers differ, in words. `warehouse` is empty for a row about all of them together."""

    id: int
    sku_id: int
    code: str
    name: str
    warehouse: str
    kinds: tuple[str, ...]
    level_qty: int
    ledger_qty: int
    counted_qty: int | None
    counted_at: datetime | None
    listed: tuple[Listed, ...]
    confirmed_at: datetime | None
    confirmed_by: str
    note: str


# --- making ---------------------------------------------------------------------------------------------------------


def is_due(connection: Connection, now: datetime) -> bool:
    """Whether today's comparison is to be made: its hour has come, whatever was slept through, and there is none."""
    here = now.astimezone(CHINA)
    if here.hour < _hour(connection):
        return False
    made = select(Comparison.id).where(Comparison.key == _night(now), Comparison.state == _READY)
    return connection.execute(made).first() is None


def make_nightly(store: Store, holder: str, listed: ListedNumbers, is_stopping: Callable[[], bool]) -> int | None:
    """Make today's comparison where it is due and no other node is at it; gives its id, or None."""
    now = store.clock.now()
    if not store.read(lambda connection: is_due(connection, now)):
        return None
    fence = store.write(lambda uow: leases.take(uow, _LEASE, holder, _LEASE_S), urgency=Urgency.LANE)
    if fence is None:
        return None
    try:
        return _make(store, _night(now), listed, is_stopping, fence)
    finally:
        store.write(lambda uow: leases.release(uow, _LEASE, fence), urgency=Urgency.LANE)


def make_now(
    store: Store, key: str, listed: ListedNumbers, progress: Callable[[int], bool] = lambda _skus: True
) -> int | None:
    """Make a report somebody asked for; None when they changed their mind.

    Args:
        store: the records.
        key: of this wish; the same again gives the same report.
        listed: what platforms list.
        progress: told how many SKUs are done; False stops.
    """
    done = 0

    def stops() -> bool:
        return not progress(done)

    def tell(piece: Piece) -> None:
        nonlocal done
        done += piece.skus

    return _make(store, f"asked:{key}", listed, stops, None, tell)


def _make(
    store: Store,
    key: str,
    listed: ListedNumbers,
    is_stopping: Callable[[], bool],
    fence: int | None,
    tell: Callable[[Piece], None] = lambda _piece: None,
) -> int | None:
    """Compare everything piece by piece; a report that was left half made is made anew."""
    report_id, is_ready = store.write(lambda uow: _begin(uow, key), urgency=Urgency.LANE)
    if is_ready:
        return report_id
    after, skus, places, rows = 0, 0, 0, 0
    while True:
        if is_stopping():
            return None
        now = store.clock.now()
        piece = store.read(lambda c, after=after, now=now: compare_piece(c, after, listed, now))  # type: ignore[misc]
        skus, places, rows = skus + piece.skus, places + piece.places, rows + len(piece.lines)
        sums = (skus, places, rows)
        is_last = piece.last_sku_id is None
        if piece.lines or is_last or fence is not None:
            kept = store.write(
                lambda uow, piece=piece, sums=sums, is_last=is_last: _keep(  # type: ignore[misc]
                    uow, report_id, piece.lines, sums, fence, is_last=is_last
                ),
                urgency=Urgency.BULK,
            )
            if not kept:
                return None
        tell(piece)
        if piece.last_sku_id is None:
            return report_id
        after = piece.last_sku_id


def _begin(uow: UnitOfWork, key: str) -> tuple[int, bool]:
    row = uow.execute(select(Comparison.id, Comparison.state).where(Comparison.key == key)).one_or_none()
    if row is not None:
        if row.state != _READY:
            uow.execute(delete(ComparisonLine).where(ComparisonLine.comparison_id == row.id))
        return int(row.id), bool(row.state == _READY)
    stamp = {"state": "making", "made_at": uow.now, "made_by": uow.actor.operator}
    day = china_day(uow.now).toordinal()
    return uow.insert(Comparison, {"key": key, "day": day} | stamp), False


def _keep(
    uow: UnitOfWork,
    report_id: int,
    lines: Sequence[Line],
    sums: tuple[int, int, int],
    fence: int | None,
    *,
    is_last: bool,
) -> bool:
    """Store a piece's rows; False when another node has taken over."""
    if fence is not None and not leases.renew(uow, _LEASE, fence, _LEASE_S):
        return False
    uow.insert_many(ComparisonLine, [_stored(report_id, line) for line in lines])
    if is_last:
        skus, places, rows = sums
        ready = {"state": _READY, "made_at": uow.now, "made_by": uow.actor.operator}
        counts = {"sku_count": skus, "place_count": places, "difference_count": rows}
        uow.execute(update(Comparison).where(Comparison.id == report_id).values(**ready, **counts))
        uow.changed("comparison", report_id)
        uow.record("stock.compared", "comparison", report_id, skus=skus, places=places, differences=rows)
    return True


def _stored(report_id: int, line: Line) -> dict[str, Any]:
    return {
        "comparison_id": report_id,
        "sku_id": line.sku_id,
        "warehouse_id": line.warehouse_id,
        "kinds": [kind.value for kind in line.kinds],
        "level_qty": line.level_qty,
        "ledger_qty": line.ledger_qty,
        "counted_qty": line.counted_qty,
        "counted_at": line.counted_at,
        "listed": [[one.shop, one.qty, None if one.at is None else one.at.isoformat()] for one in line.listed],
        "confirmed_at": None,
        "confirmed_by": "",
        "note": "",
    }


def _night(now: datetime) -> str:
    return f"night:{china_day(now).toordinal()}"


def _hour(connection: Connection) -> int:
    value = kept_setting(connection, COMPARE_HOUR)
    return value if isinstance(value, int) and 0 <= value <= 23 else USUAL_HOUR


# --- reading and confirming -----------------------------------------------------------------------------------------


def reports(connection: Connection, limit: int = 60) -> tuple[ReportRow, ...]:
    """The reports, the newest first."""
    is_open = (
        select(func.count())
        .select_from(ComparisonLine)
        .where(ComparisonLine.comparison_id == Comparison.id, ComparisonLine.confirmed_at.is_(None))
        .scalar_subquery()
    )
    query = select(*Comparison.__table__.c, is_open.label("open_count")).where(Comparison.state == _READY)
    return tuple(
        ReportRow(
            row.id,
            row.day,
            row.made_at,
            row.made_by,
            row.key.startswith("night:"),
            row.sku_count,
            row.place_count,
            row.difference_count,
            int(row.open_count),
        )
        for row in connection.execute(query.order_by(Comparison.id.desc()).limit(limit))
    )


def differences(
    connection: Connection, report_id: int, after: int = 0, limit: int = 200, *, only_open: bool = False
) -> tuple[DifferenceRow, ...]:
    """A page of a report's rows by id; the next page begins after the last one's."""
    query = (
        select(*ComparisonLine.__table__.c, Sku.code, Sku.name, Warehouse.name.label("warehouse"))
        .join(Sku, Sku.id == ComparisonLine.sku_id)
        .outerjoin(Warehouse, Warehouse.id == ComparisonLine.warehouse_id)
        .where(ComparisonLine.comparison_id == report_id, ComparisonLine.id > after)
        .order_by(ComparisonLine.id)
        .limit(limit)
    )
    if only_open:
        query = query.where(ComparisonLine.confirmed_at.is_(None))
    return tuple(_difference(row) for row in connection.execute(query))


def _difference(row: Any) -> DifferenceRow:
    return DifferenceRow(
        row.id,
        row.sku_id,
        row.code,
        row.name,
        row.warehouse or "",
        tuple(row.kinds),
        row.level_qty,
        row.ledger_qty,
        row.counted_qty,
        row.counted_at,
        tuple(Listed(shop, qty, None if at is None else datetime.fromisoformat(at)) for shop, qty, at in row.listed),
        row.confirmed_at,
        row.confirmed_by,
        row.note,
    )


def confirm(uow: UnitOfWork, report_id: int, line_ids: Sequence[int] | None, note: str = "") -> int:
    """Say that rows of a report were looked into; None is all that are open. Gives how many were open.

    Nothing is corrected by it. What was confirmed before keeps its name and note.

    Raises:
        NotFound: `count.no_report`.
        Refused: `count.note_long`.
    """
    note = " ".join(note.split())
    if len(note) > _MOST_NOTE:
        raise Refused("count.note_long", f"a note has {_MOST_NOTE} characters at most", most=_MOST_NOTE)
    known = select(Comparison.id).where(Comparison.id == report_id, Comparison.state == _READY)
    if uow.execute(known).one_or_none() is None:
        raise NotFound("count.no_report", f"there is no report {report_id}", report_id=report_id)
    here = [ComparisonLine.comparison_id == report_id, ComparisonLine.confirmed_at.is_(None)]
    if line_ids is not None:
        here.append(ComparisonLine.id.in_(line_ids))
    stamp = {"confirmed_at": uow.now, "confirmed_by": uow.actor.operator, "note": note}
    met = uow.count(update(ComparisonLine).where(*here).values(**stamp))
    if met:
        uow.changed("comparison", report_id)
        uow.record("stock.comparison_confirmed", "comparison", report_id, rows=met, has_note=bool(note))
    return met
