"""Scan to verdict with a million orders in the file: alone, beside a sync, beside a sync and an import (P9, 100 ms).

    python -m tests.bench.bench_scan [--quick] [--keep FOLDER]

One clerk opens the next parcel, scans each unit and the label; every call is the desk's own, from the key press to
the committed verdict with the parcel to show. The second time another thread takes in page after page without a
pause; the third time one more reads workbooks of 20,000 orders, looks what they would do, and takes them in. The
third column of a kind is what the slowest clerk meets. The yardstick is the smallest durable write a desk could make:
one row inserted and committed with synchronous=FULL on a bare connection.
"""

import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.channels.registry import built_in
from core.db.driver import connect_sqlite
from core.desk.files import Files
from core.desk.packing import Packing
from core.files.presets import own
from core.files.progress import Progress
from core.files.writing import Sheet, as_workbook
from core.fulfilment.packing import NEXT_IN_TURN, REST_OF_OWN_BOX
from core.fulfilment.taking import slices
from core.runtime.clock import SystemClock
from core.sync.asking import Asking
from tests.bench.bench_intake import take_pages
from tests.bench.files import large_file, options_of
from tests.bench.measure import percentile, show, verdict
from tests.bench.shop import CARRIER, KEY, SKU_COUNT, BenchFile, Pages, barcode_of, title_of
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
        self._packing = Packing(file.store, Asking(file.store, _nobody_asks, _nobody_wakes), CARRIER, built_in)
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

    def pack_many(self, parcels: int) -> None:
        """So many parcels, one after the other."""
        for _ in range(parcels):
            self.pack()

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


class Sync:
    """A shop that is pulled without a pause; counts its pages."""

    def __init__(self, file: BenchFile, source: Pages) -> None:
        self._file = file
        self._source = source
        self.count = 0

    def __call__(self, stop: threading.Event) -> None:
        """Take pages in until told to stop."""
        while not stop.is_set():
            take_pages(self._file, slices(self._file.store, self._source.next()))
            self.count += 1


class Import:
    """Workbooks of another shop that a clerk takes in, one after the other; counts their orders."""

    def __init__(self, file: BenchFile, paths: Sequence[Path]) -> None:
        self._files = Files(file.store, file.digester.digest, CARRIER)
        self._shop = self._files.add_shop("文件店", "")
        self._paths = paths
        self.count = 0

    def __call__(self, stop: threading.Event) -> None:
        """Read, plan and run until told to stop; the last workbook is left where it is then."""
        for book in self._paths:
            if stop.is_set():
                return
            progress = Progress()
            (read,) = self._files.read([book], progress)
            plan = self._files.plan([(read, read.choices[0])], self._shop.id)
            threading.Thread(target=lambda p=progress: (stop.wait(), p.cancel()), daemon=True).start()  # type: ignore[misc]
            done, _ = self._files.run(plan, progress)
            self.count += done.counts.new if done.is_whole else progress.done
        raise AssertionError("the workbooks came to an end before the clerk did")


def books(folder: Path, count: int, rows: int) -> list[Path]:
    """Workbooks with an order in each row."""
    header = [names[0] for names in own.ORDER_COLUMNS.values()]
    facts = {
        "状态": "待发货",
        "收货人": "林晓",
        "手机": "13800001234",
        "省": "浙江省",
        "市": "杭州市",
        "区县": "西湖区",
        "详细地址": "文新街道练习路1号2幢301室",
        "数量": "1",
        "单价(元)": "9.90",
    }
    paths = []
    for number in range(count):
        made = []
        for row in range(rows):
            sku = (number * rows + row) % SKU_COUNT + 1
            mine = {"订单号": f"F{number:02d}-{row:08d}", "商家编码": f"S{sku:05}", "商品名称": title_of(sku)}
            made.append([({**facts, **mine}).get(name, "") for name in header])
        paths.append(folder / f"orders{number}.xlsx")
        paths[-1].write_bytes(as_workbook(Sheet(header, made)))
    return paths


def _beside(work: Callable[[], None], *others: Callable[[threading.Event], None]) -> None:
    """Do the work while others do theirs, each on a thread of its own."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def run(other: Callable[[threading.Event], None]) -> None:
        try:
            other(stop)
        except BaseException as error:  # noqa: BLE001 - told below, on the thread that measures
            failures.append(error)

    threads = [threading.Thread(target=run, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    try:
        work()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


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
        names = ("quiet", "beside a sync", "beside a sync and an import")
        quiet, busy, busiest = clerks = [Clerk(file, name) for name in names]
        warm = Clerk(file, "warm")
        for _ in range(5):
            warm.pack()
        writes = _smallest_writes(file, 100)
        quiet.pack_many(parcels)
        pages = Pages(known=options.largest)
        sync, both = Sync(file, pages), Sync(file, pages)
        _beside(lambda: busy.pack_many(parcels), sync)
        with tempfile.TemporaryDirectory() as folder:
            taking = Import(file, books(Path(folder), 6, 2_000 if options.quick else 20_000))
            _beside(lambda: busiest.pack_many(parcels), both, taking)
        plan = _plan_of_next(file)
    rows = [("smallest durable write", len(writes), *_spread(writes))]
    for name, clerk in zip(names, clerks, strict=True):
        rows += [(f"{kind}, {name}", len(took), *_spread(took)) for kind, took in clerk.took.items()]
    print(f"meanwhile {sync.count} pages came, then {both.count} pages and {taking.count} orders of files")
    show(
        f"scan to verdict at {options.largest:,} orders, ms (wall)",
        ("", "count", "p50", "p99", "slowest"),
        rows,
    )
    print(f"  open next: {'; '.join(plan)}")
    slow = max(percentile(took, 0.99) for clerk in clerks for took in clerk.took.values())
    walks = [step for step in plan if not step.endswith("INDEX ix_parcel_rest")]
    scans = [step for step in walks if step.startswith(("SCAN", "USE TEMP"))]
    searched = verdict("tables that open next reads through or sorts", len(scans), 0, higher_is_better=False)
    return verdict("slowest p99, ms", slow, BAR_MS, higher_is_better=False) and searched


def _spread(took: Sequence[float]) -> tuple[float, float, float]:
    return percentile(took, 0.5), percentile(took, 0.99), max(took)


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
