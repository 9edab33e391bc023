"""Flatness: what taking a page in costs per order with 10 thousand, 100 thousand and a million orders stored (P3).

    python -m tests.bench.bench_flatness [--quick] [--keep FOLDER]

The same shop, the same pages, all indexes and the search index present; the returning buyers are drawn from everybody
who ever bought, which is the worst case for the caches. The sizes take turns within each round. The bar: the largest
costs at most 1.5 times the smallest (CPU).
"""

from collections.abc import Sequence
from contextlib import ExitStack

from tests.bench.bench_intake import take_pages
from tests.bench.files import LARGE, MIDDLE, SMALL, large_file, options_of
from tests.bench.measure import Series, paired_ratio, show, timed, verdict
from tests.bench.shop import PAGE, Pages

BAR = 1.5


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print the cost at each size and the ratio of the largest to the smallest; True when the bar is met."""
    options = options_of(__doc__, arguments)
    sizes = (SMALL, MIDDLE) if options.quick else (SMALL, MIDDLE, LARGE)
    per_round, rounds = (5, 5) if options.quick else (10, 9)
    with ExitStack() as stack:
        files = {size: stack.enter_context(large_file(options, size)) for size in sizes}
        sources = {size: Pages(known=size) for size in sizes}
        costs = {size: Series() for size in sizes}
        for number in range(rounds + 2):
            for size in sizes if number % 2 else reversed(sizes):
                pages = sources[size].take(per_round)
                cost = timed(lambda size=size, pages=pages: take_pages(files[size], pages))
                if number > 1:  # the first rounds fill the caches
                    costs[size].add(cost)
    show(
        "intake by number of orders stored",
        ("orders stored", "CPU us/order", "wall us/order", f"ratio to {SMALL:,}"),
        [
            (
                f"{size:,}",
                series.cpu() / per_round / PAGE * 1e6,
                series.wall() / per_round / PAGE * 1e6,
                paired_ratio(series, costs[SMALL]),
            )
            for size, series in costs.items()
        ],
    )
    name = f"intake at {sizes[-1]:,} against {SMALL:,} (CPU)"
    return verdict(name, paired_ratio(costs[sizes[-1]], costs[SMALL]), BAR, higher_is_better=False)


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
