"""A dozen acts of a day with the stock, each one write of the real schema: for runs in which the machine dies.

The acts are numbered and decide nothing by chance, so that the same acts on a copy of the same file give the same file.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from core.catalog.models import Sku
from core.channels.contract import ChannelOrder
from core.db.cipher import AesCipher, Digester
from core.db.models import SchemaFact, Setting
from core.db.unit_of_work import Store, UnitOfWork
from core.fulfilment.taking import take_page
from core.inventory import ledger, queries, service
from core.inventory.documents import booking, drafting
from core.inventory.documents.records import Head, LineIn
from core.inventory.documents.states import DocKind
from core.inventory.models import Warehouse
from core.inventory.quotas import acts
from core.inventory.quotas.models import Quota
from core.inventory.quotas.states import Mode
from core.orders.models import Order, OrderLine
from core.runtime.clock import ManualClock
from core.runtime.ids import OrderLineId, SkuId, WarehouseId
from core.sync.shops import shop_of
from tests.support.fake_shop import FakeShop, line
from tests.support.quota_world import QuotaWorld
from tests.support.stock_platform import StockPlatform
from tests.support.world import CARRIER, KEY, START, Address

#: the world's first shop, that of its quota, and the places of a transfer; as `furnish` makes them
_MALL, _MARKET = 1, 2
_MAIN, _SECOND = WarehouseId(1), WarehouseId(2)
_STOCK = 20


def furnish(path: Path) -> None:
    """Goods, a mall that asks first, and a market with a quota of six that is told and confirmed."""
    world = QuotaWorld(Address(sqlite_path=str(path)), stock=_STOCK)
    world.do(lambda uow: uow.insert(Warehouse, {"code": "second", "name": "分仓"}))
    # Drawn by chance at the first waybill otherwise, and two runs would differ.
    world.do(lambda uow: uow.execute(insert(SchemaFact), {"name": "installation", "value": "PD01020304"}))
    world.add(StockPlatform(world.clock, number=6))
    world.plan(Mode.MANUAL)
    world.turn(2)
    assert world.level()[3] == 6
    world.close()


def prepare(store: Store) -> Store:
    """Give a store what the program gives it before it writes personal data."""
    for engine in (store.engines.writer, store.engines.reader):
        engine.dialect.personal_cipher = AesCipher(KEY)  # type: ignore[attr-defined]  # as open_store does
    return store


def _orders() -> dict[str, ChannelOrder]:
    shop = FakeShop(ManualClock(START))
    shop.place("A", line("1", "BEAR", 3), is_paid=False)
    shop.place("B", line("1", "SET", 2), line("2", "BAG", 1))
    shop.place("M", line("1", "BEAR", 2))
    return shop.orders


_ORDERS = _orders()


def _take(shop_id: int, *orders: ChannelOrder) -> Callable[[UnitOfWork], object]:
    def act(uow: UnitOfWork) -> object:
        return take_page(uow, shop_of(uow.connection, shop_id).facts, orders, Digester(KEY).digest, CARRIER)

    return act


def _paid(order: ChannelOrder) -> ChannelOrder:
    return replace(order, version=2, payment="paid", paid_at=START)


def _cancelled(order: ChannelOrder) -> ChannelOrder:
    return replace(order, version=2, is_closed=True, channel_status="cancelled")


def _sku(uow: UnitOfWork, code: str) -> SkuId:
    return SkuId(uow.execute(select(Sku.id).where(Sku.code == code)).scalar_one())


def _lines(uow: UnitOfWork, order_no: str) -> list[OrderLineId]:
    query = select(OrderLine.id).join(Order, Order.id == OrderLine.order_id).where(Order.order_no == order_no)
    return [OrderLineId(one) for one in uow.execute(query.order_by(OrderLine.id)).scalars()]


def _receive(uow: UnitOfWork) -> None:
    ledger.receive(uow, _MAIN, _sku(uow, "BEAR"), 7, "delivery", "second delivery", "L1")


def _ship(uow: UnitOfWork) -> None:
    service.consume(uow, [(one, 2) for one in _lines(uow, "A")], "parcel 1")


def _transfer(uow: UnitOfWork) -> None:
    head = Head(_MAIN, to_warehouse_id=_SECOND)
    made = drafting.begin(uow, DocKind.TRANSFER, head, [LineIn(_sku(uow, "CARD"), 4)], "transfer 1")
    booking.book(uow, made.document_id, made.version, "transfer 1")


def _grant(uow: UnitOfWork) -> None:
    acts.grant(uow, uow.execute(select(Quota.id).where(Quota.shop_id == _MARKET)).scalar_one(), 3, "by hand")


def _set_aside(uow: UnitOfWork) -> None:
    ledger.quarantine(uow, _MAIN, _sku(uow, "CARD"), 2, "damp", "damp 1")


def _count(uow: UnitOfWork) -> None:
    ledger.count(uow, _MAIN, _sku(uow, "BAG"), 1, "stocktake", "count 1")


def _give_up(uow: UnitOfWork) -> None:
    service.release(uow, _lines(uow, "A"), "cancelled", 1, key="refund 1")


#: in this order; the thirteenth is the first of the next round
ACTS: Sequence[Callable[[UnitOfWork], object]] = (
    _take(_MALL, _ORDERS["A"]),
    _take(_MALL, _ORDERS["B"]),
    _take(_MALL, _paid(_ORDERS["A"])),
    _receive,
    _ship,
    _transfer,
    _grant,
    _take(_MARKET, _ORDERS["M"]),
    _set_aside,
    _count,
    _give_up,
    _take(_MALL, _cancelled(_ORDERS["B"])),
)


def act(uow: UnitOfWork, number: int) -> None:
    """The act of that number, from 1, and the mark by which it is known to have happened."""
    ACTS[number - 1](uow)
    uow.insert(Setting, {"name": str(number), "value": number})


def numbers_in(connection: Any) -> frozenset[int]:
    """The acts whose mark is there."""
    rows = connection.exec_driver_sql("SELECT name FROM setting").scalars()
    return frozenset(int(name) for name in rows if name.isdecimal())


def wrong_sums(store: Store) -> list[str]:
    """Quantities that are not the sum of their rows; none, ever."""
    return [str(one) for one in store.read(queries.check_sums)]


def dump(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but those a full-text index keeps for itself."""

    def tables(connection: Any) -> dict[str, list[tuple[Any, ...]]]:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'order_search%'"
        names = connection.exec_driver_sql(query).scalars().all()
        return {
            name: sorted(map(tuple, connection.exec_driver_sql(f'SELECT * FROM "{name}"')), key=repr)
            for name in names
        }

    return store.read(tables)
