"""Where a desk's records are when they are not in its own folder: the server's address, kept beside its keys.

The address holds a password, so it is sealed with the data key; without this machine's secret nobody reads it.
"""

import json
from pathlib import Path
from typing import Any, Final

from core.db.files import write_durably
from core.db.keys import DataKey, seal, unseal
from core.runtime.errors import Refused

SERVER_FILE: Final = "server.json"
#: what is to be done before anything is opened (`core.db.pending`)
PENDING_FILE: Final = "at-next-start.json"
_FORMAT: Final = 1
_PURPOSE: Final = "server address"


def has_server(folder: Path) -> bool:
    """Whether the desk of this folder works with a server."""
    return (folder / SERVER_FILE).exists()


def keep_server(folder: Path, key: DataKey, url: str) -> None:
    """From the next start on the desk of this folder works with the server behind `url`."""
    facts = {"format": _FORMAT, "key_id": key.id, **seal(key.derive(_PURPOSE), url.encode(), f"server {key.id}")}
    write_durably(folder / SERVER_FILE, json.dumps(facts, indent=1, sort_keys=True).encode())


def server_of(folder: Path, key: DataKey) -> str:
    """The address.

    Raises:
        Refused: `db.server_file`: it cannot be read, or belongs to another key: join again.
    """
    try:
        facts: dict[str, Any] = json.loads((folder / SERVER_FILE).read_bytes())
        value = unseal(key.derive(_PURPOSE), facts, f"server {key.id}") if facts["format"] == _FORMAT else None
    except (OSError, ValueError, KeyError, TypeError):
        value = None
    if value is None:
        raise Refused("db.server_file", f"{folder / SERVER_FILE} cannot be read; let this desk join again")
    return value.decode()
