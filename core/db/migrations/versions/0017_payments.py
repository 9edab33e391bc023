"""How long unpaid orders of a shop keep their units; payment gateways, what they were asked, their daily bills."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Change the schema. Shops whose orders come in files are marketplaces: they close orders by themselves."""
    op.add_column("shop", sa.Column("hold_s", sa.BigInteger(), nullable=False, server_default="900"))
    op.execute("UPDATE shop SET hold_s = 0 WHERE channel = 'file'")
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "payment_gateway",
        sa.Column("id", key, nullable=False),
        sa.Column("shop_id", key, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_good_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_error_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_payment_gateway_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_gateway")),
        sa.UniqueConstraint("shop_id", "kind", name=op.f("uq_payment_gateway_shop_id_kind")),
    )
    op.create_table(
        "payment_question",
        sa.Column("id", key, nullable=False),
        sa.Column("order_id", key, nullable=False),
        sa.Column("gateway_id", key, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("transaction_no", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["gateway_id"], ["payment_gateway.id"], name=op.f("fk_payment_question_gateway_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payment_question_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_question")),
        sa.UniqueConstraint("order_id", "gateway_id", name=op.f("uq_payment_question_order_id_gateway_id")),
    )
    op.create_index(
        "ix_payment_question_waiting",
        "payment_question",
        ["gateway_id", "next_at"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_payment_question_found",
        "payment_question",
        ["state", "asked_at"],
        sqlite_where=sa.text("state <> 'waiting' AND state <> 'settled'"),
        postgresql_where=sa.text("state <> 'waiting' AND state <> 'settled'"),
    )
    op.create_table(
        "payment_bill",
        sa.Column("id", key, nullable=False),
        sa.Column("shop_id", key, nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), nullable=False),
        sa.Column("matched", sa.BigInteger(), nullable=False),
        sa.Column("edge", sa.JSON(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_payment_bill_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_bill")),
        sa.UniqueConstraint("shop_id", "day", name=op.f("uq_payment_bill_shop_id_day")),
    )
    op.create_table(
        "payment_difference",
        sa.Column("id", key, nullable=False),
        sa.Column("bill_id", key, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("order_id", key, nullable=True),
        sa.Column("payment_no", sa.Text(), nullable=False),
        sa.Column("transaction_no", sa.Text(), nullable=False),
        sa.Column("ours_fen", sa.BigInteger(), nullable=True),
        sa.Column("theirs_fen", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["bill_id"], ["payment_bill.id"], name=op.f("fk_payment_difference_bill_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payment_difference_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_difference")),
    )
    op.create_index("ix_payment_difference_bill_id_id", "payment_difference", ["bill_id", "id"])
