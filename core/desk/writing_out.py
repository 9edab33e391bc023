"""Tables that leave: written beside their place, written down in the journal, and only then given their name."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from core.access.exporting import record_export
from core.db.unit_of_work import Store

if TYPE_CHECKING:
    from core.files.writing import Sheet


def write_out(store: Store, path: Path, kind: str, make: "Callable[[Connection], Sheet]") -> int:
    """Write a table in which no receiver stands; gives its rows.

    Args:
        store: the records.
        path: where to, `.xlsx` or `.csv`.
        kind: what it is, as `record_export` writes it down.
        make: the table.

    Raises:
        Refused: `files.name`.
        Unavailable: `files.cannot_write`; nothing of it is left.
    """
    # Loaded here: writing tables is nothing a start needs.
    from core.files.writing import content_of, stage

    staged = stage(path, store.read(lambda connection: content_of(path, make(connection))))
    try:
        store.write(lambda uow: record_export(uow, kind, rows=staged.rows, digest=staged.digest, is_personal=False))
    except BaseException:
        staged.drop()
        raise
    staged.publish()
    return staged.rows
