"""Our side of a drill: a store of its own in a temporary folder, with one warehouse, one SKU and the shops."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import update

from core.catalog.models import Listing
from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.channels.models import Shop
from core.customers.service import Digest
from core.db.cipher import Digester
from core.db.driver import connect_sqlite
from core.db.engines import sqlite_engines
from core.db.keys import DataKey
from core.db.migrations.runner import migrate_sqlite
from core.db.unit_of_work import Actor, Store, UnitOfWork
from core.inventory.ledger import receive
from core.inventory.models import Warehouse
from core.practice.drill.shop import CHANNEL_SKU, ITEM, MERCHANT_CODE
from core.runtime.clock import Clock
from core.runtime.ids import SkuId, WarehouseId
from core.sync.shops import ShopRecord, active_shops, add_shop

CHANNEL = "drill"
CARRIER = "DRILL"


@dataclass(frozen=True, slots=True)
class House:
    """What the product has in a drill.

    Attributes:
        store: its records.
        digest: of its key.
        warehouse_id, sku_id: where the goods are, and what they are.
        shops: in the order of the simulated ones.
    """

    store: Store
    digest: Digest
    warehouse_id: WarehouseId
    sku_id: SkuId
    shops: tuple[ShopRecord, ...]


def build_house(folder: Path, clock: Clock, stock: int, shops: int) -> House:
    """Make the records of a merchant who has `stock` units of one thing and sells them in several shops."""
    key = DataKey(os.urandom(32))
    path = folder / "drill.db"
    migrate_sqlite(lambda: connect_sqlite(path, key.file_key))
    engines = sqlite_engines(path, key.file_key, must_exist=True)
    _spare_the_disk(engines.writer.raw_connection)
    store = Store(engines, clock, Actor("drill", "drill"))
    warehouse_id, sku_id = store.write(lambda uow: _furnish(uow, stock, shops))
    found = tuple(store.read(active_shops))
    return House(store, Digester(key).digest, WarehouseId(warehouse_id), SkuId(sku_id), found)


def _spare_the_disk(connect: Callable[[], object]) -> None:
    """Nothing of a drill outlives it: its commits need not reach the disk."""
    connection = connect()
    cursor = connection.cursor()  # type: ignore[attr-defined]  # a pooled driver connection
    cursor.execute("PRAGMA synchronous = OFF")
    cursor.close()
    connection.close()  # type: ignore[attr-defined]  # back to the pool, where the writer finds it


def _furnish(uow: UnitOfWork, stock: int, shops: int) -> tuple[int, int]:
    warehouse = uow.insert(Warehouse, {"code": "drill", "name": "演练仓"})
    sku = take_in(uow, [SkuSpec(MERCHANT_CODE, "演练商品")])[MERCHANT_CODE]
    receive(uow, WarehouseId(warehouse), SkuId(sku), stock, "drill", "drill opening")
    for number in range(1, shops + 1):
        shop = add_shop(uow, CHANNEL, f"shop {number}", {}, "{}", warehouse)
        uow.insert(
            Listing,
            {
                "shop_id": shop,
                "item_id": ITEM,
                "channel_sku_id": CHANNEL_SKU,
                "merchant_code": MERCHANT_CODE,
                "title": "演练商品",
                "spec": "",
                "sku_id": sku,
            },
        )
    # Nobody packs in a drill: no numbers are bought and nothing is printed.
    uow.execute(update(Shop).values(prints_elsewhere=True, writes_stock=True))
    return warehouse, sku
