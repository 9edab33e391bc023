"""Orders without goods as the page of accidents shows them. Their holds say which they are; nothing is kept twice."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, text

from core.catalog.models import Sku
from core.channels.models import Shop
from core.db.sets import id_set, packed_ids
from core.db.types import Instant
from core.inventory.documents.models import Document, DocumentLine
from core.inventory.documents.states import DocKind
from core.inventory.models import Reservation
from core.inventory.quotas.models import QuotaSale
from core.orders.holds import MISSING_GOODS, NOT_STARTED
from core.orders.models import SHOWN_NO, Hold, Order, OrderLine
from core.orders.settling.curing import comes_on, cured
from core.orders.settling.models import ShortageOutcome
from core.orders.settling.records import (
    WANTS_NO_GOODS,
    AccidentPage,
    AffectedOrder,
    MissingLine,
    MissingSku,
    Outcome,
    Supply,
)
from core.orders.states import OPEN_STATES, Fulfilment, Payment
from core.runtime.ids import SkuId

#: more than a shop settles by hand in days
MOST: Final = 1000
#: goods on their way that will be sellable when they are there
_COMING: Final = (DocKind.PURCHASE.value, DocKind.TRANSFER.value, DocKind.PUTAWAY.value)
_REASONS = tuple(MISSING_GOODS)
# Literal words, so that both engines take the index over what stands.
_MISSING = (
    select(Hold.order_id, Hold.reason)
    .join(Order, Order.id == Hold.order_id)
    # What another program sends is no accident of ours.
    .where(text("hold.released_at IS NULL"), Hold.reason.in_(_REASONS), Order.hold_reason != NOT_STARTED)
)
_SETTLED = select(ShortageOutcome.order_id).where(ShortageOutcome.at >= bindparam("since", type_=Instant))
_ORDERS = (
    select(
        Order.id,
        SHOWN_NO,
        Order.payment,
        Order.fulfilment,
        Order.placed_at,
        Order.paid_at,
        Order.ship_by_at,
        Order.amount_fen,
        Shop.name.label("shop"),
        ShortageOutcome.outcome,
        ShortageOutcome.amount_fen.label("given_fen"),
        ShortageOutcome.note,
        ShortageOutcome.told_at,
        ShortageOutcome.at.label("settled_at"),
        ShortageOutcome.by,
    )
    .join(Shop, Shop.id == Order.shop_id)
    .outerjoin(ShortageOutcome, ShortageOutcome.order_id == Order.id)
    .where(Order.id.in_(id_set("ids")))
    # In order of promise: what has to leave first, then who paid first; a promise nobody made comes last.
    .order_by(Order.ship_by_at.is_(None), Order.ship_by_at, Order.paid_at.is_(None), Order.paid_at, Order.id)
)
_LACKING = (
    select(OrderLine.order_id, Sku.id, Sku.code, Sku.name, Sku.short_name, func.sum(Reservation.qty).label("qty"))
    .join(Reservation, Reservation.order_line_id == OrderLine.id)
    .join(Sku, Sku.id == Reservation.sku_id)
    .where(OrderLine.order_id.in_(id_set("ids")), OrderLine.is_current, text("reservation.state = 'short'"))
    .group_by(OrderLine.order_id, Sku.id, Sku.code, Sku.name, Sku.short_name)
    .order_by(OrderLine.order_id, Sku.code)
)
_OVERSOLD = (
    select(OrderLine.order_id)
    .join(QuotaSale, QuotaSale.order_line_id == OrderLine.id)
    .where(OrderLine.order_id.in_(id_set("ids")), QuotaSale.over_qty > 0)
    .distinct()
)
_SUPPLIES = (
    select(
        DocumentLine.sku_id,
        Document.id,
        Document.number,
        Document.kind,
        Document.expected_day,
        func.sum(DocumentLine.pending_qty).label("qty"),
    )
    .join(Document, Document.id == DocumentLine.document_id)
    .where(text("document_line.pending_qty > 0"), DocumentLine.sku_id.in_(id_set("ids")), Document.kind.in_(_COMING))
    .group_by(DocumentLine.sku_id, Document.id, Document.number, Document.kind, Document.expected_day)
    .order_by(DocumentLine.sku_id, Document.id)
)


def accident_page(connection: Connection, since: datetime, *, is_whole: bool = False) -> AccidentPage:
    """Every open order that lacks goods, and what was settled since; a handful of statements for all of them.

    `is_whole`: not only the first orders are shown. What the goods lack, and what serves whom, is of all of them.
    """
    missing: dict[int, str] = {}
    for order_id, reason in connection.execute(_MISSING):
        missing[order_id] = max(missing.get(order_id, reason), reason, key=_REASONS.index)
    settled = connection.execute(_SETTLED, {"since": since}).scalars().all()
    ids = sorted({*missing, *settled})
    if not ids:
        return AccidentPage((), (), 0, 0)
    rows: Sequence[Any] = connection.execute(_ORDERS, {"ids": packed_ids(ids)}).all()
    open_values = {state.value for state in OPEN_STATES}
    rows = [row for row in rows if row.id not in missing or row.fulfilment in open_values or row.outcome is not None]
    piles = {row.id: _order(row, (), missing.get(row.id), is_oversold=False).pile for row in rows}
    # Where not all can be shown those that are settled stay out of sight, not those that somebody waits for.
    first = {row.id for row in sorted(rows, key=lambda row: piles[row.id] == "settled")[: None if is_whole else MOST]}
    binds = {"ids": packed_ids([row.id for row in rows])}
    oversold = set(connection.execute(_OVERSOLD, binds).scalars())
    lacking = _lacking(connection, binds)
    supplies = _supplies(connection, {line.sku_id for lines in lacking.values() for line in lines})
    # Who was paid back, or gets something else, takes nothing from those who wait.
    lines_of = [() if row.outcome in WANTS_NO_GOODS else lacking.get(row.id, ()) for row in rows]
    served = cured(lines_of, supplies)
    orders = tuple(
        _order(row, lines or lacking.get(row.id, ()), missing.get(row.id), is_oversold=row.id in oversold)
        for row, lines in zip(rows, served, strict=True)
    )
    shown = tuple(order for order in orders if order.order_id in first)
    given = [row.given_fen for row in rows if row.given_fen]
    hidden = Counter(pile for order_id, pile in piles.items() if order_id not in first)
    return AccidentPage(shown, _by_sku(orders, supplies), sum(given), len(given), len(rows) > len(first), hidden)


def was_affected(connection: Connection, order_id: int) -> bool:
    """Whether goods were ever missing for an order."""
    query = select(Hold.id).where(Hold.order_id == order_id, Hold.reason.in_(_REASONS)).limit(1)
    return connection.execute(query).first() is not None


def _order(row: Any, lines: tuple[MissingLine, ...], reason: str | None, *, is_oversold: bool) -> AffectedOrder:
    is_cancelled = row.fulfilment == Fulfilment.CANCELLED.value
    return AffectedOrder(
        row.id,
        row.order_no,
        row.shop,
        "oversold" if is_oversold else reason or MISSING_GOODS[0],
        row.payment != Payment.UNPAID.value,
        is_cancelled,
        reason is not None and not is_cancelled,
        row.placed_at,
        row.paid_at,
        row.ship_by_at,
        row.amount_fen,
        lines,
        comes_on(lines),
        Outcome(row.outcome or Outcome.OPEN),
        row.given_fen or 0,
        row.note or "",
        row.told_at,
        row.settled_at,
        row.by or "",
    )


def _lacking(connection: Connection, binds: Mapping[str, Any]) -> Mapping[int, tuple[MissingLine, ...]]:
    found: defaultdict[int, list[MissingLine]] = defaultdict(list)
    for row in connection.execute(_LACKING, binds):
        line = MissingLine(SkuId(row.id), row.code, row.short_name or row.name, int(row.qty))
        found[row.order_id].append(line)
    return {order_id: tuple(lines) for order_id, lines in found.items()}


def _supplies(connection: Connection, sku_ids: set[SkuId]) -> tuple[Supply, ...]:
    rows: Sequence[Any] = connection.execute(_SUPPLIES, {"ids": packed_ids(sorted(sku_ids))}).all()
    return tuple(
        Supply(
            SkuId(row.sku_id),
            row.id,
            row.number,
            row.kind,
            None if row.expected_day is None else date.fromordinal(row.expected_day),
            int(row.qty),
        )
        for row in rows
    )


def _by_sku(orders: Sequence[AffectedOrder], supplies: Sequence[Supply]) -> tuple[MissingSku, ...]:
    units: Counter[SkuId] = Counter()
    uncured: Counter[SkuId] = Counter()
    several: Counter[SkuId] = Counter()
    named: dict[SkuId, MissingLine] = {}
    for order in orders:
        for line in order.missing if order.wants_goods else ():
            named[line.sku_id] = line
            units[line.sku_id] += line.qty
            several[line.sku_id] += 1
            uncured[line.sku_id] += sum(cure.qty for cure in line.cures if not cure.number)
    return tuple(
        MissingSku(
            sku,
            named[sku].code,
            named[sku].name,
            qty,
            several[sku],
            tuple(supply for supply in supplies if supply.sku_id == sku),
            uncured[sku],
        )
        for sku, qty in sorted(units.items(), key=lambda item: (-item[1], item[0]))
    )
