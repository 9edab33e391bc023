"""What comes after booking: goods arrive, are looked at, are put on their shelf, or never come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from core.catalog.bins import LONGEST_BIN, tidy_bin, zone_of
from core.catalog.models import Bin
from core.db.unit_of_work import UnitOfWork
from core.inventory.documents.booking import kept, repeated
from core.inventory.documents.drafting import acted
from core.inventory.documents.models import DocumentLine
from core.inventory.documents.moving import Move, move, place_of
from core.inventory.documents.records import Acted, Head, LineIn
from core.inventory.documents.rules import needs_other
from core.inventory.documents.states import MAY_LACK, UNDER_WAY, DocKind, DocState
from core.inventory.documents.writing import Paper, claim, lines_of, make, standing_of, step, wait_turn, wrong_state
from core.inventory.ledger import MOST_QTY
from core.inventory.levels import lock_places
from core.inventory.once import OnceOnly
from core.inventory.states import MovementKind
from core.runtime.errors import Refused
from core.runtime.ids import WarehouseId


@dataclass(frozen=True, slots=True)
class Came:
    """What one line brought now: units that are good (or simply there), bad units, the shelf they went to."""

    line_id: int
    qty: int
    bad_qty: int = 0
    bin: str = ""


def arrive(
    uow: UnitOfWork,
    document_id: int,
    version: int,
    came: Sequence[Came],
    key: str,
    *,
    is_all: bool,
    may_approve: bool = False,
) -> Acted:
    """A transfer arrives, wholly or in part.

    More than is on the road is a difference at once. `is_all` says that nothing more will come: what is still on the
    road then is lost, and becomes a difference as well. Differences are documents of their own. `may_approve`:
    whether whoever acts may be the second pair of eyes.

    Raises:
        Refused: `document.differs_much`, the difference is beyond the owner's limit; `document.nothing_counted`, no
            unit came and more is expected; `document.changed`, `document.state`, `document.line`,
            `stock.qty_out_of_range`.
        NotFound: `document.none`.
    """
    with_key = _Once(uow, "arrive", document_id, came, key, is_all=is_all)
    if with_key.earlier is not None:
        return with_key.earlier
    paper = _claimed(uow, document_id, version, DocKind.TRANSFER)
    if not is_all:
        _expect_counted(paper, came)
    lines = _by_id(uow, paper, came)
    moves, differing = [], []
    for one in came:
        line = lines[one.line_id]
        fits = min(one.qty, line.pending_qty)
        _take(uow, line, good=fits)
        if fits:
            place = place_of(paper.to_warehouse_id, line)
            moves.append(Move(line.id, place, MovementKind.TRANSFER, on_hand=fits))
        if one.qty > fits:
            differing.append(_beyond(line, one.qty - fits))
    if is_all:
        for line in lines_of(uow, paper.id):
            if line.pending_qty:
                differing.append(_beyond(line, -line.pending_qty))
                _drop(uow, line)
    if differing:
        _expect_eyes(uow, paper, differing, may_approve=may_approve)
        # Before any level: whoever has the turn may wait for one of ours. And all levels in one go.
        wait_turn(uow, DocKind.DIFFERENCE)
        lock_places(uow, {place_of(paper.to_warehouse_id, lines[one.line_id]) for one in came if one.qty})
    move(uow, paper, moves, with_key.act)
    difference = _differ(uow, paper, differing)
    state = standing_of(uow, paper.id)
    step(uow, paper, state, "document.arrived", units=sum(one.qty for one in came), follower=difference)
    return with_key.keep(acted(paper, state, sorted({lines[one.line_id].sku_id for one in came}), difference))


def inspect(uow: UnitOfWork, document_id: int, version: int, came: Sequence[Came], key: str) -> Acted:
    """Returned goods were looked at: what is good can be sold again, what is bad is set aside.

    Raises:
        Refused: `document.beyond`, more than waits for it; as `arrive`.
        NotFound: `document.none`.
    """
    with_key = _Once(uow, "inspect", document_id, came, key)
    if with_key.earlier is not None:
        return with_key.earlier
    paper = _claimed(uow, document_id, version, DocKind.RETURN)
    _expect_counted(paper, came)
    lines = _by_id(uow, paper, came)
    moves = []
    for one in came:
        line = lines[one.line_id]
        _expect_within(paper, line, one.qty + one.bad_qty)
        _take(uow, line, good=one.qty, bad=one.bad_qty)
        place = place_of(paper.warehouse_id, line)
        if one.qty + one.bad_qty:
            moves.append(
                Move(
                    line.id,
                    place,
                    MovementKind.RETURN,
                    on_hand=one.qty + one.bad_qty,
                    quarantined=one.bad_qty,
                )
            )
    move(uow, paper, moves, with_key.act)
    state = standing_of(uow, paper.id)
    good, bad = sum(one.qty for one in came), sum(one.bad_qty for one in came)
    step(uow, paper, state, "document.inspected", good=good, bad=bad)
    return with_key.keep(acted(paper, state, sorted({lines[one.line_id].sku_id for one in came if one.qty})))


def put_away(uow: UnitOfWork, document_id: int, version: int, came: Sequence[Came], key: str) -> Acted:
    """Received goods are on their shelf: from now on they can be sold, and the shelf is known.

    Raises:
        Refused: `document.beyond`, more than waits for it; `document.bin`, a bin's name is too long; as `arrive`.
        NotFound: `document.none`.
    """
    with_key = _Once(uow, "put_away", document_id, came, key)
    if with_key.earlier is not None:
        return with_key.earlier
    paper = _claimed(uow, document_id, version, DocKind.PUTAWAY)
    _expect_counted(paper, came)
    lines = _by_id(uow, paper, came)
    moves = []
    for one in came:
        line = lines[one.line_id]
        _expect_within(paper, line, one.qty)
        shelf = tidy_bin(one.bin)
        if len(shelf) > LONGEST_BIN:
            raise Refused("document.bin", f"a bin has {LONGEST_BIN} characters at most", most=LONGEST_BIN)
        _take(uow, line, good=one.qty, shelf=shelf)
        if shelf:
            _keep_bin(uow, line.sku_id, paper.warehouse_id, shelf)
        if one.qty:
            place = place_of(paper.warehouse_id, line)
            moves.append(Move(line.id, place, MovementKind.RECEIPT, on_hand=one.qty))
    move(uow, paper, moves, with_key.act)
    state = standing_of(uow, paper.id)
    step(uow, paper, state, "document.put_away", units=sum(one.qty for one in came))
    return with_key.keep(acted(paper, state, sorted({lines[one.line_id].sku_id for one in came if one.qty})))


def close(uow: UnitOfWork, document_id: int, version: int, *, may_approve: bool = False) -> Acted:
    """Nothing more will come of a purchase or a return; what is still pending is expected no longer.

    Goods that wait for their shelf and are not there were miscounted or lost: they become a difference, which says
    how many, and can be taken back when they turn up. `may_approve` as in `arrive`.

    Raises:
        Refused: `document.differs_much`; `document.changed`, `document.state`.
        NotFound: `document.none`.
    """
    paper = claim(uow, document_id, version, UNDER_WAY)
    if paper.kind not in MAY_LACK:
        raise wrong_state(paper.number, paper.state)
    lines = [line for line in lines_of(uow, paper.id) if line.pending_qty]
    missing = sum(line.pending_qty for line in lines)
    differing = [_beyond(line, -line.pending_qty) for line in lines] if paper.kind is DocKind.PUTAWAY else []
    _expect_eyes(uow, paper, differing, may_approve=may_approve)
    uow.execute(update(DocumentLine).where(DocumentLine.document_id == paper.id).values(pending_qty=0))
    difference = _differ(uow, paper, differing)
    step(uow, paper, DocState.CLOSED, "document.closed", missing=missing, follower=difference)
    return acted(paper, DocState.CLOSED, (), difference)


class _Once:
    """One act under one key, whose key also names its movements."""

    def __init__(
        self, uow: UnitOfWork, act: str, document_id: int, came: Sequence[Came], key: str, *, is_all: bool = False
    ) -> None:
        request = {
            "document_id": document_id,
            "came": [[one.line_id, one.qty, one.bad_qty, one.bin] for one in came],
            "is_all": is_all,
        }
        for one in came:
            for qty in (one.qty, one.bad_qty):
                if not 0 <= qty <= MOST_QTY:
                    raise Refused(
                        "stock.qty_out_of_range", f"{qty} is no quantity of goods", qty=qty, most_qty=MOST_QTY
                    )
        self.act = f"{act}:{key}"
        self._once = OnceOnly(uow, f"document.{act}", key, request)
        answer = self._once.earlier_answer()
        self.earlier = None if answer is None else repeated(answer)

    def keep(self, done: Acted) -> Acted:
        """Leave the answer for repeats, and give it."""
        self._once.keep(kept(done))
        return done


def _claimed(uow: UnitOfWork, document_id: int, version: int, kind: DocKind) -> Paper:
    paper = claim(uow, document_id, version, UNDER_WAY)
    if paper.kind is not kind:
        raise wrong_state(paper.number, paper.state)
    return paper


def _by_id(uow: UnitOfWork, paper: Paper, came: Sequence[Came]) -> Mapping[int, Any]:
    lines = {line.id: line for line in lines_of(uow, paper.id)}
    if len({one.line_id for one in came}) != len(came) or any(one.line_id not in lines for one in came):
        raise Refused("document.line", f"{paper.number} has no such line", number=paper.number)
    return lines


def _expect_counted(paper: Paper, came: Sequence[Came]) -> None:
    """Nothing is booked and called done where nobody has counted anything; a shelf alone may be told."""
    if not any(one.qty or one.bad_qty or one.bin for one in came):
        raise Refused("document.nothing_counted", f"nothing of {paper.number} was counted", number=paper.number)


def _expect_within(paper: Paper, line: Any, qty: int) -> None:
    if qty > line.pending_qty:
        raise Refused(
            "document.beyond",
            f"{qty} units are more than the {line.pending_qty} that {paper.number} waits for",
            number=paper.number,
            qty=qty,
            pending=line.pending_qty,
        )


def _take(uow: UnitOfWork, line: Any, *, good: int, bad: int = 0, shelf: str = "") -> None:
    """These units are under way no longer."""
    values: dict[str, Any] = {
        "done_qty": DocumentLine.done_qty + good,
        "bad_qty": DocumentLine.bad_qty + bad,
        "pending_qty": DocumentLine.pending_qty - good - bad,
    }
    if shelf:
        values["bin"] = shelf
    uow.execute(update(DocumentLine).where(DocumentLine.id == line.id).values(**values))


def _drop(uow: UnitOfWork, line: Any) -> None:
    uow.execute(update(DocumentLine).where(DocumentLine.id == line.id).values(pending_qty=0))


def _beyond(line: Any, qty: int) -> LineIn:
    return LineIn(
        line.sku_id, qty, line.batch, line.made_day, line.expires_day, done_qty=abs(qty), source_line_id=line.id
    )


def _expect_eyes(uow: UnitOfWork, paper: Paper, differing: Sequence[LineIn], *, may_approve: bool) -> None:
    """A difference beyond the owner's limit is written by somebody who may approve and had no hand in it."""
    if needs_other(uow, differing) and (not may_approve or uow.actor.person_id in paper.hands):
        raise Refused(
            "document.differs_much",
            f"{paper.number} differs beyond the limit: somebody who may approve and had no hand in it ends it",
            number=paper.number,
            units=sum(abs(line.qty) for line in differing),
        )


