"""What a database says about itself: its id, its key, the program that wrote it last."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from core.db.models import SchemaFact
from core.db.unit_of_work import UnitOfWork, insert_or_ignore

_RING = "key_ring"
#: in a file whose records are, or are about to be, on a server: the mark that the server has as `MOVED_FROM`
MOVED_TO, MOVED_FROM = "moved_to", "moved_from"


def read_facts(connection: Connection) -> dict[str, str]:
    """All facts by name."""
    return {row.name: row.value for row in connection.execute(select(SchemaFact.name, SchemaFact.value))}


def note_facts(uow: UnitOfWork, *, key_id: str, key_ring: Mapping[str, Any], program_version: str) -> None:
    """Write what is missing; only the program version is ever changed. Of two first desks one wins."""
    for name, value in (
        ("database_id", secrets.token_hex(8)),
        ("key_id", key_id),
        (_RING, json.dumps(key_ring, sort_keys=True)),
        ("program_version", program_version),
    ):
        uow.count(insert_or_ignore(uow.connection, SchemaFact), {"name": name, "value": value})
    uow.count(update(SchemaFact).where(SchemaFact.name == "program_version").values(value=program_version))


def note_key_ring(uow: UnitOfWork, key_ring: Mapping[str, Any]) -> None:
    """A newer recovery code opens the key from now on: for the next desk that joins with it."""
    uow.execute(update(SchemaFact).where(SchemaFact.name == _RING).values(value=json.dumps(key_ring, sort_keys=True)))


def key_ring_of(facts: Mapping[str, str]) -> dict[str, Any] | None:
    """The copy of the data key that the recovery code opens, for a desk that joins."""
    text = facts.get(_RING)
    ring = json.loads(text) if text else None
    return ring if isinstance(ring, dict) else None
