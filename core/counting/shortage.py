"""Who lacks goods because of a count: their orders are held, and listed in the order in which they gave way."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from core.catalog.models import Sku
from core.counting.models import CountLine
from core.counting.records import ShortRow
from core.db.unit_of_work import UnitOfWork
from core.inventory.records import CountResult
from core.orders import holds
from core.orders.models import SHOWN_NO, Order, OrderLine

#: line of an order, units it held, units it still holds
Deficit = Sequence[int]


def hold_short(uow: UnitOfWork, deficits: Sequence[Deficit]) -> tuple[ShortRow, ...]:
    """Hold the orders a count took goods from; gives them, the first to give way first."""
    rows = short_rows(uow.connection, deficits)
    holds.place_many(uow, [(order_id, "short") for order_id in dict.fromkeys(row.order_id for row in rows)])
    return rows


def hold_short_of(uow: UnitOfWork, result: CountResult) -> tuple[ShortRow, ...]:
    """As `hold_short`, for one count; a repeated one holds nobody again, whatever was decided about them since."""
    deficits = deficits_of(result)
    return short_rows(uow.connection, deficits) if result.is_repeat else hold_short(uow, deficits)


def deficits_of(result: CountResult) -> list[list[int]]:
    """Who gave way to a count, as it is kept."""
    return [[one.order_line_id, one.wanted_qty, one.available_qty] for one in result.deficits]


def short_rows(connection: Connection, deficits: Sequence[Deficit]) -> tuple[ShortRow, ...]:
    """These lines in words, in the order given."""
    if not deficits:
        return ()
    query = (
        select(OrderLine.id, Order.id.label("order_id"), SHOWN_NO, Sku.code, Order.ship_by_at)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .where(OrderLine.id.in_([line for line, *_ in deficits]))
    )
    known: dict[int, Any] = {row.id: row for row in connection.execute(query)}
    return tuple(
        ShortRow(row.order_id, row.order_no, row.code, row.ship_by_at, held - left, left)
        for line, held, left in deficits
        if (row := known.get(line)) is not None
    )


def shortage_of_sheet(connection: Connection, sheet_id: int) -> tuple[ShortRow, ...]:
    """Everybody a sheet took goods from, goods by goods."""
    query = select(CountLine.deficits).where(CountLine.sheet_id == sheet_id, CountLine.state == "booked")
    found = connection.execute(query.order_by(CountLine.settled_at, CountLine.id)).scalars()
    return short_rows(connection, [deficit for deficits in found for deficit in deficits or ()])
