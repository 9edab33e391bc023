"""Memory with the list of a million orders open while 20,000 rows are written (P10), and the list's keys meanwhile.

    python -m tests.bench.bench_memory [--quick] [--keep FOLDER]

A process of its own opens the real page of orders, walks through it, and writes the orders of a file shop into a
workbook meanwhile, as the page of files does. The verdict is on what the writing adds to the resident set. The goal of
150 MB for both together is told beside it and has none: the list alone takes nearly that much, 70 MB of it files that
other programs share (Qt, typefaces, SQLCipher), 30 MB SQLAlchemy with the asyncio and ssl that it imports. How long a
key in the list took until it was painted while the table was made (P11: 50 ms) is wall time on a shared machine, and is
only told.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from core.desk.files import Files
from core.files.progress import Progress
from tests.bench.files import large_file, options_of
from tests.bench.measure import percentile, show, verdict
from tests.bench.shop import CARRIER, BenchFile

BAR_MB = 30.0
GOAL_MB = 150


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6


class _Watch:
    """Keeps the largest resident set it has seen."""

    def __init__(self) -> None:
        self.most = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._stop.wait(0.005):
            self.most = max(self.most, _resident_mb())

    def end(self) -> float:
        """The largest, in MB."""
        self._stop.set()
        self._thread.join()
        return self.most


def measure(path: Path, shop_id: int, out: Path) -> None:
    """What the process of its own does; prints its figures as JSON."""
    from tests.bench.list_window import ListWindow

    file = BenchFile.open(path)
    files = Files(file.store, file.digester.digest, CARRIER)
    with ListWindow(file) as window:
        for _ in range(20):
            window.press("PageDown")
        with_list = _resident_mb()
        watch, keys, rows = _Watch(), [], []
        writer = threading.Thread(target=lambda: rows.append(files.export_orders(out, shop_id, "accounting").rows))
        writer.start()
        began = time.perf_counter()
        while writer.is_alive():
            keys.append(window.press("PageDown" if len(keys) % 40 < 20 else "PageUp").wall)
        took = time.perf_counter() - began
        most = watch.end()
    file.close()
    print(json.dumps({"list": with_list, "most": most, "keys": keys, "rows": rows[0], "seconds": took}))


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print megabytes; True when what writing adds meets the bar."""
    from tests.bench.bench_scan import books

    options = options_of(__doc__, arguments)
    count = 2_000 if options.quick else 20_000
    with large_file(options, options.largest) as file, tempfile.TemporaryDirectory() as folder:
        files = Files(file.store, file.digester.digest, CARRIER)
        shop_id = files.add_shop("文件店", "").id
        (read,) = files.read(books(Path(folder), 1, count))
        files.run(files.plan([(read, read.choices[0])], shop_id), Progress())
        code = f"import sys; sys.path.insert(0, {str(Path.cwd())!r})"
        call = f"from tests.bench.bench_memory import measure, Path; measure(Path({str(file.path)!r}), {shop_id}, Path({str(Path(folder, 'out.xlsx'))!r}))"
        done = subprocess.run(
            [sys.executable, "-c", f"{code}; {call}"], capture_output=True, text=True, check=False, timeout=300
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
    found = json.loads(done.stdout.splitlines()[-1])
    show(
        f"a list of {options.largest:,} orders and {found['rows']:,} rows written in {found['seconds']:.1f} s",
        ("", "MB"),
        [("with the list alone", found["list"]), ("largest while the table was made", found["most"])],
    )
    keys = found["keys"]
    print(f"  {len(keys)} keys meanwhile, ms wall: p50 {percentile(keys, 0.5):.1f}, slowest {max(keys):.1f}")
    print(f"  the goal is {GOAL_MB} MB for both together")
    return verdict("what writing adds, MB", found["most"] - found["list"], BAR_MB, higher_is_better=False)


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
