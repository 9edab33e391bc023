"""A day of 20,000 orders over four shops of four platforms, in virtual time: what it costs, and that nothing is missed.

    python -m tests.bench.bench_day [--quick] [--orders 20000] [--step 5] [--seed 1]

The shops, their buyers and the carrier are `day_world`, in a process of its own. Here is the desk: the lanes' own work
(`core.behind`) pulls every shop, buys the numbers, asks a shop when a parcel opens, tells what left and tidies up, and
a clerk packs by scanning every unit and the label, all in turn on one thread whose CPU is told by stage. Beside it
a second clerk looks at pages of orders without a pause.

In the evening the shops are held against the records: every order is there once and stands where it stands at its
shop, every parcel was told once, every number that the carrier counts is on a parcel of ours, no stock is wrong, and
nothing waits or failed on its way out.
"""

import argparse
import ctypes
import json
import math
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from core.behind import Behind
from core.catalog.models import Sku
from core.catalog.records import SkuSpec
from core.catalog.service import take_in
from core.config import CoreConfig
from core.db.cipher import Digester
from core.db.engines import sqlite_engines
from core.db.keys import DataKey
from core.db.models import Outbox
from core.db.schema import all_tables
from core.db.unit_of_work import Actor, Store, UnitOfWork
from core.desk.orders import Orders
from core.desk.packing import Packing
from core.fulfilment.records import KnowledgeRule, OnOld
from core.inventory import queries
from core.inventory.models import Movement, StockLevel, Warehouse
from core.orders.models import Hold, Order
from core.orders.records import OrderFilter
from core.outside import Outside
from core.practice.catalogue import practice_catalogue
from core.runtime.clock import ManualClock
from core.sync.cursors import CASES, CHANGED, move
from core.sync.shops import add_shop
from core.waybills.accounts import Account, ServiceFactory, save_account
from core.waybills.contract import Sender, WaybillGrant, WaybillRequest, WaybillService
from core.waybills.models import Waybill
from core.waybills.numbers import lane_of
from tests.bench.day_world import Access, DayWorld, ToldOrder, Truth
from tests.bench.measure import percentile, show, verdict
from tests.bench.shop import KEY

#: midnight in China
BEGINS = datetime(2026, 6, 17, 16, 0, tzinfo=UTC)
CARRIER = "ZTO"
BAR_MEMORY_MB = 60.0
#: when the packers are there, and what they manage in all of these hours, in parts of the day's orders: in a rush
#: parcels wait, and meanwhile buyers move or want their money back
_SHIFT, _MANAGED = range(8, 24), 1.1
#: how old the shop's word may be at the outbound scan
_RULE = KnowledgeRule(600, OnOld.STOP)
_STOCK = 10_000_000
_SENDER = Sender("练习店仓库", "05710000000", "浙江省", "杭州市", "余杭区", "练习路18号")


class _AsZto:
    """The practice carrier under the name and in the numbers of one that all platforms know."""

    def __init__(self, practice: WaybillService) -> None:
        self._practice = practice
        self._theirs: dict[str, str] = {}

    def obtain(self, request: WaybillRequest) -> WaybillGrant:
        return self._renamed(self._practice.obtain(replace(request, carrier_code="PX")))

    def find(self, key: str) -> WaybillGrant | None:
        found = self._practice.find(key)
        return None if found is None else self._renamed(found)

    def cancel(self, carrier_code: str, number: str) -> None:
        del carrier_code
        self._practice.cancel("PX", self._theirs[number])

    def _renamed(self, grant: WaybillGrant) -> WaybillGrant:
        ours = zto_number(grant.number)
        self._theirs[ours] = grant.number
        return replace(grant, carrier_code=CARRIER, number=ours)


def zto_number(number: str) -> str:
    """A practice number (PX, twelve digits, a check digit) as fourteen digits that count up as well."""
    return f"731{number[3:14]}"


class _Outside(Outside):
    """The ways out, with that carrier."""

    _carrier: _AsZto | None = None

    def services(self) -> dict[str, ServiceFactory]:
        return {"practice": self._open}

    def _open(self, account: Account) -> WaybillService:
        self._carrier = self._carrier or _AsZto(self.practice_waybills(account))
        return self._carrier


