"""Members, their yes to a program, and what is known of who knows whom."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.community import Language, TieSource
from bot.domain.ids import CommunityId, ExternalId, MemberId, ProgramId

LINE_LIMIT = 150
"""Characters of *what I am learning* and of *what I can help with*: one line on a phone, twice."""


NEWCOMER = timedelta(days=30)
"""Who joined less long ago is new here."""

VETERAN = timedelta(days=90)
"""Who joined longer ago knows their way."""


class Format(StrEnum):
    """How many people a member likes to meet at once."""

    EITHER = "either"
    PAIR = "pair"
    TRIO = "trio"


class Rhythm(StrEnum):
    """How often a member takes part, counted in rounds of the program."""

    EVERY = "every"
    SECOND = "second"
    FOURTH = "fourth"

    @property
    def rounds(self) -> int:
        """Rounds from one introduction to the next: 1, 2 or 4."""
        return {Rhythm.EVERY: 1, Rhythm.SECOND: 2, Rhythm.FOURTH: 4}[self]


class Room(StrEnum):
    """Where a member likes to be introduced."""

    SHARED = "shared"
    """In the conversation that all of an introduction share."""
    OWN = "own"
    """In a message of their own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A person of a community, as far as Voisin needs to know them."""

    id: MemberId
    community_id: CommunityId
    external_id: ExternalId
    name: str
    language: Language
    zone: str | None = None
    """IANA; None: nobody said, and the community's zone counts."""
    languages: tuple[str, ...] = ()
    """Codes of the languages they speak; empty: not said, and then no rule follows from it."""
    learning: str = ""
    can_help: str = ""
    format: Format = Format.EITHER
    rhythm: Rhythm = Rhythm.EVERY
    room: Room | None = None
    """None: not said, and each platform has its own way."""
    team: str | None = None
    chose: bool = False
    """Language or zone are as they said themselves: what the platform says of them no longer counts."""
    joined_at: datetime
    last_seen_at: datetime | None = None
    asked_at: datetime | None = None
    """When they were last asked to reply to somebody."""

    def newcomer(self, now: datetime) -> bool:
        """Whether they joined less than thirty days ago."""
        return now - self.joined_at < NEWCOMER

    def veteran(self, now: datetime) -> bool:
        """Whether they have been there for more than ninety days."""
        return now - self.joined_at > VETERAN

    def understands(self, other: "Member") -> bool:
        """Whether they have a language in common, as far as both have said."""
        spoken = self.languages and other.languages
        return not spoken or not set(self.languages).isdisjoint(other.languages)


class Standing(StrEnum):
    """Where a participation stands."""

    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"


@dataclass(frozen=True, kw_only=True, slots=True)
class Participation:
    """A member's yes to one program, and what the rounds must remember of it."""

    program_id: ProgramId
    member_id: MemberId
    community_id: CommunityId
    standing: Standing
    since: datetime
    paused_until: date | None = None
    """First day on which they take part again; None while paused: until they say so."""
    wake_at: datetime | None = None
    """When the clock looks after them (UTC): a pause ends by itself; or, active, they have met nobody yet and
    the next round is far.
    """
    skips_next: bool = False
    last_round: int = 0
    """Number of the last round in which they had a seat; 0: none yet."""
    first_next: bool = False
    """Nobody was found last time, so they come first."""
    left_out: int = 0
    trios: int = 0
    opened: int = 0
    """How often they had the first word."""
    silent_rounds: int = 0
    prompted: bool = False
    """They get the questions in private too."""

    def active(self) -> "Participation":
        """The same yes, with nothing in its way."""
        return replace(self, standing=Standing.ACTIVE, paused_until=None, wake_at=None)

    def paused(self, *, until: date | None, wake_at: datetime | None) -> "Participation":
        """Away until a day, or until they say so."""
        return replace(self, standing=Standing.PAUSED, paused_until=until, wake_at=wake_at, skips_next=False)

    def left(self) -> "Participation":
        """Gone, silently; a later yes begins anew."""
        return replace(self, standing=Standing.LEFT, paused_until=None, wake_at=None, skips_next=False)


WITHIN = timedelta(days=14)
"""Whoever says yes is introduced in this time."""

GATHERS = timedelta(days=7)
"""Where no round is near: so long others may join them, and a week is left until the next one."""


def looked_after_at(yes: Participation, *, next_at: datetime | None, now: datetime) -> datetime | None:
    """When to look for somebody, for who has met nobody; None: the next round comes in time."""
    if next_at is None or yes.since + WITHIN >= next_at:
        return None
    return max(now, yes.since + GATHERS)


class TieKind(StrEnum):
    """How two members came to know each other. Never with a word of what they said."""

    REPLY = "reply"
    MENTION = "mention"
    TOPIC = "topic"
    REACTION = "reaction"
    INTRODUCED = "introduced"
    SPACE = "space"
    """They share a small space."""
    KNOWN = "known"
    """One of them said so."""


NOTICED: Mapping[TieSource, TieKind] = {
    TieSource.REACTIONS: TieKind.REACTION,
    TieSource.CHANNELS: TieKind.SPACE,
    TieSource.REPLIES: TieKind.REPLY,
    TieSource.MENTIONS: TieKind.MENTION,
    TieSource.VOICE: TieKind.TOPIC,
}
"""What is written down of what a source tells."""

BOTH_WAYS = frozenset({TieKind.SPACE, TieKind.TOPIC})
"""They happen between two, from neither towards the other: written down once, in the order of their ids."""

SMALL_SPACE = 12
"""People in a space that says something about any two of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tie:
    """Something that happened between two members, from one towards the other."""

    community_id: CommunityId
    source: MemberId
    target: MemberId
    kind: TieKind
    at: datetime | None
    """None: not dated, and then it does not decay."""
    people: int = 2
    """How many took part."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeepApart:
    """A private, absolute wish never to be introduced to someone."""

    community_id: CommunityId
    author: MemberId
    other: MemberId | None
    """None: they had themselves erased; the wish holds should they come back."""
    trace: str
    """Community.trace of the other's platform id."""
    at: datetime
