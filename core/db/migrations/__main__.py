"""For developers: `first` makes revision 0001 anew (only while nothing is released), `new TEXT` drafts the next one.

After either, run `ruff format`, read the file by eye, run the migration tests on both engines, and make the fixture
database: `python -m tests.support.schema_files`.
"""

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from core.db.driver import connect_sqlite
from core.db.engines import sqlite_engines
from core.db.migrations import versions
from core.db.migrations.draft import first_body, next_body, write_version
from core.db.migrations.runner import migrate_sqlite
from core.db.migrations.versions import known_revisions
from core.db.schema import all_tables

_FOLDER = Path(versions.__file__).parent


def main(arguments: list[str]) -> int:
    """Run one of the two verbs; 0 when a file was written."""
    if arguments == ["first"]:
        if len(known_revisions()) > 1:
            return _complain("0001 is released: draft a new revision instead")
        write_version(_FOLDER / "0001_first.py", "All tables", "0001", None, first_body(all_tables()))
        return 0
    if len(arguments) == 2 and arguments[0] == "new":
        return _draft(arguments[1])
    return _complain('usage: python -m core.db.migrations first | new "what changes"')


def _draft(text: str) -> int:
    last = known_revisions()[-1]
    number = f"{int(last) + 1:04d}"
    name = f"{number}_{re.sub(r'[^a-z0-9]+', '_', text.lower()).strip('_')}"
    # In the program's own engine: the standard library's is too old on Debian 12 for the tables of the search.
    with TemporaryDirectory() as folder:
        path, key = Path(folder) / "draft.db", bytes(32)
        migrate_sqlite(lambda: connect_sqlite(path, key))
        engines = sqlite_engines(path, key)
        with engines.reader.connect() as connection:
            body = next_body(connection, all_tables())
        engines.dispose()
    write_version(_FOLDER / f"{name}.py", text[:1].upper() + text[1:], number, last, body or "    pass")
    sys.stdout.write(f"{name}.py written; add it to the list in versions/__init__.py\n")
    return 0


def _complain(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
