"""Alerts: what stands, whom it was told, who is on duty, and how people are reached."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Change the schema. Nothing stands yet, and whoever owns the shop is on duty."""
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("told_severity", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True),
        sa.Column("cleared_why", sa.Text(), nullable=False),
        sa.Column("acked_at", sa.BigInteger(), nullable=True),
        sa.Column("acked_by", sa.Text(), nullable=False),
        sa.Column("ack_note", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("turns", sa.BigInteger(), nullable=False),
        sa.Column("next_step_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index("ix_alert_cleared_at", ["cleared_at", "id"], unique=False)
        batch_op.create_index(
            "uq_alert_standing",
            ["rule", "key"],
            unique=True,
            sqlite_where=sa.text("cleared_at IS NULL"),
            postgresql_where=sa.text("cleared_at IS NULL"),
        )

    op.create_table(
        "alert_channel",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("access", sa.JSON().with_variant(sa.Text(), "postgresql"), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("blocked_until_at", sa.BigInteger(), nullable=True),
        sa.Column("broken_at", sa.BigInteger(), nullable=True),
        sa.Column("broken_why", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_channel"),
    )
    op.create_table(
        "alert_mute",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_mute"),
    )
    with op.batch_alter_table("alert_mute", schema=None) as batch_op:
        batch_op.create_index("ix_alert_mute_until_at", ["until_at"], unique=False)

    op.create_table(
        "roster_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("begins_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("for_person_id", sa.BigInteger(), nullable=True),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roster_change"),
    )
    with op.batch_alter_table("roster_change", schema=None) as batch_op:
        batch_op.create_index("ix_roster_change_ends_at", ["ends_at"], unique=False)

    op.create_table(
        "roster_shift",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("weekday", sa.BigInteger(), nullable=False),
        sa.Column("begins_min", sa.BigInteger(), nullable=False),
        sa.Column("ends_min", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roster_shift"),
    )
    with op.batch_alter_table("roster_shift", schema=None) as batch_op:
        batch_op.create_index("ix_roster_shift_weekday", ["weekday"], unique=False)

    op.create_table(
        "alert_contact",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["alert_channel.id"], name="fk_alert_contact_channel_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_contact"),
        sa.UniqueConstraint("person_id", "channel_id", name="uq_alert_contact_person_id_channel_id"),
    )
    op.create_table(
        "alert_notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_alert_notice_alert_id"),
        sa.ForeignKeyConstraint(["channel_id"], ["alert_channel.id"], name="fk_alert_notice_channel_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_notice"),
        sa.UniqueConstraint(
            "alert_id", "turn", "person_id", "channel_id", name="uq_alert_notice_alert_id_turn_person_id_channel_id"
        ),
    )
    with op.batch_alter_table("alert_notice", schema=None) as batch_op:
        batch_op.create_index("ix_alert_notice_channel_id_sent_at", ["channel_id", "sent_at"], unique=False)
        batch_op.create_index(
            "ix_alert_notice_pending",
            ["channel_id", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued', 'sending')"),
            postgresql_where=sa.text("state IN ('queued', 'sending')"),
        )
