"""Who sends, as the owner says it once for every account."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        "house_sender",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        # JSON in the encrypted file, cipher text on the server.
        sa.Column("sender", sa.JSON().with_variant(sa.Text(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_house_sender"),
    )
