"""After-sale cases of shops, and since when a feed cannot be read."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Change the schema."""
    op.add_column("cursor", sa.Column("failing_since", sa.BigInteger(), nullable=True))
    op.add_column("cursor", sa.Column("error", sa.Text(), nullable=False, server_default=""))
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "after_sale_case",
        sa.Column("id", key, nullable=False),
        sa.Column("shop_id", key, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("case_no", "order_no", "kind", "state")),
        sa.Column("channel_state", sa.Text(), nullable=False),
        sa.Column("refund_fen", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("goods_were_sent", sa.Boolean(), nullable=True),
        sa.Column("answer_by_at", sa.BigInteger(), nullable=True),
        sa.Column("return_carrier", sa.Text(), nullable=False, server_default=""),
        sa.Column("return_waybill_no", sa.Text(), nullable=False, server_default=""),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asks_order", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_after_sale_case_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_after_sale_case")),
        sa.UniqueConstraint("shop_id", "case_no", name=op.f("uq_after_sale_case_shop_id_case_no")),
    )
    op.create_index("ix_after_sale_case_state", "after_sale_case", ["state", "id"])
    op.create_index("ix_after_sale_case_case_no", "after_sale_case", ["case_no"])
    op.create_index("ix_after_sale_case_order_no", "after_sale_case", ["order_no"])
    for name, columns, words in (
        ("return", ["return_waybill_no"], "return_waybill_no <> ''"),
        ("to_answer", ["answer_by_at"], "state = 'requested' AND answer_by_at IS NOT NULL"),
        ("asks", ["shop_id", "id"], "asks_order"),
    ):
        where = sa.text(words)
        op.create_index(
            f"ix_after_sale_case_{name}", "after_sale_case", columns, sqlite_where=where, postgresql_where=where
        )
    op.create_table(
        "after_sale_copy",
        sa.Column("case_id", key, autoincrement=False, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["after_sale_case.id"], name=op.f("fk_after_sale_copy_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_after_sale_copy")),
    )