class Desk:
    """The records and what works on them, and the CPU of each stage."""

    def __init__(self, path: Path, access: Access) -> None:
        self.clock = ManualClock(BEGINS)
        self.store = Store(sqlite_engines(path, KEY), self.clock, Actor("clerk", "desk-1"))
        all_tables().create_all(self.store.engines.writer)
        self.store.write(lambda uow: _furnish(uow, access))
        digest = Digester(DataKey(KEY)).digest
        config = CoreConfig(folder=path.parent, desk_id="desk-1", carrier_code=CARRIER, clock=self.clock)
        self.outside = _Outside(self.clock, None)
        self.behind = Behind(
            self.store, digest, config, self.outside, alerting=_no_alerts, refresh_people=lambda: None
        )
        self.shop_ids = [shop.id for shop in self.behind.shops()]
        for shop_id in self.shop_ids:
            self.behind.asking.serve(shop_id)
        self.packing = Packing(self.store, self.behind.asking, CARRIER, self.outside.channels)
        self.orders = Orders(self.store, digest, CARRIER)
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.verdicts: Counter[str] = Counter()
        self.barcodes = {
            sku_id: barcode
            for sku_id, code in self.store.read(lambda c: c.execute(select(Sku.id, Sku.code)).all())
            for barcode in [one.barcodes[0] for one in practice_catalogue() if one.code == code and one.barcodes]
        }
        self._nonce = 0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the CPU of this thread for a stage."""
        began = time.thread_time()
        try:
            yield
        finally:
            self.cpu[name] += time.thread_time() - began

    def work(self, parcels: int) -> None:
        """What one stretch of the day asks of the lanes and of the packers."""
        with self.stage("pulling"):
            for shop_id in self.shop_ids:
                self.behind.pull_shop(shop_id, all_open=False)
        with self.stage("numbers"):
            while self.behind.deliver(lane_of(CARRIER)):
                pass
        with self.stage("packing"):
            packed = 0
            while packed < parcels and self._pack():
                packed += 1
        with self.stage("telling the shops"):
            for shop_id in self.shop_ids:
                while self.behind.deliver(f"shop:{shop_id}"):
                    pass

    def tidy(self) -> None:
        """The lane that sweeps."""
        with self.stage("tidying"):
            self.behind.tidy()

    def _act(self, act: Callable[[str], Any]) -> Any:
        self._nonce += 1
        answer = act(f"n{self._nonce}")
        self.verdicts[answer.code] += 1
        return answer

    def _pack(self) -> bool:
        """Open the next parcel and pack it; False where nothing waits."""
        answer = self._act(self.packing.open_next)
        if answer.code != "parcel.opened":
            return False
        opened = answer.parcel
        # The lanes that ask the shops, in turn here.
        for shop_id in self.shop_ids:
            self.behind.asking.work(shop_id)
        parcel = self.packing.refresh(opened.id)
        if parcel is None or parcel.state not in ("to_pack", "packing"):
            self.verdicts["called off while open"] += 1
            return True
        for line in parcel.lines:
            for _ in range(line.missing_qty):
                code = self.barcodes[line.sku_id]
                self._act(lambda n, c=code: self.packing.scan_goods(parcel.id, parcel.fence, c, n))
        if not self._close(parcel.id, parcel.fence):
            self.packing.leave(parcel.id, parcel.fence)
        return True

    def _close(self, parcel_id: int, fence: int) -> bool:
        """Scan the label, and once more where the packer was told to read a note or to take the new label."""
        for _ in range(3):
            parcel = self.packing.refresh(parcel_id)
            if parcel is not None and not parcel.waybill_no:
                # It goes elsewhere since it was opened: the lane buys another number meanwhile.
                while self.behind.deliver(lane_of(CARRIER)):
                    pass
                parcel = self.packing.refresh(parcel_id)
            if parcel is None:
                return False
            number = parcel.waybill_no
            answer = self._act(lambda n, no=number: self.packing.scan_label(parcel_id, fence, no, n, _RULE))
            if answer.code not in ("note.changed", "label.unknown", "label.voided"):
                return bool(answer.code == "parcel.shipped")
        return False

    def drop_pages(self) -> None:
        """Let go of the pages of the file that SQLite keeps, 64 MB at most: they are no growth of the program's."""
        for engine in (self.store.engines.writer, self.store.engines.reader):
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA shrink_memory")
        if sys.platform == "linux":
            # What was freed in small pieces stays with the process otherwise.
            ctypes.CDLL(None).malloc_trim(0)

    def close(self) -> None:
        """Give everything back."""
        self.outside.close()
        self.store.close()


def _no_alerts() -> Any:
    raise AssertionError("no alerts here")


