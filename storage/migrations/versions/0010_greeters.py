"""Who welcomes newcomers, what a convener makes hard, and why an introduction or none."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

words = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "greeters",
        sa.Column("community_id", words, nullable=False),
        sa.Column("program_id", words, nullable=False),
        sa.Column("member_id", words, nullable=False),
        sa.Column("welcomes", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id", "member_id"],
            ["members.community_id", "members.id"],
            name="fk_greeters_community_id_member_id",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(
            ["community_id", "program_id"],
            ["programs.community_id", "programs.id"],
            name="fk_greeters_community_id_program_id",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("community_id", "program_id", "member_id", name="pk_greeters"),
    )
    op.create_index("ix_greeters_community_id_member_id", "greeters", ["community_id", "member_id"])
    for name in ("other_teams", "common_hour"):
        op.add_column("programs", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column(
        "introductions", sa.Column("unavoidable", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("introductions", sa.Column("greeter", words, nullable=True))
    op.add_column("seats", sa.Column("why_not", words, nullable=True))
