"""Reservations: an order's lines get their units or are short, keep them on payment, give them back or ship them.

Locks are taken in one order everywhere: order lines, then levels, each by ascending id. Claims are changed only under
the lock of their level. Every operation repeats harmlessly.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text

from core.catalog.models import Sku
from core.channels.models import HOLD_S, Shop
from core.db.sets import id_set, packed_ids
from core.db.types import Instant
from core.db.unit_of_work import UnitOfWork
from core.inventory import in_one_go
from core.inventory.claims import (
    Claim,
    Draft,
    by_line,
    claims_by_id,
    claims_of_lines,
    due_on_levels,
    hold_lines,
)
from core.inventory.levels import lock_levels, lock_levels_of
from core.inventory.looking import UNSEEN, Seen, goods_of, look, look_under_locks, places_of
from core.inventory.models import Movement, Reservation
from core.inventory.once import OnceOnly
from core.inventory.quotas.models import QuotaSale
from core.inventory.quotas.releasing import Returns, returns_of
from core.inventory.quotas.reserving import Shares, shares_of
from core.inventory.records import Consumed, OrderWants, Outcome, Released, Want
from core.inventory.shelves import Pick, day_of, fill_shelves, pick
from core.inventory.states import HOLDING, WANTING, ClaimState, MovementKind
from core.orders.models import Order, OrderLine
from core.runtime.errors import Refused
from core.runtime.ids import LevelId, OrderId, OrderLineId, ReservationId, SkuId, WarehouseId

#: orders tried together when stock has arrived
_RETRY_PAGE = 100

_PAID = frozenset({"paid", "partly_refunded"})

_UNMANAGED = select(Sku.id).where(Sku.id.in_(id_set("sku_ids")), Sku.is_stock_managed.is_(False))
_ORDERS_OF_LINES = (
    select(OrderLine.id, Order.id, Order.warehouse_id, Order.payment, OrderLine.bundle_sku_id, Shop.hold_s)
    .join(Order, Order.id == OrderLine.order_id)
    .outerjoin(Shop, Shop.id == Order.shop_id)
    .where(OrderLine.id.in_(id_set("line_ids")))
)
_SHOPS_THAT_PROMISE = select(Shop.id).where(Shop.min_life_days > 0).limit(1)
_PROMISED = (
    select(Order.id, Shop.min_life_days)
    .join(Shop, Shop.id == Order.shop_id)
    .where(Order.id.in_(id_set("ids")), Shop.min_life_days > 0)
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
_OF_QUOTAS = select(QuotaSale.order_line_id).where(QuotaSale.order_line_id.in_(id_set("line_ids")))
_DUE = (
    select(Reservation.id, Reservation.level_id)
    .where(text("reservation.state = 'reserved'"), Reservation.expires_at <= bindparam("now", type_=Instant))
    .order_by(Reservation.expires_at, Reservation.id)
    .limit(bindparam("how_many"))
)


def reserve_page(uow: UnitOfWork, orders: Sequence[OrderWants]) -> Mapping[OrderId, Outcome]:
    """Reserve a page of orders, each wholly or not at all, with a handful of statements for the whole page.

    Lines of a paid order are confirmed at once, those of an unpaid one expire after its `hold_s` seconds. An order
    that lacks stock gets a `short` row per line. A SKU that is not stock-managed always succeeds: its claim has no
    level, goes through the same states and never expires. Expired claims on the wanted levels are swept first. What a
    line holds already counts, so that a repeat changes nothing.

    Args:
        uow: the open transaction.
        orders: every order and every line at most once.

    Raises:
        ValueError: a line is named twice, or wants less than one unit.
    """
    wants = [want for order in orders for want in order.wants]
    lines = [want.order_line_id for want in wants]
    if len(set(lines)) != len(lines):
        raise ValueError("an order line may be named once per page")
    if min((want.qty for want in wants), default=1) < 1:
        raise ValueError("a want is for at least one unit")
    seen = look(uow, orders, wants) if wants else UNSEEN
    if not uow.is_sqlite:
        if len(orders) == 1 and in_one_go.take(uow, seen, orders[0]):
            return {orders[0].order_id: _WHOLE}
        seen = _locked(uow, seen, orders, wants)
    claims = claims_of_lines(uow, lines) if seen.has_claims else []
    asked = orders
    if claims:
        claims = _settle_due(uow, lines)
        paid = {want.order_line_id for order in orders if order.is_paid for want in order.wants}
        _confirm_held(uow, [claim for claim in claims if claim.order_line_id in paid])
        asked, seen = _still_missing(orders, claims), UNSEEN
    outcomes = _reserve(uow, asked, claims, seen=seen)
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
    outcomes = _reserve(uow, _wants(uow, open_claims, is_paid=True), claims)
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
    called_off_at: datetime | None = None,
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
        return Released(_release(uow, lines, reason, qty, called_off_at))
    once = OnceOnly(uow, "release", key, {"line_ids": lines, "qty": qty})
    earlier = once.earlier_answer()
    if earlier is not None:
        return Released({OrderLineId(line): units for line, units in earlier})
    given = _release(uow, lines, reason, qty, called_off_at)
    once.keep(list(given.items()))
    return Released(given)


def consume(
    uow: UnitOfWork,
    lines: Iterable[tuple[OrderLineId, int]],
    reference: str,
    levels_first: Mapping[OrderLineId, Mapping[LevelId, int]] | None = None,
) -> Consumed:
    """Take confirmed units out of the house: confirmed and on hand fall together, with a `sale` movement per level.

    The rest of a line stays confirmed. The same reference again changes nothing and gives the same answer.

    Args:
        uow: the open transaction.
        lines: order lines with units; a line may be named several times.
        reference: what carries the goods away, unique per act (parcel and scan).
        levels_first: of which levels a line's units are known to come, and how many of each.

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
        for claim, part in _parts_by_level(confirmed, qty, (levels_first or {}).get(line, {})):
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


