"""Links that are off sale because of us, links that must sell nothing, and what is looked for every few seconds."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Change the schema."""
    op.add_column("quota", sa.Column("paused_at", sa.BigInteger(), nullable=True))
    op.add_column("quota", sa.Column("regrant_qty", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_quota_listing_id", "quota", ["listing_id"])
    evidence = sa.text("evidence_to IS NOT NULL")
    op.create_index("ix_quota_evidence", "quota", ["id"], sqlite_where=evidence, postgresql_where=evidence)
    read = sa.text("kind = 'read'")
    op.create_index("ix_stock_act_read", "stock_act", ["settled_at"], sqlite_where=read, postgresql_where=read)
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "spare_link",
        sa.Column("listing_id", key, autoincrement=False, nullable=False),
        sa.Column("quota_id", key, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("listed_qty", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_spare_link_listing_id")),
        sa.ForeignKeyConstraint(["quota_id"], ["quota.id"], name=op.f("fk_spare_link_quota_id")),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_spare_link")),
    )
    op.create_index("ix_spare_link_quota_id", "spare_link", ["quota_id"])
    loud = sa.text("state <> 'quiet'")
    op.create_index("ix_spare_link_loud", "spare_link", ["listing_id"], sqlite_where=loud, postgresql_where=loud)
