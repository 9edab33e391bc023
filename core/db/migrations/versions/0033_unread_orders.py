"""Orders that a shop names and that could not be taken in."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Change the schema."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "unread_order",
        sa.Column("shop_id", key, nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.Column("try_count", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("known_until", sa.BigInteger(), nullable=True),
        sa.Column("let_go_at", sa.BigInteger(), nullable=True),
        sa.Column("let_go_by", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_unread_order_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "order_no", name=op.f("pk_unread_order")),
    )
