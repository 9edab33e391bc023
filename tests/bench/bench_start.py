"""Start: the window against a bare PySide6 window, each in a process of its own, in turn (P9 of the goals).

    python -m tests.bench.bench_start [--quick]

The bare window is a QApplication with one empty QWidget, timed as `--measure-start` times ours: from the first line of
the process's own work to the end of the first paint. Both run offscreen. Bars: first paint 1.5 times the bare window,
first page 3 times.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.measure import show, verdict

PAINT_BAR, PAGE_BAR = 1.5, 3.0
_BARE = """
import json, sys, time
started = time.perf_counter()
from PySide6.QtWidgets import QApplication, QWidget
class Window(QWidget):
    def paintEvent(self, event):
        super().paintEvent(event)
        print(json.dumps({"first_paint_ms": (time.perf_counter() - started) * 1000, "modules": len(sys.modules)}))
        sys.stdout.flush()
        QApplication.quit()
app = QApplication(["bare"])
window = Window()
window.resize(1366, 768)
window.show()
app.exec()
"""


def _run(command: Sequence[str]) -> tuple[dict[str, float], float]:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    # An installed program has its compiled files beside it; without them every start compiles everything anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1]), (time.perf_counter() - started) * 1000


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print milliseconds of both and the ratios; True when both bars are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep", help=argparse.SUPPRESS)
    rounds = 3 if parser.parse_args(arguments).quick else 9
    bare: list[float] = []
    paint: list[float] = []
    page: list[float] = []
    modules = 0.0
    with tempfile.TemporaryDirectory() as folder:
        ours = [sys.executable, "-m", "desktop", "--measure-start", "--data", folder, "--no-practice"]
        ours += ["--key-file", str(Path(folder, "bench.key"))]
        for number in range(rounds + 1):
            figures, _ = _run([sys.executable, "-c", _BARE])
            mine, _ = _run(ours)
            if number:  # the first round makes the data folder and warms the files
                bare.append(figures["first_paint_ms"])
                paint.append(mine["first_paint_ms"])
                page.append(mine["first_page_ms"])
                modules = mine["modules_at_first_paint"]
    rows = [("bare window", statistics.median(bare)), ("ours, first paint", statistics.median(paint))]
    show("start, ms (wall, offscreen)", ("", "median"), [*rows, ("ours, first page", statistics.median(page))])
    print(f"  modules at first paint: {modules:.0f}")
    first = statistics.median(a / b for a, b in zip(paint, bare, strict=True))
    whole = statistics.median(a / b for a, b in zip(page, bare, strict=True))
    is_painted = verdict("first paint against a bare window", first, PAINT_BAR, higher_is_better=False)
    return verdict("first page against a bare window", whole, PAGE_BAR, higher_is_better=False) and is_painted


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
