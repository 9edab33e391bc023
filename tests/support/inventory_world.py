"""A small shop with a stock, on SQLite or PostgreSQL, for tests that ask exact numbers of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import insert, select, text

from core.catalog.models import Sku
from core.channels.models import HOLD_S
from core.customers.models import ConsigneeRow, Customer
from core.db.models import AppliedKey
from core.db.unit_of_work import UnitOfWork
from core.inventory import ledger, queries, service
from core.inventory.models import Movement, Reservation, StockLevel, Warehouse
from core.inventory.records import OrderWants, Outcome, Want
from core.orders.models import Order, OrderLine
from core.runtime.clock import ManualClock
from core.runtime.ids import LevelId, OrderId, OrderLineId, SkuId, WarehouseId
from tests.support.world import Address

T = TypeVar("T")

START = datetime(2026, 6, 18, 0, 0, tzinfo=UTC)
_SHOP = """
INSERT INTO shop (id, channel, name, settings, secret, is_active, confirms_shipments, warehouse_id, created_at,
                  clock_offset_ms)
VALUES (1, 'mall', 'practice', '{}', '', :yes, :yes, 1, 0, 0)
"""


class World:
    """Two warehouses, one customer, no goods. Every helper is one committed transaction."""

    def __init__(self, address: Address) -> None:
        """`address` is of a database with every table and no rows."""
        self.address = address
        self.clock = ManualClock(START)
        self.store = address.store(self.clock)
        self._keys = count(1)
        self.do(self._furnish)

    @staticmethod
    def _furnish(uow: UnitOfWork) -> None:
        uow.insert_many(Warehouse, [{"code": code, "name": code} for code in ("main", "second")])
        uow.execute(text(_SHOP), {"yes": True})
        uow.insert(Customer, {"created_at": START})
        uow.insert(ConsigneeRow, {"customer_id": 1, "digest": "", "is_masked": False, "created_at": START})

    main = WarehouseId(1)
    second = WarehouseId(2)

    def do(self, operation: Callable[[UnitOfWork], T]) -> T:
        """Run one operation and commit it."""
        return self.store.write(operation)

    def close(self) -> None:
        """Give the connections back."""
        self.store.engines.dispose()

    def key(self) -> str:
        """A key nobody has used."""
        return f"key {next(self._keys)}"

    def sku(self, *, is_stock_managed: bool = True, is_bundle: bool = False) -> SkuId:
        """A new SKU."""
        code = f"S{next(self._keys):04}"
        row = {
            "code": code,
            "name": f"goods {code}",
            "is_stock_managed": is_stock_managed,
            "is_bundle": is_bundle,
            "created_at": START,
        }
        return SkuId(self.do(lambda uow: uow.insert(Sku, row)))

    def receive(self, sku: SkuId, qty: int, warehouse: WarehouseId = main, batch: str = "") -> LevelId:
        """Book goods in."""
        key = self.key()
        return self.do(lambda uow: ledger.receive(uow, warehouse, sku, qty, "delivery", key, batch)).level_id

    def stocked(self, qty: int) -> SkuId:
        """A new SKU with so many units in the main warehouse."""
        sku = self.sku()
        self.receive(sku, qty)
        return sku

    def order(
        self,
        *lines: tuple[SkuId, int],
        is_paid: bool = False,
        warehouse: WarehouseId = main,
        ship_by_h: float | None = None,
        fulfilment: str = "to_pick",
        priority: tuple[int, ...] = (),
    ) -> OrderWants:
        """Store an order, without reserving, and give its wants. `ship_by_h`: deadline in hours from the start."""
        return self.do(
            lambda uow: store_order(
                uow,
                lines,
                number=f"N{next(self._keys):06}",
                is_paid=is_paid,
                warehouse=warehouse,
                ship_by_h=ship_by_h,
                fulfilment=fulfilment,
                priority=priority,
            )
        )

    def reserve(self, *orders: OrderWants, hold_s: float = HOLD_S) -> Mapping[OrderId, Outcome]:
        """Reserve these orders as one page."""
        held = [replace(order, hold_s=hold_s) for order in orders]
        return self.do(lambda uow: service.reserve_page(uow, held))

    def bought(self, *lines: tuple[SkuId, int], is_paid: bool = False, **more: Any) -> OrderWants:
        """An order that was stored and reserved successfully."""
        order = self.order(*lines, is_paid=is_paid, **more)
        assert self.reserve(order)[order.order_id].is_reserved
        return order

    def confirm(self, *orders: OrderWants) -> Outcome:
        """Payment came."""
        lines = lines_of(*orders)
        return self.do(lambda uow: service.confirm(uow, lines))

    def release(self, *orders: OrderWants, qty: int | None = None, key: str | None = None) -> int:
        """Give back; the units that were held."""
        lines = lines_of(*orders)
        return self.do(lambda uow: service.release(uow, lines, "cancelled", qty, key=key)).qty

    def consume(self, order: OrderWants, reference: str, qty: int | None = None) -> None:
        """Ship the order's lines, or `qty` of each."""
        lines = [(want.order_line_id, want.qty if qty is None else qty) for want in order.wants]
        self.do(lambda uow: service.consume(uow, lines, reference))

    def level(self, sku: SkuId, warehouse: WarehouseId = main, batch: str = "") -> tuple[int, int, int, int] | None:
        """On hand, reserved, confirmed, quarantined; None where there is no level."""
        query = select(
            StockLevel.on_hand_qty, StockLevel.reserved_qty, StockLevel.confirmed_qty, StockLevel.quarantined_qty
        ).where(StockLevel.sku_id == sku, StockLevel.warehouse_id == warehouse, StockLevel.batch == batch)
        row: Any = self.store.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else (row[0], row[1], row[2], row[3])

    def claims(self, *orders: OrderWants) -> list[tuple[str, int]]:
        """State and units of the orders' claims, in the order they were written."""
        query = (
            select(Reservation.state, Reservation.qty)
            .where(Reservation.order_line_id.in_(lines_of(*orders)))
            .order_by(Reservation.id)
        )
        return [(state, qty) for state, qty in self.store.read(lambda c: c.execute(query).all())]

    def stock(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of the stock's tables: equal before and after means that nothing changed."""
        tables = (StockLevel, Movement, Reservation, AppliedKey)
        return {
            table.__tablename__: [
                tuple(row)
                for row in self.store.read(
                    lambda c, table=table: c.execute(  # type: ignore[misc]
                        select(table.__table__).order_by(*table.__table__.primary_key)
                    ).all()
                )
            ]
            for table in tables
        }

    def check(self) -> None:
        """Sums equal levels, and nothing is below zero or promised twice."""
        assert self.store.read(queries.check_sums) == []
        for _, _, _, _, on_hand, *promised, _, _ in self.stock()["stock_level"]:
            assert min(on_hand, *promised) >= 0
            assert sum(promised) <= on_hand


def lines_of(*orders: OrderWants) -> list[OrderLineId]:
    """The order lines of these orders."""
    return [want.order_line_id for order in orders for want in order.wants]


def store_order(
    uow: UnitOfWork,
    lines: Sequence[tuple[SkuId, int]],
    *,
    number: str,
    is_paid: bool = False,
    warehouse: WarehouseId = World.main,
    ship_by_h: float | None = None,
    fulfilment: str = "to_pick",
    priority: tuple[int, ...] = (),
) -> OrderWants:
    """Write an order and its lines."""
    order = uow.insert(
        Order,
        {
            "shop_id": 1,
            "order_no": number,
            "customer_id": 1,
            "consignee_id": 1,
            "order_type": "normal",
            "payment": "paid" if is_paid else "unpaid",
            "fulfilment": fulfilment,
            "after_sale": "none",
            "channel_status": "",
            "channel_version": 1,
            "modified_at": START,
            "seen_at": START,
            "placed_at": START,
            "ship_by_at": None if ship_by_h is None else START + timedelta(hours=ship_by_h),
            "amount_fen": 0,
            "freight_fen": 0,
            "buyer_note": "",
            "seller_note": "",
            "warehouse_id": warehouse,
        },
    )
    wants = []
    for place, (sku, qty) in enumerate(lines):
        line = uow.execute(
            insert(OrderLine).returning(OrderLine.id),
            {
                "order_id": order,
                "line_no": str(place),
                "sku_id": sku,
                "title": "",
                "spec": "",
                "qty": qty,
                "channel_qty": qty,
                "unit_price_fen": 0,
                "is_gift": False,
                "after_sale": "none",
            },
        ).scalar_one()
        wants.append(Want(OrderLineId(line), sku, qty))
    return OrderWants(OrderId(order), warehouse, tuple(wants), is_paid, priority)
