"""What a disk may hold after losing power: the synced state of some files, and what was written to them since.

The model is adversarial: what was synced is there; of later operations on a file 40 % are lost, 20 % of the kept
writes are torn at a sector of 512 bytes, 5 % come out as garbage, and the rest arrives in any selection.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.db.driver import connect_sqlite
from tests.support.fault_shim import Kind, Recorded

_LOST, _TORN, _GARBAGE = 0.4, 0.2, 0.05
_SECTOR = 512


class Disk:
    """Files by name, followed operation by operation; one that vanished has no content."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = {name: _File(bytearray(content)) for name, content in files.items()}

    def follow(self, operations: Iterable[Recorded]) -> None:
        """Take over recorded operations; the shared memory of SQLite is made anew at every start and left out."""
        for operation in operations:
            name = Path(operation.path).name
            if operation.kind is Kind.MARK or name.endswith("-shm"):
                continue
            file = self._files.setdefault(name, _File(None))
            if operation.kind is Kind.SYNC:
                file.sync()
            else:
                file.pending.append(operation)

    def after_cut(self, rng: random.Random) -> Mapping[str, bytearray]:
        """What the files may hold if the power goes now."""
        images = {name: file.after_cut(rng) for name, file in self._files.items()}
        return {name: content for name, content in images.items() if content is not None}


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


def spoil_tables(database: Path, file_key: bytes) -> None:
    """Pages of tables and indexes that opening the file does not read become noise; nobody may have it open."""
    bare = connect_sqlite(database, file_key, must_exist=True)
    wanted = (
        "SELECT rootpage FROM sqlite_schema WHERE tbl_name IN ('customer_change', 'channel_copy') AND rootpage > 0"
    )
    pages = [page for (page,) in bare.execute(wanted).fetchall()]
    size = bare.execute("PRAGMA page_size").fetchone()[0]
    bare.close()
    with database.open("r+b") as file:
        for page in pages:
            file.seek((int(page) - 1) * int(size))
            file.write(bytes(int(size)))
