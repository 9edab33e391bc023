"""An order as its platform says it against the same order as we have it. Nothing personal is compared or said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from core.channels.contract import ChannelOrder
from core.db.sets import id_set, packed_ids, packed_texts, text_set
from core.orders.intake import after_sale_of, has_nothing_to_send
from core.orders.models import Order, OrderLine
from core.orders.states import OPEN_STATES, Fulfilment, Payment

#: kinds of differences: in what an order is, in its money, in its lines
STATE, AMOUNT, LINES = "state", "amount", "lines"
_LONGEST: Final = 200
_OPEN: Final = frozenset(state.value for state in OPEN_STATES)
_COLUMNS: Final = (
    Order.id,
    Order.order_no,
    Order.payment,
    Order.fulfilment,
    Order.after_sale,
    Order.channel_status,
    Order.channel_version,
    Order.modified_at,
    Order.amount_fen,
    Order.freight_fen,
)
# The shop and one set: SQLite would use only the first column of an index for pairs.
_ORDERS: Final = select(*_COLUMNS).where(Order.shop_id == bindparam("shop"), Order.order_no.in_(text_set("nos")))
_LINES: Final = select(
    OrderLine.order_id, OrderLine.line_no, OrderLine.item_id, OrderLine.channel_sku_id, OrderLine.channel_qty
).where(OrderLine.order_id.in_(id_set("ids")), OrderLine.is_current)


@dataclass(frozen=True, slots=True)
class Ours:
    """One of our orders; `lines`: line number -> item, its choice, quantity, as the platform counts them."""

    id: int
    order_no: str
    payment: str
    fulfilment: str
    after_sale: str
    channel_status: str
    version: int
    modified_at: datetime
    amount_fen: int
    freight_fen: int
    lines: Mapping[str, tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class Difference:
    """In what an order differs.

    Attributes:
        kind: state | amount | lines.
        ours, theirs: what stands here and there, parts between `|`: payment, the platform's word, where its goods
            are or what the platform says of that (closed, shipped), after-sale; amount and freight in fen; lines.
    """

    kind: str
    ours: str
    theirs: str


def ours_of(connection: Connection, shop_id: int, order_nos: Sequence[str]) -> Mapping[str, Ours]:
    """Which of these orders we have, as we have them, by their numbers."""
    rows: Sequence[Any] = connection.execute(_ORDERS, {"shop": shop_id, "nos": packed_texts(order_nos)}).all()
    lines: dict[int, dict[str, tuple[str, str, int]]] = {row.id: {} for row in rows}
    if rows:
        for line in connection.execute(_LINES, {"ids": packed_ids(lines)}):
            lines[line.order_id][line.line_no] = (line.item_id, line.channel_sku_id, line.channel_qty)
    return {
        row.order_no: Ours(
            row.id,
            row.order_no,
            row.payment,
            row.fulfilment,
            row.after_sale,
            row.channel_status,
            row.channel_version,
            row.modified_at,
            row.amount_fen,
            row.freight_fen,
            lines[row.id],
        )
        for row in rows
    }


def differences(ours: Ours, theirs: ChannelOrder) -> Sequence[Difference]:
    """In what they differ; empty where they say the same, and where ours is the newer copy by now."""
    if ours.version > theirs.version or ours.modified_at > theirs.modified_at:
        return ()
    found = []
    if _differs_in_state(ours, theirs):
        found.append(Difference(STATE, _state_of_ours(ours), _state_of_theirs(theirs)))
    money = ((ours.amount_fen, ours.freight_fen), (theirs.amount_fen, theirs.freight_fen))
    if money[0] != money[1]:
        found.append(Difference(AMOUNT, *(f"{amount}|{freight}" for amount, freight in money)))
    lines = {line.line_no: (line.item_id, line.channel_sku_id, line.qty) for line in theirs.lines}
    if lines != ours.lines:
        found.append(Difference(LINES, _said_lines(ours.lines), _said_lines(lines)))
    return found


def _differs_in_state(ours: Ours, theirs: ChannelOrder) -> bool:
    # Money we were told of elsewhere does not leave by the platform's silence: see `core.orders.updates`.
    is_silent = theirs.payment == Payment.UNPAID and ours.payment != Payment.UNPAID
    if (ours.payment != theirs.payment and not is_silent) or ours.channel_status != theirs.channel_status:
        return True
    if ours.after_sale != after_sale_of(theirs):
        return True
    is_over = has_nothing_to_send(theirs)
    if is_over and not theirs.is_shipped:
        return ours.fulfilment in _OPEN
    return ours.fulfilment == Fulfilment.CANCELLED and not is_over and not theirs.is_shipped


def _state_of_ours(ours: Ours) -> str:
    return f"{ours.payment}|{ours.channel_status}|{ours.fulfilment}|{ours.after_sale}"[:_LONGEST]


def _state_of_theirs(theirs: ChannelOrder) -> str:
    goods = "closed" if theirs.is_closed else "shipped" if theirs.is_shipped else "open"
    return f"{theirs.payment}|{theirs.channel_status}|{goods}|{after_sale_of(theirs)}"[:_LONGEST]


def _said_lines(lines: Mapping[str, tuple[str, str, int]]) -> str:
    said = (f"{choice or item}×{qty}" for item, choice, qty in lines.values())
    return ", ".join(sorted(said))[:_LONGEST]
