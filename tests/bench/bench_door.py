"""The door under load: reservations of one hot SKU over HTTP, against the same reservations without any HTTP.

    python -m tests.bench.bench_door [--calls 10000] [--clients 50] [--found 0.5] [--postgres URL]

`--found` is the share of calls that find stock. The clients run in processes of their own. Printed are calls a second,
the median, the 99th percentile and the slowest answer in milliseconds; and as ratios of CPU what a call costs in a group
of 50 against one that is alone, both without a socket, and over HTTP against one that is alone.
"""

import argparse
import json
import multiprocessing
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from core.gateway.calls import Call
from core.runtime.clock import SystemClock
from tests.support.door import Stand, example, line, open_door
from tests.support.world import Address, World, make_tables

_PROCESSES = 2
_BARE, _GROUP = 200, 50


def _client(access: tuple[str, str, str], number: int, calls: int, said: Any) -> None:
    client = example().DoorClient(*access)
    took, statuses = [], Counter[int]()
    for turn in range(calls):
        body = {"ref": f"L{number}-{turn}", "lines": [line("BEAR")]}
        began = time.perf_counter()
        statuses[client.send("POST", "/v1/reservations", body, key=f"k{number}-{turn}").status] += 1
        took.append(time.perf_counter() - began)
    client.close()
    said.put((took, statuses))


def _group(access: tuple[str, str, str], numbers: list[int], calls: int, said: Any) -> None:
    threads = [threading.Thread(target=_client, args=(access, number, calls, said)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _bare_ms(stand: Stand, group: int) -> float:
    """CPU of one reservation in this process, without a socket, so many at a time."""
    began = time.process_time()
    for place in range(0, _BARE, group):
        waiting = []
        for number in range(place, place + group):
            raw = json.dumps({"ref": f"B{group}-{number}", "lines": [line("BAG")]}).encode()
            headers = stand.mall.headers("POST", "/v1/reservations", raw, f"b{group}-{number}")
            call = Call("POST", "/v1/reservations", {name.lower(): text for name, text in headers.items()}, raw)
            waiting.append(stand.door.enter(stand.door.ask(call, "bench"))[0])
        stand.door.lead()
        if {one.result().status for one in waiting if one.result() is not None} != {201}:
            raise AssertionError("the bare operation did not reserve")
    return (time.process_time() - began) / _BARE * 1000


def run(address: Address, calls: int, clients: int, found: float) -> None:
    """One run; prints its line."""
    world = World(address, clock=SystemClock(), stock=max(int(calls * found), 3 * _BARE))
    with open_door(world) as stand:
        alone_ms, group_ms = _bare_ms(stand, 1), _bare_ms(stand, _GROUP)
        said: Any = multiprocessing.Queue()
        access = (stand.address, stand.key.key, stand.key.secret)
        began, cpu = time.perf_counter(), time.process_time()
        groups = [[number for number in range(clients) if number % _PROCESSES == part] for part in range(_PROCESSES)]
        fork = multiprocessing.get_context("fork")
        children = [fork.Process(target=_group, args=(access, group, calls // clients, said)) for group in groups]
        for child in children:
            child.start()
        results = [said.get() for _ in range(clients)]
        for child in children:
            child.join()
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    took = sorted(one for result in results for one in result[0])
    statuses = sum((result[1] for result in results), Counter[int]())
    world.check_stock()
    world.close()
    per_s, door_ms = len(took) / wall, cpu / len(took) * 1000
    p50, p99, slowest = (took[min(int(len(took) * part), len(took) - 1)] * 1000 for part in (0.5, 0.99, 1.0))
    print(
        f"{len(took)} calls, {clients} clients: {dict(statuses)}; {per_s:.0f}/s, p50 {p50:.0f} ms, p99 {p99:.0f} ms,"
        f" slowest {slowest:.0f} ms; CPU a call: alone {alone_ms:.1f} ms = 1, in a group of {_GROUP}"
        f" {group_ms / alone_ms:.2f}, over HTTP {door_ms / alone_ms:.2f}"
    )


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--found", type=float, default=0.5, help="share of the calls that find stock")
    parser.add_argument("--postgres", default="", help="an empty PostgreSQL database; SQLite where none is given")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "bench.db")
        address = Address(postgres_url=wish.postgres) if wish.postgres else Address(sqlite_path=path)
        make_tables(address)
        run(address, wish.calls, wish.clients, wish.found)


if __name__ == "__main__":
    main()
