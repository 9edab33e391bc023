"""What a platform's print component needs to print a waybill: personal, though only the component can read it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Change the schema."""
    # JSON in the encrypted file, cipher text on the server.
    kind = sa.JSON().with_variant(sa.Text(), "postgresql")
    op.add_column("waybill", sa.Column("print_data", kind, nullable=True))