def let_go(uow: UnitOfWork, order_line_ids: Iterable[OrderLineId]) -> None:
    """Let the reserved units of these lines run out now: nobody will pay for them. A late payment claims anew.

    Not what was sold from a shop's quota: that is the order's for as long as its platform keeps it open.
    """
    lines = set(order_line_ids)
    sold = uow.execute(_OF_QUOTAS, {"line_ids": packed_ids(lines)}).scalars()
    claims = hold_lines(uow, sorted(lines.difference(sold)))
    held = [claim for claim in claims if claim.state is ClaimState.RESERVED and claim.level_id is not None]
    draft = Draft()
    for claim in held:
        draft.step(claim, ClaimState.EXPIRED)
    draft.write(uow)
    if held:
        uow.record("stock.expired", "reservation", 0, line_ids=sorted({claim.order_line_id for claim in held}))


def retry_short(
    uow: UnitOfWork, sku_ids: Iterable[SkuId], limit: int = 100, *, without: Collection[OrderId] = ()
) -> tuple[OrderId, ...]:
    """Try the short orders that want these SKUs again and name those that now have everything, `limit` at most.

    Orders of `without` are left as they are.

    The earliest deadline goes first; an order that still lacks something steps aside for the next and stays short.
    Call it after goods came in or were given back, and once in a while for all SKUs.
    """
    found = uow.execute(_ORDERS_SHORT_OF, {"sku_ids": packed_ids(set(sku_ids))}).scalars().all()
    candidates = [order_id for order_id in found if order_id not in set(without)] if without else found
    satisfied: list[OrderId] = []
    place = 0
    while place < len(candidates) and len(satisfied) < limit:
        page = candidates[place : place + min(_RETRY_PAGE, limit - len(satisfied))]
        place += len(page)
        lines = set(uow.execute(_SHORT_LINES_OF_ORDERS, {"order_ids": packed_ids(page)}).scalars())
        claims = hold_lines(uow, lines)
        wanting = [claim for claim in claims if claim.state in WANTING]
        rank = {OrderId(order_id): number for number, order_id in enumerate(page)}
        outcomes = _reserve(uow, _wants(uow, wanting, rank=rank), claims, is_retry=True)
        satisfied += [order for order, outcome in outcomes.items() if outcome.is_reserved]
    if satisfied:
        uow.record("stock.retried", "reservation", 0, order_ids=satisfied)
    return tuple(satisfied)


