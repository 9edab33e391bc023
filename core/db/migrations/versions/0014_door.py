"""The door of own malls: keys, nonces, first answers, reservations, feeds, calls, nodes; and stopped sales."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Change the schema."""
    _generated()
    _by_hand()


def _generated() -> None:
    op.create_table(
        "door_mark",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_door_mark"),
    )
    op.create_table(
        "door_node",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", name="pk_door_node"),
    )
    op.create_table(
        "door_answer",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name="fk_door_answer_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "key", name="pk_door_answer"),
    )
    with op.batch_alter_table("door_answer", schema=None) as batch_op:
        batch_op.create_index("ix_door_answer_at", ["at"], unique=False)

    op.create_table(
        "door_call",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("took_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name="fk_door_call_shop_id"),
        sa.PrimaryKeyConstraint("id", name="pk_door_call"),
    )
    with op.batch_alter_table("door_call", schema=None) as batch_op:
        batch_op.create_index("ix_door_call_at", ["at"], unique=False)

    op.create_table(
        "door_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name="fk_door_event_shop_id"),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name="fk_door_event_warehouse_id"),
        sa.PrimaryKeyConstraint("id", name="pk_door_event"),
        sa.UniqueConstraint("source", name="uq_door_event_source"),
    )
    with op.batch_alter_table("door_event", schema=None) as batch_op:
        batch_op.create_index("ix_door_event_at", ["at"], unique=False)

    op.create_table(
        "door_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name="fk_door_key_shop_id"),
        sa.PrimaryKeyConstraint("id", name="pk_door_key"),
        sa.UniqueConstraint("key", name="uq_door_key_key"),
    )
    op.create_table(
        "door_stock",
        sa.Column("warehouse_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("available_qty", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_door_stock_sku_id"),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name="fk_door_stock_warehouse_id"),
        sa.PrimaryKeyConstraint("warehouse_id", "sku_id", name="pk_door_stock"),
    )
    with op.batch_alter_table("door_stock", schema=None) as batch_op:
        batch_op.create_index("ix_door_stock_warehouse_id_version", ["warehouse_id", "version"], unique=False)

    op.create_table(
        "sale_pause",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sku_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name="fk_sale_pause_shop_id"),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name="fk_sale_pause_sku_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sale_pause"),
    )
    with op.batch_alter_table("sale_pause", schema=None) as batch_op:
        batch_op.create_index("ix_sale_pause_sku_id", ["sku_id"], unique=False)

    op.create_table(
        "door_nonce",
        sa.Column("key_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["door_key.id"], name="fk_door_nonce_key_id"),
        sa.PrimaryKeyConstraint("key_id", "nonce", name="pk_door_nonce"),
    )
    with op.batch_alter_table("door_nonce", schema=None) as batch_op:
        batch_op.create_index("ix_door_nonce_seen_at", ["seen_at"], unique=False)

    op.create_table(
        "door_reservation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payment_no", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_door_reservation_order_id"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name="fk_door_reservation_shop_id"),
        sa.PrimaryKeyConstraint("id", name="pk_door_reservation"),
        sa.UniqueConstraint("order_id", name="uq_door_reservation_order_id"),
        sa.UniqueConstraint("public_id", name="uq_door_reservation_public_id"),
        sa.UniqueConstraint("shop_id", "ref", name="uq_door_reservation_shop_id_ref"),
    )
    with op.batch_alter_table("door_reservation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_door_reservation_open",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("state = 'reserved'"),
            postgresql_where=sa.text("state = 'reserved'"),
        )
        batch_op.create_index("ix_door_reservation_settled_at", ["state", "settled_at"], unique=False)


# By hand; kept when this file is made anew.
def _by_hand() -> None:
    """What no comparison finds: data, full-text tables, triggers."""
