"""Goods that buyers send back: which parcel on its way back brings what of which order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text

from core.aftersale.models import AfterSaleCase
from core.channels.aftersale_contract import AfterSaleState
from core.orders.models import Order, OrderLine

# The words of the partial index, so that both engines use it.
_IS_BACK = text("after_sale_case.return_waybill_no <> ''")
_OVER = (AfterSaleState.CLOSED.value, AfterSaleState.REFUSED.value)


@dataclass(frozen=True, slots=True)
class ExpectedReturn:
    """What a buyer's parcel should bring.

    Attributes:
        order_id: of which order; the cases of one parcel belong to one.
        units: SKU -> units, a bundle by its components; None where the platform does not say: the whole order.
    """

    order_id: int
    order_no: str
    units: Mapping[int, int] | None


def expected_return(connection: Connection, waybill_no: str) -> ExpectedReturn | None:
    """What comes with this number according to the cases that were not refused or withdrawn; None where none does."""
    query = (
        select(Order.id, Order.order_no, AfterSaleCase.lines)
        .join(Order, (Order.shop_id == AfterSaleCase.shop_id) & (Order.order_no == AfterSaleCase.order_no))
        .where(_IS_BACK, AfterSaleCase.return_waybill_no == waybill_no, AfterSaleCase.state.not_in(_OVER))
        .order_by(AfterSaleCase.id.desc())
    )
    cases = connection.execute(query).all()
    if not cases:
        return None
    newest = cases[0]
    about = [case.lines for case in cases if case.id == newest.id]
    if not all(about):
        return ExpectedReturn(newest.id, newest.order_no, None)
    wanted: dict[str, int] = {}
    for line_no, units in (line for lines in about for line in lines):
        wanted[str(line_no)] = wanted.get(str(line_no), 0) + int(units)
    return ExpectedReturn(newest.id, newest.order_no, _units(connection, newest.id, wanted))


def _units(connection: Connection, order_id: int, wanted: Mapping[str, int]) -> Mapping[int, int] | None:
    """Units of SKUs for a platform's lines; None where one of them is not known."""
    columns = (OrderLine.line_no, OrderLine.sku_id, OrderLine.qty, OrderLine.channel_qty)
    query = select(*columns).where(OrderLine.order_id == order_id, OrderLine.is_current).order_by(OrderLine.id)
    lines: list[Any] = [line for line in connection.execute(query) if line.line_no in wanted]
    if {line.line_no for line in lines} != wanted.keys():
        return None
    units: dict[int, int] = {}
    for line in lines:
        if line.sku_id is not None:
            # Of a bundle each component comes as often as bundles come; never more than was sent.
            came = min(-(-line.qty * wanted[line.line_no] // max(line.channel_qty, 1)), line.qty)
            units[line.sku_id] = units.get(line.sku_id, 0) + came
    return units
