"""Drafting revisions for developers: what alembic's comparison finds, written in plain column types."""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import MetaData, TypeDecorator, create_engine
from sqlalchemy.engine import Connection

from core.db.migrations.runner import own_tables

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

#: what stands below this line in a version file is written by hand and survives `first`
BY_HAND = "# By hand; kept when this file is made anew."

_HEAD = '''"""{text}."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down!r}


def upgrade() -> None:
    """Change the schema."""
    _generated()
    _by_hand()


def _generated() -> None:
{body}


{by_hand}
'''

_NO_HAND = f'''{BY_HAND}
def _by_hand() -> None:
    """What no comparison finds: data, full-text tables, triggers."""'''


def plain_type(kind: str, subject: Any, _: "AutogenContext") -> str | Literal[False]:
    """Render a column type without our own classes: a revision must not change when they do."""
    if kind != "type":
        return False
    if isinstance(subject, TypeDecorator):
        return f"sa.{type(subject.impl_instance).__name__}()"
    return False


def compared_names(connection: Connection, metadata: MetaData) -> Callable[..., bool]:
    """A name filter for alembic's comparison: the declared tables and indexes alone.

    Full-text tables and others made by hand are not declared; what is to go is dropped by hand too.
    """
    tables = set(own_tables(connection)) & set(metadata.tables)
    indexes = {index.name for table in metadata.tables.values() for index in table.indexes}

    def is_compared(name: str | None, kind: str, _: Any) -> bool:
        if kind == "index":
            return name in indexes
        return kind != "table" or name in tables

    return is_compared


def differences(connection: Connection, metadata: MetaData) -> list[Any]:
    """What alembic finds different between a database and the declared tables."""
    from alembic.autogenerate import compare_metadata

    with _expressions_passed_over():
        return list(compare_metadata(_context(connection, metadata), metadata))


@contextmanager
def _expressions_passed_over() -> Iterator[None]:
    """Indexes over expressions are not compared: their text is, by a test."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index")
        yield


def _context(connection: Connection, metadata: MetaData) -> Any:
    from alembic.migration import MigrationContext

    options = {
        "compare_type": True,
        "include_name": compared_names(connection, metadata),
        "target_metadata": metadata,
        "render_as_batch": True,
        "render_item": plain_type,
        "user_module_prefix": None,
        "sqlalchemy_module_prefix": "sa.",
        "alembic_module_prefix": "op.",
    }
    return MigrationContext.configure(connection, opts=options)


def first_body(metadata: MetaData) -> str:
    """The operations that make every table in an empty database, indented for a function."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        body = _render(connection, metadata, batch=False)
    engine.dispose()
    return body


def next_body(connection: Connection, metadata: MetaData) -> str:
    """The operations from a database at the newest revision to the declared tables."""
    return _render(connection, metadata, batch=True)


def _render(connection: Connection, metadata: MetaData, *, batch: bool) -> str:
    from alembic.autogenerate import produce_migrations, render_python_code
    from alembic.operations.ops import UpgradeOps

    context = _context(connection, metadata)
    with _expressions_passed_over():
        script = produce_migrations(context, metadata)
    operations = script.upgrade_ops
    if not isinstance(operations, UpgradeOps):
        raise TypeError("alembic gave no operations")
    code = render_python_code(
        operations, render_as_batch=batch, render_item=plain_type, migration_context=context, imports=[]
    )
    lines = [line.rstrip() for line in code.splitlines() if not line.strip().startswith("# ###")]
    return "\n".join(lines).strip("\n")


def write_version(path: Path, text: str, revision: str, down: str | None, body: str) -> None:
    """Write a version file, keeping what was written by hand in an earlier one of that name."""
    by_hand = _NO_HAND
    if path.exists():
        _, mark, kept = path.read_text(encoding="utf-8").partition(BY_HAND)
        by_hand = f"{mark}{kept}".rstrip() if mark else _NO_HAND
    content = _HEAD.format(text=text, revision=revision, down=down, body=body, by_hand=by_hand)
    path.write_text(re.sub(r"(?:batch_)?op\.f\((\"[^\"]*\"|'[^']*')\)", r"\1", content), encoding="utf-8")
