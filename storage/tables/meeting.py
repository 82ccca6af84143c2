"""Rounds, who was introduced to whom in them, and what became of it."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    false,
)

from bot.domain.impression import Degree
from bot.domain.round import IntroductionState, Outcome, RoundState
from bot.matching import WhyNot
from storage.columns import Moment, OneOf, Words
from storage.tables.keys import in_community, key, metadata, to

rounds = Table(
    "rounds",
    metadata,
    in_community(),
    key(),
    Column("program_id", Words, nullable=False),
    Column("wall", Words, nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", OneOf(RoundState), nullable=False),
    Column("opens_at", Moment, nullable=False),
    Column("closes_at", Moment, nullable=False),
    Column("wake_at", Moment, index=True),
    Column("late", Boolean, nullable=False),
    Column("seed", LargeBinary, nullable=False),
    Column("engine", Words, nullable=False),
    Column("inputs", LargeBinary),
    UniqueConstraint("community_id", "program_id", "wall"),
    to("programs", "program_id"),
    Index(None, "community_id", "program_id", "opens_at"),
)

introductions = Table(
    "introductions",
    metadata,
    in_community(),
    key(),
    Column("round_id", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("opener", Words, nullable=False),
    Column("phrase", Words, nullable=False),
    Column("state", OneOf(IntroductionState), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("touched", Boolean, nullable=False),
    Column("joiner", Words),
    Column("met_before", Integer, nullable=False),
    Column("last_met", Date),
    Column("acquainted", Boolean, nullable=False),
    Column("hours", Float),
    Column("crosses_teams", Boolean, nullable=False),
    Column("in_common", Boolean),
    Column("unavoidable", Boolean, nullable=False, server_default=false()),
    Column("greeter", Words),
    UniqueConstraint("community_id", "round_id", "fingerprint"),
    to("rounds", "round_id"),
)

introduction_members = Table(
    "introduction_members",
    metadata,
    in_community(),
    key("introduction_id"),
    key("member_id"),
    Column("position", Integer, nullable=False),
    to("introductions", "introduction_id"),
    to("members", "member_id"),
    Index(None, "community_id", "member_id"),
)

seats = Table(
    "seats",
    metadata,
    in_community(),
    key("round_id"),
    key("member_id"),
    Column("introduction_id", Words),
    Column("bowed_out", Boolean, nullable=False),
    Column("why_not", OneOf(WhyNot)),
    to("rounds", "round_id"),
    to("members", "member_id"),
    to("introductions", "introduction_id"),
    Index(None, "community_id", "member_id"),
    Index(None, "community_id", "introduction_id"),
)

answers = Table(
    "answers",
    metadata,
    in_community(),
    key("introduction_id"),
    key("member_id"),
    Column("outcome", OneOf(Outcome), nullable=False),
    Column("at", Moment, nullable=False),
    to("introductions", "introduction_id"),
    to("members", "member_id"),
    Index(None, "community_id", "member_id"),
)

slots = Table(
    "slots",
    metadata,
    in_community(),
    key(),
    Column("introduction_id", Words, nullable=False),
    Column("at", Moment, nullable=False),
    to("introductions", "introduction_id"),
    Index(None, "community_id", "introduction_id"),
)

picks = Table(
    "picks",
    metadata,
    in_community(),
    key("introduction_id"),
    key("member_id"),
    Column("slot_id", Words, nullable=False),
    Column("at", Moment, nullable=False),
    to("introductions", "introduction_id"),
    to("members", "member_id"),
    to("slots", "slot_id"),
    Index(None, "community_id", "member_id"),
)

appointments = Table(
    "appointments",
    metadata,
    in_community(),
    key("introduction_id"),
    Column("at", Moment, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("called_off", Boolean, nullable=False),
    to("introductions", "introduction_id"),
)

impressions = Table(
    "impressions",
    metadata,
    in_community(),
    key("introduction_id"),
    key("member_id"),
    Column("expected", OneOf(Degree)),
    Column("found", OneOf(Degree)),
    Column("takeaway", Words, nullable=False),
    Column("thanked", Words),
    Column("shared", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    to("introductions", "introduction_id"),
    to("members", "member_id"),
    to("members", "thanked"),
    Index(None, "community_id", "member_id"),
    Index(None, "community_id", "thanked"),
)

cares = Table(
    "cares",
    metadata,
    in_community(),
    key(),
    Column("author", Words, nullable=False),
    Column("about", Words),
    Column("words", Words, nullable=False),
    Column("at", Moment, nullable=False),
    to("members", "author"),
    to("members", "about"),
    Index(None, "community_id", "author"),
    Index(None, "community_id", "about"),
)

phrases_heard = Table(
    "phrases_heard",
    metadata,
    in_community(),
    key("member_id"),
    key("phrase"),
    Column("at", Moment, nullable=False),
    to("members", "member_id"),
)
