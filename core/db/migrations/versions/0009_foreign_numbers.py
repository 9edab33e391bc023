"""Numbers that other software has printed: what they are for, and which shops print nothing here."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Change the schema. Every number and shop there is already is one of ours."""
    op.add_column("waybill", sa.Column("is_foreign", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("shop", sa.Column("prints_elsewhere", sa.Boolean(), nullable=False, server_default=sa.false()))
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "foreign_number",
        sa.Column("id", key, nullable=False),
        sa.Column("order_id", key, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("carrier_code", sa.Text(), nullable=False),
        sa.Column("consignee_id", key, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["consignee_id"], ["consignee.id"], name=op.f("fk_foreign_number_consignee_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_foreign_number_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_foreign_number")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_foreign_number_order_id_number")),
    )
    op.create_index("ix_foreign_number_number", "foreign_number", ["number"])
