"""The lines of a known order: reading them, writing them anew, and claiming their stock."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import bindparam, delete, select, update

from core.catalog.records import Component
from core.channels.models import HOLD_S, Shop
from core.db.unit_of_work import UnitOfWork
from core.inventory.models import Reservation
from core.inventory.records import OrderWants, Outcome, Want
from core.inventory.service import release, reserve_page
from core.inventory.states import ClaimState
from core.orders import holds
from core.orders.limits.flagging import over_limit
from core.orders.models import Order, OrderLine, SentElsewhere
from core.orders.part_sent import sent_units
from core.runtime.ids import OrderId, OrderLineId, SkuId, WarehouseId

#: what the journal says of an order whose lines were written anew
LINES_CHANGED: Final = "order.lines_changed"


def current_lines(uow: UnitOfWork, order_id: int) -> Sequence[Any]:
    """The lines that count, by id; lines that the platform replaced are left out."""
    query = select(*OrderLine.__table__.c).where(OrderLine.order_id == order_id, OrderLine.is_current)
    return uow.rows(query.order_by(OrderLine.id))


def has_left(uow: UnitOfWork, order_id: int) -> bool:
    """Whether any goods of the order have left the house already, or have gone to the buyer from elsewhere."""
    if uow.execute(select(SentElsewhere.qty).where(SentElsewhere.order_id == order_id).limit(1)).first() is not None:
        return True
    lines = select(OrderLine.id).where(OrderLine.order_id == order_id)
    gone = select(Reservation.id).where(
        Reservation.order_line_id.in_(lines), Reservation.state == ClaimState.CONSUMED.value
    )
    return uow.execute(gone.limit(1)).first() is not None


def kept_parts(rows: Iterable[Any]) -> dict[str, Sequence[Component]]:
    """Platform line number -> what that line was matched to when it was taken; lines without a match are left out.

    A listing that leads elsewhere since changes nothing of it: its units are reserved.
    """
    kept: dict[str, list[Component]] = {}
    open_nos = set()
    for row in rows:
        if row.sku_id is None:
            open_nos.add(row.line_no)
        else:
            part = Component(row.sku_id, row.qty // row.channel_qty, row.bundle_sku_id)
            kept.setdefault(row.line_no, []).append(part)
    return {no: parts for no, parts in kept.items() if no not in open_nos}


class FreshLine(NamedTuple):
    """A line about to be written, as its columns are named: one per SKU of what the platform counts as one line.

    Without a SKU where nothing of ours matches the listing yet.
    """

    line_no: str
    item_id: str
    channel_sku_id: str
    title: str
    spec: str
    channel_qty: int
    unit_price_fen: int
    is_gift: bool
    after_sale: str
    sku_id: int | None
    bundle_sku_id: int | None
    qty: int


class Line(Protocol):
    """What claiming needs to know of a line, freshly written or read."""

    @property
    def sku_id(self) -> int | None:
        """The SKU, None where the listing is not matched."""
        ...

    @property
    def bundle_sku_id(self) -> int | None:
        """The bundle it was sold in."""
        ...

    @property
    def qty(self) -> int:
        """Units of it."""
        ...

    @property
    def after_sale(self) -> str:
        """One of none, requested, refunded."""
        ...


_HOLD_OF_ORDER = select(Shop.hold_s).join(Order, Order.shop_id == Shop.id).where(Order.id == bindparam("order_id"))

#: a line with its id
Numbered = tuple[int, Line]


def insert_lines(uow: UnitOfWork, order_ids: Sequence[int], lines: Sequence[FreshLine]) -> Sequence[int]:
    """Write lines of the orders named beside them; gives their ids."""
    ids = uow.take_ids(OrderLine, len(lines))
    columns = dict(zip(FreshLine._fields, zip(*lines, strict=True), strict=bool(lines)))
    uow.insert_columns(OrderLine, {"id": ids, "order_id": order_ids, **columns})
    return ids


def order_wants(
    warehouse_id: int,
    order_id: int,
    lines: Iterable[Numbered],
    *,
    is_paid: bool,
    hold_s: float = HOLD_S,
    with_refunded: bool = False,
) -> OrderWants:
    """What an order wants of its warehouse: every line that has a SKU and is not refunded."""
    wants = tuple(
        Want(OrderLineId(line_id), SkuId(line.sku_id), line.qty, _bundle(line.bundle_sku_id))
        for line_id, line in lines
        if line.sku_id is not None and (with_refunded or line.after_sale != "refunded")
    )
    return OrderWants(OrderId(order_id), WarehouseId(warehouse_id), wants, is_paid, hold_s=hold_s)


def _bundle(sku_id: int | None) -> SkuId | None:
    return None if sku_id is None else SkuId(sku_id)


def claim(uow: UnitOfWork, order_id: int, warehouse_id: int, lines: Sequence[Numbered], *, is_paid: bool) -> None:
    """Claim the stock of an order's lines; the holds for a missing match and for missing goods follow.

    Lines that are matched are sold, whether the others are matched or not.
    """
    if any(line.sku_id is None for _, line in lines):
        holds.place_many(uow, [(order_id, "unmatched")])
    else:
        holds.release(uow, order_id, ["unmatched"])
    hold_s = uow.execute(_HOLD_OF_ORDER, {"order_id": order_id}).scalar_one()
    wants = order_wants(warehouse_id, order_id, lines, is_paid=is_paid, hold_s=hold_s)
    others_sent = sent_units(uow.connection, order_id, on_books_only=True)
    if others_sent:
        still = (want._replace(qty=want.qty - others_sent.get(want.order_line_id, 0)) for want in wants.wants)
        wants = replace(wants, wants=tuple(want for want in still if want.qty > 0))
    too_much = over_limit(uow, [wants])
    holds.place_many(uow, too_much)
    if not too_much:
        holds.release(uow, order_id, [holds.OVER_LIMIT])
    note_stock(uow, order_id, reserve_page(uow, [wants])[wants.order_id], is_paid=is_paid)


def note_stock(uow: UnitOfWork, order_id: int, outcome: Outcome, *, is_paid: bool) -> None:
    """Place or lift the hold for missing goods: one of its own where the money came and the goods are not there."""
    reason = holds.PAID_NO_STOCK if is_paid else holds.SHORT
    if outcome.is_reserved:
        holds.release(uow, order_id, holds.MISSING_GOODS)
    else:
        holds.release(uow, order_id, [one for one in holds.MISSING_GOODS if one != reason])
        note = holds.SHORT_LIVED if outcome.has_short_lived_only else ""
        holds.place_many(uow, [(order_id, reason)], note)


def note_refund_requests(uow: UnitOfWork, order_id: int, states: Iterable[str]) -> None:
    """Place or lift the hold for an open request of a refund."""
    if "requested" in states:
        holds.place_many(uow, [(order_id, "refund_requested")])
    else:
        holds.release(uow, order_id, ["refund_requested"])


def rewrite(uow: UnitOfWork, order_id: int, warehouse_id: int, fresh: Sequence[FreshLine], *, is_paid: bool) -> None:
    """Replace the lines of an order: give their stock back, write the new ones and claim for them.

    Rows stay where movements, claims or parcels refer to them; a changed line is a new row.
    """
    release(uow, [OrderLineId(row.id) for row in current_lines(uow, order_id)], "changed")
    uow.execute(update(OrderLine).where(OrderLine.order_id == order_id).values(is_current=False))
    # Nothing was ever claimed or packed for a line without a SKU.
    uow.execute(delete(OrderLine).where(OrderLine.order_id == order_id, OrderLine.sku_id.is_(None)))
    ids = insert_lines(uow, [order_id] * len(fresh), fresh)
    uow.record(LINES_CHANGED, "orders", order_id, lines=len(fresh))
    claim(uow, order_id, warehouse_id, list(zip(ids, fresh, strict=True)), is_paid=is_paid)
