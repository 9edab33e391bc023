"""Quotas: rights of shops to sell without asking, what covers them, and what is asked of platforms' numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Change the schema. No SKU has a mode yet, so that nothing is written to any shop."""
    op.create_table(
        "safety_stock",
        sa.Column("sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("qty >= 0", name=op.f("ck_safety_stock_qty_not_negative")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_safety_stock_sku_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_safety_stock_warehouse_id")),
        sa.PrimaryKeyConstraint("sku_id", "warehouse_id", name=op.f("pk_safety_stock")),
    )
    op.create_table(
        "sku_plan",
        sa.Column(
            "sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("buffer_qty", sa.BigInteger(), nullable=False),
        sa.Column("min_lot", sa.BigInteger(), nullable=False),
        sa.Column("park_qty", sa.BigInteger(), nullable=False),
        sa.Column("parked_shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("buffer_qty >= 0", name=op.f("ck_sku_plan_buffer_not_negative")),
        sa.CheckConstraint("min_lot >= 1", name=op.f("ck_sku_plan_min_lot_positive")),
        sa.CheckConstraint("park_qty >= 0", name=op.f("ck_sku_plan_park_not_negative")),
        sa.ForeignKeyConstraint(["parked_shop_id"], ["shop.id"], name=op.f("fk_sku_plan_parked_shop_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_sku_plan_sku_id")),
        sa.PrimaryKeyConstraint("sku_id", name=op.f("pk_sku_plan")),
    )
    with op.batch_alter_table("sku_plan", schema=None) as batch_op:
        batch_op.create_index("ix_sku_plan_mode_sku_id", ["mode", "sku_id"], unique=False)

    op.create_table(
        "quota",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("listing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_counted", sa.Boolean(), nullable=False),
        sa.Column("adopted_at", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_unit", sa.Text(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=True),
        sa.Column("granted_qty", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_qty", sa.BigInteger(), nullable=False),
        sa.Column("sold_qty", sa.BigInteger(), nullable=False),
        sa.Column("restored_qty", sa.BigInteger(), nullable=False),
        sa.Column("overdrawn_qty", sa.BigInteger(), nullable=False),
        sa.Column("slack_qty", sa.BigInteger(), nullable=False),
        sa.Column("slack_at", sa.BigInteger(), nullable=True),
        sa.Column("listed_qty", sa.BigInteger(), nullable=True),
        sa.Column("listed_at", sa.BigInteger(), nullable=True),
        sa.Column("listed_version", sa.BigInteger(), nullable=True),
        sa.Column("evidence_from", sa.BigInteger(), nullable=True),
        sa.Column("evidence_to", sa.BigInteger(), nullable=True),
        sa.Column("is_on_sale", sa.Boolean(), nullable=True),
        sa.Column("drift_qty", sa.BigInteger(), nullable=True),
        sa.Column("drift_right_qty", sa.BigInteger(), nullable=True),
        sa.Column("drift_at", sa.BigInteger(), nullable=True),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.Column("retry_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "granted_qty - withdrawn_qty - sold_qty + restored_qty >= 0", name=op.f("ck_quota_right_not_negative")
        ),
        sa.CheckConstraint(
            "granted_qty >= 0 AND withdrawn_qty >= 0 AND sold_qty >= 0", name=op.f("ck_quota_counters_not_negative")
        ),
        sa.CheckConstraint(
            "restored_qty >= 0 AND overdrawn_qty >= 0 AND slack_qty >= 0", name=op.f("ck_quota_rest_not_negative")
        ),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_quota_listing_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_quota_shop_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_quota_sku_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota")),
        sa.UniqueConstraint("sku_id", "shop_id", name=op.f("uq_quota_sku_id_shop_id")),
    )
    with op.batch_alter_table("quota", schema=None) as batch_op:
        batch_op.create_index(
            "ix_quota_drift",
            ["id"],
            unique=False,
            sqlite_where=sa.text("drift_qty IS NOT NULL"),
            postgresql_where=sa.text("drift_qty IS NOT NULL"),
        )
        batch_op.create_index("ix_quota_shop_id", ["shop_id"], unique=False)

    op.create_table(
        "quota_cover",
        sa.Column("quota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("level_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("qty >= 1", name=op.f("ck_quota_cover_qty_positive")),
        sa.ForeignKeyConstraint(["level_id"], ["stock_level.id"], name=op.f("fk_quota_cover_level_id")),
        sa.ForeignKeyConstraint(["quota_id"], ["quota.id"], name=op.f("fk_quota_cover_quota_id")),
        sa.PrimaryKeyConstraint("quota_id", "level_id", name=op.f("pk_quota_cover")),
    )
    with op.batch_alter_table("quota_cover", schema=None) as batch_op:
        batch_op.create_index("ix_quota_cover_level_id", ["level_id"], unique=False)

    op.create_table(
        "stock_act",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("done_qty", sa.BigInteger(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("target_qty", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["quota_id"], ["quota.id"], name=op.f("fk_stock_act_quota_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_act")),
        sa.UniqueConstraint("key", name=op.f("uq_stock_act_key")),
    )
    with op.batch_alter_table("stock_act", schema=None) as batch_op:
        batch_op.create_index("ix_stock_act_quota_id_id", ["quota_id", "id"], unique=False)
        batch_op.create_index(
            "uq_stock_act_open",
            ["quota_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('waiting', 'sending', 'unsettled')"),
            postgresql_where=sa.text("state IN ('waiting', 'sending', 'unsettled')"),
        )

    op.create_table(
        "quota_sale",
        sa.Column(
            "order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("quota_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("over_qty", sa.BigInteger(), nullable=False),
        sa.Column("restored_qty", sa.BigInteger(), nullable=False),
        sa.Column("sold_at", sa.BigInteger(), nullable=False),
        sa.Column("restored_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "qty >= 0 AND over_qty >= 0 AND over_qty <= qty", name=op.f("ck_quota_sale_qty_not_negative")
        ),
        sa.CheckConstraint("restored_qty >= 0 AND restored_qty <= qty", name=op.f("ck_quota_sale_restored_within")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_quota_sale_order_line_id")),
        sa.ForeignKeyConstraint(["quota_id"], ["quota.id"], name=op.f("fk_quota_sale_quota_id")),
        sa.PrimaryKeyConstraint("order_line_id", name=op.f("pk_quota_sale")),
    )
    with op.batch_alter_table("quota_sale", schema=None) as batch_op:
        batch_op.create_index("ix_quota_sale_quota_id_sold_at", ["quota_id", "sold_at"], unique=False)
        batch_op.create_index(
            "ix_quota_sale_restored",
            ["quota_id", "restored_at"],
            unique=False,
            sqlite_where=sa.text("restored_at IS NOT NULL"),
            postgresql_where=sa.text("restored_at IS NOT NULL"),
        )

    with op.batch_alter_table("shop", schema=None) as batch_op:
        batch_op.add_column(sa.Column("writes_stock", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_listing_sku_id", "listing", ["sku_id"])
