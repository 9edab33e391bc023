"""Calls at the door that were answered alike are counted in one row; the door's own lines are no listings."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
#: lines asked for at the door were kept as listings
ROW_CHANGES = ("listing",)


def upgrade() -> None:
    """Change the schema."""
    op.add_column("door_call", sa.Column("calls", sa.BigInteger(), nullable=False, server_default="1"))
    # Written and never read: a payment number is nobody's business here.
    op.drop_column("door_reservation", "payment_no")
    op.execute(
        "DELETE FROM listing WHERE item_id = '@door' AND id NOT IN"
        " (SELECT listing_id FROM quota WHERE listing_id IS NOT NULL)"
    )
