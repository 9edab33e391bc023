"""Pulling a shop over HTTP and storing what it says, against the same by hand; one shop and two (P12).

    python -m tests.bench.bench_pull [--quick] [--pages 20] [--rounds 7] [--latency 150]

A mall in a process of its own serves pages of 100 orders made beforehand (the pages of `bench_intake`, 5 % seen
before). One thread pulls a window of them with the program's own client, adapter and `Puller` into an encrypted file,
and with `pull_by_hand` into another, in turn; afterwards every table of the two files is compared row by row. The gate
is the median over the rounds of the CPU ratio. Beside it stands what each stage costs.

The goal of 85 % was set when both sides stored seven tables and checked nothing. Six parts in seven of a pull are
storing, for which P1 asks 60 % of hand-tuned; even with an HTTP, JSON and mapping that cost nothing the whole could
not come near it, and the bench tells how near. So the bar is below P1's.

Two shops in two threads share one file, which takes one writer at a time, and one interpreter: what they gain is the
time in which the file is not being written. Malls on this machine answer at once, those of the world in 50 to 300 ms;
both are measured, and the bar is on the second. That ratio is one of wall time, there is no other for it, so it is
worth something on a quiet machine alone; the share of the time for which one shop holds the file says how much two
could gain at most, and needs none.
"""

import argparse
import secrets
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import requests

from core.channels.contract import ChannelOrder
from core.channels.mall.client import MallChannel
from core.channels.mall.mapper import page_of
from core.channels.mall.signature import Signed, signing_headers
from core.db.driver import connect_sqlite
from core.db.unit_of_work import Store, Urgency
from core.fulfilment.taking import take_page
from core.runtime.http import HttpClient, Outgoing, endpoint
from core.runtime.strict_json import object_from_bytes
from core.sync.cursors import CHANGED, move
from core.sync.pulling import Puller
from core.sync.shops import shop_of
from tests.bench import pull_by_hand, yardstick
from tests.bench.measure import Series, paired_ratio, show, timed, verdict
from tests.bench.served_pages import MALL_KEY, PageServer, write_window
from tests.bench.shop import CARRIER, KEY, PAGE, BenchFile, Pages, add_shop, list_goods

BAR, GOAL = 0.55, 0.85
BAR_PER_S = 2500.0
BAR_TWO = 1.5
#: what tells the orders of the second shop from those of the first
_SECOND = 5_000_000

Window = Sequence[Sequence[ChannelOrder]]


class Pulling:
    """One file whose shops are pulled by the program's own means."""

    def __init__(self, path: Path, shops: int = 1) -> None:
        self.file = BenchFile.open(path)
        for number in range(2, shops + 1):
            self.file.store.write(lambda uow, n=number: (add_shop(uow, n), list_goods(uow, n)))
        self.http = HttpClient(self.file.clock)
        self.puller = Puller(self.file.store, self.file.digester.digest, CARRIER)
        self.shops = [self.file.store.read(lambda c, n=n: shop_of(c, n)) for n in range(1, shops + 1)]
        until = self.file.clock.now()
        for shop in self.shops:
            # A shop that was pulled a moment ago: a new one reads a week first.
            self.file.store.write(lambda uow, shop=shop: move(uow, shop.id, CHANGED, until))

    def channel(self, base: str) -> MallChannel:
        """The way to one window of the mall."""
        return MallChannel(endpoint(base), MALL_KEY, self.http)

    def pull(self, shop: int, base: str) -> None:
        """Pull one window of one shop (1, 2 ...)."""
        self.puller.pull(self.shops[shop - 1], self.channel(base))

    def close(self) -> None:
        """Give everything back."""
        self.http.close()
        self.file.close()


