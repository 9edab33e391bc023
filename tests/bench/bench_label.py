"""Time to draw and encode one label, beside a bare QPainter: `python -m tests.bench label [--quick]`.

Machines differ and are shared, so the ratio tells more than the milliseconds.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter

from printing.fonts import FontBook
from printing.languages.registry import find_language
from printing.languages.tspl import encode
from printing.profile import PrinterProfile
from printing.render import LabelRenderer
from tests.bench.measure import verdict
from tests.support.labels import example_label
from tests.support.printing_variants import VARIANTS, variant_profile

ROUNDS = 60
BUDGET_MS = 10.0
#: of it, what one language may take to write the picture
ENCODE_BUDGET_MS = 1.5
#: shorter ways to write it cost more
_SLOWER_BUDGET_MS = {"zpl rle": 6.0, "zpl z64": 6.0}


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print milliseconds for each size and resolution; True when each is within the budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    rounds = 15 if parser.parse_args(arguments).quick else ROUNDS
    is_met = True
    # The bench of the list may have left one in this process.
    application = QGuiApplication.instance() or QGuiApplication(["bench", "-platform", "offscreen"])
    renderer, fonts = LabelRenderer(), FontBook()
    label = example_label()
    for size in ("100x150", "76x130"):
        for dots_per_mm in (8.0, 11.81):
            profile = PrinterProfile(key="bench", name="bench", address="memory:", size=size, dots_per_mm=dots_per_mm)
            bitmap = renderer.render(label, size, profile.resolution).bitmap
            ours, bare, encoded = measure(
                rounds,
                lambda size=size, profile=profile: encode(  # type: ignore[misc]  # loop values bound as defaults
                    renderer.render(label, size, profile.resolution).bitmap, profile
                ),
                lambda bitmap=bitmap, dots=dots_per_mm: yardstick(  # type: ignore[misc]
                    fonts, bitmap.width_dots, bitmap.height_dots, dots
                ),
                lambda bitmap=bitmap, profile=profile: encode(bitmap, profile),  # type: ignore[misc]
            )
            print(
                f"{size} at {dots_per_mm:5.2f} dots/mm: of it encoding {encoded:.2f} ms; "
                f"bare QPainter {bare:.2f} ms; ratio {ours / bare:.2f}"
            )
            name = f"label {size} at {dots_per_mm:.2f} dots/mm, ms"
            is_met = verdict(name, ours, BUDGET_MS, higher_is_better=False) and is_met
    is_met = measure_languages(rounds, renderer) and is_met
    application.shutdown()
    return is_met


def measure_languages(rounds: int, renderer: LabelRenderer) -> bool:
    """Milliseconds and bytes of each way to write the largest label; True when each is within its budget."""
    bitmap = renderer.render(example_label(), "100x150", variant_profile("tspl").resolution).bitmap
    profiles = {name: variant_profile(name) for name in VARIANTS}
    works = {name: partial(find_language(own.language).encode, bitmap, own) for name, own in profiles.items()}
    is_met = True
    for (name, work), spent in zip(works.items(), measure(rounds, *works.values()), strict=True):
        budget = _SLOWER_BUDGET_MS.get(name, ENCODE_BUDGET_MS)
        print(f"{name}: {len(work())} bytes")
        is_met = verdict(f"encode 100x150 as {name}, ms", spent, budget, higher_is_better=False) and is_met
    return is_met


def yardstick(fonts: FontBook, width: int, height: int, dots_per_mm: float) -> None:
    """Eighteen lines of the same sizes, no fitting, no bars, no threshold."""
    image = QImage(width, height, QImage.Format.Format_Grayscale8)
    image.fill(255)
    painter = QPainter(image)
    step = height // 20
    for line in range(18):
        painter.setFont(fonts.font(round((3 + line % 3) * dots_per_mm), is_bold=line % 2 == 0))
        painter.drawText(
            QRect(10, line * step, width - 20, 2 * step),
            Qt.AlignmentFlag.AlignLeft,
            "示例大道100号示例花园 订单",
        )
    painter.end()


def measure(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Median CPU milliseconds of each, taken in turns so that a busy moment hits all alike."""
    times: list[list[float]] = [[] for _ in works]
    for round_no in range(rounds + 5):
        for index, work in enumerate(works):
            start = time.process_time()
            work()
            if round_no >= 5:
                times[index].append((time.process_time() - start) * 1000)
    return [statistics.median(values) for values in times]


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
