"""What a desk has been told to do at its next start, before anything is opened: move to a server, or join others.

A window that is open works with the records; both need them closed. The file holds a password and perhaps a key, so
it is sealed with the data key the desk has now.
"""

import base64
import json
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from core.db.files import write_durably
from core.db.home import PENDING_FILE
from core.db.joining import Joining
from core.db.keys import DataKey, seal, unseal

_PURPOSE: Final = "at next start"


class Act(StrEnum):
    """What is to be done."""

    MOVE = "move"
    JOIN = "join"


@dataclass(frozen=True, slots=True)
class Pending:
    """Move to the server behind `url`, or join those who work there by the `key` of its records."""

    act: Act
    url: str = field(repr=False)
    key: DataKey | None = None

    @property
    def joining(self) -> Joining | None:
        """For a desk that joins."""
        return None if self.key is None else Joining(self.url, self.key)


def keep_pending(folder: Path, key: DataKey, pending: Pending) -> None:
    """Do this at the next start."""
    own = None if pending.key is None else base64.b64encode(pending.key.value).decode()
    facts = {"act": pending.act, "url": pending.url, "key": own}
    sealed = seal(key.derive(_PURPOSE), json.dumps(facts).encode(), key.id)
    write_durably(folder / PENDING_FILE, json.dumps(sealed).encode())


def has_pending(folder: Path) -> bool:
    """Whether there is something to be done first."""
    return (folder / PENDING_FILE).exists()


def read_pending(folder: Path, key: DataKey) -> Pending | None:
    """What is to be done; None where there is nothing, or nothing that can be read."""
    try:
        sealed: dict[str, Any] = json.loads((folder / PENDING_FILE).read_bytes())
        opened = unseal(key.derive(_PURPOSE), sealed, key.id)
    except (OSError, ValueError):
        opened = None
    if opened is None:
        return None
    facts: dict[str, Any] = json.loads(opened)
    own = facts["key"]
    return Pending(Act(facts["act"]), facts["url"], None if own is None else DataKey(base64.b64decode(own)))


def forget_pending(folder: Path) -> None:
    """It is done, or will not be."""
    (folder / PENDING_FILE).unlink(missing_ok=True)
