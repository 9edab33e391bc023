"""What of a level belongs to shops that sell without asking, and the last day of a batch."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_WITHIN = "promised_within_on_hand"


def upgrade() -> None:
    """Change the schema. Nothing there is yet is allotted to anybody, and no batch has a day."""
    with op.batch_alter_table("stock_level") as table:
        table.add_column(sa.Column("allotted_qty", sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("expires_day", sa.BigInteger(), nullable=True))
        table.drop_constraint(op.f(f"ck_stock_level_{_WITHIN}"), type_="check")
        table.create_check_constraint(op.f("ck_stock_level_allotted_not_negative"), "allotted_qty >= 0")
        table.create_check_constraint(
            op.f(f"ck_stock_level_{_WITHIN}"),
            "reserved_qty + confirmed_qty + quarantined_qty + allotted_qty <= on_hand_qty",
        )
