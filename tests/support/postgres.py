"""A private PostgreSQL cluster for a test run: on a socket in a temporary folder of its own.

The cluster lives in a keeper process (`postgres_keeper`), which stops it and removes its folder even when the
test run is killed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

from tests.support.postgres_programs import find_postgres_programs

STOP_TIMEOUT_S = 30.0
#: names the socket file
_PORT = 5432


class PostgresMissing(Exception):
    """No PostgreSQL server programs are on this machine; the text names the package."""

    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL is not installed: apt install postgresql (or run the tests with --without-postgres)"
        )


class PrivateCluster:
    """One running server of our own. Use as a context manager.

    Args:
        is_durable: keep fsync on, for tests that pull the plug; else everything that only protects against a
            power cut is off.
        max_connections: how many sessions may be open at once.
        port: where it listens on loopback too, for programs that cannot speak over a socket file; None: nowhere.

    Raises:
        PostgresMissing: when the server programs are not installed.
        RuntimeError: when the server does not start; with what it said.
    """

    def __init__(self, *, is_durable: bool = False, max_connections: int = 200, port: int | None = None) -> None:
        self._port = port or _PORT
        self._settings = [f"max_connections={max_connections}", "shared_buffers=32MB", "timezone=UTC"]
        if not is_durable:
            self._settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        if port is not None:
            self._settings += ["listen_addresses=127.0.0.1", f"port={port}"]
        self._names = count(1)
        self._templates: set[str] = set()

    def __enter__(self) -> "PrivateCluster":
        programs = find_postgres_programs()
        if programs is None:
            raise PostgresMissing
        # A socket's path may be 107 bytes long, so not under pytest's own long temporary folder.
        self.folder = Path(tempfile.mkdtemp(prefix="packdesk-pg-"))
        uid, gid = _server_user()
        keeper = Path(__file__).with_name("postgres_keeper.py")
        command = [sys.executable, "-I", str(keeper), str(programs), str(self.folder), str(uid), str(gid)]
        self._keeper = subprocess.Popen(
            [*command, *self._settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )
        said = self._keeper.stdout.readline().strip() if self._keeper.stdout else ""
        if said != "ready":
            rest = self._keeper.stdout.read() if self._keeper.stdout else ""
            self._close()
            raise RuntimeError(f"the private PostgreSQL cluster did not start: {said} {rest}".strip())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._keeper.stdin:
            self._keeper.stdin.close()
        self._keeper.wait(STOP_TIMEOUT_S)
        if self._keeper.stdout:
            self._keeper.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def server_pid(self) -> int:
        """The id of the server process."""
        return int((self.folder / "data" / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])

    def url(self, database: str) -> str:
        """Return SQLAlchemy's address of a database of this cluster."""
        return f"postgresql+psycopg://packdesk@/{database}?host={self.folder}&port={self._port}"

    def create(self, name: str) -> None:
        """Make an empty database that stays."""
        self._do("CREATE DATABASE {}", name)

    @contextmanager
    def fresh_database(self, template: str = "template1") -> Iterator[str]:
        """Give the address of a new database, a copy of `template`; dropped afterwards in any case."""
        name = f"test_{next(self._names)}"
        self._do("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield self.url(name)
        finally:
            self._do("DROP DATABASE {} WITH (FORCE)", name)

    def template(self, name: str, fill: Callable[[str], None]) -> str:
        """Return `name` as a template for `fresh_database`, made once by `fill(address)`.

        `fill` must close its connections: PostgreSQL copies only a database that nobody uses.
        """
        if name not in self._templates:
            self._do("CREATE DATABASE {}", name)
            fill(self.url(name))
            self._templates.add(name)
        return name

    def raw_data(self, *, with_log: bool = False) -> bytes:
        """Every byte of the tables' files (and of the write-ahead log), as a stolen disk shows them."""
        self._do("CHECKPOINT")
        folders = [self.folder / "data" / name for name in ("base", "global", *(["pg_wal"] if with_log else []))]
        files = (file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file())
        return b"".join(file.read_bytes() for file in files)

    def _do(self, statement: str, *names: str) -> None:
        with psycopg.connect(
            host=str(self.folder), port=self._port, dbname="postgres", user="packdesk", autocommit=True
        ) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _server_user() -> tuple[int, int]:
    """Return who the server runs as: ourselves, or for root the account of Debian's package, or nobody."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    import pwd  # not on Windows, where the other fixtures of the tests must still load

    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    return 65534, 65534