def _furnish(uow: UnitOfWork, access: Access) -> None:
    uow.insert_many(Warehouse, [{"code": "main", "name": "主仓"}])
    catalogue = practice_catalogue()
    specs = [
        SkuSpec(
            sku.code,
            sku.title,
            sku.title,
            sku.spec,
            sku.weight_g,
            barcodes=tuple((code, 1) for code in sku.barcodes),
            lacks_barcode=sku.has_no_barcode,
            components=tuple(sku.components),
        )
        for sku in catalogue
    ]
    ids = take_in(uow, specs)
    counted = [ids[sku.code] for sku in catalogue if not sku.is_bundle]
    uow.insert_many(
        StockLevel,
        [{"id": i, "warehouse_id": 1, "sku_id": sku, "on_hand_qty": _STOCK} for i, sku in enumerate(counted, 1)],
    )
    receipt = {"at": BEGINS, "qty": _STOCK, "kind": "receipt", "operator": "clerk"}
    uow.insert_many(Movement, [receipt | {"level_id": i, "key": f"receipt:{i}"} for i in range(1, len(counted) + 1)])
    for shop in access.shops:
        secret = json.dumps(dict(shop.secrets))
        shop_id = add_shop(uow, shop.channel, shop.name, shop.settings, secret, 1, confirms_shipments=True)
        # Pulled a moment ago: a new shop reads a week first.
        for feed in (CHANGED, CASES):
            move(uow, shop_id, feed, BEGINS)
    settings = {"key": access.carrier_key, "base_url": access.carrier_url}
    save_account(uow, Account("practice", CARRIER, "中通快递", settings, access.carrier_secret, _SENDER))


class Onlooker:
    """A clerk who looks at pages of orders without a pause, and notes how long each took."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._stop = threading.Event()
        self._failures: list[BaseException] = []
        self.wall: defaultdict[str, list[float]] = defaultdict(list)
        self.cpu: defaultdict[str, list[float]] = defaultdict(list)
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        try:
            while not self._stop.wait(0.3):
                page = self._timed("newest orders", lambda: self._orders.page(OrderFilter("all"), None, 100))
                self._timed("to pack", lambda: self._orders.page(OrderFilter("to_pack"), None, 100))
                self._timed("numbers on the chips", self._orders.pile_counts)
                if page.rows:
                    self._timed("one order", lambda page=page: self._orders.detail(page.rows[0].id))
        except BaseException as error:  # noqa: BLE001 - told on the thread that measures
            self._failures.append(error)

    def _timed(self, name: str, look: Callable[[], Any]) -> Any:
        cpu, wall = time.thread_time(), time.perf_counter()
        answer = look()
        self.wall[name].append((time.perf_counter() - wall) * 1000)
        self.cpu[name].append((time.thread_time() - cpu) * 1000)
        return answer

    def end(self) -> None:
        """Go home."""
        self._stop.set()
        self._thread.join()
        if self._failures:
            raise self._failures[0]


def resident_mb() -> float:
    """What the process holds in memory now, in MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6


def faults_of(desk: Desk, truth: Truth) -> list[str]:
    """Everything that the evening's records have otherwise than the shops and the carrier."""
    found: list[str] = []
    columns = (Order.shop_id, Order.order_no, Order.fulfilment)
    rows: Sequence[Any] = desk.store.read(lambda c: c.execute(select(*columns)).all())
    for shop_id, told in zip(desk.shop_ids, truth.shops, strict=True):
        ours = {no: fulfilment for shop, no, fulfilment in rows if shop == shop_id}
        if len(ours) != sum(shop == shop_id for shop, _, _ in rows):
            found.append(f"shop {shop_id}: an order is here twice")
        found += [f"shop {shop_id}: {no} is missing" for no in told.keys() - ours.keys() if told[no].was_paid]
        found += [f"shop {shop_id}: {no} is not the shop's" for no in ours.keys() - told.keys()]
        found += [
            f"shop {shop_id}: {no} is {ours[no]} here and {one.state} there with {len(one.numbers)} parcels"
            for no, one in told.items()
            if no in ours and not _agree(ours[no], one)
        ]
    numbers = desk.store.read(
        lambda c: c.execute(select(Waybill.number).where(Waybill.state == "obtained")).scalars().all()
    )
    live = {zto_number(number) for number in truth.live_numbers}
    found += [f"number {number} is the carrier's or ours alone" for number in live.symmetric_difference(numbers)]
    found += [str(one) for one in desk.store.read(queries.check_sums)]
    waits = select(Outbox.kind, Outbox.state, func.count(), func.max(Outbox.last_error)).where(Outbox.state != "done")
    left = desk.store.read(lambda c: c.execute(waits.group_by(Outbox.kind, Outbox.state)).all())
    found += [f"outbox: {count} of {kind} {state}: {error}" for kind, state, count, error in left]
    return found


def _agree(ours: str, theirs: ToldOrder) -> bool:
    if theirs.state == "shipped":
        return ours == "shipped" and len(theirs.numbers) == 1
    return theirs.state == "cancelled" and ours == "cancelled" and not theirs.numbers


@dataclass(frozen=True)
class Played:
    """A day and what came of it. Memory in MB by the hour, the file's size in bytes."""

    truth: Truth
    desk: Desk
    looks: Onlooker
    memory: Sequence[tuple[str, float]]
    faults: Sequence[str]
    held: Mapping[str, int]
    size: int
    took_s: float


