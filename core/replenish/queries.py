"""The list of what to order: everything read with as many statements whatever there is, put together here."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, case, func, or_, select, text

from core.catalog import queries as catalogue
from core.catalog.models import Sku
from core.db.sets import id_set, packed_ids
from core.inventory.documents.models import Document, DocumentLine
from core.inventory.documents.pending import pending
from core.inventory.documents.rules import last_costs
from core.inventory.documents.states import DocKind, DocState
from core.inventory.models import Reservation, StockLevel, Warehouse
from core.inventory.quotas.models import SafetyStock
from core.inventory.shelves import day_of
from core.orders.models import Order, OrderLine
from core.orders.states import Payment
from core.replenish.models import SkuDay, Supply
from core.replenish.records import MOST_ROWS, PILES, ReplenishFilter, ReplenishList, ReplenishRow
from core.replenish.rolling import rolled_day
from core.replenish.rules import Rules, Supplied, rules_of, terms_of
from core.replenish.suggesting import Situation, Why, suggest
from core.runtime.ids import SkuId, WarehouseId

#: warehouse and SKU
Place = tuple[int, int]

#: what is on its way to be sold here; goods that come back are not known to be good
_COMING: Final = frozenset({"incoming", "in_transit", "to_put_away"})
_TO_ORDER: Final = frozenset({Why.SHORT, Why.GONE, Why.LOW, Why.SAFETY})
_PROMISED = StockLevel.reserved_qty + StockLevel.confirmed_qty + StockLevel.quarantined_qty
_IS_LIVE = and_(
    StockLevel.is_blocked.is_(False),
    or_(StockLevel.expires_day.is_(None), StockLevel.expires_day >= bindparam("today")),
)
_LEVELS = (
    select(
        StockLevel.warehouse_id,
        StockLevel.sku_id,
        func.sum(StockLevel.on_hand_qty),
        func.sum(case((_IS_LIVE, StockLevel.on_hand_qty - _PROMISED), else_=0)),
    )
    .where(StockLevel.sku_id.in_(id_set("ids")))
    .group_by(StockLevel.warehouse_id, StockLevel.sku_id)
)
# The literal state lets both engines use the partial index; few lines are short at any time.
_SHORT = (
    select(Order.warehouse_id, Reservation.sku_id, func.sum(Reservation.qty))
    .join(OrderLine, OrderLine.id == Reservation.order_line_id)
    .join(Order, Order.id == OrderLine.order_id)
    # Goods are owed to whoever has paid for them and was not paid back.
    .where(text("reservation.state = 'short'"), Order.payment.not_in((Payment.UNPAID, Payment.REFUNDED)))
    .group_by(Order.warehouse_id, Reservation.sku_id)
)
_DRAFTED = (
    select(Document.warehouse_id, DocumentLine.sku_id, func.sum(DocumentLine.qty))
    .join(DocumentLine, DocumentLine.document_id == Document.id)
    .where(Document.kind == DocKind.PURCHASE.value, Document.state == DocState.DRAFT.value)
    .group_by(Document.warehouse_id, DocumentLine.sku_id)
)
_IS_OVER = SkuDay.day < bindparam("today")
_SOLD = (
    select(
        SkuDay.warehouse_id,
        SkuDay.sku_id,
        func.sum(case((_IS_OVER, SkuDay.demand_qty), else_=0)).label("sold"),
        func.sum(case((_IS_OVER, 0), else_=SkuDay.demand_qty)).label("sold_today"),
        func.min(SkuDay.day).label("first_day"),
        func.max(SkuDay.day).label("last_day"),
    )
    .where(SkuDay.day >= bindparam("first"))
    .group_by(SkuDay.warehouse_id, SkuDay.sku_id)
)
_ON_HAND = (
    select(StockLevel.warehouse_id, StockLevel.sku_id, func.sum(StockLevel.on_hand_qty).label("qty"))
    .group_by(StockLevel.warehouse_id, StockLevel.sku_id)
    .subquery("on_hand")
)
_OF_PLACE = (SkuDay.warehouse_id, SkuDay.sku_id)
# What was there when a day began: what is there now, less all that moved since. Only days that began with nothing
# leave the database; there are few of them.
_OPENED = (
    select(
        SkuDay.warehouse_id,
        SkuDay.sku_id,
        SkuDay.day,
        SkuDay.demand_qty,
        SkuDay.in_qty,
        func.lag(SkuDay.day).over(partition_by=_OF_PLACE, order_by=SkuDay.day).label("before"),
        (
            func.coalesce(_ON_HAND.c.qty, 0)
            - func.sum(SkuDay.moved_qty).over(partition_by=_OF_PLACE, order_by=SkuDay.day.desc())
        ).label("opening"),
    )
    .outerjoin(_ON_HAND, and_(_ON_HAND.c.warehouse_id == SkuDay.warehouse_id, _ON_HAND.c.sku_id == SkuDay.sku_id))
    .where(SkuDay.day >= bindparam("first"))
    .subquery("opened")
)
_EMPTY_DAYS = select(*_OPENED.c).where(_OPENED.c.opening <= 0)
_GOODS = (
    select(
        Sku.id,
        Sku.code,
        Sku.name,
        Sku.spec,
        Sku.created_at,
        Supply.supplier,
        Supply.lead_days,
        Supply.pack_qty,
        Supply.min_qty,
    )
    .outerjoin(Supply, Supply.sku_id == Sku.id)
    .where(Sku.id.in_(id_set("ids")), Sku.is_stock_managed, ~Sku.is_bundle)
)
_LAST_BOUGHT = (
    select(func.max(DocumentLine.id).label("id"))
    .join(Document, Document.id == DocumentLine.document_id)
    .where(
        DocumentLine.sku_id.in_(id_set("ids")),
        Document.kind.in_((DocKind.PURCHASE.value, DocKind.RECEIPT.value)),
        Document.supplier != "",
        Document.state.not_in((DocState.VOID.value, DocState.REFUSED.value)),
    )
    .group_by(DocumentLine.sku_id)
    .subquery("last_bought")
)
_SOLD_BY = (
    select(DocumentLine.sku_id, Document.supplier)
    .join(Document, Document.id == DocumentLine.document_id)
    .join(_LAST_BOUGHT, _LAST_BOUGHT.c.id == DocumentLine.id)
)


class Sold(NamedTuple):
    """What sold over the days on which it could be bought."""

    qty: int
    counted_days: int
    out_days: int


@dataclass(slots=True)
class _Known:
    """What is known of the SKU in one warehouse while it is put together."""

    on_hand: int = 0
    available: int = 0
    coming: int = 0
    drafted: int = 0
    short: int = 0
    safety: int = 0
    days: "Days | None" = None


class EmptyDay(NamedTuple):
    """A day on which something happened and that had begun with nothing; `before`: the last such day before it."""

    day: int
    before: int | None
    wanted: int
    came: int


@dataclass(slots=True)
class Days:
    """What is kept of one SKU in one warehouse: sums, first and last day, and the days that began with nothing."""

    sold: int
    sold_today: int
    first_day: int
    last_day: int
    empty: list[EmptyDay] = field(default_factory=list)


def replenish_list(connection: Connection, wanted: ReplenishFilter, now: datetime) -> ReplenishList:
    """What to order, the most pressing first. Call it in one read."""
    today = day_of(now)
    rules = rules_of(connection)
    known = _known(connection, today - rules.window_days, today)
    names: dict[int, str] = {row.id: row.name for row in connection.execute(select(Warehouse.id, Warehouse.name))}
    rows = _rows(connection, known, rules, names, today)
    suppliers = tuple(sorted({row.supplier for row in rows if row.supplier}))
    found = _filtered(connection, rows, wanted)
    counts = tuple((pile, sum(_is_in(row, pile) for row in found)) for pile in PILES)
    shown = sorted((row for row in found if _is_in(row, wanted.pile)), key=lambda row: row.urgency)[:MOST_ROWS]
    costs = last_costs(connection, {int(row.sku_id) for row in shown})
    return ReplenishList(
        tuple(_with_cost(row, costs.get(row.sku_id)) for row in shown),
        counts,
        suppliers,
        tuple((WarehouseId(number), name) for number, name in sorted(names.items())),
        rolled_day(connection),
    )


def sold_over(days: Days | None, on_hand: int, created_day: int, first: int, today: int) -> Sold:
    """What sold on the days before today, less those on which nothing was there.

    Goods that are new are looked at from the day they were known, today included where there is no day before.

    Args:
        days: what is kept of the days from `first` on; None: nothing happened.
        on_hand: units now.
        created_day: since when the goods are known.
        first: the first day that is looked at.
        today: is not over, so its sales say too little.
    """
    began = max(first, created_day if days is None else min(created_day, days.first_day))
    if began >= today:
        is_sold = days is not None and days.sold_today > 0
        return Sold(days.sold_today, 1, 0) if days is not None and is_sold else Sold(0, 0, 0)
    out = _out_days(days, on_hand, began, today)
    return Sold(0 if days is None else days.sold, today - began - out, out)


def _out_days(days: Days | None, on_hand: int, began: int, today: int) -> int:
    """Whole days from `began` until today on which nothing was there, nothing came, and nobody wanted any."""
    out = 0
    for one in [] if days is None else days.empty:
        # Nothing moved since the day before it, so those in between had nothing either.
        since = began if one.before is None else max(one.before + 1, began)
        out += max(one.day - since, 0)
        out += began <= one.day < today and not one.wanted and not one.came
    last = began - 1 if days is None else days.last_day
    if last < today and on_hand <= 0:
        out += today - max(last + 1, began)
    return out


def supply_of(connection: Connection, sku_id: SkuId) -> Supplied:
    """How a SKU is bought, as somebody has said."""
    return supplies_of(connection, [sku_id]).get(sku_id, Supplied())


def supplies_of(connection: Connection, sku_ids: Collection[SkuId]) -> Mapping[SkuId, Supplied]:
    """How these are bought, as far as somebody has said."""
    columns = (Supply.sku_id, Supply.supplier, Supply.lead_days, Supply.pack_qty, Supply.min_qty)
    query = select(*columns).where(Supply.sku_id.in_(id_set("ids")))
    rows: Sequence[Any] = connection.execute(query, {"ids": packed_ids(sku_ids)}).all()
    return {SkuId(sku_id): Supplied(*said) for sku_id, *said in rows}


def _known(connection: Connection, first: int, today: int) -> Mapping[Place, _Known]:
    """Everything that is known of goods that sell, that are to stay, or that paid orders wait for."""
    known: defaultdict[Place, _Known] = defaultdict(_Known)
    _read_days(connection, known, first, today)
    for row in connection.execute(select(*SafetyStock.__table__.c)):
        known[row.warehouse_id, row.sku_id].safety = row.qty
    for warehouse, sku, qty in connection.execute(_SHORT):
        known[warehouse, sku].short = int(qty)
    ids = {"ids": packed_ids({sku for _, sku in known})}
    for warehouse, sku, on_hand, available in connection.execute(_LEVELS, ids | {"today": today}):
        if (warehouse, sku) in known:
            one = known[warehouse, sku]
            one.on_hand, one.available = int(on_hand), int(available)
    for wait in pending(connection):
        if wait.flow in _COMING and (wait.warehouse_id, wait.sku_id) in known:
            known[wait.warehouse_id, wait.sku_id].coming += wait.qty
    for warehouse, sku, qty in connection.execute(_DRAFTED):
        if (warehouse, sku) in known:
            known[warehouse, sku].drafted = int(qty)
    return known


def _read_days(connection: Connection, known: Mapping[Place, _Known], first: int, today: int) -> None:
    for row in connection.execute(_SOLD, {"first": first, "today": today}):
        sums = (int(row.sold), int(row.sold_today), row.first_day, row.last_day)
        known[row.warehouse_id, row.sku_id].days = Days(*sums)
    for row in connection.execute(_EMPTY_DAYS, {"first": first}):
        days = known[row.warehouse_id, row.sku_id].days
        if days is not None:
            days.empty.append(EmptyDay(row.day, row.before, row.demand_qty, row.in_qty))


def _rows(
    connection: Connection, known: Mapping[Place, _Known], rules: Rules, names: Mapping[int, str], today: int
) -> list[ReplenishRow]:
    ids = {"ids": packed_ids({sku for _, sku in known})}
    goods = {row.id: row for row in connection.execute(_GOODS, ids)}
    sold_by = {row.sku_id: row.supplier for row in connection.execute(_SOLD_BY, ids)}
    return [
        _row(goods[sku], warehouse, names[warehouse], one, rules, sold_by.get(sku, ""), today)
        for (warehouse, sku), one in known.items()
        if sku in goods
    ]


def _row(sku: Any, warehouse: int, name: str, known: _Known, rules: Rules, sold_by: str, today: int) -> ReplenishRow:
    said = Supplied() if sku.pack_qty is None else Supplied(sku.supplier, sku.lead_days, sku.pack_qty, sku.min_qty)
    supplier = said.supplier or sold_by
    sold = sold_over(known.days, known.on_hand, day_of(sku.created_at), today - rules.window_days, today)
    have = Situation(
        sold_qty=sold.qty,
        counted_days=sold.counted_days,
        out_days=sold.out_days,
        available_qty=known.available,
        coming_qty=known.coming,
        drafted_qty=known.drafted,
        short_qty=known.short,
        safety_qty=known.safety,
    )
    terms = terms_of(rules, said, supplier, today)
    return ReplenishRow(
        sku_id=SkuId(sku.id),
        code=sku.code,
        name=sku.name,
        spec=sku.spec,
        warehouse_id=WarehouseId(warehouse),
        warehouse_name=name,
        supplier=supplier,
        is_supplier_said=bool(said.supplier),
        lead_is_own=said.lead_days is not None,
        have=have,
        terms=terms,
        suggestion=suggest(have, terms),
    )


def _filtered(
    connection: Connection, rows: Iterable[ReplenishRow], wanted: ReplenishFilter
) -> Sequence[ReplenishRow]:
    found = _found(connection, wanted.search.strip())
    return [
        row
        for row in rows
        if wanted.supplier in (None, row.supplier)
        and wanted.warehouse_id in (None, row.warehouse_id)
        and (found is None or row.sku_id in found)
    ]


def _found(connection: Connection, piece: str) -> Collection[int] | None:
    if not piece:
        return None
    scanned = catalogue.by_scan(connection, piece)
    return set(catalogue.sku_ids_called(connection, piece)) if scanned is None else {scanned.sku_id}


def _is_in(row: ReplenishRow, pile: str) -> bool:
    if pile == "to_order":
        return row.suggestion.why in _TO_ORDER and row.suggestion.qty > 0
    return row.suggestion.why is Why.COMING if pile == "coming" else True


def _with_cost(row: ReplenishRow, cost: int | None) -> ReplenishRow:
    return row if cost is None else replace(row, unit_cost_fen=cost)
