"""Where goods lie on the shelves, and what a wave was chosen by."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Change the schema. Waves begun before this step took what was due first."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "bin",
        sa.Column("sku_id", number, nullable=False),
        sa.Column("warehouse_id", number, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_bin_sku_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_bin_warehouse_id")),
        sa.PrimaryKeyConstraint("sku_id", "warehouse_id", name=op.f("pk_bin")),
    )
    op.add_column("wave", sa.Column("kind", sa.Text(), nullable=False, server_default="due"))
    op.add_column("wave", sa.Column("about", sa.Text(), nullable=False, server_default=""))
