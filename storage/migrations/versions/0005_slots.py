"""Slots, who chose which, and appointments; what else a message may speak of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

words = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "slots",
        sa.Column("community_id", words, nullable=False),
        sa.Column("id", words, nullable=False),
        sa.Column("introduction_id", words, nullable=False),
        sa.Column("at", moment, nullable=False),
        _to("introductions", "introduction_id", of="slots"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_slots"),
    )
    op.create_index("ix_slots_community_id_introduction_id", "slots", ["community_id", "introduction_id"])
    op.create_table(
        "picks",
        sa.Column("community_id", words, nullable=False),
        sa.Column("introduction_id", words, nullable=False),
        sa.Column("member_id", words, nullable=False),
        sa.Column("slot_id", words, nullable=False),
        sa.Column("at", moment, nullable=False),
        _to("introductions", "introduction_id", of="picks"),
        _to("members", "member_id", of="picks"),
        _to("slots", "slot_id", of="picks"),
        sa.PrimaryKeyConstraint("community_id", "introduction_id", "member_id", name="pk_picks"),
    )
    op.create_index("ix_picks_community_id_member_id", "picks", ["community_id", "member_id"])
    op.create_table(
        "appointments",
        sa.Column("community_id", words, nullable=False),
        sa.Column("introduction_id", words, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("called_off", sa.Boolean(), nullable=False),
        _to("introductions", "introduction_id", of="appointments"),
        sa.PrimaryKeyConstraint("community_id", "introduction_id", name="pk_appointments"),
    )
    op.add_column("deliveries", sa.Column("subject", words, nullable=True))


def _to(table: str, column: str, *, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["community_id", column],
        [f"{table}.community_id", f"{table}.id"],
        name=f"fk_{of}_community_id_{column}",
        initially="DEFERRED",
        deferrable=True,
    )
