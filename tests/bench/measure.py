"""Paired measuring: what a piece of work costs in CPU and wall time, medians, percentiles and a small table."""

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took, in seconds."""

    cpu: float
    wall: float


def timed(work: Callable[[], object]) -> Cost:
    """Run it once. CPU time is the steadier number on a shared machine.

    The collector runs as in the program, but does not walk what the bench itself keeps in memory.
    """
    gc.collect()
    gc.freeze()
    try:
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        return Cost(time.process_time() - cpu, time.perf_counter() - wall)
    finally:
        gc.unfreeze()


@dataclass
class Series:
    """Costs of the same work, one for each round."""

    costs: list[Cost] = field(default_factory=list)

    def add(self, cost: Cost) -> None:
        """Note one round."""
        self.costs.append(cost)

    def cpu(self) -> float:
        """The median CPU seconds."""
        return statistics.median(cost.cpu for cost in self.costs)

    def wall(self) -> float:
        """The median wall seconds."""
        return statistics.median(cost.wall for cost in self.costs)


def paired_ratio(upper: Series, lower: Series, *, by_wall: bool = False) -> float:
    """The median over the rounds of upper / lower, each round compared with its own twin."""
    pairs = zip(upper.costs, lower.costs, strict=True)
    return statistics.median(a.wall / b.wall if by_wall else a.cpu / b.cpu for a, b in pairs)


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie, the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median_ms(work: Callable[[], object], times: int = 30, warm_up: int = 3) -> tuple[float, float]:
    """Median CPU and wall milliseconds of a read, after a few runs that fill the caches."""
    for _ in range(warm_up):
        work()
    series = Series()
    for _ in range(times):
        series.add(timed(work))
    return series.cpu() * 1000, series.wall() * 1000


def quietest_ms(work: Callable[[], object], times: int = 15, warm_up: int = 3) -> float:
    """CPU milliseconds of the run that was disturbed least: on a shared machine the nearest to what the work costs."""
    for _ in range(warm_up):
        work()
    return min(timed(work).cpu for _ in range(times)) * 1000


def show(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a small table, numbers to the right."""
    lines = [tuple(head), *(tuple(_text(cell) for cell in row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    print(f"\n{title}")
    for line in lines:
        print("  " + "  ".join(_aligned(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip())
    sys.stdout.flush()


def _text(cell: object) -> str:
    return f"{cell:.3f}" if isinstance(cell, float) and abs(cell) < 10 else _large(cell)


def _large(cell: object) -> str:
    return f"{cell:,.1f}" if isinstance(cell, float) else str(cell)


def _aligned(cell: str, width: int) -> str:
    return cell.rjust(width) if cell[:1].isdigit() else cell.ljust(width)


def verdict(name: str, figure: float, bar: float, *, higher_is_better: bool) -> bool:
    """Say whether the figure meets its bar."""
    is_met = figure >= bar if higher_is_better else figure <= bar
    sign = ">=" if higher_is_better else "<="
    print(f"  {'ok  ' if is_met else 'MISS'}  {name}: {figure:.2f} (bar {sign} {bar:g})")
    sys.stdout.flush()
    return is_met
