"""Intake: the product's own path against hand-tuned sqlcipher3 that leaves the same rows (P1, bar 60 %).

    python -m tests.bench.bench_intake [--quick] [--pages 20] [--rounds 7]

Pages of 100 platform orders (3 lines, 2,000 SKUs, 5 % seen before, 40 % of the buyers known) go through
`taking.take_page` on one encrypted file and through `yardstick.take_page` on another, in turn, with
synchronous=FULL on
both. Afterwards every table of the two files is compared row by row. The gate is the median over the rounds of the
CPU
ratio; the wall ratio is printed beside it.
"""

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.channels.contract import ChannelOrder
from core.db.driver import connect_sqlite
from core.db.unit_of_work import Urgency
from core.fulfilment.taking import take_page
from tests.bench import yardstick
from tests.bench.measure import Series, paired_ratio, show, timed, verdict
from tests.bench.shop import CARRIER, FACTS, KEY, PAGE, BenchFile, Pages

BAR = 0.60


def take_pages(file: BenchFile, pages: Iterable[Sequence[ChannelOrder]]) -> None:
    """Take pages in as a shop's lane does."""
    for page in pages:
        file.store.write(
            lambda uow, page=page: take_page(uow, FACTS, page, file.digester.digest, CARRIER), urgency=Urgency.LANE
        )


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print orders per second of both sides and their ratio; True when the bar is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args(arguments)
    per_round, rounds = (8, 3) if options.quick else (options.pages, options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        ours = BenchFile.open(Path(folder, "product.db"))
        theirs = BenchFile.open(Path(folder, "by-hand.db"))
        bare = connect_sqlite(theirs.path, KEY)
        source = Pages()
        product, by_hand = Series(), Series()

        def by_yardstick(pages: Sequence[Sequence[ChannelOrder]]) -> None:
            for page in pages:
                yardstick.take_page(bare, page, ours.digester.digest, ours.clock.now())

        for number in range(rounds + 1):
            pages = source.take(per_round)
            ours.clock.advance(seconds=1)
            sides = [(product, lambda pages=pages: take_pages(ours, pages))]
            sides.append((by_hand, lambda pages=pages: by_yardstick(pages)))
            for series, work in sides if number % 2 else reversed(sides):
                cost = timed(work)
                if number:  # the first round warms both
                    series.add(cost)
        mine = connect_sqlite(ours.path, KEY)
        differing = yardstick.differences(mine, bare)
        rows = yardstick.row_count(mine)
        mine.close()
        bare.close()
        ours.close()
        theirs.close()
    if differing:
        raise AssertionError(f"not the same rows: {differing[:5]}")
    orders = per_round * PAGE
    show(
        f"intake, {rows:,} rows in all tables of either file, the same row by row",
        ("", "CPU us/order", "orders/CPU s", "wall us/order"),
        [
            (name, s.cpu() / orders * 1e6, orders / s.cpu(), s.wall() / orders * 1e6)
            for name, s in (("product", product), ("by hand", by_hand))
        ],
    )
    print(f"  wall ratio {paired_ratio(by_hand, product, by_wall=True):.2f}")
    return verdict("intake, share of hand-tuned (CPU)", paired_ratio(by_hand, product), BAR, higher_is_better=True)


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
