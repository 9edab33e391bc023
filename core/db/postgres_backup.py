"""Backups of a PostgreSQL server: its own pg_dump, verified by its own pg_restore."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from sqlalchemy import make_url

from core.db.files import sync_file, sync_folder
from core.runtime.clock import Clock
from core.runtime.errors import Refused, Unavailable

_LIMIT_S = 3600


@dataclass(frozen=True, slots=True)
class Dump:
    """A verified dump; `restore_command` is what to type to bring it back into an empty database."""

    file: Path
    size: int
    tables: int
    restore_command: str


def dump_postgres(url: str, root: Path, clock: Clock) -> Dump:
    """Dump the database behind `url` into `root` in pg_dump's custom format.

    Personal columns are encrypted inside; bringing them back needs the recovery code, like every joining desk.

    Raises:
        Refused: `db.backup_first`: this machine has no pg_dump.
        Unavailable: `backup.failed`, with what pg_dump said.
    """
    program, reader = shutil.which("pg_dump"), shutil.which("pg_restore")
    if program is None or reader is None:
        raise Refused(
            "db.backup_first",
            "this machine has no pg_dump to make a backup with; install postgresql-client, or make a backup on the "
            "server and say so",
        )
    root.mkdir(parents=True, exist_ok=True)
    stamp = clock.now().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    part = root / f".{stamp}-{os.getpid()}.part"
    arguments, environment = _address(url)
    try:
        _run([program, "--format=custom", "--no-password", f"--file={part}", *arguments], environment)
        listing = _run([reader, "--list", str(part)], environment)
        tables = sum(" TABLE DATA " in line for line in listing.splitlines())
        if tables == 0:
            raise Unavailable("backup.failed", "the dump holds no tables")
        os.chmod(part, 0o600)
        sync_file(part)
        file = _free_name(root, stamp)
        part.rename(file)
        sync_folder(root)
    finally:
        part.unlink(missing_ok=True)
    command = f"pg_restore --no-owner --exit-on-error --dbname=EMPTY_DATABASE {file}"
    return Dump(file, file.stat().st_size, tables, command)


def _free_name(root: Path, stamp: str) -> Path:
    number = 1
    file = root / f"{stamp}.dump"
    while file.exists():
        number += 1
        file = root / f"{stamp}-{number}.dump"
    return file


def _address(url: str) -> tuple[list[str], dict[str, str]]:
    """Arguments and environment for the server's tools; the password never shows in the list of processes."""
    address = make_url(url)
    hosts = address.query.get("host")
    host = address.host or (hosts if isinstance(hosts, str) else None)
    environment = dict(os.environ)
    for name, value in (
        ("PGHOST", host),
        ("PGPORT", address.port),
        ("PGUSER", address.username),
        ("PGPASSWORD", address.password),
        ("PGSSLMODE", address.query.get("sslmode")),
    ):
        if value is not None:
            environment[name] = str(value)
    return [f"--dbname={address.database}"] if address.database else [], environment


def _run(command: list[str], environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - fixed programs, arguments from the settings
            command, env=environment, capture_output=True, text=True, errors="replace", timeout=_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable("backup.failed", f"{command[0]} could not run to its end") from error
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Unavailable("backup.failed", f"{Path(command[0]).name} failed: {said}")
    return done.stdout
