"""The order list: the query of a page at any depth, and from the press of a key to the painted list (P6).

    python -m tests.bench.bench_list [--quick] [--keep FOLDER]

First the queries: `ids` finds the page (bar 1 ms) at the newest, the middle and the last place of every pile; `page`
is the whole call of the desk, with names, goods and waybills of a hundred orders. Beside them stands the plainest
keyset query on a bare connection. Then the real page of orders at 1366x768 on the offscreen screen, over the same
file: from the event of the key to the end of the paint that follows it. `own CPU` is what the clerk's own thread
spends (bar 16 ms); where rows are read first, a lane reads them meanwhile (`until shown`, wall). Times of queries are
CPU of the quietest run, because the machine is shared; those of keys say how they spread.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from core.db.driver import connect_sqlite
from core.desk.orders import Orders
from core.orders import queries
from core.orders.models import Order
from core.orders.records import PILES, OrderFilter
from tests.bench.files import large_file, options_of
from tests.bench.list_window import ListWindow, Shown
from tests.bench.measure import median_ms, percentile, quietest_ms, show, verdict
from tests.bench.shop import CARRIER, KEY, BenchFile

IDS_BAR_MS = 1.0
KEY_BAR_MS = 16.0
_PAGE = 100
_PRESSES = 30
_TURNS = ("all", "shipped", "closed", "to_pack", "held") * (_PRESSES // 5)
_TYPED = ("王", "浩然", "1234", "S01234", "20260618", "米粉") * (_PRESSES // 6)


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print milliseconds of each pile and key; True when every query and every key meets its bar."""
    options = options_of(__doc__, arguments)
    with large_file(options, options.largest, is_written=False) as file:
        is_quick = _queries(file, options.largest)
        return _keys(file) and is_quick


def _queries(file: BenchFile, largest: int) -> bool:
    orders = Orders(file.store, file.digester.digest, CARRIER)
    rows, slowest = [], 0.0
    with file.store.engines.reader.connect() as connection:
        for pile in PILES:
            for place, after in _places(connection, pile, largest):
                ids = quietest_ms(lambda p=pile, a=after: queries.page_ids(connection, p, a, _PAGE))
                median, _ = median_ms(lambda p=pile, a=after: queries.page_ids(connection, p, a, _PAGE), times=15)
                page = quietest_ms(lambda p=pile, a=after: orders.page(OrderFilter(p), a, _PAGE), times=6)
                count = len(queries.page_ids(connection, pile, after, _PAGE))
                rows.append((pile, place, ids, median, page, count))
                slowest = max(slowest, ids)
    bare = connect_sqlite(file.path, KEY)
    plain = "SELECT id FROM orders WHERE id < ? ORDER BY id DESC LIMIT 100"
    yardstick = quietest_ms(lambda: bare.execute(plain, (largest // 2,)).fetchall())
    bare.close()
    counts = quietest_ms(orders.pile_counts)
    detail = quietest_ms(lambda: orders.detail(largest - 5))
    head = ("pile", "place", "ids", "median", "page", "rows")
    show(f"the list at {largest:,} orders, CPU ms of the quietest run", head, rows)
    show("beside it, CPU ms", ("pile counts", "drawer", "bare keyset query"), [(counts, detail, yardstick)])
    return verdict("slowest query for the ids of a page, CPU ms", slowest, IDS_BAR_MS, higher_is_better=False)


def _places(connection: Any, pile: str, largest: int) -> list[tuple[str, int | None]]:
    """Where a page may begin: at the newest order of a pile, in the middle of the history, before its last hundred."""
    oldest = select(Order.id).where(*queries._PILE[pile]).order_by(Order.id + 0).limit(_PAGE)
    ids = connection.execute(oldest).scalars().all()
    if len(ids) < _PAGE:
        return [("newest", None)]
    return [("newest", None), ("middle", largest // 2), ("last", ids[-1] + 1)]


# --- keys -------------------------------------------------------------------------------------------------------


def _keys(file: BenchFile) -> bool:
    rows: list[tuple[str, float, float, float, float]] = []
    with ListWindow(file) as window:
        for name, first, key in (
            ("Page Down", "Home", "PageDown"),
            ("Page Up", "End", "PageUp"),
            ("Down", "Home", "Down"),
            ("Home", "End", "Home"),
            ("End", "Home", "End"),
        ):
            rows.append((name, *_spread(_pressed(window, first, key))))
        rows.append(("another pile", *_spread(window.choose(pile) for pile in _TURNS)))
        rows.append(("rows that changed", *_spread(window.refresh() for _ in _TURNS)))
        rows.append(("a search", *_spread(window.search(typed) for typed in _TYPED)))
    head = ("key", "own CPU, median", "p95", "until shown (wall), median", "p95")
    show("from the key to the painted list at 1366x768, ms", head, rows)
    slowest = max(median for _, median, *_ in rows)
    return verdict("slowest key, median of the clerk's own thread, ms", slowest, KEY_BAR_MS, higher_is_better=False)


def _pressed(window: ListWindow, first: str, key: str) -> Iterable[Shown]:
    for _ in range(_PRESSES):
        window.place(first)
        yield window.press(key)


def _spread(all_shown: Iterable[Shown]) -> tuple[float, float, float, float]:
    own, wall = zip(*((shown.own, shown.wall) for shown in all_shown), strict=True)
    return percentile(own, 0.5), percentile(own, 0.95), percentile(wall, 0.5), percentile(wall, 0.95)


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
