"""The order list: a page of 100 of each pile, first and deep, the counts beside the piles, and the drawer (P6).

    python -m tests.bench.bench_list [--quick] [--keep FOLDER]

`ids` is the query that finds the page (bar 1 ms, the goal of P6); `page` is the whole call of the desk, with names,
goods and waybills of a hundred orders. The yardstick beside the ids is the plainest keyset query on a bare
connection:
the newest orders below a number.
"""

from collections.abc import Sequence

from core.db.driver import connect_sqlite
from core.desk.orders import Orders
from core.orders import queries
from core.orders.records import PILES, OrderFilter
from tests.bench.files import large_file, options_of
from tests.bench.measure import median_ms, show, verdict
from tests.bench.shop import CARRIER, KEY

IDS_BAR_MS = 1.0
_PAGE = 100


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print milliseconds of each pile; True when every id query meets the bar."""
    options = options_of(__doc__, arguments)
    rows, slowest = [], 0.0
    with large_file(options, options.largest, is_written=False) as file:
        orders = Orders(file.store, file.digester.digest, CARRIER)
        with file.store.engines.reader.connect() as connection:
            for pile in PILES:
                # A deep page begins in the middle of the whole history.
                for place, after in (("first", None), ("deep", options.largest // 2)):
                    _, ids = median_ms(lambda p=pile, a=after: queries.page_ids(connection, p, a, _PAGE))
                    _, page = median_ms(lambda p=pile, a=after: orders.page(OrderFilter(p), a, _PAGE), times=10)
                    count = len(orders.page(OrderFilter(pile), after, _PAGE).rows)
                    rows.append((pile, place, ids, page, count))
                    slowest = max(slowest, ids)
        bare = connect_sqlite(file.path, KEY)
        plain = "SELECT id FROM orders WHERE id < ? ORDER BY id DESC LIMIT 100"
        _, yardstick = median_ms(lambda: bare.execute(plain, (options.largest // 2,)).fetchall())
        bare.close()
        _, counts = median_ms(orders.pile_counts)
        _, detail = median_ms(lambda: orders.detail(options.largest - 5))
    show(f"the list at {options.largest:,} orders, ms (wall)", ("pile", "place", "ids", "page", "rows"), rows)
    show("beside it, ms", ("pile counts", "drawer", "bare keyset query"), [(counts, detail, yardstick)])
    return verdict("slowest query for the ids of a page, ms", slowest, IDS_BAR_MS, higher_is_better=False)


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
