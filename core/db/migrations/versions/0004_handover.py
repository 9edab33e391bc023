"""The courier's hand-over: its sheets, which parcels wait for it, and when a shop is told that a parcel left."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Change the schema. Parcels that left before this step wait for no courier."""
    op.create_table(
        "handover",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("carrier_code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("parcel_count", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=True),
        sa.Column("courier", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        sa.UniqueConstraint("code", name=op.f("uq_handover_code")),
    )
    op.add_column("parcel", sa.Column("handover_id", sa.BigInteger(), nullable=True))
    op.add_column("parcel", sa.Column("awaits_courier", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_parcel_handover_id", "parcel", ["handover_id"])
    waits = sa.text("awaits_courier")
    op.create_index(
        "ix_parcel_awaits_courier", "parcel", ["carrier_code", "id"], sqlite_where=waits, postgresql_where=waits
    )
    op.add_column("shop", sa.Column("confirm_at", sa.Text(), nullable=False, server_default="outbound"))
