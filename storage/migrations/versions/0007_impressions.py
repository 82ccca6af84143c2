"""What members expected, found and take away; private words to conveners."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

words = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "impressions",
        sa.Column("community_id", words, nullable=False),
        sa.Column("introduction_id", words, nullable=False),
        sa.Column("member_id", words, nullable=False),
        sa.Column("expected", words, nullable=True),
        sa.Column("found", words, nullable=True),
        sa.Column("takeaway", words, nullable=False),
        sa.Column("thanked", words, nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("at", moment, nullable=False),
        _to("introductions", "introduction_id", of="impressions"),
        _to("members", "member_id", of="impressions"),
        _to("members", "thanked", of="impressions"),
        sa.PrimaryKeyConstraint("community_id", "introduction_id", "member_id", name="pk_impressions"),
    )
    op.create_index("ix_impressions_community_id_member_id", "impressions", ["community_id", "member_id"])
    op.create_index("ix_impressions_community_id_thanked", "impressions", ["community_id", "thanked"])
    op.create_table(
        "cares",
        sa.Column("community_id", words, nullable=False),
        sa.Column("id", words, nullable=False),
        sa.Column("author", words, nullable=False),
        sa.Column("about", words, nullable=True),
        sa.Column("words", words, nullable=False),
        sa.Column("at", moment, nullable=False),
        _to("members", "author", of="cares"),
        _to("members", "about", of="cares"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_cares"),
    )
    op.create_index("ix_cares_community_id_author", "cares", ["community_id", "author"])
    op.create_index("ix_cares_community_id_about", "cares", ["community_id", "about"])


def _to(table: str, column: str, *, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["community_id", column],
        [f"{table}.community_id", f"{table}.id"],
        name=f"fk_{of}_community_id_{column}",
        initially="DEFERRED",
        deferrable=True,
    )
