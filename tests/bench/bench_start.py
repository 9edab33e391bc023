"""Start: the window against a bare PySide6 window, each in a process of its own, in turn (P9 of the goals).

    python -m tests.bench.bench_start [--quick]

The bare window is a QApplication with one empty QWidget, timed as `--measure-start` times ours: from the first line of
the process's own work to the end of the first paint. Both run offscreen. Bars: first paint 1.5 times the bare window,
first page 3 times. The verdict is on CPU time, all threads of the process, paired round by round, because it is the
steadier number on a shared machine; wall time is told beside it, and so is when a scan can be answered.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.measure import show, verdict

PAINT_BAR, PAGE_BAR = 1.5, 3.0
_BARE = """
import json, sys, time
started, started_cpu = time.perf_counter(), time.process_time()
from PySide6.QtWidgets import QApplication, QWidget
class Window(QWidget):
    def paintEvent(self, event):
        super().paintEvent(event)
        wall = (time.perf_counter() - started) * 1000
        cpu = (time.process_time() - started_cpu) * 1000
        print(json.dumps({"wall": wall, "cpu": cpu, "modules": len(sys.modules)}))
        sys.stdout.flush()
        QApplication.quit()
app = QApplication(["bare"])
window = Window()
window.resize(1366, 768)
window.show()
app.exec()
"""
#: what is measured, in the order in which it comes
_MARKS = ("first_paint", "first_page", "ready")


def _run(command: Sequence[str]) -> tuple[str, str]:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    # An installed program has its compiled files beside it; without them every start compiles everything anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout.splitlines()[-1], done.stderr.splitlines()[-1] if done.stderr else ""


def _bare() -> Mapping[str, float]:
    figures: Mapping[str, float] = json.loads(_run([sys.executable, "-c", _BARE])[0])
    return figures


def _ours(folder: Path, key_file: Path) -> tuple[Mapping[str, Mapping[str, float]], int]:
    """Wall and CPU milliseconds of each mark, and the modules at the first paint."""
    command = [sys.executable, "-m", "desktop", "--measure-start", "--data", str(folder), "--no-practice"]
    said, rest = map(json.loads, _run([*command, "--key-file", str(key_file)]))
    wall = {name: {**said, **rest}[f"{name}_ms"] for name in _MARKS}
    return {"wall": wall, "cpu": rest["cpu_ms"]}, said["modules_at_first_paint"]


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print milliseconds of both and the ratios; True when both bars are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep", help=argparse.SUPPRESS)
    wish = parser.parse_args(arguments)
    rounds = 3 if wish.quick else 9
    bare: list[Mapping[str, float]] = []
    ours: list[Mapping[str, Mapping[str, float]]] = []
    modules = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder, key_file = Path(temporary, "data"), Path(temporary, "bench.key")
        for number in range(rounds + 1):
            yard = _bare()
            mine, modules = _ours(folder, key_file)
            if number:  # the first round makes the data folder and warms the files
                bare.append(yard)
                ours.append(mine)
    rows: list[tuple[object, ...]] = [
        ("bare window", *(_median([one[kind] for one in bare]) for kind in ("cpu", "wall")))
    ]
    rows += [
        (f"ours, {mark}", *(_median([one[kind][mark] for one in ours]) for kind in ("cpu", "wall")))
        for mark in _MARKS
    ]
    show("start, ms (offscreen)", ("", "CPU", "wall"), rows)
    print(f"  modules at first paint: {modules}")

    def ratio(mark: str, kind: str) -> float:
        return statistics.median(a[kind][mark] / b[kind] for a, b in zip(ours, bare, strict=True))

    for mark in _MARKS:
        print(f"  {mark} against a bare window: CPU {ratio(mark, 'cpu'):.2f}, wall {ratio(mark, 'wall'):.2f}")
    is_painted = verdict(
        "first paint against a bare window", ratio("first_paint", "cpu"), PAINT_BAR, higher_is_better=False
    )
    return (
        verdict("first page against a bare window", ratio("first_page", "cpu"), PAGE_BAR, higher_is_better=False)
        and is_painted
    )


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
