"""Buyers in other processes and threads: careful ones through the product, careless ones that read and then write."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection as Pipe
from threading import Barrier, Lock
from typing import Any

from sqlalchemy import select, update

from core.db.unit_of_work import Store, UnitOfWork
from core.inventory import service
from core.inventory.models import Reservation, StockLevel
from core.inventory.records import OrderWants
from core.runtime.clock import SystemClock
from tests.support.world import Address


def buy(store: Store, order: OrderWants) -> bool:
    """One attempt in one transaction."""
    return store.write(lambda uow: service.reserve_page(uow, [order]))[order.order_id].is_reserved


def buy_carelessly(store: Store, order: OrderWants, meet: Barrier) -> bool:
    """Read what is free, meet the others, then write the new number: the guard is off.

    The meeting only makes the crossing certain that a busy day makes likely.
    """
    (want,) = order.wants
    of_sku = StockLevel.sku_id == want.sku_id
    quantities = select(StockLevel.id, StockLevel.on_hand_qty, StockLevel.confirmed_qty).where(of_sku)
    level, on_hand, confirmed = store.read(lambda connection: connection.execute(quantities).one())
    meet.wait(60)
    if on_hand - confirmed < want.qty:
        return False

    def write(uow: UnitOfWork) -> None:
        uow.execute(update(StockLevel).where(of_sku).values(confirmed_qty=confirmed + want.qty))
        row: dict[str, Any] = {"order_line_id": want.order_line_id, "sku_id": want.sku_id, "level_id": level}
        uow.insert(Reservation, row | {"qty": want.qty, "state": "confirmed", "created_at": uow.now})

    store.write(write)
    return True


def shop(address: Address, shares: Sequence[Sequence[OrderWants]], report: Pipe, meet: Any = None) -> None:
    """A process: one thread per share of orders; every outcome is reported as it comes. `meet`: carelessly."""
    store = address.store(SystemClock())
    sending = Lock()

    def run(share: Sequence[OrderWants]) -> None:
        for order in share:
            outcome = buy(store, order) if meet is None else buy_carelessly(store, order, meet)
            with sending:
                report.send(outcome)

    with ThreadPoolExecutor(len(shares)) as threads:
        for outcome in [threads.submit(run, share) for share in shares]:
            outcome.result()
    store.engines.dispose()
    report.close()
