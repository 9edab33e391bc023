"""Power cuts: record real writes, then build what a disk may hold after losing power at any operation.

`python -m tests.support.power_cut SYNCHRONOUS CUTS SEED FOLDER` (under the shim) prints one JSON object; the model of
the disk is `tests.support.disk`.
"""

import json
import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from core.db.engines import connect_sqlite
from core.db.integrity import findings_of
from tests.support.disk import Disk
from tests.support.fault_shim import Kind, Mode, Recorded, Shim, recorded
from tests.support.faults import DATABASE, numbers_in, open_store, write_one
from tests.support.stores import TEST_KEY, make_sqlite_template

WRITES = 40


def record(template: Path, folder: Path, synchronous: str) -> list[Recorded]:
    """The operations of forty writes in a child, with a mark after each acknowledged one."""
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
            store = open_store(path, synchronous, checkpoint_pages=25)
            for number in range(1, WRITES + 1):
                store.write(lambda uow, number=number: write_one(uow, number))  # type: ignore[misc]  # loop value
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


def judge(folder: Path, files: Mapping[str, bytearray], acknowledged: int) -> tuple[bool, bool]:
    """Whether an image is broken (damaged or half a write), and whether it lost something acknowledged."""
    from sqlcipher3 import dbapi2

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    try:
        connection = connect_sqlite(folder / DATABASE, TEST_KEY.file_key, must_exist=True)
    except dbapi2.Error:
        return True, True
    try:
        findings = findings_of(connection, thorough=False)
        there, halves = numbers_in(connection)
    except dbapi2.Error:
        return True, True
    finally:
        connection.close()
    return bool(findings or halves), not set(range(1, acknowledged + 1)) <= there


def main(arguments: Sequence[str]) -> int:
    """Cut the power `CUTS` times at random places of one recorded run."""
    synchronous, cuts, seed, where = arguments
    folder = Path(where)
    rng = random.Random(int(seed))
    template = make_sqlite_template(folder / "template.db")
    operations = record(template, folder / "run", synchronous)
    places = [rng.randrange(1, len(operations) + 1) for _ in range(int(cuts))]
    broken = lost = tried = 0
    marks = [operation.offset for operation in operations if operation.kind is Kind.MARK]
    for acknowledged, files in images(operations, template.read_bytes(), places, rng):
        is_broken, has_lost = judge(folder / "image", files, acknowledged)
        tried, broken, lost = tried + 1, broken + is_broken, lost + has_lost
    said = {"operations": len(operations), "cuts": tried, "broken": broken, "lost": lost, "acknowledged": len(marks)}
    sys.stdout.write(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