_WHOLE = Outcome(is_reserved=True)


def _locked(uow: UnitOfWork, seen: Seen, orders: Sequence[OrderWants], wants: Sequence[Want]) -> Seen:
    """What was seen without locks, under them, where that needs no more of them than the levels that are wanted."""
    if seen.has_claims or seen.has_uncounted:
        return seen.without_locks()
    # Whoever reserved for the same lines while the look waited for them has rows there now. Then the levels of those
    # are locked after these: should another desk do so the other way round, one of both is told to try again.
    places = places_of(orders)
    line_ids = [want.order_line_id for want in wants]
    return look_under_locks(uow, lock_levels_of(uow, places), places, goods_of(wants), line_ids)


def _reserve(
    uow: UnitOfWork,
    orders: Sequence[OrderWants],
    claims: Iterable[Claim],
    *,
    is_retry: bool = False,
    seen: Seen = UNSEEN,
) -> dict[OrderId, Outcome]:
    """Claim for these orders under the locks of the levels; `claims` are the lines' rows so far.

    What `seen` rules out is not asked for: it has to be true still.

    The lines' open wants (expired, short) are released and replaced by what this try finds. A retry that finds
    nothing leaves them as they are.
    """
    if not orders:
        return {}
    claims = list(claims)
    open_claims = by_line(claim for claim in claims if claim.state in WANTING)
    unmanaged, levels = (set(), seen.levels) if seen.levels is not None else _lock_wanted(uow, orders, seen)
    draft = Draft(claims)
    swept = due_on_levels(uow, [level[0] for level in levels]) if seen.has_due else ()
    for claim in swept:
        draft.step(claim, ClaimState.EXPIRED)
    today = day_of(uow.now)
    shelves = fill_shelves(levels, draft.deltas, today)
    shares = shares_of(uow, orders) if seen.has_quotas else None
    outcomes: dict[OrderId, Outcome] = {}
    lasting = _lasting(uow, orders) if seen.has_promises else orders
    for order in sorted(lasting, key=_precedence):
        loan = shares.lend(order, shelves, today) if shares else None
        picks, shortages = pick(order, shelves, unmanaged, today)
        if shares and loan:
            shares.settle(loan, shelves, is_taken=not shortages)
        if not shortages:
            outcomes[order.order_id] = _WHOLE
            _drop_open(draft, open_claims, order)
            _add(draft, picks, shares, order)
            continue
        outcomes[order.order_id] = Outcome(False, tuple(shortages))
        if not (is_retry or _is_noted_short(open_claims, order)):
            _drop_open(draft, open_claims, order)
            draft.add([(want.order_line_id, want.sku_id, None, want.qty) for want in order.wants], ClaimState.SHORT)
    if shares:
        shares.book.allot(draft.deltas)
    draft.write(uow)
    if shares:
        shares.book.write(uow)
    return outcomes


def _add(draft: Draft, picks: Sequence[Pick], shares: Shares | None, order: OrderWants) -> None:
    """Claim what was found. What a platform has sold from a quota stays claimed as long as the platform keeps it."""
    if order.is_paid:
        draft.add(picks, ClaimState.CONFIRMED)
    elif shares is None:
        draft.add(picks, ClaimState.RESERVED, order.hold_s)
    else:
        draft.add([row for row in picks if row[0] not in shares.lines], ClaimState.RESERVED, order.hold_s)
        draft.add([row for row in picks if row[0] in shares.lines], ClaimState.RESERVED)


def _lasting(uow: UnitOfWork, orders: Sequence[OrderWants]) -> Sequence[OrderWants]:
    """The orders with how long their shops promise goods to last: asked here, so that no way leads around it."""
    if uow.execute(_SHOPS_THAT_PROMISE).first() is None:
        return orders
    rows: Sequence[Any] = uow.execute(_PROMISED, {"ids": packed_ids(order.order_id for order in orders)}).all()
    days = dict(rows)
    return [replace(order, min_life_days=max(order.min_life_days, days.get(order.order_id, 0))) for order in orders]


