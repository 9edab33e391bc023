"""Whether a shop's owner still has to say yes on the platform's page: it is neither called nor missed until then."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Change the schema."""
    op.add_column("shop", sa.Column("awaits_owner", sa.Boolean(), server_default=sa.false(), nullable=False))
