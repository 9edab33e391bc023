"""How long shops' tokens live, and whose shops they open."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Change the schema."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    words = ("platform_id", "platform_name", "state_word", "error")
    op.create_table(
        "shop_grant",
        sa.Column("shop_id", key, autoincrement=False, nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("refresh_until", sa.BigInteger(), nullable=True),
        *(sa.Column(word, sa.Text(), nullable=False, server_default="") for word in words),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shop_grant_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop_grant")),
    )
