"""The schema. The unique keys are the promises: a second round, seat or message is impossible, not unlikely.

Every row carries its community and every reference goes through it, so that the database itself refuses
what would join two communities. References are checked at the commit: the order of writing is free.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    true,
)

from bot.domain.community import Language, TieSource
from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.impression import Degree
from bot.domain.member import Format, Rhythm, Room, Standing, TieKind
from bot.domain.partnership import Pace, PartnershipState
from bot.domain.program import ProgramState
from bot.domain.reflection import Visibility
from bot.domain.round import IntroductionState, Outcome, RoundState
from bot.matching import WhyNot
from storage.columns import DaysOff, Listed, Moment, OneOf, SomeOf, TimeOfDay, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _community() -> Column[str]:
    return Column("community_id", Words, primary_key=True)


def _of_a_community() -> ForeignKeyConstraint:
    """For the tables that the others refer to: theirs follows."""
    return ForeignKeyConstraint(["community_id"], ["communities.id"], deferrable=True, initially="DEFERRED")


def _key(name: str = "id") -> Column[str]:
    return Column(name, Words, primary_key=True)


def _to(table: str, column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["community_id", column],
        [f"{table}.community_id", f"{table}.id"],
        deferrable=True,
        initially="DEFERRED",
    )


communities = Table(
    "communities",
    metadata,
    _key(),
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
    _community(),
    _key(),
    Column("external_id", Words, nullable=False),
    Column("name", Words, nullable=False),
    UniqueConstraint("community_id", "external_id"),
    _of_a_community(),
)

members = Table(
    "members",
    metadata,
    _community(),
    _key(),
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
    _of_a_community(),
)

programs = Table(
    "programs",
    metadata,
    _community(),
    _key(),
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
    UniqueConstraint("community_id", "space_id"),
    _to("spaces", "space_id"),
)

conveners = Table(
    "conveners",
    metadata,
    _community(),
    _key("program_id"),
    _key("member_id"),
    Column("position", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    _to("programs", "program_id"),
    _to("members", "member_id"),
    Index(None, "community_id", "member_id"),
)

greeters = Table(
    "greeters",
    metadata,
    _community(),
    _key("program_id"),
    _key("member_id"),
    Column("welcomes", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    _to("programs", "program_id"),
    _to("members", "member_id"),
    Index(None, "community_id", "member_id"),
)

participations = Table(
    "participations",
    metadata,
    _community(),
    _key("program_id"),
    _key("member_id"),
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
    _to("programs", "program_id"),
    _to("members", "member_id"),
    Index(None, "community_id", "member_id"),
)

ties = Table(
    "ties",
    metadata,
    _community(),
    _key("source"),
    _key("target"),
    Column("kind", OneOf(TieKind), primary_key=True),
    # Never NULL, since two NULLs are not the same to a unique key: what is not dated has a date of its own.
    Column("at", Moment, primary_key=True),
    Column("people", Integer, nullable=False),
    _to("members", "source"),
    _to("members", "target"),
    Index(None, "community_id", "target"),
    # There are many, and the key says nearly everything: SQLite keeps them in the order of the key.
    sqlite_with_rowid=False,
)

keep_aparts = Table(
    "keep_aparts",
    metadata,
    _community(),
    _key("author"),
    _key("trace"),
    Column("other", Words),
    Column("at", Moment, nullable=False),
    _to("members", "author"),
    _to("members", "other"),
    Index(None, "community_id", "other"),
)

rounds = Table(
    "rounds",
    metadata,
    _community(),
    _key(),
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
    _to("programs", "program_id"),
    Index(None, "community_id", "program_id", "opens_at"),
)

introductions = Table(
    "introductions",
    metadata,
    _community(),
    _key(),
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
    Column("unavoidable", Boolean, nullable=False, server_default=false()),
    Column("greeter", Words),
    UniqueConstraint("community_id", "round_id", "fingerprint"),
    _to("rounds", "round_id"),
)

introduction_members = Table(
    "introduction_members",
    metadata,
    _community(),
    _key("introduction_id"),
    _key("member_id"),
    Column("position", Integer, nullable=False),
    _to("introductions", "introduction_id"),
    _to("members", "member_id"),
    Index(None, "community_id", "member_id"),
)

seats = Table(
    "seats",
    metadata,
    _community(),
    _key("round_id"),
    _key("member_id"),
    Column("introduction_id", Words),
    Column("bowed_out", Boolean, nullable=False),
    Column("why_not", OneOf(WhyNot)),
    _to("rounds", "round_id"),
    _to("members", "member_id"),
    _to("introductions", "introduction_id"),
    Index(None, "community_id", "member_id"),
    Index(None, "community_id", "introduction_id"),
)

answers = Table(
    "answers",
    metadata,
    _community(),
    _key("introduction_id"),
    _key("member_id"),
    Column("outcome", OneOf(Outcome), nullable=False),
    Column("at", Moment, nullable=False),
    _to("introductions", "introduction_id"),
    _to("members", "member_id"),
    Index(None, "community_id", "member_id"),
)

slots = Table(
    "slots",
    metadata,
    _community(),
    _key(),
    Column("introduction_id", Words, nullable=False),
    Column("at", Moment, nullable=False),
    _to("introductions", "introduction_id"),
    Index(None, "community_id", "introduction_id"),
)

picks = Table(
    "picks",
    metadata,
    _community(),
    _key("introduction_id"),
    _key("member_id"),
    Column("slot_id", Words, nullable=False),
    Column("at", Moment, nullable=False),
    _to("introductions", "introduction_id"),
    _to("members", "member_id"),
    _to("slots", "slot_id"),
    Index(None, "community_id", "member_id"),
)

appointments = Table(
    "appointments",
    metadata,
    _community(),
    _key("introduction_id"),
    Column("at", Moment, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("called_off", Boolean, nullable=False),
    _to("introductions", "introduction_id"),
)

impressions = Table(
    "impressions",
    metadata,
    _community(),
    _key("introduction_id"),
    _key("member_id"),
    Column("expected", OneOf(Degree)),
    Column("found", OneOf(Degree)),
    Column("takeaway", Words, nullable=False),
    Column("thanked", Words),
    Column("shared", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    _to("introductions", "introduction_id"),
    _to("members", "member_id"),
    _to("members", "thanked"),
    Index(None, "community_id", "member_id"),
    Index(None, "community_id", "thanked"),
)

cares = Table(
    "cares",
    metadata,
    _community(),
    _key(),
    Column("author", Words, nullable=False),
    Column("about", Words),
    Column("words", Words, nullable=False),
    Column("at", Moment, nullable=False),
    _to("members", "author"),
    _to("members", "about"),
    Index(None, "community_id", "author"),
    Index(None, "community_id", "about"),
)

phrases_heard = Table(
    "phrases_heard",
    metadata,
    _community(),
    _key("member_id"),
    _key("phrase"),
    Column("at", Moment, nullable=False),
    _to("members", "member_id"),
)

own_questions = Table(
    "own_questions",
    metadata,
    _community(),
    _key(),
    Column("program_id", Words, nullable=False),
    Column("author", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("at", Moment, nullable=False),
    _to("programs", "program_id"),
    _to("members", "author"),
    Index(None, "community_id", "program_id"),
    Index(None, "community_id", "author"),
)

prompts = Table(
    "prompts",
    metadata,
    _community(),
    _key(),
    Column("program_id", Words, nullable=False),
    Column("wall", Words, nullable=False),
    # Of the bank, which is not a table, or of own_questions, from where it may be gone.
    Column("question", Words, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("community_id", "program_id", "wall"),
    _to("programs", "program_id"),
)

reflections = Table(
    "reflections",
    metadata,
    _community(),
    _key(),
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
    _to("members", "member_id"),
    _to("programs", "program_id"),
    _to("prompts", "prompt_id"),
    Index(None, "community_id", "member_id"),
    Index(None, "community_id", "program_id", "at"),
)

responses = Table(
    "responses",
    metadata,
    _community(),
    _key(),
    Column("reflection_id", Words, nullable=False),
    Column("member_id", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("at", Moment, nullable=False),
    _to("reflections", "reflection_id"),
    _to("members", "member_id"),
    Index(None, "community_id", "reflection_id"),
    Index(None, "community_id", "member_id"),
)

willing = Table(
    "willing",
    metadata,
    _community(),
    _key("introduction_id"),
    _key("member_id"),
    Column("yes", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    _to("introductions", "introduction_id"),
    _to("members", "member_id"),
    Index(None, "community_id", "member_id"),
)

partnerships = Table(
    "partnerships",
    metadata,
    _community(),
    _key(),
    Column("program_id", Words, nullable=False),
    Column("introduction_id", Words, nullable=False),
    Column("state", OneOf(PartnershipState), nullable=False),
    Column("pace", OneOf(Pace), nullable=False),
    Column("term", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("said_until", Moment, nullable=False),
    Column("wake_at", Moment, index=True),
    UniqueConstraint("community_id", "introduction_id"),
    _to("programs", "program_id"),
    _to("introductions", "introduction_id"),
)

partners = Table(
    "partners",
    metadata,
    _community(),
    _key("partnership_id"),
    _key("member_id"),
    Column("better_at", Words, nullable=False),
    Column("will_try", Words, nullable=False),
    Column("going_on", Boolean),
    _to("partnerships", "partnership_id"),
    _to("members", "member_id"),
    Index(None, "community_id", "member_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _community(),
    _key(),
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
    _to("members", "member_id"),
    _to("programs", "program_id"),
    _to("rounds", "round_id"),
    _to("introductions", "introduction_id"),
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
    _community(),
    # Platform ids of all who are in it, each between slashes, in order: ``/U1/U2/``.
    _key("circle"),
    _key("occasion"),
    Column("room", Words),
    Column("space", Words),
    Column("at", Moment, nullable=False),
    Column("resting", Boolean, nullable=False),
    _of_a_community(),
    Index(None, "community_id", "space"),
)

lanes = Table(
    "lanes",
    metadata,
    _community(),
    _key("scope"),
    Column("ready_at", Moment, nullable=False),
    _of_a_community(),
)

inbox = Table(
    "inbox",
    metadata,
    _community(),
    _key("event"),
    Column("heard_at", Moment, nullable=False, index=True),
    _of_a_community(),
)

# Beside the communities, not within one: Voisin may be installed before it has met anyone there, and in an
# organization with many communities at once.

installations = Table(
    "installations",
    metadata,
    _key("platform"),
    _key("external_id"),
    Column("name", Words, nullable=False),
    # Sealed; NULL once it was removed, and where one token opens every community.
    Column("token", LargeBinary),
    Column("scopes", Listed, nullable=False),
    Column("bot", Words, nullable=False),
    Column("installer", Words),
    Column("at", Moment, nullable=False),
    Column("gone_at", Moment, index=True),
)

oauth_states = Table(
    "oauth_states",
    metadata,
    # A hash: whoever reads the table cannot use what it holds.
    _key("trace"),
    Column("until", Moment, nullable=False),
)

posts = Table(
    "posts",
    metadata,
    _key("platform"),
    _key("post"),
    # NULL: nobody's.
    Column("owner", Words),
    Column("epoch", Integer, nullable=False),
    Column("lease_until", Moment, nullable=False),
)

notes = Table(
    "notes",
    metadata,
    _key("platform"),
    _key("what"),
    Column("value", Words, nullable=False),
)
