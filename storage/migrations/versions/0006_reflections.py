"""Questions to a community, answers to them, and what is said to an answer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

words = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
moment = sa.DateTime(timezone=True)


def _to(table: str, column: str, *, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["community_id", column],
        [f"{table}.community_id", f"{table}.id"],
        name=f"fk_{of}_community_id_{column}",
        initially="DEFERRED",
        deferrable=True,
    )


def _table(name: str, *columns: sa.Column[object] | sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("community_id", words, nullable=False),
        sa.Column("id", words, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("community_id", "id", name=f"pk_{name}"),
    )


def upgrade() -> None:
    op.add_column("members", sa.Column("asked_at", moment, nullable=True))
    op.add_column("programs", sa.Column("prompt_wall", words, nullable=True))
    op.add_column("programs", sa.Column("prompt_at", moment, nullable=True))
    op.create_index("ix_programs_prompt_at", "programs", ["prompt_at"])
    # The old code does not know it and writes rows without it, as long as both run.
    op.add_column(
        "participations", sa.Column("prompted", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index("ix_deliveries_community_id_subject", "deliveries", ["community_id", "subject"])
    _table(
        "own_questions",
        sa.Column("program_id", words, nullable=False),
        sa.Column("author", words, nullable=False),
        sa.Column("text", words, nullable=False),
        sa.Column("at", moment, nullable=False),
        _to("programs", "program_id", of="own_questions"),
        _to("members", "author", of="own_questions"),
    )
    op.create_index(
        "ix_own_questions_community_id_program_id", "own_questions", ["community_id", "program_id"]
    )
    op.create_index("ix_own_questions_community_id_author", "own_questions", ["community_id", "author"])
    _table(
        "prompts",
        sa.Column("program_id", words, nullable=False),
        sa.Column("wall", words, nullable=False),
        sa.Column("question", words, nullable=False),
        sa.Column("at", moment, nullable=False),
        _to("programs", "program_id", of="prompts"),
        sa.UniqueConstraint(
            "community_id", "program_id", "wall", name="uq_prompts_community_id_program_id_wall"
        ),
    )
    _table(
        "reflections",
        sa.Column("member_id", words, nullable=False),
        sa.Column("program_id", words, nullable=False),
        sa.Column("prompt_id", words, nullable=True),
        sa.Column("text", words, nullable=False),
        sa.Column("visibility", words, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("edited_at", moment, nullable=True),
        sa.Column("wake_at", moment, nullable=True),
        _to("members", "member_id", of="reflections"),
        _to("programs", "program_id", of="reflections"),
        _to("prompts", "prompt_id", of="reflections"),
        sa.UniqueConstraint(
            "community_id", "prompt_id", "member_id", name="uq_reflections_community_id_prompt_id_member_id"
        ),
    )
    op.create_index("ix_reflections_community_id_member_id", "reflections", ["community_id", "member_id"])
    op.create_index(
        "ix_reflections_community_id_program_id_at", "reflections", ["community_id", "program_id", "at"]
    )
    op.create_index("ix_reflections_wake_at", "reflections", ["wake_at"])
    _table(
        "responses",
        sa.Column("reflection_id", words, nullable=False),
        sa.Column("member_id", words, nullable=False),
        sa.Column("text", words, nullable=False),
        sa.Column("at", moment, nullable=False),
        _to("reflections", "reflection_id", of="responses"),
        _to("members", "member_id", of="responses"),
    )
    op.create_index("ix_responses_community_id_reflection_id", "responses", ["community_id", "reflection_id"])
    op.create_index("ix_responses_community_id_member_id", "responses", ["community_id", "member_id"])
