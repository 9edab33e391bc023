"""The hand-written intake that the bench measures against leaves the very rows the program leaves."""

from collections.abc import Iterator
from typing import Any

import pytest

from core.db.driver import connect_sqlite
from tests.bench import yardstick
from tests.bench.bench_intake import take_pages
from tests.bench.shop import KEY, BenchFile, Pages

#: enough for buyers that come again, orders seen before and orders not paid for
_PAGES = 4


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    """Connections to a file filled by the program and to one filled by hand, from the same pages."""
    folder = tmp_path_factory.mktemp("yardstick")
    files = [BenchFile.open(folder / name) for name in ("product.db", "by-hand.db")]
    ours, theirs = (connect_sqlite(file.path, KEY) for file in files)
    for page in Pages().take(_PAGES):
        for file in files:
            file.clock.advance(seconds=1)
        take_pages(files[0], [page])
        yardstick.take_page(theirs, page, files[1].digester.digest, files[1].clock.now())
    yield ours, theirs
    for connection in (ours, theirs):
        connection.close()
    for file in files:
        file.close()


def _count(connection: Any, table: str, condition: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchone()[0])


def test_the_yardstick_leaves_the_same_rows_in_every_table(both: tuple[Any, Any]) -> None:
    ours, theirs = both
    assert yardstick.differences(ours, theirs) == []
    # What the pages are made for is really in them.
    for table, condition in (
        ("orders", "payment = 'unpaid'"),
        ("orders", "fulfilment = 'to_pack'"),
        ("orders", "seen_at > (SELECT min(seen_at) FROM orders)"),
        ("customer", "id IN (SELECT customer_id FROM orders GROUP BY 1 HAVING count(*) > 1)"),
        ("reservation", "state = 'reserved'"),
    ):
        assert _count(ours, table, condition), (table, condition)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        ("UPDATE waybill SET sort_code = 'x' WHERE id = 7", "waybill"),
        ("DELETE FROM journal WHERE id = 3", "journal"),
        ("UPDATE order_line SET item_id = '' WHERE id = 11", "order_line"),
        ("DELETE FROM order_search WHERE rowid = 5", "order_search"),
    ],
)
def test_a_row_that_is_not_the_same_is_named(both: tuple[Any, Any], spoil: str, named: str) -> None:
    ours, theirs = both
    theirs.execute("BEGIN")
    try:
        theirs.execute(spoil)
        assert {line.split()[0] for line in yardstick.differences(ours, theirs)} == {named}
    finally:
        theirs.execute("ROLLBACK")
