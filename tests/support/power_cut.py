"""Power cuts: record real writes, then build what a disk may hold after losing power at any operation.

`python -m tests.support.power_cut SCENARIO SYNCHRONOUS CUTS SEED FOLDER` (under the shim) prints one JSON object; the
model of the disk is `tests.support.disk`. What is written: forty plain writes, or a dozen acts of the stock.
"""

import json
import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from core.db.driver import connect_sqlite
from core.db.integrity import findings_of
from core.db.unit_of_work import Store, UnitOfWork
from core.runtime.errors import DomainError
from tests.support import stock_acts
from tests.support.disk import Disk
from tests.support.fault_shim import Kind, Mode, Recorded, Shim, recorded
from tests.support.faults import DATABASE, check_stock_file, numbers_in, open_store, write_one
from tests.support.stores import TEST_KEY, make_sqlite_template


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is written, and what a file that survived is asked.

    Attributes:
        furnish: fills the file before the recording starts.
        prepare: what the store needs besides.
        write: one write, by its number from 1.
        writes: how many there are.
        there: which writes are in a file, and what is wrong with it.
    """

    furnish: Callable[[Path], None]
    prepare: Callable[[Store], Store]
    write: Callable[[UnitOfWork, int], object]
    writes: int
    there: Callable[[Path], tuple[frozenset[int], list[str]]]


def _plainly_there(path: Path) -> tuple[frozenset[int], list[str]]:
    connection = connect_sqlite(path, TEST_KEY.file_key, must_exist=True)
    try:
        findings = findings_of(connection, thorough=False)
        there, halves = numbers_in(connection)
    finally:
        connection.close()
    return frozenset(there), findings + halves


SCENARIOS = {
    "writes": Scenario(lambda _: None, lambda store: store, write_one, 40, _plainly_there),
    "stock": Scenario(stock_acts.furnish, stock_acts.prepare, stock_acts.act, len(stock_acts.ACTS), check_stock_file),
}


def record(scenario: Scenario, template: Path, folder: Path, synchronous: str) -> list[Recorded]:
    """The operations of the writes in a child, with a mark after each acknowledged one."""
    folder.mkdir()
    path = folder / DATABASE
    shutil.copyfile(template, path)
    log = folder / "record.log"
    child = os.fork()
    if child == 0:
        status = 1
        try:
            descriptor = os.open(log, os.O_WRONLY | os.O_CREAT, 0o600)
            shim = Shim()
            shim.arm(Mode.RECORD, DATABASE, log=descriptor)
            store = scenario.prepare(open_store(path, synchronous, checkpoint_pages=25))
            for number in range(1, scenario.writes + 1):
                store.write(lambda uow, number=number: scenario.write(uow, number))  # type: ignore[misc]  # loop value
                shim.mark(number)
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise RuntimeError(f"the recorded run ended with {status}")
    return list(recorded(log.read_bytes()))


def images(
    operations: Sequence[Recorded], template: bytes, cuts: Sequence[int], rng: random.Random
) -> Iterator[tuple[int, Mapping[str, bytearray]]]:
    """For each cut: the last acknowledged number, and the files a disk may hold."""
    disk = Disk({DATABASE: template})
    acknowledged = 0
    wanted = Counter(cuts)
    for position, operation in enumerate(operations, 1):
        if operation.kind is Kind.MARK:
            acknowledged = operation.offset
        disk.follow([operation])
        for _ in range(wanted[position]):
            yield acknowledged, disk.after_cut(rng)


def judge(scenario: Scenario, folder: Path, files: Mapping[str, bytearray], acknowledged: int) -> tuple[bool, bool]:
    """Whether an image is broken (damaged or half a write), and whether it lost something acknowledged."""
    from sqlcipher3 import dbapi2

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    try:
        there, complaints = scenario.there(folder / DATABASE)
    except (dbapi2.Error, DBAPIError, DomainError):
        return True, True
    return bool(complaints), not set(range(1, acknowledged + 1)) <= there


def main(arguments: Sequence[str]) -> int:
    """Cut the power `CUTS` times at random places of one recorded run."""
    name, synchronous, cuts, seed, where = arguments
    scenario, folder = SCENARIOS[name], Path(where)
    rng = random.Random(int(seed))
    template = make_sqlite_template(folder / "template.db")
    scenario.furnish(template)
    operations = record(scenario, template, folder / "run", synchronous)
    places = [rng.randrange(1, len(operations) + 1) for _ in range(int(cuts))]
    broken = lost = tried = 0
    marks = [operation.offset for operation in operations if operation.kind is Kind.MARK]
    for acknowledged, files in images(operations, template.read_bytes(), places, rng):
        is_broken, has_lost = judge(scenario, folder / "image", files, acknowledged)
        tried, broken, lost = tried + 1, broken + is_broken, lost + has_lost
    said = {"operations": len(operations), "cuts": tried, "broken": broken, "lost": lost, "acknowledged": len(marks)}
    sys.stdout.write(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
