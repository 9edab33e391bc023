"""Flags and cash at the door of orders, the notes that clerks write for shops, and parcels whose notes changed."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Change the schema."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("orders", sa.Column("seller_flag", sa.Text(), nullable=False, server_default=""))
    op.add_column("orders", sa.Column("is_cod", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("parcel", sa.Column("note_changed_at", sa.BigInteger(), nullable=True))
    op.add_column("shop", sa.Column("writes_notes", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "note_wish",
        sa.Column("order_id", key, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("state", "text", "flag", "base_text", "base_flag")),
        sa.Column("was_sent", sa.Boolean(), nullable=False, server_default=sa.false()),
        *(sa.Column(name, sa.Text(), nullable=False, server_default="") for name in ("sent_text", "sent_flag")),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_note_wish_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_note_wish")),
    )
