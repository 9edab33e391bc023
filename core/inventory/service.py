"""Reservations: an order's lines get their units or are short, keep them on payment, give them back or ship them.

Locks are taken in one order everywhere: order lines, then levels, each by ascending id. Claims are changed only under
the lock of their level. Every operation repeats harmlessly.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select, text

from core.catalog.models import Sku
from core.db.sets import id_set, packed_ids
from core.db.types import Instant
from core.db.unit_of_work import UnitOfWork
from core.inventory.claims import (
    Claim,
    Draft,
    by_line,
    claims_by_id,
    claims_of_lines,
    due_on_levels,
    hold_lines,
    lock_lines,
)
from core.inventory.levels import lock_levels, lock_levels_of
from core.inventory.models import Movement, Reservation
from core.inventory.once import OnceOnly
from core.inventory.records import Consumed, OrderWants, Outcome, Released, Want
from core.inventory.shelves import fill_shelves, pick
from core.inventory.states import HOLDING, WANTING, ClaimState, MovementKind
from core.orders.models import Order, OrderLine
from core.runtime.errors import Refused
from core.runtime.ids import LevelId, OrderId, OrderLineId, SkuId, WarehouseId

#: how long an unpaid order keeps its units
HOLD_S = 900

#: orders tried together when stock has arrived
_RETRY_PAGE = 100

_PAID = frozenset({"paid", "partly_refunded"})

_UNMANAGED = select(Sku.id).where(Sku.id.in_(id_set("sku_ids")), Sku.is_stock_managed.is_(False))
_ORDERS_OF_LINES = (
    select(OrderLine.id, Order.id, Order.warehouse_id, Order.payment)
    .join(Order, Order.id == OrderLine.order_id)
    .where(OrderLine.id.in_(id_set("line_ids")))
)
# The literal state lets both engines use the partial index.
_SHORT = text("reservation.state = 'short'")
_ORDERS_SHORT_OF = (
    select(Order.id)
    .where(
        Order.id.in_(
            select(OrderLine.order_id).where(
                OrderLine.id.in_(
                    select(Reservation.order_line_id).where(Reservation.sku_id.in_(id_set("sku_ids")), _SHORT)
                )
            )
        )
    )
    .order_by(Order.ship_by_at.is_(None), Order.ship_by_at, Order.placed_at, Order.id)
)
_SHORT_LINES_OF_ORDERS = (
    select(Reservation.order_line_id)
    .join(OrderLine, OrderLine.id == Reservation.order_line_id)
    .where(OrderLine.order_id.in_(id_set("order_ids")), _SHORT)
)
_DUE = (
    select(Reservation.id, Reservation.level_id)
    .where(text("reservation.state = 'reserved'"), Reservation.expires_at <= bindparam("now", type_=Instant))
    .order_by(Reservation.expires_at, Reservation.id)
    .limit(bindparam("how_many"))
)


def reserve_page(uow: UnitOfWork, orders: Sequence[OrderWants], hold_s: float = HOLD_S) -> Mapping[OrderId, Outcome]:
    """Reserve a page of orders, each wholly or not at all, with a handful of statements for the whole page.

    Lines of a paid order are confirmed at once, those of an unpaid one expire after `hold_s` seconds. An order that
    lacks stock gets a `short` row per line. A SKU that is not stock-managed always succeeds: its claim has no level,
    goes through the same states and never expires. Expired claims on the wanted levels are swept first. What a line
    holds already counts, so that a repeat changes nothing.

    Args:
        uow: the open transaction.
        orders: every order and every line at most once.
        hold_s: seconds an unpaid claim lasts.

    Raises:
        ValueError: a line is named twice, or wants less than one unit.
    """
    wants = [want for order in orders for want in order.wants]
    lines = [want.order_line_id for want in wants]
    if len(set(lines)) != len(lines):
        raise ValueError("an order line may be named once per page")
    if min((want.qty for want in wants), default=1) < 1:
        raise ValueError("a want is for at least one unit")
    lock_lines(uow, lines)
    claims = claims_of_lines(uow, lines)
    asked = orders
    if claims:
        claims = _settle_due(uow, lines)
        paid = {want.order_line_id for order in orders if order.is_paid for want in order.wants}
        _confirm_held(uow, [claim for claim in claims if claim.order_line_id in paid])
        asked = _still_missing(orders, claims)
    outcomes = _reserve(uow, asked, claims, hold_s)
    short = sorted(order_id for order_id, outcome in outcomes.items() if not outcome.is_reserved)
    uow.record("stock.reserved", "reservation", 0, order_ids=[order.order_id for order in orders], short_ids=short)
    return {order.order_id: outcomes.get(order.order_id, _WHOLE) for order in orders}


def confirm(uow: UnitOfWork, order_line_ids: Iterable[OrderLineId]) -> Outcome:
    """Keep the units of paid lines: reserved becomes confirmed.

    What has expired, swept or not, is never revived: it is reserved anew in this transaction, all lines of an order
    or none, or reported short. Lines that are short are tried again too. Repeating it changes nothing.
    """
    lines = sorted(set(order_line_ids))
    claims = _settle_due(uow, lines)
    confirmed = _confirm_held(uow, claims)
    groups = by_line(claim for claim in claims if claim.state is not ClaimState.RELEASED)
    unclaimed = tuple(line for line in lines if line not in groups)
    open_claims = [claim for claim in claims if claim.state in WANTING]
    outcomes = _reserve(uow, _wants(uow, open_claims, is_paid=True), claims, hold_s=0)
    shortages = tuple(shortage for outcome in outcomes.values() for shortage in outcome.shortages)
    if confirmed or outcomes:
        uow.record(
            "stock.confirmed", "reservation", 0, line_ids=lines, short_ids=[s.order_line_id for s in shortages]
        )
    return Outcome(not shortages and not unclaimed, shortages, unclaimed)


def release(
    uow: UnitOfWork,
    order_line_ids: Iterable[OrderLineId],
    reason: str,
    qty: int | None = None,
    *,
    key: str | None = None,
) -> Released:
    """Give back what the lines hold, and stop wanting what they lack; never more than a line has.

    With `qty`, so many units of each line: first those it only wants, then reserved, then confirmed ones, the newest
    first. A whole release repeats harmlessly by itself; a part needs `key` for that (the refund's id, say).

    Raises:
        Refused: `stock.key_reused`, the key stands for another release.
        ValueError: `qty` is below one.
    """
    if qty is not None and qty < 1:
        raise ValueError("a part is at least one unit")
    lines = sorted(set(order_line_ids))
    if key is None:
        return Released(_release(uow, lines, reason, qty))
    once = OnceOnly(uow, "release", key, {"line_ids": lines, "qty": qty})
    earlier = once.earlier_answer()
    if earlier is not None:
        return Released({OrderLineId(line): units for line, units in earlier})
    given = _release(uow, lines, reason, qty)
    once.keep(list(given.items()))
    return Released(given)


def consume(uow: UnitOfWork, lines: Iterable[tuple[OrderLineId, int]], reference: str) -> Consumed:
    """Take confirmed units out of the house: confirmed and on hand fall together, with a `sale` movement per level.

    The rest of a line stays confirmed. The same reference again changes nothing and gives the same answer.

    Args:
        uow: the open transaction.
        lines: order lines with units; a line may be named several times.
        reference: what carries the goods away, unique per act (parcel and scan).

    Raises:
        Refused: `stock.not_confirmed`, a line holds fewer confirmed units than leave; `stock.key_reused`, the
            reference was used for other lines. Nothing has changed.
    """
    asked: defaultdict[OrderLineId, int] = defaultdict(int)
    for line, qty in lines:
        if qty < 1:
            raise ValueError("at least one unit must leave")
        asked[line] += qty
    wanted = sorted(asked.items())
    once = OnceOnly(uow, "consume", reference, {"lines": [list(pair) for pair in wanted]})
    if once.earlier_answer() is not None:
        return Consumed(reference, dict(wanted), is_repeat=True)
    claims = hold_lines(uow, asked)
    groups = by_line(claims)
    draft = Draft(claims)
    moved: defaultdict[tuple[OrderLineId, LevelId], int] = defaultdict(int)
    for line, qty in wanted:
        confirmed = [claim for claim in groups.get(line, ()) if claim.state is ClaimState.CONFIRMED]
        held = sum(claim.qty for claim in confirmed)
        if held < qty:
            sentence = f"line {line} holds {held} confirmed units, {qty} are to leave"
            raise Refused("stock.not_confirmed", sentence, order_line_id=line, wanted_qty=qty, held_qty=held)
        for claim, part in _parts(confirmed, qty):
            units = draft.step(claim, ClaimState.CONSUMED, part)
            if claim.level_id is not None:
                moved[line, claim.level_id] += units
    draft.write(uow)
    uow.insert_many(
        Movement,
        [
            {
                "at": uow.now,
                "level_id": level,
                "qty": -units,
                "kind": MovementKind.SALE,
                "reason": "",
                "reference": reference,
                "operator": uow.actor.operator,
                "key": f"sale:{reference}:{line}:{level}",
            }
            for (line, level), units in moved.items()
        ],
    )
    uow.changed("movement")
    uow.record("stock.consumed", "reservation", 0, reference=reference, lines=[list(pair) for pair in wanted])
    once.keep(True)
    return Consumed(reference, dict(wanted), is_repeat=False)


def expire_due(uow: UnitOfWork, limit: int = 500) -> tuple[OrderLineId, ...]:
    """Sweep claims whose time has run out, the oldest first, and name their lines.

    Only tidying up: reserving and confirming look at the time themselves.
    """
    due: Sequence[Any] = uow.execute(_DUE, {"now": uow.now, "how_many": limit}).all()
    if not due:
        return ()
    lock_levels(uow, {level for _, level in due})
    claims = [claim for claim in claims_by_id(uow, [id_ for id_, _ in due]) if claim.is_due(uow.now)]
    draft = Draft()
    for claim in claims:
        draft.step(claim, ClaimState.EXPIRED)
    draft.write(uow)
    lines = tuple(sorted({claim.order_line_id for claim in claims}))
    uow.record("stock.expired", "reservation", 0, line_ids=lines)
    return lines


def retry_short(
    uow: UnitOfWork, sku_ids: Iterable[SkuId], limit: int = 100, hold_s: float = HOLD_S
) -> tuple[OrderId, ...]:
    """Try the short orders that want these SKUs again and name those that now have everything, `limit` at most.

    The earliest deadline goes first; an order that still lacks something steps aside for the next and stays short.
    Call it after goods came in or were given back, and once in a while for all SKUs.
    """
    candidates = uow.execute(_ORDERS_SHORT_OF, {"sku_ids": packed_ids(set(sku_ids))}).scalars().all()
    satisfied: list[OrderId] = []
    place = 0
    while place < len(candidates) and len(satisfied) < limit:
        page = candidates[place : place + min(_RETRY_PAGE, limit - len(satisfied))]
        place += len(page)
        lines = set(uow.execute(_SHORT_LINES_OF_ORDERS, {"order_ids": packed_ids(page)}).scalars())
        claims = hold_lines(uow, lines)
        wanting = [claim for claim in claims if claim.state in WANTING]
        rank = {OrderId(order_id): number for number, order_id in enumerate(page)}
        outcomes = _reserve(uow, _wants(uow, wanting, rank=rank), claims, hold_s, is_retry=True)
        satisfied += [order for order, outcome in outcomes.items() if outcome.is_reserved]
    if satisfied:
        uow.record("stock.retried", "reservation", 0, order_ids=satisfied)
    return tuple(satisfied)


_WHOLE = Outcome(is_reserved=True)


def _reserve(
    uow: UnitOfWork,
    orders: Sequence[OrderWants],
    claims: Iterable[Claim],
    hold_s: float,
    *,
    is_retry: bool = False,
) -> dict[OrderId, Outcome]:
    """Claim for these orders under the locks of the levels; `claims` are the lines' rows so far.

    The lines' open wants (expired, short) are released and replaced by what this try finds. A retry that finds
    nothing leaves them as they are.
    """
    if not orders:
        return {}
    claims = list(claims)
    open_claims = by_line(claim for claim in claims if claim.state in WANTING)
    unmanaged, levels = _lock_wanted(uow, orders)
    draft = Draft(claims)
    swept = due_on_levels(uow, [level[0] for level in levels])
    for claim in swept:
        draft.step(claim, ClaimState.EXPIRED)
    shelves = fill_shelves(levels, draft.deltas)
    outcomes: dict[OrderId, Outcome] = {}
    for order in sorted(orders, key=_precedence):
        picks, shortages = pick(order, shelves, unmanaged)
        if not shortages:
            outcomes[order.order_id] = _WHOLE
            _drop_open(draft, open_claims, order)
            draft.add(picks, ClaimState.CONFIRMED if order.is_paid else ClaimState.RESERVED)
            continue
        outcomes[order.order_id] = Outcome(False, tuple(shortages))
        if not (is_retry or _is_noted_short(open_claims, order)):
            _drop_open(draft, open_claims, order)
            draft.add([(want.order_line_id, want.sku_id, None, want.qty) for want in order.wants], ClaimState.SHORT)
    draft.write(uow, hold_s)
    return outcomes


def _precedence(order: OrderWants) -> tuple[tuple[int, ...], OrderId]:
    return order.priority, order.order_id


def _lock_wanted(uow: UnitOfWork, orders: Iterable[OrderWants]) -> tuple[set[SkuId], Sequence[Any]]:
    pairs = {(order.warehouse_id, want.sku_id) for order in orders for want in order.wants}
    binds = {"sku_ids": packed_ids({sku for _, sku in pairs})}
    unmanaged = {SkuId(sku) for sku in uow.execute(_UNMANAGED, binds).scalars()}
    if unmanaged:
        pairs = {(warehouse, sku) for warehouse, sku in pairs if sku not in unmanaged}
    return unmanaged, lock_levels_of(uow, pairs)


def _drop_open(draft: Draft, open_claims: Mapping[OrderLineId, list[Claim]], order: OrderWants) -> None:
    if open_claims:
        for want in order.wants:
            for claim in open_claims.get(want.order_line_id, ()):
                draft.step(claim, ClaimState.RELEASED)


def _is_noted_short(open_claims: Mapping[OrderLineId, list[Claim]], order: OrderWants) -> bool:
    """Whether the very same shortage is on record, so that a repeat writes nothing."""
    return all(
        [(claim.state, claim.qty) for claim in open_claims.get(want.order_line_id, ())]
        == [(ClaimState.SHORT, want.qty)]
        for want in order.wants
    )


def _settle_due(uow: UnitOfWork, lines: Sequence[OrderLineId]) -> list[Claim]:
    """The lines' claims under their locks, those whose time has run out turned to expired."""
    claims = hold_lines(uow, lines)
    draft = Draft()
    for claim in claims:
        if claim.is_due(uow.now):
            draft.step(claim, ClaimState.EXPIRED)
    draft.write(uow)
    return claims


def _confirm_held(uow: UnitOfWork, claims: Iterable[Claim]) -> bool:
    """Confirm what is reserved among these locked claims; whether there was any."""
    draft = Draft()
    held = [claim for claim in claims if claim.state is ClaimState.RESERVED]
    for claim in held:
        draft.step(claim, ClaimState.CONFIRMED)
    draft.write(uow)
    return bool(held)


def _still_missing(orders: Iterable[OrderWants], claims: Iterable[Claim]) -> list[OrderWants]:
    """The orders with what their lines neither hold nor have shipped; an order that lacks nothing is left out."""
    had: defaultdict[OrderLineId, int] = defaultdict(int)
    for claim in claims:
        if claim.state in HOLDING or claim.state is ClaimState.CONSUMED:
            had[claim.order_line_id] += claim.qty
    missing = []
    for order in orders:
        wants = tuple(
            Want(want.order_line_id, want.sku_id, want.qty - had[want.order_line_id])
            for want in order.wants
            if want.qty > had[want.order_line_id]
        )
        if wants:
            missing.append(OrderWants(order.order_id, order.warehouse_id, wants, order.is_paid, order.priority))
    return missing


def _wants(
    uow: UnitOfWork,
    open_claims: Iterable[Claim],
    *,
    is_paid: bool = False,
    rank: Mapping[OrderId, int] | None = None,
) -> list[OrderWants]:
    """The open claims as wants of their orders, from the orders' own warehouses.

    `is_paid` says that all are paid, whatever the order rows say; `rank` gives their order of precedence.
    """
    groups = by_line(open_claims)
    wants: defaultdict[tuple[OrderId, WarehouseId, bool], list[Want]] = defaultdict(list)
    rows: Sequence[Any] = uow.execute(_ORDERS_OF_LINES, {"line_ids": packed_ids(groups)}).all()
    for line, order, warehouse, payment in rows:
        qty = sum(claim.qty for claim in groups[line])
        wants[order, warehouse, is_paid or payment in _PAID].append(Want(line, groups[line][0].sku_id, qty))
    return [
        OrderWants(order, warehouse, tuple(lines), paid, (rank[order],) if rank else ())
        for (order, warehouse, paid), lines in wants.items()
    ]


#: the order in which a line gives up: first what it only wants, last what is paid for
_GIVING_UP = {ClaimState.SHORT: 0, ClaimState.EXPIRED: 1, ClaimState.RESERVED: 2, ClaimState.CONFIRMED: 3}


def _release(uow: UnitOfWork, lines: Sequence[OrderLineId], reason: str, qty: int | None) -> dict[OrderLineId, int]:
    claims = hold_lines(uow, lines)
    draft = Draft(claims)
    given: dict[OrderLineId, int] = {}
    for line, group in by_line(claims).items():
        givable = sorted(
            (claim for claim in group if claim.state in _GIVING_UP),
            key=lambda claim: (_GIVING_UP[claim.state], -claim.id),
        )
        units = sum(claim.qty for claim in givable) if qty is None else qty
        for claim, part in _parts(givable, units):
            is_held = claim.state in HOLDING
            given[line] = given.get(line, 0) + draft.step(claim, ClaimState.RELEASED, part) * is_held
    draft.write(uow)
    if given:
        uow.record("stock.released", "reservation", 0, lines=sorted(given.items()), reason=reason)
    return {line: units for line, units in given.items() if units}


def _parts(claims: Iterable[Claim], qty: int) -> Iterable[tuple[Claim, int]]:
    """These claims with the units to take from each until `qty` is reached, in the order given."""
    for claim in claims:
        part = min(claim.qty, qty)
        if part == 0:
            return
        qty -= part
        yield claim, part
