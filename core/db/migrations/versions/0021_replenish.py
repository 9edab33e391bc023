"""What was wanted on each day, how goods are bought, and orders found by the day they were paid."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Change the schema. The days are rolled up by the first round of the program."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "sku_day",
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("warehouse_id", key, nullable=False),
        sa.Column("sku_id", key, nullable=False),
        sa.Column("demand_qty", sa.BigInteger(), nullable=False),
        sa.Column("moved_qty", sa.BigInteger(), nullable=False),
        sa.Column("in_qty", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("demand_qty >= 0 AND in_qty >= 0", name=op.f("ck_sku_day_not_negative")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_sku_day_warehouse_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_sku_day_sku_id")),
        sa.PrimaryKeyConstraint("day", "warehouse_id", "sku_id", name=op.f("pk_sku_day")),
    )
    op.create_table(
        "supply",
        sa.Column("sku_id", key, autoincrement=False, nullable=False),
        sa.Column("supplier", sa.Text(), server_default="", nullable=False),
        sa.Column("lead_days", sa.BigInteger(), nullable=True),
        sa.Column("pack_qty", sa.BigInteger(), nullable=False),
        sa.Column("min_qty", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("lead_days >= 0", name=op.f("ck_supply_lead_not_negative")),
        sa.CheckConstraint("pack_qty >= 1", name=op.f("ck_supply_pack_positive")),
        sa.CheckConstraint("min_qty >= 0", name=op.f("ck_supply_min_not_negative")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_supply_sku_id")),
        sa.PrimaryKeyConstraint("sku_id", name=op.f("pk_supply")),
    )
    for name, column, where in (
        ("ix_orders_paid_at", "paid_at", "paid_at IS NOT NULL"),
        ("ix_orders_placed_at", "placed_at", "paid_at IS NULL"),
    ):
        op.create_index(name, "orders", [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
