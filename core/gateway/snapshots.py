"""A whole order that a mall hands in, as it would answer a pull: the same reading, the same intake."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from core.channels.mall.mapper import order_of
from core.db.unit_of_work import UnitOfWork
from core.fulfilment.taking import take_page
from core.gateway.problems import Answer, Problem
from core.gateway.reservations import Tools
from core.orders.models import Order
from core.runtime.remote_errors import ContractBroken
from core.sync.shops import ShopRecord

#: lines of one order; more is no order of a shop
MOST_LINES: Final = 1000


def put_order(uow: UnitOfWork, shop: ShopRecord, ref: str, body: Mapping[str, Any], tools: Tools) -> Answer:
    """Take the snapshot if it is newer than what is known; an older one changes nothing and is no error.

    Raises:
        Problem: `invalid`; the detail names the field, never its value.
    """
    try:
        order = order_of(body)
    except ContractBroken as broken:
        raise Problem("invalid", f"body: {broken.code} is not as the contract says") from broken
    if order.order_no != ref:
        raise Problem("invalid", "body.no: is not the order number of the path")
    if len(order.lines) > MOST_LINES:
        raise Problem("invalid", f"body.lines: has at most {MOST_LINES} items")
    result = take_page(uow, shop.facts, [order], tools.digest, tools.carrier_code)
    uow.changed(Order.__tablename__)
    query = select(Order.channel_version, Order.fulfilment, Order.payment)
    now = uow.execute(query.where(Order.shop_id == shop.id, Order.order_no == ref)).one()
    is_applied = bool(result.new_count or result.updated_count)
    facts = {"version": now.channel_version, "applied": is_applied}
    return Answer(200, {"ref": ref, "fulfilment": now.fulfilment, "payment": now.payment} | facts)
