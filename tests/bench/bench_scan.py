"""Scan to verdict with a million orders in the file, alone and while a shop's pages are taken in (P9, bar 100 ms).

    python -m tests.bench.bench_scan [--quick] [--keep FOLDER]

One clerk opens the next parcel, scans each unit and the label; every call is the desk's own, from the key press to
the
committed verdict with the parcel to show. The second time another thread takes in page after page without a pause.
The
third column of a kind is what the slowest clerk meets. The yardstick is the smallest durable write a desk could
make: one
row inserted and committed with synchronous=FULL on a bare connection.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from core.db.driver import connect_sqlite
from core.desk.packing import Packing
from core.fulfilment.packing import NEXT_IN_TURN, REST_OF_OWN_BOX
from core.fulfilment.taking import slices
from core.runtime.clock import SystemClock
from core.sync.asking import Asking
from tests.bench.bench_intake import take_pages
from tests.bench.files import large_file, options_of
from tests.bench.measure import percentile, show, verdict
from tests.bench.shop import CARRIER, KEY, BenchFile, Pages, barcode_of
from tests.support.world import ANY_AGE

BAR_MS = 100.0


def _nobody_asks(_shop_id: int, _order_no: str) -> None:
    """No shop of this file is served, so nothing is asked; looking what is due is part of opening a parcel."""


def _nobody_wakes(_shop_id: int) -> None:
    """There are no lanes."""


class Clerk:
    """Packs parcels and notes how long each verdict took."""

    def __init__(self, file: BenchFile, name: str, gap_s: float = 0.02) -> None:
        # A hand between two scans: without it a page would never get its turn beside scans that go first.
        self._gap_s = gap_s
        self._packing = Packing(file.store, Asking(file.store, _nobody_asks, _nobody_wakes), CARRIER)
        self._name = name
        self._nonce = 0
        self.took: defaultdict[str, list[float]] = defaultdict(list)

    def _timed(self, kind: str, act: Callable[[str], Any]) -> Any:
        self._nonce += 1
        time.sleep(self._gap_s)
        started = time.perf_counter()
        answer = act(f"{self._name}-{self._nonce}")
        self.took[kind].append((time.perf_counter() - started) * 1000)
        return answer

    def pack(self) -> None:
        """One parcel from opening to outbound."""
        verdict_ = self._timed("open next", self._packing.open_next)
        assert verdict_.code == "parcel.opened", verdict_.code
        parcel = verdict_.parcel
        for line in parcel.lines:
            for _ in range(line.qty):
                code = barcode_of(line.sku_id)
                verdict_ = self._timed(
                    "scan goods", lambda n, c=code, p=parcel: self._packing.scan_goods(p.id, p.fence, c, n)
                )
        assert verdict_.code == "parcel.complete", verdict_.code
        number = parcel.waybill_no
        verdict_ = self._timed(
            "scan label", lambda n: self._packing.scan_label(parcel.id, parcel.fence, number, n, ANY_AGE)
        )
        assert verdict_.code == "parcel.shipped", verdict_.code


def _beside_intake(file: BenchFile, work: Callable[[], None], known: int) -> int:
    """Do the work while another thread takes pages in; gives how many pages came."""
    source, stop, taken = Pages(known=known), threading.Event(), [0]
    failures: list[BaseException] = []

    def pull() -> None:
        try:
            while not stop.is_set():
                take_pages(file, slices(file.store, source.next()))
                taken[0] += 1
        except BaseException as error:  # noqa: BLE001 - told below, on the thread that measures
            failures.append(error)

    thread = threading.Thread(target=pull)
    thread.start()
    try:
        work()
    finally:
        stop.set()
        thread.join()
    if failures:
        raise failures[0]
    return taken[0]


def _smallest_writes(file: BenchFile, count: int) -> list[float]:
    bare = connect_sqlite(file.path, KEY)
    took = []
    for number in range(count):
        started = time.perf_counter()
        bare.execute("BEGIN IMMEDIATE")
        bare.execute("INSERT INTO setting (name, value) VALUES (?, '1')", (f"bench.{number}",))
        bare.execute("COMMIT")
        took.append((time.perf_counter() - started) * 1000)
    bare.close()
    return took


def _plan_of_next(file: BenchFile) -> list[str]:
    steps = []
    with file.store.engines.reader.connect() as connection:
        for query in (REST_OF_OWN_BOX.params(desk=""), *NEXT_IN_TURN):
            sql = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
            steps += [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    return steps


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print p50, p99 and the slowest of each kind of scan; True when every p99 meets the bar."""
    options = options_of(__doc__, arguments)
    parcels = 40 if options.quick else 120
    with large_file(options, options.largest) as file:
        # The parts of a page follow the time they take.
        file.store.clock = SystemClock()
        quiet, busy = Clerk(file, "quiet"), Clerk(file, "busy")
        warm = Clerk(file, "warm")
        for _ in range(5):
            warm.pack()
        writes = _smallest_writes(file, 100)
        for _ in range(parcels):
            quiet.pack()
        pages = _beside_intake(file, lambda: [busy.pack() for _ in range(parcels)], options.largest)  # type: ignore[arg-type, func-returns-value]
        plan = _plan_of_next(file)
    rows = [("smallest durable write", len(writes), *_spread(writes))]
    for name, clerk in (("quiet", quiet), ("beside intake", busy)):
        rows += [(f"{kind}, {name}", len(took), *_spread(took)) for kind, took in clerk.took.items()]
    show(
        f"scan to verdict at {options.largest:,} orders, ms (wall); {pages} pages taken in meanwhile",
        ("", "count", "p50", "p99", "slowest"),
        rows,
    )
    print(f"  open next: {'; '.join(plan)}")
    slow = max(percentile(took, 0.99) for clerk in (quiet, busy) for took in clerk.took.values())
    walks = [step for step in plan if not step.endswith("INDEX ix_parcel_rest")]
    scans = [step for step in walks if step.startswith(("SCAN", "USE TEMP"))]
    searched = verdict("tables that open next reads through or sorts", len(scans), 0, higher_is_better=False)
    return verdict("slowest p99, ms", slow, BAR_MS, higher_is_better=False) and searched


def _spread(took: Sequence[float]) -> tuple[float, float, float]:
    return percentile(took, 0.5), percentile(took, 0.99), max(took)


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
