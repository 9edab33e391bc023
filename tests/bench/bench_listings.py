"""Listings: the first, a middle and the last page of every pile, the numbers on the piles, and a search, among 100,000.

    python -m tests.bench.bench_listings [--quick]

Most are matched, some are not, a few have another code than their SKU or are gone from their platform, and orders wait
for some. Bar: 100 ms for each view. Times are CPU of the quietest run, because the machine is shared.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from core.catalog.models import Listing, Sku
from core.channels.models import Shop
from core.db.engines import sqlite_engines
from core.db.schema import all_tables
from core.db.unit_of_work import Actor, Store
from core.inventory.models import Warehouse
from core.orders.listing_list import (
    LISTING_PILES,
    ListingCursor,
    ListingFilter,
    listing_counts,
    listing_page,
)
from core.orders.models import Hold, Order, OrderLine
from core.runtime.clock import ManualClock
from tests.bench.files import options_of
from tests.bench.measure import quietest_ms, show, verdict
from tests.bench.shop import KEY, START
from tests.support.schema_files import row_of

BAR_MS = 100.0
MANY = 100_000
_WAITING = 300
_PAGE = 100


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print milliseconds of each view; True when every one meets the bar."""
    options = options_of(__doc__, arguments)
    count = MANY // 5 if options.quick else MANY
    with tempfile.TemporaryDirectory() as folder:
        store = _seeded(Path(folder, "listings.db"), count)
        rows = []
        with store.engines.reader.connect() as connection:
            for pile in LISTING_PILES:
                for shop_id in (None, 2):
                    wanted = ListingFilter(pile, "", shop_id)
                    for place, after in _places(connection, wanted, count):
                        rows.append((pile, shop_id or "all", place, _ms(connection, wanted, after)))
            for typed in ("商品 00042", "绝对没有", "item-9"):
                wanted = ListingFilter("all", typed)
                rows.append((f"search {typed}", "all", "first", _ms(connection, wanted, None)))
                counted = quietest_ms(lambda w=wanted: listing_counts(connection, w), times=5)
                rows.append((f"search {typed}", "all", "counts", counted))
            for shop_id in (None, 2):
                wanted = ListingFilter("unmatched", "", shop_id)
                counted = quietest_ms(lambda w=wanted: listing_counts(connection, w), times=5)
                rows.append(("counts", shop_id or "all", "", counted))
        store.close()
    show(f"views of {count:,} listings, CPU ms of the quietest run", ("view", "shop", "page", "ms"), rows)
    return verdict("dearest view, CPU ms", max(row[3] for row in rows), BAR_MS, higher_is_better=False)


def _ms(connection: Any, wanted: ListingFilter, after: ListingCursor | None) -> float:
    return quietest_ms(lambda: listing_page(connection, wanted, after, _PAGE), times=5)


def _places(connection: Any, wanted: ListingFilter, count: int) -> list[tuple[str, ListingCursor | None]]:
    places: list[tuple[str, ListingCursor | None]] = [("first", None)]
    after = listing_page(connection, wanted, None, _PAGE).next_after
    if after is not None:
        # Behind what orders wait for, where rows stand by their age.
        places += [("middle", ListingCursor(2**62, count // 2)), ("last", ListingCursor(2**62, _PAGE))]
    return places


def _seeded(path: Path, count: int) -> Store:
    engines = sqlite_engines(path, KEY)
    all_tables().create_all(engines.writer)
    shop = {"channel": "mall", "settings": {}, "secret": "", "is_active": True, "clock_offset_ms": 0}
    shop |= {"confirms_shipments": True, "warehouse_id": 1, "created_at": START}
    with engines.writer.begin() as connection:
        connection.execute(insert(Warehouse), [{"id": 1, "code": "w", "name": "w"}])
        connection.execute(insert(Shop), [shop | {"id": n, "name": f"店{n}"} for n in (1, 2)])
        connection.execute(insert(Sku), [_sku(n) for n in range(1, count + 1)])
        for first in range(1, count + 1, 10_000):
            chunk = range(first, min(first + 10_000, count + 1))
            connection.execute(insert(Listing), [_listing(n) for n in chunk])
        _let_orders_wait(connection, count)
    return Store(engines, ManualClock(START), Actor("clerk", "desk"))


def _sku(n: int) -> dict[str, Any]:
    return {
        "id": n,
        "code": f"S{n:06}",
        "name": f"货品 {n:06}",
        "short_name": "",
        "spec": "",
        "weight_g": 1,
        "created_at": START,
    }


def _listing(n: int) -> dict[str, Any]:
    is_matched = n % 10 != 0
    code = f"S{n:06}" if n % 997 else f"OLD{n}"
    return {
        "id": n,
        "shop_id": 1 + n % 2,
        "item_id": f"item-{n}",
        "channel_sku_id": f"sku-{n}",
        "merchant_code": code,
        "title": f"商品 {n:06} 春季新款",
        "spec": f"规格 {n % 7}",
        "sku_id": n if is_matched else None,
        "price_fen": 100,
        "listed_qty": 5,
        "is_on_sale": True,
        "seen_at": START,
        "vanished_at": START if n % 499 == 0 else None,
    }


def _let_orders_wait(connection: Any, count: int) -> None:
    numbers = range(1, _WAITING + 1)
    people = all_tables().tables
    for name in ("customer", "consignee"):
        connection.execute(insert(people[name]), [row_of(people[name], 1)])
    order = {"customer_id": 1, "consignee_id": 1, "order_type": "normal", "payment": "paid", "warehouse_id": 1}
    order |= {"fulfilment": "to_review", "after_sale": "none", "channel_status": "", "channel_version": 1}
    order |= dict.fromkeys(("modified_at", "seen_at", "placed_at", "paid_at", "ship_by_at"), START)
    order |= {"amount_fen": 1, "freight_fen": 0, "buyer_note": "", "seller_note": "", "hold_reason": "unmatched"}
    line = {"line_no": "1", "title": "", "spec": "", "qty": 1, "channel_qty": 1, "unit_price_fen": 1}
    line |= {"is_gift": False, "after_sale": "none", "sku_id": None}
    # Every tenth listing has no SKU.
    item = {n: n * (count // _WAITING // 10 * 10) for n in numbers}
    orders = [order | {"id": n, "shop_id": 1 + item[n] % 2, "order_no": f"A{n}"} for n in numbers]
    connection.execute(insert(Order), orders)
    lines = [
        line | {"order_id": n, "item_id": f"item-{item[n]}", "channel_sku_id": f"sku-{item[n]}"} for n in numbers
    ]
    connection.execute(insert(OrderLine), lines)
    hold = {"reason": "unmatched", "note": "", "placed_at": START, "placed_by": "", "released_at": None}
    connection.execute(insert(Hold), [hold | {"order_id": n} for n in numbers])


if __name__ == "__main__":
    main()
