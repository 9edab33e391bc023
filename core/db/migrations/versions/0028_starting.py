"""Whether a shop's orders go to the desk, and since when. Shops that are here already go on as they did."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Change the schema."""
    op.add_column("shop", sa.Column("on_desk", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("shop", sa.Column("cut_over_at", sa.BigInteger(), nullable=True))
