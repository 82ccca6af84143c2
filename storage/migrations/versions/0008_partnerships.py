"""Who would go on after a meeting, and the partnerships that came of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

words = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "willing",
        sa.Column("community_id", words, nullable=False),
        sa.Column("introduction_id", words, nullable=False),
        sa.Column("member_id", words, nullable=False),
        sa.Column("yes", sa.Boolean(), nullable=False),
        sa.Column("at", moment, nullable=False),
        _to("introductions", "introduction_id", of="willing"),
        _to("members", "member_id", of="willing"),
        sa.PrimaryKeyConstraint("community_id", "introduction_id", "member_id", name="pk_willing"),
    )
    op.create_index("ix_willing_community_id_member_id", "willing", ["community_id", "member_id"])
    op.create_table(
        "partnerships",
        sa.Column("community_id", words, nullable=False),
        sa.Column("id", words, nullable=False),
        sa.Column("program_id", words, nullable=False),
        sa.Column("introduction_id", words, nullable=False),
        sa.Column("state", words, nullable=False),
        sa.Column("pace", words, nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("said_until", moment, nullable=False),
        sa.Column("wake_at", moment, nullable=True),
        _to("programs", "program_id", of="partnerships"),
        _to("introductions", "introduction_id", of="partnerships"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_partnerships"),
        sa.UniqueConstraint(
            "community_id", "introduction_id", name="uq_partnerships_community_id_introduction_id"
        ),
    )
    op.create_index("ix_partnerships_wake_at", "partnerships", ["wake_at"])
    op.create_table(
        "partners",
        sa.Column("community_id", words, nullable=False),
        sa.Column("partnership_id", words, nullable=False),
        sa.Column("member_id", words, nullable=False),
        sa.Column("better_at", words, nullable=False),
        sa.Column("will_try", words, nullable=False),
        sa.Column("going_on", sa.Boolean(), nullable=True),
        _to("partnerships", "partnership_id", of="partners"),
        _to("members", "member_id", of="partners"),
        sa.PrimaryKeyConstraint("community_id", "partnership_id", "member_id", name="pk_partners"),
    )
    op.create_index("ix_partners_community_id_member_id", "partners", ["community_id", "member_id"])


def _to(table: str, column: str, *, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["community_id", column],
        [f"{table}.community_id", f"{table}.id"],
        name=f"fk_{of}_community_id_{column}",
        initially="DEFERRED",
        deferrable=True,
    )
