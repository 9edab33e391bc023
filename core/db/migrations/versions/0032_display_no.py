"""The number of an order that people see; finding SKUs for listings; how far a long comparison came."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Change the schema."""
    op.add_column("orders", sa.Column("display_no", sa.Text(), nullable=True))
    here = sa.text("display_no IS NOT NULL")
    op.create_index(
        "ix_orders_display_no",
        "orders",
        ["shop_id", "display_no"],
        sqlite_where=here,
        postgresql_where=here,
        postgresql_ops={"display_no": "text_pattern_ops"},
    )
    op.add_column("reconciliation", sa.Column("reached_at", sa.BigInteger(), nullable=True))
    for name in ("code", "name", "short_name"):
        op.execute(f"CREATE INDEX ix_sku_folded_{name} ON sku ({_folded(name)})")


def _folded(name: str) -> str:
    """A text without spaces and capitals, as `core.db.letters.folded` has it."""
    text = name
    for space in (" ", "\u3000", "\t"):
        text = f"replace({text}, '{space}', '')"
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    return f"lower({text})" if is_sqlite else f'lower(({text}) COLLATE "C")'
