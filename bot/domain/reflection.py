"""A question to the community, the answers to it, and what others say to an answer."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.cadence import Cadence, Wall, weekly
from bot.domain.ids import CommunityId, MemberId, ProgramId, PromptId, QuestionId, ReflectionId, ResponseId

LIMIT = 500
"""Characters of a reflection or a response: a few sentences, written and read in a minute."""

OWN_LIMIT = 200
"""Characters of a question that a convener adds."""

FRESH = timedelta(days=14)
"""How long an answer speaks of today: afterwards it leads nobody to anybody."""

HEARD_WITHIN = timedelta(days=1)
"""An answer that nobody has replied to after this long is brought to somebody's notice."""

ASKED_APART = timedelta(days=7)
"""A member is asked to reply to somebody once in this long at most."""

DAYS_AFTER = (2, 2, 2, 4, 3, 2, 2)
"""From a round's weekday (0 is Monday) to the day of the question: two days later, never on a weekend."""


class Visibility(StrEnum):
    """Who may read a reflection besides its author."""

    MINE = "mine"
    PARTNER = "partner"
    """Whoever is introduced to the author."""
    COMMUNITY = "community"


class PromptKind(StrEnum):
    """What a question asks for."""

    TRIED = "tried"
    STUCK = "stuck"
    EXPLAIN = "explain"
    WISH = "wish"
    HELPED = "helped"
    CHANGED = "changed"
    WILL = "will"

    @property
    def learns(self) -> bool:
        """Whether answers to it say what somebody is after, or stuck with."""
        return self not in (PromptKind.EXPLAIN, PromptKind.CHANGED)

    @property
    def helps(self) -> bool:
        """Whether answers to it say what somebody knows by now; who tried something does a little."""
        return self in (PromptKind.EXPLAIN, PromptKind.CHANGED, PromptKind.TRIED)


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnQuestion:
    """A question that a convener added to those of a program."""

    id: QuestionId
    community_id: CommunityId
    program_id: ProgramId
    author: MemberId
    text: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """A question put to a program at a slot on the wall. (program, wall) is unique."""

    id: PromptId
    community_id: CommunityId
    program_id: ProgramId
    wall: Wall
    question: str
    """Id of a question of the bank, or of the program's own."""
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Reflection:
    """What a member answered, or wrote by themselves; one to each prompt."""

    id: ReflectionId
    community_id: CommunityId
    member_id: MemberId
    program_id: ProgramId
    prompt_id: PromptId | None
    """None: written without having been asked."""
    text: str
    """Empty: *nothing this week*, which is an answer."""
    visibility: Visibility
    at: datetime
    edited_at: datetime | None = None
    wake_at: datetime | None = None
    """When it is brought to somebody's notice, should nobody have replied (UTC); None: no need."""
    heard_at: datetime | None = None
    """When somebody first took it up, in words or with a sign; None: nobody, as far as is known."""

    def fresh(self, *, now: datetime) -> bool:
        """Whether it says something of its author today, to others."""
        written = self.edited_at or self.at
        return bool(self.text) and self.visibility is not Visibility.MINE and now - written < FRESH

    def heard(self, *, now: datetime) -> "Reflection":
        """The same, taken up by somebody: nobody has to be asked any more."""
        return replace(self, wake_at=None, heard_at=self.heard_at or now)


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """A word to the author of a reflection, passed on to them alone."""

    id: ResponseId
    community_id: CommunityId
    reflection_id: ReflectionId
    member_id: MemberId
    text: str
    at: datetime


def rhythm_of_prompts(rounds: Cadence) -> Cadence:
    """A question every week at the hour and in the zone of the rounds, on another day."""
    first = rounds.following(Wall(f"{rounds.starts.isoformat()}T00:00"))
    weekday = (date.fromisoformat(first[0][:10]) if first else rounds.starts).weekday()
    return weekly((weekday + DAYS_AFTER[weekday]) % 7, rounds.at, rounds.zone, rounds.starts)
