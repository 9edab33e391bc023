"""Goods and orders that wait to be reserved, written straight into the tables: what the benches of reserving begin with."""

from collections.abc import Sequence

from sqlalchemy import insert

from core.catalog.models import Sku
from core.db.unit_of_work import UnitOfWork
from core.inventory.models import Movement, StockLevel
from core.inventory.records import OrderWants
from core.orders.models import Order, OrderLine
from tests.support.inventory_world import START, World

_ORDER = {
    "shop_id": 1,
    "customer_id": 1,
    "consignee_id": 1,
    "order_type": "normal",
    "payment": "paid",
    "fulfilment": "to_pick",
    "after_sale": "none",
    "channel_status": "",
    "channel_version": 1,
    "modified_at": START,
    "seen_at": START,
    "placed_at": START,
    "amount_fen": 0,
    "freight_fen": 0,
    "buyer_note": "",
    "seller_note": "",
    "warehouse_id": World.main,
}
_LINE = {
    "line_no": "1",
    "title": "",
    "spec": "",
    "channel_qty": 1,
    "unit_price_fen": 0,
    "is_gift": False,
    "after_sale": "none",
}


def write_reservable(world: World, units: Sequence[int], orders: Sequence[OrderWants]) -> None:
    """SKUs 1 to n, each with so many units in one level of the same id, and orders of them that hold nothing yet."""
    goods = list(enumerate(units, 1))
    receipt = {"at": START, "kind": "receipt", "operator": "clerk"}

    def fill(uow: UnitOfWork) -> None:
        uow.execute(
            insert(Sku), [{"id": n, "code": f"S{n:05}", "name": f"goods {n}", "created_at": START} for n, _ in goods]
        )
        uow.execute(
            insert(StockLevel),
            [{"id": n, "warehouse_id": World.main, "sku_id": n, "on_hand_qty": qty} for n, qty in goods],
        )
        uow.execute(insert(Movement), [receipt | {"level_id": n, "qty": qty, "key": f"{n}"} for n, qty in goods])
        uow.execute(insert(Order), [_ORDER | {"id": o.order_id, "order_no": f"N{o.order_id}"} for o in orders])
        uow.execute(
            insert(OrderLine),
            [
                _LINE | {"id": w.order_line_id, "order_id": o.order_id, "sku_id": w.sku_id, "qty": w.qty}
                for o in orders
                for w in o.wants
            ],
        )

    world.do(fill)