def main(arguments: Sequence[str] | None = None) -> bool:
    """Print orders per second and ratios; True when the bars are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--latency", type=int, default=150, help="ms that a mall of the world takes for a page")
    wish = parser.parse_args(arguments)
    pages, rounds = (8, 3) if wish.quick else (wish.pages, wish.rounds)
    with tempfile.TemporaryDirectory() as folder:
        is_met = _one_shop(Path(folder), pages, rounds)
    with tempfile.TemporaryDirectory() as folder:
        at_once = _two_shops(Path(folder), pages, rounds, 0)
    with tempfile.TemporaryDirectory() as folder:
        far_away = _two_shops(Path(folder), pages, rounds, wish.latency)
    print(f"  two shops that answer at once, orders per second over one (wall): {at_once:.2f}")
    name = f"two shops that take {wish.latency} ms for a page, orders per second over one (wall)"
    return verdict(name, far_away, BAR_TWO, higher_is_better=True) and is_met


def _one_shop(folder: Path, pages: int, rounds: int) -> bool:
    ours, theirs = Pulling(folder / "product.db"), Pulling(folder / "by-hand.db")
    bare = connect_sqlite(theirs.file.path, KEY)
    source = Pages()
    product, by_hand = Series(), Series()
    with ExitStack() as stack:
        stack.callback(theirs.close)
        stack.callback(ours.close)
        stack.callback(bare.close)
        session = stack.enter_context(requests.Session())
        server = stack.enter_context(PageServer(folder, ours.file.clock.now()))
        for number in range(rounds + 1):
            write_window(folder, f"r{number}", source.take(pages))
            ours.file.clock.advance(seconds=1)
            base, now = f"{server.url}/r{number}", ours.file.clock.now()
            sides: list[tuple[Series, Callable[[], object]]] = [
                (product, lambda base=base: ours.pull(1, base)),  # type: ignore[misc]
                (
                    by_hand,
                    lambda base=base, now=now: pull_by_hand.pull(bare, base, session, ours.file.digester.digest, now),  # type: ignore[misc]
                ),
            ]
            for series, work in sides if number % 2 else reversed(sides):
                cost = timed(work)
                if number:  # the first round warms both
                    series.add(cost)
        mine = stack.enter_context(closing(connect_sqlite(ours.file.path, KEY)))
        differing, rows = yardstick.differences(mine, bare), yardstick.row_count(mine)
        if differing:
            raise AssertionError(f"not the same rows: {differing[:5]}")
        stages = _measure_stages(folder, ours, server, source, pages, rounds)
    orders = pages * PAGE
    show(
        f"a shop pulled, {rows:,} rows in all tables of either file, the same row by row",
        ("", "CPU us/order", "orders/CPU s", "wall us/order", "orders/s"),
        [
            (name, s.cpu() / orders * 1e6, orders / s.cpu(), s.wall() / orders * 1e6, orders / s.wall())
            for name, s in (("product", product), ("by hand", by_hand))
        ],
    )
    show(
        "the stages of the product's pull, each for itself",
        ("", "CPU us/order"),
        [(name, series.cpu() / orders * 1e6) for name, series in stages.items()],
    )
    print(f"  wall ratio {paired_ratio(by_hand, product, by_wall=True):.2f}")
    most = by_hand.cpu() / stages["storing"].cpu()
    print(f"  the goal is {GOAL:g}; were all but the storing free, the share would be {most:.2f}")
    rate = verdict(
        "orders pulled and stored per CPU second", orders / product.cpu(), BAR_PER_S, higher_is_better=True
    )
    share = paired_ratio(by_hand, product)
    return verdict("pulling, share of hand-tuned (CPU)", share, BAR, higher_is_better=True) and rate


def _measure_stages(
    folder: Path, ours: Pulling, server: PageServer, source: Pages, pages: int, rounds: int
) -> dict[str, Series]:
    """What the stages cost by themselves, each over all pages of a window that nobody has seen yet."""
    stages: defaultdict[str, Series] = defaultdict(Series)
    place = endpoint(server.url)
    digest = ours.file.digester.digest
    for number in range(rounds):
        write_window(folder, f"s{number}", source.take(pages))
        targets = [f"/s{number}/v1/orders?updated_after=2026&limit=100&cursor={page}" for page in range(pages)]
        bodies: list[bytes] = []
        data: list[Mapping[str, object]] = []
        orders: list[Sequence[ChannelOrder]] = []
        asked: list[tuple[str, str]] = []

        def kept(purpose: str, text: str, asked: list[tuple[str, str]] = asked) -> str:
            asked.append((purpose, text))
            return digest(purpose, text)

        def fetch(targets: Sequence[str] = targets, bodies: list[bytes] = bodies) -> None:
            bodies += [ours.http.download(place, one, 1 << 24, accept="*/*", sign=_signed) for one in targets]

        def store(pages: list[Sequence[ChannelOrder]] = orders, kept: Callable[[str, str], str] = kept) -> None:
            for page in pages:
                ours.file.store.write(
                    lambda uow, page=page: take_page(uow, ours.shops[0].facts, page, kept, CARRIER),  # type: ignore[misc]
                    urgency=Urgency.LANE,
                )

        stages["HTTP, with the signature"].add(timed(fetch))
        stages["JSON"].add(timed(lambda: data.extend(map(object_from_bytes, bodies))))  # noqa: B023  timed before the next round
        stages["mapping"].add(timed(lambda: orders.extend(page_of(one)[0][0] for one in data)))  # noqa: B023  timed before the next round
        stages["storing"].add(timed(store))
        stages["of it digests"].add(timed(lambda: [digest(*one) for one in asked]))  # noqa: B023  timed before the next round
    return stages


def _signed(outgoing: Outgoing) -> Mapping[str, str]:
    stamp = str(int(outgoing.server_now.timestamp()))
    signed = Signed(outgoing.method, outgoing.target, stamp, secrets.token_hex(16), outgoing.body)
    return signing_headers(MALL_KEY.key, MALL_KEY.secret, signed)


def _held(store: Store) -> list[float]:
    """Notes from now on how many seconds each write of the store lasts, its waiting for others included."""
    held_s: list[float] = []
    write = store.write

    def noted(*args: Any, **more: Any) -> Any:
        began_s = time.perf_counter()
        try:
            return write(*args, **more)
        finally:
            held_s.append(time.perf_counter() - began_s)

    store.write = noted  # type: ignore[method-assign]
    return held_s


def _two_shops(folder: Path, pages: int, rounds: int, latency_ms: int) -> float:
    """Orders per second of two shops in two threads, over those of one shop in one (wall)."""
    ours = Pulling(folder / "product.db", shops=2)
    held_s = _held(ours.file.store)
    sources = [Pages(), Pages(known=_SECOND)]
    one, two = Series(), Series()
    shares = []
    with ExitStack() as stack:
        stack.callback(ours.close)
        server = stack.enter_context(PageServer(folder, ours.file.clock.now(), latency_ms))

        def alone(number: int) -> None:
            ours.pull(1, f"{server.url}/r{number}-one")

        def both(number: int) -> None:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda shop: ours.pull(shop, f"{server.url}/r{number}-{shop}"), (1, 2)))

        for number in range(rounds + 1):
            write_window(folder, f"r{number}-one", sources[0].take(pages))
            for shop in (1, 2):
                write_window(folder, f"r{number}-{shop}", sources[shop - 1].take(pages))
            sides = [(one, alone), (two, both)]
            for series, work in sides if number % 2 else reversed(sides):
                held_s.clear()
                cost = timed(lambda work=work, number=number: work(number))
                if number:
                    series.add(cost)
                    if series is one:
                        shares.append(sum(held_s) / cost.wall)
    share = statistics.median(shares)
    print(f"  at {latency_ms} ms a page one shop holds the file for {share:.0%} of the time: at most {1 / share:.2f}")
    return 2 * paired_ratio(one, two, by_wall=True)


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
