"""Batches with their days, which shops promise how long a life, and what batch went into which parcel."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

#: the batches that levels name already: nothing is known of them but what the level says
_KNOWN = """
INSERT INTO batch (sku_id, code, expires_day)
SELECT sku_id, batch, MIN(expires_day) FROM stock_level WHERE batch <> '' GROUP BY sku_id, batch
"""


def upgrade() -> None:
    """Change the schema. No goods there are yet ask for a batch, none is blocked, and no shop promises a life."""
    op.add_column("sku", sa.Column("is_batch_managed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("sku", sa.Column("life_days", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("sku", sa.Column("warn_days", sa.BigInteger(), nullable=False, server_default="30"))
    op.add_column("shop", sa.Column("min_life_days", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("stock_level", sa.Column("is_blocked", sa.Boolean(), nullable=False, server_default=sa.false()))
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "batch",
        sa.Column("id", key, nullable=False),
        sa.Column("sku_id", key, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("made_day", sa.BigInteger(), nullable=True),
        sa.Column("expires_day", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("is_blocked", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("blocked_why", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_batch_sku_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("sku_id", "code", name=op.f("uq_batch_sku_id_code")),
        sa.CheckConstraint("made_day <= expires_day", name=op.f("ck_batch_made_before_it_expires")),
    )
    op.create_index("ix_batch_expires_day", "batch", ["expires_day"])
    op.add_column("scan", sa.Column("batch_id", sa.BigInteger(), nullable=True))
    op.create_table(
        "packed_batch",
        sa.Column("parcel_line_id", key, nullable=False),
        sa.Column("batch_id", key, nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_packed_batch_batch_id")),
        sa.ForeignKeyConstraint(["parcel_line_id"], ["parcel_line.id"], name=op.f("fk_packed_batch_parcel_line_id")),
        sa.PrimaryKeyConstraint("parcel_line_id", "batch_id", "how", name=op.f("pk_packed_batch")),
        sa.CheckConstraint("qty >= 0", name=op.f("ck_packed_batch_qty_not_negative")),
    )
    op.create_index("ix_packed_batch_batch_id", "packed_batch", ["batch_id"])
    # What ends soon, and what is blocked, is asked for every few seconds.
    for name, columns, where in (
        ("ix_stock_level_ends", ["expires_day"], "on_hand_qty > 0 AND expires_day IS NOT NULL"),
        ("ix_stock_level_blocked", ["sku_id"], "is_blocked"),
    ):
        here = sa.text(where)
        op.create_index(name, "stock_level", columns, sqlite_where=here, postgresql_where=here)
    op.execute(_KNOWN)
