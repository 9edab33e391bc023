"""Personal columns that stood in clear on the server: encrypted, and accounts of buyers as keyed digests.

The SQLite file is encrypted as a whole and stays as it is. Each changed table is written anew in the same
transaction, so that its old rows do not stay behind in the data files in clear; what the server's log and older
dumps hold goes with their own rotation.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

#: table -> its personal columns
_SEALED = {
    "orders": ("buyer_note", "seller_note"),
    "hold": ("note",),
    "scan": ("raw",),
    "consignee": ("province", "city", "district"),
    "waybill_account": ("sender",),
}
_PAGE = 2000


def upgrade() -> None:
    """Change the schema."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute("ALTER TABLE waybill_account ALTER COLUMN sender TYPE text USING sender::text")
    for table, names in _SEALED.items():
        filled = " OR ".join(f"{name} <> ''" for name in names)
        _change(table, names, filled, lambda cipher, value, place: cipher.encrypt(value, place))
    # Telephone numbers have been digests from the beginning.
    accounts = "channel <> 'phone'"
    _change("identity", ("buyer_key",), accounts, lambda cipher, value, _place: cipher.digest("account", value))
    # Goods are searched for by their own ids from now on, below zero, where no digest is.
    op.execute(
        "UPDATE order_search SET terms = terms || ARRAY("
        "SELECT DISTINCT -goods.sku_id FROM order_line CROSS JOIN LATERAL"
        " (VALUES (order_line.sku_id), (order_line.bundle_sku_id)) AS goods (sku_id)"
        " WHERE order_line.order_id = order_search.order_id AND order_line.is_current AND goods.sku_id IS NOT NULL)"
    )


def _change(table: str, names: Sequence[str], here: str, convert: Callable[[Any, str, str], str]) -> None:
    """Convert these columns of all rows `here`, in pages by id; empty values stay empty."""
    connection = op.get_bind()
    page = sa.text(
        f"SELECT id, {', '.join(names)} FROM {table} WHERE id > :after AND ({here}) ORDER BY id LIMIT {_PAGE}"  # noqa: S608 - names of ours
    )
    arrays = ", ".join(f"CAST(:{name} AS text[])" for name in names)
    put = sa.text(
        f"UPDATE {table} SET {', '.join(f'{name} = new.{name}' for name in names)}"  # noqa: S608 - as above
        f" FROM unnest(CAST(:ids AS bigint[]), {arrays}) AS new(id, {', '.join(names)}) WHERE {table}.id = new.id"
    )
    after = 0
    while rows := connection.execute(page, {"after": after}).all():
        after = rows[-1].id
        cipher = _cipher(connection)
        columns = {
            name: [convert(cipher, value, f"{table}.{name}") if value else value for value in values]
            for name, values in zip(names, list(zip(*rows, strict=True))[1:], strict=True)
        }
        connection.execute(put, {"ids": [row.id for row in rows], **columns})
    if after:
        # A change of type by an expression makes the server write the whole table into new files.
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {names[0]} TYPE text USING {names[0]} || ''")


def _cipher(connection: sa.Connection) -> Any:
    cipher = getattr(connection.dialect, "personal_cipher", None)
    if cipher is None:
        raise RuntimeError("personal values cannot be encrypted: this engine has no cipher")
    return cipher
