"""What would happen to a shop's orders and be written to it, before its owner says yes; nothing is written here.

Two lists. Orders: which would come to the desk, which stay with the program before, which somebody has begun or sent
already, and which parcels that left from here the shop would be told of. Numbers: what would be set, with the
platform's present ones beside.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, select

from core.catalog.models import Listing
from core.channels.models import Shop
from core.channels.stock_contract import StockRules
from core.fulfilment.models import ParcelLine
from core.fulfilment.starting import SINCE, start_of
from core.fulfilment.telling import untold
from core.inventory.quotas.models import SkuPlan
from core.inventory.quotas.planning import plan
from core.inventory.quotas.queries import quotas_of
from core.inventory.quotas.records import Planned, QuotaRow, SkuQuotas
from core.inventory.quotas.states import PLANNED, ActKind
from core.orders.holds import NOT_STARTED, PART_SENT
from core.orders.models import SHOWN_NO, Hold, Order
from core.orders.states import Fulfilment, Payment
from core.runtime.errors import NotFound

#: more rows than a person reads; what is beyond is counted all the same
MOST: Final = 2000
_PAGE: Final = 200
#: so many orders that left are looked through for such as others sent
_NEWEST: Final = 20_000


class StartStage(StrEnum):
    """How far a shop has come: nothing is switched on, some of it is, all of it is."""

    READ_ONLY = "read_only"
    PARTLY = "partly"
    WHOLE = "whole"


class RowKind(StrEnum):
    """What would become of an order, in the order of the list."""

    #: the shop would be told of this parcel
    CONFIRM = "confirm"
    #: paid since the cut-over: it comes to the desk
    TO_DESK = "to_desk"
    #: it comes to the desk when it is paid
    UNPAID = "unpaid"
    #: paid before the cut-over: the program before sends it, unless the owner brings it in
    BEFORE = "before"
    #: somebody has sent or labelled a part of it
    PART_SENT = "part_sent"
    #: sent before it came here, or by the program before
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class StartRow:
    """One order, or one parcel of it that left from here. `since`: when it was paid, or placed where it is not."""

    kind: RowKind
    order_id: int
    order_no: str
    since: datetime
    channel_status: str = ""
    parcel_id: int = 0
    waybill_no: str = ""

    @property
    def can_be_chosen(self) -> bool:
        """Whether its owner says of this row alone yes or no.

        One of which a part was sent comes to the desk held: there a person says what is left of it.
        """
        return self.kind in (RowKind.CONFIRM, RowKind.BEFORE, RowKind.PART_SENT)


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One SKU's number at a shop. `theirs`, `ours`: units there now and after writing; None while nobody knows."""

    sku_id: int
    code: str
    name: str
    theirs: int | None
    ours: int | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class StartList:
    """Everything of one moment.

    Attributes:
        cut_over_at: the cut-over that the list was made for.
        started_at: the one that is set; None where none is.
        rows: at most `MOST` of each kind; `counts` knows all.
        numbers: SKUs whose number would change, or is not known yet.
        sku_ids: every SKU of the shop that is told, those whose number stays as it is too.
        is_reachable: the platform's numbers can be written from here at all.
    """

    shop_id: int
    name: str
    on_desk: bool
    confirms: bool
    writes_stock: bool
    cut_over_at: datetime
    started_at: datetime | None
    was_heard: bool
    rows: tuple[StartRow, ...]
    counts: Mapping[RowKind, int]
    numbers: tuple[NumberRow, ...]
    sku_ids: frozenset[int]
    is_reachable: bool

    @property
    def stage(self) -> StartStage:
        """How far the shop has come."""
        return stage_of(on_desk=self.on_desk, confirms=self.confirms, writes_stock=self.writes_stock)


def stage_of(*, on_desk: bool, confirms: bool, writes_stock: bool) -> StartStage:
    """How far a shop with these switches has come."""
    on = (on_desk, confirms, writes_stock)
    if all(on):
        return StartStage.WHOLE
    return StartStage.PARTLY if any(on) else StartStage.READ_ONLY


def start_list(
    connection: Connection,
    shop_id: int,
    cut_over_at: datetime | None,
    rules: Mapping[int, StockRules],
    now: datetime,
    goes_on: Callable[[int], bool] = lambda _done: True,
) -> StartList | None:
    """The lists of a shop; None where `goes_on`, which is told how many rows are there, says no.

    `cut_over_at` None is the one that is set, else the present moment.

    Raises:
        NotFound: `shop.unknown`.
    """
    start = start_of(connection, shop_id)
    columns = (Shop.name, Shop.confirms_shipments, Shop.writes_stock, Shop.last_good_pull_at)
    shop = connection.execute(select(*columns).where(Shop.id == shop_id)).one_or_none()
    if shop is None:
        raise NotFound("shop.unknown", f"there is no shop {shop_id}")
    at = cut_over_at or start.cut_over_at or now
    rows = [*_untold(connection, shop_id, now), *_kept_off(connection, shop_id, at), *_sent(connection, shop_id)]
    if not goes_on(len(rows)):
        return None
    numbers = _numbers(connection, shop_id, rules, now, goes_on, len(rows))
    if numbers is None:
        return None
    counts = Counter(row.kind for row in rows)
    shown: Counter[RowKind] = Counter()
    kept = []
    order = list(RowKind)
    for row in sorted(rows, key=lambda one: (order.index(one.kind), one.since, one.order_id)):
        shown[row.kind] += 1
        if shown[row.kind] <= MOST:
            kept.append(row)
    changed = tuple(row for row in numbers if row.ours is None or row.ours != row.theirs)
    return StartList(
        shop_id=shop_id,
        name=shop.name,
        on_desk=start.on_desk,
        confirms=shop.confirms_shipments,
        writes_stock=shop.writes_stock,
        cut_over_at=at,
        started_at=start.cut_over_at,
        was_heard=shop.last_good_pull_at is not None,
        rows=tuple(kept),
        counts=counts,
        numbers=changed,
        sku_ids=frozenset(row.sku_id for row in numbers),
        is_reachable=shop_id in rules,
    )