def _differ(uow: UnitOfWork, paper: Paper, lines: Sequence[LineIn]) -> str:
    """The document of what came too few or too many; units beyond what was sent are there and are booked."""
    if not lines:
        return ""
    head = Head(WarehouseId(paper.to_warehouse_id or paper.warehouse_id), reason=str(paper.kind))
    document_id, number = make(
        uow,
        DocKind.DIFFERENCE,
        head,
        lines,
        state=DocState.DONE,
        parent_id=paper.id,
        action="document.differs",
    )
    found = [
        Move(
            line.id,
            place_of(head.warehouse_id, line),
            MovementKind.ADJUSTMENT,
            on_hand=line.qty,
        )
        for line in lines_of(uow, document_id)
        if line.qty > 0
    ]
    difference = Paper(
        document_id,
        number,
        DocKind.DIFFERENCE,
        DocState.DONE,
        1,
        head.warehouse_id,
        None,
        head.reason,
        paper.id,
        None,
        (),
    )
    move(uow, difference, found, "book")
    return number


def _keep_bin(uow: UnitOfWork, sku_id: int, warehouse_id: int, code: str) -> None:
    """Where these goods are kept from now on."""
    kept_at = {"code": code, "zone": zone_of(code)}
    known = update(Bin).where(Bin.sku_id == sku_id, Bin.warehouse_id == warehouse_id).values(**kept_at)
    if uow.count(known) == 0:
        uow.insert_many(Bin, [{"sku_id": sku_id, "warehouse_id": warehouse_id, **kept_at}])
    uow.changed("bin", sku_id)
