"""What came of each pull of a shop, and the reports of comparing its orders with ours."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Change the schema."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "sync_round",
        sa.Column("id", key, nullable=False),
        sa.Column("shop_id", key, nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("round_count", "took_ms", "page_count", "new_count", "changed_count")
        ),
        sa.Column("until_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_sync_round_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_round")),
    )
    op.create_index("ix_sync_round_shop_id_id", "sync_round", ["shop_id", "id"])
    op.create_index("ix_sync_round_ended_at", "sync_round", ["ended_at"])
    op.create_table(
        "reconciliation",
        sa.Column("id", key, nullable=False),
        sa.Column("shop_id", key, nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("is_nightly", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
            for name in ("listed_count", "missing_count", "difference_count", "unasked_count")
        ),
        sa.Column("error", sa.Text(), nullable=False, server_default=""),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_by", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_reconciliation_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )
    op.create_index("ix_reconciliation_shop_id_id", "reconciliation", ["shop_id", "id"])
    op.create_index("ix_reconciliation_begun_at", "reconciliation", ["begun_at"])
    unseen = sa.text("missing_count > 0 AND seen_at IS NULL")
    op.create_index(
        "ix_reconciliation_unseen", "reconciliation", ["shop_id"], sqlite_where=unseen, postgresql_where=unseen
    )
    op.create_table(
        "reconciliation_line",
        sa.Column("id", key, nullable=False),
        sa.Column("reconciliation_id", key, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("order_no", "kind", "ours", "theirs", "outcome")),
        sa.ForeignKeyConstraint(
            ["reconciliation_id"], ["reconciliation.id"], name=op.f("fk_reconciliation_line_reconciliation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_line")),
    )
    op.create_index("ix_reconciliation_line_reconciliation_id", "reconciliation_line", ["reconciliation_id"])
