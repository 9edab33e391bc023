"""Goods that come, go, are counted or set aside: every act is a movement (or a journal row) under a key of its own.

A repeated key changes nothing and gives the first answer. No act takes a level below what is promised, except a
stocktake, which then says whose units are missing.
"""

from collections import defaultdict
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from core.catalog.models import Sku
from core.db.models import Journal
from core.db.unit_of_work import UnitOfWork
from core.inventory.claims import Claim, Draft, claims_of_lines
from core.inventory.holders import holders_of_level
from core.inventory.levels import Delta, is_applied, lock_level, lock_levels
from core.inventory.models import Movement
from core.inventory.once import OnceOnly
from core.inventory.records import Booked, CountResult, Shortage, Transferred
from core.inventory.states import ClaimState, MovementKind
from core.inventory.stock_list import REVIEWED
from core.runtime.errors import NotFound, Refused
from core.runtime.ids import LevelId, OrderLineId, SkuId, WarehouseId

#: more than any shop holds; beyond it a scanner has read a barcode into the quantity field
MOST_QTY = 1_000_000_000


def receive(
    uow: UnitOfWork, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
) -> Booked:
    """Book goods in (收货). Short orders are not served by this; see `service.retry_short`.

    Raises:
        Refused: `stock.qty_out_of_range`, `stock.not_managed`, `stock.is_bundle`, `stock.key_reused`.
        NotFound: `stock.no_sku`.
    """
    _check_qty(qty)
    return _book(uow, MovementKind.RECEIPT, (warehouse_id, sku_id, batch), Delta(on_hand=qty), reason, key)


def book_in_hand(
    uow: UnitOfWork, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
) -> Booked:
    """Book goods the clerk holds and the books do not know (实物在手), to be reviewed later by their kind.

    Raises:
        Refused, NotFound: as `receive`.
    """
    _check_qty(qty)
    kind = MovementKind.UNBOOKED_RECEIPT
    return _book(uow, kind, (warehouse_id, sku_id, batch), Delta(on_hand=qty), reason, key)


def adjust(
    uow: UnitOfWork, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
) -> Booked:
    """Correct the books by `qty`, up or down.

    Raises:
        Refused: `stock.too_little`, fewer units are free than are taken away (a stocktake may do that); and as
            `receive`.
        NotFound: as `receive`.
    """
    _check_qty(abs(qty))
    return _book(uow, MovementKind.ADJUSTMENT, (warehouse_id, sku_id, batch), Delta(on_hand=qty), reason, key)


def take_back(
    uow: UnitOfWork,
    warehouse_id: WarehouseId,
    sku_id: SkuId,
    qty: int,
    reason: str,
    key: str,
    batch: str = "",
    *,
    is_sellable: bool,
) -> Booked:
    """Book returned goods after a look at them; what is not sellable goes into quarantine at once.

    Raises:
        Refused, NotFound: as `receive`.
    """
    _check_qty(qty)
    delta = Delta(on_hand=qty, quarantined=0 if is_sellable else qty)
    return _book(uow, MovementKind.RETURN, (warehouse_id, sku_id, batch), delta, reason, key)


def quarantine(
    uow: UnitOfWork, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
) -> Booked:
    """Set free units aside: they stay on hand and cannot be promised.

    Raises:
        Refused: `stock.too_little`, fewer units are free; and as `receive`.
        NotFound: as `receive`.
    """
    _check_qty(qty)
    return _book(uow, None, (warehouse_id, sku_id, batch), Delta(quarantined=qty), reason, key)


def unquarantine(
    uow: UnitOfWork, warehouse_id: WarehouseId, sku_id: SkuId, qty: int, reason: str, key: str, batch: str = ""
) -> Booked:
    """Make quarantined units free again.

    Raises:
        Refused: `stock.too_little`, fewer units are in quarantine; and as `receive`.
        NotFound: as `receive`.
    """
    _check_qty(qty)
    return _book(uow, None, (warehouse_id, sku_id, batch), Delta(quarantined=-qty), reason, key)