def _untold(connection: Connection, shop_id: int, now: datetime) -> list[StartRow]:
    return [
        StartRow(RowKind.CONFIRM, row.id, row.order_no, row.shipped_at, "", row.parcel_id, row.number or "")
        for row in untold(connection, shop_id, now)
    ]


def _kept_off(connection: Connection, shop_id: int, at: datetime) -> list[StartRow]:
    stands = (Hold.order_id == Order.id, Hold.released_at.is_(None))
    begun = select(Hold.id).where(*stands, Hold.reason == PART_SENT).exists()
    kept = select(Hold.id).where(*stands, Hold.reason == NOT_STARTED).exists()
    columns = (Order.id, SHOWN_NO, Order.payment, Order.channel_status, SINCE.label("since"))
    query = select(*columns, begun.label("is_begun")).where(
        Order.shop_id == shop_id, Order.fulfilment == Fulfilment.TO_REVIEW.value, kept
    )
    return [
        StartRow(_kind_of(row, at), row.id, row.order_no, row.since, row.channel_status)
        for row in connection.execute(query)
    ]


def _kind_of(row: Any, at: datetime) -> RowKind:
    if row.is_begun:
        return RowKind.PART_SENT
    if row.payment == Payment.UNPAID:
        return RowKind.UNPAID
    return RowKind.TO_DESK if row.since >= at else RowKind.BEFORE


def _sent(connection: Connection, shop_id: int) -> list[StartRow]:
    """Orders that left, and not in a parcel of ours: among the newest of all shops, found by their index."""
    ours = select(ParcelLine.id).where(ParcelLine.order_id == Order.id).exists()
    rows: list[Any] = []
    for state in (Fulfilment.SHIPPED, Fulfilment.COMPLETED):
        here = Order.fulfilment == state.value
        newest = select(Order.id).where(here).order_by(Order.id.desc()).limit(_NEWEST)
        columns = (Order.id, SHOWN_NO, Order.channel_status, SINCE.label("since"))
        query = select(*columns).where(Order.id.in_(newest), Order.shop_id == shop_id, ~ours)
        rows += connection.execute(query)
    return [StartRow(RowKind.SENT, row.id, row.order_no, row.since, row.channel_status) for row in rows]


def _numbers(
    connection: Connection,
    shop_id: int,
    rules: Mapping[int, StockRules],
    now: datetime,
    goes_on: Callable[[int], bool],
    done: int,
) -> list[NumberRow] | None:
    """Every SKU of the shop whose numbers are told; one that is not told anywhere stands in no row."""
    if shop_id not in rules:
        return []
    query = (
        select(Listing.sku_id)
        .join(SkuPlan, SkuPlan.sku_id == Listing.sku_id)
        .where(Listing.shop_id == shop_id, SkuPlan.mode.in_(PLANNED))
        .distinct()
        .order_by(Listing.sku_id)
    )
    ids = [row.sku_id for row in connection.execute(query)]
    found: list[NumberRow] = []
    for place in range(0, len(ids), _PAGE):
        for sku in quotas_of(connection, ids[place : place + _PAGE], now):
            found += _number(sku, shop_id, rules, now)
        if not goes_on(done + len(found)):
            return None
    return found


def _number(sku: SkuQuotas, shop_id: int, rules: Mapping[int, StockRules], now: datetime) -> list[NumberRow]:
    """The row of a SKU, as if the shop were written to; none where no link of the shop sells it."""
    quotas = tuple(replace(one, writes_stock=True) if one.shop_id == shop_id else one for one in sku.quotas)
    mine = next((one for one in quotas if one.shop_id == shop_id), None)
    theirs = None if mine is None else mine.listed_qty
    acts = [act for act in plan(replace(sku, quotas=quotas), rules, now) if act.shop_id == shop_id]
    ours = None if theirs is None else _after(theirs, acts, mine)
    return [NumberRow(sku.sku_id, sku.code, sku.name, theirs, ours, None if mine is None else mine.listed_at)]


def _after(theirs: int, acts: Sequence[Planned], quota: QuotaRow | None) -> int | None:
    """The platform's number when these acts are done; None where it has to be read first."""
    for act in acts:
        if act.kind is ActKind.READ and act.reason == "adopt":
            return None
        if act.kind is ActKind.PUSH:
            return act.qty
        if act.kind is ActKind.GRANT:
            return theirs + act.qty
        if act.kind is ActKind.WITHDRAW:
            return theirs - act.qty
        if act.kind is ActKind.MEND and quota is not None:
            return theirs - (quota.drift_qty or 0)
    return theirs
