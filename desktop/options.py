"""Options that every verb shares: which data, which database, which key, who."""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PROGRAM = "packdesk"


@dataclass(frozen=True, slots=True)
class Options:
    """Where the data is and who works with it."""

    data: Path
    database_url: str | None
    key_file: Path | None
    recovery_code: str | None
    desk: str
    operator: str
    is_json: bool


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give a verb the shared options."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="data folder (default: that of your user account)")
    parser.add_argument(
        "--database", type=database_url, metavar="URL", help="PostgreSQL shared by several desks (postgresql://...)"
    )
    parser.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="keep this machine's key in FILE instead of the system keyring; whoever reads FILE reads the data",
    )
    parser.add_argument("--recovery-code", metavar="CODE", help="for a database that this machine has no key for yet")
    parser.add_argument("--desk", default=None, help="name of this desk (default: this computer's name)")
    parser.add_argument("--operator", default=None, help="who works here")
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")


def options_of(wish: argparse.Namespace) -> Options:
    """The shared options of a parsed command line; nothing is made or opened yet."""
    return Options(
        data=(wish.data or default_data_folder()).expanduser().absolute(),
        database_url=wish.database,
        key_file=wish.key_file.expanduser().absolute() if wish.key_file else None,
        recovery_code=wish.recovery_code or os.environ.get("PACKDESK_RECOVERY_CODE"),
        desk=wish.desk or _computer_name() or "desk",
        operator=wish.operator or os.environ.get("USER") or os.environ.get("USERNAME") or "clerk",
        is_json=wish.json,
    )


def _computer_name() -> str:
    if sys.platform == "win32":
        return os.environ.get("COMPUTERNAME", "")
    return os.uname().nodename


def default_data_folder() -> Path:
    """The user's local (never roaming) data folder."""
    import platformdirs

    return Path(platformdirs.user_data_dir(PROGRAM, appauthor=False, roaming=False))


def database_url(url: str) -> str:
    """The address as the driver takes it; a word that is no such address is refused before anything is opened."""
    scheme, _, rest = url.partition("://")
    try:
        parts = urlsplit(f"//{rest}")
        is_good = scheme in {"postgresql", "postgres", "postgresql+psycopg"} and (
            parts.port is None or parts.port > 0
        )
    except ValueError:
        is_good = False
    if not (is_good and rest):
        raise argparse.ArgumentTypeError("must look like postgresql://name:password@host:5432/packdesk")
    return f"postgresql+psycopg://{rest}"
