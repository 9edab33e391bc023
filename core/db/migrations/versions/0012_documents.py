"""Documents: every act on stock with a number and an author; and movements stay as they were written."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_GUARD = {
    "sqlite": (
        "CREATE TRIGGER movement_no_update BEFORE UPDATE ON movement "
        "BEGIN SELECT RAISE(ABORT, 'movements are append-only'); END",
        "CREATE TRIGGER movement_no_delete BEFORE DELETE ON movement "
        "BEGIN SELECT RAISE(ABORT, 'movements are append-only'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION movement_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'movements are append-only' USING ERRCODE = 'restrict_violation'; END $$",
        "CREATE TRIGGER movement_no_change BEFORE UPDATE OR DELETE ON movement "
        "FOR EACH ROW EXECUTE FUNCTION movement_is_append_only()",
    ),
}


def upgrade() -> None:
    """Change the schema. Acts booked before this step have their movements and their journal, and no document."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "document",
        sa.Column("id", number, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("warehouse_id", number, nullable=False),
        sa.Column("to_warehouse_id", number, nullable=True),
        sa.Column("supplier", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("expected_day", sa.BigInteger(), nullable=True),
        sa.Column("parent_id", number, nullable=True),
        sa.Column("reverses_id", number, nullable=True),
        sa.Column("order_id", number, nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("hands", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_document_order_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["document.id"], name=op.f("fk_document_parent_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["document.id"], name=op.f("fk_document_reverses_id")),
        sa.ForeignKeyConstraint(["to_warehouse_id"], ["warehouse.id"], name=op.f("fk_document_to_warehouse_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_document_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("kind", "day", "seq", name=op.f("uq_document_kind_day_seq")),
        sa.UniqueConstraint("number", name=op.f("uq_document_number")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_document_reverses_id")),
    )
    op.create_index("ix_document_kind_state_id", "document", ["kind", "state", "id"])
    op.create_index(
        "ix_document_order_id",
        "document",
        ["order_id"],
        sqlite_where=sa.text("order_id IS NOT NULL"),
        postgresql_where=sa.text("order_id IS NOT NULL"),
    )
    op.create_index("ix_document_parent_id", "document", ["parent_id"])
    op.create_table(
        "document_line",
        sa.Column("id", number, nullable=False),
        sa.Column("document_id", number, nullable=False),
        sa.Column("line_no", sa.BigInteger(), nullable=False),
        sa.Column("sku_id", number, nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("made_day", sa.BigInteger(), nullable=True),
        sa.Column("expires_day", sa.BigInteger(), nullable=True),
        sa.Column("qty", sa.BigInteger(), nullable=False),
        sa.Column("done_qty", sa.BigInteger(), nullable=False),
        sa.Column("bad_qty", sa.BigInteger(), nullable=False),
        sa.Column("pending_qty", sa.BigInteger(), nullable=False),
        sa.Column("unit_cost_fen", sa.BigInteger(), nullable=True),
        sa.Column("bin", sa.Text(), nullable=False),
        sa.Column("source_line_id", number, nullable=True),
        sa.CheckConstraint("bad_qty >= 0", name=op.f("ck_document_line_bad_not_negative")),
        sa.CheckConstraint("done_qty >= 0", name=op.f("ck_document_line_done_not_negative")),
        sa.CheckConstraint("pending_qty >= 0", name=op.f("ck_document_line_pending_not_negative")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_document_line_document_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_document_line_sku_id")),
        sa.ForeignKeyConstraint(
            ["source_line_id"], ["document_line.id"], name=op.f("fk_document_line_source_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_line")),
        sa.UniqueConstraint("document_id", "line_no", name=op.f("uq_document_line_document_id_line_no")),
    )
    op.create_index(
        "ix_document_line_pending",
        "document_line",
        ["sku_id"],
        sqlite_where=sa.text("pending_qty > 0"),
        postgresql_where=sa.text("pending_qty > 0"),
    )
    op.create_index("ix_document_line_sku_id_id", "document_line", ["sku_id", "id"])
    op.create_table(
        "document_movement",
        sa.Column("movement_id", number, autoincrement=False, nullable=False),
        sa.Column("line_id", number, nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["document_line.id"], name=op.f("fk_document_movement_line_id")),
        sa.ForeignKeyConstraint(["movement_id"], ["movement.id"], name=op.f("fk_document_movement_movement_id")),
        sa.PrimaryKeyConstraint("movement_id", name=op.f("pk_document_movement")),
    )
    op.create_index("ix_document_movement_line_id", "document_movement", ["line_id"])
    for statement in _GUARD[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))
