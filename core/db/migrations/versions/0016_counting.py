"""Count sheets, their scans, counts as assertions about the ledger, and the nightly comparison."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Change the schema."""
    _generated()
    _by_hand()


def _generated() -> None:
    op.create_table(
        "comparison",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("sku_count", sa.BigInteger(), nullable=False),
        sa.Column("place_count", sa.BigInteger(), nullable=False),
        sa.Column("difference_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comparison"),
        sa.UniqueConstraint("key", name="uq_comparison_key"),
    )
    with op.batch_alter_table("comparison", schema=None) as batch_op:
        batch_op.create_index("ix_comparison_day_id", ["day", "id"], unique=False)

    op.create_table(
        "comparison_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("comparison_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("level_qty", sa.BigInteger(), nullable=False),
        sa.Column("ledger_qty", sa.BigInteger(), nullable=False),
        sa.Column("counted_qty", sa.BigInteger(), nullable=True),
        sa.Column("counted_at", sa.BigInteger(), nullable=True),
        sa.Column("listed", sa.JSON(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["comparison_id"], ["comparison.id"], name="fk_comparison_line_comparison_id"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_comparison_line_sku_id"),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name="fk_comparison_line_warehouse_id"),
        sa.PrimaryKeyConstraint("id", name="pk_comparison_line"),
    )
    with op.batch_alter_table("comparison_line", schema=None) as batch_op:
        batch_op.create_index("ix_comparison_line_comparison_id", ["comparison_id", "id"], unique=False)
        batch_op.create_index(
            "ix_comparison_line_unconfirmed",
            ["comparison_id"],
            unique=False,
            sqlite_where=sa.text("confirmed_at IS NULL"),
            postgresql_where=sa.text("confirmed_at IS NULL"),
        )

    op.create_table(
        "count_sheet",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("scope_values", sa.JSON(), nullable=False),
        sa.Column("is_blind", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("filled_to", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_filled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("submitted_at", sa.BigInteger(), nullable=True),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitted_by_id", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name="fk_count_sheet_warehouse_id"),
        sa.PrimaryKeyConstraint("id", name="pk_count_sheet"),
        sa.UniqueConstraint("key", name="uq_count_sheet_key"),
        sa.UniqueConstraint("number", name="uq_count_sheet_number"),
    )
    with op.batch_alter_table("count_sheet", schema=None) as batch_op:
        batch_op.create_index("ix_count_sheet_state_id", ["state", "id"], unique=False)

    op.create_table(
        "count_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sheet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("bin", sa.Text(), nullable=False),
        sa.Column("is_extra", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("counted_qty", sa.BigInteger(), nullable=True),
        sa.Column("book_qty", sa.BigInteger(), nullable=True),
        sa.Column("away_qty", sa.BigInteger(), nullable=True),
        sa.Column("movement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("counted_at", sa.BigInteger(), nullable=True),
        sa.Column("moved_qty", sa.BigInteger(), nullable=False),
        sa.Column("is_disputed", sa.Boolean(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("booked_qty", sa.BigInteger(), nullable=True),
        sa.Column("deficits", sa.JSON(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sheet_id"], ["count_sheet.id"], name="fk_count_line_sheet_id"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_count_line_sku_id"),
        sa.PrimaryKeyConstraint("id", name="pk_count_line"),
        sa.UniqueConstraint("sheet_id", "sku_id", "batch", name="uq_count_line_sheet_id_sku_id_batch"),
    )
    with op.batch_alter_table("count_line", schema=None) as batch_op:
        batch_op.create_index("ix_count_line_sheet_id_state_bin", ["sheet_id", "state", "bin", "id"], unique=False)
        batch_op.create_index("ix_count_line_sku_id", ["sku_id", "id"], unique=False)

    op.create_table(
        "count_pass",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sheet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bin", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("counter_id", sa.BigInteger(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["sheet_id"], ["count_sheet.id"], name="fk_count_pass_sheet_id"),
        sa.PrimaryKeyConstraint("id", name="pk_count_pass"),
        sa.UniqueConstraint("sheet_id", "bin", "number", name="uq_count_pass_sheet_id_bin_number"),
    )
    with op.batch_alter_table("count_pass", schema=None) as batch_op:
        batch_op.create_index(
            "ix_count_pass_open",
            ["sheet_id", "counter"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "stock_assertion",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("level_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("movement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("book_qty", sa.BigInteger(), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("correction_qty", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.CheckConstraint("qty >= 0", name="ck_stock_assertion_qty_not_negative"),
        sa.ForeignKeyConstraint(["level_id"], ["stock_level.id"], name="fk_stock_assertion_level_id"),
        sa.PrimaryKeyConstraint("id", name="pk_stock_assertion"),
    )
    with op.batch_alter_table("stock_assertion", schema=None) as batch_op:
        batch_op.create_index("ix_stock_assertion_level_id_id", ["level_id", "id"], unique=False)

    op.create_table(
        "count_scan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sheet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pass_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("movement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("book_qty", sa.BigInteger(), nullable=False),
        sa.Column("away_qty", sa.BigInteger(), nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("undoes_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["count_line.id"], name="fk_count_scan_line_id"),
        sa.ForeignKeyConstraint(["pass_id"], ["count_pass.id"], name="fk_count_scan_pass_id"),
        sa.ForeignKeyConstraint(["sheet_id"], ["count_sheet.id"], name="fk_count_scan_sheet_id"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_count_scan_sku_id"),
        sa.ForeignKeyConstraint(["undoes_id"], ["count_scan.id"], name="fk_count_scan_undoes_id"),
        sa.PrimaryKeyConstraint("id", name="pk_count_scan"),
        sa.UniqueConstraint("key", name="uq_count_scan_key"),
        sa.UniqueConstraint("undoes_id", name="uq_count_scan_undoes_id"),
    )
    with op.batch_alter_table("count_scan", schema=None) as batch_op:
        batch_op.create_index("ix_count_scan_line_id", ["line_id"], unique=False)
        batch_op.create_index("ix_count_scan_pass_id", ["pass_id", "id"], unique=False)

    op.create_table(
        "count_tally",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pass_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("scan_count", sa.BigInteger(), nullable=False),
        sa.Column("is_replaced", sa.Boolean(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("first_shelf_qty", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("movement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("book_qty", sa.BigInteger(), nullable=False),
        sa.Column("away_qty", sa.BigInteger(), nullable=False),
        sa.Column("moved_qty", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("qty >= 0", name="ck_count_tally_qty_not_negative"),
        sa.ForeignKeyConstraint(["line_id"], ["count_line.id"], name="fk_count_tally_line_id"),
        sa.ForeignKeyConstraint(["pass_id"], ["count_pass.id"], name="fk_count_tally_pass_id"),
        sa.PrimaryKeyConstraint("id", name="pk_count_tally"),
        sa.UniqueConstraint("pass_id", "line_id", name="uq_count_tally_pass_id_line_id"),
    )
    with op.batch_alter_table("count_tally", schema=None) as batch_op:
        batch_op.create_index("ix_count_tally_line_id", ["line_id"], unique=False)


# By hand; kept when this file is made anew.
def _by_hand() -> None:
    """What no comparison finds: data, full-text tables, triggers."""
