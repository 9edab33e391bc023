"""Purchase limits and members, stopped sales and the breaker, what becomes of orders without goods."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Change the schema."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "breaker_rule",
        sa.Column("id", key, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sku_id", key, nullable=True),
        sa.Column("shop_id", key, nullable=True),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("target_shop_ids", sa.JSON(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("cap_qty", sa.BigInteger(), nullable=True),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("resumes", sa.Boolean(), nullable=False),
        sa.Column("margin_qty", sa.BigInteger(), nullable=False),
        sa.Column("calm_minutes", sa.BigInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint("cap_qty >= 0", name="ck_breaker_rule_cap_not_negative"),
        sa.CheckConstraint(
            "minutes >= 0 AND margin_qty >= 0 AND calm_minutes >= 0", name="ck_breaker_rule_numbers_not_negative"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name="fk_breaker_rule_shop_id"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_breaker_rule_sku_id"),
        sa.PrimaryKeyConstraint("id", name="pk_breaker_rule"),
    )
    op.create_table(
        "membership",
        sa.Column("id", key, nullable=False),
        sa.Column("customer_id", key, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("is_member", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_membership_customer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_membership"),
        sa.UniqueConstraint("customer_id", "source", name="uq_membership_customer_id_source"),
    )
    op.create_table(
        "purchase_limit",
        sa.Column("id", key, nullable=False),
        sa.Column("sku_id", key, nullable=True),
        sa.Column("window_days", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_purchase_limit_sku_id"),
        sa.PrimaryKeyConstraint("id", name="pk_purchase_limit"),
        sa.UniqueConstraint("sku_id", name="uq_purchase_limit_sku_id"),
    )
    op.create_table(
        "sale_stop",
        sa.Column("id", key, nullable=False),
        sa.Column("sku_id", key, nullable=True),
        sa.Column("shop_ids", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("done_shop_ids", sa.JSON(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_sale_stop_sku_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sale_stop"),
    )
    op.create_index(
        "ix_sale_stop_open",
        "sale_stop",
        ["id"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )

    op.create_table(
        "breaker_trip",
        sa.Column("id", key, nullable=False),
        sa.Column("rule_id", key, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sku_id", key, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("acted_at", sa.BigInteger(), nullable=True),
        sa.Column("acted_by", sa.Text(), nullable=False),
        sa.Column("calm_since", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["breaker_rule.id"], name="fk_breaker_trip_rule_id"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_breaker_trip_sku_id"),
        sa.PrimaryKeyConstraint("id", name="pk_breaker_trip"),
    )
    op.create_index(
        "uq_breaker_trip_open",
        "breaker_trip",
        ["rule_id", "key"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )

    op.create_table(
        "shortage_outcome",
        sa.Column("order_id", key, autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name="ck_shortage_outcome_amount_not_negative"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_shortage_outcome_order_id"),
        sa.PrimaryKeyConstraint("order_id", name="pk_shortage_outcome"),
    )
    op.create_index("ix_shortage_outcome_at", "shortage_outcome", ["at"], unique=False)

    op.add_column("sale_pause", sa.Column("cause", sa.Text(), server_default="", nullable=False))
    op.add_column("sale_pause", sa.Column("cap_qty", sa.BigInteger(), nullable=True))
    op.add_column("sale_pause", sa.Column("after_order_id", key, server_default="0", nullable=False))
