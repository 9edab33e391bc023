"""The hand-written pull that the bench measures against leaves the very rows the program leaves."""

from contextlib import closing

import requests

from core.db.driver import connect_sqlite
from tests.bench import pull_by_hand, yardstick
from tests.bench.bench_pull import Pulling
from tests.bench.served_pages import PageServer, write_window
from tests.bench.shop import KEY, PAGE, Pages


def test_both_ways_to_pull_a_shop_leave_the_same_rows(tmp_path):
    ours, theirs = Pulling(tmp_path / "product.db"), Pulling(tmp_path / "by-hand.db")
    source, digest = Pages(), ours.file.digester.digest
    with (
        closing(ours),
        closing(theirs),
        closing(connect_sqlite(theirs.file.path, KEY)) as bare,
        closing(connect_sqlite(ours.file.path, KEY)) as mine,
        requests.Session() as session,
        PageServer(tmp_path, ours.file.clock.now()) as server,
    ):
        for window in ("first", "second"):
            write_window(tmp_path, window, source.take(2))
            ours.file.clock.advance(seconds=1)
            ours.pull(1, f"{server.url}/{window}")
            pull_by_hand.pull(bare, f"{server.url}/{window}", session, digest, ours.file.clock.now())
        assert yardstick.differences(mine, bare) == []
        assert mine.execute("SELECT count(*) FROM orders").fetchone()[0] > 3 * PAGE
        assert mine.execute("SELECT last_good_pull_at IS NOT NULL FROM shop WHERE id = 1").fetchone()[0]
