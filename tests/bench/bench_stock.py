"""Stock: a page of the list at either end, and all numbers of one SKU, among 1,000 and among 100,000 SKUs.

    python -m tests.bench.bench_stock [--quick]

The ratios are the point: neither depends on how many SKUs there are, nor on how far down the list is. Times are CPU of
the quietest run, because the machine is shared.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import insert

from core.catalog.models import Sku
from core.channels.models import Shop
from core.db.engines import sqlite_engines
from core.db.schema import all_tables
from core.db.unit_of_work import Actor, Store
from core.inventory.figures.opening import open_figure
from core.inventory.figures.queries import sku_figures
from core.inventory.figures.records import Figure, Name
from core.inventory.models import Movement, StockLevel, Warehouse
from core.inventory.stock_list import StockCursor, StockFilter, stock_page
from core.runtime.clock import ManualClock
from core.runtime.ids import SkuId
from tests.bench.files import options_of
from tests.bench.measure import quietest_ms, show, verdict
from tests.bench.shop import KEY, START

FEW, MANY = 1_000, 100_000
#: how much dearer anything may be among a hundred times as many SKUs
RATIO_BAR = 2.0
_PAGE = 100


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print the cost of each read among few and among many SKUs; True when the ratios meet their bar."""
    options = options_of(__doc__, arguments)
    many = MANY // 5 if options.quick else MANY
    with tempfile.TemporaryDirectory() as folder:
        few_ms, many_ms = (_reads(_seeded(Path(folder, f"{count}.db"), count), count) for count in (FEW, many))
    rows = [(name, few_ms[name], many_ms[name], many_ms[name] / few_ms[name]) for name in few_ms]
    show(f"reads among {FEW:,} and {many:,} SKUs, CPU ms", ("read", "few", "many", "ratio"), rows)
    is_met = verdict("dearest ratio of many to few", max(row[3] for row in rows), RATIO_BAR, higher_is_better=False)
    depth = many_ms["last page"] / many_ms["first page"]
    return verdict("last page to first page", depth, RATIO_BAR, higher_is_better=False) and is_met


def _seeded(path: Path, count: int) -> Store:
    """So many SKUs, each with two places and a movement in each."""
    engines = sqlite_engines(path, KEY)
    all_tables().create_all(engines.writer)
    ids = range(1, count + 1)
    zeros = dict.fromkeys(("reserved_qty", "confirmed_qty", "quarantined_qty", "allotted_qty"), 0)
    shop = {"id": 1, "channel": "mall", "name": "bench", "settings": {}, "secret": "", "is_active": True}
    shop |= {"confirms_shipments": True, "warehouse_id": 1, "created_at": START, "clock_offset_ms": 0}
    with engines.writer.begin() as connection:
        connection.execute(insert(Warehouse), [{"id": n, "code": f"w{n}", "name": f"w{n}"} for n in (1, 2)])
        connection.execute(insert(Shop), [shop])
        goods = [{"id": n, "code": f"S{n:07}", "name": f"goods {n}", "created_at": START} for n in ids]
        connection.execute(insert(Sku), goods)
        places = [(n, warehouse) for n in ids for warehouse in (1, 2)]
        levels = [
            {"id": number, "sku_id": n, "warehouse_id": warehouse, "batch": "", "on_hand_qty": 5} | zeros
            for number, (n, warehouse) in enumerate(places, 1)
        ]
        connection.execute(insert(StockLevel), levels)
        moved = {"at": START, "qty": 5, "kind": "receipt", "reason": "", "reference": "", "operator": "bench"}
        connection.execute(
            insert(Movement), [moved | {"level_id": n, "key": f"m{n}"} for n in range(1, len(levels) + 1)]
        )
    return Store(engines, ManualClock(START), Actor("bench", "bench"))


def _reads(store: Store, count: int) -> dict[str, float]:
    wanted, sku = StockFilter(), SkuId(count // 2)
    last = StockCursor(f"S{count - _PAGE // 2:07}", 0)
    with store.engines.reader.connect() as connection:
        found = {
            "first page": quietest_ms(lambda: stock_page(connection, wanted, None, _PAGE)),
            "last page": quietest_ms(lambda: stock_page(connection, wanted, last, _PAGE)),
            "numbers of a SKU": quietest_ms(lambda: sku_figures(connection, sku, START)),
            "a number opened": quietest_ms(lambda: open_figure(connection, Figure(Name.ON_HAND, sku), START)),
        }
    store.close()
    store.engines.dispose()
    return found


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