def _precedence(order: OrderWants) -> tuple[tuple[int, ...], OrderId]:
    return order.priority, order.order_id


def _lock_wanted(uow: UnitOfWork, orders: Iterable[OrderWants], seen: Seen) -> tuple[set[SkuId], Sequence[Any]]:
    pairs = {(order.warehouse_id, want.sku_id) for order in orders for want in order.wants}
    unmanaged: set[SkuId] = set()
    if seen.has_uncounted:
        binds = {"sku_ids": packed_ids({sku for _, sku in pairs})}
        unmanaged = {SkuId(sku) for sku in uow.execute(_UNMANAGED, binds).scalars()}
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
            want._replace(qty=want.qty - had[want.order_line_id])
            for want in order.wants
            if want.qty > had[want.order_line_id]
        )
        if wants:
            missing.append(replace(order, wants=wants))
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
    wants: defaultdict[tuple[OrderId, WarehouseId, bool, int], list[Want]] = defaultdict(list)
    rows: Sequence[Any] = uow.execute(_ORDERS_OF_LINES, {"line_ids": packed_ids(groups)}).all()
    for line, order, warehouse, payment, bundle, hold_s in rows:
        qty = sum(claim.qty for claim in groups[line])
        which = order, warehouse, is_paid or payment in _PAID, HOLD_S if hold_s is None else hold_s
        wants[which].append(Want(line, groups[line][0].sku_id, qty, bundle))
    return [
        OrderWants(order, warehouse, tuple(lines), paid, (rank[order],) if rank else (), hold_s=hold_s)
        for (order, warehouse, paid, hold_s), lines in wants.items()
    ]


#: the order in which a line gives up: first what it only wants, last what is paid for
_GIVING_UP = {ClaimState.SHORT: 0, ClaimState.EXPIRED: 1, ClaimState.RESERVED: 2, ClaimState.CONFIRMED: 3}


def _release(
    uow: UnitOfWork,
    lines: Sequence[OrderLineId],
    reason: str,
    qty: int | None,
    called_off_at: datetime | None,
) -> dict[OrderLineId, int]:
    returns = returns_of(uow, lines, reason, called_off_at)
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
            if returns:
                returns.note(line, part, is_held=is_held)
    _write_release(uow, draft, returns)
    if given:
        uow.record("stock.released", "reservation", 0, lines=sorted(given.items()), reason=reason)
    return {line: units for line, units in given.items() if units}


def _write_release(uow: UnitOfWork, draft: Draft, returns: Returns | None) -> None:
    if returns is None:
        draft.write(uow)
        return
    returns.settle(uow, draft.deltas)
    draft.write(uow)
    returns.book.write(uow)


def _parts(claims: Iterable[Claim], qty: int) -> Iterable[tuple[Claim, int]]:
    """These claims with the units to take from each until `qty` is reached, in the order given."""
    for claim in claims:
        part = min(claim.qty, qty)
        if part == 0:
            return
        qty -= part
        yield claim, part


def _parts_by_level(claims: Sequence[Claim], qty: int, first: Mapping[LevelId, int]) -> Iterable[tuple[Claim, int]]:
    """The parts to take until `qty` is reached: those of named levels first, then the rest in the order given."""
    if not first:
        yield from _parts(claims, qty)
        return
    named = dict(first)
    taken: dict[ReservationId, int] = {}
    for claim in claims:
        part = min(claim.qty, named.get(claim.level_id, 0), qty) if claim.level_id is not None else 0
        if part and claim.level_id is not None:
            named[claim.level_id] -= part
            taken[claim.id] = part
            qty -= part
    for claim in claims:
        part = min(claim.qty - taken.get(claim.id, 0), qty)
        qty -= part
        if whole := part + taken.get(claim.id, 0):
            yield claim, whole
