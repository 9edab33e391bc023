"""Engines that know what other tests of this process have asked: compiling takes longer than most of what is asked.

An engine keeps what it compiled, and a connection what it looked up in the server's catalogue. Every test opens its own
programs, so every test would begin by compiling and looking up again: half of its time.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.util import LRUCache

from core.db.engines import Engines

#: statements that are kept compiled: all that the tests of a process ask
_STATEMENTS = 4000
#: pools of one database that wait for the next test
_POOLS = 3


def knowing(engines: Engines, kind: str) -> Engines:
    """The same engines, knowing what others of their kind have compiled.

    `kind` names everything in which they may differ but the place of their data: the cipher is part of it.
    """
    for engine, role in ((engines.writer, "writer"), (engines.reader, "reader")):
        _share(engine, f"{kind} {role}")
    return engines


_known: dict[str, Engine] = {}


def _share(engine: Engine, name: str) -> None:
    first = _known.get(name)
    if first is None:
        # What a dialect finds out about its server it finds out with the first connection.
        with engine.connect():
            pass
        engine._compiled_cache = LRUCache(_STATEMENTS)
        _known[name] = engine
        return
    engine.dialect = first.dialect
    engine._compiled_cache = first._compiled_cache


@dataclass(frozen=True)
class _Lent(Engines):
    """Closing them gives them back: their connections wait for the next test."""

    home: "list[Engines]"
    is_back: "list[bool]"

    def dispose(self) -> None:
        """Give them back, or close them where enough are waiting."""
        if self.is_back:
            return
        self.is_back.append(True)
        plain = Engines(self.writer, self.reader)
        # A program that ends after its test finds nobody waiting: its connections would be dropped while open.
        if len(self.home) < _POOLS and any(self.home is one for one in _homes.values()):
            self.home.append(plain)
        else:
            plain.dispose()


_homes: dict[tuple[int, str], list[Engines]] = {}


@contextmanager
def kept(url: str) -> Iterator[None]:
    """While the block runs the pools of this database are kept for the next program of this process."""
    name = (os.getpid(), url)
    _homes[name] = []
    try:
        yield
    finally:
        for engines in _homes.pop(name):
            engines.dispose()


def is_kept(url: str) -> bool:
    """Whether the pools of a database are kept."""
    return (os.getpid(), url) in _homes


def lent(url: str, make: Callable[[], Engines]) -> Engines:
    """Engines of a database whose pools are kept: those that wait, or new ones."""
    home = _homes[os.getpid(), url]
    found = home.pop() if home else make()
    return _Lent(found.writer, found.reader, home, [])
