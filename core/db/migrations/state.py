"""Which schema a database has, and what that means for this program."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from core.db.migrations.versions import known_revisions
from core.runtime.errors import Refused

VERSION_TABLE = "alembic_version"


class Standing(StrEnum):
    """`empty`: no tables at all. `old`: has to be migrated. `current`: fits."""

    EMPTY = "empty"
    OLD = "old"
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Revision of a database (None when it is empty) and how it stands to this program."""

    revision: str | None
    standing: Standing


def schema_state(connection: Connection, known: Sequence[str] | None = None) -> SchemaState:
    """How the database stands to this program's revisions.

    Raises:
        Refused: `db.too_new`, written by a newer program; `db.foreign`, tables of something else are in it.
    """
    revisions = known_revisions() if known is None else known
    revision = current_revision(connection)
    if revision is None:
        if inspect(connection).get_table_names():
            raise Refused("db.foreign", "this database holds tables of another program; choose an empty one")
        return SchemaState(None, Standing.EMPTY)
    if revision not in revisions:
        raise Refused(
            "db.too_new",
            f"this database was written by a newer Packdesk (schema {revision}{_writer(connection)}); install that "
            f"version on this desk too. This one knows schemas up to {revisions[-1]}",
            revision=revision,
            newest_known=revisions[-1],
        )
    return SchemaState(revision, Standing.CURRENT if revision == revisions[-1] else Standing.OLD)


def current_revision(connection: Connection) -> str | None:
    """The revision noted in the database, None when there is no note."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one_or_none()  # noqa: S608 - a constant
    return found


def _writer(connection: Connection) -> str:
    """The version of the program that wrote last; a newer schema may keep it elsewhere."""
    if not inspect(connection).has_table("schema_fact"):
        return ""
    query = text("SELECT value FROM schema_fact WHERE name = 'program_version'")
    version = connection.execute(query).scalar_one_or_none()
    return f", program {version}" if version else ""
