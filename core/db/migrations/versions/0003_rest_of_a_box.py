"""The rest of a box that was closed full, in an index of its own: it is looked for first, whenever a parcel opens."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Change the schema."""
    here = sa.text("state = 'to_pack' AND box_no > 1")
    op.create_index("ix_parcel_rest", "parcel", ["id"], sqlite_where=here, postgresql_where=here)
