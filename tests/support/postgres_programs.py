"""Where PostgreSQL's server programs are on this machine; standard library only: set-up asks too."""

import os
import re
import shutil
from pathlib import Path


def find_postgres_programs(
    debian: Path = Path("/usr/lib/postgresql"), named: str | None = None, search_path: str | None = None
) -> Path | None:
    """Return the folder that holds both `initdb` and `postgres`, or None.

    Asked in this order: `named` (default: the variable PACKDESK_POSTGRES_BIN), Debian's folders with the
    newest version first (Debian keeps them off the PATH), then the PATH, through links.
    """
    named = os.environ.get("PACKDESK_POSTGRES_BIN", "") if named is None else named
    folders = [Path(named)] if named else []
    folders += sorted(debian.glob("*/bin"), key=_version, reverse=True)
    found = shutil.which("initdb", path=search_path)
    if found:
        folders.append(Path(found).resolve().parent)
    return next((folder for folder in folders if _has_both(folder)), None)


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", folder.parent.name))


def _has_both(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in ("initdb", "postgres"))
