"""What is to be said, where, by whom it is being said, and what was heard before."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, Table, UniqueConstraint

from bot.domain.delivery import DeliveryKind, DeliveryState
from storage.columns import Moment, OneOf, Words
from storage.tables.keys import in_community, key, metadata, to, to_community

deliveries = Table(
    "deliveries",
    metadata,
    in_community(),
    key(),
    Column("key", Words, nullable=False),
    Column("kind", OneOf(DeliveryKind), nullable=False),
    Column("lane", Words, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("member_id", Words),
    Column("program_id", Words),
    Column("round_id", Words),
    Column("introduction_id", Words),
    Column("about", Words),
    Column("subject", Words),
    Column("state", OneOf(DeliveryState), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", Words, nullable=False),
    Column("room", Words, nullable=False, default=""),
    # Whose claim it is; the epoch tells two claims of one owner apart.
    Column("owner", Words),
    Column("epoch", Integer, nullable=False, default=0),
    Column("lease_until", Moment, index=True),
    Column("lease_seconds", Float),
    UniqueConstraint("community_id", "key"),
    to("members", "member_id"),
    to("programs", "program_id"),
    to("rounds", "round_id"),
    to("introductions", "introduction_id"),
    Index("ix_deliveries_due", "state", "due_at", "community_id", "lane"),
    Index("ix_deliveries_in_line", "state", "community_id", "lane", "due_at", "id"),
    Index(None, "community_id", "member_id"),
    Index(None, "community_id", "round_id"),
    Index(None, "community_id", "introduction_id"),
    Index(None, "community_id", "program_id"),
    Index(None, "community_id", "subject"),
)

conversations = Table(
    "conversations",
    metadata,
    in_community(),
    # Platform ids of all who are in it, each between slashes, in order: ``/U1/U2/``.
    key("circle"),
    key("occasion"),
    Column("room", Words),
    Column("space", Words),
    Column("at", Moment, nullable=False),
    Column("resting", Boolean, nullable=False),
    to_community(),
    Index(None, "community_id", "space"),
)

lanes = Table(
    "lanes",
    metadata,
    in_community(),
    key("scope"),
    Column("ready_at", Moment, nullable=False),
    to_community(),
)

inbox = Table(
    "inbox",
    metadata,
    in_community(),
    key("event"),
    Column("heard_at", Moment, nullable=False, index=True),
    to_community(),
)
