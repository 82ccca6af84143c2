"""Where it is, who is there, and who has to do with whom."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    false,
    true,
)

from bot.domain.acquaintance import Distance
from bot.domain.community import Language, TieSource
from bot.domain.member import Format, Rhythm, Room, Standing, TieKind
from bot.domain.program import ProgramState
from storage.columns import DaysOff, Listed, Moment, OneOf, SomeOf, TimeOfDay, Words
from storage.tables.keys import in_community, key, metadata, to, to_community

communities = Table(
    "communities",
    metadata,
    key(),
    Column("platform", Words, nullable=False),
    Column("external_id", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("zone", Words, nullable=False),
    Column("language", OneOf(Language), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("sources", SomeOf(TieSource)),
    Column("away_since", Moment),
    UniqueConstraint("platform", "external_id"),
)

spaces = Table(
    "spaces",
    metadata,
    in_community(),
    key(),
    Column("external_id", Words, nullable=False),
    Column("name", Words, nullable=False),
    UniqueConstraint("community_id", "external_id"),
    to_community(),
)

members = Table(
    "members",
    metadata,
    in_community(),
    key(),
    Column("external_id", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("language", OneOf(Language), nullable=False),
    Column("zone", Words),
    Column("languages", Listed, nullable=False),
    Column("learning", Words, nullable=False),
    Column("can_help", Words, nullable=False),
    Column("format", OneOf(Format), nullable=False),
    Column("rhythm", OneOf(Rhythm), nullable=False),
    Column("room", OneOf(Room)),
    Column("team", Words),
    Column("chose", Boolean, nullable=False, server_default=false()),
    Column("joined_at", Moment, nullable=False),
    Column("last_seen_at", Moment),
    Column("asked_at", Moment),
    UniqueConstraint("community_id", "external_id"),
    to_community(),
)

programs = Table(
    "programs",
    metadata,
    in_community(),
    key(),
    Column("space_id", Words, nullable=False),
    Column("rule", Words, nullable=False),
    Column("at", TimeOfDay, nullable=False),
    Column("zone", Words, nullable=False),
    Column("starts", Date, nullable=False),
    Column("group_size", Integer, nullable=False),
    Column("state", OneOf(ProgramState), nullable=False),
    Column("blackouts", DaysOff, nullable=False),
    Column("season", Integer, nullable=False),
    Column("season_rounds", Integer, nullable=False),
    Column("rounds", Integer, nullable=False),
    Column("next_wall", Words),
    Column("next_at", Moment, index=True),
    Column("created_at", Moment, nullable=False),
    Column("prompt_wall", Words),
    Column("prompt_at", Moment, index=True),
    Column("tells_rounds", Boolean, nullable=False, server_default=true()),
    Column("tells_seasons", Boolean, nullable=False, server_default=true()),
    Column("other_teams", Boolean, nullable=False, server_default=false()),
    Column("common_hour", Boolean, nullable=False, server_default=false()),
    Column("distance", OneOf(Distance), nullable=False, server_default=Distance.ANY.value),
    UniqueConstraint("community_id", "space_id"),
    to("spaces", "space_id"),
)

conveners = Table(
    "conveners",
    metadata,
    in_community(),
    key("program_id"),
    key("member_id"),
    Column("position", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    to("programs", "program_id"),
    to("members", "member_id"),
    Index(None, "community_id", "member_id"),
)

greeters = Table(
    "greeters",
    metadata,
    in_community(),
    key("program_id"),
    key("member_id"),
    Column("welcomes", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    to("programs", "program_id"),
    to("members", "member_id"),
    Index(None, "community_id", "member_id"),
)

participations = Table(
    "participations",
    metadata,
    in_community(),
    key("program_id"),
    key("member_id"),
    Column("standing", OneOf(Standing), nullable=False),
    Column("since", Moment, nullable=False),
    Column("paused_until", Date),
    Column("wake_at", Moment, index=True),
    Column("skips_next", Boolean, nullable=False),
    Column("last_round", Integer, nullable=False),
    Column("first_next", Boolean, nullable=False),
    Column("left_out", Integer, nullable=False),
    Column("trios", Integer, nullable=False),
    Column("opened", Integer, nullable=False),
    Column("silent_rounds", Integer, nullable=False),
    Column("prompted", Boolean, nullable=False, server_default=false()),
    to("programs", "program_id"),
    to("members", "member_id"),
    Index(None, "community_id", "member_id"),
)

ties = Table(
    "ties",
    metadata,
    in_community(),
    key("source"),
    key("target"),
    Column("kind", OneOf(TieKind), primary_key=True),
    # Never NULL, since two NULLs are not the same to a unique key: what is not dated has a date of its own.
    Column("at", Moment, primary_key=True),
    Column("people", Integer, nullable=False),
    to("members", "source"),
    to("members", "target"),
    Index(None, "community_id", "target"),
    # There are many, and the key says nearly everything: SQLite keeps them in the order of the key.
    sqlite_with_rowid=False,
)

keep_aparts = Table(
    "keep_aparts",
    metadata,
    in_community(),
    key("author"),
    key("trace"),
    Column("other", Words),
    Column("at", Moment, nullable=False),
    to("members", "author"),
    to("members", "other"),
    Index(None, "community_id", "other"),
)
