"""Files: 20,000 rows x 25 columns in and out, each file part within a second; and the whole import with its records.

    python -m tests.bench.bench_files [--quick]

The verdicts are on CPU time, of this process and of the child that looks into a foreign file together, because it is
the steadier number on a shared machine; on a quiet one the wall time is a little less.

The whole import takes in orders of one line each through the intake of pulled pages; it has no bar of its own beside
that of the intake (bench_intake), and is shown to say how long a clerk waits.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from core.desk.files import Files
from core.files.mapping import recognise
from core.files.orders import Source, orders_of
from core.files.presets import pdd
from core.files.progress import Progress
from core.files.reading import read_table
from core.files.writing import Sheet, as_csv, as_workbook
from tests.bench.measure import show, verdict
from tests.support.world import CARRIER, Address, World, make_tables

BAR_S = 1.0
_COLUMNS = 25
_NOW = datetime(2026, 6, 18, 4, 0, tzinfo=UTC)


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print seconds; True when reading and writing stay within their bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, no bar")
    options = parser.parse_args(arguments)
    rows = 2_000 if options.quick else 20_000
    sheet = _table(rows)
    with tempfile.TemporaryDirectory() as folder:
        book, text = Path(folder, "orders202606181000.xlsx"), Path(folder, "orders202606181000.csv")
        write_s = _quietest(lambda: book.write_bytes(as_workbook(sheet)))
        write_csv_s = _quietest(lambda: text.write_bytes(as_csv(sheet)))
        read_s = _quietest(lambda: read_table(book, _NOW))
        write_cpu_s = _quietest(lambda: book.write_bytes(as_workbook(sheet)), clock=_cpu_s)
        read_cpu_s = _quietest(lambda: read_table(book, _NOW), clock=_cpu_s)
        read_csv_s = _quietest(lambda: read_table(text, _NOW))
        table = read_table(book, _NOW)
        mapped = recognise(table.header)[0]
        map_s = _quietest(lambda: orders_of([Source(table, mapped)]))
        took = [
            (f"write .xlsx, {book.stat().st_size // 1024} kB", write_s),
            ("write .csv", write_csv_s),
            ("read .xlsx behind its guards", read_s),
            ("read .csv", read_csv_s),
            ("rows into orders", map_s),
            *_whole(book, Path(folder)),
        ]
    show(f"{rows:,} rows x {_COLUMNS} columns, wall seconds", ("what", "s"), took)
    is_read = verdict("read .xlsx, CPU s", read_cpu_s, BAR_S, higher_is_better=False)
    return verdict("write .xlsx, CPU s", write_cpu_s, BAR_S, higher_is_better=False) and is_read


def _table(rows: int) -> Sheet:
    header = list(pdd.ORDERS.headers)[:_COLUMNS] if len(pdd.ORDERS.headers) < _COLUMNS else _chosen()
    facts = {
        "商品": "团团熊 大号",
        "订单状态": "待发货",
        "用户实付金额(元)": "45.80",
        "商品数量(件)": "2",
        "收货人": "林晓",
        "手机": "13800001234",
        "省": "浙江省",
        "市": "杭州市",
        "区": "西湖区",
        "街道": "文新街道练习路1号2幢301室",
        "支付时间": "2026-06-18 09:00:30",
        "商品id": "754299529443",
        "商品规格": "大号",
        "样式ID": "90001",
        "商家编码-规格维度": "BEAR",
        "售后状态": "无售后或售后取消",
        "买家留言": "请放门口",
    }
    made = [[{**facts, "订单号": f"260618-{n:015d}"}.get(name, "-") for name in header] for n in range(rows)]
    return Sheet(header, made)


def _chosen() -> list[str]:
    """Twenty-five of the columns: all that mean something, and others up to that number."""
    used = {name for names in pdd.ORDERS.columns.values() for name in names}
    needed = [name for name in pdd.ORDERS.headers if name in used and name not in _LEFT_OUT]
    others = [name for name in pdd.ORDERS.headers if name not in used]
    return [*needed, *others][:_COLUMNS]


#: times that have to be times where they stand
_LEFT_OUT = frozenset(
    {
        "承诺发货时间",
        "发货时间",
        "确认收货时间",
        "订单成交时间",
        "邮费(元)",
        "商家实收金额(元)",
        "快递单号",
        "快递公司",
    }
)


def _whole(book: Path, folder: Path) -> list[tuple[str, float]]:
    address = Address(sqlite_path=str(folder / "packdesk.db"))
    make_tables(address)
    world = World(address, stock=10_000_000)
    files = Files(world.store, world.digest, CARRIER)
    shop = files.add_shop("小店", "pdd").id
    took = []

    def timed(name: str, act: Callable[[], object]) -> object:
        began = time.perf_counter()
        done = act()
        took.append((name, time.perf_counter() - began))
        return done

    (read,) = files.read([book])
    plan = timed("look what would happen", lambda: files.plan([(read, read.choices[0])], shop))
    timed("take all in", lambda: files.run(plan, Progress()))  # type: ignore[arg-type]
    timed("take the same in again", lambda: files.run(plan, Progress()))  # type: ignore[arg-type]
    timed("write orders.xlsx", lambda: files.export_orders(folder / "out.xlsx", shop, "moving_house"))
    world.close()
    return took


def _quietest(act: Callable[[], object], times: int = 3, clock: Callable[[], float] = time.perf_counter) -> float:
    best = float("inf")
    for _ in range(times):
        began = clock()
        act()
        best = min(best, clock() - began)
    return best


def _cpu_s() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
