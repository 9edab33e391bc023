"""Is the file whole? Asked of the live database in the background, and of every copy before it may be trusted."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.db.driver import connect_sqlite
from core.db.unit_of_work import Store
from core.runtime.errors import Unavailable

_MOST_FINDINGS = 20
#: checked within about a second, so writing waits for it; a larger file would keep the desk waiting for minutes
_WAITED_FOR_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Integrity:
    """`findings` are the library's own words, empty when all is well."""

    findings: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Nothing was found."""
        return not self.findings


def check_file(path: Path, key: bytes, *, thorough: bool = False) -> Integrity:
    """Check an encrypted file; `thorough` also reads every index entry and every page's seal.

    Thorough only for a file without a log: the seals are read past it, and a page that a kill tore while it was
    copied from the log is whole in the log.
    """
    from sqlcipher3 import dbapi2

    try:
        connection = connect_sqlite(path, key, must_exist=True)
    except dbapi2.Error as error:
        return Integrity((str(error),))
    try:
        return Integrity(tuple(findings_of(connection, thorough=thorough)))
    finally:
        connection.close()


def findings_of(connection: Any, *, thorough: bool) -> list[str]:
    """What is wrong with the database behind a bare connection; `thorough` as in `check_file`."""
    from sqlcipher3 import dbapi2

    found: list[str] = []
    try:
        if thorough:
            found += [str(row[0]) for row in connection.execute("PRAGMA cipher_integrity_check")]
        check = "integrity_check" if thorough else "quick_check"
        said = connection.execute(f"PRAGMA {check}({_MOST_FINDINGS})")
        found += [str(row[0]) for row in said if row[0] != "ok"]
        dangling = connection.execute("PRAGMA foreign_key_check").fetchmany(_MOST_FINDINGS)
        found += [f"row {row[1]} of {row[0]} points to nothing in {row[2]}" for row in dangling]
    except dbapi2.Error as error:
        found.append(str(error))
    return found[:_MOST_FINDINGS]


def guard(store: Store, path: Path, key: bytes) -> Integrity:
    """Check the live file; when it is damaged writing stays refused from then on, reading goes on.

    Writing waits for the check of a small file. A large one is checked beside the work: as a scan must not wait for
    minutes. Run it in the background after the first page is shown. The PostgreSQL server looks after itself.
    """
    with store.hold_writes() if path.stat().st_size <= _WAITED_FOR_BYTES else nullcontext():
        result = check_file(path, key)
        if not result.is_whole:
            store.freeze(
                Unavailable(
                    "db.damaged",
                    "the database file is damaged; nothing more is written to it. Restore the newest backup",
                    findings=result.findings,
                )
            )
    return result


def counts_of(connection: Any) -> Mapping[str, int]:
    """Rows per ordinary table behind a bare connection, for comparing a copy with its source."""
    names = connection.execute(
        "SELECT m.name FROM sqlite_master AS m JOIN pragma_table_list AS l ON l.schema = 'main' AND l.name = m.name "
        "WHERE m.type = 'table' AND l.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name"
    ).fetchall()
    counts = {}
    for (name,) in names:
        quoted = name.replace('"', '""')
        counts[name] = int(connection.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0])  # noqa: S608 - quoted
    return counts
