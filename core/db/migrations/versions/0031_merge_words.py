"""What platforms say of receivers that are the same, and what of an order others have sent."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Change the schema."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "platform_parcel",
        sa.Column("id", key, nullable=False),
        sa.Column("order_id", key, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("waybill_no", "carrier_code", "line_no")),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_platform_parcel_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_parcel")),
        sa.UniqueConstraint(
            "order_id", "waybill_no", "line_no", name=op.f("uq_platform_parcel_order_id_waybill_no_line_no")
        ),
    )
    op.create_table(
        "sent_elsewhere",
        sa.Column("order_line_id", key, autoincrement=False, nullable=False),
        sa.Column("left_our_shelf", sa.Boolean(), nullable=False),
        sa.Column("order_id", key, nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.CheckConstraint("qty >= 1", name=op.f("ck_sent_elsewhere_qty_positive")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_sent_elsewhere_order_line_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_sent_elsewhere_order_id")),
        sa.PrimaryKeyConstraint("order_line_id", "left_our_shelf", name=op.f("pk_sent_elsewhere")),
    )
    op.create_index("ix_sent_elsewhere_order_id", "sent_elsewhere", ["order_id"])
    op.create_table(
        "merge_word",
        sa.Column("order_id", key, autoincrement=False, nullable=False),
        sa.Column("consignee_id", key, nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("is_asked", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_merge_word_order_id")),
        sa.ForeignKeyConstraint(["consignee_id"], ["consignee.id"], name=op.f("fk_merge_word_consignee_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_merge_word")),
    )
