"""The number of an order that people see, where the platform is asked by another one."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0029"


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
