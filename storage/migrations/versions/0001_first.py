"""The first schema: everything that a round needs.

It stands for itself, whatever becomes of `storage.tables` later.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

# Sorts by code point on both databases.
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


def _to_community(*, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["community_id"],
        ["communities.id"],
        name=f"fk_{of}_community_id",
        initially="DEFERRED",
        deferrable=True,
    )


def upgrade() -> None:
    op.create_table(
        "communities",
        sa.Column("id", words, nullable=False),
        sa.Column("platform", words, nullable=False),
        sa.Column("external_id", words, nullable=False),
        sa.Column("name", words, nullable=False),
        sa.Column("zone", words, nullable=False),
        sa.Column("language", words, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_communities"),
        sa.UniqueConstraint("platform", "external_id", name="uq_communities_platform_external_id"),
    )
    op.create_table(
        "inbox",
        sa.Column("community_id", words, nullable=False),
        sa.Column("event", words, nullable=False),
        sa.Column("heard_at", moment, nullable=False),
        _to_community(of="inbox"),
        sa.PrimaryKeyConstraint("community_id", "event", name="pk_inbox"),
    )
    op.create_index("ix_inbox_heard_at", "inbox", ["heard_at"])
    op.create_table(
        "lanes",
        sa.Column("community_id", words, nullable=False),
        sa.Column("scope", words, nullable=False),
        sa.Column("ready_at", moment, nullable=False),
        _to_community(of="lanes"),
        sa.PrimaryKeyConstraint("community_id", "scope", name="pk_lanes"),
    )
    op.create_table(
        "members",
        sa.Column("community_id", words, nullable=False),
        sa.Column("id", words, nullable=False),
        sa.Column("external_id", words, nullable=False),
        sa.Column("name", words, nullable=False),
        sa.Column("language", words, nullable=False),
        sa.Column("zone", words, nullable=True),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("learning", words, nullable=False),
        sa.Column("can_help", words, nullable=False),
        sa.Column("format", words, nullable=False),
        sa.Column("rhythm", words, nullable=False),
        sa.Column("team", words, nullable=True),
        sa.Column("joined_at", moment, nullable=False),
        sa.Column("last_seen_at", moment, nullable=True),
        _to_community(of="members"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_members"),
        sa.UniqueConstraint("community_id", "external_id", name="uq_members_community_id_external_id"),
    )
    op.create_table(
        "spaces",
        sa.Column("community_id", words, nullable=False),
        sa.Column("id", words, nullable=False),
        sa.Column("external_id", words, nullable=False),
        sa.Column("name", words, nullable=False),
        _to_community(of="spaces"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_spaces"),
        sa.UniqueConstraint("community_id", "external_id", name="uq_spaces_community_id_external_id"),
    )
    op.create_table(
        "keep_aparts",
        sa.Column("community_id", words, nullable=False),
        sa.Column("author", words, nullable=False),
        sa.Column("trace", words, nullable=False),
        sa.Column("other", words, nullable=True),
        sa.Column("at", moment, nullable=False),
        _to("members", "author", of="keep_aparts"),
        _to("members", "other", of="keep_aparts"),
        sa.PrimaryKeyConstraint("community_id", "author", "trace", name="pk_keep_aparts"),
    )
    op.create_index("ix_keep_aparts_community_id_other", "keep_aparts", ["community_id", "other"])
    op.create_table(
        "phrases_heard",
        sa.Column("community_id", words, nullable=False),
        sa.Column("member_id", words, nullable=False),
        sa.Column("phrase", words, nullable=False),
        sa.Column("at", moment, nullable=False),
        _to("members", "member_id", of="phrases_heard"),
        sa.PrimaryKeyConstraint("community_id", "member_id", "phrase", name="pk_phrases_heard"),
    )
    op.create_table(
        "programs",
        sa.Column("community_id", words, nullable=False),
        sa.Column("id", words, nullable=False),
        sa.Column("space_id", words, nullable=False),
        sa.Column("rule", words, nullable=False),
        sa.Column("at", words, nullable=False),
        sa.Column("zone", words, nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("group_size", sa.Integer(), nullable=False),
        sa.Column("state", words, nullable=False),
        sa.Column("blackouts", sa.JSON(), nullable=False),
        sa.Column("season", sa.Integer(), nullable=False),
        sa.Column("season_rounds", sa.Integer(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("next_wall", words, nullable=True),
        sa.Column("next_at", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        _to("spaces", "space_id", of="programs"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_programs"),
        sa.UniqueConstraint("community_id", "space_id", name="uq_programs_community_id_space_id"),
    )
    op.create_index("ix_programs_next_at", "programs", ["next_at"])
    op.create_table(
        "ties",
        sa.Column("community_id", words, nullable=False),
        sa.Column("source", words, nullable=False),
        sa.Column("target", words, nullable=False),
        sa.Column("kind", words, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        _to("members", "source", of="ties"),
        _to("members", "target", of="ties"),
        sa.PrimaryKeyConstraint("community_id", "source", "target", "kind", "at", name="pk_ties"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ties_community_id_target", "ties", ["community_id", "target"])
    op.create_table(
        "conveners",
        sa.Column("community_id", words, nullable=False),
        sa.Column("program_id", words, nullable=False),
        sa.Column("member_id", words, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        _to("members", "member_id", of="conveners"),
        _to("programs", "program_id", of="conveners"),
        sa.PrimaryKeyConstraint("community_id", "program_id", "member_id", name="pk_conveners"),
    )
    op.create_index("ix_conveners_community_id_member_id", "conveners", ["community_id", "member_id"])
    op.create_table(
        "participations",
        sa.Column("community_id", words, nullable=False),
        sa.Column("program_id", words, nullable=False),
        sa.Column("member_id", words, nullable=False),
        sa.Column("standing", words, nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("wake_at", moment, nullable=True),
        sa.Column("skips_next", sa.Boolean(), nullable=False),
        sa.Column("last_round", sa.Integer(), nullable=False),
        sa.Column("first_next", sa.Boolean(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("trios", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("silent_rounds", sa.Integer(), nullable=False),
        _to("members", "member_id", of="participations"),
        _to("programs", "program_id", of="participations"),
        sa.PrimaryKeyConstraint("community_id", "program_id", "member_id", name="pk_participations"),
    )
    op.create_index(
        "ix_participations_community_id_member_id",
        "participations",
        ["community_id", "member_id"],
        unique=False,
    )
    op.create_index("ix_participations_wake_at", "participations", ["wake_at"])
    op.create_table(
        "rounds",
        sa.Column("community_id", words, nullable=False),
        sa.Column("id", words, nullable=False),
        sa.Column("program_id", words, nullable=False),
        sa.Column("wall", words, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", words, nullable=False),
        sa.Column("opens_at", moment, nullable=False),
        sa.Column("closes_at", moment, nullable=False),
        sa.Column("wake_at", moment, nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("engine", words, nullable=False),
        sa.Column("inputs", sa.LargeBinary(), nullable=True),
        _to("programs", "program_id", of="rounds"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_rounds"),
        sa.UniqueConstraint(
            "community_id", "program_id", "wall", name="uq_rounds_community_id_program_id_wall"
        ),
    )
    op.create_index(
        "ix_rounds_community_id_program_id_opens_at",
        "rounds",
        ["community_id", "program_id", "opens_at"],
        unique=False,
    )
    op.create_index("ix_rounds_wake_at", "rounds", ["wake_at"])
    op.create_table(
        "introductions",
        sa.Column("community_id", words, nullable=False),
        sa.Column("id", words, nullable=False),
        sa.Column("round_id", words, nullable=False),
        sa.Column("fingerprint", words, nullable=False),
        sa.Column("opener", words, nullable=False),
        sa.Column("phrase", words, nullable=False),
        sa.Column("state", words, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("touched", sa.Boolean(), nullable=False),
        sa.Column("joiner", words, nullable=True),
        sa.Column("met_before", sa.Integer(), nullable=False),
        sa.Column("last_met", sa.Date(), nullable=True),
        sa.Column("acquainted", sa.Boolean(), nullable=False),
        sa.Column("hours", sa.Float(), nullable=True),
        sa.Column("crosses_teams", sa.Boolean(), nullable=False),
        _to("rounds", "round_id", of="introductions"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_introductions"),
        sa.UniqueConstraint(
            "community_id",
            "round_id",
            "fingerprint",
            name="uq_introductions_community_id_round_id_fingerprint",
        ),
    )
    op.create_table(
        "answers",
        sa.Column("community_id", words, nullable=False),
        sa.Column("introduction_id", words, nullable=False),
        sa.Column("member_id", words, nullable=False),
        sa.Column("outcome", words, nullable=False),
        sa.Column("at", moment, nullable=False),
        _to("introductions", "introduction_id", of="answers"),
        _to("members", "member_id", of="answers"),
        sa.PrimaryKeyConstraint("community_id", "introduction_id", "member_id", name="pk_answers"),
    )
    op.create_index("ix_answers_community_id_member_id", "answers", ["community_id", "member_id"])
    op.create_table(
        "deliveries",
        sa.Column("community_id", words, nullable=False),
        sa.Column("id", words, nullable=False),
        sa.Column("key", words, nullable=False),
        sa.Column("kind", words, nullable=False),
        sa.Column("lane", words, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=True),
        sa.Column("member_id", words, nullable=True),
        sa.Column("program_id", words, nullable=True),
        sa.Column("round_id", words, nullable=True),
        sa.Column("introduction_id", words, nullable=True),
        sa.Column("about", words, nullable=True),
        sa.Column("state", words, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", words, nullable=False),
        sa.Column("room", words, nullable=False),
        sa.Column("owner", words, nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("lease_seconds", sa.Float(), nullable=True),
        _to("introductions", "introduction_id", of="deliveries"),
        _to("members", "member_id", of="deliveries"),
        _to("programs", "program_id", of="deliveries"),
        _to("rounds", "round_id", of="deliveries"),
        sa.PrimaryKeyConstraint("community_id", "id", name="pk_deliveries"),
        sa.UniqueConstraint("community_id", "key", name="uq_deliveries_community_id_key"),
    )
    op.create_index(
        "ix_deliveries_community_id_introduction_id",
        "deliveries",
        ["community_id", "introduction_id"],
        unique=False,
    )
    op.create_index("ix_deliveries_community_id_member_id", "deliveries", ["community_id", "member_id"])
    op.create_index("ix_deliveries_community_id_program_id", "deliveries", ["community_id", "program_id"])
    op.create_index("ix_deliveries_community_id_round_id", "deliveries", ["community_id", "round_id"])
    op.create_index("ix_deliveries_lease_until", "deliveries", ["lease_until"])
    op.create_index("ix_deliveries_in_line", "deliveries", ["state", "community_id", "lane", "due_at", "id"])
    op.create_table(
        "introduction_members",
        sa.Column("community_id", words, nullable=False),
        sa.Column("introduction_id", words, nullable=False),
        sa.Column("member_id", words, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        _to("introductions", "introduction_id", of="introduction_members"),
        _to("members", "member_id", of="introduction_members"),
        sa.PrimaryKeyConstraint(
            "community_id", "introduction_id", "member_id", name="pk_introduction_members"
        ),
    )
    op.create_index(
        "ix_introduction_members_community_id_member_id",
        "introduction_members",
        ["community_id", "member_id"],
        unique=False,
    )
    op.create_table(
        "seats",
        sa.Column("community_id", words, nullable=False),
        sa.Column("round_id", words, nullable=False),
        sa.Column("member_id", words, nullable=False),
        sa.Column("introduction_id", words, nullable=True),
        sa.Column("bowed_out", sa.Boolean(), nullable=False),
        _to("introductions", "introduction_id", of="seats"),
        _to("members", "member_id", of="seats"),
        _to("rounds", "round_id", of="seats"),
        sa.PrimaryKeyConstraint("community_id", "round_id", "member_id", name="pk_seats"),
    )
    op.create_index("ix_seats_community_id_introduction_id", "seats", ["community_id", "introduction_id"])
    op.create_index("ix_seats_community_id_member_id", "seats", ["community_id", "member_id"])
