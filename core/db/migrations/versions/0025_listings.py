"""What platforms say of their listings, when they were seen, and what a person has decided of their match."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Change the schema."""
    for words in ("barcode", "picture_url"):
        op.add_column("listing", sa.Column(words, sa.Text(), nullable=False, server_default=""))
    for number in ("price_fen", "listed_qty", "seen_at", "vanished_at"):
        op.add_column("listing", sa.Column(number, sa.BigInteger(), nullable=True))
    op.add_column("listing", sa.Column("is_on_sale", sa.Boolean(), nullable=True))
    no = sa.false()
    op.add_column("listing", sa.Column("is_by_hand", sa.Boolean(), nullable=False, server_default=no))