def play(folder: Path, orders: int, step: int, seed: int = 1) -> Played:
    """Play a day of so many orders, each shop pulled every `step` minutes."""
    world = DayWorld(folder, BEGINS, orders, seed)
    path = folder / "day.db"
    desk = Desk(path, world.access)
    open_holds = select(Hold.reason, func.count()).where(Hold.released_at.is_(None)).group_by(Hold.reason)
    try:
        began = time.perf_counter()
        memory, looks = _live(desk, world, step, math.ceil(orders * _MANAGED * step / 60 / len(_SHIFT)))
        took_s = time.perf_counter() - began
        truth = world.end()
        faults = faults_of(desk, truth)
        rows: Sequence[Any] = desk.store.read(lambda c: c.execute(open_holds).all())
        held = dict(rows)
    finally:
        desk.close()
    return Played(truth, desk, looks, memory, faults, held, path.stat().st_size, took_s)


def main(arguments: Sequence[str] | None = None) -> bool:
    """Play the day and print what it cost; True when nothing is missed and the memory stays."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--step", type=int, default=5, help="minutes of the day between two pulls of a shop")
    parser.add_argument("--seed", type=int, default=1)
    wish = parser.parse_args(arguments)
    orders, step = (600, 20) if wish.quick else (wish.orders, wish.step)
    with tempfile.TemporaryDirectory() as folder:
        day = play(Path(folder), orders, step, wish.seed)
    _tell(day, step)
    grown = day.memory[-1][1] - day.memory[0][1]
    is_kept = verdict("memory that the day added, MB", grown, BAR_MEMORY_MB, higher_is_better=False)
    return verdict("missed or wrong in the evening", len(day.faults), 0, higher_is_better=False) and is_kept


def _tell(day: Played, step: int) -> None:
    placed, total = day.truth.acts["placed"], sum(day.desk.cpu.values())
    print(f"\nthe day: {', '.join(f'{name} {count:,}' for name, count in sorted(day.truth.acts.items()))}")
    print(f"  verdicts: {', '.join(f'{code} {count:,}' for code, count in day.desk.verdicts.most_common())}")
    if day.held:
        print(f"  still held: {', '.join(f'{reason} {count}' for reason, count in day.held.items())}")
    show(
        f"a day of {placed:,} orders, a shop pulled every {step} minutes, played in {day.took_s:.0f} s",
        ("", "CPU s", "CPU ms/order", "share"),
        [
            *((name, s, s / placed * 1000, f"{s / total:.0%}") for name, s in day.desk.cpu.items()),
            ("all", total, total / placed * 1000, ""),
        ],
    )
    show(
        "a clerk's looks beside it, ms",
        ("", "count", "wall p50", "wall p99", "slowest", "CPU p50", "slowest CPU"),
        [
            (
                name,
                len(wall),
                percentile(wall, 0.5),
                percentile(wall, 0.99),
                max(wall),
                percentile(cpu, 0.5),
                max(cpu),
            )
            for (name, wall), cpu in zip(day.looks.wall.items(), day.looks.cpu.values(), strict=True)
        ],
    )
    print(f"  the file: {day.size / 1e6:.1f} MB, {day.size / placed / 1000:.2f} kB per order and all that came of it")
    print(f"  memory, MB: {', '.join(f'{part} {mb:.0f}' for part, mb in day.memory)}")
    for fault in day.faults[:20]:
        print(f"  {fault}")


def _live(desk: Desk, world: DayWorld, step: int, parcels: int) -> tuple[list[tuple[str, float]], Onlooker]:
    """From midnight until nothing happens any more, so many parcels a step; the memory by hour, and the onlooker."""
    looks = Onlooker(desk.orders)
    memory: list[tuple[str, float]] = []
    try:
        for minute in range(step, 36 * 60, step):
            at = BEGINS + timedelta(minutes=minute)
            left = world.until(at)
            desk.clock.advance(seconds=(at - desk.clock.now()).total_seconds())
            is_late = minute > 24 * 60
            is_there = is_late or minute // 60 in _SHIFT
            desk.work(parcels if is_there else 0)
            if minute % 30 < step:
                desk.tidy()
            if minute % 240 < step:
                memory.append((f"{minute // 60}:00", resident_mb()))
            if is_late and not left and not desk.packing.to_pack():
                break
        # Once more, for what the shops say of what was told last.
        for _ in range(3):
            at = desk.clock.now() + timedelta(minutes=10)
            world.until(at)
            desk.clock.advance(minutes=10)
            desk.work(parcels)
            desk.tidy()
    finally:
        looks.end()
    memory.append(("evening", resident_mb()))
    desk.drop_pages()
    memory.append(("without the file's pages", resident_mb()))
    return memory, looks


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
