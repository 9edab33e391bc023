"""Goods that come, go, are counted or set aside: every act is a movement (or a journal row) under a key of its own.

A repeated key changes nothing and gives the first answer. No act takes a level below what is promised, except a
stocktake, which then says whose units are missing.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import select

from core.catalog.models import Sku
from core.db.models import Journal
from core.db.unit_of_work import UnitOfWork
from core.inventory.assertions import Asserted, last_movement, note_assertion
from core.inventory.batches import expect_batch
from core.inventory.claims import Claim, Draft, claims_of_lines
from core.inventory.holders import holders_of_level
from core.inventory.levels import Delta, free_of, is_applied, lock_level, lock_levels, lock_places
from core.inventory.models import Movement
from core.inventory.once import OnceOnly
from core.inventory.quotas.covering import give_way
from core.inventory.records import Booked, CountResult, Shortage, Transferred
from core.inventory.states import ClaimState, MovementKind
from core.inventory.stock_list import REVIEWED
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import LevelId, OrderLineId, SkuId, WarehouseId

#: more than any shop holds; beyond it a scanner has read a barcode into the quantity field
MOST_QTY = 1_000_000_000


@dataclass(frozen=True, slots=True)
class LevelAct:
    """An act upon one level, booked by calling it; where it only sets aside, or frees again, `kind` is None.

    Attributes:
        kind: of the movement it writes.
        on_hand, quarantined: by how much a unit of it changes these (1, 0 or -1).
        is_signed: it goes both ways: the quantity may be below zero.
    """

    kind: MovementKind | None
    on_hand: int = 0
    quarantined: int = 0
    is_signed: bool = False

    def __call__(
        self,
        uow: UnitOfWork,
        warehouse_id: WarehouseId,
        sku_id: SkuId,
        qty: int,
        reason: str,
        key: str,
        batch: str = "",
        *,
        reference: str = "",
    ) -> Booked:
        """Book it. Short orders are not served by this; see `service.retry_short`.

        Args:
            uow: the open transaction.
            warehouse_id: where.
            sku_id: the goods.
            qty: units.
            reason: why, as `reasons.written` gives it.
            key: of this act; the same again changes nothing and answers as before.
            batch: the goods' batch.
            reference: the number of its document.

        Raises:
            Refused: `stock.too_little` or `stock.allotted`, fewer units are free (in quarantine) than are taken away;
                `stock.qty_out_of_range`, `stock.not_managed`, `stock.is_bundle`, `stock.key_reused`; and of goods
                that come in as `core.inventory.batches.expect_batch`.
            NotFound: `stock.no_sku`.
        """
        check_qty(abs(qty) if self.is_signed else qty)
        delta = Delta(on_hand=self.on_hand * qty, quarantined=self.quarantined * qty)
        return _book(uow, self.kind, (warehouse_id, sku_id, batch), delta, reason, key, reference)

    def movement_keys(self, key: str) -> tuple[str, ...]:
        """The keys of the movements that the act of this key writes."""
        return (f"{self.kind}:{key}",) if self.kind else ()


#: goods come in (收货)
receive: Final = LevelAct(MovementKind.RECEIPT, on_hand=1)
#: goods the clerk holds and the books do not know (实物在手), to be reviewed later by their kind
book_in_hand: Final = LevelAct(MovementKind.UNBOOKED_RECEIPT, on_hand=1)
#: the books are corrected, up or down; never below what is promised (a stocktake may do that)
adjust: Final = LevelAct(MovementKind.ADJUSTMENT, on_hand=1, is_signed=True)
#: free units are set aside: they stay on hand and cannot be promised
quarantine: Final = LevelAct(None, quarantined=1)
#: units that were set aside are free again
unquarantine: Final = LevelAct(None, quarantined=-1)


def transfer(
    uow: UnitOfWork,
    from_warehouse_id: WarehouseId,
    to_warehouse_id: WarehouseId,
    sku_id: SkuId,
    qty: int,
    reason: str,
    key: str,
    batch: str = "",
    *,
    reference: str = "",
) -> Transferred:
    """Move free units to another warehouse, both ends at once.

    Raises:
        Refused: `stock.too_little`, fewer units are free; `stock.same_warehouse`; and as `LevelAct`.
        NotFound: as `LevelAct`.
    """
    check_qty(qty)
    if from_warehouse_id == to_warehouse_id:
        raise Refused("stock.same_warehouse", "a transfer needs two warehouses")
    _check_sku(uow, sku_id)
    request = {
        "from": from_warehouse_id,
        "to": to_warehouse_id,
        "sku_id": sku_id,
        "qty": qty,
        "batch": batch,
        "reason": reason,
    }
    once = OnceOnly(uow, "transfer", key, request)
    earlier = once.earlier_answer()
    if earlier is not None:
        return Transferred(*(replace(Booked(*end), is_repeat=True) for end in earlier))
    ends = [(warehouse, sku_id, batch) for warehouse in (from_warehouse_id, to_warehouse_id)]
    levels = lock_places(uow, ends)
    source, target = (levels[end] for end in ends)
    deltas = {source.id: Delta(on_hand=-qty), target.id: Delta(on_hand=qty)}
    if not is_applied(uow, deltas):
        raise too_little(source, qty)
    _move(uow, source.id, MovementKind.TRANSFER, -qty, reason, f"transfer:{key}:out", reference)
    _move(uow, target.id, MovementKind.TRANSFER, qty, reason, f"transfer:{key}:in", reference)
    uow.record("stock.transferred", "stock_level", source.id, to_level_id=target.id, qty=qty, reason=reason, key=key)
    figures: list[list[Any]] = [
        [source.id, -qty, source.on_hand_qty - qty, source.quarantined_qty],
        [target.id, qty, target.on_hand_qty + qty, target.quarantined_qty],
    ]
    once.keep(figures)
    return Transferred(*(Booked(*end) for end in figures))


def count(
    uow: UnitOfWork,
    warehouse_id: WarehouseId,
    sku_id: SkuId,
    counted_qty: int,
    reason: str,
    key: str,
    batch: str = "",
    *,
    seen_qty: int | None = None,
) -> CountResult:
    """Book a stocktake: what was counted, quarantined goods included, is what is on hand from now on.

    When less was counted than is promised, the cover of shops' quotas gives way first (their rights stay, see
    `quotas`), then claims, until it fits: unpaid before paid, the latest deadline
    first (none counts as latest), then the newest. The units taken become `short`, so that the order can be held and
    served again. Quarantined units give way last.

    `seen_qty` is what the books said when whoever counted began to. Where they say something else now, only a person
    knows whether the goods that came or went meanwhile are in what was counted.

    Raises:
        Refused: `stock.count_moved`, the books do not say `seen_qty` any more; as `LevelAct`.
        NotFound: as `LevelAct`.
    """
    if counted_qty != 0:
        check_qty(counted_qty)
    _check_sku(uow, sku_id)
    request = {
        "warehouse_id": warehouse_id,
        "sku_id": sku_id,
        "counted_qty": counted_qty,
        "batch": batch,
        "reason": reason,
    }
    once = OnceOnly(uow, "count", key, request)
    earlier = once.earlier_answer()
    if earlier is not None:
        return _counted(*earlier, is_repeat=True)
    if batch and counted_qty:
        expect_batch(uow, sku_id, batch)
    level = lock_level(uow, warehouse_id, sku_id, batch)
    if seen_qty is not None and seen_qty != level.on_hand_qty:
        raise _moved_meanwhile(level, counted_qty, seen_qty)
    variance = counted_qty - level.on_hand_qty
    if variance > 0 and not batch:
        expect_batch(uow, sku_id, batch)
    asserted = Asserted(uow.now, last_movement(uow, level.id), level.on_hand_qty, counted_qty)
    lines = _book_count(uow, level, variance, asserted, reason, key)
    answer = [level.id, sku_id, counted_qty, variance, lines]
    once.keep(answer)
    return _counted(*answer, is_repeat=False)


def correct_count(
    uow: UnitOfWork,
    place: tuple[WarehouseId, SkuId, str],
    asserted: Asserted,
    reason: str,
    key: str,
    reference: str = "",
) -> CountResult:
    """Book what a count found, while goods went on coming and going: the level moves by the difference of then.

    The difference is what was there less what the books said at that moment. It is never set to what was counted:
    that would bring back what was shipped meanwhile. When more is missing than is left, the level ends at nothing
    (`CountResult.variance_qty` is what was booked). Claims give way as in `count`.

    Args:
        uow: the open transaction.
        place: warehouse, goods and batch.
        asserted: what was there, what the books said, and when.
        reason: why, as `reasons.written` gives it.
        key: of this act; the same again changes nothing.
        reference: the sheet it was counted on.

    Raises:
        Refused: as `LevelAct`.
        NotFound: as `LevelAct`.
    """
    warehouse_id, sku_id, batch = place
    if asserted.qty != 0:
        check_qty(asserted.qty)
    _check_sku(uow, sku_id)
    request = {
        "place": [warehouse_id, sku_id, batch],
        "counted": [asserted.movement_id, asserted.book_qty, asserted.qty],
        "reason": reason,
    }
    once = OnceOnly(uow, "correct_count", key, request)
    earlier = once.earlier_answer()
    if earlier is not None:
        return _counted(*earlier, is_repeat=True)
    if asserted.qty > asserted.book_qty:
        expect_batch(uow, sku_id, batch)
    level = lock_level(uow, warehouse_id, sku_id, batch)
    variance = max(asserted.qty - asserted.book_qty, -level.on_hand_qty)
    lines = _book_count(uow, level, variance, asserted, reason, key, reference)
    answer = [level.id, sku_id, level.on_hand_qty + variance, variance, lines]
    once.keep(answer)
    return _counted(*answer, is_repeat=False)


def review_in_hand(uow: UnitOfWork, movement_id: int) -> bool:
    """Say that goods booked on the spot (实物在手) were looked into; False when somebody has said so before.

    Raises:
        NotFound: `stock.no_in_hand`, there is no such booking.
    """
    # The movement's row is the lock: two desks that review it at once leave one journal row.
    booking = select(Movement.id).where(
        Movement.id == movement_id, Movement.kind == MovementKind.UNBOOKED_RECEIPT.value
    )
    if uow.execute(booking.with_for_update()).one_or_none() is None:
        raise NotFound("stock.no_in_hand", f"movement {movement_id} is no unbooked receipt", movement_id=movement_id)
    earlier = select(Journal.id).where(
        Journal.subject == "movement", Journal.subject_id == movement_id, Journal.action == REVIEWED
    )
    if uow.execute(earlier.limit(1)).first() is not None:
        return False
    uow.record(REVIEWED, "movement", movement_id)
    return True


def _counted(
    level_id: LevelId, sku_id: SkuId, counted: int, variance: int, lines: list[list[int]], *, is_repeat: bool
) -> CountResult:
    deficits = tuple(Shortage(OrderLineId(line), sku_id, held, left) for line, held, left in lines)
    return CountResult(level_id, counted, variance, deficits, is_repeat)


def _book_count(
    uow: UnitOfWork,
    level: Any,
    variance: int,
    asserted: Asserted,
    reason: str,
    key: str,
    reference: str = "",
) -> list[list[int]]:
    """Move a locked level by what a count found, and keep the count; gives the lines that had to give way."""
    deficits, aside = _give_way(uow, level, variance, -free_of(level) - variance)
    if variance:
        _move(uow, level.id, MovementKind.COUNT, variance, reason, f"count:{key}", reference)
    note_assertion(uow, level.id, asserted, variance, reference)
    lines = [[shortage.order_line_id, shortage.wanted_qty, shortage.available_qty] for shortage in deficits]
    uow.record(
        "stock.counted",
        "stock_level",
        level.id,
        counted_qty=asserted.qty,
        variance_qty=variance,
        deficits=lines,
        reason=reason,
        key=key,
        **({"quarantined": -aside} if aside else {}),
    )
    return lines


def make_room(uow: UnitOfWork, level_id: LevelId, qty: int) -> tuple[Shortage, ...]:
    """Free so many units of a level that turn out not to be good: claims give way as in `count`; gives whose."""
    (level,) = lock_levels(uow, {level_id})
    excess = qty - max(free_of(level), 0)
    return tuple(_give_way(uow, level, 0, excess)[0]) if excess > 0 else ()


def _give_way(uow: UnitOfWork, level: Any, variance: int, excess: int) -> tuple[list[Shortage], int]:
    """Take `excess` units from the level's claims into `short`, and write the counted level.

    Gives the lines that gave way, and the units that were set aside and are gone.
    """
    draft = Draft()
    taken: dict[OrderLineId, int] = {}
    held: defaultdict[OrderLineId, int] = defaultdict(int)
    uncovered: dict[LevelId, Delta] = {}
    book = give_way(uow, level.id, excess, uncovered) if excess > 0 and level.allotted_qty else None
    allotted = uncovered[level.id].allotted if level.id in uncovered else 0
    excess += allotted
    if excess > 0:
        holders = holders_of_level(uow.connection, level.id, level.reserved_qty + level.confirmed_qty)
        draft = Draft(claims_of_lines(uow, {claim.order_line_id for claim in holders}))
        for claim in holders:
            held[claim.order_line_id] += claim.qty
        excess -= _take(draft, [claim for claim in holders if claim.is_due(uow.now)], excess, ClaimState.EXPIRED, {})
        excess -= _take(draft, holders, excess, ClaimState.RELEASED, taken)
    draft.deltas[level.id].on_hand += variance
    draft.deltas[level.id].allotted += allotted
    aside = max(excess, 0)
    draft.deltas[level.id].quarantined -= aside
    short = [(line, level.sku_id, None, units) for line, units in taken.items()]
    draft.add(short, ClaimState.SHORT)
    draft.write(uow)
    if book is not None:
        book.write(uow)
    lines = [Shortage(line, level.sku_id, held[line], held[line] - units) for line, units in taken.items()]
    return lines, aside


def _take(draft: Draft, claims: list[Claim], excess: int, to: ClaimState, taken: dict[OrderLineId, int]) -> int:
    """Let claims give way until `excess` is reached; whole claims where they only expire. Gives the units freed."""
    freed = 0
    for claim in claims:
        if freed >= excess:
            break
        if claim.state not in (ClaimState.RESERVED, ClaimState.CONFIRMED):
            continue
        units = draft.step(claim, to, None if to is ClaimState.EXPIRED else excess - freed)
        taken[claim.order_line_id] = taken.get(claim.order_line_id, 0) + units
        freed += units
    return freed


def _book(
    uow: UnitOfWork,
    kind: MovementKind | None,
    place: tuple[WarehouseId, SkuId, str],
    delta: Delta,
    reason: str,
    key: str,
    reference: str = "",
) -> Booked:
    """Change one level once; `kind` None is a change of quarantine alone, which moves no goods."""
    warehouse, sku, batch = place
    _check_sku(uow, sku)
    qty = delta.on_hand if kind else delta.quarantined
    act = kind or "quarantine"
    request = {
        "warehouse_id": warehouse,
        "sku_id": sku,
        "batch": batch,
        "qty": qty,
        "quarantined": delta.quarantined,
        "reason": reason,
    }
    once = OnceOnly(uow, act, key, request)
    earlier = once.earlier_answer()
    if earlier is not None:
        return replace(Booked(*earlier), is_repeat=True)
    if kind and delta.on_hand > 0:
        expect_batch(uow, sku, batch)
    level = lock_level(uow, warehouse, sku, batch)
    if not is_applied(uow, {level.id: delta}):
        raise too_little(level, abs(qty))
    if kind:
        _move(uow, level.id, kind, qty, reason, f"{kind}:{key}", reference)
    more: dict[str, Any] = {"quarantined": delta.quarantined} if kind and delta.quarantined else {}
    if reference:
        more["document"] = reference
    uow.record(f"stock.{act}", "stock_level", level.id, qty=qty, reason=reason, key=key, **more)
    figures: list[Any] = [level.id, qty, level.on_hand_qty + delta.on_hand, level.quarantined_qty + delta.quarantined]
    once.keep(figures)
    return Booked(*figures)


def _move(
    uow: UnitOfWork, level_id: LevelId, kind: MovementKind, qty: int, reason: str, key: str, reference: str = ""
) -> None:
    uow.insert(
        Movement,
        {
            "at": uow.now,
            "level_id": level_id,
            "qty": qty,
            "kind": kind,
            "reason": reason,
            "reference": reference,
            "operator": uow.actor.operator,
            "key": key,
        },
    )


def check_qty(qty: int) -> None:
    """Whether so many units may come or go in one act.

    Raises:
        Refused: `stock.qty_out_of_range`.
    """
    if not 1 <= qty <= MOST_QTY:
        raise Refused("stock.qty_out_of_range", f"{qty} is no quantity of goods", qty=qty, most_qty=MOST_QTY)


def _check_sku(uow: UnitOfWork, sku_id: SkuId) -> None:
    sku = uow.execute(select(Sku.is_stock_managed, Sku.is_bundle).where(Sku.id == sku_id)).one_or_none()
    if sku is None:
        raise NotFound("stock.no_sku", f"there is no SKU {sku_id}", sku_id=sku_id)
    if sku.is_bundle:
        raise Refused("stock.is_bundle", "a bundle holds no stock; book its components", sku_id=sku_id)
    if not sku.is_stock_managed:
        raise Refused("stock.not_managed", "this SKU is sold without counting", sku_id=sku_id)


def _moved_meanwhile(level: Any, counted_qty: int, seen_qty: int) -> Refused:
    moved = level.on_hand_qty - seen_qty
    return Refused(
        "stock.count_moved",
        f"the books said {seen_qty} and say {level.on_hand_qty}; nothing was booked",
        seen_qty=seen_qty,
        now_qty=level.on_hand_qty,
        moved_qty=f"{moved:+d}",
        counted_qty=counted_qty,
        forward_qty=max(counted_qty + moved, 0),
    )


def too_little(level: Any, qty: int) -> Refused:
    """The refusal of an act that takes more units than a level has free."""
    free = free_of(level)
    if level.allotted_qty and qty <= free + level.allotted_qty:
        return Refused(
            "stock.allotted",
            f"{qty} units are more than can be taken: {free} are free, {level.allotted_qty} belong to shops",
            qty=qty,
            available_qty=free,
            allotted_qty=level.allotted_qty,
        )
    return Refused(
        "stock.too_little",
        f"{qty} units are more than can be taken: {free} are free, {level.quarantined_qty} in quarantine",
        qty=qty,
        available_qty=free,
        quarantined_qty=level.quarantined_qty,
    )
