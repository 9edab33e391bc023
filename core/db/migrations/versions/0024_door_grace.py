"""Until when an order of the door whose time is up may still be paid, where its units wait for the mall's word."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Change the schema."""
    op.add_column("door_reservation", sa.Column("kept_until", sa.BigInteger(), nullable=True))
    kept = sa.text("kept_until IS NOT NULL")
    op.create_index(
        "ix_door_reservation_kept", "door_reservation", ["kept_until"], sqlite_where=kept, postgresql_where=kept
    )
