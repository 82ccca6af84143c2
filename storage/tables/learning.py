"""What people are asked, what they answer, and who goes on together."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, UniqueConstraint

from bot.domain.partnership import Pace, PartnershipState
from bot.domain.reflection import Visibility
from storage.columns import Moment, OneOf, Words
from storage.tables.keys import in_community, key, metadata, to

own_questions = Table(
    "own_questions",
    metadata,
    in_community(),
    key(),
    Column("program_id", Words, nullable=False),
    Column("author", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("at", Moment, nullable=False),
    to("programs", "program_id"),
    to("members", "author"),
    Index(None, "community_id", "program_id"),
    Index(None, "community_id", "author"),
)

prompts = Table(
    "prompts",
    metadata,
    in_community(),
    key(),
    Column("program_id", Words, nullable=False),
    Column("wall", Words, nullable=False),
    # Of the bank, which is not a table, or of own_questions, from where it may be gone.
    Column("question", Words, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("community_id", "program_id", "wall"),
    to("programs", "program_id"),
)

reflections = Table(
    "reflections",
    metadata,
    in_community(),
    key(),
    Column("member_id", Words, nullable=False),
    Column("program_id", Words, nullable=False),
    Column("prompt_id", Words),
    Column("text", Words, nullable=False),
    Column("visibility", OneOf(Visibility), nullable=False),
    Column("at", Moment, nullable=False),
    Column("edited_at", Moment),
    Column("wake_at", Moment, index=True),
    Column("heard_at", Moment),
    UniqueConstraint("community_id", "prompt_id", "member_id"),
    to("members", "member_id"),
    to("programs", "program_id"),
    to("prompts", "prompt_id"),
    Index(None, "community_id", "member_id"),
    Index(None, "community_id", "program_id", "at"),
)

responses = Table(
    "responses",
    metadata,
    in_community(),
    key(),
    Column("reflection_id", Words, nullable=False),
    Column("member_id", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("at", Moment, nullable=False),
    to("reflections", "reflection_id"),
    to("members", "member_id"),
    Index(None, "community_id", "reflection_id"),
    Index(None, "community_id", "member_id"),
)

willing = Table(
    "willing",
    metadata,
    in_community(),
    key("introduction_id"),
    key("member_id"),
    Column("yes", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    to("introductions", "introduction_id"),
    to("members", "member_id"),
    Index(None, "community_id", "member_id"),
)

partnerships = Table(
    "partnerships",
    metadata,
    in_community(),
    key(),
    Column("program_id", Words, nullable=False),
    Column("introduction_id", Words, nullable=False),
    Column("state", OneOf(PartnershipState), nullable=False),
    Column("pace", OneOf(Pace), nullable=False),
    Column("term", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("said_until", Moment, nullable=False),
    Column("wake_at", Moment, index=True),
    UniqueConstraint("community_id", "introduction_id"),
    to("programs", "program_id"),
    to("introductions", "introduction_id"),
)

partners = Table(
    "partners",
    metadata,
    in_community(),
    key("partnership_id"),
    key("member_id"),
    Column("better_at", Words, nullable=False),
    Column("will_try", Words, nullable=False),
    Column("going_on", Boolean),
    to("partnerships", "partnership_id"),
    to("members", "member_id"),
    Index(None, "community_id", "member_id"),
)
