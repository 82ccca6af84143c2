"""Conversations that cannot be asked for again; posts that one process holds, and notes for all of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

words = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("community_id", words, nullable=False),
        sa.Column("circle", words, nullable=False),
        sa.Column("occasion", words, nullable=False),
        sa.Column("room", words, nullable=True),
        sa.Column("space", words, nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("resting", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["communities.id"],
            name="fk_conversations_community_id",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("community_id", "circle", "occasion", name="pk_conversations"),
    )
    op.create_index("ix_conversations_community_id_space", "conversations", ["community_id", "space"])
    op.create_table(
        "posts",
        sa.Column("platform", words, nullable=False),
        sa.Column("post", words, nullable=False),
        sa.Column("owner", words, nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", moment, nullable=False),
        sa.PrimaryKeyConstraint("platform", "post", name="pk_posts"),
    )
    op.create_table(
        "notes",
        sa.Column("platform", words, nullable=False),
        sa.Column("what", words, nullable=False),
        sa.Column("value", words, nullable=False),
        sa.PrimaryKeyConstraint("platform", "what", name="pk_notes"),
    )