def transfer(
    uow: UnitOfWork,
    from_warehouse_id: WarehouseId,
    to_warehouse_id: WarehouseId,
    sku_id: SkuId,
    qty: int,
    reason: str,
    key: str,
    batch: str = "",
) -> Transferred:
    """Move free units to another warehouse, both ends at once.

    Raises:
        Refused: `stock.too_little`, fewer units are free; `stock.same_warehouse`; and as `receive`.
        NotFound: as `receive`.
    """
    _check_qty(qty)
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
    ends = [
        lock_level(uow, warehouse, sku_id, batch).id for warehouse in sorted((from_warehouse_id, to_warehouse_id))
    ]
    levels = {level.warehouse_id: level for level in lock_levels(uow, ends)}
    source, target = levels[from_warehouse_id], levels[to_warehouse_id]
    deltas = {source.id: Delta(on_hand=-qty), target.id: Delta(on_hand=qty)}
    if not is_applied(uow, deltas):
        raise _too_little(source, qty)
    _move(uow, source.id, MovementKind.TRANSFER, -qty, reason, f"transfer:{key}:out")
    _move(uow, target.id, MovementKind.TRANSFER, qty, reason, f"transfer:{key}:in")
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
) -> CountResult:
    """Book a stocktake: what was counted, quarantined goods included, is what is on hand from now on.

    When less was counted than is promised, claims give way until it fits: unpaid before paid, the latest deadline
    first (none counts as latest), then the newest. The units taken become `short`, so that the order can be held and
    served again. Quarantined units give way last.

    Raises:
        Refused: as `receive`.
        NotFound: as `receive`.
    """
    if counted_qty != 0:
        _check_qty(counted_qty)
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
    level = lock_level(uow, warehouse_id, sku_id, batch)
    variance = counted_qty - level.on_hand_qty
    excess = level.reserved_qty + level.confirmed_qty + level.quarantined_qty - counted_qty
    deficits = _give_way(uow, level, variance, excess)
    if variance:
        _move(uow, level.id, MovementKind.COUNT, variance, reason, f"count:{key}")
    lines = [[shortage.order_line_id, shortage.wanted_qty, shortage.available_qty] for shortage in deficits]
    uow.record(
        "stock.counted",
        "stock_level",
        level.id,
        counted_qty=counted_qty,
        variance_qty=variance,
        deficits=lines,
        reason=reason,
        key=key,
    )
    answer = [level.id, sku_id, counted_qty, variance, lines]
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


def _give_way(uow: UnitOfWork, level: Any, variance: int, excess: int) -> list[Shortage]:
    """Take `excess` units from the level's claims into `short`, and write the counted level."""
    draft = Draft()
    taken: dict[OrderLineId, int] = {}
    held: defaultdict[OrderLineId, int] = defaultdict(int)
    if excess > 0:
        holders = holders_of_level(uow.connection, level.id, level.reserved_qty + level.confirmed_qty)
        draft = Draft(claims_of_lines(uow, {claim.order_line_id for claim in holders}))
        for claim in holders:
            held[claim.order_line_id] += claim.qty
        excess -= _take(draft, [claim for claim in holders if claim.is_due(uow.now)], excess, ClaimState.EXPIRED, {})
        excess -= _take(draft, holders, excess, ClaimState.RELEASED, taken)
    draft.deltas[level.id].on_hand += variance
    draft.deltas[level.id].quarantined -= max(excess, 0)
    short = [(line, level.sku_id, None, units) for line, units in taken.items()]
    draft.add(short, ClaimState.SHORT)
    draft.write(uow)
    return [Shortage(line, level.sku_id, held[line], held[line] - units) for line, units in taken.items()]


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
    level = lock_level(uow, warehouse, sku, batch)
    if not is_applied(uow, {level.id: delta}):
        raise _too_little(level, abs(qty))
    if kind:
        _move(uow, level.id, kind, qty, reason, f"{kind}:{key}")
    uow.record(f"stock.{act}", "stock_level", level.id, qty=qty, reason=reason, key=key)
    figures: list[Any] = [level.id, qty, level.on_hand_qty + delta.on_hand, level.quarantined_qty + delta.quarantined]
    once.keep(figures)
    return Booked(*figures)


def _move(uow: UnitOfWork, level_id: LevelId, kind: MovementKind, qty: int, reason: str, key: str) -> None:
    uow.insert(
        Movement,
        {
            "at": uow.now,
            "level_id": level_id,
            "qty": qty,
            "kind": kind,
            "reason": reason,
            "reference": "",
            "operator": uow.actor.operator,
            "key": key,
        },
    )


def _check_qty(qty: int) -> None:
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


def _too_little(level: Any, qty: int) -> Refused:
    free = level.on_hand_qty - level.reserved_qty - level.confirmed_qty - level.quarantined_qty
    return Refused(
        "stock.too_little",
        f"{qty} units are more than can be taken: {free} are free, {level.quarantined_qty} in quarantine",
        qty=qty,
        available_qty=free,
        quarantined_qty=level.quarantined_qty,
    )
