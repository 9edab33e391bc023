"""Power cuts: record real writes, then build what a disk may hold after losing power at any operation.

`python -m tests.support.power_cut SYNCHRONOUS CUTS SEED FOLDER` (under the shim) prints one JSON object. The model is
adversarial: what was synced is there; of later operations on a file 40 % are lost, 20 % of the kept writes are torn
at a sector of 512 bytes, 5 % come out as garbage, and the rest arrives in any selection.
"""

import json
import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.db.driver import connect_sqlite
from core.db.integrity import findings_of
from tests.support.fault_shim import Kind, Mode, Recorded, Shim, recorded
from tests.support.faults import DATABASE, numbers_in, open_store, write_one
from tests.support.stores import TEST_KEY, make_sqlite_template

WRITES = 40
_LOST, _TORN, _GARBAGE = 0.4, 0.2, 0.05
_SECTOR = 512


@dataclass(slots=True)
class _File:
    """What is on the disk for sure, and what has not been synced yet."""

    durable: bytearray | None
    pending: list[Recorded] = field(default_factory=list)

    def sync(self) -> None:
        for operation in self.pending:
            self.durable = _applied(self.durable, operation)
        self.pending = []

    def after_cut(self, rng: random.Random) -> bytearray | None:
        content = None if self.durable is None else bytearray(self.durable)
        for operation in self.pending:
            if rng.random() >= _LOST:
                content = _applied(content, _spoiled(operation, rng))
        return content


def _applied(content: bytearray | None, operation: Recorded) -> bytearray | None:
    if operation.kind is Kind.UNLINK:
        return None
    found = bytearray() if content is None else content
    if operation.kind is Kind.TRUNCATE:
        size = operation.offset
        return found[:size] if size <= len(found) else found + bytes(size - len(found))
    end = operation.offset + len(operation.data)
    if end > len(found):
        found.extend(bytes(end - len(found)))
    found[operation.offset : end] = operation.data
    return found


def _spoiled(operation: Recorded, rng: random.Random) -> Recorded:
    if operation.kind is not Kind.WRITE or len(operation.data) <= _SECTOR:
        return operation
    chance = rng.random()
    if chance < _GARBAGE:
        return Recorded(operation.kind, operation.path, operation.offset, rng.randbytes(len(operation.data)))
    if chance < _GARBAGE + _TORN:
        kept = rng.randrange(_SECTOR, len(operation.data), _SECTOR)
        return Recorded(operation.kind, operation.path, operation.offset, operation.data[:kept])
    return operation


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
    # The shared memory is made anew at every start.
    return [one for one in recorded(log.read_bytes()) if one.kind is Kind.MARK or not one.path.endswith("-shm")]


def images(
    operations: Sequence[Recorded], template: bytes, cuts: Sequence[int], rng: random.Random
) -> Iterator[tuple[int, int, dict[str, bytearray | None]]]:
    """For each cut: its place, the last acknowledged number, and the files a disk may hold."""
    files = {DATABASE: _File(bytearray(template))}
    acknowledged = 0
    wanted = Counter(cuts)
    for position, operation in enumerate(operations, 1):
        if operation.kind is Kind.MARK:
            acknowledged = operation.offset
        else:
            file = files.setdefault(Path(operation.path).name, _File(None))
            if operation.kind is Kind.SYNC:
                file.sync()
            else:
                file.pending.append(operation)
        for _ in range(wanted[position]):
            yield position, acknowledged, {name: file.after_cut(rng) for name, file in files.items()}


def judge(folder: Path, files: dict[str, bytearray | None], acknowledged: int) -> tuple[bool, bool]:
    """Whether an image is broken (damaged or half a write), and whether it lost something acknowledged."""
    from sqlcipher3 import dbapi2

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        if content is not None:
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
    for _, acknowledged, files in images(operations, template.read_bytes(), places, rng):
        is_broken, has_lost = judge(folder / "image", files, acknowledged)
        tried, broken, lost = tried + 1, broken + is_broken, lost + has_lost
    said = {"operations": len(operations), "cuts": tried, "broken": broken, "lost": lost, "acknowledged": len(marks)}
    sys.stdout.write(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
