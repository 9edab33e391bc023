"""The world around a desk whose power is cut: shop, carrier, paper and the clerk's memory, which never roll back."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from core.catalog.models import Sku
from core.db.backup import DATABASE_FILE
from core.db.engines import connect_sqlite
from core.db.integrity import findings_of
from core.db.key_sources import FileSource
from core.db.open import OpenedStore, StoreConfig, open_store
from core.db.unit_of_work import Actor
from core.fulfilment.models import Parcel, Scan
from core.inventory.models import StockLevel
from core.inventory.queries import check_sums
from core.orders.models import Order
from core.practice.catalogue import practice_catalogue
from core.practice.generator import generate_orders
from core.practice.server import PracticeServer, kept_secrets
from core.runtime.clock import SystemClock
from core.waybills.models import PrintJob, Waybill
from tests.e2e.power_child import KEY, PAPER, SEEN, SHOP, number_on
from tests.simulators.tspl_engine import TsplEngine
from tests.support.disk import Disk
from tests.support.fault_shim import recorded

ROOT = Path(__file__).resolve().parents[2]
ORDERS = 6


@dataclass(frozen=True, slots=True)
class Place:
    """Where the power goes (see `power_child`), how often, and at the how-manieth moment of that kind."""

    where: str
    weight: int
    first: int
    last: int


#: one undisturbed run with so many orders has about 1000 to 1300 file operations, 6 labels and 30 calls; a life goes on
#: after each cut, so that these reach its end too
ANYWHERE = (
    Place("disk-before", 3, 1, 700),
    Place("disk-after", 3, 1, 700),
    Place("paper-before", 1, 1, 2),
    Place("paper-half", 1, 1, 2),
    Place("paper-after", 1, 1, 2),
    Place("wire-before", 1, 1, 8),
    Place("wire-after", 2, 1, 8),
)
#: late enough that something was acknowledged; without a sync for each commit a run has half as many operations
WHILE_PACKING = (Place("disk-after", 1, 400, 600),)


@dataclass
class Tally:
    """What became of all cuts. `lost` counts cuts after which something acknowledged was gone."""

    cuts: int = 0
    broken: int = 0
    lost: int = 0
    lives: int = 0
    orders: int = 0
    acts: int = 0
    questions: int = 0
    places: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)


class World:
    """One desk's outside. `live` plays one life: from an empty shop to everything shipped, with cuts on the way."""

    def __init__(
        self, folder: Path, shim: Path, seed: int, *, synchronous: str = "FULL", places: Sequence[Place] = ANYWHERE
    ) -> None:
        self._folder, self._shim, self._synchronous = folder, shim, synchronous
        self._places = places
        self._rng = random.Random(seed)
        self._port = 0
        self._template = folder / "template"
        self._secrets = folder / "secrets"
        self.tally = Tally()
        self._make_template()

    def _make_template(self) -> None:
        # Every life uses the same folder outside: the paper's place is part of the printer's settings.
        outside = self._folder / "outside"
        with self._shop(outside):
            done = self._child(self._template, outside, "setup")
        assert done.returncode == 0, done.stderr

    @contextmanager
    def _shop(self, outside: Path) -> Any:
        keys = kept_secrets(self._secrets)
        outside.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._secrets / "practice-secrets.json", outside / "practice-secrets.json")
        with PracticeServer(outside, keys, SystemClock(), port=self._port) as server:
            self._port = server._http.server_port if server._http else 0
            place = {
                "url": server.url,
                "carrier_url": server.carrier_url,
                "key": keys.control.key,
                "secret": keys.control.secret,
            }
            (outside / SHOP).write_text(json.dumps(place))
            yield server

    def _child(self, folder: Path, outside: Path, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.e2e.power_child", str(folder), str(outside), *words]
        environment = dict(os.environ) if words[0] == "setup" else {**os.environ, "LD_PRELOAD": str(self._shim)}
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    def live(self, most_cuts: int, *, is_ended: bool = True) -> None:
        """Play one life with up to so many cuts; let it end undisturbed then, and look at everything."""
        folder, outside = self._folder / "desk", self._folder / "outside"
        for old in (folder, outside):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(self._template, folder)
        with self._shop(outside) as server:
            generate_orders(server.shop, ORDERS, seed=self._rng.randrange(10**6))
            self._until_done(folder, outside, server, most_cuts, is_ended=is_ended)
            if is_ended:
                self._judge_the_end(folder, outside, server)
        self.tally.lives += 1

    def _until_done(
        self, folder: Path, outside: Path, server: PracticeServer, most_cuts: int, *, is_ended: bool
    ) -> None:
        log = self._folder / "record.log"
        data = folder / "data"
        for left in range(most_cuts, -1, -1):
            if not left and not is_ended:
                return
            place = self._rng.choices(self._places, [place.weight for place in self._places])[0]
            at = self._rng.randint(place.first, place.last)
            disk = Disk({path.name: path.read_bytes() for path in _database_files(data)})
            done = self._child(
                folder, outside, "work", self._synchronous, str(at if left else 0), place.where, str(log)
            )
            if done.returncode == 0:
                return
            if done.returncode != -9:
                self.tally.complaints.append(f"life {self.tally.lives}: it ended with {done.stderr[-1500:]}")
                return
            self.tally.places[place.where] += 1
            disk.follow(recorded(log.read_bytes()))
            self._lose_power(data, disk)
            self._look_at_image(folder, outside)
            if self._rng.random() < 0.4:
                # Customers do not know that the desk is dark.
                generate_orders(server.shop, 1, seed=self._rng.randrange(10**6))

    def _lose_power(self, data: Path, disk: Disk) -> None:
        for path in _database_files(data):
            path.unlink()
        for name, content in disk.after_cut(self._rng).items():
            (data / name).write_bytes(content)
        self.tally.cuts += 1

    def _look_at_image(self, folder: Path, outside: Path) -> None:
        """What the disk holds now, before anything mends it: on a copy, because opening it writes to it."""
        image = self._folder / "image"
        shutil.rmtree(image, ignore_errors=True)
        shutil.copytree(folder, image)
        is_whole, kept = _scans_in(image)
        self.tally.broken += not is_whole
        self.tally.lost += any(kept.get(act["nonce"]) != act["code"] for act in _seen(outside) if act["nonce"])

    # --- the end of a life --------------------------------------------------------------------------------------

    def _judge_the_end(self, folder: Path, outside: Path, server: PracticeServer) -> None:
        seen = _seen(outside)
        opened = _open(folder)
        try:
            found = [*_at_the_shop(server), *_in_the_books(opened, server, seen), *_on_paper(opened, outside)]
        finally:
            opened.close()
        self.tally.orders += server.shop.summary()["orders"]
        self.tally.acts += len(seen)
        self.tally.questions += sum(act["act"] == "answer_unknown" for act in seen)
        self.tally.complaints += [f"life {self.tally.lives}: {complaint}" for complaint in found]


def _database_files(data: Path) -> Sequence[Path]:
    return [
        data / name
        for name in (DATABASE_FILE, f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm")
        if (data / name).exists()
    ]


def _seen(outside: Path) -> Sequence[Mapping[str, Any]]:
    path = outside / SEEN
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _open(folder: Path) -> OpenedStore:
    config = StoreConfig(folder / "data", FileSource(folder / KEY), Actor("test", "test"), SystemClock())
    return open_store(config)


def _scans_in(folder: Path) -> tuple[bool, Mapping[str, str]]:
    """Whether the file is whole, and the verdict under each nonce."""
    from sqlcipher3 import dbapi2

    from core.db.keys import load_key

    key = load_key(folder / "data", FileSource(folder / KEY))
    try:
        connection = connect_sqlite(folder / "data" / DATABASE_FILE, key.file_key, must_exist=True)
    except dbapi2.Error:
        return False, {}
    try:
        findings = findings_of(connection, thorough=False)
        rows = connection.execute("SELECT nonce, verdict FROM scan").fetchall()
    except dbapi2.Error:
        return False, {}
    finally:
        connection.close()
    return not findings, {nonce: verdict.partition("/")[0] for nonce, verdict in rows}


def _at_the_shop(server: PracticeServer) -> Sequence[str]:
    """Every order is shipped, each line told exactly once, under numbers the carrier granted and nobody wastes."""
    counts = server.shop.summary()
    complaints = []
    if counts["shipped"] != counts["orders"]:
        complaints.append(f"{counts['shipped']} of {counts['orders']} orders are shipped at the shop")
    told: Counter[tuple[str, str]] = Counter()
    for parcel in server.shop.shipments():
        told.update({(parcel.order_no, line_no): qty for line_no, qty in parcel.lines})
    sold = {
        (order["no"], line["line_no"]): line["qty"]
        for order in server.shop.orders.everything()
        for line in order["lines"]
    }
    complaints += [
        f"line {line} was told {told[line]} times {qty}" for line, qty in sold.items() if told[line] != qty
    ]
    used = {parcel.no for parcel in server.shop.shipments()}
    if server.carrier.live_numbers() != used:
        complaints.append(f"numbers bought {sorted(server.carrier.live_numbers())}, used {sorted(used)}")
    return complaints


def _in_the_books(opened: OpenedStore, server: PracticeServer, seen: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    read = opened.store.read
    complaints = [f"sums differ: {wrong}" for wrong in read(check_sums)]
    orders = {row[0] for row in read(lambda c: c.execute(select(Order.order_no)).all())}
    placed = {order["no"] for order in server.shop.orders.everything()}
    if orders != placed:
        complaints.append(f"orders lost {placed - orders}, invented {orders - placed}")
    scans = read(lambda c: c.execute(select(Scan.nonce, Scan.verdict)).all())
    kept = {row.nonce: row.verdict.partition("/")[0] for row in scans}
    complaints += [f"act {act} is lost" for act in seen if act["nonce"] and kept.get(act["nonce"]) != act["code"]]
    states = Counter(row[0] for row in read(lambda c: c.execute(select(Parcel.state)).all()))
    if set(states) != {"shipped"}:
        complaints.append(f"parcels are {dict(states)}")
    valid = select(func.count()).where(Waybill.state == "obtained").group_by(Waybill.parcel_id)
    if {row[0] for row in read(lambda c: c.execute(valid).all())} != {1}:
        complaints.append("a parcel has another number of valid waybills than one")
    return complaints + list(_stock_moved(opened, server))


def _stock_moved(opened: OpenedStore, server: PracticeServer) -> Sequence[str]:
    """What is on the shelf is what was there less what the shop sold: shipped once, not twice."""
    skus = {sku.code: sku for sku in practice_catalogue()}
    expected = Counter({sku.code: sku.opening_qty for sku in skus.values() if not sku.components})
    for order in server.shop.orders.everything():
        for line in order["lines"]:
            for code, qty in skus[line["sku"]].components or ((line["sku"], 1),):
                expected[code] -= qty * line["qty"]
    query = select(Sku.code, StockLevel.on_hand_qty).join(Sku, Sku.id == StockLevel.sku_id)
    found = {row.code: row.on_hand_qty for row in opened.store.read(lambda c: c.execute(query).all())}
    return [
        f"{code}: {found.get(code)} on the shelf, not {qty}"
        for code, qty in expected.items()
        if found.get(code) != qty
    ]


def _on_paper(opened: OpenedStore, outside: Path) -> Sequence[str]:
    """One paper for every number: the clerk looks before he answers, so no copy is ever needed."""
    engine = TsplEngine()
    engine.feed((outside / PAPER).read_bytes())
    papers = Counter(number_on(paper) for paper in engine.papers)
    numbers = {row[0] for row in opened.store.read(lambda c: c.execute(select(Waybill.number)).all())}
    # What goes before the first label of each run, in case the run before ended inside a picture, is one such line.
    unknown = [line for line in engine.errors if set(line) != {0xFF}]
    complaints = [f"label {number} came out {count} times" for number, count in papers.items() if count != 1]
    if set(papers) != numbers:
        complaints.append(f"labels {sorted(papers)}, numbers {sorted(map(str, numbers))}")
    left = opened.store.read(
        lambda c: c.execute(
            select(PrintJob.id, PrintJob.state).where(PrintJob.state.not_in(("confirmed", "failed", "sent")))
        ).all()
    )
    return [*complaints, *(f"print job {row.id} is {row.state}" for row in left), *map(repr, unknown)]
